"""A part of a page that an address can lead to, with `#` and its name."""

from nicegui import ui as nui


class Anchor(nui.element, component='anchor.js'):
    def __init__(self, name: str) -> None:
        """What is built within stands in the page as it would without."""
        super().__init__()
        self._props['name'] = name
