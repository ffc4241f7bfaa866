"""View in portal: staff see what the contact sees, and the client notices nothing of it."""

import pytest

from domain.access.presence import who_is_inside
from domain.access.sessions import current_client, switch_contact
from domain.activity.portal_counts import portal_counts
from domain.audit import AuditKind
from domain.contacts.client_home import read_home
from domain.contacts.portal_access import revoke_access
from domain.contacts.portal_view import open_portal_view, read_portal_view
from domain.dependencies import Dependencies
from domain.errors import ContactNotFound
from domain.events import ActivityRecorded, Event
from storage.models import PortalSettings
from tests.factories import (
    audit_rows,
    come_in,
    every_row,
    given_contact,
    given_invited,
    given_joined_client,
    given_one_login_on_three,
    given_second_factor,
    given_staff,
    heard,
    later,
)
from tests.support.clock import FixedClock


async def test_no_row_but_the_audit_changes(deps: Dependencies, clock: FixedClock) -> None:
    """Read-only and audited, without touching the client's session, sign-in dates, presence or counts."""
    staff = await given_staff(deps)
    client = await given_joined_client(deps, staff)
    later(clock, minutes=10)
    before, counted = await every_row(), await portal_counts(deps)
    inside = await who_is_inside(deps)
    told = heard(deps, *Event.__subclasses__())
    await open_portal_view(deps, staff, client.contact_id)
    await read_portal_view(deps, staff, client.contact_id)
    after = await every_row()
    assert {name for name in before if before[name] != after[name]} == {'audit_event'}
    assert len(after['audit_event']) == len(before['audit_event']) + 1
    (row,) = await audit_rows(AuditKind.PORTAL_VIEWED)
    assert (row.actor_name, row.contact_id, row.login_id) == (staff.name, client.contact_id, client.actor.login_id)
    assert told == [ActivityRecorded((client.contact_id,))], 'no page of the client hears of it'
    assert await portal_counts(deps) == counted, 'the figures of the dashboard'
    assert await who_is_inside(deps) == inside
    assert await current_client(deps, client.raw) is not None


async def test_each_opening_is_recorded(deps: Dependencies) -> None:
    """R59: once each time, and never for the page that goes on."""
    staff = await given_staff(deps)
    client = await given_joined_client(deps, staff)
    for _ in range(2):
        await open_portal_view(deps, staff, client.contact_id)
        await read_portal_view(deps, staff, client.contact_id)
    assert len(await audit_rows(AuditKind.PORTAL_VIEWED)) == 2


async def test_it_is_what_the_client_sees(deps: Dependencies, clock: FixedClock) -> None:
    """The same home, the sign-in before the present one included."""
    staff = await given_staff(deps)
    await given_joined_client(deps, staff)
    later(clock, hours=1)
    three = await given_one_login_on_three(deps)
    await come_in(deps, staff, three[1].id)
    later(clock, hours=2)
    client = await come_in(deps, staff, three[1].id)
    for contact in three:
        await switch_contact(deps, client.actor, contact.id)
        seen = await open_portal_view(deps, staff, contact.id)
        assert seen.home == await read_home(deps, client.actor)
        assert seen.home.last_sign_in_at is not None
        assert (seen.name, seen.login_id, seen.must_enrol) == (contact.name, client.actor.login_id, False)


async def test_before_the_first_sign_in(deps: Dependencies) -> None:
    staff = await given_staff(deps)
    invited = await given_invited(deps, staff)
    home = (await open_portal_view(deps, staff, invited.contact_id)).home
    assert home
    assert home.current
    assert (home.current.id, home.last_sign_in_at) == (invited.contact_id, None)


async def test_before_the_closed_door(deps: Dependencies) -> None:
    """For a contact without access, what the client would see; also where its login serves others."""
    staff = await given_staff(deps)
    three = await given_one_login_on_three(deps)
    await come_in(deps, staff, three[0].id)
    await revoke_access(deps, staff, three[1].id)
    without = await given_contact(deps, 'Zu Bert', 'bert@zu.example', access=False)
    no_address = await given_contact(deps, 'Ohne Adresse', '')
    for contact_id in (three[1].id, without.id, no_address.id):
        view = await open_portal_view(deps, staff, contact_id)
        assert (view.home, view.must_enrol, view.passwords_work) == (None, False, True)
    home = (await open_portal_view(deps, staff, three[0].id)).home
    assert home
    assert len(home.contacts) == 2
    with pytest.raises(ContactNotFound):
        await open_portal_view(deps, staff, 4711)
    with pytest.raises(ContactNotFound):
        await read_portal_view(deps, staff, 4711)


async def test_a_second_factor_that_is_asked_for_first(deps: Dependencies, clock: FixedClock) -> None:
    """R30: where one is required and none set up, the client meets that before the home."""
    staff = await given_staff(deps)
    client = await given_joined_client(deps, staff)
    await PortalSettings.filter(id=1).update(security_mode='link_and_password_2fa')
    assert (await open_portal_view(deps, staff, client.contact_id)).must_enrol
    await given_second_factor(deps, client.actor, client.raw)
    assert not (await open_portal_view(deps, staff, client.contact_id)).must_enrol


async def test_access_that_ends_between_two_looks(deps: Dependencies, monkeypatch: pytest.MonkeyPatch) -> None:
    """A colleague revokes at that very moment: the closed door, and no error."""
    staff = await given_staff(deps)
    client = await given_joined_client(deps, staff)

    async def nobody(_: int) -> list[object]:
        return []

    monkeypatch.setattr('storage.queries.contacts_of_login', nobody)
    assert (await read_portal_view(deps, staff, client.contact_id)).home is None
