"""Asking in, again, taking it back: one transaction, one open invitation, never a reset."""

import pytest

from domain.access.login_emails import send_login_emails
from domain.access.magic_links import look_at_link, redeem_magic_link
from domain.actors import SystemActor
from domain.audit import AuditKind
from domain.contacts.directory import edit_contact, read_contact
from domain.contacts.invitations import cancel_invitation, invite_address, invite_contact
from domain.contacts.new_contact import ContactDetails, Kind
from domain.contacts.portal_access import revoke_access
from domain.dependencies import Dependencies
from domain.errors import (
    AddressFault,
    AddressInvalid,
    AddressShared,
    AlreadyJoined,
    ContactNotFound,
    DeadLink,
    LinkExpired,
    NoAddress,
    NothingToCancel,
    TextFault,
    TextInvalid,
)
from domain.events import ActivityRecorded, ContactsChanged, MailChanged, MailQueued
from domain.mail import outbox
from domain.portal.portal_settings import Portal, change_portal
from storage.models import Contact, Invitation, OneTimeToken, OutboxMail
from tests.factories import (
    a_visitor,
    audit_rows,
    every_row_but_counts,
    given_contact,
    given_invited,
    given_joined_client,
    given_one_login_on_three,
    given_owner,
    given_staff,
    heard,
    later,
    link_in,
    mails_to,
    newest_mail,
    token_of,
    with_settings,
)
from tests.support.clock import FixedClock

CLARA = 'clara@weiss.example'


async def why(deps: Dependencies, link: str) -> DeadLink:
    with pytest.raises(LinkExpired) as refused:
        await redeem_magic_link(deps, a_visitor(), token_of(link))
    return refused.value.reason


async def status_in_directory(deps: Dependencies, contact_id: int) -> str:
    return (await read_contact(deps, await given_owner(deps), contact_id)).status


async def test_inviting_gives_access_and_writes_invitation_and_mail(deps: Dependencies, clock: FixedClock) -> None:
    """Access, invitation and mail; the confirmation offers the very link that is in the mail."""
    staff = await given_staff(deps, name='Sam Keller')
    contact = await given_contact(deps, access=False)
    invited = await invite_contact(deps, staff, contact.id, '  Hello Clara,\r\nsee you inside.  ')
    view = await read_contact(deps, staff, contact.id)
    assert (view.portal_access, view.status, view.has_open_invitation) == (True, 'invited', True)
    assert (view.invited_at, view.invited_by, view.login_email) == (clock.now(), 'Sam Keller', CLARA)
    assert view.message == 'Hello Clara,\nsee you inside.'
    mail = await newest_mail(deps, CLARA)
    assert (mail.row.kind, mail.row.contact_id, mail.row.made_by_name) == ('invitation', contact.id, 'Sam Keller')
    assert link_in(mail) == invited.link
    assert 'see you inside.' in mail.text
    assert 'Sam Keller' in mail.text
    assert (invited.renewed, invited.captured, invited.email) == (False, True, CLARA)
    assert [row.kind for row in await audit_rows()][-2:] == [AuditKind.ACCESS_GRANTED, AuditKind.INVITED]


async def test_the_invitation_signs_in_and_is_accepted(deps: Dependencies, clock: FixedClock) -> None:
    """The landing page says who invites to what; following it joins."""
    invited = await given_invited(deps, await given_owner(deps))
    later(clock, hours=3)
    await redeem_magic_link(deps, a_visitor(), token_of(invited.link))
    row = await Invitation.get()
    assert row.accepted_at == clock.now()
    assert await status_in_directory(deps, invited.contact_id) == 'joined'


async def test_a_mail_that_fails_leaves_nothing(deps: Dependencies, monkeypatch: pytest.MonkeyPatch) -> None:
    """Access, invitation and mail in one transaction (R59: the audit row too); nothing is told either."""
    owner = await given_owner(deps)
    contact = await given_contact(deps, access=False)
    told = heard(deps, ContactsChanged, ActivityRecorded, MailChanged)

    async def fail(*_: object) -> int:
        raise OSError('disk full')

    before = await every_row_but_counts()
    monkeypatch.setattr(outbox, 'enqueue_many', fail)
    for attempt in (invite_contact(deps, owner, contact.id), invite_address(deps, owner, 'new@x.example')):
        with pytest.raises(OSError, match='disk full'):
            await attempt
    assert await every_row_but_counts() == before
    assert told == []


