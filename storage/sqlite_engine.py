"""Tortoise's SQLite engine with transactions that take the write lock at once.

A deferred BEGIN that reads first and then writes fails with "database is locked" the moment another process has
written in between, whatever the busy timeout says. BEGIN IMMEDIATE waits its turn instead. Every unit of work writes,
so nothing is lost by asking early. Migration tools choose their dialect by the module name, which must say "sqlite".
"""

import asyncio
import sqlite3
from typing import Any

from tortoise.backends.base.client import TransactionalDBClient, TransactionContext
from tortoise.backends.sqlite.client import SqliteClient, SqliteTransactionContext, SqliteTransactionWrapper
from tortoise.connection import get_connections
from tortoise.exceptions import OperationalError


class ImmediateTransaction(SqliteTransactionWrapper):
    """A transaction that begins as a writer."""

    async def begin(self) -> None:
        """Take the write lock. Raises OperationalError when another process holds it past the busy timeout."""
        try:
            await self._connection.execute('BEGIN IMMEDIATE')
        except sqlite3.OperationalError as error:
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


class ImmediateSqliteClient(SqliteClient):
    """The client that hands out such transactions."""

    def _in_transaction(self) -> TransactionContext:
        return ImmediateTransactionContext(ImmediateTransaction(self), self._lock)


client_class = ImmediateSqliteClient
