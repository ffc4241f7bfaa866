"""What a client sees of itself, and as whom it goes on."""

import pytest

from domain.access.magic_links import make_magic_link, redeem_magic_link
from domain.access.sessions import current_client, switch_contact
from domain.access.sign_in_codes import ask_for_sign_in
from domain.audit import AuditKind
from domain.contacts.client_home import read_home
from domain.contacts.new_contact import Kind
from domain.contacts.portal_access import revoke_access
from domain.dependencies import Dependencies
from domain.errors import ContactNotFound, SignedOut
from storage.models import ClientSession, Contact
from tests.factories import (
    a_visitor,
    audit_rows,
    come_in,
    given_contact,
    given_joined_client,
    given_one_login_on_three,
    given_owner,
    later,
    newest_mail,
    signed_in,
    token_in,
    token_of,
)
from tests.support.clock import FixedClock


async def test_the_home_greets_by_name_and_shows_the_last_sign_in(deps: Dependencies, clock: FixedClock) -> None:
    """Greets by name, shows the last sign-in, which is the one before this."""
    owner = await given_owner(deps)
    first = await given_joined_client(deps, owner)
    home = await read_home(deps, first.actor)
    assert (home.greeting_name, home.email, home.last_sign_in_at) == ('Clara', 'clara@weiss.example', None)
    assert home.current
    assert home.current.id == first.contact_id
    before = clock.now()
    later(clock, hours=5)
    second = await come_in(deps, owner, first.contact_id)
    home = await read_home(deps, second.actor)
    assert (home.last_sign_in_at, home.last_sign_in_method) == (before, 'invitation')


@pytest.mark.parametrize(
    ('name', 'kind', 'greeting'),
    [
        ('Clara Weiss', Kind.PERSON, 'Clara'),
        ('Holm Bau AG', Kind.ORGANISATION, 'Holm Bau AG'),
        ('clara@weiss.example', Kind.PERSON, ''),
    ],
)
async def test_whom_it_greets(deps: Dependencies, name: str, kind: Kind, greeting: str) -> None:
    """By name; nobody is greeted by an address."""
    owner = await given_owner(deps)
    contact = await given_contact(deps, name, kind=kind)
    client = await come_in(deps, owner, contact.id)
    assert (await read_home(deps, client.actor)).greeting_name == greeting


async def test_a_client_of_three_picks_and_switches(deps: Dependencies) -> None:
    """One login may serve several contacts; the client picks and can switch, and that is on record."""
    contacts = await given_one_login_on_three(deps)
    await ask_for_sign_in(deps, a_visitor(browser='b'), 'ines@holm.example')
    token = token_in(await newest_mail(deps, 'ines@holm.example'))
    client = await signed_in(deps, await redeem_magic_link(deps, a_visitor(), token))
    home = await read_home(deps, client)
    assert (home.current, client.contact_id) == (None, None), 'it has not picked yet'
    assert [one.name for one in home.contacts] == ['Holm Bau AG', 'Holm Stiftung', 'Ines Holm']
    assert home.greeting_name == 'Ines'
    for contact in contacts:
        await switch_contact(deps, client, contact.id)
        home = await read_home(deps, client)
        assert home.current
        assert home.current.id == contact.id
    rows = await audit_rows(AuditKind.CONTACT_SWITCHED)
    assert [(row.contact_id, row.actor_kind) for row in rows] == [(one.id, 'client') for one in contacts]


async def test_nobody_switches_to_a_foreign_contact(deps: Dependencies) -> None:
    """R57: another client's contact, one whose access is off, and one that is not there are all not found."""
    owner = await given_owner(deps)
    contacts = await given_one_login_on_three(deps)
    client = await come_in(deps, owner, contacts[0].id)
    foreign = await given_contact(deps)
    await revoke_access(deps, owner, contacts[1].id)
    for contact_id in (foreign.id, contacts[1].id, 4711):
        with pytest.raises(ContactNotFound) as refused:
            await switch_contact(deps, client.actor, contact_id)
        assert refused.value == ContactNotFound(contact_id)
    assert (await ClientSession.get()).contact_id == contacts[0].id
    assert await audit_rows(AuditKind.CONTACT_SWITCHED) == []


async def test_a_closed_door_is_closed(deps: Dependencies) -> None:
    """R36: a page that is still open after access was revoked reads and does nothing."""
    owner = await given_owner(deps)
    client = await given_joined_client(deps, owner)
    await revoke_access(deps, owner, client.contact_id)
    with pytest.raises(SignedOut):
        await read_home(deps, client.actor)
    with pytest.raises(SignedOut):
        await switch_contact(deps, client.actor, client.contact_id)


async def test_a_session_whose_contacts_are_all_closed_is_nobody(deps: Dependencies) -> None:
    """R13: even a row that were left behind opens nothing."""
    owner = await given_owner(deps)
    client = await given_joined_client(deps, owner)
    contact = await given_contact(deps, 'Other', 'other@x.example')
    await type(contact).filter(id=client.contact_id).update(portal_access=False)
    assert await current_client(deps, client.raw) is None
    with pytest.raises(SignedOut):
        await read_home(deps, client.actor)


async def test_a_contact_that_came_later_joins_when_it_is_picked(deps: Dependencies) -> None:
    """One login may serve several contacts, and every one it enters counts as joined."""
    owner = await given_owner(deps)
    first = await given_contact(deps, 'Anna Weber', 'anna@weber.example')
    link = await make_magic_link(deps, owner, first.id)
    signed = await redeem_magic_link(deps, a_visitor(), token_of(link.url))
    client = await current_client(deps, signed.raw_session)
    assert client
    later = await given_contact(deps, 'Acme Ltd', 'anna@weber.example')
    assert (await Contact.get(id=later.id)).joined_at is None
    await switch_contact(deps, client, later.id)
    assert (await Contact.get(id=later.id)).joined_at == deps.clock.now()
