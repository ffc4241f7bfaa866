"""Who the rows of a file are about, and what becomes of them: asked and written for many rows at once."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from storage.many_rows import as_list, insert_many, listed_rows, one_of_numbers, one_of_texts
from storage.sql import fetch, is_sqlite

# Whether somebody came in as this contact, or could: it joined, or its login has a password, a second factor or a
# session. Of `contact c LEFT JOIN login l`.
ENTERED = (
    '(c.joined_at IS NOT NULL OR l.password_hash IS NOT NULL OR l.totp_enrolled_at IS NOT NULL '
    'OR EXISTS (SELECT 1 FROM client_session s WHERE s.login_id = c.login_id))'
)
_KNOWN = (
    'SELECT c.id, c.name, c.name_key, c.email, c.kind, c.organisation, c.portal_access, c.external_id, '
    f'c.login_id, c.invitation_expires_at IS NOT NULL AS is_invited, {ENTERED} AS is_entered '
    'FROM contact c LEFT JOIN login l ON l.id = c.login_id '
)


async def known_contacts(
    external_ids: Collection[str], identities: Collection[tuple[str, str]]
) -> list[dict[str, Any]]:
    """The contacts that bear one of these external ids, or one of these addresses with that name; each once.

    An identity is an address, empty for none, and the key of a name.
    """
    with_address = [{'email': email, 'name_key': key} for email, key in identities if email]
    without = [key for email, key in identities if not email]
    sources, values = [], []
    if external_ids:
        values.append(as_list(external_ids))
        sources.append(f'SELECT e.id FROM contact e WHERE {one_of_texts("e.external_id", f"${len(values)}")}')
    if with_address:
        values.append(json.dumps(with_address))
        listed = listed_rows((('email', 'text'), ('name_key', 'text')), f'${len(values)}', sqlite=is_sqlite())
        sources.append(
            f'SELECT w.id FROM {listed} CROSS JOIN contact w WHERE w.email = r.email AND w.name_key = r.name_key'
        )
    if without:
        values.append(as_list(without))
        sources.append(
            f'SELECT n.id FROM contact n WHERE n.email IS NULL AND {one_of_texts("n.name_key", f"${len(values)}")}'
        )
    if not sources:
        return []
    rows = await fetch(f'{_KNOWN} WHERE c.id IN ({" UNION ".join(sources)}) ORDER BY c.id', *values)
    return [row | {name: bool(row[name]) for name in ('portal_access', 'is_invited', 'is_entered')} for row in rows]


async def entered_among(contact_ids: Collection[int]) -> set[int]:
    """Those of these contacts that somebody came in as, or could."""
    rows = await fetch(
        f'SELECT c.id FROM contact c LEFT JOIN login l ON l.id = c.login_id '
        f'WHERE {one_of_numbers("c.id", "$1")} AND {ENTERED}',
        as_list(contact_ids),
    )
    return {int(row['id']) for row in rows}


async def contacts_of_job(job_id: int, contact_ids: Collection[int]) -> set[int]:
    """Those of these contacts that the job has dealt with."""
    if not contact_ids:
        return set()
    rows = await fetch(
        f'SELECT contact_id FROM job_item WHERE job_id = $1 AND {one_of_numbers("contact_id", "$2")}',
        job_id,
        as_list(contact_ids),
    )
    return {int(row['contact_id']) for row in rows}


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
    "coalesce(external_id, '') FROM contact ORDER BY id"
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
