"""A second click that comes too soon: people who double click everything do not mail everybody twice."""

import asyncio

from playwright.async_api import Route, expect

from tests.journeys.walking import Firm, at_work, come_in, press
from ui.components.door_form import PATIENCE


async def test_a_double_click_mails_once(firm: Firm) -> None:
    """Send Login Email and Generate, double clicked: one mail, one link, and the dialog with the result stays open."""
    desk = await firm.owner('/staff/contacts')
    contact_id = await desk.new_contact('Anna Arendt', 'anna@arendt.example', access=True)
    await desk.go('/staff')
    await desk.choose('Send Login Email')
    await desk.pick('Contacts', 'Anna Arendt')
    await desk.dialog.get_by_role('button', name='Send', exact=True).dblclick(delay=60)
    await expect(desk.dialog.get_by_text('On its way')).to_be_visible()
    await firm.sink.wait_for(1)
    await desk.close()
    await desk.choose('Generate Magic Link')
    await desk.pick('Contact', 'Anna Arendt')
    await desk.dialog.get_by_role('button', name='Generate', exact=True).dblclick(delay=60)
    await expect(desk.field('Magic link')).to_be_visible()
    await asyncio.sleep(1)
    assert len(firm.sink.messages) == 1
    await desk.open_contact(contact_id)
    await expect(desk.line('Timeline', 'Magic link made by')).to_have_count(1)
    await expect(desk.line('Timeline', 'Login email written by')).to_have_count(1)


async def test_a_click_beside_the_dialog_keeps_what_was_typed(firm: Firm) -> None:
    """Only Escape, the cross and the buttons close a dialog with fields."""
    desk = await firm.owner(width=360, height=740)
    await expect(desk.text('This machine only')).to_be_visible()
    assert await desk.page.evaluate('document.documentElement.scrollWidth') <= 360
    await desk.page.set_viewport_size({'width': 1000, 'height': 800})
    await desk.choose('Invite to Client Portal')
    await desk.field('Personal message').fill('Hello!')
    await desk.page.mouse.click(5, 400)
    await asyncio.sleep(0.5)
    await expect(desk.field('Personal message')).to_have_value('Hello!')
    await desk.page.keyboard.press('Escape')
    await expect(desk.dialog).to_have_count(0)


async def test_the_settings_name_the_mail_server_and_try_it(firm: Firm) -> None:
    """The host alone; the test mail arrives and the page says so."""
    desk = await firm.owner('/staff/settings/portal')
    await desk.button('Send me a test mail').click()
    await expect(desk.card('Mail').get_by_text('Handed over.')).to_be_visible()
    await firm.sink.wait_for(1)


async def test_a_form_whose_answer_never_came(firm: Firm) -> None:
    """It goes nowhere else while it is on its way; once it can be posted again, the page is sent to the door again."""
    desk = await firm.owner('/staff/contacts')
    contact_id = await desk.new_contact('Anna Arendt', 'anna@arendt.example', access=True)
    page = await firm.client()
    await come_in(page, await desk.magic_link('Anna Arendt'))
    await page.clock.install()
    await page.goto(f'{firm.url}/profile/two-factor')
    await at_work(page)
    posted: list[str] = []

    async def nothing(route: Route) -> None:
        posted.append(route.request.url)
        await route.fulfill(status=204)

    await page.route('**/turn-on', nothing)
    for _ in range(2):
        await press(page, 'Turn on')
    await asyncio.sleep(1)
    assert len(posted) == 1
    await page.clock.fast_forward(PATIENCE * 1000)
    async with page.expect_request('**/turn-on'):
        await press(page, 'Turn on')
    await page.clock.fast_forward(PATIENCE * 1000)
    assert len(posted) == 2
    await desk.open_contact(contact_id)
    await desk.button('End all sessions').click()
    await expect(page).to_have_url(f'{firm.url}/sign-in?notice=ended')
