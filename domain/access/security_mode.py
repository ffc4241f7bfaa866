"""Changing how clients may come in: what it would do, in numbers, then now or from a date, for every client at once.

A change that was planned is in force from its date on by the queries (`policy_at`, storage/standing.py), whoever writes
it down when. domain/access/security_clock.py does that, and tells the open pages.

Tightening leaves those who are signed in as long as a session may last from that moment on, and no longer (R35);
loosening makes no session longer. Those without a second factor are held at once by the same queries (R30).
"""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from domain.access.one_time_tokens import Purpose, void_of_purpose
from domain.access.security_notices import remember_to_write
from domain.access.security_policy import SecurityMode, policy_at
from domain.access.sign_in import SignInMethod
from domain.actors import Actor, StaffActor, SystemActor
from domain.audit import AuditKind, record
from domain.authorization import Permission, authorise
from domain.dependencies import Dependencies
from domain.errors import DateInPast, DateTooFar, DeadLink
from domain.events import SecurityChanged
from domain.unit_of_work import Work, deed, unit_of_work
from storage import queries, security_claims
from storage.models import PortalSettings

FURTHEST = timedelta(days=366)


@dataclass(frozen=True)
class ModePreview:
    """What a change to this mode does, in numbers of logins that serve a contact with access.

    `signed_in` have a session that is alive, `moved_at_once` of them would be sent to set up their second factor.
    `must_set_up` have to set up a second factor; a mode without passwords has nobody set anything up.
    `mails` is whom a notice would go to: those for whom something changes that they notice.
    """

    clients: int
    enrolled: int
    with_password: int
    signed_in: int
    must_set_up: int
    moved_at_once: int
    mails: int


@dataclass(frozen=True)
class ModeChange:
    """What was done. `from_when` is None for a change that is in force; `mails` how many notices are being written."""

    mode: SecurityMode
    from_when: datetime | None
    numbers: ModePreview
    mails: int


async def preview_mode(deps: Dependencies, actor: Actor, mode: SecurityMode) -> ModePreview:
    """What changing to this mode would do now. Raises NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.CHANGE_SECURITY)
    now = deps.clock.now()
    return await _numbers((await policy_at(now)).mode, mode, now)


async def _numbers(old: SecurityMode, mode: SecurityMode, now: datetime) -> ModePreview:
    found = await security_claims.login_figures(old.value, mode.value, now)
    requires = mode is SecurityMode.LINK_AND_PASSWORD_2FA and old is not mode
    return ModePreview(
        clients=found.clients,
        enrolled=found.enrolled,
        with_password=found.with_password,
        signed_in=found.in_now,
        must_set_up=found.concerned if requires else 0,
        moved_at_once=found.in_concerned if requires else 0,
        mails=0 if old is mode else found.concerned,
    )


def check_date(now: datetime, from_when: datetime) -> None:
    """Whether a change can be planned for then. Raises DateInPast, DateTooFar."""
    if from_when <= now:
        raise DateInPast()
    if from_when > now + FURTHEST:
        raise DateTooFar(FURTHEST.days)


@deed
async def change_mode(
    deps: Dependencies,
    actor: StaffActor,
    mode: SecurityMode,
    *,
    from_when: datetime | None = None,
    notify: bool = False,
) -> ModeChange:
    """Change the mode, at once or from `from_when` (UTC, within a year). It takes the place of what was planned before.

    With `notify` whoever it concerns is mailed; domain/access/security_notices.py writes those mails after the commit.
    Changing to the mode that is in force drops what was planned and does nothing else. Raises SignInNotFresh (R38),
    DateInPast, DateTooFar, NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.CHANGE_SECURITY, fresh=True)
    now = deps.clock.now()
    if from_when is not None:
        check_date(now, from_when)
    async with unit_of_work(deps) as work:
        await security_claims.lock_settings()
        await _write_down_what_is_due(work)
        old = (await policy_at(work.now)).mode
        numbers = await _numbers(old, mode, work.now)
        if mode is old:
            await _drop_plan(work, actor)
            return ModeChange(mode, None, numbers, 0)
        await security_claims.stop_notices(work.now)
        if from_when is None:
            await PortalSettings.filter(id=1).update(
                security_mode=mode.value, next_security_mode='', next_mode_from=None
            )
            await _in_force(work, mode, work.now)
        else:
            await PortalSettings.filter(id=1).update(next_security_mode=mode.value, next_mode_from=from_when)
        mails = numbers.mails if notify else 0
        if mails:
            await remember_to_write(work, actor, old, mode, from_when)
        kind = AuditKind.SECURITY_MODE_CHANGED if from_when is None else AuditKind.SECURITY_MODE_PLANNED
        await record(work, kind, actor, **_in_detail(old, mode, from_when, numbers, mailed=mails))
        work.tell(SecurityChanged())
        return ModeChange(mode, from_when, numbers, mails)


