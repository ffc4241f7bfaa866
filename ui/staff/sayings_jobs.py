"""What is said of jobs: work on many contacts that goes on in the background."""

from collections.abc import Callable

from domain.activity.audit_log import Entry
from domain.audit import AuditKind
from domain.language import gettext as _
from domain.language import ngettext
from ui.components.feed import Tone
from ui.staff.job_words import job_title
from ui.staff.saying import Saying, Sayings


def _what(entry: Entry) -> str:
    """Which job, and with how many contacts."""
    title = job_title(str(entry.detail.get('job_kind')), entry.detail)
    number = entry.detail.get('contacts')
    if not isinstance(number, int) or isinstance(number, bool):
        return title
    return f'{title} · ' + ngettext('%s contact', '%s contacts', number) % f'{number:,}'


def _job(icon: str, tone: Tone, words: Callable[[], str]) -> Saying:
    return Saying(icon, tone, words, words, _what)


SAYINGS: Sayings = {
    AuditKind.JOB_STARTED.value: _job('play', 'info', lambda: _('{who} started a job')),
    AuditKind.JOB_PAUSED.value: _job('pause', '', lambda: _('{who} paused a job')),
    AuditKind.JOB_RESUMED.value: _job('play', '', lambda: _('{who} resumed a job')),
    AuditKind.JOB_CANCELLED.value: _job('x', 'warn', lambda: _('{who} cancelled a job')),
    AuditKind.JOB_RETRIED.value: _job('rotate-ccw', 'info', lambda: _('{who} had a job try again what failed')),
}
