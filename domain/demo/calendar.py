"""When things happen at a firm: staff work on weekdays from eight to six, clients mostly do not write at night."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from random import Random

WEEKS = 20  # since the firm opened its portal
FIRST_HOUR, LAST_HOUR = 8.2, 17.8
SATURDAY = 5


@dataclass(frozen=True)
class Calendar:
    """Moments in the firm's own time zone, told in UTC. None lies after `now`."""

    dice: Random
    now: datetime
    zone: tzinfo | None = None  # None: the zone of this machine

    @property
    def opening_day(self) -> date:
        """The Monday on which the firm opened its portal."""
        today = self.now.astimezone(self.zone).date()
        return today - timedelta(days=today.weekday(), weeks=WEEKS - 1)

    def moment(self, day: date, hour: float) -> datetime:
        """`hour` o'clock on that day."""
        whole = (
            datetime.combine(day, time(), tzinfo=self.zone) if self.zone else datetime.combine(day, time()).astimezone()
        )
        return (whole + timedelta(hours=hour, seconds=self.dice.uniform(0, 59))).astimezone(UTC)

    def working_days(self, week: int) -> list[date]:
        """Monday to Friday of that week, counted from the opening; no day of the future."""
        monday = self.opening_day + timedelta(weeks=week)
        today = self.now.astimezone(self.zone).date()
        return [day for number in range(5) if (day := monday + timedelta(days=number)) <= today]

    def at_work(self, day: date) -> datetime:
        """Some time during the working hours of a day, rarely over lunch."""
        hour = self.dice.triangular(FIRST_HOUR, LAST_HOUR, self.dice.choice((10.2, 15.3)))
        return self.moment(day, hour + 1.1 if 12.0 < hour < 12.9 else hour)

    def is_working_time(self, moment: datetime) -> bool:
        """Whether somebody is at the firm then."""
        here = moment.astimezone(self.zone)
        return here.weekday() < SATURDAY and FIRST_HOUR <= here.hour + here.minute / 60 <= LAST_HOUR

    def awake(self, moment: datetime) -> datetime:
        """The same moment, or a later one when a client would be asleep or, mostly, away for the weekend."""
        here = moment.astimezone(self.zone)
        if here.weekday() >= SATURDAY and self.dice.random() < 0.6:
            moment += timedelta(days=7 - here.weekday())
            here = moment.astimezone(self.zone)
        if here.hour < 7 and self.dice.random() < 0.96:
            moment += timedelta(hours=7 - here.hour + self.dice.expovariate(0.5))
        elif here.hour >= 23 and self.dice.random() < 0.8:
            moment += timedelta(hours=9)
        return moment
