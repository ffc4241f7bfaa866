"""Names and messages that would be code somewhere else are text here: in the source of every page, and in a browser."""

import json
import re
from collections.abc import Iterator

import pytest
from playwright.async_api import Page

from domain.contacts.invitations import invite_contact
from domain.dependencies import Dependencies
from tests.factories import given_contact, token_of
from tests.support.browser import Browser
from tests.support.http import words
from tests.ui.portal import Portal

IMAGE = '<img src=x onerror="window.hostile=1;alert(1)">'
MUSTACHE = "{{constructor.constructor('window.hostile=1;alert(1)')()}}"
SCRIPT = '</script></title></textarea><script>window.hostile=1;alert(1)</script>'
BACKTICK = '`);window.hostile=1;alert(1);(`${window.hostile=1}'
QUOTES = '"\' onfocus=window.hostile=1 autofocus x="'
FORMULA = '=HYPERLINK("http://evil.example")'
TURNED = '\u202egnp.exe 🙂 %s %(name)s {{ firm.name }}'
NAMES = [IMAGE, MUSTACHE, SCRIPT, BACKTICK, QUOTES, FORMULA, TURNED.replace('\u202e', '')]
SCRIPT_BODY = re.compile(r'<script\b[^>]*>(.*?)</script>', re.IGNORECASE | re.DOTALL)
SCRIPT_TAG = re.compile(r'<script\b', re.IGNORECASE)


@pytest.fixture(params=range(len(NAMES)))
def hostile(request: pytest.FixtureRequest, portal: Portal) -> Iterator[str]:
    """One such text, which is the name of the firm meanwhile."""
    name = NAMES[request.param]
    portal.change('UPDATE portal_settings SET firm_name = ?', name)
    yield name
    portal.change("UPDATE portal_settings SET firm_name = ''")


def invite(portal: Portal, name: str, message: str = '') -> tuple[str, str, int]:
    """A contact of this name and organisation, asked in with this message: address, token and id."""
    address = portal.address()

    async def ask_in(deps: Dependencies) -> tuple[str, int]:
        contact = await given_contact(deps, name, address, access=False, organisation=name)
        invited = await invite_contact(deps, await portal.owner(deps), contact.id, message or name)
        return token_of(invited.link), contact.id

    token, contact_id = portal.inside(ask_in)
    portal.secrets.add(token)
    return address, token, contact_id


def tags_of(name: str) -> list[str]:
    """What of it would be markup."""
    return re.findall(r'<[a-z/!][^>]*>?', name, re.IGNORECASE)


def test_hostile_names_are_text_in_the_source_of_every_page(portal: Portal, hostile: str) -> None:
    """R51, R55: escaped wherever they stand, and never inside of a script of the page."""
    client, staff = portal.visitor(), portal.staff()
    scripts_of_sign_in = len(SCRIPT_TAG.findall(portal.visitor().get('/sign-in').text))
    _, token, contact = invite(portal, hostile)
    landing = client.get(f'/sign-in/link/{token}')
    assert '<script' not in landing.text and hostile in words(landing)
    pages = [landing, client.get('/sign-in/link/x')]
    assert client.use(token).headers['location'] == '/'
    for visitor, path in (
        (client, '/'),
        (portal.visitor(), '/sign-in'),
        (portal.visitor(), '/staff/sign-in'),
        (staff, '/staff'),
        (staff, '/staff/contacts'),
        (staff, f'/staff/contacts/{contact}'),
        (staff, '/staff/outbox'),
        (staff, '/staff/access-report'),
        (staff, '/staff/settings/portal'),
        (staff, '/staff/settings/branding'),
        (staff, '/staff/home'),
        (staff, '/staff/settings/domain'),
        (staff, '/staff/settings/emails'),
    ):
        answer = visitor.get(path)
        assert answer.status_code == 200, path
        assert len(SCRIPT_TAG.findall(answer.text)) >= 1
        pages.append(answer)
    home = pages[2]
    assert json.dumps(hostile, ensure_ascii=False)[1:-1] in words(home)
    assert len(SCRIPT_TAG.findall(pages[3].text)) == scripts_of_sign_in
    for answer in pages:
        for tag in tags_of(hostile):
            if tag not in ('</script>', '</title>', '<script>'):
                assert tag not in answer.text, answer.url
        assert '<script>window.hostile' not in answer.text, answer.url
        assert '</script></title>' not in answer.text, answer.url
        for script in SCRIPT_BODY.findall(answer.text):
            assert '`${window.hostile' not in script and '`);window' not in script, answer.url


