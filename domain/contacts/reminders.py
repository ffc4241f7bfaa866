"""Reminding of an invitation two days before it ends: once for each invitation, and once more when it is renewed.

The mail holds a link of its own that ends when the invitation does. The link of the earlier mail stays good: using one
ends both, as cancelling or renewing the invitation does. An invitation given for less than three days is left alone.

Whether it was done stands in the invitation, written together with the mail: a kill loses and doubles none, and of
several instances one does it. Staff may remind by hand too, as often as they like; that counts as having reminded.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog

from domain.access.logins import held_contacts
from domain.access.one_time_tokens import IssuedToken, Purpose, Wanted, issue_many
from domain.actors import Actor, StaffActor, SystemActor
from domain.audit import AuditKind, record_each
from domain.contacts.inviting import BREATH, whom
from domain.dependencies import Dependencies
from domain.events import ContactsChanged
from domain.mail import messages, outbox
from domain.mail.letterhead import read_letterhead
from domain.mail.merging import Merge
from domain.mail.states import MailKind
from domain.repeating import LONGEST_SLEEP
from domain.texts import greeting_name
from domain.unit_of_work import Work, deed, unit_of_work
from storage import reminder_claims
from storage.models import Contact, PortalSettings, StaffMember

log = structlog.get_logger(__name__)

BEFORE = timedelta(days=2)
SHORTEST_DAYS = 3
TOO_LATE = timedelta(hours=1)  # what ends sooner is not worth a mail: nothing was running when it was due
AT_ONCE = 50  # mails in one transaction, which is then short enough that nobody waits for it


async def remind(work: Work, actor: Actor, contact: Contact) -> bool:
    """Inside a unit of work that holds the contact: mail it a link to its open invitation; False if it has none."""
    return bool(await remind_each(work, actor, [contact]))


async def remind_each(work: Work, actor: Actor, contacts: Sequence[Contact]) -> set[int]:
    """`remind` for many, all of them held; the ids of those that had an open invitation, and so got a mail."""
    asked = _still_asked(contacts)
    return await _write(work, actor, asked, await reminder_claims.claim_open(list(asked), work.now) if asked else [])


async def send_due_reminders(deps: Dependencies) -> int:
    """Remind of every invitation that is due, if the firm wants that; how many mails were written.

    Raises whatever keeps all of some from being written, first of all what `StorageErrors` lists.
    """
    written, stumbled = 0, set[int]()
    while (await PortalSettings.get(id=1)).reminds_before_expiry:
        now = deps.clock.now()
        ids = await reminder_claims.due_reminders(now + TOO_LATE, now + BEFORE, SHORTEST_DAYS, AT_ONCE, stumbled)
        if not ids:
            break
        try:
            written += await _remind_some(deps, ids)
        except Exception as error:
            log.warning('reminders are written one by one', error=type(error).__name__)
            written += await _one_by_one(deps, ids, stumbled)
    return written


async def _one_by_one(deps: Dependencies, contact_ids: Sequence[int], stumbled: set[int]) -> int:
    """What the program cannot write for is added to `stumbled` and holds back nobody; the next turn tries it again."""
    written = 0
    for contact_id in contact_ids:
        try:
            written += await _remind_some(deps, [contact_id])
        except Exception:
            if stumbled.issuperset(contact_ids[:-1]) and contact_id == contact_ids[-1]:
                raise  # it is not about one of them
            log.exception('a reminder could not be written', contact_id=contact_id)
            stumbled.add(contact_id)
    return written


async def keep_reminding(deps: Dependencies) -> float:
    """The same for domain/repeating.py: seconds until the next may be due."""
    await send_due_reminders(deps)
    now = deps.clock.now()
    ends = await reminder_claims.next_reminder(now + BEFORE)
    return (ends - BEFORE - now).total_seconds() if ends else LONGEST_SLEEP


@deed
async def _remind_some(deps: Dependencies, contact_ids: Sequence[int]) -> int:
    async with unit_of_work(deps) as work:
        asked, now = _still_asked(await held_contacts(contact_ids)), work.now
        claimed = await reminder_claims.claim_due(contact_ids, now, now + TOO_LATE, now + BEFORE, SHORTEST_DAYS)
        return len(await _write(work, SystemActor(), asked, claimed))


def _still_asked(contacts: Sequence[Contact]) -> dict[int, Contact]:
    """An open invitation has both access and address; what was written by hand may not."""
    return {
        one.id: one for one in contacts if one.portal_access and one.joined_at is None and one.email and one.login_id
    }


async def _write(work: Work, actor: Actor, asked: dict[int, Contact], claimed: list[dict[str, Any]]) -> set[int]:
    """The links and the mails of these invitations, which were claimed."""
    claimed = sorted((one for one in claimed if one['contact_id'] in asked), key=lambda one: int(one['contact_id']))
    if not claimed:
        return set()
    contacts = [asked[one['contact_id']] for one in claimed]
    issued = await _links(work, actor, contacts, claimed)
    await outbox.enqueue_many(work, await _mails(work, actor, contacts, claimed, issued))
    await record_each(work, AuditKind.INVITATION_REMINDED, actor, [whom(contact) for contact in contacts])
    work.tell(ContactsChanged(tuple(contact.id for contact in contacts)))
    return {contact.id for contact in contacts}


async def _links(
    work: Work, actor: Actor, contacts: Sequence[Contact], invitations: Sequence[dict[str, Any]]
) -> dict[int, IssuedToken]:
    """By contact; each ends when its invitation does."""
    wanted: dict[datetime, list[Wanted]] = {}
    for contact, invitation in zip(contacts, invitations, strict=True):
        wanted.setdefault(invitation['expires_at'], []).append(
            Wanted(
                login_id=contact.login_id,
                email=contact.email or '',
                contact_id=contact.id,
                invitation_id=invitation['id'],
                made_by_id=actor.staff_id if isinstance(actor, StaffActor) else None,
            )
        )
    made: dict[int, IssuedToken] = {}
    for ends, those in wanted.items():
        issued = await issue_many(work, Purpose.INVITATION, ends - work.now, those)
        made |= {one.contact_id or 0: token for one, token in zip(those, issued, strict=True)}
    return made


async def _mails(
    work: Work,
    actor: Actor,
    contacts: Sequence[Contact],
    invitations: Sequence[dict[str, Any]],
    issued: dict[int, IssuedToken],
) -> list[outbox.NewMail]:
    """The loop is left to others now and then."""
    merge = Merge(messages.reminder, letterhead=await read_letterhead())
    inviters = {one['invited_by_id'] for one in invitations if one['invited_by_id']}
    team = {one.id: one for one in await StaffMember.filter(id__in=inviters)} if inviters else {}
    by_hand = actor if isinstance(actor, StaffActor) else None
    mails: list[outbox.NewMail] = []
    for contact, invitation in zip(contacts, invitations, strict=True):
        if mails and len(mails) % BREATH == 0:
            await asyncio.sleep(0)
        token, inviter = issued[contact.id], team.get(invitation['invited_by_id'])
        message = merge.to(
            first_name=greeting_name(contact.name, contact.kind),
            link=f'{work.deps.portal_url}/sign-in/link/{token.token}',
            reader=messages.Reader.of(contact),
            staff_name=by_hand.name if by_hand else (inviter.name if inviter else ''),
            message=invitation['message'],
            link_lifetime=messages.in_round_numbers(token.expires_at - work.now),
            language=contact.language,
        )
        mails.append(
            outbox.NewMail(
                kind=MailKind.REMINDER,
                to_address=contact.email or '',
                to_name=contact.name,
                message=message,
                contact_id=contact.id,
                contact_name=contact.name,
                login_id=contact.login_id,
                token_id=token.id,
                made_by_id=by_hand.staff_id if by_hand else None,
                made_by_name=by_hand.name if by_hand else '',
                made_by_address=by_hand.email if by_hand else _address_of(inviter),
            )
        )
    return mails


def _address_of(inviter: StaffMember | None) -> str:
    """Where an answer reaches the inviter; nothing for one who has left, or is locked out."""
    return inviter.email if inviter and inviter.disabled_at is None else ''
