"""Two instances on one PostgreSQL: what happens on one shows on the other; a door closed on one is closed on both."""

from pathlib import Path

from playwright.async_api import Page, expect

from storage.database import DatabaseUrl
from tests.support.browser import Browser
from tests.support.databases import postgres_only
from tests.support.served import Served

PASSWORD = 'correct horse battery staple'
pytestmark = postgres_only


async def _staff_page(browser: Browser, at: Served) -> Page:
    page = await browser.new_page()
    await page.goto(f'{at.base_url}/staff/sign-in')
    await page.get_by_label('Email').fill('olga@firm.example')
    await page.get_by_label('Password').fill(PASSWORD)
    await page.get_by_role('button', name='Sign in').click()
    await expect(page.get_by_role('heading', name='Client Portal')).to_be_visible()
    return page


async def test_what_happens_on_one_instance_is_live_on_the_other(
    database: DatabaseUrl, tmp_path: Path, browser: Browser
) -> None:
    """R36: a join on one instance shows on a dashboard of the other; revoking there closes the page here."""
    key = {'secret_key': 'one-key-for-both-instances-0123456789-abcdef'}
    one = Served(tmp_path / 'one', database_url=database.url, settings=key)
    two = Served(tmp_path / 'two', database_url=database.url, settings=key)
    one.create_owner(password=PASSWORD)
    browser.allow('ERR_CONNECTION_(REFUSED|RESET)')  # the instances end before the browser does
    with one, two:
        staff = await _staff_page(browser, one)
        await staff.get_by_role('button', name='Actions').click()
        await staff.get_by_role('menuitem', name='Invite to Client Portal').click()
        await staff.get_by_label('Contact or email').fill('clara@weiss.example')
        await staff.get_by_role('button', name='Send Invite').click()
        link = await staff.get_by_label('Invitation link').input_value()
        await staff.keyboard.press('Escape')

        client = await browser.new_page(390, 844)
        await client.goto(link.replace(one.base_url, two.base_url))
        await client.get_by_role('button', name='Continue').click()
        await expect(client).to_have_url(f'{two.base_url}/')
        await expect(staff.get_by_test_id('count-joined')).to_have_text('1')
        await expect(staff.get_by_test_id('count-online')).to_have_text('1')

        await staff.goto(f'{one.base_url}/staff/contacts')
        await staff.get_by_role('link', name='clara@weiss.example').first.click()
        await staff.get_by_role('switch', name='Portal access').click()
        await expect(client).to_have_url(f'{two.base_url}/sign-in?notice=ended', timeout=3_000)


async def test_a_mode_tightened_on_one_instance_holds_the_pages_of_the_other(
    database: DatabaseUrl, tmp_path: Path, browser: Browser
) -> None:
    """R30, R36: at once, and again once the plan's moment has come, which one of them writes down."""
    key = {'secret_key': 'one-key-for-both-instances-0123456789-abcdef'}
    one = Served(tmp_path / 'one', database_url=database.url, settings=key)
    two = Served(tmp_path / 'two', database_url=database.url, settings=key)
    one.create_owner(password=PASSWORD)
    browser.allow('ERR_CONNECTION_REFUSED')
    with one, two:
        staff = await _staff_page(browser, one)
        await staff.get_by_role('button', name='Actions').click()
        await staff.get_by_role('menuitem', name='Invite to Client Portal').click()
        await staff.get_by_label('Contact or email').fill('clara@weiss.example')
        await staff.get_by_role('button', name='Send Invite').click()
        link = await staff.get_by_label('Invitation link').input_value()
        client = await browser.new_page(390, 844)
        await client.goto(link.replace(one.base_url, two.base_url))
        await client.get_by_role('button', name='Continue').click()
        await expect(client).to_have_url(f'{two.base_url}/')

        await staff.goto(f'{one.base_url}/staff/settings/security')
        await _change_to(staff, 'Link and password, with two-factor')
        await expect(client).to_have_url(f'{two.base_url}/profile/two-factor', timeout=3_000)
        await _change_to(staff, 'Link and password')
        await expect(client).to_have_url(f'{two.base_url}/', timeout=3_000)
        soon = await staff.evaluate(
            '() => new Date(Date.now() + 20000 - new Date().getTimezoneOffset() * 60000).toISOString().slice(0, 19)'
        )
        await _change_to(staff, 'Link and password, with two-factor', at=soon)
        await expect(client).to_have_url(f'{two.base_url}/profile/two-factor', timeout=24_000)
        await expect(staff.get_by_text('comes into force on')).to_be_hidden()


async def _change_to(staff: Page, title: str, at: str = '') -> None:
    await staff.get_by_role('radio', name=title, exact=True).click()
    if at:
        await staff.get_by_role('button', name='From a date').click()
        await staff.get_by_label('Date', exact=True).fill(at)
    await expect(staff.get_by_test_id('preview-clients')).to_have_text('1')
    await staff.get_by_role('button', name='Save change').click()
    await staff.get_by_role('button', name='Plan change' if at else 'Change now').click()
    await expect(staff.get_by_role('dialog')).to_have_count(0)
