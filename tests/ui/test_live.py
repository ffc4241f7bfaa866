"""What open pages hear, how often they read, and how they end: with as much of a page as that takes."""

import asyncio
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from nicegui import core

from domain.access.sessions import sign_out_client
from domain.activity.portal_counts import PortalCounts
from domain.actors import ClientActor, StaffActor
from domain.contacts.client_home import ClientHome, Served
from domain.dependencies import Dependencies
from domain.events import (
    ActivityRecorded,
    ContactsChanged,
    Event,
    LoginChanged,
    MailChanged,
    MissedSome,
    PresenceChanged,
    SettingsChanged,
    SignedInEvent,
)
from domain.language import language_in_use, speaking
from domain.portal.branding import Brand
from tests.factories import given_joined_client, given_owner, heard, later
from tests.support.clock import FixedClock
from tests.support.databases import sqlite_only
from ui import live, switchboard
from ui.components import refresher as refreshing
from ui.components.refresher import Refresher
from ui.computed import CountsNow
from ui.portal.home import Home, Shown
from ui.staff.contact import ContactPage
from ui.staff.once_per_change import OncePerChange


class Page(SimpleNamespace):
    """As much of a client as an event needs."""

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


def opened(name: str, actor: ClientActor | StaffActor | None = None) -> Any:
    client = Page(id=name, is_deleted=False, has_socket_connection=True, elements={})
    live._pages[name] = live.OpenPage(client, actor)  # type: ignore[arg-type]
    return client


@pytest.fixture(autouse=True)
def no_pages() -> Iterator[None]:
    yield
    for name in list(live._pages):
        live._forget(name)


@pytest.fixture
def sent_away(monkeypatch: pytest.MonkeyPatch, deps: Dependencies) -> list[tuple[str, str]]:
    """The pages that were closed, and where their browsers were sent; that of 'broken' cannot be."""
    closed: list[tuple[str, str]] = []

    async def send_away(client: Any, path: str) -> None:
        if client.id == 'broken':
            raise RuntimeError
        closed.append((client.id, path))
        live._forget(client.id)

    monkeypatch.setattr(live, 'send_away', send_away)
    monkeypatch.setattr(live, 'deps', lambda: deps)
    monkeypatch.setattr(switchboard, 'deps', lambda: deps)
    return closed


# ── Sessions and presence ────────────────────────────────────────────────────


@sqlite_only
async def test_pages_of_sessions_that_ran_out_are_closed(
    deps: Dependencies, clock: FixedClock, sent_away: list[tuple[str, str]]
) -> None:
    """R36: at the next look, though nobody touches them; one that cannot be closed does not keep the others open."""
    owner = await given_owner(deps)
    old = await given_joined_client(deps, owner)
    opened('broken', old.actor)
    opened('old', old.actor)
    opened('desk', owner)
    opened('public')
    inside = await switchboard.look_round(frozenset())
    assert sent_away == [] and inside == {old.actor.login_id}
    later(clock, days=31)
    new = await given_joined_client(deps, await given_owner(deps), 'Ben', 'ben@x.example')
    opened('new', new.actor)
    await switchboard.look_round(inside)
    assert sorted(sent_away) == [('desk', '/staff/sign-in?notice=ended'), ('old', '/sign-in?notice=ended')]
    assert 'new' in live._pages and 'public' in live._pages


@sqlite_only
async def test_whoever_is_gone_without_a_word_is_told_of_by_name(
    deps: Dependencies, clock: FixedClock, sent_away: list[tuple[str, str]]
) -> None:
    """A process that died said nothing; contact pages of others need not read again."""
    client = await given_joined_client(deps, await given_owner(deps))
    told = heard(deps, PresenceChanged)
    inside = await switchboard.look_round(frozenset())
    assert await switchboard.look_round(inside) == inside
    later(clock, seconds=80)
    assert await switchboard.look_round(inside) == frozenset()
    assert told == [PresenceChanged(client.actor.login_id)] * 2, 'came in, went away'


@sqlite_only
async def test_after_a_gap_every_page_reads_again(deps: Dependencies, sent_away: list[tuple[str, str]]) -> None:
    """Told by no event what happened meanwhile: pages of ended sessions close, all others read what they show."""
    client = await given_joined_client(deps, await given_owner(deps))
    heard_here: list[Event] = []
    for name, actor in (('ended', client.actor), ('open', None)):
        opened(name, actor)
        live._listeners[MissedSome][name] = [heard_here.append]
        live._listeners[SettingsChanged][name] = [heard_here.append]
    await sign_out_client(deps, client.actor)
    await switchboard.Live()._catch_up(MissedSome())
    assert sent_away == [('ended', '/sign-in?notice=ended')]
    assert heard_here == [MissedSome(), SettingsChanged()]


# ── What all dashboards show ─────────────────────────────────────────────────


async def test_what_could_not_be_computed_is_not_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """F10: a database that restarts holds the figures up, no more."""
    told: asyncio.Queue[Event] = asyncio.Queue()
    tries = 0

    async def portal_counts(_: object) -> PortalCounts:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise ConnectionError
        return PortalCounts(joined=7)

    monkeypatch.setattr(switchboard, 'deps', lambda: None)
    monkeypatch.setattr(switchboard, 'portal_counts', portal_counts)
    monkeypatch.setattr(switchboard, 'AFTER_AN_ERROR', 0.01)
    monkeypatch.setattr(switchboard, 'COALESCE', 0.01)
    opened('desk')
    live._listeners[CountsNow]['desk'] = [told.put_nowait]
    dashboards = switchboard.Dashboards()
    dashboards.start()
    dashboards.ask_for_counts()
    async with asyncio.timeout(3):
        assert await told.get() == CountsNow(PortalCounts(joined=7))
    dashboards.stop()


