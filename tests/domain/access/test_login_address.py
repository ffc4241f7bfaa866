"""Another address for a login takes effect for every contact it serves, at once, and only when the new one says yes."""

import asyncio

import pytest

from domain.access.devices import list_sessions
from domain.access.login_address import (
    confirm_login_address,
    look_at_address_link,
    send_address_link_again,
)
from domain.access.login_details import read_login
from domain.access.magic_links import make_magic_link, redeem_magic_link
from domain.access.sessions import current_client
from domain.access.sign_in import SecondStepRequired, SignedIn
from domain.access.sign_in_codes import ask_for_sign_in
from domain.audit import AuditKind
from domain.contacts.contact_filter import ContactFilter
from domain.contacts.directory import edit_contact, read_contact
from domain.contacts.finding import find_contacts
from domain.contacts.invitations import invite_contact
from domain.contacts.new_contact import ContactDetails, Kind
from domain.dependencies import Dependencies
from domain.errors import (
    DeadLink,
    LinkExpired,
    RateLimited,
)
from domain.events import ClientSessionsEnded, ContactsChanged, LoginChanged
from storage.models import Contact, Login, OneTimeToken, OutboxMail, PendingSignIn
from tests.factories import (
    a_visitor,
    asked_for_address,
    audit_rows,
    come_in,
    every_row,
    everything_stored,
    given_contact,
    given_invited,
    given_joined_client,
    given_one_login_on_three,
    given_second_factor,
    given_staff,
    heard,
    later,
    token_of,
    visitors,
)
from tests.support.clock import FixedClock
from tests.support.databases import postgres_only

OLD, NEW = 'clara@weiss.example', 'clara@neu.example'


async def test_the_login_and_every_contact_it_serves_change_together(deps: Dependencies) -> None:
    """One login, three contacts; R57: whoever has no part in it keeps its address."""
    staff = await given_staff(deps)
    three = await given_one_login_on_three(deps)
    without_access = await given_contact(deps, 'Holm Ohne', 'ines@holm.example', access=False)
    other = await given_contact(deps, 'Ben Amsel', 'ben@amsel.example')
    client = await come_in(deps, staff, three[0].id)
    token = await asked_for_address(deps, staff, three[1].id, 'ines@neu.example')
    told = heard(deps, ContactsChanged, LoginChanged)
    await confirm_login_address(deps, a_visitor(), token)
    ids = [*(one.id for one in three), without_access.id]
    for row in await Contact.filter(id__in=ids):
        assert (row.email, row.login_id, row.email_status) == ('ines@neu.example', client.actor.login_id, 'captured')
    assert (await Login.get(id=client.actor.login_id)).email == 'ines@neu.example'
    assert (await Contact.get(id=other.id)).email == 'ben@amsel.example'
    assert told == [
        LoginChanged(client.actor.login_id),
        ContactsChanged(tuple(sorted(ids)), (client.actor.login_id,)),
    ]
    found = await find_contacts(deps, staff, ContactFilter(search='neu.example'))
    assert {row.id for row in found.rows} == set(ids), 'the search finds them by the new address'
    assert (await find_contacts(deps, staff, ContactFilter(search='ines@holm'))).rows == ()
    assert (await read_contact(deps, staff, three[0].id)).status == 'joined', 'who joined stays joined'


