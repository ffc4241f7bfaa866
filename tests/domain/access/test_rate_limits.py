"""Limits hold in every window, wherever it begins; a locked login is told, and can be unlocked."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.access import rate_limits
from domain.access.magic_links import make_magic_link
from domain.access.rate_limits import (
    SECOND_FACTOR_LIMITS,
    Limit,
    Limits,
    check_limit,
    forgive,
    lock_of,
    locks_of,
    network_of,
    unlock_login,
)
from domain.access.sign_in_codes import ask_for_sign_in
from domain.audit import AuditKind
from domain.dependencies import Dependencies
from domain.errors import NoLogin, RateLimited
from domain.events import LoginChanged, TeamChanged
from storage import attempts
from storage.models import Contact, RateLog
from tests.factories import (
    a_visitor,
    audit_rows,
    given_contact,
    given_joined_client,
    given_one_login_on_three,
    given_owner,
    given_staff,
    heard,
    later,
    mails_to,
    with_settings,
)
from tests.support.clock import START, FixedClock
from tests.support.databases import sqlite_only

CLARA = 'clara@weiss.example'
LIMIT = Limits.PASSWORD_PER_LOGIN
MOST, WINDOW = LIMIT.value.most, timedelta(seconds=LIMIT.value.seconds)


async def tried(deps: Dependencies, who: str = CLARA, limit: Limits = LIMIT) -> int:
    """Try once: 0 if it was let through, else the seconds to wait."""
    try:
        await check_limit(deps, limit, who)
    except RateLimited as error:
        return error.retry_after
    return 0


async def locked(deps: Dependencies, who: str = CLARA, limit: Limits = LIMIT) -> None:
    """Try until it is refused."""
    while not await tried(deps, who, limit):
        pass


# ── In every window ──────────────────────────────────────────────────────────


@sqlite_only
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.one_of(st.integers(0, 20_000_000), st.integers(250_000_000, 310_000_000)), max_size=40))
async def test_never_more_than_most_in_any_window(deps: Dependencies, clock: FixedClock, steps: list[int]) -> None:
    """R43: whenever the tries come (the steps are microseconds), against a model that keeps every moment."""
    clock.set(START)
    who = f'{id(steps)} {len(steps)} {sum(steps)}'
    await RateLog.all().delete()
    let_through: list[datetime] = []
    for step in steps:
        now = clock.advance(timedelta(microseconds=step))
        within = [at for at in let_through if at > now - WINDOW]
        wait = await tried(deps, who)
        assert (wait == 0) == (len(within) < MOST)
        if wait:
            exact = (within[0] + WINDOW - now).total_seconds()
            assert exact <= wait < exact + 1 + 1e-6  # neither too short nor much too long
        else:
            let_through.append(now)


async def test_no_border_lets_twice_as_many_through(deps: Dependencies, clock: FixedClock) -> None:
    """R43: five just before the window of a clock turns over and five just after it were ten in a second."""
    clock.set(START + WINDOW - timedelta(seconds=1))
    assert [await tried(deps) for _ in range(5)] == [0] * 5
    later(clock, seconds=2)
    assert [await tried(deps) for _ in range(5)] == [298] * 5


async def test_the_waiting_time_is_true(deps: Dependencies, clock: FixedClock) -> None:
    """R43: a second earlier is too early; knocking meanwhile makes it no longer."""
    await locked(deps)
    for _ in range(50):
        wait = await tried(deps)
    assert wait == 300
    later(clock, seconds=wait - 1)
    assert await tried(deps) == 1
    later(clock, seconds=1)
    assert await tried(deps) == 0


async def test_places_come_back_one_by_one(deps: Dependencies, clock: FixedClock) -> None:
    """R43: five tries a minute apart are free again a minute apart."""
    for _ in range(5):
        assert await tried(deps) == 0
        later(clock, seconds=60)
    assert [await tried(deps), await tried(deps)] == [0, 60]
    later(clock, seconds=60)
    assert [await tried(deps), await tried(deps)] == [0, 60]


@pytest.mark.parametrize('border', [False, True])
async def test_fifty_at_once_are_five(deps: Dependencies, clock: FixedClock, border: bool) -> None:
    """R44: counted by one statement; also while the oldest are just running out."""
    if border:
        await tried(deps)
        await tried(deps)
        clock.advance(WINDOW)
    waits = await asyncio.gather(*(tried(deps) for _ in range(50)))
    assert waits.count(0) == 5
    assert set(waits) == {0, 300}


async def test_fifty_at_once_across_a_border(deps: Dependencies, clock: FixedClock) -> None:
    """R44: half of them a moment after the oldest ran out, while three of the five still count."""
    for _ in range(2):
        await tried(deps)
    clock.advance(timedelta(seconds=10))
    for _ in range(3):
        await tried(deps)
    clock.advance(WINDOW - timedelta(seconds=10) - timedelta(microseconds=1))

    async def in_turn(number: int) -> int:
        if number == 25:
            clock.advance(timedelta(microseconds=1))
        return await tried(deps)

    waits = await asyncio.gather(*(in_turn(number) for number in range(50)))
    assert waits.count(0) <= 2
    assert await tried(deps) > 0


async def test_an_address_has_limits_of_its_own(deps: Dependencies) -> None:
    """R43, R48: by name and by limit."""
    await locked(deps)
    assert await tried(deps, 'yuki@tanaka.example') == 0
    assert await tried(deps, limit=Limits.PASSWORD_PER_IP) == 0


async def test_a_shorter_limit_of_a_later_version_holds_at_once(
    deps: Dependencies, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a row kept under a higher limit is read under the lower one."""
    for _ in range(5):
        await tried(deps)
    monkeypatch.setattr(LIMIT, '_value_', Limit(LIMIT.value.name, 3, 300))
    assert await tried(deps) == 300


