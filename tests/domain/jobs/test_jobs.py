"""Jobs as people see and steer them."""

import pytest

from domain.actors import Role, SystemActor
from domain.audit import AuditKind
from domain.authorization import Permission
from domain.dependencies import Dependencies
from domain.errors import JobIsOver, JobNotFound, NotAllowed
from domain.events import JobChanged
from domain.jobs.jobs import (
    cancel_job,
    job_items,
    list_jobs,
    pause_job,
    read_job,
    resume_job,
    retry_failed,
    start_job,
)
from domain.jobs.kinds import ItemState, JobState
from storage import job_sql
from storage.models import Job, JobItem
from storage.sql import change
from tests.domain.jobs.letters import Letters
from tests.domain.jobs.running import worked_off
from tests.factories import audit_rows, given_contact, given_owner, given_staff, heard, later
from tests.support.clock import FixedClock


async def test_what_is_done_with_a_job_is_told_and_written_down(deps: Dependencies, letters: Letters) -> None:
    """R59: who began, paused, resumed and cancelled it."""
    owner, other = await given_owner(deps), await given_staff(deps, name='Tom Other')
    told = heard(deps, JobChanged)
    job_id = await start_job(deps, owner, 'letters', {'ids': []}, {'contacts': 7})
    await pause_job(deps, other, job_id)
    await resume_job(deps, other, job_id)
    await cancel_job(deps, owner, job_id)
    assert told == [JobChanged(job_id)] * 4
    rows = [row for row in await audit_rows() if row.kind.startswith('contacts:job:')]
    assert [(row.kind, row.actor_name) for row in rows] == [
        (AuditKind.JOB_STARTED, owner.name),
        (AuditKind.JOB_PAUSED, 'Tom Other'),
        (AuditKind.JOB_RESUMED, 'Tom Other'),
        (AuditKind.JOB_CANCELLED, owner.name),
    ]
    assert rows[0].detail == {'job_id': job_id, 'job_kind': 'letters', 'contacts': 7}
    job = await read_job(deps, other, job_id)
    assert (job.state, job.made_by_name, job.finished_at) == (JobState.CANCELLED, owner.name, deps.clock.now())


