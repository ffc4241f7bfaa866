"""The switch: off closes everything and says in numbers what it did; on again keeps what was."""

import pytest

from domain.access.login_emails import send_login_emails
from domain.access.magic_links import make_magic_link, redeem_magic_link
from domain.access.sessions import current_client
from domain.access.sign_in_codes import ask_for_sign_in
from domain.activity.access_report import report_page
from domain.audit import AuditKind
from domain.contacts.directory import delete_contact, edit_contact, read_contact
from domain.contacts.invitations import invite_contact
from domain.contacts.new_contact import ContactDetails, Kind
from domain.contacts.portal_access import Revoked, give_access, look_before_revoking, revoke_access
from domain.dependencies import Dependencies
from domain.errors import ContactNotFound, LinkExpired
from domain.events import ClientSessionsEnded, ClientSessionsMoved, ContactsChanged, PresenceChanged
from storage.models import AuditEvent, ClientSession, Contact, Invitation, Login, OneTimeToken
from tests.factories import (
    a_visitor,
    audit_rows,
    come_in,
    every_row,
    given_contact,
    given_invited,
    given_joined_client,
    given_one_login_on_three,
    given_owner,
    heard,
    later,
    token_of,
)
from tests.support.clock import FixedClock
from ui.staff.contact_words import did

CLARA = 'clara@weiss.example'


async def look_then_do(deps: Dependencies, contact_id: int) -> Revoked:
    """Revoke, and check that the numbers are those that were announced and those that came true."""
    owner = await given_owner(deps)
    before = await every_row()
    announced = await look_before_revoking(deps, owner, contact_id)
    assert await every_row() == before, 'looking writes nothing'
    done = await revoke_access(deps, owner, contact_id)
    assert done == announced
    (*_, row) = await audit_rows(AuditKind.ACCESS_REVOKED)
    assert row.detail == {'sessions': done.sessions, 'links': done.links, 'invitations': done.invitations}
    return done


async def test_a_client_with_everything(deps: Dependencies, clock: FixedClock) -> None:
    """The notice says what it did in numbers, and the confirmation said the same before."""
    owner = await given_owner(deps)
    client = await given_joined_client(deps, owner)
    await come_in(deps, owner, client.contact_id)
    await make_magic_link(deps, owner, client.contact_id)
    await send_login_emails(deps, owner, [client.contact_id])
    await ask_for_sign_in(deps, a_visitor(browser='b'), CLARA)
    assert await look_then_do(deps, client.contact_id) == Revoked(sessions=2, links=3, invitations=0)
    assert await ClientSession.all().count() == 0
    assert await OneTimeToken.filter(used_at=None, voided_at=None).count() == 0


async def test_an_invited_contact(deps: Dependencies) -> None:
    """R13: the invitation counts as one, its link not once more."""
    owner = await given_owner(deps)
    invited = await given_invited(deps, owner)
    await make_magic_link(deps, owner, invited.contact_id)
    assert await look_then_do(deps, invited.contact_id) == Revoked(sessions=0, links=1, invitations=1)
    assert (await Invitation.get()).cancelled_at is not None


async def test_what_is_over_already_is_not_counted(deps: Dependencies, clock: FixedClock) -> None:
    """In numbers; a session or link that expired was not ended by the switch."""
    owner = await given_owner(deps)
    client = await given_joined_client(deps, owner)
    await make_magic_link(deps, owner, client.contact_id)
    later(clock, days=8)
    owner = await given_owner(deps)
    await come_in(deps, owner, client.contact_id)
    await make_magic_link(deps, owner, client.contact_id)
    assert await look_then_do(deps, client.contact_id) == Revoked(sessions=1, links=1, invitations=0)
    assert await ClientSession.all().count() == 0


async def test_an_invitation_that_expired_is_closed_too(deps: Dependencies, clock: FixedClock) -> None:
    """R13: an open invitation is cancelled whether its time is up or not."""
    invited = await given_invited(deps, await given_owner(deps))
    later(clock, days=8)
    assert await look_then_do(deps, invited.contact_id) == Revoked(0, 0, 1)


