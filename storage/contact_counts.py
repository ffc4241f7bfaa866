"""How many contacts fit a filter: exact, and read on a connection of its own, so that no list waits for it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from storage.contact_means import Means, Sought, indexed, seek
from storage.contact_sql import CONTACT_AND_LOGIN, Chosen, ContactConditions, Values, any_of, where_chosen
from storage.facets import ASKED, IN_USE, STANDING, read
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
    runs_out_soon = _of_asked('c.invitation_expires_at > $1 AND c.invitation_expires_at <= $2')
    for row in await fetch(f'SELECT {_figures()}, {runs_out_soon} AS soon FROM ({IN_USE}) AS u', now, soon):
        says, number = read(row['facets']), row['number']
        counted.update(
            contacts=number,
            with_access=number * says.access,
            joined=number * (says.status == 'joined'),
            invited=row['waiting'],
            expire_soon=row['soon'],
            expired=0 if says.status else number - row['waiting'],
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


async def has_anybody_joined() -> bool:
    """Whether any contact has ever joined, by an index, even where none of a million has."""
    return bool(await fetch('SELECT 1 FROM contact c WHERE c.joined_at IS NOT NULL AND c.facets IS NOT NULL LIMIT 1'))


def _figures() -> str:
    """Of the facets `u`: how many have them, and of those asked in, for how many the invitation still runs."""
    waiting = _of_asked('c.invitation_expires_at > $1')
    return f'u.facets, {_with_facets()} AS number, {waiting} AS waiting'


def _of_asked(condition: str) -> str:
    return f'CASE WHEN u.facets & {STANDING} = {ASKED} THEN {_with_facets(condition)} ELSE 0 END'


def _with_facets(*conditions: str) -> str:
    """They stand together in the index, and are passed without a look at what else stands there."""
    true = ' AND '.join(['c.facets = u.facets', 'c.facets IS NOT NULL', *conditions])
    return f'(SELECT count(*) FROM {indexed(Means.FACETS)} WHERE {true})'


async def _count_facets(sought: Sought) -> dict[str, int]:
    """Every number that occurs is counted in the index; rows need not be looked at."""
    values = Values(2)
    fits = '' if sought.facets is None else f'WHERE {any_of("u.facets", sought.facets, values)}'
    rows = await _read(f'SELECT {_figures()} FROM ({IN_USE}) AS u {fits}', [sought.now, *values.listed])
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
