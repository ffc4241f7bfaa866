"""One deed, one transaction, and nothing left hanging when a browser goes away.

A browser that closes its page cancels the task that serves it. Cancelled between Tortoise's BEGIN and COMMIT, that task
would take the connection with it. So a deed runs in a task of its own that the caller's cancellation does not reach:
`@deed` starts that task, and `unit_of_work` refuses to run anywhere else.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from tortoise.transactions import in_transaction

from domain.dependencies import Dependencies
from domain.events import Event
from storage.database import WORTH_ANOTHER_TRY

MOST_TRIES = 3

P = ParamSpec('P')
R = TypeVar('R')

_inside_a_deed: ContextVar[bool] = ContextVar('inside a deed', default=False)
_inside_a_unit: ContextVar[bool] = ContextVar('inside a unit of work', default=False)
_running: set[asyncio.Task[Any]] = set()


def deed(action: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, Coroutine[Any, Any, R]]:
    """Run the action to its end even when its caller is cancelled. A deed called by a deed runs in the same task.

    A deed that PostgreSQL ended because it and another waited for each other is begun again: nothing of it was written.
    """

    @wraps(action)
    async def shielded(*args: P.args, **kwargs: P.kwargs) -> R:
        if _inside_a_deed.get():
            return await action(*args, **kwargs)

        async def run() -> R:
            _inside_a_deed.set(True)
            for _ in range(MOST_TRIES - 1):
                with suppress(*WORTH_ANOTHER_TRY):
                    return await action(*args, **kwargs)
            return await action(*args, **kwargs)

        task = asyncio.create_task(run())
        _running.add(task)
        task.add_done_callback(_finished)
        return await asyncio.shield(task)

    return shielded


def _finished(task: asyncio.Task[Any]) -> None:
    _running.discard(task)
    if not task.cancelled():
        task.exception()  # a caller that went away does not fetch it; without this asyncio would complain


async def finish_deeds(seconds: float) -> None:
    """Wait for the deeds that still run, at most so long. For the end of the process."""
    if _running:
        await asyncio.wait(set(_running), timeout=seconds)


@dataclass
class Work:
    """What a deed holds while its transaction is open. `job_id`: what is written now is the doing of this job."""

    deps: Dependencies
    now: datetime
    events: list[Event] = field(default_factory=list)
    job_id: int | None = None

    def tell(self, *events: Event) -> None:
        """Publish these after the commit; never, if there is none."""
        self.events.extend(events)


@asynccontextmanager
async def unit_of_work(deps: Dependencies) -> AsyncIterator[Work]:
    """One transaction. Its events are published after the commit. `work.now` is the one time of the deed, UTC.

    Raises RuntimeError outside of a deed, and inside another unit of work: hand its `work` on instead.
    """
    if not _inside_a_deed.get():
        raise RuntimeError('a unit of work runs inside a function marked @deed')
    if _inside_a_unit.get():
        raise RuntimeError('a unit of work inside another would tell of what the outer one may still undo')
    work = Work(deps, deps.clock.now())
    mark = _inside_a_unit.set(True)
    try:
        async with in_transaction():
            yield work
            if deps.events.neighbours is not None:
                await deps.events.neighbours.tell(work.events)
    finally:
        _inside_a_unit.reset(mark)
    deps.events.publish_here(*work.events)
