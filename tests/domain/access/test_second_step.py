"""The second step of a sign-in: what it takes, what ends it, and that it opens nothing before."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from domain.access.code_check import forgive_try
from domain.access.holders import holder_of
from domain.access.magic_links import make_magic_link, redeem_magic_link
from domain.access.second_step import (
    begin_staff_second_step,
    pending_is_good,
    take_recovery_notice,
    verify_second_step,
    verify_staff_second_step,
)
from domain.access.sessions import current_client, current_staff, end_sessions_of_login
from domain.access.sign_in import SecondStepRequired, SignedIn
from domain.access.sign_in_codes import ask_for_sign_in, redeem_code
from domain.access.totp import forget_second_factor, turn_off
from domain.activity.audit_log import recent_activity
from domain.actors import ClientActor, Visitor
from domain.audit import AuditKind
from domain.contacts.portal_access import revoke_access
from domain.dependencies import Dependencies
from domain.errors import LinkExpired, PendingOver, RateLimited, SecondFactorWrong
from domain.events import SignedInEvent
from domain.unit_of_work import deed, unit_of_work
from storage import claims
from storage.models import ClientSession, Contact, Login, PendingSignIn, RecoveryCode, StaffMember, StaffSession
from tests.factories import (
    Enrolled,
    a_visitor,
    app_code,
    audit_rows,
    code_in,
    everything_stored,
    given_joined_client,
    given_one_login_on_three,
    given_owner,
    given_second_factor,
    given_staff,
    heard,
    later,
    link_in,
    newest_mail,
    token_of,
    visitors,
    with_settings,
)
from tests.support.clock import FixedClock

CLARA = 'clara@weiss.example'


@pytest.fixture
async def clara(deps: Dependencies, clock: FixedClock) -> Enrolled:
    """A client with a second factor, signed in at one browser."""
    client = await given_joined_client(deps, await given_owner(deps))
    return await given_second_factor(deps, client.actor, client.raw, clock)


async def half_way(deps: Dependencies, clara: Enrolled, visitor: Visitor | None = None) -> str:
    """A sign-in whose first factor, a link, held; the raw pending."""
    assert isinstance(clara.actor, ClientActor)
    link = await make_magic_link(deps, await given_staff(deps), clara.actor.contact_id or 0)
    passed = await redeem_magic_link(deps, visitor or a_visitor('10.0.0.1'), token_of(link.url))
    assert isinstance(passed, SecondStepRequired)
    return passed.raw_pending


async def refused(deps: Dependencies, raw: str, code: str) -> None:
    """There is nothing to finish any more, whatever the code, and no session came of it."""
    before = await ClientSession.all().count()
    assert not await pending_is_good(deps, raw)
    with pytest.raises(PendingOver):
        await verify_second_step(deps, a_visitor(), raw, code)
    assert await ClientSession.all().count() == before


# ── In ───────────────────────────────────────────────────────────────────────


async def test_both_factors_and_not_one(deps: Dependencies, clock: FixedClock, clara: Enrolled) -> None:
    """R29, R34: after the first factor there is no session; after the second a new one, and the pending is gone."""
    before = {row.id for row in await ClientSession.all()}
    told = heard(deps, SignedInEvent)
    raw = await half_way(deps, clara, a_visitor('10.0.0.1', 'browser-b'))
    assert {row.id for row in await ClientSession.all()} == before
    assert not told and await pending_is_good(deps, raw)
    assert raw not in await everything_stored()
    for cookie in (current_client, current_staff):
        assert await cookie(deps, raw) is None  # it is no session under any name
    assert not await pending_is_good(deps, raw, staff=True)

    signed = await verify_second_step(deps, a_visitor('10.0.0.1', 'browser-b'), raw, app_code(clara.secret, clock))
    session = await ClientSession.get(id=signed.session_id)
    assert (session.method, session.contact_id) == ('magic_link', clara.actor.contact_id)  # type: ignore[union-attr]
    assert session.proved_at == clock.now()
    assert await current_client(deps, signed.raw_session)
    assert [one.session_id for one in told] == [signed.session_id] and told[0].browser_hash
    assert await PendingSignIn.all().count() == 0
    assert (await Login.get(email=CLARA)).last_sign_in_at == clock.now()
    await refused(deps, raw, app_code(clara.secret, clock, seconds=30))


async def test_the_session_of_before_dies(deps: Dependencies, clock: FixedClock, clara: Enrolled) -> None:
    """R34: the browser that signs in anew gets a new id, and the id it had is over."""
    visitor = a_visitor('10.0.0.1', client_session=clara.raw)
    raw = await half_way(deps, clara, visitor)
    assert await current_client(deps, clara.raw)
    signed = await verify_second_step(deps, visitor, raw, app_code(clara.secret, clock))
    assert await current_client(deps, clara.raw) is None
    assert signed.raw_session not in (clara.raw, raw)


async def test_every_first_factor_leads_here(deps: Dependencies, clock: FixedClock, clara: Enrolled) -> None:
    """R30: link and code alike; the method that is kept is that of the first factor."""
    for number, method in enumerate(('login_email', 'code')):
        later(clock, minutes=2)
        browser = a_visitor(f'10.0.1.{number}', f'browser-{number}')
        await ask_for_sign_in(deps, browser, CLARA)
        mail = await newest_mail(deps, CLARA)
        passed = (
            await redeem_code(deps, browser, code_in(mail))
            if method == 'code'
            else await redeem_magic_link(deps, browser, token_of(link_in(mail)))
        )
        assert isinstance(passed, SecondStepRequired)
        signed = await verify_second_step(deps, browser, passed.raw_pending, app_code(clara.secret, clock))
        kept = (await ClientSession.get(id=signed.session_id)).method
        assert kept == ('code' if method == 'code' else kept)
        assert (await Login.get(email=CLARA)).last_sign_in_method == kept


async def test_a_recovery_code_stands_in(deps: Dependencies, clock: FixedClock, clara: Enrolled) -> None:
    """R28: it opens the door once, and it is written down that it was one."""
    raw = await half_way(deps, clara)
    assert isinstance(await verify_second_step(deps, a_visitor(), raw, clara.codes[3].lower()), SignedIn)
    (row,) = await audit_rows(AuditKind.RECOVERY_CODE_USED)
    assert (row.login_id, row.ip) == (holder_of(clara.actor).id, a_visitor().ip)
    with pytest.raises(SecondFactorWrong):
        await verify_second_step(deps, a_visitor(), await half_way(deps, clara), clara.codes[3])


async def test_a_recovery_code_is_told_of_once_and_by_mail(
    deps: Dependencies, clock: FixedClock, clara: Enrolled
) -> None:
    """R28, R37: to whom it may have been taken from, and at the browser that used it; the app's code is no news."""
    signed = await verify_second_step(deps, a_visitor(), await half_way(deps, clara), clara.codes[3])
    actor = await current_client(deps, signed.raw_session)
    assert actor is not None
    mail = await newest_mail(deps, CLARA)
    assert mail.row.subject == 'A recovery code was used' and '9 are left.' in mail.text
    assert await take_recovery_notice(deps, actor) == 9
    assert await take_recovery_notice(deps, actor) is None
    later(clock, seconds=60)
    signed = await verify_second_step(deps, a_visitor(), await half_way(deps, clara), app_code(clara.secret, clock))
    actor = await current_client(deps, signed.raw_session)
    assert actor is not None and await take_recovery_notice(deps, actor) is None


