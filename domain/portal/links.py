"""Doors that lead elsewhere, to invoices or courses: a client goes through ours, which counts, to one by https."""

from dataclasses import dataclass

from domain.actors import ClientActor, StaffActor
from domain.authorization import authorise_client
from domain.dependencies import Dependencies
from domain.errors import DomainError
from domain.events import LinksOpened
from domain.home_errors import HomeItemNotFound, IconUnknown
from domain.portal.audience import EVERYBODY, Audience, fault_of
from domain.portal.home_items import LONGEST_TITLE, ItemKind, faults_in, save_item
from domain.portal.own_home import item_of_client
from domain.portal.web_addresses import web_address
from domain.texts import one_line
from domain.unit_of_work import deed, unit_of_work
from storage.home_rows import count_opening

ICONS = (
    'link', 'receipt-text', 'credit-card', 'file-text', 'folder-open', 'calendar', 'message-circle', 'phone', 'play',
    'briefcase', 'image', 'globe', 'list-checks', 'megaphone', 'shield-check', 'users',
)  # fmt: skip
"""What a link may be marked with, by their names in the sprite."""
LONGEST_DESCRIPTION = 240
LONGEST_URL = 2_000


@dataclass(frozen=True)
class Link:
    """As staff write it. `text` is a line of plain text and may be empty."""

    title: str
    url: str
    text: str = ''
    icon: str = ICONS[0]
    audience: Audience = EVERYBODY


def _title(typed: str) -> str:
    return one_line(typed, 'title', longest=LONGEST_TITLE, needed=True)


def _url(typed: str) -> str:
    return web_address(typed, 'url', longest=LONGEST_URL, needed=True)


def _text(typed: str) -> str:
    return one_line(typed, 'text', longest=LONGEST_DESCRIPTION)


def _icon(chosen: str) -> str:
    if chosen not in ICONS:
        raise IconUnknown()
    return chosen


_CHECKS = {'title': _title, 'url': _url, 'text': _text, 'icon': _icon}


async def faults_of(wanted: Link) -> dict[str, DomainError]:
    """What is wrong, by the name of the field: TextInvalid, WebAddressInvalid, IconUnknown, and for `audience` what its
    own `fault_of` tells."""
    found = faults_in(_CHECKS, wanted)
    fault = await fault_of(wanted.audience)
    return found | ({'audience': fault} if fault else {})


async def save_link(deps: Dependencies, actor: StaffActor, wanted: Link, item_id: int | None = None) -> int:
    """Add it, or change the one with this id; its id. Open homes of those concerned follow.

    Raises the first of `faults_of`, HomeItemNotFound, HomeIsFull, NotAllowed, SignedOut.
    """
    values = {name: check(getattr(wanted, name)) for name, check in _CHECKS.items()}
    return await save_item(deps, actor, ItemKind.LINK, item_id, wanted.audience, values)


async def look_at_link(deps: Dependencies, actor: ClientActor, item_id: int) -> str:
    """Where it leads, counted by nobody. Raises HomeItemNotFound, SignedOut, SecondFactorNeeded."""
    await authorise_client(deps, actor)
    item = await item_of_client(actor, item_id)
    if item is None or item.kind != ItemKind.LINK:
        raise HomeItemNotFound(item_id)
    return item.url


@deed
async def open_link(deps: Dependencies, actor: ClientActor, item_id: int) -> str:
    """Where it leads; counted, once a call. Raises HomeItemNotFound, SignedOut, SecondFactorNeeded."""
    url = await look_at_link(deps, actor, item_id)
    async with unit_of_work(deps) as work:
        await count_opening(item_id)
        work.tell(LinksOpened((item_id,)))
    return url