async def test_told_after_the_commit(deps: Dependencies) -> None:
    """Pages hear of the contact and of its mail; the worker only where there is a server."""
    owner = await given_owner(deps)
    contact = await given_contact(deps, access=False)
    told = heard(deps, ContactsChanged, MailChanged, MailQueued)
    await invite_contact(deps, owner, contact.id)
    mail = await OutboxMail.get()
    assert told == [
        MailChanged(mail.id, contact.id, mail.login_id),
        ContactsChanged((contact.id,), (mail.login_id,)),
    ]
    await invite_contact(with_settings(deps, smtp_url='smtp://mail.example'), owner, contact.id)
    assert MailQueued() in told


async def test_a_pending_contact_invited_again(deps: Dependencies, clock: FixedClock) -> None:
    """The invitation is renewed, the old link says a newer mail was sent (R8), the message is kept."""
    owner = await given_owner(deps)
    first = await given_invited(deps, owner, message='Come in!')
    later(clock, days=6)
    again = await invite_contact(deps, await given_owner(deps), first.contact_id)
    assert again.renewed
    assert again.expires_at > first.expires_at
    row = await Invitation.get()
    assert (row.renewed_at, row.message) == (clock.now(), 'Come in!')
    assert await why(deps, first.link) is DeadLink.REPLACED
    assert 'Come in!' in (await newest_mail(deps, CLARA)).text
    later(clock, days=6)
    assert (await look_at_link(deps, token_of(again.link))).message == 'Come in!'
    assert len(await audit_rows(AuditKind.INVITED)) == len(await audit_rows(AuditKind.INVITED_AGAIN)) == 1


async def test_the_mail_of_the_old_link_is_not_sent_any_more(deps: Dependencies) -> None:
    """R8: a mail that still waits with a dead link in it is cancelled and scrubbed."""
    owner = await given_owner(deps)
    first = await given_invited(deps, owner)
    await invite_contact(deps, owner, first.contact_id)
    old, new = await mails_to(deps, CLARA)
    assert (old.row.state, old.row.body) == ('cancelled', None)
    assert new.row.state == 'captured'
    assert (await Contact.get()).email_status == 'captured'


async def test_a_contact_that_joined_is_never_reset(deps: Dependencies) -> None:
    """Already joined is no error of the data: not one row changes; a login email is what it needs."""
    owner = await given_owner(deps)
    client = await given_joined_client(deps, owner)
    before = await every_row_but_counts()
    for attempt in (invite_contact(deps, owner, client.contact_id), invite_address(deps, owner, CLARA)):
        with pytest.raises(AlreadyJoined) as refused:
            await attempt
        assert refused.value == AlreadyJoined(client.contact_id, 'Clara Weiss')
    assert await every_row_but_counts() == before
    assert (await send_login_emails(deps, owner, [client.contact_id])).sent == ('Clara Weiss',)


async def test_the_address_changes_while_invited(deps: Dependencies) -> None:
    """The old invitation dies (R9), a new one goes to the new address with the same message."""
    owner = await given_owner(deps)
    invited = await given_invited(deps, owner, message='Come in!')
    details = ContactDetails(Kind.PERSON, 'Clara Weiss', 'clara@neu.example')
    moved = await edit_contact(deps, owner, invited.contact_id, details)
    assert moved
    assert moved.invited_again
    assert await why(deps, invited.link) is DeadLink.CANCELLED
    (old,) = await mails_to(deps, CLARA)
    assert old.row.state == 'cancelled'
    (mail,) = await mails_to(deps, 'clara@neu.example')
    assert 'Come in!' in mail.text
    assert await status_in_directory(deps, invited.contact_id) == 'invited'
    await redeem_magic_link(deps, a_visitor(), token_of(link_in(mail)))
    contact = await Contact.get().select_related('login')
    assert contact.login
    assert contact.login.email == 'clara@neu.example'
    assert await Invitation.filter(accepted_at=None, cancelled_at=None).count() == 0


async def test_the_address_is_removed_while_invited(deps: Dependencies) -> None:
    """R9: nobody is mailed, the link is dead, and the contact says that it is not invited."""
    owner = await given_owner(deps)
    invited = await given_invited(deps, owner)
    moved = await edit_contact(deps, owner, invited.contact_id, ContactDetails(Kind.PERSON, 'Clara Weiss'))
    assert moved
    assert not moved.invited_again
    assert await why(deps, invited.link) is DeadLink.CANCELLED
    assert await OutboxMail.all().count() == 1
    assert await status_in_directory(deps, invited.contact_id) == 'not_invited'


