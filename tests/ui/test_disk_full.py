"""F8: no space is left for the database. It is said so, nothing is half-written, and it goes on once there is some."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.disk import Disk, small_disk
from tests.support.smtp_sink import SmtpSink
from tests.support.socket import LivePage, LiveSocket
from tests.ui.portal import Portal


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with small_disk(tmp_path / 'disk') as made:
        yield made


@pytest.fixture
def own(tmp_path: Path, disk: Disk) -> Iterator[Portal]:
    """A portal whose database is on the small disk."""
    url = f'sqlite://{disk.folder / "foyer.sqlite3"}'
    with SmtpSink() as sink, Portal(tmp_path / 'own', sink, rate_limits='off', database_url=url) as portal:
        yield portal


def test_a_full_disk_is_said_and_nothing_is_half_written(own: Portal, disk: Disk) -> None:
    """F8: 503 in words, a sentence in the page; reading goes on; with room again the same links work, unrestarted."""
    assert own.served.process and own.sink
    process = own.served.process.pid
    address = own.address()
    own.contact('Mila Mori', email=address)
    tokens = [own.link_for(own.contact(f'Client {number}')) for number in range(12)]
    staff, client = own.staff(), own.client()
    page = LivePage(staff.get('/staff/settings/portal').text)
    with LiveSocket(own.base_url, page.client_id, cookies=staff.cookie_header) as socket:
        disk.fill()
        answers = {token: own.visitor().use(token) for token in tokens}
        refused = [token for token, answer in answers.items() if answer.status_code == 503]
        assert len(refused) >= 6, [answer.status_code for answer in answers.values()]
        assert {answer.status_code for answer in answers.values()} <= {303, 503}
        for token in refused:
            assert answers[token].headers['retry-after'] == '5'
            assert 'Please try again in' in answers[token].text
            assert 'set-cookie' not in answers[token].headers or 'foyer_client=' not in str(answers[token].headers)
        own.visitor().ask(address)  # answered before it is done (R42); what cannot be written is not half-written
        socket.fire(page, page.find('Send me a test mail'))
        assert 'Please try again' in socket.hear('notify')['message']
        for visitor, path in (
            (staff, '/staff'),
            (staff, '/staff/contacts'),
            (client, '/'),
            (own.visitor(), '/sign-in'),
        ):
            assert visitor.get(path).status_code == 200, f'{path}: what is only read needs no space'
        assert 'the disk is full' in own.served.log_text, 'whoever runs this learns why'
        disk.make_room()
        for token in refused:
            assert own.visitor().use(token).status_code == 303, 'it was not used up'
        socket.fire(page, page.find('Send me a test mail'))
        until = time.monotonic() + 10
        while not own.sink.to('olga@firm.example') and time.monotonic() < until:
            time.sleep(0.05)
    assert own.visitor().ask(address).status_code == 303
    own.mail_to(address)
    assert len(own.sink.to(address)) == 1 and len(own.sink.to('olga@firm.example')) == 1
    assert own.served.process.pid == process and own.served.is_running
    assert own.rows('PRAGMA integrity_check') == [('ok',)]
    assert own.rows('PRAGMA foreign_key_check') == []
    assert own.rows('SELECT count(*) FROM client_session') == [(len(tokens) + 1,)]
    assert own.rows('SELECT count(*) FROM one_time_token WHERE used_at IS NOT NULL') == [(len(tokens) + 1,)]
