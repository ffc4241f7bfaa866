"""Inviting works while mail does not: captured, or refused by the mail server; staff see which and why."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.journeys.walking import OWNER, SOON, Desk, Firm, come_in, error_at
from tests.support.served import Served
from tests.support.smtp_sink import Refuse, SmtpSink

CLARA, BERT = 'clara@weiss.example', 'bert@boll.example'
WORDS = '550 5.1.1 No such mailbox here'


@pytest.fixture
def served(tmp_path: Path, smtp_sink: SmtpSink, request: pytest.FixtureRequest) -> Iterator[Served]:
    """Without a mail server where the test says so."""
    program = Served(tmp_path / 'served', smtp=smtp_sink if 'refuses' in request.node.name else None)
    try:
        yield program
    finally:
        program.close()


async def test_without_a_mail_server_the_link_is_handed_over(firm: Firm) -> None:
    """Captured mail: the dashboard says so, the confirmation's link lets the client in, the Outbox shows the mail."""
    desk = await firm.owner()
    await expect(desk.text('Mail is captured, not sent.')).to_be_visible()
    await desk.choose('Invite to Client Portal')
    await desk.field('Contact or email').fill(CLARA)
    await desk.dialog.get_by_role('button', name='Send Invite', exact=True).click()
    await expect(desk.dialog.get_by_text('Captured, not sent.')).to_be_visible()
    link = await desk.link_of_the_confirmation()
    await expect(desk.text('one mail waits in the Outbox')).to_be_visible(timeout=SOON)
    await come_in(await firm.client(), link)
    await desk.counts_are(invited=0, joined=1, online=1)

    contact_id = await desk.new_contact('Bert Boll', BERT, access=True)
    await desk.go('/staff')
    await desk.choose('Send Login Email')
    await desk.pick('Contacts', 'Bert Boll')
    await desk.dialog.get_by_role('button', name='Send', exact=True).click()
    await expect(desk.dialog.get_by_text('Captured, not sent.')).to_be_visible()
    await desk.dialog.get_by_role('link', name='Open Outbox').click()
    row = desk.row('Bert Boll')
    await expect(row.get_by_text('Captured', exact=True)).to_be_visible()
    await row.get_by_role('button', name='Read', exact=True).click()
    await expect(desk.dialog.get_by_label('Text of the mail')).to_contain_text(OWNER)
    read = await desk.dialog.get_by_role('link', name='Open', exact=True).get_attribute('href')
    assert read
    await desk.close()
    await come_in(await firm.client(), read)
    await desk.open_contact(contact_id)
    await desk.status_is('Joined')
    for line in (f'Captured mail read by {OWNER}', 'Login email captured', 'Signed in with a login email'):
        await expect(desk.line('Timeline', line)).to_be_visible()
    await _cancelled_after_a_question(desk)


async def _cancelled_after_a_question(desk: Desk) -> None:
    """A mail that is cancelled cannot be brought back, so one click is not enough."""
    await desk.go('/staff/outbox')
    row = desk.row('Bert Boll')
    await row.get_by_role('button', name='Cancel', exact=True).click()
    await expect(desk.dialog.get_by_text(BERT)).to_be_visible()
    await desk.dialog.get_by_role('button', name='Keep', exact=True).click()
    await expect(desk.dialog).to_have_count(0)
    await expect(row.get_by_text('Captured', exact=True)).to_be_visible()
    await row.get_by_role('button', name='Cancel', exact=True).click()
    await desk.dialog.get_by_role('button', name='Cancel mail', exact=True).click()
    await expect(row.get_by_text('Cancelled', exact=True)).to_be_visible(timeout=SOON)


async def test_a_mail_server_that_refuses_is_heard(firm: Firm) -> None:
    """A 550: the dialog, the Outbox and the contact's timeline show the server's words, live; Retry sends it."""
    firm.sink.script(CLARA, Refuse(WORDS))
    desk = await firm.owner('/staff/contacts')
    contact_id = await desk.new_contact('Clara Weiss', CLARA)
    outbox, contact = await _tab(desk, '/staff/outbox'), await _tab(desk, f'/staff/contacts/{contact_id}')
    await desk.page.bring_to_front()
    await desk.go('/staff')
    await desk.choose('Invite to Client Portal')
    await desk.pick('Contact or email', 'Clara')
    await desk.dialog.get_by_role('button', name='Send Invite', exact=True).click()
    await expect(desk.dialog.get_by_text(WORDS)).to_be_visible()
    await expect(outbox.row('Clara Weiss').get_by_text('Failed', exact=True)).to_be_visible(timeout=SOON)
    await expect(outbox.row('Clara Weiss')).to_contain_text(WORDS)
    await expect(contact.line('Timeline', 'Invitation refused')).to_contain_text(WORDS, timeout=SOON)
    await expect(contact.card('Portal status').get_by_text('Refused by the mail server')).to_be_visible()
    link = await desk.link_of_the_confirmation()
    await expect(desk.card('Needs a look').get_by_text('Mail to one contact was refused')).to_be_visible(timeout=SOON)
    assert firm.sink.messages == []

    await outbox.page.bring_to_front()
    await outbox.row('Clara Weiss').get_by_role('button', name='Retry', exact=True).click()
    assert (await firm.sink.wait_for(CLARA)).link == link
    await expect(outbox.row('Clara Weiss').get_by_text('Sent', exact=True)).to_be_visible(timeout=SOON)
    await expect(contact.line('Timeline', 'Invitation handed to the mail server')).to_be_visible(timeout=SOON)
    await expect(desk.card('Needs a look')).to_be_hidden(timeout=SOON)


async def _tab(desk: Desk, path: str) -> Desk:
    """Another tab of the same browser."""
    other = Desk(await desk.page.context.new_page(), desk.firm)
    await other.go(path)
    return other


async def test_an_owner_names_a_mail_server_and_every_page_follows(firm: Firm) -> None:
    """Refused first, at the field; then dashboard and Outbox stop saying that mail is captured, and mail goes out."""
    firm.browser.allow('status of 422')  # the wrong port, told to the page that asked
    desk = await firm.owner('/staff/settings/emails')
    dashboard, outbox = await firm.another_desk(), await firm.another_desk('/staff/outbox')
    for other in (dashboard, outbox):
        await expect(other.text('Mail is captured, not sent.')).to_be_visible()
    card = desk.card('How mail is sent')
    await card.get_by_label('Mail server').fill('mail.holm.example')
    await card.get_by_label('Port').fill('not a number')
    await card.get_by_role('button', name='Save', exact=True).click()
    await error_at(card.get_by_label('Port'), '1 to 65535')
    await card.get_by_label('Mail server').fill('127.0.0.1')
    await card.get_by_label('Port').fill(str(firm.sink.port))
    await card.get_by_label('Encryption').click()
    await desk.page.get_by_role('option', name='None (this machine alone)').click()
    await card.get_by_role('button', name='Save', exact=True).click()
    await desk.toast('Saved.')
    for other in (dashboard, outbox):
        await expect(other.text('Mail is captured, not sent.')).to_be_hidden(timeout=SOON)
    await desk.invite(CLARA)
    await come_in(await firm.client(), (await firm.sink.wait_for(CLARA)).link)
