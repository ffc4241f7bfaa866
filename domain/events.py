"""What happened, told after the commit to whoever listens in this process.

Events are small and carry ids, not rows: a listener reads again what it shows. Handlers run after the commit; one that
fails is logged and undoes nothing. Handlers never run inside the transaction or its context.
"""

import asyncio
import contextvars
import inspect
from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Iterable
from dataclasses import dataclass, fields, replace
from itertools import chain
from typing import Protocol, TypeVar

import structlog

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Event:
    """Something that happened."""


@dataclass(frozen=True)
class ContactsChanged(Event):
    """These contacts were created, edited, deleted, or their status changed.

    `login_ids` are the logins that came to serve one of them.
    """

    contact_ids: tuple[int, ...]
    login_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class ActivityRecorded(Event):
    """Something worth a line in the feeds happened; `contact_ids` and `login_id` say whose timeline it belongs to."""

    contact_ids: tuple[int, ...] = ()
    login_id: int | None = None


@dataclass(frozen=True)
class SavedViewsChanged(Event):
    """A view of the contact list was saved, changed or deleted."""


@dataclass(frozen=True)
class JobChanged(Event):
    """A job began, went on, was steered or ended. Of one that goes on it is told four times a second at most."""

    job_id: int


@dataclass(frozen=True)
class MailChanged(Event):
    """A mail was queued, taken, sent, refused, cancelled or captured. Without a contact it is to a login, if any."""

    mail_id: int
    contact_id: int | None = None
    login_id: int | None = None


@dataclass(frozen=True)
class MailsChanged(Event):
    """The same of many mails at once, to these contacts and logins."""

    mail_ids: tuple[int, ...]
    contact_ids: tuple[int, ...] = ()
    login_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class MailQueued(Event):
    """There is mail to send; wakes the worker."""


@dataclass(frozen=True)
class SignedInEvent(Event):
    """A login signed in. `browser_hash` names the browser whose waiting page may go on; `token_id` the link used."""

    login_id: int
    session_id: int
    browser_hash: str = ''
    token_id: int | None = None
    contact_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class ClientSessionsEnded(Event):
    """These client sessions are over: their open pages close."""

    session_ids: tuple[int, ...]
    reason: str = 'ended'


@dataclass(frozen=True)
class ClientSessionsMoved(Event):
    """These client sessions go on, but what they may see has changed: their open pages load again."""

    session_ids: tuple[int, ...]


@dataclass(frozen=True)
class StaffSessionsEnded(Event):
    """These staff sessions are over: their open pages close."""

    session_ids: tuple[int, ...]
    reason: str = 'ended'


@dataclass(frozen=True)
class LoginChanged(Event):
    """The login's password, second factor, lock or sessions changed."""

    login_id: int


@dataclass(frozen=True)
class TeamChanged(Event):
    """These staff members were invited, joined, changed, disabled or removed."""

    staff_ids: tuple[int, ...]


@dataclass(frozen=True)
class SecurityChanged(Event):
    """How people may come in has changed: open pages are looked at again (R30)."""


@dataclass(frozen=True)
class UnknownAddressesChanged(Event):
    """An address nobody knows tried to sign in, or staff ignored one."""


@dataclass(frozen=True)
class ReportSchedulesChanged(Event):
    """A report schedule was made, changed or deleted, or its report was announced."""


@dataclass(frozen=True)
class PresenceChanged(Event):
    """Somebody came in or went away."""

    login_id: int | None = None


@dataclass(frozen=True)
class MissedSome(Event):
    """This instance was cut off from the others for a while: what its pages show may be old, their sessions over."""


@dataclass(frozen=True)
class SettingsChanged(Event):
    """The firm's settings or its checklist changed."""


@dataclass(frozen=True)
class HomeChanged(Event):
    """What clients find on their home changed: for all of them, for those of these organisations (by their keys), for
    these contacts. For nobody, where only staff see a difference."""

    for_all: bool = False
    organisations: tuple[str, ...] = ()
    contact_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class LinksOpened(Event):
    """Clients opened these links of their home."""

    item_ids: tuple[int, ...]


