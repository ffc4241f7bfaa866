"""Fresh, fully migrated databases, cheaply: migrated once a session, copied or emptied for each test."""

import asyncio
import shutil
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import pytest
from tortoise import Tortoise
from tortoise.backends.base.executor import EXECUTOR_CACHE

from storage.database import DatabaseUrl, migrate, open_database
from tests.support.postgres import PostgresServer

T = TypeVar('T')

sqlite_only = pytest.mark.parametrize('engine', ['sqlite'], indirect=True)
postgres_only = pytest.mark.parametrize('engine', ['postgres'], indirect=True)

MOST_USES = 100  # of one database: rows that were deleted still take room
TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
SHAPE = """
    SELECT md5(string_agg(part, ' ' ORDER BY part)) FROM (
        SELECT a::text AS part FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
            WHERE c.relnamespace = 'public'::regnamespace
        UNION ALL SELECT i::text FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
            WHERE c.relnamespace = 'public'::regnamespace
        UNION ALL SELECT t::text FROM pg_trigger t
        UNION ALL SELECT k::text FROM pg_constraint k
        UNION ALL SELECT p::text FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
    ) AS parts
"""
OTHERS_OUT = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
NUMBERS = 'SELECT sequencename, COALESCE(last_value, 1), last_value IS NOT NULL FROM pg_sequences'


def in_a_thread(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine to its end on a loop of its own, away from the loop and the context of the tests."""
    answer: list[T] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            answer.append(asyncio.run(work()))
        except BaseException as error:
            failure.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failure:
        raise failure[0]
    return answer[0]


@asynccontextmanager
async def opened_as_served(database: DatabaseUrl) -> AsyncIterator[None]:
    """`open_database`, and afterwards Tortoise forgets it, so that the same process can open another.

    Tortoise also keeps INSERT statements by connection name, whatever the engine; they go too.
    """
    EXECUTOR_CACHE.clear()
    try:
        async with open_database(database):
            yield
    finally:
        await Tortoise.close_connections()


class SqliteDatabases:
    """Copies of one migrated file."""

    def __init__(self, folder: Path) -> None:
        self._template = folder / 'template.sqlite3'
        in_a_thread(lambda: migrate(DatabaseUrl(f'sqlite://{self._template}')))

    def make(self, folder: Path) -> DatabaseUrl:
        path = folder / 'foyer.sqlite3'
        shutil.copyfile(self._template, path)
        return DatabaseUrl(f'sqlite://{path}')


class PostgresDatabases:
    """Databases made from one migrated template, and emptied for the next test: making one takes far longer."""

    def __init__(self, server: PostgresServer) -> None:
        self.server = server
        self._numbers = count(1)
        self._uses: Counter[str] = Counter()
        self._empty: list[str] = []
        in_a_thread(self._make_template)

    async def _make_template(self) -> None:
        await self.execute('CREATE DATABASE foyer_template')
        await migrate(self._url('foyer_template'))
        async with self.connected(self._url('foyer_template')) as connection:
            self._shape = await connection.fetchval(SHAPE)
            tables = await connection.fetch(TABLES)
            self._rows = {name: await connection.fetch(f'TABLE {name}') for (name,) in tables}
            self._numbers_given = await connection.fetch(NUMBERS)

    def make(self) -> DatabaseUrl:
        name = self._empty.pop() if self._empty else self._make_new('foyer_template STRATEGY wal_log')
        self._uses[name] += 1
        return self._url(name)

    def make_empty(self) -> DatabaseUrl:
        """Without any table; for tests of the migrations themselves."""
        return self._url(self._make_new('template0'))

    def _url(self, name: str) -> DatabaseUrl:
        return DatabaseUrl(self.server.url(name))

    def _make_new(self, template: str) -> str:
        name = f'foyer_{next(self._numbers)}'
        in_a_thread(lambda: self.execute(f'CREATE DATABASE {name} TEMPLATE {template}'))
        return name

    def drop(self, database: DatabaseUrl) -> None:
        """No test needs it any more. Emptied for another one, unless its tables are not what they were."""
        name = database.url.rpartition('/')[2]
        if 0 < self._uses[name] < MOST_USES and in_a_thread(lambda: self._emptied(database)):
            self._empty.append(name)
        else:
            in_a_thread(lambda: self.execute(f'DROP DATABASE IF EXISTS {name} WITH (FORCE)'))

    async def _emptied(self, database: DatabaseUrl) -> bool:
        """Leave nothing but the rows of the template. False for tables that are not those of the template any more."""
        async with self.connected(database) as connection:
            await connection.execute(OTHERS_OUT)
            if await connection.fetchval(SHAPE) != self._shape:
                return False
            async with connection.transaction():
                await connection.execute('SET LOCAL session_replication_role = replica')  # no trigger, no foreign key
                await connection.execute('; '.join(f'DELETE FROM {table}' for table in self._rows))
                await connection.executemany('SELECT setval($1::text::regclass, $2, $3)', self._numbers_given)
                for table, rows in self._rows.items():
                    if rows:
                        places = ', '.join(f'${number}' for number in range(1, len(rows[0]) + 1))
                        await connection.executemany(f'INSERT INTO {table} VALUES ({places})', rows)
        return True

    @asynccontextmanager
    async def connected(self, database: DatabaseUrl) -> AsyncIterator[Any]:
        """A bare connection."""
        connection = await asyncpg.connect(database.url)
        try:
            yield connection
        finally:
            await connection.close()

    async def execute(self, statement: str) -> str:
        """What PostgreSQL says to it, from a connection to no test's database."""
        async with self.connected(self._url('postgres')) as connection:
            return str(await connection.execute(statement))

    async def until_nobody_is_connected(self, database: DatabaseUrl, seconds: float = 5) -> None:
        """A backend takes a moment to go. TimeoutError when one stays."""
        name = database.url.rpartition('/')[2]
        async with asyncio.timeout(seconds):
            while await self.execute(f"SELECT FROM pg_stat_activity WHERE datname = '{name}'") != 'SELECT 0':  # noqa: ASYNC110
                await asyncio.sleep(0.02)
