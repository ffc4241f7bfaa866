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
        self._offset = self._total = 0
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

    def show(self, offset: int, shown: int, total: int) -> None:
        """`shown` of `total`, from `offset` on."""
        self._offset, self._total = offset, total
        self._words.set_text(f'{offset + 1:,} to {offset + shown:,} of {total:,}' if shown else '')
        self.strip.set_visibility(shown > 0)
        fits = total <= self._size
        for one, off in ((self._back, offset <= 0), (self._on, offset + shown >= total)):
            one.set_visibility(not fits)
            one.set_enabled(not off)

    def _go(self, by: int) -> Any:
        return self._on_page(max(0, min(self._offset + by, max(0, self._total - 1))))


def page_number(text: str) -> int:
    """The page that an address asks for; 1 for anything that is no such number."""
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 9 else 1


def pager(size: int, on_page: Callable[[int], Any]) -> Pager:
    """A pager for pages of `size` rows."""
    return Pager(size, on_page)
