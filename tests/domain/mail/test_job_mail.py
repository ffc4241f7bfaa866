"""The mail of a job: counted as it fares, sent again where that may help, stopped where nobody has begun to send it."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from domain.actors import StaffActor
from domain.audit import AuditKind
from domain.contacts.bulk import BulkKind, start_bulk
from domain.contacts.invitations import invite_contact
from domain.contacts.job_kinds import register_kinds
from domain.contacts.mail_again import send_mail_again
from domain.contacts.selection import Selection
from domain.dependencies import Dependencies
from domain.errors import NoMailServer
from domain.jobs import kinds
from domain.jobs.jobs import job_items, read_job
from domain.jobs.kinds import JobState
from domain.mail import job_mail
from domain.mail.attempts import MOST_TRIES
from domain.mail.job_mail import JobMail, cancel_job_mail, mail_of_job, send_job_mail_again
from domain.mail.outbox import cancel_mail
from domain.mail.worker import MailWorker
from storage.models import Contact, Job, OutboxMail
from tests.domain.jobs.running import worked_off
from tests.domain.mail.given import until
from tests.factories import audit_rows, given_contact, given_one_login_on_three, given_owner, later
from tests.support.clock import FixedClock
from tests.support.smtp_sink import Refuse, SmtpSink

StartWorker = Callable[..., MailWorker]
LATER, NEVER = Refuse('451 4.7.1 Later, please'), Refuse('550 5.1.1 No such user')


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    before = dict(kinds._kinds)
    register_kinds()
    yield
    kinds._kinds.clear()
    kinds._kinds.update(before)


async def written_to(
    deps: Dependencies, owner: StaffActor, names: str, kind: BulkKind = BulkKind.INVITE
) -> tuple[int, dict[str, int]]:
    """A job that wrote to contacts of these names, a letter each, and their ids."""
    ids = {name: (await given_contact(deps, name, f'{name}@x.example')).id for name in names}
    job_id = await start_bulk(deps, owner, kind, Selection(ids=tuple(ids.values())))
    assert (await worked_off(deps, owner, job_id)).done == len(names)
    return job_id, ids


async def mail_to(name: str) -> OutboxMail:
    return await OutboxMail.get(to_address=f'{name}@x.example')


async def until_all_are_over(job_id: int, but: int = 0) -> None:
    async def over() -> bool:
        waiting = await OutboxMail.filter(job_id=job_id, state__in=['queued', 'sending'])
        return len([mail for mail in waiting if mail.state == 'sending' or not mail.last_answer]) == 0

    await until(over)
    assert await OutboxMail.filter(job_id=job_id, state='queued').count() == but


async def not_reached(deps: Dependencies, owner: StaffActor, job_id: int) -> dict[str, str]:
    page = await job_items(deps, owner, job_id, not_reached=True)
    return {row.name: row.mail for row in page.rows}


async def test_each_mail_is_counted_as_it_fares(
    sending: Dependencies, smtp_sink: SmtpSink, start_worker: StartWorker
) -> None:
    """Sent, refused, given up, waiting for the next try, cancelled by hand, replaced by a newer one."""
    owner = await given_owner(sending)
    job_id, ids = await written_to(sending, owner, 'abcdef')
    await written_to(sending, owner, 'xyz')
    assert await mail_of_job(sending, owner, job_id) == JobMail(waiting=6)
    assert {row.mail for row in (await job_items(sending, owner, job_id)).rows} == {'waiting'}
    smtp_sink.script('b@x.example', NEVER)
    smtp_sink.script('c@x.example', LATER)
    smtp_sink.script('d@x.example', LATER)
    await OutboxMail.filter(to_address='c@x.example').update(tries=MOST_TRIES - 1)
    await cancel_mail(sending, owner, (await mail_to('e')).id)
    await invite_contact(sending, owner, ids['f'])
    start_worker(sending)
    await until_all_are_over(job_id, but=1)
    fares = await mail_of_job(sending, owner, job_id)
    assert fares == JobMail(waiting=1, sent=1, refused=1, failed=1, cancelled=2, again=1, contacts_not_reached=4)
    assert fares.not_reached == 4
    by_name = {'b': 'refused', 'c': 'failed', 'e': 'cancelled', 'f': 'cancelled'}
    assert await not_reached(sending, owner, job_id) == by_name
    page = await job_items(sending, owner, job_id)
    assert {row.name: row.mail for row in page.rows} == {'a': 'sent', 'd': 'waiting'} | by_name


async def test_a_link_that_ended_before_its_mail_was_sent_reached_nobody(
    sending: Dependencies, clock: FixedClock, start_worker: StartWorker, smtp_sink: SmtpSink
) -> None:
    """Each contact that shares the address counts, however few mails that are; not who was left alone or not meant."""
    owner = await given_owner(sending)
    three = [one.id for one in await given_one_login_on_three(sending)]
    fourth = await given_contact(sending, 'Holm Immobilien', 'ines@holm.example', revoked_by=owner)
    job_id = await start_bulk(sending, owner, BulkKind.LOGIN_EMAIL, Selection(ids=(*three[:2], fourth.id)))
    await worked_off(sending, owner, job_id)
    later(clock, minutes=16)
    start_worker(sending)
    await until_all_are_over(job_id)
    assert not smtp_sink.attempts
    assert await mail_of_job(sending, owner, job_id) == JobMail(cancelled=1, afresh=1, contacts_not_reached=2)
    assert set((await not_reached(sending, owner, job_id)).values()) == {'cancelled'}
    page = await job_items(sending, owner, job_id, not_reached=True)
    assert sorted(row.contact_id for row in page.rows) == sorted(three[:2])


async def test_who_was_not_reached_in_time_gets_another_link(
    sending: Dependencies, clock: FixedClock, start_worker: StartWorker, smtp_sink: SmtpSink
) -> None:
    """Also where several share the address; not who was reached, whose mail was stopped, or whom the server refuses."""
    owner = await given_owner(sending)
    shared = [one.id for one in await given_one_login_on_three(sending)]
    alone = {name: (await given_contact(sending, name, f'{name}@x.example')).id for name in 'abcd'}
    ids = (*shared[:2], *alone.values())
    job_id = await start_bulk(sending, owner, BulkKind.LOGIN_EMAIL, Selection(ids=ids))
    await worked_off(sending, owner, job_id)
    await cancel_mail(sending, owner, (await mail_to('b')).id)
    smtp_sink.script('c@x.example', NEVER)
    await (
        OutboxMail.filter(state='queued')
        .exclude(to_address__in=['c@x.example', 'd@x.example'])
        .update(next_try_at=clock.now() + timedelta(hours=1))
    )
    worker = start_worker(sending)

    async def two_are_over() -> bool:
        return await OutboxMail.filter(job_id=job_id, state__in=['sent', 'failed']).count() == 2

    await until(two_are_over)
    await worker.stop()
    later(clock, minutes=61)
    worker = start_worker(sending)
    await until_all_are_over(job_id)
    await worker.stop()
    owner = await given_owner(sending)
    fares = await mail_of_job(sending, owner, job_id)
    assert fares == JobMail(sent=1, refused=1, cancelled=3, afresh=2, contacts_not_reached=5)
    assert await send_mail_again(sending, owner, job_id) == 2
    assert await send_mail_again(sending, owner, job_id) == 0
    job = await read_job(sending, owner, job_id)
    assert (job.state, job.done, job.handled, job.total) == (JobState.WAITING, 3, 3, 6)
    (said,) = await audit_rows(AuditKind.JOB_RETRIED)
    assert said.detail['contacts'] == 3
    job = await worked_off(sending, owner, job_id)
    assert (job.state, job.done) == (JobState.DONE, 6)
    assert [(one.reason, one.number) for one in job.results] == [('sent', 6)]
    start_worker(sending)
    await until_all_are_over(job_id)
    fares = await mail_of_job(sending, owner, job_id)
    assert fares == JobMail(sent=3, refused=1, cancelled=1, contacts_not_reached=2)
    assert len({caught.to for caught in smtp_sink.messages}) == len(smtp_sink.messages) == 3


async def test_a_job_that_is_cancelled_writes_to_nobody_again(sending: Dependencies, clock: FixedClock) -> None:
    owner = await given_owner(sending)
    job_id, _ = await written_to(sending, owner, 'ab', BulkKind.LOGIN_EMAIL)
    await OutboxMail.all().update(state='cancelled', finished_at=clock.now() + timedelta(minutes=16))
    later(clock, minutes=17)
    owner = await given_owner(sending)
    assert (await mail_of_job(sending, owner, job_id)).afresh == 2
    await Job.filter(id=job_id).update(state='cancelled')
    assert (await mail_of_job(sending, owner, job_id)).afresh == 0
    assert await send_mail_again(sending, owner, job_id) == 0


async def test_what_was_given_up_goes_again_and_nothing_else(
    sending: Dependencies, smtp_sink: SmtpSink, start_worker: StartWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not what was refused for good, not the mail of another job; each is written down as if it were retried alone."""
    monkeypatch.setattr(job_mail, 'AT_ONCE', 2)
    owner = await given_owner(sending)
    job_id, ids = await written_to(sending, owner, 'abcde')
    await written_to(sending, owner, 'x')
    await OutboxMail.all().update(tries=MOST_TRIES - 1)
    for name in 'abcx':
        smtp_sink.script(f'{name}@x.example', LATER)
    smtp_sink.script('d@x.example', NEVER)
    worker = start_worker(sending)
    await until_all_are_over(job_id)
    await until(lambda: OutboxMail.filter(to_address='x@x.example', state='failed').exists())
    assert (await mail_of_job(sending, owner, job_id)).again == 3
    await worker.stop()
    assert await send_job_mail_again(sending, owner, job_id) == 3
    fares = await mail_of_job(sending, owner, job_id)
    assert fares == JobMail(waiting=3, sent=1, refused=1, contacts_not_reached=1)
    assert (await Contact.get(id=ids['a'])).email_status == 'waiting'
    assert (await mail_to('x')).state == 'failed'
    rows = await audit_rows(AuditKind.MAIL_RETRIED)
    assert [(row.contact_id, row.contact_name, row.actor_name, row.detail['to']) for row in rows] == [
        (ids[name], name, owner.name, f'{name}@x.example') for name in 'abc'
    ]
    start_worker(sending)
    await until_all_are_over(job_id)
    assert (await mail_of_job(sending, owner, job_id)).sent == 4
    assert await send_job_mail_again(sending, owner, job_id) == 0


