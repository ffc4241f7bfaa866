"""A second factor in the browser: set up, asked for, lost and found again, turned off, and suddenly required."""

import asyncio
import re
from pathlib import Path

from playwright.async_api import Page, Route, expect

from tests.journeys.walking import (
    SOON,
    App,
    Desk,
    Firm,
    ask_for_mail,
    at_work,
    choose_in_profile,
    come_in,
    error_at,
    heading,
    is_inside,
    key_of,
    press,
    turn_on,
    type_code,
    within,
)
from tests.support.browser import looks_well

CLARA = 'clara@weiss.example'


async def sign_out(page: Page) -> None:
    await choose_in_profile(page, 'Sign out')
    await expect(page.get_by_text('You are signed out.')).to_be_visible()


async def test_a_second_factor_from_its_first_day_to_its_last(firm: Firm) -> None:
    """R22, R24, R27, R28, R34: enrol, sign in by link and code, the same code refused, a recovery code, off again."""
    desk = await firm.owner('/staff/contacts')
    contact_id = await desk.new_contact('Clara Weiss', CLARA, access=True)
    page = await firm.client()
    await come_in(page, await desk.magic_link('Clara Weiss'))
    other = await firm.client()
    await come_in(other, await desk.magic_link('Clara Weiss'))

    await choose_in_profile(page, 'Two-factor authentication')
    await at_work(page)
    await looks_well(page, 'two-factor')
    await type_code(page, '904 17', 'Turn on')
    await error_at(page.get_by_label('Authentication code', exact=True), 'This code does not fit.')
    await _a_clock_that_is_off_is_told(page)
    app, codes = await turn_on(page)
    await expect(page.get_by_text('Your other devices were signed out.')).to_be_visible()
    await expect(other).to_have_url(f'{firm.url}/sign-in?notice=two-factor-on')
    await _the_codes_can_be_saved(page, codes)
    mail = await firm.sink.wait_for(CLARA)
    assert 'Two-factor authentication is on' in mail.subject

    await page.reload()
    await expect(page.get_by_text(codes[0])).to_be_visible()
    await press(page, 'I have saved them')
    await expect(page.get_by_text('10 of 10 are left.')).to_be_visible()
    await page.reload()
    await expect(page.get_by_text(codes[0])).to_have_count(0)
    await looks_well(page, 'two-factor-on')
    await sign_out(page)

    used = await _in_by_link_and_code(firm, desk, page, app)
    await sign_out(page)
    await _the_same_code_is_refused(desk, page, used)
    await _a_recovery_code_lets_in(page, codes)
    await desk.open_contact(contact_id)
    await desk.status_is('Joined')

    await choose_in_profile(page, 'Two-factor authentication')
    await expect(page.get_by_text('9 of 10 are left.')).to_be_visible()
    await press(page, 'Turn off')
    dialog = page.get_by_role('dialog')
    await dialog.get_by_label('Authentication code', exact=True).fill(codes[5])
    await dialog.get_by_role('button', name='Turn off', exact=True).click()
    await expect(page.get_by_text('Two-factor authentication is off.')).to_be_visible()
    await sign_out(page)
    await come_in(page, await desk.magic_link('Clara Weiss'))


async def _a_clock_that_is_off_is_told(page: Page) -> None:
    """R23: a phone six minutes ahead shows codes of later steps; the sentence at the field says what to mend."""
    await at_work(page)
    await type_code(page, App(await key_of(page), ahead=360).code(), 'Turn on')
    said = await error_at(page.get_by_label('Authentication code', exact=True))
    assert 'clock' in said and re.search(r'\b[56] minutes', said), said


async def _the_codes_can_be_saved(page: Page, codes: list[str]) -> None:
    await at_work(page)
    await looks_well(page, 'recovery-codes')
    async with page.expect_download() as download:
        await press(page, 'Download')
    saved = await download.value
    assert saved.suggested_filename == 'recovery-codes.txt'
    text = Path(await saved.path()).read_text()
    assert all(code in text for code in codes) and CLARA in text


