"""Large results in chunks, with flat memory, beside the connection everybody else uses.

On SQLite a second, read-only connection reads in a thread, so that a report of a million rows neither waits for the
writer nor makes it wait (WAL gives it the database as it was when it began). On PostgreSQL a server-side cursor does,
on a connection of its own: a reader takes as long as it likes, and whoever waits for the pool must not wait for it.
`convert` turns each chunk into what leaves; on SQLite it runs in the thread too.
"""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import asyncpg
from tortoise import connections

from storage.sql import in_dialect, is_sqlite

Converted = TypeVar('Converted')
Rows = Sequence[Sequence[Any]]

MOST_AT_ONCE = 8  # streams of either sort on PostgreSQL; the next one of its sort waits for its turn
LONGEST_WAIT: float = 15  # seconds that somebody who waits for a number is kept waiting for a turn
LONGEST_PAUSE = 600  # seconds; a reader that takes nothing for so long has gone, and PostgreSQL ends its transaction
INTERRUPTED_EVERY = 0.05  # seconds; a statement that was about to begin does not hear the first time
Turns = tuple[asyncio.Semaphore, asyncio.Semaphore]  # of downloads, of everything else
_turns_of: WeakKeyDictionary[asyncio.AbstractEventLoop, Turns] = WeakKeyDictionary()


async def stream(
    sql: str,
    values: Sequence[Any],
    convert: Callable[[Rows], Converted],
    chunk: int = 2_000,
    *,
    is_download: bool = False,
) -> AsyncGenerator[Converted, None]:
    """The rows of a query, `chunk` at a time, each chunk as `convert` makes it. Closing the iterator ends the work.

    `is_download`: somebody far away takes it as slowly as their line is. Downloads take turns among themselves, so that
    nobody else waits for them. Raises TimeoutError when anything else has waited for LONGEST_WAIT.
    """
    if is_sqlite():
        source = _from_sqlite(in_dialect(sql), values, convert, chunk)
    else:
        source = _from_postgres(sql, values, convert, chunk, is_download=is_download)
    async with aclosing(source):
        async for part in source:
            yield part


async def _from_sqlite(
    sql: str, values: Sequence[Any], convert: Callable[[Rows], Converted], chunk: int
) -> AsyncGenerator[Converted, None]:
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
    sql: str, values: Sequence[Any], convert: Callable[[Rows], Converted], chunk: int, *, is_download: bool
) -> AsyncGenerator[Converted, None]:
    async with _turn(is_download=is_download), _own_connection() as connection:
        cursor = await connection.cursor(sql, *values)
        while rows := await cursor.fetch(chunk):
            yield convert(rows)


@asynccontextmanager
async def _turn(*, is_download: bool) -> AsyncIterator[None]:
    """Semaphores belong to an event loop, so each has its own."""
    made = asyncio.Semaphore(MOST_AT_ONCE), asyncio.Semaphore(MOST_AT_ONCE)
    downloads, others = _turns_of.setdefault(asyncio.get_running_loop(), made)
    turns = downloads if is_download else others
    async with asyncio.timeout(None if is_download else LONGEST_WAIT):
        await turns.acquire()
    try:
        yield
    finally:
        turns.release()


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
