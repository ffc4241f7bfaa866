"""kill -9 in the middle of bulk jobs, again and again, by several instances where there are several."""

import asyncio
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from domain.audit import AuditKind
from domain.contacts.bulk import BulkKind, start_bulk
from domain.contacts.contact_filter import ContactFilter
from domain.contacts.job_kinds import register_kinds
from domain.contacts.selection import Selection
from domain.dependencies import Dependencies, SystemClock
from domain.jobs.jobs import read_job
from domain.jobs.kinds import JobState
from storage.database import DatabaseUrl
from storage.models import AuditEvent, Contact, Invitation, Job, JobItem, OneTimeToken, OutboxMail
from tests.conftest import SECRET_KEY
from tests.factories import given_contact, given_owner
from tests.support.clock import FixedClock

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(400)]

TO_INVITE, TO_DELETE = 500, 150
KILLS = 12
ROOT = Path(__file__).parents[2]
INSTANCE = """
import asyncio, sys
from domain.contacts.job_kinds import register_kinds
from domain.dependencies import build_dependencies
from domain.jobs.runner import JobRunner, Pace
from domain.settings import Settings
from storage.database import DatabaseUrl, open_database

async def main():
    database, folder, key = sys.argv[1:]
    settings = Settings(_env_file=None, database_url=database, data_dir=folder, secret_key=key)
    register_kinds()
    async with open_database(DatabaseUrl(database)):
        JobRunner(build_dependencies(settings), Pace(held_for=1.5, smallest=5, largest=25, rest=1)).start()
        await asyncio.Event().wait()

asyncio.run(main())
"""


def an_instance(database: DatabaseUrl, folder: Path) -> 'subprocess.Popen[bytes]':
    arguments = [sys.executable, '-c', INSTANCE, database.url, str(folder), SECRET_KEY]
    return subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


async def handled() -> int:
    return sum([job.done + job.skipped + job.failed for job in await Job.all()])


async def test_killed_again_and_again_everybody_is_dealt_with_once(
    deps: Dependencies, database: DatabaseUrl, clock: FixedClock, tmp_path: Path
) -> None:
    """Nothing lost, nothing doubled: what is done, what became of each and how far the job has come commit together."""
    register_kinds()
    clock.set(SystemClock().now())
    owner = await given_owner(deps)
    staying = [
        (await given_contact(deps, f'C{one}', f'c{one}@x.example', access=one % 2 == 0)).id for one in range(TO_INVITE)
    ]
    going = [(await given_contact(deps, f'D{one}', f'd{one}@x.example')).id for one in range(TO_DELETE)]
    everybody = Selection(fits=ContactFilter(), but=tuple(going))
    jobs = [
        await start_bulk(deps, owner, BulkKind.INVITE, everybody, message='Come in!'),
        await start_bulk(deps, owner, BulkKind.DELETE, Selection(ids=tuple(going)), counted=TO_DELETE),
    ]
    instances = 1 if database.is_sqlite else 2
    kills_at_work = 0
    for _ in range(KILLS):
        running = [an_instance(database, tmp_path) for _ in range(instances)]
        before, waited = await handled(), 0.0
        while await handled() == before and waited < 15:
            await asyncio.sleep(0.01)
            waited += 0.01
        await asyncio.sleep(random.random() * 0.1)
        for one in running:
            one.kill()
            one.wait()
        kills_at_work += any([not (await read_job(deps, owner, job_id)).is_over for job_id in jobs])
    running = [an_instance(database, tmp_path) for _ in range(instances)]
    try:
        async with asyncio.timeout(120):
            while await Job.exclude(state=JobState.DONE.value).exists():  # noqa: ASYNC110 - other processes do it
                await asyncio.sleep(0.1)
    finally:
        for one in running:
            one.kill()
            one.wait()
    print(f'{kills_at_work} kills while jobs were at work')
    assert kills_at_work >= KILLS // 3
    await everybody_was_invited_once(staying)
    await everybody_was_deleted_once(going)
    for job_id, number in zip(jobs, (TO_INVITE, TO_DELETE), strict=True):
        job = await read_job(deps, owner, job_id)
        assert (job.total, job.done, job.skipped, job.failed) == (number, number, 0, 0)
        assert await JobItem.filter(job_id=job_id, state='done').count() == number


async def everybody_was_invited_once(ids: list[int]) -> None:
    once = Counter(ids)
    for table, which in (
        (Invitation, {'accepted_at': None, 'cancelled_at': None}),
        (OneTimeToken, {'used_at': None, 'voided_at': None, 'purpose': 'invitation'}),
        (OutboxMail, {'kind': 'invitation', 'state': 'captured'}),
        (AuditEvent, {'kind': AuditKind.INVITED.value}),
    ):
        found = Counter(await table.filter(**which).values_list('contact_id', flat=True))
        assert found == once, table.__name__
    assert await Contact.filter(id__in=ids, portal_access=True, email_status='captured').count() == len(ids)
    carried = await OutboxMail.all().values_list('token_id', flat=True)
    assert len(set(carried)) == len(ids)


async def everybody_was_deleted_once(ids: list[int]) -> None:
    assert not await Contact.filter(id__in=ids).exists()
    for kind in (AuditKind.CONTACT_DELETED, AuditKind.ACCESS_REVOKED):
        rows = await AuditEvent.filter(kind=kind.value).values_list('contact_id', flat=True)
        assert Counter(rows) == Counter(ids)
