"""The runner: batches that commit with how far the job has come, turns, one instance at a time, faults."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from tortoise.exceptions import IntegrityError, OperationalError

from domain.actors import StaffActor
from domain.audit import AuditKind
from domain.dependencies import Dependencies
from domain.errors import JobIsOver
from domain.events import ActivityRecorded, ContactsChanged, EventBus, JobChanged
from domain.jobs import kinds
from domain.jobs.jobs import cancel_job, job_items, pause_job, read_job, resume_job, retry_failed, start_job
from domain.jobs.kinds import ItemState, JobFault, JobState
from domain.jobs.work import LeaseLost, take_lease, work_some
from storage.database import StorageErrors
from storage.models import JobItem, StaffMember
from tests.domain.jobs.letters import Letters
from tests.domain.jobs.running import QUICK, over, running, until
from tests.factories import audit_rows, given_contact, given_owner, given_staff, heard


async def given_contacts(deps: Dependencies, number: int) -> list[int]:
    return [(await given_contact(deps, f'Client {one:03}', f'c{one}@x.example')).id for one in range(number)]


async def letters_to() -> Counter[int]:
    return Counter(int(row.contact_id or 0) for row in await audit_rows(AuditKind.LINK_MADE))


async def test_every_member_is_dealt_with_once_and_says_what_became_of_it(deps: Dependencies, letters: Letters) -> None:
    owner = await given_owner(deps)
    ids = await given_contacts(deps, 20)
    job_id = await start_job(deps, owner, 'letters', {'ids': [*ids, 4711]}, {'contacts': 21})
    async with running(deps):
        (job,) = await over(deps, owner, job_id)
    assert (job.state, job.total, job.done, job.skipped, job.failed) == (JobState.DONE, 21, 20, 1, 0)
    assert [(one.state, one.reason, one.number) for one in job.results] == [
        (ItemState.DONE, 'written', 20),
        (ItemState.SKIPPED, 'gone', 1),
    ]
    assert job.facts == {'contacts': 21}
    assert await letters_to() == Counter(ids)
    page = await job_items(deps, owner, job_id, state=ItemState.SKIPPED)
    assert [(row.contact_id, row.reason, row.exists) for row in page.rows] == [(4711, 'gone', False)]
    assert {row.actor_name for row in await audit_rows(AuditKind.LINK_MADE)} == {owner.name}
    assert {row.ip for row in await audit_rows(AuditKind.LINK_MADE)} == {owner.ip}


async def test_the_end_is_written_down_with_what_it_came_to(deps: Dependencies, letters: Letters) -> None:
    """R59: in the name of whoever it worked for, and once; what it did to each says which job did it."""
    owner = await given_owner(deps)
    ids = await given_contacts(deps, 9)
    letters.refused = {ids[0]}
    job_id = await start_job(deps, owner, 'letters', {'ids': [*ids, 4711]}, {'contacts': 10})
    async with running(deps):
        await over(deps, owner, job_id)
    (end,) = await audit_rows(AuditKind.JOB_FINISHED)
    assert (end.actor_name, end.job_id) == (owner.name, None)
    numbers = {'contacts': 10, 'done': 8, 'skipped': 1, 'failed': 1}
    assert end.detail == {'job_id': job_id, 'job_kind': 'letters', **numbers}
    assert {row.job_id for row in await audit_rows(AuditKind.LINK_MADE)} == {job_id}


async def test_a_batch_tells_once_what_it_did(deps: Dependencies, letters: Letters) -> None:
    """Live pages must not drown: one event names everybody whom the batch concerned."""
    owner = await given_owner(deps)
    ids = await given_contacts(deps, 8)
    job_id = await start_job(deps, owner, 'letters', {'ids': ids})
    told = heard(deps, ContactsChanged, ActivityRecorded)
    async with running(deps):
        await over(deps, owner, job_id)
    each = [(ActivityRecorded(tuple(part)), ContactsChanged(tuple(part))) for part in (ids[:4], ids[4:])]
    assert told == [*each[0], *each[1], ActivityRecorded()]


async def test_jobs_take_turns(deps: Dependencies, letters: Letters) -> None:
    """Two jobs do not fight: a small one is not kept waiting by a large one that came first."""
    owner = await given_owner(deps)
    ids = await given_contacts(deps, 24)
    large = await start_job(deps, owner, 'letters', {'ids': ids})
    small = await start_job(deps, owner, 'letters', {'ids': ids[:4]})
    async with running(deps):
        jobs = await over(deps, owner, large, small)
    assert [job.done for job in jobs] == [24, 4]
    order = [job_id for job_id, _ in letters.batches]
    assert order.index(small) <= 2
    assert (await letters_to())[ids[0]] == 2


async def test_two_instances_never_work_at_once(deps: Dependencies, letters: Letters) -> None:
    """By the lease: whoever has it works, the other waits; nothing is done twice."""
    owner = await given_owner(deps)
    ids = await given_contacts(deps, 40)
    here, there = deps, replace(deps, events=EventBus())
    async with running(here), running(there):
        job_ids = [await start_job(deps, owner, 'letters', {'ids': ids}) for _ in range(2)]
        await over(deps, owner, *job_ids)
    assert await letters_to() == Counter(ids * 2)


async def test_an_instance_that_lost_its_lease_writes_nothing_any_more(deps: Dependencies, letters: Letters) -> None:
    """One that was only slow, while another took over: its batch is undone, and done by the other."""
    owner = await given_owner(deps)
    ids = await given_contacts(deps, 4)
    job_id = await start_job(deps, owner, 'letters', {'ids': ids})
    first, second = ('first', timedelta(0)), ('second', timedelta(seconds=6))
    assert await take_lease(deps, first)
    assert await take_lease(deps, second), 'the lease of the first had run out'
    with pytest.raises(LeaseLost):
        await work_some(deps, job_id, first, 4, 0, True)
    assert not await take_lease(deps, first)
    assert await JobItem.all().count() == 0
    for _ in range(3):
        await work_some(deps, job_id, second, 4, 0, True)
    assert await letters_to() == Counter(ids)


async def test_pause_resume_and_cancel(deps: Dependencies, letters: Letters) -> None:
    owner = await given_owner(deps)
    ids = await given_contacts(deps, 40)
    job_id = await start_job(deps, owner, 'letters', {'ids': ids})
    async with running(deps):
        await until(lambda: has_done(deps, owner, job_id, 4))
        await pause_job(deps, owner, job_id)
        await asyncio.sleep(0.05)
        before = await read_job(deps, owner, job_id)
        assert (before.state, before.can_resume, before.can_pause) == (JobState.PAUSED, True, False)
        await asyncio.sleep(0.1)
        assert (await read_job(deps, owner, job_id)).done == before.done < 40
        other = await given_staff(deps, name='Tom Other')
        await resume_job(deps, other, job_id)
        await until(lambda: has_done(deps, owner, job_id, before.done + 1))
        await cancel_job(deps, owner, job_id)
        (job,) = await over(deps, owner, job_id)
        await asyncio.sleep(0.1)
    assert job.state is JobState.CANCELLED
    assert job.finished_at is not None
    assert await letters_to() == Counter(ids[: job.done])
    assert {row.actor_name for row in await audit_rows(AuditKind.LINK_MADE)} == {owner.name, 'Tom Other'}
    for act in (pause_job, resume_job, cancel_job, retry_failed):
        with pytest.raises(JobIsOver):
            await act(deps, owner, job_id)


async def has_done(deps: Dependencies, actor: StaffActor, job_id: int, number: int) -> bool:
    return (await read_job(deps, actor, job_id)).done >= number


async def test_only_what_failed_is_tried_again(deps: Dependencies, letters: Letters) -> None:
    owner = await given_owner(deps)
    ids = await given_contacts(deps, 9)
    letters.refused = set(ids[3:5])
    job_id = await start_job(deps, owner, 'letters', {'ids': ids})
    async with running(deps):
        (job,) = await over(deps, owner, job_id)
        assert (job.done, job.failed, job.can_retry) == (7, 2, True)
        letters.refused = set()
        assert await retry_failed(deps, owner, job_id) == 2
        (job,) = await over(deps, owner, job_id)
    assert (job.done, job.failed, job.can_retry) == (9, 0, False)
    assert [(one.reason, one.number) for one in job.results] == [('written', 9)]
    assert await letters_to() == Counter(ids)


@pytest.mark.parametrize('error', [ZeroDivisionError(), IntegrityError('unique'), OperationalError('out of range')])
async def test_a_member_that_makes_the_program_stumble_fails_alone(
    deps: Dependencies, letters: Letters, error: Exception
) -> None:
    """F5: the rest of its batch is done all the same, once, also where it is the database that refuses the member."""
    owner = await given_owner(deps)
    ids = await given_contacts(deps, 20)

    def stumble(contact_ids: Sequence[int]) -> None:
        if ids[6] in contact_ids:
            raise error

    letters.hook = stumble
    job_id = await start_job(deps, owner, 'letters', {'ids': ids})
    async with running(deps):
        (job,) = await over(deps, owner, job_id)
    assert (job.done, job.failed) == (19, 1)
    page = await job_items(deps, owner, job_id, state=ItemState.FAILED)
    assert [(row.contact_id, row.reason) for row in page.rows] == [(ids[6], kinds.STUMBLED)]
    assert await letters_to() == Counter(one for one in ids if one != ids[6])


async def test_a_fault_of_the_database_makes_a_job_wait(deps: Dependencies, letters: Letters) -> None:
    """F7, F8, F10: it goes on by itself, and nothing of the batch was written."""
    owner = await given_owner(deps)
    ids = await given_contacts(deps, 8)
    faults = iter([StorageErrors[0]('locked'), ConnectionError()])

    def fail(_: Sequence[int]) -> None:
        for fault in faults:
            raise fault

    letters.hook = fail
    job_id = await start_job(deps, owner, 'letters', {'ids': ids})
    async with running(deps):
        (job,) = await over(deps, owner, job_id)
    assert (job.done, job.failed) == (8, 0)
    assert await letters_to() == Counter(ids)


async def test_a_database_that_is_busy_for_long_costs_nobody_their_turn(deps: Dependencies, letters: Letters) -> None:
    """F7: the same fault over and over is no member's as long as it is the database's own."""
    owner = await given_owner(deps)
    ids = await given_contacts(deps, 3)
    busy = sqlite3.OperationalError('database is locked')
    busy.sqlite_errorcode = sqlite3.SQLITE_BUSY
    faults = iter([OperationalError(busy)] * 12)

    def fail(_: Sequence[int]) -> None:
        for fault in faults:
            raise fault

    letters.hook = fail
    job_id = await start_job(deps, owner, 'letters', {'ids': ids})
    async with running(deps, replace(QUICK, first=1, smallest=1)):
        (job,) = await over(deps, owner, job_id)
    assert (job.done, job.failed) == (3, 0)
    assert await letters_to() == Counter(ids)


@pytest.mark.parametrize('lost', ['disabled', 'gone', 'role'])
async def test_a_job_of_who_may_no_longer_do_it_stops_and_says_why(
    deps: Dependencies, letters: Letters, lost: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R57: whoever was disabled, removed or given another role meanwhile; somebody who may can go on."""
    owner, staff = await given_owner(deps), await given_staff(deps)
    ids = await given_contacts(deps, 12)
    if lost == 'role':
        monkeypatch.setattr(Letters, 'permission', kinds.Permission.EXPORT_REPORT)
        await StaffMember.filter(id=staff.staff_id).update(role='owner')

    async def lose() -> None:
        if lost == 'gone':
            await StaffMember.filter(id=staff.staff_id).delete()
        else:
            changes = {'disabled_at': deps.clock.now()} if lost == 'disabled' else {'role': 'staff'}
            await StaffMember.filter(id=staff.staff_id).update(**changes)

    job_id = await start_job(deps, staff, 'letters', {'ids': ids})
    losing: list[asyncio.Task[None]] = []
    letters.hook = lambda _: losing.append(asyncio.create_task(lose())) if not losing else None
    async with running(deps, replace(QUICK, rest=2, shortest_rest=0.2)):
        (job,) = await over(deps, owner, job_id)
        assert (job.state, job.fault) == (JobState.PAUSED, JobFault.NOT_ALLOWED)
        assert job.done == 4
        await resume_job(deps, owner, job_id)
        (job,) = await over(deps, owner, job_id)
    assert (job.state, job.fault, job.done) == (JobState.DONE, None, 12)
    names = [row.actor_id for row in await audit_rows(AuditKind.LINK_MADE)]
    assert names == [staff.staff_id] * 4 + [owner.staff_id] * 8


