"""The second factor: setting it up, its codes in their window, turning it off."""

import asyncio
import base64
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from domain.access import code_check
from domain.access.code_check import check_code, fitting_step, step_at
from domain.access.holders import holder_of
from domain.access.magic_links import make_magic_link, redeem_magic_link
from domain.access.passwords import change_password
from domain.access.sessions import current_client, current_staff, sign_out_client, sign_out_staff
from domain.access.totp import (
    begin_enrolment,
    forget_second_factor,
    make_new_codes,
    read_new_codes,
    read_second_factor,
    turn_off,
    turn_on,
)
from domain.actors import ClientActor, StaffActor, Visitor
from domain.audit import AuditKind
from domain.dependencies import Dependencies
from domain.errors import (
    LinkExpired,
    RateLimited,
    SecondFactorWrong,
    SignedOut,
    SignInNotFresh,
    TwoFactorIsOff,
    TwoFactorIsOn,
    TwoFactorRequired,
)
from domain.events import ClientSessionsEnded, LoginChanged, StaffSessionsEnded, TeamChanged
from domain.unit_of_work import deed, unit_of_work
from storage.models import (
    ClientSession,
    Login,
    OneTimeToken,
    PendingSignIn,
    PortalSettings,
    RecoveryCode,
    StaffMember,
    StaffSession,
)
from tests.factories import (
    Enrolled,
    a_visitor,
    app_code,
    audit_rows,
    come_in,
    everything_stored,
    given_contact,
    given_joined_client,
    given_owner,
    given_second_factor,
    given_staff,
    heard,
    later,
    mails_to,
    token_of,
)
from tests.support.clock import FixedClock

CLARA = 'clara@weiss.example'
KINDS = pytest.mark.parametrize('kind', ['client', 'staff'])


async def somebody(deps: Dependencies, kind: str) -> tuple[ClientActor | StaffActor, Visitor]:
    """A client or a staff member, signed in, and its browser."""
    staff = await given_owner(deps)
    if kind == 'staff':
        return staff, Visitor(staff.ip, staff.user_agent)
    client = await given_joined_client(deps, staff)
    return client.actor, a_visitor(client_session=client.raw)


async def enrolled(deps: Dependencies, kind: str, clock: FixedClock) -> Enrolled:
    """The same with a second factor, half a minute after it was turned on."""
    actor, visitor = await somebody(deps, kind)
    return await given_second_factor(deps, actor, visitor.client_session, clock)


def wrong(secret: str, clock: FixedClock) -> str:
    """Six digits that are right at no time near."""
    near = {app_code(secret, clock, seconds=30 * step) for step in range(-25, 26)}
    return next(code for code in map('{:06d}'.format, range(1_000_000)) if code not in near)


# ── Turning it on ────────────────────────────────────────────────────────────


@KINDS
async def test_the_secret_has_160_bits_and_the_code_is_the_usual_one(deps: Dependencies, kind: str) -> None:
    """R22: 160 bits, SHA-1, 6 digits, 30 s, which every app takes as given; issuer is the firm, label the address."""
    await PortalSettings.filter(id=1).update(firm_name='Lindqvist & Partner: Law')
    actor, _ = await somebody(deps, kind)
    enrolment = await begin_enrolment(deps, actor)
    assert len(base64.b32decode(enrolment.secret)) == 20
    uri = urlsplit(enrolment.uri)
    values = {name: value for name, (value,) in parse_qs(uri.query).items()}
    assert (uri.scheme, uri.netloc) == ('otpauth', 'totp')
    assert values.pop('secret') == enrolment.secret
    assert values.pop('issuer') == 'Lindqvist & Partner: Law'
    assert values in ({}, {'algorithm': 'SHA1', 'digits': '6', 'period': '30'})
    assert uri.path.endswith(actor.email) or actor.email.replace('@', '%40') in uri.path
    assert len({code_check.new_secret(deps) for _ in range(100)}) == 100


