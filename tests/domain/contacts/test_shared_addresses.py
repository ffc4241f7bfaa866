"""Addresses that several contacts share: the list of them, and putting right whom their login belongs with."""

import asyncio

import pytest

from domain.access.belonging import Why
from domain.actors import StaffActor, SystemActor
from domain.audit import AuditKind
from domain.contacts import shared_addresses
from domain.contacts.directory import delete_contact, edit_contact, read_contact
from domain.contacts.new_contact import ContactDetails, Kind, NewContact, insert_contacts
from domain.contacts.shared_addresses import (
    Bearers,
    SharedTotals,
    choose_for_login,
    count_shared,
    let_names_decide,
    list_bearers,
    list_shared,
    take_address_away,
)
from domain.dependencies import Dependencies
from domain.errors import ContactNotFound, NoAccess, NoAddress, SignInNotFresh
from domain.events import ActivityRecorded, ContactsChanged, LoginChanged
from domain.unit_of_work import deed, unit_of_work
from storage.models import Contact, Login
from tests.factories import (
    audit_rows,
    come_in,
    every_row,
    given_contact,
    given_one_login_on_three,
    given_owner,
    heard,
    later,
    mails_to,
    newest_mail,
)
from tests.support.clock import FixedClock

INES = 'ines@holm.example'
HOME = 'home@x.example'


@pytest.fixture
async def owner(deps: Dependencies) -> StaffActor:
    return await given_owner(deps)


@deed
async def given_many(deps: Dependencies, details: list[ContactDetails]) -> list[int]:
    async with unit_of_work(deps) as work:
        return await insert_contacts(work, SystemActor(), [NewContact(one, gets_access=True) for one in details])


async def given_pairs(deps: Dependencies, letters: str) -> None:
    """For each letter an address that two people share, and one that a single person has."""
    people = [
        ContactDetails(Kind.PERSON, f'{name} {one.upper()}', f'{one}@x.example')
        for one in letters
        for name in ('Bob', 'Ann')
    ]
    alone = [ContactDetails(Kind.PERSON, f'Cid {one.upper()}', f'{one}{one}@x.example') for one in letters]
    await given_many(deps, people + alone)


async def emails(deps: Dependencies, owner: StaffActor, **where: str) -> list[str]:
    return [row.email[0] for row in (await list_shared(deps, owner, limit=3, **where)).rows]


async def test_a_row_says_who_and_why(deps: Dependencies, owner: StaffActor) -> None:
    """Only addresses that several bear; with contacts, status, and whom the login belongs with."""
    await given_contact(deps)
    ines, bau, stiftung = await given_one_login_on_three(deps)
    await given_contact(deps, 'Ann', HOME, access=False)
    await given_contact(deps, 'Bob', HOME, access=False)
    home, three = (await list_shared(deps, owner)).rows
    assert (home.email, home.number, home.belongs_with) == (HOME, 2, None)
    assert [(one.name, one.status, one.has_access) for one in home.some] == [
        ('Ann', 'no_access', False),
        ('Bob', 'no_access', False),
    ]
    assert (three.email, three.number) == (INES, 3)
    assert [one.id for one in three.some] == [bau.id, stiftung.id, ines.id]
    assert three.belongs_with
    assert (three.belongs_with.contact_id, three.belongs_with.why) == (ines.id, Why.FIRST_PERSON)
    assert await count_shared(deps, owner) == SharedTotals(2, 5)


async def test_pages_go_on_and_back(deps: Dependencies, owner: StaffActor) -> None:
    """Every address once; the way back shows the same pages; a page that is gone is the last one."""
    await given_pairs(deps, 'abcdefgh')
    pages, after = [], ''
    while True:
        page = await list_shared(deps, owner, limit=3, after=after)
        pages.append(page)
        after = page.next
        if not after:
            break
    assert [[row.email[0] for row in page.rows] for page in pages] == [list('abc'), list('def'), list('gh')]
    assert [bool(page.previous) for page in pages] == [False, True, True]
    assert await emails(deps, owner, before=pages[2].previous) == list('def')
    assert await emails(deps, owner, before=pages[1].previous) == list('abc')
    assert await emails(deps, owner, before='b@x.example') == list('abc'), 'less than a page is the first page'
    assert await emails(deps, owner, after='z') == list('fgh'), 'behind the last one is the last page'