async def test_what_the_old_address_was_sent_dies(deps: Dependencies) -> None:
    """R9, R37: changing the address voids links, codes, resets and invitations; R13: half-finished sign-ins too."""
    staff = await given_staff(deps)
    client = await given_joined_client(deps, staff)
    second = await given_contact(deps, 'Weiss GmbH', OLD, kind=Kind.ORGANISATION, access=False)
    invited = await invite_contact(deps, staff, second.id)
    made = await make_magic_link(deps, staff, client.contact_id)
    await ask_for_sign_in(deps, a_visitor(browser='b' * 43), OLD)
    token = await asked_for_address(deps, staff, client.contact_id, NEW)
    details = await read_login(deps, staff, client.contact_id)
    assert details
    assert (details.sessions, details.links, details.invitations) == (1, 2, 1)
    await confirm_login_address(deps, a_visitor(), token)
    for link in (made.url, invited.link):
        with pytest.raises(LinkExpired) as dead:
            await redeem_magic_link(deps, a_visitor(), token_of(link))
        assert dead.value.reason is DeadLink.CANCELLED
    assert await OneTimeToken.filter(used_at=None, voided_at=None).count() == 0
    assert (await read_contact(deps, staff, second.id)).status == 'not_invited'
    (row,) = await audit_rows(AuditKind.LOGIN_ADDRESS_CHANGED)
    assert row.detail == {'before': OLD, 'after': NEW, 'sessions': 1, 'links': 2, 'invitations': 1}
    assert (row.actor_kind, row.login_id, row.contact_id) == ('visitor', client.actor.login_id, None)
    of_dead_links = OutboxMail.filter(to_address=OLD, token_id__not_isnull=True).exclude(state='cancelled')
    assert [mail.contact_id for mail in await of_dead_links] == [client.contact_id], 'only the used one is not'


async def test_sessions_end_and_a_half_finished_sign_in_too(deps: Dependencies, clock: FixedClock) -> None:
    """R37, R13: every session, pages told at once, and whoever was half way in; the second factor stays."""
    staff = await given_staff(deps)
    client = await given_joined_client(deps, staff)
    enrolled = await given_second_factor(deps, client.actor, client.raw, clock)
    link = await make_magic_link(deps, staff, client.contact_id)
    assert isinstance(await redeem_magic_link(deps, a_visitor(), token_of(link.url)), SecondStepRequired)
    token = await asked_for_address(deps, staff, client.contact_id, NEW)
    told = heard(deps, ClientSessionsEnded)
    await confirm_login_address(deps, a_visitor(), token)
    assert told == [ClientSessionsEnded((enrolled.actor.session_id,), 'address changed')]
    assert await current_client(deps, enrolled.raw) is None
    assert await PendingSignIn.all().count() == 0
    login = await Login.get(email=NEW)
    assert login.totp_enrolled_at is not None
    assert login.totp_secret is not None
    again = await make_magic_link(deps, staff, client.contact_id)
    assert isinstance(await redeem_magic_link(deps, a_visitor(), token_of(again.url)), SecondStepRequired)


async def test_the_password_stays(deps: Dependencies) -> None:
    """The address changes, what the client chose does not."""
    staff = await given_staff(deps)
    client = await given_joined_client(deps, staff)
    await Login.filter(id=client.actor.login_id).update(password_hash=await deps.hasher.hash('four words of mine'))
    await confirm_login_address(deps, a_visitor(), await asked_for_address(deps, staff, client.contact_id, NEW))
    login = await Login.get(email=NEW)
    assert login.password_hash
    assert await deps.hasher.verify(login.password_hash, 'four words of mine')


async def test_the_link_neither_signs_in_nor_works_twice(deps: Dependencies) -> None:
    """R9: its purpose is part of the look-up; R3: it is used once. It opens no door."""
    staff = await given_staff(deps)
    client = await given_joined_client(deps, staff)
    token = await asked_for_address(deps, staff, client.contact_id, NEW)
    with pytest.raises(LinkExpired):
        await redeem_magic_link(deps, a_visitor(), token)
    sign_in = token_of((await make_magic_link(deps, staff, client.contact_id)).url)
    with pytest.raises(LinkExpired):
        await confirm_login_address(deps, a_visitor(), sign_in)
    assert isinstance(await redeem_magic_link(deps, a_visitor(), sign_in), SignedIn), 'it was not used up by that'
    await confirm_login_address(deps, a_visitor(), token)
    assert await list_sessions(deps, staff, client.contact_id) == []
    with pytest.raises(LinkExpired) as dead:
        await confirm_login_address(deps, a_visitor(), token)
    assert dead.value.reason is DeadLink.USED


