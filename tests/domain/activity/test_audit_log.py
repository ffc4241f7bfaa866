"""Who did what, when, from where: written with the deed, never changed, never telling a secret."""

import asyncio
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from tortoise.exceptions import BaseORMException

import domain
from domain import audit
from domain.access.login_emails import send_login_emails
from domain.access.magic_links import make_magic_link, redeem_magic_link
from domain.access.sessions import sign_out_client, sign_out_staff, switch_contact
from domain.access.sign_in_codes import ask_for_sign_in, redeem_code
from domain.activity import audit_log
from domain.activity.access_report import access_report_csv
from domain.activity.audit_log import contact_timeline, recent_activity
from domain.actors import Role, Visitor
from domain.audit import AuditKind, record
from domain.contacts.bulk import BulkKind, start_bulk
from domain.contacts.directory import create_contact, delete_contact, edit_contact
from domain.contacts.invitations import cancel_invitation, invite_contact
from domain.contacts.job_kinds import register_kinds
from domain.contacts.new_contact import ContactDetails, Kind
from domain.contacts.portal_access import give_access, revoke_access
from domain.contacts.selection import Selection
from domain.dependencies import Dependencies
from domain.errors import SignInRefused
from domain.events import ActivityRecorded
from domain.mail.outbox import cancel_mail, read_captured_mail, retry_mail
from domain.portal.portal_settings import Portal, change_portal
from domain.staff.owner import open_setup, set_up
from domain.staff.staff_sign_in import sign_in_staff
from domain.unit_of_work import deed, unit_of_work
from storage.models import AuditEvent, Contact, OutboxMail
from storage.sql import change
from tests.domain.jobs.running import worked_off
from tests.factories import (
    PASSWORD,
    a_visitor,
    audit_rows,
    code_in,
    come_in,
    everything_stored,
    given_contact,
    given_invited,
    given_joined_client,
    given_one_login_on_three,
    given_owner,
    given_staff,
    heard,
    later,
    link_in,
    newest_mail,
    signed_in,
    token_in,
    token_of,
)
from tests.support.clock import FixedClock

STAFF = a_visitor('198.51.100.7', user_agent='StaffBrowser')
CLIENT = Visitor('203.0.113.5', 'ClientBrowser', 'the-browser-of-this-client')


async def a_whole_story(deps: Dependencies, clock: FixedClock) -> list[str]:
    """Every kind of deed once; what must stand in no audit row."""
    token = await open_setup(deps)
    assert token
    secrets = [token, PASSWORD, 'wrong password', CLIENT.browser]
    await set_up(deps, STAFF, token, name='Olga Brandt', email='olga@firm.example', password=PASSWORD)
    with pytest.raises(SignInRefused):
        await sign_in_staff(deps, STAFF, 'olga@firm.example', 'wrong password')
    secrets.append(await sign_in_staff(deps, STAFF, 'olga@firm.example', PASSWORD))
    owner = await given_staff(deps, Role.OWNER, name='Odo Kern')
    await change_portal(deps, owner, Portal('Holm & Partner', False, 20, 7))
    clara = await create_contact(
        deps, owner, ContactDetails(Kind.PERSON, 'Clara', 'clara@x.example'), give_access=False
    )
    invited = await invite_contact(deps, owner, clara, 'Hello')
    again = await invite_contact(deps, owner, clara)
    await cancel_invitation(deps, owner, clara)
    link = await make_magic_link(deps, owner, clara)
    await send_login_emails(deps, owner, [clara])
    mail = await newest_mail(deps, 'clara@x.example')
    await read_captured_mail(deps, owner, mail.row.id)
    await OutboxMail.filter(id=mail.row.id).update(state='failed')  # as a server would have it
    with_server = deps.settings.model_copy(update={'smtp_url': 'smtp://mail.example'})
    await retry_mail(replace(deps, settings=with_server), owner, mail.row.id)
    await cancel_mail(deps, owner, mail.row.id)
    await ask_for_sign_in(deps, CLIENT, 'clara@x.example')
    asked = await newest_mail(deps, 'clara@x.example')
    signed = await redeem_code(deps, CLIENT, code_in(asked))
    secrets += [token_of(url) for url in (invited.link, again.link, link.url, link_in(mail), link_in(asked))]
    secrets += [f'"{code_in(asked)}"', signed.raw_session]
    client = await signed_in(deps, signed, CLIENT)
    await switch_contact(deps, client, clara)
    await sign_out_client(deps, client)
    await edit_contact(deps, owner, clara, ContactDetails(Kind.PERSON, 'Clara', 'clara@new.example'))
    await revoke_access(deps, owner, clara)
    await give_access(deps, owner, clara)
    await delete_contact(deps, owner, clara)
    await access_report_csv(deps, owner)
    await sign_out_staff(deps, owner)
    return secrets