async def _in_by_link_and_code(firm: Firm, desk: Desk, page: Page, app: App) -> str:
    """R29, R30: the link of a mail leads to the code; until then nothing is open. Returns the code that was used."""
    await ask_for_mail(page, firm, CLARA)
    link = (await firm.sink.wait_for(2))[-1].link
    await page.goto(link)
    await press(page, 'Continue')
    await expect(page.get_by_label('Authentication code', exact=True)).to_be_focused()
    await at_work(page)
    await looks_well(page, 'verify')
    elsewhere = await page.context.new_page()
    await elsewhere.goto(f'{firm.url}/')
    await expect(elsewhere).to_have_url(f'{firm.url}/sign-in')
    await elsewhere.close()
    code = app.code()
    await type_code(page, f'{code[:3]} {code[3:]}', 'Verify')
    await is_inside(page)
    return code


async def _the_same_code_is_refused(desk: Desk, page: Page, used: str) -> None:
    """R24: twice, at the field; nothing else is lost."""
    await page.goto(await desk.magic_link('Clara Weiss'))
    await press(page, 'Continue')
    for _ in range(2):
        await at_work(page)
        await type_code(page, used, 'Verify')
        await error_at(page.get_by_label('Authentication code', exact=True), 'each works once')


async def _a_recovery_code_lets_in(page: Page, codes: list[str]) -> None:
    """R28: at the same door, typed without its dashes."""
    await page.get_by_role('link', name='Use a recovery code', exact=True).click()
    field = page.get_by_label('Recovery code', exact=True)
    await expect(field).to_be_focused()
    await field.fill(codes[0].replace('-', '').lower())
    await press(page, 'Verify')
    await is_inside(page)


async def test_required_from_one_moment_to_the_next(firm: Firm) -> None:
    """R30: the open page of a client without a second factor goes to its set-up within a second, and on afterwards."""
    desk = await firm.owner('/staff/contacts')
    await desk.new_contact('Clara Weiss', CLARA, access=True)
    page = await firm.client()
    await come_in(page, await desk.magic_link('Clara Weiss'))
    await at_work(page)
    await _require_it(desk)
    async with within(SOON / 1_000, 'the open page is moved'):
        await expect(heading(page, 'Two-factor authentication')).to_be_visible()
    await expect(page).to_have_url(f'{firm.url}/profile/two-factor')
    await expect(page.get_by_text('asks for two-factor authentication')).to_be_visible()
    await looks_well(page, 'two-factor-held')
    await page.goto(f'{firm.url}/')
    await expect(page).to_have_url(f'{firm.url}/profile/two-factor')
    await press(page, 'Profile')
    await expect(page.get_by_role('menuitem')).to_have_text(['Deutsch', 'Sign out'])
    await page.keyboard.press('Escape')
    await turn_on(page)
    await press(page, 'I have saved them')
    await expect(page).to_have_url(f'{firm.url}/')
    await is_inside(page)
    await _what_is_required_is_followed(desk, page)


async def _what_is_required_is_followed(desk: Desk, page: Page) -> None:
    """R30: on the open page, `Turn off` comes and goes with the mode."""
    off, why = page.get_by_role('button', name='Turn off', exact=True), page.get_by_text('so it stays on')
    await choose_in_profile(page, 'Two-factor authentication')
    await at_work(page)
    await expect(off).to_have_count(0)
    await expect(why).to_be_visible()
    await _require_it(desk, 'Link and password')
    await expect(off).to_be_visible(timeout=SOON)
    await expect(why).to_have_count(0)
    await _require_it(desk)
    await expect(why).to_be_visible(timeout=SOON)
    await expect(off).to_have_count(0)