@dataclass(frozen=True)
class CustomDomainChanged(Event):
    """The firm's own domain was set, looked at, came up, broke or was removed."""


@dataclass(frozen=True)
class PortalMoved(Event):
    """On this instance alone: it has learned where the portal is, and that is not what it knew."""


@dataclass(frozen=True)
class SenderCheckChanged(Event):
    """The sender check was told what to look for."""


@dataclass(frozen=True)
class MailServerSaved(Event):
    """How mail leaves was changed on a page; each instance reads it anew."""


@dataclass(frozen=True)
class MailServerChanged(Event):
    """On this instance alone: it has read how mail leaves now, and that is another way than before."""


@dataclass(frozen=True)
class MailTextsChanged(Event):
    """The firm's words of some kind of mail changed."""


def merged(events: Iterable[Event]) -> list[Event]:
    """What a batch has to tell, in as few events as say the same: each kind at the place of its first."""
    alike: dict[Hashable, list[Event]] = defaultdict(list)
    for event in events:
        said = _several_mails(event) if isinstance(event, MailChanged) else event
        alike[_alike(said)].append(said)
    return [_in_one(together) for together in alike.values()]


def _several_mails(event: MailChanged) -> 'MailsChanged':
    return MailsChanged(
        (event.mail_id,),
        () if event.contact_id is None else (event.contact_id,),
        () if event.login_id is None else (event.login_id,),
    )


def _alike(event: Event) -> Hashable:
    """Two events with the same key differ in the ids they name at most."""
    if isinstance(event, PresenceChanged):
        return PresenceChanged
    values = (getattr(event, field.name) for field in fields(event))
    return type(event), *(() if isinstance(value, tuple) else value for value in values)


def _in_one(events: list[Event]) -> Event:
    """One event for several that are alike."""
    first = events[0]
    if isinstance(first, PresenceChanged):
        return first if all(event == first for event in events) else PresenceChanged()
    lists = [field.name for field in fields(first) if isinstance(getattr(first, field.name), tuple)]
    ids = {name: tuple(dict.fromkeys(chain(*(getattr(event, name) for event in events)))) for name in lists}
    return replace(first, **ids) if len(events) > 1 else first


E = TypeVar('E', bound=Event)
Handler = Callable[[E], Awaitable[None] | None]


class Neighbours(Protocol):
    """The other instances, as far as the bus knows them (domain/neighbours.py)."""

    async def tell(self, told: list[Event]) -> None: ...

    def tell_soon(self, event: Event) -> None: ...


class EventBus:
    """Hands events to their listeners, in the order they were published."""

    def __init__(self) -> None:
        self._handlers: dict[type[Event], list[Handler[Event]]] = defaultdict(list)
        self._running: set[asyncio.Task[None]] = set()
        self.neighbours: Neighbours | None = None

    def on(self, kind: type[E], handler: Handler[E]) -> Callable[[], None]:
        """Call `handler` with every event of this kind; returns what stops it."""
        handlers = self._handlers[kind]
        handlers.append(handler)  # type: ignore[arg-type]

        def stop() -> None:
            if handler in handlers:
                handlers.remove(handler)

        return stop

    def publish(self, *events: Event) -> None:
        """Tell the listeners here and, where there are other instances, those of theirs."""
        self.publish_here(*events)
        if self.neighbours is not None:
            for event in events:
                self.neighbours.tell_soon(event)

    def publish_here(self, *events: Event) -> None:
        """Tell the listeners of this instance.

        Coroutines run as tasks in an empty context, so that no transaction leaks into them.
        """
        for event in events:
            for handler in list(self._handlers[type(event)]):
                try:
                    answer = contextvars.Context().run(handler, event)
                except Exception:
                    log.exception('event handler failed', event_kind=type(event).__name__)
                    continue
                if inspect.isawaitable(answer):
                    task = asyncio.get_running_loop().create_task(
                        _await(answer, type(event).__name__), context=contextvars.Context()
                    )
                    self._running.add(task)
                    task.add_done_callback(self._running.discard)


async def _await(answer: Awaitable[None], kind: str) -> None:
    try:
        await answer
    except Exception:
        log.exception('event handler failed', event_kind=kind)
