"""`/staff/contacts/shared` over HTTP and its socket: what it shows, what is put right there, and what follows."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.support.socket import Element, LivePage, LiveSocket
from tests.ui.portal import Portal

PATH = '/staff/contacts/shared'
LIST, BEARERS = 'Shared addresses', 'Contacts with this address'


class Open:
    """The page in a browser without a screen: its elements follow what the socket says."""

    def __init__(self, html: str, socket: LiveSocket | None = None) -> None:
        self.page, self.socket = LivePage(html), socket

    def table(self, label: str) -> Element:
        """The table of this name."""
        for number, data in self.page.elements.items():
            if data.get('props', {}).get('label') == label and 'rows' in data['props']:
                return Element(number, data)
        raise AssertionError(f'no table {label!r}')

    def rows(self, label: str = LIST) -> dict[str, dict[str, Any]]:
        return {row['key']: row for row in self.table(label).data['props']['rows']}

    def says(self, label: str = LIST) -> list[str]:
        """Every word in the table, row by row."""
        cells = [cell for row in self.rows(label).values() for cell in row['cells']]
        return [piece['text'] for cell in cells for line in cell['lines'] for piece in line if piece['phone'] != 'only']

    def act(self, row: str, act: str, label: str = LIST) -> None:
        assert self.socket
        self.socket.fire(self.page, self.table(label), 'act', {'row': row, 'act': act})

    def until(self, holds: Callable[[], object], seconds: float = 10) -> None:
        until = time.monotonic() + seconds
        while not self._holds(holds):
            assert time.monotonic() < until, self.says()
            self.hear(0.05)

    def _holds(self, holds: Callable[[], object]) -> bool:
        try:
            return bool(holds())
        except AssertionError:
            return False

    def hear(self, seconds: float) -> None:
        """Take in what the socket says meanwhile."""
        assert self.socket
        for name, said in list(self.socket.listen(seconds)):
            if name == 'update' and isinstance(said, dict):
                self.page.elements.update({int(one): data for one, data in said.items() if one.isdigit() and data})
        self.socket.heard.clear()


@contextmanager
def opened(portal: Portal, query: str) -> Iterator[Open]:
    staff = portal.staff()
    html = staff.get(f'{PATH}?{query}').text
    with LiveSocket(portal.base_url, LivePage(html).client_id, cookies=staff.cookie_header) as socket:
        yield Open(html, socket)


def given_two(portal: Portal, name: str) -> tuple[str, int, int]:
    """A person and an organisation that share an address; it, and their ids."""
    address = portal.address()
    return (
        address,
        portal.contact(f'{name} Person', address),
        portal.contact(f'{name} AG', address, kind='organisation'),
    )


def belongs_with(portal: Portal, address: str) -> object:
    ((chosen,),) = portal.rows('SELECT belongs_with_id FROM login WHERE email = ?', address)
    return chosen


def test_the_list_says_who_and_why(portal: Portal) -> None:
    """Found by a name, with every contact of the address, and whom its login belongs with."""
    address, person, _ = given_two(portal, 'Quirin')
    portal.contact('Quirin Alone')
    answer = portal.staff().get(f'{PATH}?search=quirin+ag')
    assert answer.status_code == 200
    shown = Open(answer.text)
    assert shown.says() == [
        address, '2 contacts', 'Quirin AG', ' · Not invited', 'Quirin Person', ' · Not invited',
        'Quirin Person', 'first person by name',
    ]  # fmt: skip
    assert f'/staff/contacts/{person}' in str(shown.rows()[address])
    assert '1 address found' in answer.text
    assert 'No shared address fits' in portal.staff().get(f'{PATH}?search=quirin+alone').text


@pytest.mark.parametrize('junk', ['after=%00', 'before=%F0%28', 'after=' + 'x' * 3_000, 'search=%00%25_', 'page=7'])
def test_an_address_that_makes_no_sense_opens_the_page(portal: Portal, junk: str) -> None:
    assert portal.staff().get(f'{PATH}?{junk}').status_code == 200


def test_a_choice_is_made_and_every_open_page_follows(portal: Portal) -> None:
    """In the dialog of an address; the list behind it, another tab and the contact's own page say it too."""
    address, person, firm = given_two(portal, 'Rasmus')
    with opened(portal, 'search=rasmus') as page, opened(portal, 'search=rasmus') as other:
        page.act(address, 'manage')
        page.until(lambda: list(page.rows(BEARERS)) == [str(firm), str(person)])
        page.act(str(firm), 'choose', BEARERS)
        for tab in (page, other):
            tab.until(lambda tab=tab: 'chosen by staff' in tab.says())
        page.until(lambda: 'Login belongs here' in page.says(BEARERS)[: page.says(BEARERS).index('Rasmus Person')])
        assert belongs_with(portal, address) == firm
        assert page.rows(BEARERS)[str(firm)]['buttons'] == [], 'chosen already'
        assert 'This contact, chosen by staff' in portal.staff().get(f'/staff/contacts/{firm}').text
        page.socket.fire(page.page, page.page.find('Back to first by name'))  # type: ignore[union-attr]
        other.until(lambda: 'first person by name' in other.says())
        assert belongs_with(portal, address) is None
    assert 'first person by name' in portal.staff().get(f'/staff/contacts/{firm}').text


def test_only_what_is_offered_can_be_chosen(portal: Portal) -> None:
    """Neither a contact without access, nor one of another address, nor what a browser makes up."""
    address, person, _ = given_two(portal, 'Soren')
    out = portal.contact('Soren Out', address, access=False)
    stranger = portal.contact('Soren Stranger')
    with opened(portal, 'search=soren') as page:
        page.act('made@up.example', 'manage')
        page.act(address, 'delete')
        page.act(address, 'manage')
        page.until(lambda: str(out) in page.rows(BEARERS))
        for row, act in ((str(out), 'choose'), (str(stranger), 'choose'), ('x', 'choose'), (str(person), 'delete')):
            page.act(row, act, BEARERS)
        page.hear(0.5)
    assert belongs_with(portal, address) is None


def test_an_address_is_taken_away_once_somebody_said_so(portal: Portal) -> None:
    """The question first; then the address is shared no more, and the dialog says so."""
    address, person, firm = given_two(portal, 'Tilda')
    with opened(portal, 'search=tilda') as page:
        page.act(address, 'manage')
        page.until(lambda: str(firm) in page.rows(BEARERS))
        page.act(str(firm), 'take', BEARERS)
        page.until(lambda: page.page.find('Take address away'))
        assert portal.rows('SELECT email FROM contact WHERE id = ?', firm) == [(address,)]
        page.socket.fire(page.page, page.page.find('Take address away'))  # type: ignore[union-attr]
        page.until(lambda: list(page.rows(BEARERS)) == [str(person)])
        page.until(lambda: page.rows() == {})
    assert portal.rows('SELECT email FROM contact WHERE id = ?', firm) == [(None,)]
