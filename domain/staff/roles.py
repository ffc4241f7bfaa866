"""Who may do what to whom in the team. `domain/authorization.py` says which role manages the team at all; this is the
rest of it, in one place:

- An owner manages everybody. An admin manages admins and staff: owners it leaves alone, and it makes nobody an owner.
- Nobody changes its own role, disables, resets or removes itself.
- One owner who can sign in stays, always (R61).
"""

from dataclasses import replace

from domain.actors import Role, StaffActor
from domain.authorization import Permission, may
from domain.errors import LastOwner, NotAllowed, NotYourself, SignedOut, StaffNotFound
from storage import staff_claims
from storage.models import StaffMember

GIVES = {
    Role.OWNER: (Role.OWNER, Role.ADMIN, Role.STAFF),
    Role.ADMIN: (Role.ADMIN, Role.STAFF),
    Role.STAFF: (),
}
"""The roles that somebody may give and take, by its own."""


def may_manage(actor: StaffActor, role: Role) -> bool:
    """Whether this actor may give and take that role, and manage whoever has it. For pages; deeds check it again."""
    return may(actor, Permission.MANAGE_TEAM) and role in GIVES[actor.role]


def check_may_manage(actor: StaffActor, *roles: Role) -> None:
    """Raises NotAllowed unless the actor may manage each of these roles."""
    if not all(may_manage(actor, role) for role in roles):
        raise NotAllowed(Permission.MANAGE_TEAM.value)


async def hold_team(actor: StaffActor) -> StaffActor:
    """Hold the team for the rest of the transaction; the actor with the role it has now.

    What was true before the wait may be over: raises SignedOut when the actor has been disabled meanwhile.
    """
    await staff_claims.lock_team()
    me = await StaffMember.get_or_none(id=actor.staff_id, disabled_at=None)
    if me is None:
        raise SignedOut()
    return replace(actor, role=Role(me.role))


async def hold_member(actor: StaffActor, staff_id: int, *becomes: Role) -> StaffMember:
    """Hold the team; the member, if the actor may manage it and whoever has the role it `becomes`.

    Raises StaffNotFound, NotAllowed, SignedOut.
    """
    actor = await hold_team(actor)
    member = await StaffMember.get_or_none(id=staff_id)
    if member is None:
        check_may_manage(actor, Role.STAFF)
        raise StaffNotFound()
    check_may_manage(actor, Role(member.role), *becomes)
    return member


async def check_somebody_else(actor: StaffActor, member: StaffMember) -> None:
    """Before a member loses its role or its way in. Raises LastOwner (R61), NotYourself."""
    if Role(member.role) is Role.OWNER and not await _owners_besides(member):
        raise LastOwner()
    if member.id == actor.staff_id:
        raise NotYourself()


async def _owners_besides(member: StaffMember) -> bool:
    """Whether another owner can sign in."""
    others = StaffMember.filter(role=Role.OWNER.value, disabled_at=None).exclude(id=member.id)
    return await others.exclude(password_hash='').exists()
