"""Signing in with a password: one answer for everything that does not fit, and the same work behind it."""

import asyncio
from dataclasses import replace

import pytest
from argon2 import PasswordHasher, extract_parameters

from domain.access import sign_in
from domain.access.magic_links import make_magic_link, redeem_magic_link
from domain.access.password_resets import ask_for_reset, reset_password
from domain.access.password_sign_in import sign_in_with_password
from domain.access.passwords import change_password
from domain.access.second_step import pending_is_good, verify_second_step
from domain.access.security_mode import change_mode
from domain.access.security_policy import SecurityMode
from domain.access.sessions import current_client
from domain.access.sign_in import SecondStepRequired, SignedIn, SignInMethod
from domain.access.sign_in_codes import ask_for_sign_in
from domain.actors import ClientActor
from domain.audit import AuditKind
from domain.contacts.portal_access import revoke_access
from domain.dependencies import Dependencies
from domain.errors import Busy, PasswordsOff, PendingOver, RateLimited, SignInRefused
from domain.staff.staff_sign_in import sign_in_staff
from domain.unit_of_work import deed, unit_of_work
from storage.models import AuditEvent, ClientSession, Contact, Login, PendingSignIn, PortalSettings, UnknownAddress
from tests.factories import PASSWORD as STAFF_PASSWORD
from tests.factories import (
    a_visitor,
    app_code,
    audit_rows,
    every_row,
    everything_stored,
    given_contact,
    given_joined_client,
    given_one_login_on_three,
    given_owner,
    given_second_factor,
    later,
    newest_mail,
    token_of,
    visitors,
    with_settings,
)
from tests.support.clock import FixedClock
from tests.support.hashing import WeakHasherForTests

CLARA, NOBODY = 'clara@weiss.example', 'nobody@x.example'
PASSWORD, OTHER = 'mond kaffee leiter', 'sieben rote wolken'


class CountingHasher(WeakHasherForTests):
    """The hasher of the tests, which remembers what it was asked to verify."""

    def __init__(self) -> None:
        super().__init__()
        self.verified: list[str | None] = []

    async def verify(self, hashed: str | None, password: str) -> bool:
        self.verified.append(hashed)
        return await super().verify(hashed, password)


async def given_password(deps: Dependencies, email: str = CLARA, password: str = PASSWORD) -> int:
    """A client with this address who has joined and set this password; the id of the login."""
    client = await given_joined_client(deps, await given_owner(deps), email.partition('@')[0].title(), email)
    await change_password(deps, client.actor, '', password)
    await ClientSession.all().delete()
    return client.actor.login_id


async def refused(deps: Dependencies, email: str, password: str, ip: str = '203.0.113.7') -> None:
    with pytest.raises(SignInRefused):
        await sign_in_with_password(deps, a_visitor(ip), email, password)


async def test_address_and_password_sign_in(deps: Dependencies) -> None:
    """CONTRACT: a session by the method `password`, in the audit log; no password stands in any row (R59, R60)."""
    login_id = await given_password(deps)
    passed = await sign_in_with_password(deps, a_visitor('192.0.2.4'), '  Clara@WEISS.example ', PASSWORD)
    assert isinstance(passed, SignedIn)
    assert (passed.login_id, (await ClientSession.get()).method) == (login_id, 'password')
    row = (await audit_rows(AuditKind.SIGNED_IN))[-1]
    assert (row.detail['method'], row.ip, row.login_id) == ('password', '192.0.2.4', login_id)
    assert PASSWORD not in await everything_stored()


async def test_one_password_for_every_contact_of_the_address(deps: Dependencies) -> None:
    """DESIGN: one login serves every contact that bears its address."""
    await given_one_login_on_three(deps)
    login = await Login.get(email='ines@holm.example')
    await Login.filter(id=login.id).update(password_hash=await deps.hasher.hash(PASSWORD))
    assert isinstance(await sign_in_with_password(deps, a_visitor(), 'ines@holm.example', PASSWORD), SignedIn)
    assert (await ClientSession.get()).contact_id is None