@deed
async def cancel_planned_mode(deps: Dependencies, actor: StaffActor) -> bool:
    """Drop the change that was planned, and the mail about it that has not gone out; whether there was one.

    Raises SignInNotFresh (R38), NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.CHANGE_SECURITY, fresh=True)
    async with unit_of_work(deps) as work:
        await security_claims.lock_settings()
        await _write_down_what_is_due(work)
        return await _drop_plan(work, actor)


async def _drop_plan(work: Work, actor: Actor) -> bool:
    policy = await policy_at(work.now)
    if policy.next_mode is None or policy.next_from is None:
        return False
    await PortalSettings.filter(id=1).update(next_security_mode='', next_mode_from=None)
    await security_claims.stop_notices(work.now)
    await record(
        work,
        AuditKind.SECURITY_PLAN_CANCELLED,
        actor,
        old=policy.mode.value,
        new=policy.next_mode.value,
        from_when=policy.next_from.isoformat(),
    )
    work.tell(SecurityChanged())
    return True


@deed
async def put_planned_mode_in_force(deps: Dependencies) -> bool:
    """Write down a planned change whose time has come, and tell the pages; whether this caller was the one who did.

    Of several instances one does it, by a guarded UPDATE. Nothing depends on how soon: the queries know the date.
    """
    row = await queries.policy_row()
    if row.next_mode_from is None or row.next_mode_from > deps.clock.now():
        return False
    async with unit_of_work(deps) as work:
        await security_claims.lock_settings()
        return await _write_down_what_is_due(work)


async def _write_down_what_is_due(work: Work) -> bool:
    """The settings are locked already."""
    row = await queries.policy_row()
    due = row.next_mode_from
    if due is None or due > work.now or not await security_claims.promote_mode(due):
        return False
    old, mode = SecurityMode(row.security_mode), SecurityMode(row.next_security_mode)
    numbers = await _numbers(old, mode, work.now)
    await _in_force(work, mode, due)
    await record(
        work, AuditKind.SECURITY_MODE_CHANGED, SystemActor(), **_in_detail(old, mode, due, numbers, planned=True)
    )
    work.tell(SecurityChanged())
    return True


async def _in_force(work: Work, mode: SecurityMode, since: datetime) -> None:
    """What a change does to what is under way. `since` is when it came into force."""
    if mode is SecurityMode.LINK_ONLY:
        await void_of_purpose(work, DeadLink.CANCELLED, Purpose.RESET)
        await security_claims.drop_pending(SignInMethod.PASSWORD.value)
    if mode is SecurityMode.LINK_AND_PASSWORD_2FA:
        policy = await policy_at(work.now)
        await security_claims.shorten_sessions(since, since + policy.idle, since + policy.absolute)


def _in_detail(
    old: SecurityMode, mode: SecurityMode, from_when: datetime | None, numbers: ModePreview, **more: object
) -> dict[str, Any]:
    """For the audit log."""
    when = {'from_when': from_when.isoformat()} if from_when else {}
    return {'old': old.value, 'new': mode.value} | when | asdict(numbers) | more
