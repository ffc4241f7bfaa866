"""The browsers staff are signed in at: seen and ended by the member, ended with everything else that opens a door."""

from dataclasses import dataclass
from datetime import datetime

from domain.access.devices import SessionRow
from domain.access.one_time_tokens import void_of_staff
from domain.actors import StaffActor
from domain.audit import AuditKind, record
from domain.authorization import authorise_oneself
from domain.dependencies import Dependencies
from domain.errors import DeadLink
from domain.events import StaffSessionsEnded, TeamChanged
from domain.unit_of_work import Work, deed, unit_of_work
from storage import second_factor_claims, staff_claims
from storage.models import OneTimeToken, StaffSession


@dataclass(frozen=True)
class WaysIn:
    """What a member can come in by now: sessions that are alive, links that still work."""

    sessions: int
    links: int


async def list_own_staff_sessions(deps: Dependencies, actor: StaffActor) -> list[SessionRow]:
    """The browsers this member is signed in at: this one first, then the newest. Raises SignedOut."""
    await authorise_oneself(deps, actor)
    now = deps.clock.now()
    alive = StaffSession.filter(staff_id=actor.staff_id, idle_expires_at__gt=now, expires_at__gt=now)
    found = [
        SessionRow(
            id=row.id,
            method='password',
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            ip=row.ip,
            user_agent=row.user_agent,
            online=False,
            is_this_one=row.id == actor.session_id,
        )
        for row in await alive.order_by('-id')
    ]
    return sorted(found, key=lambda row: not row.is_this_one)


@deed
async def end_own_session(deps: Dependencies, actor: StaffActor, session_id: int) -> int:
    """Sign out at one other browser; 0 when that had ended, or is somebody else's. Raises SignedOut."""
    await authorise_oneself(deps, actor)
    async with unit_of_work(deps) as work:
        return await _noted(work, actor, await end_staff_sessions(work, actor.staff_id, only=session_id))


@deed
async def end_own_other_sessions(deps: Dependencies, actor: StaffActor) -> int:
    """Sign out everywhere but here, half-finished sign-ins too; how many browsers that were. Raises SignedOut."""
    await authorise_oneself(deps, actor)
    async with unit_of_work(deps) as work:
        await second_factor_claims.lock_staff(actor.staff_id)
        await second_factor_claims.void_pending_of_staff(actor.staff_id)
        return await _noted(work, actor, await end_staff_sessions(work, actor.staff_id, but=actor.session_id))


async def _noted(work: Work, actor: StaffActor, ended: int) -> int:
    if ended:
        await record(work, AuditKind.STAFF_SESSIONS_ENDED, actor, staff_id=actor.staff_id, sessions=ended)
        work.tell(TeamChanged((actor.staff_id,)))
    return ended


async def ways_in(staff_id: int, now: datetime) -> WaysIn:
    """What closing every door of this member would end now, in numbers."""
    return WaysIn(
        await StaffSession.filter(staff_id=staff_id, idle_expires_at__gt=now, expires_at__gt=now).count(),
        await OneTimeToken.filter(staff_id=staff_id, used_at=None, voided_at=None, expires_at__gt=now).count(),
    )


async def end_staff_sessions(
    work: Work, staff_id: int, *, but: int | None = None, only: int | None = None, reason: str = 'ended'
) -> int:
    """End the sessions of this member, except `but`, or `only` one, and close their pages; how many (R36, R37)."""
    ended = await staff_claims.delete_staff_sessions(staff_id, but=but, only=only)
    if ended:
        work.tell(StaffSessionsEnded(tuple(ended), reason))
    return len(ended)


async def close_every_door(work: Work, staff_id: int) -> WaysIn:
    """End the sessions of this member, its half-finished sign-ins and its links, at once (R13); what there was."""
    before = await ways_in(staff_id, work.now)
    await void_of_staff(work, DeadLink.CANCELLED, staff_id)
    await second_factor_claims.void_pending_of_staff(staff_id)
    await end_staff_sessions(work, staff_id)
    return before
