"""Large results in chunks, with flat memory, beside the connection everybody else uses.

On SQLite a second, read-only connection reads in a thread, so that a report of a million rows neither waits for the
writer nor makes it wait (WAL gives it the database as it was when it began). On PostgreSQL a server-side cursor does.
`convert` turns each chunk into what leaves; on SQLite it runs in the thread too.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, TypeVar

from tortoise import connections

from storage.sql import in_dialect, is_sqlite

Converted = TypeVar('Converted')
Rows = Sequence[Sequence[Any]]


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
    path = connections.get('default').filename
    connection = await asyncio.to_thread(_open_read_only, path)
    try:
        cursor = await asyncio.to_thread(connection.execute, sql, tuple(values))

        def next_part() -> Converted | None:
            rows = cursor.fetchmany(chunk)
            return convert(rows) if rows else None

        while (part := await asyncio.to_thread(next_part)) is not None:
            yield part
    finally:
        connection.interrupt()
        await asyncio.shield(asyncio.to_thread(connection.close))


def _open_read_only(path: str) -> sqlite3.Connection:
    return sqlite3.connect(f'file:{path}?mode=ro', uri=True, check_same_thread=False, timeout=8, cached_statements=0)


async def _from_postgres(
    sql: str, values: Sequence[Any], convert: Callable[[Rows], Converted], chunk: int
) -> AsyncIterator[Converted]:
    pool = connections.get('default')._pool
    async with pool.acquire() as connection, connection.transaction(readonly=True):
        cursor = await connection.cursor(sql, *values)
        while rows := await cursor.fetch(chunk):
            yield convert(rows)
