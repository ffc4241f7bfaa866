"""Joins, searches and pages. What a contact's status is stands here once, for lists, figures and the report alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tortoise.expressions import Q

from storage.models import AuditEvent, Contact, OutboxMail
from storage.sql import as_utc, fetch

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


@dataclass(frozen=True)
class ContactQuery:
    """Which contacts a list shows: every word must occur, and what else is given must fit exactly."""

    words: tuple[str, ...] = ()
    status: str = ''
    email: str = ''
    name_key: str = ''

    def where(self, first: int) -> tuple[str, list[str]]:
        """The condition, with placeholders numbered from `first`, and its values."""
        conditions: list[str] = ['1 = 1']
        values: list[str] = []
        for word in self.words:
            escaped = word.replace('\\', '\\\\').replace('%', '\\%').replace('_', '\\_')
            conditions.append(f"c.search_text LIKE ${first + len(values)} ESCAPE '\\'")
            values.append(f'%{escaped}%')
        for column, value in ((STATUS, self.status), ('c.email', self.email), ('c.name_key', self.name_key)):
            if value:
                conditions.append(f'{column} = ${first + len(values)}')
                values.append(value)
        return ' AND '.join(conditions), values


_LIST = (
    f'SELECT c.id, c.kind, c.name, c.organisation, c.email, c.email_status, c.portal_access, c.joined_at, c.login_id, '
    f'{STATUS} AS status, '
    'CASE WHEN c.joined_at IS NOT NULL THEN l.last_sign_in_at END AS last_sign_in_at, '
    "CASE WHEN c.joined_at IS NOT NULL THEN l.last_sign_in_method ELSE '' END AS last_sign_in_method "
    'FROM contact c LEFT JOIN login l ON l.id = c.login_id '
)


async def list_contacts(query: ContactQuery, now: datetime, *, limit: int, offset: int = 0) -> list[dict[str, Any]]:
    """One page of contacts in the order of their names."""
    where, values = query.where(2)
    rows = await fetch(
        f'{_LIST} WHERE {where} ORDER BY c.name_key, c.id LIMIT {int(limit)} OFFSET {int(offset)}', now, *values
    )
    for row in rows:
        row['last_sign_in_at'] = as_utc(row['last_sign_in_at'])
    return rows


async def count_by_status(now: datetime, words: tuple[str, ...] = ()) -> dict[str, int]:
    """How many contacts there are of each status."""
    where, values = ContactQuery(words).where(2)
    rows = await fetch(
        f'SELECT {STATUS} AS status, count(*) AS number FROM contact c WHERE {where} GROUP BY 1',
        now,
        *values,
    )
    return {row['status']: row['number'] for row in rows}


async def portal_figures(now: datetime, soon: datetime, week_ago: datetime) -> dict[str, int]:
    """The numbers of the dashboard in one pass over the contacts."""
    asked = 'c.portal_access AND c.joined_at IS NULL'
    rows = await fetch(
        'SELECT count(*) AS contacts, '
        'count(CASE WHEN c.portal_access THEN 1 END) AS with_access, '
        'count(CASE WHEN c.portal_access AND c.joined_at IS NOT NULL THEN 1 END) AS joined, '
        f'count(CASE WHEN {asked} AND c.invitation_expires_at > $1 THEN 1 END) AS invited, '
        f'count(CASE WHEN {asked} AND c.invitation_expires_at > $1 AND c.invitation_expires_at <= $2 THEN 1 END) '
        'AS expire_soon, '
        f'count(CASE WHEN {asked} AND c.invitation_expires_at <= $1 THEN 1 END) AS expired, '
        'count(CASE WHEN c.portal_access AND c.access_granted_at > $3 THEN 1 END) AS access_this_week, '
        'count(CASE WHEN c.portal_access AND c.joined_at > $3 THEN 1 END) AS joined_this_week, '
        "count(CASE WHEN c.email_status = 'refused' THEN 1 END) AS refused FROM contact c",
        now,
        soon,
        week_ago,
    )
    return rows[0]


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


async def invitations_since(since: datetime) -> list[tuple[datetime, bool]]:
    """Every invitation since then: when it went out, and whether it was accepted."""
    rows = await fetch(
        'SELECT created_at, accepted_at FROM invitation WHERE created_at >= $1 ORDER BY created_at', since
    )
    return [(moment, row['accepted_at'] is not None) for row in rows if (moment := as_utc(row['created_at']))]


async def contact_history(contact_id: int, limit: int) -> tuple[list[AuditEvent], list[OutboxMail]]:
    """What the audit log and the outbox know of a contact, newest first. Empty for a contact that does not exist.

    What happened to its login as a whole (a sign-in, a mail the client asked for) belongs to it too, from the day the
    contact was there.
    """
    contact = await Contact.get_or_none(id=contact_id)
    if contact is None:
        return [], []
    audit, mail = Q(contact_id=contact_id), Q(contact_id=contact_id)
    if contact.login_id is not None:
        whole = Q(login_id=contact.login_id, contact_id=None)
        audit = audit | (whole & Q(at__gte=contact.created_at))
        mail = mail | (whole & Q(created_at__gte=contact.created_at))
    return (
        await AuditEvent.filter(audit).order_by('-id').limit(limit),
        await OutboxMail.filter(mail).order_by('-id').limit(limit),
    )


async def contacts_of_login(login_id: int) -> Sequence[Contact]:
    """The contacts a login may enter, in the order of their names."""
    return await Contact.filter(login_id=login_id, portal_access=True).order_by('name_key', 'id')
