"""Events of one instance heard by the others, so that pages are live and doors closed on all of them (R36).

An event travels as its name and its ids. What a deed tells goes out with the commit of its transaction; an event that
is published on its own goes out by itself.
"""

import asyncio
import json
from collections.abc import Iterator
from contextvars import Context
from dataclasses import asdict, fields, replace
from typing import Any

import structlog

from domain import events
from domain.events import Event, EventBus
from storage import notices
from storage.database import StorageErrors

log = structlog.get_logger(__name__)

KINDS: dict[str, type[Event]] = {
    kind.__name__: kind for kind in Event.__subclasses__() if kind.__module__ == events.__name__
}
IDS_AT_ONCE = 350  # of up to nineteen digits, so that a notice stays below what PostgreSQL takes


class Neighbours:
    """Between the bus of this instance and those of the others. `name` tells our own notices from theirs."""

    def __init__(self, bus: EventBus, name: str) -> None:
        self._bus, self._name = bus, name
        self._sending: set[asyncio.Task[None]] = set()

    async def tell(self, told: list[Event]) -> None:
        """Send these to the other instances; inside a transaction they go out with its commit."""
        for event in told:
            for part in _in_parts(event):
                await notices.send(json.dumps([self._name, type(part).__name__, asdict(part)]))

    def tell_soon(self, event: Event) -> None:
        """The same for an event that no transaction told of."""
        task = asyncio.get_running_loop().create_task(self._surely(event), context=Context())
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    def hear(self, notice: str) -> None:
        """A notice came in: publish it here, unless it is our own."""
        sender, name, values = json.loads(notice)
        if sender != self._name and name in KINDS:
            self._bus.publish_here(_made(KINDS[name], values))

    async def _surely(self, event: Event) -> None:
        try:
            await self.tell([event])
        except StorageErrors:
            log.warning('other instances were not told', event_kind=type(event).__name__)


def _made(kind: type[Event], values: dict[str, Any]) -> Event:
    """The event again: what was a tuple is one."""
    known = {field.name for field in fields(kind)}
    return kind(
        **{name: tuple(value) if isinstance(value, list) else value for name, value in values.items() if name in known}
    )


def _in_parts(event: Event) -> Iterator[Event]:
    """The event, or several that name fewer ids each."""
    named = {field.name: getattr(event, field.name) for field in fields(event)}
    lists = {name: value for name, value in named.items() if isinstance(value, tuple)}
    if sum(map(len, lists.values())) <= IDS_AT_ONCE:
        yield event
        return
    nobody = dict.fromkeys(lists, ())
    for name, ids in lists.items():
        for start in range(0, len(ids), IDS_AT_ONCE):
            yield replace(event, **nobody | {name: ids[start : start + IDS_AT_ONCE]})
