"""Invitations: asking a contact in, again, and taking it back.

Inviting gives access, writes the invitation and its mail in one transaction. A contact has one open invitation at most
(an index says so); inviting again renews it, and its old link says that a newer mail was sent.
"""

from domain.access.logins import held_contact, held_login_for
from domain.access.rate_limits import check_staff_budget
from domain.actors import Actor, StaffActor
from domain.addresses import normalise_address
from domain.audit import AuditKind, record
from domain.authorization import Permission, authorise
from domain.contacts.inviting import Invited, cancel_open_invitation, invite
from domain.contacts.new_contact import ContactDetails, Kind, insert_contact
from domain.dependencies import Dependencies
from domain.errors import AddressShared, ContactNotFound, DeadLink, NothingToCancel
from domain.events import ContactsChanged
from domain.texts import LONGEST_NAME, paragraphs
from domain.unit_of_work import deed, unit_of_work
from storage.models import Contact

__all__ = ['Invited', 'cancel_invitation', 'invite_address', 'invite_contact']


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
