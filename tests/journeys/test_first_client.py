"""From the link that the terminal prints to the first client inside."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.journeys.walking import (
    FIRM,
    OWNER,
    OWNER_ADDRESS,
    PASSWORD,
    SOON,
    Desk,
    Firm,
    at_work,
    heading,
    is_inside,
)  # fmt: skip
from tests.support.served import MAIN

CLARA = 'clara@weiss.example'


@pytest.fixture
def program() -> Path:
    """What operators start, unwatched."""
    return MAIN


async def test_first_run_to_first_joined_client_with_two_staff_tabs_watching(firm: Firm) -> None:
    """First run to first joined client with two staff tabs watching: nothing is reloaded, everything follows."""
    setup_url = firm.served.setup_url
    one = await _set_up(firm, setup_url)
    two = await _sign_in(firm)
    for desk in (one, two):
        await desk.counts_are(with_access=0, invited=0, joined=0, online=0)
        await expect(heading(desk.page, 'The door is open. Invite your first client.')).to_be_visible()
        await expect(desk.card('First steps').get_by_role('status')).to_have_text('0 of 4')
        await desk.page.evaluate('window.neverReloaded = true')

    await one.card('First steps').get_by_label('Firm name', exact=True).fill(FIRM)
    await one.card('First steps').get_by_role('button', name='Save', exact=True).click()
    await _ticked(one, two, step='Name the firm', progress='1 of 4')

    await one.button('Mail me a test').click()
    test_mail = await firm.sink.wait_for(OWNER_ADDRESS)
    assert FIRM in test_mail.subject
    await expect(one.card('First steps').get_by_text('Handed over.')).to_be_visible(timeout=SOON)
    await _ticked(one, two, step='Send yourself a test mail', progress='2 of 4')

    await one.button('Invite a client').click()
    await one.field('Contact or email').fill(CLARA)
    await expect(one.dialog.get_by_text('No contact has this address yet. Inviting adds one.')).to_be_visible()
    await one.field('Personal message').fill('Good to see you on Monday.\nYour year is in the folder.')
    await one.dialog.get_by_role('button', name='Send Invite', exact=True).click()
    await two.counts_are(with_access=1, invited=1, joined=0, online=0)
    await one.counts_are(with_access=1, invited=1, joined=0, online=0)
    await expect(two.line('Activity', f'{OWNER} invited {CLARA}')).to_be_visible(timeout=SOON)
    await _ticked(one, two, step='Invite the first client', progress='3 of 4')
    await expect(one.dialog.get_by_text('Handed over.')).to_be_visible()
    await one.close()
    await expect(heading(two.page, 'The door is open. Invite your first client.')).to_be_hidden()

    client = await firm.client()
    mail = await firm.sink.wait_for(CLARA)
    assert FIRM in mail.subject
    assert 'Good to see you on Monday.' in mail.text
    await _come_in(client, mail.link)

    for desk in (two, one):
        await desk.counts_are(with_access=1, invited=0, joined=1, online=1)
        await expect(desk.line('Activity', f'{CLARA} joined')).to_be_visible(timeout=SOON)
        await expect(desk.text('One client joined this week. One is inside right now.')).to_be_visible()
    await _ticked(one, two, step='Watch them join', progress='All done')

    await client.get_by_role('button', name='Profile', exact=True).click()
    await client.get_by_role('menuitem', name='Sign out', exact=True).click()
    await expect(client.get_by_role('status').filter(has_text='You are signed out.')).to_be_visible()
    for desk in (one, two):
        await desk.counts_are(joined=1, online=0)

    await one.button('Put away').click()
    for desk in (one, two):
        await expect(desk.card('First steps')).to_be_hidden(timeout=SOON)
        assert await desk.page.evaluate('window.neverReloaded'), 'it was reloaded'
    await one.reload()
    await one.counts_are(with_access=1, invited=0, joined=1, online=0)
    await expect(one.card('First steps')).to_be_hidden()

    late = await firm.browser.new_page()
    await late.goto(setup_url)
    await expect(heading(late, 'The set-up is done')).to_be_visible()
    await expect(late.get_by_label('Password', exact=True)).to_have_count(0)


async def _set_up(firm: Firm, setup_url: str) -> Desk:
    page = await firm.browser.new_page()
    await page.goto(setup_url)
    await page.get_by_label('Name', exact=True).fill(OWNER)
    await page.get_by_label('Email', exact=True).fill(OWNER_ADDRESS)
    await page.get_by_label('Password', exact=True).fill(PASSWORD)
    await page.get_by_role('button', name='Create owner', exact=True).click()
    return await _at_the_dashboard(firm, page)


async def _sign_in(firm: Firm) -> Desk:
    page = await firm.browser.new_page()
    await page.goto(f'{firm.url}/staff')
    await expect(heading(page, 'Staff sign-in')).to_be_visible()
    await page.get_by_label('Email', exact=True).fill(OWNER_ADDRESS)
    await page.get_by_label('Password', exact=True).fill(PASSWORD)
    await page.get_by_role('button', name='Sign in', exact=True).click()
    return await _at_the_dashboard(firm, page)


async def _at_the_dashboard(firm: Firm, page: Page) -> Desk:
    await expect(heading(page, 'Client Portal')).to_be_visible()
    await expect(page).to_have_url(f'{firm.url}/staff')
    await at_work(page)
    return Desk(page, firm)


async def _ticked(*desks: Desk, step: str, progress: str) -> None:
    for desk in desks:
        card = desk.card('First steps')
        await expect(card.get_by_role('listitem').filter(has_text=f'{step} – done')).to_be_visible(timeout=SOON)
        await expect(card.get_by_text(progress, exact=True)).to_be_visible(timeout=SOON)


async def _come_in(page: Page, link: str) -> None:
    """On the phone: who invites to what, for whom, and one button."""
    await page.goto(link)
    await expect(page.get_by_text(f'{OWNER} invites you to the client portal of {FIRM}.')).to_be_visible()
    await expect(page.get_by_role('blockquote')).to_contain_text('Your year is in the folder.')
    await expect(page.get_by_text('c•••@weiss.example', exact=True)).to_be_visible()
    assert CLARA not in await page.content(), 'the address stands there in full'
    await page.get_by_role('button', name='Continue', exact=True).click()
    await is_inside(page)
    await expect(heading(page, 'Welcome')).to_be_visible()
    await expect(page.get_by_text(f'This is your portal at {FIRM}.')).to_be_visible()
