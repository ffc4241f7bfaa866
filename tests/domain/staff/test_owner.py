"""The first owner, and what its password must be."""

import asyncio

import pytest
from argon2 import extract_parameters

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
    later,
    visitors,
)
from tests.support.clock import FixedClock

OLGA = 'olga@firm.example'


async def first_owner(deps: Dependencies, token: str, **changes: str) -> str:
    traits = {'name': 'Olga Brandt', 'email': OLGA, 'password': PASSWORD, **changes}
    return await set_up(deps, a_visitor('192.0.2.5', user_agent='Setup/1'), token, **traits)


# R61: no default credentials; the set-up closes with the first owner.


async def test_a_new_firm_has_no_staff_and_no_password(deps: Dependencies) -> None:
    """R61: there is nobody to sign in as."""
    assert await StaffMember.all().count() == 0
    assert not await is_set_up()
    for password in ('', 'admin', 'changeme', 'foyer'):
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


async def test_a_taken_address_leaves_the_first_owner_as_it_was(deps: Dependencies) -> None:
    """R21: nobody gets in by setting somebody's password."""
    await create_owner(deps, name='Olga', email=OLGA, password=PASSWORD)
    with pytest.raises(StaffAddressTaken):
        await create_owner(deps, name='Evil', email=OLGA, password='a password of mine')
    with pytest.raises(SignInRefused):
        await sign_in_staff(deps, a_visitor(), OLGA, 'a password of mine')


async def test_two_terminals_at_once(deps: Dependencies) -> None:
    """The one that comes second is told that the address is taken, and nothing of a database."""
    made = (create_owner(deps, name='Olga', email='olga@firm.example', password=PASSWORD) for _ in range(6))
    answers = await asyncio.gather(*made, return_exceptions=True)
    assert len([one for one in answers if isinstance(one, int)]) == 1
    assert [type(one) for one in answers if not isinstance(one, int)] == [StaffAddressTaken] * 5
