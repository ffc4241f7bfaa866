"""How many contacts fit a filter: exact, and read on a connection of its own, so that no list waits for it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from storage.contact_means import Means, Sought, indexed, seek
from storage.contact_sql import CONTACT_AND_LOGIN, Chosen, ContactConditions, Values, where_chosen
from storage.facets import standing_of
from storage.queries import STATUS
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
        if standing := standing_of(facets):
            counted[standing] += number
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
