"""The access report as one SELECT: the database does the formatting, row by row, in C.

Its cells are text, or for a spreadsheet what they are: numbers, and moments as whole seconds since 1970.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from storage.contact_sql import CONTACT_AND_LOGIN, Chosen, where_chosen
from storage.queries import STATUS
from storage.sql import fetch, is_sqlite
from storage.streams import stream

EVERYBODY = Chosen()

COLUMNS = (
    'contact_id',
    'name',
    'kind',
    'organisation',
    'email',
    'login_email',
    'portal_access',
    'status',
    'invited_at',
    'invited_by',
    'invitation_expires_at',
    'joined_at',
    'last_sign_in_at',
    'last_sign_in_method',
    'password_set',
    'two_factor',
    'two_factor_enrolled_at',
    'active_sessions',
    'email_status',
    'created_at',
)


def iso_time(column: str) -> str:
    """A moment as ISO 8601 in UTC with Z."""
    if is_sqlite():
        return f"coalesce(substr({column}, 1, 10) || 'T' || substr({column}, 12, 8) || 'Z', '')"
    return f"coalesce(to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), '')"


def epoch_seconds(column: str) -> str:
    """A moment as whole seconds since 1970."""
    if is_sqlite():
        return f"CAST(strftime('%s', substr({column}, 1, 19)) AS INTEGER)"
    return f'CAST(floor(extract(epoch FROM {column})) AS bigint)'


def _yes(condition: str) -> str:
    return f"CASE WHEN {condition} THEN 'yes' ELSE 'no' END"


def report_sql(chosen: Chosen = EVERYBODY, *, typed: bool = False) -> tuple[str, list[Any]]:
    """The rows of these contacts by id, in the order of `COLUMNS`, and the values from $2 on; $1 is the time.

    Times are text, or seconds when `typed`.
    """
    condition, values = where_chosen(chosen, 2)
    return f'{_select(epoch_seconds if typed else iso_time)} WHERE {condition} ORDER BY c.id', values


async def read_report_page(chosen: Chosen, now: datetime, *, limit: int, offset: int) -> list[tuple[int | str, ...]]:
    """Rows of the same as text. What is passed over is not put into words.

    It may have to look at every contact: on SQLite, where all share one connection, it is read beside it.
    """
    condition, values = where_chosen(chosen, 4)
    ids = f'SELECT c.id FROM {CONTACT_AND_LOGIN} WHERE {condition} ORDER BY c.id LIMIT $2 OFFSET $3'
    sql, values = f'{_select(iso_time)} WHERE c.id IN ({ids}) ORDER BY c.id', [now, limit, offset, *values]
    if is_sqlite():
        return [row async for part in stream(sql, values, lambda rows: list(map(tuple, rows))) for row in part]
    return [tuple(row[name] for name in COLUMNS) for row in await fetch(sql, *values)]


def _select(time: Callable[[str], str]) -> str:
    signed_in = 'c.joined_at IS NOT NULL AND l.id IS NOT NULL'
    nothing = "''" if time is iso_time else 'NULL'
    cells = {
        'contact_id': 'c.id',
        'name': 'c.name',
        'kind': 'c.kind',
        'organisation': 'c.organisation',
        'email': "coalesce(c.email, '')",
        'login_email': "coalesce(l.email, '')",
        'portal_access': _yes('c.portal_access'),
        'status': STATUS,
        'invited_at': time('c.invited_at'),
        'invited_by': "coalesce(m.name, '')",
        'invitation_expires_at': time('c.invitation_expires_at'),
        'joined_at': time('c.joined_at'),
        'last_sign_in_at': f'CASE WHEN {signed_in} THEN {time("l.last_sign_in_at")} ELSE {nothing} END',
        'last_sign_in_method': f"CASE WHEN {signed_in} THEN l.last_sign_in_method ELSE '' END",
        'password_set': _yes('l.password_hash IS NOT NULL'),
        'two_factor': _yes('l.totp_enrolled_at IS NOT NULL'),
        'two_factor_enrolled_at': time('l.totp_enrolled_at'),
        'active_sessions': 'CASE WHEN c.portal_access THEN coalesce(s.number, 0) ELSE 0 END',
        'email_status': "CASE WHEN c.email IS NULL THEN 'no_address' ELSE c.email_status END",
        'created_at': time('c.created_at'),
    }
    select = ', '.join(f'{cells[name]} AS {name}' for name in COLUMNS)
    return (
        f'SELECT {select} FROM {CONTACT_AND_LOGIN} LEFT JOIN staff_member m ON m.id = c.invited_by_id '
        'LEFT JOIN (SELECT login_id, count(*) AS number FROM client_session '
        'WHERE expires_at > $1 AND idle_expires_at > $1 GROUP BY login_id) s ON s.login_id = c.login_id'
    )
