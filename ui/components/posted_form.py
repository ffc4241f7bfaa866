"""A form that the browser posts to one of our doors while its page stays as it is: what is typed takes no other way."""

from collections.abc import Callable
from typing import Any

from nicegui import events
from nicegui import ui as nui

from domain.language import gettext as _


class PostedForm(nui.element, component='posted_form.js'):
    def __init__(self, action: str, *, on_taken: Callable[[], Any], on_fault: Callable[[str, str], Any]) -> None:
        """Its fields need names; a button that submits sends them to `action`, which answers 204 or a JSON object of
        `field` and `message`. Those two, of which neither is a secret, are all that `on_fault` is told.
        """
        super().__init__()
        self.classes('fy-stack')
        self._props['action'] = action
        self._props['lost'] = _('That did not get through. Please try again.')
        self.on('taken', lambda _: on_taken(), [])
        self.on('fault', lambda event: on_fault(*_told(event)))


def _told(event: events.GenericEventArguments) -> tuple[str, str]:
    told = event.args if isinstance(event.args, dict) else {}
    return str(told.get('field', '')), str(told.get('message', ''))[:500]
