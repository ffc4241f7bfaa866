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
from storage.models.branding import Brand, BrandImage
from storage.models.contacts import Contact, Invitation, SavedView
from storage.models.custom_domain import CustomDomain, SenderCheck
from storage.models.firms_words import MailServerChoice, MailText
from storage.models.home import HomeItem, HomeItemContact
from storage.models.jobs import ImportChunk, ImportFile, ImportRefusal, ImportResult, Job, JobItem, JobLease
from storage.models.mail import OutboxMail
from storage.models.portal import PortalSettings, ReportSchedule, SecurityNotice
from storage.models.staff import StaffMember, StaffSession

__all__ = [
    'AuditEvent',
    'Brand',
    'BrandImage',
    'ClientSession',
    'Contact',
    'CustomDomain',
    'HomeItem',
    'HomeItemContact',
    'ImportChunk',
    'ImportFile',
    'ImportRefusal',
    'ImportResult',
    'Invitation',
    'Job',
    'JobItem',
    'JobLease',
    'Login',
    'MailServerChoice',
    'MailText',
    'OneTimeToken',
    'OutboxMail',
    'PendingSignIn',
    'PortalSettings',
    'RateLog',
    'RecoveryCode',
    'ReportSchedule',
    'SavedView',
    'SecurityNotice',
    'SenderCheck',
    'StaffMember',
    'StaffSession',
    'UnknownAddress',
]
