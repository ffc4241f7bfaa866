"""The line is cut while something is under way, and comes back: nothing happens twice."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.async_api import Locator, Page, expect

from tests.journeys.walking import Desk, Firm, ask_for_mail, at_work, come_in, heading, press, turn_on
from tests.support.cable import Cable

CUTS = [
    2,
    pytest.param(10, marks=pytest.mark.chaos),
    pytest.param(120, marks=[pytest.mark.chaos, pytest.mark.timeout(400)]),
]


@pytest.fixture
def cable(firm: Firm) -> Iterator[Cable]:
    """Between the staff's browser and the program."""
    firm.browser.allow('WebSocket connection to .* failed', 'ERR_CONNECTION_(REFUSED|RESET)', 'ERR_EMPTY_RESPONSE')
    with Cable(firm.served.port) as made:
        yield made


async def _behind(cable: Cable, desk: Desk, path: str) -> None:
    await desk.page.goto(f'{cable.url}{path}')
    await at_work(desk.page)


async def _comes_back(desk: Desk) -> None:
    """Within seconds, by itself: the socket is there, and what says that it was lost is gone."""
    await desk.page.wait_for_function('() => window.socket?.connected && window.did_handshake', timeout=30_000)
    await expect(desk.page.locator('#popup')).to_have_attribute('aria-hidden', 'true')


def _count(firm: Firm, statement: str) -> int:
    with closing(sqlite3.connect(firm.served.data_dir / 'foyer.sqlite3')) as connection:
        return int(connection.execute(statement).fetchone()[0])


@pytest.mark.parametrize('seconds', CUTS)
async def test_a_deed_under_way_is_done_once(firm: Firm, cable: Cable, seconds: int) -> None:
    """F12: the database is slow, the line goes while a login email is being written; one mail, and the page goes on."""
    desk = await firm.owner('/staff/contacts')
    contact = await desk.new_contact('Anna Arendt', 'anna@arendt.example', access=True)
    await _behind(cable, desk, '/staff')
    mark = desk.page.locator('.fy-live').first
    green = str(await mark.evaluate('(one) => getComputedStyle(one).backgroundColor'))
    await desk.choose('Send Login Email')
    await desk.pick('Contacts', 'Anna Arendt')
    send = desk.dialog.get_by_role('button', name='Send', exact=True)
    with closing(sqlite3.connect(firm.served.data_dir / 'foyer.sqlite3', isolation_level=None)) as other:
        other.execute('BEGIN IMMEDIATE')
        await send.click()
        await expect(send).to_have_attribute('aria-busy', 'true')  # it has arrived, and waits for the database
        cable.cut()
        await expect(desk.page.locator('#popup')).to_have_attribute('aria-hidden', 'false')
        await expect(mark).not_to_have_css('background-color', green)  # nothing is live while the line is cut
        await send.click(force=True, no_wait_after=True)  # nothing seems to happen, so once more
        await asyncio.sleep(1)
        await send.click(force=True, no_wait_after=True)
        other.execute('ROLLBACK')
    await asyncio.sleep(seconds)
    cable.mend()
    await _comes_back(desk)
    await expect(mark).to_have_css('background-color', green)
    await firm.sink.wait_for('anna@arendt.example')
    await asyncio.sleep(1.5)
    assert len(firm.sink.to('anna@arendt.example')) == 1
    assert _count(firm, 'SELECT count(*) FROM outbox_mail') == 1
    await _behind(cable, desk, f'/staff/contacts/{contact}')
    await expect(desk.line('Timeline', 'Login email written by')).to_have_count(1)


@pytest.mark.parametrize('seconds', CUTS)
async def test_clicks_into_the_void_are_not_kept_for_later(firm: Firm, cable: Cable, seconds: int) -> None:
    """F12: a button pressed while the line is cut does nothing, nor when the line is back; then it works again."""
    desk = await firm.owner('/staff/settings/portal')
    await _behind(cable, desk, '/staff/settings/portal')
    test = desk.button('Send me a test mail')
    cable.cut()
    await expect(desk.page.locator('#popup')).to_have_attribute('aria-hidden', 'false')
    for _ in range(3):
        await test.click(force=True, no_wait_after=True)
        await asyncio.sleep(0.8)
    await asyncio.sleep(max(0.0, seconds - 2.4))
    cable.mend()
    await _comes_back(desk)
    await asyncio.sleep(1)
    assert _count(firm, 'SELECT count(*) FROM outbox_mail') == 0
    await test.click()
    await firm.sink.wait_for(1)
    assert len(firm.sink.messages) == 1


async def test_what_is_typed_outlives_another_app(firm: Firm, cable: Cable) -> None:
    """A phone that leaves the page for the mail or the authenticator drops its line: wherever people must go and fetch
    something, they come back to the page as it was. Whoever is gone is not online meanwhile."""
    desk = await firm.owner('/staff/contacts')
    for name, address in (('Clara Weiss', 'clara@weiss.example'), ('Ben Holm', 'ben@holm.example')):
        await desk.new_contact(name, address, access=True)
    half_way = await _half_way_in(firm, desk)
    clara, nobody = await firm.client(), await firm.client()
    await come_in(clara, await desk.magic_link('Clara Weiss'))
    await ask_for_mail(nobody, firm, 'clara@weiss.example')
    typed = [
        await _type(cable, half_way, '/sign-in/verify', 'Authentication code'),
        await _type(cable, nobody, '/sign-in', 'Email'),
        await _type(cable, nobody, '/sign-in/sent', 'Code'),
        await _type(cable, nobody, '/forgot-password', 'Email'),
        await _type(cable, nobody, '/staff/sign-in', 'Email'),
        await _type(cable, clara, '/profile/two-factor', 'Authentication code'),
        await _type(cable, clara, '/profile/password', 'New password'),
        await _type(cable, desk.page, '/staff/profile/two-factor', 'Authentication code'),
        await _type(cable, desk.page, '/staff/profile', 'New password'),
    ]
    await clara.close()
    await desk.go('/staff')
    await desk.counts_are(online=1, timeout=15_000)
    cable.cut()
    await asyncio.sleep(14)
    await desk.counts_are(online=0)
    cable.mend()
    for field in typed:
        await at_work(field.page)
        assert await field.input_value() == '904173', field.page.url
    await desk.counts_are(online=1)


async def _half_way_in(firm: Firm, desk: Desk) -> Page:
    """Ben's browser, in which his link was good and the code of his app is asked for."""
    ben = await firm.client()
    await come_in(ben, await desk.magic_link('Ben Holm'))
    await ben.goto(f'{firm.url}/profile/two-factor')
    await turn_on(ben)
    await ben.close()
    page = await firm.client()
    await page.goto(await desk.magic_link('Ben Holm'))
    await press(page, 'Continue')
    await expect(heading(page, 'One more step')).to_be_visible()
    return page


async def _type(cable: Cable, page: Page, path: str, label: str) -> Locator:
    """Into a field of this page, in a tab of its own behind the cable."""
    tab = await page.context.new_page()
    await tab.goto(f'{cable.url}{path}')
    await at_work(tab)
    field = tab.get_by_label(label, exact=True)
    await field.fill('904173')
    return field
