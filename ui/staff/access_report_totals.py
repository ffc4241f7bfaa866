"""How many contacts have which status: a bar, and beneath it what its parts mean, each to be looked at alone."""

from collections.abc import Awaitable, Callable, Mapping

from nicegui import html
from nicegui import ui as nui

from domain.contacts.contact_filter import STATUSES
from ui.components.badge import status_words
from ui.components.words import plain_text


class Totals:
    def __init__(self, on_pick: Callable[[str], Awaitable[None]]) -> None:
        """Build it in the page; `on_pick` is called with the status that is to be looked at alone, '' for all."""
        self._parts: dict[str, html.span] = {}
        self._entries = {}
        self._pressed = ''
        words = status_words()
        with html.section().classes('fy-card').props('aria-label="Contacts by status"'):
            self._bar = html.div().classes('fy-parts').props('role=img')
            with self._bar:
                for status in STATUSES:
                    self._parts[status] = html.span().classes(f'fy-part {status}')
            with html.ul().classes('fy-totals'):
                for status in STATUSES:
                    with html.li(), nui.element('button').classes('fy-total') as entry:
                        entry.props('type=button')
                        plain_text('span', words[status]).classes(f'fy-badge {status}')
                        number = plain_text('b', '–').classes('fy-num')
                        share = plain_text('span', '\u00a0').classes('fy-xs fy-muted fy-num')
                    entry.on('click', lambda _, status=status: on_pick('' if status == self._pressed else status), [])
                    self._entries[status] = (entry, number, share)
        self.show(None, '')

    def show(self, numbers: Mapping[str, int] | None, pressed: str) -> None:
        """The numbers, None while they are not known, and which status is looked at alone."""
        self._pressed = pressed
        total = sum(numbers.values()) if numbers else 0
        for status, (entry, number, share) in self._entries.items():
            entry.props['aria-pressed'] = 'true' if status == pressed else 'false'
            if numbers is None:
                continue
            one = numbers.get(status, 0)
            number.set_text(f'{one:,}')
            share.set_text(percent(one, total))
            self._parts[status].style(f'flex-grow: {one}')
            self._parts[status].set_visibility(one > 0)
        if numbers is not None:
            self._bar.props['aria-label'] = in_words(numbers)

    def pick(self, pressed: str) -> None:
        """This status is looked at alone, whatever the numbers."""
        self.show(None, pressed)


def percent(part: int, total: int) -> str:
    """A share that never says nothing for something, nor all for nearly all."""
    if not total:
        return '\u00a0'
    share = 100 * part / total
    if 0 < share < 1:
        return '< 1 %'
    return '> 99 %' if 99 < share < 100 else f'{share:.0f} %'


def in_words(numbers: Mapping[str, int]) -> str:
    """The picture for who cannot see it."""
    words, total = status_words(), sum(numbers.values())
    if not total:
        return 'No contacts'
    parts = [f'{words[one]} {numbers[one]:,} ({percent(numbers[one], total)})' for one in STATUSES if numbers.get(one)]
    return f'Of {total:,} contacts: {", ".join(parts)}'