def test_the_code_is_that_of_the_standard(clock: FixedClock) -> None:
    """R22: the vectors of RFC 6238, appendix B, cut to six digits."""
    secret = base64.b32encode(b'12345678901234567890').decode()
    for moment, code in ((59, '287082'), (1111111109, '081804'), (1234567890, '005924'), (20000000000, '353130')):
        at = clock.now().fromtimestamp(moment, clock.now().tzinfo)
        assert fitting_step(secret, code, at) == moment // 30


@KINDS
async def test_it_is_on_after_a_valid_code_only(deps: Dependencies, clock: FixedClock, kind: str) -> None:
    """R27: the secret of the page is the same until it is confirmed; a wrong code turns nothing on."""
    actor, visitor = await somebody(deps, kind)
    secret = (await begin_enrolment(deps, actor)).secret
    assert (await begin_enrolment(deps, actor)).secret == secret
    for code in (wrong(secret, clock), '', 'abcdef', app_code(secret, clock) + '0', '١٢٣٤٥٦'):
        with pytest.raises(SecondFactorWrong):
            await turn_on(deps, actor, visitor, code)
        later(clock, minutes=2)
    assert not (await read_second_factor(deps, actor)).is_on
    assert (await begin_enrolment(deps, actor)).secret == secret
    code = app_code(secret, clock)
    await turn_on(deps, actor, visitor, f' {code[:3]} {code[3:]} ')
    row = await (Login if kind == 'client' else StaffMember).get(email=actor.email)
    assert row.totp_enrolled_at == clock.now()
    assert row.totp_last_step == step_at(clock.now())


@KINDS
async def test_the_secret_is_never_shown_again_and_never_stored_plain(
    deps: Dependencies, clock: FixedClock, kind: str
) -> None:
    """R26, R27: encrypted and bound to its row, before it is on (in the session) and after; then no deed tells it."""
    actor, visitor = await somebody(deps, kind)
    secret = (await begin_enrolment(deps, actor)).secret
    assert secret not in await everything_stored()
    on = await turn_on(deps, actor, visitor, app_code(secret, clock))
    look = current_client if kind == 'client' else current_staff
    now = await look(deps, on.raw_session)
    assert now
    codes = await read_new_codes(deps, now)
    stored = await everything_stored()
    assert secret not in stored and not any(code in stored for code in codes)
    with pytest.raises(TwoFactorIsOn):
        await begin_enrolment(deps, now)
    with pytest.raises(TwoFactorIsOn):
        await turn_on(deps, now, visitor, app_code(secret, clock, seconds=30))
    row = await (Login if kind == 'client' else StaffMember).get(email=actor.email)
    holder = holder_of(actor)
    assert deps.cipher.decrypt(row.totp_secret, holder.bound_to) == secret
    for other in ('login:4711:totp', 'staff:4711:totp', f'login:{row.id}', ''):
        with pytest.raises(ValueError, match='decrypt'):
            deps.cipher.decrypt(row.totp_secret, other)


@KINDS
async def test_turning_on_leaves_one_browser_and_no_link(deps: Dependencies, clock: FixedClock, kind: str) -> None:
    """R34, R37: a new session id for this browser, the old one dead, every other one and every link over; all told."""
    actor, visitor = await somebody(deps, kind)
    owner = actor if isinstance(actor, StaffActor) else await given_staff(deps)
    if isinstance(actor, ClientActor):
        contact_id = actor.contact_id or 0
        other = await come_in(deps, owner, contact_id, a_visitor('10.0.0.9'))
        link = (await make_magic_link(deps, owner, contact_id)).url
        ended = heard(deps, ClientSessionsEnded)
    else:
        ended = heard(deps, StaffSessionsEnded)  # type: ignore[assignment]
    changes = heard(deps, LoginChanged, TeamChanged)
    on = await given_second_factor(deps, actor, visitor.client_session)
    assert on.raw not in (visitor.client_session, '')
    assert on.actor.session_id != actor.session_id
    if isinstance(actor, ClientActor):
        assert await current_client(deps, visitor.client_session) is None
        assert await current_client(deps, other.raw) is None
        assert [one.id for one in await ClientSession.all()] == [on.actor.session_id]
        assert {(one.session_ids, one.reason) for one in ended} == {
            ((actor.session_id,), 'replaced'),
            ((other.actor.session_id,), 'two-factor on'),
        }
        with pytest.raises(LinkExpired):
            await redeem_magic_link(deps, a_visitor(), token_of(link))
        assert changes == [LoginChanged(actor.login_id)]
        (row,) = await audit_rows(AuditKind.TWO_FACTOR_ON)
        assert (row.login_id, row.actor_kind) == (actor.login_id, 'client')
    else:
        assert [one.id for one in await StaffSession.filter(staff_id=actor.staff_id)] == [on.actor.session_id]
        assert changes == [TeamChanged((actor.staff_id,))]
        (row,) = await audit_rows(AuditKind.STAFF_TWO_FACTOR_ON)
        assert (row.staff_id, row.actor_kind) == (actor.staff_id, 'staff')
    mail = (await mails_to(deps, actor.email))[-1]
    assert 'Two-factor authentication is on' in mail.row.subject
    assert on.secret not in mail.text


