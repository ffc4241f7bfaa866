"""Mail in the outbox: written with its cause, encrypted, listed, retried, cancelled."""

import asyncio
import time
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest

from domain.actors import ClientActor, Role, StaffActor, SystemActor
from domain.dependencies import Cipher, Dependencies
from domain.errors import MailIsOver, MailNotFound, NoMailServer, NotAllowed, SignedOut
from domain.events import Event, MailChanged, MailQueued
from domain.mail import outbox
from domain.mail.states import PERSONAL, MailKind
from domain.unit_of_work import deed, unit_of_work
from storage import mail_claims
from storage.database import DatabaseUrl
from storage.models import AuditEvent, Contact, OutboxMail, StaffMember, StaffSession
from tests.domain.mail.conftest import with_server
from tests.domain.mail.given import a_contact, a_mail, a_token, links_ended, queued
from tests.support.clock import FixedClock
from tests.support.databases import postgres_only, sqlite_only
from tests.support.smtp_sink import SmtpSink

FOYER = SystemActor()


def heard(deps: Dependencies) -> list[Event]:
    events: list[Event] = []
    deps.events.on(MailQueued, events.append)
    deps.events.on(MailChanged, events.append)
    return events


async def a_staff_member(deps: Dependencies, role: Role = Role.STAFF) -> StaffActor:
    now = deps.clock.now()
    member = await StaffMember.create(
        email='olga@firm.example', name='Olga', role=role, password_hash='-', created_at=now
    )
    later = now + timedelta(hours=1)
    session = await StaffSession.create(
        token_hash='-', staff_id=member.id, created_at=now, last_seen_at=now, idle_expires_at=later, expires_at=later
    )
    return StaffActor(session.id, member.id, member.name, member.email, role)


async def test_a_mail_is_captured_while_no_server_is_set(deps: Dependencies) -> None:
    contact = await a_contact(deps)
    events = heard(deps)
    (mail_id,) = await queued(deps, a_mail(deps, contact_id=contact.id))
    assert (await OutboxMail.get(id=mail_id)).state == 'captured'
    assert (await Contact.get(id=contact.id)).email_status == 'captured'
    assert events == [MailChanged(mail_id, contact.id)]


async def test_a_mail_waits_for_its_server(sending: Dependencies) -> None:
    one, other = await a_contact(sending), await a_contact(sending, name='Ann Ltd')
    events = heard(sending)
    (mail_id,) = await queued(sending, a_mail(sending, 'Ann@Example.org', contact_id=one.id))
    row = await OutboxMail.get(id=mail_id)
    assert (row.state, row.to_address, row.tries) == ('queued', 'ann@example.org', 0)
    assert row.message_id.endswith('@portal.example.com>')
    assert {contact.email_status for contact in await Contact.filter(id__in=[one.id, other.id])} == {'waiting'}
    assert events == [MailChanged(mail_id, one.id), MailQueued()]


async def test_who_has_the_status_already_is_not_written_again(sending: Dependencies) -> None:
    """Each of a thousand mails to one address would write all its contacts."""
    await a_contact(sending), await a_contact(sending, name='Ann Ltd', email_status='sent')
    assert await mail_claims.set_email_status(['ann@example.org'], 'sent') == 1
    assert await mail_claims.set_email_status(['Ann@Example.org'], 'sent') == 0
    assert await mail_claims.set_email_status(['ann@example.org'], 'waiting') == 2


@postgres_only
async def test_who_has_the_status_already_is_not_waited_for(sending: Dependencies, opened: DatabaseUrl) -> None:
    """Thousands may bear an address; those of them who stay as they are need not be held, but for the first."""
    statuses = ('sent', 'sent', 'waiting', 'failed')
    first, same, changes, fails = [
        await a_contact(sending, name=f'Ann {number}', email_status=status) for number, status in enumerate(statuses)
    ]
    connection = await asyncpg.connect(opened.url)
    try:
        for one, is_waited_for in ((same, False), (first, True), (changes, True)):
            await Contact.filter(id=changes.id).update(email_status='waiting')
            async with connection.transaction():
                await connection.execute('SELECT id FROM contact WHERE id = $1 FOR UPDATE', one.id)
                setting = asyncio.create_task(mail_claims.set_email_status(['ann@example.org'], 'sent'))
                done, _ = await asyncio.wait([setting], timeout=0.3 if is_waited_for else 10)
                assert bool(done) != is_waited_for
            await setting
        await Contact.filter(id=changes.id).update(email_status='waiting')
        async with connection.transaction():
            await connection.execute('SELECT id FROM contact WHERE id = $1 FOR UPDATE', fails.id)
            async with asyncio.timeout(10):
                await mail_claims.email_status_after_cancelling(['ann@example.org'])
    finally:
        await connection.close()
    rows = await Contact.all().order_by('id')
    assert [row.email_status for row in rows] == ['sent', 'sent', 'not_tried', 'sent']


