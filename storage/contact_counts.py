"""How many contacts fit a filter: exact, and read on a connection of its own, so that no list waits for it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from storage.contact_means import Means, Sought, indexed, seek
from storage.contact_sql import CONTACT_AND_LOGIN, Chosen, ContactConditions, Values, where_chosen
from storage.facets import read
from storage.queries import STATUS
from storage.sql import fetch
from storage.streams import stream


async def count_by_status(fits: ContactConditions, now: datetime) -> dict[str, int]:
    """Of those that fit, whatever their status, how many have each. Cancelling the caller ends the query."""
    return await count_chosen(Chosen(fits=replace(fits, status='')), now)


async def count_chosen(chosen: Chosen, now: datetime) -> dict[str, int]:
    """Of those that somebody chose, how many have each status that occurs. Cancelling the caller ends the query."""
    if chosen.ids is None and not chosen.but:
        sought = await seek(chosen.fits, now)
        if sought.by_facets_alone:
            return await _count_facets(sought)
    condition, values = where_chosen(chosen, 2)
    sql = f'SELECT {STATUS} AS status, count(*) FROM {CONTACT_AND_LOGIN} WHERE {condition} GROUP BY 1'
    return dict(await _read(sql, [now, *values]))


async def portal_figures(now: datetime, soon: datetime, week_ago: datetime) -> dict[str, int]:
    """The numbers of the dashboard. None of them looks at the rows of all contacts."""
    counted: Counter[str] = Counter(contacts=0, with_access=0, joined=0, invited=0, expire_soon=0, expired=0, refused=0)
    for row in await fetch(
        'SELECT c.facets, count(*) AS number, count(CASE WHEN c.invitation_expires_at > $1 THEN 1 END) AS waiting, '
        'count(CASE WHEN c.invitation_expires_at > $1 AND c.invitation_expires_at <= $2 THEN 1 END) AS soon '
        f'FROM {indexed(Means.FACETS)} WHERE c.facets IS NOT NULL GROUP BY c.facets',
        now,
        soon,
    ):
        says, number = read(row['facets']), row['number']
        asked = not says.status
        counted.update(
            contacts=number,
            with_access=number * says.access,
            joined=number * (says.status == 'joined'),
            invited=row['waiting'] * asked,
            expire_soon=row['soon'] * asked,
            expired=(number - row['waiting']) * asked,
            refused=number * (says.mail == 'refused'),
        )
    (this_week,) = await fetch(
        'SELECT '
        '(SELECT count(*) FROM contact c WHERE c.access_granted_at > $1 AND c.portal_access) AS access_this_week, '
        '(SELECT count(*) FROM contact c WHERE c.joined_at > $1 AND c.portal_access AND c.facets IS NOT NULL) '
        'AS joined_this_week',
        week_ago,
    )
    return dict(counted) | this_week


async def _count_facets(sought: Sought) -> dict[str, int]:
    """Every number that occurs is counted in the index; rows need not be looked at."""
    values = Values(2)
    rows = await _read(
        f'SELECT c.facets, count(*), count(CASE WHEN c.invitation_expires_at > $1 THEN 1 END) '
        f'FROM {indexed(Means.FACETS)} WHERE {" AND ".join(sought.of_facets(values))} GROUP BY c.facets',
        [sought.now, *values.listed],
    )
    counted: Counter[str] = Counter()
    for facets, number, waiting in rows:
        if status := read(facets).status:
            counted[status] += number
        else:
            counted['invited'] += waiting
            counted['invite_expired'] += number - waiting
    return {
        status: number
        for status, number in counted.items()
        if number and (not sought.depends_on_time or status == sought.fits.status)
    }


async def _read(sql: str, values: Iterable[Any]) -> list[tuple[Any, ...]]:
    return [row async for part in stream(sql, list(values), lambda rows: [tuple(row) for row in rows]) for row in part]
