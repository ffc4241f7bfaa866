"""Writes results together: what several lanes have to say while one commit is under way goes into the next.

A lane that asks gets its answer after the commit, so a result is safe on disk before its lane begins another mail.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import structlog

from domain.dependencies import Dependencies
from domain.mail.attempts import Result, write_results
from storage.database import StorageErrors
from storage.mail_claims import LeasedMail, Verdict

log = structlog.get_logger(__name__)
BETWEEN_TRIES = 0.5  # seconds


@dataclass(frozen=True)
class _Entry:
    done: Result | None
    upcoming: tuple[LeasedMail, str] | None
    answer: asyncio.Future[Verdict]


class Ledger:
    """One for a worker. `keep_trying` is how many seconds a database that does not answer is waited for."""

    def __init__(
        self, deps: Dependencies, keep_trying: float, spawn: Callable[[Coroutine[Any, Any, None]], object]
    ) -> None:
        self._deps = deps
        self._keep_trying = keep_trying
        self._spawn = spawn
        self._waiting: list[_Entry] = []
        self._writing = False

    def turn(self, done: Result | None, upcoming: tuple[LeasedMail, str] | None) -> asyncio.Future[Verdict]:
        """Write a result, and say whether the mail that comes next may be sent. The writing has begun; await the rest.

        Raises what the database raised, once it has been waited for long enough.
        """
        entry = _Entry(done, upcoming, asyncio.get_running_loop().create_future())
        self._waiting.append(entry)
        if not self._writing:
            self._writing = True
            self._spawn(self._write())
        return entry.answer

    async def _write(self) -> None:
        try:
            while self._waiting:
                entries, self._waiting = self._waiting, []
                await self._write_together(entries)
        finally:
            self._writing = False

    async def _write_together(self, entries: list[_Entry]) -> None:
        results = [entry.done for entry in entries if entry.done]
        upcoming = [entry.upcoming for entry in entries if entry.upcoming]
        try:
            verdicts = await self._surely(results, upcoming)
        except Exception as error:
            for entry in entries:
                if not entry.answer.done():
                    entry.answer.set_exception(error)
            return
        for entry in entries:
            if not entry.answer.done():
                mail_id = entry.upcoming[0].id if entry.upcoming else 0
                entry.answer.set_result(verdicts.get(mail_id, Verdict.LOST))

    async def _surely(self, results: list[Result], upcoming: list[tuple[LeasedMail, str]]) -> dict[int, Verdict]:
        """A result that is lost is a mail sent twice; so it is written as soon as the database is back (F10)."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._keep_trying
        while True:
            try:
                return await write_results(self._deps, results, upcoming)
            except StorageErrors:
                if not results or loop.time() > until:
                    raise
                log.warning('results wait for the database', mail_ids=[result.mail.id for result in results])
                await asyncio.sleep(BETWEEN_TRIES)
