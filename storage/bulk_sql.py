"""What is done to many contacts, as SQL: in which group each would come, and who the members of a job are.

The groups are those of domain/contacts/bulk.py, and say beforehand what the deeds decide when they are done. They are
counted on a connection of their own, so that no page waits for them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from storage.contact_sql import CONTACT_AND_LOGIN, SHARED, Chosen, where_chosen
from storage.many_rows import as_list, one_of_numbers
from storage.sql import fetch
from storage.streams import stream

LOOKED_AT_ONCE = 10_000  # contacts, while the members of a job are gathered
# $1 is always the time.
_JOINED = "WHEN c.portal_access AND c.joined_at IS NOT NULL THEN 'joined_already' "
_NO_ADDRESS = "WHEN c.email IS NULL THEN 'no_address' "
_NO_ACCESS = "WHEN NOT c.portal_access THEN 'no_access' "
_REVOKED = "WHEN NOT c.portal_access AND c.access_revoked_at IS NOT NULL THEN 'was_revoked' "
GROUPS = {
    'invite': (
        f"CASE {_NO_ADDRESS}{_JOINED}{_REVOKED}WHEN {SHARED} THEN 'share_address' "
        "WHEN c.invitation_expires_at IS NOT NULL THEN 'to_invite_again' ELSE 'to_invite' END"
    ),
    'login_email': f"CASE {_NO_ADDRESS}{_NO_ACCESS}WHEN {SHARED} THEN 'share_address' ELSE 'to_mail' END",
    'give_access': "CASE WHEN c.portal_access THEN 'had_access' ELSE 'to_give' END",
    'revoke_access': f"CASE {_NO_ACCESS}ELSE 'to_revoke' END",
    'export': "'to_export'",
    'delete': "CASE WHEN c.portal_access THEN 'to_delete_with_access' ELSE 'to_delete' END",
    'reminder': (
        f"CASE {_NO_ADDRESS}{_JOINED}{_NO_ACCESS}WHEN c.invitation_expires_at IS NULL THEN 'not_invited' "
        "WHEN c.invitation_expires_at <= $1 THEN 'invite_expired' ELSE 'to_remind' END"
    ),
}
_THERE = 'c.created_at <= $1'  # who came later was not meant
_PRIME = 65_521
_MEANT = (
    'count(*) AS number, coalesce(sum(c.id), 0) AS ids, '
    f'coalesce(sum((c.id % {_PRIME}) * (c.id % {_PRIME}) % {_PRIME}), 0) AS squares'
)


@dataclass(frozen=True)
class GroupCount:
    """How many contacts are in a group, and how many of them have no access."""

    number: int
    without_access: int


@dataclass(frozen=True)
class Meant:
    """Contacts that something will be done to: how many, and two sums over their ids that others would not have."""

    number: int
    ids: int
    squares: int


async def count_groups(kind: str, chosen: Chosen, now: datetime) -> dict[str, GroupCount]:
    """How many of the chosen contacts come in which group; groups without anybody are left out."""
    where, values = where_chosen(chosen, 2)
    rows = await _beside(
        f'SELECT {GROUPS[kind]} AS grp, count(*), sum(CASE WHEN c.portal_access THEN 0 ELSE 1 END) '
        f'FROM {CONTACT_AND_LOGIN} WHERE {_THERE} AND {where} GROUP BY 1',
        now,
        *values,
    )
    return {row[0]: GroupCount(int(row[1]), int(row[2])) for row in rows}


async def group_page(
    kind: str, chosen: Chosen, group: str, now: datetime, after: tuple[str, int], limit: int
) -> list[dict[str, Any]]:
    """Contacts of one group in the order of their names, those after (`name_key`, `id`)."""
    where, values = where_chosen(chosen, 5)
    rows = await _beside(
        f"SELECT c.id, c.name, c.kind, COALESCE(c.email, ''), c.name_key FROM {CONTACT_AND_LOGIN} "
        f'WHERE {_THERE} AND (c.name_key, c.id) > ($2, $3) AND {GROUPS[kind]} = $4 AND {where} '
        f'ORDER BY c.name_key, c.id LIMIT {int(limit)}',
        now,
        *after,
        group,
        *values,
    )
    return [dict(zip(('id', 'name', 'kind', 'email', 'name_key'), row, strict=True)) for row in rows]


async def what_would_end(chosen: Chosen, now: datetime) -> dict[str, int]:
    """What ends when these contacts lose their access: `sessions` of logins that serve nobody else, `invitations`."""
    where, values = where_chosen(chosen, 2)
    those = (
        'SELECT c.login_id, count(*) AS number, count(c.invitation_expires_at) AS invitations '
        f'FROM {CONTACT_AND_LOGIN} WHERE {_THERE} AND {where} AND c.portal_access GROUP BY c.login_id'
    )
    (row,) = await _beside(
        f'WITH those AS MATERIALIZED ({those}) SELECT '
        '(SELECT count(*) FROM those t JOIN client_session s ON s.login_id = t.login_id '
        'WHERE s.idle_expires_at > $1 AND s.expires_at > $1 '
        'AND t.number = (SELECT count(*) FROM contact o WHERE o.login_id = t.login_id AND o.portal_access)), '
        '(SELECT coalesce(sum(t.invitations), 0) FROM those t)',
        now,
        *values,
    )
    return {'sessions': int(row[0]), 'invitations': int(row[1])}


async def who_is_meant(kind: str, chosen: Chosen, now: datetime) -> Meant:
    """Those of the chosen contacts that would be revoked or deleted."""
    where, values = where_chosen(chosen, 2)
    (row,) = await _beside(
        f'SELECT {_MEANT} FROM {CONTACT_AND_LOGIN} WHERE {_THERE} AND {where}{_if_something_is_done(kind)}',
        now,
        *values,
    )
    return Meant(*map(int, row))


async def members_meant(kind: str, job_id: int, after: int, up_to: int) -> Meant:
    """The same of the members of a job behind one contact up to another, by id."""
    (row,) = await fetch(
        f'SELECT {_MEANT} FROM job_item i JOIN contact c ON c.id = i.contact_id '
        f'WHERE i.job_id = $1 AND i.contact_id > $2 AND i.contact_id <= $3{_if_something_is_done(kind)}',
        job_id,
        after,
        up_to,
    )
    return Meant(**{name: int(number) for name, number in row.items()})


def _if_something_is_done(kind: str) -> str:
    return ' AND c.portal_access' if kind == 'revoke_access' else ''


async def _beside(sql: str, *values: object) -> list[Sequence[Any]]:
    return [row async for part in stream(sql, values, list) for row in part]


async def add_members(job_id: int, chosen: Chosen, at: datetime, after: int, limit: int) -> tuple[int, int, bool]:
    """The next chosen contacts by id, `limit` at most, become members of the job; how many, how far that has come, and
    whether these were the last.

    `at` is when the job was begun: whoever fitted then is meant. Of those who fit a filter, who may be few, no more
    than LOOKED_AT_ONCE are looked through, however many do not fit: this is inside a transaction that writes.
    """
    reach, is_end = (None, True) if chosen.ids is not None else await _reach(after)
    if chosen.ids is None and reach is None:
        return 0, after, True
    where, values = where_chosen(chosen, 5 if reach else 4, is_stretch=reach is not None)
    added = await fetch(
        'INSERT INTO job_item (job_id, contact_id, contact_name, state, reason) '
        f"SELECT CAST($2 AS bigint), c.id, c.name, 'waiting', '' FROM {CONTACT_AND_LOGIN} "
        f'WHERE {_THERE} AND c.id > $3 {"AND c.id <= $4 " if reach else ""}AND {where} '
        f'ORDER BY c.id LIMIT {int(limit)} RETURNING contact_id',
        at,
        job_id,
        after,
        *([reach] if reach else []),
        *values,
    )
    last = max((int(row['contact_id']) for row in added), default=after)
    if len(added) >= limit:
        return len(added), last, False
    return len(added), reach or last, is_end


async def _reach(after: int) -> tuple[int | None, bool]:
    """The id up to which the next LOOKED_AT_ONCE contacts are, and whether there are no more; None without any."""
    (row,) = await fetch(
        'SELECT count(*) AS number, max(id) AS last FROM '
        f'(SELECT id FROM contact WHERE id > $1 ORDER BY id LIMIT {int(LOOKED_AT_ONCE)}) AS following',
        after,
    )
    return row['last'], row['number'] < LOOKED_AT_ONCE


async def with_shared_address(contact_ids: Sequence[int]) -> list[int]:
    """Those of these contacts whose address another contact has too."""
    rows = await fetch(
        f'SELECT c.id FROM contact c WHERE {one_of_numbers("c.id", "$1")} AND {SHARED}', as_list(contact_ids)
    )
    return [int(row['id']) for row in rows]


async def at_the_same_address(contact_ids: Sequence[int], most: int) -> list[int]:
    """The other contacts that have an address of one of these, so many at most."""
    rows = await fetch(
        'SELECT o.id FROM contact o WHERE o.email IN '
        f'(SELECT c.email FROM contact c WHERE {one_of_numbers("c.id", "$1")} AND c.email IS NOT NULL) '
        f'AND NOT {one_of_numbers("o.id", "$1")} ORDER BY o.id LIMIT {int(most)}',
        as_list(contact_ids),
    )
    return [int(row['id']) for row in rows]
