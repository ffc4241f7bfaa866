"""Login emails to many: each link still works when its mail arrives, however slowly mail leaves; and no address is
mailed twice, however many contacts bear it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.actors import SystemActor
from domain.audit import AuditKind
from domain.contacts.bulk import BulkKind, start_bulk
from domain.contacts.bulk_kinds import MOST_TOGETHER, LoginEmail, Outcomes
from domain.contacts.contact_filter import ContactFilter
from domain.contacts.job_kinds import register_kinds
from domain.contacts.new_contact import ContactDetails, Kind, NewContact, check_details, insert_contacts
from domain.contacts.selection import Selection
from domain.dependencies import Dependencies
from domain.events import ActivityRecorded
from domain.jobs import kinds
from domain.jobs.jobs import read_job, retry_failed
from domain.jobs.kinds import JobState, RunningJob
from domain.jobs.members import RESTS
from domain.jobs.runner import Pace
from domain.unit_of_work import Work, deed, unit_of_work
from storage import mail_claims
from storage.mail_claims import Verdict
from storage.models import AuditEvent, OutboxMail
from tests.domain.jobs.running import QUICK, over, running, until, worked_off
from tests.factories import given_contact, given_owner, heard, later
from tests.support.clock import FixedClock

PER_MINUTE, CONTACTS = 2, 40  # 20 minutes, for links of 15
MOST = PER_MINUTE * 15 // 2


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    before = dict(kinds._kinds)
    register_kinds()
    yield
    kinds._kinds.clear()
    kinds._kinds.update(before)


async def send_for_a_minute(clock: FixedClock) -> dict[int, Verdict]:
    """What the throttle lets the mail worker send."""
    now = clock.now()
    mails = await mail_claims.lease('a worker', now, now + timedelta(hours=1), PER_MINUTE)
    verdicts = await mail_claims.begin_tries([(mail.id, 'a worker') for mail in mails], now)
    await mail_claims.finish(
        [(mail.id, 'a worker', {'state': 'sent', 'body': None, 'last_answer': ''}) for mail in mails]
    )
    later(clock, minutes=1)
    return verdicts


async def test_no_link_ends_while_its_mail_waits(deps: Dependencies, clock: FixedClock) -> None:
    """R4: a link lives from when its mail is queued; a job queues what can be sent in half of that time."""
    slow = deps.settings.model_copy(update={'smtp_url': 'smtp://127.0.0.1:1', 'mail_per_minute': PER_MINUTE})
    deps = replace(deps, settings=slow)
    owner = await given_owner(deps)
    for one in range(CONTACTS):
        await given_contact(deps, f'C{one}', f'c{one}@x.example')
    job_id = await start_bulk(deps, owner, BulkKind.LOGIN_EMAIL, Selection(fits=ContactFilter()))
    verdicts: dict[int, Verdict] = {}

    async def has_queued_enough() -> bool:
        waiting = await OutboxMail.filter(state='queued').count()
        return waiting >= MOST or (await read_job(deps, owner, job_id)).is_over

    async def rests() -> bool:
        return (await read_job(deps, owner, job_id)).counts.get(RESTS) == 1

    async with running(deps, replace(QUICK, longest_nap=0.02)):
        await until(rests)
        for _ in range(CONTACTS // PER_MINUTE):
            await until(has_queued_enough)
            assert await OutboxMail.filter(state='queued').count() <= MOST
            verdicts |= await send_for_a_minute(clock)
    assert len(verdicts) == CONTACTS
    assert set(verdicts.values()) == {Verdict.GO}
    job = await read_job(deps, owner, job_id)
    assert (job.done, job.counts[RESTS]) == (CONTACTS, 0)


AT_ONE_ADDRESS, WITHOUT_ACCESS = 3_000, 10


@deed
async def given_many_at_one_address(deps: Dependencies) -> None:
    """And one who has an address of their own."""
    new = [
        NewContact(check_details(ContactDetails(Kind.PERSON, f'M{one}', 'all@x.example')), one >= WITHOUT_ACCESS)
        for one in range(AT_ONE_ADDRESS)
    ]
    new.append(NewContact(check_details(ContactDetails(Kind.PERSON, 'Ann', 'ann@x.example')), True))
    async with unit_of_work(deps) as work:
        await insert_contacts(work, SystemActor(), new)


async def test_an_address_of_thousands_is_mailed_once_and_no_batch_holds_them_all(deps: Dependencies) -> None:
    """The rest have the mail that the first of them brought about, and it is said of each that they got it."""
    await given_many_at_one_address(deps)
    owner = await given_owner(deps)
    job_id = await start_bulk(deps, owner, BulkKind.LOGIN_EMAIL, Selection(fits=ContactFilter()))
    told = heard(deps, ActivityRecorded)
    async with running(deps, Pace(shortest_rest=0, rest=0)):
        (job,) = await over(deps, owner, job_id)
    mailed = AT_ONE_ADDRESS - WITHOUT_ACCESS + 1
    assert (job.state, job.done, job.skipped, job.failed) == (JobState.DONE, mailed, WITHOUT_ACCESS, 0)
    assert {result.reason for result in job.results} == {'sent', 'no_access'}
    assert sorted([mail.to_address for mail in await OutboxMail.all()]) == ['all@x.example', 'ann@x.example']
    assert await AuditEvent.filter(kind=AuditKind.LOGIN_EMAIL_SENT.value).count() == mailed
    assert max(len(event.contact_ids) for event in told) <= Pace().largest + MOST_TOGETHER


async def test_who_stumbled_at_an_address_that_was_mailed_gets_no_second_mail(
    deps: Dependencies, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither while the member is looked for, when each comes alone, nor when it is tried again."""
    owner = await given_owner(deps)
    ids = [(await given_contact(deps, f'C{one}', 'all@x.example')).id for one in range(6)]
    deal_with = LoginEmail.deal_with

    async def stumble(self: LoginEmail, work: Work, job: RunningJob, contact_ids: Sequence[int]) -> Outcomes:
        if ids[4] in contact_ids:
            raise ZeroDivisionError
        return await deal_with(self, work, job, contact_ids)

    job_id = await start_bulk(deps, owner, BulkKind.LOGIN_EMAIL, Selection(ids=tuple(ids)))
    with monkeypatch.context() as patch:
        patch.setattr(LoginEmail, 'deal_with', stumble)
        job = await worked_off(deps, owner, job_id)
        assert (job.done, job.failed) == (5, 1)
    assert await retry_failed(deps, owner, job_id) == 1
    assert (await worked_off(deps, owner, job_id)).done == 6
    assert await OutboxMail.all().count() == 1