async def _require_it(desk: Desk, mode: str = 'Link and password, with two-factor') -> None:
    """What an owner does on the page of the security mode."""
    await desk.go('/staff/settings/security')
    await desk.page.get_by_role('radio', name=mode, exact=True).click()
    await desk.button('Save change').click()
    await desk.dialog.get_by_role('button', name='Change now', exact=True).click()


async def test_a_lost_phone_where_a_second_factor_is_required(firm: Firm) -> None:
    """R28, R34, R37: in by a recovery code, another phone set up without the firm, new recovery codes, the other
    devices out; the phone before opens nothing, and the address is told."""
    desk = await firm.owner('/staff/contacts')
    await desk.new_contact('Clara Weiss', CLARA, access=True)
    await _require_it(desk)
    first = await firm.client()
    await first.goto(await desk.magic_link('Clara Weiss'))
    await press(first, 'Continue')
    await expect(first.get_by_text('Your other devices are signed out.')).to_be_visible()
    lost, codes = await turn_on(first)
    await press(first, 'I have saved them')
    page = await firm.client()
    await page.goto(await desk.magic_link('Clara Weiss'))
    await press(page, 'Continue')
    await _a_recovery_code_lets_in(page, codes)
    strip = page.get_by_role('status').filter(has_text='Set up the new one now.')
    await strip.get_by_role('link', name='Two-factor authentication', exact=True).click()
    await at_work(page)
    await looks_well(page, 'two-factor-on-required')
    await press(page, 'Set up another phone')
    await expect(heading(page, 'Set up another phone')).to_be_visible()
    await at_work(page)
    await looks_well(page, 'two-factor-new-phone')
    phone = App(await key_of(page))
    await type_code(page, phone.code(), 'Use this phone')
    await expect(page.get_by_text('Your new phone is set up.')).to_be_visible()
    await expect(first).to_have_url(f'{firm.url}/sign-in?notice=two-factor-moved')
    await expect(first.get_by_text('moved to another phone')).to_be_visible()
    assert any('another phone' in mail.subject for mail in [await firm.sink.wait_for(CLARA), *firm.sink.to(CLARA)])
    await press(page, 'I have saved them')
    await expect(page).to_have_url(f'{firm.url}/')
    await sign_out(page)
    await page.goto(await desk.magic_link('Clara Weiss'))
    await press(page, 'Continue')
    await at_work(page)
    await type_code(page, lost.code(), 'Verify')
    await error_at(page.get_by_label('Authentication code', exact=True), 'does not fit')
    await at_work(page)
    await type_code(page, phone.code(), 'Verify')
    await is_inside(page)


async def test_a_slow_answer_is_waited_for(firm: Firm) -> None:
    """R28, R34: under load the answer to the form takes its time, before and after the new session is there; nothing
    sends the page elsewhere meanwhile, and the recovery codes are what comes next."""
    desk = await firm.owner('/staff/contacts')
    await desk.new_contact('Clara Weiss', CLARA, access=True)
    page = await firm.client()
    await come_in(page, await desk.magic_link('Clara Weiss'))
    await _require_it(desk)
    await expect(page).to_have_url(f'{firm.url}/profile/two-factor')

    async def slowly(route: Route) -> None:
        await asyncio.sleep(8.5)
        answer = await route.fetch(max_redirects=0)
        await asyncio.sleep(2)
        await route.fulfill(response=answer)

    await page.route('**/turn-on', slowly)
    await at_work(page)
    field = page.get_by_label('Authentication code', exact=True)
    await field.fill(App(await key_of(page)).code())
    await field.press('Enter', no_wait_after=True)
    await expect(heading(page, 'Keep your recovery codes')).to_be_visible()
    await expect(page).to_have_url(f'{firm.url}/profile/two-factor?notice=on')
    await page.goto(f'{firm.url}/')
    await page.get_by_role('link', name='See your recovery codes', exact=True).click()
    await press(page, 'I have saved them')
    await expect(page.get_by_text('Welcome')).to_be_visible()
    await expect(page.get_by_text('Your recovery codes are not saved yet.')).to_have_count(0)