def test_no_kind_is_there_that_no_deed_writes() -> None:
    """R59: the tests of each area show its own kinds; here stands that none was forgotten."""
    readers = ('audit.py', 'kinds.py', 'audit_log.py')
    sources = [path for path in Path(domain.__path__[0]).rglob('*.py') if path.name not in readers]
    written = ' '.join(path.read_text() for path in sources if 'demo' not in path.parts)
    assert [kind.name for kind in AuditKind if not re.search(rf'AuditKind\.{kind.name}\b', written)] == []


async def test_every_kind_of_deed_is_recorded(deps: Dependencies, clock: FixedClock) -> None:
    """R59: each with its actor, its subject, IP and user agent, in UTC; R60: no secret in any of them."""
    secrets = await a_whole_story(deps, clock)
    rows = await audit_rows()
    told = {row.kind for row in rows}
    assert len(told) >= 25 and told <= {kind.value for kind in AuditKind}
    for row in rows:
        assert row.at == clock.now()
        assert row.at.utcoffset() is not None
        assert row.outcome == ('refused' if row.kind == AuditKind.STAFF_SIGN_IN_REFUSED else 'done')
        expected = {
            'staff': ('198.51.100.1', 'Staff/1', 'Odo Kern'),
            'client': ('203.0.113.5', 'ClientBrowser', 'clara@x.example'),
        }
        if row.actor_kind in expected:
            assert (row.ip, row.user_agent, row.actor_name) == expected[row.actor_kind], row.kind
            assert row.actor_id
        else:
            assert (row.actor_kind, row.actor_id) == ('visitor', None), row.kind
            assert (row.ip, row.user_agent) in {('198.51.100.7', 'StaffBrowser'), ('203.0.113.5', 'ClientBrowser')}
        if row.kind.startswith('contacts:'):
            assert row.contact_id
            assert row.contact_name == 'Clara'
    told = repr([(row.detail, row.actor_name, row.contact_name, row.user_agent) for row in rows])
    stored = await everything_stored()
    for secret in secrets:
        assert secret not in told
        assert secret.strip('"') not in told
        assert secret not in stored


async def test_the_record_is_of_the_transaction(deps: Dependencies) -> None:
    """R59: a deed that fails after it was recorded leaves no row and tells nobody."""
    owner = await given_owner(deps)

    @deed
    async def fails_late() -> None:
        async with unit_of_work(deps) as work:
            await record(work, AuditKind.CONTACT_CREATED, owner)
            raise OSError('disk full')

    told = heard(deps, ActivityRecorded)
    with pytest.raises(OSError, match='disk full'):
        await fails_late()
    assert await audit_rows() == []
    assert told == []


async def test_a_deed_whose_record_fails_is_not_done(deps: Dependencies, monkeypatch: pytest.MonkeyPatch) -> None:
    """R59: nothing happens off the record."""
    owner = await given_owner(deps)
    contact = await given_contact(deps)
    link = await make_magic_link(deps, owner, contact.id)

    async def fail(*_: object, **__: object) -> None:
        raise OSError('disk full')

    monkeypatch.setattr(audit_log.AuditEvent, 'create', fail)
    monkeypatch.setattr(audit, 'insert_audit_rows', fail)
    for attempt in (revoke_access(deps, owner, contact.id), redeem_magic_link(deps, CLIENT, token_of(link.url))):
        with pytest.raises(OSError, match='disk full'):
            await attempt
    monkeypatch.undo()
    assert (await Contact.get()).portal_access
    await redeem_magic_link(deps, CLIENT, token_of(link.url))


async def test_the_log_is_append_only(deps: Dependencies) -> None:
    """R59: the database itself refuses."""
    await given_contact(deps)
    before = await audit_rows()
    changing, deleting = "UPDATE audit_event SET actor_name = 'nobody'", 'DELETE FROM audit_event'
    for statement in (changing, deleting, f'{deleting} WHERE id = {before[0].id}'):
        with pytest.raises(BaseORMException, match='append-only'):
            await change(statement)
    assert [(row.id, row.actor_name) for row in await audit_rows()] == [(row.id, row.actor_name) for row in before]


