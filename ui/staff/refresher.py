"""A page that is told of many changes at once reads anew a few times a second, not once for each."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from nicegui import background_tasks, context

from domain.errors import SignedOut

log = structlog.get_logger(__name__)

PAUSE = 0.25  # seconds between two readings


class Refresher:
    def __init__(self, work: Callable[[], Awaitable[None]]) -> None:
        """`work` reads and shows again, in the page that is being built."""
        self._work = work
        self._client = context.client
        self._wanted = self._runs = False

    def ask(self, _: object = None) -> None:
        """Something changed: read again, now if nothing was read lately."""
        self._wanted = True
        if not self._runs:
            self._runs = True
            background_tasks.create(self._run(), name='refresh a page')

    async def _run(self) -> None:
        try:
            while self._wanted and not self._client.is_deleted:
                self._wanted = False
                with self._client:
                    try:
                        await self._work()
                    except SignedOut:
                        return  # the page is being closed
                    except Exception:
                        log.exception('a page could not read again')
                await asyncio.sleep(PAUSE)
        finally:
            self._runs = False
