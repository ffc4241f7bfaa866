"""The team: who is in it, and what owners and admins do with it. The rules stand in domain/staff/roles.py."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.access.rate_limits import locks_of_staff, unlock_member
from domain.actors import Role, StaffActor
from domain.audit import AuditKind, record
from domain.authorization import Permission, authorise
from domain.dependencies import Dependencies
from domain.errors import StaffActive, StaffNotFound
from domain.events import TeamChanged
from domain.staff.roles import check_somebody_else, hold_member
from domain.staff.staff_sessions import WaysIn, close_every_door, ways_in
from domain.unit_of_work import deed, unit_of_work
from storage.models import StaffMember, StaffSession


class MemberState(StrEnum):
    """Where a member stands."""

    INVITED = 'invited'
    INVITE_EXPIRED = 'invite_expired'
    ACTIVE = 'active'
    DISABLED = 'disabled'


@dataclass(frozen=True)
class Member:
    """A member of the team, for its list. `sessions` are those alive now; `locked_until` None unless it is locked."""

    id: int
    name: str
    email: str
    role: Role
    state: MemberState
    has_joined: bool
    two_factor: bool
    invited_at: datetime | None
    last_sign_in_at: datetime | None
    sessions: int
    locked_until: datetime | None


INVITATION_LIFETIME = timedelta(days=7)  # R6
_ORDER = tuple(Role)


async def list_team(deps: Dependencies, actor: StaffActor) -> list[Member]:
    """Everybody: owners first, then by name. Raises NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.MANAGE_TEAM)
    now = deps.clock.now()
    alive: dict[int, int] = {}
    sessions = StaffSession.filter(idle_expires_at__gt=now, expires_at__gt=now)
    for staff_id in await sessions.values_list('staff_id', flat=True):
        alive[int(str(staff_id))] = alive.get(int(str(staff_id)), 0) + 1
    members = await StaffMember.all()
    locked = await locks_of_staff(deps, [row for row in members if row.password_hash and row.disabled_at is None])
    rows = [_member(row, now, alive.get(row.id, 0), locked.get(row.id)) for row in members]
    return sorted(rows, key=lambda one: (_ORDER.index(one.role), one.name.casefold(), one.id))


def _member(row: StaffMember, now: datetime, sessions: int, locked_until: datetime | None) -> Member:
    return Member(
        row.id,
        row.name,
        row.email,
        Role(row.role),
        _state(row, now),
        bool(row.password_hash),
        row.totp_enrolled_at is not None,
        row.invited_at,
        row.last_sign_in_at,
        sessions if row.disabled_at is None else 0,
        locked_until,
    )


def _state(row: StaffMember, now: datetime) -> MemberState:
    if row.disabled_at is not None:
        return MemberState.DISABLED
    if row.password_hash:
        return MemberState.ACTIVE
    expires = row.invited_at and row.invited_at + INVITATION_LIFETIME
    return MemberState.INVITED if expires and expires > now else MemberState.INVITE_EXPIRED


async def roles_of(staff_ids: Sequence[int]) -> dict[int, Role]:
    """The role that each of these members has now."""
    rows = await StaffMember.filter(id__in=list(staff_ids)).values_list('id', 'role')
    return {int(staff_id): Role(role) for staff_id, role in rows}


@deed
async def change_role(deps: Dependencies, actor: StaffActor, staff_id: int, role: Role) -> None:
    """Give a member another role, which counts at once, in its open pages too.

    Raises StaffNotFound, LastOwner, NotYourself, NotAllowed, SignInNotFresh, SignedOut.
    """
    await authorise(deps, actor, Permission.MANAGE_TEAM, fresh=True)
    async with unit_of_work(deps) as work:
        member = await hold_member(actor, staff_id, role)
        if member.role == role.value:
            return
        await check_somebody_else(actor, member)
        await StaffMember.filter(id=staff_id).update(role=role.value)
        await record(
            work,
            AuditKind.STAFF_ROLE_CHANGED,
            actor,
            staff_id=staff_id,
            member=member.name,
            before=member.role,
            after=role.value,
        )
        work.tell(TeamChanged((staff_id,)))