async def test_the_new_session_goes_on_where_the_old_one_was(deps: Dependencies, clock: FixedClock) -> None:
    """R19, R34, R38: the contact that was picked, the method and the beginning stay, and it is no fresher than it was:
    whoever sits at a browser left open could otherwise enrol, and then set a first password."""
    actor, visitor = await somebody(deps, 'client')
    before = await ClientSession.get(id=actor.session_id)
    later(clock, minutes=10)
    on = await given_second_factor(deps, actor, visitor.client_session)
    later(clock, minutes=10)
    after = await ClientSession.get(id=on.actor.session_id)
    assert (after.contact_id, after.method, after.created_at) == (before.contact_id, before.method, before.created_at)
    assert (after.proved_at, after.sealed) == (before.proved_at, None)
    assert after.expires_at == before.expires_at, 'R35: the absolute end is no later'
    with pytest.raises(SignInNotFresh):
        await change_password(deps, on.actor, '', 'violet harbour drumming 41')


@KINDS
async def test_setting_it_up_asks_for_a_fresh_sign_in(deps: Dependencies, clock: FixedClock, kind: str) -> None:
    """R38: whoever finds a browser left open locks its owner out with no phone of another; what was begun waits."""
    actor, visitor = await somebody(deps, kind)
    secret = (await begin_enrolment(deps, actor)).secret
    later(clock, minutes=15)
    with pytest.raises(SignInNotFresh):
        await begin_enrolment(deps, actor)
    with pytest.raises(SignInNotFresh):
        await turn_on(deps, actor, visitor, app_code(secret, clock))
    assert not (await read_second_factor(deps, actor)).is_on


async def test_a_held_session_sets_it_up_at_any_time(deps: Dependencies, clock: FixedClock) -> None:
    """R30: the sign-in is what led here, and nothing else opens."""
    actor, visitor = await somebody(deps, 'client')
    await PortalSettings.filter(id=1).update(security_mode='link_and_password_2fa')
    later(clock, minutes=20)
    secret = (await begin_enrolment(deps, actor)).secret
    await turn_on(deps, actor, visitor, app_code(secret, clock))
    assert (await Login.get(email=actor.email)).totp_enrolled_at == clock.now()


async def test_two_tabs_that_turn_it_on_at_once(deps: Dependencies, clock: FixedClock) -> None:
    """R27: one of them does; the other is told, and the secret is that of the one."""
    actor, visitor = await somebody(deps, 'client')
    first, second = await asyncio.gather(begin_enrolment(deps, actor), begin_enrolment(deps, actor))
    assert first == second
    code = app_code(first.secret, clock)
    answers = await asyncio.gather(
        turn_on(deps, actor, visitor, code), turn_on(deps, actor, visitor, code), return_exceptions=True
    )
    refused = [one for one in answers if isinstance(one, Exception)]
    assert len(refused) == 1 and isinstance(refused[0], (TwoFactorIsOn, SignedOut)), answers
    assert await RecoveryCode.all().count() == 10
    assert await ClientSession.all().count() == 1


# ── Codes ────────────────────────────────────────────────────────────────────


