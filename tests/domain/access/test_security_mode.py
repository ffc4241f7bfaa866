"""Changing the mode: in numbers beforehand, at once or from a date, and what it does to those who are inside."""

import asyncio
from datetime import timedelta

import pytest

from domain.access import security_mode, security_notices
from domain.access.one_time_tokens import Purpose, issue
from domain.access.security_clock import SecurityClock
from domain.access.security_mode import (
    ModePreview,
    cancel_planned_mode,
    change_mode,
    preview_mode,
    put_planned_mode_in_force,
)
from domain.access.security_notices import write_notices
from domain.access.security_policy import SecurityMode, policy_at
from domain.access.sessions import Stands, current_client, how_it_stands
from domain.actors import Role, StaffActor
from domain.audit import AuditKind
from domain.dependencies import Dependencies, SystemClock
from domain.errors import DateInPast, DateTooFar, NotAllowed, SignInNotFresh
from domain.events import SecurityChanged
from domain.unit_of_work import deed, unit_of_work
from storage.models import ClientSession, Login, OneTimeToken, OutboxMail, PendingSignIn, PortalSettings, SecurityNotice
from tests.factories import (
    JoinedClient,
    audit_rows,
    come_in,
    given_contact,
    given_joined_client,
    given_one_login_on_three,
    given_owner,
    given_staff,
    heard,
    later,
    newest_mail,
    with_settings,
)
from tests.support.clock import START, FixedClock

FREE, LINK, TWO = SecurityMode.LINK_AND_PASSWORD, SecurityMode.LINK_ONLY, SecurityMode.LINK_AND_PASSWORD_2FA


@pytest.fixture
async def owner(deps: Dependencies) -> StaffActor:
    return await given_owner(deps)


async def given_enrolled(email: str) -> None:
    await Login.filter(email=email).update(totp_enrolled_at=START, totp_secret='sealed')


async def given_password(email: str) -> None:
    await Login.filter(email=email).update(password_hash='$argon2id$kept')


async def given_five_clients(deps: Dependencies, owner: StaffActor) -> JoinedClient:
    """Clara is inside. Ines serves three contacts, is inside at two browsers, and enrolled. Otto has a password, Nora
    has nothing, Rolf was let out."""
    clara = await given_joined_client(deps, owner)
    for contact in (await given_one_login_on_three(deps))[:2]:
        await come_in(deps, owner, contact.id)
    await given_enrolled('ines@holm.example')
    await given_contact(deps, 'Otto Orth', 'otto@orth.example')
    await given_password('otto@orth.example')
    await given_contact(deps, 'Nora Noll', 'nora@noll.example')
    await given_contact(deps, 'Rolf Raus', 'rolf@raus.example', invited_by=owner, revoked_by=owner)
    await given_password('rolf@raus.example')
    return clara


# ── Before ───────────────────────────────────────────────────────────────────


async def test_the_preview_counts_logins_that_may_enter(deps: Dependencies, owner: StaffActor) -> None:
    """R30: how many are concerned, enrolled, inside, and would have to set something up; a login counts once."""
    await given_five_clients(deps, owner)
    both = {'clients': 4, 'enrolled': 1, 'with_password': 1, 'signed_in': 2}
    assert await preview_mode(deps, owner, TWO) == ModePreview(**both, must_set_up=3, moved_at_once=1, mails=3)
    assert await preview_mode(deps, owner, LINK) == ModePreview(**both, must_set_up=0, moved_at_once=0, mails=1)
    assert await preview_mode(deps, owner, FREE) == ModePreview(**both, must_set_up=0, moved_at_once=0, mails=0)


async def test_the_preview_follows_time_and_people(deps: Dependencies, owner: StaffActor, clock: FixedClock) -> None:
    """R30: a session that ran out is nobody inside; who enrolled need not."""
    await given_five_clients(deps, owner)
    await given_enrolled('clara@weiss.example')
    seen = await preview_mode(deps, owner, TWO)
    assert (seen.enrolled, seen.must_set_up, seen.moved_at_once) == (2, 2, 0)
    later(clock, days=8)
    assert (await preview_mode(deps, await given_owner(deps), TWO)).signed_in == 0


# ── At once ──────────────────────────────────────────────────────────────────