# ── Refused ──────────────────────────────────────────────────────────────────


async def test_a_wrong_code_opens_nothing_and_may_be_tried_again(
    deps: Dependencies, clock: FixedClock, clara: Enrolled
) -> None:
    """R25: the half-finished sign-in goes on until the failures are too many; each is written down."""
    raw = await half_way(deps, clara)
    sessions = await ClientSession.all().count()
    for code in ('000000', app_code(clara.secret, clock, seconds=600), '', 'x' * 999, clara.codes[0][:-1]):
        with pytest.raises(SecondFactorWrong):
            await verify_second_step(deps, a_visitor(), raw, code)
    assert await ClientSession.all().count() == sessions
    rows = await audit_rows(AuditKind.TWO_FACTOR_REFUSED)
    assert {(row.outcome, row.actor_name) for row in rows} == {('refused', 'Clara Weiss')} and len(rows) == 5
    with pytest.raises(RateLimited) as waiting:
        await verify_second_step(deps, a_visitor(), raw, app_code(clara.secret, clock))
    later(clock, seconds=waiting.value.retry_after)
    assert isinstance(await verify_second_step(deps, a_visitor(), raw, app_code(clara.secret, clock)), SignedIn)


async def test_a_new_half_finished_sign_in_gives_no_new_tries(
    deps: Dependencies, clock: FixedClock, clara: Enrolled
) -> None:
    """R25: counted per login, not per sign-in, address of the network or browser."""
    for visitor in visitors(5):
        with pytest.raises(SecondFactorWrong):
            await verify_second_step(deps, visitor, await half_way(deps, clara, visitor), '000000')
    with pytest.raises(RateLimited):
        await verify_second_step(
            deps, a_visitor('10.9.9.9'), await half_way(deps, clara), app_code(clara.secret, clock)
        )


