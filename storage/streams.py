"""Large results in chunks, with flat memory, beside the connection everybody else uses.

On SQLite a second, read-only connection reads in a thread, so that a report of a million rows neither waits for the
writer nor makes it wait (WAL gives it the database as it was when it began). On PostgreSQL a server-side cursor does,
on a connection of its own: a reader takes as long as it likes, and whoever waits for the pool must not wait for it.
`convert` turns each chunk into what leaves; on SQLite it runs in the thread too.
"""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import asyncpg
from tortoise import connections

from storage.sql import in_dialect, is_sqlite

Converted = TypeVar('Converted')
Rows = Sequence[Sequence[Any]]

MOST_AT_ONCE = 8  # streams on PostgreSQL; the next one waits for its turn
LONGEST_PAUSE = 600  # seconds; a reader that takes nothing for so long has gone, and PostgreSQL ends its transaction
INTERRUPTED_EVERY = 0.05  # seconds; a statement that was about to begin does not hear the first time
_turns_of: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


async def stream(
    sql: str, values: Sequence[Any], convert: Callable[[Rows], Converted], chunk: int = 2_000
) -> AsyncIterator[Converted]:
    """The rows of a query, `chunk` at a time, each chunk as `convert` makes it. Closing the iterator ends the work."""
    source = _from_sqlite if is_sqlite() else _from_postgres
    async for part in source(in_dialect(sql), values, convert, chunk):
        yield part


async def _from_sqlite(
    sql: str, values: Sequence[Any], convert: Callable[[Rows], Converted], chunk: int
) -> AsyncIterator[Converted]:
    reader = _SqliteReader(connections.get('default').filename)

    def next_part() -> Converted | None:
        rows = reader.read(sql, values, chunk)
        return convert(rows) if rows else None

    try:
        while (part := await asyncio.to_thread(next_part)) is not None:
            yield part
    finally:
        reader.interrupt()
        await asyncio.shield(asyncio.to_thread(reader.close))


class _SqliteReader:
    """A read-only connection that is closed only when no thread is inside of it: SQLite would end the process.

    Whoever waits for a thread may be cancelled, and the thread goes on nevertheless.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._cursor: sqlite3.Cursor | None = None
        self._inside = threading.Lock()
        self._is_over = False

    def read(self, sql: str, values: Sequence[Any], number: int) -> Rows:
        """The next rows, from the beginning the first time; none once it is over. In a thread."""
        with self._inside:
            if self._is_over:
                return []
            if self._cursor is None:
                self._connection = _open_read_only(self._path)
                self._cursor = self._connection.execute(sql, tuple(values))
            return self._cursor.fetchmany(number)

    def interrupt(self) -> None:
        """Have what is being read end soon, and nothing begin."""
        self._is_over = True
        if self._connection is not None:
            self._connection.interrupt()

    def close(self) -> None:
        """In a thread, since it may have to wait for another."""
        while not self._inside.acquire(timeout=INTERRUPTED_EVERY):
            self.interrupt()
        try:
            if self._connection is not None:
                self._connection.close()
        finally:
            self._inside.release()


def _open_read_only(path: str) -> sqlite3.Connection:
    return sqlite3.connect(f'file:{path}?mode=ro', uri=True, check_same_thread=False, timeout=8, cached_statements=0)


async def _from_postgres(
    sql: str, values: Sequence[Any], convert: Callable[[Rows], Converted], chunk: int
) -> AsyncIterator[Converted]:
    async with _turns(), _own_connection() as connection:
        cursor = await connection.cursor(sql, *values)
        while rows := await cursor.fetch(chunk):
            yield convert(rows)


def _turns() -> asyncio.Semaphore:
    """One for each event loop, since a semaphore belongs to one."""
    return _turns_of.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(MOST_AT_ONCE))


@asynccontextmanager
async def _own_connection() -> 'AsyncIterator[asyncpg.Connection[asyncpg.Record]]':
    """A connection beside the pool, inside a transaction that only reads. It ends with the reader, or without one:
    nothing is rolled back, since whoever leaves in the middle of a statement could not wait for that."""
    pool_sizes = {'min_size', 'max_size'}
    credentials = connections.db_config['default']['credentials']
    connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(
        **{name: value for name, value in credentials.items() if name not in pool_sizes}, timeout=10
    )
    try:
        await connection.execute('BEGIN READ ONLY')
        await connection.execute(f"SET LOCAL idle_in_transaction_session_timeout = '{LONGEST_PAUSE}s'")
        yield connection
        await connection.close(timeout=5)
    finally:
        connection.terminate()
