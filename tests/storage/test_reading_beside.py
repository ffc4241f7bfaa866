"""On SQLite, what is read outside of a transaction waits for none."""

import asyncio
import sqlite3
import time

import pytest
from tortoise import connections
from tortoise.exceptions import OperationalError
from tortoise.transactions import in_transaction

from storage.database import DatabaseUrl
from storage.models import Login
from tests.support.clock import START
from tests.support.databases import sqlite_only

pytestmark = sqlite_only


async def test_a_read_does_not_wait_for_a_transaction_and_sees_what_was_committed(opened: DatabaseUrl) -> None:
    await Login.create(email='before@example.org', created_at=START)
    written, read = asyncio.Event(), asyncio.Event()

    async def write() -> None:
        async with in_transaction():
            await Login.create(email='within@example.org', created_at=START)
            assert await Login.all().count() == 2, 'a transaction sees what it wrote'
            written.set()
            await read.wait()

    writing = asyncio.create_task(write())
    await written.wait()
    assert await asyncio.wait_for(Login.all().count(), 2) == 1
    read.set()
    await writing
    assert await Login.all().count() == 2


async def test_what_was_written_is_read_at_once(opened: DatabaseUrl) -> None:
    for number in range(1, 30):
        await Login.create(email=f'{number}@example.org', created_at=START)
        assert await Login.all().count() == number
        await Login.filter(email=f'{number}@example.org').update(last_sign_in_method='code')
        assert await Login.filter(last_sign_in_method='code').count() == number


async def test_another_process_that_writes_stops_no_read(opened: DatabaseUrl) -> None:
    """F7."""
    await Login.create(email='ann@example.org', created_at=START)
    other = sqlite3.connect(opened.path, isolation_level=None)
    other.execute('BEGIN IMMEDIATE')
    began = time.monotonic()
    assert await Login.all().count() == 1
    assert time.monotonic() - began < 1
    other.execute('ROLLBACK')
    other.close()


async def test_the_reader_cannot_write(opened: DatabaseUrl) -> None:
    await Login.all().count()
    reader = connections.get('default')._readers[0]  # type: ignore[attr-defined]
    with pytest.raises(OperationalError, match='readonly'):
        await reader.execute_query('DELETE FROM login')


async def test_closing_folds_the_log_into_the_file(opened: DatabaseUrl) -> None:
    await Login.create(email='ann@example.org', created_at=START)
    await Login.all().count()
    await connections.get('default').close()
    assert not opened.path.with_name(opened.path.name + '-wal').exists()


async def test_a_long_look_holds_up_no_other(opened: DatabaseUrl) -> None:
    """Somebody counts every row; whoever reads a page meanwhile has it at once."""
    every_row = (
        'SELECT count(*) AS number FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n '
        'WHERE i < 10000000) SELECT i FROM n)'
    )
    counting = asyncio.create_task(connections.get('default').execute_query_dict(every_row))
    await asyncio.sleep(0.02)
    for _ in range(5):
        assert await Login.all().count() == 0
    assert not counting.done()
    assert await counting == [{'number': 10_000_000}]
