"""`import-contacts` in a process of its own, beside a served program: that does the work, as long as it lives."""

import asyncio
import subprocess
import sys
import time
from pathlib import Path

from domain.actors import SystemActor
from domain.dependencies import Dependencies
from domain.jobs.jobs import begin_job
from domain.jobs.kinds import JobState
from domain.unit_of_work import deed, unit_of_work
from storage.database import DatabaseUrl
from storage.models import Contact, Job, JobLease
from tests.domain.contacts.importing.files import csv
from tests.domain.jobs.running import until
from tests.support.processes import dies_with_parent
from tests.support.served import WATCHED, Served
from tests.support.socket import LivePage, LiveSocket
from tests.ui.portal import Portal

DOOR = {'path': '/sign-in?notice=ended', 'new_tab': False}
ROWS = 6_000


def command(served: Served, file: Path) -> 'subprocess.Popen[str]':
    return subprocess.Popen(
        [sys.executable, str(WATCHED), 'import-contacts', str(file)],
        cwd=served.data_dir,
        env=served.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding='utf-8',
        preexec_fn=dies_with_parent(),
    )


def test_a_file_that_revokes_closes_the_open_page_at_once(portal: Portal, tmp_path: Path) -> None:
    """R13, R36: on SQLite too, where the pages hear nothing of another process. A job that rests is left at rest."""
    address = portal.address()
    contact_id = portal.contact('Ines Holm', address)
    visitor = portal.visitor()
    assert visitor.use(portal.link_for(contact_id)).status_code == 303
    page = LivePage(visitor.get('/').text)

    resting = portal.inside(one_that_rests)
    before = portal.rows('SELECT * FROM job WHERE id = ?', resting)
    file = tmp_path / 'list.csv'
    news = [portal.address() for _ in range(3)]
    file.write_bytes(csv(f'Ines Holm,{address},,,no,', *(f'New,{one},,,,' for one in news)))
    with LiveSocket(portal.base_url, page.client_id, cookies=visitor.cookie_header) as socket:
        begun = command(portal.served, file)
        portal.wait_for(lambda: portal.rows('SELECT 1 FROM contact WHERE id = ? AND NOT portal_access', contact_id))
        revoked = time.monotonic()
        assert socket.hear('open', 2.0) == DOOR
        assert time.monotonic() - revoked < 2
        out, err = begun.communicate(timeout=30)
    assert (begun.returncode, err) == (0, '')
    assert out.splitlines() == [
        'Line 2: changed', *(f'Line {line}: new' for line in range(3, 6)), '3 new, 1 changed, 0 unchanged, 0 refused'
    ]  # fmt: skip
    for one in news:
        assert portal.rows('SELECT count(*) FROM contact WHERE email = ?', one) == [(1,)]
    assert portal.rows('SELECT * FROM job WHERE id = ?', resting) == before


@deed
async def one_that_rests(deps: Dependencies) -> int:
    """A job that nobody has begun to work on yet, and nobody is to."""
    async with unit_of_work(deps) as work:
        job_id = await begin_job(work, SystemActor(), 'give_access', {})
        await Job.filter(id=job_id).update(state=JobState.PAUSED.value)
        return job_id


async def test_the_command_takes_over_from_a_server_that_dies(opened: DatabaseUrl, tmp_path: Path) -> None:
    """Once its lease has run out; each row has gone in once, and is told once."""
    served = Served(tmp_path / 'served', database_url=opened.url)
    file = tmp_path / 'list.csv'
    file.write_bytes(csv(*(f'Client {one},c{one}@x.example,,,,' for one in range(ROWS))))
    with served:
        begun = command(served, file)
        telling = asyncio.create_task(asyncio.to_thread(begun.communicate))

        async def is_at_work() -> bool:
            assert begun.poll() is None, 'the command is there as long as the job'
            return await Contact.exists()

        await until(is_at_work)
        (serving,) = await JobLease.all().values_list('holder', flat=True)
        served.kill()
    assert 0 < (await Job.get()).position < ROWS, 'it died in the middle'
    out, err = await asyncio.wait_for(telling, 60)
    assert (begun.returncode, err) == (0, '')
    assert out.splitlines() == [
        *(f'Line {line}: new' for line in range(2, ROWS + 2)), f'{ROWS:,} new, 0 changed, 0 unchanged, 0 refused'
    ]  # fmt: skip
    assert await Contact.all().count() == ROWS
    assert serving not in await JobLease.all().values_list('holder', flat=True)
