"""Invitations: asking a contact in, again, and taking it back.

Inviting gives access, writes the invitation and its mail in one transaction. A contact has one open invitation at most
(an index says so); inviting again renews it, and its old link says that a newer mail was sent.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.access.logins import held_contact, held_login_for, login_id_of
from domain.access.one_time_tokens import Purpose, issue, void_of_contact, void_of_invitation
from domain.access.rate_limits import check_staff_budget
from domain.actors import Actor, StaffActor, SystemActor
from domain.addresses import normalise_address
from domain.audit import AuditKind, record
from domain.authorization import Permission, authorise
from domain.contacts.new_contact import ContactDetails, Kind, insert_contact
from domain.dependencies import Dependencies
from domain.errors import AddressShared, AlreadyJoined, ContactNotFound, DeadLink, NoAddress, NothingToCancel
from domain.events import ContactsChanged
from domain.mail import messages, outbox
from domain.texts import LONGEST_NAME, greeting_name, paragraphs
from domain.unit_of_work import Work, deed, unit_of_work
from storage import claims, queries
from storage.models import Contact, Invitation

_CHANGED_BY_INVITING = (
    'portal_access',
    'access_granted_at',
    'joined_at',
    'login_id',
    'invited_at',
    'invited_by_id',
    'invitation_expires_at',
    'updated_at',
)


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


@deed
async def invite_contact(deps: Dependencies, actor: Actor, contact_id: int, message: str = '') -> Invited:
    """Ask an existing contact in, or ask again.

    Raises ContactNotFound, NoAddress, AlreadyJoined (send a login email instead), TextInvalid, RateLimited, NotAllowed,
    SignedOut.
    """
    await authorise(deps, actor, Permission.GIVE_ACCESS)
    words = paragraphs(message, 'message')
    await check_staff_budget(deps, actor)
    async with unit_of_work(deps) as work:
        contact = await held_contact(contact_id)
        if contact is None:
            raise ContactNotFound(contact_id)
        return await invite(work, actor, contact, words)


@deed
async def invite_address(deps: Dependencies, actor: Actor, email: str, message: str = '') -> Invited:
    """Ask in whoever has this address; a new one becomes a contact named after its address (as far as a name goes).

    Raises AddressInvalid, AddressShared when several contacts have it (pick one), AlreadyJoined, TextInvalid,
    RateLimited, NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.GIVE_ACCESS)
    address = normalise_address(email)
    words = paragraphs(message, 'message')
    await check_staff_budget(deps, actor)
    async with unit_of_work(deps) as work:
        await held_login_for(work, address)
        known = await Contact.filter(email=address).order_by('name_key')
        if len(known) > 1:
            raise AddressShared(address, tuple(contact.name for contact in known))
        contact = (
            known[0]
            if known
            else await insert_contact(
                work, actor, ContactDetails(Kind.PERSON, address[:LONGEST_NAME], email=address), give_access=True
            )
        )
        return await invite(work, actor, contact, words)


@deed
async def cancel_invitation(deps: Dependencies, actor: StaffActor, contact_id: int) -> None:
    """Take the open invitation back; its link dies. Access stays as it is. Raises NothingToCancel, ContactNotFound."""
    await authorise(deps, actor, Permission.GIVE_ACCESS)
    async with unit_of_work(deps) as work:
        contact = await held_contact(contact_id)
        if contact is None:
            raise ContactNotFound(contact_id)
        if not await cancel_open_invitation(work, contact, DeadLink.CANCELLED):
            raise NothingToCancel(contact_id)
        await record(work, AuditKind.INVITATION_CANCELLED, actor, contact=contact)
        work.tell(ContactsChanged((contact.id,)))


