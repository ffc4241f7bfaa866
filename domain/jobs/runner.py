"""Works through the jobs, in the process that serves the pages, a batch at a time.

One instance at a time, by a lease; the jobs that are due take turns. A batch is one transaction that holds what was
done, what became of each member, and how far the job has come: a kill loses and doubles nothing. How much is in a
batch follows from how long the last one took, so that no page waits for one, and between two of them the loop is left
to the pages. A fault of the database makes the jobs wait; a member that makes the program stumble fails alone, and so
does one that the database refuses.
"""

import asyncio
import contextvars
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from math import inf
from traceback import format_tb
from typing import Any

import structlog

from domain.dependencies import Dependencies
from domain.events import JobChanged, MissedSome
from domain.jobs.kinds import let_go
from domain.jobs.work import LeaseLost, Piece, end_stumbling, set_aside, take_lease, work_some
from storage import job_claims
from storage.database import ALREADY_THERE, DatabaseUrl, StorageErrors, may_be_about_the_rows
from storage.serving import is_served

log = structlog.get_logger(__name__)

DUE = ('waiting', 'running')
SURELY = 5  # times in a row that the same fault of the database comes before it is put down to a member
LONGEST_TURN = 5.0  # seconds between two batches of a job; what is longer was no work


@dataclass(frozen=True)
class Pace:
    """How the runner goes about it. Times in seconds."""

    held_for: float = 6  # a lease; kept by each batch, and while one takes long
    longest_nap: float = 2  # a job that another process began is found after that
    aim: float = 0.06  # a batch should take so long
    smallest: int = 60  # fewer are not worth a transaction, however busy the machine; but for finding what stumbles
    first: int = 60
    largest: int = 250
    rest: float = 0.1  # so much of the time that a batch took, the loop is left to others
    shortest_rest: float = 0.002
    tell_every: float = 0.25  # pages are told of progress that often at most
    after_database_fault: float = 1


@dataclass
class _Known:
    """What the runner keeps of a job as long as it is due. Times are those of the loop."""

    limit: int  # members of the next batch
    began: float = -inf  # its last batch
    told: float = 0  # pages, of how far it has come
    rests_until: float = 0
    fault: str = ''  # of the database, the last time, and how often it came in a row
    faults: int = 0