async def test_a_mail_dies_with_the_deed_that_caused_it(sending: Dependencies) -> None:
    events = heard(sending)

    @deed
    async def fails() -> None:
        async with unit_of_work(sending) as work:
            await outbox.enqueue(work, a_mail(sending))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fails()
    assert await OutboxMail.all().count() == 0 and not events


@sqlite_only
async def test_the_body_is_unreadable_in_the_database(sending: Dependencies, database: DatabaseUrl) -> None:
    """R2: neither link nor token stands in the file or its log, and the body opens in its own row only."""
    mail = a_mail(sending)
    token = mail.message.text.partition('/sign-in/link/')[2].split()[0]
    first, second = await queued(sending, mail, a_mail(sending))
    stored = b''.join(file.read_bytes() for file in database.path.parent.glob(f'{database.path.name}*'))
    assert b'ann@example.org' in stored, 'the right file was read'
    assert token.encode() not in stored and token.encode().hex().encode() not in stored
    one, other = await OutboxMail.get(id=first), await OutboxMail.get(id=second)
    assert outbox.open_body(sending.cipher, one.body or '', one.message_id)[0] == mail.message.text
    with pytest.raises(ValueError, match='decrypt'):
        outbox.open_body(sending.cipher, one.body or '', other.message_id)


async def test_a_name_with_a_line_break_is_stored_as_one_line(sending: Dependencies) -> None:
    mail = a_mail(sending, to_name='Ann\r\nBcc: evil@example.org')
    changed = replace(mail, message=replace(mail.message, subject='Hello\r\nBcc: evil@example.org'))
    (mail_id,) = await queued(sending, changed)
    row = await OutboxMail.get(id=mail_id)
    assert (row.to_name, row.subject) == ('Ann Bcc: evil@example.org', 'Hello Bcc: evil@example.org')


async def test_a_thousand_mails_are_queued_in_five_seconds(sending: Dependencies) -> None:
    begun = time.perf_counter()
    ids = await queued(sending, *(a_mail(sending, f'a{number}@example.org') for number in range(1_000)))
    assert time.perf_counter() - begun < 5
    rows = await OutboxMail.filter(id__in=[ids[0], ids[999]]).order_by('id')
    assert [row.to_address for row in rows] == ['a0@example.org', 'a999@example.org'], 'ids come in the order given'
    assert len(set(ids)) == 1_000


async def test_a_mail_whose_link_ended_is_cancelled_and_scrubbed(sending: Dependencies) -> None:
    contact = await a_contact(sending)
    token, live = await a_token(sending), await a_token(sending)
    dead_mail, live_mail = await queued(
        sending,
        a_mail(sending, contact_id=contact.id, token_id=token.id),
        a_mail(sending, 'bob@example.org', token_id=live.id),
    )
    events = heard(sending)
    assert await links_ended(sending, token.id, 999) == 1
    row = await OutboxMail.get(id=dead_mail)
    assert (row.state, row.body) == ('cancelled', None)
    assert (await OutboxMail.get(id=live_mail)).state == 'queued'
    assert (await Contact.get(id=contact.id)).email_status == 'not_tried'
    assert events == [MailChanged(dead_mail, contact.id)]
    assert await links_ended(sending, token.id) == 0


async def test_what_failed_stays_failed_when_its_link_ends_but_loses_its_body(sending: Dependencies) -> None:
    token = await a_token(sending)
    (mail_id,) = await queued(sending, a_mail(sending, token_id=token.id))
    await OutboxMail.filter(id=mail_id).update(state='failed')
    assert await links_ended(sending, token.id) == 0
    row = await OutboxMail.get(id=mail_id)
    assert (row.state, row.body) == ('failed', None)
    with pytest.raises(MailIsOver):
        await outbox.retry_mail(sending, FOYER, mail_id)


