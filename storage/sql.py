"""Hand-written SQL on both engines: `$1` placeholders, rows as dicts, a change counted.

Statements are constants of this package; values always travel as parameters.
"""

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from tortoise import connections

_PLACEHOLDER = re.compile(r'\$(\d+)')


def is_sqlite() -> bool:
    """Whether the open database is SQLite."""
    return str(connections.get('default').capabilities.dialect) == 'sqlite'


def in_dialect(sql: str) -> str:
    """`$1` as the engine writes it."""
    return _in_sqlite(sql) if is_sqlite() else sql


@lru_cache(512)
def _in_sqlite(sql: str) -> str:
    """Remembered: rewriting a statement takes a tenth of the time that it runs."""
    return _PLACEHOLDER.sub(r'?\1', sql)


async def fetch(sql: str, *values: Any) -> list[dict[str, Any]]:
    """The rows of a query, or of a change with RETURNING."""
    rows: list[dict[str, Any]] = await connections.get('default').execute_query_dict(in_dialect(sql), list(values))
    return rows


async def change(sql: str, *values: Any) -> int:
    """Run an UPDATE, DELETE or INSERT; how many rows it touched."""
    count, _ = await connections.get('default').execute_query(in_dialect(sql), list(values))
    return int(count)


def as_utc(value: Any) -> datetime | None:
    """A moment out of a raw row: SQLite gives text, PostgreSQL a datetime."""
    if value is None or isinstance(value, datetime):
        return value
    return datetime.fromisoformat(str(value)).astimezone(UTC)
