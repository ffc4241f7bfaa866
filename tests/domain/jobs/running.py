"""Jobs at work in a test."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from domain.actors import StaffActor
from domain.dependencies import Dependencies
from domain.jobs.jobs import JobView, job_items, read_job
from domain.jobs.kinds import JobState
from domain.jobs.runner import JobRunner, Pace

QUICK = Pace(longest_nap=0.05, rest=0, first=4, smallest=4, largest=4, after_database_fault=0.05, tell_every=0)


@asynccontextmanager
async def running(deps: Dependencies, pace: Pace = QUICK) -> AsyncIterator[JobRunner]:
    """The runner of one instance."""
    runner = JobRunner(deps, pace)
    runner.start()
    try:
        yield runner
    finally:
        await runner.stop()


async def until(true: Callable[[], Awaitable[bool]], seconds: float = 30) -> None:
    """Wait for it."""
    async with asyncio.timeout(seconds):
        while not await true():  # noqa: ASYNC110 - the doing of a runner
            await asyncio.sleep(0.01)


async def over(deps: Dependencies, actor: StaffActor, *job_ids: int) -> list[JobView]:
    """The jobs, once each has come to rest."""

    async def rest() -> bool:
        views = [await read_job(deps, actor, job_id) for job_id in job_ids]
        return all(view.is_over or view.state is JobState.PAUSED for view in views)

    await until(rest)
    return [await read_job(deps, actor, job_id) for job_id in job_ids]


async def worked_off(deps: Dependencies, actor: StaffActor, job_id: int, pace: Pace = QUICK) -> JobView:
    """The job, worked through by one instance."""
    async with running(deps, pace):
        (job,) = await over(deps, actor, job_id)
    return job


async def outcomes(deps: Dependencies, actor: StaffActor, job_id: int) -> dict[str, str]:
    """What became of each contact, by name: `state reason`."""
    found: dict[str, str] = {}
    after: Any = 0
    while after is not None:
        page = await job_items(deps, actor, job_id, after=after, limit=100)
        found |= {row.name: f'{row.state.value} {row.reason}' for row in page.rows}
        after = page.next_after
    return found
