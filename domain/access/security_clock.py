"""Puts a planned security mode in force on its date, and has the mails about a change written, while the process lives.

Every request and every event of a page asks the queries, which know the date. This only writes it down, within a
second, and so tells the pages that nobody is clicking in.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from domain.access.security_mode import put_planned_mode_in_force
from domain.access.security_notices import write_notices
from domain.dependencies import Dependencies
from domain.events import Event, MissedSome, SecurityChanged
from storage import queries
from storage.database import StorageErrors

log = structlog.get_logger(__name__)

LONGEST_SLEEP = 30.0  # seconds; clocks are set, machines sleep, and a neighbour's word may get lost
AFTER_AN_ERROR = 2.0  # seconds


class SecurityClock:
    def __init__(self, deps: Dependencies) -> None:
        """`start` inside the running loop, once the database is open."""
        self._deps = deps
        self._wakes: list[asyncio.Event] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._stops: list[Callable[[], None]] = []

    async def start(self) -> None:
        """What came due while nobody was there is put in force before the first request."""
        await put_planned_mode_in_force(self._deps)
        for kind in (SecurityChanged, MissedSome):
            self._stops.append(self._deps.events.on(kind, self._wake))
        for work in (self._keep_the_date, self._write_notices):
            wake = asyncio.Event()
            self._wakes.append(wake)
            self._tasks.append(asyncio.create_task(self._again_and_again(work, wake)))

    def stop(self) -> None:
        """A deed under way goes on to its end."""
        for stop in self._stops:
            stop()
        for task in self._tasks:
            task.cancel()

    def _wake(self, _: Event) -> None:
        for wake in self._wakes:
            wake.set()

    async def _again_and_again(self, work: Callable[[], Awaitable[float]], wake: asyncio.Event) -> None:
        while True:
            wake.clear()
            try:
                seconds = await work()
            except StorageErrors:
                log.warning('could not look after the security mode')
                seconds = AFTER_AN_ERROR
            except Exception:
                log.exception('could not look after the security mode')
                seconds = LONGEST_SLEEP
            try:
                async with asyncio.timeout(seconds):
                    await wake.wait()
            except TimeoutError:
                pass

    async def _keep_the_date(self) -> float:
        """Seconds until there may be something to do again."""
        await put_planned_mode_in_force(self._deps)
        due = (await queries.policy_row()).next_mode_from
        if due is None:
            return LONGEST_SLEEP
        left: timedelta = due - self._deps.clock.now()
        return min(max(left.total_seconds(), 0.01), LONGEST_SLEEP)

    async def _write_notices(self) -> float:
        await write_notices(self._deps)
        return LONGEST_SLEEP
