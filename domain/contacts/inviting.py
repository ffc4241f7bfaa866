"""Asking contacts in, one or many, inside a unit of work that holds them; and taking an open invitation back.

One is the case of many: whoever is invited alone and whoever is invited with ten thousand others gets the same rows.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.access.logins import login_ids_of
from domain.access.one_time_tokens import (
    IssuedToken,
    Purpose,
    Wanted,
    issue_many,
    void_of_contacts,
    void_of_invitations,
)
from domain.actors import Actor, StaffActor, SystemActor
from domain.audit import AuditKind, Whom, record_each
from domain.errors import AlreadyJoined, DeadLink, NoAddress
from domain.events import ContactsChanged
from domain.mail import messages, outbox
from domain.mail.letterhead import Letterhead, read_letterhead
from domain.mail.merging import Merge
from domain.mail.states import MailKind
from domain.texts import greeting_name
from domain.unit_of_work import Work
from storage import invitation_sql
from storage.models import Contact

BREATH = 20  # mails are put into words in a row; then others are served


class NotInvited(StrEnum):
    """Why a contact is not asked in."""

    NO_ADDRESS = 'no_address'
    JOINED_ALREADY = 'joined_already'


@dataclass(frozen=True)
class Invited:
    """The contact was asked in. `link` is shown to staff once, so that inviting works while mail does not."""

    contact_id: int
    name: str
    email: str
    link: str
    expires_at: datetime
    renewed: bool
    captured: bool


def why_not_invited(contact: Contact) -> NotInvited | None:
    """None for one that can be asked in."""
    if contact.email is None:
        return NotInvited.NO_ADDRESS
    if contact.portal_access and contact.joined_at is not None:
        return NotInvited.JOINED_ALREADY
    return None


async def invite(work: Work, actor: Actor, contact: Contact, message: str) -> Invited:
    """`invite_each` for one. Raises NoAddress, AlreadyJoined."""
    match why_not_invited(contact):
        case NotInvited.NO_ADDRESS:
            raise NoAddress(contact.id, contact.name)
        case NotInvited.JOINED_ALREADY:
            raise AlreadyJoined(contact.id, contact.name)
    return (await invite_each(work, actor, [contact], message))[contact.id]


async def invite_each(work: Work, actor: Actor, contacts: Sequence[Contact], message: str) -> dict[int, Invited]:
    """Give access, write or renew the invitation, its link and mail. Each contact can be asked in (`why_not_invited`).

    Without a `message` an invitation that is renewed keeps its own.
    """
    if not contacts:
        return {}
    ids = [contact.id for contact in contacts]
    staff_id = actor.staff_id if isinstance(actor, StaffActor) else None
    login_ids = await login_ids_of(work, contacts)
    lifetime = timedelta(days=await invitation_sql.invitation_days())
    before = await invitation_sql.open_invitations(ids)
    words = {one: message or (before[one].message if one in before else '') for one in ids}
    await void_of_invitations(work, DeadLink.REPLACED, {one: invitation.id for one, invitation in before.items()})
    await invitation_sql.renew(list(before), message, staff_id, work.now, work.now + lifetime)
    new = {contact.id: contact.email or '' for contact in contacts if contact.id not in before}
    await invitation_sql.insert(new, message, staff_id, work.now, work.now + lifetime)
    locked_out = [contact for contact in contacts if not contact.portal_access]
    await void_of_contacts(work, DeadLink.CANCELLED, [contact.id for contact in locked_out])
    for contact in contacts:
        contact.login_id = login_ids[contact.id]
    await record_each(work, AuditKind.ACCESS_GRANTED, actor, [whom(contact) for contact in locked_out])
    await invitation_sql.let_in(ids, staff_id, work.now, work.now + lifetime)
    open_now = await invitation_sql.open_invitations(ids)
    issued = await _issue(work, contacts, {one: open_now[one].id for one in ids}, lifetime, staff_id)
    door = f'{work.deps.portal_url}/sign-in/link/'
    links = {one: f'{door}{token.token}' for one, token in issued.items()}
    mails = await _mails(actor, contacts, issued, links, await read_letterhead(), words, lifetime)
    await outbox.enqueue_many(work, mails)
    for kind, those in (
        (AuditKind.INVITED, [contact for contact in contacts if contact.id not in before]),
        (AuditKind.INVITED_AGAIN, [contact for contact in contacts if contact.id in before]),
    ):
        await record_each(work, kind, actor, [whom(contact, message=words[contact.id]) for contact in those])
    work.tell(ContactsChanged(tuple(ids), tuple(dict.fromkeys(login_ids[one] for one in ids))))
    for contact in contacts:
        _as_written(contact, before.get(contact.id), work.now, lifetime, staff_id)
    return {
        contact.id: Invited(
            contact.id,
            contact.name,
            contact.email or '',
            links[contact.id],
            issued[contact.id].expires_at,
            renewed=contact.id in before,
            captured=work.deps.captures_mail,
        )
        for contact in contacts
    }


def whom(contact: Contact, **detail: object) -> Whom:
    """A contact as a row of the audit log names it."""
    return Whom(contact.id, contact.name, contact.login_id, detail)


async def cancel_open_invitation(work: Work, contact: Contact, reason: DeadLink) -> bool:
    """Cancel the contact's open invitation, if it has one, and void its links. Whether it had one."""
    return bool(await cancel_open_invitations(work, [contact], reason))