async def test_a_second_factor_is_asked_for_after_it(deps: Dependencies) -> None:
    """R30: the password is a first factor like the link."""
    login_id = await given_password(deps)
    await Login.filter(id=login_id).update(totp_enrolled_at=deps.clock.now())
    assert isinstance(await sign_in_with_password(deps, a_visitor(), CLARA, PASSWORD), SecondStepRequired)
    assert await ClientSession.all().count() == 0
    assert (await PendingSignIn.get()).method == 'password'


async def given_addresses_of_every_kind(deps: Dependencies) -> dict[str, str]:
    owner = await given_owner(deps)
    await given_password(deps)
    await given_password(deps, 'revoked@x.example')
    await revoke_access(deps, owner, await contact_of('revoked@x.example'))
    await given_contact(deps, 'No Password', 'none@x.example')
    await given_contact(deps, 'No Access', 'never@x.example', access=False)
    return {
        'known': CLARA,
        'revoked': 'revoked@x.example',
        'without a password': 'none@x.example',
        'without access': 'never@x.example',
        'unknown': NOBODY,
        'no address': 'nobody at all',
        'empty': '',
    }


async def contact_of(email: str) -> int:
    return int((await Contact.get(email=email)).id)


async def test_everything_that_does_not_fit_gets_one_answer(deps: Dependencies) -> None:
    """R41: unknown, revoked, without a password, mistyped: one error that carries nothing."""
    for email in (await given_addresses_of_every_kind(deps)).values():
        with pytest.raises(SignInRefused) as error:
            await sign_in_with_password(deps, a_visitor(f'10.0.0.{len(email)}'), email, OTHER)
        assert error.value == SignInRefused()
    await refused(deps, 'revoked@x.example', PASSWORD)
    assert await ClientSession.all().count() == 0


async def test_every_try_costs_one_hash_and_one_transaction(deps: Dependencies) -> None:
    """R42: an unknown address is hashed against a dummy, and what is written is one row either way."""
    counting = CountingHasher()
    addresses = await given_addresses_of_every_kind(deps)
    deps = replace(deps, hasher=counting)
    written = {}
    for kind, email in addresses.items():
        before = {name: len(rows) for name, rows in (await every_row()).items()}
        await refused(deps, email, OTHER, f'10.0.1.{len(email)}')
        after = {name: len(rows) for name, rows in (await every_row()).items()}
        written[kind] = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    assert len(counting.verified) == len(addresses)
    assert sum(hashed is not None for hashed in counting.verified) == 1
    counted = {'rate_log': 3}
    assert written['known'] == counted | {'audit_event': 1}
    for kind in ('unknown', 'revoked', 'without access'):
        assert written[kind] == counted | {'unknown_address': 1}
    counting.close()


async def test_a_refusal_is_recorded(deps: Dependencies) -> None:
    """R59: on a login by a line in the audit log; what strangers type is kept for staff, and not for ever."""
    login_id = await given_password(deps)
    await refused(deps, CLARA, OTHER, '192.0.2.4')
    await refused(deps, NOBODY, OTHER, '192.0.2.4')
    (row,) = await audit_rows(AuditKind.SIGN_IN_REFUSED)
    assert (row.login_id, row.outcome, row.ip, row.actor_kind) == (login_id, 'refused', '192.0.2.4', 'visitor')
    assert [one.email for one in await UnknownAddress.all()] == [NOBODY]
    assert OTHER not in await everything_stored()
    assert NOBODY not in repr(await AuditEvent.all().values())


