"""Deleting and revoking many: nothing is done to others, or to more or fewer, than somebody agreed to."""

from collections.abc import Iterator

import pytest

from domain.audit import AuditKind
from domain.contacts import bulk_kinds
from domain.contacts.bulk import BulkKind, start_bulk
from domain.contacts.contact_filter import ContactFilter
from domain.contacts.selection import Selection
from domain.dependencies import Dependencies
from domain.errors import SignInNotFresh
from domain.jobs import kinds
from domain.jobs.jobs import pause_job, resume_job, retry_failed
from domain.jobs.kinds import JobFault, JobState
from storage.models import Contact, Job, JobItem
from tests.domain.jobs.running import worked_off
from tests.factories import audit_rows, given_contact, given_owner, later
from tests.support.clock import FixedClock

SILENT = Selection(fits=ContactFilter(search='silent'))


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    """Members are gathered two at a time."""
    before = dict(kinds._kinds)
    for kind in bulk_kinds.KINDS:
        kinds.register_kind(kind(gathered_at_once=2))
    yield
    kinds._kinds.clear()
    kinds._kinds.update(before)


async def given_silent(deps: Dependencies, number: int = 5) -> list[int]:
    return [(await given_contact(deps, f'Silent {one}', f's{one}@x.example')).id for one in range(number)]


@pytest.mark.parametrize('kind', [BulkKind.DELETE, BulkKind.REVOKE_ACCESS])
@pytest.mark.parametrize('change', ['more', 'fewer', 'others'])
async def test_who_fits_the_filter_later_was_not_in_the_number(deps: Dependencies, kind: BulkKind, change: str) -> None:
    """A contact that was there already is changed before the job begins, even if it had been paused meanwhile.

    One that goes while another comes leaves the number as it was.
    """
    owner = await given_owner(deps)
    ids = await given_silent(deps)
    other = await given_contact(deps, 'Otto', 'otto@x.example')
    job_id = await start_bulk(deps, owner, kind, SILENT, counted=5)
    await pause_job(deps, owner, job_id)
    if change != 'fewer':
        await Contact.filter(id=other.id).update(search_text='  silent')
    if change != 'more':
        await Contact.filter(id=ids[3]).update(search_text='  otto')
    await resume_job(deps, owner, job_id)
    job = await worked_off(deps, owner, job_id)
    assert (job.state, job.fault, job.handled) == (JobState.CANCELLED, JobFault.NUMBER_DIFFERS, 0)
    assert not job.can_resume
    assert job.finished_at is not None
    assert await Contact.filter(portal_access=True).count() == 6
    (row,) = await audit_rows(AuditKind.JOB_CANCELLED)
    assert row.actor_kind == 'system'


async def test_who_has_no_access_is_chosen_and_not_counted(deps: Dependencies) -> None:
    """The number that is typed is of those to whom something is done."""
    owner = await given_owner(deps)
    await given_silent(deps)
    await given_contact(deps, 'Silent and without', 'without@x.example', access=False)
    job_id = await start_bulk(deps, owner, BulkKind.REVOKE_ACCESS, SILENT, counted=5)
    job = await worked_off(deps, owner, job_id)
    assert (job.state, job.fault, job.done, job.skipped) == (JobState.DONE, None, 5, 1)


async def test_going_on_with_a_deletion_asks_who_sits_there(deps: Dependencies, clock: FixedClock) -> None:
    """R38: as beginning it does, since it is done in the name of who resumes it. Pausing asks nobody."""
    owner = await given_owner(deps)
    await given_silent(deps)
    job_id = await start_bulk(deps, owner, BulkKind.DELETE, SILENT, counted=5)
    later(clock, minutes=16)
    await pause_job(deps, owner, job_id)
    with pytest.raises(SignInNotFresh):
        await resume_job(deps, owner, job_id)
    fresh = await given_owner(deps)
    await resume_job(deps, fresh, job_id)
    assert (await worked_off(deps, fresh, job_id)).done == 5
    await JobItem.filter(job_id=job_id).update(state='failed')
    await Job.filter(id=job_id).update(done=0, failed=5)
    with pytest.raises(SignInNotFresh):
        await retry_failed(deps, owner, job_id)
    assert await retry_failed(deps, fresh, job_id) == 5
