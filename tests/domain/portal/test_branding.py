"""How the firm looks: saved by those who may, checked field by field, on record, and told to open pages."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest

from domain.actors import Role
from domain.audit import AuditKind
from domain.brand_errors import (
    ColourInvalid,
    LogoFault,
    LogoNotFound,
    LogoRefused,
    PhoneInvalid,
    TooManyLines,
    WebAddressFault,
    WebAddressInvalid,
)
from domain.dependencies import Dependencies
from domain.errors import AddressFault, AddressInvalid, DomainError, NotAllowed, TextFault, TextInvalid
from domain.events import SettingsChanged
from domain.portal.branding import (
    Brand,
    InMail,
    change_brand,
    give_picture,
    in_mail,
    read_brand,
    read_icon,
    read_logo_file,
    try_on_logo,
)
from domain.portal.welcome import welcome_html
from storage.models import BrandImage
from tests.domain.portal.logos import ACTIVE, DRAWN, NO_PICTURE, painted
from tests.factories import audit_rows, every_row, given_owner, given_staff, heard
from tests.support.clock import FixedClock

HOLM = Brand(
    firm_name='Holm & Partner',
    accent='#0a7d5a',
    address='Holm & Partner\nLange Straße 1\n10115 Berlin',
    support_email='hilfe@holm.example',
    support_phone='+49 (30) 1234-567',
    support_url='https://holm.example/hilfe',
    welcome='**Welcome** to us.',
)


async def test_a_new_firm_looks_like_the_house(deps: Dependencies) -> None:
    """Nothing is chosen, and the colour is that of the house."""
    brand = await read_brand()
    assert brand == Brand()
    assert brand.colour == '#2b55d9'


async def test_saving(deps: Dependencies) -> None:
    """All of it is kept, told, and on record with what changed; saving the same again is not."""
    owner = await given_owner(deps)
    logo = await try_on_logo(deps, owner, painted())
    told = heard(deps, SettingsChanged)
    wanted = replace(HOLM, logo=logo)
    saved = await change_brand(deps, owner, wanted)
    assert saved == replace(wanted, logo_type='image/png') == await read_brand()
    assert told == [SettingsChanged()]
    await change_brand(deps, owner, wanted)
    assert len(told) == 1
    (row,) = await audit_rows(AuditKind.BRAND_CHANGED)
    assert row.detail['changed'] == {
        'firm_name': 'Holm & Partner', 'accent': '#0a7d5a', 'logo': logo, 'address': HOLM.address,
        'support_email': 'hilfe@holm.example', 'support_phone': '+49 (30) 1234-567',
        'support_url': 'https://holm.example/hilfe', 'welcome': '**Welcome** to us.',
    }  # fmt: skip
    bare = await change_brand(deps, owner, Brand(firm_name='Holm'))
    assert bare == Brand(firm_name='Holm')
    assert (await read_logo_file(logo)).media_type == 'image/png', 'mail that is out still shows it'


async def test_what_is_tidied(deps: Dependencies) -> None:
    """As it was meant rather than as it was typed."""
    typed = replace(
        HOLM,
        firm_name='  Holm  &  Partner ',
        accent='0A7',
        address=' Holm \r\n\tLange   Straße 1 ',
        support_email=' Hilfe@HOLM.example ',
        support_url='holm.example/hilfe',
    )
    saved = await change_brand(deps, await given_owner(deps), typed)
    assert (saved.firm_name, saved.accent) == ('Holm & Partner', '#00aa77')
    assert saved.address == 'Holm\nLange Straße 1'
    assert (saved.support_email, saved.support_url) == ('hilfe@holm.example', 'https://holm.example/hilfe')


WRONG: list[tuple[dict[str, str], DomainError]] = [
    ({'firm_name': ' '}, TextInvalid('firm_name', TextFault.EMPTY)),
    ({'firm_name': 'x' * 121}, TextInvalid('firm_name', TextFault.TOO_LONG, 120)),
    ({'firm_name': 'Holm\r\nBcc: x'}, TextInvalid('firm_name', TextFault.CONTROL_CHARACTER)),
    ({'accent': 'red'}, ColourInvalid()),
    ({'accent': '#12345'}, ColourInvalid()),
    ({'accent': '#fff;}*{display:none'}, ColourInvalid()),
    ({'accent': '#٠٠٠٠٠٠'}, ColourInvalid()),
    ({'address': 'x' * 401}, TextInvalid('address', TextFault.TOO_LONG, 400)),
    ({'address': 'a\n' * 6 + 'b'}, TooManyLines(6)),
    ({'address': 'a\x00b'}, TextInvalid('address', TextFault.CONTROL_CHARACTER)),
    ({'support_email': 'Holm <hilfe@holm.example>'}, AddressInvalid(AddressFault.DISPLAY_NAME)),
    ({'support_email': 'a@holm.example,b@holm.example'}, AddressInvalid(AddressFault.SEVERAL)),
    ({'support_phone': 'call me'}, PhoneInvalid()),
    ({'support_phone': '++--'}, PhoneInvalid()),
    ({'support_phone': '+49 30\r\n1'}, TextInvalid('support_phone', TextFault.CONTROL_CHARACTER)),
    ({'support_url': 'http://holm.example'}, WebAddressInvalid(WebAddressFault.NOT_HTTPS)),
    ({'support_url': 'javascript:alert(1)'}, WebAddressInvalid(WebAddressFault.NOT_HTTPS)),
    ({'support_url': 'https://holm.example@evil.example'}, WebAddressInvalid(WebAddressFault.HAS_A_NAME)),
    ({'support_url': 'https://ann:secret@holm.example'}, WebAddressInvalid(WebAddressFault.HAS_A_NAME)),
    ({'support_url': 'https://'}, WebAddressInvalid(WebAddressFault.NO_HOST)),
    ({'support_url': 'https://holm'}, WebAddressInvalid(WebAddressFault.NO_HOST)),
    ({'support_url': 'https://[holm.example'}, WebAddressInvalid(WebAddressFault.NO_HOST)),
    ({'support_url': 'https://holm.example:99999/'}, WebAddressInvalid(WebAddressFault.NO_HOST)),
    ({'support_url': 'https://holm.example/a b'}, WebAddressInvalid(WebAddressFault.NO_HOST)),
    ({'support_url': 'holm.example/' + 'x' * 287}, TextInvalid('support_url', TextFault.TOO_LONG, 300)),
    ({'welcome': 'x' * 4_001}, TextInvalid('welcome', TextFault.TOO_LONG, 4_000)),
    ({'logo': 'f' * 64}, LogoNotFound()),
]


async def test_bounds(deps: Dependencies) -> None:
    """An error at the field that is wrong, and nothing is saved."""
    owner = await given_owner(deps)
    before = await every_row()
    for changes, error in WRONG:
        with pytest.raises(type(error)) as refused:
            await change_brand(deps, owner, replace(HOLM, **changes))
        assert refused.value == error, changes
    assert await every_row() == before


async def test_only_owner_and_admin_may(deps: Dependencies) -> None:
    """R57: neither saving nor handing a logo in, nor a picture of one."""
    staff = await given_staff(deps, Role.STAFF)
    drawn = await try_on_logo(deps, await given_owner(deps), DRAWN)
    for deed in (
        change_brand(deps, staff, HOLM),
        try_on_logo(deps, staff, painted()),
        give_picture(deps, staff, drawn, painted()),
    ):
        with pytest.raises(NotAllowed):
            await deed
    assert await change_brand(deps, await given_staff(deps, Role.ADMIN), HOLM) == HOLM


async def test_a_logo_that_is_refused_is_not_kept(deps: Dependencies) -> None:
    """Nothing of it."""
    owner = await given_owner(deps)
    with pytest.raises(LogoRefused) as refused:
        await try_on_logo(deps, owner, ACTIVE['script'])
    assert refused.value == LogoRefused(LogoFault.ACTIVE, '<script>')
    assert await BrandImage.all().count() == 0


async def test_a_logo_that_was_only_tried_on_goes_after_a_day(deps: Dependencies, clock: FixedClock) -> None:
    """One that was worn stays, because mail that is out shows it."""
    owner = await given_owner(deps)
    worn, tried = await try_on_logo(deps, owner, painted()), await try_on_logo(deps, owner, DRAWN)
    await change_brand(deps, owner, replace(HOLM, logo=worn))
    await change_brand(deps, owner, HOLM)
    clock.advance(timedelta(hours=25))
    owner = await given_owner(deps)
    again = await try_on_logo(deps, owner, painted(size=(50, 50)))
    assert await try_on_logo(deps, owner, painted()) == worn
    assert {one.digest for one in await BrandImage.all()} == {worn, again}
    with pytest.raises(LogoNotFound):
        await change_brand(deps, owner, replace(HOLM, logo=tried))


async def test_its_day_begins_anew_when_it_is_handed_in_again(deps: Dependencies, clock: FixedClock) -> None:
    """Whoever hands it in now saves it in an hour."""
    owner = await given_owner(deps)
    logo = await try_on_logo(deps, owner, DRAWN)
    clock.advance(timedelta(hours=23))
    owner = await given_owner(deps)
    assert await try_on_logo(deps, owner, DRAWN) == logo
    clock.advance(timedelta(hours=2))
    owner = await given_owner(deps)
    await try_on_logo(deps, owner, painted())
    assert (await change_brand(deps, owner, replace(HOLM, logo=logo))).logo == logo


async def test_hands_that_bring_the_same_logo_at_once(deps: Dependencies) -> None:
    """It is kept once, and nobody hears of the others."""
    owner = await given_owner(deps)
    assert len(set(await asyncio.gather(*(try_on_logo(deps, owner, DRAWN) for _ in range(6))))) == 1
    assert await BrandImage.all().count() == 1


async def test_a_picture_of_a_drawing(deps: Dependencies) -> None:
    """Mail shows the first that a browser has made, and no other one later; a picture is its own."""
    owner = await given_owner(deps)
    drawn, itself = await try_on_logo(deps, owner, DRAWN), await try_on_logo(deps, owner, painted())
    assert (await in_mail(drawn), await in_mail(itself)) == (InMail.NOTHING, InMail.ITSELF)
    with pytest.raises(LogoRefused):
        await give_picture(deps, owner, drawn, NO_PICTURE['a program'])
    assert await in_mail(drawn) is InMail.NOTHING
    at_once = [
        asyncio.create_task(give_picture(deps, owner, drawn, painted(size=size))) for size in ((90, 60), (2_000, 900))
    ]
    await asyncio.wait(at_once, return_when=asyncio.FIRST_COMPLETED)
    before = await every_row()
    await asyncio.gather(*at_once)
    assert await in_mail(drawn) is InMail.PICTURE
    for logo in (drawn, itself):
        await give_picture(deps, owner, logo, painted(size=(50, 50)))
    assert await every_row() == before
    assert (await read_logo_file(drawn)).media_type == (await read_icon(drawn)).media_type == 'image/svg+xml'


@pytest.mark.parametrize('digest', ['', '0' * 64, '\x00', '\ud800', "' OR 1=1 --", 'F' * 64, 'a' * 10_000])
async def test_a_logo_that_nobody_handed_in(deps: Dependencies, digest: str) -> None:
    """Whatever an address holds: no database is asked what it would stumble over."""
    owner = await given_owner(deps)
    for deed in (read_logo_file(digest), read_icon(digest), in_mail(digest), give_picture(deps, owner, digest, b'')):
        with pytest.raises(LogoNotFound):
            await deed


async def test_what_stands_in_the_tab(deps: Dependencies) -> None:
    """A small picture of a picture; a drawing as it is; nothing for what is not there."""
    owner = await given_owner(deps)
    painted_logo, drawn = await try_on_logo(deps, owner, painted()), await try_on_logo(deps, owner, DRAWN)
    assert (await read_icon(painted_logo)).content.startswith(b'\x89PNG')
    assert (await read_icon(drawn)).media_type == 'image/svg+xml'
    for read in (read_icon, read_logo_file):
        with pytest.raises(LogoNotFound):
            await read('0' * 64)


@pytest.mark.parametrize(
    ('typed', 'shown'),
    [
        ('# Hello\nyou', '<h2>Hello</h2>\n<p>you</p>\n'),
        ('**a** *b*\nc', '<p><strong>a</strong> <em>b</em><br>\nc</p>\n'),
        (
            '[us](https://holm.example)',
            '<p><a href="https://holm.example" rel="noopener noreferrer">us</a></p>\n',
        ),
        (
            '<hilfe@holm.example>',
            '<p><a href="mailto:hilfe@holm.example" rel="noopener noreferrer">hilfe@holm.example</a></p>\n',
        ),
        ('[x](http://holm.example)', '<p><a rel="noopener noreferrer">x</a></p>\n'),
        ('[x](/staff)', '<p><a rel="noopener noreferrer">x</a></p>\n'),
        ('[x](//evil.example)', '<p><a rel="noopener noreferrer">x</a></p>\n'),
        ('{{ firm.name }}', '<p>{{ firm.name }}</p>\n'),
        ('', ''),
    ],
)
def test_the_welcome(typed: str, shown: str) -> None:
    """Markdown, whose links lead to https and mail alone."""
    assert welcome_html(typed) == shown


@pytest.mark.parametrize(
    'typed',
    [
        '<script>alert(1)</script>', '<img src=x onerror=alert(1)>', '[x](javascript:alert(1))',
        '[x](JaVaScRiPt&colon;alert(1))', '[x](data:text/html;base64,PHNjcmlwdD4=)', '<javascript:alert(1)>',
        '![x](https://tracker.example/x.png)', '<svg/onload=alert(1)>', '<a href="https://a.example" onclick=x>y</a>',
        '[x]: javascript:alert(1)\n\n[x]', '<style>*{display:none}</style>', '`<b>`',
    ],
)  # fmt: skip
def test_the_welcome_can_do_nothing_but_be_read(typed: str) -> None:
    """R55: no tag that was typed, no handler, no picture, no other kind of link."""
    read = _Tags()
    read.feed(welcome_html(typed))
    assert {tag for tag, _ in read.seen} <= {'p', 'a', 'code'}
    for _, attributes in read.seen:
        assert attributes.keys() <= {'href', 'rel'}
        assert (attributes.get('href') or 'https:').startswith(('https:', 'mailto:'))


class _Tags(HTMLParser):
    """What a browser would make of it."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
