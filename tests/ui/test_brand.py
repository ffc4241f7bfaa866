"""The firm's look over HTTP: its files, its door, and the plain pages that wear it."""

import json
import re
from collections.abc import Iterator

import pytest

from domain.portal.branding import Brand, change_brand, try_on_logo
from domain.portal.logo import MOST_BYTES
from tests.domain.portal.logos import ACTIVE, DRAWN, NO_PICTURE, holding, painted, png_of
from tests.support.http import words
from tests.ui.portal import Portal
from ui.theme import FAVICON

LOGO, PICTURE = '/staff/settings/branding/logo', '/staff/settings/branding/picture'
HOLM = Brand(
    'Holm & Partner', '#ffd400', '', 'Lange Straße 1\n10115 Berlin', 'hilfe@holm.example', '+49 (0)30 1-2',
    'https://holm.example/hilfe', '**Welcome** to us.',
)  # fmt: skip


@pytest.fixture
def holm(portal: Portal) -> Iterator[str]:
    """The firm looks like Holm meanwhile, with a drawn logo; its digest."""

    async def wear(deps: object) -> str:
        owner = await portal.owner(deps)  # type: ignore[arg-type]
        digest = await try_on_logo(deps, owner, DRAWN)  # type: ignore[arg-type]
        await change_brand(deps, owner, Brand(**{**vars(HOLM), 'logo': digest}))  # type: ignore[arg-type]
        return digest

    yield portal.inside(wear)
    portal.change("UPDATE portal_settings SET firm_name = ''")
    portal.change(
        "UPDATE brand SET accent = '', logo_digest = '', address = '', support_email = '', support_phone = '', "
        "support_url = '', welcome = ''"
    )


def test_a_logo_comes_in_by_its_door(portal: Portal) -> None:
    """201 and the digest; it is served under it, to everybody, for good, and can do nothing by itself."""
    owner = portal.staff()
    for data, media_type in ((painted(), 'image/png'), (painted('JPEG'), 'image/jpeg'), (DRAWN, 'image/svg+xml')):
        answer = owner.post(LOGO, content=data, headers={'Content-Type': 'application/octet-stream'})
        assert answer.status_code == 201, answer.text
        digest = answer.json()['id']
        for kind in ('logo', 'icon'):
            file = portal.visitor().get(f'/brand/{digest}/{kind}')
            assert file.status_code == 200
            assert file.headers['cache-control'] == 'public, max-age=31536000, immutable'
            assert file.headers['content-security-policy'] == (
                "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
            )
            assert file.headers['x-content-type-options'] == 'nosniff'
            if kind == 'logo':
                assert file.headers['content-type'] == media_type
    for path in (
        '/brand/0/logo',
        '/brand/%00/icon',
        '/brand/..%2f..%2fetc/logo',
        f'/brand/{"f" * 64}/logo',
        f'/brand/{"f" * 64}/icon',
    ):
        missing = portal.visitor().get(path)
        assert missing.status_code == 404
        assert missing.headers['cache-control'] == 'no-store'


@pytest.mark.parametrize(
    ('data', 'status', 'says'),
    [
        (NO_PICTURE['a program'], 422, 'This is no picture, whatever its name says.'),
        (ACTIVE['script'], 422, 'This drawing holds something that acts: <script>.'),
        (png_of(8_000, 5_000), 422, 'This picture has 8,000 × 5,000 pixels, more than a logo needs.'),
        (b'\x89PNG\r\n\x1a\n' + b'\0' * MOST_BYTES, 413, 'This file is too large for a logo'),
        (b'', 422, 'This file is empty.'),
    ],
    ids=['a renamed program', 'a script', '40 megapixels', 'too large', 'empty'],
)
def test_what_is_refused_is_told_why(portal: Portal, data: bytes, status: int, says: str) -> None:
    """At the field, in a sentence; the name of the file is not even sent along."""
    answer = portal.staff().post(LOGO, content=data)
    assert answer.status_code == status
    assert answer.json()['message'].startswith(says)


def test_whoever_may_not_hands_nothing_in(portal: Portal) -> None:
    """R40, R57: not from elsewhere, not as a visitor, not as a plain member of the team."""
    for door in (LOGO, PICTURE):
        assert portal.visitor().post(door, content=painted()).status_code == 401
        assert portal.member('staff')[0].post(door, content=painted()).status_code == 403
        elsewhere = portal.staff().post(door, content=painted(), headers={'Origin': 'https://evil.example'})
        assert elsewhere.status_code == 403


def test_a_picture_of_a_drawing_comes_in_by_its_door(portal: Portal) -> None:
    """204 for what a browser drew; why not for anything else, and 404 for a logo that nobody handed in."""
    owner = portal.staff()
    drawing = holding('<circle r="3"/>')
    digest = owner.post(LOGO, content=drawing).json()['id']
    for data, status in (
        (b'', 422), (DRAWN, 422), (NO_PICTURE['a program'], 422), (painted(mode='RGBA'), 422),
        (b'\x89PNG\r\n\x1a\n' + b'\0' * MOST_BYTES, 413), (painted(size=(300, 100)), 204), (b'', 204),
    ):  # fmt: skip
        assert owner.post(PICTURE, params={'logo': digest}, content=data).status_code == status
    for nobodys in ('', 'f' * 64, '\x00'):
        assert owner.post(PICTURE, params={'logo': nobodys}, content=painted()).status_code == 404


