"""A copy of a SQLite database that is in use: all of it as it was at one moment, whoever writes meanwhile."""

import asyncio
import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from tortoise.exceptions import OperationalError

from storage.database import BUSY_TIMEOUT_MS


async def copy_database(source: Path, target: Path) -> None:
    """Copy the database into a new file, readable by its owner alone. There is no such file until all of it is written.

    In WAL mode neither this nor the writers wait for each other. Nothing is migrated: it is the database as it stands.
    Raises FileExistsError, another OSError, or OperationalError when it cannot be read or written.
    """
    await asyncio.to_thread(_copy, source, target)


def _copy(source: Path, target: Path) -> None:
    if os.path.lexists(target):
        raise FileExistsError(target)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f'.{target.name}-')  # of mode 0600
    os.close(handle)
    partial = Path(name)
    try:
        _copy_into(source, partial)
        with partial.open('rb+') as file:
            os.fsync(file.fileno())
        _give_its_name(partial, target)
    except sqlite3.Error as error:
        raise OperationalError(error) from error
    finally:
        partial.unlink(missing_ok=True)


def _copy_into(source: Path, partial: Path) -> None:
    """All pages in one step: a step at a time would begin anew whenever somebody writes."""
    seconds = BUSY_TIMEOUT_MS / 1_000
    with (
        closing(sqlite3.connect(f'{source.absolute().as_uri()}?mode=ro', uri=True, timeout=seconds)) as live,
        closing(sqlite3.connect(partial)) as copy,
    ):
        live.backup(copy)
        copy.execute('PRAGMA journal_mode=DELETE')  # one file, also while somebody looks into it
        problems = [str(row[0]) for row in copy.execute('PRAGMA integrity_check').fetchall()]
        if problems != ['ok']:
            raise sqlite3.DatabaseError(f'the copy is damaged, and so is the database: {problems[0]}')


def _give_its_name(partial: Path, target: Path) -> None:
    """Never over a file that is there already, not even one that has just come."""
    try:
        os.link(partial, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if os.path.lexists(target):
            raise FileExistsError(target) from None
        partial.rename(target)
