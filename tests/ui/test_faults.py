"""A locked database, a crowd that never connects, and the end of the process."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.smtp_sink import Hang, SmtpSink
from tests.support.socket import LivePage, LiveSocket
from tests.ui.portal import Portal

CROWD = 500
MOST_MIB = 60
MOST_KEPT = 300  # ui.security.MOST_UNCONNECTED


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Portal]:
    """A portal that a test may bring to its end."""
    with SmtpSink() as sink, Portal(tmp_path / 'own', sink, rate_limits='off') as portal:
        yield portal


def test_a_locked_database_is_waited_for_then_said_so_then_forgotten(own: Portal) -> None:
    """F7: locked past the timeout: 503 in words with Retry-After, the link unused; 4 s: unseen. And no deadlock."""
    tokens = [own.link_for(own.contact()) for _ in range(3)]
    answers: dict[str, tuple[float, int, str]] = {}

    def use(which: str, token: str, after: float) -> None:
        time.sleep(after)
        began = time.monotonic()
        answer = own.visitor().use(token)
        answers[which] = (time.monotonic() - began, answer.status_code, answer.headers.get('retry-after', ''))
        if which == 'early':
            assert 'Please try again in' in answer.text

    tries = [
        threading.Thread(target=use, args=('early', tokens[0], 0)),
        threading.Thread(target=use, args=('late', tokens[1], 5.5)),
    ]
    with own.locked(9.5):
        for one in tries:
            one.start()
        assert own.visitor().get('/healthz').status_code == 200
    for one in tries:
        one.join()
    assert answers['early'][1:] == (503, '5')
    assert 7 < answers['early'][0] < 9.4
    assert answers['late'][1:] == (303, '') and answers['late'][0] < 8
    assert [own.visitor().use(token).status_code for token in tokens] == [303, 410, 303]
    assert own.visitor().get('/readyz').json()['ready'] is True


def memory(portal: Portal) -> float:
    """MiB that the process holds."""
    assert portal.served.process
    status = Path(f'/proc/{portal.served.process.pid}/status')
    if not status.exists():
        pytest.skip('/proc is needed to see the memory of a process')
    return int(status.read_text().split('VmRSS:')[1].split()[0]) / 1024


def may_connect(portal: Portal, page: LivePage) -> bool:
    try:
        LiveSocket(portal.base_url, page.client_id).close()
    except ConnectionRefusedError:
        return False
    return True


def test_a_crowd_that_never_connects_is_kept_small(portal: Portal) -> None:
    """The ground's finding on anonymous GETs: of pages without a browser the oldest go; a page that has one stays."""
    client, visitor = portal.client(), portal.visitor()
    home = LivePage(client.get('/').text)
    with LiveSocket(portal.base_url, home.client_id, cookies=client.cookie_header) as socket:
        before = memory(portal)
        pages = []
        for _ in range(CROWD):
            pages.append(LivePage(visitor.get('/sign-in').text))
            socket.listen(0.001)  # answers the pings of the server
        assert memory(portal) - before < MOST_MIB
        assert not may_connect(portal, pages[0])
        assert not may_connect(portal, pages[CROWD - MOST_KEPT - 20])
        assert may_connect(portal, pages[-1]) and may_connect(portal, pages[-MOST_KEPT // 2])
        client.post('/sign-out')
        assert socket.hear('open', 1.0)['path'].startswith('/sign-in')


def test_unknown_addresses_cost_no_page(portal: Portal) -> None:
    """The ground's finding on 404: a crowd of them pushes out nobody's page, for they build none; nor do redirects."""
    visitor = portal.visitor()
    page = LivePage(visitor.get('/sign-in').text)
    for number in range(MOST_KEPT // 4 + 10):
        for path in (f'/nowhere/{number}', f'/sign-in/link/{number}', '/', '/staff'):
            visitor.get(path)
    assert may_connect(portal, page)


def test_the_end_comes_within_ten_seconds_and_finishes_what_is_in_flight(own: Portal) -> None:
    """F14: SIGTERM with open pages, requests and a send in flight: all out, the mail arrived, nothing is sent twice."""
    assert own.sink
    address = own.address()
    own.contact(email=address)
    own.sink.script(address, Hang(2))
    client, staff = own.client(), own.staff()
    sockets = []
    for visitor, path in ((client, '/'), (staff, '/staff'), (staff, '/staff/contacts')):
        page = LivePage(visitor.get(path).text)
        sockets.append(LiveSocket(own.base_url, page.client_id, cookies=visitor.cookie_header))
    own.visitor().ask(address)
    until = time.monotonic() + 5
    while not own.sink.attempts and time.monotonic() < until:
        time.sleep(0.01)
    assert own.sink.attempts == [address] and not own.sink.messages
    assert own.served.stop(timeout=10) < 10
    for one in sockets:
        one.close()
    assert len(own.sink.to(address)) == 1
    assert own.rows('SELECT state FROM outbox_mail WHERE to_address = ?', address) == [('sent',)]
    own.served.start()
    assert client.get('/').status_code == 200
    time.sleep(0.5)
    assert len(own.sink.to(address)) == 1
    own.no_secret_was_logged()


def test_the_end_waits_for_nobody_who_takes_too_long(own: Portal) -> None:
    """F14: a slow reader of a long report, a mail server that hangs and open pages together: still out in ten seconds.

    The mail that hung stays with its lease, which runs out by itself.
    """
    assert own.sink
    address = own.address()
    own.contact(email=address)
    own.sink.script(address, Hang(60))
    own.change(
        'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000) INSERT INTO contact (kind, '
        'name, name_key, organisation, search_text, email_status, portal_access, created_at, updated_at) '
        "SELECT 'person', 'N' || i, 'n' || i, hex(zeroblob(100)), '', 'not_tried', 0, ?, ? FROM n",
        *['2026-01-01 00:00:00+00:00'] * 2,
    )
    client, staff = own.client(), own.staff()
    with ExitStack() as stack:
        for visitor, path in ((client, '/'), (staff, '/staff'), (staff, '/staff/contacts')):
            page = LivePage(visitor.get(path).text)
            stack.callback(LiveSocket(own.base_url, page.client_id, cookies=visitor.cookie_header).close)
        reader = stack.enter_context(SlowReader(own, staff.cookie_header, '/staff/access-report.csv'))
        own.visitor().ask(address)
        until = time.monotonic() + 10
        while not (own.sink.attempts and reader.taken) and time.monotonic() < until:
            time.sleep(0.01)
        assert own.sink.attempts == [address] and reader.taken and not reader.ended
        assert 5 < own.served.stop(timeout=15) < 10, 'both are waited for, and neither for long'
    assert own.rows('SELECT state, tries FROM outbox_mail WHERE to_address = ?', address) == [('sending', 1)]
    assert own.rows("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'") == [(1,)]
    own.no_secret_was_logged()


class SlowReader:
    """Asks for something long and takes a few KiB of it a second, through a small window."""

    def __init__(self, portal: Portal, cookies: str, path: str) -> None:
        self.taken, self.ended = 0, False
        self._leaving = threading.Event()
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        self._socket.connect(('127.0.0.1', portal.served.port))
        self._socket.sendall(f'GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookies}\r\n\r\n'.encode())
        self._thread = threading.Thread(target=self._read)

    def __enter__(self) -> 'SlowReader':
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._leaving.set()
        self._thread.join()
        self._socket.close()

    def _read(self) -> None:
        while not self._leaving.wait(0.25):
            try:
                part = self._socket.recv(1_024)
            except OSError:
                part = b''
            if not part:
                self.ended = True
                return
            if not self.taken:
                assert part.startswith(b'HTTP/1.1 200'), part
            self.taken += len(part)
