"""What is said of jobs: work on many contacts that goes on in the background."""

from collections.abc import Callable

from domain.activity.audit_log import Entry
from domain.audit import AuditKind
from domain.contacts.bulk import BulkKind
from domain.language import gettext as _
from domain.language import ngettext
from ui.components.feed import Tone
from ui.staff.job_words import job_title
from ui.staff.saying import Saying, Sayings, joined, number_of


def _title(entry: Entry) -> str:
    return job_title(str(entry.detail.get('job_kind')), entry.detail)


def _what(entry: Entry) -> str:
    """Which job, and with how many contacts."""
    number = number_of(entry, 'contacts')
    return joined(_title(entry), ngettext('%s contact', '%s contacts', number) % f'{number:,}' if number else '')


def _rest(entry: Entry) -> str:
    """To whom it was not done."""
    left, failed = number_of(entry, 'skipped'), number_of(entry, 'failed')
    return joined(
        # Translators: %s is a number of contacts that a job had nothing to do to
        _('%s left alone') % f'{left:,}' if left else '',
        # Translators: %s is a number of contacts for whom a job failed
        _('%s failed') % f'{failed:,}' if failed else '',
    )


def _job(icon: str, tone: Tone, words: Callable[[], str]) -> Saying:
    return Saying(icon, tone, words, words, _what)


def _did(icon: str, tone: Tone, words: Callable[[], str]) -> Saying:
    return Saying(icon, tone, words, words, _rest)


_DONE = {
    BulkKind.INVITE: _did('user-plus', 'info', lambda: _('{who} invited {contacts}')),
    BulkKind.LOGIN_EMAIL: _did('send', 'info', lambda: _('{who} sent {contacts} a login email')),
    BulkKind.GIVE_ACCESS: _did('door-open', 'info', lambda: _('{who} gave {contacts} access')),
    BulkKind.REVOKE_ACCESS: _did('ban', 'warn', lambda: _('{who} revoked access for {contacts}')),
    BulkKind.DELETE: _did('trash-2', 'warn', lambda: _('{who} deleted {contacts}')),
    BulkKind.REMINDER: _did('bell', 'info', lambda: _('{who} reminded {contacts}')),
    'import': _did('upload', 'ok', lambda: _('{who} imported {contacts}')),
}
_NOTHING_TO_DO = Saying(
    'check',
    '',
    lambda: _('{who} finished {job}'),
    lambda: _('{who} finished {job}'),
    lambda entry: joined(_title(entry), _rest(entry)),
)


def _finished(entry: Entry) -> Saying:
    done = _DONE.get(str(entry.detail.get('job_kind')))
    return done if done is not None and number_of(entry, 'done') else _NOTHING_TO_DO


SAYINGS: Sayings = {
    AuditKind.JOB_STARTED.value: _job('play', 'info', lambda: _('{who} started {job}')),
    AuditKind.JOB_PAUSED.value: _job('pause', '', lambda: _('{who} paused {job}')),
    AuditKind.JOB_RESUMED.value: _job('play', '', lambda: _('{who} resumed {job}')),
    AuditKind.JOB_CANCELLED.value: _job('x', 'warn', lambda: _('{who} cancelled {job}')),
    AuditKind.JOB_RETRIED.value: _job('rotate-ccw', 'info', lambda: _('{who} had {job} try again what failed')),
    AuditKind.JOB_FINISHED.value: _finished,
}
