"""kill -9 in the middle of bulk jobs, again and again, by several instances where there are several."""

import asyncio
import random
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from domain.actors import StaffActor
from domain.audit import AuditKind
from domain.contacts.bulk import COUNTED, BulkKind, start_bulk
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
from tests.support.processes import dies_with_parent

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(400)]

KILLS = 15
ROOT = Path(__file__).parents[2]
INSTANCE = """
import asyncio, sys
from domain.contacts.bulk_kinds import KINDS
from domain.contacts.importing.run import ImportKind
from domain.dependencies import build_dependencies
from domain.jobs.kinds import register_kind
from domain.jobs.runner import JobRunner, Pace
from domain.settings import Settings
from storage.database import DatabaseUrl, open_database

async def main():
    database, folder, key = sys.argv[1:]
    settings = Settings(_env_file=None, database_url=database, data_dir=folder, secret_key=key)
    for kind in (*(kind(gathered_at_once=50) for kind in KINDS), ImportKind()):
        register_kind(kind)
    async with open_database(DatabaseUrl(database)):
        JobRunner(build_dependencies(settings), Pace(held_for=1.5, smallest=5, largest=25, rest=1)).start()
        await asyncio.Event().wait()

asyncio.run(main())
"""


@dataclass(frozen=True)
class Begun:
    """A job of this test, and its contacts."""

    job_id: int
    kind: BulkKind
    ids: tuple[int, ...]


NUMBERS = {
    BulkKind.INVITE: 300,
    BulkKind.LOGIN_EMAIL: 150,
    BulkKind.REVOKE_ACCESS: 150,
    BulkKind.REMINDER: 100,
    BulkKind.DELETE: 150,
}


def an_instance(database: DatabaseUrl, folder: Path) -> 'subprocess.Popen[bytes]':
    arguments = [sys.executable, '-c', INSTANCE, database.url, str(folder), SECRET_KEY]
    quiet: dict[str, Any] = {'stdout': subprocess.DEVNULL, 'stderr': subprocess.DEVNULL}
    return subprocess.Popen(arguments, cwd=ROOT, preexec_fn=dies_with_parent(), **quiet)


async def how_far() -> int:
    return sum([job.total + job.done + job.skipped + job.failed for job in await Job.all()])


@pytest.mark.parametrize('by_filter', [False, True], ids=['ticked', 'all_that_fit'])
async def test_killed_again_and_again_everybody_is_dealt_with_once(
    deps: Dependencies, database: DatabaseUrl, clock: FixedClock, tmp_path: Path, by_filter: bool
) -> None:
    """Nothing lost, nothing doubled: what is done, what became of each and how far the job has come commit together.

    Neither between two batches nor between two stretches of members that are looked for.
    """
    register_kinds()
    clock.set(SystemClock().now())
    owner = await given_owner(deps)
    begun = [await begin(deps, owner, kind, by_filter=by_filter) for kind in NUMBERS]
    instances = 1 if database.is_sqlite else 2
    while_gathering = while_at_work = 0
    for number in range(KILLS):
        running = [an_instance(database, tmp_path) for _ in range(instances)]
        before, waited = await how_far(), 0.0
        while await how_far() == before and waited < 15:
            await asyncio.sleep(0.01)
            waited += 0.01
        await asyncio.sleep(random.random() * min(0.3, number * 0.03))
        for one in running:
            one.kill()
            one.wait()
        while_gathering += await Job.filter(gathered=False, total__gt=0).exists()
        while_at_work += await Job.filter(gathered=True).exclude(state=JobState.DONE.value).exists()
    running = [an_instance(database, tmp_path) for _ in range(instances)]
    try:
        async with asyncio.timeout(120):
            while await Job.exclude(state=JobState.DONE.value).exists():  # noqa: ASYNC110 - other processes do it
                await asyncio.sleep(0.1)
    finally:
        for one in running:
            one.kill()
            one.wait()
    print(f'{while_gathering} kills while members were looked for, {while_at_work} while they were dealt with')
    assert while_gathering and while_at_work >= KILLS // 5
    for one_job in begun:
        await each_was_dealt_with_once(deps, owner, one_job)
    invited, mailed, revoked, reminded, deleted = begun
    await each_was_invited_once(invited)
    await each_was_mailed_once(mailed)
    assert (
        await Contact.filter(id__in=revoked.ids, portal_access=False, access_revoked_at__not_isnull=True).count() == 150
    )
    await each_was_reminded_once(reminded)
    assert not await Contact.filter(id__in=deleted.ids).exists()


