"""How a session stands at this moment: over, held at the door of its second factor, or good. Asked at every request,
every event of a page and every deed, so each is one look at rows found by their keys (R36, R57)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from storage.shared_sql import belongs_with
from storage.sql import as_utc, fetch

MODE = (
    'CASE WHEN p.next_mode_from IS NOT NULL AND p.next_mode_from <= $1 THEN p.next_security_mode '
    'ELSE p.security_mode END'
)
CLIENT_IS_HELD = f"CASE WHEN l.totp_enrolled_at IS NULL AND ({MODE}) = 'link_and_password_2fa' THEN 1 ELSE 0 END"
STAFF_IS_HELD = 'CASE WHEN m.totp_enrolled_at IS NULL AND p.staff_two_factor_required THEN 1 ELSE 0 END'
LIVE = 's.idle_expires_at > $1 AND s.expires_at > $1'
_CLIENTS = 'FROM client_session s JOIN login l ON l.id = s.login_id JOIN portal_settings p ON p.id = 1 '
_STAFF = (
    'FROM staff_session s JOIN staff_member m ON m.id = s.staff_id AND m.disabled_at IS NULL '
    'JOIN portal_settings p ON p.id = 1 '
)

_LANGUAGE = (
    'coalesce((SELECT c.language FROM contact c WHERE c.id = s.contact_id AND c.login_id = s.login_id '
    "AND c.portal_access AND c.language <> ''), "
    f"(SELECT c.language FROM contact c WHERE c.id = {belongs_with()}), '')"
)


@dataclass(frozen=True)
class Standing:
    """A session that is alive. A held one opens nothing but the page where its second factor is set up.

    `role` is that of the staff member now, empty for a client; `proved_at` when the browser last proved who it is.
    """

    is_held: bool
    proved_at: datetime
    last_seen_at: datetime
    role: str = ''


async def client_standing(session_id: int, now: datetime) -> Standing | None:
    """None when the session is over."""
    rows = await fetch(
        f'SELECT coalesce(s.proved_at, s.created_at) AS proved_at, s.last_seen_at, {CLIENT_IS_HELD} AS is_held '
        f'{_CLIENTS} WHERE s.id = $2 AND {LIVE}',
        now,
        session_id,
    )
    return _standing(rows)


async def staff_standing(session_id: int, now: datetime) -> Standing | None:
    """None when the session is over or the staff member disabled."""
    rows = await fetch(
        f'SELECT coalesce(s.proved_at, s.created_at) AS proved_at, s.last_seen_at, {STAFF_IS_HELD} AS is_held, '
        f'm.role {_STAFF} '
        f'WHERE s.id = $2 AND {LIVE}',
        now,
        session_id,
    )
    return _standing(rows)


def _standing(rows: list[dict[str, Any]]) -> Standing | None:
    if not rows:
        return None
    proved_at, last_seen_at = as_utc(rows[0]['proved_at']), as_utc(rows[0]['last_seen_at'])
    assert proved_at is not None and last_seen_at is not None
    return Standing(bool(rows[0]['is_held']), proved_at, last_seen_at, rows[0].get('role', ''))


async def standings_of_clients(session_ids: Iterable[int], now: datetime) -> dict[int, bool]:
    """Of these sessions those that are alive, and whether each is held."""
    return await _standings(f'{CLIENT_IS_HELD} AS is_held {_CLIENTS}', list(session_ids), now)


async def standings_of_staff(session_ids: Iterable[int], now: datetime) -> dict[int, bool]:
    """Of these sessions those that are alive, and whether each is held."""
    return await _standings(f'{STAFF_IS_HELD} AS is_held {_STAFF}', list(session_ids), now)


async def _standings(what: str, session_ids: list[int], now: datetime) -> dict[int, bool]:
    found: dict[int, bool] = {}
    for first in range(0, len(session_ids), 500):
        some = session_ids[first : first + 500]
        names = ', '.join(f'${number}' for number in range(2, 2 + len(some)))
        rows = await fetch(f'SELECT s.id, {what} WHERE {LIVE} AND s.id IN ({names})', now, *some)
        found |= {int(row['id']): bool(row['is_held']) for row in rows}
    return found


async def client_behind(token_hash: str, now: datetime) -> dict[str, Any] | None:
    """The live client session with this hash, unless no contact of its login has access; None for any other.

    `contact_id` is null unless the contact that was picked may still be entered. `language` is that contact's, else
    that of the contact the login belongs with; empty where neither has one.
    """
    rows = await fetch(
        f'SELECT s.id, s.login_id, s.last_seen_at, l.email, {CLIENT_IS_HELD} AS is_held, '
        '(SELECT c.id FROM contact c WHERE c.id = s.contact_id AND c.login_id = s.login_id AND c.portal_access) '
        f'AS contact_id, {_LANGUAGE} AS language {_CLIENTS} WHERE s.token_hash = $2 AND {LIVE} '
        'AND EXISTS (SELECT 1 FROM contact c WHERE c.login_id = s.login_id AND c.portal_access)',
        now,
        token_hash,
    )
    return _seen(rows)


async def staff_behind(token_hash: str, now: datetime) -> dict[str, Any] | None:
    """The live staff session with this hash; None for any other."""
    rows = await fetch(
        f'SELECT s.id, s.staff_id, s.last_seen_at, m.name, m.email, m.role, {STAFF_IS_HELD} AS is_held {_STAFF} '
        f'WHERE s.token_hash = $2 AND {LIVE}',
        now,
        token_hash,
    )
    return _seen(rows)


def _seen(rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    if not rows:
        return None
    return rows[0] | {'last_seen_at': as_utc(rows[0]['last_seen_at']), 'is_held': bool(rows[0]['is_held'])}
