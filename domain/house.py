"""What runs as long as the process does: the database, the mail worker, the jobs, the clocks of a planned change, of
reminders and of reports, whoever looks at the firm's own domain, the clean-up."""

import asyncio
from contextlib import AsyncExitStack
from functools import partial
from types import TracebackType

import structlog

from domain.access.recovery_codes import SHOWN_FOR
from domain.access.security_clock import SecurityClock
from domain.contacts.job_kinds import register_kinds
from domain.contacts.reminders import keep_reminding
from domain.dependencies import Dependencies
from domain.events import CustomDomainChanged, MailQueued, MissedSome, ReportSchedulesChanged, SettingsChanged
from domain.jobs.runner import JobRunner
from domain.mail import server
from domain.mail.worker import MailWorker
from domain.neighbours import Neighbours
from domain.portal.domain_in_use import keep_learning, learn_whereabouts
from domain.portal.domain_watch import keep_watching
from domain.portal.report_schedules import keep_sending_reports
from domain.repeating import Repeating
from domain.unit_of_work import finish_deeds
from storage import claims, import_files, job_sql, second_factor_claims, upkeep
from storage.database import DatabaseUrl, StorageErrors, open_database, postgres_credentials, probe
from storage.notices import Listener
from storage.serving import serving

__all__ = ['House', 'StorageErrors', 'check_database_url', 'reach_database']

log = structlog.get_logger(__name__)

SWEEP_EVERY = 3_600.0  # seconds
FINISH_SECONDS = 5.0  # for sends and deeds together; web.py gives requests what is left of ten (F14)
JOBS_SECONDS = 2.0  # for the batch of a job that is under way; what is left goes on at the next start
LAST_SECOND = 1.0  # of these, in which what an interrupted send leaves behind is written


def check_database_url(url: str) -> None:
    """Raises ValueError with the reason when this URL cannot be used."""
    database = DatabaseUrl(url)
    if not database.is_sqlite:
        postgres_credentials(database)


async def reach_database(url: str) -> None:
    """Raises one of `StorageErrors` when the database cannot be used."""
    await probe(DatabaseUrl(url))


class House:
    """Opened before the first request, closed after the last: deeds and sends in flight are finished (F14)."""

    def __init__(self, deps: Dependencies, *, mail: bool = True) -> None:
        self._deps, self._mail = deps, mail
        register_kinds()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> 'House':
        async with AsyncExitStack() as stack:  # what fails halfway leaves nothing open
            await stack.enter_async_context(open_database(DatabaseUrl(self._deps.settings.database)))
            stack.callback(self._deps.hasher.close)
            if self._mail:
                stack.enter_context(serving(DatabaseUrl(self._deps.settings.database)))
            await self._meet_the_neighbours(stack)
            stack.callback(server.keep_learning(self._deps))
            await server.learn_handover(self._deps)
            stack.callback(keep_learning(self._deps))
            await learn_whereabouts(self._deps)
            worker, runner = MailWorker(self._deps), JobRunner(self._deps)
            if self._mail:
                worker.start()
                runner.start()
            stack.push_async_callback(_finish, worker)
            stack.push_async_callback(runner.stop, JOBS_SECONDS)
            clock = SecurityClock(self._deps)
            stack.callback(clock.stop)
            await clock.start()
            if self._mail:
                self._write_mail_by_itself(stack)
            sweeper = asyncio.create_task(self._sweep())
            stack.callback(sweeper.cancel)
            self._stack = stack.pop_all()
        return self

    def _write_mail_by_itself(self, stack: AsyncExitStack) -> None:
        """What is due at a time, and what came due while nothing ran."""
        for one in (
            Repeating(self._deps, 'remind of invitations', partial(keep_reminding, self._deps), SettingsChanged),
            Repeating(
                self._deps, 'announce reports', partial(keep_sending_reports, self._deps), ReportSchedulesChanged
            ),
            Repeating(self._deps, 'look at the domain', partial(keep_watching, self._deps), CustomDomainChanged),
        ):
            stack.callback(one.stop)
            one.start()

    async def _meet_the_neighbours(self, stack: AsyncExitStack) -> None:
        """Several instances share a PostgreSQL; they tell each other what happens."""
        database = DatabaseUrl(self._deps.settings.database)
        if database.is_sqlite:
            return
        bus = self._deps.events
        neighbours = Neighbours(bus, self._deps.randomness.token())
        listener = Listener(database, neighbours.hear, self._catch_up, serves=self._mail)
        await listener.start()
        stack.push_async_callback(listener.stop)
        bus.neighbours = neighbours
        stack.callback(setattr, bus, 'neighbours', None)

    async def _catch_up(self) -> None:
        self._deps.events.publish_here(MissedSome(), MailQueued())

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def _sweep(self) -> None:
        while True:
            try:
                now = self._deps.clock.now()
                await claims.sweep(now)
                await second_factor_claims.unseal_codes_made_before(now - SHOWN_FOR)
                await import_files.sweep_files(now)
                await job_sql.sweep_results(now)
                await upkeep.settle_contacts()
            except StorageErrors:
                log.warning('could not clean up')
            await asyncio.sleep(SWEEP_EVERY)


async def _finish(worker: MailWorker) -> None:
    """Sends and deeds in flight, with one deadline for both."""
    clock = asyncio.get_running_loop().time
    deadline = clock() + FINISH_SECONDS
    await worker.stop(FINISH_SECONDS - LAST_SECOND)
    await finish_deeds(max(deadline - clock(), LAST_SECOND))
