"""Tortoise's SQLite engine with transactions that take the write lock at once, and reads that wait for none of them.

A deferred BEGIN that reads first and then writes fails with "database is locked" the moment another process has
written in between, whatever the busy timeout says. BEGIN IMMEDIATE waits its turn instead. Every unit of work writes,
so nothing is lost by asking early.

Tortoise has one connection, which a transaction keeps to itself; a page would wait for each that is under way, and for
another process's as well. In WAL mode readers need not: what is read outside of a transaction is read by a connection
of its own, which sees what was committed last.

Migration tools choose their dialect by the module name, which must say "sqlite".
"""

import asyncio
import sqlite3
from collections.abc import Sequence
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
        self._reader = SqliteClient(file_path, **kwargs | {'query_only': 'ON'})

    async def create_connection(self, with_db: bool) -> None:
        """The writer first: it makes the file, and puts it into WAL mode."""
        await super().create_connection(with_db)
        await self._reader.create_connection(with_db)

    async def close(self) -> None:
        """The writer last: whoever closes last folds the log into the file."""
        await self._reader.close()
        await super().close()

    async def execute_query(self, query: str, values: list[Any] | None = None) -> tuple[int, Sequence[dict[str, Any]]]:
        run = self._reader.execute_query if self._may_read_beside(query) else super().execute_query
        answer: tuple[int, Sequence[dict[str, Any]]] = await run(query, values)
        return answer

    async def execute_query_dict(self, query: str, values: list[Any] | None = None) -> list[dict[str, Any]]:
        run = self._reader.execute_query_dict if self._may_read_beside(query) else super().execute_query_dict
        rows: list[dict[str, Any]] = await run(query, values)
        return rows

    def _may_read_beside(self, query: str) -> bool:
        return query.startswith('SELECT ') and self._reader._connection is not None

    def _in_transaction(self) -> TransactionContext:
        return ImmediateTransactionContext(ImmediateTransaction(self), self._lock)


client_class = ImmediateSqliteClient
