"""A page that is told of many changes at once reads anew a few times a second, not once for each."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from nicegui import background_tasks, context

from domain.errors import SecondFactorNeeded, SignedOut
from domain.events import Event, MissedSome
from domain.language import language_in_use, speaking
from ui import live

log = structlog.get_logger(__name__)

PAUSE = 0.25  # seconds between two readings


class Refresher:
    def __init__(self, work: Callable[[Event | None], Awaitable[None]]) -> None:
        """`work` reads and shows again, in the page that is being built; never twice at a time.

        It is handed the newest change, None where there was no event. After a gap in the events it is called too.
        """
        self._work = work
        self._client, self._language = context.client, language_in_use.get()
        self._change: Event | None = None
        self._wanted = self._runs = False
        live.on(MissedSome, self.ask)

    def ask(self, change: Event | None = None) -> None:
        """Something changed: read again, now if nothing was read lately."""
        self._change = change
        self._wanted = True
        if not self._runs:
            self._runs = True
            background_tasks.create(self._run(), name='refresh a page')

    async def _run(self) -> None:
        try:
            while self._wanted and not self._client.is_deleted:
                self._wanted = False
                with self._client, speaking(self._language):
                    try:
                        await self._work(self._change)
                    except (SignedOut, SecondFactorNeeded):
                        return  # the page is being closed, or moved
                    except Exception:
                        log.exception('a page could not read again')
                await asyncio.sleep(PAUSE)
        finally:
            self._runs = False
