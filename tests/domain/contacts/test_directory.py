"""The directory: what people type into it."""

from dataclasses import replace

import pytest

from domain.audit import AuditKind
from domain.contacts.contact_filter import ContactFilter
from domain.contacts.directory import create_contact, edit_contact, read_contact
from domain.contacts.finding import find_contacts
from domain.contacts.invitations import invite_contact
from domain.contacts.new_contact import ContactDetails, Kind
from domain.contacts.picking import contact_named, contacts_with_address
from domain.dependencies import Dependencies
from domain.errors import AddressFault, AddressInvalid, ContactNotFound, DomainError, TextFault, TextInvalid
from domain.events import ContactsChanged
from domain.portal.portal_settings import Portal, change_portal
from storage.models import Contact, OutboxMail
from tests.factories import (
    audit_rows,
    every_row,
    given_contact,
    given_joined_client,
    given_owner,
    given_staff,
    heard,
    later,
    newest_mail,
)
from tests.support.clock import FixedClock

# What people type.

KEPT = [
    '<img src=x onerror=alert(1)>',
    '=HYPERLINK("http://evil.example","Click")',
    '+49 30 1234',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    '🎉 Émilie 👩‍👩‍👧‍👦',
    'שלום עולם',
    '\u202eexe.tobor',
    '{{ firm.name }} {% if 1 %}',
    "Robert'); DROP TABLE contact;--",
    '山田 太郎',
    'O’Brien & Söhne "GmbH"',
    'ﬁnal ① ㎏',
    'x' * 200,
]  # fmt: skip


async def test_a_name_is_kept_as_it_was_typed(deps: Dependencies) -> None:
    """R51: harmless and nothing lost; found again by itself, and in every list as it is."""
    owner = await given_owner(deps)
    for number, name in enumerate(KEPT):
        details = ContactDetails(Kind.ORGANISATION, name, f'c{number}@x.example', organisation=name)
        contact_id = await create_contact(deps, owner, details, give_access=True)
        view = await read_contact(deps, owner, contact_id)
        assert (view.name, view.organisation, view.kind) == (name, name, 'organisation')
        assert contact_id in [row.id for row in (await find_contacts(deps, owner, ContactFilter(search=name))).rows]
        assert (await contact_named(deps, owner, name)).name == name  # type: ignore[union-attr]
        await invite_contact(deps, owner, contact_id)
        mail = await newest_mail(deps, f'c{number}@x.example')
        assert '<img' not in mail.html
        assert '\n' not in mail.row.subject


CLEANED = [
    ('  Clara   Weiss ', 'Clara Weiss'),
    ('Clara\u00a0Weiss', 'Clara Weiss'),
    ('Clara\u2003\u2028Weiss', 'Clara Weiss'),
    ('E\u0301va', 'Éva'),
]
WRONG_NAMES = [
    ('', TextFault.EMPTY, 0),
    (' \u00a0 ', TextFault.EMPTY, 0),
    ('x' * 201, TextFault.TOO_LONG, 200),
    ('🎉' * 201, TextFault.TOO_LONG, 200),
    ('Cla\x00ra', TextFault.CONTROL_CHARACTER, 0),
    ('Clara\r\nBcc: all@x.example', TextFault.CONTROL_CHARACTER, 0),
    ('Clara\tWeiss', TextFault.CONTROL_CHARACTER, 0),
    ('Cla\x1b[31mra', TextFault.CONTROL_CHARACTER, 0),
    ('Cla\x85ra', TextFault.CONTROL_CHARACTER, 0),
    ('Cla\ud800ra', TextFault.CONTROL_CHARACTER, 0),
]
WRONG_ADDRESSES = [
    ('a@x.example, b@x.example', AddressFault.SEVERAL),
    ('a@x.example;b@x.example', AddressFault.SEVERAL),
    ('Clara <a@x.example>', AddressFault.DISPLAY_NAME),
    ('a@x.example\r\nBcc: b@x.example', AddressFault.CONTROL_CHARACTER),
    ('a\x00@x.example', AddressFault.CONTROL_CHARACTER),
    ('a\ud800@x.example', AddressFault.CONTROL_CHARACTER),
    (f'{"a" * 300}@x.example', AddressFault.TOO_LONG),
    ('no address', AddressFault.NO_AT),
    ('a@раypal.example', AddressFault.MIXED_ALPHABETS),
]


async def attempts(deps: Dependencies, details: ContactDetails, contact_id: int) -> list[DomainError]:
    """What creating and editing say to these details."""
    owner, errors = await given_owner(deps), []
    for attempt in (create_contact(deps, owner, details), edit_contact(deps, owner, contact_id, details)):
        with pytest.raises(DomainError) as refused:
            await attempt
        errors.append(refused.value)
    return errors


async def test_what_cannot_be_a_name(deps: Dependencies) -> None:
    """A clear error at its field, when creating as when editing, and nothing is written."""
    contact = await given_contact(deps)
    before = (await every_row())['contact']
    for text, fault, limit in WRONG_NAMES:
        expected = TextInvalid('name', fault, limit)
        assert await attempts(deps, ContactDetails(Kind.PERSON, text), contact.id) == [expected] * 2, text
        if fault is not TextFault.EMPTY:
            wrong = ContactDetails(Kind.PERSON, 'Fine', organisation=text)
            assert await attempts(deps, wrong, contact.id) == [replace(expected, field='organisation')] * 2, text
    for text, why in WRONG_ADDRESSES:
        wrong = ContactDetails(Kind.PERSON, 'Fine', text)
        assert await attempts(deps, wrong, contact.id) == [AddressInvalid(why)] * 2, text
    assert (await every_row())['contact'] == before


