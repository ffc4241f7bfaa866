"""A page of the contact list by keys: the rows beyond a place in an order, however deep it lies.

There are two ways to a page. To walk along the index of the order until the page is full is quick when many contacts
fit; to gather all that fit by another index and sort them is quick when few do. Which it is, is counted, up to some
thousand (storage/contact_means.py); statistics and the luck of a planner have little say.
"""

from dataclasses import replace
from typing import Any

from storage.contact_columns import rows_of
from storage.contact_means import Means, Sought, entries, find_few, indexed, scarcest
from storage.contact_orders import Place, Wanted
from storage.contact_sql import Values, by_words
from storage.sql import fetch, is_sqlite

ENDLESS = 2**31  # entries
WAY = 50_000  # entries of an index that are passed before all that fit are looked for
STRETCH = 5_000  # those of them whose rows are looked at
WHOLE = 10_000  # more than are ever found where few are expected


async def list_page(wanted: Wanted) -> list[dict[str, Any]]:
    """At most `limit` rows, each with its `sort_key`."""
    if wanted.sought.facets == ():
        return []
    few = await find_few(wanted.sought)
    rows = await (_gather_few(wanted, few) if few else _walk(wanted))
    return await _gather(wanted) if rows is None else rows


# ── Walking ─────────────────────────────────────────────────────────────────


async def _walk(wanted: Wanted) -> list[dict[str, Any]] | None:
    """Along the index of the order, first what has a key there. None when the way ends before the list and the page do.

    Facets stand in the index: by these alone the walk goes on to the end, past a million entries if it must.
    """
    found: list[dict[str, Any]] = []
    for blank in (True, False) if wanted.backwards else (False, True):
        place = wanted.beyond
        stands_here = place is not None and blank == (place.key is None)
        lies_behind = place is not None and not stands_here and blank == wanted.backwards
        if lies_behind or not wanted.has_part(blank=blank):
            continue
        part = replace(wanted, beyond=place if stands_here else None, limit=wanted.limit - len(found))
        found += await _along(part, blank)
        if len(found) == wanted.limit:
            return found
        if not await _is_at_end(part, blank):
            return None
    return found


async def _along(part: Wanted, blank: bool) -> list[dict[str, Any]]:
    """What fits in a part of the list, as far as the walk goes.

    Where facets decide, the index is read to the end of the page; were they wrong of a row, on from there to the end.
    """
    sought = part.sought
    if not sought.by_facets_alone or sought.depends_on_time:
        return await _on_the_way(part, blank, _longest(sought))
    passed = await _on_the_way(part, blank, part.limit, whether_or_not=True)
    found = [row for row in passed if row['fits']]
    if len(found) == len(passed) or len(passed) < part.limit:
        return found
    last = Place(passed[-1]['sort_key'], passed[-1]['id'])
    return found + await _on_the_way(replace(part, beyond=last, limit=part.limit - len(found)), blank, ENDLESS)


def _longest(sought: Sought) -> int:
    """How many entries of the index are passed at most."""
    if sought.by_facets_alone:
        return ENDLESS
    return STRETCH if sought.facets is None else WAY


async def _on_the_way(part: Wanted, blank: bool, longest: int, *, whether_or_not: bool = False) -> list[dict[str, Any]]:
    """What fits among so many entries of a part of the index; or what its facets say of it, and whether it `fits`."""
    values = Values(2)
    way = _way(part, blank, longest, values)
    if not part.sought.by_facets_alone:
        of_facets = ' AND '.join(part.sought.of_facets(values))
        way = f'SELECT c.id, c.sort_key FROM ({way}) AS c WHERE {of_facets} LIMIT {STRETCH}'
    true, columns = part.sought.true(values), f'c.id AS id, s.sort_key, {"TRUE" if blank else "FALSE"} AS is_blank'
    if whether_or_not:
        true, columns = [], f'{columns}, {" AND ".join(true)} AS fits'
    # SQLite takes what is on the way as it comes and ends with the page; told of an order, it would sort all of it.
    ordered = '' if is_sqlite() else f'ORDER BY s.sort_key {part.direction}, s.id {part.direction}'
    return await _read(part, f'{_each(way, columns, true)} {ordered} LIMIT {part.limit}', values)


async def _is_at_end(part: Wanted, blank: bool) -> bool:
    """Whether a walk that did not fill the page has seen this part to its end: what fits is all found then."""
    sought = part.sought
    if sought.by_facets_alone:
        return True
    values, longest = Values(1), _longest(sought)
    way, of_facets = _way(part, blank, longest, values), ' AND '.join(sought.of_facets(values))
    rows = await fetch(
        f'SELECT count(*) AS passed, count(CASE WHEN {of_facets} THEN 1 END) AS looked_at FROM ({way}) AS c',
        *values.listed,
    )
    return bool(rows[0]['passed'] < longest and rows[0]['looked_at'] < STRETCH)