async def test_one_network_cannot_try_many_logins(deps: Dependencies, clock: FixedClock, clara: Enrolled) -> None:
    """R25, R46: thirty failures in ten minutes from one network, whoever they are for; other networks go on."""
    raw = await half_way(deps, clara)
    holder = holder_of(clara.actor)
    for _ in range(30):
        with pytest.raises(SecondFactorWrong):
            await verify_second_step(deps, a_visitor('2001:db8::1'), raw, '904173')
        await forgive_try(deps, holder)  # as if each was for another login
    for ip in ('2001:db8::1', '2001:db8::ffff'):
        with pytest.raises(RateLimited):
            await verify_second_step(deps, a_visitor(ip), raw, app_code(clara.secret, clock))
    good = await verify_second_step(deps, a_visitor('2001:db8:1::1'), raw, app_code(clara.secret, clock))
    assert isinstance(good, SignedIn)


async def test_ten_minutes(deps: Dependencies, clock: FixedClock, clara: Enrolled) -> None:
    """R7: a second before the end it works, at the end it is over."""
    first, second = await half_way(deps, clara), await half_way(deps, clara)
    later(clock, minutes=10, seconds=-1)
    assert isinstance(await verify_second_step(deps, a_visitor(), first, app_code(clara.secret, clock)), SignedIn)
    later(clock, seconds=1)
    await refused(deps, second, app_code(clara.secret, clock, seconds=30))


@pytest.mark.parametrize('raw', ['', 'x' * 43, "' OR 1=1 --", 'é'])
async def test_a_made_up_one_is_none(deps: Dependencies, clock: FixedClock, clara: Enrolled, raw: str) -> None:
    """R29: an id that was never given out finishes nothing, though the code is right, and costs the login no try."""
    await half_way(deps, clara)
    for _ in range(7):
        await refused(deps, raw, app_code(clara.secret, clock))
    assert isinstance(
        await verify_second_step(deps, a_visitor(), await half_way(deps, clara), app_code(clara.secret, clock)),
        SignedIn,
    )


@deed
async def _reset(deps: Dependencies, clara: Enrolled) -> None:
    async with unit_of_work(deps) as work:
        await forget_second_factor(work, holder_of(clara.actor))


@deed
async def _end_all(deps: Dependencies, clara: Enrolled) -> None:
    async with unit_of_work(deps) as work:
        await claims.lock_login(holder_of(clara.actor).id)
        await end_sessions_of_login(work, holder_of(clara.actor).id)


async def _revoke(deps: Dependencies, clara: Enrolled) -> None:
    assert isinstance(clara.actor, ClientActor)
    await revoke_access(deps, await given_staff(deps), clara.actor.contact_id or 0)


async def _turn_off(deps: Dependencies, clara: Enrolled) -> None:
    await turn_off(deps, clara.actor, clara.codes[0])


@pytest.mark.parametrize('ending', [_revoke, _reset, _end_all, _turn_off])
async def test_what_ends_sessions_ends_half_finished_ones(
    deps: Dependencies,
    clock: FixedClock,
    clara: Enrolled,
    ending: Callable[[Dependencies, Enrolled], Awaitable[None]],
) -> None:
    """R13, R37: revoking, resetting the second factor, a change of password, address or second factor."""
    raw = await half_way(deps, clara)
    await ending(deps, clara)
    assert await PendingSignIn.all().count() == 0
    await refused(deps, raw, app_code(clara.secret, clock))