async def test_blanks_are_tidied_and_accents_composed(deps: Dependencies) -> None:
    """What looks the same is the same."""
    owner = await given_owner(deps)
    for typed, kept in CLEANED:
        contact_id = await create_contact(deps, owner, ContactDetails(Kind.PERSON, typed))
        assert (await read_contact(deps, owner, contact_id)).name == kept


async def test_a_long_name_sorts_and_searches(deps: Dependencies) -> None:
    """Letters that grow when they are folded do not break the columns."""
    owner = await given_owner(deps)
    contact_id = await create_contact(deps, owner, ContactDetails(Kind.PERSON, 'ﷺ' * 200, organisation='ß' * 200))
    assert (await read_contact(deps, owner, contact_id)).name == 'ﷺ' * 200


# Creating and editing.


@pytest.mark.parametrize('by_default', [True, False])
async def test_whether_a_new_contact_may_come_in(deps: Dependencies, by_default: bool) -> None:
    """A setting gives new contacts access by default; nobody is mailed."""
    owner = await given_owner(deps)
    await change_portal(deps, owner, Portal('Holm', by_default, 15, 7))
    told = heard(deps, ContactsChanged)
    login_id = (await given_contact(deps, 'Ben', 'c@x.example')).login_id
    assert login_id
    for asked, expected in ((True, True), (False, False), (None, by_default)):
        details = ContactDetails(Kind.PERSON, 'Clara', 'c@x.example')
        contact_id = await create_contact(deps, owner, details, give_access=asked)
        assert (await read_contact(deps, owner, contact_id)).status == ('not_invited' if expected else 'no_access')
        assert told[-1] == ContactsChanged((contact_id,), (login_id,))
        rows = await audit_rows(AuditKind.CONTACT_CREATED, AuditKind.ACCESS_GRANTED)
        kinds = [row.kind for row in rows if row.contact_id == contact_id]
        assert kinds == [AuditKind.CONTACT_CREATED] + [AuditKind.ACCESS_GRANTED] * expected
    assert await OutboxMail.all().count() == 0


async def test_another_address_is_told_to_the_login_it_belongs_to(deps: Dependencies) -> None:
    """The open pages of the client that serves one contact more must hear of it; for a new name nobody moves."""
    staff = await given_staff(deps)
    client = await given_joined_client(deps, staff)
    ben = await given_contact(deps, 'Ben', 'ben@x.example')
    told = heard(deps, ContactsChanged)
    await edit_contact(deps, staff, ben.id, ContactDetails(Kind.PERSON, 'Ben', 'clara@weiss.example'))
    await edit_contact(deps, staff, ben.id, ContactDetails(Kind.PERSON, 'Benno', 'clara@weiss.example'))
    await edit_contact(deps, staff, ben.id, ContactDetails(Kind.PERSON, 'Benno', ''))
    assert told == [
        ContactsChanged((ben.id,), (client.actor.login_id,)),
        ContactsChanged((ben.id,)),
        ContactsChanged((ben.id,)),
    ]


async def test_whoever_bears_an_address_is_found_however_many_resemble_it(deps: Dependencies) -> None:
    """30 longer addresses hold this one; it is found all the same, and they are not."""
    staff = await given_staff(deps)
    for number in range(30):
        await given_contact(deps, f'A{number}', f'x{number}.z@x.example')
    bearers = [(await given_contact(deps, name, 'z@x.example')).id for name in ('Zoe', 'Zoe GmbH')]
    found = await contacts_with_address(deps, staff, 'z@x.example')
    assert [one.id for one in found] == bearers
    assert await contacts_with_address(deps, staff, 'x.example') == []


async def test_editing_keeps_what_it_does_not_touch(deps: Dependencies, clock: FixedClock) -> None:
    """A new name is no new address: sessions, status and mail state stay."""
    staff = await given_staff(deps)
    client = await given_joined_client(deps, staff)
    before = await read_contact(deps, staff, client.contact_id)
    later(clock, minutes=5)
    told = heard(deps, ContactsChanged)
    details = ContactDetails(Kind.PERSON, 'Clara Weiß', ' CLARA@weiss.example ', 'Weiß KG')
    assert await edit_contact(deps, staff, client.contact_id, details) is None
    after = await read_contact(deps, staff, client.contact_id)
    assert after == replace(before, name='Clara Weiß', organisation='Weiß KG')
    assert told == [ContactsChanged((client.contact_id,))]
    assert [row.name for row in (await find_contacts(deps, staff, ContactFilter(search='weiss kg'))).rows] == [
        'Clara Weiß'
    ]
    assert (await Contact.get()).updated_at == clock.now()
    (row,) = await audit_rows(AuditKind.CONTACT_EDITED)
    assert (row.contact_id, row.contact_name, row.actor_id) == (client.contact_id, 'Clara Weiß', staff.staff_id)


async def test_an_address_comes_later(deps: Dependencies) -> None:
    """A contact without an address gets one, and can be invited then."""
    owner = await given_owner(deps)
    contact = await given_contact(deps, 'Clara', '')
    moved = await edit_contact(deps, owner, contact.id, ContactDetails(Kind.PERSON, 'Clara', 'c@x.example'))
    assert moved
    assert not moved.invited_again
    assert (await invite_contact(deps, owner, contact.id)).email == 'c@x.example'


async def test_editing_what_is_gone(deps: Dependencies) -> None:
    """A page that was open while a colleague deleted the contact."""
    with pytest.raises(ContactNotFound):
        await edit_contact(deps, await given_owner(deps), 4711, ContactDetails(Kind.PERSON, 'Clara'))
