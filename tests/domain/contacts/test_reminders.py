"""Reminding of an invitation: when, once, with which link, and what ends it."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
from tortoise.exceptions import IntegrityError, OperationalError

from domain.access.magic_links import look_at_link, redeem_magic_link
from domain.access.sign_in import SignedIn
from domain.activity.audit_log import contact_timeline
from domain.actors import SystemActor
from domain.audit import AuditKind
from domain.contacts import reminders
from domain.contacts.invitations import Invited, cancel_invitation, invite_contact
from domain.contacts.portal_access import revoke_access
from domain.contacts.reminders import keep_reminding, remind, send_due_reminders
from domain.dependencies import Dependencies
from domain.errors import LinkExpired
from domain.events import ContactsChanged, SettingsChanged
from domain.mail.outbox import NewMail, list_mail
from domain.mail.states import MailKind
from domain.portal.portal_settings import change_portal, read_portal
from domain.unit_of_work import Work, deed, unit_of_work
from storage.models import Contact, Invitation, OutboxMail, PortalSettings
from tests.factories import (
    ReadMail,
    a_visitor,
    audit_rows,
    every_row,
    given_contact,
    given_invited,
    given_joined_client,
    given_owner,
    heard,
    later,
    link_in,
    mails_to,
    token_in,
    token_of,
)
from tests.support.clock import FixedClock

CLARA = 'clara@weiss.example'


async def reminders_to(deps: Dependencies, address: str = CLARA) -> list[ReadMail]:
    return [mail for mail in await mails_to(deps, address) if mail.row.kind == MailKind.REMINDER]


@deed
async def remind_by_hand(deps: Dependencies, actor, contact_id: int) -> bool:  # type: ignore[no-untyped-def]
    async with unit_of_work(deps) as work:
        return await remind(work, actor, await Contact.get(id=contact_id))


async def given_invited_for(deps: Dependencies, days: int, clock: FixedClock | None = None) -> Invited:
    """Asked in for so many days, by somebody who is called Olga Brandt."""
    await PortalSettings.filter(id=1).update(invitation_days=days, firm_name='Northwind')
    return await given_invited(deps, await given_owner(deps, name='Olga Brandt'), message='Bring\nthe papers.')


async def test_two_days_before_it_ends_and_once(deps: Dependencies, clock: FixedClock) -> None:
    """Not a second earlier; then one mail, however often the clock looks."""
    invited = await given_invited_for(deps, 7)
    later(clock, days=5, seconds=-1)
    assert await send_due_reminders(deps) == 0
    assert await keep_reminding(deps) == 1.0
    later(clock, seconds=1)
    assert await send_due_reminders(deps) == 1
    for _ in range(3):
        assert await send_due_reminders(deps) == 0
    later(clock, days=1)
    assert await send_due_reminders(deps) == 0
    (mail,) = await reminders_to(deps)
    assert mail.row.subject == 'Your invitation to the client portal of Northwind ends soon'
    assert 'Olga Brandt has opened the client portal of Northwind to you' in mail.text
    assert 'The invitation ends in 2 days.' in mail.text
    assert '    Bring\n    the papers.\n' in mail.text
    assert (mail.row.contact_id, mail.row.made_by_name) == (invited.contact_id, '')


async def test_its_link_ends_with_the_invitation(deps: Dependencies, clock: FixedClock) -> None:
    """R6: the reminder makes no invitation longer."""
    invited = await given_invited_for(deps, 7)
    later(clock, days=5)
    await send_due_reminders(deps)
    (mail,) = await reminders_to(deps)
    link = token_in(mail)
    assert link != token_of(invited.link)
    seen = await look_at_link(deps, link)
    assert (seen.is_invitation, seen.invited_by, seen.message) == (True, 'Olga Brandt', 'Bring\nthe papers.')
    assert seen.seconds_left == 2 * 86_400
    assert (await look_at_link(deps, token_of(invited.link))).seconds_left == 2 * 86_400, 'the older link stays good'
    later(clock, days=2)
    for token in (link, token_of(invited.link)):
        with pytest.raises(LinkExpired):
            await redeem_magic_link(deps, a_visitor(), token)


@pytest.mark.parametrize('used', ['older', 'newer'])
async def test_using_one_link_ends_the_other(deps: Dependencies, clock: FixedClock, used: str) -> None:
    """R3, R8: one sign-in, whichever of the two it was; it accepts the invitation."""
    invited = await given_invited_for(deps, 7)
    later(clock, days=5)
    await send_due_reminders(deps)
    links = {'older': token_of(invited.link), 'newer': token_in((await reminders_to(deps))[0])}
    assert isinstance(await redeem_magic_link(deps, a_visitor(), links[used]), SignedIn)
    for token in links.values():
        with pytest.raises(LinkExpired):
            await redeem_magic_link(deps, a_visitor(), token)
    assert (await Invitation.get()).accepted_at
    assert (await Contact.get(id=invited.contact_id)).joined_at


@pytest.mark.parametrize('how', ['cancelled', 'renewed', 'revoked'])
async def test_what_ends_the_invitation_ends_both_links(deps: Dependencies, clock: FixedClock, how: str) -> None:
    """R8, R13: and a reminder that was not sent yet is cancelled."""
    invited = await given_invited_for(deps, 7)
    later(clock, days=5)
    owner = await given_owner(deps)
    await send_due_reminders(deps)
    (mail,) = await reminders_to(deps)
    if how == 'cancelled':
        await cancel_invitation(deps, owner, invited.contact_id)
    elif how == 'renewed':
        await invite_contact(deps, owner, invited.contact_id)
    else:
        await revoke_access(deps, owner, invited.contact_id)
    for token in (token_of(invited.link), token_in(mail)):
        with pytest.raises(LinkExpired):
            await look_at_link(deps, token)
    assert (await OutboxMail.get(id=mail.row.id)).state == 'cancelled'


async def test_a_renewed_invitation_is_reminded_of_anew(deps: Dependencies, clock: FixedClock) -> None:
    """Once per renewal, two days before the new end."""
    invited = await given_invited_for(deps, 7)
    later(clock, days=5)
    assert await send_due_reminders(deps) == 1
    await invite_contact(deps, await given_owner(deps), invited.contact_id)
    assert await send_due_reminders(deps) == 0
    later(clock, days=5)
    assert await send_due_reminders(deps) == 1
    assert await send_due_reminders(deps) == 0
    assert len(await reminders_to(deps)) == 2


@pytest.mark.parametrize(('days', 'number'), [(1, 0), (2, 0), (3, 1), (30, 1)])
async def test_short_invitations_are_left_alone(deps: Dependencies, clock: FixedClock, days: int, number: int) -> None:
    """Who was asked in for a day or two needs no reminder."""
    await given_invited_for(deps, days)
    written = 0
    for _ in range(days * 4):
        written += await send_due_reminders(deps)
        later(clock, hours=6)
    assert written == number


async def test_who_has_joined_or_was_shut_out_is_not_reminded(deps: Dependencies, clock: FixedClock) -> None:
    owner = await given_owner(deps)
    await given_joined_client(deps, owner, 'Ann', 'ann@x.example')
    cancelled = await given_invited(deps, owner, 'Ben', 'ben@x.example')
    revoked = await given_invited(deps, owner, 'Cleo', 'cleo@x.example')
    await cancel_invitation(deps, owner, cancelled.contact_id)
    await revoke_access(deps, owner, revoked.contact_id)
    await given_contact(deps, 'Dora', 'dora@x.example')
    later(clock, days=5)
    assert await send_due_reminders(deps) == 0


async def test_what_was_due_while_nothing_ran_is_made_up_for(deps: Dependencies, clock: FixedClock) -> None:
    """Half a day left: a mail that says so. Minutes left: none, it would only annoy."""
    await given_invited_for(deps, 7)
    later(clock, days=6, hours=12)
    assert await send_due_reminders(deps) == 1
    assert 'The invitation ends in 12 hours.' in (await reminders_to(deps))[0].text
    await given_invited(deps, await given_owner(deps), 'Ben', 'ben@x.example')
    later(clock, days=6, hours=23)
    assert await send_due_reminders(deps) == 0


async def test_the_firm_can_switch_it_off(deps: Dependencies, clock: FixedClock) -> None:
    """On unless it says otherwise; switched on again, what is due then goes out."""
    assert (await read_portal()).reminds_before_expiry
    await given_invited_for(deps, 7)
    await PortalSettings.filter(id=1).update(reminds_before_expiry=False)
    later(clock, days=5)
    assert await send_due_reminders(deps) == 0
    told = heard(deps, SettingsChanged)
    settings = await read_portal()
    await change_portal(deps, await given_owner(deps), type(settings)('Northwind', False, 15, 7, True))
    assert told, 'which wakes the clock'
    assert await send_due_reminders(deps) == 1


async def test_it_stands_in_the_timeline_the_outbox_and_the_audit_log(deps: Dependencies, clock: FixedClock) -> None:
    invited = await given_invited_for(deps, 7)
    later(clock, days=5)
    told = heard(deps, ContactsChanged)
    await send_due_reminders(deps)
    assert [event.contact_ids for event in told] == [(invited.contact_id,)]
    (row,) = await audit_rows(AuditKind.INVITATION_REMINDED)
    assert (row.actor_kind, row.actor_name, row.contact_id) == ('system', 'Foyer', invited.contact_id)
    owner = await given_owner(deps)
    kinds = [entry.kind for entry in await contact_timeline(deps, owner, invited.contact_id)]
    assert AuditKind.INVITATION_REMINDED.value in kinds
    assert [mail.kind for mail in (await list_mail(deps, owner)).rows] == ['reminder', 'invitation']


# ── By hand ──


async def test_by_hand_at_any_time_and_again(deps: Dependencies, clock: FixedClock) -> None:
    """Staff may remind when they like. The clock then leaves this invitation alone."""
    invited = await given_invited_for(deps, 7)
    later(clock, days=1)
    sam = await given_owner(deps, name='Sam Keller')
    assert await remind_by_hand(deps, sam, invited.contact_id)
    assert await remind_by_hand(deps, sam, invited.contact_id)
    first, second = await reminders_to(deps)
    assert link_in(first) != link_in(second)
    assert 'Sam Keller has opened' in first.text
    assert 'The invitation ends in 6 days.' in first.text
    assert (first.row.made_by_id, first.row.made_by_name) == (sam.staff_id, 'Sam Keller')
    assert [row.actor_name for row in await audit_rows(AuditKind.INVITATION_REMINDED)] == ['Sam Keller'] * 2
    later(clock, days=4)
    assert await send_due_reminders(deps) == 0


async def test_by_hand_only_what_is_open(deps: Dependencies, clock: FixedClock) -> None:
    """Nothing is written for who has joined, was never asked in, or whose invitation has ended."""
    owner = await given_owner(deps)
    joined = await given_joined_client(deps, owner, 'Ann', 'ann@x.example')
    never = await given_contact(deps, 'Ben', 'ben@x.example')
    ended = await given_invited(deps, owner, 'Cleo', 'cleo@x.example')
    later(clock, days=7)
    before = await every_row()
    for contact_id in (joined.contact_id, never.id, ended.contact_id):
        assert not await remind_by_hand(deps, SystemActor(), contact_id)
    assert await every_row() == before


# ── Many, at once, killed ──


async def test_many_at_once_are_each_reminded_once(deps: Dependencies, clock: FixedClock) -> None:
    """Several instances look at the same moment: one of them does it, whichever."""
    owner = await given_owner(deps)
    addresses = [f'client{number}@x.example' for number in range(12)]
    for number, address in enumerate(addresses):
        await given_invited(deps, owner, f'Client {number}', address)
    later(clock, days=5)
    assert sum(await asyncio.gather(*(send_due_reminders(deps) for _ in range(4)))) == 12
    sent = await OutboxMail.filter(kind='reminder').values_list('to_address', flat=True)
    assert sorted(sent) == sorted(addresses)  # type: ignore[type-var]


async def test_who_joins_at_that_moment_gets_none(deps: Dependencies, clock: FixedClock) -> None:
    """Chosen as due, and in before the mail is written."""
    invited = await given_invited_for(deps, 7)
    later(clock, days=5)
    await redeem_magic_link(deps, a_visitor(), token_of(invited.link))
    assert await reminders._remind_some(deps, [invited.contact_id]) == 0
    assert await reminders_to(deps) == []


async def test_a_fault_in_the_middle_writes_nothing(
    deps: Dependencies, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mark and the mail are one transaction: neither is there without the other."""
    await given_invited_for(deps, 7)
    later(clock, days=5)

    async def broken(*_: object) -> None:
        raise RuntimeError('the power goes')

    with monkeypatch.context() as patched:
        patched.setattr(reminders.outbox, 'enqueue_many', broken)
        with pytest.raises(RuntimeError):
            await send_due_reminders(deps)
    assert (await Invitation.get()).reminded_at is None
    assert await send_due_reminders(deps) == 1