async def test_tightening_holds_who_is_inside_and_shortens_sessions(
    deps: Dependencies, owner: StaffActor, clock: FixedClock
) -> None:
    """R30, R35: held at once, within an hour without a visit and a day in all; going back makes no session longer."""
    clara = await given_five_clients(deps, owner)
    told = heard(deps, SecurityChanged)
    done = await change_mode(deps, owner, TWO)
    assert (done.from_when, done.mails, done.numbers.moved_at_once) == (None, 0, 1)
    assert len(told) == 1
    assert await how_it_stands(deps, clara.actor) is Stands.HELD
    for session in await ClientSession.all():
        assert session.idle_expires_at == clock.now() + timedelta(hours=1)
        assert session.expires_at == clock.now() + timedelta(hours=24)
    await change_mode(deps, owner, FREE)
    assert await how_it_stands(deps, clara.actor) is Stands.GOOD
    for session in await ClientSession.all():
        assert session.expires_at == clock.now() + timedelta(hours=24)
    later(clock, hours=1)
    assert await current_client(deps, clara.raw) is None, 'an hour without a visit is over'


async def test_every_change_is_in_the_log_with_its_numbers(deps: Dependencies, owner: StaffActor) -> None:
    """R59: before and after, and whom it concerned."""
    await given_five_clients(deps, owner)
    await change_mode(deps, owner, TWO, notify=True)
    (row,) = await audit_rows(AuditKind.SECURITY_MODE_CHANGED)
    assert row.actor_name == owner.name
    assert row.detail == {
        'old': 'link_and_password',
        'new': 'link_and_password_2fa',
        'clients': 4,
        'enrolled': 1,
        'with_password': 1,
        'signed_in': 2,
        'must_set_up': 3,
        'moved_at_once': 1,
        'mails': 3,
        'mailed': 3,
    }


async def test_link_only_keeps_passwords_and_voids_resets(deps: Dependencies, owner: StaffActor) -> None:
    """R8: hashes are kept; a reset or a half-finished sign-in by password opens nothing meanwhile."""
    await given_five_clients(deps, owner)
    otto = await Login.get(email='otto@orth.example')
    await _reset_and_pending(deps, otto.id)
    await _staff_pending(deps, owner.staff_id)
    await change_mode(deps, owner, LINK)
    assert not (await policy_at(deps.clock.now())).passwords_work
    assert (await OneTimeToken.get(purpose='reset')).void_reason == 'cancelled'
    waiting = await PendingSignIn.all().order_by('token_hash').values_list('token_hash', flat=True)
    assert waiting == ['magic_link', 'of staff'], 'how staff sign in is another matter'
    await change_mode(deps, owner, FREE)
    assert (await Login.get(id=otto.id)).password_hash == '$argon2id$kept'
    assert (await policy_at(deps.clock.now())).passwords_work


@deed
async def _reset_and_pending(deps: Dependencies, login_id: int) -> None:
    async with unit_of_work(deps) as work:
        await issue(work, Purpose.RESET, timedelta(minutes=30), login_id=login_id, email='otto@orth.example')
        for method in ('password', 'magic_link'):
            await PendingSignIn.create(
                token_hash=method,
                login_id=login_id,
                method=method,
                created_at=work.now,
                expires_at=work.now + timedelta(minutes=10),
            )


async def _staff_pending(deps: Dependencies, staff_id: int) -> None:
    now = deps.clock.now()
    await PendingSignIn.create(
        token_hash='of staff',
        staff_id=staff_id,
        method='password',
        created_at=now,
        expires_at=now + timedelta(minutes=10),
    )


async def test_the_same_mode_changes_nothing(deps: Dependencies, owner: StaffActor) -> None:
    told = heard(deps, SecurityChanged)
    await change_mode(deps, owner, FREE, notify=True)
    await change_mode(deps, owner, FREE, from_when=deps.clock.now() + timedelta(days=1))
    assert told == []
    assert await audit_rows(AuditKind.SECURITY_MODE_CHANGED, AuditKind.SECURITY_MODE_PLANNED) == []


async def test_a_change_asks_for_a_fresh_sign_in(deps: Dependencies, owner: StaffActor, clock: FixedClock) -> None:
    """R38, R57: fifteen minutes; and staff neither look nor change."""
    later(clock, minutes=15)
    for attempt in (change_mode(deps, owner, TWO), cancel_planned_mode(deps, owner)):
        with pytest.raises(SignInNotFresh):
            await attempt
    staff = await given_staff(deps, Role.STAFF)
    for attempt in (change_mode(deps, staff, TWO), preview_mode(deps, staff, TWO)):
        with pytest.raises(NotAllowed):
            await attempt
    assert (await policy_at(clock.now())).mode is FREE


