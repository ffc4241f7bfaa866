"""Writing the append-only record of what happened: who, to whom, when, from where, how it went (R59).

Every area writes to it, in the transaction of the deed it tells of; domain/activity/audit_log.py reads it.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from domain.actors import Actor, ClientActor, StaffActor, SystemActor
from domain.events import ActivityRecorded
from domain.unit_of_work import Work
from storage.audit_rows import Whom, insert_audit_rows
from storage.models import AuditEvent, Contact

__all__ = ['AuditKind', 'Whom', 'record', 'record_each']


class AuditKind(StrEnum):
    """What happened, as `area:subject:action`."""

    CONTACT_CREATED = 'contacts:contact:created'
    CONTACT_EDITED = 'contacts:contact:edited'
    CONTACT_DELETED = 'contacts:contact:deleted'
    CONTACTS_EXPORTED = 'contacts:list:exported'
    ADDRESS_CHANGED = 'contacts:address:changed'
    ACCESS_GRANTED = 'contacts:access:granted'
    ACCESS_REVOKED = 'contacts:access:revoked'
    INVITED = 'contacts:invitation:sent'
    INVITED_AGAIN = 'contacts:invitation:renewed'
    INVITATION_REMINDED = 'contacts:invitation:reminded'
    INVITATION_CANCELLED = 'contacts:invitation:cancelled'
    JOINED = 'contacts:contact:joined'
    LINK_MADE = 'access:magic_link:made'
    LOGIN_EMAIL_SENT = 'access:login_email:sent'
    LOGIN_EMAIL_ASKED = 'access:login_email:asked'
    SIGNED_IN = 'access:session:started'
    SECOND_STEP_ASKED = 'access:session:second_step'
    SIGNED_OUT = 'access:session:ended'
    CONTACT_SWITCHED = 'access:session:switched'
    SIGN_IN_REFUSED = 'access:session:refused'
    SESSIONS_ENDED = 'access:sessions:ended'
    LOGIN_LOCKED = 'access:login:locked'
    LOGIN_UNLOCKED = 'access:login:unlocked'
    LOGIN_ADDRESS_ASKED = 'access:login:move_asked'
    LOGIN_ADDRESS_CANCELLED = 'access:login:move_cancelled'
    LOGIN_ADDRESS_CHANGED = 'access:login:moved'
    LOGIN_BELONGS_WITH = 'access:login:belongs_with'
    PASSWORD_SET = 'access:password:set'
    PASSWORD_CHANGED = 'access:password:changed'
    PASSWORD_RESET_ASKED = 'access:password_reset:asked'
    PASSWORD_RESET_SENT = 'access:password_reset:sent'
    PASSWORD_RESET = 'access:password_reset:used'
    TWO_FACTOR_ON = 'access:two_factor:on'
    TWO_FACTOR_MOVED = 'access:two_factor:moved'  # to another phone
    TWO_FACTOR_OFF = 'access:two_factor:off'
    TWO_FACTOR_RESET = 'access:two_factor:reset'
    TWO_FACTOR_REFUSED = 'access:two_factor:refused'
    RECOVERY_CODE_USED = 'access:recovery_code:used'
    RECOVERY_CODES_MADE = 'access:recovery_codes:made'
    UNKNOWN_ADDRESS_IGNORED = 'access:unknown_address:ignored'
    PORTAL_VIEWED = 'access:portal:viewed'
    JOB_STARTED = 'contacts:job:started'
    JOB_PAUSED = 'contacts:job:paused'
    JOB_RESUMED = 'contacts:job:resumed'
    JOB_CANCELLED = 'contacts:job:cancelled'
    JOB_RETRIED = 'contacts:job:retried'
    JOB_FINISHED = 'contacts:job:finished'
    OWNER_CREATED = 'staff:owner:created'
    STAFF_SIGNED_IN = 'staff:session:started'
    STAFF_SECOND_STEP_ASKED = 'staff:session:second_step'
    STAFF_SIGN_IN_REFUSED = 'staff:session:refused'
    STAFF_SIGNED_OUT = 'staff:session:ended'
    STAFF_CONFIRMED = 'staff:session:confirmed'
    STAFF_CONFIRMATION_REFUSED = 'staff:session:confirmation_refused'
    STAFF_SESSIONS_ENDED = 'staff:sessions:ended'
    STAFF_INVITED = 'staff:member:invited'
    STAFF_JOINED = 'staff:member:joined'
    STAFF_ROLE_CHANGED = 'staff:member:role_changed'
    STAFF_DISABLED = 'staff:member:disabled'
    STAFF_ENABLED = 'staff:member:enabled'
    STAFF_REMOVED = 'staff:member:removed'
    STAFF_PASSWORD_CHANGED = 'staff:password:changed'
    STAFF_PASSWORD_RESET_ASKED = 'staff:password_reset:asked'
    STAFF_TWO_FACTOR_ON = 'staff:two_factor:on'
    STAFF_TWO_FACTOR_OFF = 'staff:two_factor:off'
    STAFF_TWO_FACTOR_RESET = 'staff:two_factor:reset'
    STAFF_TWO_FACTOR_REFUSED = 'staff:two_factor:refused'
    STAFF_RECOVERY_CODE_USED = 'staff:recovery_code:used'
    STAFF_RECOVERY_CODES_MADE = 'staff:recovery_codes:made'
    SECURITY_MODE_CHANGED = 'portal:security_mode:changed'
    SECURITY_MODE_PLANNED = 'portal:security_mode:planned'
    SECURITY_PLAN_CANCELLED = 'portal:security_mode:cancelled'
    STAFF_TWO_FACTOR_POLICY = 'portal:staff_two_factor:changed'
    ACTIVITY_EXPORTED = 'activity:log:exported'
    SETTINGS_CHANGED = 'portal:settings:changed'
    BRAND_CHANGED = 'portal:brand:changed'
    HOME_ITEM_ADDED = 'portal:home_item:added'
    HOME_ITEM_CHANGED = 'portal:home_item:changed'
    HOME_ITEM_REMOVED = 'portal:home_item:removed'
    HOME_ORDERED = 'portal:home:ordered'
    REPORT_EXPORTED = 'activity:report:exported'
    REPORT_SCHEDULED = 'activity:report:scheduled'
    REPORT_UNSCHEDULED = 'activity:report:unscheduled'
    DOMAIN_SET = 'portal:domain:set'
    DOMAIN_REMOVED = 'portal:domain:removed'
    DOMAIN_VERIFIED = 'portal:domain:verified'
    DOMAIN_ACTIVE = 'portal:domain:active'
    DOMAIN_FAILED = 'portal:domain:failed'
    STAFF_HOST_CHANGED = 'portal:staff_host:changed'
    MAIL_TEXT_CHANGED = 'portal:mail_text:changed'
    MAIL_TEXT_RESET = 'portal:mail_text:reset'
    MAIL_SERVER_CHANGED = 'portal:mail_server:changed'
    MAIL_SERVER_TRIED = 'portal:mail_server:tried'
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
    await AuditEvent.create(
        **_said(work, kind, actor, outcome=outcome, actor_name=actor_name, staff_id=staff_id),
        contact_id=contact.id if contact else contact_id,
        contact_name=contact.name if contact else contact_name,
        login_id=login_id if login_id is not None else (contact.login_id if contact else None),
        detail=detail,
    )
    whose = contact.id if contact else contact_id
    work.tell(ActivityRecorded((whose,) if whose else (), login_id))


async def record_each(work: Work, kind: AuditKind, actor: Actor, whom: Sequence[Whom]) -> None:
    """The same for many contacts at once, a row for each."""
    if whom:
        await insert_audit_rows(_said(work, kind, actor), whom)
        work.tell(ActivityRecorded(tuple(one.contact_id for one in whom)))


def _said(
    work: Work,
    kind: AuditKind,
    actor: Actor,
    *,
    outcome: str = 'done',
    actor_name: str = '',
    staff_id: int | None = None,
) -> dict[str, Any]:
    """The columns that do not depend on whom it happened to."""
    kinds: dict[type, str] = {StaffActor: 'staff', ClientActor: 'client', SystemActor: 'system'}
    return {
        'at': work.now,
        'kind': kind.value,
        'outcome': outcome,
        'actor_kind': kinds.get(type(actor), 'visitor'),
        'actor_id': _actor_id(actor),
        'actor_name': actor_name or getattr(actor, 'name', ''),
        'staff_id': staff_id,
        'job_id': work.job_id,
        'ip': getattr(actor, 'ip', ''),
        'user_agent': getattr(actor, 'user_agent', '')[:400],
    }


def _actor_id(actor: Actor) -> int | None:
    if isinstance(actor, StaffActor):
        return actor.staff_id
    return actor.login_id if isinstance(actor, ClientActor) else None
