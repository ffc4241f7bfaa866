"""Sends what waits in the outbox, in the process that serves the pages, without ever holding one up.

A worker has a few lanes; each leases a small batch, sends it one mail after the other over its own connection, and
has each result written before it begins the next. So a kill can double at most one mail per lane (F1), and while a
server hangs only the lanes wait (F2). Leases are short and renewed while their worker lives: the mail of a dead one is
taken up within half a minute.

Every round runs in a task and context of its own: a database that restarts ends a round, never a lane (F10).
"""

import asyncio
import contextvars
from collections import deque
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from traceback import format_tb
from typing import Any

import structlog

from domain.dependencies import Dependencies
from domain.events import MailQueued, MailServerChanged
from domain.handover import MailServer
from domain.mail.attempts import Result, ended_link, poison, put_together, take_batch, tried
from domain.mail.ledger import Ledger
from domain.mail.paper import Logos
from domain.mail.server import server_in_use
from domain.mail.throttle import Throttle
from domain.mail.transport import Connection, Deferred, Delivered, Limits, Outcome, Refused, ServerFault
from storage import mail_claims
from storage.database import StorageErrors
from storage.mail_claims import LeasedMail, Verdict
from storage.models import PortalSettings

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Pace:
    """How a worker goes about it. Times in seconds."""

    lanes: int = 4
    batch: int = 20
    held_for: float = 30  # a lease; renewed every third of it
    longest_nap: float = 5  # mail that another process queues is found after that
    first_pause: float = 1  # after a fault of the mail server; doubled with each
    longest_pause: float = 15  # while it cannot be reached
    longest_pause_when_shut: float = 300  # while it does not let us in: hammering would get us locked out
    cuts_in_a_row: int = 3  # so many mails whose connection broke are a fault of the server
    after_database_fault: float = 1
    keep_writing_for: float = 60  # a result that the database would not take
    limits: Limits = field(default_factory=Limits)


