"""A contact joins when its login enters for the first time since it got access; an invitation asks it to."""

from domain.actors import Actor, SystemActor
from domain.audit import AuditKind, record
from domain.events import ContactsChanged
from domain.unit_of_work import Work
from storage import claims
from storage.models import Contact, Invitation


async def join(work: Work, contact: Contact, actor: Actor) -> None:
    """Mark it as joined and its open invitation as accepted; nothing, if it had joined already."""
    if contact.joined_at is not None:
        return
    await claims.join(contact.id, work.now)
    await record(work, AuditKind.JOINED, actor, contact=contact, actor_name=contact.name)
    work.tell(ContactsChanged((contact.id,)))


async def close_invitations_of_login(work: Work, login_id: int) -> None:
    """Inside a unit of work that holds the login, and is about to void all its links: no invitation is left open whose
    link is dead. The contacts keep their access, and join when the login enters next; staff can invite them anew."""
    await claims.lock_contacts_of_login(login_id)
    for contact in await Contact.filter(login_id=login_id, invitation_expires_at__isnull=False).order_by('id'):
        await Invitation.filter(contact_id=contact.id, accepted_at=None, cancelled_at=None).update(
            cancelled_at=work.now
        )
        await Contact.filter(id=contact.id).update(invitation_expires_at=None)
        await record(work, AuditKind.INVITATION_CANCELLED, SystemActor(), contact=contact)
        work.tell(ContactsChanged((contact.id,)))
