"""A runner for one job alone, as a command in a terminal starts it; and what any runner keeps of jobs."""

import pytest

from domain.contacts.importing import run
from domain.contacts.importing.run import ImportKind
from domain.contacts.job_kinds import register_kinds
from domain.dependencies import Dependencies
from domain.jobs import kinds
from domain.jobs.jobs import cancel_job, pause_job, read_job, start_job
from domain.jobs.kinds import JobState
from domain.jobs.runner import JobRunner, Pace
from storage.database import DatabaseUrl
from storage.models import Job, JobItem
from storage.notices import Listener
from storage.serving import is_served, serving
from tests.domain.contacts.importing.files import begun, csv, look_at
from tests.domain.jobs.letters import Letters
from tests.domain.jobs.running import QUICK, over, until
from tests.factories import given_contact, given_owner
from tests.support.databases import postgres_only, sqlite_only

SLOWLY = Pace(longest_nap=0.05, shortest_rest=0.05, first=1, smallest=1, largest=1)


async def test_it_leaves_all_others_alone(deps: Dependencies, letters: Letters) -> None:
    """One that waits its turn and came first is not begun, one that rests stays at rest."""
    owner = await given_owner(deps)
    ids = [(await given_contact(deps, f'Client {one}', f'c{one}@x.example')).id for one in range(6)]
    waiting, resting, ours = [await start_job(deps, owner, 'letters', {'ids': ids}) for _ in range(3)]
    await pause_job(deps, owner, resting)
    runner = JobRunner(deps, QUICK, only=ours)
    runner.start()
    try:
        (job,) = await over(deps, owner, ours)
    finally:
        await runner.stop()
    assert (job.state, job.done) == (JobState.DONE, 6)
    assert {job_id for job_id, _ in letters.batches} == {ours}
    assert [(await read_job(deps, owner, one)).state for one in (waiting, resting)] == [
        JobState.WAITING, JobState.PAUSED
    ]  # fmt: skip
    assert await JobItem.exclude(job_id=ours).count() == 0


@sqlite_only
async def test_whoever_serves_a_file_does_its_jobs(deps: Dependencies, letters: Letters, database: DatabaseUrl) -> None:
    """It is left to them as long as they live, and not a moment longer."""
    owner = await given_owner(deps)
    job_id = await start_job(deps, owner, 'letters', {'ids': [(await given_contact(deps, 'Client', 'c@x.example')).id]})
    runner = JobRunner(deps, QUICK, only=job_id)
    with serving(database), serving(database):
        assert await is_served(database)
        runner.start()
        naps = 3 * QUICK.longest_nap
        with pytest.raises(TimeoutError):
            await until(lambda: has_begun(job_id), naps)
    try:
        assert not await is_served(database)
        (job,) = await over(deps, owner, job_id)
    finally:
        await runner.stop()
    assert job.done == 1


async def has_begun(job_id: int) -> bool:
    return (await Job.get(id=job_id)).state != JobState.WAITING


@postgres_only
async def test_who_serves_a_server_says_so_as_long_as_it_is_connected(opened: DatabaseUrl) -> None:
    """Whoever only listens, as a command does, does not."""

    async def nothing() -> None:
        return

    commands = Listener(opened, lambda _: None, nothing)
    serves = [Listener(opened, lambda _: None, nothing, serves=True) for _ in range(2)]
    await commands.start()
    try:
        assert not await is_served(opened)
        for one in serves:
            await one.start()
        for one in serves:
            assert await is_served(opened)
            await one.stop()

        async def nobody() -> bool:
            return not await is_served(opened)

        await until(nobody, 5)
    finally:
        await commands.stop()


@pytest.mark.parametrize('steer', [pause_job, cancel_job])
async def test_nothing_is_kept_of_a_job_that_is_not_due(
    deps: Dependencies, steer: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither its pace nor the file that it read is in memory once it rests, or is over."""
    monkeypatch.setattr(run, 'LEAST', 1)
    register_kinds()
    owner = await given_owner(deps)
    job_id = await begun(deps, owner, await look_at(deps, owner, csv(*(f'C{one},,,,,' for one in range(200)))))
    kind = kinds.kind_of('import')
    assert isinstance(kind, ImportKind)
    runner = JobRunner(deps, SLOWLY)
    runner.start()
    try:

        async def is_read() -> bool:
            return job_id in kind._readings and job_id in runner._known

        async def is_forgotten() -> bool:
            return job_id not in kind._readings and job_id not in runner._known

        await until(is_read)
        await steer(deps, owner, job_id)  # type: ignore[operator]
        await until(is_forgotten, 5)
    finally:
        await runner.stop()
    assert (await read_job(deps, owner, job_id)).handled < 200