@pytest.mark.parametrize('broken', ['\0', '\ud800', 'a' * 300, 'x\ny', "'; DROP TABLE contact; --"])
async def test_a_broken_place_is_the_beginning(deps: Dependencies, owner: StaffActor, broken: str) -> None:
    await given_pairs(deps, 'ab')
    assert await emails(deps, owner, after=broken, search='ann') == list('ab')
    assert await emails(deps, owner, before=broken) == list('ab')


async def test_search_finds_the_address_of_a_contact(deps: Dependencies, owner: StaffActor) -> None:
    """By address, name or organisation; who was found is among those that the row names, however many there are."""
    await given_pairs(deps, 'ab')
    await given_many(deps, [ContactDetails(Kind.PERSON, f'Éva {one:03}', HOME, f'Verein {one}') for one in range(30)])
    assert await emails(deps, owner, search='ann') == list('ab')
    assert await emails(deps, owner, search='B@X') == ['b']
    assert await emails(deps, owner, search='cid') == []
    assert await emails(deps, owner, search='bob ann') == [], 'every word in one contact'
    (row,) = (await list_shared(deps, owner, search='verein eva 029')).rows
    assert (row.number, row.some[0].name, len(row.some)) == (30, 'Éva 029', shared_addresses.NAMED)
    assert await count_shared(deps, owner, 'eva') == SharedTotals(1, 30)
    assert await count_shared(deps, owner, 'nobody') == SharedTotals(0, 0)


