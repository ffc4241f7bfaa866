"""What else the firm decides about signing in: how long sessions last, and whether staff need a second factor."""

from dataclasses import dataclass
from datetime import datetime

from domain.access.security_policy import SecurityMode, policy_at
from domain.actors import StaffActor
from domain.audit import AuditKind, record
from domain.authorization import Permission, authorise
from domain.dependencies import Dependencies
from domain.errors import NumberOutOfRange
from domain.events import SecurityChanged
from domain.unit_of_work import deed, unit_of_work
from storage import queries, security_claims
from storage.models import PortalSettings, StaffMember

IDLE_DAYS = (1, 7)  # R35
SESSION_DAYS = (1, 30)


@dataclass(frozen=True)
class SecuritySettings:
    """What is in force, and what waits. Lengths in days, as chosen: where a second factor is required sessions are
    shorter. `staff_without` are members who would have to set up a second factor."""

    mode: SecurityMode
    next_mode: SecurityMode | None
    next_from: datetime | None
    idle_days: int
    session_days: int
    staff_two_factor_required: bool
    staff_without: int
    you_are_enrolled: bool


async def read_security(deps: Dependencies, actor: StaffActor) -> SecuritySettings:
    """Raises NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.CHANGE_SECURITY)
    policy, row = await policy_at(deps.clock.now()), await queries.policy_row()
    without = StaffMember.filter(totp_enrolled_at=None, disabled_at=None)
    return SecuritySettings(
        policy.mode,
        policy.next_mode,
        policy.next_from,
        row.client_idle_days,
        row.client_session_days,
        policy.staff_two_factor_required,
        await without.exclude(password_hash='').count(),
        not await without.filter(id=actor.staff_id).exists(),
    )


@deed
async def set_staff_two_factor_required(deps: Dependencies, actor: StaffActor, on: bool) -> int:
    """Require a second factor of every staff member, or no longer; how many have to set one up before they go on.

    Whoever has none is held at once, the actor too. Raises SignInNotFresh (R38), NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.CHANGE_SECURITY, fresh=True)
    async with unit_of_work(deps) as work:
        await security_claims.lock_settings()
        without = await StaffMember.filter(totp_enrolled_at=None, disabled_at=None).exclude(password_hash='').count()
        if await PortalSettings.filter(id=1).exclude(staff_two_factor_required=on).update(staff_two_factor_required=on):
            await record(work, AuditKind.STAFF_TWO_FACTOR_POLICY, actor, on=on, must_set_up=without if on else 0)
            work.tell(SecurityChanged())
        return without if on else 0


@deed
async def change_session_lengths(deps: Dependencies, actor: StaffActor, idle_days: int, session_days: int) -> int:
    """How long a client stays signed in: so many days without a visit, so many in all (R35).

    Sessions that are alive end no later than if they had begun now; none is made longer. How many were shortened.
    Raises NumberOutOfRange for the field that is wrong, NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.CHANGE_SECURITY)
    for field, value, bounds in (
        ('client_idle_days', idle_days, IDLE_DAYS),
        ('client_session_days', session_days, SESSION_DAYS),
    ):
        if not bounds[0] <= value <= bounds[1]:
            raise NumberOutOfRange(field, *bounds)
    async with unit_of_work(deps) as work:
        await security_claims.lock_settings()
        row = await PortalSettings.get(id=1)
        wanted = {'client_idle_days': idle_days, 'client_session_days': session_days}
        changed = {field: value for field, value in wanted.items() if getattr(row, field) != value}
        if not changed:
            return 0
        await PortalSettings.filter(id=1).update(**changed)
        policy = await policy_at(work.now)
        shortened = await security_claims.shorten_sessions(work.now, work.now + policy.idle, work.now + policy.absolute)
        await record(work, AuditKind.SETTINGS_CHANGED, actor, changed=changed, shortened=shortened)
        work.tell(SecurityChanged())
        return shortened
