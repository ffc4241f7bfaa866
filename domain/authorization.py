"""The one table of what a role may do, and the check that every deed begins with.

Default is no: a permission that is not listed for a role is refused. The session of the actor is looked up each time,
so an actor whose session has ended can do nothing, however long its page stays open (R36, R57).
"""

from enum import StrEnum

from domain.actors import Actor, ClientActor, Role, StaffActor, SystemActor
from domain.dependencies import Dependencies
from domain.errors import NotAllowed, SignedOut
from storage import queries
from storage.models import ClientSession


class Permission(StrEnum):
    """Something staff may be allowed to do."""

    SEE_CONTACTS = 'see contacts'
    EDIT_CONTACTS = 'edit contacts'
    GIVE_ACCESS = 'give and revoke access'
    MAKE_LINKS = 'make magic links'
    SEE_OUTBOX = 'see the outbox'
    MANAGE_OUTBOX = 'retry and cancel mail'
    EXPORT_REPORT = 'export the access report'
    CHANGE_SETTINGS = 'change settings'


EVERY_STAFF_MEMBER = frozenset(
    {
        Permission.SEE_CONTACTS,
        Permission.EDIT_CONTACTS,
        Permission.GIVE_ACCESS,
        Permission.MAKE_LINKS,
        Permission.SEE_OUTBOX,
        Permission.MANAGE_OUTBOX,
    }
)
ALLOWED = {
    Role.OWNER: EVERY_STAFF_MEMBER | {Permission.EXPORT_REPORT, Permission.CHANGE_SETTINGS},
    Role.ADMIN: EVERY_STAFF_MEMBER | {Permission.EXPORT_REPORT, Permission.CHANGE_SETTINGS},
    Role.STAFF: EVERY_STAFF_MEMBER,
}


def may(actor: Actor, permission: Permission) -> bool:
    """Whether the role permits it. For hiding what a page cannot do; deeds call `authorise`."""
    if isinstance(actor, SystemActor):
        return True
    return isinstance(actor, StaffActor) and permission in ALLOWED[actor.role]


async def authorise(deps: Dependencies, actor: Actor, permission: Permission) -> None:
    """Raises NotAllowed when the role does not permit it, SignedOut when the session of the actor is over."""
    if not may(actor, permission):
        raise NotAllowed(permission.value)
    if isinstance(actor, StaffActor) and not await queries.staff_session_is_alive(actor.session_id, deps.clock.now()):
        raise SignedOut()


async def authorise_client(deps: Dependencies, actor: ClientActor) -> None:
    """Raises SignedOut when the session of the client is over."""
    now = deps.clock.now()
    if not await ClientSession.filter(id=actor.session_id, idle_expires_at__gt=now, expires_at__gt=now).exists():
        raise SignedOut()
