"""The first owner, and how staff sign in."""

import asyncio
from dataclasses import replace

import pytest
from argon2 import PasswordHasher, extract_parameters

from domain.access.rate_limits import Limits
from domain.access.sessions import current_staff
from domain.actors import Role
from domain.audit import AuditKind
from domain.dependencies import Dependencies, Hasher
from domain.errors import (
    AddressInvalid,
    PasswordTooLong,
    PasswordTooShort,
    RateLimited,
    SetupClosed,
    SignInRefused,
    StaffAddressTaken,
    TextInvalid,
)
from domain.portal.portal_settings import read_portal
from domain.staff.owner import create_owner, is_set_up, open_setup, set_up, setup_token_is_good
from domain.staff.staff_sign_in import sign_in_staff
from storage.models import StaffMember, StaffSession
from tests.factories import (
    PASSWORD,
    a_visitor,
    audit_rows,
    every_row,
    everything_stored,
    given_owner,
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


async def first_owner(deps: Dependencies, token: str, **changes: str) -> str:
    traits = {'name': 'Olga Brandt', 'email': OLGA, 'password': PASSWORD, **changes}
    return await set_up(deps, a_visitor('192.0.2.5', user_agent='Setup/1'), token, **traits)


# R61: no default credentials; the set-up closes with the first owner.


async def test_a_new_firm_has_no_staff_and_no_password(deps: Dependencies) -> None:
    """R61: there is nobody to sign in as."""
    assert await StaffMember.all().count() == 0
    assert not await is_set_up()
    for password in ('', 'admin', 'password', 'foyer'):
        with pytest.raises(SignInRefused):
            await sign_in_staff(deps, a_visitor(), 'admin@localhost', password)


async def test_the_first_owner_closes_the_set_up(deps: Dependencies) -> None:
    """R61: signed in at once, and the link is dead for ever, also for a later start."""
    token = await open_setup(deps)
    assert token
    assert await setup_token_is_good(deps, token)
    raw = await first_owner(deps, token, firm_name='  Holm & Partner ')
    actor = await current_staff(deps, raw)
    assert actor
    assert (actor.name, actor.email, actor.role) == ('Olga Brandt', OLGA, Role.OWNER)
    assert (await read_portal()).firm_name == 'Holm & Partner'
    assert await is_set_up()
    assert await open_setup(deps) is None
    assert not await setup_token_is_good(deps, token)
    with pytest.raises(SetupClosed):
        await first_owner(deps, token, email='second@firm.example')
    assert await StaffMember.all().count() == 1
    (row,) = await audit_rows(AuditKind.OWNER_CREATED)
    assert (row.actor_name, row.ip, row.user_agent, row.staff_id) == (
        'Olga Brandt',
        '192.0.2.5',
        'Setup/1',
        actor.staff_id,
    )
    await sign_in_staff(deps, a_visitor(), OLGA, PASSWORD)


async def test_an_older_token_dies_at_the_next_start(deps: Dependencies, clock: FixedClock) -> None:
    """R61: one printed link at a time, for seven days."""
    old, new = await open_setup(deps), await open_setup(deps)
    assert old
    assert new
    assert [await setup_token_is_good(deps, token) for token in (old, new, 'guess')] == [False, True, False]
    with pytest.raises(SetupClosed):
        await first_owner(deps, old)
    later(clock, days=7)
    assert not await setup_token_is_good(deps, new)
    with pytest.raises(SetupClosed):
        await first_owner(deps, new)
    assert await StaffMember.all().count() == 0


async def test_twenty_at_once_are_one_owner(deps: Dependencies) -> None:
    """R61: whoever claims the token has it."""
    token = await open_setup(deps)
    assert token
    tries = [
        set_up(deps, visitor, token, name=f'Owner {one}', email=f'o{one}@firm.example', password=PASSWORD)
        for one, visitor in enumerate(visitors(20))
    ]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(answer, str) for answer in answers) == 1
    assert sum(isinstance(answer, SetupClosed) for answer in answers) == 19
    assert await StaffMember.all().count() == await StaffSession.all().count() == 1