# ── Taken back ───────────────────────────────────────────────────────────────


async def test_a_success_takes_back_its_own_try_alone(deps: Dependencies, clock: FixedClock) -> None:
    """R45: what failed before it stays counted, at its own time."""
    for _ in range(4):
        await tried(deps)
    later(clock, seconds=100)
    for _ in range(5):
        assert await tried(deps) == 0
        await forgive(deps, LIMIT, CLARA)
    assert [await tried(deps), await tried(deps)] == [0, 200]


async def test_taking_back_what_was_not_tried_does_nothing(deps: Dependencies) -> None:
    await forgive(deps, LIMIT, CLARA)
    await tried(deps)
    await forgive(deps, LIMIT, CLARA)
    await forgive(deps, LIMIT, CLARA)
    assert [await tried(deps) for _ in range(6)] == [0, 0, 0, 0, 0, 300]


async def test_a_network_does_not_get_more_by_a_success(deps: Dependencies) -> None:
    """R45."""
    for _ in range(9):
        await tried(deps, '203.0.113.7', Limits.PASSWORD_PER_IP)
    await tried(deps, '203.0.113.7', Limits.PASSWORD_PER_IP)
    await forgive(deps, Limits.PASSWORD_PER_IP, '203.0.113.7')
    assert await tried(deps, '203.0.113.7', Limits.PASSWORD_PER_IP) == 0
    assert await tried(deps, '203.0.113.7', Limits.PASSWORD_PER_IP) == 60


# ── Who is who ───────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ('ip', 'network'),
    [
        ('203.0.113.7', '203.0.113.7'),
        ('2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'),
        ('2001:DB8:1:2::', '2001:db8:1:2::/64'),
        ('2001:db8:1:3::1', '2001:db8:1:3::/64'),
        ('::ffff:203.0.113.7', '203.0.113.7'),
        ('testclient', 'testclient'),
    ],
)
def test_networks(ip: str, network: str) -> None:
    """R46: IPv6 by /64, IPv4 by address, however it is written."""
    assert network_of(ip) == network


async def test_no_row_tells_who_tried(deps: Dependencies) -> None:
    """What was typed at a door may be a password: rows hold a hash of it."""
    await tried(deps, 'hunter2-typed-into-the-wrong-field')
    (row,) = await RateLog.all()
    assert 'hunter2' not in row.key


async def test_what_ran_out_is_swept(deps: Dependencies, clock: FixedClock) -> None:
    from storage.claims import sweep

    await locked(deps)
    await sweep(clock.now() + WINDOW - timedelta(seconds=1))
    assert await RateLog.all().count() == 1
    await sweep(clock.now() + WINDOW + timedelta(seconds=1))
    assert await RateLog.all().count() == 0


