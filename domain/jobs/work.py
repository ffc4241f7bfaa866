"""One batch of a job: what is done, what became of each member and how far the job has come, in one transaction."""

from dataclasses import dataclass, replace
from datetime import timedelta

from domain.actors import Role, StaffActor, SystemActor
from domain.audit import AuditKind, record
from domain.authorization import ALLOWED
from domain.dependencies import Dependencies
from domain.events import JobChanged, merged
from domain.jobs.kinds import CannotGoOn, JobFault, JobKind, JobState, Progress, RunningJob, kind_of
from domain.unit_of_work import Work, deed, unit_of_work
from storage import job_claims
from storage.models import Job

DUE = (JobState.WAITING.value, JobState.RUNNING.value)
Lease = tuple[str, timedelta]
NO_SESSION = 0


class LeaseLost(Exception):
    """Another instance works on the jobs now. Nothing of this batch was written."""


@dataclass(frozen=True)
class Piece:
    """What one batch came to. `over`: the job needs no further batch for now; `not_now`: in a while."""

    handled: int = 0
    over: bool = False
    not_now: bool = False


@deed
async def take_lease(deps: Dependencies, lease: Lease) -> bool:
    """Take the lease, or keep it; whether it is ours now."""
    holder, held_for = lease
    now = deps.clock.now()
    return await job_claims.take_lease(holder, now, now + held_for)


@deed
async def work_some(deps: Dependencies, job_id: int, lease: Lease, limit: int, worked_ms: int, tells: bool) -> Piece:
    """Gather members of the job, or deal with the next `limit`. `worked_ms` is added to the time it has taken.

    `tells`: pages hear how far it has come; of its end they hear in any case. Raises LeaseLost, and what the kind does.
    """
    row = await Job.get_or_none(id=job_id)
    kind = kind_of(row.kind) if row else None
    if row is None or row.state not in DUE:
        return Piece(over=True)
    if kind is None:
        await _stop(deps, job_id, lease, JobFault.STUMBLED)
        return Piece(over=True)
    try:
        prepared = await kind.prepare(deps, _running(row), limit) if row.gathered else None
    except CannotGoOn as stop:
        await _stop(deps, job_id, lease, stop.fault)
        return Piece(over=True)
    async with unit_of_work(deps) as work:
        held = await _hold(work, job_id, lease)
        if held is None:
            return Piece(over=True)
        if not _stands_as(row, held):
            return Piece()
        actor = await _actor_of(held, kind)
        if actor is None:
            await job_claims.stop_job(job_id, JobFault.NOT_ALLOWED.value)
            work.tell(JobChanged(job_id))
            return Piece(over=True)
        job = _running(held, actor)
        if not held.gathered:
            over = await _gather(work, kind, held, job)
            work.tell(JobChanged(job_id))
            return Piece(over=over)
        progress = await kind.work_on(replace(work, job_id=job_id), job, prepared)
        await _write(work, held, progress, worked_ms)
        if progress.finished:
            await _record_end(work, held, progress, actor)
        if tells or progress.finished or row.state != held.state:
            work.tell(JobChanged(job_id))
        work.events[:] = merged(work.events)
        return Piece(progress.done + progress.skipped + progress.failed, progress.finished, progress.not_now)


@deed
async def set_aside(deps: Dependencies, job_id: int, lease: Lease) -> None:
    """The next member makes the program stumble: it fails, and the job goes on behind it. Raises LeaseLost."""
    row = await Job.get_or_none(id=job_id)
    kind = kind_of(row.kind) if row else None
    if row is None or kind is None:
        return
    if not row.gathered:
        await _stop(deps, job_id, lease, JobFault.STUMBLED)
        return
    async with unit_of_work(deps) as work:
        held = await _hold(work, job_id, lease)
        if held is not None:
            progress = await kind.give_up_on(work, _running(held), None)
            await _write(work, held, progress, 0)
            work.tell(JobChanged(job_id))


@deed
async def end_stumbling(deps: Dependencies, job_id: int, lease: Lease) -> None:
    """The job cannot go on: it waits for somebody to look at it. Raises LeaseLost."""
    await _stop(deps, job_id, lease, JobFault.STUMBLED)


async def _stop(deps: Dependencies, job_id: int, lease: Lease, fault: JobFault) -> None:
    async with unit_of_work(deps) as work:
        if await _hold(work, job_id, lease) is not None:
            await job_claims.stop_job(job_id, fault.value)
            work.tell(JobChanged(job_id))


async def _hold(work: Work, job_id: int, lease: Lease) -> Job | None:
    """The job, held; None when it was paused, cancelled or finished meanwhile. Raises LeaseLost."""
    holder, held_for = lease
    if not await job_claims.keep_lease(holder, work.now + held_for):
        raise LeaseLost()
    return await job_claims.hold_job(job_id, work.now, DUE)


def _stands_as(read: Job, held: Job) -> bool:
    """Whether what was prepared is still what comes next."""
    return (read.position, read.gathered, read.done, read.skipped, read.failed) == (
        held.position,
        held.gathered,
        held.done,
        held.skipped,
        held.failed,
    )


async def _gather(work: Work, kind: JobKind, held: Job, job: RunningJob) -> bool:
    """Whether the job is over with it."""
    found = await kind.gather(work, job)
    counts = {**held.counts, **found.counts}
    await job_claims.write_gathered(held.id, found.total, found.position, found.finished, counts)
    if found.fault is None:
        return False
    await job_claims.cancel_job(held.id, found.fault.value, work.now)
    await record(work, AuditKind.JOB_CANCELLED, SystemActor(), job_id=held.id, job_kind=held.kind)
    return True


async def _write(work: Work, held: Job, progress: Progress, worked_ms: int) -> None:
    await job_claims.move_on(
        held,
        done=progress.done,
        skipped=progress.skipped,
        failed=progress.failed,
        position=held.position if progress.position is None else progress.position,
        counts=progress.counts,
        worked_ms=worked_ms,
    )
    if progress.finished:
        await job_claims.finish_job(held.id, work.now)


async def _record_end(work: Work, held: Job, progress: Progress, actor: StaffActor | SystemActor) -> None:
    """What it came to, in numbers, in the name of whoever it worked for."""
    numbers = {name: getattr(held, name) + getattr(progress, name) for name in ('done', 'skipped', 'failed')}
    facts = held.params.get('facts', {})
    detail = {**facts, **numbers, 'job_id': held.id, 'job_kind': held.kind}
    await record(work, AuditKind.JOB_FINISHED, actor, **detail)


async def _actor_of(held: Job, kind: JobKind) -> StaffActor | SystemActor | None:
    """Whom the job works for, with the role of now; None when that is gone, disabled, or may not do this any more."""
    by = held.params.get('by', {})
    if 'staff_id' not in by:
        return SystemActor(by.get('name') or SystemActor().name)
    found = await job_claims.standing_of(by['staff_id'])
    if found is None or kind.permission not in ALLOWED[Role(found['role'])]:
        return None
    return StaffActor(
        NO_SESSION, by['staff_id'], found['name'], found['email'], Role(found['role']), by['ip'], by['user_agent']
    )


def _running(row: Job, actor: StaffActor | SystemActor | None = None) -> RunningJob:
    return RunningJob(
        id=row.id,
        kind=row.kind,
        params=row.params.get('params', {}),
        actor=actor or SystemActor(),
        position=row.position,
        total=row.total,
        counts=row.counts,
        began_at=row.created_at,
    )
