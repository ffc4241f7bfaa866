"""Open, migrate and close the database: the only place that knows how Tortoise starts.

SQLite runs in WAL mode with foreign keys, `synchronous=FULL` (a commit that was answered survives a power cut) and a
busy timeout. Migrations run at every start, before the first request.
"""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import asyncpg
from tortoise import Tortoise, connections
from tortoise.exceptions import DBConnectionError, IntegrityError, OperationalError
from tortoise.migrations.api import migrate as run_migrations

APP = 'foyer'
BUSY_TIMEOUT_MS = 8_000
# Bytes. Tortoise would cut the log down to 16 KiB at each checkpoint, and every commit pay for making it longer again.
LOG_KEPT = 16 * 2**20
POOL_SIZE = 10
SSL_MODES = ('disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full')
MIGRATION_LOCK = 0x0F0_7E2  # PostgreSQL advisory lock: two instances that start together migrate one after the other

DATABASE_ERRORS: tuple[type[Exception], ...] = (
    OperationalError,
    DBConnectionError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    ConnectionError,
    TimeoutError,
    asyncpg.TransactionRollbackError,
)
ALREADY_THERE: tuple[type[Exception], ...] = (IntegrityError,)  # a row with the same unique value
WORTH_ANOTHER_TRY: tuple[type[Exception], ...] = (asyncpg.TransactionRollbackError,)  # two that wait for each other
StorageErrors: tuple[type[Exception], ...] = (*DATABASE_ERRORS, OSError)
_SQLITE_ITSELF = frozenset(  # it is busy, full, broken or away, whatever it was given
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
    }
)


def may_be_about_the_rows(error: Exception) -> bool:
    """Whether one of `StorageErrors` may come of what the database was given, not of how the database is."""
    if not isinstance(error, OperationalError):
        return False
    cause = error.args[0] if error.args and isinstance(error.args[0], Exception) else error.__cause__
    code = getattr(cause, 'sqlite_errorcode', None)
    return code is None or code & 0xFF not in _SQLITE_ITSELF


@dataclass(frozen=True)
class DatabaseUrl:
    """Where the database is: a SQLite file or a PostgreSQL server."""

    url: str

    @property
    def is_sqlite(self) -> bool:
        return self.url.startswith('sqlite:')

    @property
    def path(self) -> Path:
        """The SQLite file. Raises ValueError for another engine."""
        if not self.is_sqlite:
            raise ValueError('only a SQLite database is a file')
        return Path(unquote(self.url.removeprefix('sqlite://').split('?')[0]))


def tortoise_config(database: DatabaseUrl, *, foreign_keys: bool = True) -> dict[str, Any]:
    """Tortoise's configuration. `foreign_keys=False` is for migrations on SQLite: rebuilding a table would cascade.

    While one table is rebuilt, triggers of another name it that is not there; only a legacy ALTER TABLE lets that be.
    """
    if database.is_sqlite:
        connection: dict[str, Any] = {
            'engine': 'storage.sqlite_engine',
            'credentials': {
                'file_path': str(database.path),
                'journal_mode': 'WAL',
                'synchronous': 'FULL',
                'busy_timeout': BUSY_TIMEOUT_MS,
                'journal_size_limit': LOG_KEPT,
                'foreign_keys': 'ON' if foreign_keys else 'OFF',
                **({} if foreign_keys else {'legacy_alter_table': 'ON'}),
            },
        }
    else:
        connection = {
            'engine': 'tortoise.backends.asyncpg',
            'credentials': {
                **postgres_credentials(database),
                'min_size': 1,
                'max_size': POOL_SIZE,
            },
        }
    return {
        'connections': {'default': connection},
        'apps': {APP: {'models': ['storage.models'], 'migrations': 'storage.migrations'}},
        'use_tz': True,
        'timezone': 'UTC',
    }


FOR_THE_COMMAND_LINE = tortoise_config(DatabaseUrl('sqlite://data/foyer.sqlite3'))  # `tortoise makemigrations` reads it


