"""Notices between the instances of one installation, over PostgreSQL's LISTEN and NOTIFY.

A notice sent inside a transaction goes out with its commit and not at all without one. SQLite has one instance, so
nothing is sent there. Who listens reconnects for as long as it lives, and says so when it may have missed something.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import asyncpg
import structlog

from storage.database import DatabaseUrl, postgres_credentials
from storage.serving import SERVED_LOCK
from storage.sql import change, is_sqlite

log = structlog.get_logger(__name__)

CHANNEL = 'foyer'
LONGEST = 7_900  # bytes; PostgreSQL takes 8,000
RECONNECT = 0.5  # seconds between two tries
ALIVE_EVERY = 10.0  # seconds between two looks at an idle connection
CUT_OFF = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)

Connection: TypeAlias = 'asyncpg.Connection[asyncpg.Record]'


async def send(notice: str) -> None:
    """Tell the other instances. Raises ValueError for a notice longer than PostgreSQL takes."""
    if len(notice.encode()) > LONGEST:
        raise ValueError('a notice names ids; this one is too long')
    if not is_sqlite():
        await change('SELECT pg_notify($1, $2)', CHANNEL, notice)


class Listener:
    """Hears the notices of other instances on a connection of its own. Does nothing on SQLite.

    Whoever `serves` lets others know of it as long as the connection lasts (storage/serving.py).
    """

    def __init__(
        self,
        database: DatabaseUrl,
        hear: Callable[[str], None],
        missed_some: Callable[[], Awaitable[None]],
        *,
        serves: bool = False,
    ) -> None:
        self._database, self._hear, self._missed_some, self._serves = database, hear, missed_some, serves
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen; returns once the first notice could be heard. Raises what asyncpg raises when it cannot connect."""
        if self._database.is_sqlite:
            return
        connection, lost = await self._connect()
        self._task = asyncio.create_task(self._keep_listening(connection, lost))

    async def stop(self) -> None:
        """Stop listening."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _connect(self) -> tuple[Connection, asyncio.Event]:
        """A connection that hears, and what is set the moment it ends."""
        lost = asyncio.Event()
        connection: Connection = await asyncpg.connect(**postgres_credentials(self._database), timeout=10)
        try:
            connection.add_termination_listener(lambda _connection: lost.set())
            if self._serves:
                await connection.execute(f'SELECT pg_advisory_lock_shared({SERVED_LOCK})')
            await connection.add_listener(CHANNEL, lambda _connection, _pid, _channel, notice: self._hear(str(notice)))
        except BaseException:
            connection.terminate()
            raise
        return connection, lost

    async def _keep_listening(self, connection: Connection, lost: asyncio.Event) -> None:
        try:
            while True:
                if await self._is_alive(connection, lost):
                    continue
                log.warning('notices of other instances are not heard; connecting again')
                connection.terminate()
                connection, lost = await self._reconnect()
                await self._missed_some()
        finally:
            connection.terminate()

    async def _is_alive(self, connection: Connection, lost: asyncio.Event) -> bool:
        """Wait a while, or until the connection ends; a line that went dead without a word is asked."""
        try:
            await asyncio.wait_for(lost.wait(), ALIVE_EVERY)
        except TimeoutError:
            try:
                await connection.execute('SELECT 1', timeout=5)
            except CUT_OFF:
                return False
        return not lost.is_set()

    async def _reconnect(self) -> tuple[Connection, asyncio.Event]:
        while True:
            try:
                return await self._connect()
            except CUT_OFF:
                await asyncio.sleep(RECONNECT)
