"""Many contacts written at once."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from storage.many_rows import Types, as_list, insert_many, listed_rows, one_of_numbers
from storage.sql import change, is_sqlite

_TYPED: Types = (
    ('kind', 'text'),
    ('name', 'text'),
    ('name_key', 'text'),
    ('organisation', 'text'),
    ('organisation_key', 'text'),
    ('search_text', 'text'),
)
_EACH: Types = (
    *_TYPED,
    ('email', 'text'),
    ('login_id', 'bigint'),
    ('portal_access', 'boolean'),
    ('access_granted_at', 'timestamptz'),
    ('external_id', 'text'),
    ('language', 'text'),
)
_IDENTITY = ('external_id', 'email', 'name', 'kind', 'organisation', 'portal_access', 'language')


async def insert_contacts(rows: Sequence[Mapping[str, Any]], now: datetime) -> list[int]:
    """New contacts; their ids, in the order of `rows`. Access that one has, it is given `now`."""
    granted = now.isoformat(' ')
    made = await insert_many(
        'contact',
        _EACH,
        [{**row, 'access_granted_at': granted if row['portal_access'] else None} for row in rows],
        {'email_status': ('text', 'not_tried'), 'created_at': ('timestamptz', now), 'updated_at': ('timestamptz', now)},
        returning=f'id, {", ".join(_IDENTITY)}',
    )
    ids: defaultdict[tuple[Any, ...], list[int]] = defaultdict(list)
    for row in sorted(made, key=lambda row: int(row['id']), reverse=True):
        ids[tuple(row[name] for name in _IDENTITY)].append(int(row['id']))
    return [ids[tuple(row[name] for name in _IDENTITY)].pop() for row in rows]


async def write_details(rows: Sequence[Mapping[str, Any]], now: datetime) -> int:
    """What is typed of contacts that are there: each of `rows` has its `id` and all of these columns; how many."""
    return await _update((*_TYPED, ('external_id', 'text'), ('language', 'text')), rows, '', now)


async def write_addresses(rows: Sequence[Mapping[str, Any]], now: datetime) -> int:
    """The address of contacts that are there, and the login of it; nobody has come in by it yet."""
    return await _update(
        (('email', 'text'), ('login_id', 'bigint')), rows, "email_status = 'not_tried', joined_at = NULL", now
    )


async def _update(types: Types, rows: Sequence[Mapping[str, Any]], alike: str, now: datetime) -> int:
    if not rows:
        return 0
    given = [{name: row[name] for name in ('id', *(name for name, _ in types))} for row in rows]
    assignments = ', '.join(
        [*(f'{name} = r.{name}' for name, _ in types), 'updated_at = $1', *([alike] if alike else [])]
    )
    listed = listed_rows((('id', 'bigint'), *types), '$2', sqlite=is_sqlite())
    return await change(
        f'UPDATE contact SET {assignments} FROM {listed} WHERE contact.id = r.id '
        f'AND {one_of_numbers("contact.id", "$3")}',
        now,
        json.dumps(given),
        as_list(row['id'] for row in given),
    )
