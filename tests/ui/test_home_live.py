"""Whose open home hears of what staff write, and what a browser may tell the page where it is put in order."""

from types import SimpleNamespace
from typing import Any

import pytest

from domain.actors import ClientActor
from domain.contacts.client_home import ClientHome, Served
from domain.events import HomeChanged
from domain.portal.branding import Brand
from ui.components.ordered_list import OrderedList, OrderedRow
from ui.portal.home import Home, Shown

OURS, THEIRS = 7, 8


def a_home(*served: Served) -> Home:
    home = object.__new__(Home)
    home._actor = ClientActor(1, 1, 'clara@x.example', OURS)
    seen = ClientHome(served, served[0], 'clara@x.example', 'Clara', None, '')
    home._shown = Shown(seen, Brand(), has_passwords=False, codes_wait=False, planned=None)
    return home


@pytest.mark.parametrize(
    ('event', 'ours'),
    [
        (HomeChanged(for_all=True), True),
        (HomeChanged(contact_ids=(THEIRS, OURS)), True),
        (HomeChanged(contact_ids=(THEIRS,)), False),
        (HomeChanged(organisations=('weiss ag',)), True),
        (HomeChanged(organisations=('muller & sohne',)), True),
        (HomeChanged(organisations=('clara',)), False),
        (HomeChanged(), False),
    ],
)
def test_an_open_home_hears_of_what_is_for_it(event: HomeChanged, ours: bool) -> None:
    """Hundreds of open homes would read for each contact that something is for."""
    clara = Served(OURS, 'Clara', 'person', 'Weiss AG')
    itself = Served(9, 'Müller & Söhne', 'organisation', '')
    assert a_home(clara, itself)._is_for_us(event) is ours


@pytest.mark.parametrize(
    'told',
    [
        None, 3, 'x', [], {}, {'id': 3, 'place': 0}, {'id': '1', 'place': 0}, {'id': True, 'place': 0},
        {'id': 1, 'place': -1}, {'id': 1, 'place': 2}, {'id': 1, 'place': '0'}, {'id': 1}, {'id': 3, 'act': 'remove'},
        {'id': 1, 'act': 'burn'}, {'id': 1, 'act': None},
    ],
)  # fmt: skip
def test_a_browser_moves_only_what_is_shown_and_only_there(told: Any) -> None:
    """R57: rows and places that the list does not have are left out, whatever is sent."""
    heard: list[Any] = []
    rows = object.__new__(OrderedList)
    rows._rows = (OrderedRow(1, 'A', ''), OrderedRow(2, 'B', ''))
    rows._on_move = rows._on_act = lambda *what: heard.append(what)
    rows._take_move(SimpleNamespace(args=told))  # type: ignore[arg-type]
    rows._take_act(SimpleNamespace(args=told))  # type: ignore[arg-type]
    assert heard == []
    rows._take_move(SimpleNamespace(args={'id': 2, 'place': 0}))  # type: ignore[arg-type]
    rows._take_act(SimpleNamespace(args={'id': 1, 'act': 'edit'}))  # type: ignore[arg-type]
    assert heard == [(2, 0), (1, 'edit')]
