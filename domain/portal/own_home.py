"""What a client finds on its home. One statement, whatever the number of contacts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.actors import ClientActor
from domain.authorization import authorise_client
from domain.dependencies import Dependencies
from domain.home_errors import HomeItemNotFound
from domain.texts import LONGEST_NAME, fold
from storage import home_rows, queries
from storage.sql import as_utc


@dataclass(frozen=True)
class ShownItem:
    """An announcement, whose `text` is Markdown, or a link. Where a link leads is told by its door alone."""

    id: int
    kind: str
    title: str
    text: str
    icon: str
    since: datetime


@dataclass(frozen=True)
class Opened:
    """What a door leads to."""

    kind: str
    title: str
    url: str


async def items_of_contact(contact_id: int) -> tuple[ShownItem, ...]:
    """What this contact sees, announcements first, each kind in the order of the firm."""
    return tuple(_item(row) for row in await home_rows.items_any_sees([contact_id]))


async def item_of_client(actor: ClientActor, item_id: int) -> Opened | None:
    """One item, if any contact that this client may enter sees it: a person whose mail led here need not pick first."""
    contacts = await queries.contacts_of_login(actor.login_id)
    rows = await home_rows.items_any_sees([one.id for one in contacts], item_id)
    return Opened(rows[0]['kind'], rows[0]['title'], rows[0]['url']) if rows else None


async def look_at_item(deps: Dependencies, actor: ClientActor, item_id: int) -> Opened:
    """What a sign-in is to lead to. Raises HomeItemNotFound, SignedOut, SecondFactorNeeded."""
    await authorise_client(deps, actor)
    found = await item_of_client(actor, item_id)
    if found is None:
        raise HomeItemNotFound(item_id)
    return found


def organisations_of(name: str, kind: str, organisation: str) -> frozenset[str]:
    """The keys of the organisations that a contact belongs to, or is."""
    names = (organisation, name if kind == 'organisation' else '')
    return frozenset(fold(one)[:LONGEST_NAME] for one in names if one)


def _item(row: dict[str, Any]) -> ShownItem:
    since = as_utc(row['created_at'])
    assert since
    return ShownItem(int(row['id']), row['kind'], row['title'], row['text'], row['icon'], since)
