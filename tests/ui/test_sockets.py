"""The socket of a live page: who may open it, whose events run, and how it ends with its session."""

import time
import uuid
from dataclasses import dataclass
from hashlib import sha256

import httpx
import pytest

from domain.access.magic_links import make_magic_link
from domain.contacts.new_contact import Kind
from domain.dependencies import Dependencies
from tests.factories import given_contact, token_of
from tests.support.http import Visitor
from tests.support.socket import Element, LivePage, LiveSocket
from tests.ui.portal import OWNER, PASSWORD, Portal

DOOR_OF_CLIENTS = {'path': '/sign-in?notice=ended', 'new_tab': False}
SIGNED_OUT = {'path': '/sign-in?notice=signed-out', 'new_tab': False}
STAFF_SIGNED_OUT = {'path': '/staff/sign-in?notice=signed-out', 'new_tab': False}


@dataclass
class Open:
    """A signed-in browser with a page, and a button on it whose handler can be seen to have run."""

    visitor: Visitor
    page: LivePage
    button: Element

    def socket(self, portal: Portal, **options: object) -> LiveSocket:
        given = {'cookies': self.visitor.cookie_header, **options}
        return LiveSocket(portal.base_url, self.page.client_id, **given)  # type: ignore[arg-type]


def home_of(visitor: Visitor) -> Open:
    """The portal's home of a client with two contacts; the button switches to the other one."""
    page = LivePage(visitor.get('/').text)
    return Open(visitor, page, page.find('Holm Bau AG'))


@pytest.fixture
def client(portal: Portal) -> Open:
    """A client with two contacts, signed in as the first."""
    address = portal.address()

    async def make(deps: Dependencies) -> str:
        ines = await given_contact(deps, 'Ines Holm', address)
        await given_contact(deps, 'Holm Bau AG', address, kind=Kind.ORGANISATION)
        return token_of((await make_magic_link(deps, await portal.owner(deps), ines.id)).url)

    visitor = portal.visitor()
    assert visitor.use(portal.inside(make)).status_code == 303
    return home_of(visitor)


@pytest.fixture
def staff(portal: Portal) -> Open:
    visitor = portal.staff()
    page = LivePage(visitor.get('/staff/contacts').text)
    return Open(visitor, page, page.find('Menu'))


def session_of(portal: Portal, visitor: Visitor) -> tuple[int, int, str]:
    """The row of this browser's session: its id, its login, the name of the contact it is here for."""
    hashed = sha256(visitor.cookies['foyer_client'].encode()).hexdigest()
    (row,) = portal.rows(
        'SELECT s.id, s.login_id, c.name FROM client_session s JOIN contact c ON c.id = s.contact_id '
        'WHERE s.token_hash = ?',
        hashed,
    )
    return int(row[0]), int(row[1]), str(row[2])


def has_switched(portal: Portal, visitor: Visitor) -> bool:
    return session_of(portal, visitor)[2] == 'Holm Bau AG'


def nothing_happens(portal: Portal, client: Open, socket: LiveSocket) -> bool:
    """Whether a click through this socket neither answers nor leaves a trace."""
    heard = len(socket.heard)
    socket.fire(client.page, client.button)
    socket.listen(0.25)
    return len(socket.heard) == heard and not has_switched(portal, client.visitor)


# ── Opening ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize('origin', [None, 'ours'])
def test_a_page_opens_its_socket_and_its_buttons_work(portal: Portal, client: Open, origin: str | None) -> None:
    """R39: with our origin, or from what names none; the other tests show that it is this that is refused."""
    with client.socket(portal, origin=portal.base_url if origin else None) as socket:
        socket.fire(client.page, client.button)
        assert socket.hear('open') == {'path': '/', 'new_tab': False}
    assert has_switched(portal, client.visitor)


FOREIGN = [
    'https://evil.example',
    'null',
    'http://127.0.0.1:1',
    'http://127.0.0.1.evil.example',
    'file://',
    'ours.evil.example',
]


def test_a_socket_from_elsewhere_does_not_open(portal: Portal, client: Open) -> None:
    """R39: with the right cookie and the right page, but from another origin."""
    for origin in FOREIGN:
        with pytest.raises(ConnectionRefusedError, match='HTTP 403'):
            client.socket(portal, origin=origin.replace('ours', portal.base_url))


