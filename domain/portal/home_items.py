"""What announcements and links have in common: they stand in an order, are written by staff, and can be taken away."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from domain.actors import StaffActor
from domain.audit import AuditKind, record
from domain.authorization import Permission, authorise
from domain.dependencies import Dependencies
from domain.errors import DomainError
from domain.events import HomeChanged
from domain.home_errors import HomeIsFull, HomeItemNotFound
from domain.portal.audience import Audience, AudienceKind, audience_of, checked, columns_of, keep, told
from domain.unit_of_work import Work, deed, unit_of_work
from storage import home_rows
from storage.models import HomeItem
from storage.sql import as_utc

MOST = 100  # of each kind; what a client cannot take in is no door
LONGEST_TITLE = 120


class ItemKind(StrEnum):
    """What stands on the home."""

    ANNOUNCEMENT = 'announcement'
    LINK = 'link'


@dataclass(frozen=True)
class ItemView:
    """An announcement or a link, as staff see it. `chosen` counts the contacts of an audience of contacts."""

    id: int
    kind: ItemKind
    title: str
    text: str
    icon: str
    url: str
    audience: AudienceKind
    organisation: str
    chosen: int
    opened: int
    created_at: datetime


@dataclass(frozen=True)
class ChosenContact:
    """A contact that an item was chosen for."""

    id: int
    name: str
    kind: str
    email: str
    organisation: str


@dataclass(frozen=True)
class Destination:
    """Where a link in a mail may lead after the sign-in."""

    id: int
    kind: ItemKind
    title: str


async def list_items(deps: Dependencies, actor: StaffActor) -> list[ItemView]:
    """All of them, announcements first, each kind in its order. Raises NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.EDIT_HOME)
    return [_view(row) for row in await home_rows.items_for_staff()]


async def list_chosen(deps: Dependencies, actor: StaffActor, item_id: int) -> list[ChosenContact]:
    """The contacts that an item was chosen for, by name. Raises NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.EDIT_HOME)
    rows = await home_rows.chosen_for(item_id)
    return [ChosenContact(row['id'], row['name'], row['kind'], row['email'] or '', row['organisation']) for row in rows]


async def list_destinations(deps: Dependencies, actor: StaffActor, contact_ids: list[int] | None) -> list[Destination]:
    """Where links for these contacts may lead: what every one of them sees; everything for None, which stands for many
    of whom each is led there who sees it. Raises NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.SEE_CONTACTS)
    if contact_ids is None:
        rows = await home_rows.items_for_staff()
    else:
        rows = await home_rows.items_all_see(contact_ids) if contact_ids else []
    return [Destination(row['id'], ItemKind(row['kind']), row['title']) for row in rows]


@deed
async def save_item(
    deps: Dependencies,
    actor: StaffActor,
    kind: ItemKind,
    item_id: int | None,
    audience: Audience,
    values: dict[str, Any],
) -> int:
    """Write what `values` say, checked by the kind itself; the id. A new announcement stands first, a new link last.

    Raises HomeItemNotFound, HomeIsFull, what `audience.checked` raises, NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.EDIT_HOME)
    wanted = await checked(audience)
    async with unit_of_work(deps) as work:
        if item_id is None:
            item, before = await _add(work, actor, kind, wanted, values), wanted
        else:
            item = await _held(item_id, kind)
            before = await audience_of(item)
            await HomeItem.filter(id=item_id).update(**values, **columns_of(wanted), updated_at=work.now)
        await keep(item.id, wanted)
        done = AuditKind.HOME_ITEM_ADDED if item_id is None else AuditKind.HOME_ITEM_CHANGED
        await record(work, done, actor, item=kind.value, title=values['title'])
        work.tell(told(before, wanted))
        return int(item.id)


async def _add(work: Work, actor: StaffActor, kind: ItemKind, audience: Audience, values: dict[str, Any]) -> HomeItem:
    places = [int(str(place)) for place in await HomeItem.filter(kind=kind.value).values_list('place', flat=True)]
    if len(places) >= MOST:
        raise HomeIsFull(MOST)
    first, last = min(places, default=0) - 1, max(places, default=0) + 1
    return await HomeItem.create(
        kind=kind.value,
        place=first if kind is ItemKind.ANNOUNCEMENT else last,
        **values,
        **columns_of(audience),
        made_by_id=actor.staff_id,
        created_at=work.now,
        updated_at=work.now,
    )


async def _held(item_id: int, kind: ItemKind) -> HomeItem:
    item = await HomeItem.filter(id=item_id, kind=kind.value).select_for_update().first()
    if item is None:
        raise HomeItemNotFound(item_id)
    return item


@deed
async def remove_item(deps: Dependencies, actor: StaffActor, item_id: int) -> None:
    """Take it off every home. Links of mail that lead to it lead home. Raises HomeItemNotFound, NotAllowed,
    SignedOut."""
    await authorise(deps, actor, Permission.EDIT_HOME)
    async with unit_of_work(deps) as work:
        item = await HomeItem.get_or_none(id=item_id)
        if item is None:
            raise HomeItemNotFound(item_id)
        audience = await audience_of(item)
        if not await HomeItem.filter(id=item_id).delete():
            raise HomeItemNotFound(item_id)
        await record(work, AuditKind.HOME_ITEM_REMOVED, actor, item=item.kind, title=item.title)
        work.tell(told(audience))


@deed
async def move_item(deps: Dependencies, actor: StaffActor, item_id: int, place: int) -> int:
    """Put it at this place among its kind, counted from 0; where it stands now, which is the last place at most.

    Raises HomeItemNotFound, NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.EDIT_HOME)
    async with unit_of_work(deps) as work:
        moved = await HomeItem.get_or_none(id=item_id)
        if moved is None:
            raise HomeItemNotFound(item_id)
        # Sorted once they are held: who waited for another that moves gets the new places in the old order.
        rows = await HomeItem.filter(kind=moved.kind).select_for_update().order_by('id')
        ids = [row.id for row in sorted(rows, key=lambda row: (row.place, row.id))]
        if item_id not in ids:
            raise HomeItemNotFound(item_id)
        before = ids.index(item_id)
        ids.insert(min(max(place, 0), len(ids) - 1), ids.pop(before))
        now_at = ids.index(item_id)
        stood = {row.id: row.place for row in rows}
        for number, one in enumerate(ids):
            if stood[one] != number:
                await HomeItem.filter(id=one).update(place=number)
        if now_at != before:
            await record(work, AuditKind.HOME_ORDERED, actor, item=moved.kind, title=moved.title)
            work.tell(HomeChanged(for_all=True))
        return now_at


def faults_in(checks: dict[str, Any], wanted: object) -> dict[str, DomainError]:
    """What is wrong, by the name of the field; empty for what can be saved."""
    found: dict[str, DomainError] = {}
    for field, check in checks.items():
        try:
            check(getattr(wanted, field))
        except DomainError as error:
            found[field] = error
    return found


def _view(row: dict[str, Any]) -> ItemView:
    made = as_utc(row['created_at'])
    assert made
    return ItemView(
        int(row['id']),
        ItemKind(row['kind']),
        row['title'],
        row['text'],
        row['icon'],
        row['url'],
        AudienceKind(row['audience']),
        row['organisation'],
        int(row['chosen']),
        int(row['opened']),
        made,
    )