async def test_access_is_looked_at_again(deps: Dependencies, clock: FixedClock, clara: Enrolled) -> None:
    """R13: also where the access went without anybody ending the half-finished sign-in; the code is not used up."""
    raw = await half_way(deps, clara)
    await Contact.all().update(portal_access=False)
    with pytest.raises(PendingOver):
        await verify_second_step(deps, a_visitor(), raw, app_code(clara.secret, clock))
    assert (await Login.get(email=CLARA)).totp_last_step < int(clock.now().timestamp()) // 30
    await Contact.all().update(portal_access=True)
    assert isinstance(await verify_second_step(deps, a_visitor(), raw, app_code(clara.secret, clock)), SignedIn)


async def test_a_login_that_serves_several_goes_on_as_what_is_left(deps: Dependencies, clock: FixedClock) -> None:
    """R13: the contact its link was for was shut out meanwhile: the sign-in begins anew and goes on as another."""
    staff = await given_owner(deps)
    person, firm, trust = await given_one_login_on_three(deps)
    link = await make_magic_link(deps, staff, firm.id)
    first = await redeem_magic_link(deps, a_visitor(), token_of(link.url))
    assert isinstance(first, SignedIn)
    actor = await current_client(deps, first.raw_session)
    assert actor
    on = await given_second_factor(deps, actor, first.raw_session, clock)
    link = await make_magic_link(deps, staff, firm.id)
    passed = await redeem_magic_link(deps, a_visitor(), token_of(link.url))
    assert isinstance(passed, SecondStepRequired)
    await revoke_access(deps, staff, firm.id)
    await refused(deps, passed.raw_pending, app_code(on.secret, clock))
    link = await make_magic_link(deps, staff, trust.id)
    passed = await redeem_magic_link(deps, a_visitor(), token_of(link.url))
    assert isinstance(passed, SecondStepRequired)
    signed = await verify_second_step(deps, a_visitor(), passed.raw_pending, app_code(on.secret, clock))
    assert (await ClientSession.get(id=signed.session_id)).contact_id == trust.id
    assert person.id


# ── All at once ──────────────────────────────────────────────────────────────


async def test_the_same_code_many_times_at_once_is_one_session(
    deps: Dependencies, clock: FixedClock, clara: Enrolled
) -> None:
    """R24, R34: of one half-finished sign-in and of several, the same code opens one door; both engines."""
    raws = [await half_way(deps, clara) for _ in range(4)]
    before = await ClientSession.all().count()
    code = app_code(clara.secret, clock)
    tries = [verify_second_step(deps, one, raws[number % 4], code) for number, one in enumerate(visitors(60))]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(one, SignedIn) for one in answers) == 1
    assert all(isinstance(one, (SignedIn, PendingOver, SecondFactorWrong, RateLimited)) for one in answers), answers
    assert await ClientSession.all().count() == before + 1


async def test_a_thousand_tries_of_one_are_one_session(deps: Dependencies, clock: FixedClock, clara: Enrolled) -> None:
    """R34: the half-finished sign-in is claimed by the DELETE that opens the door; without the limits too."""
    raw = await half_way(deps, clara)
    before = await ClientSession.all().count()
    no_limits = with_settings(deps, rate_limits='off')
    codes = [app_code(clara.secret, clock), app_code(clara.secret, clock, seconds=30), *clara.codes]
    tries = [verify_second_step(no_limits, one, raw, codes[n % len(codes)]) for n, one in enumerate(visitors(1_000))]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(one, SignedIn) for one in answers) == 1
    assert {type(one) for one in answers} <= {SignedIn, PendingOver, SecondFactorWrong}
    assert await ClientSession.all().count() == before + 1
    used = await RecoveryCode.exclude(used_at=None).count()
    login = await Login.get(email=CLARA)
    assert used + (login.totp_last_step >= int(clock.now().timestamp()) // 30) == 1  # what lost was not used up


async def test_fifty_wrong_tries_at_once_are_five(deps: Dependencies, clock: FixedClock, clara: Enrolled) -> None:
    """R25, R44: over several half-finished sign-ins and networks, five are looked at."""
    raws = [await half_way(deps, clara) for _ in range(5)]
    tries = [verify_second_step(deps, one, raws[n % 5], f'{n:06d}') for n, one in enumerate(visitors(50))]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(one, SecondFactorWrong) for one in answers) == 5
    assert sum(isinstance(one, RateLimited) for one in answers) == 45


