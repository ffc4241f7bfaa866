"""The append-only record of what happened: who, to whom, when, from where, how it went (R59).

`record` writes inside the transaction of the deed it tells of. Reading merges it with the outbox, which is the record
of what became of each mail. Times are UTC.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from domain.actors import Actor, ClientActor, StaffActor, SystemActor
from domain.authorization import Permission, authorise
from domain.dependencies import Dependencies
from domain.events import ActivityRecorded
from domain.unit_of_work import Work
from storage import queries
from storage.models import AuditEvent, Contact, OutboxMail


class AuditKind(StrEnum):
    """What happened, as `area:subject:action`."""

    CONTACT_CREATED = 'contacts:contact:created'
    CONTACT_EDITED = 'contacts:contact:edited'
    CONTACT_DELETED = 'contacts:contact:deleted'
    ADDRESS_CHANGED = 'contacts:address:changed'
    ACCESS_GRANTED = 'contacts:access:granted'
    ACCESS_REVOKED = 'contacts:access:revoked'
    INVITED = 'contacts:invitation:sent'
    INVITED_AGAIN = 'contacts:invitation:renewed'
    INVITATION_CANCELLED = 'contacts:invitation:cancelled'
    JOINED = 'contacts:contact:joined'
    LINK_MADE = 'access:magic_link:made'
    LOGIN_EMAIL_SENT = 'access:login_email:sent'
    LOGIN_EMAIL_ASKED = 'access:login_email:asked'
    SIGNED_IN = 'access:session:started'
    SIGNED_OUT = 'access:session:ended'
    CONTACT_SWITCHED = 'access:session:switched'
    OWNER_CREATED = 'staff:owner:created'
    STAFF_SIGNED_IN = 'staff:session:started'
    STAFF_SIGN_IN_REFUSED = 'staff:session:refused'
    STAFF_SIGNED_OUT = 'staff:session:ended'
    SETTINGS_CHANGED = 'portal:settings:changed'
    REPORT_EXPORTED = 'activity:report:exported'
    CAPTURED_MAIL_READ = 'mail:captured:read'


async def record(
    work: Work,
    kind: AuditKind,
    actor: Actor,
    *,
    contact: Contact | None = None,
    login_id: int | None = None,
    staff_id: int | None = None,
    outcome: str = 'done',
    actor_name: str = '',
    **detail: Any,
) -> None:
    """Write one row in the transaction of the deed, and tell open pages after its commit."""
    kinds: dict[type, str] = {StaffActor: 'staff', ClientActor: 'client', SystemActor: 'system'}
    await AuditEvent.create(
        at=work.now,
        kind=kind.value,
        outcome=outcome,
        actor_kind=kinds.get(type(actor), 'visitor'),
        actor_id=_actor_id(actor),
        actor_name=actor_name or getattr(actor, 'name', ''),
        contact_id=contact.id if contact else None,
        contact_name=contact.name if contact else '',
        login_id=login_id if login_id is not None else (contact.login_id if contact else None),
        staff_id=staff_id,
        ip=getattr(actor, 'ip', ''),
        user_agent=getattr(actor, 'user_agent', '')[:400],
        detail=detail,
    )
    work.tell(ActivityRecorded((contact.id,) if contact else (), login_id))


def _actor_id(actor: Actor) -> int | None:
    if isinstance(actor, StaffActor):
        return actor.staff_id
    return actor.login_id if isinstance(actor, ClientActor) else None


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


async def recent_activity(deps: Dependencies, actor: Actor, *, limit: int = 7) -> list[Entry]:
    """The newest entries of the whole portal, newest first."""
    await authorise(deps, actor, Permission.SEE_CONTACTS)
    audit = await AuditEvent.exclude(kind__in=_QUIET).order_by('-id').limit(limit)
    mail = await OutboxMail.exclude(state='queued').order_by('-id').limit(limit)
    return _merge([_from_audit(row) for row in audit], [_from_mail(row) for row in mail], limit)


async def contact_timeline(deps: Dependencies, actor: Actor, contact_id: int, *, limit: int = 50) -> list[Entry]:
    """Everything that happened to this contact's access, mail included, newest first."""
    await authorise(deps, actor, Permission.SEE_CONTACTS)
    audit, mail = await queries.contact_history(contact_id, limit)
    queued = [_queued(row) for row in mail]
    ended = [_from_mail(row) for row in mail if row.state != 'queued' or row.tries]
    return _merge([_from_audit(row) for row in audit], queued + ended, limit)


_QUIET = (
    AuditKind.CAPTURED_MAIL_READ.value,
    AuditKind.CONTACT_SWITCHED.value,
    AuditKind.STAFF_SIGNED_OUT.value,
    AuditKind.SIGNED_OUT.value,
)


def _merge(one: list[Entry], other: list[Entry], limit: int) -> list[Entry]:
    return sorted(one + other, key=lambda entry: (entry.at, entry.key), reverse=True)[:limit]


def _from_audit(row: AuditEvent) -> Entry:
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