async def test_search_by_words_that_are_common(
    deps: Dependencies, owner: StaffActor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other way to the same rows."""
    monkeypatch.setattr('storage.shared_sql.FEW', 0)
    await given_pairs(deps, 'abcd')
    assert await emails(deps, owner, search='ann') == list('abc')
    assert await emails(deps, owner, search='ann', after='c@x.example') == list('d')
    assert await count_shared(deps, owner, 'ann d') == SharedTotals(1, 1)


async def test_an_address_on_500_contacts(deps: Dependencies, owner: StaffActor) -> None:
    """The row names a few; the rest is read page by page, on and back, and searched."""
    ids = await given_many(deps, [ContactDetails(Kind.ORGANISATION, f'Firma {one:03}', HOME) for one in range(500)])
    (row,) = (await list_shared(deps, owner)).rows
    assert (row.number, [one.name for one in row.some]) == (500, [f'Firma {one:03}' for one in range(4)])
    assert row.belongs_with
    assert (row.belongs_with.name, row.belongs_with.why) == ('Firma 000', Why.FIRST_CONTACT)
    await choose_for_login(deps, owner, ids[321])

    def shown(page: Bearers) -> tuple[str, int, bool, bool]:
        return page.rows[0].name[-3:], len(page.rows), page.has_previous, page.has_next

    first = await list_bearers(deps, owner, HOME, limit=10)
    assert first.belongs_with
    assert (first.number, first.found, first.belongs_with.name) == (500, 500, 'Firma 321')
    assert shown(first) == ('000', 10, False, True)
    second = await list_bearers(deps, owner, HOME, after=first.rows[-1], limit=10)
    assert shown(second) == ('010', 10, True, True)
    third = await list_bearers(deps, owner, HOME, after=second.rows[-1], limit=10)
    assert shown(await list_bearers(deps, owner, HOME, before=third.rows[0], limit=10)) == ('010', 10, True, True)
    assert shown(await list_bearers(deps, owner, HOME, before=second.rows[0], limit=10)) == ('000', 10, False, True)
    some = await list_bearers(deps, owner, HOME, search='firma 49', limit=9)
    assert (some.number, some.found) == (500, 10)
    last = await list_bearers(deps, owner, HOME, search='firma 49', after=some.rows[-1], limit=9)
    assert shown(last) == ('499', 1, True, False)
    await delete_contact(deps, owner, last.rows[0].id)
    again = await list_bearers(deps, owner, HOME, search='firma 49', after=some.rows[-1], limit=9)
    assert shown(again) == ('490', 9, False, False), 'the page is gone'
    assert len((await read_contact(deps, owner, ids[0])).shared_with) == 498


# ── Putting it right ─────────────────────────────────────────────────────────


async def test_a_choice_is_written_down_told_and_taken_back(deps: Dependencies, owner: StaffActor) -> None:
    """R59. What changes nothing is not written down again; it stands in the timeline of every contact of the login."""
    ines, bau, stiftung = await given_one_login_on_three(deps)
    told = heard(deps, LoginChanged, ActivityRecorded)
    for chosen in (bau, bau, stiftung):
        found = await choose_for_login(deps, owner, chosen.id)
        assert found
        assert (found.contact_id, found.why) == (chosen.id, Why.CHOSEN)
    for _ in range(2):
        found = await let_names_decide(deps, owner, bau.id)
        assert found
        assert (found.contact_id, found.why) == (ines.id, Why.FIRST_PERSON)
    rows = await audit_rows(AuditKind.LOGIN_BELONGS_WITH)
    assert [(row.contact_name, row.detail['before'], row.detail['chosen']) for row in rows] == [
        ('Holm Bau AG', 'Ines Holm', True),
        ('Holm Stiftung', 'Holm Bau AG', True),
        ('Ines Holm', 'Holm Stiftung', False),
    ]
    assert {(row.login_id, row.contact_id, row.actor_name) for row in rows} == {(bau.login_id, None, owner.name)}
    assert told.count(LoginChanged(bau.login_id or 0)) == 3


async def test_only_who_may_enter_can_be_chosen(deps: Dependencies, owner: StaffActor) -> None:
    """A contact without access, without an address, or that is gone; nothing is written."""
    await given_one_login_on_three(deps)
    out = await given_contact(deps, 'Otto', INES, access=False)
    none = await given_contact(deps, 'Nora', '')
    before = await every_row()
    for contact_id, refusal in ((out.id, NoAccess), (none.id, NoAddress), (404, ContactNotFound)):
        with pytest.raises(refusal):
            await choose_for_login(deps, owner, contact_id)
    assert await every_row() == before


async def test_choosing_who_is_being_deleted(deps: Dependencies, owner: StaffActor) -> None:
    """Whichever comes first, nobody who is gone stays chosen."""
    for _ in range(5):
        _, bau, _ = await given_one_login_on_three(deps)
        await asyncio.gather(
            choose_for_login(deps, owner, bau.id), delete_contact(deps, owner, bau.id), return_exceptions=True
        )
        assert not await Contact.exists(id=bau.id)
        assert await Login.filter(belongs_with_id__isnull=False).count() == 0


async def test_an_address_is_taken_away(deps: Dependencies, owner: StaffActor) -> None:
    """With all that a change of address does; the others keep it, and words and access stay."""
    _, bau, stiftung = await given_one_login_on_three(deps)
    told = heard(deps, ContactsChanged)
    moved = await take_address_away(deps, owner, bau.id, INES)
    assert moved
    assert moved.closed.still_serves == ('Holm Stiftung', 'Ines Holm')
    bau = await Contact.get(id=bau.id)
    assert (bau.email, bau.login_id, bau.name, bau.kind, bau.portal_access) == (
        None, None, 'Holm Bau AG', 'organisation', True,
    )  # fmt: skip
    assert INES not in bau.search_text
    (row,) = await audit_rows(AuditKind.ADDRESS_CHANGED)
    assert (row.contact_id, row.detail) == (bau.id, {'before': INES, 'after': ''})
    assert told == [ContactsChanged((bau.id,))]
    await take_address_away(deps, owner, stiftung.id, INES)
    assert (await list_shared(deps, owner)).rows == (), 'one bears it'
    assert (await list_bearers(deps, owner, INES)).number == 1


async def test_taking_it_from_who_came_in_needs_a_fresh_sign_in(
    deps: Dependencies, owner: StaffActor, clock: FixedClock
) -> None:
    """R38: as for every other address of a contact that somebody entered; and the old address is told."""
    ines, *_ = await given_one_login_on_three(deps)
    await come_in(deps, owner, ines.id)
    later(clock, minutes=15)
    with pytest.raises(SignInNotFresh):
        await take_address_away(deps, owner, ines.id, INES)
    later(clock, minutes=-15)
    assert await take_address_away(deps, owner, ines.id, INES)
    mail = await newest_mail(deps, INES)
    assert mail.row.subject.startswith('This address no longer opens the client portal')


async def test_an_address_that_has_changed_meanwhile_stays(deps: Dependencies, owner: StaffActor) -> None:
    """What staff saw is gone by the time they click."""
    _, bau, _ = await given_one_login_on_three(deps)
    await edit_contact(deps, owner, bau.id, ContactDetails(Kind.ORGANISATION, bau.name, HOME))
    before = await every_row()
    assert await take_address_away(deps, owner, bau.id, INES) is None
    assert await every_row() == before
    assert await mails_to(deps, HOME) == []
    with pytest.raises(ContactNotFound):
        await take_address_away(deps, owner, 404, INES)