async def cancel_open_invitation(work: Work, contact: Contact, reason: DeadLink) -> bool:
    """Cancel the contact's open invitation, if it has one, and void its links. Whether it had one."""
    open_one = await Invitation.get_or_none(contact_id=contact.id, accepted_at=None, cancelled_at=None)
    if open_one is None:
        return False
    await Invitation.filter(id=open_one.id).update(cancelled_at=work.now)
    await void_of_invitation(work, reason, open_one.id)
    await Contact.filter(id=contact.id).update(invitation_expires_at=None)
    contact.invitation_expires_at = None
    return True


async def invite(work: Work, actor: Actor, contact: Contact, message: str) -> Invited:
    """Inside a unit of work that holds the contact: give access, write or renew the invitation, its link and mail."""
    if contact.email is None:
        raise NoAddress(contact.id, contact.name)
    if contact.portal_access and contact.joined_at is not None:
        raise AlreadyJoined(contact.id, contact.name)
    login_id = await login_id_of(work, contact, contact.email)
    await claims.lock_login(login_id)
    known = await queries.before_inviting(contact.id)
    lifetime = timedelta(days=known.invitation_days)
    message = message or known.open_message
    staff_id = actor.staff_id if isinstance(actor, StaffActor) else None
    invitation_id = await _open_or_renew(work, contact, known, message, staff_id)
    if not contact.portal_access:
        await void_of_contact(work, DeadLink.CANCELLED, contact.id)
        await record(work, AuditKind.ACCESS_GRANTED, actor, contact=contact)
    granted_at = contact.access_granted_at if contact.portal_access else work.now
    contact.portal_access, contact.access_granted_at, contact.joined_at = True, granted_at, None
    contact.login_id, contact.invited_at, contact.invited_by_id = login_id, known.open_since or work.now, staff_id
    contact.invitation_expires_at, contact.updated_at = work.now + lifetime, work.now
    await contact.save(update_fields=_CHANGED_BY_INVITING)
    issued = await issue(
        work,
        Purpose.INVITATION,
        lifetime,
        login_id=login_id,
        email=contact.email,
        contact_id=contact.id,
        invitation_id=invitation_id,
        made_by_id=staff_id,
    )
    link = f'{work.deps.settings.public_url}/sign-in/link/{issued.token}'
    await outbox.enqueue(
        work,
        outbox.NewMail(
            kind='invitation',
            to_address=contact.email,
            to_name=contact.name,
            message=messages.invitation(
                firm_name=known.firm_name,
                first_name=greeting_name(contact.name, contact.kind),
                staff_name='' if isinstance(actor, SystemActor) else getattr(actor, 'name', ''),
                message=message,
                link=link,
                link_lifetime=lifetime,
            ),
            contact_id=contact.id,
            contact_name=contact.name,
            login_id=login_id,
            token_id=issued.id,
            made_by_id=staff_id,
            made_by_name=getattr(actor, 'name', ''),
        ),
    )
    await record(
        work,
        AuditKind.INVITED if known.open_id is None else AuditKind.INVITED_AGAIN,
        actor,
        contact=contact,
        message=message,
    )
    work.tell(ContactsChanged((contact.id,), (login_id,)))
    return Invited(
        contact.id,
        contact.name,
        contact.email,
        link,
        issued.expires_at,
        renewed=known.open_id is not None,
        captured=work.deps.settings.captures_mail,
    )


async def _open_or_renew(
    work: Work, contact: Contact, known: queries.BeforeInviting, message: str, staff_id: int | None
) -> int:
    """Write the invitation; its id. The link of one that is renewed dies."""
    said = {
        'email': contact.email,
        'message': message,
        'invited_by_id': staff_id,
        'expires_at': work.now + timedelta(days=known.invitation_days),
    }
    if known.open_id is None:
        row = await Invitation.create(contact_id=contact.id, created_at=work.now, **said)
        return int(row.id)
    await Invitation.filter(id=known.open_id).update(renewed_at=work.now, reminded_at=None, **said)
    await void_of_invitation(work, DeadLink.REPLACED, known.open_id)
    return known.open_id
