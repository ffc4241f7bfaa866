"""Fresh, fully migrated databases, cheaply: migrated once a session, copied for each test."""

import asyncio
import shutil
import threading
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
    """Databases made from one migrated template."""

    def __init__(self, server: PostgresServer) -> None:
        self.server = server
        self._numbers = count(1)
        in_a_thread(self._make_template)

    async def _make_template(self) -> None:
        await self.execute('CREATE DATABASE foyer_template')
        await migrate(DatabaseUrl(self.server.url('foyer_template')))

    def make(self) -> DatabaseUrl:
        name = f'foyer_{next(self._numbers)}'
        in_a_thread(lambda: self.execute(f'CREATE DATABASE {name} TEMPLATE foyer_template STRATEGY wal_log'))
        return DatabaseUrl(self.server.url(name))

    def make_empty(self) -> DatabaseUrl:
        """Without any table; for tests of the migrations themselves."""
        name = f'foyer_{next(self._numbers)}'
        in_a_thread(lambda: self.execute(f'CREATE DATABASE {name} TEMPLATE template0'))
        return DatabaseUrl(self.server.url(name))

    def drop(self, database: DatabaseUrl) -> None:
        name = database.url.rpartition('/')[2]
        in_a_thread(lambda: self.execute(f'DROP DATABASE IF EXISTS {name} WITH (FORCE)'))

    async def execute(self, statement: str) -> str:
        """What PostgreSQL says to it, from a connection to no test's database."""
        connection = await asyncpg.connect(self.server.url())
        try:
            return str(await connection.execute(statement))
        finally:
            await connection.close()

    async def until_nobody_is_connected(self, database: DatabaseUrl, seconds: float = 5) -> None:
        """A backend takes a moment to go. TimeoutError when one stays."""
        name = database.url.rpartition('/')[2]
        async with asyncio.timeout(seconds):
            while await self.execute(f"SELECT FROM pg_stat_activity WHERE datname = '{name}'") != 'SELECT 0':  # noqa: ASYNC110
                await asyncio.sleep(0.02)