def test_live_pages_wear_it_from_the_first_byte(portal: Portal, holm: str) -> None:
    """Title, colour, logo and foot stand in the answer itself: nothing flashes in another colour first."""
    for visitor, path in ((portal.visitor(), '/sign-in'), (portal.visitor(), '/staff/sign-in'), (portal.client(), '/')):
        page = visitor.get(path)
        assert re.search(r'<title>[^<]* · Holm &amp; Partner</title>', page.text), path
        assert '<style>:root { --accent: #ffd400; --accent-ink: #000000; }</style>' in page.text
        assert page.text.index('theme.css') < page.text.index('--accent: #ffd400')
        assert f'/brand/{holm}/logo' in page.text and f'/brand/{holm}/icon' in page.text
        for line in ('Lange Straße 1', 'hilfe@holm.example', 'tel:+49' + '3012', 'https://holm.example/hilfe'):
            assert line in words(page), (path, line)
    home = portal.client().get('/')
    assert '<strong>Welcome</strong> to us.' in words(home)


def test_plain_pages_wear_it_too(portal: Portal, holm: str) -> None:
    """The landing page of a link: colour by day and in the dark, logo, icon; still no script and a few KiB."""
    token = portal.link_for(portal.contact())
    for path in (f'/sign-in/link/{token}', '/sign-in/link/nothing', '/login-address/nothing', '/reset-password/x'):
        page = portal.visitor().get(path)
        assert f'<link rel="icon" href="/brand/{holm}/icon">' in page.text, path
        assert f'<img class="logo" src="/brand/{holm}/logo" alt="">' in page.text
        assert '--fill:#ffd400;--on:#000000' in page.text
        assert '<script' not in page.text and len(page.content) < 8_000
    assert 'Holm &amp; Partner' in page.text


def test_the_icon_of_the_tab(portal: Portal, holm: str) -> None:
    """The logo; without one the firm's letter on its colour; by default the house's door."""
    assert portal.visitor().get('/favicon.ico').content == portal.visitor().get(f'/brand/{holm}/icon').content
    portal.change("UPDATE brand SET logo_digest = ''")
    page = portal.visitor().get('/sign-in/link/nothing').text
    (address,) = re.findall(r'<link rel="icon" href="([^"]+)">', page)
    mark = portal.visitor().get(address.replace('&amp;', '&'))
    assert mark.headers['content-type'] == 'image/svg+xml'
    assert '>H</text>' in mark.text and 'fill="#ffd400"' in mark.text
    assert portal.visitor().get('/favicon.ico').content == mark.content
    portal.change("UPDATE brand SET accent = ''")
    assert portal.visitor().get('/favicon.ico').content == FAVICON.read_bytes()
    assert '/assets/favicon.svg' in portal.visitor().get('/sign-in/link/nothing').text


def test_what_is_not_there_is_not_there_at_the_firm(portal: Portal, holm: str) -> None:
    """A page of a fault wears what a page wore last, and asks the database nothing."""
    portal.visitor().get('/sign-in')
    page = portal.visitor().get('/nothing-here')
    assert page.status_code == 404 and 'There is nothing here' in page.text
    assert f'<link rel="icon" href="/brand/{holm}/icon">' in page.text
    assert 'Holm &amp; Partner' in page.text and '--fill:#ffd400' in page.text


@pytest.mark.parametrize(
    'query', ['colour=red&letter=H', 'colour=%23ffd400&letter=%3Cb%3E', 'colour=%23ffd400&letter=%3C', '', 'letter=%22']
)
def test_nothing_gets_into_the_mark(portal: Portal, query: str) -> None:
    """R55: a colour and one letter, whatever the address says."""
    mark = portal.visitor().get(f'/brand/mark.svg?{query}').text
    assert re.fullmatch(r'<svg [^<>]*><rect [^<>]*/><text [^<>]*></text></svg>', mark)


def test_the_previews_show_what_is_there(portal: Portal) -> None:
    """A door without passwords is shown without, and the mail says how long its link works."""
    owner = portal.staff()
    before = words(owner.get('/staff/settings/branding'))
    portal.change("UPDATE portal_settings SET security_mode = 'link_only', sign_in_link_minutes = 35")
    now = words(owner.get('/staff/settings/branding'))
    portal.change("UPDATE portal_settings SET security_mode = 'link_and_password', sign_in_link_minutes = 15")
    assert 'Use a password' in before and 'within 15 minutes' in before
    assert 'Use a password' not in now and 'within 35 minutes' in now


def test_hostile_words_stay_words(portal: Portal, holm: str) -> None:
    """R51, R55: in every field, on every page that shows it."""
    evil = '</style></script><script>window.hostile=1</script>'
    portal.change(
        'UPDATE brand SET address = ?, welcome = ?, support_phone = ?', evil, f'{evil}\n[x]({evil})', evil[:40]
    )
    staff, client = portal.staff(), portal.client()
    for visitor, path in ((portal.visitor(), '/sign-in'), (client, '/'), (staff, '/staff/settings/branding')):
        page = visitor.get(path)
        assert '<script>window.hostile' not in page.text
        assert json.dumps(evil)[1:-1] in words(page) or evil in words(page), path