@pytest.mark.parametrize('fault', [RuntimeError, IntegrityError, OperationalError])
async def test_one_that_cannot_be_written_holds_back_nobody(
    deps: Dependencies, clock: FixedClock, monkeypatch: pytest.MonkeyPatch, fault: type[Exception]
) -> None:
    """The first of many makes the program stumble: all others get their mail, and it is tried again later."""
    owner = await given_owner(deps)
    for number in range(5):
        await given_invited(deps, owner, f'Client {number}', f'client{number}@x.example')
    later(clock, days=5)
    real = reminders.outbox.enqueue_many

    async def stumbling(work: Work, mails: Sequence[NewMail]) -> None:
        if any(mail.to_address == 'client0@x.example' for mail in mails):
            raise fault('this one')
        await real(work, mails)

    with monkeypatch.context() as patched:
        patched.setattr(reminders.outbox, 'enqueue_many', stumbling)
        assert await send_due_reminders(deps) == 4
        with pytest.raises(fault):
            await send_due_reminders(deps)
    sent = await OutboxMail.filter(kind='reminder').values_list('to_address', flat=True)
    assert sorted(sent) == [f'client{number}@x.example' for number in range(1, 5)]  # type: ignore[type-var]
    assert await send_due_reminders(deps) == 1


async def test_the_clock_knows_when_the_next_is_due(deps: Dependencies, clock: FixedClock) -> None:
    await given_invited_for(deps, 7)
    assert await keep_reminding(deps) == timedelta(days=5).total_seconds()
    later(clock, days=5)
    await keep_reminding(deps)
    assert len(await reminders_to(deps)) == 1