@KINDS
async def test_a_code_is_good_one_step_either_way(deps: Dependencies, clock: FixedClock, kind: str) -> None:
    """R23: the code of 30 s ago and of 30 s ahead fit, those two steps away do not."""
    holder = holder_of((on := await enrolled(deps, kind, clock)).actor)
    later(clock, minutes=10)
    for step in (-2, 2):
        with pytest.raises(SecondFactorWrong):
            await check_code(deps, a_visitor(), holder, app_code(on.secret, clock, seconds=30 * step))
    for step in (-1, 0, 1):
        assert await check_code(deps, a_visitor(), holder, app_code(on.secret, clock, seconds=30 * step)) == 'totp'


@KINDS
async def test_a_step_is_accepted_once_and_only_forwards(deps: Dependencies, clock: FixedClock, kind: str) -> None:
    """R24: not the same code twice, and none of a step before the last accepted one, though it is in the window."""
    holder = holder_of((on := await enrolled(deps, kind, clock)).actor)
    ahead, now, before = (app_code(on.secret, clock, seconds=seconds) for seconds in (30, 0, -30))
    assert await check_code(deps, a_visitor(), holder, ahead) == 'totp'
    for code in (ahead, now, before):
        with pytest.raises(SecondFactorWrong) as refused:
            await check_code(deps, a_visitor(), holder, code)
        assert refused.value.minutes_off == 0  # the phone is right: it is the code that is used up
    later(clock, minutes=2)
    with pytest.raises(SecondFactorWrong) as refused:
        await check_code(deps, a_visitor(), holder, ahead)
    assert refused.value.minutes_off == 0
    later(clock, minutes=6)
    assert await check_code(deps, a_visitor(), holder, app_code(on.secret, clock)) == 'totp'


@KINDS
async def test_the_code_that_turned_it_on_is_used_up(deps: Dependencies, clock: FixedClock, kind: str) -> None:
    """R24: whoever looked over the shoulder at the enrolment cannot sign in with that code."""
    actor, visitor = await somebody(deps, kind)
    on = await given_second_factor(deps, actor, visitor.client_session)
    with pytest.raises(SecondFactorWrong):
        await check_code(deps, a_visitor(), holder_of(actor), app_code(on.secret, clock))


async def test_the_same_code_many_times_at_once_is_good_once(deps: Dependencies, clock: FixedClock) -> None:
    """R24: the step is claimed by one guarded UPDATE; of those that were right when looked at, one wins."""
    holder = holder_of((on := await enrolled(deps, 'client', clock)).actor)
    code = app_code(on.secret, clock)
    answers = await asyncio.gather(
        *(check_code(deps, a_visitor(), holder, code) for _ in range(20)), return_exceptions=True
    )
    assert answers.count('totp') == 1
    assert all(isinstance(one, (str, SecondFactorWrong, RateLimited)) for one in answers), answers


@pytest.mark.parametrize('minutes', [-10, -5, -2])
async def test_a_phone_whose_clock_is_off_is_told_so(deps: Dependencies, clock: FixedClock, minutes: int) -> None:
    """A code that was right within ten minutes says by how much; it is a failure all the same (R25)."""
    holder = holder_of((on := await enrolled(deps, 'client', clock)).actor)
    later(clock, hours=1)
    for _ in range(5):
        with pytest.raises(SecondFactorWrong) as refused:
            await check_code(deps, a_visitor(), holder, app_code(on.secret, clock, seconds=60 * minutes))
        assert refused.value.minutes_off == minutes
    with pytest.raises(RateLimited):
        await check_code(deps, a_visitor(), holder, app_code(on.secret, clock))


@pytest.mark.parametrize('seconds', [60, 120, 300, 600])
async def test_of_a_code_that_will_be_right_nothing_is_said(
    deps: Dependencies, clock: FixedClock, seconds: int
) -> None:
    """R23: whoever guesses one would only have to wait. While it is set up the code is of a secret just shown, and a
    phone that is ahead is told so."""
    client = await given_joined_client(deps, await given_owner(deps), 'Ada Long', 'ada@long.example')
    secret = (await begin_enrolment(deps, client.actor)).secret
    with pytest.raises(SecondFactorWrong) as refused:
        await turn_on(deps, client.actor, a_visitor(), app_code(secret, clock, seconds=seconds))
    assert refused.value.minutes_off == seconds // 60
    holder = holder_of((on := await enrolled(deps, 'client', clock)).actor)
    later(clock, hours=1)
    with pytest.raises(SecondFactorWrong) as refused:
        await check_code(deps, a_visitor(), holder, app_code(on.secret, clock, seconds=seconds))
    assert refused.value.minutes_off == 0


