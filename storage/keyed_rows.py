"""Many wide rows, each with a key of its own, and the ids they got.

Handed over row by row and not as one JSON value: the body of a mail is long, and would be read through for each column.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from tortoise import connections

from storage.many_rows import as_list, one_of_texts
from storage.sql import fetch, in_dialect

AT_ONCE = 500  # keys that are looked for by one statement


async def insert_keyed(table: str, key: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Insert rows that all have the same columns; their ids by the column `key`, a text that no other row has.

    `table`, `key` and the names of columns are constants of this package and of storage's models.
    """
    if not rows:
        return {}
    columns = list(rows[0])
    marks = ', '.join(f'${number}' for number in range(1, len(columns) + 1))
    statement = f'INSERT INTO {table} ({", ".join(columns)}) VALUES ({marks})'
    if len(rows) == 1:
        (made,) = await fetch(f'{statement} RETURNING id', *rows[0].values())
        return {str(rows[0][key]): int(made['id'])}
    values = [list(row.values()) for row in rows]
    await connections.get('default').execute_many(in_dialect(statement), values)
    found: dict[str, int] = {}
    keys = [str(row[key]) for row in rows]
    for start in range(0, len(keys), AT_ONCE):
        those = keys[start : start + AT_ONCE]
        for made in await fetch(f'SELECT id, {key} FROM {table} WHERE {one_of_texts(key, "$1")}', as_list(those)):
            found[made[key]] = int(made['id'])
    return found
