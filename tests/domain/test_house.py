"""The house opens whole or not at all, and has one deadline for its end."""

import asyncio
import gc
import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from domain import house
from domain.dependencies import Cipher, Dependencies
from domain.house import House
from domain.mail.worker import MailWorker
from domain.settings import Settings
from domain.unit_of_work import deed
from storage.database import DatabaseUrl
from storage.models import Job, JobItem
from tests.support.databases import PostgresDatabases, opened_as_served
from tests.support.hashing import WeakHasherForTests


class ClosedHasher(WeakHasherForTests):
    closed = False

    def close(self) -> None:
        self.closed = True
        super().close()


@pytest.fixture
def deps(settings: Settings) -> Dependencies:
    """On a database that nobody has opened."""
    return Dependencies(settings=settings, cipher=Cipher(settings.secret_key), hasher=ClosedHasher())


def threads() -> set[str]:
    """Those that a SQLite connection or a hasher would leave; the loop's own stay for the next test."""
    return {thread.name for thread in threading.enumerate() if not thread.name.startswith('asyncio')}


async def test_a_house_that_opens_halfway_closes_what_it_opened(
    deps: Dependencies, database: DatabaseUrl, request: pytest.FixtureRequest
) -> None:
    """A process that does not close its connections never exits."""
    before = threads()
    settings = deps.settings.model_copy(update={'smtp_url': 'nonsense://x'})
    with pytest.raises(ValueError, match='smtp'):
        await House(replace(deps, settings=settings)).__aenter__()
    assert isinstance(deps.hasher, ClosedHasher) and deps.hasher.closed
    assert deps.events.neighbours is None
    async with asyncio.timeout(2):
        while threads() != before:  # noqa: ASYNC110 - a thread of aiosqlite ends a moment after its connection
            await asyncio.sleep(0.01)
    if not database.is_sqlite:
        gc.collect()  # the pool that the fixture had opened goes with the objects that held it
        databases: PostgresDatabases = request.getfixturevalue('postgres_databases')
        await databases.until_nobody_is_connected(database)


async def test_sends_and_deeds_have_one_deadline(deps: Dependencies, monkeypatch: pytest.MonkeyPatch) -> None:
    """F14: what is in flight is waited for, so long in all and not so long each."""
    monkeypatch.setattr(house, 'FINISH_SECONDS', 1.0)
    monkeypatch.setattr(house, 'LAST_SECOND', 0.3)
    enough = asyncio.Event()

    async def stop_late(_: MailWorker, seconds: float) -> None:
        await asyncio.sleep(seconds)

    @deed
    async def long_deed() -> None:
        await enough.wait()

    monkeypatch.setattr(MailWorker, 'stop', stop_late)
    began = 0.0
    async with House(deps):
        task = asyncio.create_task(long_deed())
        await asyncio.sleep(0)
        began = time.monotonic()
    assert 0.9 < time.monotonic() - began < 1.6
    assert not task.done()
    enough.set()
    await task


async def test_what_became_of_whom_in_an_old_job_is_swept(deps: Dependencies, database: DatabaseUrl) -> None:
    """At the start, and every hour from then on."""
    async with opened_as_served(database):
        long_ago = deps.clock.now() - timedelta(days=91)
        job = await Job.create(kind='invite', state='done', params={}, created_at=long_ago, finished_at=long_ago)
        await JobItem.create(job_id=job.id, contact_id=1, contact_name='Clara Weiss', state='done', reason='invited')
    async with House(deps, mail=False), asyncio.timeout(10):
        while await JobItem.exists():  # noqa: ASYNC110 - the doing of the sweeper
            await asyncio.sleep(0.01)
        assert await Job.exists()
