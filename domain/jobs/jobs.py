"""Jobs as people see and steer them: begin, pause, resume, cancel, try again what failed, and look.

What a job does is its kind's (domain/jobs/kinds.py); when it does it is the runner's (domain/jobs/runner.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.actors import Actor, StaffActor
from domain.audit import AuditKind, record
from domain.authorization import Permission, authorise, may
from domain.dependencies import Dependencies
from domain.errors import JobIsOver, JobNotFound
from domain.events import JobChanged
from domain.jobs.kinds import ItemState, JobFault, JobState, kind_of
from domain.unit_of_work import Work, deed, unit_of_work
from storage import job_mail_sql, job_sql
from storage.models import Job

MOST_ON_A_PAGE = 100
AT_WORK = (JobState.WAITING, JobState.RUNNING)


@dataclass(frozen=True)
class JobView:
    """A job as staff see it.

    `facts` is what its kind wants to be told of it. `rate` is members a second; `seconds_left` is None as long as
    nobody can tell. `results`: how its contacts came out, the most first; `counts`: what else its kind counts.
    `kept_until`: when it is forgotten which contacts those were, None as long as it is not over.
    """

    id: int
    kind: str
    state: JobState
    facts: Mapping[str, Any]
    gathered: bool
    total: int
    done: int
    skipped: int
    failed: int
    results: tuple['Result', ...]
    counts: Mapping[str, int]
    rate: float
    seconds_left: int | None
    made_by_id: int | None
    made_by_name: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    kept_until: datetime | None
    fault: JobFault | None
    can_pause: bool
    can_resume: bool
    can_cancel: bool
    can_retry: bool

    @property
    def handled(self) -> int:
        """How many members it has come to."""
        return self.done + self.skipped + self.failed

    @property
    def is_over(self) -> bool:
        return self.state in (JobState.DONE, JobState.CANCELLED)


@dataclass(frozen=True)
class ItemView:
    """One contact of a job. `exists` is False once the contact is gone. `mail` is how the mail of the job to it fares
    now; of a job that wrote it none, how its newest mail does."""

    id: int
    contact_id: int
    name: str
    kind: str
    state: ItemState
    reason: str
    at: datetime | None
    exists: bool
    email: str
    mail: str


@dataclass(frozen=True)
class ItemPage:
    """Contacts of a job in the order of their work. `next_after` asks for those that follow, `previous_before` for
    those in front; None where there is nobody."""

    rows: tuple[ItemView, ...]
    next_after: int | None
    previous_before: int | None


@dataclass(frozen=True)
class Result:
    """How many contacts of a job came out like this."""

    state: ItemState
    reason: str
    number: int


async def begin_job(
    work: Work, actor: Actor, kind: str, params: Mapping[str, Any], facts: Mapping[str, Any] | None = None
) -> int:
    """Inside a unit of work of somebody who may: a new job; its id. `params` and `facts` are JSON."""
    row = await Job.create(
        kind=kind,
        state=JobState.WAITING.value,
        params={'params': dict(params), 'facts': dict(facts or {}), 'by': _who(actor)},
        made_by_id=actor.staff_id if isinstance(actor, StaffActor) else None,
        made_by_name=getattr(actor, 'name', ''),
        created_at=work.now,
    )
    await record(work, AuditKind.JOB_STARTED, actor, job_id=row.id, job_kind=kind, **dict(facts or {}))
    work.tell(JobChanged(row.id))
    return int(row.id)


@deed
async def start_job(
    deps: Dependencies, actor: Actor, kind: str, params: Mapping[str, Any], facts: Mapping[str, Any] | None = None
) -> int:
    """A new job of this kind; its id. It begins by itself. Raises SignInNotFresh, NotAllowed, SignedOut."""
    await authorise(deps, actor, _permission(kind), fresh=_asks_who_is_there(kind))
    async with unit_of_work(deps) as work:
        return await begin_job(work, actor, kind, params, facts)


@deed
async def pause_job(deps: Dependencies, actor: Actor, job_id: int) -> None:
    """Let it rest after the batch that is under way. Raises JobIsOver, JobNotFound, NotAllowed, SignedOut."""
    await _change(deps, actor, job_id, AT_WORK, JobState.PAUSED)


@deed
async def resume_job(deps: Dependencies, actor: Actor, job_id: int) -> None:
    """Go on, from now on in the name of who resumes it.

    Raises JobIsOver, JobNotFound, SignInNotFresh, NotAllowed, SignedOut.
    """
    await _change(deps, actor, job_id, (JobState.PAUSED,), JobState.WAITING, takes_over=True)


@deed
async def cancel_job(deps: Dependencies, actor: Actor, job_id: int) -> None:
    """Never do the rest; what is done stays done. Raises JobIsOver, JobNotFound, NotAllowed, SignedOut."""
    await _change(deps, actor, job_id, (*AT_WORK, JobState.PAUSED), JobState.CANCELLED)


@deed
async def retry_failed(deps: Dependencies, actor: Actor, job_id: int) -> int:
    """Try those again that failed, and only those; how many they are.

    Raises JobIsOver when nothing failed or that is forgotten, JobNotFound, SignInNotFresh, NotAllowed, SignedOut.
    """
    row = await _found(deps, actor, job_id, goes_on=True)
    kind = kind_of(row.kind)
    can = kind is not None and kind.can_retry and _remembers(row, deps.clock.now())
    while can and await _some_wait_again(deps, job_id):
        pass
    async with unit_of_work(deps) as work:
        again = await job_sql.wait_again(job_id) if can else 0
        if not again:
            raise JobIsOver(row.state)
        await record(work, AuditKind.JOB_RETRIED, actor, job_id=job_id, job_kind=row.kind, contacts=again)
        await job_sql.take_over(job_id, _who(actor), row.params)
        work.tell(JobChanged(job_id))
        return again


async def write_afresh(work: Work, actor: Actor, job_id: int, now: datetime, limit: int) -> int:
    """Inside a unit of work of somebody who may: let the job write to some of those again whose login email outlived
    its link, from now on in the name of whoever asks; how many mails those were, 0 when there is none (any more)."""
    held = await job_sql.hold_unless_cancelled(job_id)
    mails = await job_mail_sql.next_mails(job_id, job_mail_sql.OUTLIVED, now, 0, limit) if held else []
    if held is None or not mails:
        return 0
    again = await job_sql.put_back(held, [mail['id'] for mail in mails])
    await record(work, AuditKind.JOB_RETRIED, actor, job_id=job_id, job_kind=held.kind, contacts=again)
    await job_sql.take_over(job_id, _who(actor), held.params)
    work.tell(JobChanged(job_id))
    return len(mails)


async def _some_wait_again(deps: Dependencies, job_id: int) -> int:
    """In a transaction of its own: there may be a million, and others write too. The job itself waits last of all, so
    that one that was broken off here is done as before, and tried again goes on with the rest."""
    async with unit_of_work(deps):
        return await job_sql.some_wait_again(job_id)


async def read_job(deps: Dependencies, actor: Actor, job_id: int) -> JobView:
    """Raises JobNotFound, NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.SEE_CONTACTS)
    row = await Job.get_or_none(id=job_id)
    if row is None:
        raise JobNotFound(job_id)
    return _view(row, actor, deps.clock.now())


