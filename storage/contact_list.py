"""A page of the contact list by keys: the rows beyond a place in an order, however deep it lies.

There are two ways to a page. To walk along the index of the order until the page is full is quick when many contacts
fit; to fetch all that fit by another index and sort them is quick when few do. Which it is, is counted, up to some
thousand (storage/contact_means.py); statistics and the luck of a planner have little say.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from storage.contact_means import Means, find_few, indexed, scarcest
from storage.contact_orders import Wanted
from storage.contact_sql import CONTACT_AND_LOGIN, Values, by_words, in_bytes
from storage.queries import STATUS
from storage.sql import as_utc, fetch, is_sqlite

COLUMNS = (
    'c.id, c.kind, c.name, c.organisation, c.email, c.email_status, c.portal_access, c.login_id, '
    'l.email AS login_email, c.created_at, '
    'c.invited_at, c.invitation_expires_at, c.joined_at, '
    f'{STATUS} AS status, '
    'CASE WHEN c.joined_at IS NOT NULL THEN l.last_sign_in_at END AS last_sign_in_at, '
    "CASE WHEN c.joined_at IS NOT NULL THEN l.last_sign_in_method ELSE '' END AS last_sign_in_method, "
    'l.totp_enrolled_at IS NOT NULL AS two_factor, l.password_hash IS NOT NULL AS password, '
    'EXISTS (SELECT 1 FROM contact o WHERE o.email = c.email AND o.id <> c.id) AS shared'
)
ENDLESS = 2**31  # entries
STRETCH = 5_000  # entries of an index that are looked at before all that fit are looked for
_MOMENTS = ('created_at', 'invited_at', 'invitation_expires_at', 'joined_at', 'last_sign_in_at')
_YES_OR_NO = ('two_factor', 'password', 'shared')


async def list_page(wanted: Wanted) -> list[dict[str, Any]]:
    """At most `limit` rows, each with its `sort_key`."""
    if wanted.sought.facets == ():
        return []
    few = await find_few(wanted.sought)
    rows = await (_gather(wanted, few) if few else _walk(wanted))
    if rows is None:
        rows = await _gather(wanted, await scarcest(wanted.sought), meets_words=True)
    return [_in_python(row) for row in rows]


async def _walk(wanted: Wanted) -> list[dict[str, Any]] | None:
    """Along the index of the order, first what has a key there. None when the page does not fill within a stretch.

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
    return found if wanted.sought.by_facets_alone else None


async def _along(part: Wanted, blank: bool) -> list[dict[str, Any]]:
    """What fits in a part of the list, among as many entries of the index as a stretch has."""
    values = Values(2)
    sought = part.sought
    within = [part.order.part(blank=blank), *sought.of_facets(values)]
    if part.beyond is not None:
        within.append(part.past(part.beyond, values))
    if part.order.index in sought.means and not blank:
        within += sought.served(Means(part.order.index), values)
    longest = STRETCH if not sought.by_facets_alone else ENDLESS if sought.depends_on_time else part.limit
    stretch = (
        f'SELECT c.id, {"NULL" if blank else part.order.key} AS sort_key '
        f'FROM contact c{f" INDEXED BY {part.order.index}" if is_sqlite() else ""} '
        f'WHERE {" AND ".join(within)} ORDER BY {part.sorted_by} LIMIT {longest}'
    )
    true = f'contact c LEFT JOIN login l ON l.id = c.login_id WHERE c.id = s.id AND {" AND ".join(sought.true(values))}'
    if is_sqlite():  # takes the stretch as it comes and ends with the page; told of an order, it sorts it all first
        found = f'FROM ({stretch}) AS s CROSS JOIN {true}'
    else:  # each row by its id: the planner takes what is said twice for rare, and would begin at the other end
        found = (
            f'FROM ({stretch}) AS s CROSS JOIN LATERAL (SELECT 1 FROM {true} OFFSET 0) AS fits '
            f'ORDER BY {"" if blank else f"s.sort_key {part.direction}, "}s.id {part.direction}'
        )
    columns = f's.id, s.sort_key, {"TRUE" if blank else "FALSE"} AS is_blank'
    return await _rows(part, f'SELECT {columns} {found} LIMIT {part.limit}', values)


