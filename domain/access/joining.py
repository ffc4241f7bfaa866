"""A contact joins when its login enters for the first time since it got access."""

from domain.actors import Actor
from domain.audit import AuditKind, record
from domain.events import ContactsChanged
from domain.unit_of_work import Work
from storage import claims
from storage.models import Contact


async def join(work: Work, contact: Contact, actor: Actor) -> None:
    """Mark it as joined and its open invitation as accepted; nothing, if it had joined already."""
    if contact.joined_at is not None:
        return
    await claims.join(contact.id, work.now)
    await record(work, AuditKind.JOINED, actor, contact=contact, actor_name=contact.name)
    work.tell(ContactsChanged((contact.id,)))