async def test_what_tabs_show_alike_is_read_once_for_a_change() -> None:
    reads: list[str] = []

    async def read(key: str) -> int:
        reads.append(key)
        await asyncio.sleep(0)
        return len(reads)

    shared, change = OncePerChange(read), ContactsChanged((1,))
    assert await asyncio.gather(*(shared.get(change, '') for _ in range(5))) == [1] * 5
    assert await shared.get(change, 'clara') == 2
    assert await shared.get(ContactsChanged((1,)), '') == 3, 'the same happened again'
    assert await shared.get(None, '') == 4 and await shared.get(None, '') == 5, 'nothing did: a reader asked'


# ── Reading again ────────────────────────────────────────────────────────────


async def test_a_page_reads_one_change_after_the_other_and_the_last_of_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two readings at once would show a page twice; a gap in the events is a change too."""
    client = opened('home')
    for module in (refreshing, live):
        monkeypatch.setattr(module, 'context', SimpleNamespace(client=client))
    monkeypatch.setattr(core, 'loop', asyncio.get_running_loop())
    monkeypatch.setattr(refreshing, 'PAUSE', 0.01)
    running, read = 0, []

    async def work(change: Event | None) -> None:
        nonlocal running
        running += 1
        assert running == 1
        await asyncio.sleep(0.03)
        read.append(change)
        running -= 1

    refresher = Refresher(work)
    changes = [ContactsChanged((number,)) for number in range(20)]
    for change in changes:
        refresher.ask(change)
        await asyncio.sleep(0.001)
    await asyncio.sleep(0.15)
    assert 2 <= len(read) <= 4 and read[-1] == changes[-1]
    live.tell(MissedSome())
    await asyncio.sleep(0.06)
    assert read[-1] == MissedSome()


OURS, THEIRS, SHARING, OUR_LOGIN, THEIR_LOGIN = 1, 2, 3, 10, 20
ABOUT_US: list[Event] = [
    ContactsChanged((OURS,)),
    ContactsChanged((SHARING,)),
    ContactsChanged((THEIRS,), (OUR_LOGIN,)),
    ActivityRecorded((OURS,)),
    ActivityRecorded((), OUR_LOGIN),
    MailChanged(7, OURS),
    MailChanged(7, None, OUR_LOGIN),
    SignedInEvent(OUR_LOGIN, 1, contact_ids=(OURS,)),
    PresenceChanged(OUR_LOGIN),
    LoginChanged(OUR_LOGIN),
]
ABOUT_OTHERS: list[Event] = [
    ContactsChanged((THEIRS,), (THEIR_LOGIN,)),
    ActivityRecorded((THEIRS,)),
    ActivityRecorded((), THEIR_LOGIN),
    ActivityRecorded(),
    MailChanged(7, THEIRS, THEIR_LOGIN),
    LoginChanged(THEIR_LOGIN),
    MailChanged(7),
    SignedInEvent(THEIR_LOGIN, 1, contact_ids=(THEIRS,)),
    PresenceChanged(THEIR_LOGIN),
    PresenceChanged(),
]


@pytest.mark.parametrize('login_id', [OUR_LOGIN, None])
def test_the_page_of_a_contact_hears_of_that_contact(monkeypatch: pytest.MonkeyPatch, login_id: int | None) -> None:
    """A page that read again for every mail and visitor of the firm would read all the time."""
    monkeypatch.setattr(live, 'context', SimpleNamespace(client=opened('contact')))
    asked: list[Event] = []
    page = object.__new__(ContactPage)
    page.contact_id, page.login_id, page.shared = OURS, login_id, frozenset({SHARING})
    page.refresher = SimpleNamespace(ask=asked.append)  # type: ignore[assignment]
    page.follow()
    for event in ABOUT_US + ABOUT_OTHERS:
        live.tell(event)
    of_login = [ContactsChanged((THEIRS,), (OUR_LOGIN,)), ActivityRecorded((), OUR_LOGIN)]
    of_login += [MailChanged(7, None, OUR_LOGIN), PresenceChanged(OUR_LOGIN), LoginChanged(OUR_LOGIN)]
    assert asked == [event for event in ABOUT_US if login_id or event not in of_login]


def test_the_home_of_a_client_hears_of_its_own_contacts() -> None:
    """Hundreds of open homes would read for each contact that staff touch."""
    served = Served(OURS, 'Clara', 'person', '')
    home = object.__new__(Home)
    home._actor = ClientActor(1, OUR_LOGIN, 'clara@x.example', OURS)
    shown = ClientHome((served,), served, 'clara@x.example', 'Clara', None, '')
    home._shown = Shown(shown, Brand('Holm'), has_passwords=True, codes_wait=False, planned=None)
    assert home._concerns(ContactsChanged((THEIRS, OURS)))
    assert home._concerns(ContactsChanged((THEIRS,), (OUR_LOGIN,))), 'one more that it may enter'
    assert not home._concerns(ContactsChanged((THEIRS,), (THEIR_LOGIN,)))


def test_a_page_hears_of_things_in_its_own_language() -> None:
    """Whoever set them off, and in whatever language that was."""
    said: list[tuple[str, str]] = []
    for name in ('de', 'en'):
        with speaking(name):
            opened(name)
        live._listeners[SettingsChanged][name] = [lambda _, name=name: said.append((name, language_in_use.get()))]
    for language in ('en', 'de'):
        with speaking(language):
            live.tell(SettingsChanged())
    assert said == [('de', 'de'), ('en', 'en')] * 2
