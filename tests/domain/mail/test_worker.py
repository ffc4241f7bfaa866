"""The worker against a real mail server that misbehaves: nothing lost, nothing doubled that need not be."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from domain.actors import SystemActor
from domain.dependencies import Dependencies
from domain.events import MailChanged, MailQueued
from domain.handover import RepliesTo
from domain.mail import outbox
from domain.mail.attempts import MOST_TRIES, presentable, wait_before_next
from domain.mail.envelope import Envelope
from domain.mail.transport import Limits
from domain.mail.worker import MailWorker
from storage import mail_claims
from storage.database import StorageErrors
from storage.models import Contact, OutboxMail, PortalSettings
from tests.domain.mail.conftest import QUICK, with_server
from tests.domain.mail.given import a_contact, a_mail, a_token, links_ended, queued, until, until_state, until_tried
from tests.support.clock import FixedClock
from tests.support.databases import sqlite_only
from tests.support.smtp_sink import Drip, DropAfterDot, DropMidData, Hang, Refuse, SmtpSink

Start = Callable[..., MailWorker]
IMPATIENT = replace(QUICK, limits=Limits(connect=0.3, command=0.3, message=0.3, whole_try=0.6))


async def later(deps: Dependencies, clock: FixedClock, by: timedelta) -> None:
    clock.advance(by)
    deps.events.publish(MailQueued())


async def test_a_mail_is_sent_and_scrubbed(sending: Dependencies, smtp_sink: SmtpSink, start_worker: Start) -> None:
    """R2: once handed over, nothing of the body is left."""
    await PortalSettings.filter(id=1).update(firm_name='Northwind')
    contact = await a_contact(sending)
    start_worker(sending)
    changes: list[MailChanged] = []
    sending.events.on(MailChanged, changes.append)
    mail = a_mail(sending, contact_id=contact.id)
    (mail_id,) = await queued(sending, mail)
    row = await until_state(mail_id, 'sent')
    assert (row.body, row.last_answer, row.tries) == (None, '250 2.0.0 Taken', 1)
    assert row.finished_at == sending.clock.now() and row.leased_until is None
    assert (await Contact.get(id=contact.id)).email_status == 'sent'
    caught = await smtp_sink.wait_for('ann@example.org')
    assert caught.subject == mail.message.subject and caught.link in mail.message.text
    assert caught.html.replace('\r\n', '\n').strip() == mail.message.html.strip()
    assert caught.message['Message-ID'] == row.message_id
    assert caught.message['From'].addresses[0].display_name == 'Northwind'
    assert caught.message['Auto-Submitted'] == 'auto-generated'
    await until(lambda: changes.count(MailChanged(mail_id, contact.id)) >= 3)  # queued, taken, sent


async def test_a_worker_without_a_server_leaves_everything(deps: Dependencies, start_worker: Start) -> None:
    worker = start_worker(deps)
    (mail_id,) = await queued(deps, a_mail(deps))
    await worker.stop(1)
    assert (await OutboxMail.get(id=mail_id)).state == 'captured'


async def test_greylisted_then_taken(
    sending: Dependencies, smtp_sink: SmtpSink, start_worker: Start, clock: FixedClock
) -> None:
    """F4: 451 is tried again, later, and the contact shows that its mail waits."""
    contact = await a_contact(sending)
    smtp_sink.script('ann@example.org', Refuse('451 4.7.1 Later, please'))
    start_worker(sending)
    (mail_id,) = await queued(sending, a_mail(sending, contact_id=contact.id))
    row = await until_tried(mail_id)
    assert (row.last_answer, row.tries) == ('451 4.7.1 Later, please', 1)
    assert timedelta(seconds=4) <= row.next_try_at - clock.now() <= timedelta(seconds=6)
    assert row.body and (await Contact.get(id=contact.id)).email_status == 'waiting'
    await later(sending, clock, timedelta(seconds=7))
    row = await until_state(mail_id, 'sent')
    assert row.tries == 2 and smtp_sink.attempts == ['ann@example.org'] * 2


async def test_refused_for_good(
    sending: Dependencies, smtp_sink: SmtpSink, start_worker: Start, clock: FixedClock
) -> None:
    """F4: 550 fails, shows on the contact, and is not retried by itself; staff may."""
    contact = await a_contact(sending)
    smtp_sink.script('ann@example.org', Refuse('550 5.1.1 No such person'))
    start_worker(sending)
    (mail_id,) = await queued(sending, a_mail(sending, contact_id=contact.id))
    row = await until_state(mail_id, 'failed')
    assert row.last_answer == '550 5.1.1 No such person'
    assert (await Contact.get(id=contact.id)).email_status == 'refused'
    await later(sending, clock, timedelta(days=2))
    await asyncio.sleep(0.2)
    assert smtp_sink.attempts == ['ann@example.org']
    await outbox.retry_mail(sending, SystemActor(), mail_id)
    await until_state(mail_id, 'sent')
    assert (await Contact.get(id=contact.id)).email_status == 'sent'


async def test_given_up_after_a_day(
    sending: Dependencies, smtp_sink: SmtpSink, start_worker: Start, clock: FixedClock
) -> None:
    contact = await a_contact(sending)
    smtp_sink.script('ann@example.org', *[Refuse('451 Later')] * MOST_TRIES)
    start_worker(sending)
    begun = clock.now()
    (mail_id,) = await queued(sending, a_mail(sending, contact_id=contact.id))
    for tries in range(1, MOST_TRIES):
        await until(lambda tries=tries: OutboxMail.filter(id=mail_id, state='queued', tries=tries).exists())
        clock.set((await OutboxMail.get(id=mail_id)).next_try_at)
        sending.events.publish(MailQueued())
    row = await until_state(mail_id, 'failed')
    assert row.tries == MOST_TRIES and (await Contact.get(id=contact.id)).email_status == 'failed'
    assert timedelta(hours=17) < clock.now() - begun < timedelta(hours=30)


def test_the_waits_grow_and_differ(deps: Dependencies) -> None:
    waits = [wait_before_next(tries, deps.randomness).total_seconds() for tries in range(1, MOST_TRIES)]
    assert waits[0] < 7 and 8 <= waits[1] <= 24.1 and max(waits) <= 3 * 3600 * 1.2
    assert len({wait_before_next(5, deps.randomness) for _ in range(20)}) > 15


async def test_dropped_in_the_middle_of_the_message(
    sending: Dependencies, smtp_sink: SmtpSink, start_worker: Start, clock: FixedClock
) -> None:
    """F3: the server did not take it, so it comes once."""
    smtp_sink.script('ann@example.org', DropMidData())
    start_worker(sending)
    (mail_id,) = await queued(sending, a_mail(sending))
    assert 'Connection lost' in (await until_tried(mail_id)).last_answer
    await later(sending, clock, timedelta(seconds=7))
    row = await until_state(mail_id, 'sent')
    assert [caught.message['Message-ID'] for caught in smtp_sink.messages] == [row.message_id]


async def test_a_copy_that_cannot_be_prevented_has_the_same_message_id(
    sending: Dependencies, smtp_sink: SmtpSink, start_worker: Start, clock: FixedClock
) -> None:
    """F1: taken, and the connection cut before the server could say so."""
    smtp_sink.script('ann@example.org', DropAfterDot())
    start_worker(sending)
    (mail_id,) = await queued(sending, a_mail(sending))
    await until_tried(mail_id)
    await later(sending, clock, timedelta(seconds=7))
    row = await until_state(mail_id, 'sent')
    assert [caught.message['Message-ID'] for caught in smtp_sink.messages] == [row.message_id] * 2


@pytest.mark.parametrize('step', [Hang(1.5), Drip(0.1)])
async def test_one_mail_the_server_hangs_on_holds_up_no_other(
    sending: Dependencies, smtp_sink: SmtpSink, start_worker: Start, step: Hang | Drip
) -> None:
    """F2: hangs or drips, and the lease is given back in time."""
    smtp_sink.script('ann@example.org', step)
    start_worker(sending, IMPATIENT)
    ids = await queued(sending, a_mail(sending), *(a_mail(sending, f'b{number}@example.org') for number in range(30)))
    for mail_id in ids[1:]:
        await until_state(mail_id, 'sent')
    row = await until_tried(ids[0])
    assert row.leased_until is None and row.next_try_at > sending.clock.now()


async def test_a_server_that_is_away_delays_everything_and_fails_nothing(
    sending: Dependencies, smtp_sink: SmtpSink, start_worker: Start, clock: FixedClock
) -> None:
    """F2: refused connections are not counted against a mail, however many there are; sending resumes by itself."""
    smtp_sink.stop()
    start_worker(sending)
    ids = await queued(sending, *(a_mail(sending, f'a{number}@example.org') for number in range(20)))
    for _ in range(25):
        await later(sending, clock, timedelta(seconds=1))
        await asyncio.sleep(0.02)
    rows = await OutboxMail.filter(id__in=ids)
    assert {row.state for row in rows} <= {'queued', 'sending'} and max(row.tries for row in rows) <= 1
    assert any('No connection' in row.last_answer for row in rows)
    smtp_sink.start()
    for _ in range(100):
        await later(sending, clock, timedelta(seconds=1))
        await asyncio.sleep(0.02)
        if await OutboxMail.filter(state='sent').count() == 20:
            break
    assert len(smtp_sink.messages) == 20 == await OutboxMail.filter(state='sent').count()


async def test_a_password_that_is_refused_delays_everything(deps: Dependencies, start_worker: Start) -> None:
    with SmtpSink(users={'name': 'secret'}) as sink:
        wrong = with_server(deps, sink.url.replace('secret', 'wrong') + '?starttls=never')
        start_worker(wrong)
        ids = await queued(wrong, a_mail(wrong), a_mail(wrong, 'bob@example.org'))
        row = await until_tried(ids[0])
        assert row.last_answer.startswith('535') and 'wrong' not in row.last_answer
        await asyncio.sleep(0.5)
        assert {row.state for row in await OutboxMail.filter(id__in=ids)} == {'queued'}
        assert not sink.messages


async def test_a_poison_mail_fails_by_itself(sending: Dependencies, smtp_sink: SmtpSink, start_worker: Start) -> None:
    """F5: a body that does not decrypt, that is no mail, an address that is none: the rest goes out."""
    poison = await queued(sending, *(a_mail(sending, f'p{number}@example.org') for number in range(5)))
    first = await OutboxMail.get(id=poison[0])
    await OutboxMail.filter(id=poison[0]).update(body='deadbeef.00')
    await OutboxMail.filter(id=poison[1]).update(body=first.body)  # bound to another Message-ID
    await OutboxMail.filter(id=poison[2]).update(to_address='a@x.org, b@evil.example')
    broken = await OutboxMail.get(id=poison[3])
    await OutboxMail.filter(id=poison[3]).update(body=sending.cipher.encrypt('[]', broken.message_id))
    await OutboxMail.filter(id=poison[4]).update(message_id='<a@b>\r\nBcc: evil@example.org', body='')
    good = await queued(sending, *(a_mail(sending, f'g{number}@example.org') for number in range(5)))
    start_worker(sending, replace(QUICK, lanes=1))
    for mail_id in good:
        await until_state(mail_id, 'sent')
    for mail_id in poison:
        row = await until_state(mail_id, 'failed')
        assert row.last_answer == 'This mail could not be put together.'
    assert len(smtp_sink.messages) == 5


async def test_answers_to_an_address_of_the_firm_are_not_to_a_person(
    sending: Dependencies, smtp_sink: SmtpSink, start_worker: Start
) -> None:
    """The name beside the address for answers is that of whoever reads them: of a member, or of the firm."""
    await PortalSettings.filter(id=1).update(firm_name='Holm')
    for to, replies_to, mailbox in (
        ('ann@example.org', RepliesTo.STAFF, 'Olga Owner <olga@holm.example>'),
        ('bob@example.org', RepliesTo.ADDRESS, 'Holm <office@holm.example>'),
    ):
        vars(sending.handover).update(replies_to=replies_to, reply_address='office@holm.example')
        await queued(sending, a_mail(sending, to, made_by_name='Olga Owner', made_by_address='olga@holm.example'))
        worker = start_worker(sending)
        assert (await smtp_sink.wait_for(to)).message['Reply-To'] == mailbox
        await worker.stop(2)


async def test_eight_workers_send_every_mail_once(
    sending: Dependencies, smtp_sink: SmtpSink, start_worker: Start
) -> None:
    """F6, on both engines."""
    ids = await queued(sending, *(a_mail(sending, f'a{number}@example.org') for number in range(300)))
    for _ in range(8):
        start_worker(sending, replace(QUICK, lanes=1, batch=7))
    await until(lambda: len(smtp_sink.messages) >= 300, 30)
    for mail_id in ids:
        await until_state(mail_id, 'sent')
    await asyncio.sleep(0.2)
    assert set(Counter(caught.to for caught in smtp_sink.messages).values()) == {1}
    assert len(smtp_sink.messages) == 300
    assert {row.tries for row in await OutboxMail.filter(id__in=ids)} == {1}


async def test_a_mail_cancelled_while_leased_is_not_sent(
    sending: Dependencies, smtp_sink: SmtpSink, start_worker: Start
) -> None:
    """Revoking access right after inviting: the mail behind another one in the same batch stays here."""
    token = await a_token(sending)
    smtp_sink.script('slow@example.org', Hang(0.6))
    _, mail_id = await queued(sending, a_mail(sending, 'slow@example.org'), a_mail(sending, token_id=token.id))
    start_worker(sending, replace(QUICK, lanes=1))
    await until_state(mail_id, 'sending')
    assert await links_ended(sending, token.id) == 1
    await smtp_sink.wait_for('slow@example.org')
    await asyncio.sleep(0.3)
    assert smtp_sink.attempts == ['slow@example.org']
    row = await OutboxMail.get(id=mail_id)
    assert (row.state, row.body) == ('cancelled', None)


async def test_a_mail_on_its_way_that_is_cancelled_says_sent(
    sending: Dependencies, smtp_sink: SmtpSink, start_worker: Start
) -> None:
    token = await a_token(sending)
    smtp_sink.script('ann@example.org', Hang(0.5))
    (mail_id,) = await queued(sending, a_mail(sending, token_id=token.id))
    start_worker(sending)
    await until(lambda: smtp_sink.attempts)
    assert await links_ended(sending, token.id) == 1
    row = await until_state(mail_id, 'sent')
    assert row.body is None


@pytest.mark.parametrize('ended', ['used_at', 'voided_at', 'expires_at'])
async def test_a_link_that_ended_while_its_mail_waited_is_not_sent(
    sending: Dependencies, smtp_sink: SmtpSink, start_worker: Start, ended: str
) -> None:
    contact = await a_contact(sending)
    token = await a_token(sending, **{ended: sending.clock.now()})
    (mail_id,) = await queued(sending, a_mail(sending, token_id=token.id, contact_id=contact.id))
    start_worker(sending)
    row = await until_state(mail_id, 'cancelled')
    assert (row.body, row.last_answer) == (None, 'The link inside had ended.')
    assert not smtp_sink.attempts and (await Contact.get(id=contact.id)).email_status == 'not_tried'


async def test_the_mail_of_a_dead_worker_is_taken_up(
    sending: Dependencies, smtp_sink: SmtpSink, start_worker: Start, clock: FixedClock
) -> None:
    ids = await queued(sending, a_mail(sending), a_mail(sending, 'bob@example.org'))
    taken = await mail_claims.lease('a dead one', clock.now(), clock.now() + timedelta(seconds=30), 10)
    assert [mail.id for mail in taken] == ids
    await OutboxMail.filter(id=ids[1]).update(tries=MOST_TRIES)  # has killed its worker often enough
    start_worker(sending)
    await asyncio.sleep(0.2)
    assert not smtp_sink.attempts, 'the lease holds'
    await later(sending, clock, timedelta(seconds=31))
    assert (await until_state(ids[0], 'sent')).tries == 1, 'it had been taken and not begun'
    await until_state(ids[1], 'failed')
    assert len(smtp_sink.messages) == 1


async def test_a_late_result_of_a_lost_lease_changes_nothing(sending: Dependencies, clock: FixedClock) -> None:
    (mail_id,) = await queued(sending, a_mail(sending))
    later_on = clock.now() + timedelta(seconds=30)
    await mail_claims.lease('slow', clock.now(), later_on, 1)
    await OutboxMail.filter(id=mail_id).update(state='sending', lease='quick')
    for values in ({'state': 'sent', 'body': None}, {'state': 'queued'}):
        assert not await mail_claims.finish([(mail_id, 'slow', values | {'last_answer': ''})])
    assert (await OutboxMail.get(id=mail_id)).state == 'sending'


async def test_results_written_together_are_each_written_as_they_were(sending: Dependencies, clock: FixedClock) -> None:
    names = ('ann', 'bob', 'cem', 'dan', 'eve')
    ids = await queued(sending, *(a_mail(sending, f'{name}@example.org') for name in names))
    await mail_claims.lease('ours', clock.now(), clock.now() + timedelta(seconds=30), 10)
    await OutboxMail.filter(id__in=ids[1:3]).update(state='cancelled')
    await OutboxMail.filter(id=ids[4]).update(lease='theirs')
    sent, again = {'state': 'sent', 'body': None, 'finished_at': clock.now()}, {'state': 'queued', 'tries': 1}
    values = (sent, sent, again, again, sent)
    ended = [
        (mail_id, 'ours', one | {'last_answer': name}) for mail_id, one, name in zip(ids, values, names, strict=True)
    ]
    assert await mail_claims.finish(ended) == {ids[0], ids[1], ids[3]}
    rows = await OutboxMail.all().order_by('id').values_list('state', 'last_answer', 'tries')
    assert list(rows) == [
        ('sent', 'ann', 0),
        ('sent', 'bob', 0),  # cancelled, but handed over
        ('cancelled', '', 0),
        ('queued', 'dan', 1),
        ('sending', '', 0),
    ]


async def test_leases_are_renewed_while_a_server_takes_its_time(
    sending: Dependencies, smtp_sink: SmtpSink, start_worker: Start, clock: FixedClock
) -> None:
    smtp_sink.script('ann@example.org', Hang(1.2))
    start_worker(sending, replace(QUICK, held_for=0.6))
    (mail_id,) = await queued(sending, a_mail(sending))
    row = await until_state(mail_id, 'sending')
    clock.advance(timedelta(seconds=0.5))
    await until(lambda: OutboxMail.filter(id=mail_id, leased_until__gt=row.leased_until).exists())
    assert (await until_state(mail_id, 'sent')).tries == 1


async def test_stopping_finishes_the_send_in_flight_and_puts_back_the_rest(
    sending: Dependencies, smtp_sink: SmtpSink, start_worker: Start
) -> None:
    """F14."""
    smtp_sink.script('ann@example.org', Hang(0.5))
    worker = start_worker(sending, replace(QUICK, lanes=1))
    ids = await queued(sending, a_mail(sending), *(a_mail(sending, f'b{number}@example.org') for number in range(5)))
    await until(lambda: smtp_sink.attempts)
    begun = time.monotonic()
    await worker.stop(5)
    assert time.monotonic() - begun < 3
    rows = await OutboxMail.filter(id__in=ids).order_by('id')
    assert [(row.state, row.tries) for row in rows] == [('sent', 1)] + [('queued', 0)] * 5
    await worker.stop(1)


async def test_stopping_does_not_wait_for_ever(sending: Dependencies, smtp_sink: SmtpSink, start_worker: Start) -> None:
    smtp_sink.script('ann@example.org', Hang(5))
    worker = start_worker(sending)
    await queued(sending, a_mail(sending))
    await until(lambda: smtp_sink.attempts)
    begun = time.monotonic()
    await worker.stop(0.3)
    assert time.monotonic() - begun < 1.5


async def test_the_throttle_follows_the_clock(
    deps: Dependencies, smtp_sink: SmtpSink, start_worker: Start, clock: FixedClock
) -> None:
    slow = with_server(deps, smtp_sink.url, per_minute=60)  # five at once, then 55 a minute
    start_worker(slow)
    await queued(slow, *(a_mail(slow, f'a{number}@example.org') for number in range(40)))
    await smtp_sink.wait_for(5)
    await asyncio.sleep(0.3)
    assert len(smtp_sink.messages) == 5
    for second in range(1, 31):
        await later(slow, clock, timedelta(seconds=1))
        await smtp_sink.wait_for(5 + int(second * 55 / 60 - 1e-6))
    await asyncio.sleep(0.2)
    assert len(smtp_sink.messages) == 5 + 27


async def test_who_waits_before_a_page_passes_the_crowd(
    deps: Dependencies, smtp_sink: SmtpSink, start_worker: Start
) -> None:
    slow = with_server(deps, smtp_sink.url, per_minute=12)  # one at once
    await queued(slow, *(a_mail(slow, f'a{number}@example.org', kind='invitation') for number in range(20)))
    await queued(slow, a_mail(slow, 'waits@example.org', kind='sign_in'))
    start_worker(slow)
    await smtp_sink.wait_for('waits@example.org')
    assert len(smtp_sink.messages) == 1


@sqlite_only
async def test_a_database_that_faults_ends_a_round_and_no_lane(
    sending: Dependencies, smtp_sink: SmtpSink, start_worker: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F10: a sent mail whose result the database did not take at first is not sent twice."""
    real_finish, real_lease, faults = mail_claims.finish, mail_claims.lease, [0, 0]

    async def finish(ended: list[tuple[int, str, dict[str, Any]]]) -> set[int]:
        faults[0] += len(ended)
        if ended and faults[0] <= 2:
            raise StorageErrors[0]('gone')
        return await real_finish(ended)

    async def lease(*arguments: object) -> object:
        faults[1] += 1
        if faults[1] <= 2:
            raise StorageErrors[0]('gone')
        return await real_lease(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(mail_claims, 'finish', finish)
    monkeypatch.setattr(mail_claims, 'lease', lease)
    start_worker(sending, replace(QUICK, lanes=1, after_database_fault=0.05))
    (mail_id,) = await queued(sending, a_mail(sending))
    await until_state(mail_id, 'sent')
    assert len(smtp_sink.messages) == 1 and faults[0] >= 3 and faults[1] >= 3


async def test_no_secret_is_logged(
    sending: Dependencies, smtp_sink: SmtpSink, start_worker: Start, clock: FixedClock
) -> None:
    """R60, R2: neither logs nor rows repeat a link, not even when the server quotes it."""
    mail = a_mail(sending)
    token = mail.message.text.partition('/sign-in/link/')[2].split()[0]
    smtp_sink.script('ann@example.org', Refuse(f'451 4.7.1 https://portal.example.com/sign-in/link/{token} looks bad'))
    with capture_logs() as logs:
        start_worker(sending)
        (mail_id,) = await queued(sending, mail)
        row = await until_tried(mail_id)
        await OutboxMail.filter(id=mail_id).update(body='broken')
        await later(sending, clock, timedelta(minutes=1))
        await until_state(mail_id, 'failed')
    assert row.last_answer == '451 4.7.1 https://portal.example.com/sign-in/link/… looks bad'
    assert logs and any(entry.get('mail_id') == mail_id for entry in logs)
    assert token not in str(logs) and 'ann@example.org' not in str(logs)


def test_an_answer_fits_its_row() -> None:
    content = Envelope('a@b', 'c@d', b'x')
    assert presentable('250 ' + 'y' * 900, content) == '250 ' + 'y' * 496
    assert presentable('250 \udcff\x00ok', content).isprintable()
    long_id = '0100018c-7a6b-4b0e-9a53-1f3b1b1b1b1b-000000'
    assert presentable(f'250 Ok {long_id}', content) == f'250 Ok {long_id}', 'what is not of the mail stays'