async def test_pages_of_mail_newest_first(sending: Dependencies) -> None:
    ids = await queued(sending, *(a_mail(sending, f'a{number}@example.org') for number in range(5)))
    await OutboxMail.filter(id=ids[1]).update(state='sent', body=None, last_answer='250 OK')
    first = await outbox.list_mail(sending, FOYER, limit=3)
    assert [row.id for row in first.rows] == ids[:1:-1] and first.next_before_id == ids[2]
    second = await outbox.list_mail(sending, FOYER, limit=3, before_id=first.next_before_id)
    assert [row.id for row in second.rows] == [ids[1], ids[0]] and second.next_before_id is None
    sent, waiting = second.rows
    assert (sent.state, sent.last_answer, sent.next_try_at) == ('sent', '250 OK', None)
    assert not (sent.can_retry or sent.can_cancel or sent.can_read)
    assert waiting.can_retry and waiting.can_cancel and waiting.created_at == sending.clock.now()
    assert [row.id for row in (await outbox.list_mail(sending, FOYER, state='sent')).rows] == [ids[1]]
    assert (await outbox.list_mail(sending, FOYER, contact_id=7)).rows == ()
    counts = await outbox.mail_counts(sending, FOYER)
    assert (counts.queued, counts.sent, counts.failed) == (4, 1, 0)


async def test_a_failed_mail_is_tried_again_at_once(sending: Dependencies, clock: FixedClock) -> None:
    contact = await a_contact(sending, email_status='refused')
    (mail_id,) = await queued(sending, a_mail(sending, contact_id=contact.id))
    await OutboxMail.filter(id=mail_id).update(state='failed', tries=15, finished_at=clock.now(), last_answer='550 No')
    events = heard(sending)
    await outbox.retry_mail(sending, FOYER, mail_id)
    row = await OutboxMail.get(id=mail_id)
    assert (row.state, row.tries, row.finished_at) == ('queued', 0, None)
    assert row.next_try_at <= clock.now()
    assert (await Contact.get(id=contact.id)).email_status == 'waiting'
    assert events == [MailChanged(mail_id, contact.id), MailQueued()]


@pytest.mark.parametrize('state', ['sent', 'cancelled', 'sending'])
async def test_what_is_over_stays_over(sending: Dependencies, state: str) -> None:
    (mail_id,) = await queued(sending, a_mail(sending))
    await OutboxMail.filter(id=mail_id).update(state=state)
    for act in (outbox.retry_mail, outbox.cancel_mail):
        with pytest.raises(MailIsOver) as raised:
            await act(sending, FOYER, mail_id)
        assert raised.value.state == state
    with pytest.raises(MailNotFound):
        await outbox.retry_mail(sending, FOYER, mail_id + 1)


async def test_captured_mail_goes_out_once_a_server_is_set(deps: Dependencies, smtp_sink: SmtpSink) -> None:
    (mail_id,) = await queued(deps, a_mail(deps))
    for state in ('captured', 'queued', 'failed'):
        await OutboxMail.filter(id=mail_id).update(state=state)
        with pytest.raises(NoMailServer):
            await outbox.retry_mail(deps, FOYER, mail_id)
        assert (await OutboxMail.get(id=mail_id)).state == state
        assert not (await outbox.list_mail(deps, FOYER)).rows[0].can_retry
    await OutboxMail.filter(id=mail_id).update(state='captured')
    assert not (await outbox.list_mail(deps, FOYER)).rows[0].can_retry
    later = with_server(deps, smtp_sink.url)
    assert (await outbox.list_mail(later, FOYER)).rows[0].can_retry
    await outbox.retry_mail(later, FOYER, mail_id)
    assert (await OutboxMail.get(id=mail_id)).state == 'queued'


async def test_cancelling_scrubs_and_tells_the_contact(deps: Dependencies) -> None:
    contact = await a_contact(deps)
    sent, mail_id = await queued(deps, a_mail(deps, contact_id=contact.id), a_mail(deps, contact_id=contact.id))
    await OutboxMail.filter(id=sent).update(state='sent', body=None)
    await outbox.cancel_mail(deps, FOYER, mail_id)
    row = await OutboxMail.get(id=mail_id)
    assert (row.state, row.body) == ('cancelled', None)
    assert (await Contact.get(id=contact.id)).email_status == 'sent', 'as the mail before it'


