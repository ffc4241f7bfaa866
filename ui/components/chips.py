"""Filters with the number of what each would show."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nicegui import html

from ui.components.basics import button
from ui.components.words import plain_text


class Chips:
    def __init__(self, label: str, options: Sequence[tuple[str, str]], on_pick: Callable[[str], Any]) -> None:
        """A row of toggles named `label`, of which one is pressed; `options` are keys and words."""
        self._chips = {}
        with html.div().classes('fy-chips').props('role=group') as row:
            row.props['aria-label'] = label
            for key, words in options:
                made = button(words, on_click=lambda key=key: on_pick(key)).classes('fy-chip')
                with made:
                    number = plain_text('span', '').classes('n')
                self._chips[key] = (made, number)

    def show(self, counts: Mapping[str, int] | Mapping[str, int | None] | None, pressed: str) -> None:
        """The numbers, which one is pressed. None for all of them leaves them as they are; for one, it is counted."""
        for key, (made, number) in self._chips.items():
            if counts is not None:
                known = counts.get(key, 0)
                number.set_text('…' if known is None else f'{known:,}')
            made.props['aria-pressed'] = 'true' if key == pressed else 'false'


def chips(label: str, options: Sequence[tuple[str, str]], on_pick: Callable[[str], Any]) -> Chips:
    """A row of filters."""
    return Chips(label, options, on_pick)
