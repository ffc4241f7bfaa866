"""A moment, as the reader's own clock and language have it."""

from datetime import UTC, datetime
from typing import Literal

from nicegui import ui as nui


class When(nui.element, component='when.js'):
    def __init__(
        self,
        at: datetime | None,
        style: Literal['ago', 'long', 'date', 'datetime', 'weekday'] = 'ago',
        prefix: str = '',
    ) -> None:
        """A `<time>` that keeps itself fresh and tells the whole moment on hover; a dash for None.

        `prefix` goes before the words, space included ('Sent ').
        """
        super().__init__()
        self._props['mode'] = style
        self._props['prefix'] = prefix
        self.show(at)

    def show(self, at: datetime | None) -> None:
        """Show another moment in its place."""
        self._props['at'] = None if at is None else stamp(at)


def stamp(at: datetime) -> str:
    """The moment for a `datetime` attribute. Raises ValueError for one without a zone, which has no meaning here."""
    if at.tzinfo is None:
        raise ValueError('a moment without a zone')
    return at.astimezone(UTC).isoformat(timespec='milliseconds').replace('+00:00', 'Z')
