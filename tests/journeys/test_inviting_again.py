"""What becomes of an invitation: again, to another address, taken back, and no longer needed."""

from playwright.async_api import expect

from tests.journeys.walking import OWNER, Desk, Firm, come_in, is_dead, is_inside

CLARA, NEW = 'clara@weiss.example', 'clara.weiss@neu.example'


async def test_an_invitation_through_its_whole_life(firm: Firm) -> None:
    """Pending invited again, address changed, cancelled, invited anew, joined, and invited once more: offered a login
    email instead, and nothing is reset."""
    desk = await firm.owner('/staff/contacts')
    contact_id = await desk.new_contact('Clara Weiss', CLARA)
    first = await desk.invite('Clara Weiss', 'Hello!')
    person = await firm.client()

    second = await _again(desk, contact_id)
    assert (await firm.sink.wait_for(2))[1].link == second
    await is_dead(person, first, 'A newer mail was sent to you')
    assert await firm.status_of(second) == 200

    await _more(desk, contact_id, 'Edit')
    await desk.field('Email').fill(NEW)
    await expect(desk.dialog.get_by_text('The invitation goes out anew, to the new address.')).to_be_visible()
    await desk.dialog.get_by_role('button', name='Save', exact=True).click()
    await desk.toast(f'The invitation goes out anew to {NEW}.')
    third = (await firm.sink.wait_for(NEW)).link
    await is_dead(person, second)
    await person.goto(third)
    await expect(person.get_by_text('c•••@neu.example')).to_be_visible()
    await expect(person.get_by_text('Hello!')).to_be_visible()

    await _more(desk, contact_id, 'Cancel invitation')
    await desk.dialog.get_by_role('button', name='Cancel invitation', exact=True).click()
    await desk.toast('Invitation cancelled. Its link no longer works.')
    await is_dead(person, third, 'If you think this is a mistake, please ask')
    await desk.status_is('Not invited')

    await come_in(person, await desk.invite(NEW))
    await desk.counts_are(with_access=1, invited=0, joined=1, online=1)
    firm.sink.clear()
    await desk.choose('Invite to Client Portal')
    await desk.field('Contact or email').fill(NEW)
    offer = desk.dialog.get_by_role('status').filter(has_text='Clara Weiss has joined already.')
    await expect(offer).to_be_visible()
    await desk.dialog.get_by_role('button', name='Send Invite', exact=True).click()
    await expect(offer).to_be_visible()
    await expect(desk.field('Invitation link')).to_have_count(0)
    await offer.get_by_role('button', name='Send Login Email', exact=True).click()
    await expect(desk.dialog.get_by_text('to Clara Weiss.')).to_be_visible()
    await desk.close()
    await come_in(await firm.client(), (await firm.sink.wait_for(NEW)).link)
    await desk.counts_are(with_access=1, invited=0, joined=1)
    await person.reload()
    await is_inside(person)

    await desk.open_contact(contact_id)
    for line in (
        f'Invited by {OWNER}', f'Invited again by {OWNER}', f'Address changed by {OWNER}',
        f'Invitation cancelled by {OWNER}', 'Came in with the invitation', f'Login email written by {OWNER}',
        'Signed in with a login email',
    ):  # fmt: skip
        await expect(desk.line('Timeline', line).first).to_be_visible()
    await expect(desk.line('Timeline', 'Joined')).to_have_count(1)


async def _more(desk: Desk, contact_id: int, item: str) -> None:
    await desk.open_contact(contact_id)
    await desk.button('More actions').click()
    await desk.page.get_by_role('menuitem', name=item, exact=True).click()
    await expect(desk.dialog).to_be_visible()


async def _again(desk: Desk, contact_id: int) -> str:
    """From the contact's page; returns the new link."""
    await desk.open_contact(contact_id)
    await desk.button('Invite again').click()
    await expect(desk.dialog.get_by_text('The invitation will be renewed')).to_be_visible()
    await desk.dialog.get_by_role('button', name='Send Invite', exact=True).click()
    await expect(desk.dialog.get_by_text('Invited again: the old link has stopped working.')).to_be_visible()
    return await desk.link_of_the_confirmation()
