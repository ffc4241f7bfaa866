"""Whether somebody serves a database: a lock that lasts as long as the process that serves, however that ends.

On SQLite it is a lock on an empty file beside the database, which whoever serves reads for as long as it does; so it
works wherever the database itself does. On PostgreSQL it is an advisory lock of the connection that hears notices.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from storage.database import DatabaseUrl
from storage.sql import fetch

SERVED_LOCK = 0x0F0_7E3  # PostgreSQL advisory lock: shared by all who serve


@contextmanager
def serving(database: DatabaseUrl) -> Iterator[None]:
    """This process serves the database. On PostgreSQL the `Listener` says so."""
    if not database.is_sqlite:
        yield
        return
    with closing(sqlite3.connect(_beside(database), isolation_level=None)) as lock:
        lock.execute('BEGIN')
        lock.execute('SELECT 1 FROM sqlite_master').fetchone()
        yield


async def is_served(database: DatabaseUrl) -> bool:
    """Whether a process serves the database now."""
    if not database.is_sqlite:
        (row,) = await fetch('SELECT pg_try_advisory_xact_lock($1) AS nobody', SERVED_LOCK)
        return not row['nobody']
    if not _beside(database).exists():
        return False
    with closing(sqlite3.connect(_beside(database), isolation_level=None, timeout=0)) as lock:
        try:
            lock.execute('BEGIN EXCLUSIVE')
        except sqlite3.OperationalError:
            return True
    return False


def _beside(database: DatabaseUrl) -> Path:
    return database.path.with_name(f'{database.path.name}-served')
