"""Signed-in devices: seen and ended by the client itself, and by staff."""

import pytest

from domain.access.devices import (
    end_all_sessions,
    end_other_sessions,
    end_own_sessions,
    end_session,
    end_session_of_contact,
    list_own_sessions,
    list_sessions,
)
from domain.access.sessions import current_client, end_sessions_of_login
from domain.audit import AuditKind
from domain.dependencies import Dependencies
from domain.errors import ContactNotFound, SecondFactorNeeded, SignedOut
from domain.events import ClientSessionsEnded, LoginChanged, PresenceChanged
from domain.unit_of_work import deed, unit_of_work
from storage.models import ClientSession, PortalSettings
from tests.factories import (
    JoinedClient,
    a_visitor,
    audit_rows,
    come_in,
    given_contact,
    given_joined_client,
    given_one_login_on_three,
    given_staff,
    heard,
    later,
)
from tests.support.clock import FixedClock


async def given_three_devices(deps: Dependencies) -> tuple[JoinedClient, JoinedClient, JoinedClient]:
    """One client at three browsers, and another client who has nothing to do with it."""
    staff = await given_staff(deps)
    first = await given_joined_client(deps, staff)
    phone = await come_in(deps, staff, first.contact_id, a_visitor('192.0.2.8', user_agent='Phone'))
    tablet = await come_in(deps, staff, first.contact_id, a_visitor('192.0.2.9', user_agent='Tablet'))
    ben = await given_contact(deps, 'Ben Amsel', 'ben@amsel.example')
    await come_in(deps, staff, ben.id)
    return first, phone, tablet


async def test_a_client_sees_its_own_devices_and_which_it_sits_at(deps: Dependencies, clock: FixedClock) -> None:
    """The signed-in devices with browser, address and last seen, this one marked; nobody else's (R57)."""
    first, phone, tablet = await given_three_devices(deps)
    rows = await list_own_sessions(deps, phone.actor)
    assert [row.id for row in rows] == [one.actor.session_id for one in (phone, tablet, first)]
    assert [row.is_this_one for row in rows] == [True, False, False]
    assert (rows[0].ip, rows[0].user_agent, rows[0].last_seen_at) == ('192.0.2.8', 'Phone', clock.now())
    later(clock, days=7)
    with pytest.raises(SignedOut):
        await list_own_sessions(deps, phone.actor)


async def test_those_that_ran_out_are_not_shown(deps: Dependencies, clock: FixedClock) -> None:
    """R7: expiry is in the query."""
    first, phone, _ = await given_three_devices(deps)
    await ClientSession.filter(id=first.actor.session_id).update(expires_at=clock.now())
    assert first.actor.session_id not in [row.id for row in await list_own_sessions(deps, phone.actor)]


async def test_a_client_ends_one_of_its_devices(deps: Dependencies) -> None:
    """R36: over at once, told to the open pages, written down."""
    first, phone, tablet = await given_three_devices(deps)
    told = heard(deps, ClientSessionsEnded, LoginChanged, PresenceChanged)
    await end_session(deps, phone.actor, first.actor.session_id)
    assert await current_client(deps, first.raw) is None
    assert await current_client(deps, tablet.raw) is not None
    login_id = phone.actor.login_id
    assert told == [
        ClientSessionsEnded((first.actor.session_id,), 'elsewhere'),
        PresenceChanged(login_id),
        LoginChanged(login_id),
    ]
    (row,) = await audit_rows(AuditKind.SESSIONS_ENDED)
    assert (row.actor_kind, row.actor_id, row.login_id, row.detail) == ('client', login_id, login_id, {'sessions': 1})


async def test_a_client_ends_nobody_elses(deps: Dependencies) -> None:
    """R57: the id of another login's session ends nothing, and tells nothing."""
    _, phone, _ = await given_three_devices(deps)
    others = await ClientSession.exclude(login_id=phone.actor.login_id).get()
    told = heard(deps, ClientSessionsEnded)
    for number in (others.id, 4711):
        await end_session(deps, phone.actor, number)
    assert await ClientSession.filter(id=others.id).exists()
    assert told == []
    assert await audit_rows(AuditKind.SESSIONS_ENDED) == []


async def test_a_client_ends_all_the_others(deps: Dependencies) -> None:
    """R36: this one stays, the others are over; the number is told and written down."""
    first, phone, tablet = await given_three_devices(deps)
    told = heard(deps, ClientSessionsEnded)
    assert await end_other_sessions(deps, phone.actor) == 2
    assert [row.id for row in await list_own_sessions(deps, phone.actor)] == [phone.actor.session_id]
    assert {one for event in told for one in event.session_ids} == {first.actor.session_id, tablet.actor.session_id}
    assert await end_other_sessions(deps, phone.actor) == 0
    (row,) = await audit_rows(AuditKind.SESSIONS_ENDED)
    assert row.detail == {'sessions': 2}
    assert await ClientSession.all().count() == 2, 'the other client is still there'


async def test_a_client_ends_them_all(deps: Dependencies) -> None:
    """R36: this one too. Its own pages are told that they signed out, the others that they were signed out."""
    first, phone, tablet = await given_three_devices(deps)
    told = heard(deps, ClientSessionsEnded)
    await end_own_sessions(deps, phone.actor)
    assert [await current_client(deps, one.raw) for one in (first, phone, tablet)] == [None] * 3
    reasons = {session_id: event.reason for event in told for session_id in event.session_ids}
    assert reasons == {
        first.actor.session_id: 'elsewhere',
        tablet.actor.session_id: 'elsewhere',
        phone.actor.session_id: 'signed out',
    }
    (row,) = await audit_rows(AuditKind.SESSIONS_ENDED)
    assert row.detail == {'sessions': 3}
    assert await ClientSession.all().count() == 1, 'the other client is still there'
    with pytest.raises(SignedOut):
        await end_own_sessions(deps, phone.actor)


