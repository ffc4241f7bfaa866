"""Connects events with open pages: what every dashboard shows is computed once, and whoever left is noticed."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from domain.access import presence
from domain.activity.audit_log import recent_activity
from domain.activity.portal_counts import portal_counts
from domain.actors import SystemActor
from domain.events import (
    ActivityRecorded,
    ClientSessionsEnded,
    ClientSessionsMoved,
    ContactsChanged,
    Event,
    MailChanged,
    MailsChanged,
    MissedSome,
    PresenceChanged,
    SecurityChanged,
    SettingsChanged,
    StaffSessionsEnded,
    TeamChanged,
)
from domain.portal.branding import read_brand
from ui import live
from ui.computed import ActivityNow, BrandNow, CountsNow
from ui.dependencies import deps

log = structlog.get_logger(__name__)

COALESCE = 0.1  # seconds, at least, between two computations of what every dashboard shows
LONGEST_PAUSE = 0.5  # seconds, at most; between them, twice as long as showing took the last time
PRESENCE_EVERY = 30.0  # seconds
AFTER_AN_ERROR = 2.0  # seconds until what could not be computed is tried again


class Coalesced:
    """Runs `work` as soon as it is asked for, then leaves the loop to others for a while, however often it is asked."""

    def __init__(self, work: Callable[[], Awaitable[None]]) -> None:
        self._work = work
        self._wanted = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    def stop(self) -> None:
        if self._task:
            self._task.cancel()

    def ask(self, _: Event | None = None) -> None:
        self._wanted.set()

    async def _run(self) -> None:
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            began = asyncio.get_running_loop().time()
            try:
                await self._work()
            except Exception:
                log.exception('could not compute what dashboards show')
                self._wanted.set()
                await asyncio.sleep(AFTER_AN_ERROR)
            took = asyncio.get_running_loop().time() - began
            await asyncio.sleep(min(max(COALESCE, 2 * took), LONGEST_PAUSE))


class Dashboards:
    """Reads what is asked for anew, once for all dashboards, and shows it to each in one go."""

    def __init__(self) -> None:
        self._wanted: set[type[Event]] = set()
        self._show = Coalesced(self._tell)

    def start(self) -> None:
        self._show.start()

    def stop(self) -> None:
        self._show.stop()

    def ask_for_counts(self, _: Event | None = None) -> None:
        self._wanted.add(CountsNow)
        self._show.ask()

    def ask_for_activity(self, _: Event | None = None) -> None:
        self._wanted.add(ActivityNow)
        self._show.ask()

    async def _tell(self) -> None:
        wanted, self._wanted = self._wanted, set()
        try:
            told = await self._read(wanted)
        except Exception:
            self._wanted |= wanted
            raise
        await live.tell_in_turns(*told)

    async def _read(self, wanted: set[type[Event]]) -> list[Event]:
        told: list[Event] = []
        for kind, ask in ((CountsNow, self.ask_for_counts), (ActivityNow, self.ask_for_activity)):
            if kind in wanted and not live.is_watched(kind):
                wanted.discard(kind)
                live.unseen[kind] = ask  # whoever opens such a page asks
        if CountsNow in wanted:
            live.unseen.pop(CountsNow, None)
            told.append(CountsNow(await portal_counts(deps())))
        if ActivityNow in wanted:
            live.unseen.pop(ActivityNow, None)
            told.append(ActivityNow(tuple(await recent_activity(deps(), SystemActor(), limit=live.FEED_READ))))
        return told


async def _tell_the_brand() -> None:
    await live.tell_in_turns(BrandNow(await read_brand()))


async def _keep_presence() -> None:
    inside: frozenset[int] = frozenset()
    while True:
        try:
            inside = await look_round(inside)
        except Exception:
            log.exception('could not keep presence')
        await asyncio.sleep(PRESENCE_EVERY)


async def look_round(before: frozenset[int]) -> frozenset[int]:
    """Close what ran out, keep the sessions of open pages online, notice those whose process died without a word.

    `before` are the logins that were inside the last time; those of now.
    """
    await live.look_again()
    await presence.stay_online(deps(), live.sessions_with_a_browser())
    inside = await presence.who_is_inside(deps())
    deps().events.publish_here(*(PresenceChanged(login_id) for login_id in inside ^ before))  # each instance looks
    return inside


class Live:
    """Connects the domain's events with the open pages; started and stopped with the server."""

    def __init__(self) -> None:
        self._dashboards = Dashboards()
        self._brand = Coalesced(_tell_the_brand)
        self._stops: list[Callable[[], None]] = []
        self._presence: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Listen. Call inside the running loop."""
        bus = deps().events
        for kind in live.HEARD_BY_PAGES:
            self._stops.append(bus.on(kind, live.tell))
        for kind in (ContactsChanged, MailChanged, MailsChanged, PresenceChanged):
            self._stops.append(bus.on(kind, self._dashboards.ask_for_counts))
        for kind in (ActivityRecorded, MailChanged, MailsChanged):
            self._stops.append(bus.on(kind, self._dashboards.ask_for_activity))
        self._stops.append(bus.on(SettingsChanged, self._brand.ask))
        self._stops.append(bus.on(ClientSessionsEnded, live.close_clients))
        self._stops.append(bus.on(ClientSessionsMoved, live.move_clients))
        self._stops.append(bus.on(StaffSessionsEnded, live.close_staff))
        self._stops.append(bus.on(TeamChanged, live.reload_changed_staff))
        self._stops.append(bus.on(SecurityChanged, lambda _: live.look_again()))
        self._stops.append(bus.on(MissedSome, self._catch_up))
        self._dashboards.start()
        self._brand.start()
        self._presence = asyncio.create_task(_keep_presence())

    async def _catch_up(self, event: MissedSome) -> None:
        """Close what is over, have every page that is left read again."""
        try:
            await live.look_again()
        except Exception:
            log.exception('could not look for ended sessions')
        self._dashboards.ask_for_counts()
        self._dashboards.ask_for_activity()
        self._brand.ask()
        await live.tell_in_turns(event, SettingsChanged())

    def stop(self) -> None:
        """Stop listening."""
        for stop in self._stops:
            stop()
        self._dashboards.stop()
        self._brand.stop()
        if self._presence:
            self._presence.cancel()
