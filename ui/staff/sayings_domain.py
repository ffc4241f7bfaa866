"""What the feeds say of the firm's own domain."""

from collections.abc import Callable

from domain.activity.audit_log import Entry
from domain.audit import AuditKind
from domain.language import gettext as _
from ui.components.feed import Tone
from ui.staff.saying import Saying, Sayings


def _which(entry: Entry) -> str:
    return str(entry.detail.get('host') or '')


def _said(tone: Tone, words: Callable[[], str]) -> Saying:
    return Saying('globe', tone, words, words, _which)


def _staff_host(entry: Entry) -> Saying:
    if entry.detail.get('only'):
        return _said('info', lambda: _('{who} limited the staff pages to the base address'))
    return _said('', lambda: _('{who} opened the staff pages at the domain of the portal too'))


SAYINGS: Sayings = {
    AuditKind.DOMAIN_SET.value: _said('', lambda: _('{who} chose a domain for the portal')),
    AuditKind.DOMAIN_REMOVED.value: _said('warn', lambda: _('{who} removed the domain of the portal')),
    AuditKind.DOMAIN_VERIFIED.value: _said('info', lambda: _('The domain of the portal leads here')),
    AuditKind.DOMAIN_ACTIVE.value: _said('ok', lambda: _('The domain of the portal is active')),
    AuditKind.DOMAIN_FAILED.value: _said('bad', lambda: _('The domain of the portal does not work')),
    AuditKind.STAFF_HOST_CHANGED.value: _staff_host,
}
