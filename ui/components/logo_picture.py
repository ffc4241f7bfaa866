"""A logo on the page where it is chosen; of one that is a drawing the browser makes the picture that mail shows.

A browser draws as the portal will look, with the fonts there are, and a drawing that asks for a lot takes its time, not
the server's.
"""

from collections.abc import Awaitable, Callable

from nicegui import ui as nui


class LogoPicture(nui.element, component='logo_picture.js'):
    def __init__(self, address: str, action: str = '', *, on_drawn: Callable[[], Awaitable[None]]) -> None:
        """With an `action` a PNG of what is at this address is posted there; then, or when that failed, `on_drawn` is
        called."""
        super().__init__()
        self._props.update({'address': address, 'action': action})
        self.on('drawn', lambda _: on_drawn(), [])
