"""What the firm tells its clients on their home: a title, and Markdown like that of the welcome."""

from dataclasses import dataclass

from domain.actors import StaffActor
from domain.dependencies import Dependencies
from domain.errors import DomainError
from domain.portal.audience import EVERYBODY, Audience, fault_of
from domain.portal.home_items import LONGEST_TITLE, ItemKind, faults_in, save_item
from domain.portal.welcome import LONGEST
from domain.texts import one_line, paragraphs


@dataclass(frozen=True)
class Announcement:
    """As staff write it. `text` is Markdown and may be empty."""

    title: str
    text: str = ''
    audience: Audience = EVERYBODY


def _title(typed: str) -> str:
    return one_line(typed, 'title', longest=LONGEST_TITLE, needed=True)


def _text(typed: str) -> str:
    return paragraphs(typed, 'text', longest=LONGEST)


_CHECKS = {'title': _title, 'text': _text}


async def faults_of(wanted: Announcement) -> dict[str, DomainError]:
    """What is wrong, by the name of the field: TextInvalid, and for `audience` what its own `fault_of` tells."""
    found = faults_in(_CHECKS, wanted)
    fault = await fault_of(wanted.audience)
    return found | ({'audience': fault} if fault else {})


async def save_announcement(
    deps: Dependencies, actor: StaffActor, wanted: Announcement, item_id: int | None = None
) -> int:
    """Add it, or change the one with this id; its id. Open homes of those concerned follow.

    Raises the first of `faults_of`, HomeItemNotFound, HomeIsFull, NotAllowed, SignedOut.
    """
    values = {name: check(getattr(wanted, name)) for name, check in _CHECKS.items()}
    return await save_item(deps, actor, ItemKind.ANNOUNCEMENT, item_id, wanted.audience, values)
