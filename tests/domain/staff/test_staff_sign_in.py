"""How staff sign in, and prove once more who they are."""

import asyncio
from dataclasses import replace

import pytest
from argon2 import PasswordHasher

from domain.access.rate_limits import Limits
from domain.access.second_step import pending_is_good, verify_staff_second_step
from domain.access.sessions import current_staff, sign_out_staff
from domain.access.sign_in import SecondStepRequired
from domain.actors import StaffActor
from domain.audit import AuditKind
from domain.authorization import Permission, authorise
from domain.dependencies import Dependencies
from domain.errors import (
    Busy,
    PasswordWrong,
    PendingOver,
    RateLimited,
    SecondFactorWrong,
    SignedOut,
    SignInNotFresh,
    SignInRefused,
)
from domain.events import TeamChanged
from domain.staff.staff_sign_in import confirm_sign_in, sign_in_staff
from storage.models import StaffMember, StaffSession
from tests.factories import (
    PASSWORD,
    a_visitor,
    app_code,
    audit_rows,
    every_row,
    everything_stored,
    given_owner,
    given_second_factor,
    heard,
    later,
    visitors,
    with_settings,
)
from tests.support.clock import FixedClock
from tests.support.hashing import WeakHasherForTests

OLGA = 'olga@firm.example'


class CountingHasher(WeakHasherForTests):
    """The hasher of the tests, which remembers what it was asked to verify."""

    def __init__(self) -> None:
        super().__init__()
        self.verified: list[str | None] = []

    async def verify(self, hashed: str | None, password: str) -> bool:
        self.verified.append(hashed)
        return await super().verify(hashed, password)


@pytest.fixture
def counting() -> CountingHasher:
    return CountingHasher()


async def test_a_weaker_hash_is_made_anew_at_sign_in(deps: Dependencies) -> None:
    """R17: rehash at sign-in, and only then."""
    owner = await given_owner(deps, email=OLGA)
    weaker = PasswordHasher(time_cost=1, memory_cost=16, parallelism=1).hash(PASSWORD)
    await StaffMember.filter(id=owner.staff_id).update(password_hash=weaker)
    with pytest.raises(SignInRefused):
        await sign_in_staff(deps, a_visitor(), OLGA, 'wrong')
    assert (await StaffMember.get()).password_hash == weaker
    await sign_in_staff(deps, a_visitor(), OLGA, PASSWORD)
    stronger = (await StaffMember.get()).password_hash
    assert stronger != weaker
    await sign_in_staff(deps, a_visitor(), OLGA, PASSWORD)
    assert (await StaffMember.get()).password_hash == stronger


async def test_signing_in(deps: Dependencies, clock: FixedClock) -> None:
    """R34, R59: a new session each time, on record with where from."""
    owner = await given_owner(deps, email=OLGA, name='Olga Brandt')
    later(clock, hours=1)
    raws = [
        await sign_in_staff(deps, a_visitor('192.0.2.6', user_agent='Edge'), ' Olga@FIRM.example', PASSWORD)
        for _ in range(2)
    ]
    assert len(set(raws)) == 2
    assert [bool(await current_staff(deps, raw)) for raw in raws] == [True, True]
    rows = await audit_rows(AuditKind.STAFF_SIGNED_IN)
    assert [(row.staff_id, row.actor_name, row.ip, row.user_agent) for row in rows] == [
        (owner.staff_id, 'Olga Brandt', '192.0.2.6', 'Edge')
    ] * 2
    assert (await StaffMember.get()).last_sign_in_at == clock.now()


