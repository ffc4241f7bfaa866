"""Writing the append-only record of what happened: who, to whom, when, from where, how it went (R59).

Every area writes to it, in the transaction of the deed it tells of; domain/activity/audit_log.py reads it.
"""

from enum import StrEnum
from typing import Any

from domain.actors import Actor, ClientActor, StaffActor, SystemActor
from domain.events import ActivityRecorded
from domain.unit_of_work import Work
from storage.models import AuditEvent, Contact


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
    MAIL_RETRIED = 'mail:mail:retried'
    MAIL_CANCELLED = 'mail:mail:cancelled'


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
    contact_id: int | None = None,
    contact_name: str = '',
    **detail: Any,
) -> None:
    """Write one row in the transaction of the deed, and tell open pages after its commit.

    `contact_id` and `contact_name` stand in for `contact` where only they are at hand.
    """
    kinds: dict[type, str] = {StaffActor: 'staff', ClientActor: 'client', SystemActor: 'system'}
    await AuditEvent.create(
        at=work.now,
        kind=kind.value,
        outcome=outcome,
        actor_kind=kinds.get(type(actor), 'visitor'),
        actor_id=_actor_id(actor),
        actor_name=actor_name or getattr(actor, 'name', ''),
        contact_id=contact.id if contact else contact_id,
        contact_name=contact.name if contact else contact_name,
        login_id=login_id if login_id is not None else (contact.login_id if contact else None),
        staff_id=staff_id,
        ip=getattr(actor, 'ip', ''),
        user_agent=getattr(actor, 'user_agent', '')[:400],
        detail=detail,
    )
    whose = contact.id if contact else contact_id
    work.tell(ActivityRecorded((whose,) if whose else (), login_id))


def _actor_id(actor: Actor) -> int | None:
    if isinstance(actor, StaffActor):
        return actor.staff_id
    return actor.login_id if isinstance(actor, ClientActor) else None