@pytest.mark.parametrize('email', [CLARA, NOBODY])
async def test_five_failures_lock_the_login_for_five_minutes(deps: Dependencies, clock: FixedClock, email: str) -> None:
    """R43: known or not, from wherever; then the waiting time is told, to the right password too."""
    await given_password(deps)
    for visitor in visitors(5):
        await refused(deps, email, OTHER, visitor.ip)
    with pytest.raises(RateLimited) as told:
        await sign_in_with_password(deps, a_visitor('192.0.2.1'), email, PASSWORD)
    assert 0 < told.value.retry_after <= 300
    later(clock, seconds=told.value.retry_after)
    if email == CLARA:
        assert isinstance(await sign_in_with_password(deps, a_visitor('192.0.2.1'), email, PASSWORD), SignedIn)
    else:
        await refused(deps, email, PASSWORD, '192.0.2.1')


async def test_ten_tries_a_minute_from_one_network(deps: Dependencies, clock: FixedClock) -> None:
    """R43, R46: over all addresses, IPv6 by /64."""
    for one in range(10):
        await refused(deps, f'a{one}@x.example', OTHER, f'2001:db8:1:2::{one + 1}')
    with pytest.raises(RateLimited):
        await sign_in_with_password(deps, a_visitor('2001:db8:1:2:ffff::1'), NOBODY, OTHER)
    await refused(deps, NOBODY, OTHER, '2001:db8:1:3::1')
    later(clock, minutes=1)
    await refused(deps, NOBODY, OTHER, '2001:db8:1:2::1')


@pytest.mark.parametrize('email', [CLARA, NOBODY])
async def test_fifty_at_once_are_five_looked_at(deps: Dependencies, email: str) -> None:
    """R44: counted atomically, before the try."""
    await given_password(deps)
    counting = CountingHasher()
    deps = replace(deps, hasher=counting)
    tries = [sign_in_with_password(deps, visitor, email, f'wrong {visitor.ip}') for visitor in visitors(50)]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(one, SignInRefused) for one in answers) == 5
    assert sum(isinstance(one, RateLimited) for one in answers) == 45
    assert len(counting.verified) == 5
    counting.close()


async def test_ones_own_success_clears_nothing(deps: Dependencies) -> None:
    """R45: nine failures on others' addresses and one success of one's own leave one try to the network."""
    await given_password(deps)
    for one in range(9):
        await refused(deps, f'a{one}@x.example', OTHER)
    assert isinstance(await sign_in_with_password(deps, a_visitor(), CLARA, PASSWORD), SignedIn)
    await refused(deps, NOBODY, OTHER)
    with pytest.raises(RateLimited):
        await sign_in_with_password(deps, a_visitor(), CLARA, PASSWORD)


async def test_successes_lock_nobody_out(deps: Dependencies) -> None:
    """R43: failures are counted, and a success is none."""
    await given_password(deps)
    for visitor in visitors(12):
        assert isinstance(await sign_in_with_password(deps, visitor, CLARA, PASSWORD), SignedIn)


async def test_a_locked_password_locks_neither_link_nor_reset(deps: Dependencies) -> None:
    """R48: whoever knows an address can keep nobody out; and after a reset the new password works at once."""
    await given_password(deps)
    owner = await given_owner(deps)
    for visitor in visitors(5):
        await refused(deps, CLARA, OTHER, visitor.ip)
    with pytest.raises(RateLimited):
        await sign_in_with_password(deps, a_visitor(), CLARA, PASSWORD)
    await ask_for_sign_in(deps, a_visitor(browser='b'), CLARA)
    assert (await newest_mail(deps, CLARA)).row.kind == 'sign_in'
    link = await make_magic_link(deps, owner, await contact_of(CLARA))
    assert isinstance(await redeem_magic_link(deps, a_visitor(), token_of(link.url)), SignedIn)
    await ask_for_reset(deps, a_visitor(), CLARA)
    mail = await newest_mail(deps, CLARA)
    assert mail.row.kind == 'password_reset'
    token = mail.text.partition('/reset-password/')[2].split()[0]
    await reset_password(deps, a_visitor(), token, 'grüne tasse fenster')
    assert isinstance(await sign_in_with_password(deps, a_visitor(), CLARA, 'grüne tasse fenster'), SignedIn)


