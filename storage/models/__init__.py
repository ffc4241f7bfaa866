"""All tables. Tortoise finds models here; other modules import them from here."""

from storage.models.access import (
    ClientSession,
    Login,
    OneTimeToken,
    PendingSignIn,
    RateLog,
    RecoveryCode,
    UnknownAddress,
)
from storage.models.activity import AuditEvent
from storage.models.contacts import Contact, Invitation
from storage.models.mail import OutboxMail
from storage.models.portal import PortalSettings, SecurityNotice
from storage.models.staff import StaffMember, StaffSession

__all__ = [
    'AuditEvent',
    'ClientSession',
    'Contact',
    'Invitation',
    'Login',
    'OneTimeToken',
    'OutboxMail',
    'PendingSignIn',
    'PortalSettings',
    'RateLog',
    'RecoveryCode',
    'SecurityNotice',
    'StaffMember',
    'StaffSession',
    'UnknownAddress',
]
