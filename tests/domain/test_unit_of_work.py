"""One deed, one transaction, nothing left hanging (F7, F13)."""

import asyncio
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from tortoise.exceptions import OperationalError

from domain.dependencies import Dependencies
from domain.events import ContactsChanged, Event, PresenceChanged
from domain.unit_of_work import deed, finish_deeds, unit_of_work
from storage.database import DatabaseUrl
from storage.models import Login
from tests.support.databases import opened_as_served, sqlite_only

HOLDER = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute('BEGIN IMMEDIATE')
print('held', flush=True)
time.sleep(float(sys.argv[2]))
connection.execute('COMMIT')
"""


@dataclass
class Refused(Exception):
    """What a deed of this test raises."""


@deed
async def add_login(deps: Dependencies, email: str, *, pause: float = 0.0, fail: bool = False) -> int:
    async with unit_of_work(deps) as work:
        login = await Login.create(email=email, created_at=work.now)
        work.tell(ContactsChanged((login.id,)))
        await asyncio.sleep(pause)
        await Login.filter(id=login.id).update(last_sign_in_method='link')
        if fail:
            raise Refused()
        return int(login.id)


@deed
async def add_two_logins(deps: Dependencies, *, fail: bool = False) -> None:
    await add_login(deps, 'one@example.org')
    await add_login(deps, 'two@example.org', fail=fail)


def heard(deps: Dependencies) -> list[Event]:
    """Fills with what is published from now on."""
    events: list[Event] = []
    deps.events.on(ContactsChanged, events.append)
    deps.events.on(PresenceChanged, events.append)
    return events


@contextmanager
def write_lock_held(database: DatabaseUrl, seconds: float) -> Iterator[None]:
    """Another process holds the write lock of the SQLite file."""
    holder = subprocess.Popen(
        [sys.executable, '-c', HOLDER, str(database.path), str(seconds)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout
    try:
        assert holder.stdout.readline() == 'held\n'
        yield
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()


async def test_what_a_deed_wrote_is_there_and_told_afterwards(deps: Dependencies) -> None:
    events = heard(deps)
    login_id = await add_login(deps, 'ann@example.org')
    assert events == [ContactsChanged((login_id,))]
    assert (await Login.get(id=login_id)).created_at == deps.clock.now()


async def test_nothing_is_told_before_the_commit(deps: Dependencies) -> None:
    """A listener that reads at once finds what it was told about, from outside of the transaction."""
    found: list[bool] = []

    async def look(event: ContactsChanged) -> None:
        found.append(await Login.filter(id=event.contact_ids[0], last_sign_in_method='link').exists())

    deps.events.on(ContactsChanged, look)
    await add_login(deps, 'ann@example.org', pause=0.05)
    for _ in range(100):
        if found:
            break
        await asyncio.sleep(0.01)
    assert found == [True]


async def test_a_deed_that_fails_leaves_nothing_and_tells_nothing(deps: Dependencies) -> None:
    events = heard(deps)
    with pytest.raises(Refused):
        await add_login(deps, 'ann@example.org', fail=True)
    assert events == []
    assert await Login.all().count() == 0


async def test_a_listener_that_fails_undoes_nothing(deps: Dependencies) -> None:
    def fail(_: ContactsChanged) -> None:
        raise Refused()

    deps.events.on(ContactsChanged, fail)
    events = heard(deps)
    await add_login(deps, 'ann@example.org')
    assert await Login.all().count() == 1
    assert len(events) == 1


async def test_a_unit_of_work_needs_a_deed(deps: Dependencies) -> None:
    with pytest.raises(RuntimeError, match='@deed'):
        async with unit_of_work(deps):
            pass


async def test_a_deed_within_a_deed_runs_in_its_task(deps: Dependencies) -> None:
    with pytest.raises(Refused):
        await add_two_logins(deps, fail=True)
    assert [row.email for row in await Login.all()] == ['one@example.org'], 'each unit of work is its own transaction'


async def test_a_task_started_by_a_listener_is_outside_of_the_deed(deps: Dependencies) -> None:
    """A listener inherits neither the transaction nor the permission to open one."""
    answers: list[str] = []

    async def try_it(_: ContactsChanged) -> None:
        try:
            async with unit_of_work(deps):
                answers.append('open')
        except RuntimeError:
            answers.append('refused')

    deps.events.on(ContactsChanged, try_it)
    await add_login(deps, 'ann@example.org')
    await asyncio.sleep(0.05)
    assert answers == ['refused']


async def test_a_caller_that_goes_away_changes_nothing_about_the_deed(deps: Dependencies) -> None:
    events = heard(deps)
    caller = asyncio.create_task(add_login(deps, 'ann@example.org', pause=0.1))
    await asyncio.sleep(0.05)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    await finish_deeds(5)
    assert await Login.all().count() == 1
    assert len(events) == 1


async def test_a_thousand_deeds_cancelled_in_their_transaction(deps: Dependencies) -> None:
    """F13: no deadlock, nothing half-written, and the database is as usable as before."""
    dice = random.Random(13)
    events = heard(deps)
    for batch in range(10):
        callers = [
            asyncio.create_task(add_login(deps, f'ann-{batch}-{number}@example.org', pause=0.0005))
            for number in range(100)
        ]
        for caller in dice.sample(callers, len(callers)):
            await asyncio.sleep(dice.random() * 0.001)
            caller.cancel()
        await asyncio.gather(*callers, return_exceptions=True)
        await finish_deeds(30)
    written = await asyncio.wait_for(Login.all().count(), 5)
    assert written == await Login.filter(last_sign_in_method='link').count() == len(events)
    assert written > 300, 'most were in their transaction when their caller left'
    for number in range(20):  # more than the pool holds
        await asyncio.wait_for(add_login(deps, f'afterwards-{number}@example.org'), 5)


@sqlite_only
async def test_a_lock_of_four_seconds_is_unseen(deps: Dependencies, database: DatabaseUrl) -> None:
    """F7."""
    with write_lock_held(database, 4):
        began = time.monotonic()
        await add_login(deps, 'ann@example.org')
        assert 3 < time.monotonic() - began < 7
    assert await Login.all().count() == 1


@sqlite_only
async def test_a_lock_past_the_timeout_is_an_error_and_no_deadlock(
    database: DatabaseUrl, settings: object, hasher: object, clock: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F7: several deeds fail one after the other, reads go on, and the next deed after the lock works."""
    monkeypatch.setattr('storage.database.BUSY_TIMEOUT_MS', 300)
    deps = Dependencies(settings=settings, cipher=None, hasher=hasher, clock=clock)  # type: ignore[arg-type]
    async with opened_as_served(database):
        with write_lock_held(database, 60):
            tries = [add_login(deps, f'{number}@example.org') for number in range(3)]
            answers = await asyncio.wait_for(asyncio.gather(*tries, return_exceptions=True), 10)
            assert all(isinstance(answer, OperationalError) for answer in answers), answers
            assert await asyncio.wait_for(Login.all().count(), 5) == 0
        await asyncio.wait_for(add_login(deps, 'ann@example.org'), 5)
        assert [row.email for row in await Login.all()] == ['ann@example.org']


@sqlite_only
async def test_a_commit_that_was_answered_is_on_disk(deps: Dependencies, database: DatabaseUrl) -> None:
    """Seen at once by another connection to the same file."""
    await add_login(deps, 'ann@example.org')
    other = sqlite3.connect(database.path)
    assert other.execute('SELECT email FROM login').fetchall() == [('ann@example.org',)]
    other.close()
