"""Many rows by one statement, whatever their number: they travel as one JSON value, on both engines alike.

The types are those of PostgreSQL: `text`, `bigint`, `integer`, `boolean`, `timestamptz`, `jsonb`. SQLite needs none.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from storage.sql import fetch, is_sqlite

Types = tuple[tuple[str, str], ...]


@lru_cache(64)
def listed_rows(types: Types, placeholder: str, *, sqlite: bool) -> str:
    """What to select from: the rows that this placeholder holds as a JSON list of objects. To be named `r`."""
    if sqlite:
        cells = ', '.join(f"json_extract(value, '$.{name}') AS {name}" for name, _ in types)
        return f'(SELECT {cells} FROM json_each({placeholder})) AS r'
    columns = ', '.join(f'{name} {kind}' for name, kind in types)
    return f'json_to_recordset(CAST({placeholder} AS json)) AS r({columns})'


def one_of_texts(column: str, placeholder: str) -> str:
    """That a text is one of those that this placeholder holds as a JSON list.

    PostgreSQL is handed an array, which it looks up in the index whatever it believes of the table: without statistics,
    as in the first minute of a large table, it would read all of it for a join.
    """
    if is_sqlite():
        return f'{column} IN (SELECT value FROM json_each({placeholder}))'
    return f'{column} = ANY(ARRAY(SELECT value FROM json_array_elements_text(CAST({placeholder} AS json))))'


def one_of_numbers(column: str, placeholder: str) -> str:
    """The same of a whole number."""
    if is_sqlite():
        return f'{column} IN (SELECT value FROM json_each({placeholder}))'
    values = f'SELECT CAST(value AS bigint) FROM json_array_elements_text(CAST({placeholder} AS json))'
    return f'{column} = ANY(ARRAY({values}))'


def as_list(values: Iterable[Any]) -> str:
    """The value of such a placeholder."""
    return json.dumps(list(values))


async def insert_many(
    table: str,
    types: Types,
    rows: Sequence[Mapping[str, Any]],
    alike: Mapping[str, tuple[str, Any]],
    *,
    returning: str = '',
    on_conflict: str = '',
) -> list[dict[str, Any]]:
    """Insert rows, each with the columns of `types`; what is the same in all of them is in `alike`: type and value.

    `table`, the names of columns, `returning` and `on_conflict` are constants of this package and of storage's models.
    """
    if not rows:
        return []
    sqlite = is_sqlite()
    numbered = list(enumerate(alike.items(), 2))
    constants = [f'${number}' if sqlite else f'CAST(${number} AS {kind})' for number, (_, (kind, _)) in numbered]
    columns = ', '.join([*(name for name, _ in types), *alike])
    values = ', '.join([*(f'r.{name}' for name, _ in types), *constants])
    sql = (
        f'INSERT INTO {table} ({columns}) SELECT {values} FROM {listed_rows(types, "$1", sqlite=sqlite)} '
        # without a condition SQLite would take ON CONFLICT for a join's
        f'WHERE true {on_conflict}{f" RETURNING {returning}" if returning else ""}'
    )
    return await fetch(sql, json.dumps(rows), *(value for _, value in alike.values()))