async def test_a_mistake_does_not_use_up_the_set_up(deps: Dependencies) -> None:
    """A typed error for each field, and the link is as good as before."""
    token = await open_setup(deps)
    assert token
    before = (await every_row())['one_time_token']
    mistakes = [
        ({'name': ' '}, TextInvalid),
        ({'email': 'olga'}, AddressInvalid),
        ({'password': 'short'}, PasswordTooShort),
        ({'password': 'x' * 1_025}, PasswordTooLong),
        ({'firm_name': 'x' * 121}, TextInvalid),
    ]
    for changes, error in mistakes:
        with pytest.raises(error):
            await first_owner(deps, token, **changes)
    assert (await every_row())['one_time_token'] == before
    await first_owner(deps, token)


async def test_guessing_the_set_up_token_is_bounded(deps: Dependencies) -> None:
    """R46: per network."""
    for _ in range(Limits.SETUP_PER_IP.value.most):
        with pytest.raises(SetupClosed):
            await first_owner(deps, 'guess')
    with pytest.raises(RateLimited):
        await first_owner(deps, 'guess')


async def test_an_owner_from_the_terminal(deps: Dependencies) -> None:
    """CONTRACT create-owner: closes the set-up as well; a taken address is refused and changes nothing."""
    token = await open_setup(deps)
    assert token
    staff_id = await create_owner(deps, name='Olga Brandt', email=' OLGA@firm.example', password=PASSWORD)
    assert not await setup_token_is_good(deps, token)
    (row,) = await audit_rows(AuditKind.OWNER_CREATED)
    assert (row.actor_kind, row.staff_id) == ('system', staff_id)
    before = await every_row()
    with pytest.raises(StaffAddressTaken):
        await create_owner(deps, name='Other', email=OLGA, password=PASSWORD)
    assert await every_row() == before
    await create_owner(deps, name='Second', email='second@firm.example', password=PASSWORD)
    assert await StaffMember.filter(role='owner').count() == 2


# Passwords.


async def test_nothing_but_length_is_demanded(deps: Dependencies) -> None:
    """R15: no rules of composition and no truncation: one letter less at the end is another password."""
    passwords = ('mond kaffee leiter', 'mond kaffee leiter ' * 53, 'пароль кружка сосна', '🎉🦊🌵🧭🪁🥁🪵🫖🧦🪴🛶🧲')
    for visitor, password in zip(visitors(4), passwords, strict=True):
        email = f'{visitor.ip}@firm.example'
        await create_owner(deps, name='Olga', email=email, password=password)
        await sign_in_staff(deps, visitor, email, password)
        for wrong in (password[:-1], password + 'x'):
            with pytest.raises(SignInRefused):
                await sign_in_staff(deps, visitor, email, wrong)


async def test_the_same_password_from_another_keyboard(deps: Dependencies) -> None:
    """R15: NFKC, so that composed, decomposed and full-width letters are one."""
    await create_owner(deps, name='Olga', email=OLGA, password='Ångström-ﬁnal-１２')
    await sign_in_staff(deps, a_visitor(), OLGA, 'A\u030angstro\u0308m-final-12')


async def test_passwords_are_hashed_by_argon2id(tmp_path: object) -> None:
    """R17: m=19456 KiB, t=2, p=1 or stronger, and the type is argon2id."""
    hasher = Hasher(workers=1)
    try:
        hashed = await hasher.hash(PASSWORD)
        parameters = extract_parameters(hashed)
        assert hashed.startswith('$argon2id$')
        assert (parameters.memory_cost, parameters.time_cost, parameters.parallelism) == (19_456, 2, 1)
        assert await hasher.verify(hashed, PASSWORD)
        assert not await hasher.verify(hashed, 'another')
        assert not await hasher.verify('no hash', PASSWORD)
        assert not hasher.needs_rehash(hashed)
    finally:
        hasher.close()


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


async def test_a_taken_address_leaves_the_first_owner_as_it_was(deps: Dependencies) -> None:
    """R21: nobody gets in by setting somebody's password."""
    await create_owner(deps, name='Olga', email=OLGA, password=PASSWORD)
    with pytest.raises(StaffAddressTaken):
        await create_owner(deps, name='Evil', email=OLGA, password='a password of mine')
    with pytest.raises(SignInRefused):
        await sign_in_staff(deps, a_visitor(), OLGA, 'a password of mine')


# Signing in.


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
