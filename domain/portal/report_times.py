"""When a report is due: every day, week or month at a time of day, as the clocks of one time zone show it."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

MINUTES_OF_A_DAY = 24 * 60
LONGEST_WAIT = timedelta(days=33)  # from one month's day to that of the next, and a day on either side


class Every(StrEnum):
    """How often."""

    DAY = 'day'
    WEEK = 'week'
    MONTH = 'month'


@dataclass(frozen=True)
class Rhythm:
    """`at_minute` counts from midnight in `zone`, an IANA name. `weekday`: 0 is Monday. `day` is one of the month, the
    last one where a month has fewer."""

    every: Every
    at_minute: int
    zone: str
    weekday: int = 0
    day: int = 1

    def next_after(self, moment: datetime) -> datetime:
        """The first time that it is due after this moment; both UTC.

        Where clocks are put forward past the time of day, it is as much later as they were put forward by; where they
        are put back and show it twice, it is the first of the two. So there is one for each day.
        """
        first = moment.astimezone(zone_named(self.zone)).date() - timedelta(days=1)
        days = (first + timedelta(days=number) for number in range(LONGEST_WAIT.days + 2))
        return min(at for at in (self._on(day) for day in days if self._is_due(day)) if at > moment)

    def _is_due(self, day: date) -> bool:
        if self.every is Every.WEEK:
            return day.weekday() == self.weekday
        return self.every is Every.DAY or day.day == min(self.day, monthrange(day.year, day.month)[1])

    def _on(self, day: date) -> datetime:
        at = time(self.at_minute // 60, self.at_minute % 60)
        return datetime.combine(day, at, zone_named(self.zone)).astimezone(UTC)


def zone_named(name: str) -> tzinfo:
    """The time zone of this name; UTC for one that is not known (any more)."""
    return _known(name) or UTC


def is_zone(name: str) -> bool:
    """Whether there is a time zone of this name."""
    return _known(name) is not None


def _known(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if 0 < len(name) <= 64 else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