# ── Whoever has the first factor alone ───────────────────────────────────────


async def test_a_first_factor_alone_ends_no_link(deps: Dependencies, clara: Enrolled, clock: FixedClock) -> None:
    """R8: the links of the mail die when a session begins, not when somebody who may never finish knocks."""
    assert isinstance(clara.actor, ClientActor)
    await ask_for_sign_in(deps, a_visitor(), CLARA)
    mail = await newest_mail(deps, CLARA)
    await half_way(deps, clara)
    passed = await redeem_magic_link(deps, a_visitor(), token_of(link_in(mail)))
    assert isinstance(passed, SecondStepRequired)
    other = await make_magic_link(deps, await given_staff(deps, email='sam@firm.example'), clara.actor.contact_id or 0)
    await verify_second_step(deps, a_visitor(), passed.raw_pending, app_code(clara.secret, clock))
    with pytest.raises(LinkExpired):
        await redeem_magic_link(deps, a_visitor(), token_of(other.url))


async def test_a_first_factor_that_held_is_on_record(deps: Dependencies, clara: Enrolled) -> None:
    """R59: with how, and where from; the dashboard does not tell it."""
    await half_way(deps, clara)
    (row,) = await audit_rows(AuditKind.SECOND_STEP_ASKED)
    assert (row.login_id, row.detail, row.ip) == (clara.actor.login_id, {'method': 'magic_link'}, '10.0.0.1')
    assert row.contact_name == row.actor_name != ''
    feed = await recent_activity(deps, await given_owner(deps, email='feed@firm.example'))
    assert row.kind not in [entry.kind for entry in feed]


async def test_only_so_many_wait(deps: Dependencies, clara: Enrolled) -> None:
    """R29: the sixth half-finished sign-in ends the oldest."""
    raws = [await half_way(deps, clara) for _ in range(6)]
    assert [await pending_is_good(deps, raw) for raw in raws] == [False] + [True] * 5


# ── Staff ────────────────────────────────────────────────────────────────────


@deed
async def _password_held(deps: Dependencies, staff_id: int) -> str:
    async with unit_of_work(deps) as work:
        return (await begin_staff_second_step(work, await StaffMember.get(id=staff_id), a_visitor())).raw_pending


async def test_staff_finish_alike(deps: Dependencies, clock: FixedClock) -> None:
    """R29, R34: a staff session after the second factor, once; its pending is no client's, and the other way round."""
    owner = await given_owner(deps)
    on = await given_second_factor(deps, owner, clock=clock)
    raw = await _password_held(deps, owner.staff_id)
    assert await pending_is_good(deps, raw, staff=True) and not await pending_is_good(deps, raw)
    with pytest.raises(PendingOver):
        await verify_second_step(deps, a_visitor(), raw, app_code(on.secret, clock))
    with pytest.raises(SecondFactorWrong):
        await verify_staff_second_step(deps, a_visitor(), raw, '000000')
    visitor = Visitor('198.51.100.1', 'Staff/1', staff_session=on.raw)
    tries = [verify_staff_second_step(deps, visitor, raw, app_code(on.secret, clock)) for _ in range(4)]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    (session,) = [one for one in answers if isinstance(one, str)]
    assert await current_staff(deps, session) and await current_staff(deps, on.raw) is None
    assert await StaffSession.filter(staff_id=owner.staff_id).count() == 1
    assert (await StaffMember.get(id=owner.staff_id)).last_sign_in_at == clock.now()
    assert len(await audit_rows(AuditKind.STAFF_SIGNED_IN)) == 1
    assert len(await audit_rows(AuditKind.STAFF_TWO_FACTOR_REFUSED)) >= 1


async def test_a_disabled_member_finishes_nothing(deps: Dependencies, clock: FixedClock) -> None:
    """R13: disabled between the two steps."""
    owner = await given_owner(deps)
    on = await given_second_factor(deps, owner, clock=clock)
    raw = await _password_held(deps, owner.staff_id)
    await StaffMember.filter(id=owner.staff_id).update(disabled_at=clock.now())
    with pytest.raises(PendingOver):
        await verify_staff_second_step(deps, a_visitor(), raw, app_code(on.secret, clock))
    assert isinstance(on.codes, tuple)