@pytest.mark.parametrize('email', ['', CLARA])
async def test_nothing_to_close(deps: Dependencies, email: str) -> None:
    """A contact that never came, and one without an address."""
    contact = await given_contact(deps, email=email)
    assert await look_then_do(deps, contact.id) == Revoked(0, 0, 0)
    assert not (await Contact.get()).portal_access


async def test_switched_off_twice_is_off(deps: Dependencies, clock: FixedClock) -> None:
    """The second time does nothing, tells nothing and moves no date."""
    owner = await given_owner(deps)
    contact = await given_contact(deps)
    await revoke_access(deps, owner, contact.id)
    later(clock, minutes=1)
    before, told = await every_row(), heard(deps, ContactsChanged)
    assert await revoke_access(deps, owner, contact.id) == Revoked(0, 0, 0)
    assert await look_before_revoking(deps, owner, contact.id) == Revoked(0, 0, 0)
    assert await every_row() == before
    assert told == []


async def test_open_pages_are_closed_after_the_commit(deps: Dependencies) -> None:
    """R13, R36: told which sessions are over; the cookie is worth nothing from that moment on."""
    owner = await given_owner(deps)
    client = await given_joined_client(deps, owner)
    other = await given_joined_client(deps, owner, 'Ben Amsel', 'ben@amsel.example')
    told = heard(deps, ClientSessionsEnded, PresenceChanged, ContactsChanged)
    await revoke_access(deps, owner, client.contact_id)
    assert told == [
        ClientSessionsEnded((client.actor.session_id,), 'revoked'),
        PresenceChanged(client.actor.login_id),
        ContactsChanged((client.contact_id,)),
    ]
    assert await current_client(deps, client.raw) is None
    assert await current_client(deps, other.raw) is not None


async def test_on_again_keeps_password_and_history(deps: Dependencies, clock: FixedClock) -> None:
    """On again later keeps password and history; old links and sessions stay dead."""
    owner = await given_owner(deps)
    client = await given_joined_client(deps, owner)
    await Login.all().update(password_hash='$argon2id$kept')
    link = await make_magic_link(deps, owner, client.contact_id)
    before = await read_contact(deps, owner, client.contact_id)
    await revoke_access(deps, owner, client.contact_id)
    assert (await read_contact(deps, owner, client.contact_id)).status == 'revoked'
    later(clock, hours=1)
    told = heard(deps, ContactsChanged)
    await give_access(deps, owner, client.contact_id)
    assert told == [ContactsChanged((client.contact_id,), (client.actor.login_id,))]
    assert await read_contact(deps, owner, client.contact_id) == before
    login = await Login.get()
    assert (login.password_hash, login.last_sign_in_method) == ('$argon2id$kept', 'invitation')
    assert await current_client(deps, client.raw) is None
    with pytest.raises(LinkExpired):
        await redeem_magic_link(deps, a_visitor(), token_of(link.url))
    assert (await Contact.get()).access_granted_at == clock.now()


async def test_on_twice_is_on(deps: Dependencies) -> None:
    """Nothing is written or told the second time."""
    owner = await given_owner(deps)
    contact = await given_contact(deps)
    before, told = await every_row(), heard(deps, ContactsChanged)
    await give_access(deps, owner, contact.id)
    assert await every_row() == before
    assert told == []


async def test_a_contact_that_is_not_there(deps: Dependencies) -> None:
    """A page that was open while a colleague deleted the contact."""
    owner = await given_owner(deps)
    for deed in (give_access, revoke_access, delete_contact, read_contact):
        with pytest.raises(ContactNotFound) as refused:
            await deed(deps, owner, 4711)
        assert refused.value == ContactNotFound(4711)
    assert await look_before_revoking(deps, owner, 4711) == Revoked(0, 0, 0)


