"""What is said of the staff: how they came in, who is on the team, and what they decided for the whole portal."""

from collections.abc import Callable

from domain.activity.audit_log import Entry
from domain.audit import AuditKind
from domain.language import gettext as _
from ui.components.feed import Tone
from ui.staff.saying import (
    Saying,
    Sayings,
    device,
    invited_member,
    mode_change,
    reason,
    role,
    role_change,
    what_ended,
    which_part_of_the_brand,
    which_settings,
)


def _wrong_password(entry: Entry) -> str:
    return _('Wrong password')


def _not_confirmed(entry: Entry) -> Saying:
    return _alike('lock', 'bad', lambda: _('{who} could not confirm the sign-in'), lambda entry: _('Wrong password'))


def _confirmed(entry: Entry) -> Saying:
    if entry.outcome == 'refused':  # as it was written down before it had a kind of its own
        return _not_confirmed(entry)
    return _alike('check', '', lambda: _('{who} confirmed the sign-in'))


def _invited(entry: Entry) -> Saying:
    if entry.detail.get('again'):
        return _alike('user-plus', 'info', lambda: _('{who} invited {member} to the team again'), invited_member)
    return _alike('user-plus', 'info', lambda: _('{who} invited {member} to the team'), invited_member)


def _password_changed(entry: Entry) -> Saying:
    if entry.detail.get('by') == 'reset':
        return _alike('key-round', '', lambda: _('{who} chose a new staff password by mail'), what_ended)
    return _alike('key-round', '', lambda: _('{who} changed the staff password'), what_ended)


def _reset_asked(entry: Entry) -> Saying:
    if entry.actor_kind == 'staff':
        return _alike('send', 'info', lambda: _('{who} sent {member} a password reset for staff'))
    return _alike('mail', '', lambda: _('{who} asked to reset the staff password'))


def _mode_changed(entry: Entry) -> Saying:
    if entry.detail.get('planned'):
        return _alike('shield-check', 'info', lambda: _('How clients sign in changed as planned'), mode_change)
    return _alike('shield-check', 'info', lambda: _('{who} changed how clients sign in'), mode_change)


def _staff_policy(entry: Entry) -> Saying:
    if entry.detail.get('on'):
        return _alike('shield-check', 'info', lambda: _('{who} required two-factor authentication of the staff'))
    return _alike('shield', 'warn', lambda: _('{who} made two-factor authentication optional for the staff'))


def _alike(icon: str, tone: Tone, words: Callable[[], str], more: Callable[[Entry], str] = lambda entry: '') -> Saying:
    """What reads the same wherever it stands."""
    return Saying(icon, tone, words, words, more)


SAYINGS: Sayings = {
    AuditKind.OWNER_CREATED.value: Saying(
        'key-round', 'ok', lambda: _('{who} is now an owner'), lambda: _('{who} is now an owner')
    ),
    AuditKind.STAFF_SIGNED_IN.value: Saying(
        'log-in', '', lambda: _('{who} signed in as staff'), lambda: _('{who} signed in as staff'), own_more=device
    ),
    AuditKind.STAFF_SECOND_STEP_ASKED.value: Saying(
        'shield',
        '',
        lambda: _('{who} gave the right password at the staff door and was asked for a code'),
        lambda: _('Gave the right password at the staff door and was asked for a code'),
        own_more=device,
    ),
    AuditKind.STAFF_SIGN_IN_REFUSED.value: Saying(
        'lock',
        'bad',
        lambda: _('{who} was refused at the staff door'),
        lambda: _('Refused at the staff door'),
        own_more=device,
    ),
    AuditKind.STAFF_SIGNED_OUT.value: Saying(
        'log-out', '', lambda: _('{who} signed out'), lambda: _('{who} signed out')
    ),
    AuditKind.SETTINGS_CHANGED.value: Saying(
        'sliders-horizontal',
        '',
        lambda: _('{who} changed the settings'),
        lambda: _('{who} changed the settings'),
        which_settings,
    ),
    AuditKind.BRAND_CHANGED.value: Saying(
        'sliders-horizontal',
        '',
        lambda: _('{who} changed how the portal looks'),
        lambda: _('{who} changed how the portal looks'),
        which_part_of_the_brand,
    ),
    AuditKind.REPORT_EXPORTED.value: Saying(
        'download', '', lambda: _('{who} exported the access report'), lambda: _('Access report exported by {who}')
    ),
    AuditKind.REPORT_SCHEDULED.value: _alike('calendar', '', lambda: _('{who} set when the access report is sent')),
    AuditKind.REPORT_UNSCHEDULED.value: _alike(
        'calendar', 'warn', lambda: _('{who} ended a schedule of the access report')
    ),
    AuditKind.STAFF_CONFIRMED.value: _confirmed,
    AuditKind.STAFF_CONFIRMATION_REFUSED.value: _not_confirmed,
    AuditKind.STAFF_SESSIONS_ENDED.value: _alike(
        'log-out', '', lambda: _('{who} signed out other staff devices'), what_ended
    ),
    AuditKind.STAFF_INVITED.value: _invited,
    AuditKind.STAFF_JOINED.value: _alike('user-check', 'ok', lambda: _('{who} joined the team'), role),
    AuditKind.STAFF_ROLE_CHANGED.value: _alike(
        'user-cog', '', lambda: _('{who} changed the role of {member}'), role_change
    ),
    AuditKind.STAFF_DISABLED.value: _alike('ban', 'warn', lambda: _('{who} disabled {member}'), what_ended),
    AuditKind.STAFF_ENABLED.value: _alike('door-open', 'info', lambda: _('{who} let {member} in again')),
    AuditKind.STAFF_REMOVED.value: _alike('user-x', 'warn', lambda: _('{who} took {member} off the team')),
    AuditKind.STAFF_PASSWORD_CHANGED.value: _password_changed,
    AuditKind.STAFF_PASSWORD_RESET_ASKED.value: _reset_asked,
    AuditKind.STAFF_TWO_FACTOR_ON.value: _alike(
        'shield-check', 'ok', lambda: _('{who} turned on two-factor authentication for staff sign-in')
    ),
    AuditKind.STAFF_TWO_FACTOR_OFF.value: _alike(
        'shield', 'warn', lambda: _('{who} turned off two-factor authentication for staff sign-in')
    ),
    AuditKind.STAFF_TWO_FACTOR_RESET.value: _alike(
        'shield', 'warn', lambda: _('{who} reset the two-factor authentication of {member}'), reason
    ),
    AuditKind.STAFF_TWO_FACTOR_REFUSED.value: Saying(
        'lock',
        'bad',
        lambda: _('An authentication code of {who} was refused at the staff door'),
        lambda: _('Authentication code refused at the staff door'),
        own_more=device,
    ),
    AuditKind.STAFF_RECOVERY_CODE_USED.value: Saying(
        'key-round',
        'warn',
        lambda: _('{who} used a recovery code for staff sign-in'),
        lambda: _('Recovery code used for staff sign-in'),
        own_more=device,
    ),
    AuditKind.STAFF_RECOVERY_CODES_MADE.value: _alike(
        'key-round', '', lambda: _('{who} made new recovery codes for staff sign-in')
    ),
    AuditKind.SECURITY_MODE_CHANGED.value: _mode_changed,
    AuditKind.SECURITY_MODE_PLANNED.value: _alike(
        'calendar', 'info', lambda: _('{who} planned a change of how clients sign in'), mode_change
    ),
    AuditKind.SECURITY_PLAN_CANCELLED.value: _alike(
        'circle-x', '', lambda: _('{who} took back the planned change of how clients sign in'), mode_change
    ),
    AuditKind.STAFF_TWO_FACTOR_POLICY.value: _staff_policy,
    AuditKind.ACTIVITY_EXPORTED.value: _alike('download', '', lambda: _('{who} exported the activity')),
}
