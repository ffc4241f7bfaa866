"""Addresses that nobody with access bears: kept for staff, in bounds, and forgotten."""

import asyncio
from datetime import timedelta

import pytest

from domain.access import unknown_addresses
from domain.access.login_address import confirm_login_address
from domain.access.password_resets import ask_for_reset
from domain.access.sign_in_codes import ask_for_sign_in
from domain.access.unknown_addresses import (
    MOST_KEPT,
    MOST_NEW_PER_NETWORK,
    SHOWN,
    ignore_unknown_address,
    list_unknown_addresses,
    note_unknown_address,
)
from domain.actors import Role
from domain.addresses import mask_address
from domain.audit import AuditKind
from domain.contacts.portal_access import give_access, revoke_access
from domain.dependencies import Dependencies
from domain.events import UnknownAddressesChanged
from storage.claims import sweep
from storage.models import AuditEvent, UnknownAddress
from tests.factories import (
    a_visitor,
    asked_for_address,
    audit_rows,
    given_contact,
    given_joined_client,
    given_staff,
    heard,
    later,
    visitors,
)
from tests.support.clock import FixedClock

NEW = 'new@x.example'


async def seen(deps: Dependencies) -> list[str]:
    return [one.email for one in (await list_unknown_addresses(deps, await given_staff(deps))).newest]


async def test_who_asks_for_a_mail_and_is_unknown_is_kept(deps: Dependencies, clock: FixedClock) -> None:
    """Attempts by unknown addresses appear in Activity: who, how often, when, from where."""
    first = clock.now()
    told = heard(deps, UnknownAddressesChanged)
    await ask_for_sign_in(deps, a_visitor('203.0.113.7', user_agent='Firefox/1'), ' New@X.example ')
    later(clock, minutes=3)
    await ask_for_sign_in(deps, a_visitor('2001:db8::1', user_agent='Firefox/2'), NEW)
    (one,) = (await list_unknown_addresses(deps, await given_staff(deps))).newest
    assert (one.email, one.tries, one.first_at, one.last_at) == (NEW, 2, first, clock.now())
    assert (one.ip, one.user_agent) == ('2001:db8::1', 'Firefox/2')
    assert (one.contact_id, one.contact_name) == (None, None)
    assert told == [UnknownAddressesChanged()] * 2


async def test_a_reset_asked_for_by_nobody_known_is_a_try_too(deps: Dependencies) -> None:
    await ask_for_reset(deps, a_visitor(), NEW)
    (one,) = (await list_unknown_addresses(deps, await given_staff(deps))).newest
    assert (one.email, one.tries) == (NEW, 1)


async def test_an_address_that_a_client_had_before_is_no_strangers(deps: Dependencies) -> None:
    """Whoever moved to another address and types the old one is known; a stranger with neither is not."""
    staff = await given_staff(deps)
    client = await given_joined_client(deps, staff)
    old = client.actor.email
    token = await asked_for_address(deps, staff, client.contact_id, 'clara@neu.example')
    await confirm_login_address(deps, a_visitor(), token)
    for address in (old, NEW):
        await ask_for_sign_in(deps, a_visitor(), address)
    stranger, known = (await list_unknown_addresses(deps, staff)).newest
    assert (stranger.email, stranger.contact_id, stranger.is_former) == (NEW, None, False)
    assert (known.email, known.contact_id, known.is_former) == (old, client.contact_id, True)


async def test_who_may_come_in_is_not_unknown(deps: Dependencies) -> None:
    await given_contact(deps)
    await ask_for_sign_in(deps, a_visitor(browser='b'), 'clara@weiss.example')
    assert await UnknownAddress.all().count() == 0


async def test_a_contact_without_access_is_named(deps: Dependencies) -> None:
    """Staff can open it instead of making it twice; once it has access it is unknown no more."""
    contact = await given_contact(deps, access=False)
    await ask_for_sign_in(deps, a_visitor(), 'clara@weiss.example')
    staff = await given_staff(deps)
    (one,) = (await list_unknown_addresses(deps, staff)).newest
    assert (one.contact_id, one.contact_name) == (contact.id, 'Clara Weiss')
    await give_access(deps, staff, contact.id)
    assert await seen(deps) == []
    await revoke_access(deps, staff, contact.id)
    assert await seen(deps) == ['clara@weiss.example']


async def test_one_of_several_with_access_is_enough(deps: Dependencies) -> None:
    await note_unknown_address(deps, a_visitor(), 'ines@holm.example')
    await given_contact(deps, 'Holm Bau', 'ines@holm.example', access=False)
    assert await seen(deps) == ['ines@holm.example']
    await given_contact(deps, 'Ines Holm', 'ines@holm.example')
    assert await seen(deps) == []


async def test_ignored_stays_ignored(deps: Dependencies, clock: FixedClock) -> None:
    """Audited; it may try as often as it likes, for good."""
    await note_unknown_address(deps, a_visitor(), NEW)
    staff = await given_staff(deps)
    (one,) = (await list_unknown_addresses(deps, staff)).newest
    told = heard(deps, UnknownAddressesChanged)
    await ignore_unknown_address(deps, staff, one.id)
    await ignore_unknown_address(deps, staff, one.id)
    await ignore_unknown_address(deps, staff, 4711)
    (row,) = await audit_rows(AuditKind.UNKNOWN_ADDRESS_IGNORED)
    assert (row.actor_name, row.detail) == (staff.name, {'address': mask_address(NEW)}), 'the log forgets nothing'
    assert len(told) == 1
    later(clock, days=40)
    await sweep(clock.now())
    await note_unknown_address(deps, a_visitor(), NEW)
    assert len(told) == 1
    assert await seen(deps) == []


