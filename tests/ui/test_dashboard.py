"""The dashboard in a browser: its figures, its dialogs and its checklist follow what happens, in every open tab."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.support.browser import Browser, axe, looks_well
from tests.support.served import Served

OWNER, PASSWORD = 'olga@firm.example', 'correct horse battery staple'


@pytest.fixture
async def captured(served: Served) -> AsyncIterator[Served]:
    """The program with an owner and without a mail server."""
    served.settings.pop('smtp_url', None)
    served.start()
    form = {'token': served.setup_url.partition('token=')[2], 'firm_name': '', 'name': 'Olga Owner', 'email': OWNER}
    async with httpx.AsyncClient(base_url=served.base_url) as http:
        answer = await http.post('/setup', data=form | {'password': PASSWORD})
    assert answer.headers['location'] == '/staff'
    yield served


async def signed_in(browser: Browser, served: Served, **options: int) -> Page:
    page = await browser.new_page(**options)
    await page.goto(f'{served.base_url}/staff')
    await page.get_by_label('Email').fill(OWNER)
    await page.get_by_label('Password').fill(PASSWORD)
    await page.get_by_role('button', name='Sign in').click()
    await expect(page.get_by_role('heading', name='Client Portal', level=1)).to_be_visible()
    return page


async def opened(page: Page, action: str) -> None:
    await page.get_by_role('button', name='Actions').click()
    await page.get_by_role('menuitem', name=action).click()
    await expect(page.get_by_role('dialog', name=action)).to_be_visible()


async def invited(page: Page, address: str) -> str:
    """Invite, and close the dialog; the link it showed."""
    await opened(page, 'Invite to Client Portal')
    await page.get_by_label('Contact or email').fill(address)
    await page.get_by_role('button', name='Send Invite').click()
    link = await page.get_by_label('Invitation link').input_value()
    await page.get_by_role('button', name='Done').click()
    await expect(page.get_by_role('dialog')).to_have_count(0)
    return link


async def use(browser: Browser, link: str) -> Page:
    client = await browser.new_page()
    await client.goto(link)
    await client.get_by_role('button', name='Continue').click()
    return client


async def test_inviting_and_joining_show_in_every_tab(captured: Served, browser: Browser) -> None:
    here = await signed_in(browser, captured)
    there = await here.context.new_page()
    await there.goto(f'{captured.base_url}/staff')
    await expect(there.get_by_text('Invite your first client')).to_be_visible()
    await expect(there.get_by_test_id('count-with-access')).to_have_text('0')
    link = await invited(here, 'yuki@tanaka.example')
    await expect(there.get_by_text('Invite your first client')).to_be_hidden(timeout=2_000)
    await expect(there.get_by_test_id('count-invited')).to_have_text('1')
    await expect(there.get_by_text('so one mail waits in the Outbox')).to_be_visible()
    client = await use(browser, link)
    await expect(there.get_by_test_id('count-joined')).to_have_text('1', timeout=2_000)
    await expect(there.get_by_test_id('count-online')).to_have_text('1')
    await expect(there.get_by_test_id('count-invited')).to_have_text('0')
    await expect(there.get_by_role('list').get_by_text(re.compile('yuki@tanaka.example joined'))).to_be_visible()
    await client.close()


async def test_a_client_who_has_joined_is_offered_a_login_email(captured: Served, browser: Browser) -> None:
    page = await signed_in(browser, captured)
    client = await use(browser, await invited(page, 'yuki@tanaka.example'))
    await expect(page.get_by_test_id('count-joined')).to_have_text('1')
    await opened(page, 'Invite to Client Portal')
    await page.get_by_label('Contact or email').fill('yuki@tanaka.example')
    await page.get_by_label('Personal message').fill('Hello')
    await page.get_by_role('button', name='Send Invite').click()
    await expect(page.get_by_text('has joined already. No invitation is needed')).to_be_visible()
    assert await axe(page) == []
    await page.get_by_role('button', name='Send Login Email').click()
    await expect(page.get_by_text('waits in the Outbox: no mail server')).to_be_visible()
    await client.close()


async def test_the_magic_link_dialog_says_when_it_is_used(captured: Served, browser: Browser) -> None:
    page = await signed_in(browser, captured)
    await invited(page, 'yuki@tanaka.example')
    await opened(page, 'Generate Magic Link')
    await page.get_by_label('Contact', exact=True).fill('yuki@tanaka.example')
    await page.get_by_role('button', name='Generate').click()
    link = await page.get_by_role('textbox', name='Magic link').input_value()
    await expect(page.get_by_text('This is the only time the link is shown')).to_be_visible()
    assert await axe(page) == []
    client = await use(browser, link)
    await expect(page.get_by_text('yuki@tanaka.example is in')).to_be_visible(timeout=2_000)
    await page.get_by_role('button', name='Generate').click()
    await expect(page.get_by_role('textbox', name='Magic link')).not_to_have_value(link)
    await client.close()


WRONG = {
    '': 'Please pick a contact or enter an email address.',
    'a@b.example, c@d.example': 'one address only',
    'Nobody Known': 'No contact has exactly this name',
    f'{"x" * 300}@b.example': 'longer than an email address can be',
}


async def test_bad_input_is_told_at_its_field_and_kept(captured: Served, browser: Browser) -> None:
    page = await signed_in(browser, captured)
    await opened(page, 'Invite to Client Portal')
    await page.get_by_label('Personal message').fill('Kept')
    for typed, words in WRONG.items():
        await page.get_by_label('Contact or email').fill(typed)
        await page.get_by_role('button', name='Send Invite').click()
        await expect(page.get_by_role('alert').filter(has_text=words)).to_be_visible()
        assert await page.get_by_label('Contact or email').input_value() == typed
        assert await page.get_by_label('Personal message').input_value() == 'Kept'


async def test_the_checklist_is_ticked_by_what_happens_and_put_away_for_good(
    captured: Served, browser: Browser
) -> None:
    page = await signed_in(browser, captured)
    other = await page.context.new_page()
    await other.goto(f'{captured.base_url}/staff')
    await page.get_by_label('Firm name').fill('Northwind Accounting')
    await page.keyboard.press('Enter')
    await expect(other.get_by_text('You are Northwind Accounting.')).to_be_visible(timeout=2_000)
    await page.get_by_role('button', name='Mail me a test').click()
    await expect(page.get_by_text('Captured, not sent.')).to_be_visible()
    await expect(other.get_by_text('2 of 4')).to_be_visible()
    await page.get_by_role('button', name='Put away').click()
    await expect(other.get_by_text('First steps')).to_be_hidden(timeout=2_000)
    await page.reload()
    await expect(page.get_by_test_id('count-online')).to_be_visible()
    await expect(page.get_by_text('First steps')).to_have_count(0)


async def test_the_dashboard_fits_and_everybody_can_use_it(captured: Served, browser: Browser) -> None:
    page = await signed_in(browser, captured)
    await looks_well(page, 'dashboard-empty')
    await invited(page, 'yuki@tanaka.example')
    await looks_well(page, 'dashboard-full')