async def test_a_code_of_no_time_near_tells_nothing(deps: Dependencies, clock: FixedClock) -> None:
    """R23: beyond ten minutes either way a code is simply wrong."""
    holder = holder_of((on := await enrolled(deps, 'client', clock)).actor)
    later(clock, hours=1)
    for seconds in (-660, 660, 86_400):
        with pytest.raises(SecondFactorWrong) as refused:
            await check_code(deps, a_visitor(), holder, app_code(on.secret, clock, seconds=seconds))
        assert refused.value.minutes_off == 0


# ── Failures ─────────────────────────────────────────────────────────────────


@KINDS
async def test_five_failures_in_five_minutes(deps: Dependencies, clock: FixedClock, kind: str) -> None:
    """R25: the sixth try is not looked at, right or wrong; after the waiting time it is."""
    holder = holder_of((on := await enrolled(deps, kind, clock)).actor)
    for _ in range(5):
        with pytest.raises(SecondFactorWrong):
            await check_code(deps, a_visitor(), holder, wrong(on.secret, clock))
    with pytest.raises(RateLimited) as refused:
        await check_code(deps, a_visitor(), holder, app_code(on.secret, clock))
    assert 0 < refused.value.retry_after <= 300
    later(clock, seconds=refused.value.retry_after)
    assert await check_code(deps, a_visitor(), holder, app_code(on.secret, clock)) == 'totp'


@pytest.mark.parametrize(('most', 'pause', 'span'), [(20, 5.1, 60), (50, 61, 24 * 60)])
async def test_twenty_failures_an_hour_and_fifty_a_day(
    deps: Dependencies, clock: FixedClock, most: int, pause: float, span: int
) -> None:
    """R25: whoever waits out the short window meets the longer ones."""
    holder = holder_of((on := await enrolled(deps, 'client', clock)).actor)
    bad, failures = wrong(on.secret, clock), 0
    with pytest.raises(RateLimited) as refused:
        while True:
            for _ in range(5):
                with pytest.raises(SecondFactorWrong):
                    await check_code(deps, a_visitor(), holder, bad)
                failures += 1
            later(clock, minutes=pause)
            bad = wrong(on.secret, clock)
    assert failures == most
    assert refused.value.retry_after > 300 or span == 60
    with pytest.raises(RateLimited):
        await check_code(deps, a_visitor(), holder, app_code(on.secret, clock))


@KINDS
async def test_what_failed_while_it_was_set_up_does_not_count_afterwards(
    deps: Dependencies, clock: FixedClock, kind: str
) -> None:
    """R25: whoever fumbled over the set-up has five tries of its own at the next sign-in."""
    actor, visitor = await somebody(deps, kind)
    secret = (await begin_enrolment(deps, actor)).secret
    for _ in range(4):
        with pytest.raises(SecondFactorWrong):
            await turn_on(deps, actor, visitor, wrong(secret, clock))
    await turn_on(deps, actor, visitor, app_code(secret, clock))
    for _ in range(5):
        with pytest.raises(SecondFactorWrong):
            await check_code(deps, a_visitor(), holder_of(actor), wrong(secret, clock))
    with pytest.raises(RateLimited):
        await check_code(deps, a_visitor(), holder_of(actor), wrong(secret, clock))


