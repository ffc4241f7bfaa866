"""Sessions: how long they last, what ends them, and what they are in the database."""

from datetime import timedelta
from hashlib import sha256

import pytest

from domain.access.magic_links import make_magic_link, redeem_magic_link
from domain.access.presence import go_offline, stay_online, who_is_inside
from domain.access.sessions import (
    current_client,
    current_staff,
    dead_sessions,
    list_sessions,
    session_is_alive,
    sign_out_client,
    sign_out_staff,
)
from domain.activity.portal_counts import portal_counts
from domain.actors import ClientActor
from domain.audit import AuditKind
from domain.contacts.client_home import read_home
from domain.contacts.portal_access import revoke_access
from domain.dependencies import Dependencies
from domain.errors import SignedOut
from domain.events import ClientSessionsEnded, PresenceChanged, StaffSessionsEnded
from domain.staff.team import sign_in_staff
from storage import claims
from storage.models import ClientSession, PortalSettings, RateCounter, StaffMember, StaffSession
from tests.factories import (
    PASSWORD,
    a_visitor,
    audit_rows,
    come_in,
    everything_stored,
    given_contact,
    given_joined_client,
    given_owner,
    given_staff,
    heard,
    later,
    token_of,
)
from tests.support.clock import FixedClock


async def test_a_session_id_is_random_and_stored_hashed(deps: Dependencies) -> None:
    """R32: 256 bits, opaque, and only its SHA-256 in the row, for clients and for staff."""
    owner = await given_owner(deps, email='olga@firm.example')
    raw_staff = await sign_in_staff(deps, a_visitor(), 'olga@firm.example', PASSWORD)
    client = await given_joined_client(deps, owner)
    for raw, model in ((client.raw, ClientSession), (raw_staff, StaffSession)):
        assert len(raw) == 43
        assert await model.filter(token_hash=sha256(raw.encode()).hexdigest()).count() == 1
        assert raw not in await everything_stored()


async def test_a_new_sign_in_ends_the_session_of_the_same_browser(deps: Dependencies) -> None:
    """R34: a new id at sign-in; the one this browser came with dies, other browsers go on."""
    owner = await given_owner(deps)
    first = await given_joined_client(deps, owner)
    other = await come_in(deps, owner, first.contact_id)
    told = heard(deps, ClientSessionsEnded)
    again = await come_in(deps, owner, first.contact_id, a_visitor(client_session=first.raw))
    assert told == [ClientSessionsEnded((first.actor.session_id,), 'replaced')]
    assert again.raw != first.raw
    assert await current_client(deps, first.raw) is None
    assert await current_client(deps, other.raw) is not None


async def test_a_session_of_another_client_ends_too_in_the_same_browser(deps: Dependencies) -> None:
    """R34: one browser, one session, whoever it was before."""
    owner = await given_owner(deps)
    clara = await given_joined_client(deps, owner)
    ben = await given_contact(deps, 'Ben Amsel', 'ben@amsel.example')
    await come_in(deps, owner, ben.id, a_visitor(client_session=clara.raw))
    assert await current_client(deps, clara.raw) is None
    assert await ClientSession.all().count() == 1


async def test_a_client_who_stays_away_a_week_is_out(deps: Dependencies, clock: FixedClock) -> None:
    """R35: idle 7 days; being seen moves it on."""
    owner = await given_owner(deps)
    client = await given_joined_client(deps, owner)
    for _ in range(3):
        later(clock, days=7, seconds=-1)
        assert await current_client(deps, client.raw) is not None
    later(clock, days=7)
    assert await current_client(deps, client.raw) is None
    assert not await session_is_alive(deps, client.actor)
    with pytest.raises(SignedOut):
        await read_home(deps, client.actor)


async def test_a_client_signs_in_anew_after_thirty_days(deps: Dependencies, clock: FixedClock) -> None:
    """R35: absolute 30 days, however busy the client was."""
    owner = await given_owner(deps)
    client = await given_joined_client(deps, owner)
    for _ in range(5):
        later(clock, days=5)
        assert await current_client(deps, client.raw) is not None
    later(clock, days=5, seconds=-1)
    assert await current_client(deps, client.raw) is not None
    later(clock, seconds=1)
    assert await current_client(deps, client.raw) is None


async def test_the_firm_may_shorten_it(deps: Dependencies, clock: FixedClock) -> None:
    """R35: staff may shorten both."""
    await PortalSettings.filter(id=1).update(client_idle_days=1, client_session_days=2)
    owner = await given_owner(deps)
    client = await given_joined_client(deps, owner)
    later(clock, hours=23)
    assert await current_client(deps, client.raw) is not None
    later(clock, hours=24)
    assert await current_client(deps, client.raw) is None
    row = await ClientSession.get()
    assert row.expires_at - row.created_at == timedelta(days=2)