async def test_told_to_open_pages_after_the_commit(deps: Dependencies) -> None:
    """A live feed: whose timeline it belongs to; a sign-in of a shared login names the login."""
    owner = await given_owner(deps)
    contacts = await given_one_login_on_three(deps)
    link = await make_magic_link(deps, owner, contacts[0].id)
    told = heard(deps, ActivityRecorded)
    signed = await redeem_magic_link(deps, CLIENT, token_of(link.url))
    assert told[-1] == ActivityRecorded((), signed.login_id)
    assert {event.contact_ids for event in told[:-1]} == {(contact.id,) for contact in contacts}


async def test_a_long_user_agent_is_cut(deps: Dependencies) -> None:
    """A header of any length breaks no column."""
    owner = await given_owner(deps)
    contact = await given_contact(deps)
    link = await make_magic_link(deps, owner, contact.id)
    await redeem_magic_link(deps, Visitor('203.0.113.5', 'ü' * 5_000), token_of(link.url))
    (row,) = await audit_rows(AuditKind.SIGNED_IN)
    assert row.user_agent == 'ü' * 400


# Reading it.


async def kinds_of(deps: Dependencies, contact_id: int) -> list[str]:
    return [entry.kind for entry in await contact_timeline(deps, await given_owner(deps), contact_id)]


async def test_the_timeline_tells_everything_newest_first(deps: Dependencies, clock: FixedClock) -> None:
    """Everything that happened to this contact's access, mail included."""
    owner = await given_owner(deps, name='Olga Brandt')
    contact = await given_contact(deps, access=False)
    later(clock, minutes=1)
    invited = await invite_contact(deps, owner, contact.id)
    later(clock, minutes=1)
    await redeem_magic_link(deps, CLIENT, token_of(invited.link))
    entries = await contact_timeline(deps, owner, contact.id)
    assert [entry.kind for entry in entries][:2] == [AuditKind.SIGNED_IN, AuditKind.JOINED]
    assert set(await kinds_of(deps, contact.id)) == {
        AuditKind.CONTACT_CREATED,
        AuditKind.ACCESS_GRANTED,
        AuditKind.INVITED,
        'mail:written',
        'mail:captured',
        AuditKind.JOINED,
        AuditKind.SIGNED_IN,
    }
    assert [entry.at for entry in entries] == sorted((entry.at for entry in entries), reverse=True)
    assert len({entry.key for entry in entries}) == len(entries)
    mail = next(entry for entry in entries if entry.kind == 'mail:captured')
    assert (mail.contact_name, mail.detail['to'], mail.actor_name) == (
        'Clara Weiss',
        'clara@weiss.example',
        'Olga Brandt',
    )


BECAME = [
    ('queued', 0, '', ['mail:written']),
    ('queued', 2, '451 later', ['mail:queued', 'mail:written']),
    ('sending', 1, '', ['mail:sending', 'mail:written']),
    ('sent', 1, '250 OK', ['mail:sent', 'mail:written']),
    ('failed', 1, '550 no such user', ['mail:failed', 'mail:written']),
    ('cancelled', 0, '', ['mail:cancelled', 'mail:written']),
    ('captured', 0, '', ['mail:captured', 'mail:written']),
]


async def test_what_became_of_a_mail(deps: Dependencies, clock: FixedClock) -> None:
    """Queued, handed over, refused: with the server's answer, in words of the timeline."""
    owner = await given_owner(deps)
    invited = await given_invited(deps, owner)
    for state, tries, answer, shown in BECAME:
        finished = clock.now() if state not in ('queued', 'sending') else None
        await OutboxMail.all().update(state=state, tries=tries, last_answer=answer, finished_at=finished)
        timeline = await contact_timeline(deps, owner, invited.contact_id)
        entries = [entry for entry in timeline if entry.kind.startswith('mail')]
        assert sorted(entry.kind for entry in entries) == sorted(shown)
        outcome = next((entry for entry in entries if entry.kind != 'mail:written'), None)
        assert outcome is None or (outcome.detail['answer'], outcome.detail['tries']) == (answer, tries)