async def test_every_refusal_is_the_same(deps: Dependencies, counting: CountingHasher) -> None:
    """R41, R42: one error, and the hasher works once for each, against a dummy where there is nobody."""
    deps = replace(deps, hasher=counting)
    owner = await given_owner(deps, email=OLGA)
    disabled = await given_owner(deps, email='disabled@firm.example')
    await StaffMember.filter(id=disabled.staff_id).update(disabled_at=deps.clock.now())
    expected = (await StaffMember.get(id=owner.staff_id)).password_hash
    cases = [
        (OLGA, 'a wrong password', expected),
        (disabled.email, PASSWORD, None),
        ('nobody@firm.example', PASSWORD, None),
        ('olga', PASSWORD, None),
        ('a\x00b', PASSWORD, None),
        ('x' * 5_000, PASSWORD, None),
        ('\ud800@firm.example', PASSWORD, None),
    ]
    for number, (email, password, against) in enumerate(cases, 1):
        with pytest.raises(SignInRefused) as refused:
            await sign_in_staff(deps, a_visitor(), email, password)
        assert refused.value == SignInRefused()
        assert (len(counting.verified), counting.verified[-1]) == (number, against)
        rows = await audit_rows(AuditKind.STAFF_SIGN_IN_REFUSED)
        assert [row.outcome for row in rows] == ['refused'] * number
        assert rows[-1].staff_id == (owner.staff_id if against else None)
    stored = await everything_stored()
    assert PASSWORD not in stored
    assert 'a wrong password' not in stored
    assert await StaffSession.all().count() == 2, 'those the two had before'


async def test_five_failures_in_five_minutes(deps: Dependencies, counting: CountingHasher, clock: FixedClock) -> None:
    """R43: per login, from wherever; the refusal says when to come back, and the right password waits too."""
    deps = replace(deps, hasher=counting)
    await given_owner(deps, email=OLGA)
    await given_owner(deps, email='other@firm.example')
    for visitor in visitors(5):
        with pytest.raises(SignInRefused):
            await sign_in_staff(deps, visitor, OLGA, 'wrong')
    later(clock, minutes=1)
    with pytest.raises(RateLimited) as refused:
        await sign_in_staff(deps, visitors(9)[8], OLGA, PASSWORD)
    assert refused.value.retry_after == 240
    assert len(counting.verified) == 5
    await sign_in_staff(deps, a_visitor(), 'other@firm.example', PASSWORD)
    later(clock, minutes=4)
    await sign_in_staff(deps, a_visitor(), OLGA, PASSWORD)


async def test_ten_a_minute_from_one_network(deps: Dependencies, clock: FixedClock) -> None:
    """R43, R46: whichever addresses are tried; a /64 is one network, the next one is another."""
    await given_owner(deps, email=OLGA)
    for number in range(10):
        with pytest.raises(SignInRefused):
            await sign_in_staff(deps, a_visitor(f'2001:db8::{number:x}'), f'guess{number}@firm.example', 'wrong')
    with pytest.raises(RateLimited):
        await sign_in_staff(deps, a_visitor('2001:db8::ffff'), OLGA, PASSWORD)
    await sign_in_staff(deps, a_visitor('2001:db8:0:1::1'), OLGA, PASSWORD)
    later(clock, minutes=1)
    await sign_in_staff(deps, a_visitor('2001:db8::ffff'), OLGA, PASSWORD)


async def test_fifty_wrong_passwords_at_once_are_five(deps: Dependencies, counting: CountingHasher) -> None:
    """R44: counted before it is tried."""
    deps = replace(deps, hasher=counting)
    await given_owner(deps, email=OLGA)
    tries = [sign_in_staff(deps, visitor, OLGA, f'wrong {one}') for one, visitor in enumerate(visitors(50))]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert len(counting.verified) == 5
    assert {type(answer) for answer in answers} == {SignInRefused, RateLimited}


async def test_ones_own_success_does_not_clear_the_count_of_the_network(deps: Dependencies) -> None:
    """R45: an attacker with a login of its own gets no more guesses by it; its successes do not count against it."""
    await given_owner(deps, email=OLGA)
    guesses = 0
    with pytest.raises(RateLimited):
        while guesses < 40:
            await sign_in_staff(deps, a_visitor(), OLGA, PASSWORD)
            with pytest.raises(SignInRefused):
                await sign_in_staff(deps, a_visitor(), f'guess{guesses}@firm.example', 'wrong')
            guesses += 1
    assert guesses == Limits.PASSWORD_PER_IP.value.most


async def test_success_is_no_failure(deps: Dependencies) -> None:
    """R43 counts failures: whoever signs in ten times in a row is not locked out."""
    await given_owner(deps, email=OLGA)
    for _ in range(12):
        await sign_in_staff(deps, a_visitor(), OLGA, PASSWORD)