async def test_looking_changes_nothing(deps: Dependencies) -> None:
    """R10: the landing page says what the link would do, any number of times."""
    staff = await given_staff(deps)
    client = await given_joined_client(deps, staff)
    token = await asked_for_address(deps, staff, client.contact_id, NEW)
    before = await every_row()
    view = await look_at_address_link(deps, token)
    assert view.new_address == NEW
    assert OLD not in view.masked_old
    assert view.seconds_left == 24 * 3600
    assert await every_row() == before
    with pytest.raises(LinkExpired) as dead:
        await look_at_address_link(deps, 'x' * 43)
    assert dead.value.reason is DeadLink.UNKNOWN


async def test_its_time_runs_out(deps: Dependencies, clock: FixedClock) -> None:
    """R7: after 24 hours the link is dead and the change waits no more."""
    staff = await given_staff(deps)
    client = await given_joined_client(deps, staff)
    token = await asked_for_address(deps, staff, client.contact_id, NEW)
    later(clock, hours=24)
    with pytest.raises(LinkExpired) as dead:
        await confirm_login_address(deps, a_visitor(), token)
    assert dead.value.reason is DeadLink.EXPIRED
    assert (await Login.get(id=client.actor.login_id)).email == OLD


async def test_the_raw_link_is_stored_nowhere(deps: Dependencies) -> None:
    """R2: only its hash."""
    staff = await given_staff(deps)
    client = await given_joined_client(deps, staff)
    token = await asked_for_address(deps, staff, client.contact_id, NEW)
    assert len(token) == 43
    assert token not in await everything_stored()


async def test_a_clash_that_came_about_meanwhile(deps: Dependencies) -> None:
    """The address was free when staff asked and is not when it is confirmed: nothing changes, the link is dead, and the
    visitor is told no names."""
    staff = await given_staff(deps)
    client = await given_joined_client(deps, staff)
    token = await asked_for_address(deps, staff, client.contact_id, NEW)
    await given_contact(deps, 'Neue Clara', NEW)
    for _ in range(2):
        with pytest.raises(LinkExpired) as dead:
            await confirm_login_address(deps, a_visitor(), token)
        assert dead.value.reason is DeadLink.CANCELLED
    assert (await Login.get(id=client.actor.login_id)).email == OLD
    assert await current_client(deps, client.raw) is not None
    (row,) = await audit_rows(AuditKind.LOGIN_ADDRESS_CHANGED)
    assert (row.outcome, row.detail) == ('refused', {'before': OLD, 'after': NEW})


async def test_a_login_that_serves_nobody_makes_room(deps: Dependencies) -> None:
    """A contact moved away and left an empty login behind: its address can be used again."""
    staff = await given_staff(deps)
    client = await given_joined_client(deps, staff)
    moved = ContactDetails(Kind.PERSON, 'Clara Weiss', 'elsewhere@x.example')
    await edit_contact(deps, staff, client.contact_id, moved)
    assert await Login.filter(email=OLD).exists()
    await confirm_login_address(deps, a_visitor(), await asked_for_address(deps, staff, client.contact_id, OLD))
    assert (await Contact.get(id=client.contact_id)).email == OLD
    login = await Login.get(email=OLD)
    assert login.id == (await Contact.get(id=client.contact_id)).login_id
    assert not await Login.filter(email='elsewhere@x.example').exists()


async def test_there_and_back_again(deps: Dependencies) -> None:
    """The old address can be taken again, by the same login."""
    staff = await given_staff(deps)
    client = await given_joined_client(deps, staff)
    await confirm_login_address(deps, a_visitor(), await asked_for_address(deps, staff, client.contact_id, NEW))
    await confirm_login_address(deps, a_visitor(), await asked_for_address(deps, staff, client.contact_id, OLD))
    assert (await Login.get(id=client.actor.login_id)).email == OLD
    assert await Login.all().count() == 1


