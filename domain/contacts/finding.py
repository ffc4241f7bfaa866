"""Finding contacts among very many: a page of the list by keys, how many there are, and suggestions while typing."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from domain.actors import StaffActor, SystemActor
from domain.authorization import Permission, authorise
from domain.contacts.contact_filter import STATUSES, ContactFilter
from domain.dependencies import Dependencies
from domain.texts import LONGEST_SEARCH, fold, search_words, writable
from storage import contact_counts, contact_list
from storage.contact_means import Sought, seek
from storage.contact_orders import ORDERS, Place, Wanted
from storage.organisations import organisations_from, organisations_with

PAGE_SIZE = 25
MOST_ROWS = 200
SHORTEST_WORD = 3  # letters; names that begin with fewer are found, names that hold fewer are not
SORTS = (*ORDERS, *(f'-{name}' for name in ORDERS))


@dataclass(frozen=True)
class ContactRow:
    """A contact in a list. `shared`: another contact has the same address. Moments are UTC."""

    id: int
    kind: str
    name: str
    organisation: str
    email: str
    email_status: str
    status: str
    created_at: datetime | None
    invited_at: datetime | None
    invitation_expires_at: datetime | None
    joined_at: datetime | None
    last_sign_in_at: datetime | None
    last_sign_in_method: str
    two_factor: bool
    password: bool
    shared: bool


@dataclass(frozen=True)
class ContactPage:
    """Some rows of the list. `next` and `previous`: where the pages beside it begin; empty where there is none."""

    rows: tuple[ContactRow, ...]
    next: str = ''
    previous: str = ''


@dataclass(frozen=True)
class Totals:
    """How many contacts fit. `by_status` counts those that fit the filter but for its status."""

    total: int
    by_status: dict[str, int]


async def find_contacts(
    deps: Dependencies,
    actor: StaffActor,
    fits: ContactFilter,
    *,
    sort: str = 'name',
    after: str = '',
    before: str = '',
    limit: int = PAGE_SIZE,
) -> ContactPage:
    """A page of the contacts that fit, sorted by one of SORTS; where there is nothing to sort by, last.

    `after` and `before` are `next` and `previous` of another page. A place that cannot be read, or is of another sort,
    is the beginning; one behind the last row is the last page. Raises NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.SEE_CONTACTS)
    sort = sort if sort in SORTS else 'name'
    limit = max(1, min(limit, MOST_ROWS))
    reader = _Reader(await seek(fits.conditions(), deps.clock.now()), sort, limit)
    begins, ends = _read_place(after, sort), _read_place(before, sort)
    if ends is not None:
        page = await reader.before(ends)
        if page is not None:
            return page
    page = await reader.after(begins)
    if begins is not None and not page.rows:
        return await reader.before(begins) or await reader.after(None)
    return page


async def count_contacts(deps: Dependencies, actor: StaffActor | SystemActor, fits: ContactFilter) -> Totals:
    """How many contacts fit, exactly. Read beside everything else; cancelling the caller ends it in the database.

    Raises NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.SEE_CONTACTS)
    counted = await contact_counts.count_by_status(fits.conditions(), deps.clock.now())
    by_status = {status: counted.get(status, 0) for status in STATUSES}
    return Totals(by_status[fits.status] if fits.status else sum(by_status.values()), by_status)


async def suggest_organisations(deps: Dependencies, actor: StaffActor, text: str = '', limit: int = 8) -> Sequence[str]:
    """Names of organisations that begin with what is being typed, then those that hold its words, each once.

    Raises NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.SEE_CONTACTS)
    typed = fold(writable(text[:LONGEST_SEARCH]).strip())
    found = await organisations_from(typed, limit)
    words = search_words(typed)
    if len(found) < limit and words and min(map(len, words)) >= SHORTEST_WORD:
        found = list(dict.fromkeys(found + await organisations_with(typed.split(), words, limit)))
    return found[:limit]


@dataclass(frozen=True)
class _Reader:
    """Reads pages of one filter in one order."""

    sought: Sought
    sort: str
    limit: int

    async def after(self, place: Place | None) -> ContactPage:
        rows = await self._read(place, backwards=False)
        return self._page(rows[: self.limit], more_before=place is not None, more_after=len(rows) > self.limit)

    async def before(self, place: Place) -> ContactPage | None:
        """None when there is not a whole page before it: then it is the first one."""
        rows = await self._read(place, backwards=True)
        if len(rows) < self.limit:
            return None
        return self._page(rows[: self.limit][::-1], more_before=len(rows) > self.limit, more_after=True)

    async def _read(self, place: Place | None, *, backwards: bool) -> list[dict[str, object]]:
        return await contact_list.list_page(
            Wanted(
                self.sought,
                ORDERS[self.sort.lstrip('-')],
                descending=self.sort.startswith('-'),
                beyond=place,
                backwards=backwards,
                limit=self.limit + 1,
            )
        )

    def _page(self, rows: list[dict[str, object]], *, more_before: bool, more_after: bool) -> ContactPage:
        if not rows:
            return ContactPage(())
        return ContactPage(
            tuple(contact_row(row) for row in rows),
            next=_write_place(self.sort, rows[-1]) if more_after else '',
            previous=_write_place(self.sort, rows[0]) if more_before else '',
        )


def contact_row(row: dict[str, object]) -> ContactRow:
    """What a list shows of a row that storage read."""
    return ContactRow(**{name: row[name] or '' if name in _TEXTS else row[name] for name in _NAMES})  # type: ignore[arg-type]


_NAMES = tuple(ContactRow.__dataclass_fields__)
_TEXTS = ('organisation', 'email', 'last_sign_in_method')


def _write_place(sort: str, row: dict[str, object]) -> str:
    """A place for the address: nothing in it is secret, and nothing is believed that comes back."""
    key = row['sort_key']
    text = json.dumps([sort, key.isoformat() if isinstance(key, datetime) else key, row['id']], ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip('=')


def _read_place(text: str, sort: str) -> Place | None:
    """None for a place that cannot be read, and for one in another order."""
    try:
        of_sort, key, row_id = json.loads(base64.urlsafe_b64decode(text[:2_000] + '=' * (-len(text) % 4)))
        if of_sort != sort or type(row_id) is not int or not 0 < row_id < 2**63:
            return None
        if not (key is None or (isinstance(key, str) and writable(key) == key)):
            return None
        is_text = ORDERS[sort.lstrip('-')].is_text
        return Place(key if key is None or is_text else datetime.fromisoformat(key).astimezone(UTC), row_id)
    except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error):
        return None