async def test_what_happens_to_a_shared_login_is_on_every_timeline(deps: Dependencies, clock: FixedClock) -> None:
    """One login, several contacts: a sign-in and a mail the client asked for belong to each of them."""
    contacts = await given_one_login_on_three(deps)
    stranger = await given_contact(deps)
    await ask_for_sign_in(deps, CLIENT, 'ines@holm.example')
    await redeem_magic_link(deps, CLIENT, token_in(await newest_mail(deps, 'ines@holm.example')))
    for contact in contacts:
        found = await kinds_of(deps, contact.id)
        for kind in (AuditKind.LOGIN_EMAIL_ASKED, AuditKind.SIGNED_IN, AuditKind.JOINED, 'mail:written'):
            assert found.count(kind) == 1, (contact.name, kind)
    assert await kinds_of(deps, stranger.id) == [AuditKind.ACCESS_GRANTED, AuditKind.CONTACT_CREATED]
    later(clock, hours=1)
    fourth = await given_contact(deps, 'Holm Immobilien', 'ines@holm.example')
    assert AuditKind.SIGNED_IN not in await kinds_of(deps, fourth.id), 'from the day the contact was there'


async def test_what_one_contact_of_a_login_did_is_its_own(deps: Dependencies) -> None:
    """Access is revoked per contact; the others' timelines do not tell of it."""
    owner = await given_owner(deps)
    contacts = await given_one_login_on_three(deps)
    await make_magic_link(deps, owner, contacts[0].id)
    await revoke_access(deps, owner, contacts[0].id)
    assert AuditKind.ACCESS_REVOKED in await kinds_of(deps, contacts[0].id)
    assert set(await kinds_of(deps, contacts[1].id)) == {AuditKind.CONTACT_CREATED, AuditKind.ACCESS_GRANTED}


async def test_the_feed_shows_the_newest_of_everything(deps: Dependencies, clock: FixedClock) -> None:
    """A live activity feed; quiet kinds are left out, mail that only waits too."""
    owner = await given_owner(deps)
    client = await given_joined_client(deps, owner)
    later(clock, minutes=1)
    other = await come_in(deps, owner, client.contact_id)
    later(clock, minutes=1)
    await sign_out_client(deps, other.actor)
    feed = await recent_activity(deps, owner, limit=4)
    assert len(feed) == 4
    assert feed[0].kind == AuditKind.SIGNED_IN
    assert AuditKind.SIGNED_OUT not in [entry.kind for entry in await recent_activity(deps, owner, limit=100)]
    await OutboxMail.all().update(state='queued')
    assert not [entry for entry in await recent_activity(deps, owner, limit=100) if entry.kind.startswith('mail:')]


async def test_a_job_is_a_line_of_the_feed_and_a_line_for_each_of_the_timelines(
    deps: Dependencies, clock: FixedClock
) -> None:
    """Ten thousand invitations must not push everything else out of the feed, nor must their mails."""
    register_kinds()
    owner = await given_owner(deps)
    ids = [(await given_contact(deps, f'C{one}', f'c{one}@x.example')).id for one in range(30)]
    await given_joined_client(deps, owner)
    before = await recent_activity(deps, owner)
    later(clock, minutes=1)
    job_id = await start_bulk(deps, owner, BulkKind.INVITE, Selection(ids=tuple(ids)))
    await worked_off(deps, owner, job_id)
    end, begin, *others = await recent_activity(deps, owner, limit=len(before) + 2)
    assert [begin.kind, end.kind] == [AuditKind.JOB_STARTED, AuditKind.JOB_FINISHED]
    assert (end.detail['job_id'], end.detail['done'], end.actor_name) == (job_id, 30, owner.name)
    assert others == before
    assert {AuditKind.INVITED, 'mail:written'} <= set(await kinds_of(deps, ids[7]))


async def test_the_timeline_of_nobody_is_empty(deps: Dependencies) -> None:
    """A page that was open while a colleague deleted the contact."""
    assert await contact_timeline(deps, await given_owner(deps), 4711) == []


async def test_details_are_plain_json(deps: Dependencies, clock: FixedClock) -> None:
    """Whatever a deed adds can be exported."""
    await a_whole_story(deps, clock)
    await asyncio.sleep(0)
    for row in await AuditEvent.all():
        assert json.loads(json.dumps(row.detail)) == row.detail