async def list_jobs(
    deps: Dependencies, actor: Actor, *, before_id: int | None = None, limit: int = 25
) -> Sequence[JobView]:
    """Jobs, newest first. Raises NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.SEE_CONTACTS)
    rows = Job.all() if before_id is None else Job.filter(id__lt=before_id)
    page = await rows.order_by('-id').limit(max(1, min(limit, MOST_ON_A_PAGE)))
    return [_view(row, actor, deps.clock.now()) for row in page]


async def job_items(
    deps: Dependencies,
    actor: Actor,
    job_id: int,
    *,
    state: ItemState | str = '',
    reason: str | None = None,
    not_reached: bool = False,
    after: int = 0,
    before: int | None = None,
    limit: int = 25,
) -> ItemPage:
    """The contacts of a job, or those of one result, or those its mail did not get to (`not_reached`): behind `after`
    or, to go back, in front of `before`.

    Raises NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.SEE_CONTACTS)
    limit = max(1, min(limit, MOST_ON_A_PAGE))
    which = job_sql.Which(job_id, str(state), reason, not_reached)
    rows = await job_sql.item_page(which, limit + 1, after=after, before=before)
    more, rows = len(rows) > limit, rows[:limit] if before is None else rows[-limit:]
    if not rows:
        return ItemPage((), None, None)
    mails = await job_mail_sql.fates_of(job_id, [row['contact_id'] for row in rows])
    shown = tuple(_item(row, mails) for row in rows)
    goes_back = more if before is not None else after > 0
    goes_on = more if before is None else True
    return ItemPage(shown, shown[-1].id if goes_on else None, shown[0].id if goes_back else None)


