"""The list of contacts over HTTP and its socket: what an address shows, who is offered what, what follows by itself."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.http import Visitor
from tests.support.socket import Element, LivePage, LiveSocket
from tests.ui.portal import Portal

PATH = '/staff/contacts'
NEVER = 'They have access and have never come in.'


class OpenList:
    """The list in a browser without a screen: its elements follow what the socket says."""

    def __init__(self, page: LivePage, socket: LiveSocket) -> None:
        self.page, self.socket = page, socket

    def props(self, name: str, value: str) -> tuple[int, dict[str, Any]]:
        """The one element whose property `name` is `value`."""
        for number, data in self.page.elements.items():
            if data.get('props', {}).get(name) == value:
                return number, data['props']
        raise AssertionError(f'nothing has {name}={value!r}')

    def table(self) -> tuple[Element, dict[str, Any]]:
        number, props = self.props('label', 'Contact list')
        return Element(number, self.page.elements[number]), props

    def names(self) -> list[str]:
        return [row['name'] for row in self.table()[1]['rows']]

    def ids(self) -> list[str]:
        return [row['key'] for row in self.table()[1]['rows']]

    def bar(self) -> list[str]:
        """What stands in the bar at the bottom; nothing while it is hidden."""
        number, _ = self.props('aria-label', 'Selected contacts')
        data = self.page.elements[number]
        return [] if 'hidden' in data.get('class', []) else self.page._says(number)

    def tick(self, keys: object, on: bool = True) -> None:
        self.socket.fire(self.page, self.table()[0], 'tick', {'keys': keys, 'on': on, 'n': 1})

    def until(self, holds: Callable[[], bool], seconds: float = 5) -> None:
        until = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < until, (self.names(), self.bar())
            self.hear(0.05)

    def hear(self, seconds: float) -> set[str]:
        """Take in what the socket says meanwhile; the kinds of it."""
        heard = list(self.socket.listen(seconds))
        for name, said in heard:
            if name == 'update' and isinstance(said, dict):
                self.page.elements.update({int(one): data for one, data in said.items() if one.isdigit() and data})
        self.socket.heard.clear()
        return {name for name, _ in heard}


@contextmanager
def opened(portal: Portal, query: str = '', staff: Visitor | None = None) -> Iterator[OpenList]:
    browser = staff or portal.staff()
    page = LivePage(browser.get(f'{PATH}?{query}').text)
    with LiveSocket(portal.base_url, page.client_id, cookies=browser.cookie_header) as socket:
        yield OpenList(page, socket)


def shown(portal: Portal, query: str) -> list[str]:
    """The names in the list, as its address has it."""
    answer = portal.staff().get(f'{PATH}?{query}')
    assert answer.status_code == 200
    rows = OpenList(LivePage(answer.text), None).table()[1]['rows']  # type: ignore[arg-type]
    return [row['name'] for row in rows]


# ── The address ──────────────────────────────────────────────────────────────


def test_an_address_shows_what_it_says(portal: Portal) -> None:
    """Each filter from its own side; what other pages link to among them."""
    address = portal.address()
    portal.contact('Filip Quayle', address)
    portal.contact('Quayle Holding', address, kind='organisation')
    portal.contact('Greta Quayle', access=False)
    both, greta = ['Filip Quayle', 'Quayle Holding'], ['Greta Quayle']
    for query, expected in {
        '': ['Filip Quayle', 'Greta Quayle', 'Quayle Holding'],
        'sort=-name': ['Quayle Holding', 'Greta Quayle', 'Filip Quayle'],
        'status=not_invited': both,
        'status=no_access': greta,
        'access=yes': both,
        'access=no': greta,
        'joined=no&access=yes': both,
        'joined=yes': [],
        'two_factor=yes': [],
        'mail=not_tried': ['Filip Quayle', 'Greta Quayle', 'Quayle Holding'],
        'mail=trouble': [],
        'kind=organisation': ['Quayle Holding'],
        'shared=yes': both,
        'shared=no': greta,
        'signed_in_before=2030-01-01': [],
    }.items():
        assert shown(portal, f'search=quayle&{query}') == expected, query


@pytest.mark.parametrize(
    'junk',
    ['sort=password', 'after=%00', 'after=Zm9v', 'before=x&after=x', 'mail=x', 'signed_in_after=yesterday', 'page=7',
     f'search={quote("%_" + chr(0x202E))}', 'organisation=' + 'x' * 3000],
)  # fmt: skip
def test_an_address_that_makes_no_sense_opens_the_page(portal: Portal, junk: str) -> None:
    assert portal.staff().get(f'{PATH}?{junk}').status_code == 200


@pytest.mark.parametrize('path', [PATH, '/staff/access-report'])
def test_what_an_address_asks_for_in_vain_is_told(portal: Portal, path: str) -> None:
    """Bad input gets a clear error: else everybody is taken for the few that were meant, before all are selected."""
    said = 'The address asks for something unknown, which is left out here: '
    staff = portal.staff()
    assert f'{said}Status, Last sign-in from.' in staff.get(f'{path}?status=joinedd&signed_in_after=soon').text
    assert f'{said}Status, stauts.' in staff.get(f'{path}?stauts=joined&status=x').text
    assert f'{said}Search, Organisation.' in staff.get(f'{path}?search=%01&organisation=%01').text
    assert f'{said}{"x" * 40}.' in staff.get(f'{path}?{"x" * 500}=1').text
    assert said not in staff.get(f'{path}?status=joined&kind=person&search=x&organisation=y').text
    assert said not in staff.get(f'{path}?sort=name&page=1&after=&before=&status=').text


def test_the_view_of_who_never_signed_in_offers_the_reminder(portal: Portal) -> None:
    with opened(portal, 'access=yes&joined=no') as listed:
        strip = listed.page.find('Send reminder')
    assert strip
    assert portal.staff().get(f'{PATH}?access=yes&joined=no').text.count(NEVER) == 1


# ── Who is offered what ──────────────────────────────────────────────────────


@pytest.mark.parametrize(('role', 'exports'), [('owner', True), ('admin', True), ('staff', False)])
def test_what_a_role_may_not_do_to_many_is_not_offered(portal: Portal, role: str, exports: bool) -> None:
    """R57: the menu; what is refused all the same stands with the deeds."""
    member, _ = portal.member(role)
    with opened(portal, staff=member) as listed:
        props = [data.get('props', {}) for data in listed.page.elements.values()]
        kinds = {item.get('key') for one in props if one.get('label') == 'Bulk actions' for item in one['items']}
    assert ('export' in kinds) == exports
    assert kinds >= {'invite', 'login_email', 'give_access', 'revoke_access', 'reminder', 'delete'}


def test_the_actions_are_there_before_anybody_is_ticked(portal: Portal) -> None:
    """Both buttons called so offer all of them; the one above the list says that it means all, and ticks them."""
    with opened(portal) as listed:
        menus = [data.get('props', {}) for data in listed.page.elements.values()]
        above = next(one for one in menus if one.get('label') == 'Bulk actions' and not one.get('up'))
    keys = [item['key'] for item in above['items'] if 'key' in item]
    assert keys[:2] == ['page', 'all']
    assert {'invite', 'login_email', 'give_access', 'revoke_access', 'reminder', 'delete'} < set(keys)
    assert any(item.get('title', '').startswith('With all') for item in above['items'])


# ── Ticking ──────────────────────────────────────────────────────────────────


def test_ticks_follow_the_reader_through_the_list(portal: Portal) -> None:
    for number in range(27):
        portal.contact(f'Tobias Zwingli {number:02}', access=False)
    with opened(portal, 'search=zwingli') as listed:
        first = listed.ids()
        assert len(first) == 25 and listed.bar() == []
        listed.tick(first[:2])
        listed.until(lambda: '2 selected' in listed.bar())
        listed.tick([*first[2:4], '999999', 7, None])
        listed.until(lambda: '4 selected' in listed.bar())
        listed.socket.fire(listed.page, listed.page.find('Next page'))
        listed.until(lambda: len(listed.ids()) == 2)
        assert '4 selected, 4 not on this page' in listed.bar()
        listed.tick(first[4:6])  # of a page that is no longer there
        listed.socket.fire(listed.page, listed.page.find('Select all 27'))
        listed.until(lambda: 'All 27 selected' in listed.bar())
        listed.tick(listed.ids()[:1], on=False)
        listed.until(lambda: '26 selected' in listed.bar())
        field, _ = listed.props('aria-label', 'Search contacts')
        listed.socket.fire(
            listed.page, Element(field, listed.page.elements[field]), 'update:value', 'nobody is called like this'
        )
        listed.until(lambda: not listed.ids())
        assert listed.bar() == [], 'all that fitted are not those that fit now'


@pytest.mark.parametrize('junk', [None, 'x', [], {'keys': 'x', 'on': 1}, {'keys': [[]], 'on': True, 'n': 'x'}])
def test_what_a_browser_makes_up_ticks_nobody(portal: Portal, junk: object) -> None:
    portal.contact('Junk Jordan')
    with opened(portal, 'search=junk') as listed:
        listed.socket.fire(listed.page, listed.table()[0], 'tick', junk)
        listed.socket.fire(listed.page, listed.table()[0], 'sort', junk)
        said = listed.hear(0.3)
        assert listed.bar() == [] and 'notify' not in said, 'nothing stumbles over it'
        listed.tick(listed.ids()[:1])
        listed.until(lambda: '1 selected' in listed.bar())


# ── What follows by itself ───────────────────────────────────────────────────


def test_rows_and_numbers_follow_what_happens_elsewhere(portal: Portal) -> None:
    """Another page of this program switches access: the row changes in place, and the totals with it."""
    contact = portal.contact('Livia Lopez', access=False)
    staff = portal.staff()
    page = LivePage(staff.get(f'{PATH}/{contact}').text)
    with opened(portal, 'search=livia+lopez&status=no_access') as listed:
        assert listed.names() == ['Livia Lopez']
        with LiveSocket(portal.base_url, page.client_id, cookies=staff.cookie_header) as other:
            other.fire(page, page.find('Portal access', 'update:modelValue'), 'update:modelValue', True)
            listed.until(lambda: listed.names() == [])
        before = listed.table()[1]['settled']
        listed.until(lambda: '0' in listed.page._says(listed.page.find('No access').id))
        assert '1' in listed.page._says(listed.page.find('Not invited').id)
        assert listed.table()[1]['settled'] == before, 'it is held back while somebody looks'
