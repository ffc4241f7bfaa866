"""Whom to remind of an invitation, and saying that it was done: at most one caller ever does it.

An invitation that is renewed may be reminded of anew: renewing takes `reminded_at` away.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from storage.many_rows import as_list, one_of_numbers
from storage.sql import as_utc, fetch, is_sqlite

_OPEN = 'accepted_at IS NULL AND cancelled_at IS NULL'


def _due(shortest_days: int) -> str:
    """That one is to be reminded of, neither before $1 nor when it ends before $2 or after $3."""
    if is_sqlite():
        lasts = 'julianday(expires_at) - julianday(COALESCE(renewed_at, created_at))'
        long_enough = f'{lasts} > {int(shortest_days)} - 0.001'
    else:
        lasts = 'expires_at - COALESCE(renewed_at, created_at)'
        long_enough = f"{lasts} > interval '{int(shortest_days)} days' - interval '1 minute'"
    return f'{_OPEN} AND reminded_at IS NULL AND expires_at > $1 AND expires_at <= $2 AND {long_enough}'


async def due_reminders(
    after: datetime, until: datetime, shortest_days: int, limit: int, but: Collection[int] = ()
) -> list[int]:
    """Contacts whose open invitation ends in this time, was given for at least so long, and was not reminded of."""
    rows = await fetch(
        f'SELECT contact_id FROM invitation WHERE {_due(shortest_days)} AND NOT ({one_of_numbers("contact_id", "$3")}) '
        f'ORDER BY expires_at, id LIMIT {int(limit)}',
        after,
        until,
        as_list(but),
    )
    return [int(row['contact_id']) for row in rows]


async def next_reminder(until: datetime) -> datetime | None:
    """When the first open invitation ends after `until` that was not reminded of."""
    rows = await fetch(
        f'SELECT min(expires_at) AS at FROM invitation WHERE {_OPEN} AND reminded_at IS NULL AND expires_at > $1', until
    )
    return as_utc(rows[0]['at'])


async def claim_due(
    contact_ids: Sequence[int], now: datetime, after: datetime, until: datetime, shortest_days: int
) -> list[dict[str, Any]]:
    """Of these contacts' invitations those that are still due are reminded of now, by this transaction and no other."""
    return await _claim(_due(shortest_days), contact_ids, now, after, until)


async def claim_open(contact_ids: Sequence[int], now: datetime) -> list[dict[str, Any]]:
    """The same for all that are open and have not ended, reminded of before or not."""
    return await _claim(f'{_OPEN} AND expires_at > $1', contact_ids, now, now)


async def _claim(condition: str, contact_ids: Sequence[int], now: datetime, *values: datetime) -> list[dict[str, Any]]:
    first = len(values) + 1
    rows = await fetch(
        f'UPDATE invitation SET reminded_at = ${first} WHERE {condition} '
        f'AND {one_of_numbers("contact_id", f"${first + 1}")} '
        'RETURNING id, contact_id, message, invited_by_id, expires_at',
        *values,
        now,
        as_list(contact_ids),
    )
    return [row | {'expires_at': as_utc(row['expires_at'])} for row in rows]
