"""Addresses that several contacts bear, and which of these contacts the login of the address belongs with.

Contacts that share an address are marked in their facets, and an index has the marked ones alone, by address
(storage/migrations/0005_finding.py): a page of addresses is a short walk along it, however many contacts there are.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from storage.contact_sql import Values, has_words, in_bytes, word_condition
from storage.facets import SHARED
from storage.many_rows import as_list, one_of_numbers, one_of_texts
from storage.queries import STATUS
from storage.sql import change, fetch, is_sqlite
from storage.streams import stream

FEW = 3_000  # contacts with some words that are looked at one by one rather than met on a walk
_SHARES = f'c.facets IS NOT NULL AND c.facets & {SHARED} <> 0'
_BEARER = f'c.id, c.kind, c.name, c.organisation, c.portal_access, c.email, c.name_key, {STATUS} AS status'


# ── Whom a login belongs with ────────────────────────────────────────────────


def belongs_with(met: str = '1 = 1') -> str:
    """The contact that `login l` belongs with, as SQL: whom staff chose, else the first person, else the first of all,
    by name. Only one that the login may enter and, as contact `b`, meets the condition; null when there is none."""
    of_login = f'SELECT b.id FROM contact b WHERE b.login_id = l.id AND b.portal_access AND {met}'
    by_name = "ORDER BY CASE WHEN b.kind = 'person' THEN 0 ELSE 1 END, b.name_key, b.id LIMIT 1"
    return f'coalesce(({of_login} AND b.id = l.belongs_with_id), ({of_login} {by_name}))'


async def contact_of_login(login_id: int) -> int | None:
    """The contact this login belongs with; None when it may enter none."""
    rows = await fetch(f'SELECT {belongs_with()} AS id FROM login l WHERE l.id = $1', login_id)
    return int(rows[0]['id']) if rows and rows[0]['id'] is not None else None


async def contacts_among(login_ids: Collection[int], contact_ids: Collection[int]) -> dict[int, int]:
    """The contact each of these logins belongs with, were there only these contacts; those with none are left out."""
    found = belongs_with(one_of_numbers('b.id', '$2'))
    rows = await fetch(
        f'SELECT l.id, {found} AS contact_id FROM login l WHERE {one_of_numbers("l.id", "$1")}',
        as_list(login_ids),
        as_list(contact_ids),
    )
    return {int(row['id']): int(row['contact_id']) for row in rows if row['contact_id'] is not None}


async def belongings(emails: Collection[str]) -> list[dict[str, Any]]:
    """For each of these addresses whose login may be entered: `email`, `chosen_id`, and of the contact it belongs with
    `id`, `name` and `kind`."""
    return await fetch(
        'SELECT w.email, w.chosen_id, c.id, c.name, c.kind FROM ('
        f'SELECT l.email, l.belongs_with_id AS chosen_id, {belongs_with()} AS contact_id FROM login l '
        f'WHERE {one_of_texts("l.email", "$1")} LIMIT {len(emails)}'
        ') AS w JOIN contact c ON c.id = w.contact_id',
        as_list(emails),
    )


async def forget_choices(login_ids: Collection[int], contact_ids: Collection[int]) -> None:
    """Those of these logins that one of these contacts was chosen for have nobody chosen any more."""
    await change(
        'UPDATE login SET belongs_with_id = NULL '
        f'WHERE {one_of_numbers("id", "$1")} AND {one_of_numbers("belongs_with_id", "$2")}',
        as_list(login_ids),
        as_list(contact_ids),
    )


# ── Addresses ────────────────────────────────────────────────────────────────


async def list_addresses(words: Sequence[str], *, beyond: str = '', backwards: bool = False, limit: int) -> list[str]:
    """Shared addresses in their order, those past `beyond` first. With words, a contact of theirs has all of them."""
    values = Values(1)
    met = [_SHARES, *(word_condition(word, values) for word in words)]
    email = in_bytes('c.email')
    if beyond:
        met.append(f'{email} {"<" if backwards else ">"} {values.add(beyond)}')
    source = await _source(words, met, values)
    rows = await fetch(
        f'SELECT DISTINCT {email} AS email FROM {source} WHERE {" AND ".join(met)} '
        f'ORDER BY 1 {"DESC" if backwards else "ASC"} LIMIT {int(limit)}',
        *values.listed,
    )
    return [str(row['email']) for row in rows]


async def _source(words: Sequence[str], met: list[str], values: Values) -> str:
    """How the contacts are met: along the shared addresses or, where words are rare, by these. PostgreSQL decides by
    itself."""
    if not is_sqlite():
        return 'contact c'
    if words and await _are_rare(words):
        met.append(f'c.id IN (SELECT rowid FROM contact_words WHERE {has_words(words, values)})')
        return 'contact c NOT INDEXED'
    return 'contact c INDEXED BY contact_shared'


async def _are_rare(words: Sequence[str]) -> bool:
    values = Values(1)
    found = f'SELECT 1 FROM contact_words WHERE {has_words(words, values)} LIMIT {FEW}'
    rows = await fetch(f'SELECT count(*) AS number FROM ({found}) AS few', *values.listed)
    return int(rows[0]['number']) < FEW


async def count_addresses(words: Sequence[str]) -> tuple[int, int]:
    """How many addresses are shared, and by how many contacts; with words, only contacts that have them count.

    Read on a connection of its own; cancelling the caller ends it.
    """
    values = Values(1)
    met = [_SHARES, *(word_condition(word, values) for word in words)]
    source = await _source(words, met, values)
    sql = (
        'SELECT count(*), coalesce(sum(number), 0) FROM '
        f'(SELECT count(*) AS number FROM {source} WHERE {" AND ".join(met)} GROUP BY {in_bytes("c.email")}) AS each'
    )
    counted = (0, 0)
    async for part in stream(sql, values.listed, lambda rows: (int(rows[0][0]), int(rows[0][1]))):
        counted = part
    return counted


async def count_bearers(emails: Collection[str]) -> dict[str, int]:
    """How many contacts bear each of these addresses."""
    rows = await fetch(
        f'SELECT email, count(*) AS number FROM contact WHERE {one_of_texts("email", "$1")} GROUP BY email',
        as_list(emails),
    )
    return {str(row['email']): int(row['number']) for row in rows}


# ── Contacts of an address ───────────────────────────────────────────────────


async def first_bearers(emails: Sequence[str], words: Sequence[str], now: datetime, limit: int) -> list[dict[str, Any]]:
    """Of each of these addresses some contacts: those with the words first, then by name."""
    if not emails:
        return []
    values = Values(2)
    wanted = ' AND '.join(word_condition(word, values) for word in words)
    order = f'CASE WHEN {wanted} THEN 0 ELSE 1 END, c.name_key, c.id' if wanted else 'c.name_key, c.id'
    some = (
        f'SELECT * FROM (SELECT {_BEARER} FROM contact c WHERE c.email = {values.add(email)} '
        f'ORDER BY {order} LIMIT {int(limit)}) AS few'
        for email in emails
    )
    return await fetch(' UNION ALL '.join(some), now, *values.listed)


async def bearers_in_short(email: str, now: datetime) -> list[dict[str, Any]]:
    """Every contact of an address by name: its `id`, `name` and `status`."""
    return await fetch(
        f'SELECT c.id, c.name, {STATUS} AS status FROM contact c WHERE c.email = $2 ORDER BY c.name_key, c.id',
        now,
        email,
    )


async def list_bearers(
    email: str,
    words: Sequence[str],
    now: datetime,
    *,
    beyond: tuple[str, int] | None = None,
    backwards: bool = False,
    limit: int,
) -> list[dict[str, Any]]:
    """The contacts of an address by name, those past `beyond` (key of the name, and id) first."""
    values = Values(2)
    met = [f'c.email = {values.add(email)}', *(word_condition(word, values) for word in words)]
    if beyond:
        met.append(f'(c.name_key, c.id) {"<" if backwards else ">"} ({values.add(beyond[0])}, {values.add(beyond[1])})')
    way = 'DESC' if backwards else 'ASC'
    return await fetch(
        f'SELECT {_BEARER} FROM contact c WHERE {" AND ".join(met)} '
        f'ORDER BY c.name_key {way}, c.id {way} LIMIT {int(limit)}',
        now,
        *values.listed,
    )


async def count_bearers_with(email: str, words: Sequence[str]) -> int:
    """How many contacts of an address have all of these words."""
    values = Values(1)
    met = [f'c.email = {values.add(email)}', *(word_condition(word, values) for word in words)]
    rows = await fetch(f'SELECT count(*) AS number FROM contact c WHERE {" AND ".join(met)}', *values.listed)
    return int(rows[0]['number'])