def test_a_socket_without_the_cookie_of_its_page_does_not_open(portal: Portal, client: Open, staff: Open) -> None:
    """R39: knowing the id of a page is not enough, neither without a session nor with another one."""
    other = portal.client('Someone Else')
    for cookies in ('', other.cookie_header, staff.visitor.cookie_header, 'foyer_client=' + 'x' * 43):
        with pytest.raises(ConnectionRefusedError):
            client.socket(portal, cookies=cookies)
    for cookies in ('', client.visitor.cookie_header, portal.staff().cookie_header):
        with pytest.raises(ConnectionRefusedError):
            staff.socket(portal, cookies=cookies)


def test_another_session_of_the_same_person_does_not_open_it_either(portal: Portal, client: Open) -> None:
    """R39: the very session its page was opened with."""
    _, login, _ = session_of(portal, client.visitor)
    elsewhere = portal.visitor()
    elsewhere.use(portal.link_for(portal.rows('SELECT id FROM contact WHERE login_id = ?', login)[0][0]))
    assert elsewhere.get('/').status_code == 200
    with pytest.raises(ConnectionRefusedError):
        client.socket(portal, cookies=elsewhere.cookie_header)


def test_long_polling_meets_the_same_gate(portal: Portal, client: Open) -> None:
    """R39: the transport that our pages do not use is no way around."""
    query = {**client.page.query, 'EIO': '4', 'transport': 'polling', 'tab_id': 't', 'document_id': 'd'}
    stranger = portal.visitor()
    assert stranger.get('/_nicegui_ws/socket.io/', params=query).status_code == 403
    foreign = {'Origin': 'https://evil.example'}
    for options in ({'params': query}, {'params': {'EIO': '4', 'transport': 'polling'}}):
        answer = client.visitor.get('/_nicegui_ws/socket.io/', headers=foreign, **options)  # type: ignore[arg-type]
        assert answer.status_code == 403
        assert 'access-control-allow-origin' not in answer.headers


def test_there_is_no_other_socket(portal: Portal) -> None:
    """R40: nothing else answers an upgrade."""
    key = {'Connection': 'Upgrade', 'Upgrade': 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'eA=='}
    for path in ('/', '/sign-in', '/ws', '/staff'):
        assert portal.visitor().get(path, headers=key).status_code in (403, 404, 303, 400)


# ── Shaking hands ────────────────────────────────────────────────────────────


def test_events_run_from_a_socket_that_shook_hands_alone(portal: Portal, client: Open) -> None:
    """R39: a socket of nobody's, and one of another page, do not reach the buttons of this one."""
    elsewhere = portal.client('Someone Else')
    their_page = LivePage(elsewhere.get('/').text)
    with (
        client.socket(portal),
        LiveSocket(portal.base_url) as of_nobody,
        LiveSocket(portal.base_url, their_page.client_id, cookies=elsewhere.cookie_header) as of_another,
        LiveSocket(portal.base_url, cookies=elsewhere.cookie_header) as of_no_page,
    ):
        for socket in (of_nobody, of_another, of_no_page):
            assert nothing_happens(portal, client, socket)


@pytest.mark.parametrize('connected', [True, False])
def test_a_late_handshake_meets_the_same_gate(portal: Portal, client: Open, connected: bool) -> None:
    """R39: a socket that opened for no page cannot shake hands for somebody's afterwards."""
    elsewhere = portal.client('Someone Else')
    tab = str(uuid.uuid4())
    mine = client.socket(portal, tab_id=tab) if connected else None
    for cookies in ('', elsewhere.cookie_header):
        with LiveSocket(portal.base_url, cookies=cookies, implicit=False) as socket:
            assert not socket.shake_hands(client.page.client_id, tab)
            assert nothing_happens(portal, client, socket)
    if mine:
        mine.close()


def test_the_page_of_a_prefetch_shakes_hands_late(portal: Portal, client: Open) -> None:
    """R39: what a browser of ours does is not refused."""
    with client.socket(portal, implicit=False) as socket:
        assert nothing_happens(portal, client, socket)
        assert socket.shake_hands(client.page.client_id)
        socket.fire(client.page, client.button)
        assert socket.hear('open')['path'] == '/'


def test_what_else_a_socket_can_say_is_guarded_alike(portal: Portal, client: Open) -> None:
    """R39: answers to our scripts, acknowledgements and log lines come from the page they name, or not at all."""
    page = client.page.client_id
    mark = f'mark-{uuid.uuid4()}'
    with client.socket(portal) as mine, LiveSocket(portal.base_url) as stranger:
        for socket in (stranger, mine):
            socket.emit('javascript_response', {'client_id': page, 'request_id': 'none', 'result': 1})
            socket.emit('ack', {'client_id': page, 'next_message_id': 10_000})
        stranger.emit('log', {'client_id': page, 'level': 'error', 'message': mark})
        mine.fire(client.page, client.button)
        assert mine.hear('open')['path'] == '/'
    assert mark not in portal.served.log_text