# ── Locked logins ────────────────────────────────────────────────────────────


async def test_a_lock_is_told_once(deps: Dependencies, clock: FixedClock) -> None:
    """R43: the sixth wrong password locks; one line in the log and one event for each lock, not for each try."""
    client = await given_joined_client(deps, await given_staff(deps))
    told = heard(deps, LoginChanged)
    for _ in range(5):
        await tried(deps)
    assert await audit_rows(AuditKind.LOGIN_LOCKED) == [] == told
    await asyncio.gather(*(tried(deps) for _ in range(20)))
    (row,) = await audit_rows(AuditKind.LOGIN_LOCKED)
    assert (row.contact_id, row.contact_name, row.login_id) == (
        client.contact_id,
        'Clara Weiss',
        client.actor.login_id,
    )
    assert (row.actor_kind, row.outcome) == ('system', 'refused')
    until = clock.now() + WINDOW
    assert row.detail == {'what': 'password', 'tries': 5, 'until': until.isoformat()}
    assert told == [LoginChanged(client.actor.login_id)]
    assert await lock_of(deps, CLARA) == until
    clock.set(until)
    assert await lock_of(deps, CLARA) is None
    await locked(deps)
    assert len(await audit_rows(AuditKind.LOGIN_LOCKED)) == 2


@pytest.mark.parametrize('limit', SECOND_FACTOR_LIMITS)
async def test_too_many_codes_lock_too(deps: Dependencies, limit: Limits) -> None:
    """R25: whichever of its three windows is full."""
    client = await given_joined_client(deps, await given_staff(deps))
    await locked(deps, f'login:{client.actor.login_id}', limit)
    (row,) = await audit_rows(AuditKind.LOGIN_LOCKED)
    assert row.detail['what'] == 'second_factor' and row.login_id == client.actor.login_id
    assert await lock_of(deps, CLARA) is not None
    assert set(await locks_of(deps, CLARA)) == {'second_factor'}
    await locked(deps)
    assert set(await locks_of(deps, CLARA)) == {'second_factor', 'password'}


async def test_a_staff_login_that_is_locked(deps: Dependencies) -> None:
    """R43: told to the team's page; it has nothing to do with a client of the same address."""
    staff = await given_owner(deps, email=CLARA)
    client = await given_joined_client(deps, await given_staff(deps))
    told = heard(deps, TeamChanged)
    await locked(deps, f'staff:{CLARA}')
    await locked(deps, f'staff:{staff.staff_id}', Limits.SECOND_FACTOR)
    rows = await audit_rows(AuditKind.LOGIN_LOCKED)
    assert [(row.staff_id, row.login_id, row.contact_id) for row in rows] == [(staff.staff_id, None, None)] * 2
    assert told == [TeamChanged((staff.staff_id,))] * 2
    assert await lock_of(deps, CLARA) is None and client


async def test_nobody_is_locked_by_a_made_up_name(deps: Dependencies) -> None:
    """R41, R42: an address nobody has is refused alike; names that look like ours lock nobody else."""
    client = await given_joined_client(deps, await given_staff(deps))
    for who in ('nobody@x.example', f'login:{client.actor.login_id}', 'login:x', 'staff:', 'staff:1', ''):
        await locked(deps, who)
        assert await tried(deps, who) == 300
    assert await audit_rows(AuditKind.LOGIN_LOCKED) == []
    assert await lock_of(deps, CLARA) is None and await lock_of(deps, 'nobody@x.example') is None


async def test_one_login_on_three_contacts_is_locked_as_a_whole(deps: Dependencies) -> None:
    staff = await given_owner(deps)
    people = await given_one_login_on_three(deps)
    await make_magic_link(deps, staff, people[0].id)  # gives the address its login
    await locked(deps, 'ines@holm.example')
    (row,) = await audit_rows(AuditKind.LOGIN_LOCKED)
    assert (row.contact_id, row.contact_name) == (None, 'Ines Holm')
    await unlock_login(deps, staff, people[2].id)
    assert await tried(deps, 'ines@holm.example') == 0


