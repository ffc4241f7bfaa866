"""Where one is in a long list, and the way on."""

from collections.abc import Callable
from typing import Any

from nicegui import html

from ui.components.basics import button
from ui.components.words import plain_text


class Pager:
    def __init__(self, size: int, on_page: Callable[[int], Any]) -> None:
        """The strip under a list; `on_page` is called with the offset of the page asked for."""
        self._size, self._on_page = size, on_page
        self._offset = 0
        self._total: int | None = 0
        self.strip = html.div().classes('fy-pager')
        with self.strip:
            self._words = plain_text('span', '').classes('fy-grow fy-num')
            self._words.props('aria-live=polite')
            self._back = button(
                '',
                icon='chevron-left',
                label='Previous page',
                small=True,
                repeats=True,
                on_click=lambda: self._go(-size),
            )
            self._on = button(
                '', icon='chevron-right', label='Next page', small=True, repeats=True, on_click=lambda: self._go(size)
            )
        self.strip.set_visibility(False)

    def show(self, offset: int, shown: int, total: int | None) -> None:
        """`shown` of `total`, from `offset` on; None while it is not known how many there are."""
        self._offset, self._total = offset, total
        of = '' if total is None else f' of {total:,}'
        self._words.set_text(f'{offset + 1:,} to {offset + shown:,}{of}' if shown else '')
        self.strip.set_visibility(shown > 0)
        is_last = shown < self._size if total is None else offset + shown >= total
        for one, off in ((self._back, offset <= 0), (self._on, is_last)):
            one.set_visibility(not (offset <= 0 and is_last))
            one.set_enabled(not off)

    def _go(self, by: int) -> Any:
        wanted = max(0, self._offset + by)
        return self._on_page(wanted if self._total is None else min(wanted, max(0, self._total - 1)))


def page_number(text: str) -> int:
    """The page that an address asks for; 1 for anything that is no such number."""
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 9 else 1


def pager(size: int, on_page: Callable[[int], Any]) -> Pager:
    """A pager for pages of `size` rows."""
    return Pager(size, on_page)