async def test_who_was_only_invited(deps: Dependencies) -> None:
    """The invitation of the old address dies with it; the new address can be asked in anew."""
    staff = await given_staff(deps)
    invited = await given_invited(deps, staff)
    await confirm_login_address(deps, a_visitor(), await asked_for_address(deps, staff, invited.contact_id, NEW))
    contact = await read_contact(deps, staff, invited.contact_id)
    assert (contact.email, contact.status, contact.has_open_invitation) == (NEW, 'not_invited', False)
    again = await invite_contact(deps, staff, invited.contact_id)
    assert isinstance(await redeem_magic_link(deps, a_visitor(), token_of(again.link)), SignedIn)


async def test_the_limit_on_links(deps: Dependencies) -> None:
    """Every door has a limit; guessing address links is counted per network."""
    for _ in range(120):
        with pytest.raises(LinkExpired):
            await confirm_login_address(deps, a_visitor(), 'x' * 43)
    with pytest.raises(RateLimited):
        await confirm_login_address(deps, a_visitor(), 'x' * 43)


async def test_many_clicks_at_once_change_it_once(deps: Dependencies) -> None:
    """R3: one claim, one change, one notice."""
    staff = await given_staff(deps)
    client = await given_joined_client(deps, staff)
    token = await asked_for_address(deps, staff, client.contact_id, NEW)
    done = await asyncio.gather(
        *(confirm_login_address(deps, visitor, token) for visitor in visitors(20)), return_exceptions=True
    )
    assert sum(one is None for one in done) == 1
    assert all(one is None or isinstance(one, LinkExpired) for one in done)
    assert len(await audit_rows(AuditKind.LOGIN_ADDRESS_CHANGED)) == 1
    assert (await Login.get(id=client.actor.login_id)).email == NEW


@postgres_only
async def test_two_logins_that_want_the_same_address_at_once(deps: Dependencies) -> None:
    """One gets it, the other is told that its link is dead; never two logins, never an error."""
    staff = await given_staff(deps)
    clara = await given_joined_client(deps, staff)
    ben = await given_joined_client(deps, staff, 'Ben Amsel', 'ben@amsel.example')
    tokens = [await asked_for_address(deps, staff, one.contact_id, NEW) for one in (clara, ben)]
    done = await asyncio.gather(
        *(confirm_login_address(deps, visitor, token) for visitor, token in zip(visitors(2), tokens, strict=True)),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in done) == ['LinkExpired', 'NoneType']
    assert await Login.filter(email=NEW).count() == 1
    assert await Contact.filter(email=NEW).count() == 1


async def test_asking_again_is_on_record(deps: Dependencies) -> None:
    """R59: each mail that asks a new address has its row."""
    staff = await given_staff(deps)
    client = await given_joined_client(deps, staff)
    await asked_for_address(deps, staff, client.contact_id, NEW)
    await send_address_link_again(deps, staff, client.contact_id)
    rows = [row.detail for row in await audit_rows(AuditKind.LOGIN_ADDRESS_ASKED)]
    assert rows == [{'before': OLD, 'after': NEW}, {'before': OLD, 'after': NEW, 'again': True}]


async def test_what_is_counted_is_what_was_alive(deps: Dependencies, clock: FixedClock) -> None:
    """An invitation whose link had run out takes nothing off the links that ended."""
    staff = await given_staff(deps)
    invited = await given_invited(deps, staff, email=OLD)
    later(clock, days=8)
    staff = await given_staff(deps)
    await confirm_login_address(deps, a_visitor(), await asked_for_address(deps, staff, invited.contact_id, NEW))
    (row,) = await audit_rows(AuditKind.LOGIN_ADDRESS_CHANGED)
    assert (row.detail['links'], row.detail['invitations']) == (0, 1)
