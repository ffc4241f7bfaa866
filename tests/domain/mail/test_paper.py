"""The firm's paper: its colour, its logo and where it can be reached stand in every mail, and nothing is fetched."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.colours import NIGHT, PAPER, READ, SEEN, contrast
from domain.dependencies import Dependencies
from domain.mail import messages
from domain.mail.letterhead import Letterhead, read_letterhead
from domain.mail.paper import Logos, MailLogo, Paper, content_id, logo_shown_in
from domain.mail.rendering import Message
from domain.mail.worker import MailWorker
from domain.portal.branding import Brand, change_brand, give_picture, try_on_logo
from tests.domain.mail.given import a_mail, queued, until_state
from tests.domain.portal.logos import DRAWN, painted
from tests.factories import given_owner
from tests.support.smtp_sink import SmtpSink

HOLM = Paper(
    accent='#0a7d5a',
    logo=MailLogo('ab' * 32, 60, 30),
    address='Holm & Partner\nLange Straße 1',
    support_email='hilfe@holm.example',
    support_phone='+49 30 1',
    support_url='https://holm.example/hilfe',
)


def written(paper: Paper) -> Message:
    link = 'https://portal.example.com/sign-in/link/' + 'a' * 43
    return messages.sign_in(
        letterhead=Letterhead('Holm', paper=paper), link=link, link_lifetime=timedelta(minutes=15), first_name='Ann'
    )


def style_of(html: str, tag: str) -> str:
    """The style that stands in the first tag of this name or class."""
    found = re.search(rf'<(?:{tag}|\w+[^>]* class="{tag}")[^>]*style="([^"]*)"', html)
    assert found, tag
    return found[1]


def test_where_the_firm_can_be_reached_stands_in_both_parts() -> None:
    """Beneath the words; in plain text behind the two dashes that mail programs know."""
    mail = written(HOLM)
    for line in ('Lange Straße 1', 'hilfe@holm.example', '+49 30 1', 'https://holm.example/hilfe'):
        assert line in mail.text and line in mail.html
    assert '\n-- \nHolm & Partner\nLange Straße 1\nhilfe@holm.example\n' in mail.text
    assert 'Holm &amp; Partner<br>' in mail.html
    assert '-- ' not in written(Paper()).text


def test_the_logo_travels_with_the_mail() -> None:
    """By its name within the mail, at its measures; nothing is fetched from anywhere."""
    html = written(HOLM).html
    assert re.findall(r'src="([^"]*)"', html) == [f'cid:logo-{"ab" * 16}@foyer']
    assert 'width="60"' in html and 'height="30"' in html and 'alt=""' in html
    assert logo_shown_in(html) == f'logo-{"ab" * 16}@foyer'
    assert '<img' not in written(replace(HOLM, logo=None)).html
    assert logo_shown_in(written(Paper()).html) == ''


@pytest.mark.parametrize('accent', ['#2b55d9', '#ffee00', '#ffffff', '#000000', '#0a7d5a', '#ff99cc'])
def test_whatever_the_colour_it_is_read(accent: str) -> None:
    """Words on the button, the button on the sheet, the link: by day and in the dark."""
    paper = Paper(accent=accent)
    assert contrast(paper.ink, accent) >= READ and contrast(paper.dark_ink, paper.dark_fill) >= READ
    assert contrast(paper.edge, PAPER) >= SEEN and contrast(paper.dark_fill, NIGHT) >= SEEN
    assert contrast(paper.link, PAPER) >= READ and contrast(paper.dark_link, NIGHT) >= READ
    button = style_of(written(paper).html, 'a class="button"')
    assert f'background-color: {accent}' in button
    assert f'color: {paper.ink}' in button.replace(f'background-color: {accent}', '')


@pytest.mark.parametrize('name', ['<img src=x onerror=alert(1)>', '{{ firm.name }}', 'Ann\u2028Bcc: x', '\u202eevil'])
def test_what_is_typed_into_the_footer_is_inert(name: str) -> None:
    """R51."""
    mail = written(replace(HOLM, address=f'{name}\nx', logo=None))
    assert '<img' not in mail.html and '\u202e' not in mail.html + mail.text
    assert not [line for line in mail.text.splitlines() if line.startswith('Bcc:')]
    if name.startswith('{'):
        assert name in mail.text and name in mail.html


async def test_the_letterhead_is_what_was_saved(deps: Dependencies) -> None:
    """Of a drawn logo the picture that a browser made of it; without one it is left out."""
    owner = await given_owner(deps)
    assert await read_letterhead() == Letterhead()
    logo = await try_on_logo(deps, owner, painted())
    brand = Brand('Holm', '#0a7d5a', logo, 'Lange Straße 1', 'hilfe@holm.example')
    await change_brand(deps, owner, brand)
    head = await read_letterhead()
    assert head.paper == Paper('#0a7d5a', MailLogo(logo, 60, 30), 'Lange Straße 1', 'hilfe@holm.example')
    drawn = await try_on_logo(deps, owner, DRAWN)
    await change_brand(deps, owner, replace(brand, logo=drawn))
    assert (await read_letterhead()).paper.logo is None
    await give_picture(deps, owner, drawn, painted(size=(300, 150)))
    assert (await read_letterhead()).paper.logo == MailLogo(drawn, 112, 56)
    assert set(await Logos().read()) == {content_id(logo), content_id(drawn)}


async def test_mail_brings_the_logo_along(
    sending: Dependencies, smtp_sink: SmtpSink, start_worker: Callable[..., MailWorker]
) -> None:
    """As a part of its own, named in the HTML; also the one before the newest, for mail that waited."""
    owner = await given_owner(sending)
    logo = await try_on_logo(sending, owner, painted())
    await change_brand(sending, owner, Brand('Holm', logo=logo))
    head = await read_letterhead()
    await change_brand(sending, owner, Brand('Holm', logo=await try_on_logo(sending, owner, painted(size=(90, 90)))))
    mail = messages.test_mail(letterhead=head)
    with_logo, without = await queued(sending, a_mail(sending, message=mail), a_mail(sending, to='bob@example.org'))
    start_worker(sending)
    await until_state(with_logo, 'sent')
    await until_state(without, 'sent')
    caught = await smtp_sink.wait_for('ann@example.org')
    related = next(part for part in caught.message.walk() if part.get_content_type() == 'multipart/related')
    page, picture = related.iter_parts()  # type: ignore[attr-defined]
    assert page.get_content_type() == 'text/html'
    assert picture['Content-ID'] == f'<{logo_shown_in(caught.html)}>'
    assert picture.get_content_disposition() == 'inline'
    assert picture.get_content() == (await Logos().read())[logo_shown_in(caught.html)]
    assert not caught.message.defects and not related.defects
    plain = await smtp_sink.wait_for('bob@example.org')
    assert {part.get_content_maintype() for part in plain.message.walk()} == {'multipart', 'text'}
