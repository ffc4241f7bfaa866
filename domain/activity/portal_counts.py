"""The figures of the dashboard and the picture of invited against joined.

Computed once per change, not once per tab.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from domain.dependencies import Dependencies
from storage import contact_counts, queries
from storage.models import OutboxMail

SOON = timedelta(days=2)


@dataclass(frozen=True)
class Inside:
    """Somebody who is inside right now."""

    contact_id: int
    name: str
    kind: str


@dataclass(frozen=True)
class PortalCounts:
    """The four figures and what stands beneath them."""

    contacts: int = 0
    with_access: int = 0
    invited: int = 0
    joined: int = 0
    online: int = 0
    expire_soon: int = 0
    expired: int = 0
    access_this_week: int = 0
    joined_this_week: int = 0
    refused: int = 0
    captured: int = 0
    inside: tuple[Inside, ...] = ()


@dataclass(frozen=True)
class CohortCount:
    """Those invited in one period, and how many of them have joined by now."""

    start: date
    invited: int
    joined: int


async def portal_counts(deps: Dependencies) -> PortalCounts:
    """The figures as they are now."""
    now = deps.clock.now()
    figures = await contact_counts.portal_figures(now, now + SOON, now - timedelta(days=7))
    number, rows = await queries.online(now)
    captured = await OutboxMail.filter(state='captured').count()
    inside = tuple(Inside(int(row['id']), str(row['name']), str(row['kind'])) for row in rows)
    numbers = {name: int(value) for name, value in figures.items()}
    return PortalCounts(**numbers, captured=captured, online=number, inside=inside)


async def cohorts(deps: Dependencies, periods: int, unit: Literal['week', 'month']) -> list[CohortCount]:
    """For each of the last periods, oldest first: how many were invited in it, and how many of those have joined."""
    starts = _starts(deps.clock.now(), periods, unit)
    since = datetime.combine(starts[0], datetime.min.time(), deps.clock.now().tzinfo)
    found = await queries.invited_and_joined(unit, since)
    return [CohortCount(start, *found.get(start, (0, 0))) for start in starts]


def _start(day: date, unit: Literal['week', 'month']) -> date:
    return day - timedelta(days=day.weekday()) if unit == 'week' else day.replace(day=1)


def _starts(now: datetime, periods: int, unit: Literal['week', 'month']) -> list[date]:
    starts = [_start(now.date(), unit)]
    while len(starts) < periods:
        starts.append(_start(starts[-1] - timedelta(days=1), unit))
    return starts[::-1]
