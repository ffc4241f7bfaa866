"""How one kind of entry looks and reads, and what stands beneath its sentence."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from domain.activity.audit_log import Entry
from domain.language import gettext as _
from domain.language import ngettext
from domain.mail.states import MailKind
from ui.components.feed import Tone
from ui.devices import describe
from ui.messages import duration

LONGEST_QUOTE = 140


@dataclass(frozen=True)
class Saying:
    """How one kind of entry looks and reads. `feed` names everybody; `own` leaves out whose timeline it is.

    Both are templates with {who} (did it), {contact} (to whom), {contacts} (how many a job did it to), {member} (to
    which staff member), {mail} (which mail) and {job} (leads to it), looked up when they are shown, in the language in
    use. `more` stands beneath in both, `own_more` in the
    timeline only: a feed is to be skimmed.
    """

    icon: str
    tone: Tone
    feed: Callable[[], str]
    own: Callable[[], str]
    more: Callable[[Entry], str] = lambda entry: ''
    own_more: Callable[[Entry], str] | None = None


Sayings = dict[str, Saying | Callable[[Entry], Saying]]
"""By kind; where one kind is said in several ways, a function picks."""


def roles() -> dict[str, str]:
    """The roles in words."""
    return {'owner': _('Owner'), 'admin': _('Admin'), 'staff': _('Staff')}


def modes() -> dict[str, str]:
    """The security modes in words."""
    return {
        'link_and_password': _('Link and password'),
        'link_only': _('Link only'),
        'link_and_password_2fa': _('Link and password, with two-factor'),
    }


def joined(*parts: str) -> str:
    """What there is of these, with dots between."""
    return ' · '.join(filter(None, parts))


def number_of(entry: Entry, name: str) -> int:
    """A number that was written down with it; 0 for none."""
    value = entry.detail.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def device(entry: Entry) -> str:
    return describe(entry.user_agent) if entry.user_agent else ''


def quote(entry: Entry, name: str = 'message') -> str:
    """A message or a reason, in quotation marks."""
    words = ' '.join(str(entry.detail.get(name) or '').split())
    if not words:
        return ''
    # Translators: %s is a personal message, in quotation marks
    return _('“%s”') % (words if len(words) <= LONGEST_QUOTE else words[: LONGEST_QUOTE - 1].rstrip() + '…')


def from_to(entry: Entry) -> str:
    """The address before and after."""
    none = _('no address')
    return f'{entry.detail.get("before") or none} → {entry.detail.get("after") or none}'


def what_ended(entry: Entry) -> str:
    """What a deed closed, in numbers."""
    sessions, links, invitations = (int(entry.detail.get(key) or 0) for key in ('sessions', 'links', 'invitations'))
    parts = [
        ngettext('%d session ended', '%d sessions ended', sessions) % sessions if sessions else '',
        ngettext('%d link cancelled', '%d links cancelled', links) % links if links else '',
        ngettext('%d invitation cancelled', '%d invitations cancelled', invitations) % invitations
        if invitations
        else '',
    ]
    return ', '.join(filter(None, parts))


def moved(entry: Entry) -> str:
    return joined(from_to(entry), what_ended(entry))


def reason(entry: Entry) -> str:
    """Why somebody did it, and what ended by it."""
    return joined(quote(entry, 'reason'), what_ended(entry))


def lock(entry: Entry) -> str:
    """What was tried too often, and for how long it is refused."""
    what = _('Too many wrong authentication codes')
    if entry.detail.get('what') == 'password':
        what = _('Too many wrong passwords')
    try:
        seconds = int((datetime.fromisoformat(str(entry.detail.get('until'))) - entry.at).total_seconds())
    except ValueError:
        return what
    # Translators: %s is a length of time: "locked for 5 minutes"
    return joined(what, _('locked for %s') % duration(max(1, seconds)))


def refused_password(entry: Entry) -> str:
    return _('Wrong password') if entry.detail.get('method') == 'password' else ''


def refused_password_and_device(entry: Entry) -> str:
    return joined(refused_password(entry), device(entry))


def which_settings(entry: Entry) -> str:
    words = {
        'firm_name': _('Firm name'),
        'new_contacts_get_access': _('Access for new contacts'),
        'sign_in_link_minutes': _('Lifetime of sign-in links'),
        'invitation_days': _('Lifetime of invitations'),
        'reminds_before_expiry': _('Reminders before an invitation ends'),
        'dkim_selector': _('DKIM selector'),
        'client_idle_days': _('How long clients stay signed in without a visit'),
        'client_session_days': _('How long clients stay signed in at most'),
    }
    changed = entry.detail.get('changed')
    return ', '.join(words[name] for name in changed if name in words) if isinstance(changed, dict) else ''


def which_part_of_the_brand(entry: Entry) -> str:
    words = {
        'firm_name': _('Firm name'),
        'logo': _('Logo'),
        'accent': _('Accent colour'),
        'address': _('Postal address'),
        'support_email': _('Support email'),
        'support_phone': _('Support phone'),
        'support_url': _('Support page'),
        'welcome': _('Welcome text'),
    }
    changed = entry.detail.get('changed')
    return ', '.join(words[name] for name in changed if name in words) if isinstance(changed, dict) else ''


def mode_change(entry: Entry) -> str:
    """From which mode to which; when, if that lies ahead; how many were told."""
    names = modes()
    old, new = (names.get(str(entry.detail.get(name)), '') for name in ('old', 'new'))
    number = number_of(entry, 'mailed')
    return joined(
        f'{old} → {new}' if old and new else new,
        _moment(entry.detail.get('from_when')),
        ngettext('%d client told by mail', '%d clients told by mail', number) % number if number else '',
    )


def _moment(value: object) -> str:
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return ''
    # Translators: %s is a date and a time in UTC
    return _('from %s UTC') % f'{at:%Y-%m-%d %H:%M}'


def invited_member(entry: Entry) -> str:
    return joined(str(entry.detail.get('email') or ''), role(entry))


def role(entry: Entry) -> str:
    return roles().get(str(entry.detail.get('role')), '')


def role_change(entry: Entry) -> str:
    names = roles()
    before, after = (names.get(str(entry.detail.get(name)), '') for name in ('before', 'after'))
    return f'{before} → {after}' if before and after else after


def unknown_address(entry: Entry) -> str:
    return str(entry.detail.get('address') or '')


def answer(entry: Entry) -> str:
    return str(entry.detail.get('answer') or '')[:300]


def mail_words(kind: str) -> str:
    """What a mail is, at the beginning of a sentence."""
    words = {
        MailKind.INVITATION.value: _('Invitation'),
        MailKind.REMINDER.value: _('Reminder'),
        MailKind.LOGIN_EMAIL.value: _('Login email'),
        MailKind.SIGN_IN.value: _('Sign-in mail'),
        MailKind.TEST_MAIL.value: _('Test mail'),
        MailKind.PASSWORD_RESET.value: _('Password reset mail'),
        MailKind.STAFF_PASSWORD_RESET.value: _('Password reset mail for staff'),
        MailKind.NEW_ADDRESS.value: _('Mail to confirm an address'),
        MailKind.STAFF_INVITATION.value: _('Invitation to the team'),
        MailKind.NOTICE.value: _('Notice'),
        MailKind.REPORT.value: _('Access report'),
        MailKind.SECURITY_NOTICE.value: _('Notice of a new way to sign in'),
    }
    return words.get(kind, _('Mail'))


def which_mail(entry: Entry) -> str:
    return mail_words(str(entry.detail.get('mail_kind')))


def which_mail_and_address(entry: Entry) -> str:
    return joined(which_mail(entry), str(entry.detail.get('to') or ''))


def subject_and_address(entry: Entry) -> str:
    """Of a notice its subject too: there are many kinds of them."""
    return joined(_subject(entry), address(entry))


def _subject(entry: Entry) -> str:
    return str(entry.detail.get('subject') or '') if entry.detail.get('mail_kind') == MailKind.NOTICE.value else ''


def address(entry: Entry) -> str:
    """Where a mail went, unless that is how the contact is called."""
    to = str(entry.detail.get('to') or '')
    return to if to != entry.contact_name else ''


def address_and_answer(entry: Entry) -> str:
    return joined(_subject(entry), address(entry), answer(entry))