@pytest.mark.parametrize(('step', 'steps'), [(timedelta(hours=12), 1), (timedelta(hours=11), 16)])
async def test_staff_sessions_end(deps: Dependencies, clock: FixedClock, step: timedelta, steps: int) -> None:
    """R35: staff are out after 12 idle hours, and after 7 days in any case."""
    await given_owner(deps, email='olga@firm.example')
    raw = await sign_in_staff(deps, a_visitor(), 'olga@firm.example', PASSWORD)
    actor = await current_staff(deps, raw)
    assert actor
    began = clock.now()
    for number in range(1, steps + 1):
        clock.advance(step - timedelta(seconds=1) if number == steps else step)
        alive = clock.now() - began < timedelta(days=7)
        assert (await current_staff(deps, raw) is not None) is alive
        assert await session_is_alive(deps, actor) is alive
    later(clock, hours=12)
    assert await current_staff(deps, raw) is None
    assert not await session_is_alive(deps, actor)


async def test_a_disabled_member_is_signed_out(deps: Dependencies) -> None:
    """R36: at once, not at the next sign-in."""
    owner = await given_owner(deps, email='olga@firm.example')
    raw = await sign_in_staff(deps, a_visitor(), 'olga@firm.example', PASSWORD)
    await StaffMember.filter(id=owner.staff_id).update(disabled_at=deps.clock.now())
    assert await current_staff(deps, raw) is None
    assert not await session_is_alive(deps, owner)
    with pytest.raises(SignedOut):
        await make_magic_link(deps, owner, 1)


async def test_nobody_has_no_session(deps: Dependencies) -> None:
    """R29, R32: an empty, invented or foreign cookie is nobody; the hash of the row is no key either."""
    owner = await given_owner(deps)
    client = await given_joined_client(deps, owner)
    hashed = (await ClientSession.get()).token_hash
    for raw in ('', 'made-up', hashed):
        assert await current_client(deps, raw) is None
        assert await current_staff(deps, raw) is None
    assert await current_staff(deps, client.raw) is None, 'a client is no staff member'


async def test_signing_out(deps: Dependencies) -> None:
    """R36: the row is gone, its pages are told, and it is on record once."""
    owner = await given_owner(deps)
    client, other = await given_joined_client(deps, owner), None
    other = await come_in(deps, owner, client.contact_id)
    told = heard(deps, ClientSessionsEnded, PresenceChanged)
    for _ in range(2):
        await sign_out_client(deps, client.actor)
    assert told == [
        ClientSessionsEnded((client.actor.session_id,), 'signed out'),
        PresenceChanged(client.actor.login_id),
    ]
    assert await current_client(deps, client.raw) is None
    assert await current_client(deps, other.raw) is not None
    (row,) = await audit_rows(AuditKind.SIGNED_OUT)
    assert (row.actor_kind, row.actor_id, row.login_id) == ('client', client.actor.login_id, client.actor.login_id)


async def test_staff_sign_out(deps: Dependencies) -> None:
    """R36: the session is over, open pages are told, other sessions of the member go on."""
    owner = await given_owner(deps, email='olga@firm.example')
    other = await sign_in_staff(deps, a_visitor(), 'olga@firm.example', PASSWORD)
    told = heard(deps, StaffSessionsEnded)
    for _ in range(2):
        await sign_out_staff(deps, owner)
    assert told == [StaffSessionsEnded((owner.session_id,))]
    assert len(await audit_rows(AuditKind.STAFF_SIGNED_OUT)) == 1
    assert await current_staff(deps, other) is not None


async def test_many_open_pages_are_asked_about_at_once(deps: Dependencies, clock: FixedClock) -> None:
    """R36: sessions that ran out, those that were ended, and staff who were disabled."""
    owner, staff = await given_owner(deps), await given_staff(deps)
    clients = [await given_joined_client(deps, owner, name, f'{name}@x.example') for name in ('ann', 'ben')]
    ours, theirs = (
        frozenset(one.actor.session_id for one in clients),
        frozenset({owner.session_id, staff.session_id}),
    )
    assert await dead_sessions(deps, ours, theirs) == (frozenset(), frozenset())
    await sign_out_client(deps, clients[0].actor)
    await StaffMember.filter(id=staff.staff_id).update(disabled_at=clock.now())
    assert await dead_sessions(deps, ours, theirs) == ({clients[0].actor.session_id}, {staff.session_id})
    later(clock, days=40)
    assert await dead_sessions(deps, ours, theirs) == (ours, theirs)
    assert await dead_sessions(deps, frozenset(), frozenset({4711})) == (frozenset(), {4711})


