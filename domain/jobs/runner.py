"""Works through the jobs, in the process that serves the pages, a batch at a time.

One instance at a time, by a lease; the jobs that are due take turns. A batch is one transaction that holds what was
done, what became of each member, and how far the job has come: a kill loses and doubles nothing. How much is in a
batch follows from how long the last one took, so that no page waits for one, and between two of them the loop is left
to the pages. A fault of the database makes the jobs wait; a member that makes the program stumble fails alone, and so
does one that the database refuses.
"""

import asyncio
import contextvars
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from traceback import format_tb
from typing import Any

import structlog

from domain.dependencies import Dependencies
from domain.events import JobChanged, MissedSome
from domain.jobs.work import LeaseLost, Piece, end_stumbling, set_aside, take_lease, work_some
from storage import job_claims
from storage.database import ALREADY_THERE, StorageErrors, may_be_about_the_rows

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


class JobRunner:
    """`start()` it once the database is open, and `stop()` it before the database closes."""

    def __init__(self, deps: Dependencies, pace: Pace | None = None) -> None:
        self._deps = deps
        self._pace = pace or Pace()
        self._name = sha256(deps.randomness.token().encode()).hexdigest()[:32]
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._deaf: list[Callable[[], None]] = []
        self._last = 0
        self._holds = False
        self._limits: dict[int, int] = {}
        self._told: dict[int, float] = {}
        self._left: dict[int, float] = {}
        self._faults: dict[int, tuple[str, int]] = {}
        self._later: dict[int, float] = {}

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
        now = asyncio.get_running_loop().time()
        self._later = {job_id: at for job_id, at in self._later.items() if at > now}
        job_id = await job_claims.next_job(self._last, DUE, tuple(self._later))
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
        await self._batch(job_id)
        return 0

    async def _batch(self, job_id: int) -> None:
        clock = asyncio.get_running_loop().time
        limit, began = self._limits.get(job_id, self._pace.first), clock()
        tells = began - self._told.get(job_id, 0) >= self._pace.tell_every
        keeping = asyncio.create_task(self._keep_lease())
        try:
            piece = await work_some(self._deps, job_id, self._lease(), limit, self._worked_ms(job_id, began), tells)
        except LeaseLost:
            self._holds = False
            return
        except ALREADY_THERE as error:
            await self._stumbled(job_id, limit, error)
            return
        except StorageErrors as error:
            if not self._comes_again(job_id, error):
                raise
            await self._stumbled(job_id, limit, error)
            return
        except Exception as error:
            await self._stumbled(job_id, limit, error)
            return
        finally:
            keeping.cancel()
            self._left[job_id] = began
        took = clock() - began
        if tells or piece.over:
            self._told[job_id] = clock()
        if piece.not_now:
            self._later[job_id] = clock() + self._pace.longest_nap
            return
        self._learn(job_id, limit, piece, took)
        await asyncio.sleep(max(self._pace.shortest_rest, took * self._pace.rest))

    def _learn(self, job_id: int, limit: int, piece: Piece, took: float) -> None:
        if piece.over:
            for known in (self._limits, self._told, self._left, self._faults):
                known.pop(job_id, None)
            return
        if limit >= self._pace.smallest:
            self._faults.pop(job_id, None)
        if piece.handled >= limit or took > self._pace.aim:
            wanted = limit * min(max(self._pace.aim / max(took, 0.001), 0.5), 2)
            least = min(self._pace.smallest, 2 * limit)
            self._limits[job_id] = max(least, min(round(wanted), self._pace.largest))

    def _comes_again(self, job_id: int, error: Exception) -> bool:
        """Whether the database refuses a batch again and again for the same reason, one that its members may give.

        It is counted until a batch of a usual size gets through: smaller ones are those that look for the member.
        """
        if not may_be_about_the_rows(error):
            return False
        fault = f'{type(error).__name__}: {error}'
        known, times = self._faults.get(job_id, ('', 0))
        times = times + 1 if known == fault else 1
        self._faults[job_id] = (fault, times)
        return times >= SURELY

    async def _stumbled(self, job_id: int, limit: int, error: Exception) -> None:
        """Find the member that does it, by ever smaller batches; alone it is set aside."""
        log.error('a batch stumbled', job_id=job_id, members=limit, error=type(error).__name__, where=_where(error))
        if limit > 1:
            self._limits[job_id] = max(1, limit // 4)
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

    def _worked_ms(self, job_id: int, began: float) -> int:
        """The time since its last batch began, when that was just now: what its rate is measured by, turns included."""
        before = self._left.get(job_id)
        if before is None or began - before > LONGEST_TURN:
            return 0
        return round((began - before) * 1_000)

    async def _keep_lease(self) -> None:
        """While something takes long before its transaction."""
        while True:
            await asyncio.sleep(self._pace.held_for / 3)
            with suppress(*StorageErrors):
                await take_lease(self._deps, self._lease())


def _where(error: Exception) -> str:
    """Neither message nor locals: they may hold a link (R60)."""
    return ''.join(format_tb(error.__traceback__)[-3:])