async def test_what_would_not_be_sent_is_not_sent_again(sending: Dependencies, clock: FixedClock) -> None:
    """A link that has ended; and all of it as long as there is no mail server."""
    owner = await given_owner(sending)
    job_id, _ = await written_to(sending, owner, 'ab', BulkKind.LOGIN_EMAIL)
    await OutboxMail.all().update(state='failed', last_answer='451 Later')
    assert (await mail_of_job(sending, owner, job_id)).again == 2
    captured = sending.settings.model_copy(update={'smtp_url': ''})
    without = Dependencies(settings=captured, cipher=sending.cipher, hasher=sending.hasher, clock=clock)
    assert (await mail_of_job(without, owner, job_id)).again == 0
    with pytest.raises(NoMailServer):
        await send_job_mail_again(without, owner, job_id)
    clock.advance(timedelta(minutes=16))
    assert (await mail_of_job(sending, owner, job_id)).again == 0
    assert await send_job_mail_again(sending, owner, job_id) == 0


async def test_what_waits_is_stopped_and_what_is_being_sent_goes(
    sending: Dependencies, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only of this job; the contacts stay as they are, and their links live."""
    monkeypatch.setattr(job_mail, 'AT_ONCE', 2)
    owner = await given_owner(sending)
    job_id, ids = await written_to(sending, owner, 'abcd')
    await written_to(sending, owner, 'x')
    await OutboxMail.filter(to_address='a@x.example').update(state='sending')
    assert await cancel_job_mail(sending, owner, job_id) == 3
    fares = await mail_of_job(sending, owner, job_id)
    assert fares == JobMail(waiting=1, cancelled=3, contacts_not_reached=3)
    assert {mail.body for mail in await OutboxMail.filter(state='cancelled')} == {None}
    assert (await mail_to('x')).state == 'queued'
    contact = await Contact.get(id=ids['b'])
    assert (contact.email_status, contact.invitation_expires_at is not None) == ('not_tried', True)
    rows = await audit_rows(AuditKind.MAIL_CANCELLED)
    assert [(row.contact_id, row.detail['mail_kind']) for row in rows] == [(ids[n], 'invitation') for n in 'bcd']
    assert await cancel_job_mail(sending, owner, job_id) == 0