async def test_successes_count_for_nothing(deps: Dependencies, clock: FixedClock) -> None:
    """R25: failures are counted; somebody who signs in often is never locked, and one success clears no failure."""
    holder = holder_of((on := await enrolled(deps, 'client', clock)).actor)
    for _ in range(8):
        assert await check_code(deps, a_visitor(), holder, app_code(on.secret, clock)) == 'totp'
        later(clock, seconds=30)
    for step in range(5):
        with pytest.raises(SecondFactorWrong):
            await check_code(deps, a_visitor(), holder, wrong(on.secret, clock))
        if step == 3:
            assert await check_code(deps, a_visitor(), holder, app_code(on.secret, clock)) == 'totp'
    with pytest.raises(RateLimited):
        await check_code(deps, a_visitor(), holder, app_code(on.secret, clock, seconds=30))


async def test_fifty_wrong_codes_at_once_are_five(
    deps: Dependencies, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R25, R44: the try is counted before it is looked at, so that a burst gets no more than five."""
    holder = holder_of((on := await enrolled(deps, 'client', clock)).actor)
    looked, real = [], code_check.fitting_step
    monkeypatch.setattr(
        code_check, 'fitting_step', lambda secret, *rest, **more: looked.append(1) or real(secret, *rest, **more)
    )
    bad = wrong(on.secret, clock)
    answers = await asyncio.gather(
        *(check_code(deps, a_visitor(), holder, bad) for _ in range(50)), return_exceptions=True
    )
    assert len(looked) == 5
    assert [type(one) for one in answers].count(SecondFactorWrong) == 5
    assert [type(one) for one in answers].count(RateLimited) == 45


async def test_the_failures_of_one_are_not_those_of_another(deps: Dependencies, clock: FixedClock) -> None:
    """R25: counted per login; a staff member with the same number is somebody else."""
    staff = await enrolled(deps, 'staff', clock)
    client = await given_joined_client(deps, staff.actor)  # type: ignore[arg-type]
    on = await given_second_factor(deps, client.actor, client.raw, clock)
    assert holder_of(on.actor).id == holder_of(staff.actor).id
    for _ in range(5):
        with pytest.raises(SecondFactorWrong):
            await check_code(deps, a_visitor(), holder_of(staff.actor), wrong(staff.secret, clock))
    assert await check_code(deps, a_visitor(), holder_of(on.actor), app_code(on.secret, clock)) == 'totp'


# ── Turning it off ───────────────────────────────────────────────────────────


@KINDS
async def test_turning_off_takes_a_code_and_leaves_nothing(deps: Dependencies, clock: FixedClock, kind: str) -> None:
    """R37, R38: a valid code is proof enough for this, and for nothing after it; secret, codes, links and other
    sessions are gone, the address told."""
    on = await enrolled(deps, kind, clock)
    later(clock, minutes=30)
    with pytest.raises(SecondFactorWrong):
        await turn_off(deps, on.actor, wrong(on.secret, clock))
    assert (await read_second_factor(deps, on.actor)).is_on
    await turn_off(deps, on.actor, app_code(on.secret, clock))
    assert await read_second_factor(deps, on.actor) == type(await read_second_factor(deps, on.actor))(None, 0, False)
    assert await RecoveryCode.all().count() == 0
    row = await (Login if kind == 'client' else StaffMember).get(email=on.actor.email)
    assert (row.totp_secret, row.totp_enrolled_at, row.totp_last_step) == (None, None, 0)
    session = await (ClientSession if kind == 'client' else StaffSession).get(id=on.actor.session_id)
    assert session.proved_at < clock.now() - timedelta(minutes=29)
    subjects = [mail.row.subject for mail in await mails_to(deps, on.actor.email)]
    assert 'Two-factor authentication is off' in subjects[-1]
    prefix = '' if kind == 'client' else 'STAFF_'
    assert len(await audit_rows(AuditKind[f'{prefix}TWO_FACTOR_OFF'])) == 1
    (refused,) = await audit_rows(AuditKind[f'{prefix}TWO_FACTOR_REFUSED'])
    assert refused.outcome == 'refused'
    with pytest.raises(TwoFactorIsOff):
        await turn_off(deps, on.actor, app_code(on.secret, clock, seconds=30))


async def test_turning_off_ends_the_rest(deps: Dependencies, clock: FixedClock) -> None:
    """R13, R37: the other browsers, the links and the half-finished sign-ins of the login are over."""
    on = await enrolled(deps, 'client', clock)
    assert isinstance(on.actor, ClientActor)
    staff = await given_staff(deps)
    links = [await make_magic_link(deps, staff, on.actor.contact_id or 0) for _ in range(2)]
    await redeem_magic_link(deps, a_visitor(), token_of(links[0].url))
    assert await PendingSignIn.all().count() == 1
    link = await make_magic_link(deps, staff, on.actor.contact_id or 0)
    await ClientSession.create(
        token_hash='x' * 64, login_id=on.actor.login_id, method='code', created_at=clock.now(),
        last_seen_at=clock.now(), online_until=clock.now(), idle_expires_at=clock.now(), expires_at=clock.now(),
    )  # fmt: skip
    await turn_off(deps, on.actor, app_code(on.secret, clock))
    assert [one.id for one in await ClientSession.all()] == [on.actor.session_id]
    assert await PendingSignIn.all().count() == 0
    assert await OneTimeToken.filter(used_at=None, voided_at=None).count() == 0
    with pytest.raises(LinkExpired):
        await redeem_magic_link(deps, a_visitor(), token_of(link.url))


@KINDS
async def test_what_is_required_stays_on(deps: Dependencies, clock: FixedClock, kind: str) -> None:
    """R30: while the firm asks for it, it cannot be turned off, and the code that was typed is not used up."""
    on = await enrolled(deps, kind, clock)
    await PortalSettings.filter(id=1).update(security_mode='link_and_password_2fa', staff_two_factor_required=True)
    assert (await read_second_factor(deps, on.actor)).is_required
    code = app_code(on.secret, clock)
    with pytest.raises(TwoFactorRequired):
        await turn_off(deps, on.actor, code)
    assert await check_code(deps, a_visitor(), holder_of(on.actor), code) == 'totp'


@KINDS
async def test_a_held_session_can_set_it_up_and_nothing_else(deps: Dependencies, clock: FixedClock, kind: str) -> None:
    """R30: where it is required and not set up, the session is held; turning it on frees the browser."""
    actor, visitor = await somebody(deps, kind)
    await PortalSettings.filter(id=1).update(security_mode='link_and_password_2fa', staff_two_factor_required=True)
    on = await given_second_factor(deps, actor, visitor.client_session)
    assert not on.actor.is_held
    assert len(on.codes) == 10


@KINDS
async def test_no_deed_works_for_a_session_that_is_over(deps: Dependencies, clock: FixedClock, kind: str) -> None:
    """R36: none of it for a page that stayed open."""
    on = await enrolled(deps, kind, clock)
    sign_out = sign_out_client if kind == 'client' else sign_out_staff
    await sign_out(deps, on.actor)  # type: ignore[operator]
    code = app_code(on.secret, clock)
    for refused in (
        begin_enrolment(deps, on.actor),
        turn_on(deps, on.actor, a_visitor(), code),
        read_new_codes(deps, on.actor),
        make_new_codes(deps, on.actor, code),
        turn_off(deps, on.actor, code),
        read_second_factor(deps, on.actor),
    ):
        with pytest.raises(SignedOut):
            await refused


@deed
async def _reset(deps: Dependencies, on: Enrolled) -> bool:
    async with unit_of_work(deps) as work:
        return await forget_second_factor(work, holder_of(on.actor))


@KINDS
async def test_a_reset_leaves_nothing(deps: Dependencies, clock: FixedClock, kind: str) -> None:
    """R13: for resets by staff: secret, recovery codes, pending steps and what sessions have sealed are gone."""
    on = await enrolled(deps, kind, clock)
    await make_new_codes(deps, on.actor, app_code(on.secret, clock))
    assert await _reset(deps, on)
    assert not await _reset(deps, on)
    assert await read_new_codes(deps, on.actor) == ()
    assert await RecoveryCode.all().count() == 0
    assert not (await read_second_factor(deps, on.actor)).is_on
    for code in (app_code(on.secret, clock, seconds=30), on.codes[0]):
        with pytest.raises(TwoFactorIsOff):
            await check_code(deps, a_visitor(), holder_of(on.actor), code)
    assert (await given_contact(deps, 'Ben', 'ben@x.example')).id
