"""Joins, searches and pages. What a contact's status is stands here once, for lists, figures and the report alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, TypeVar

from tortoise import Model
from tortoise.queryset import QuerySet

from storage.models import AuditEvent, Contact, OutboxMail
from storage.sql import as_utc, fetch, is_sqlite

Row = TypeVar('Row', bound=Model)

# $1 is always the time. Domain words: DESIGN "access report"; the order of the branches is the definition.
STATUS = (
    'CASE WHEN NOT c.portal_access THEN '
    "CASE WHEN c.access_revoked_at IS NOT NULL THEN 'revoked' ELSE 'no_access' END "
    "WHEN c.joined_at IS NOT NULL THEN 'joined' "
    "WHEN c.invitation_expires_at > $1 THEN 'invited' "
    "WHEN c.invitation_expires_at IS NOT NULL THEN 'invite_expired' "
    "ELSE 'not_invited' END"
)


def status_of(contact: Contact, now: datetime) -> str:
    """The same as STATUS, for one row that is loaded already."""
    if not contact.portal_access:
        return 'revoked' if contact.access_revoked_at else 'no_access'
    if contact.joined_at:
        return 'joined'
    if contact.invitation_expires_at:
        return 'invited' if contact.invitation_expires_at > now else 'invite_expired'
    return 'not_invited'


async def online(now: datetime, limit: int = 5) -> tuple[int, list[dict[str, Any]]]:
    """How many logins have a page open now, and whom some of them serve."""
    alive = 's.online_until > $1 AND s.expires_at > $1 AND s.idle_expires_at > $1'
    counted = await fetch(f'SELECT count(DISTINCT s.login_id) AS number FROM client_session s WHERE {alive}', now)
    rows = await fetch(
        'SELECT min(c.id) AS id, min(c.name) AS name, min(c.kind) AS kind FROM client_session s '
        'JOIN contact c ON c.login_id = s.login_id AND c.portal_access '
        'AND (s.contact_id IS NULL OR s.contact_id = c.id) '
        f'WHERE {alive} GROUP BY s.login_id ORDER BY max(s.last_seen_at) DESC LIMIT {int(limit)}',
        now,
    )
    return int(counted[0]['number']), rows


async def invited_and_joined(unit: Literal['week', 'month'], since: datetime) -> dict[date, tuple[int, int]]:
    """For each week (by its Monday) or month since then in which somebody was invited: how many, how many accepted.

    One that was taken back, or went out anew to another address, does not count.

    Days and their borders are those of UTC. The inner count keeps dates from being worked out for every row.
    """
    if is_sqlite():
        day = 'substr(created_at, 1, 10)'
        start = "date(day, 'weekday 0', '-6 days')" if unit == 'week' else "date(day, 'start of month')"
    else:
        day = "CAST(created_at AT TIME ZONE 'UTC' AS date)"
        start = f"CAST(date_trunc('{unit}', day) AS date)"
    rows = await fetch(
        f'SELECT CAST({start} AS text) AS start, sum(invited) AS invited, sum(joined) AS joined FROM '
        f'(SELECT {day} AS day, count(*) AS invited, count(accepted_at) AS joined FROM invitation '
        'WHERE created_at >= $1 AND cancelled_at IS NULL GROUP BY 1) AS days GROUP BY 1',
        since,
    )
    return {date.fromisoformat(row['start']): (int(row['invited']), int(row['joined'])) for row in rows}


async def contact_history(contact_id: int, limit: int) -> tuple[list[AuditEvent], list[OutboxMail]]:
    """What the audit log and the outbox know of a contact, newest first. Empty for a contact that does not exist.

    What happened to its login as a whole (a sign-in, a mail the client asked for) belongs to it too, from the day the
    contact was there.
    """
    contact = await Contact.get_or_none(id=contact_id)
    if contact is None:
        return [], []
    audit = AuditEvent.filter(login_id=contact.login_id, contact_id=None, at__gte=contact.created_at)
    mail = OutboxMail.filter(login_id=contact.login_id, contact_id=None, created_at__gte=contact.created_at)
    has_login = contact.login_id is not None
    return (
        await _newest(limit, AuditEvent.filter(contact_id=contact_id), *([audit] if has_login else [])),
        await _newest(limit, OutboxMail.filter(contact_id=contact_id), *([mail] if has_login else [])),
    )


async def _newest(limit: int, *sources: QuerySet[Row]) -> list[Row]:
    """The newest rows of several queries that share none. Asked one by one, because no index serves an OR of them."""
    found = [row for source in sources for row in await source.order_by('-id').limit(limit)]
    return sorted(found, key=lambda row: int(row.pk), reverse=True)[:limit]


@dataclass(frozen=True)
class PolicyRow:
    """The columns of the settings that say how people may come in."""

    security_mode: str
    next_security_mode: str
    next_mode_from: datetime | None
    staff_two_factor_required: bool
    client_idle_days: int
    client_session_days: int


async def policy_row() -> PolicyRow:
    """How people may come in, as it is written down."""
    names = ', '.join(PolicyRow.__dataclass_fields__)
    (row,) = await fetch(f'SELECT {names} FROM portal_settings WHERE id = 1')
    return PolicyRow(
        **row
        | {
            'next_mode_from': as_utc(row['next_mode_from']),
            'staff_two_factor_required': bool(row['staff_two_factor_required']),
        }
    )


async def has_second_factor(login_id: int) -> bool:
    """Whether the login has set up a second factor."""
    rows = await fetch('SELECT 1 AS found FROM login WHERE id = $1 AND totp_enrolled_at IS NOT NULL', login_id)
    return bool(rows)


async def contacts_of_login(login_id: int) -> Sequence[Contact]:
    """The contacts a login may enter, in the order of their names."""
    return await Contact.filter(login_id=login_id, portal_access=True).order_by('name_key', 'id')
