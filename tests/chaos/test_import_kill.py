"""kill -9 in the middle of an import, again and again, by several instances where there are several."""

import asyncio
import random
from collections import Counter
from pathlib import Path

import pytest

from domain.audit import AuditKind
from domain.dependencies import Dependencies, SystemClock
from domain.jobs.jobs import read_job
from domain.jobs.kinds import JobState
from storage.database import DatabaseUrl
from storage.models import AuditEvent, Contact, ImportRefusal, Job, JobItem, Login
from tests.chaos.test_bulk_kill import an_instance
from tests.domain.contacts.importing.files import begun, csv, look_at
from tests.factories import given_contact, given_owner
from tests.support.clock import FixedClock

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(400)]

ROWS = 3_000
THERE = 200  # contacts before, of which each second changes and each fifth loses its access
KILLS = 12


def a_row(one: int) -> str:
    """One in ten is broken; one in ten comes twice, far apart; the first are those that are there."""
    if one % 10 == 9:
        return f'Broken {one},no address,,,yes,'
    if one >= ROWS - 200:
        return a_row(one - ROWS + 200)
    if one < THERE:
        return f'There {one},there{one}@x.example,,{"New" if one % 2 else "Old"},{"no" if one % 5 == 0 else ""},'
    return f'Name {one},a{one // 2}@x.example,,Org {one % 7},yes,P-{one}'


async def test_killed_again_and_again_each_row_goes_in_once(
    deps: Dependencies, database: DatabaseUrl, clock: FixedClock, tmp_path: Path
) -> None:
    """Nothing lost, nothing doubled: rows, refusals, what is recorded, and the counts that were foretold."""
    clock.set(SystemClock().now())
    owner = await given_owner(deps)
    for one in range(THERE):
        await given_contact(deps, f'There {one}', f'there{one}@x.example', organisation='Old')
    looked = await look_at(deps, owner, csv(*map(a_row, range(ROWS))))
    job_id = await begun(deps, owner, looked)
    instances = 1 if database.is_sqlite else 2
    at_work = 0
    for _ in range(KILLS):
        running = [an_instance(database, tmp_path) for _ in range(instances)]
        before, waited = (await Job.get(id=job_id)).position, 0.0
        while (await Job.get(id=job_id)).position == before and waited < 15:
            await asyncio.sleep(0.01)
            waited += 0.01
        await asyncio.sleep(random.random() * 0.1)
        for one in running:
            one.kill()
            one.wait()
        at_work += not (await read_job(deps, owner, job_id)).is_over
    running = [an_instance(database, tmp_path) for _ in range(instances)]
    try:
        async with asyncio.timeout(180):
            while await Job.exclude(state=JobState.DONE.value).exists():  # noqa: ASYNC110 - other processes do it
                await asyncio.sleep(0.1)
    finally:
        for one in running:
            one.kill()
            one.wait()
    print(f'{at_work} kills while it was at work')
    assert at_work >= KILLS // 3
    job = await read_job(deps, owner, job_id)
    assert job.counts == {name: number for name, number in vars(looked.preview.counts).items() if number}
    assert job.handled == ROWS
    await everything_is_there_once(job_id)


async def everything_is_there_once(job_id: int) -> None:
    good = [one for one in range(ROWS - 200) if one % 10 != 9]
    new, there = [one for one in good if one >= THERE], [one for one in good if one < THERE]
    known = await Contact.all().order_by('id').values_list('name', 'organisation', 'portal_access')
    assert Counter(name for name, _, _ in known) == Counter(
        [*(f'There {one}' for one in range(THERE)), *(f'Name {one}' for one in new)]
    )
    assert {name: (organisation, access) for name, organisation, access in known if name.startswith('There')} == {
        f'There {one}': ('New' if one % 2 and one in there else 'Old', not (one in there and one % 5 == 0))
        for one in range(THERE)
    }
    created = await AuditEvent.filter(kind=AuditKind.CONTACT_CREATED.value).count()
    edited = Counter(
        await AuditEvent.filter(kind=AuditKind.CONTACT_EDITED.value).values_list('contact_name', flat=True)
    )
    revoked = Counter(
        await AuditEvent.filter(kind=AuditKind.ACCESS_REVOKED.value).values_list('contact_name', flat=True)
    )
    assert created == THERE + len(new)
    assert edited == Counter(f'There {one}' for one in there if one % 2)
    assert revoked == Counter(f'There {one}' for one in there if one % 5 == 0)
    items = await JobItem.filter(job_id=job_id).values_list('contact_id', flat=True)
    assert len(items) == len(set(items)) == len(good)
    numbers = Counter(await ImportRefusal.filter(job_id=job_id).values_list('number', flat=True))
    assert numbers == Counter(one for one in range(ROWS) if one % 10 == 9)
    emails = Counter(await Login.all().values_list('email', flat=True))
    assert max(emails.values()) == 1


async def recorded(kind: AuditKind) -> Counter[str]:
    """Of whom this stands in the audit log, and how often."""
    return Counter([row.contact_name for row in await AuditEvent.filter(kind=kind.value).only('contact_name')])
