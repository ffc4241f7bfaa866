"""A part of a page that is drawn again when what it shows has changed, and left alone when it has not."""

from collections.abc import Callable
from typing import Any

from nicegui import ui as nui

_NOTHING = object()


class Part:
    def __init__(self, box: nui.element, build: Callable[..., None]) -> None:
        """`build` fills `box` with what `show` is called with."""
        self._box, self._build = box, build
        self._shown: Any = _NOTHING

    def show(self, *facts: Any) -> None:
        """Show these. Frozen dataclasses and plain values only: they are compared with what is shown."""
        if facts == self._shown:
            return
        self._shown = facts
        self._box.clear()
        with self._box:
            self._build(*facts)