def test_a_page_cannot_forge_lines_of_our_log(portal: Portal, client: Open) -> None:
    """R60, R59: what a browser reports is one short line, whatever it holds."""
    mark = f'mark-{uuid.uuid4()}'
    with client.socket(portal) as mine:
        message = f'{mark}\n2026-01-01T00:00:00Z [info] forged line\r\x1b[31m' + 'x' * 100_000
        mine.emit('log', {'client_id': client.page.client_id, 'level': 'error', 'message': message})
        mine.fire(client.page, client.button)
        mine.hear('open')
    lines = [line for line in portal.served.log_text.splitlines() if mark in line or 'forged line' in line]
    assert all(mark in line and len(line) < 1000 and '\x1b' not in line for line in lines)


NONSENSE = [
    None,
    1,
    'x',
    [],
    {},
    {'client_id': None},
    {'client_id': ['a']},
    {'client_id': {'a': 1}},
    {'client_id': 'x' * 9999},
]


def test_nonsense_on_the_socket_breaks_nothing(portal: Portal, client: Open) -> None:
    """R39: malformed messages are dropped, without a traceback, and the page goes on."""
    before = portal.served.log_text.count('Traceback')
    page = client.page.client_id
    with client.socket(portal) as socket:
        for name in ('event', 'javascript_response', 'ack', 'log', 'handshake', 'unheard-of'):
            for payload in NONSENSE:
                socket.emit(name, payload)
            socket.emit(name, {'client_id': page})
        socket.emit('event', {'client_id': page, 'id': 10**9, 'listener_id': 'x', 'args': ['{']})
        socket.emit('event', {'client_id': page, 'id': client.button.id, 'listener_id': 'x', 'args': ['{']})
        socket.emit('event', {'client_id': page, 'id': client.button.id, 'listener_id': 'x', 'args': '['})
        socket.fire(client.page, client.button)
        assert socket.hear('open')['path'] == '/'
    assert portal.served.log_text.count('Traceback') == before


# ── The end of a session ─────────────────────────────────────────────────────


def test_an_event_after_the_session_ended_does_not_run(portal: Portal, client: Open) -> None:
    """R36: the row is deleted behind the program's back; the next click finds the door, not its handler."""
    with client.socket(portal) as socket:
        session, *_ = session_of(portal, client.visitor)
        assert portal.change('DELETE FROM client_session WHERE id = ?', session) == 1
        before = portal.rows('SELECT max(id) FROM audit_event')
        for _ in range(3):
            socket.fire(client.page, client.button)
        assert socket.hear('open') == DOOR_OF_CLIENTS
        socket.listen(0.5)
        assert ('open', {'path': '/', 'new_tab': False}) not in socket.heard
        assert portal.rows('SELECT max(id) FROM audit_event') == before
        assert socket.closed
    assert client.visitor.get('/').headers['location'] == '/sign-in'


def test_a_staff_event_after_the_session_ended_does_not_run(portal: Portal, staff: Open) -> None:
    """R36, R57: the same for staff."""
    with staff.socket(portal) as socket:
        socket.listen(0.2)
        socket.heard.clear()
        socket.fire(staff.page, staff.button)
        assert [name for name, _ in socket.listen(0.5) if name in ('update', 'run_javascript')]
        socket.heard.clear()
        portal.change('DELETE FROM staff_session WHERE id = (SELECT max(id) FROM staff_session)')
        socket.fire(staff.page, staff.button)
        assert socket.hear('open') == {'path': '/staff/sign-in?notice=ended', 'new_tab': False}
        assert [name for name, _ in socket.listen(0.5) if name in ('update', 'run_javascript')] == []
    assert staff.visitor.get('/staff').status_code == 303


def test_the_page_of_an_ended_session_may_be_told_to_load_again(portal: Portal, client: Open) -> None:
    """R36: a socket that comes back after the end is not left hanging on a lost connection."""
    client.socket(portal).close()
    client.visitor.post('/sign-out')
    with pytest.raises(ConnectionRefusedError, match='Implicit handshake failed'):
        client.socket(portal)


