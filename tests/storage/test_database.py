"""The engines are set up as promised, and the database itself refuses what must never be."""

import asyncio
import sqlite3
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from tortoise import connections
from tortoise.exceptions import BaseORMException, IntegrityError
from tortoise.transactions import in_transaction

from storage.database import DatabaseUrl, ping
from storage.models import AuditEvent, Contact, Invitation, Login
from tests.support.clock import START
from tests.support.databases import opened_as_served, postgres_only, sqlite_only

WRITER = """
import asyncio, sys
from storage.database import DatabaseUrl, open_database
from storage.models import Login
from tests.support.clock import START
from tortoise.transactions import in_transaction

async def main(url, name, times):
    async with open_database(DatabaseUrl(url)):
        for number in range(times):
            async with in_transaction():
                before = await Login.all().count()  # reads first: a deferred BEGIN would fail
                await Login.create(email=f'{name}-{number}-{before}@example.org', created_at=START)

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""


async def given_contact(name: str = 'Ann') -> Contact:
    return await Contact.create(
        kind='person', name=name, name_key=name.lower(), search_text=name.lower(), created_at=START, updated_at=START
    )


async def given_event() -> AuditEvent:
    return await AuditEvent.create(at=START, kind='contact:access:granted', actor_kind='system')


@sqlite_only
async def test_sqlite_is_set_to_lose_nothing(opened: DatabaseUrl) -> None:
    connection = connections.get('default')
    wanted = {'journal_mode': 'wal', 'foreign_keys': 1, 'synchronous': 2, 'busy_timeout': 8_000}
    for pragma, value in wanted.items():
        (row,) = await connection.execute_query_dict(f'PRAGMA {pragma}')
        assert list(row.values()) == [value], pragma


@sqlite_only
async def test_a_commit_does_not_pay_for_a_log_cut_short(opened: DatabaseUrl) -> None:
    """Tortoise would cut the log down to 16 KiB at each checkpoint, and every commit make it longer again."""
    (row,) = await connections.get('default').execute_query_dict('PRAGMA journal_size_limit')
    assert row['journal_size_limit'] > 4 * 2**20, 'more than what a checkpoint leaves of it'


@sqlite_only
async def test_two_processes_write_without_getting_in_each_others_way(database: DatabaseUrl) -> None:
    """F7: `database is locked` never comes at once, even to a transaction that reads before it writes."""
    root = Path(__file__).parents[2]
    writers = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, '-c', WRITER, database.url, name, '60'),
            cwd=root,
            env={'PYTHONPATH': str(root)},
            stderr=subprocess.PIPE,
        )
        for name in ('one', 'two')
    ]
    for writer in writers:
        _, errors = await writer.communicate()
        assert writer.returncode == 0, errors.decode()
    async with opened_as_served(database):
        assert await Login.all().count() == 120


@postgres_only
async def test_postgres_keeps_time_in_utc_and_text_in_utf8(opened: DatabaseUrl) -> None:
    connection = connections.get('default')
    (encoding,) = await connection.execute_query_dict('SHOW server_encoding')
    assert encoding['server_encoding'] == 'UTF8'
    kept = await given_contact('Zoë 🦊 עברית')
    again = await Contact.get(id=kept.id)
    assert (again.name, again.created_at) == (kept.name, START)
    assert again.created_at.utcoffset() == timedelta(0)


async def test_ping_answers(opened: DatabaseUrl) -> None:
    await ping()


async def test_times_come_back_as_they_went_in(opened: DatabaseUrl) -> None:
    later = START + timedelta(days=1, microseconds=1)
    await Login.create(email='ann@example.org', created_at=later)
    found = await Login.get(created_at__gt=START, created_at__lte=later)
    assert found.created_at == later
    assert found.created_at.tzinfo is not None


@pytest.mark.parametrize('change', ["UPDATE audit_event SET kind = 'nothing'", 'DELETE FROM audit_event'])
async def test_the_audit_log_cannot_be_edited(opened: DatabaseUrl, change: str) -> None:
    """R59: not by a query set, not by SQL."""
    event = await given_event()
    with pytest.raises((BaseORMException, sqlite3.Error), match='append-only'):
        await connections.get('default').execute_query(change)
    with pytest.raises((BaseORMException, sqlite3.Error), match='append-only'):
        await AuditEvent.filter(id=event.id).delete()
    assert (await AuditEvent.get(id=event.id)).kind == 'contact:access:granted'


@postgres_only
async def test_the_audit_log_cannot_be_emptied(opened: DatabaseUrl) -> None:
    """R59: nor by TRUNCATE, which fires no trigger of rows."""
    await given_event()
    with pytest.raises(BaseORMException, match='append-only'):
        await connections.get('default').execute_query('TRUNCATE audit_event')
    assert await AuditEvent.all().count() == 1


async def test_one_address_is_one_login_whatever_its_case(opened: DatabaseUrl) -> None:
    await Login.create(email='Ann@Example.org', created_at=START)
    assert (await Login.get()).email == 'ann@example.org'
    with pytest.raises(IntegrityError):
        await Login.create(email='ANN@example.ORG', created_at=START)
    assert await Login.filter(email='aNN@example.org').exists()


async def test_a_contact_has_one_open_invitation(opened: DatabaseUrl) -> None:
    contact = await given_contact()

    async def invite() -> Invitation:
        return await Invitation.create(
            contact=contact, email='ann@example.org', created_at=START, expires_at=START + timedelta(days=7)
        )

    first = await invite()
    with pytest.raises(IntegrityError):
        await invite()
    await Invitation.filter(id=first.id).update(cancelled_at=START)
    second = await invite()
    await Invitation.filter(id=second.id).update(accepted_at=START)
    await invite()
    assert await Invitation.filter(contact=contact).count() == 3


async def test_a_row_cannot_point_nowhere(opened: DatabaseUrl) -> None:
    """Foreign keys are on while the program runs, though they are off while it migrates."""
    with pytest.raises(IntegrityError):
        await Invitation.create(contact_id=404, email='a@example.org', created_at=START, expires_at=START)


@sqlite_only
async def test_a_begin_that_fails_leaves_the_connection_usable(
    database: DatabaseUrl, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F7: past the busy timeout an error comes, no deadlock, and the next try works."""
    monkeypatch.setattr('storage.database.BUSY_TIMEOUT_MS', 200)
    async with opened_as_served(database):
        other = sqlite3.connect(database.path, isolation_level=None)
        other.execute('BEGIN IMMEDIATE')
        began = time.monotonic()
        with pytest.raises(BaseORMException, match='locked'):
            async with in_transaction():
                pass
        assert 0.15 < time.monotonic() - began < 2
        assert await Login.all().count() == 0, 'readers go on'
        other.execute('ROLLBACK')
        other.close()
        async with in_transaction():
            await Login.create(email='ann@example.org', created_at=START)
        assert await Login.all().count() == 1