def postgres_credentials(database: DatabaseUrl) -> dict[str, Any]:
    """What asyncpg is told, by the pool and by the guard of the migrations alike, TLS included.

    Of the parameters of the URL it takes `sslmode` (libpq's values). Raises ValueError for any other, because one that
    is silently left out could be the one that keeps the connection safe.
    """
    parts = urlsplit(database.url)
    asked = dict(parse_qsl(parts.query))
    if unknown := set(asked) - {'sslmode'}:
        raise ValueError(f'does not know {", ".join(sorted(unknown))}; sslmode is the one parameter it takes')
    if asked.get('sslmode', 'prefer') not in SSL_MODES:
        raise ValueError(f'sslmode is one of {", ".join(SSL_MODES)}')
    return {
        'host': parts.hostname,
        'port': parts.port or 5432,
        'user': unquote(parts.username or ''),
        'password': unquote(parts.password or ''),
        'database': unquote(parts.path.lstrip('/')),
        'server_settings': {'jit': 'off'},  # compiling takes longer than any question that we ask
        **({'ssl': asked['sslmode']} if 'sslmode' in asked else {}),
    }


async def migrate(database: DatabaseUrl, target: str | None = None) -> None:
    """Bring the schema up to date, or to `target` (`foyer.0001_first`); safe on a database full of rows.

    On SQLite the foreign keys are off meanwhile and checked afterwards: a rebuilt table would otherwise cascade-delete
    its children. Raises OperationalError when a row points nowhere afterwards.
    """
    try:
        await run_migrations(config=tortoise_config(database, foreign_keys=False), target=target)
        if database.is_sqlite:
            broken = await connections.get('default').execute_query_dict('PRAGMA foreign_key_check')
            if broken:
                raise OperationalError(f'{len(broken)} rows point nowhere after the migration')
    finally:
        await connections.close_all()


async def migrate_alone(database: DatabaseUrl) -> None:
    """`migrate`, one instance at a time on PostgreSQL."""
    if database.is_sqlite:
        await migrate(database)
        return
    guard = await asyncpg.connect(**postgres_credentials(database))
    try:
        await guard.execute('SELECT pg_advisory_lock($1)', MIGRATION_LOCK)
        await migrate(database)
    finally:
        await guard.close()


@asynccontextmanager
async def open_database(database: DatabaseUrl) -> AsyncIterator[None]:
    """Migrate, open and finally close the database.

    Raises OperationalError or DBConnectionError when it cannot be reached or used.
    """
    if database.is_sqlite:
        database.path.parent.mkdir(parents=True, exist_ok=True)
    await migrate_alone(database)
    async with as_it_is(database):
        yield


@asynccontextmanager
async def as_it_is(database: DatabaseUrl) -> AsyncIterator[None]:
    """Open it with whatever schema it has, and finally close it. A SQLite file has to be there.

    Raises OperationalError or DBConnectionError when it cannot be reached or used.
    """
    await Tortoise.init(config=tortoise_config(database), _enable_global_fallback=True)
    try:
        yield
    finally:
        await Tortoise.close_connections()


async def probe(database: DatabaseUrl) -> None:
    """Reach the database once, before anything is built on it. Raises one of `StorageErrors` when it cannot be used."""
    if database.is_sqlite:
        database.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with closing(sqlite3.connect(database.path, timeout=BUSY_TIMEOUT_MS / 1_000)) as connection:
                connection.execute('PRAGMA user_version').fetchone()
        except sqlite3.Error as error:
            raise OperationalError(error) from error
        return
    try:
        connection = await asyncpg.connect(**postgres_credentials(database), timeout=10)
        await connection.close()
    except asyncpg.PostgresError as error:
        raise OperationalError(error) from error


async def ping() -> None:
    """Ask the database for nothing. Raises OperationalError when it does not answer."""
    await connections.get('default').execute_query('SELECT 1')
