"""A day and a time of day, typed in the reader's own time zone and told in UTC."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from nicegui import events
from nicegui import ui as nui


class MomentField(nui.element, component='moment_field.js'):
    def __init__(self, label: str, on_change: Callable[[], Any] | None = None) -> None:
        """`at` is the moment in UTC, None while nothing whole is typed; `is_half` says that something is."""
        super().__init__()
        self._props['label'] = label
        self.at: datetime | None = None
        self.is_half = False
        self._on_change = on_change
        self.on('moment', self._follow)

    def show_error(self, message: str) -> None:
        """Say what is wrong under the field; '' takes it back. What was typed stays."""
        self._props['fault'] = message

    def empty(self) -> None:
        """Nothing is typed any more."""
        self.at, self.is_half = None, False
        self.show_error('')
        self.run_method('empty')

    def focus(self) -> None:
        """Put the cursor into it."""
        self.run_method('focus')

    def _follow(self, event: events.GenericEventArguments) -> None:
        told = event.args if isinstance(event.args, dict) else {}
        at, is_half = _moment(told.get('at')), bool(told.get('half'))
        if (at, is_half) == (self.at, self.is_half):
            return
        self.at, self.is_half = at, is_half
        self.show_error('')
        if self._on_change:
            self._on_change()


def _moment(text: Any) -> datetime | None:
    """What the browser told, which may be anything."""
    try:
        at = datetime.fromisoformat(str(text or ''))
        return at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None
