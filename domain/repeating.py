"""What is done again and again as long as the process lives: each turn says how long the next may wait."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from domain.dependencies import Dependencies
from domain.events import Event, MissedSome
from storage.database import StorageErrors

log = structlog.get_logger(__name__)

LONGEST_SLEEP = 30.0  # seconds; clocks are set, machines sleep, and a neighbour's word may get lost
AFTER_AN_ERROR = 2.0  # seconds


class Repeating:
    def __init__(
        self, deps: Dependencies, what: str, turn: Callable[[], Awaitable[float]], *woken_by: type[Event]
    ) -> None:
        """`turn` answers with the seconds until there may be something to do again; an event of these kinds, or having
        missed some, begins the next at once. `what` it does, for the log, after "could not"."""
        self._deps, self._what, self._turn = deps, what, turn
        self._woken_by = (*woken_by, MissedSome)
        self._wake = asyncio.Event()
        self._stops: list[Callable[[], None]] = []
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Inside the running loop, once the database is open."""
        self._stops = [self._deps.events.on(kind, lambda _: self._wake.set()) for kind in self._woken_by]
        self._task = asyncio.create_task(self._again_and_again())

    def stop(self) -> None:
        """A deed under way goes on to its end."""
        for stop in self._stops:
            stop()
        if self._task is not None:
            self._task.cancel()

    async def _again_and_again(self) -> None:
        while True:
            self._wake.clear()
            try:
                seconds = await self._turn()
            except StorageErrors:
                log.warning(f'could not {self._what}')
                seconds = AFTER_AN_ERROR
            except Exception:
                log.exception(f'could not {self._what}')
                seconds = LONGEST_SLEEP
            try:
                async with asyncio.timeout(min(max(seconds, 0.01), LONGEST_SLEEP)):
                    await self._wake.wait()
            except TimeoutError:
                pass