async def test_a_kind_that_this_version_does_not_know_waits(deps: Dependencies, letters: Letters) -> None:
    """An older instance beside a newer one does not do what it cannot."""
    owner = await given_owner(deps)
    job_id = await start_job(deps, owner, 'letters', {'ids': await given_contacts(deps, 2)})
    del kinds._kinds['letters']
    async with running(deps):
        (job,) = await over(deps, owner, job_id)
    assert (job.state, job.fault) == (JobState.PAUSED, JobFault.STUMBLED)


async def test_stopping_gives_the_lease_back_and_the_next_start_goes_on(deps: Dependencies, letters: Letters) -> None:
    """Survives a restart."""
    owner = await given_owner(deps)
    ids = await given_contacts(deps, 60)
    job_id = await start_job(deps, owner, 'letters', {'ids': ids})
    async with running(deps):
        await until(lambda: has_done(deps, owner, job_id, 4))
    assert (await read_job(deps, owner, job_id)).done < 60
    async with running(deps):
        (job,) = await over(deps, owner, job_id)
    assert job.done == 60
    assert await letters_to() == Counter(ids)


async def test_pages_hear_of_progress_now_and_then_and_of_the_end(deps: Dependencies, letters: Letters) -> None:
    """Four times a second at most: a batch takes a tenth of that."""
    owner = await given_owner(deps)
    job_id = await start_job(deps, owner, 'letters', {'ids': await given_contacts(deps, 40)})
    told = heard(deps, JobChanged)
    states: list[int] = []
    deps.events.on(JobChanged, lambda _: states.append(len(letters.batches)))
    async with running(deps, replace(QUICK, tell_every=60)):
        await over(deps, owner, job_id)
    gathered = 6  # in sevens
    assert len(told) <= gathered + 3
    assert told[-1] == JobChanged(job_id)


async def test_the_rate_says_when_it_will_be_done(deps: Dependencies, letters: Letters) -> None:
    owner = await given_owner(deps)
    job_id = await start_job(deps, owner, 'letters', {'ids': await given_contacts(deps, 40)})
    assert (await read_job(deps, owner, job_id)).seconds_left is None
    async with running(deps, replace(QUICK, shortest_rest=0.1)):
        await until(lambda: has_done(deps, owner, job_id, 12))
        job = await read_job(deps, owner, job_id)
        assert 10 < job.rate < 60
        assert job.seconds_left is not None
        assert 0 < job.seconds_left <= 3
