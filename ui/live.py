"""Open pages: who they belong to, what they hear of, and how they close.

Domain events reach every open page that asked for them, in place and within a second. A page of an ended session is
closed: its browser is sent to the door and its client is deleted, so that no handler of it ever runs again (R36).
Some of this reaches into NiceGUI's private parts (marked), because NiceGUI knows no session; tests watch each of them.
"""

import asyncio
import inspect
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import structlog
from nicegui import Client, background_tasks, context, core

from domain.access import presence
from domain.access.sessions import Stands, how_it_stands, how_they_stand
from domain.actors import ClientActor, StaffActor
from domain.events import (
    ActivityRecorded,
    ClientSessionsEnded,
    ClientSessionsMoved,
    ContactsChanged,
    CustomDomainChanged,
    Event,
    HomeChanged,
    JobChanged,
    LinksOpened,
    LoginChanged,
    MailChanged,
    MailsChanged,
    MailServerChanged,
    MailTextsChanged,
    PortalMoved,
    PresenceChanged,
    ReportSchedulesChanged,
    SavedViewsChanged,
    SecurityChanged,
    SenderCheckChanged,
    SettingsChanged,
    SignedInEvent,
    StaffSessionsEnded,
    TeamChanged,
    UnknownAddressesChanged,
)
from domain.language import language_in_use, speaking
from domain.staff.team import roles_of
from ui.computed import Computed
from ui.dependencies import deps

log = structlog.get_logger(__name__)

BREATH = 0.005  # seconds for which pages are told without a pause, while others wait for the loop
MOST_MISSED = 100  # events kept for a page whose browser is not there; after more it loads again
MOMENT = 0.8  # seconds that a browser has to go on with a session that replaced the one of its page
FEED_READ = 20  # entries; a feed shows fewer lines, because one deed can make several


@dataclass(frozen=True)
class Places:
    """Where the pages of a session go."""

    door: str
    home: str
    second_factor: str


CLIENT_PLACES = Places('/sign-in?notice=ended', '/', '/profile/two-factor')
STAFF_PLACES = Places('/staff/sign-in?notice=ended', '/staff', '/staff/profile/two-factor')


@dataclass
class OpenPage:
    """One open page, the session it was opened with, and the language it speaks as long as it is open."""

    client: Client
    actor: ClientActor | StaffActor | None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    missed: dict[object, Event] = field(default_factory=dict)
    language: str = field(default_factory=language_in_use.get)


@dataclass(frozen=True)
class OwnedPage:
    """An open page of a session."""

    client: Client
    actor: ClientActor | StaffActor


E = TypeVar('E', bound=Event)
HEARD_BY_PAGES: tuple[type[Event], ...] = (
    ActivityRecorded, ContactsChanged, CustomDomainChanged, HomeChanged, JobChanged, LinksOpened, LoginChanged,
    MailChanged, MailsChanged, MailServerChanged, MailTextsChanged, PortalMoved, PresenceChanged,
    ReportSchedulesChanged, SavedViewsChanged, SecurityChanged, SenderCheckChanged, SettingsChanged, SignedInEvent,
    TeamChanged, UnknownAddressesChanged,
)  # fmt: skip
_pages: dict[str, OpenPage] = {}
_listeners: dict[type[Event], dict[str, list[Callable[[Any], Any]]]] = defaultdict(dict)
unseen: dict[type[Event], Callable[[], None]] = {}  # what changed while nobody looked, and how to ask for it


def attach(actor: ClientActor | StaffActor | None) -> None:
    """The page being built belongs to this session. Called by the page decorators, before anything is shown."""
    client = context.client
    page = OpenPage(client, actor)
    _pages[client.id] = page
    client_id = client.id  # the handlers hold no client, so that a deleted page is freed at once
    client.on_connect(lambda: _catch_up(client_id))
    client.on_delete(lambda: _forget(client_id))
    if isinstance(actor, ClientActor):
        client.on_connect(lambda: background_tasks.create(presence.stay_online(deps(), {actor.session_id})))
        client.on_disconnect(lambda: background_tasks.create(_perhaps_left(actor.session_id), name='perhaps left'))
        client.on_delete(lambda: _left(actor.session_id))


def actor_of(client_id: str) -> ClientActor | StaffActor | None:
    """Whose page this is; None for a public page or an unknown one."""
    page = _pages.get(client_id)
    return page.actor if page else None


def language_of(client_id: str) -> str | None:
    """What this page speaks; None for one nobody knows."""
    page = _pages.get(client_id)
    return page.language if page else None


def on(kind: type[E], handler: Callable[[E], Awaitable[None] | None]) -> Callable[[], None]:
    """Call `handler` with every event of this kind while this page stays open; returns what stops it, for a dialog."""
    client_id = context.client.id
    _listeners[kind].setdefault(client_id, []).append(handler)

    def stop() -> None:
        if handler in (handlers := _listeners[kind].get(client_id, [])):
            handlers.remove(handler)

    return stop