async def test_a_held_client_ends_nothing(deps: Dependencies) -> None:
    """R30: before its second factor is set up, nothing else opens."""
    first, phone, _ = await given_three_devices(deps)
    await PortalSettings.filter(id=1).update(security_mode='link_and_password_2fa')
    for held in (
        list_own_sessions(deps, phone.actor),
        end_session(deps, phone.actor, first.actor.session_id),
        end_other_sessions(deps, phone.actor),
        end_own_sessions(deps, phone.actor),
    ):
        with pytest.raises(SecondFactorNeeded):
            await held
    assert await current_client(deps, first.raw) is not None


async def test_an_ended_session_ends_no_other(deps: Dependencies) -> None:
    """R36: a page that stayed open after its session ended does nothing."""
    first, phone, tablet = await given_three_devices(deps)
    await end_session(deps, phone.actor, first.actor.session_id)
    with pytest.raises(SignedOut):
        await end_session(deps, first.actor, tablet.actor.session_id)
    with pytest.raises(SignedOut):
        await end_other_sessions(deps, first.actor)


async def test_staff_end_one_device_of_a_contact(deps: Dependencies) -> None:
    """R36, R57: one of the login that serves this contact, and of no other."""
    first, phone, _ = await given_three_devices(deps)
    staff = await given_staff(deps)
    others = await ClientSession.exclude(login_id=phone.actor.login_id).get()
    await end_session_of_contact(deps, staff, phone.contact_id, others.id)
    assert await ClientSession.filter(id=others.id).exists()
    assert await audit_rows(AuditKind.SESSIONS_ENDED) == []
    await end_session_of_contact(deps, staff, phone.contact_id, first.actor.session_id)
    assert await current_client(deps, first.raw) is None
    (row,) = await audit_rows(AuditKind.SESSIONS_ENDED)
    assert (row.actor_kind, row.actor_name, row.contact_id, row.detail) == (
        'staff',
        staff.name,
        phone.contact_id,
        {'sessions': 1},
    )


async def test_staff_end_all_of_them(deps: Dependencies, clock: FixedClock) -> None:
    """R36: every browser of the login; the number leaves out what had run out by itself."""
    first, phone, tablet = await given_three_devices(deps)
    staff = await given_staff(deps)
    await ClientSession.filter(id=tablet.actor.session_id).update(idle_expires_at=clock.now())
    told = heard(deps, ClientSessionsEnded, LoginChanged)
    assert await end_all_sessions(deps, staff, phone.contact_id) == 2
    assert await list_sessions(deps, staff, phone.contact_id) == []
    assert await ClientSession.filter(login_id=first.actor.login_id).count() == 0
    assert LoginChanged(phone.actor.login_id) in told
    (row,) = await audit_rows(AuditKind.SESSIONS_ENDED)
    assert row.detail == {'sessions': 2}
    assert await end_all_sessions(deps, staff, phone.contact_id) == 0
    assert len(await audit_rows(AuditKind.SESSIONS_ENDED)) == 1, 'nothing ended, nothing written'


async def test_the_devices_of_a_login_on_three_contacts(deps: Dependencies) -> None:
    """One login serves several contacts; each shows the same devices, and ending them ends them for all."""
    staff = await given_staff(deps)
    ines, bau, _ = await given_one_login_on_three(deps)
    client = await come_in(deps, staff, bau.id)
    assert [row.id for row in await list_sessions(deps, staff, ines.id)] == [client.actor.session_id]
    assert await end_all_sessions(deps, staff, ines.id) == 1
    assert await current_client(deps, client.raw) is None


async def test_a_contact_that_is_gone_or_has_no_address(deps: Dependencies) -> None:
    staff = await given_staff(deps)
    with pytest.raises(ContactNotFound):
        await end_all_sessions(deps, staff, 4711)
    with pytest.raises(ContactNotFound):
        await end_session_of_contact(deps, staff, 4711, 1)
    nobody = await given_contact(deps, 'Ohne Adresse', '')
    assert await end_all_sessions(deps, staff, nobody.id) == 0
    await end_session_of_contact(deps, staff, nobody.id, 1)


@pytest.mark.parametrize(('stays', 'reason'), [(False, 'ended'), (True, 'replaced')])
async def test_ending_those_of_a_login_inside_another_deed(deps: Dependencies, stays: bool, reason: str) -> None:
    """R37: what a change of password, second factor or address calls; one may stay."""
    first, phone, tablet = await given_three_devices(deps)
    told = heard(deps, ClientSessionsEnded, PresenceChanged)
    login_id = first.actor.login_id
    but = phone.actor.session_id if stays else None

    @deed
    async def change_something() -> int:
        async with unit_of_work(deps) as work:
            return await end_sessions_of_login(work, login_id, but=but, reason=reason)

    assert await change_something() == (2 if stays else 3)
    assert (await current_client(deps, phone.raw) is not None) == stays
    assert await current_client(deps, tablet.raw) is None
    (ended, presence) = told
    assert isinstance(ended, ClientSessionsEnded)
    assert (ended.reason, len(ended.session_ids)) == (reason, 2 if stays else 3)
    assert presence == PresenceChanged(login_id)
    assert await change_something() == 0
    assert len(told) == 2, 'nothing ended, nothing told'
