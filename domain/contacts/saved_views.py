"""Ways of looking at the contact list, saved by name. Every staff member sees and uses all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from domain.actors import StaffActor
from domain.authorization import Permission, authorise
from domain.contacts.contact_filter import ContactFilter
from domain.contacts.finding import SORTS
from domain.dependencies import Dependencies
from domain.events import SavedViewsChanged
from domain.texts import fold, one_line
from domain.unit_of_work import deed, unit_of_work
from domain.view_errors import TooManyViews, ViewNameTaken, ViewNotFound
from storage.database import ALREADY_THERE
from storage.models import SavedView

LONGEST_VIEW_NAME = 80
MOST_VIEWS = 100


@dataclass(frozen=True)
class View:
    """A saved view. `query` is what the address of the list carries: the names of ContactFilter, and `sort`."""

    id: int
    name: str
    query: dict[str, str]
    made_by_name: str


async def list_views(deps: Dependencies, actor: StaffActor) -> Sequence[View]:
    """All saved views, by name. Raises NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.SEE_CONTACTS)
    return [_view(row) for row in await SavedView.all().order_by('name_key', 'id')]


@deed
async def save_view(deps: Dependencies, actor: StaffActor, name: str, query: Mapping[str, str]) -> View:
    """Keep what is looked at under a name. What no list understands is left out of it.

    Raises TextInvalid for `name`, ViewNameTaken, TooManyViews, NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.SEE_CONTACTS)
    called = one_line(name, 'name', longest=LONGEST_VIEW_NAME, needed=True)
    try:
        async with unit_of_work(deps) as work:
            if await SavedView.all().count() >= MOST_VIEWS:
                raise TooManyViews(MOST_VIEWS)
            row = await SavedView.create(
                name=called,
                name_key=_key(called),
                query=_kept(query),
                made_by_id=actor.staff_id,
                made_by_name=actor.name,
                created_at=work.now,
            )
            work.tell(SavedViewsChanged())
            return _view(row)
    except ALREADY_THERE as error:
        raise ViewNameTaken(called) from error


@deed
async def change_view(deps: Dependencies, actor: StaffActor, view_id: int, query: Mapping[str, str]) -> View:
    """Have a saved view show something else. Raises ViewNotFound, NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.SEE_CONTACTS)
    return await _change(deps, view_id, query=_kept(query))


@deed
async def rename_view(deps: Dependencies, actor: StaffActor, view_id: int, name: str) -> View:
    """Call a saved view something else. Raises TextInvalid for `name`, ViewNameTaken, ViewNotFound, NotAllowed,
    SignedOut."""
    await authorise(deps, actor, Permission.SEE_CONTACTS)
    called = one_line(name, 'name', longest=LONGEST_VIEW_NAME, needed=True)
    try:
        return await _change(deps, view_id, name=called, name_key=_key(called))
    except ALREADY_THERE as error:
        raise ViewNameTaken(called) from error


@deed
async def delete_view(deps: Dependencies, actor: StaffActor, view_id: int) -> None:
    """Forget a saved view; no contact is touched. Raises ViewNotFound, NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.SEE_CONTACTS)
    async with unit_of_work(deps) as work:
        if not await SavedView.filter(id=view_id).delete():
            raise ViewNotFound(view_id)
        work.tell(SavedViewsChanged())


async def _change(deps: Dependencies, view_id: int, **values: str) -> View:
    async with unit_of_work(deps) as work:
        if not await SavedView.filter(id=view_id).update(**values):
            raise ViewNotFound(view_id)
        work.tell(SavedViewsChanged())
        return _view(await SavedView.get(id=view_id))


def _key(name: str) -> str:
    """Two names that differ in case or accents alone are one."""
    return fold(name)[:LONGEST_VIEW_NAME]


def _kept(query: Mapping[str, str]) -> str:
    sort = query.get('sort', '')
    return urlencode(ContactFilter.from_query(query).to_query() | ({'sort': sort} if sort in SORTS else {}))


def _view(row: SavedView) -> View:
    return View(row.id, row.name, dict(parse_qsl(row.query)), row.made_by_name)