async def _gather(wanted: Wanted, means: Means | None, *, meets_words: bool = False) -> list[dict[str, Any]]:
    """All that fit, by an index, and with `meets_words` by that of the words as well; the nearest rows of these."""
    values = Values(2)
    order, place, sought = wanted.order, wanted.beyond, wanted.sought
    true = sought.true(values)
    if means is not None:
        true += sought.served(means, values)
    if meets_words and means is Means.FACETS and Means.WORDS in sought.means and is_sqlite():
        true.append(f'+{by_words(sought.fits.words, values)}')
    if place is not None:
        here = f'({order.part(blank=place.key is None)} AND {wanted.past(place, values)})'
        goes_on = (place.key is None) == wanted.backwards  # into the other part
        true.append(f'({here} OR {order.part(blank=not wanted.backwards)})' if goes_on else here)
    blank = order.part(blank=True)
    fence = '' if is_sqlite() else 'OFFSET 0'  # or its planner might walk along the order after all
    hits = (
        f'SELECT c.id, CASE WHEN {blank} THEN NULL ELSE {order.key} END AS sort_key, {blank} AS is_blank '
        f'FROM {indexed(means)} LEFT JOIN login l ON l.id = c.login_id WHERE {" AND ".join(true)} {fence}'
    )
    parts = 'h.is_blank DESC' if wanted.backwards else 'h.is_blank'
    nearest = (
        f'SELECT h.id, h.sort_key, h.is_blank FROM ({hits}) AS h '
        f'ORDER BY {parts}, h.sort_key {wanted.direction}, h.id {wanted.direction} LIMIT {wanted.limit}'
    )
    return await _rows(wanted, nearest, values)


async def _rows(wanted: Wanted, found: str, values: Values) -> list[dict[str, Any]]:
    """What a list shows of the contacts that `found` selects."""
    rows = await fetch(
        f'SELECT {COLUMNS}, found.sort_key, found.is_blank FROM ({found}) AS found '
        'CROSS JOIN contact c LEFT JOIN login l ON l.id = c.login_id WHERE c.id = found.id',
        wanted.sought.now,
        *values.listed,
    )
    filled = sorted((row for row in rows if not row['is_blank']), key=_by_key, reverse=wanted.falls)
    blank = sorted((row | {'sort_key': None} for row in rows if row['is_blank']), key=_by_id, reverse=wanted.falls)
    return [*blank, *filled] if wanted.backwards else [*filled, *blank]


def _by_key(row: dict[str, Any]) -> tuple[Any, int]:
    return row['sort_key'], row['id']


def _by_id(row: dict[str, Any]) -> int:
    return int(row['id'])


def _in_python(row: dict[str, Any]) -> dict[str, Any]:
    """Moments in UTC and truths, which SQLite gives as text and numbers."""
    return row | {name: as_utc(row[name]) for name in _MOMENTS} | {name: bool(row[name]) for name in _YES_OR_NO}


async def contacts_of_address(address: str, now: datetime, limit: int) -> list[dict[str, Any]]:
    """The contacts that bear an address, by name."""
    return await _exactly('c.email', address, now, limit)


async def contacts_of_name(name_key: str, now: datetime, limit: int) -> list[dict[str, Any]]:
    """The contacts with a name, but for case and accents."""
    return await _exactly(in_bytes('c.name_key'), name_key, now, limit)


async def _exactly(column: str, value: str, now: datetime, limit: int) -> list[dict[str, Any]]:
    rows = await fetch(
        f'SELECT {COLUMNS} FROM {CONTACT_AND_LOGIN} WHERE {column} = $2 AND c.facets IS NOT NULL '
        f'ORDER BY {in_bytes("c.name_key")}, c.id LIMIT {int(limit)}',
        now,
        value,
    )
    return [_in_python(row) for row in rows]


async def organisations(beginning: str, limit: int) -> list[str]:
    """Names of organisations whose folded name begins so, each once, in order."""
    key = in_bytes('c.organisation_key')
    first_past = f'SELECT min({key}) FROM contact c WHERE c.facets IS NOT NULL AND {key} < $2 AND {key}'
    rows = await fetch(  # from one name to the next one through the index, however many contacts have it
        f"SELECT organisation FROM (WITH RECURSIVE known(name) AS ({first_past} >= $1 AND {key} > '' UNION ALL "
        f'SELECT ({first_past} > known.name) FROM known WHERE known.name IS NOT NULL) SELECT '
        f'(SELECT c.organisation FROM contact c WHERE {key} = known.name AND c.facets IS NOT NULL LIMIT 1) '
        f'AS organisation FROM known WHERE known.name IS NOT NULL LIMIT {int(limit)}) AS named',
        beginning,
        f'{beginning}\U0010ffff',
    )
    return [str(row['organisation']) for row in rows]
