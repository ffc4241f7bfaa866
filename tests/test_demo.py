"""The demo firm: believable, the same names each time, and nothing of it stays behind."""

import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from datetime import UTC, timedelta
from pathlib import Path
from urllib.request import urlopen

import pytest

from domain.access.magic_links import redeem_magic_link
from domain.activity.portal_counts import cohorts, portal_counts
from domain.actors import Visitor
from domain.addresses import normalise_address
from domain.demo.coming_in import ANNOUNCEMENTS, LINKS
from domain.demo.firm import DemoFirm, fill_demo
from domain.demo.visitors import Visitors
from domain.dependencies import Dependencies
from domain.portal import announcements, links
from domain.portal.announcements import Announcement
from domain.portal.links import Link
from domain.portal.own_home import items_of_contact
from domain.staff.staff_sign_in import sign_in_staff
from storage import contact_counts
from storage.contact_sql import ContactConditions
from storage.models import AuditEvent, ClientSession, Contact, Login, OutboxMail
from tests.support.clock import FixedClock
from tests.support.processes import dies_with_parent, free_port
from tests.support.served import ROOT, Served

CONTACTS = 400


@pytest.fixture
def engine() -> str:
    """The demo is always a SQLite file."""
    return 'sqlite'


@pytest.fixture
async def firm(deps: Dependencies, clock: FixedClock) -> AsyncIterator[DemoFirm]:
    """A Thursday at half past three."""
    clock.advance(timedelta(days=3, hours=6.5))
    yield await fill_demo(deps, contacts=CONTACTS, zone=UTC)


async def test_every_state_is_there(deps: Dependencies, firm: DemoFirm) -> None:
    by_status = await contact_counts.count_by_status(ContactConditions(), deps.clock.now())
    assert sum(by_status.values()) == CONTACTS
    assert {'joined', 'invited', 'invite_expired', 'not_invited', 'no_access', 'revoked'} <= by_status.keys()
    assert 0.4 < by_status['joined'] / CONTACTS < 0.7
    states = {row.state for row in await OutboxMail.all()}
    assert states == {'sent', 'failed', 'captured', 'queued'}
    counts = await portal_counts(deps)
    assert counts.online > 5
    assert counts.inside
    shared = await Login.filter(id__in=[one.login_id for one in await Contact.filter(login_id__not_isnull=True)])
    assert len(shared) < await Contact.filter(login_id__not_isnull=True).count(), 'some share an address'


async def test_the_weeks_look_like_weeks(deps: Dependencies, firm: DemoFirm) -> None:
    weeks = await cohorts(deps, 20, 'week')
    assert sum(one.invited > 0 for one in weeks) >= 18
    assert all(one.joined <= one.invited for one in weeks)
    busiest = max(one.invited for one in weeks)
    assert weeks[0].invited < busiest / 3, 'it began with a pilot'


async def test_the_log_reads_in_order_and_staff_rest_at_the_weekend(deps: Dependencies, firm: DemoFirm) -> None:
    rows = await AuditEvent.all().order_by('id')
    moments = [row.at for row in rows]
    assert moments == sorted(moments)
    assert moments[-1] <= deps.clock.now()
    by_staff = [row.at for row in rows if row.actor_kind == 'staff']
    assert all(at.weekday() < 5 for at in by_staff)
    assert all(7 <= at.hour < 19 for at in by_staff)
    at_weekends = [row.at for row in rows if row.actor_kind == 'visitor' and row.at.weekday() >= 5]
    assert 0 < len(at_weekends) < len(rows) / 10


async def test_what_a_row_says_others_confirm(deps: Dependencies, firm: DemoFirm) -> None:
    for contact in await Contact.all():
        assert contact.joined_at is None or contact.joined_at >= contact.access_granted_at >= contact.created_at
        assert contact.email is None or normalise_address(contact.email) == contact.email
        assert contact.invited_at is None or contact.invited_at >= contact.created_at
    inside = await ClientSession.all()
    logins = {row.id: row for row in await Login.all()}
    assert inside
    assert all(logins[row.login_id].last_sign_in_at >= row.created_at for row in inside)


async def test_names_are_the_same_each_time_and_the_password_is_not(
    deps: Dependencies, firm: DemoFirm, tmp_path: Path
) -> None:
    assert [one.name for one in await Contact.all().order_by('id').limit(3)] == [
        'Mónica Delgado',
        'Yusuf El-Amin',
        'Marchand Physio',
    ]
    assert re.fullmatch(r'[a-z0-9]{4}(-[a-z0-9]{4}){3}', firm.password)
    assert await sign_in_staff(deps, Visitor('127.0.0.1'), firm.owner_email, firm.password)
    assert await sign_in_staff(deps, Visitor('127.0.0.1'), firm.staff_email, firm.password)


async def test_there_is_something_to_come_in_for(deps: Dependencies, firm: DemoFirm) -> None:
    """What a client of the demo finds could have been written on the page: nothing in it is refused."""
    client = await Contact.filter(portal_access=True).first()
    assert client
    kinds = [one.kind for one in await items_of_contact(client.id)]
    assert kinds == ['announcement'] * 2 + ['link'] * 4
    for title, text in ANNOUNCEMENTS:
        assert await announcements.faults_of(Announcement(title, text)) == {}
    for title, text, icon, url, _ in LINKS:
        assert await links.faults_of(Link(title, url, text, icon)) == {}


async def test_it_refuses_a_database_in_use(deps: Dependencies, firm: DemoFirm) -> None:
    with pytest.raises(RuntimeError, match='empty'):
        await fill_demo(deps)


async def test_whoever_was_asked_in_can_come(deps: Dependencies, firm: DemoFirm) -> None:
    before = (await portal_counts(deps)).joined
    guest = firm.waiting[0]
    await redeem_magic_link(deps, Visitor(guest.ip, guest.browser), guest.link)
    assert (await portal_counts(deps)).joined == before + 1


async def test_visitors_come_and_go(deps: Dependencies, firm: DemoFirm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('domain.demo.visitors.TYPING', (0.0, 0.01))
    before = await AuditEvent.filter(kind='access:session:started').count()
    visitors = Visitors(deps, firm)
    for _ in range(12):
        await visitors.somebody_comes()
    assert await AuditEvent.filter(kind='access:session:started').count() == before + 12
    assert (await portal_counts(deps)).online > 5


def test_it_is_served_and_leaves_nothing_behind(tmp_path: Path) -> None:
    port = free_port()
    environment = Served(tmp_path, port=port).environment() | {'TMPDIR': str(tmp_path)}
    process = subprocess.Popen(
        [sys.executable, str(ROOT / 'main.py'), 'demo', '--contacts', '60'],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=tmp_path,
        env=environment,
        preexec_fn=dies_with_parent(),
    )
    try:
        _wait_until_it_answers(port, process)
        assert list(tmp_path.glob('foyer-demo-*/foyer.sqlite3'))
        process.terminate()
        said, _ = process.communicate(timeout=15)
    finally:
        process.kill()
        process.wait()
    assert 'olga@northwind.example' in said
    assert re.search(r'password +[a-z0-9-]{19}', said)
    assert 'setup?token' not in said
    assert 'Traceback' not in said
    assert not list(tmp_path.glob('foyer-demo-*'))


def _wait_until_it_answers(port: int, process: 'subprocess.Popen[str]') -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        try:
            with urlopen(f'http://127.0.0.1:{port}/healthz', timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError('it does not answer')
