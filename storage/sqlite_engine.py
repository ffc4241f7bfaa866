"""Tortoise's SQLite engine with transactions that take the write lock at once, and reads that wait for none of them.

A deferred BEGIN that reads first and then writes fails with "database is locked" the moment another process has
written in between, whatever the busy timeout says. BEGIN IMMEDIATE waits its turn instead. Every unit of work writes,
so nothing is lost by asking early.

Tortoise has one connection, which a transaction keeps to itself; a page would wait for each that is under way, and for
another process's as well. In WAL mode readers need not: what is read outside of a transaction is read by connections
of their own, which see what was committed last. There are several, so that a look at every row holds up no other read.

Migration tools choose their dialect by the module name, which must say "sqlite".
"""

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from tortoise.backends.base.client import TransactionalDBClient, TransactionContext
from tortoise.backends.sqlite.client import (
    SqliteClient,
    SqliteTransactionContext,
    SqliteTransactionWrapper,
    translate_exceptions,
)
from tortoise.connection import get_connections
from tortoise.exceptions import OperationalError

READERS = 3


class CountsWhatItWasAskedFor(SqliteClient):
    """Says how many rows a statement touched, without those that its triggers touched; Tortoise's own counts all."""

    @translate_exceptions
    async def execute_query(self, query: str, values: list[Any] | None = None) -> tuple[int, Sequence[dict[str, Any]]]:
        async with self.acquire_connection() as connection:
            run = partial(_run, connection._conn, query.replace('\x00', "'||CHAR(0)||'"), values)
            answer: tuple[int, Sequence[dict[str, Any]]] = await connection._execute(run)  # private: aiosqlite 0.22
            return answer


def _run(connection: sqlite3.Connection, query: str, values: list[Any] | None) -> tuple[int, Sequence[Any]]:
    cursor = connection.execute(query, values or ())
    rows = cursor.fetchall()
    return max(cursor.rowcount, 0) or len(rows), rows


class ImmediateTransaction(SqliteTransactionWrapper, CountsWhatItWasAskedFor):
    """A transaction that begins as a writer."""

    async def begin(self) -> None:
        """Take the write lock. Raises OperationalError when another process holds it past the busy timeout."""
        try:
            await self._connection.execute('BEGIN IMMEDIATE')
        except sqlite3.OperationalError as error:
            raise OperationalError(error) from error

    async def commit(self) -> None:
        """Make it last. Raises OperationalError when there is no space; all of it is undone then (F8).

        Tortoise's own would leave the transaction open, and the next one could not begin.
        """
        try:
            await super().commit()
        except sqlite3.Error as error:
            await self.rollback()
            raise OperationalError(error) from error


class ImmediateTransactionContext(SqliteTransactionContext):
    """Frees the connection when BEGIN fails; Tortoise's own would keep its lock for ever."""

    __slots__ = ()

    async def __aenter__(self) -> TransactionalDBClient:
        lock: asyncio.Lock = self._trxlock
        await lock.acquire()
        try:
            await self.ensure_connection()
            await self.connection.begin()
        except BaseException:
            lock.release()
            raise
        self.token: Any = get_connections().set(self.connection_name, self.connection)
        transaction: TransactionalDBClient = self.connection
        return transaction


class ImmediateSqliteClient(CountsWhatItWasAskedFor):
    """The client that hands out such transactions, and reads beside them."""

    def __init__(self, file_path: str, **kwargs: Any) -> None:
        super().__init__(file_path, **kwargs)
        self._readers = [SqliteClient(file_path, **kwargs | {'query_only': 'ON'}) for _ in range(READERS)]
        self._reads = dict.fromkeys(range(READERS), 0)  # how many each is asked for now

    async def create_connection(self, with_db: bool) -> None:
        """The writer first: it makes the file, and puts it into WAL mode."""
        await super().create_connection(with_db)
        for reader in self._readers:
            await reader.create_connection(with_db)

    async def close(self) -> None:
        """The writer last: whoever closes last folds the log into the file."""
        for reader in self._readers:
            await reader.close()
        await super().close()

    async def execute_query(self, query: str, values: list[Any] | None = None) -> tuple[int, Sequence[dict[str, Any]]]:
        with self._reader_for(query) as reader:
            run = reader.execute_query if reader else super().execute_query
            answer: tuple[int, Sequence[dict[str, Any]]] = await run(query, values)
            return answer

    async def execute_query_dict(self, query: str, values: list[Any] | None = None) -> list[dict[str, Any]]:
        with self._reader_for(query) as reader:
            run = reader.execute_query_dict if reader else super().execute_query_dict
            rows: list[dict[str, Any]] = await run(query, values)
            return rows

    @contextmanager
    def _reader_for(self, query: str) -> Iterator[SqliteClient | None]:
        """The reader that is least busy; None for what the writer has to do."""
        if not query.startswith('SELECT ') or self._readers[-1]._connection is None:
            yield None
            return
        idlest = min(self._reads, key=self._reads.__getitem__)
        self._reads[idlest] += 1
        try:
            yield self._readers[idlest]
        finally:
            self._reads[idlest] -= 1

    def _in_transaction(self) -> TransactionContext:
        return ImmediateTransactionContext(ImmediateTransaction(self), self._lock)


client_class = ImmediateSqliteClient