async def cancel_open_invitations(work: Work, contacts: Sequence[Contact], reason: DeadLink) -> dict[int, int]:
    """The same for many; the ids of these invitations, by contact."""
    cancelled = await invitation_sql.cancel([contact.id for contact in contacts], work.now)
    await void_of_invitations(work, reason, cancelled)
    for contact in contacts:
        if contact.id in cancelled:
            contact.invitation_expires_at = None
    return cancelled


async def _issue(
    work: Work,
    contacts: Sequence[Contact],
    invitation_ids: Mapping[int, int],
    lifetime: timedelta,
    staff_id: int | None,
) -> dict[int, IssuedToken]:
    wanted = [
        Wanted(
            login_id=contact.login_id,
            email=contact.email or '',
            contact_id=contact.id,
            invitation_id=invitation_ids[contact.id],
            made_by_id=staff_id,
        )
        for contact in contacts
    ]
    issued = await issue_many(work, Purpose.INVITATION, lifetime, wanted)
    return {contact.id: token for contact, token in zip(contacts, issued, strict=True)}


async def _mails(
    actor: Actor,
    contacts: Collection[Contact],
    issued: Mapping[int, IssuedToken],
    links: Mapping[int, str],
    letterhead: Letterhead,
    words: Mapping[int, str],
    lifetime: timedelta,
) -> list[outbox.NewMail]:
    """The loop is left to others now and then."""
    mails: list[outbox.NewMail] = []
    name = getattr(actor, 'name', '')
    merge = Merge(
        messages.invitation,
        letterhead=letterhead,
        staff_name='' if isinstance(actor, SystemActor) else name,
        link_lifetime=lifetime,
    )
    for contact in contacts:
        if mails and len(mails) % BREATH == 0:
            await asyncio.sleep(0)
        first_name = greeting_name(contact.name, contact.kind)
        reader = messages.Reader.of(contact)
        own = {'message': words[contact.id], 'language': contact.language}
        message = merge.to(first_name=first_name, link=links[contact.id], reader=reader, **own)
        mails.append(
            outbox.NewMail(
                kind=MailKind.INVITATION,
                to_address=contact.email or '',
                to_name=contact.name,
                message=message,
                contact_id=contact.id,
                contact_name=contact.name,
                login_id=contact.login_id,
                token_id=issued[contact.id].id,
                made_by_id=actor.staff_id if isinstance(actor, StaffActor) else None,
                made_by_name=name,
                made_by_address=actor.email if isinstance(actor, StaffActor) else '',
            )
        )
    return mails


def _as_written(
    contact: Contact,
    before: invitation_sql.OpenInvitation | None,
    now: datetime,
    lifetime: timedelta,
    staff_id: int | None,
) -> None:
    """What `invitation_sql.let_in` wrote, for whoever goes on with the contact."""
    if not contact.portal_access:
        contact.access_granted_at = now
    contact.portal_access, contact.joined_at = True, None
    contact.invited_at, contact.invited_by_id = before.since if before else now, staff_id
    contact.invitation_expires_at, contact.updated_at = now + lifetime, now