# ── From a date ──────────────────────────────────────────────────────────────


async def test_a_date_has_to_come_within_a_year(deps: Dependencies, owner: StaffActor, clock: FixedClock) -> None:
    for at, error in (
        (clock.now(), DateInPast),
        (clock.now() - timedelta(days=1), DateInPast),
        (clock.now() + timedelta(days=367), DateTooFar),
    ):
        with pytest.raises(error):
            await change_mode(deps, owner, TWO, from_when=at)
    assert (await PortalSettings.get(id=1)).next_mode_from is None


async def test_a_planned_change_holds_from_its_date(deps: Dependencies, owner: StaffActor, clock: FixedClock) -> None:
    """R30, R35: good before; held from that moment on, written down or not; sessions end by what holds since then."""
    clara = await given_five_clients(deps, owner)
    at = clock.now() + timedelta(hours=2)
    await change_mode(deps, owner, TWO, from_when=at)
    assert not await put_planned_mode_in_force(deps)
    later(clock, hours=1, minutes=59)
    assert await how_it_stands(deps, clara.actor) is Stands.GOOD
    later(clock, minutes=11)
    assert await how_it_stands(deps, clara.actor) is Stands.HELD
    told = heard(deps, SecurityChanged)
    assert await put_planned_mode_in_force(deps)
    assert not await put_planned_mode_in_force(deps)
    assert len(told) == 1
    row = await PortalSettings.get(id=1)
    assert (row.security_mode, row.next_security_mode, row.next_mode_from) == (TWO.value, '', None)
    session = await ClientSession.get(id=clara.actor.session_id)
    seen = clock.now()  # the look above; by then the short length was in force
    assert (session.idle_expires_at, session.expires_at) == (seen + timedelta(hours=1), at + timedelta(hours=24))
    planned, changed = await audit_rows(AuditKind.SECURITY_MODE_PLANNED, AuditKind.SECURITY_MODE_CHANGED)
    assert planned.detail['from_when'] == changed.detail['from_when'] == at.isoformat()
    assert (changed.actor_kind, changed.detail['old'], changed.detail['new']) == ('system', FREE.value, TWO.value)


async def test_sessions_between_the_date_and_its_being_written_down(
    deps: Dependencies, owner: StaffActor, clock: FixedClock
) -> None:
    """R35: one begun, and one looked at, after the date have their hour from that visit, before and after."""
    clara = await given_five_clients(deps, owner)
    otto = (await given_contact(deps, 'Uwe Ulm', 'uwe@ulm.example')).id
    await change_mode(deps, owner, TWO, from_when=clock.now() + timedelta(hours=2))
    later(clock, hours=2, minutes=30)
    seen = await current_client(deps, clara.raw)
    assert seen and seen.is_held
    begun = await come_in(deps, owner, otto)
    rows = [clara.actor.session_id, begun.actor.session_id]
    idle = [clock.now() + timedelta(hours=1)] * 2
    assert [(await ClientSession.get(id=one)).idle_expires_at for one in rows] == idle
    assert await put_planned_mode_in_force(deps)
    assert [(await ClientSession.get(id=one)).idle_expires_at for one in rows] == idle
    assert [(await ClientSession.get(id=one)).expires_at for one in rows] == [
        clock.now() + timedelta(hours=23, minutes=30),
        clock.now() + timedelta(hours=24),
    ]


async def test_several_instances_write_it_down_once(deps: Dependencies, owner: StaffActor, clock: FixedClock) -> None:
    """R30: by a guarded UPDATE."""
    await change_mode(deps, owner, TWO, from_when=clock.now() + timedelta(hours=1))
    later(clock, hours=1)
    assert sorted(await asyncio.gather(*(put_planned_mode_in_force(deps) for _ in range(8)))) == [False] * 7 + [True]
    assert len(await audit_rows(AuditKind.SECURITY_MODE_CHANGED)) == 1