def _way(part: Wanted, blank: bool, longest: int, values: Values) -> str:
    """So many entries of a part of the index from where the page begins, in order."""
    order, sought, direction = part.order, part.sought, part.direction
    within = [order.part(blank=blank), *(['c.facets IS NOT NULL'] if is_sqlite() else [])]
    if part.beyond is not None:
        within.append(part.past(part.beyond, values))
    if order.index in sought.means and not blank:
        within += sought.served(Means(order.index), values)
    if sought.by_facets_alone:
        within += sought.of_facets(values)
    return (
        f'SELECT c.id, {order.key} AS sort_key, c.facets '
        f'FROM contact c{f" INDEXED BY {order.index}" if is_sqlite() else ""} WHERE {" AND ".join(within)} '
        f'ORDER BY {order.key} {direction}, c.id {direction} LIMIT {longest}'
    )


# ── Gathering ───────────────────────────────────────────────────────────────


async def _gather_few(wanted: Wanted, means: Means) -> list[dict[str, Any]]:
    """The nearest of the few that an index finds, each looked at by its id."""
    values = Values(2)
    found = entries(means, wanted.sought, values, WHOLE)
    return await _nearest(wanted, _each(found, _columns(wanted), _true(wanted, values)), values)


async def _gather(wanted: Wanted) -> list[dict[str, Any]]:
    """The nearest of all that fit, by the index that finds least; on SQLite by that of the words as well."""
    values = Values(2)
    sought, means = wanted.sought, await scarcest(wanted.sought)
    true = _true(wanted, values)
    if means is not None:
        true += sought.served(means, values)
    if means is Means.FACETS and Means.WORDS in sought.means and is_sqlite():
        true.append(f'+{by_words(sought.fits.words, values)}')
    fence = '' if is_sqlite() else 'OFFSET 0'  # or the planner might walk along the order after all
    found = f'SELECT {_columns(wanted)} FROM {indexed(means)} LEFT JOIN login l ON l.id = c.login_id'
    return await _nearest(wanted, f'SELECT * FROM ({found} WHERE {" AND ".join(true)} {fence}) AS h', values)


def _columns(wanted: Wanted) -> str:
    order = wanted.order
    blank = order.part(blank=True)
    return f'c.id AS id, CASE WHEN {blank} THEN NULL ELSE {order.key} END AS sort_key, {blank} AS is_blank'


def _true(wanted: Wanted, values: Values) -> list[str]:
    """What holds of a contact that fits and lies beyond the place where the page begins."""
    true, order, place = wanted.sought.true(values), wanted.order, wanted.beyond
    if place is not None:
        here = f'({order.part(blank=place.key is None)} AND {wanted.past(place, values)})'
        goes_on = (place.key is None) == wanted.backwards  # into the other part
        true.append(f'({here} OR {order.part(blank=not wanted.backwards)})' if goes_on else here)
    return true


async def _nearest(wanted: Wanted, found: str, values: Values) -> list[dict[str, Any]]:
    parts = 'is_blank DESC' if wanted.backwards else 'is_blank'
    order = f'ORDER BY {parts}, sort_key {wanted.direction}, id {wanted.direction} LIMIT {wanted.limit}'
    return await _read(wanted, f'{found} {order}', values)


# ── Both ────────────────────────────────────────────────────────────────────


def _each(source: str, columns: str, true: list[str]) -> str:
    """Of the contacts whose ids a source `s` gives, those of which it is true.

    Each is looked at by its id: a planner that takes what is said twice for rare would rather begin at the other end.
    """
    looked_at = f'contact c LEFT JOIN login l ON l.id = c.login_id WHERE {" AND ".join(["c.id = s.id", *true])}'
    if is_sqlite():
        return f'SELECT {columns} FROM ({source}) AS s CROSS JOIN {looked_at}'
    return f'SELECT h.* FROM ({source}) AS s CROSS JOIN LATERAL (SELECT {columns} FROM {looked_at} OFFSET 0) AS h'


async def _read(wanted: Wanted, found: str, values: Values) -> list[dict[str, Any]]:
    """The rows in the order in which they were asked for."""
    rows = await rows_of(found, values, wanted.sought.now)
    filled = sorted((row for row in rows if not row['is_blank']), key=_by_key, reverse=wanted.falls)
    blank = sorted((row | {'sort_key': None} for row in rows if row['is_blank']), key=_by_id, reverse=wanted.falls)
    return [*blank, *filled] if wanted.backwards else [*filled, *blank]


def _by_key(row: dict[str, Any]) -> tuple[Any, int]:
    return row['sort_key'], row['id']


def _by_id(row: dict[str, Any]) -> int:
    return int(row['id'])