def tell(event: Event) -> None:
    """Hand an event to every open page that listens for it."""
    for page in _listening(event):
        _hand_over(page, event)


async def tell_in_turns(*events: Event) -> None:
    """The same for what every dashboard shows: all of it to one page after the other, and others are served between."""
    loop = asyncio.get_running_loop()
    until = loop.time() + BREATH
    for page in {page.client.id: page for event in events for page in _listening(event)}.values():
        for event in events:
            _hand_over(page, event)
        if loop.time() >= until:
            await asyncio.sleep(0)
            until = loop.time() + BREATH


def _listening(event: Event) -> Iterator[OpenPage]:
    """The pages that listen for this kind of event."""
    listeners = _listeners[type(event)]
    for client_id in list(listeners):
        page = _pages.get(client_id)
        if page is None or page.client.is_deleted:
            listeners.pop(client_id, None)
        else:
            yield page


def is_watched(kind: type[Event]) -> bool:
    """Whether a page that shows this has its browser there."""
    pages = (_pages.get(client_id) for client_id in _listeners[kind])
    return any(page is not None and page.client.has_socket_connection for page in pages)


def _hand_over(page: OpenPage, event: Event) -> None:
    """Let a page handle an event, or keep it until its browser is there: most that never open a socket never will."""
    if page.client.is_deleted:
        return
    if not page.client.has_socket_connection:
        if len(page.missed) <= MOST_MISSED:
            key = type(event) if isinstance(event, Computed) else event
            page.missed.pop(key, None)
            page.missed[key] = event
        return
    for handler in list(_listeners[type(event)].get(page.client.id, [])):
        try:
            with page.client, speaking(page.language):
                answer = handler(event)
                if inspect.isawaitable(answer):
                    background_tasks.create(_with_page(page, answer), name=f'live {type(event).__name__}')
        except Exception:
            log.exception('a page could not show an event', event_kind=type(event).__name__)


def _catch_up(client_id: str) -> None:
    """The browser of a page is there (again): tell it what it missed, or have it load again if that was too much."""
    for kind, ask in list(unseen.items()):
        if client_id in _listeners[kind]:
            ask()
    page = _pages.get(client_id)
    if page is None or not page.missed:
        return
    missed, page.missed = page.missed, {}
    if len(missed) > MOST_MISSED:
        page.client.run_javascript('location.reload()')
        return
    for event in missed.values():
        _hand_over(page, event)


async def _with_page(page: OpenPage, answer: Awaitable[None]) -> None:
    try:
        with page.client:
            await answer
    except Exception:
        log.exception('a page could not show an event')


def _forget(client_id: str) -> None:
    page = _pages.pop(client_id, None)
    for listeners in _listeners.values():
        listeners.pop(client_id, None)
    if page is not None:
        _untie(page.client)


def _untie(client: Client) -> None:
    """Free the elements of a deleted page with it, instead of whenever the collector comes by.

    What an element observes, its classes, style and props, holds on to itself by the handler of its changes.
    """
    for element in client.elements.values():
        for observed in (element._classes, element._style, element._props):  # private: NiceGUI 3.18
            observed._change_handlers.clear()


async def _perhaps_left(session_id: int) -> None:
    """Its page may wait for minutes; whoever looks in `Online now` need not."""
    await asyncio.sleep(core.app.config.reconnect_timeout)
    _left(session_id)


def _left(session_id: int) -> None:
    if not any(page.actor.session_id == session_id and not _is_gone(page.client) for page in _pages_of(ClientActor)):
        background_tasks.create(presence.go_offline(deps(), session_id))


def _is_gone(client: Client) -> bool:
    """Whether its browser was here and left; a page that is only just built has not been."""
    return client.is_deleted or (not client.has_socket_connection and bool(client._delete_tasks))  # private


# ── Closing ──────────────────────────────────────────────────────────────────


async def send_away(client: Client, path: str) -> None:
    """Send the browser of a page elsewhere and delete the page."""
    sockets = list(client._socket_to_document_id)  # private: NiceGUI 3.18
    await core.sio.emit('open', {'path': path, 'new_tab': False}, room=client.id)
    kill(client)
    for socket in sockets:
        await core.sio.disconnect(socket)


def kill(client: Client) -> None:
    """Delete a page now. Its pending clean-up is cancelled first, which would stumble over the deleted client."""
    for document in list(client._delete_tasks):  # private: NiceGUI 3.18
        client._cancel_delete_task(document)
    if client.id in Client.instances:
        client.delete()


