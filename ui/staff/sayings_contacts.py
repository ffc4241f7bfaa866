"""What is said of contacts, of who was asked in, and of their mail."""

from domain.activity.audit_log import Entry
from domain.audit import AuditKind
from domain.language import gettext as _
from domain.mail.states import MailKind, MailState
from ui.staff.saying import (
    Saying,
    Sayings,
    address,
    address_and_answer,
    answer,
    from_to,
    quote,
    subject_and_address,
    unknown_address,
    what_ended,
    which_mail,
    which_mail_and_address,
)

CANCELLED = f'mail:{MailState.CANCELLED.value}'


def _mail_cancelled(entry: Entry) -> Saying:
    """The invitation itself may well go on: only one mail of it was taken back."""
    if entry.detail.get('mail_kind') == MailKind.INVITATION.value:
        return Saying(
            'x',
            '',
            lambda: _('Invitation mail to {contact} cancelled'),
            lambda: _('Invitation mail cancelled'),
            own_more=address,
        )
    return Saying(
        'x', '', lambda: _('{mail} to {contact} cancelled'), lambda: _('{mail} cancelled'), own_more=subject_and_address
    )


SAYINGS: Sayings = {
    AuditKind.CONTACT_CREATED.value: Saying(
        'plus', '', lambda: _('{who} added {contact}'), lambda: _('Added by {who}')
    ),
    AuditKind.CONTACT_EDITED.value: Saying(
        'pencil', '', lambda: _('{who} edited {contact}'), lambda: _('Details edited by {who}')
    ),
    AuditKind.CONTACT_DELETED.value: Saying(
        'trash-2', 'warn', lambda: _('{who} deleted {contact}'), lambda: _('Deleted by {who}')
    ),
    AuditKind.CONTACTS_EXPORTED.value: Saying(
        'download', '', lambda: _('{who} exported the contacts'), lambda: _('Contacts exported by {who}')
    ),
    AuditKind.ADDRESS_CHANGED.value: Saying(
        'mail',
        '',
        lambda: _('{who} changed the address of {contact}'),
        lambda: _('Address changed by {who}'),
        from_to,
    ),
    AuditKind.ACCESS_GRANTED.value: Saying(
        'door-open', 'info', lambda: _('{who} gave {contact} access'), lambda: _('Access given by {who}')
    ),
    AuditKind.ACCESS_REVOKED.value: Saying(
        'ban',
        'warn',
        lambda: _('{who} revoked access for {contact}'),
        lambda: _('Access revoked by {who}'),
        what_ended,
    ),
    AuditKind.INVITED.value: Saying(
        'user-plus', 'info', lambda: _('{who} invited {contact}'), lambda: _('Invited by {who}'), own_more=quote
    ),
    AuditKind.INVITED_AGAIN.value: Saying(
        'user-plus',
        'info',
        lambda: _('{who} invited {contact} again'),
        lambda: _('Invited again by {who}'),
        own_more=quote,
    ),
    AuditKind.INVITATION_REMINDED.value: Saying(
        'bell',
        'info',
        lambda: _('{who} reminded {contact} of the invitation'),
        lambda: _('Reminded of the invitation by {who}'),
    ),
    AuditKind.INVITATION_CANCELLED.value: Saying(
        'user-x',
        'warn',
        lambda: _('{who} cancelled the invitation of {contact}'),
        lambda: _('Invitation cancelled by {who}'),
    ),
    AuditKind.JOINED.value: Saying('user-check', 'ok', lambda: _('{contact} joined'), lambda: _('Joined')),
    AuditKind.LINK_MADE.value: Saying(
        'zap', '', lambda: _('{who} made a link for {contact}'), lambda: _('Magic link made by {who}')
    ),
    AuditKind.LOGIN_EMAIL_SENT.value: Saying(
        'send', 'info', lambda: _('{who} sent {contact} a login email'), lambda: _('Login email written by {who}')
    ),
    AuditKind.UNKNOWN_ADDRESS_IGNORED.value: Saying(
        'eye-off',
        '',
        lambda: _('{who} ignored an unknown address'),
        lambda: _('Unknown address ignored by {who}'),
        unknown_address,
    ),
    AuditKind.CAPTURED_MAIL_READ.value: Saying(
        'eye',
        'warn',
        lambda: _('{who} read the captured mail to {to}'),
        lambda: _('Captured mail read by {who}'),
        which_mail,
        which_mail_and_address,
    ),
    AuditKind.MAIL_RETRIED.value: Saying(
        'refresh-cw',
        '',
        lambda: _('{who} had the mail to {to} tried again'),
        lambda: _('Mail tried again by {who}'),
        which_mail,
        which_mail_and_address,
    ),
    AuditKind.MAIL_CANCELLED.value: Saying(
        'circle-x',
        'warn',
        lambda: _('{who} cancelled the mail to {to}'),
        lambda: _('Mail cancelled by {who}'),
        which_mail,
        which_mail_and_address,
    ),
    'mail:written': Saying(
        'mail-plus',
        '',
        lambda: _('{mail} to {contact} written'),
        lambda: _('{mail} written'),
        own_more=subject_and_address,
    ),
    f'mail:{MailState.QUEUED.value}': Saying(
        'clock',
        'warn',
        lambda: _('{mail} to {contact} will be tried again'),
        lambda: _('{mail} will be tried again'),
        answer,
    ),
    f'mail:{MailState.SENDING.value}': Saying(
        'send',
        '',
        lambda: _('{mail} to {contact} is on its way'),
        lambda: _('{mail} is on its way'),
        own_more=subject_and_address,
    ),
    f'mail:{MailState.SENT.value}': Saying(
        'mail-check',
        'ok',
        lambda: _('{mail} to {contact} handed to the mail server'),
        lambda: _('{mail} handed to the mail server'),
        own_more=subject_and_address,
    ),
    f'mail:{MailState.FAILED.value}': Saying(
        'mail-x', 'bad', lambda: _('{mail} to {contact} refused'), lambda: _('{mail} refused'), address_and_answer
    ),
    CANCELLED: _mail_cancelled,
    f'mail:{MailState.CAPTURED.value}': Saying(
        'inbox',
        'info',
        lambda: _('{mail} to {contact} captured'),
        lambda: _('{mail} captured'),
        own_more=subject_and_address,
    ),
}
