"""What a list shows of a contact."""

from datetime import datetime
from typing import Any

from storage.contact_sql import CONTACT_AND_LOGIN, Values, in_bytes
from storage.queries import STATUS
from storage.sql import as_utc, fetch

COLUMNS = (
    'c.id, c.kind, c.name, c.organisation, c.email, c.email_status, c.portal_access, c.login_id, '
    'l.email AS login_email, c.created_at, '
    'c.invited_at, c.invitation_expires_at, c.joined_at, '
    f'{STATUS} AS status, '
    'CASE WHEN c.joined_at IS NOT NULL THEN l.last_sign_in_at END AS last_sign_in_at, '
    "CASE WHEN c.joined_at IS NOT NULL THEN l.last_sign_in_method ELSE '' END AS last_sign_in_method, "
    'l.totp_enrolled_at IS NOT NULL AS two_factor, l.password_hash IS NOT NULL AS password, '
    'EXISTS (SELECT 1 FROM contact o WHERE o.email = c.email AND o.id <> c.id) AS shared'
)
_MOMENTS = ('created_at', 'invited_at', 'invitation_expires_at', 'joined_at', 'last_sign_in_at')
_YES_OR_NO = ('two_factor', 'password', 'shared')


async def rows_of(found: str, values: Values, now: datetime) -> list[dict[str, Any]]:
    """The contacts that `found` selects by id, beside what else it selects, in any order. Its values begin at $2."""
    rows = await fetch(
        f'SELECT {COLUMNS}, found.* FROM ({found}) AS found '
        'CROSS JOIN contact c LEFT JOIN login l ON l.id = c.login_id WHERE c.id = found.id',
        now,
        *values.listed,
    )
    return [_in_python(row) for row in rows]


async def contacts_of_address(address: str, now: datetime, limit: int) -> list[dict[str, Any]]:
    """The contacts that bear an address, by name."""
    return await _exactly('c.email', address, now, limit)


async def contacts_of_name(name_key: str, now: datetime, limit: int) -> list[dict[str, Any]]:
    """The contacts with a name, but for case and accents."""
    return await _exactly(in_bytes('c.name_key'), name_key, now, limit)


async def _exactly(column: str, value: str, now: datetime, limit: int) -> list[dict[str, Any]]:
    rows = await fetch(
        f'SELECT {COLUMNS} FROM {CONTACT_AND_LOGIN} WHERE {column} = $2 AND c.facets IS NOT NULL '
        f'ORDER BY {in_bytes("c.name_key")}, c.id LIMIT {int(limit)}',
        now,
        value,
    )
    return [_in_python(row) for row in rows]


def _in_python(row: dict[str, Any]) -> dict[str, Any]:
    """Moments in UTC and truths, which SQLite gives as text and numbers."""
    return row | {name: as_utc(row[name]) for name in _MOMENTS} | {name: bool(row[name]) for name in _YES_OR_NO}
