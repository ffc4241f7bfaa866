"""How clients may come in: whom a change of it concerns, in numbers, and what it does to the sessions that are alive.

Every statement is right for 100,000 contacts: one pass, or one page by key.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from storage.shared_sql import belongs_with
from storage.sql import change, fetch, is_sqlite

_LIVE = 'idle_expires_at > $1 AND expires_at > $1'
CONCERNED = {  # (mode before, mode after) -> the logins for which something changes that they notice
    'link_and_password_2fa': 'l.totp_enrolled_at IS NULL',
    'link_only': 'l.password_hash IS NOT NULL',
    ('link_only', 'link_and_password'): 'l.password_hash IS NOT NULL',
    ('link_and_password_2fa', 'link_and_password'): 'l.totp_enrolled_at IS NOT NULL',
}


def concerned(old_mode: str, mode: str) -> str:
    """The condition on login `l` that a change of the mode concerns it."""
    return CONCERNED.get((old_mode, mode)) or CONCERNED.get(mode, '1 = 0')


@dataclass(frozen=True)
class LoginFigures:
    """Logins that serve a contact with access. `in_now` have a session that is alive, `in_concerned` concerned ones."""

    clients: int
    enrolled: int
    with_password: int
    concerned: int
    in_now: int
    in_concerned: int
    in_unenrolled: int


async def login_figures(old_mode: str, mode: str, now: datetime) -> LoginFigures:
    """The numbers of a change from one mode to another, in one pass."""
    those = concerned(old_mode, mode)
    (row,) = await fetch(
        'SELECT count(*) AS clients, count(l.totp_enrolled_at) AS enrolled, count(l.password_hash) AS with_password, '
        f'count(CASE WHEN {those} THEN 1 END) AS concerned, count(s.login_id) AS in_now, '
        f'count(CASE WHEN s.login_id IS NOT NULL AND {those} THEN 1 END) AS in_concerned, '
        'count(CASE WHEN s.login_id IS NOT NULL AND l.totp_enrolled_at IS NULL THEN 1 END) AS in_unenrolled '
        'FROM login l '
        f'LEFT JOIN (SELECT DISTINCT login_id FROM client_session WHERE {_LIVE}) s ON s.login_id = l.id '
        'WHERE l.id IN (SELECT login_id FROM contact WHERE portal_access AND login_id IS NOT NULL)',
        now,
    )
    return LoginFigures(**{name: int(number) for name, number in row.items()})


async def concerned_logins(old_mode: str, mode: str, after: int, until: int, limit: int) -> list[dict[str, Any]]:
    """The next logins concerned, by id: `id`, `email`, and a contact to greet (`name`, `kind`, `language`,
    `contact_id`).

    `contact_id` is null where the login serves several. Whom it belongs with is greeted (storage/shared_sql.py).
    """
    return await fetch(
        'SELECT w.id, w.email, c.kind, c.name, c.language, CASE WHEN NOT EXISTS (SELECT 1 FROM contact o '
        'WHERE o.login_id = w.id AND o.portal_access AND o.id <> c.id) THEN c.id END AS contact_id FROM ('
        f'SELECT l.id, l.email, {belongs_with()} AS greeted_id FROM login l WHERE l.id > $1 AND l.id <= $2 '
        f'AND {concerned(old_mode, mode)} '
        'AND EXISTS (SELECT 1 FROM contact s WHERE s.login_id = l.id AND s.portal_access) '
        f'ORDER BY l.id LIMIT {int(limit)}) AS w JOIN contact c ON c.id = w.greeted_id ORDER BY w.id',
        after,
        until,
    )


async def newest_login_id() -> int:
    """The highest id that a login has."""
    (row,) = await fetch('SELECT coalesce(max(id), 0) AS id FROM login')
    return int(row['id'])


async def lock_settings() -> None:
    """Hold the firm's settings until the transaction ends. On SQLite the transaction is the only writer already."""
    if not is_sqlite():
        await fetch('SELECT id FROM portal_settings WHERE id = 1 FOR UPDATE')


async def promote_mode(due: datetime) -> bool:
    """Write down that the mode planned from `due` on is in force; whether this caller was the one who did."""
    return (
        await change(
            "UPDATE portal_settings SET security_mode = next_security_mode, next_security_mode = '', "
            'next_mode_from = NULL WHERE id = 1 AND next_mode_from = $1',
            due,
        )
    ) == 1


async def shorten_sessions(since: datetime, idle_until: datetime, until: datetime) -> int:
    """Sessions begun or seen up to `since` end no later than given; none is made longer. How many were touched.

    Those begun or seen later were given their length by the policy that has been in force since.
    """
    idle, over = 'last_seen_at <= $1 AND idle_expires_at > $2', 'created_at <= $1 AND expires_at > $3'
    return await change(
        f'UPDATE client_session SET idle_expires_at = CASE WHEN {idle} THEN $2 ELSE idle_expires_at END, '
        f'expires_at = CASE WHEN {over} THEN $3 ELSE expires_at END WHERE ({idle}) OR ({over})',
        since,
        idle_until,
        until,
    )


async def drop_pending(method: str) -> int:
    """Sign-ins of clients that wait for their second step and began with this first factor are over; how many."""
    return await change('DELETE FROM pending_sign_in WHERE method = $1 AND login_id IS NOT NULL', method)


# ── Notices ──────────────────────────────────────────────────────────────────


async def stop_notices(now: datetime) -> int:
    """No mail about an earlier change of the mode is written or sent any more; how many changes that were."""
    return await change('UPDATE security_notice SET stopped_at = $1, finished_at = NULL WHERE stopped_at IS NULL', now)


async def move_notice_on(notice_id: int, before: int, after: int, finished_at: datetime | None) -> bool:
    """The logins up to `after` are written to; whether this caller was the one who came there first."""
    return (
        await change(
            'UPDATE security_notice SET after_login_id = $1, finished_at = $2 '
            'WHERE id = $3 AND after_login_id = $4 AND stopped_at IS NULL AND finished_at IS NULL',
            after,
            finished_at,
            notice_id,
            before,
        )
    ) == 1


async def waiting_notices(since: datetime, until: datetime | None, after: int, limit: int) -> list[int]:
    """The next mails about the mode, written in this time, that nobody has begun to send."""
    rows = await fetch(
        "SELECT id FROM outbox_mail WHERE id > $3 AND kind = 'security_notice' AND state IN ('queued', 'captured') "
        f'AND created_at >= $1 AND created_at <= $2 ORDER BY id LIMIT {int(limit)}',
        since,
        until,
        after,
    )
    return [int(row['id']) for row in rows]
