"""The one table of what a role may do, and the check that every deed begins with.

Default is no: a permission that is not listed for a role is refused. The session of the actor is looked up each time,
so an actor whose session has ended can do nothing, however long its page stays open (R36, R57).
"""

from datetime import timedelta
from enum import StrEnum

from domain.actors import Actor, ClientActor, Role, StaffActor, SystemActor
from domain.dependencies import Dependencies
from domain.errors import NotAllowed, SecondFactorNeeded, SignedOut, SignInNotFresh
from storage import standing

FRESH_FOR = timedelta(minutes=15)  # R38


class Permission(StrEnum):
    """Something staff may be allowed to do."""

    SEE_CONTACTS = 'see contacts'
    EDIT_CONTACTS = 'edit contacts'
    GIVE_ACCESS = 'give and revoke access'
    MAKE_LINKS = 'make magic links'
    MANAGE_LOGINS = 'edit login details'
    VIEW_PORTAL = 'view the portal as a contact'
    EDIT_HOME = 'write what clients find on their home'
    SEE_OUTBOX = 'see the outbox'
    MANAGE_OUTBOX = 'retry and cancel mail'
    SEE_ACTIVITY = 'see the activity'
    EXPORT_ACTIVITY = 'export the activity'
    EXPORT_REPORT = 'export the access report'
    CHANGE_SETTINGS = 'change settings'
    CHANGE_SECURITY = 'change who may come in, and how'
    CHANGE_MAIL_SERVER = 'change how mail is sent'
    MANAGE_TEAM = 'manage the team'
    READ_PERSONAL_MAIL = 'read captured mail that is for its reader alone'


EVERY_STAFF_MEMBER = frozenset(
    {
        Permission.SEE_CONTACTS,
        Permission.EDIT_CONTACTS,
        Permission.GIVE_ACCESS,
        Permission.MAKE_LINKS,
        Permission.MANAGE_LOGINS,
        Permission.VIEW_PORTAL,
        Permission.EDIT_HOME,
        Permission.SEE_OUTBOX,
        Permission.MANAGE_OUTBOX,
        Permission.SEE_ACTIVITY,
    }
)
OWNER_AND_ADMIN = EVERY_STAFF_MEMBER | {
    Permission.EXPORT_ACTIVITY,
    Permission.EXPORT_REPORT,
    Permission.CHANGE_SETTINGS,
    Permission.CHANGE_SECURITY,
    Permission.MANAGE_TEAM,  # an admin manages everybody but owners: domain/staff/roles.py
}
ALLOWED = {
    Role.OWNER: OWNER_AND_ADMIN | {Permission.READ_PERSONAL_MAIL, Permission.CHANGE_MAIL_SERVER},
    Role.ADMIN: OWNER_AND_ADMIN,
    Role.STAFF: EVERY_STAFF_MEMBER,
}


def may(actor: Actor, permission: Permission) -> bool:
    """Whether the role permits it. For hiding what a page cannot do; deeds call `authorise`."""
    if isinstance(actor, SystemActor):
        return True
    return isinstance(actor, StaffActor) and permission in ALLOWED[actor.role]


async def authorise(deps: Dependencies, actor: Actor, permission: Permission, *, fresh: bool = False) -> None:
    """The check that every deed of staff begins with. The role that counts is the one the member has now.

    Raises SignedOut when the session of the actor is over, SecondFactorNeeded while it is held, NotAllowed when the
    role does not permit it; with `fresh`, SignInNotFresh when the last proof is older than 15 minutes (R38).
    """
    if isinstance(actor, StaffActor):
        now_stands = await _staff_in_good_standing(deps, actor)
        if permission not in ALLOWED[Role(now_stands.role)]:
            raise NotAllowed(permission.value)
        _checked(deps, now_stands, fresh=fresh, held=False)
    elif not may(actor, permission):
        raise NotAllowed(permission.value)


async def authorise_oneself(deps: Dependencies, actor: StaffActor, *, fresh: bool = False, held: bool = False) -> None:
    """For what every staff member may do to its own login. `held`: also while the session is held.

    Raises SignedOut, SecondFactorNeeded, SignInNotFresh.
    """
    await _staff_in_good_standing(deps, actor, fresh=fresh, held=held)


async def _staff_in_good_standing(
    deps: Dependencies, actor: StaffActor, *, fresh: bool = False, held: bool = False
) -> standing.Standing:
    found = await standing.staff_standing(actor.session_id, deps.clock.now())
    return _checked(deps, found, fresh=fresh, held=held)


async def authorise_client(deps: Dependencies, actor: ClientActor, *, fresh: bool = False, held: bool = False) -> None:
    """The check that every deed of a client begins with. `held`: also while its session is held.

    Raises SignedOut when the session is over, SecondFactorNeeded while it is held; with `fresh`, SignInNotFresh when
    the last proof is older than 15 minutes (R38).
    """
    found = await standing.client_standing(actor.session_id, deps.clock.now())
    _checked(deps, found, fresh=fresh, held=held)


def _checked(deps: Dependencies, found: standing.Standing | None, *, fresh: bool, held: bool) -> standing.Standing:
    if found is None:
        raise SignedOut()
    if found.is_held and not held:
        raise SecondFactorNeeded()
    if fresh and found.proved_at <= deps.clock.now() - FRESH_FOR:
        raise SignInNotFresh()
    return found