class JobRunner:
    """`start()` it once the database is open, and `stop()` it before the database closes."""

    def __init__(self, deps: Dependencies, pace: Pace | None = None, *, only: int | None = None) -> None:
        """`only` is for a program beside those that serve: it works on this one job, and leaves it to them as long as
        there are any. Their pages hear of what they do themselves, and other jobs need not wait until it is over."""
        self._deps, self._only = deps, only
        self._pace = pace or Pace()
        self._name = sha256(deps.randomness.token().encode()).hexdigest()[:32]
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._deaf: list[Callable[[], None]] = []
        self._last = 0
        self._holds = False
        self._known: dict[int, _Known] = {}

    def start(self) -> None:
        """Begin, inside the running loop."""
        for kind in (JobChanged, MissedSome):
            self._deaf.append(self._deps.events.on(kind, lambda _: self._wake.set()))
        self._task = asyncio.get_running_loop().create_task(self._run(), context=contextvars.Context())

    async def stop(self, seconds: float = 5) -> None:
        """Finish the batch that is under way, at most so long; another instance may go on at once."""
        self._stopping.set()
        self._wake.set()
        for stop_listening in self._deaf:
            stop_listening()
        if self._task is not None:
            done, _ = await asyncio.wait({self._task}, timeout=seconds)
            if not done:
                self._task.cancel()

    async def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            nap = await self._surely(self._round())
            if nap:
                await self._rest(nap)
        for job_id in list(self._known):
            self._forget(job_id)
        if self._holds:
            await self._surely(self._give_back())

    async def _rest(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _surely(self, work: Coroutine[Any, Any, float]) -> float:
        """Seconds to rest. Whatever goes wrong inside is logged and ends here."""
        try:
            return await work
        except StorageErrors as error:
            log.warning('jobs wait for the database', error=type(error).__name__)
        except Exception as error:
            log.error('job runner stumbled', error=type(error).__name__, where=_where(error))
        return self._pace.after_database_fault

    async def _give_back(self) -> float:
        await job_claims.let_go(self._name, self._deps.clock.now())
        return 0

    async def _round(self) -> float:
        """Do one batch of the job whose turn it is. Seconds to rest before the next."""
        job_id = self._whose_turn(await self._due())
        if job_id is None:
            if self._holds:
                self._holds = False
                await self._give_back()
            return self._pace.longest_nap
        if not self._holds:
            self._holds = await take_lease(self._deps, self._lease())
        if not self._holds:
            return self._pace.longest_nap
        self._last = job_id
        await self._batch(job_id, self._known[job_id])
        return 0

    async def _due(self) -> list[int]:
        """The jobs that are ours to do. Of others nothing is kept."""
        due = await job_claims.due_jobs(DUE)
        if self._only is not None:
            is_ours = self._only in due and not await is_served(DatabaseUrl(self._deps.settings.database))
            due = [self._only] if is_ours else []
        for job_id in self._known.keys() - set(due):
            self._forget(job_id)
        for job_id in due:
            self._known.setdefault(job_id, _Known(self._pace.first))
        return due

    def _whose_turn(self, due: Sequence[int]) -> int | None:
        now = asyncio.get_running_loop().time()
        ready = [one for one in due if self._known[one].rests_until <= now]
        return next((one for one in ready if one > self._last), next(iter(ready), None))

    def _forget(self, job_id: int) -> None:
        self._known.pop(job_id, None)
        let_go(job_id)

    async def _batch(self, job_id: int, known: _Known) -> None:
        clock = asyncio.get_running_loop().time
        limit, began = known.limit, clock()
        tells = began - known.told >= self._pace.tell_every
        keeping = asyncio.create_task(self._keep_lease())
        try:
            piece = await work_some(self._deps, job_id, self._lease(), limit, _worked_ms(known, began), tells)
        except LeaseLost:
            self._holds = False
            return
        except ALREADY_THERE as error:
            await self._stumbled(job_id, known, error)
            return
        except StorageErrors as error:
            if not _comes_again(known, error):
                raise
            await self._stumbled(job_id, known, error)
            return
        except Exception as error:
            await self._stumbled(job_id, known, error)
            return
        finally:
            keeping.cancel()
            known.began = began
        took = clock() - began
        if tells:
            known.told = clock()
        if piece.over:
            self._forget(job_id)
        elif piece.not_now:
            known.rests_until = clock() + self._pace.longest_nap
        else:
            self._learn(known, limit, piece, took)
            await asyncio.sleep(max(self._pace.shortest_rest, took * self._pace.rest))

    def _learn(self, known: _Known, limit: int, piece: Piece, took: float) -> None:
        if limit >= self._pace.smallest:
            known.fault, known.faults = '', 0
        if piece.handled >= limit or took > self._pace.aim:
            wanted = limit * min(max(self._pace.aim / max(took, 0.001), 0.5), 2)
            least = min(self._pace.smallest, 2 * limit)
            known.limit = max(least, min(round(wanted), self._pace.largest))

    async def _stumbled(self, job_id: int, known: _Known, error: Exception) -> None:
        """Find the member that does it, by ever smaller batches; alone it is set aside."""
        log.error(
            'a batch stumbled', job_id=job_id, members=known.limit, error=type(error).__name__, where=_where(error)
        )
        if known.limit > 1:
            known.limit = max(1, known.limit // 4)
            return
        try:
            await set_aside(self._deps, job_id, self._lease())
        except Exception as second:
            if isinstance(second, StorageErrors) and not may_be_about_the_rows(second):
                raise
            log.error('a job stumbled', job_id=job_id, error=type(second).__name__, where=_where(second))
            await end_stumbling(self._deps, job_id, self._lease())

    def _lease(self) -> tuple[str, timedelta]:
        return self._name, timedelta(seconds=self._pace.held_for)

    async def _keep_lease(self) -> None:
        """While something takes long before its transaction."""
        while True:
            await asyncio.sleep(self._pace.held_for / 3)
            with suppress(*StorageErrors):
                await take_lease(self._deps, self._lease())


def _worked_ms(known: _Known, began: float) -> int:
    """The time since its last batch began, when that was just now: what its rate is measured by, turns included."""
    since = began - known.began
    return round(since * 1_000) if since <= LONGEST_TURN else 0


def _comes_again(known: _Known, error: Exception) -> bool:
    """Whether the database refuses a batch again and again for the same reason, one that its members may give.

    It is counted until a batch of a usual size gets through: smaller ones are those that look for the member.
    """
    if not may_be_about_the_rows(error):
        return False
    fault = f'{type(error).__name__}: {error}'
    known.fault, known.faults = fault, known.faults + 1 if known.fault == fault else 1
    return known.faults >= SURELY


def _where(error: Exception) -> str:
    """Neither message nor locals: they may hold a link (R60)."""
    return ''.join(format_tb(error.__traceback__)[-3:])
