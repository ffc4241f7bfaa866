"""A page of the contact list by keys: the rows after or before a place in an order, however deep it lies."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from storage.contact_sql import CONTACT_AND_LOGIN, ContactConditions, Values, conditions
from storage.queries import STATUS
from storage.sql import as_utc, fetch, is_sqlite

COLUMNS = (
    'c.id, c.kind, c.name, c.organisation, c.email, c.email_status, c.portal_access, c.login_id, c.created_at, '
    'c.invited_at, c.invitation_expires_at, c.joined_at, '
    f'{STATUS} AS status, '
    'CASE WHEN c.joined_at IS NOT NULL THEN l.last_sign_in_at END AS last_sign_in_at, '
    "CASE WHEN c.joined_at IS NOT NULL THEN l.last_sign_in_method ELSE '' END AS last_sign_in_method, "
    'l.totp_enrolled_at IS NOT NULL AS two_factor, l.password_hash IS NOT NULL AS password, '
    'EXISTS (SELECT 1 FROM contact o WHERE o.email = c.email AND o.id <> c.id) AS shared'
)
_MOMENTS = ('created_at', 'invited_at', 'invitation_expires_at', 'joined_at', 'last_sign_in_at')
_YES_OR_NO = ('two_factor', 'password', 'shared')


@dataclass(frozen=True)
class Order:
    """What a list is sorted by. Rows that have nothing there come last, whatever the direction."""

    column: str
    is_text: bool = True


ORDERS = {
    'name': Order('c.name_key'),
    'email': Order('c.email'),
    'organisation': Order('c.organisation_key'),
    'created': Order('c.created_at', is_text=False),
    'invited': Order('c.invited_at', is_text=False),
    'joined': Order('c.joined_at', is_text=False),
    'last_sign_in': Order('CASE WHEN c.joined_at IS NOT NULL THEN l.last_sign_in_at END', is_text=False),
}


@dataclass(frozen=True)
class Place:
    """Where a row stands: its key, None for one that has nothing there, and its id."""

    key: str | datetime | None
    id: int


async def list_page(
    fits: ContactConditions,
    now: datetime,
    order: Order,
    *,
    descending: bool = False,
    beyond: Place | None = None,
    backwards: bool = False,
    limit: int,
) -> list[dict[str, Any]]:
    """At most `limit` rows beyond a place, each with its `sort_key`; `backwards`, those before it, nearest first."""
    found: list[dict[str, Any]] = []
    for blank in (True, False) if backwards else (False, True):
        stands_here = beyond is not None and blank == (beyond.key is None)
        if beyond is not None and not stands_here and blank == backwards:
            continue  # this part lies behind the place
        place = beyond if stands_here else None
        found += await _part(fits, now, order, descending != backwards, place, blank, limit - len(found))
        if len(found) == limit:
            break
    return [_in_python(row) for row in found]


async def _part(
    fits: ContactConditions,
    now: datetime,
    order: Order,
    descending: bool,
    beyond: Place | None,
    blank: bool,
    limit: int,
) -> list[dict[str, Any]]:
    """Of the rows that have something to sort by, or of those that have not."""
    values = Values(2)
    wanted = conditions(fits, values)
    key = f'{order.column} COLLATE "C"' if order.is_text and not is_sqlite() else order.column
    nothing = f"coalesce({order.column}, '') = ''" if order.is_text else f'{order.column} IS NULL'
    wanted.append(nothing if blank else f'NOT ({nothing})')
    beyond_it, direction = ('<', 'DESC') if descending else ('>', 'ASC')
    if beyond and blank:
        wanted.append(f'c.id {beyond_it} {values.add(beyond.id)}')
    elif beyond:
        wanted.append(f'({key}, c.id) {beyond_it} ({values.add(beyond.key)}, {values.add(beyond.id)})')
    sorted_by = f'c.id {direction}' if blank else f'{key} {direction}, c.id {direction}'
    return await fetch(
        f'SELECT {COLUMNS}, {"NULL" if blank else order.column} AS sort_key FROM {CONTACT_AND_LOGIN} '
        f'WHERE {" AND ".join(wanted)} ORDER BY {sorted_by} LIMIT {int(limit)}',
        now,
        *values.listed,
    )


def _in_python(row: dict[str, Any]) -> dict[str, Any]:
    """Moments in UTC and truths, which SQLite gives as text and numbers."""
    return row | {name: as_utc(row[name]) for name in _MOMENTS} | {name: bool(row[name]) for name in _YES_OR_NO}


async def organisations(beginning: str, limit: int) -> list[str]:
    """Names of organisations whose folded name begins so, each once, in order."""
    escaped = beginning.replace('\\', '\\\\').replace('%', '\\%').replace('_', '\\_')
    rows = await fetch(
        'SELECT min(c.organisation) AS organisation FROM contact c '
        f"WHERE c.organisation_key <> '' AND c.organisation_key LIKE $1 ESCAPE '\\' "
        f'GROUP BY c.organisation_key ORDER BY c.organisation_key LIMIT {int(limit)}',
        f'{escaped}%',
    )
    return [str(row['organisation']) for row in rows]