async def test_limits_off(deps: Dependencies) -> None:
    """CONTRACT FOYER_RATE_LIMITS=off: nothing is counted."""
    deps = with_settings(deps, rate_limits='off')
    for _ in range(12):
        with pytest.raises(SignInRefused):
            await sign_in_staff(deps, a_visitor(), OLGA, 'wrong')
    assert (await every_row())['rate_log'] == []


# The second step.


async def test_with_a_second_factor_the_password_is_half_of_it(deps: Dependencies, clock: FixedClock) -> None:
    """R29, R34: nothing opens before the code; then a new session begins, and the code works once."""
    enrolled = await given_second_factor(deps, await given_owner(deps, email=OLGA), clock=clock)
    before = await StaffSession.all().count()
    passed = await sign_in_staff(deps, a_visitor(), OLGA, PASSWORD)
    assert isinstance(passed, SecondStepRequired)
    assert await StaffSession.all().count() == before
    assert await current_staff(deps, passed.raw_pending) is None
    assert not await audit_rows(AuditKind.STAFF_SIGNED_IN), 'it is no sign-in yet'
    code = app_code(enrolled.secret, clock)
    raw = await verify_staff_second_step(deps, a_visitor(), passed.raw_pending, code)
    assert await current_staff(deps, raw)
    assert len(await audit_rows(AuditKind.STAFF_SIGNED_IN)) == 1
    with pytest.raises(PendingOver):
        await verify_staff_second_step(deps, a_visitor(), passed.raw_pending, code)


async def test_changed_while_the_password_was_hashed(deps: Dependencies) -> None:
    """R13, R37: who is disabled, or has another password by then, is not let in by the old one."""
    owner = await given_owner(deps, email=OLGA)
    for change in ({'disabled_at': deps.clock.now()}, {'disabled_at': None, 'password_hash': 'another'}):

        class SlowHasher(WeakHasherForTests):
            async def verify(self, hashed: str | None, password: str, change: dict[str, object] = change) -> bool:
                fits = await super().verify(hashed, password)
                await StaffMember.filter(id=owner.staff_id).update(**change)
                return fits

        with pytest.raises(SignInRefused):
            await sign_in_staff(replace(deps, hasher=SlowHasher()), a_visitor(), OLGA, PASSWORD)
    assert await StaffSession.all().count() == 1


# Proving it once more (R38).


async def test_a_proof_makes_the_sign_in_fresh_again(deps: Dependencies, clock: FixedClock) -> None:
    """R38: for another 15 minutes, in this session and no other, which stays the same; the log says so."""
    owner = await given_owner(deps, email=OLGA)
    other = await current_staff(deps, str(await sign_in_staff(deps, a_visitor(), OLGA, PASSWORD)))
    assert other
    later(clock, minutes=15)
    with pytest.raises(SignInNotFresh):
        await authorise(deps, owner, Permission.MANAGE_TEAM, fresh=True)
    hashes = {row['token_hash'] for row in (await every_row())['staff_session']}
    await confirm_sign_in(deps, owner, PASSWORD)
    await authorise(deps, owner, Permission.MANAGE_TEAM, fresh=True)
    with pytest.raises(SignInNotFresh):
        await authorise(deps, other, Permission.MANAGE_TEAM, fresh=True)
    assert {row['token_hash'] for row in (await every_row())['staff_session']} == hashes
    later(clock, minutes=15)
    with pytest.raises(SignInNotFresh):
        await authorise(deps, owner, Permission.MANAGE_TEAM, fresh=True)
    (row,) = await audit_rows(AuditKind.STAFF_CONFIRMED)
    assert (row.outcome, row.staff_id) == ('done', owner.staff_id)


async def test_a_wrong_proof_proves_nothing_and_is_counted(deps: Dependencies, clock: FixedClock) -> None:
    """R38, R43: five failures in five minutes, then the right one waits too."""
    owner = await given_owner(deps, email=OLGA)
    later(clock, minutes=15)
    for _ in range(5):
        with pytest.raises(PasswordWrong):
            await confirm_sign_in(deps, owner, 'wrong')
    with pytest.raises(RateLimited):
        await confirm_sign_in(deps, owner, PASSWORD)
    with pytest.raises(SignInNotFresh):
        await authorise(deps, owner, Permission.MANAGE_TEAM, fresh=True)
    assert [row.outcome for row in await audit_rows(AuditKind.STAFF_CONFIRMATION_REFUSED)] == ['refused'] * 5