async def test_a_weak_hash_is_made_stronger_at_sign_in(deps: Dependencies) -> None:
    """R17: with the parameters of today, and the password stays the same."""
    login_id = await given_password(deps)
    old = PasswordHasher(time_cost=1, memory_cost=16, parallelism=1).hash(PASSWORD)
    await Login.filter(id=login_id).update(password_hash=old)
    for visitor in visitors(2):
        assert isinstance(await sign_in_with_password(deps, visitor, CLARA, PASSWORD), SignedIn)
        stored = (await Login.get(id=login_id)).password_hash
        assert stored and stored != old
        assert extract_parameters(stored).memory_cost == 8


async def test_a_full_hasher_says_so(deps: Dependencies) -> None:
    """R18: past the bound nothing waits."""
    full = WeakHasherForTests()
    full._most_waiting = 0
    with pytest.raises(Busy):
        await sign_in_with_password(replace(deps, hasher=full), a_visitor(), CLARA, PASSWORD)
    full.close()


async def test_a_full_hasher_is_no_failure(deps: Dependencies) -> None:
    """R43: what was never looked at locks nobody, neither at the door nor where the password is changed."""
    login_id = await given_password(deps)
    client = await client_of(deps, login_id)
    full = WeakHasherForTests()
    full._most_waiting = 0
    busy = replace(deps, hasher=full)
    for visitor in visitors(6):
        with pytest.raises(Busy):
            await sign_in_with_password(busy, visitor, CLARA, PASSWORD)
        with pytest.raises(Busy):
            await change_password(busy, client, PASSWORD, OTHER)
    full.close()
    assert isinstance(await sign_in_with_password(deps, a_visitor(), CLARA, PASSWORD), SignedIn)


async def client_of(deps: Dependencies, login_id: int) -> ClientActor:
    """Somebody signed in with this login."""
    passed = await sign_in_with_password(deps, a_visitor(), (await Login.get(id=login_id)).email, PASSWORD)
    assert isinstance(passed, SignedIn)
    actor = await current_client(deps, passed.raw_session, '203.0.113.7')
    assert actor
    return actor


async def test_right_passwords_do_not_keep_the_hasher_busy(deps: Dependencies, clock: FixedClock) -> None:
    """R18: sixty a minute from one network, right or wrong."""
    await given_password(deps)
    for _ in range(60):
        await sign_in_with_password(deps, a_visitor(), CLARA, PASSWORD)
    with pytest.raises(RateLimited):
        await sign_in_with_password(deps, a_visitor(), CLARA, PASSWORD)
    await sign_in_with_password(deps, a_visitor('192.0.2.99'), CLARA, PASSWORD)
    later(clock, minutes=1)
    await sign_in_with_password(deps, a_visitor(), CLARA, PASSWORD)


@pytest.mark.parametrize('typed', ['staff:olga@firm.example', 'login:1', 'a\x00b', '\ud800', '', 'x' * 9_000])
async def test_what_is_no_address_locks_nobody(deps: Dependencies, typed: str) -> None:
    """R43, R48: it is refused like any other, the sixth time with a wait, and no login is counted under it."""
    owner = await given_owner(deps, email='olga@firm.example')
    await given_password(deps)
    for visitor in visitors(5):
        with pytest.raises(SignInRefused):
            await sign_in_with_password(deps, visitor, typed, OTHER)
    with pytest.raises(RateLimited):
        await sign_in_with_password(deps, a_visitor('192.0.2.99'), typed, OTHER)
    assert await audit_rows(AuditKind.LOGIN_LOCKED) == []
    assert isinstance(await sign_in_staff(deps, a_visitor(), owner.email, STAFF_PASSWORD), str)
    assert isinstance(await sign_in_with_password(deps, a_visitor(), CLARA, PASSWORD), SignedIn)