async def test_captured_mail_is_read_link_and_all_and_that_is_recorded(deps: Dependencies) -> None:
    actor = await a_staff_member(deps)
    mail = a_mail(deps)
    (mail_id,) = await queued(deps, mail)
    read = await outbox.read_captured_mail(deps, actor, mail_id)
    assert (read.subject, read.to) == (mail.message.subject, 'ann@example.org')
    assert (read.text, read.html) == (mail.message.text, mail.message.html)
    assert len(read.links) == 1 and read.links[0] in mail.message.text
    recorded = await AuditEvent.get(kind='mail:captured:read')
    assert (recorded.actor_id, recorded.detail['mail_id']) == (actor.staff_id, mail_id)
    assert (recorded.detail['to'], recorded.detail['mail_kind']) == (mail.to_address, mail.kind)
    await OutboxMail.filter(id=mail_id).update(state='sent', body=None)
    with pytest.raises(MailIsOver):
        await outbox.read_captured_mail(deps, actor, mail_id)


async def test_what_is_on_its_way_is_read_by_nobody(sending: Dependencies) -> None:
    """R2: where a mail server is set, a link is for whoever it was mailed to."""
    owner = await a_staff_member(sending, Role.OWNER)
    (mail_id,) = await queued(sending, a_mail(sending))
    for state in ('queued', 'sending', 'failed'):
        await OutboxMail.filter(id=mail_id).update(state=state)
        assert not (await outbox.list_mail(sending, owner)).rows[0].can_read
        with pytest.raises(MailIsOver):
            await outbox.read_captured_mail(sending, owner, mail_id)


@pytest.mark.parametrize('kind', sorted(MailKind))
@pytest.mark.parametrize('role', [Role.STAFF, Role.ADMIN, Role.OWNER])
async def test_no_colleague_reads_what_is_for_its_reader_alone(deps: Dependencies, kind: MailKind, role: Role) -> None:
    """R21, R57: who reads a reset, an address to confirm or an invitation to the team becomes its reader."""
    actor = await a_staff_member(deps, role)
    (mail_id,) = await queued(deps, a_mail(deps, kind=kind))
    may_read = role is Role.OWNER or kind not in PERSONAL
    assert (await outbox.list_mail(deps, actor)).rows[0].can_read == may_read
    if may_read:
        assert (await outbox.read_captured_mail(deps, actor, mail_id)).links
    else:
        with pytest.raises(NotAllowed):
            await outbox.read_captured_mail(deps, actor, mail_id)
    assert await AuditEvent.filter(kind='mail:captured:read').count() == may_read


async def test_the_role_a_page_remembers_reads_nothing(deps: Dependencies) -> None:
    """R57: an owner who was made staff a moment ago."""
    actor = await a_staff_member(deps, Role.OWNER)
    await StaffMember.filter(id=actor.staff_id).update(role=Role.STAFF)
    (mail_id,) = await queued(deps, a_mail(deps, kind=MailKind.STAFF_PASSWORD_RESET))
    with pytest.raises(NotAllowed):
        await outbox.read_captured_mail(deps, actor, mail_id)


async def test_an_owner_hands_over_only_while_there_is_no_mail_server(deps: Dependencies, smtp_sink: SmtpSink) -> None:
    """R21: what was captured before a server was set goes out by it."""
    owner = await a_staff_member(deps, Role.OWNER)
    reset, login = await queued(deps, a_mail(deps, kind=MailKind.PASSWORD_RESET), a_mail(deps))
    with_one = with_server(deps, smtp_sink.url)
    rows = {row.id: row.can_read for row in (await outbox.list_mail(with_one, owner)).rows}
    assert rows == {reset: False, login: True}
    with pytest.raises(MailIsOver):
        await outbox.read_captured_mail(with_one, owner, reset)


async def test_a_body_of_another_key_is_not_read(deps: Dependencies) -> None:
    (mail_id,) = await queued(deps, a_mail(deps))
    with pytest.raises(MailIsOver):
        await outbox.read_captured_mail(replace(deps, cipher=Cipher('another key' * 4)), FOYER, mail_id)


async def test_nobody_but_staff_with_a_session_gets_at_the_outbox(deps: Dependencies) -> None:
    """R57."""
    (mail_id,) = await queued(deps, a_mail(deps))
    staff = await a_staff_member(deps)
    client = ClientActor(1, 1, 'ann@example.org', None)
    await StaffSession.all().delete()
    for actor, refusal in ((client, NotAllowed), (staff, SignedOut)):
        for act in (outbox.retry_mail, outbox.cancel_mail, outbox.read_captured_mail):
            with pytest.raises(refusal):
                await act(deps, actor, mail_id)  # type: ignore[operator]
        with pytest.raises(refusal):
            await outbox.list_mail(deps, actor)
        with pytest.raises(refusal):
            await outbox.mail_counts(deps, actor)
    assert (await OutboxMail.get(id=mail_id)).state == 'captured'