async def test_cancelling(deps: Dependencies) -> None:
    """Cancel from the contact page; the link dies, access stays, and there is nothing to cancel twice."""
    owner = await given_owner(deps)
    invited = await given_invited(deps, owner)
    told = heard(deps, ContactsChanged)
    await cancel_invitation(deps, owner, invited.contact_id)
    assert await why(deps, invited.link) is DeadLink.CANCELLED
    assert told == [ContactsChanged((invited.contact_id,))]
    view = await read_contact(deps, owner, invited.contact_id)
    assert (view.status, view.portal_access, view.has_open_invitation) == ('not_invited', True, False)
    assert (await OutboxMail.get()).state == 'cancelled'
    with pytest.raises(NothingToCancel):
        await cancel_invitation(deps, owner, invited.contact_id)
    with pytest.raises(ContactNotFound):
        await cancel_invitation(deps, owner, 4711)
    assert len(await audit_rows(AuditKind.INVITATION_CANCELLED)) == 1


async def test_inviting_after_cancelling_is_a_new_invitation(deps: Dependencies) -> None:
    """Cancel and resend; the cancelled link stays dead, its words are not brought back."""
    owner = await given_owner(deps)
    first = await given_invited(deps, owner, message='Old words')
    await cancel_invitation(deps, owner, first.contact_id)
    again = await invite_contact(deps, owner, first.contact_id)
    assert not again.renewed
    assert await why(deps, first.link) is DeadLink.CANCELLED
    assert 'Old words' not in (await newest_mail(deps, CLARA)).text
    assert await Invitation.all().count() == 2


async def test_an_expired_invitation_invited_again(deps: Dependencies, clock: FixedClock) -> None:
    """R6: the old link is dead for good, the contact is invited anew with one open invitation."""
    owner = await given_owner(deps)
    first = await given_invited(deps, owner)
    later(clock, days=7)
    assert await status_in_directory(deps, first.contact_id) == 'invite_expired'
    again = await invite_contact(deps, await given_owner(deps), first.contact_id)
    assert await status_in_directory(deps, first.contact_id) == 'invited'
    assert await why(deps, first.link) is DeadLink.EXPIRED
    assert await Invitation.filter(accepted_at=None, cancelled_at=None).count() == 1
    await redeem_magic_link(deps, a_visitor(), token_of(again.link))


async def test_a_revoked_contact_is_invited_back(deps: Dependencies) -> None:
    """Inviting gives access, also to one it was taken from; what was dead stays dead."""
    owner = await given_owner(deps)
    client = await given_joined_client(deps, owner)
    await revoke_access(deps, owner, client.contact_id)
    invited = await invite_contact(deps, owner, client.contact_id)
    assert await status_in_directory(deps, client.contact_id) == 'invited'
    assert len(await audit_rows(AuditKind.ACCESS_GRANTED)) == 2
    await redeem_magic_link(deps, a_visitor(), token_of(invited.link))
    assert await status_in_directory(deps, client.contact_id) == 'joined'


@pytest.mark.parametrize('days', [1, 30])
async def test_the_firm_says_how_long_an_invitation_lives(deps: Dependencies, clock: FixedClock, days: int) -> None:
    """R6: 1 to 30 days."""
    owner = await given_owner(deps)
    await change_portal(deps, owner, Portal('Holm', False, 15, days))
    invited = await given_invited(deps, owner)
    later(clock, days=days, seconds=-1)
    await look_at_link(deps, token_of(invited.link))
    later(clock, seconds=1)
    assert await why(deps, invited.link) is DeadLink.EXPIRED


async def test_a_typed_address_finds_its_contact(deps: Dependencies) -> None:
    """Pick by typing or enter an address; a known one is its contact, however it is written."""
    owner = await given_owner(deps)
    contact = await given_contact(deps, access=False)
    invited = await invite_address(deps, owner, ' Clara@WEISS.example ')
    assert (invited.contact_id, invited.name) == (contact.id, 'Clara Weiss')
    assert await Contact.all().count() == 1


