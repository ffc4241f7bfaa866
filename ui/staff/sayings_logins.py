"""What is said of logins: how clients came in, or did not, and what became of their ways to."""

from domain.activity.audit_log import Entry
from domain.audit import AuditKind
from domain.language import gettext as _
from ui.staff.saying import (
    Saying,
    Sayings,
    device,
    from_to,
    joined,
    lock,
    moved,
    reason,
    refused_password,
    refused_password_and_device,
    what_ended,
)


def _signed_in(entry: Entry) -> Saying:
    feed, own = {
        'magic_link': (_('{who} signed in with a link'), _('Signed in with a magic link')),
        'login_email': (_('{who} signed in with a login email'), _('Signed in with a login email')),
        'invitation': (_('{who} came in with the invitation'), _('Came in with the invitation')),
        'code': (_('{who} signed in with a code'), _('Signed in with a code')),
        'password': (_('{who} signed in with a password'), _('Signed in with a password')),
    }.get(str(entry.detail.get('method')), (_('{who} signed in'), _('Signed in')))
    if entry.contact_name:
        feed = feed.replace('{who}', '{contact}')
    return Saying('log-in', 'ok', lambda: feed, lambda: own, own_more=device)


def _sessions_ended(entry: Entry) -> Saying:
    """By staff, who end them all, or by the client itself, at another of its devices."""
    if entry.actor_kind == 'staff':
        return Saying(
            'log-out',
            'warn',
            lambda: _('{who} ended the sessions of {contact}'),
            lambda: _('Sessions ended by {who}'),
            what_ended,
        )
    return Saying(
        'log-out',
        '',
        lambda: _('{who} signed out other devices'),
        lambda: _('Other devices signed out'),
        what_ended,
    )


def _address_changed(entry: Entry) -> Saying:
    if entry.outcome == 'refused':
        return Saying(
            'mail-x',
            'bad',
            lambda: _('The login email of {contact} could not change: another login has the address'),
            lambda: _('Login email could not change: another login has the address'),
            from_to,
        )
    return Saying(
        'mail-check', 'ok', lambda: _('The login email of {contact} changed'), lambda: _('Login email changed'), moved
    )


def _second_step_asked(entry: Entry) -> Saying:
    """The first factor held; whether the second did, the next line tells."""
    feed, own = {
        'magic_link': (
            _('{who} opened a link and was asked for a code'),
            _('Opened a magic link and was asked for a code'),
        ),
        'password': (
            _('{who} gave the right password and was asked for a code'),
            _('Gave the right password and was asked for a code'),
        ),
    }.get(
        str(entry.detail.get('method')),
        (_('{who} began to sign in and was asked for a code'), _('Began to sign in and was asked for a code')),
    )
    return Saying('shield', '', lambda: feed, lambda: own, own_more=device)


def _refused(entry: Entry) -> Saying:
    if entry.detail.get('while_changing'):
        return Saying(
            'lock',
            '',
            lambda: _('{who} mistyped the current password while changing it'),
            lambda: _('Current password mistyped while changing it'),
            own_more=device,
        )
    return Saying(
        'lock',
        'bad',
        lambda: _('A sign-in as {who} was refused'),
        lambda: _('Sign-in refused'),
        refused_password,
        refused_password_and_device,
    )


def _belongs_with(entry: Entry) -> Saying:
    if entry.detail.get('chosen'):
        return Saying(
            'user-check',
            '',
            lambda: _('{who} had a shared login belong with {contact}'),
            lambda: _('{who} had the login belong with {contact}'),
            _whose_login,
        )
    return Saying(
        'user-check',
        '',
        lambda: _('{who} took back whom a shared login belongs with'),
        lambda: _('{who} took back whom the login belongs with'),
        _whose_login,
    )


def _whose_login(entry: Entry) -> str:
    """Its address, and whom it belonged with before."""
    before = str(entry.detail.get('before') or '')
    # Translators: %s is the name of a contact: "before: Clara Weiss"
    return joined(str(entry.detail.get('address') or ''), _('before: %s') % before if before else '')