async def test_deleting_revokes_first_and_the_audit_log_survives(deps: Dependencies) -> None:
    """R13, R59: numbers, events and the names it had; the login and others are left alone."""
    owner = await given_owner(deps)
    client = await given_joined_client(deps, owner)
    await make_magic_link(deps, owner, client.contact_id)
    told = heard(deps, ClientSessionsEnded, ContactsChanged)
    before = await AuditEvent.filter(contact_id=client.contact_id).count()
    assert await delete_contact(deps, owner, client.contact_id) == Revoked(1, 1, 0)
    assert await Contact.all().count() == await Invitation.all().count() == await ClientSession.all().count() == 0
    rows = await AuditEvent.filter(contact_id=client.contact_id).order_by('id')
    assert len(rows) == before + 2
    assert [row.kind for row in rows][-2:] == [AuditKind.ACCESS_REVOKED, AuditKind.CONTACT_DELETED]
    assert {row.contact_name for row in rows} == {'Clara Weiss'}
    assert rows[-1].detail == {'email': CLARA}
    assert ClientSessionsEnded((client.actor.session_id,), 'revoked') in told
    assert told[-1] == ContactsChanged((client.contact_id,))


async def test_a_changed_address_ends_the_sessions(deps: Dependencies) -> None:
    """R9, R37: whoever signed in by the old address is out; the contact has to join anew."""
    owner = await given_owner(deps)
    client = await given_joined_client(deps, owner)
    told = heard(deps, ClientSessionsEnded)
    details = ContactDetails(Kind.PERSON, 'Clara Weiss', 'clara@neu.example')
    moved = await edit_contact(deps, owner, client.contact_id, details)
    assert moved
    assert (moved.closed.sessions, moved.invited_again) == (1, False)
    assert await current_client(deps, client.raw) is None
    assert told == [ClientSessionsEnded((client.actor.session_id,), 'revoked')]
    view = await read_contact(deps, owner, client.contact_id)
    assert (view.status, view.login_email, view.last_sign_in_at) == ('not_invited', 'clara@neu.example', None)
    (row,) = await audit_rows(AuditKind.ADDRESS_CHANGED)
    assert row.detail == {'before': CLARA, 'after': 'clara@neu.example'}


# One login on three contacts.


async def three_inside(deps: Dependencies):  # type: ignore[no-untyped-def]
    owner = await given_owner(deps)
    contacts = await given_one_login_on_three(deps)
    client = await come_in(deps, owner, contacts[0].id)
    return owner, [contact.id for contact in contacts], client


async def test_all_three_join_at_once(deps: Dependencies, clock: FixedClock) -> None:
    """Every one of them counts as joined and shows its status, in the report too."""
    owner, ids, client = await three_inside(deps)
    for contact_id in ids:
        view = await read_contact(deps, owner, contact_id)
        assert (view.status, view.joined_at, view.login_email) == ('joined', clock.now(), 'ines@holm.example')
        assert view.last_sign_in_at == clock.now()
        assert [(one.id, one.status) for one in view.shared_with] == [
            (one, 'joined') for one in sorted(set(ids) - {contact_id}, key=[ids[1], ids[2], ids[0]].index)
        ]
    joined = await audit_rows(AuditKind.JOINED)
    assert sorted(row.contact_id or 0 for row in joined) == sorted(ids)
    (entered,) = await audit_rows(AuditKind.SIGNED_IN)
    assert (entered.contact_id, entered.login_id) == (None, client.actor.login_id), 'it belongs to all three'
    report = await report_page(deps, owner)
    assert [(row[5], row[7], row[17]) for row in report.rows] == [('ines@holm.example', 'joined', '1')] * 3


