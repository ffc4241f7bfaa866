"""Reading what happened: the audit log merged with the outbox, which is the record of what became of each mail.

Times are UTC.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.actors import Actor
from domain.audit import AuditKind
from domain.authorization import Permission, authorise
from domain.dependencies import Dependencies
from storage import queries
from storage.models import AuditEvent, OutboxMail


@dataclass(frozen=True)
class Entry:
    """One line of a feed or a timeline. `kind` is an AuditKind, or `mail:<state>` for a mail."""

    key: str
    at: datetime
    kind: str
    actor_kind: str = ''
    actor_name: str = ''
    contact_id: int | None = None
    contact_name: str = ''
    user_agent: str = ''
    outcome: str = 'done'
    detail: dict[str, Any] = field(default_factory=dict)
    ip: str = ''
    id: int = 0  # of the row in the audit log


async def recent_activity(deps: Dependencies, actor: Actor, *, limit: int = 7) -> list[Entry]:
    """The newest entries of the whole portal, newest first.

    Of a job only that it was started, steered and finished: it does the same to thousands, and they stand on its page.
    """
    await authorise(deps, actor, Permission.SEE_CONTACTS)
    audit = await AuditEvent.filter(job_id=None).exclude(kind__in=_QUIET).order_by(*_NEWEST_OF_NO_JOB).limit(limit)
    mail = await OutboxMail.filter(job_id=None).exclude(state='queued').order_by(*_NEWEST_OF_NO_JOB).limit(limit)
    return _merge([from_audit(row) for row in audit], [_from_mail(row) for row in mail], limit)


async def contact_timeline(deps: Dependencies, actor: Actor, contact_id: int, *, limit: int = 50) -> list[Entry]:
    """Everything that happened to this contact's access, mail included, newest first."""
    await authorise(deps, actor, Permission.SEE_CONTACTS)
    audit, mail = await queries.contact_history(contact_id, limit)
    queued = [_queued(row) for row in mail]
    ended = [_from_mail(row) for row in mail if row.state != 'queued' or row.tries]
    return _merge([from_audit(row) for row in audit], queued + ended, limit)


_NEWEST_OF_NO_JOB = ('-job_id', '-id')  # as the index has them: ids alone lead through all that a job has done
_QUIET = (  # what the dashboard leaves to the Activity page
    AuditKind.CAPTURED_MAIL_READ.value,
    AuditKind.MAIL_RETRIED.value,
    AuditKind.MAIL_CANCELLED.value,
    AuditKind.CONTACT_SWITCHED.value,
    AuditKind.STAFF_SIGNED_OUT.value,
    AuditKind.SIGNED_OUT.value,
    AuditKind.SECOND_STEP_ASKED.value,
    AuditKind.STAFF_SECOND_STEP_ASKED.value,
    AuditKind.SIGN_IN_REFUSED.value,  # a slip of the fingers; the lock that follows too many of them is told
    AuditKind.TWO_FACTOR_REFUSED.value,
    AuditKind.STAFF_TWO_FACTOR_REFUSED.value,
    AuditKind.STAFF_CONFIRMED.value,
    AuditKind.STAFF_CONFIRMATION_REFUSED.value,
    AuditKind.STAFF_SESSIONS_ENDED.value,
    AuditKind.UNKNOWN_ADDRESS_IGNORED.value,
    AuditKind.PORTAL_VIEWED.value,
)


def _merge(one: list[Entry], other: list[Entry], limit: int) -> list[Entry]:
    return sorted(one + other, key=lambda entry: (entry.at, entry.key), reverse=True)[:limit]


def from_audit(row: AuditEvent) -> Entry:
    """A row of the audit log as an entry."""
    return Entry(
        key=f'a{row.id:020d}',
        at=row.at,
        kind=row.kind,
        actor_kind=row.actor_kind,
        actor_name=row.actor_name,
        contact_id=row.contact_id,
        contact_name=row.contact_name,
        user_agent=row.user_agent,
        outcome=row.outcome,
        detail=dict(row.detail),
        ip=row.ip,
        id=row.id,
    )


def _from_mail(row: OutboxMail) -> Entry:
    return Entry(
        key=f'n{row.id:020d}{row.state}{row.tries}',
        at=row.finished_at or row.created_at,
        kind=f'mail:{row.state}',
        actor_name=row.made_by_name,
        contact_id=row.contact_id,
        contact_name=row.contact_name or row.to_address,
        detail={
            'mail_kind': row.kind,
            'to': row.to_address,
            'subject': row.subject,
            'answer': row.last_answer,
            'tries': row.tries,
            'next_try_at': row.next_try_at.isoformat(),
        },
    )


def _queued(row: OutboxMail) -> Entry:
    return Entry(
        key=f'm{row.id:020d}',
        at=row.created_at,
        kind='mail:written',
        actor_name=row.made_by_name,
        contact_id=row.contact_id,
        contact_name=row.contact_name or row.to_address,
        detail={'mail_kind': row.kind, 'to': row.to_address, 'subject': row.subject},
    )