def test_hostile_names_are_text_in_mail(portal: Portal) -> None:
    """R51, R49: in both parts of the mail; the subject is one line; a firm's name makes no header of its own."""
    for name in NAMES:
        portal.change('UPDATE portal_settings SET firm_name = ?', name)
        address, _, _ = invite(portal, name)
        portal.change("UPDATE portal_settings SET firm_name = ''")
        portal.wake_the_mail()
        mail = portal.mail_to(address)
        assert mail.rcpt_tos == (address,)
        assert name in mail.text
        assert '<img src=x' not in mail.html and '<script' not in mail.html
        assert '\n' not in mail.subject and '\r' not in mail.subject
        assert len(mail.message.get_all('To', [])) == 1 and mail.message['Bcc'] is None


async def is_unharmed(page: Page) -> bool:
    return not await page.evaluate('() => Boolean(window.hostile) || Boolean(document.querySelector("img[src=x]"))')


async def test_hostile_names_are_text_in_a_real_browser(portal: Portal, browser: Browser) -> None:
    """R51, R55, R54: no dialog, no handler run, nothing for the policy to stop (the fixture fails on complaints)."""
    dialogs: list[str] = []
    staff = portal.staff()
    portal.change('UPDATE portal_settings SET firm_name = ?', SCRIPT + BACKTICK)
    try:
        _, token, contact = invite(portal, IMAGE, MUSTACHE)
        page = await browser.new_page()
        page.on('dialog', lambda dialog: dialogs.append(dialog.message))
        await page.goto(f'{portal.base_url}/sign-in/link/{token}')
        for text in (SCRIPT + BACKTICK, MUSTACHE):
            assert await page.get_by_text(text).count() >= 1
        assert await is_unharmed(page)
        await page.get_by_role('button', name='Continue').click()
        await page.get_by_role('button', name='Profile').click()
        for text in (IMAGE, SCRIPT + BACKTICK):
            assert await page.get_by_text(text).count() >= 1
        assert await is_unharmed(page)
        cookie = {'name': 'foyer_staff', 'value': staff.cookies['foyer_staff'], 'url': portal.base_url}
        await page.context.add_cookies([cookie])  # type: ignore[list-item]
        for path in ('/staff', '/staff/contacts', f'/staff/contacts/{contact}', '/staff/outbox'):
            await page.goto(portal.base_url + path)
            await page.get_by_text(IMAGE).first.wait_for(state='attached')
            assert await is_unharmed(page), path
        await page.context.close()
    finally:
        portal.change("UPDATE portal_settings SET firm_name = ''")
    assert dialogs == []


async def test_the_policy_stops_what_would_get_through(portal: Portal, browser: Browser) -> None:
    """R54: markup with a script and with a handler, put into a live page by force, does not run."""
    browser.allow('Content Security Policy', 'Content-Security-Policy', 'violates the following', 'ERR_', '404')
    page = await browser.new_page()
    await page.goto(f'{portal.base_url}/sign-in')
    await page.get_by_label('Email').wait_for()
    await page.evaluate(
        """() => {
            const inline = document.createElement('script'); inline.textContent = 'window.hostile = 1'
            const foreign = document.createElement('script'); foreign.src = 'http://127.0.0.2:9/evil.js'
            document.body.append(inline, foreign)
            document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="window.hostile=1">')
        }"""
    )
    await page.wait_for_timeout(300)
    assert not await page.evaluate('() => Boolean(window.hostile)')
    assert await page.evaluate('() => document.cookie') == ''