async def test_a_typed_address_that_several_share(deps: Dependencies) -> None:
    """One address on three contacts; one has to be picked, and nothing is written before."""
    owner = await given_owner(deps)
    await given_one_login_on_three(deps)
    before = await every_row_but_counts()
    with pytest.raises(AddressShared) as refused:
        await invite_address(deps, owner, 'ines@holm.example')
    assert refused.value == AddressShared('ines@holm.example', ('Holm Bau AG', 'Holm Stiftung', 'Ines Holm'))
    assert await every_row_but_counts() == before


@pytest.mark.parametrize('address', ['neu@x.example', f'{"l" * 64}@{"d" * 60}.{"e" * 60}.{"f" * 54}.example'])
async def test_a_new_address_becomes_a_contact(deps: Dependencies, address: str) -> None:
    """Enter a new address; the contact is called by it, also by one of 254 characters."""
    owner = await given_owner(deps)
    invited = await invite_address(deps, owner, address, 'Come in!')
    contact = await Contact.get()
    assert (contact.email, contact.kind, contact.portal_access) == (address, 'person', True)
    assert contact.name == address[:200]
    mail = await newest_mail(deps, address)
    assert link_in(mail) == invited.link
    assert f'Hello {address[:10]}' not in mail.text
    kinds = [row.kind for row in await audit_rows()]
    assert kinds == [AuditKind.CONTACT_CREATED, AuditKind.ACCESS_GRANTED, AuditKind.INVITED]


async def test_who_cannot_be_invited(deps: Dependencies) -> None:
    """Each reason is a typed error, and nothing is left behind."""
    owner = await given_owner(deps)
    silent = await given_contact(deps, 'No Mail', '')
    contact = await given_contact(deps)
    before = await every_row_but_counts()
    with pytest.raises(NoAddress):
        await invite_contact(deps, owner, silent.id)
    with pytest.raises(ContactNotFound):
        await invite_contact(deps, owner, 4711)
    with pytest.raises(AddressInvalid) as refused:
        await invite_address(deps, owner, 'a@x.example, b@x.example')
    assert refused.value.fault is AddressFault.SEVERAL
    for words, fault in (('x' * 2_001, TextFault.TOO_LONG), ('a\x00b', TextFault.CONTROL_CHARACTER)):
        for attempt in (
            invite_contact(deps, owner, contact.id, words),
            invite_address(deps, owner, 'n@x.example', words),
        ):
            with pytest.raises(TextInvalid) as wrong:
                await attempt
            assert (wrong.value.field, wrong.value.fault) == ('message', fault)
    assert await every_row_but_counts() == before


MESSAGES = [
    '<script>alert(1)</script>',
    '=HYPERLINK("http://x")',
    '{{ portal.magic_link }}',
    '{% raw %}',
    '\u202eevil',
    '🎉 שלום',
    'x' * 2_000,
    'a\n\n\tb',
]


async def test_a_message_is_kept_as_it_was_written(deps: Dependencies) -> None:
    """R51: stored word for word; in the mail it is text, never markup and never a template."""
    owner = await given_owner(deps)
    for number, message in enumerate(MESSAGES):
        invited = await given_invited(deps, owner, f'Client {number}', f'c{number}@x.example', message)
        assert (await read_contact(deps, owner, invited.contact_id)).message == message
        assert (await look_at_link(deps, token_of(invited.link))).message == message
        mail = await newest_mail(deps, f'c{number}@x.example')
        assert '<script>' not in mail.html
        if message.isascii() and '\n' not in message:
            assert message in mail.text


async def test_the_system_invites_too(deps: Dependencies) -> None:
    """Foyer itself (an import, the terminal) invites without a staff member's name in the mail."""
    contact = await given_contact(deps, access=False)
    await invite_contact(deps, SystemActor('Terminal'), contact.id)
    assert 'Terminal' not in (await newest_mail(deps, CLARA)).text
    (row,) = await audit_rows(AuditKind.INVITED)
    assert (row.actor_kind, row.actor_name) == ('system', 'Terminal')


async def test_an_invitation_never_outlives_its_use_elsewhere(deps: Dependencies) -> None:
    """R8: using any link of the login voids the invitation's, and no token stays live."""
    owner = await given_owner(deps)
    invited = await given_invited(deps, owner)
    await send_login_emails(deps, owner, [invited.contact_id])
    mail = await newest_mail(deps, CLARA)
    await redeem_magic_link(deps, a_visitor(), token_of(link_in(mail)))
    assert await why(deps, invited.link) is DeadLink.USED
    assert await OneTimeToken.filter(used_at=None, voided_at=None).count() == 0
    assert (await Invitation.get()).accepted_at is not None