SAYINGS: Sayings = {
    AuditKind.SIGNED_IN.value: _signed_in,
    AuditKind.SECOND_STEP_ASKED.value: _second_step_asked,
    AuditKind.LOGIN_EMAIL_ASKED.value: Saying(
        'mail', '', lambda: _('{who} asked for a sign-in mail'), lambda: _('Asked for a sign-in mail'), own_more=device
    ),
    AuditKind.SIGNED_OUT.value: Saying(
        'log-out', '', lambda: _('{who} signed out'), lambda: _('Signed out'), own_more=device
    ),
    AuditKind.CONTACT_SWITCHED.value: Saying(
        'refresh-cw', '', lambda: _('{who} went on as {contact}'), lambda: _('Picked in the portal')
    ),
    AuditKind.SIGN_IN_REFUSED.value: _refused,
    AuditKind.SESSIONS_ENDED.value: _sessions_ended,
    AuditKind.LOGIN_LOCKED.value: Saying(
        'lock', 'bad', lambda: _('The login of {contact} was locked'), lambda: _('Login locked'), lock
    ),
    AuditKind.LOGIN_UNLOCKED.value: Saying(
        'lock-open', 'ok', lambda: _('{who} unlocked the login of {contact}'), lambda: _('Login unlocked by {who}')
    ),
    AuditKind.LOGIN_ADDRESS_ASKED.value: Saying(
        'mail',
        'info',
        lambda: _('{who} gave {contact} a new login email, to be confirmed'),
        lambda: _('New login email from {who}, to be confirmed'),
        from_to,
    ),
    AuditKind.LOGIN_ADDRESS_CANCELLED.value: Saying(
        'circle-x',
        '',
        lambda: _('{who} took back the new login email of {contact}'),
        lambda: _('New login email taken back by {who}'),
    ),
    AuditKind.LOGIN_ADDRESS_CHANGED.value: _address_changed,
    AuditKind.LOGIN_BELONGS_WITH.value: _belongs_with,
    AuditKind.PASSWORD_SET.value: Saying(
        'key-round', '', lambda: _('{who} set a password'), lambda: _('Password set'), own_more=device
    ),
    AuditKind.PASSWORD_CHANGED.value: Saying(
        'key-round', '', lambda: _('{who} changed the password'), lambda: _('Password changed'), own_more=device
    ),
    AuditKind.PASSWORD_RESET_ASKED.value: Saying(
        'mail',
        '',
        lambda: _('{who} asked to reset the password'),
        lambda: _('Asked to reset the password'),
        own_more=device,
    ),
    AuditKind.PASSWORD_RESET_SENT.value: Saying(
        'send',
        'info',
        lambda: _('{who} sent {contact} a password reset'),
        lambda: _('Password reset sent by {who}'),
    ),
    AuditKind.PASSWORD_RESET.value: Saying(
        'key-round',
        '',
        lambda: _('{who} chose a new password by mail'),
        lambda: _('New password chosen by mail'),
        own_more=device,
    ),
    AuditKind.TWO_FACTOR_ON.value: Saying(
        'shield-check',
        'ok',
        lambda: _('{who} turned on two-factor authentication'),
        lambda: _('Two-factor authentication turned on'),
        own_more=device,
    ),
    AuditKind.TWO_FACTOR_MOVED.value: Saying(
        'smartphone',
        'warn',
        lambda: _('{who} moved two-factor authentication to another phone'),
        lambda: _('Two-factor authentication moved to another phone'),
        own_more=device,
    ),
    AuditKind.TWO_FACTOR_OFF.value: Saying(
        'shield',
        'warn',
        lambda: _('{who} turned off two-factor authentication'),
        lambda: _('Two-factor authentication turned off'),
        own_more=device,
    ),
    AuditKind.TWO_FACTOR_RESET.value: Saying(
        'shield',
        'warn',
        lambda: _('{who} reset the two-factor authentication of {contact}'),
        lambda: _('Two-factor authentication reset by {who}'),
        reason,
    ),
    AuditKind.TWO_FACTOR_REFUSED.value: Saying(
        'lock',
        'bad',
        lambda: _('An authentication code of {who} was refused'),
        lambda: _('Authentication code refused'),
        own_more=device,
    ),
    AuditKind.RECOVERY_CODE_USED.value: Saying(
        'key-round',
        'warn',
        lambda: _('{who} used a recovery code'),
        lambda: _('Recovery code used'),
        own_more=device,
    ),
    AuditKind.RECOVERY_CODES_MADE.value: Saying(
        'key-round', '', lambda: _('{who} made new recovery codes'), lambda: _('New recovery codes made')
    ),
    AuditKind.PORTAL_VIEWED.value: Saying(
        'eye', '', lambda: _('{who} viewed the portal as {contact}'), lambda: _('Portal viewed by {who}')
    ),
}
