"""The switch: portal access on and off.

Off cancels the contact's links and open invitation. The sessions of its login end when no contact is left that it may
enter; otherwise those that had picked this contact go on and pick again. On again keeps password and history.
"""

from domain.access.devices import count_alive
from domain.access.logins import held_contact
from domain.actors import StaffActor
from domain.authorization import Permission, authorise
from domain.contacts.closing import Revoked, give_each, revoke
from domain.dependencies import Dependencies
from domain.errors import ContactNotFound
from domain.unit_of_work import deed, unit_of_work
from storage import closing_sql
from storage.closing_sql import Served
from storage.models import Contact, Invitation, OneTimeToken

__all__ = ['Revoked', 'give_access', 'look_before_revoking', 'revoke_access']


@deed
async def give_access(deps: Dependencies, actor: StaffActor, contact_id: int) -> None:
    """Switch access on. Raises ContactNotFound, NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.GIVE_ACCESS)
    async with unit_of_work(deps) as work:
        contact = await held_contact(contact_id)
        if contact is None:
            raise ContactNotFound(contact_id)
        await give_each(work, actor, [contact])


@deed
async def revoke_access(deps: Dependencies, actor: StaffActor, contact_id: int) -> Revoked:
    """Switch access off, at once and everywhere (R13). Raises ContactNotFound, NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.GIVE_ACCESS)
    async with unit_of_work(deps) as work:
        contact = await held_contact(contact_id)
        if contact is None:
            raise ContactNotFound(contact_id)
        return await revoke(work, actor, contact)


async def look_before_revoking(deps: Dependencies, actor: StaffActor, contact_id: int) -> Revoked:
    """What switching off would do now, in numbers. Writes nothing."""
    await authorise(deps, actor, Permission.SEE_CONTACTS)
    now = deps.clock.now()
    contact = await Contact.get_or_none(id=contact_id)
    if contact is None or not contact.portal_access:
        return Revoked(0, 0, 0)
    live = OneTimeToken.filter(used_at=None, voided_at=None, expires_at__gt=now)
    invitations = await Invitation.filter(contact_id=contact_id, accepted_at=None, cancelled_at=None).count()
    served = await closing_sql.others_of_logins([contact.login_id], [contact_id]) if contact.login_id else {}
    others = served.get(contact.login_id or 0, Served())
    if others.names or contact.login_id is None:
        links = await live.filter(contact_id=contact_id, invitation_id=None).count()
        return Revoked(0, links, invitations, others.names, others.more)
    links = await live.filter(login_id=contact.login_id, invitation_id=None).count()
    return Revoked(await count_alive(contact.login_id, now), links, invitations)
