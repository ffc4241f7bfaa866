"""Reminding of an invitation two days before it ends: once for each invitation, and once more when it is renewed.

The mail holds a link of its own that ends when the invitation does. The link of the earlier mail stays good: using one
ends both, as cancelling or renewing the invitation does. An invitation given for less than three days is left alone.

Whether it was done stands in the invitation, written together with the mail: a kill loses and doubles none, and of
several instances one does it. Staff may remind by hand too, as often as they like; that counts as having reminded.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from domain.access.one_time_tokens import IssuedToken, Purpose, issue
from domain.actors import Actor, StaffActor, SystemActor
from domain.audit import AuditKind, record
from domain.dependencies import Dependencies
from domain.events import ContactsChanged
from domain.mail import messages, outbox
from domain.mail.states import MailKind
from domain.repeating import LONGEST_SLEEP
from domain.texts import greeting_name
from domain.unit_of_work import Work, deed, unit_of_work
from storage import reminder_claims
from storage.models import Contact, PortalSettings, StaffMember

BEFORE = timedelta(days=2)
SHORTEST_DAYS = 3
TOO_LATE = timedelta(hours=1)  # what ends sooner is not worth a mail: nothing was running when it was due
AT_ONCE = 20  # mails in one transaction, which is then short enough that nobody waits for it


async def remind(work: Work, actor: Actor, contact: Contact) -> bool:
    """Inside a unit of work that holds the contact: mail it a link to its open invitation; False if it has none."""
    return bool(await remind_each(work, actor, [contact]))


async def remind_each(work: Work, actor: Actor, contacts: Sequence[Contact]) -> set[int]:
    """`remind` for many, all of them held; the ids of those that had an open invitation, and so got a mail."""
    asked = _still_asked(contacts)
    return await _write(work, actor, asked, await reminder_claims.claim_open(list(asked), work.now) if asked else [])


async def send_due_reminders(deps: Dependencies) -> int:
    """Remind of every invitation that is due, if the firm wants that; how many mails were written."""
    written = 0
    while (await PortalSettings.get(id=1)).reminds_before_expiry:
        now = deps.clock.now()
        ids = await reminder_claims.due_reminders(now + TOO_LATE, now + BEFORE, SHORTEST_DAYS, AT_ONCE)
        if not ids:
            break
        written += await _remind_some(deps, ids)
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
        await reminder_claims.hold(contact_ids)
        asked = _still_asked(await Contact.filter(id__in=contact_ids).order_by('id'))
        now = work.now
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
    firm_name = (await PortalSettings.get(id=1)).firm_name
    inviters = {one['invited_by_id'] for one in claimed if one['invited_by_id']}
    names = {one.id: one.name for one in await StaffMember.filter(id__in=inviters)} if inviters else {}
    mails = []
    for one in claimed:
        contact = asked[one['contact_id']]
        name = actor.name if isinstance(actor, StaffActor) else names.get(one['invited_by_id'], '')
        issued = await _link(work, actor, contact, one)
        mails.append(_mail(work, actor, contact, issued, firm_name, name, one['message']))
        await record(work, AuditKind.INVITATION_REMINDED, actor, contact=contact)
    await outbox.enqueue_many(work, mails)
    reminded = [contact_id for contact_id in asked if contact_id in {one['contact_id'] for one in claimed}]
    if reminded:
        work.tell(ContactsChanged(tuple(reminded)))
    return set(reminded)


async def _link(work: Work, actor: Actor, contact: Contact, invitation: dict[str, Any]) -> IssuedToken:
    return await issue(
        work,
        Purpose.INVITATION,
        invitation['expires_at'] - work.now,
        login_id=contact.login_id,
        email=contact.email or '',
        contact_id=contact.id,
        invitation_id=invitation['id'],
        made_by_id=actor.staff_id if isinstance(actor, StaffActor) else None,
    )


def _mail(
    work: Work, actor: Actor, contact: Contact, issued: IssuedToken, firm_name: str, staff_name: str, message: str
) -> outbox.NewMail:
    return outbox.NewMail(
        kind=MailKind.REMINDER,
        to_address=contact.email or '',
        to_name=contact.name,
        message=messages.reminder(
            firm_name=firm_name,
            first_name=greeting_name(contact.name, contact.kind),
            staff_name=staff_name,
            message=message,
            link=f'{work.deps.settings.public_url}/sign-in/link/{issued.token}',
            link_lifetime=issued.expires_at - work.now,
        ),
        contact_id=contact.id,
        contact_name=contact.name,
        login_id=contact.login_id,
        token_id=issued.id,
        made_by_id=actor.staff_id if isinstance(actor, StaffActor) else None,
        made_by_name=getattr(actor, 'name', '') if isinstance(actor, StaffActor) else '',
    )