async def begin(deps: Dependencies, owner: StaffActor, kind: BulkKind, *, by_filter: bool) -> Begun:
    """A job for contacts of its own, whose names begin with its kind."""
    word, number = kind.value.replace('_', ''), NUMBERS[kind]
    asked_in = owner if kind is BulkKind.REMINDER else None
    ids = [
        (
            await given_contact(
                deps,
                f'{word} {one}',
                f'{word}{one}@x.example',
                access=kind is not BulkKind.INVITE or one % 2 == 0,
                invited_by=asked_in,
            )
        ).id
        for one in range(number)
    ]
    selection = Selection(fits=ContactFilter(search=word)) if by_filter else Selection(ids=tuple(ids))
    counted = number if kind in COUNTED else None
    message = 'Come in!' if kind is BulkKind.INVITE else ''
    return Begun(await start_bulk(deps, owner, kind, selection, message=message, counted=counted), kind, tuple(ids))


SAID = {
    BulkKind.INVITE: [AuditKind.INVITED],
    BulkKind.LOGIN_EMAIL: [AuditKind.LOGIN_EMAIL_SENT],
    BulkKind.REVOKE_ACCESS: [AuditKind.ACCESS_REVOKED],
    BulkKind.REMINDER: [AuditKind.INVITATION_REMINDED],
    BulkKind.DELETE: [AuditKind.CONTACT_DELETED, AuditKind.ACCESS_REVOKED],
}
"""What the log says of each contact."""
WRITTEN = {BulkKind.INVITE: 'invitation', BulkKind.LOGIN_EMAIL: 'login_email', BulkKind.REMINDER: 'reminder'}
"""The mail that each gets."""


async def each_was_dealt_with_once(deps: Dependencies, owner: StaffActor, begun: Begun) -> None:
    job, once = await read_job(deps, owner, begun.job_id), Counter(begun.ids)
    number = len(begun.ids)
    assert (job.total, job.done, job.skipped, job.failed) == (number, number, 0, 0), begun.kind
    results = await JobItem.filter(job_id=begun.job_id, state='done').values_list('contact_id', flat=True)
    assert Counter(results) == once, begun.kind
    for kind in SAID[begun.kind]:
        rows = await AuditEvent.filter(kind=kind.value, job_id=begun.job_id).values_list('contact_id', flat=True)
        assert Counter(rows) == once, kind
    (end,) = [
        row for row in await AuditEvent.filter(kind=AuditKind.JOB_FINISHED.value) if row.detail['job_id'] == job.id
    ]
    assert end.detail['done'] == number
    mails = await OutboxMail.filter(job_id=begun.job_id)
    assert Counter(mail.contact_id for mail in mails) == (once if begun.kind in WRITTEN else Counter())
    assert {(mail.kind, mail.state) for mail in mails} <= {(WRITTEN.get(begun.kind), 'captured')}
    assert len({mail.token_id for mail in mails}) == len(mails)


async def each_was_invited_once(begun: Begun) -> None:
    for table, which in (
        (Invitation, {'accepted_at': None, 'cancelled_at': None}),
        (OneTimeToken, {'used_at': None, 'voided_at': None, 'purpose': 'invitation'}),
    ):
        found = await table.filter(contact_id__in=begun.ids, **which).values_list('contact_id', flat=True)
        assert Counter(found) == Counter(begun.ids), table.__name__
    assert await Contact.filter(id__in=begun.ids, portal_access=True, email_status='captured').count() == len(begun.ids)


async def each_was_mailed_once(begun: Begun) -> None:
    links = await OneTimeToken.filter(contact_id__in=begun.ids, purpose='sign_in', voided_at=None)
    assert Counter(link.contact_id for link in links) == Counter(begun.ids)


async def each_was_reminded_once(begun: Begun) -> None:
    """The link of the invitation stays good beside that of the reminder; there is still one invitation."""
    asked = await Invitation.filter(contact_id__in=begun.ids, reminded_at__not_isnull=True, cancelled_at=None)
    assert Counter(one.contact_id for one in asked) == Counter(begun.ids)
    links = await OneTimeToken.filter(contact_id__in=begun.ids, purpose='invitation', voided_at=None)
    assert Counter(link.contact_id for link in links) == Counter(begun.ids * 2)
