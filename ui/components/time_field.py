"""A time of day, and the time zone it is meant in: the reader's own, unless another was set before."""

from typing import Any

from nicegui import events
from nicegui import ui as nui

LONGEST_ZONE = 64


class TimeField(nui.element, component='time_field.js'):
    def __init__(self, label: str, *, minute: int, zone: str = '') -> None:
        """`minute` counts from midnight and is None while no whole time is typed; `zone` is an IANA name, which the
        browser tells where none is given."""
        super().__init__()
        self.minute: int | None = minute
        self.zone = zone
        self._props.update({'label': label, 'zone': zone, 'value': f'{minute // 60:02}:{minute % 60:02}'})
        self.on('time', self._follow)

    def show_error(self, message: str) -> None:
        """Say what is wrong under the field; '' takes it back. What was typed stays."""
        self._props['fault'] = message

    def focus(self) -> None:
        """Put the cursor into it."""
        self.run_method('focus')

    def _follow(self, event: events.GenericEventArguments) -> None:
        told = event.args if isinstance(event.args, dict) else {}
        self.minute = _minute(told.get('text'))
        self.zone = str(told.get('zone') or '')[:LONGEST_ZONE]
        self.show_error('')


def _minute(text: Any) -> int | None:
    """What the browser told, which may be anything."""
    hour, colon, minute = str(text or '')[:5].partition(':')
    if not (colon and len(hour) == len(minute) == 2 and (hour + minute).isascii() and (hour + minute).isdigit()):
        return None
    number = int(hour) * 60 + int(minute)
    return number if int(hour) < 24 and int(minute) < 60 else None