async def test_a_change_takes_the_place_of_the_plan(deps: Dependencies, owner: StaffActor, clock: FixedClock) -> None:
    tomorrow, later_on = clock.now() + timedelta(days=1), clock.now() + timedelta(days=2)
    await change_mode(deps, owner, TWO, from_when=tomorrow)
    await change_mode(deps, owner, LINK, from_when=later_on)
    policy = await policy_at(clock.now())
    assert (policy.mode, policy.next_mode, policy.next_from) == (FREE, LINK, later_on)
    await change_mode(deps, owner, TWO)
    policy = await policy_at(clock.now())
    assert (policy.mode, policy.next_mode) == (TWO, None)


async def test_a_plan_is_cancelled(deps: Dependencies, owner: StaffActor, clock: FixedClock) -> None:
    await change_mode(deps, owner, TWO, from_when=clock.now() + timedelta(days=1))
    told = heard(deps, SecurityChanged)
    assert await cancel_planned_mode(deps, owner)
    assert not await cancel_planned_mode(deps, owner)
    assert len(told) == 1
    later(clock, days=2)
    assert (await policy_at(clock.now())).mode is FREE
    (row,) = await audit_rows(AuditKind.SECURITY_PLAN_CANCELLED)
    assert (row.detail['old'], row.detail['new']) == (FREE.value, TWO.value)


async def test_cancelling_comes_too_late_once_the_date_is_there(
    deps: Dependencies, owner: StaffActor, clock: FixedClock
) -> None:
    """R30: what is in force is not undone by a late click; it is written down instead."""
    await change_mode(deps, owner, TWO, from_when=clock.now() + timedelta(minutes=10))
    later(clock, minutes=10)
    assert not await cancel_planned_mode(deps, owner)
    row = await PortalSettings.get(id=1)
    assert (row.security_mode, row.next_mode_from) == (TWO.value, None)


# ── The clock of the house ───────────────────────────────────────────────────


