"""The security page in a browser: live numbers, a question in numbers, a date in the reader's own time, every tab."""

import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from playwright.async_api import Locator, Page, expect

from domain.access.security_policy import SecurityMode
from tests.support.browser import Browser, axe, no_overflow, shot
from tests.support.served import Served
from tests.ui.test_dashboard import OWNER, PASSWORD, invited, signed_in, use

FREE, LINK, TWO = 'Link and password', 'Link only', 'Link and password, with two-factor'
PATH = '/staff/settings/security'
SOON = 3_000  # ms in which what happened has to show: within a second, and two for a busy machine


@pytest.fixture
async def captured(served: Served) -> AsyncIterator[Served]:
    """The program with an owner and without a mail server."""
    served.settings.pop('smtp_url', None)
    served.create_owner(OWNER, 'Olga Owner', PASSWORD)
    yield served.start()


async def opened(browser: Browser, served: Served, **options: int) -> Page:
    page = await signed_in(browser, served, **options)
    await page.goto(f'{served.base_url}{PATH}')
    await expect(page.get_by_role('heading', name='Security', level=1)).to_be_visible()
    return page


def option(page: Page, title: str) -> Locator:
    return page.get_by_role('radio', name=title, exact=True)


async def numbers_are(page: Page, **numbers: int) -> None:
    for name, number in numbers.items():
        await expect(page.get_by_test_id(f'preview-{name.replace("_", "-")}')).to_have_text(str(number), timeout=SOON)


async def save(page: Page, button: str) -> None:
    await page.get_by_role('button', name='Save change').click()
    await page.get_by_role('dialog').get_by_role('button', name=button).click()
    await expect(page.get_by_role('dialog')).to_have_count(0)


def stored(served: Served, column: str) -> str:
    with sqlite3.connect(served.data_dir / 'foyer.sqlite3') as database:
        return str(database.execute(f'SELECT {column} FROM portal_settings').fetchone()[0])


async def test_the_numbers_are_live_and_the_change_shows_in_every_tab(captured: Served, browser: Browser) -> None:
    """R30: how many are concerned, enrolled, inside and would have to enrol, as it happens; then what did."""
    page = await opened(browser, captured)
    await page.goto(f'{captured.base_url}/staff')
    link = await invited(page, 'yuki@tanaka.example')
    await page.goto(f'{captured.base_url}{PATH}')
    there = await page.context.new_page()
    await there.goto(f'{captured.base_url}{PATH}')
    await expect(option(page, FREE)).to_be_checked()
    await expect(page.get_by_text('What this change does')).to_be_hidden()
    await option(page, TWO).click()
    await numbers_are(page, clients=1, enrolled=0, must_set_up=1, signed_in=0)
    await expect(page.get_by_text('Nobody is signed in without two-factor right now.')).to_be_visible()
    client = await use(browser, link)
    await numbers_are(page, signed_in=1)
    await expect(page.get_by_text('The one client who is signed in without two-factor will be asked')).to_be_visible()
    assert await axe(page) == []
    await page.get_by_role('checkbox', name='Mail the one client who must set up two-factor').click()
    await page.get_by_role('button', name='Save change').click()
    asked = page.get_by_role('dialog', name='Require two-factor from every client?')
    for line in ('Moves 1 signed-in client to set-up at once', '1 client has to set up two-factor', 'Mails 1 client.'):
        await expect(asked.get_by_text(line)).to_be_visible()
    await shot(page, 'security-question')
    assert await axe(page) == []
    await asked.get_by_role('button', name='Change now').click()
    done = (
        'In force: Link and password, with two-factor. 1 signed-in client was moved to set-up. 1 mail is being written.'
    )
    await expect(page.get_by_text(done)).to_be_visible()
    await expect(client).to_have_url(f'{captured.base_url}/profile/two-factor', timeout=SOON)
    for tab in (page, there):
        await expect(option(tab, TWO)).to_be_checked(timeout=SOON)
        await expect(tab.get_by_text('Now in use')).to_be_visible()
        await expect(tab.get_by_text('What this change does')).to_be_hidden()
    await expect(there.get_by_text('after an hour without a visit and after 24 hours in all')).to_be_visible()
    await page.goto(f'{captured.base_url}/staff/outbox')
    await expect(page.get_by_text('Signing in now takes a second step')).to_be_visible()


def _next_half_past_nine_in_summer() -> datetime:
    """Within the year that a plan may reach ahead, by a clock an hour ahead of UTC, as London's is then."""
    now = datetime.now(UTC)
    at = datetime(now.year, 6, 20, 9, 30, tzinfo=timezone(timedelta(hours=1)))
    return at if at > now + timedelta(hours=1) else at.replace(year=now.year + 1)


