"""A job and the mail worker together: the job is done at once, and no minute sees more mail than it may."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from domain.access.login_emails import send_login_emails
from domain.actors import SystemActor
from domain.contacts.bulk import BulkKind, start_bulk
from domain.contacts.contact_filter import ContactFilter
from domain.contacts.job_kinds import register_kinds
from domain.contacts.new_contact import ContactDetails, Kind, NewContact, check_details, insert_contacts
from domain.contacts.selection import Selection
from domain.dependencies import Dependencies
from domain.events import MailQueued
from domain.jobs import kinds
from domain.jobs.runner import Pace
from domain.mail.job_mail import JobMail, mail_of_job
from domain.mail.worker import MailWorker
from domain.unit_of_work import deed, unit_of_work
from storage import mail_claims
from storage.models import OutboxMail
from tests.domain.jobs.running import over, running
from tests.domain.mail.conftest import QUICK, with_server
from tests.domain.mail.given import a_mail, queued, until
from tests.factories import given_contact, given_owner, later
from tests.support.clock import FixedClock
from tests.support.smtp_sink import SmtpSink

CONTACTS, PER_MINUTE, STEP = 200, 60, 3
AT_ONCE = PER_MINUTE // 12  # as domain/mail/throttle.py says: what may go at once is taken off the steady rate
MINUTE = 60 // STEP


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    before = dict(kinds._kinds)
    register_kinds()
    yield
    kinds._kinds.clear()
    kinds._kinds.update(before)


@deed
async def given_contacts(deps: Dependencies) -> None:
    new = [
        NewContact(check_details(ContactDetails(Kind.PERSON, f'C{number}', f'c{number}@x.example')), False)
        for number in range(CONTACTS)
    ]
    async with unit_of_work(deps) as work:
        await insert_contacts(work, SystemActor(), new)


async def test_a_login_email_passes_mail_that_waits_in_bulk(
    deps: Dependencies, clock: FixedClock, smtp_sink: SmtpSink
) -> None:
    """Its link lives 15 minutes, and the mail before it takes days. A job's do too, but not mail that is urgent."""
    deps = with_server(deps, smtp_sink.url, per_minute=PER_MINUTE)
    await given_contacts(deps)
    owner = await given_owner(deps)
    invited = await start_bulk(deps, owner, BulkKind.INVITE, Selection(fits=ContactFilter()))
    ids = tuple([(await given_contact(deps, name, f'{name}@y.example')).id for name in 'abc'])
    async with running(deps, Pace(shortest_rest=0)):
        await over(deps, owner, invited)
        later(clock, days=3)
        owner = await given_owner(deps)
        await OutboxMail.filter(kind='invitation').update(next_try_at=clock.now() - timedelta(days=3))
        mailed = await start_bulk(deps, owner, BulkKind.LOGIN_EMAIL, Selection(ids=ids[:2]))
        (job,) = await over(deps, owner, mailed)
    assert job.done == 2, 'what waits behind is not waited for'
    later(clock, seconds=1)
    await send_login_emails(deps, await given_owner(deps), ids[2:])
    later(clock, seconds=1)
    await queued(deps, a_mail(deps, 'urgent@y.example', kind='sign_in'))
    leased = await mail_claims.lease('a worker', clock.now(), clock.now() + timedelta(minutes=1), 4)
    assert [mail.to_address[0] for mail in leased] == ['c', 'u', 'a', 'b']


def allowed(seconds: int) -> int:
    """How many mails may have gone by then."""
    return min(CONTACTS, int(AT_ONCE + (PER_MINUTE - AT_ONCE) * seconds / 60 + 1e-6))


async def test_a_job_is_done_at_once_and_its_mail_keeps_to_the_throttle(
    deps: Dependencies, clock: FixedClock, smtp_sink: SmtpSink
) -> None:
    """The clock stands still while the job runs, and then goes on in steps of three seconds."""
    deps = with_server(deps, smtp_sink.url, per_minute=PER_MINUTE)
    await given_contacts(deps)
    owner = await given_owner(deps)
    worker = MailWorker(deps, QUICK)
    worker.start()
    try:
        job_id = await start_bulk(deps, owner, BulkKind.INVITE, Selection(fits=ContactFilter()))
        async with running(deps, Pace(shortest_rest=0)):
            (job,) = await over(deps, owner, job_id)
        assert job.done == CONTACTS
        assert len(smtp_sink.messages) <= AT_ONCE
        sent: list[int] = []
        while not sent or sent[-1] < CONTACTS:
            number = allowed(len(sent) * STEP)
            await until(lambda number=number: len(smtp_sink.messages) >= number)
            sent.append(len(smtp_sink.messages))
            later(clock, seconds=STEP)
            deps.events.publish_here(MailQueued())
    finally:
        await worker.stop(2)
    assert sent == [allowed(step * STEP) for step in range(len(sent))]
    assert max(after - before for before, after in zip([0, *sent], sent[MINUTE - 1 :], strict=False)) <= PER_MINUTE
    assert await mail_of_job(deps, await given_owner(deps), job_id) == JobMail(sent=CONTACTS)
    assert len({caught.to for caught in smtp_sink.messages}) == CONTACTS