def test_signing_out_closes_the_other_tabs_within_a_second(portal: Portal, client: Open) -> None:
    """R36: HTTP at once, every open page of the session within a second, and no other one."""
    other_tab = home_of(client.visitor)
    stranger = portal.client('Someone Else')
    their_page = LivePage(stranger.get('/').text)
    with (
        client.socket(portal) as first,
        other_tab.socket(portal) as second,
        LiveSocket(portal.base_url, their_page.client_id, cookies=stranger.cookie_header) as theirs,
    ):
        old = client.visitor.cookie_header
        began = time.monotonic()
        answer = client.visitor.post('/sign-out')
        assert (answer.status_code, answer.headers['location']) == (303, '/sign-in?notice=signed-out')
        assert httpx.get(portal.base_url + '/', headers={'Cookie': old}).status_code == 303
        for socket in (first, second):
            assert socket.hear('open', 1.0) == SIGNED_OUT
        assert time.monotonic() - began < 1.0
        assert 'open' not in [name for name, _ in theirs.listen(0.3)]
    assert stranger.get('/').status_code == 200


def test_signing_out_staff_closes_their_tabs_within_a_second(portal: Portal, staff: Open) -> None:
    """R36: the same for staff."""
    second_page = LivePage(staff.visitor.get('/staff').text)
    with (
        staff.socket(portal) as first,
        LiveSocket(portal.base_url, second_page.client_id, cookies=staff.visitor.cookie_header) as second,
    ):
        old = staff.visitor.cookie_header
        began = time.monotonic()
        assert staff.visitor.post('/staff/sign-out').headers['location'] == '/staff/sign-in?notice=signed-out'
        assert httpx.get(portal.base_url + '/staff', headers={'Cookie': old}).status_code == 303
        for socket in (first, second):
            assert socket.hear('open', 1.0) == STAFF_SIGNED_OUT
        assert time.monotonic() - began < 1.0


def test_revoking_from_within_closes_the_page_at_its_next_event(portal: Portal, client: Open) -> None:
    """R13, R36: revoked by another process, which cannot tell this one: HTTP at once, the page at its next event."""
    _, login, _ = session_of(portal, client.visitor)
    with client.socket(portal) as socket:
        for (contact,) in portal.rows('SELECT id FROM contact WHERE login_id = ?', login):
            portal.revoke(contact)
        assert client.visitor.get('/').headers['location'] == '/sign-in'
        socket.fire(client.page, client.button)
        assert socket.hear('open') == DOOR_OF_CLIENTS


def test_the_page_that_waits_for_the_link_goes_on_by_itself(portal: Portal) -> None:
    """CONTRACT: /sign-in/sent goes on once this browser is signed in by the link; another browser's does not."""
    address = portal.address()
    portal.contact(email=address)
    visitor, stranger = portal.visitor(), portal.visitor()
    visitor.ask(address)
    stranger.ask(address)
    pages = [LivePage(one.get('/sign-in/sent').text) for one in (visitor, stranger)]
    with (
        LiveSocket(portal.base_url, pages[0].client_id, cookies=visitor.cookie_header) as waiting,
        LiveSocket(portal.base_url, pages[1].client_id, cookies=stranger.cookie_header) as other,
    ):
        visitor.use(portal.mail_to(address).link.rpartition('/')[2])
        assert waiting.hear('open', 1.0)['path'] == '/'
        assert 'open' not in [name for name, _ in other.listen(0.3)]


def test_a_new_sign_in_closes_the_pages_of_the_old_one(portal: Portal, client: Open) -> None:
    """R34: the session this browser had before ends with its pages."""
    with client.socket(portal) as socket:
        client.visitor.use(portal.link_for(portal.contact('Someone Else')))
        assert socket.hear('open', 1.0) == {'path': '/', 'new_tab': False}, 'the new session meets it there'
    assert 'Someone' in client.visitor.get('/').text


def test_a_page_of_a_replaced_session_loads_again_where_it_is(portal: Portal, client: Open) -> None:
    """R34: whoever set up a second factor at a held page finds what comes next there, and not at home."""
    address = '/profile/two-factor?of=phone'
    page = LivePage(client.visitor.get(address).text)
    with LiveSocket(portal.base_url, page.client_id, cookies=client.visitor.cookie_header) as socket:
        client.visitor.use(portal.link_for(portal.contact('Someone Else')))
        assert socket.hear('open', 2.0) == {'path': address, 'new_tab': False}


def test_a_wrong_password_closes_nothing(portal: Portal, staff: Open) -> None:
    """R36: only what ends a session closes its pages."""
    with staff.socket(portal) as socket:
        staff.visitor.sign_in_staff(OWNER, PASSWORD + '!')
        assert 'open' not in [name for name, _ in socket.listen(0.3)]
    assert staff.visitor.get('/staff').status_code == 200