async def _close(kind: type[ClientActor] | type[StaffActor], session_ids: Iterable[int], path: str) -> None:
    wanted = set(session_ids)
    for page in _pages_of(kind):
        if page.actor.session_id in wanted:
            await _send_away_surely(page.client, path)


async def _leave_behind(kind: type[ClientActor] | type[StaffActor], session_ids: Iterable[int]) -> None:
    """Close the pages of sessions that this browser has replaced: one of them is just on its way with the new cookie.

    No handler of theirs runs any more; where they are still there after a moment, they load again, each at its own
    address: whatever is faster, a page whose form was answered with the new session shows what the form led to.
    """
    wanted = set(session_ids)
    left = [page.client for page in _pages_of(kind) if page.actor.session_id in wanted]
    sockets = {client.id: list(client._socket_to_document_id) for client in left}  # private: NiceGUI 3.18
    for client in left:
        kill(client)
    await asyncio.sleep(MOMENT)
    for client in left:
        address = client.request.url.replace(scheme='', netloc='', fragment='')
        await core.sio.emit('open', {'path': str(address), 'new_tab': False}, room=client.id)
        for socket in sockets[client.id]:
            await core.sio.disconnect(socket)


def _pages_of(kind: type[ClientActor] | type[StaffActor]) -> list['OwnedPage']:
    return [OwnedPage(page.client, page.actor) for page in _pages.values() if isinstance(page.actor, kind)]


async def _send_away_surely(client: Client, path: str) -> None:
    try:
        await send_away(client, path)
    except Exception:
        log.exception('a page could not be closed')


async def look_again() -> None:
    """Look at the session of every page: close what ran out or was ended where we did not hear of it, move what is held
    now, or no longer (R30)."""
    clients, staff = await how_they_stand(deps(), _sessions_of(ClientActor), _sessions_of(StaffActor))
    for page in _pages_of(ClientActor) + _pages_of(StaffActor):
        stands = (clients if isinstance(page.actor, ClientActor) else staff).get(page.actor.session_id)
        if stands is not None and (path := _elsewhere(page.actor, stands)):
            await _send_away_surely(page.client, path)


def _elsewhere(actor: ClientActor | StaffActor, stands: Stands) -> str:
    """Where a page of this session has to go, given how it stands now; nowhere, if it may stay."""
    places = CLIENT_PLACES if isinstance(actor, ClientActor) else STAFF_PLACES
    if stands is Stands.OVER:
        return places.door
    if (stands is Stands.HELD) == actor.is_held:
        return ''
    return places.second_factor if stands is Stands.HELD else places.home


def _sessions_of(kind: type[ClientActor] | type[StaffActor]) -> frozenset[int]:
    return frozenset(page.actor.session_id for page in _pages_of(kind))


async def close_clients(event: ClientSessionsEnded) -> None:
    if event.reason == 'replaced':
        await _leave_behind(ClientActor, event.session_ids)
        return
    why = 'ended' if event.reason == 'revoked' else event.reason.replace(' ', '-')  # the door has a sentence for each
    await _close(ClientActor, event.session_ids, f'/sign-in?notice={why}')


async def close_staff(event: StaffSessionsEnded) -> None:
    if event.reason == 'replaced':
        await _leave_behind(StaffActor, event.session_ids)
        return
    reason = 'signed-out' if event.reason == 'signed out' else 'ended'
    await _close(StaffActor, event.session_ids, f'/staff/sign-in?notice={reason}')


async def reload_changed_staff(event: TeamChanged) -> None:
    """Pages of a member whose role is another now load again: what they offer depends on it (R36)."""
    roles = await roles_of(event.staff_ids)
    for page in _pages_of(StaffActor):
        actor = page.actor
        if isinstance(actor, StaffActor) and roles.get(actor.staff_id, actor.role) is not actor.role:
            await _send_away_surely(page.client, STAFF_PLACES.home)


async def move_clients(event: ClientSessionsMoved) -> None:
    await _close(ClientActor, event.session_ids, '/')


async def may_go_on(client_id: str) -> bool:
    """Whether an event of this page may run: its session still holds. Closes or moves the page if not."""
    page = _pages.get(client_id)
    if page is None or page.actor is None:
        return True
    path = _elsewhere(page.actor, await how_it_stands(deps(), page.actor))
    if not path:
        return True
    await send_away(page.client, path)
    return False


def sessions_with_a_browser() -> set[int]:
    """The client sessions that have a page open in a connected browser."""
    return {
        page.actor.session_id
        for page in _pages.values()
        if isinstance(page.actor, ClientActor) and page.client.has_socket_connection
    }


def turn_of(client_id: str) -> asyncio.Lock | None:
    """The lock that keeps the events of one page in their order while each is checked."""
    page = _pages.get(client_id)
    return page.turn if page and page.actor else None