def _item(row: dict[str, Any], mails: Mapping[int, str]) -> ItemView:
    status = row.pop('email_status')
    return ItemView(**row | {'state': ItemState(row['state']), 'mail': mails.get(row['contact_id'], status)})


async def _found(deps: Dependencies, actor: Actor, job_id: int, *, goes_on: bool = False) -> Job:
    """The job, for somebody who may steer it; with `goes_on`, so that it does more of what it is about."""
    await authorise(deps, actor, Permission.SEE_CONTACTS)
    row = await Job.get_or_none(id=job_id)
    if row is None:
        raise JobNotFound(job_id)
    await authorise(deps, actor, _permission(row.kind), fresh=goes_on and _asks_who_is_there(row.kind))
    return row


_SAID = {
    JobState.PAUSED: AuditKind.JOB_PAUSED,
    JobState.WAITING: AuditKind.JOB_RESUMED,
    JobState.CANCELLED: AuditKind.JOB_CANCELLED,
}


async def _change(
    deps: Dependencies,
    actor: Actor,
    job_id: int,
    before: Sequence[JobState],
    after: JobState,
    *,
    takes_over: bool = False,
) -> None:
    row = await _found(deps, actor, job_id, goes_on=takes_over)
    async with unit_of_work(deps) as work:
        over = work.now if after is JobState.CANCELLED else None
        if not await job_sql.move_job(job_id, [state.value for state in before], after.value, over):
            raise JobIsOver((await Job.get(id=job_id)).state)
        if takes_over:
            await job_sql.take_over(job_id, _who(actor), row.params)
        await record(work, _SAID[after], actor, job_id=job_id, job_kind=row.kind)
        work.tell(JobChanged(job_id))


def _permission(kind: str) -> Permission:
    found = kind_of(kind)
    return found.permission if found else Permission.EDIT_CONTACTS


def _asks_who_is_there(kind: str) -> bool:
    found = kind_of(kind)
    return found is not None and found.asks_who_is_there


def _who(actor: Actor) -> dict[str, Any]:
    """Whom a job works for: what its audit rows say, without the session that will be over before it is."""
    if not isinstance(actor, StaffActor):
        return {'name': getattr(actor, 'name', '')}
    return {'staff_id': actor.staff_id, 'ip': actor.ip, 'user_agent': actor.user_agent}


def _view(row: Job, actor: Actor, now: datetime) -> JobView:
    state, handled = JobState(row.state), row.done + row.skipped + row.failed
    rate = handled / (row.worked_ms / 1_000) if row.worked_ms and handled else 0.0
    left = row.total - handled
    kind = kind_of(row.kind)
    steers = may(actor, _permission(row.kind))
    over = state in (JobState.DONE, JobState.CANCELLED)
    return JobView(
        id=row.id,
        kind=row.kind,
        state=state,
        facts=row.params.get('facts', {}),
        gathered=row.gathered,
        total=row.total,
        done=row.done,
        skipped=row.skipped,
        failed=row.failed,
        results=_results(row.counts),
        counts={name: number for name, number in row.counts.items() if ':' not in name},
        rate=rate,
        seconds_left=round(left / rate) if rate and row.gathered and state in AT_WORK else None,
        made_by_id=row.made_by_id,
        made_by_name=row.made_by_name,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        kept_until=row.finished_at + job_sql.RESULTS_ARE_KEPT if row.finished_at else None,
        fault=JobFault(row.fault) if row.fault else None,
        can_pause=steers and state in AT_WORK,
        can_resume=steers and state is JobState.PAUSED,
        can_cancel=steers and not over,
        can_retry=(
            steers
            and row.failed > 0
            and kind is not None
            and kind.can_retry
            and state is JobState.DONE
            and _remembers(row, now)
        ),
    )


def _remembers(row: Job, now: datetime) -> bool:
    """Whether it is still known which contacts those were."""
    return row.finished_at is None or now - row.finished_at < job_sql.RESULTS_ARE_KEPT


def _results(counts: Mapping[str, int]) -> tuple[Result, ...]:
    """What `domain.jobs.members` counted, by state and reason."""
    found = [
        Result(ItemState(state), reason, number)
        for (state, _, reason), number in ((name.partition(':'), number) for name, number in counts.items())
        if reason
    ]
    return tuple(sorted(found, key=lambda result: -result.number))
