"""Puts the firm's colour and its icon on a page, and keeps them so."""

from nicegui import ui as nui


class BrandWear(nui.element, component='brand_wear.js'):
    def __init__(self, accent: str, ink: str, icon: str) -> None:
        """`accent` and `ink`, the colour of words on it, as `#rrggbb`; `icon` is an address of ours."""
        super().__init__()
        self.show(accent, ink, icon)

    def show(self, accent: str, ink: str, icon: str) -> None:
        """Wear these instead."""
        for name, value in (('accent', accent), ('ink', ink), ('icon', icon)):
            if self._props.get(name) != value:
                self._props[name] = value