async def test_staff_unlock_a_login(deps: Dependencies) -> None:
    """At once, whichever limit it was, audited and told; networks stay limited."""
    staff = await given_staff(deps)
    client = await given_joined_client(deps, staff)
    await locked(deps)
    await locked(deps, f'login:{client.actor.login_id}', Limits.SECOND_FACTOR_PER_HOUR)
    await locked(deps, '203.0.113.7', Limits.PASSWORD_PER_IP)
    told = heard(deps, LoginChanged)
    await unlock_login(deps, staff, client.contact_id)
    assert told == [LoginChanged(client.actor.login_id)]
    assert await lock_of(deps, CLARA) is None
    assert await tried(deps) == 0
    assert await tried(deps, '203.0.113.7', Limits.PASSWORD_PER_IP) == 60
    (row,) = await audit_rows(AuditKind.LOGIN_UNLOCKED)
    assert (row.actor_name, row.contact_id, row.login_id) == (staff.name, client.contact_id, client.actor.login_id)
    await unlock_login(deps, staff, client.contact_id)
    assert len(await audit_rows(AuditKind.LOGIN_UNLOCKED)) == 1, 'it was not locked any more'


async def test_a_contact_without_a_login_has_none_to_unlock(deps: Dependencies) -> None:
    contact = await given_contact(deps, access=False)
    await Contact.filter(id=contact.id).update(login_id=None)
    with pytest.raises(NoLogin):
        await unlock_login(deps, await given_staff(deps), contact.id)


async def test_a_locked_login_gets_its_mail(deps: Dependencies) -> None:
    """R48: whatever is locked, the link comes."""
    client = await given_joined_client(deps, await given_staff(deps))
    await locked(deps)
    for limit in SECOND_FACTOR_LIMITS:
        await locked(deps, f'login:{client.actor.login_id}', limit)
    before = len(await mails_to(deps, CLARA))
    await ask_for_sign_in(deps, a_visitor(browser='b'), CLARA)
    assert len(await mails_to(deps, CLARA)) == before + 1


async def test_limits_off_lock_nobody(deps: Dependencies) -> None:
    """CONTRACT FOYER_RATE_LIMITS=off."""
    await given_joined_client(deps, await given_staff(deps))
    await locked(deps)
    off = with_settings(deps, rate_limits='off')
    assert await tried(off) == 0
    assert await lock_of(off, CLARA) is None


# ── What staff do ────────────────────────────────────────────────────────────


async def test_staff_have_a_budget_of_their_own(deps: Dependencies) -> None:
    """R47: generous, per member, with the waiting time told; clients' own mails are apart from it."""
    staff, colleague = await given_staff(deps), await given_staff(deps)
    client = await given_joined_client(deps, staff)
    await locked(deps, str(staff.staff_id), Limits.STAFF_ACTIONS)
    with pytest.raises(RateLimited) as told:
        await make_magic_link(deps, staff, client.contact_id)
    assert told.value.retry_after == 600
    await make_magic_link(deps, colleague, client.contact_id)
    before = len(await mails_to(deps, CLARA))
    await ask_for_sign_in(deps, a_visitor(browser='b'), CLARA)
    assert len(await mails_to(deps, CLARA)) == before + 1


async def test_every_deed_of_staff_that_mails_is_counted(deps: Dependencies) -> None:
    """R47: login email, link, invitation, test mail."""
    from tests.domain.test_permissions import DEEDS

    owner = await given_owner(deps)
    contact = await given_contact(deps)
    names = ('send_login_emails', 'make_magic_link', 'invite_contact', 'invite_address', 'send_test_mail')
    optional = ('send_password_reset', 'invite_staff', 'send_staff_reset')
    await locked(deps, str(owner.staff_id), Limits.STAFF_ACTIONS)
    deeds: dict[str, Callable[..., Awaitable[object]]] = {
        deed.__name__: call for deed, (_, call) in DEEDS.items() if deed.__name__ in names + optional
    }
    assert set(names) <= set(deeds)
    for name, call in deeds.items():
        with pytest.raises(RateLimited):
            print(name)
            await call(deps, owner, contact.id)


def test_every_limit_has_a_name_of_its_own() -> None:
    assert len({limit.value.name for limit in Limits}) == len(Limits)
    assert all(limit.value.most * attempts.DIGITS < 8_000 for limit in Limits), 'a row stays small'
    assert rate_limits.LOCKS.keys() <= set(Limits)
