"""A few faces in a row, for those who are somewhere together."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from nicegui import ui as nui

from ui.components.face import hue_class, initials

Person = tuple[str, str]  # name and kind


class Faces(nui.element, component='faces.js'):
    """Changes in place, and is one element however many it shows: every open dashboard has one."""

    def show(self, people: Sequence[Person]) -> None:
        """Those who are there now; nothing is shown for nobody."""
        rows = _rows(tuple(people))
        if self._props.get('faces') != rows:
            self._props['faces'] = rows

    def _displayed_contents(self, *, only_visible: bool) -> list[Any]:
        return [
            *super()._displayed_contents(only_visible=only_visible),
            *(one['name'] for one in self._props.get('faces', ())),
        ]


@lru_cache(maxsize=8)
def _rows(people: tuple[Person, ...]) -> tuple[dict[str, str], ...]:
    """Made once for all pages that show the same people. A tuple, because NiceGUI watches every item of a list."""
    return tuple(
        {
            'name': name,
            'initials': initials(name),
            'look': f'fy-face {hue_class(name)} {"org" if kind == "organisation" else ""} s',
        }
        for name, kind in people
    )
