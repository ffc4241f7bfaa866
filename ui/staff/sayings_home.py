"""What the feeds say of what clients find on their home."""

from collections.abc import Callable

from domain.activity.audit_log import Entry
from domain.audit import AuditKind
from domain.language import gettext as _
from ui.components.feed import Tone
from ui.staff.saying import Saying, Sayings


def _title(entry: Entry) -> str:
    return str(entry.detail.get('title') or '')


def _said(tone: Tone, announcement: Callable[[], str], link: Callable[[], str]) -> Callable[[Entry], Saying]:
    """The same deed, said of either."""

    def pick(entry: Entry) -> Saying:
        is_link = entry.detail.get('item') == 'link'
        words = link if is_link else announcement
        return Saying('link' if is_link else 'megaphone', tone, words, words, _title)

    return pick


SAYINGS: Sayings = {
    AuditKind.HOME_ITEM_ADDED.value: _said(
        'info', lambda: _('{who} made an announcement'), lambda: _('{who} added a link to the portal')
    ),
    AuditKind.HOME_ITEM_CHANGED.value: _said(
        '', lambda: _('{who} changed an announcement'), lambda: _('{who} changed a link of the portal')
    ),
    AuditKind.HOME_ITEM_REMOVED.value: _said(
        'warn', lambda: _('{who} removed an announcement'), lambda: _('{who} removed a link of the portal')
    ),
    AuditKind.HOME_ORDERED.value: _said(
        '', lambda: _('{who} moved an announcement'), lambda: _('{who} moved a link of the portal')
    ),
}
