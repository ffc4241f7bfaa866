"""The sentence under the heading of the dashboard."""

from domain.activity.portal_counts import PortalCounts
from domain.language import gettext as _
from domain.language import ngettext


def news(counts: PortalCounts) -> str:
    """What a colleague would say first."""
    if not counts.with_access:
        return _('Nobody has been asked in yet.')
    return f'{_joined(counts)} {_inside(counts)}'


def _joined(counts: PortalCounts) -> str:
    number = counts.joined_this_week
    if number:
        return ngettext('%s client joined this week.', '%s clients joined this week.', number) % _word(number)
    if counts.invited:
        waiting = counts.invited
        return ngettext(
            '%s client is invited and has not come in yet.', '%s clients are invited and have not come in yet.', waiting
        ) % _word(waiting)
    return _('Nobody new this week.')


def _inside(counts: PortalCounts) -> str:
    if not counts.online:
        return _('Nobody is inside right now.')
    return ngettext('%s is inside right now.', '%s are inside right now.', counts.online) % _word(counts.online)


def _word(number: int) -> str:
    words = (
        '', _('One'), _('Two'), _('Three'), _('Four'), _('Five'), _('Six'), _('Seven'), _('Eight'), _('Nine'), _('Ten'),
        _('Eleven'), _('Twelve'),
    )  # fmt: skip
    return words[number] if number < len(words) else f'{number:,}'