async def test_signing_out_after_the_session_ended_by_itself(deps: Dependencies, clock: FixedClock) -> None:
    """R36: a page that was left open does not stumble over it."""
    owner = await given_owner(deps)
    client = await given_joined_client(deps, owner)
    later(clock, days=40)
    await claims.sweep(clock.now())
    await sign_out_client(deps, client.actor)
    assert await audit_rows(AuditKind.SIGNED_OUT) == []


async def test_a_session_is_written_to_once_a_minute_at_most(deps: Dependencies, clock: FixedClock) -> None:
    """Reading pages must not write a row each time."""
    owner = await given_owner(deps)
    client = await given_joined_client(deps, owner)
    began = clock.now()
    later(clock, seconds=59)
    await current_client(deps, client.raw)
    assert (await ClientSession.get()).last_seen_at == began
    later(clock, seconds=2)
    await current_client(deps, client.raw)
    assert (await ClientSession.get()).last_seen_at == clock.now()


async def test_the_session_list_shows_living_devices(deps: Dependencies, clock: FixedClock) -> None:
    """Contact page: the signed-in devices, newest first; none of them once access is off."""
    staff = await given_staff(deps)
    client = await given_joined_client(deps, staff)
    await ClientSession.all().update(expires_at=clock.now())
    newest = await come_in(deps, staff, client.contact_id, a_visitor('192.0.2.8', user_agent='Phone'))
    await come_in(deps, staff, (await given_contact(deps, 'Ben', 'ben@x.example')).id)
    (row,) = await list_sessions(deps, staff, client.contact_id)
    assert (row.id, row.ip, row.user_agent, row.method) == (newest.actor.session_id, '192.0.2.8', 'Phone', 'magic_link')
    assert row.online
    later(clock, seconds=75)
    assert [one.online for one in await list_sessions(deps, staff, client.contact_id)] == [False]
    await revoke_access(deps, staff, client.contact_id)
    assert await list_sessions(deps, staff, client.contact_id) == []


async def test_online_is_who_has_a_page_open(deps: Dependencies, clock: FixedClock) -> None:
    """Online now. A page that stays open says so again and again; the last one that closes ends it."""
    owner = await given_owner(deps)
    client = await given_joined_client(deps, owner)
    session = client.actor.session_id
    told = heard(deps, PresenceChanged)
    assert (await portal_counts(deps)).online == 1
    later(clock, seconds=75)
    assert (await portal_counts(deps)).online == 0
    for _ in range(3):
        await stay_online(deps, {session})
    assert await who_is_inside(deps) == {client.actor.login_id}
    assert told == [PresenceChanged(client.actor.login_id)], (
        'told when somebody came in, not each time it is still there'
    )
    assert (await portal_counts(deps)).online == 1
    await go_offline(deps, session)
    assert await who_is_inside(deps) == frozenset()
    assert (await portal_counts(deps)).online == 0
    assert len(told) == 2
    await stay_online(deps, set())
    await go_offline(deps, 4711)
    assert len(told) == 2


async def test_one_login_with_two_browsers_is_one_client_online(deps: Dependencies) -> None:
    """Online now counts clients, not browsers."""
    owner = await given_owner(deps)
    client = await given_joined_client(deps, owner)
    await come_in(deps, owner, client.contact_id)
    assert (await portal_counts(deps)).online == 1


async def test_the_sweep_removes_only_what_ended(deps: Dependencies, clock: FixedClock) -> None:
    """R7: nothing depends on the sweep, and it takes nothing that lives."""
    owner = await given_owner(deps)
    gone = await given_joined_client(deps, owner)
    later(clock, days=6)
    link = await make_magic_link(deps, await given_owner(deps), gone.contact_id)
    await redeem_magic_link(deps, a_visitor(), token_of(link.url))
    later(clock, days=2)
    await claims.sweep(clock.now())
    assert await ClientSession.all().count() == 1
    assert await StaffSession.all().count() == 0
    assert await RateCounter.filter(expires_at__lt=clock.now()).count() == 0


async def test_an_actor_without_a_session_reads_nothing(deps: Dependencies) -> None:
    """R29: a client actor is only as good as its row."""
    with pytest.raises(SignedOut):
        await read_home(deps, ClientActor(4711, 1, 'x@x.example', None))