async def test_with_a_second_factor_the_proof_needs_the_code_too(deps: Dependencies, clock: FixedClock) -> None:
    """R38, R24, R25: the password alone proves nothing; a code counts once; failures are counted per member."""
    enrolled = await given_second_factor(deps, await given_owner(deps, email=OLGA), clock=clock)
    owner = enrolled.actor
    assert isinstance(owner, StaffActor)
    later(clock, minutes=15)
    for wrong in ('', '12345', 'not a code'):
        with pytest.raises(SecondFactorWrong):
            await confirm_sign_in(deps, owner, PASSWORD, wrong)
    with pytest.raises(SignInNotFresh):
        await authorise(deps, owner, Permission.MANAGE_TEAM, fresh=True)
    code = app_code(enrolled.secret, clock)
    await confirm_sign_in(deps, owner, PASSWORD, code)
    await authorise(deps, owner, Permission.MANAGE_TEAM, fresh=True)
    with pytest.raises(SecondFactorWrong):
        await confirm_sign_in(deps, owner, PASSWORD, code)
    with pytest.raises(SecondFactorWrong):
        await confirm_sign_in(deps, owner, PASSWORD)
    with pytest.raises(RateLimited):
        await confirm_sign_in(deps, owner, PASSWORD)


async def test_strangers_at_the_door_do_not_keep_a_member_from_proving_itself(deps: Dependencies) -> None:
    """R48: the door is locked, the session goes on: what it asks for is counted apart."""
    owner = await given_owner(deps, email=OLGA)
    for visitor in visitors(5):
        with pytest.raises(SignInRefused):
            await sign_in_staff(deps, visitor, OLGA, 'wrong')
    with pytest.raises(RateLimited):
        await sign_in_staff(deps, a_visitor(), OLGA, PASSWORD)
    await confirm_sign_in(deps, owner, PASSWORD)


async def test_a_full_hasher_is_no_failure(deps: Dependencies) -> None:
    """R43: what was never looked at locks nobody."""
    owner = await given_owner(deps, email=OLGA)
    full = WeakHasherForTests()
    full._most_waiting = 0
    busy = replace(deps, hasher=full)
    for visitor in visitors(6):
        with pytest.raises(Busy):
            await sign_in_staff(busy, visitor, OLGA, PASSWORD)
        with pytest.raises(Busy):
            await confirm_sign_in(busy, owner, PASSWORD)
    full.close()
    await sign_in_staff(deps, a_visitor(), OLGA, PASSWORD)
    await confirm_sign_in(deps, owner, PASSWORD)


async def test_a_first_factor_that_held_is_on_record(deps: Dependencies, clock: FixedClock) -> None:
    """R59: whoever knows the password and not the second factor; and only so many may wait for it."""
    on = await given_second_factor(deps, await given_owner(deps, email=OLGA), clock=clock)
    told = heard(deps, TeamChanged)
    raws = []
    for visitor in visitors(6):
        passed = await sign_in_staff(deps, visitor, OLGA, PASSWORD)
        assert isinstance(passed, SecondStepRequired)
        raws.append(passed.raw_pending)
    rows = await audit_rows(AuditKind.STAFF_SECOND_STEP_ASKED)
    assert [(row.actor_kind, row.actor_name, row.detail) for row in rows] == [
        ('visitor', on.actor.name, {'method': 'password'})
    ] * 6
    assert [await pending_is_good(deps, raw, staff=True) for raw in raws] == [False] + [True] * 5
    assert told == []
    await verify_staff_second_step(deps, a_visitor(), raws[-1], app_code(on.secret, clock))
    assert told == [TeamChanged((on.actor.staff_id,))], 'the team page shows who is signed in'


async def test_an_ended_session_proves_nothing(deps: Dependencies) -> None:
    """R36: a dialog that stayed open is too late."""
    owner = await given_owner(deps, email=OLGA)
    told = heard(deps, TeamChanged)
    await sign_out_staff(deps, owner)
    assert told == [TeamChanged((owner.staff_id,))]
    with pytest.raises(SignedOut):
        await confirm_sign_in(deps, owner, PASSWORD)
