"""The way on and back through a list that is read by where its last row stands, and how many rows there are."""

from collections.abc import Callable
from typing import Any

from nicegui import html

from ui.components.basics import button
from ui.components.words import plain_text


class KeysetPager:
    def __init__(self, on_page: Callable[[str, str], Any]) -> None:
        """The strip under a list. `on_page` is called with the cursors `after` and `before`; both empty: its start."""
        self._on_page = on_page
        self._previous = self._next = ''
        with html.div().classes('fy-pager') as self.strip:
            self._words = plain_text('span', '').classes('fy-grow fy-num')
            self._first = button(
                '', icon='chevrons-left', label='First page', small=True, on_click=lambda: on_page('', '')
            )
            self._back = button(
                '', icon='chevron-left', label='Previous page', small=True, repeats=True, on_click=self._go_back
            )
            self._on = button(
                '', icon='chevron-right', label='Next page', small=True, repeats=True, on_click=self._go_on
            )
        self.strip.set_visibility(False)

    def show(self, *, previous: str, next: str) -> None:
        """The cursors of the pages before and after the one that is shown, empty where there is none."""
        self._previous, self._next = previous, next
        self.strip.set_visibility(True)
        for one, leads in ((self._first, previous), (self._back, previous), (self._on, next)):
            one.set_visibility(bool(previous or next))
            one.set_enabled(bool(leads))

    def say(self, words: str) -> None:
        """How much of how much is shown."""
        self._words.set_text(words)

    def hide(self) -> None:
        """There is nothing to page through."""
        self.strip.set_visibility(False)

    def _go_on(self) -> Any:
        return self._on_page(self._next, '') if self._next else None

    def _go_back(self) -> Any:
        return self._on_page('', self._previous) if self._previous else None
