"""What a database is like, found without changing it: for whoever looks after an installation."""

import pkgutil
from dataclasses import dataclass
from typing import Any

from storage import migrations
from storage.database import APP, DATABASE_ERRORS
from storage.sql import fetch, is_sqlite

ENCRYPTED = (  # tables and columns that hold text under the key of the installation
    ('login', 'totp_secret'),
    ('staff_member', 'totp_secret'),
    ('mail_server', 'password'),
    ('outbox_mail', 'body'),
)


@dataclass(frozen=True)
class Condition:
    """`applied` are the steps of the schema that were taken, `known` those that this version of Foyer has; `encrypted`
    a few values, the newest of their column, as they are kept."""

    engine: str
    applied: frozenset[str]
    known: frozenset[str]
    encrypted: tuple[str, ...]


async def condition() -> Condition:
    """Of the database that is open. Raises one of `StorageErrors` when it does not answer."""
    version = 'SELECT sqlite_version() AS version' if is_sqlite() else 'SHOW server_version'
    (row,) = await fetch(version)
    engine = f'{"SQLite" if is_sqlite() else "PostgreSQL"} {next(iter(row.values()))}'
    steps = await _if_there(f"SELECT name FROM tortoise_migrations WHERE app = '{APP}'")
    newest = [
        await _if_there(f'SELECT {column} AS value FROM {table} WHERE {column} IS NOT NULL ORDER BY id DESC LIMIT 1')
        for table, column in ENCRYPTED
    ]
    return Condition(
        engine,
        frozenset(step['name'] for step in steps),
        frozenset(module.name for module in pkgutil.iter_modules(migrations.__path__) if module.name[0].isdigit()),
        tuple(row['value'] for rows in newest for row in rows if row['value']),
    )


async def _if_there(statement: str) -> list[dict[str, Any]]:
    """Its rows; none of a table that an older schema has not."""
    try:
        return await fetch(statement)
    except DATABASE_ERRORS:
        return []
