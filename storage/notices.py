"""Notices between the instances of one installation, over PostgreSQL's LISTEN and NOTIFY.

A notice sent inside a transaction goes out with its commit and not at all without one. SQLite has one instance, so
nothing is sent there. Who listens reconnects for as long as it lives, and says so when it may have missed something.
"""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import structlog

from storage.database import DatabaseUrl, postgres_credentials
from storage.sql import change, is_sqlite

log = structlog.get_logger(__name__)

CHANNEL = 'foyer'
LONGEST = 7_900  # bytes; PostgreSQL takes 8,000
RECONNECT = 1.0  # seconds
ALIVE_EVERY = 10.0  # seconds between two looks at an idle connection


async def send(notice: str) -> None:
    """Tell the other instances. Raises ValueError for a notice longer than PostgreSQL takes."""
    if len(notice.encode()) > LONGEST:
        raise ValueError('a notice names ids; this one is too long')
    if not is_sqlite():
        await change('SELECT pg_notify($1, $2)', CHANNEL, notice)


class Listener:
    """Hears the notices of other instances on a connection of its own. Does nothing on SQLite."""

    def __init__(
        self, database: DatabaseUrl, hear: Callable[[str], None], missed_some: Callable[[], Awaitable[None]]
    ) -> None:
        self._database, self._hear, self._missed_some = database, hear, missed_some
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen; returns once the first notice could be heard. Raises what asyncpg raises when it cannot connect."""
        if self._database.is_sqlite:
            return
        connection = await self._connect()
        self._task = asyncio.create_task(self._keep_listening(connection))

    async def stop(self) -> None:
        """Stop listening."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _connect(self) -> 'asyncpg.Connection[asyncpg.Record]':
        connection = await asyncpg.connect(**postgres_credentials(self._database), timeout=10)
        await connection.add_listener(CHANNEL, lambda _connection, _pid, _channel, notice: self._hear(str(notice)))
        return connection

    async def _keep_listening(self, connection: 'asyncpg.Connection[asyncpg.Record]') -> None:
        try:
            while True:
                try:
                    await asyncio.sleep(ALIVE_EVERY)
                    await connection.execute('SELECT 1', timeout=5)
                except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                    log.warning('notices of other instances are not heard; connecting again')
                    connection = await self._reconnect(connection)
                    await self._missed_some()
        finally:
            connection.terminate()

    async def _reconnect(self, broken: 'asyncpg.Connection[asyncpg.Record]') -> 'asyncpg.Connection[asyncpg.Record]':
        broken.terminate()
        while True:
            try:
                return await self._connect()
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await asyncio.sleep(RECONNECT)
