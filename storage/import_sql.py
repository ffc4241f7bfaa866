"""Who the rows of a file are about, and what becomes of them: asked and written for many rows at once."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from storage.many_rows import Types, as_list, insert_many, listed_rows, one_of_numbers, one_of_texts
from storage.sql import change, fetch, is_sqlite

# Whether somebody came in as this contact, or could: it joined, or its login has a password, a second factor or a
# session. Of `contact c LEFT JOIN login l`.
ENTERED = (
    '(c.joined_at IS NOT NULL OR l.password_hash IS NOT NULL OR l.totp_enrolled_at IS NOT NULL '
    'OR EXISTS (SELECT 1 FROM client_session s WHERE s.login_id = c.login_id))'
)
_KNOWN = (
    'SELECT c.id, c.name, c.name_key, c.email, c.kind, c.organisation, c.portal_access, c.external_id, '
    f'c.language, c.login_id, c.invitation_expires_at IS NOT NULL AS is_invited, {ENTERED} AS is_entered '
    'FROM contact c LEFT JOIN login l ON l.id = c.login_id '
)


_EXTERNAL_ID = (('external_id', 'text'),)
_IDENTITY = (('email', 'text'), ('name_key', 'text'))


def _one_by_one(columns: Sequence[str], table: str, types: Types, placeholder: str, condition: str) -> str:
    """Columns of the rows of a table that meet the condition with one of the listed rows, each looked up by an index:
    whatever PostgreSQL believes of a table that has just grown, it does not read all of it."""
    listed = listed_rows(types, placeholder, sqlite=is_sqlite())
    taken = ', '.join(f'i.{column}' for column in columns)
    if is_sqlite():
        return f'SELECT {taken} FROM {listed} CROSS JOIN {table} i WHERE {condition}'
    looked_up = f'SELECT {taken} FROM {table} i WHERE {condition} OFFSET 0'
    return f'SELECT w.* FROM {listed} CROSS JOIN LATERAL ({looked_up}) AS w'


async def known_contacts(
    external_ids: Collection[str], identities: Collection[tuple[str, str]]
) -> list[dict[str, Any]]:
    """The contacts that bear one of these external ids, or one of these addresses with that name; each once.

    An identity is an address, empty for none, and the key of a name.
    """
    with_address = [{'email': email, 'name_key': key} for email, key in identities if email]
    without = [{'name_key': key} for email, key in identities if not email]
    sources, values = [], []
    for types, rows, condition in (
        (_EXTERNAL_ID, [{'external_id': one} for one in external_ids], 'i.external_id = r.external_id'),
        (_IDENTITY, with_address, 'i.email = r.email AND i.name_key = r.name_key'),
        (_IDENTITY[1:], without, 'i.email IS NULL AND i.name_key = r.name_key'),
    ):
        if rows:
            values.append(json.dumps(rows))
            sources.append(_one_by_one(('id',), 'contact', types, f'${len(values)}', condition))
    if not sources:
        return []
    ids = ' UNION '.join(sources)
    which = f'c.id IN ({ids})' if is_sqlite() else f'c.id = ANY(ARRAY({ids}))'
    rows = await fetch(f'{_KNOWN} WHERE {which} ORDER BY c.id', *values)
    return [row | {name: bool(row[name]) for name in ('portal_access', 'is_invited', 'is_entered')} for row in rows]


async def entered_among(contact_ids: Collection[int]) -> set[int]:
    """Those of these contacts that somebody came in as, or could."""
    rows = await fetch(
        f'SELECT c.id FROM contact c LEFT JOIN login l ON l.id = c.login_id '
        f'WHERE {one_of_numbers("c.id", "$1")} AND {ENTERED}',
        as_list(contact_ids),
    )
    return {int(row['id']) for row in rows}


async def contacts_of_job(job_id: int, contact_ids: Collection[int]) -> dict[int, str]:
    """Those of these contacts that the job has dealt with, and the reason it wrote down of each."""
    if not contact_ids:
        return {}
    condition = f'i.job_id = {int(job_id)} AND i.contact_id = r.contact_id'
    rows = await fetch(
        _one_by_one(('contact_id', 'reason'), 'job_item', (('contact_id', 'bigint'),), '$1', condition),
        json.dumps([{'contact_id': one} for one in contact_ids]),
    )
    return {int(row['contact_id']): row['reason'] for row in rows}


async def first_and_last_bearers(emails: Collection[str]) -> dict[str, tuple[int, int]]:
    """Of each address that contacts bear, the first and the last of them: the same where there is one."""
    rows = await fetch(
        f'SELECT email, min(id) AS first, max(id) AS last FROM contact WHERE {one_of_texts("email", "$1")} '
        'GROUP BY email',
        as_list(emails),
    )
    return {row['email']: (int(row['first']), int(row['last'])) for row in rows}


async def add_items(job_id: int, items: Sequence[Mapping[str, Any]], now: object) -> None:
    """What became of contacts: `contact_id`, `contact_name`, `state` and `reason` of each."""
    await insert_many(
        'job_item',
        (('contact_id', 'bigint'), ('contact_name', 'text'), ('state', 'text'), ('reason', 'text')),
        items,
        {'job_id': ('bigint', job_id), 'at': ('timestamptz', now)},
    )


async def add_refusals(job_id: int, refusals: Sequence[Mapping[str, Any]]) -> None:
    """Why rows did not go in: `line`, `number`, `header`, `reason` and `detail` of each."""
    await insert_many(
        'import_refusal',
        (('line', 'bigint'), ('number', 'bigint'), ('header', 'text'), ('reason', 'text'), ('detail', 'text')),
        refusals,
        {'job_id': ('bigint', job_id)},
    )


AS_ROWS = (
    "SELECT name, coalesce(email, ''), kind, organisation, CASE WHEN portal_access THEN 'yes' ELSE 'no' END, "
    "coalesce(external_id, ''), language FROM contact ORDER BY id"
)
"""The contacts in the columns that an import takes, in the order it asks for them."""


async def refusals_between(job_id: int, first: int, end: int) -> list[dict[str, Any]]:
    """Why rows from number `first` on and before `end` did not go in, in their order."""
    return await fetch(
        'SELECT number, line, header, reason, detail FROM import_refusal '
        'WHERE job_id = $1 AND number >= $2 AND number < $3 ORDER BY number, id',
        job_id,
        first,
        end,
    )


async def refusal_page(job_id: int, after: int, limit: int) -> list[dict[str, Any]]:
    """Refusals in the order of the rows, those behind the refusal with this id."""
    return await fetch(
        'SELECT id, number, line, header, reason, detail FROM import_refusal '
        f'WHERE job_id = $1 AND id > $2 ORDER BY id LIMIT {int(limit)}',
        job_id,
        after,
    )


async def refusals_by_reason(job_id: int) -> list[dict[str, Any]]:
    """How many refusals there are of each reason and header, the most first."""
    return await fetch(
        'SELECT header, reason, count(*) AS number FROM import_refusal WHERE job_id = $1 GROUP BY header, reason '
        'ORDER BY number DESC, header, reason',
        job_id,
    )


async def tell_the_planner(new: int) -> None:
    """PostgreSQL plans by what it believes of a table, and keeps a plan until it believes something else. A job has
    many rows more than when it looked last, `new` of which are contacts: let it look, as it would by itself some
    minutes later. That holds up nobody who reads or writes. SQLite needs none of it.
    """
    if is_sqlite():
        return
    await change('ANALYZE job_item')
    (believed,) = await fetch("SELECT reltuples FROM pg_class WHERE oid = to_regclass('contact')")
    if believed['reltuples'] < new:
        await change('ANALYZE contact, login')