async def test_a_date_is_typed_in_the_readers_own_time(captured: Served, browser: Browser) -> None:
    """R30: wrong dates are told at the field and lose nothing; the right one is kept in UTC and can be cancelled."""
    page = await opened(browser, captured, width=390, height=844)
    await option(page, TWO).click()
    await page.get_by_role('button', name='From a date').click()
    date = page.get_by_label('Date', exact=True)
    await page.get_by_role('button', name='Save change').click()
    await expect(page.get_by_role('alert').filter(has_text='Please choose a day and a time of day.')).to_be_visible()
    await expect(date).to_have_attribute('aria-invalid', 'true')
    await date.focus()
    await page.keyboard.type('01')
    await page.get_by_role('button', name='Save change').click()
    await expect(page.get_by_role('alert').filter(has_text='Please choose a day and a time of day.')).to_be_visible()
    for wrong, words in (('2020-01-01T09:00', 'has passed already'), ('2190-01-01T09:00', 'within the next 366 days')):
        await date.fill(wrong)
        await page.get_by_role('button', name='Save change').click()
        await expect(page.get_by_role('alert').filter(has_text=words)).to_be_visible()
        await expect(page.get_by_role('dialog')).to_have_count(0)  # told before anything is asked
        await expect(date).to_have_value(wrong)
    await no_overflow(page)
    at = _next_half_past_nine_in_summer()
    await date.fill(f'{at:%Y-%m-%dT%H:%M}')
    await save(page, 'Plan change')
    plan = page.get_by_role('status').filter(has_text='comes into force on')
    await expect(plan).to_contain_text('09:30')
    kept = datetime.fromisoformat(stored(captured, 'next_mode_from')).replace(tzinfo=UTC)
    assert kept == at.astimezone(UTC)
    assert stored(captured, 'security_mode') == SecurityMode.LINK_AND_PASSWORD
    await expect(page.get_by_text('Planned', exact=True)).to_be_visible()
    await expect(option(page, FREE)).to_be_checked()
    await no_overflow(page)
    await shot(page, 'security-planned-phone')
    await plan.get_by_role('button', name='Cancel plan').click()
    await expect(plan).to_be_hidden()
    assert stored(captured, 'next_mode_from') == 'None'


async def test_a_change_asks_who_is_there_and_loses_nothing(captured: Served, browser: Browser) -> None:
    """R38: fifteen minutes after the last proof the password is asked for; put away, everything still stands."""
    page = await opened(browser, captured)
    with sqlite3.connect(captured.data_dir / 'foyer.sqlite3') as database:
        database.execute("UPDATE staff_session SET proved_at = '2026-01-01 00:00:00+00:00'")
    await option(page, LINK).click()
    await page.get_by_role('button', name='Save change').click()
    await page.get_by_role('button', name='Change now').click()
    confirm = page.get_by_role('dialog', name='Please confirm that it is you')
    await confirm.get_by_role('button', name='Cancel').click()
    await expect(confirm).to_have_count(0)
    await expect(page.get_by_role('dialog', name='Let clients in by link only?')).to_be_visible()
    assert stored(captured, 'security_mode') == SecurityMode.LINK_AND_PASSWORD
    while not await confirm.is_visible():  # a click is not taken while the one before is still under way
        await page.get_by_role('button', name='Change now').click()
        await page.wait_for_timeout(300)
    await confirm.get_by_label('Password').fill(PASSWORD)
    await confirm.get_by_role('button', name='Confirm').click()
    await expect(page.get_by_text('In force: Link only.')).to_be_visible()
    assert stored(captured, 'security_mode') == SecurityMode.LINK_ONLY


async def test_the_keyboard_chooses_and_discards(captured: Served, browser: Browser) -> None:
    page = await opened(browser, captured)
    await option(page, FREE).focus()
    await page.keyboard.press('ArrowDown')
    await expect(option(page, LINK)).to_be_checked()
    await expect(option(page, LINK)).to_be_focused()
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('ArrowUp')
    await expect(option(page, TWO)).to_be_checked()
    await expect(page.get_by_text('What this change does')).to_be_visible()
    await page.get_by_role('button', name='Discard').click()
    await expect(option(page, FREE)).to_be_checked()
    await expect(page.get_by_text('What this change does')).to_be_hidden()


LENGTHS = ('If they do not come back', 'At most, even if they do')


async def test_the_length_of_sessions(captured: Served, browser: Browser) -> None:
    """R35: 1 to 7 days without a visit, 1 to 30 in all; told at the field, and kept."""
    page = await opened(browser, captured)
    for label, wrong, words in zip(LENGTHS, ('8', 'x'), ('from 1 to 7', 'from 1 to 30'), strict=True):
        field = page.get_by_label(label, exact=True)
        right = await field.input_value()
        await field.fill(wrong)
        await page.get_by_role('button', name='Save', exact=True).click()
        await expect(page.get_by_role('alert').filter(has_text=words)).to_be_visible()
        await expect(field).to_have_value(wrong)
        await field.fill(right)
    idle, at_most = (page.get_by_label(label, exact=True) for label in LENGTHS)
    await idle.fill('0')
    await at_most.fill('99')
    await page.get_by_role('button', name='Save', exact=True).click()
    for words in ('from 1 to 7', 'from 1 to 30'):
        await expect(page.get_by_role('alert').filter(has_text=words)).to_be_visible()
    await expect(idle).to_be_focused()
    await idle.fill('7')
    await at_most.fill('10')
    await page.get_by_role('button', name='Save', exact=True).click()
    await expect(page.get_by_text('Saved.')).to_be_visible()
    assert stored(captured, 'client_session_days') == '10'


async def test_staff_are_required_to_use_two_factor(captured: Served, browser: Browser) -> None:
    """R30: the owner who requires it and has none is told, and is held like everybody else."""
    page = await opened(browser, captured)
    switch = page.get_by_role('switch', name='Staff must use two-factor')
    await switch.click()
    asked = page.get_by_role('dialog', name='Require two-factor from all staff?')
    await expect(asked.get_by_text('You have none yet, and are sent to set it up at once')).to_be_visible()
    await asked.get_by_role('button', name='Keep it as it is').click()
    await expect(switch).not_to_be_checked()
    assert stored(captured, 'staff_two_factor_required') == '0'
    await switch.click()
    await asked.get_by_role('button', name='Require two-factor').click()
    await expect(page).to_have_url(f'{captured.base_url}/staff/profile/two-factor', timeout=SOON)
    assert stored(captured, 'staff_two_factor_required') == '1'