async def test_access_is_revoked_per_contact(deps: Dependencies) -> None:
    """The session goes on and picks again; the login ends only when none is left."""
    _, ids, client = await three_inside(deps)
    assert client.actor.contact_id == ids[0]
    told = heard(deps, ClientSessionsMoved, ClientSessionsEnded)
    done = await look_then_do(deps, ids[0])
    assert done == Revoked(0, 0, 0, still_serves=('Holm Bau AG', 'Holm Stiftung'))
    assert told == [ClientSessionsMoved((client.actor.session_id,))]
    still = await current_client(deps, client.raw)
    assert still
    assert still.contact_id is None, 'it has to pick again'
    assert (await look_then_do(deps, ids[1])).still_serves == ('Holm Stiftung',)
    assert await current_client(deps, client.raw) is not None
    assert await look_then_do(deps, ids[2]) == Revoked(1, 0, 0)
    assert told[-1] == ClientSessionsEnded((client.actor.session_id,), 'revoked')
    assert await current_client(deps, client.raw) is None
    assert await ClientSession.all().count() == 0


async def test_of_many_some_are_named(deps: Dependencies) -> None:
    """A login may serve thousands: the first by name, and how many more."""
    _, ids, _ = await three_inside(deps)
    for number in range(4):
        await given_contact(deps, f'Holm {number}', 'ines@holm.example')
    done = await look_then_do(deps, ids[0])
    assert done == Revoked(0, 0, 0, ('Holm 0', 'Holm 1', 'Holm 2'), 3)
    assert did(done) == 'The login is still served by Holm 0, Holm 1, Holm 2 and 3 more.'


async def test_only_the_links_of_the_revoked_contact_die(deps: Dependencies) -> None:
    """R13 per contact: a link made for another contact of the login, or asked for by the client, lives on."""
    owner, ids, _ = await three_inside(deps)
    mine, of_other = await make_magic_link(deps, owner, ids[0]), await make_magic_link(deps, owner, ids[1])
    await ask_for_sign_in(deps, a_visitor(browser='b'), 'ines@holm.example')
    assert await look_then_do(deps, ids[0]) == Revoked(0, 1, 0, ('Holm Bau AG', 'Holm Stiftung'))
    with pytest.raises(LinkExpired):
        await redeem_magic_link(deps, a_visitor(), token_of(mine.url))
    await redeem_magic_link(deps, a_visitor(), token_of(of_other.url))


async def test_a_contact_that_gets_access_later_joins_at_the_next_sign_in(deps: Dependencies) -> None:
    """Joined: the login has signed in at least once since the contact got access."""
    owner, ids, _ = await three_inside(deps)
    fourth = await given_contact(deps, 'Holm Immobilien', 'ines@holm.example', kind=Kind.ORGANISATION)
    assert (await read_contact(deps, owner, fourth.id)).status == 'not_invited'
    await come_in(deps, owner, ids[0])
    assert (await read_contact(deps, owner, fourth.id)).status == 'joined'
    assert len(await audit_rows(AuditKind.JOINED)) == 4


async def test_moving_one_of_three_to_another_address(deps: Dependencies) -> None:
    """R9: that contact leaves the login; the client stays signed in for the other two."""
    owner, ids, client = await three_inside(deps)
    told = heard(deps, ClientSessionsMoved, ClientSessionsEnded)
    details = ContactDetails(Kind.PERSON, 'Ines Holm', 'ines@privat.example')
    moved = await edit_contact(deps, owner, ids[0], details)
    assert moved
    assert moved.closed.still_serves == ('Holm Bau AG', 'Holm Stiftung')
    assert told == [ClientSessionsMoved((client.actor.session_id,))]
    assert await current_client(deps, client.raw) is not None


async def test_inviting_one_contact_of_a_login_that_came_already(deps: Dependencies) -> None:
    """A fourth contact with the address is invited by its own mail, and the other three stay as they are."""
    owner, ids, client = await three_inside(deps)
    fourth = await given_contact(deps, 'Holm Immobilien', 'ines@holm.example', access=False)
    invited = await invite_contact(deps, owner, fourth.id)
    assert (await read_contact(deps, owner, ids[0])).status == 'joined'
    assert await current_client(deps, client.raw) is not None
    await redeem_magic_link(deps, a_visitor(), token_of(invited.link))
    assert (await ClientSession.all().order_by('-id').first()).contact_id == fourth.id  # type: ignore[union-attr]