async def test_a_password_that_holds_opens_nothing_once_passwords_are_off(
    deps: Dependencies, clock: FixedClock
) -> None:
    """R30: the way in asks at its end, also where the change came by the clock and nobody has written it down."""
    login_id = await given_password(deps)
    client = await client_of(deps, login_id)
    on = await given_second_factor(deps, client, clock=clock)
    passed = await sign_in_with_password(deps, a_visitor(), CLARA, PASSWORD)
    assert isinstance(passed, SecondStepRequired)
    await PortalSettings.filter(id=1).update(
        next_security_mode=SecurityMode.LINK_ONLY.value, next_mode_from=clock.now()
    )
    assert not await pending_is_good(deps, passed.raw_pending)
    with pytest.raises(PendingOver):
        await verify_second_step(deps, a_visitor(), passed.raw_pending, app_code(on.secret, clock))

    @deed
    async def complete() -> object:
        async with unit_of_work(deps) as work:
            return await sign_in.complete(work, login_id, a_visitor(), method=SignInMethod.PASSWORD)

    with pytest.raises(PasswordsOff):
        await complete()


@pytest.mark.parametrize('what', ['changed', 'revoked', 'switched off'])
async def test_what_happens_while_we_hash_counts(deps: Dependencies, what: str) -> None:
    """R37, R13: a password changed, access revoked or passwords switched off between look and session: nobody is in."""
    login_id = await given_password(deps)
    owner = await given_owner(deps)

    class Meanwhile(WeakHasherForTests):
        async def verify(self, hashed: str | None, password: str) -> bool:
            fits = await super().verify(hashed, password)
            if what == 'changed':
                await Login.filter(id=login_id).update(password_hash=await self.hash(OTHER))
            elif what == 'revoked':
                await revoke_access(deps, owner, await contact_of(CLARA))
            else:
                await change_mode(deps, owner, SecurityMode.LINK_ONLY)
            return fits

    slow = Meanwhile()
    with pytest.raises(PasswordsOff if what == 'switched off' else SignInRefused):
        await sign_in_with_password(replace(deps, hasher=slow), a_visitor(), CLARA, PASSWORD)
    slow.close()
    assert await ClientSession.all().count() == 0


async def test_where_passwords_are_off_every_address_is_told_so(deps: Dependencies) -> None:
    """Issue, R41: link_only refuses; the hash is kept and works again when the mode changes back."""
    await given_password(deps)
    owner = await given_owner(deps)
    await change_mode(deps, owner, SecurityMode.LINK_ONLY)
    before = await every_row()
    for email in (CLARA, NOBODY, 'no address'):
        with pytest.raises(PasswordsOff):
            await sign_in_with_password(deps, a_visitor(), email, PASSWORD)
    assert await every_row() == before
    await change_mode(deps, owner, SecurityMode.LINK_AND_PASSWORD)
    assert isinstance(await sign_in_with_password(deps, a_visitor(), CLARA, PASSWORD), SignedIn)


@pytest.mark.parametrize('typed', ['', 'x' * 5_000, '\x00', 'mond kaffee leiter ', 'Mond Kaffee Leiter'])
async def test_what_is_typed_is_taken_as_it_is(deps: Dependencies, typed: str) -> None:
    """R15: case and blanks count, and nothing that can be typed breaks the door."""
    await given_password(deps)
    await refused(deps, CLARA, typed)


async def test_limits_can_be_off_on_loopback(deps: Dependencies) -> None:
    """CONTRACT: FOYER_RATE_LIMITS=off."""
    await given_password(deps)
    deps = with_settings(deps, rate_limits='off')
    for _ in range(12):
        await refused(deps, CLARA, OTHER)
    assert isinstance(await sign_in_with_password(deps, a_visitor(), CLARA, PASSWORD), SignedIn)


def test_the_method_is_told_in_the_report() -> None:
    """CONTRACT: `last_sign_in_method`."""
    assert SignInMethod.PASSWORD.value == 'password'