async def test_a_network_brings_ten_new_ones_an_hour(deps: Dependencies, clock: FixedClock) -> None:
    """R46: a script fills nothing; by /64 in IPv6, and others are not in its way."""
    for number in range(30):
        await note_unknown_address(deps, a_visitor(f'2001:db8:1:1::{number:x}'), f'a{number}@x.example')
    assert await UnknownAddress.all().count() == MOST_NEW_PER_NETWORK
    await note_unknown_address(deps, a_visitor('2001:db8:1:2::1'), NEW)
    await note_unknown_address(deps, a_visitor('2001:db8:1:1::1'), NEW)
    await note_unknown_address(deps, a_visitor('2001:db8:1:1::1'), 'a3@x.example')
    assert (await UnknownAddress.get(email=NEW)).tries == (await UnknownAddress.get(email='a3@x.example')).tries == 2
    later(clock, hours=1)
    await note_unknown_address(deps, a_visitor('2001:db8:1:1::1'), 'later@x.example')
    assert await UnknownAddress.filter(email='later@x.example').exists()


async def test_there_is_a_most_in_all(deps: Dependencies, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many networks fill no more than the table may hold, and keep staff from seeing nobody who tries after them."""
    monkeypatch.setattr(unknown_addresses, 'MOST_KEPT', 5)
    for number, visitor in enumerate(visitors(9)):
        await note_unknown_address(deps, visitor, f'a{number}@x.example')
    assert await UnknownAddress.all().count() == 5 < MOST_KEPT
    ignored = await UnknownAddress.get(email='a8@x.example')
    await ignore_unknown_address(deps, await given_staff(deps), ignored.id)
    await note_unknown_address(deps, a_visitor(), NEW)
    await note_unknown_address(deps, a_visitor(), 'one.more@x.example')
    kept = {one.email for one in await UnknownAddress.all()}
    assert kept == {'a5@x.example', 'a6@x.example', 'a7@x.example', 'a8@x.example', NEW, 'one.more@x.example'}


async def test_the_newest_are_listed_and_all_are_counted(deps: Dependencies, clock: FixedClock) -> None:
    """More than are shown are not passed over in silence; neither who is ignored nor who may come in counts."""
    staff = await given_staff(deps)
    assert (await list_unknown_addresses(deps, staff)).of_all == 0
    for number, visitor in enumerate(visitors(SHOWN + 3)):
        later(clock, seconds=1)
        await note_unknown_address(deps, visitor, f'a{number}@x.example')
    found = await list_unknown_addresses(deps, staff)
    assert (len(found.newest), found.of_all) == (SHOWN, SHOWN + 3)
    assert found.newest[0].email == f'a{SHOWN + 2}@x.example'
    await ignore_unknown_address(deps, staff, found.newest[0].id)
    await given_contact(deps, 'Ines Holm', 'a0@x.example')
    found = await list_unknown_addresses(deps, staff)
    assert (len(found.newest), found.of_all) == (SHOWN, SHOWN + 1)


async def test_many_at_once_are_one_row(deps: Dependencies) -> None:
    """One UPSERT: none is lost and none stumbles."""
    await asyncio.gather(*(note_unknown_address(deps, a_visitor(), NEW) for _ in range(40)))
    assert (await UnknownAddress.get(email=NEW)).tries == 40


async def test_strangers_are_forgotten(deps: Dependencies, clock: FixedClock) -> None:
    """After 30 days without a try, and no word of them is in the log that forgets nothing."""
    await ask_for_sign_in(deps, a_visitor(), 'once@x.example')
    await ask_for_sign_in(deps, a_visitor(), NEW)
    later(clock, days=20)
    await ask_for_sign_in(deps, a_visitor(), NEW)
    await sweep(clock.now() + timedelta(days=10, seconds=1))
    assert [one.email for one in await UnknownAddress.all()] == [NEW]
    assert await AuditEvent.all().count() == 0
    await ignore_unknown_address(deps, await given_staff(deps), (await UnknownAddress.get()).id)
    await sweep(clock.now() + timedelta(days=365))
    assert await UnknownAddress.all().count() == 1
    await sweep(clock.now() + timedelta(days=365, seconds=1))
    assert await UnknownAddress.all().count() == 0, 'what is ignored, after a year'


async def test_nonsense_is_not_kept(deps: Dependencies) -> None:
    for nonsense in ('', ' ', 'two@x.example, three@x.example', 'Clara <clara@x.example>', 'a\r\nBcc: b@x.example'):
        await ask_for_sign_in(deps, a_visitor(), nonsense)
    await note_unknown_address(deps, a_visitor(user_agent='x' * 4_000), '')
    assert await UnknownAddress.all().count() == 0


async def test_a_long_browser_is_cut(deps: Dependencies) -> None:
    await note_unknown_address(deps, a_visitor(user_agent='x' * 4_000), NEW)
    assert len((await UnknownAddress.get()).user_agent) == 400


async def test_every_role_may_look_and_ignore(deps: Dependencies) -> None:
    for role in Role:
        await note_unknown_address(deps, a_visitor(), f'{role.value}@x.example')
        staff = await given_staff(deps, role)
        for one in (await list_unknown_addresses(deps, staff)).newest:
            await ignore_unknown_address(deps, staff, one.id)
    assert await seen(deps) == []
