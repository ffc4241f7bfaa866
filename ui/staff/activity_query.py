"""What the Activity page is asked for, as it stands in its address: the same for the page, its link and its CSV."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.activity.activity_search import ActivityFilter
from domain.activity.kinds import KindGroup

LARGEST_ID = 2**31 - 1  # what a column of ids can hold


@dataclass(frozen=True)
class ActivityView:
    """Filters, each empty where it is not set. `first` and `last` are whole days, `last` included, in `zone`.

    `person` is `staff:3` or `login:7`, `zone` the IANA name of the zone of whoever set the days; UTC without one.
    """

    person: str = ''
    contact: int = 0
    kind: str = ''
    first: str = ''
    last: str = ''
    zone: str = ''

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Self:
        """From the query of an address. What makes no sense is left out."""
        contact, kind = query.get('contact', ''), query.get('kind', '')
        number = int(contact) if contact.isascii() and contact.isdigit() and len(contact) < 11 else 0
        made = cls(
            person=query.get('person', '')[:32],
            contact=number if number <= LARGEST_ID else 0,
            kind=kind if kind in set(KindGroup) else '',
            first=_day(query.get('from', '')),
            last=_day(query.get('to', '')),
        )
        return made.in_zone(query.get('zone', ''))

    def in_zone(self, name: str) -> Self:
        """The same days, as they are there. Kept only as long as there are days."""
        return replace(self, zone=name if (self.first or self.last) and _zone(name) is not UTC else '')

    @property
    def is_upside_down(self) -> bool:
        """Whether it begins after it ends, so that nothing can fit."""
        return bool(self.first and self.last) and self.first > self.last

    def query(self) -> dict[str, str]:
        """For an address."""
        values = {
            'kind': self.kind,
            'person': self.person,
            'contact': str(self.contact or ''),
            'from': self.first,
            'to': self.last,
            'zone': self.zone,
        }
        return {name: value for name, value in values.items() if value}

    def filter(self) -> ActivityFilter:
        """What the domain is asked for."""
        return ActivityFilter(
            person=self.person,
            contact_id=self.contact or None,
            group=KindGroup(self.kind) if self.kind else None,
            since=self._midnight(self.first) if self.first else None,
            until=self._midnight(self.last, days=1) if self.last else None,
        )

    def _midnight(self, day: str, days: int = 0) -> datetime:
        """When this day begins there, UTC."""
        return datetime.combine(date.fromisoformat(day) + timedelta(days), time(), _zone(self.zone)).astimezone(UTC)


def _day(text: str) -> str:
    """A day of this age; an hour around it can be counted in every zone."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return ''
    return day.isoformat() if 1970 < day.year < 2200 else ''


def _zone(name: str) -> tzinfo:
    if not name or len(name) > 64:
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC
