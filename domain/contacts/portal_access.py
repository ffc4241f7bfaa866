"""The switch: portal access on and off.

Off cancels the contact's links and open invitation. The sessions of its login end when no contact is left that it may
enter; otherwise those that had picked this contact go on and pick again. On again keeps password and history.
"""

from dataclasses import dataclass

from domain.access.devices import count_alive
from domain.access.logins import held_contact, login_for
from domain.access.one_time_tokens import void_of_contact, void_of_login
from domain.access.sessions import end_sessions_of_login
from domain.actors import StaffActor
from domain.audit import AuditKind, record
from domain.authorization import Permission, authorise
from domain.contacts.invitations import cancel_open_invitation
from domain.dependencies import Dependencies
from domain.errors import ContactNotFound, DeadLink
from domain.events import ClientSessionsMoved, ContactsChanged
from domain.unit_of_work import Work, deed, unit_of_work
from storage import queries
from storage.models import ClientSession, Contact, Invitation, OneTimeToken
from storage.second_factor_claims import void_pending_of_login


@dataclass(frozen=True)
class Revoked:
    """What revoking did, or would do, in numbers. `still_serves` names those the login may enter all the same."""

    sessions: int
    links: int
    invitations: int
    still_serves: tuple[str, ...] = ()


@deed
async def give_access(deps: Dependencies, actor: StaffActor, contact_id: int) -> None:
    """Switch access on. Raises ContactNotFound, NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.GIVE_ACCESS)
    async with unit_of_work(deps) as work:
        contact = await held_contact(contact_id)
        if contact is None:
            raise ContactNotFound(contact_id)
        if contact.portal_access:
            return
        login = await login_for(work, contact.email) if contact.email else None
        await Contact.filter(id=contact.id).update(
            portal_access=True,
            access_granted_at=work.now,
            login_id=login.id if login else None,
            updated_at=work.now,
        )
        await record(work, AuditKind.ACCESS_GRANTED, actor, contact=contact)
        work.tell(ContactsChanged((contact.id,), (login.id,) if login else ()))


@deed
async def revoke_access(deps: Dependencies, actor: StaffActor, contact_id: int) -> Revoked:
    """Switch access off, at once and everywhere (R13). Raises ContactNotFound, NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.GIVE_ACCESS)
    async with unit_of_work(deps) as work:
        contact = await held_contact(contact_id)
        if contact is None:
            raise ContactNotFound(contact_id)
        return await revoke(work, actor, contact)


async def revoke(work: Work, actor: StaffActor, contact: Contact) -> Revoked:
    """Inside a unit of work that holds the contact: switch access off and close what it opened."""
    if not contact.portal_access:
        return Revoked(0, 0, 0)
    await Contact.filter(id=contact.id).update(portal_access=False, access_revoked_at=work.now, updated_at=work.now)
    contact.portal_access, contact.access_revoked_at = False, work.now
    done = await close_doors(work, contact)
    await record(
        work,
        AuditKind.ACCESS_REVOKED,
        actor,
        contact=contact,
        sessions=done.sessions,
        links=done.links,
        invitations=done.invitations,
    )
    work.tell(ContactsChanged((contact.id,)))
    return done


async def close_doors(work: Work, contact: Contact) -> Revoked:
    """Void the links and end or move the sessions that the contact no longer opens. Its row is written already."""
    links = await void_of_contact_and_count(work, contact)
    invited = await cancel_open_invitation(work, contact, DeadLink.CANCELLED)
    if contact.login_id is None:
        return Revoked(0, links, int(invited))
    await void_pending_of_login(contact.login_id)
    others = [one for one in await queries.contacts_of_login(contact.login_id) if one.id != contact.id]
    if others:
        picked = await ClientSession.filter(login_id=contact.login_id, contact_id=contact.id).values_list(
            'id', flat=True
        )
        await ClientSession.filter(id__in=list(picked)).update(contact_id=None)
        every = await ClientSession.filter(login_id=contact.login_id).values_list('id', flat=True)
        work.tell(ClientSessionsMoved(tuple(int(str(one)) for one in every)))
        return Revoked(0, links, int(invited), tuple(one.name for one in others))
    links += await void_of_login(work, DeadLink.CANCELLED, contact.login_id)
    alive = await count_alive(contact.login_id, work.now)
    await end_sessions_of_login(work, contact.login_id, reason='revoked')
    return Revoked(alive, links, int(invited))


async def void_of_contact_and_count(work: Work, contact: Contact) -> int:
    """Void the sign-in links made for this contact; the invitation's link counts with the invitation."""
    open_invitations = await Invitation.filter(contact_id=contact.id, accepted_at=None, cancelled_at=None).values_list(
        'id', flat=True
    )
    of_invitation = await _live(work, invitation_id__in=list(open_invitations))
    return await void_of_contact(work, DeadLink.CANCELLED, contact.id) - of_invitation


async def _live(work: Work, **which: object) -> int:
    return await OneTimeToken.filter(used_at=None, voided_at=None, expires_at__gt=work.now, **which).count()


async def look_before_revoking(deps: Dependencies, actor: StaffActor, contact_id: int) -> Revoked:
    """What switching off would do now, in numbers. Writes nothing."""
    await authorise(deps, actor, Permission.SEE_CONTACTS)
    now = deps.clock.now()
    contact = await Contact.get_or_none(id=contact_id)
    if contact is None or not contact.portal_access:
        return Revoked(0, 0, 0)
    live = OneTimeToken.filter(used_at=None, voided_at=None, expires_at__gt=now)
    invitations = await Invitation.filter(contact_id=contact_id, accepted_at=None, cancelled_at=None).count()
    others = [
        one.name
        for one in (await queries.contacts_of_login(contact.login_id) if contact.login_id else [])
        if one.id != contact_id
    ]
    if others or contact.login_id is None:
        links = await live.filter(contact_id=contact_id, invitation_id=None).count()
        return Revoked(0, links, invitations, tuple(others))
    links = await live.filter(login_id=contact.login_id, invitation_id=None).count()
    return Revoked(await count_alive(contact.login_id, now), links, invitations)
