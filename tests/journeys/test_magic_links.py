"""A link for one contact, made by staff: shown once, counted down, and told of when it is used."""

import re

from playwright.async_api import Locator, expect

from tests.journeys.walking import SOON, Desk, Firm, come_in, error_at, is_dead

BERT = 'bert@boll.example'


async def test_the_dialog_counts_down_and_says_when_the_link_is_used(firm: Firm) -> None:
    """Generate, copy, watch the countdown; the client uses it in another browser and the dialog says so, unreloaded.
    Again at any time: three live ones at most, and one that is used voids the rest (R8)."""
    desk = await firm.owner('/staff/contacts', permissions=['clipboard-read', 'clipboard-write'])
    await desk.new_contact('Bert Boll', BERT, access=True)
    await desk.new_contact('Nora Naeve', 'nora@naeve.example')
    await desk.go('/staff')
    await _is_told_to_invite_nora(desk)
    await desk.choose('Generate Magic Link')
    await desk.pick('Contact', 'bert', 'Bert Boll')
    first = await _generate(desk)
    await expect(desk.field('Magic link')).not_to_be_editable()
    await desk.dialog.get_by_role('button', name='Copy link', exact=True).click()
    await expect(desk.dialog.get_by_role('status').filter(has_text='Copied')).to_have_count(1)
    assert await desk.page.evaluate('navigator.clipboard.readText()') == first
    await _runs_down(desk.dialog.get_by_role('timer'))

    client = await firm.client()
    await come_in(client, first)
    told = desk.dialog.get_by_role('status')
    await expect(told.filter(has_text='Bert is in')).to_be_visible(timeout=SOON)
    await expect(desk.field('Magic link')).to_have_count(0)

    links = [await _generate(desk) for _ in range(4)]
    statuses = [await firm.status_of(link) for link in links]
    assert statuses == [410, 200, 200, 200], 'the fourth live one voids the oldest'
    await is_dead(await firm.client(), links[0], 'A newer')
    elsewhere = await firm.client()
    await come_in(elsewhere, links[3])
    await expect(told.filter(has_text='Bert is in')).to_be_visible(timeout=SOON)
    assert [await firm.status_of(link) for link in links] == [410] * 4
    await desk.page.keyboard.press('Escape')
    await expect(desk.dialog).to_have_count(0)
    assert firm.sink.attempts == ['nora@naeve.example'], 'a magic link mails nobody'


async def _is_told_to_invite_nora(desk: Desk) -> None:
    """No link for a contact without access: the field says why, and the invitation is one click away."""
    await desk.choose('Generate Magic Link')
    await desk.pick('Contact', 'Nora')
    await desk.dialog.get_by_role('button', name='Generate', exact=True).click()
    await error_at(desk.field('Contact'), 'Portal access of Nora Naeve is off.')
    await desk.dialog.get_by_role('button', name='Invite instead', exact=True).click()
    await expect(desk.dialog.get_by_role('heading', name='Invite to Client Portal')).to_be_visible()
    await expect(desk.field('Contact or email')).to_have_value('Nora Naeve')
    await desk.dialog.get_by_role('button', name='Send Invite', exact=True).click()
    await desk.link_of_the_confirmation()
    await desk.counts_are(with_access=2, invited=1)


async def _generate(desk: Desk) -> str:
    """Click and read the link that was not there before."""
    field = desk.field('Magic link')
    before = await field.input_value() if await field.count() else ''
    await desk.dialog.get_by_role('button', name='Generate', exact=True).click()
    await expect(field).not_to_have_value(before)
    link = await field.input_value()
    assert re.fullmatch(re.escape(desk.firm.url) + r'/sign-in/link/[A-Za-z0-9_-]{43}', link)
    return link


async def _runs_down(timer: Locator) -> None:
    await expect(timer).to_have_text(re.compile(r'^1[45]:\d\d left$'))
    shown = await timer.inner_text()
    await expect(timer).not_to_have_text(shown, timeout=SOON)