class MailWorker:
    """`start()` it once the database is open, and `stop()` it before the database closes."""

    def __init__(self, deps: Dependencies, pace: Pace | None = None) -> None:
        self._deps = deps
        self._pace = pace or Pace()
        self._throttle = Throttle(deps.clock, deps.settings.mail_per_minute)
        self._gate = _Gate(self._pace)
        self._ledger = Ledger(deps, self._pace.keep_writing_for, self._spawn)
        self._logos = Logos()
        self._wakes: list[asyncio.Event] = []
        self._held: set[str] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._stopping = asyncio.Event()
        self._deaf: list[Any] = []

    def start(self) -> None:
        """Begin. As long as there is no mail server, it waits for one.

        Raises ValueError when FOYER_SMTP_URL cannot be used.
        """
        server_in_use(self._deps)
        self._deaf.append(self._deps.events.on(MailQueued, self._wake_up))
        self._deaf.append(self._deps.events.on(MailServerChanged, self._meet_the_server))
        for _ in range(self._pace.lanes):
            wake = asyncio.Event()
            self._wakes.append(wake)
            self._spawn(self._lane(wake, Link(self._deps, self._pace.limits)))
        self._spawn(self._keep_leases())

    async def stop(self, seconds: float = 8) -> None:
        """Finish the sends in flight (F14), at most so long, and put back what was not begun."""
        self._stopping.set()
        for stop_listening in self._deaf:
            stop_listening()
        self._wake_up(None)
        if self._tasks:
            _, late = await asyncio.wait(set(self._tasks), timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """A task in an empty context: no transaction of whoever started us reaches it."""
        task = asyncio.get_running_loop().create_task(work, context=contextvars.Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _wake_up(self, _: MailQueued | None) -> None:
        for wake in self._wakes:
            wake.set()

    def _meet_the_server(self, _: MailServerChanged) -> None:
        """What was learnt of the old one says nothing about the new one."""
        self._gate.open()
        self._wake_up(None)

    async def _lane(self, wake: asyncio.Event, link: 'Link') -> None:
        try:
            while not self._stopping.is_set():
                wake.clear()
                nap = await self._in_a_task_of_its_own(self._round(link))
                if nap:
                    await _either(wake, nap)
        finally:
            await link.close()

    async def _in_a_task_of_its_own(self, work: Coroutine[Any, Any, float]) -> float:
        """Seconds to rest. Whatever goes wrong inside is logged and ends here."""
        task = self._spawn(work)
        try:
            return float(await task)
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait({task}, timeout=1)
            raise
        except StorageErrors as error:
            log.warning('mail waits for the database', error=type(error).__name__)
        except Exception as error:
            where = format_tb(error.__traceback__)[-3:]  # neither message nor locals: they may hold a link (R60)
            log.error('mail worker stumbled', error=type(error).__name__, where=''.join(where))
        return self._pace.after_database_fault

    async def _round(self, link: 'Link') -> float:
        """Lease a batch and send it. Seconds to rest before the next."""
        connection = await link.connection()
        if connection is None:
            return self._pace.longest_nap
        if pause := self._gate.seconds_to_wait():
            return min(pause, self._pace.longest_nap)
        due = await mail_claims.next_due()
        until_due = (due - self._deps.clock.now()).total_seconds() if due else self._pace.longest_nap
        if until_due > 0:
            return min(max(until_due, 0.05), self._pace.longest_nap)
        permits = self._throttle.take(self._pace.batch)
        if not permits:
            return min(max(self._throttle.seconds_to_wait(), 0.05), self._pace.longest_nap)
        lease = self._deps.randomness.token()
        self._held.add(lease)
        try:
            permits -= await self._send_batch(connection, lease, permits)
        finally:
            self._held.discard(lease)
            self._throttle.give_back(permits)
        return 0

    async def _send_batch(self, connection: Connection, lease: str, limit: int) -> int:
        """How many mails the server was asked to take. An error leaves the lease to run out by itself."""
        held_for = timedelta(seconds=self._pace.held_for)
        batch = await take_batch(self._deps, lease, held_for, limit)
        if not batch:
            await asyncio.sleep(0.05)  # other workers were quicker
            return 0
        firm = await PortalSettings.get_or_none(id=1)
        logos = await self._logos.read()
        return await self._work_through(connection, lease, batch, firm.firm_name if firm else '', logos)

    async def _work_through(
        self,
        connection: Connection,
        lease: str,
        batch: list[LeasedMail],
        firm_name: str,
        logos: Mapping[str, bytes],
    ) -> int:
        done: Result | None = None
        asked = 0
        waiting = deque(batch)
        while waiting and not self._stopping.is_set() and not self._gate.seconds_to_wait():
            mail = waiting.popleft()
            turn = self._ledger.turn(done, (mail, lease))
            content = put_together(self._deps, mail, firm_name, logos)  # while the ledger writes
            verdict = await turn
            done = ended_link(mail, lease) if verdict is Verdict.LINK_ENDED else None
            if verdict is not Verdict.GO:
                continue
            if content is None:
                done = poison(mail, lease)
                continue
            outcome = await connection.send(content)
            asked += 1
            mail = replace(mail, tries=mail.tries + 1)  # the row was counted up when it was begun
            pause = timedelta(seconds=self._gate.learn(outcome))
            done = tried(mail, lease, outcome, content, pause, self._deps.randomness)
            told = log.debug if isinstance(outcome, Delivered) else log.info
            told('mail tried', mail_id=mail.id, tries=mail.tries, outcome=type(outcome).__name__.lower())
        if done is not None:
            await self._ledger.turn(done, None)
        if waiting:
            await mail_claims.release(lease)
        return asked

    async def _keep_leases(self) -> None:
        while not await _either(self._stopping, self._pace.held_for / 3):
            if self._held:
                await self._in_a_task_of_its_own(self._renew())

    async def _renew(self) -> float:
        until = self._deps.clock.now() + timedelta(seconds=self._pace.held_for)
        return float(await mail_claims.renew(sorted(self._held), until))


class Link:
    """A lane's connection to the mail server of the moment."""

    def __init__(self, deps: Dependencies, limits: Limits) -> None:
        self._deps, self._limits = deps, limits
        self._server: MailServer | None = None
        self._connection: Connection | None = None

    async def connection(self) -> Connection | None:
        """To the server that is set now; None while there is none."""
        server = server_in_use(self._deps)
        if server != self._server:
            await self.close()
            self._server, self._connection = server, Connection(server, self._limits) if server else None
        return self._connection

    async def close(self) -> None:
        """Say goodbye, briefly."""
        if self._connection is not None:
            await self._connection.close()


class _Gate:
    """Shut for a while after a fault of the mail server, longer each time; opened by the first mail it answers for."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._faults = 0
        self._cuts = 0
        self._until = 0.0

    def seconds_to_wait(self) -> float:
        return max(0.0, self._until - asyncio.get_running_loop().time())

    def open(self) -> None:
        """Forget what went wrong."""
        self._faults = self._cuts = 0
        self._until = 0.0

    def learn(self, outcome: Outcome) -> float:
        """How long nothing is to be sent now, in seconds."""
        match outcome:
            case Delivered() | Refused() | Deferred(cut=False):
                self._faults = self._cuts = 0
                return 0.0
            case Deferred():
                self._cuts += 1
                return self._shut(self._pace.longest_pause) if self._cuts >= self._pace.cuts_in_a_row else 0.0
            case ServerFault():
                return self._shut(self._pace.longest_pause_when_shut if outcome.shut else self._pace.longest_pause)

    def _shut(self, longest: float) -> float:
        now = asyncio.get_running_loop().time()
        if now >= self._until:  # lanes that fail together count once
            self._faults += 1
            self._until = now + min(self._pace.first_pause * 2 ** min(self._faults - 1, 16), longest)
        return self._until - now


async def _either(event: asyncio.Event, seconds: float) -> bool:
    """Wait for the event, so long at most; whether it came."""
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False
