"""The words a mail's way through the outbox is told in."""

from enum import StrEnum


class MailKind(StrEnum):
    """What a mail is for."""

    INVITATION = 'invitation'
    REMINDER = 'reminder'
    REPORT = 'report'
    LOGIN_EMAIL = 'login_email'
    SIGN_IN = 'sign_in'
    TEST_MAIL = 'test_mail'
    PASSWORD_RESET = 'password_reset'
    STAFF_PASSWORD_RESET = 'staff_password_reset'
    NEW_ADDRESS = 'new_address'
    STAFF_INVITATION = 'staff_invitation'
    NOTICE = 'notice'
    SECURITY_NOTICE = 'security_notice'


class MailState(StrEnum):
    """Where a mail is; what each means stands at `storage.models.OutboxMail`."""

    QUEUED = 'queued'
    SENDING = 'sending'
    SENT = 'sent'
    FAILED = 'failed'
    CANCELLED = 'cancelled'
    CAPTURED = 'captured'


class EmailStatus(StrEnum):
    """How the newest mail to a contact's address fared; the column `email_status` of contact and access report."""

    NOT_TRIED = 'not_tried'
    WAITING = 'waiting'
    CAPTURED = 'captured'
    SENT = 'sent'  # handed over to the mail server
    REFUSED = 'refused'  # the server said no, for good
    FAILED = 'failed'  # given up: it could not be sent for a day, or not be put together


URGENT = frozenset(
    {MailKind.SIGN_IN, MailKind.PASSWORD_RESET, MailKind.STAFF_PASSWORD_RESET, MailKind.NEW_ADDRESS}
)  # somebody sits before a page and waits
PERSONAL = frozenset(
    {MailKind.PASSWORD_RESET, MailKind.STAFF_PASSWORD_RESET, MailKind.NEW_ADDRESS, MailKind.STAFF_INVITATION}
)  # who reads it can choose a password, confirm an address or join the team: no colleague is to read it (R21)
