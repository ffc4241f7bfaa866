"""Time running out, by the server's clock."""

from collections.abc import Callable
from datetime import UTC, datetime
from math import ceil

from nicegui import ui as nui

from domain.language import gettext as _


def _system_time() -> datetime:
    return datetime.now(UTC)


class Countdown(nui.element, component='countdown.js'):
    def __init__(
        self,
        until: datetime,
        total_seconds: int,
        label: str,
        *,
        note: str = '',
        now: Callable[[], datetime] = _system_time,
    ) -> None:
        """A ring that empties and the minutes and seconds left; emits `expired` once.

        `label` begins what a screen reader hears, once a minute ("Magic link: 11 minutes left"); `note` is a sentence
        under the time. `now` is the clock that `until` was set by: the browser is told the seconds left, not the hour.
        """
        super().__init__()
        self._now = now
        self._props['label'] = label
        self._props['note'] = note
        # Translators: %s is a time such as 11:38
        self._props['left-words'] = _('%s left')
        # Translators: %s is a number
        self._props['minutes-words'] = _('%s minutes left')
        self._props['last-words'] = _('less than a minute left')
        self._props['over-words'] = _('Expired')
        self._run = 0
        self.restart(until, total_seconds)
        self.on('looked', self._correct, [])

    def restart(self, until: datetime, total: int) -> None:
        """Count again, towards another moment."""
        self._until = until
        self._run += 1
        self._sent_at = self._now()
        self._props.update(
            {'run': self._run, 'total': total, 'left': self._seconds_left(), 'stopped': False},
        )

    def stop(self) -> None:
        """Stand still: what was waited for has happened. Nothing is emitted any more."""
        self._props['stopped'] = True

    def set_note(self, note: str) -> None:
        """Another sentence under the time."""
        self._props['note'] = note

    def _seconds_left(self) -> int:
        return max(0, ceil((self._until - self._now()).total_seconds()))

    def _correct(self) -> None:
        """The browser slept, or draws the ring anew long after it was built: tell it again."""
        if (self._now() - self._sent_at).total_seconds() > 2:
            self._sent_at = self._now()
            self._props['left'] = self._seconds_left()
            self._props['corrected'] = self._sent_at.timestamp()
