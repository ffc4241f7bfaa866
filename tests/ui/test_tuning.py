"""What is set up for hundreds of open pages changes nothing but its cost."""

import asyncio
import gc
import weakref
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from nicegui import core, helpers
from nicegui.observables import ObservableDict
from socketio.packet import EVENT, Packet

from domain.activity.portal_counts import PortalCounts
from domain.events import ContactsChanged, SignedInEvent
from ui import live, switchboard, tuning
from ui.computed import CountsNow


class Heard:
    def hear(self, event: object) -> None: ...


class Page(SimpleNamespace):
    """As much of a client as an event needs."""

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


@pytest.fixture
def heard() -> Iterator[list[Any]]:
    """What the page 'p' was told; its browser is not there yet."""
    told: list[Any] = []
    scripts: list[str] = []
    client = Page(
        id='p',
        elements={},
        is_deleted=False,
        has_socket_connection=False,
        run_javascript=scripts.append,
        scripts=scripts,
    )
    live._pages['p'] = live.OpenPage(client, None)  # type: ignore[arg-type]
    for kind in (CountsNow, ContactsChanged, SignedInEvent):
        live._listeners[kind]['p'] = [told.append]
    yield told
    live._forget('p')


def connect() -> Any:
    client: Any = live._pages['p'].client
    client.has_socket_connection = True
    live._catch_up('p')
    return client


def counts(number: int) -> CountsNow:
    return CountsNow(PortalCounts(joined=number))


def test_a_page_without_its_browser_hears_everything_once_it_is_there(heard: list[Any]) -> None:
    told = [ContactsChanged((1,)), counts(1), SignedInEvent(1, 1), ContactsChanged((1,)), counts(2)]
    for event in told:
        live.tell(event)
    assert heard == []
    connect()
    assert heard == [SignedInEvent(1, 1), ContactsChanged((1,)), counts(2)]
    live.tell(counts(3))
    assert heard[-1] == counts(3)
    connect()
    assert len(heard) == 4, 'nothing is told twice'


def test_a_page_that_missed_too_much_loads_again(heard: list[Any]) -> None:
    for number in range(live.MOST_MISSED * 3):
        live.tell(ContactsChanged((number,)))
    assert len(live._pages['p'].missed) == live.MOST_MISSED + 1
    assert connect().scripts == ['location.reload()']
    assert heard == []


async def test_dashboards_are_told_in_turns(heard: list[Any]) -> None:
    connect()
    await live.tell_in_turns(counts(1), ContactsChanged((1,)))
    assert heard == [counts(1), ContactsChanged((1,))]


async def test_what_is_asked_for_while_it_is_shown_is_shown_again() -> None:
    shown = 0

    async def show() -> None:
        nonlocal shown
        shown += 1
        await asyncio.sleep(0.02)

    coalesced = switchboard.Coalesced(show)
    coalesced.start()
    for _ in range(30):
        coalesced.ask()
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.3)
    coalesced.stop()
    assert 2 <= shown <= 5


@pytest.mark.parametrize('message', [{'7': {'text': 'é', 'n': [1, None, True]}}, [1, 'two'], 'three'])
def test_packets_are_what_they_were(message: object) -> None:
    data = ['update', message]
    assert tuning.TextPacket(EVENT, data=data).encode() == Packet(EVENT, data=data).encode()


def test_whether_a_method_takes_arguments_is_asked_once() -> None:
    asked: list[object] = []

    def expects_arguments(function: Any) -> bool:
        asked.append(function)
        return True

    remembering = tuning._remembering(expects_arguments)
    for _ in range(3):
        assert remembering(Heard().hear)
    assert len(asked) == 1
    for _ in range(2):
        assert remembering(lambda event: event)
    assert len(asked) == 3, 'functions that come and go are not remembered'
    assert tuning._remembering(remembering) is remembering


def test_tuning_reaches_what_it_is_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, 'sio', SimpleNamespace(packet_class=Packet))
    monkeypatch.setattr(helpers, 'expects_arguments', lambda _: False)
    tuning.tune()
    assert core.sio.packet_class is tuning.TextPacket
    assert hasattr(helpers.expects_arguments, 'asks')


def test_the_collector_runs_less_often() -> None:
    before = gc.get_threshold()
    try:
        tuning.settle()
        assert gc.get_threshold()[0] > before[0]
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


class Element:
    """Three things that are observed, as every element of NiceGUI has."""

    def __init__(self) -> None:
        self._classes = Observed()
        self._style = Observed()
        self._props = Observed()


class Observed(ObservableDict):
    def __init__(self) -> None:
        super().__init__(on_change=self.changed)

    def changed(self) -> None: ...


def test_the_elements_of_a_deleted_page_go_with_it() -> None:
    gc.disable()
    try:
        element = Element()
        gone = weakref.ref(element._props)
        live._untie(SimpleNamespace(elements={1: element}))  # type: ignore[arg-type]
        del element
        assert gone() is None
    finally:
        gc.enable()


async def test_what_nobody_looks_at_is_not_computed_until_somebody_does(
    heard: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    computed = 0

    async def compute(_: object) -> PortalCounts:
        nonlocal computed
        computed += 1
        return PortalCounts(joined=computed)

    monkeypatch.setattr(switchboard, 'portal_counts', compute)
    monkeypatch.setattr(switchboard, 'deps', lambda: None)
    dashboards = switchboard.Dashboards()
    dashboards.start()
    dashboards.ask_for_counts()
    await asyncio.sleep(0.05)
    assert computed == 0
    connect()
    await asyncio.sleep(0.2)
    assert (computed, heard) == (1, [counts(1)])
    dashboards.stop()
    assert not live.unseen
