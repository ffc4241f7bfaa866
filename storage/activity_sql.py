"""Searching the audit log, which only grows: a page of it costs the same in a thousand rows and in a million.

Every condition that leaves many rows over has an index that ends in `id`, the order of the pages. Where several values
fit (kinds, or what a person did and what was done to it), each is a question of its own with the same limit, because no
index serves an OR in order. Times become bounds of ids, since rows are written in the order of their times, but for
deeds that ran at the same moment.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from storage.contact_list import list_page
from storage.contact_means import seek
from storage.contact_orders import ORDERS, Place, Wanted
from storage.contact_sql import ContactConditions
from storage.report_sql import iso_time
from storage.sql import fetch, is_sqlite

AT_THE_SAME_MOMENT = 1_000  # rows that may lie around a moment in another order than their times
COLUMNS = (
    'id',
    'at',
    'kind',
    'outcome',
    'actor_kind',
    'actor_id',
    'actor_name',
    'contact_id',
    'contact_name',
    'login_id',
    'staff_id',
    'ip',
    'user_agent',
    'detail',
)


@dataclass(frozen=True)
class AuditQuery:
    """Which rows; what is given must fit all at once. Times are UTC, from `since` on and before `until`.

    `staff_id`: what this member did, and what was done to it. `login_id`: what this client did. `contact_id` with
    `contact_login_id` and `contact_since`: what belongs to this contact, or to its login as a whole since it is there.
    """

    kinds: tuple[str, ...] = ()
    staff_id: int | None = None
    login_id: int | None = None
    contact_id: int | None = None
    contact_login_id: int | None = None
    contact_since: datetime | None = None
    since: datetime | None = None
    until: datetime | None = None


class _Values:
    """Collects parameters and hands out their placeholders."""

    def __init__(self) -> None:
        self.all: list[Any] = []

    def __call__(self, value: Any) -> str:
        self.all.append(value)
        return f'${len(self.all)}'


async def audit_page(query: AuditQuery, *, limit: int, below: int | None = None, above: int | None = None) -> list[int]:
    """The ids of the newest rows, newest first; with `below` and `above` only between these ids, both left out."""
    bounds = await _bounds(query, below, above)
    if bounds is None:
        return []
    value = _Values()
    low, high = bounds
    common = [f'id > {int(low)}', f'id < {int(high)}', *_times(query, value)]  # said outright: PostgreSQL plans by them
    parts: list[str] = []
    for source in _sources(query, value):
        for kind in _kinds(query, value, is_narrow=query.contact_id is not None or query.login_id is not None):
            where = ' AND '.join([*source, *kind, *common])
            parts.append(
                f'SELECT id FROM (SELECT id FROM audit_event WHERE {where} ORDER BY id DESC LIMIT {int(limit)}) '
                f'AS p{len(parts)}'
            )
    rows = await fetch(f'{" UNION ".join(parts)} ORDER BY id DESC LIMIT {int(limit)}', *value.all)
    return [int(row['id']) for row in rows]


def audit_rows_sql(query: AuditQuery, newest_id: int) -> tuple[str, list[Any]]:
    """Every row up to that id, newest first, its cells as text in the order of `COLUMNS`; and the parameters."""
    value = _Values()
    common = [f'id <= {value(newest_id)}', *_times(query, value)]
    if query.kinds:
        common.append(f'kind IN ({", ".join(value(kind) for kind in query.kinds)})')
    sources = [' AND '.join(source) for source in _sources(query, value) if source]
    if sources:
        common.append(f'({" OR ".join(f"({source})" for source in sources)})')
    cells = {
        'at': iso_time('at'),
        'detail': 'CAST(detail AS text)',
        **{name: f"coalesce(CAST({name} AS text), '')" for name in COLUMNS if name.endswith('_id')},
    }
    select = ', '.join(f'{cells.get(name, name)} AS {name}' for name in COLUMNS)
    return f'SELECT {select} FROM audit_event WHERE {" AND ".join(common)} ORDER BY audit_event.id DESC', value.all


async def newest_audit_id() -> int:
    """The id of the newest row; 0 for an empty log."""
    (row,) = await fetch('SELECT max(id) AS id FROM audit_event')
    return int(row['id'] or 0)


async def clients_named(words: Sequence[str], now: datetime, limit: int) -> list[dict[str, Any]]:
    """Logins that serve a contact with all these words (as in ContactConditions): id, email, and name and kind of the
    first such contact by name."""
    found: dict[int, dict[str, Any]] = {}
    page = Wanted(await seek(ContactConditions(words=tuple(words)), now), ORDERS['name'], limit=limit)
    while len(found) < limit:
        rows = await list_page(page)
        for row in rows:
            if row['login_id'] is not None:
                client = {'id': row['login_id'], 'email': row['login_email'], 'name': row['name'], 'kind': row['kind']}
                found.setdefault(row['login_id'], client)
        if len(rows) < limit:
            break
        page = replace(page, beyond=Place(rows[-1]['sort_key'], rows[-1]['id']))
    return list(found.values())[:limit]


def _sources(query: AuditQuery, value: _Values) -> list[list[str]]:
    """The ways in which a row can belong to the person and the contact; a row may fit several.

    A contact has fewer rows than a member of the staff, so its index is the one to use; SQLite would not know.
    """
    people: list[list[str]] = [[]]
    if query.staff_id is not None:
        who = value(query.staff_id)
        unless = '+' if is_sqlite() and query.contact_id is not None else ''
        people = [
            [f'{unless}actor_id = {who}', "actor_kind = 'staff'"],
            [f'{unless}staff_id = {who}'],
        ]
    elif query.login_id is not None:
        people = [[f'login_id = {value(query.login_id)}', "actor_kind IN ('client', 'visitor')"]]
    if query.contact_id is None:
        return people
    contacts = [[f'contact_id = {value(query.contact_id)}']]
    if query.contact_login_id is not None:
        whole = [f'login_id = {value(query.contact_login_id)}', 'contact_id IS NULL']
        contacts.append([*whole, f'at >= {value(query.contact_since)}'] if query.contact_since else whole)
    return [[*person, *contact] for person in people for contact in contacts]


def _kinds(query: AuditQuery, value: _Values, *, is_narrow: bool) -> list[list[str]]:
    if not query.kinds:
        return [[]]
    if is_narrow:
        return [[f'kind IN ({", ".join(value(kind) for kind in query.kinds)})']]
    return [[f'kind = {value(kind)}'] for kind in query.kinds]


def _times(query: AuditQuery, value: _Values) -> list[str]:
    """For the rows at the edges. The bounds of ids do the rest, so SQLite, which guesses, is kept off the index."""
    at = '+at' if is_sqlite() else 'at'
    since = [f'{at} >= {value(query.since)}'] if query.since else []
    return since + ([f'{at} < {value(query.until)}'] if query.until else [])


async def _bounds(query: AuditQuery, below: int | None, above: int | None) -> tuple[int, int] | None:
    """Between which ids, both left out, every row of the time in question lies; None if there is none."""
    low, high = above or 0, below or 2**62
    around = f'(SELECT id FROM audit_event WHERE at {{}} $1 ORDER BY at {{}} LIMIT {AT_THE_SAME_MOMENT}) AS around'
    if query.since:
        (row,) = await fetch(f'SELECT min(id) AS id FROM {around.format(">=", "ASC")}', query.since)
        if row['id'] is None:
            return None
        low = max(low, int(row['id']) - 1)
    if query.until:
        (row,) = await fetch(f'SELECT max(id) AS id FROM {around.format("<", "DESC")}', query.until)
        if row['id'] is None:
            return None
        high = min(high, int(row['id']) + 1)
    return (low, high) if low < high else None
