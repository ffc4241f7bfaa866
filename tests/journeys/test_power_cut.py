"""The power goes: what was promised still holds, and an open page finds back."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.journeys.walking import Firm, at_work, come_in, is_dead, is_inside
from tests.support.served import MAIN


@pytest.fixture
def program() -> Path:
    """What operators start, unwatched."""
    return MAIN


async def test_after_a_kill_pages_find_back_and_nothing_is_lost(firm: Firm) -> None:
    """kill -9 in the middle, started again: the open staff page recovers, sessions hold, a used link stays used."""
    firm.browser.allow('WebSocket connection to .* failed', 'ERR_CONNECTION_REFUSED')
    desk = await firm.owner('/staff/contacts')
    await desk.new_contact('Bert Boll', 'bert@boll.example', access=True)
    used = await desk.magic_link('Bert Boll')
    unused = await desk.magic_link('Bert Boll')
    client = await firm.client()
    await come_in(client, used)
    later = await desk.invite('clara@weiss.example')
    await desk.counts_are(with_access=2, invited=1, joined=1, online=1)
    await desk.page.evaluate('window.beforeTheKill = true')

    firm.served.kill()
    firm.served.start()
    await desk.page.wait_for_function('() => !window.beforeTheKill', timeout=15_000)
    await at_work(desk.page)
    await expect(desk.page).to_have_url(f'{firm.url}/staff')
    await desk.counts_are(with_access=2, invited=1, joined=1)
    await is_inside(client)
    await client.reload()
    await is_inside(client)
    await is_dead(await firm.client(), used)
    assert await firm.status_of(unused) == 410, 'void since the other one was used'
    await come_in(await firm.client(), later)
    await desk.counts_are(invited=0, joined=2)