async def look_before_disabling(deps: Dependencies, actor: StaffActor, staff_id: int) -> WaysIn:
    """What disabling or removing would end now, in numbers. Raises StaffNotFound, NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.MANAGE_TEAM)
    if not await StaffMember.filter(id=staff_id).exists():
        raise StaffNotFound()
    return await ways_in(staff_id, deps.clock.now())


@deed
async def disable_staff(deps: Dependencies, actor: StaffActor, staff_id: int) -> WaysIn:
    """Shut a member out, at once: sessions, half-finished sign-ins and links are over (R13); what that ended.

    Raises StaffNotFound, LastOwner, NotYourself, NotAllowed, SignInNotFresh, SignedOut.
    """
    await authorise(deps, actor, Permission.MANAGE_TEAM, fresh=True)
    async with unit_of_work(deps) as work:
        member = await hold_member(actor, staff_id)
        await check_somebody_else(actor, member)
        if member.disabled_at is not None:
            return WaysIn(0, 0)
        await StaffMember.filter(id=staff_id).update(disabled_at=work.now)
        ended = await close_every_door(work, staff_id)
        await record(
            work,
            AuditKind.STAFF_DISABLED,
            actor,
            staff_id=staff_id,
            member=member.name,
            sessions=ended.sessions,
            links=ended.links,
        )
        work.tell(TeamChanged((staff_id,)))
        return ended


@deed
async def enable_staff(deps: Dependencies, actor: StaffActor, staff_id: int) -> None:
    """Let a disabled member sign in again, with the password and the second factor it had.

    Raises StaffNotFound, NotAllowed, SignInNotFresh, SignedOut.
    """
    await authorise(deps, actor, Permission.MANAGE_TEAM, fresh=True)
    async with unit_of_work(deps) as work:
        member = await hold_member(actor, staff_id)
        if member.disabled_at is None:
            return
        await StaffMember.filter(id=staff_id).update(disabled_at=None)
        await record(work, AuditKind.STAFF_ENABLED, actor, staff_id=staff_id, member=member.name)
        work.tell(TeamChanged((staff_id,)))


@deed
async def unlock_staff(deps: Dependencies, actor: StaffActor, staff_id: int) -> None:
    """Let a member try to sign in again at once (R48). Nothing is written where it was not locked.

    Raises StaffNotFound, NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.MANAGE_TEAM)
    async with unit_of_work(deps) as work:
        member = await hold_member(actor, staff_id)
        was_locked = await locks_of_staff(deps, [member])
        await unlock_member(member)
        if was_locked:
            await record(work, AuditKind.LOGIN_UNLOCKED, actor, staff_id=staff_id, contact_name=member.name)
            work.tell(TeamChanged((staff_id,)))


@deed
async def remove_staff(deps: Dependencies, actor: StaffActor, staff_id: int) -> None:
    """Take a member off the list who never joined or is disabled. What it did stays in the log, under its name.

    Raises StaffNotFound, StaffActive, LastOwner, NotYourself, NotAllowed, SignInNotFresh, SignedOut.
    """
    await authorise(deps, actor, Permission.MANAGE_TEAM, fresh=True)
    async with unit_of_work(deps) as work:
        member = await hold_member(actor, staff_id)
        await check_somebody_else(actor, member)
        if member.password_hash and member.disabled_at is None:
            raise StaffActive(member.name)
        await close_every_door(work, staff_id)
        await StaffMember.filter(id=staff_id).delete()
        await record(work, AuditKind.STAFF_REMOVED, actor, staff_id=staff_id, member=member.name, email=member.email)
        work.tell(TeamChanged((staff_id,)))
