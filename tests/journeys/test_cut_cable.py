"""The line is cut while something is under way, and comes back: nothing happens twice."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.async_api import expect

from tests.journeys.walking import Desk, Firm, at_work
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
    await desk.choose('Send Login Email')
    await desk.pick('Contacts', 'Anna Arendt')
    send = desk.dialog.get_by_role('button', name='Send', exact=True)
    with closing(sqlite3.connect(firm.served.data_dir / 'foyer.sqlite3', isolation_level=None)) as other:
        other.execute('BEGIN IMMEDIATE')
        await send.click()
        await expect(send).to_have_attribute('aria-busy', 'true')  # it has arrived, and waits for the database
        cable.cut()
        await expect(desk.page.locator('#popup')).to_have_attribute('aria-hidden', 'false')
        await send.click(force=True, no_wait_after=True)  # nothing seems to happen, so once more
        await asyncio.sleep(1)
        await send.click(force=True, no_wait_after=True)
        other.execute('ROLLBACK')
    await asyncio.sleep(seconds)
    cable.mend()
    await _comes_back(desk)
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
