"""A contact joins when its login enters for the first time since it got access."""

from domain.actors import Actor
from domain.audit import AuditKind, record
from domain.events import ContactsChanged
from domain.unit_of_work import Work
from storage.models import Contact, Invitation


async def join(work: Work, contact: Contact, actor: Actor) -> None:
    """Mark it as joined and its open invitation as accepted; nothing, if it had joined already."""
    if contact.joined_at is not None:
        return
    await Contact.filter(id=contact.id).update(joined_at=work.now, invitation_expires_at=None)
    await Invitation.filter(contact_id=contact.id, accepted_at=None, cancelled_at=None).update(accepted_at=work.now)
    await record(work, AuditKind.JOINED, actor, contact=contact, actor_name=contact.name)
    work.tell(ContactsChanged((contact.id,)))