async def test_who_may_not_do_it_sees_the_job_and_steers_nothing(
    deps: Dependencies, letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R57: a job asks for the permission of what it does, of everybody who steers it."""
    monkeypatch.setattr(Letters, 'permission', Permission.EXPORT_REPORT)
    owner, staff = await given_owner(deps), await given_staff(deps, Role.STAFF)
    with pytest.raises(NotAllowed):
        await start_job(deps, staff, 'letters', {'ids': []})
    job_id = await start_job(deps, owner, 'letters', {'ids': []})
    seen = await read_job(deps, staff, job_id)
    assert not (seen.can_pause or seen.can_resume or seen.can_cancel or seen.can_retry)
    assert (await read_job(deps, owner, job_id)).can_cancel
    for deed in (pause_job, resume_job, cancel_job, retry_failed):
        with pytest.raises(NotAllowed):
            await deed(deps, staff, job_id)
    assert (await read_job(deps, owner, job_id)).state is JobState.WAITING


async def test_a_job_that_is_not_there(deps: Dependencies, letters: Letters) -> None:
    owner = await given_owner(deps)
    for deed in (read_job, pause_job, resume_job, cancel_job, retry_failed):
        with pytest.raises(JobNotFound):
            await deed(deps, owner, 4711)


async def test_what_cannot_be_done_in_the_state_it_is_in(deps: Dependencies, letters: Letters) -> None:
    """Two press at once: the second is told that it has gone on."""
    owner = await given_owner(deps)
    job_id = await start_job(deps, owner, 'letters', {'ids': []})
    for deed in (resume_job, retry_failed):
        with pytest.raises(JobIsOver):
            await deed(deps, owner, job_id)
    await pause_job(deps, owner, job_id)
    with pytest.raises(JobIsOver) as refused:
        await pause_job(deps, owner, job_id)
    assert refused.value.state == JobState.PAUSED


async def test_jobs_newest_first_and_page_by_page(deps: Dependencies, letters: Letters, clock: FixedClock) -> None:
    owner = await given_owner(deps)
    ids = []
    for _ in range(5):
        later(clock, seconds=1)
        ids.append(await start_job(deps, SystemActor('Terminal'), 'letters', {'ids': []}))
    first = await list_jobs(deps, owner, limit=3)
    rest = await list_jobs(deps, owner, before_id=first[-1].id, limit=3)
    assert [job.id for job in (*first, *rest)] == ids[::-1]
    assert first[0].made_by_name == 'Terminal'


async def test_the_contacts_of_a_job_on_and_back(deps: Dependencies, letters: Letters) -> None:
    """Page by page in both directions, all of them or those of one result."""
    owner = await given_owner(deps)
    ids = [(await given_contact(deps, f'C{one}', f'c{one}@x.example')).id for one in range(10)]
    letters.refused = set(ids[::2])
    job_id = await start_job(deps, owner, 'letters', {'ids': ids})
    await worked_off(deps, owner, job_id)
    first = await job_items(deps, owner, job_id, limit=4)
    second = await job_items(deps, owner, job_id, after=first.next_after or 0, limit=4)
    third = await job_items(deps, owner, job_id, after=second.next_after or 0, limit=4)
    assert [row.name for page in (first, second, third) for row in page.rows] == [f'C{one}' for one in range(10)]
    assert (first.previous_before, third.next_after) == (None, None)
    back = await job_items(deps, owner, job_id, before=third.previous_before, limit=4)
    assert back.rows == second.rows
    assert back.next_after == second.next_after
    start = await job_items(deps, owner, job_id, before=back.previous_before, limit=4)
    assert (start.rows, start.previous_before) == (first.rows, None)
    failed = await job_items(deps, owner, job_id, state=ItemState.FAILED, reason='refused', limit=100)
    assert [row.contact_id for row in failed.rows] == ids[::2]
    assert {(row.email, row.kind, row.exists) for row in failed.rows} == {
        (f'c{one}@x.example', 'person', True) for one in range(0, 10, 2)
    }


async def test_results_are_counted_as_they_come(deps: Dependencies, letters: Letters) -> None:
    """The numbers of a job are those of its members, also after some were tried again."""
    owner = await given_owner(deps)
    ids = [(await given_contact(deps, f'C{one}', f'c{one}@x.example')).id for one in range(7)]
    letters.refused = {ids[0]}
    job_id = await start_job(deps, owner, 'letters', {'ids': [*ids, 999]})
    await worked_off(deps, owner, job_id)
    assert await retry_failed(deps, owner, job_id) == 1
    job = await worked_off(deps, owner, job_id)
    assert (job.done, job.skipped, job.failed, job.handled) == (6, 1, 1, 8)
    for result in job.results:
        assert await JobItem.filter(job_id=job_id, state=result.state, reason=result.reason).count() == result.number
    assert sum(result.number for result in job.results) == 8


async def test_those_that_failed_wait_again_some_at_a_time(
    deps: Dependencies, letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A million in one statement would keep everybody waiting who writes. Broken off half way, it is tried again."""
    monkeypatch.setattr(job_sql, 'PUT_BACK_AT_ONCE', 2)
    owner = await given_owner(deps)
    ids = [(await given_contact(deps, f'C{one}', f'c{one}@x.example')).id for one in range(7)]
    letters.refused = set(ids[:5])
    job_id = await start_job(deps, owner, 'letters', {'ids': ids})
    assert await job_sql.some_wait_again(job_id) == 0, 'it is not done yet'
    await worked_off(deps, owner, job_id)
    assert await job_sql.some_wait_again(job_id) == 2
    assert (await read_job(deps, owner, job_id)).state is JobState.DONE
    put_back: list[int] = []

    async def count(sql: str, *values: object) -> int:
        put_back.append(await change(sql, *values))
        return put_back[-1]

    monkeypatch.setattr(job_sql, 'change', count)
    assert await retry_failed(deps, owner, job_id) == 5
    assert put_back == [2, 1, 0]
    letters.refused = set()
    job = await worked_off(deps, owner, job_id)
    assert (job.done, job.failed) == (7, 0)


async def test_what_became_of_each_is_forgotten_after_a_while(
    deps: Dependencies, letters: Letters, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Contacts that are gone would be named for ever. The numbers stay, and a job that is not over loses nobody."""
    monkeypatch.setattr(job_sql, 'SWEPT_AT_ONCE', 2)
    owner = await given_owner(deps)
    ids = [(await given_contact(deps, f'C{one}', f'c{one}@x.example')).id for one in range(5)]
    letters.refused = {ids[0]}
    over, rests = [await start_job(deps, owner, 'letters', {'ids': ids}) for _ in range(2)]
    await worked_off(deps, owner, over)
    await Job.filter(id=rests).update(state='paused', finished_at=None)
    later(clock, days=89)
    owner = await given_owner(deps)
    await job_sql.sweep_results(deps.clock.now())
    job = await read_job(deps, owner, over)
    assert (await JobItem.filter(job_id=over).count(), job.can_retry) == (5, True)
    later(clock, days=2)
    owner = await given_owner(deps)
    job = await read_job(deps, owner, over)
    assert job.kept_until is not None
    assert (job.kept_until < deps.clock.now(), job.can_retry) == (True, False)
    with pytest.raises(JobIsOver):
        await retry_failed(deps, owner, over)
    await job_sql.sweep_results(deps.clock.now())
    assert (await job_items(deps, owner, over)).rows == ()
    assert await read_job(deps, owner, over) == job
    assert (job.done, job.failed, [result.number for result in job.results]) == (4, 1, [4, 1])
    assert await JobItem.filter(job_id=rests).count() == 5