async def test_the_clock_tells_the_pages_within_a_second(
    deps: Dependencies, owner: StaffActor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R30: at the date, without anybody clicking; and anew when the date is moved."""
    now = SystemClock()
    monkeypatch.setattr(deps.clock, 'now', now.now)
    owner = await given_owner(deps)
    clara = await given_joined_client(deps, owner)
    clock = SecurityClock(deps)
    await clock.start()
    try:
        await change_mode(deps, owner, TWO, from_when=now.now() + timedelta(days=1))
        at = now.now() + timedelta(seconds=1)
        await change_mode(deps, owner, TWO, from_when=at)
        await asyncio.sleep(0)
        told = heard(deps, SecurityChanged)
        async with asyncio.timeout(
            3
        ):  # two seconds and a bit after the date, where one is meant: a machine may be busy
            while not told:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert now.now() >= at
        assert (await PortalSettings.get(id=1)).security_mode == TWO.value
        assert await how_it_stands(deps, clara.actor) is Stands.HELD
    finally:
        clock.stop()


async def test_what_came_due_while_nobody_was_there_is_put_in_force_at_the_start(
    deps: Dependencies, owner: StaffActor, clock: FixedClock
) -> None:
    """R30, R35: before the first request; sessions end as they would have."""
    clara = await given_five_clients(deps, owner)
    await change_mode(deps, owner, TWO, from_when=clock.now() + timedelta(hours=1))
    later(clock, hours=3)
    begun = SecurityClock(deps)
    await begun.start()
    begun.stop()
    assert (await PortalSettings.get(id=1)).security_mode == TWO.value
    assert await how_it_stands(deps, clara.actor) is Stands.OVER, 'an hour without a visit has passed since'


# ── Notices ──────────────────────────────────────────────────────────────────


async def written(deps: Dependencies) -> list[str]:
    await write_notices(deps)
    return [
        str(one)
        for one in await OutboxMail.filter(kind='security_notice').order_by('id').values_list('to_address', flat=True)
    ]


async def test_whoever_it_concerns_is_mailed_once(deps: Dependencies, owner: StaffActor) -> None:
    """R30: one mail a login, none for who is enrolled or let out; it says what, when and what to do, and no secret."""
    await given_five_clients(deps, owner)
    await PortalSettings.filter(id=1).update(firm_name='Lindqvist')
    done = await change_mode(deps, owner, TWO, from_when=deps.clock.now() + timedelta(days=3), notify=True)
    assert done.mails == 3
    assert await written(deps) == ['clara@weiss.example', 'otto@orth.example', 'nora@noll.example']
    assert await write_notices(deps) == 0
    mail = await newest_mail(deps, 'nora@noll.example')
    assert mail.row.subject == 'Signing in takes a second step from 5 March 2026 · Lindqvist'
    assert 'Hello Nora' in mail.text
    assert 'From Thursday, 5 March 2026 at 09:00 UTC Lindqvist asks for a second step' in mail.text
    assert f'{deps.settings.public_url}/' in mail.text and 'token' not in mail.text
    assert mail.row.login_id and mail.row.made_by_name == owner.name


@pytest.mark.parametrize(
    ('way', 'subject', 'whom'),
    [
        ((LINK,), 'You now sign in without a password', 'otto@orth.example'),
        ((LINK, FREE), 'Your password works again', 'otto@orth.example'),
        ((TWO, FREE), 'The second step is up to you now', 'ines@holm.example'),
        ((LINK, TWO), 'Signing in now takes a second step', 'nora@noll.example'),
    ],
)
async def test_each_change_has_its_words(
    deps: Dependencies, owner: StaffActor, way: tuple[SecurityMode, ...], subject: str, whom: str
) -> None:
    await given_five_clients(deps, owner)
    for mode in way[:-1]:
        await change_mode(deps, owner, mode)
    preview = await preview_mode(deps, owner, way[-1])
    await change_mode(deps, owner, way[-1], notify=True)
    assert len(await written(deps)) == preview.mails
    assert (await newest_mail(deps, whom)).row.subject == subject


async def test_notices_are_written_in_batches_and_go_on_after_a_kill(
    deps: Dependencies, owner: StaffActor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F1: nothing lost and nothing doubled, also by two instances at once; who has enrolled meanwhile is left out."""
    monkeypatch.setattr(security_notices, 'AT_ONCE', 2)
    for number in range(7):
        await given_contact(deps, f'Client {number}', f'client{number}@x.example')
    await change_mode(deps, owner, TWO, notify=True)
    await given_contact(deps, 'Came later', 'later@x.example')
    notice = await SecurityNotice.get()
    assert await security_notices._write_some(deps, notice) == 2
    assert await security_notices._write_some(deps, notice) == 0, 'somebody who still thinks nothing is written'
    await given_enrolled('client5@x.example')
    await asyncio.gather(write_notices(deps), write_notices(deps))
    assert await written(deps) == [f'client{number}@x.example' for number in (0, 1, 2, 3, 4, 6)]


async def test_a_change_that_is_taken_back_stops_its_mail(
    deps: Dependencies, owner: StaffActor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not written stays unwritten, what waits is cancelled, what was sent was sent."""
    monkeypatch.setattr(security_notices, 'AT_ONCE', 2)
    deps = with_settings(deps, smtp_url='smtp://localhost:1')
    for number in range(5):
        await given_contact(deps, f'Client {number}', f'client{number}@x.example')
    await change_mode(deps, owner, TWO, from_when=deps.clock.now() + timedelta(days=1), notify=True)
    for _ in range(2):
        await security_notices._write_some(deps, await SecurityNotice.get())
    await OutboxMail.filter(to_address='client0@x.example').update(state='sent')
    await cancel_planned_mode(deps, owner)
    assert await written(deps) == [f'client{number}@x.example' for number in range(4)]
    states = await OutboxMail.all().order_by('id').values_list('state', 'body')
    assert [state for state, _ in states] == ['sent', 'cancelled', 'cancelled', 'cancelled']
    assert [body for _, body in states[1:]] == [None] * 3
    assert await SecurityNotice.filter(finished_at=None).count() == 0


async def test_the_numbers_are_those_of_the_moment_it_is_written_down(
    deps: Dependencies, owner: StaffActor, clock: FixedClock
) -> None:
    """R59: not those of the day it was planned."""
    await change_mode(deps, owner, TWO, from_when=clock.now() + timedelta(hours=1))
    await given_five_clients(deps, owner)
    later(clock, hours=1)
    await put_planned_mode_in_force(deps)
    (row,) = await audit_rows(AuditKind.SECURITY_MODE_CHANGED)
    assert (row.detail['clients'], row.detail['moved_at_once']) == (4, 1)
    assert timedelta(days=366) == security_mode.FURTHEST
