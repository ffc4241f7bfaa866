"""Switching access off closes every door at once; switching it on again forgets nothing."""

from playwright.async_api import expect

from tests.journeys.walking import Desk, Firm, at_work, come_in, is_dead, is_inside, within

BERT, CLARA = 'bert@boll.example', 'clara@weiss.example'
CLOSED_WITHIN = 2.5  # seconds from the click; R36 wants one, a loaded machine gets more here


async def test_revoking_closes_both_tabs_at_once(firm: Firm) -> None:
    """Revoke with two open client tabs: both leave within a second, the link dies, the notice counts; on again, the
    client signs in and nothing of its history is lost (R13, R36)."""
    desk = await firm.owner()
    await _an_invitation_is_taken_back(desk)
    contact_id = await desk.new_contact('Bert Boll', BERT, access=True)
    first = await firm.client()
    await come_in(first, await desk.magic_link('Bert Boll'))
    second = await first.context.new_page()
    await second.goto(f'{firm.url}/')
    await is_inside(second)
    for tab in (first, second):
        await at_work(tab)
    unused = await desk.magic_link('Bert Boll')

    await desk.open_contact(contact_id)
    await expect(desk.text('Switching off ends 1 session and cancels 1 link at once.')).to_be_visible()
    async with within(CLOSED_WITHIN, 'both tabs of a revoked client closed'):
        await desk.access.click()
        for tab in (first, second):
            await expect(tab).to_have_url(f'{firm.url}/sign-in?notice=ended', timeout=CLOSED_WITHIN * 1000)
    await desk.toast('Access switched off. 1 session ended, 1 link cancelled.')
    await desk.status_is('Revoked')
    await expect(desk.line('Timeline', '1 session ended, 1 link cancelled')).to_be_visible()
    await expect(desk.card('Signed-in devices').get_by_text('Nobody is signed in.')).to_be_visible()
    await second.close()
    await first.goto(f'{firm.url}/')
    await expect(first).to_have_url(f'{firm.url}/sign-in')
    await is_dead(first, unused, 'If you think this is a mistake, please ask')

    await desk.access.click()
    await desk.toast('Access switched on. Nobody was mailed.')
    await is_dead(first, unused)
    await come_in(first, await desk.magic_link('Bert Boll'))
    await desk.open_contact(contact_id)
    await desk.status_is('Joined')
    for line in ('Access revoked by', 'Joined', 'Added by'):
        await expect(desk.line('Timeline', line).first).to_be_visible()
    await expect(desk.line('Timeline', 'Signed in with a magic link')).to_have_count(2)
    assert firm.sink.attempts == [CLARA], 'nobody else was mailed'


async def _an_invitation_is_taken_back(desk: Desk) -> None:
    """Revoked before they came: the invitation dies too, and its page says so."""
    link = await desk.invite(CLARA)
    await desk.counts_are(with_access=1, invited=1)
    await desk.go('/staff/contacts')
    await desk.page.get_by_role('link', name=CLARA, exact=True).click()
    await expect(desk.text('Switching off cancels the invitation at once.')).to_be_visible()
    await at_work(desk.page)
    await desk.access.click()
    await desk.toast('Access switched off. 1 invitation cancelled.')
    await is_dead(await desk.firm.client(), link, 'If you think this is a mistake, please ask')
    await desk.go('/staff')
    await desk.counts_are(with_access=0, invited=0, joined=0)
