"""What the feeds say of the firm's own words for its mail, and of the server that mail goes through."""

from collections.abc import Callable

from domain.activity.audit_log import Entry
from domain.audit import AuditKind
from domain.language import gettext as _
from ui.components.feed import Tone
from ui.staff.saying import Saying, Sayings


def kinds_of_text() -> dict[str, str]:
    """The mails that the firm may put into its own words."""
    return {
        'invitation': _('Invitation'),
        'reminder': _('Reminder'),
        'login_email': _('Login email'),
        'sign_in': _('Sign-in mail'),
        'password_reset': _('Password reset'),
        'notice': _('Notice'),
    }


def _which(entry: Entry) -> str:
    return kinds_of_text().get(str(entry.detail.get('text') or ''), '')


def _where(entry: Entry) -> str:
    return str(entry.detail.get('server') or '')


def _said(icon: str, tone: Tone, words: Callable[[], str], more: Callable[[Entry], str]) -> Saying:
    return Saying(icon, tone, words, words, more)


SAYINGS: Sayings = {
    AuditKind.MAIL_TEXT_CHANGED.value: _said('mail', '', lambda: _('{who} changed the words of a mail'), _which),
    AuditKind.MAIL_TEXT_RESET.value: _said(
        'mail', '', lambda: _('{who} went back to the default words of a mail'), _which
    ),
    AuditKind.MAIL_SERVER_CHANGED.value: _said('send', 'info', lambda: _('{who} changed how mail is sent'), _where),
    AuditKind.MAIL_SERVER_TRIED.value: _said('send', '', lambda: _('{who} tried the mail server'), _where),
}
