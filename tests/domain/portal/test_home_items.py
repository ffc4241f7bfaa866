"""What clients come in for: whom it is for, in which order, and how often it was opened."""

import asyncio

import pytest

from domain.actors import Role
from domain.audit import AuditKind
from domain.brand_errors import WebAddressInvalid
from domain.contacts.client_home import read_home
from domain.contacts.directory import delete_contact
from domain.contacts.new_contact import Kind
from domain.contacts.portal_view import read_portal_view
from domain.dependencies import Dependencies
from domain.errors import TextInvalid
from domain.events import HomeChanged, LinksOpened
from domain.home_errors import (
    AudienceEmpty,
    AudienceTooLarge,
    HomeIsFull,
    HomeItemNotFound,
    IconUnknown,
    OrganisationUnknown,
)
from domain.portal import announcements, home_items, links
from domain.portal.announcements import Announcement, save_announcement
from domain.portal.audience import MOST_CHOSEN, AudienceKind
from domain.portal.home_items import list_chosen, list_destinations, list_items, move_item, remove_item
from domain.portal.links import Link, look_at_link, open_link, save_link
from storage.models import HomeItem, HomeItemContact
from tests.domain.portal.home import (
    INVOICES,
    for_contacts,
    for_organisation,
    given_announcement,
    given_link,
    titles_of,
)
from tests.factories import (
    audit_rows,
    come_in,
    given_contact,
    given_joined_client,
    given_one_login_on_three,
    given_owner,
    given_staff,
    heard,
)
from tests.support.databases import postgres_only


async def test_what_is_for_all_is_on_every_home(deps: Dependencies) -> None:
    """Every role writes it; the home shows announcements first, with what a link's own door alone tells left out."""
    staff = await given_staff(deps, Role.STAFF)
    client = await given_joined_client(deps, staff)
    assert (await read_home(deps, client.actor)).items == ()
    link_id = await save_link(deps, staff, INVOICES)
    await given_announcement(deps, staff, 'We have moved', 'To **Main Street**.')
    first, second = (await read_home(deps, client.actor)).items
    assert (first.kind, first.title, first.text) == ('announcement', 'We have moved', 'To **Main Street**.')
    assert (second.id, second.kind, second.title, second.icon) == (link_id, 'link', 'Invoices', 'receipt-text')
    assert 'books.example' not in repr(second)


async def test_what_is_for_an_organisation_is_for_who_belongs_to_it_or_is_it(deps: Dependencies) -> None:
    """However it is written, and for nobody else."""
    owner = await given_owner(deps)
    belongs = await come_in(deps, owner, (await given_contact(deps, organisation='Holm Bau AG')).id)
    itself = await given_contact(deps, 'Holm Bau AG', 'bau@holm.example', kind=Kind.ORGANISATION)
    person = await given_contact(deps, 'Holm Bau AG', 'holm@bau.example')
    await given_link(deps, owner, audience=for_organisation('holm BAU ag'))
    assert await titles_of(deps, belongs) == ['Invoices']
    assert await titles_of(deps, await come_in(deps, owner, itself.id)) == ['Invoices']
    assert await titles_of(deps, await come_in(deps, owner, person.id)) == []


async def test_an_organisation_without_a_name_is_none(deps: Dependencies) -> None:
    """R57: what a name of accents alone comes down to is what all have who belong to no organisation."""
    owner = await given_owner(deps)
    client = await given_joined_client(deps, owner)
    for name in ('\u0301', '\u0301\u0308'):
        with pytest.raises(OrganisationUnknown):
            await given_link(deps, owner, audience=for_organisation(name))
    assert await titles_of(deps, client) == []


async def test_what_is_for_chosen_contacts_is_for_them_alone(deps: Dependencies) -> None:
    """Also where one login serves two: each contact has a home of its own."""
    owner = await given_owner(deps)
    ines, bau, _ = await given_one_login_on_three(deps)
    await given_link(deps, owner, 'For Ines', audience=for_contacts(ines.id))
    await given_link(deps, owner, 'For Bau', audience=for_contacts(bau.id))
    assert await titles_of(deps, await come_in(deps, owner, ines.id)) == ['For Ines']
    assert await titles_of(deps, await come_in(deps, owner, bau.id)) == ['For Bau']


async def test_staff_see_the_same_in_the_portal_view(deps: Dependencies) -> None:
    owner = await given_owner(deps)
    contact = await given_contact(deps)
    await given_link(deps, owner, audience=for_contacts(contact.id))
    await given_link(
        deps, owner, 'For others', audience=for_contacts((await given_contact(deps, 'B', 'b@x.example')).id)
    )
    view = await read_portal_view(deps, owner, contact.id)
    assert view.home
    assert [one.title for one in view.home.items] == ['Invoices']


async def test_whom_it_is_for_can_be_changed(deps: Dependencies) -> None:
    """Whoever was chosen before and is not any more no longer sees it, and both hear of it."""
    owner = await given_owner(deps)
    clara = await given_joined_client(deps, owner)
    bert = await given_joined_client(deps, owner, 'Bert Boll', 'bert@boll.example')
    item_id = await given_link(deps, owner, audience=for_contacts(clara.contact_id))
    told = heard(deps, HomeChanged)
    await save_link(
        deps, owner, Link('Papers', 'https://docs.example', audience=for_contacts(bert.contact_id)), item_id
    )
    assert (await titles_of(deps, clara), await titles_of(deps, bert)) == ([], ['Papers'])
    assert told == [HomeChanged(False, (), (clara.contact_id, bert.contact_id))]
    assert [one.name for one in await list_chosen(deps, owner, item_id)] == ['Bert Boll']
    await save_link(deps, owner, Link('Papers', 'https://docs.example'), item_id)
    assert await HomeItemContact.all().count() == 0
    assert told[1:] == [HomeChanged(True, (), (bert.contact_id,))]


async def test_a_deleted_contact_is_chosen_no_longer(deps: Dependencies) -> None:
    owner = await given_owner(deps)
    contact = await given_contact(deps)
    await given_link(deps, owner, audience=for_contacts(contact.id))
    await delete_contact(deps, owner, contact.id)
    (view,) = await list_items(deps, owner)
    assert (view.audience, view.chosen) == (AudienceKind.CONTACTS, 0)


async def test_a_click_is_counted_once_and_a_look_is_not(deps: Dependencies) -> None:
    """And staff hear of it."""
    owner = await given_owner(deps)
    client = await given_joined_client(deps, owner)
    item_id = await save_link(deps, owner, INVOICES)
    told = heard(deps, LinksOpened)
    assert await look_at_link(deps, client.actor, item_id) == 'https://books.example/firm'
    assert (await HomeItem.get(id=item_id)).opened == 0
    for clicks in (1, 2):
        assert await open_link(deps, client.actor, item_id) == 'https://books.example/firm'
        assert (await HomeItem.get(id=item_id)).opened == clicks
    assert told == [LinksOpened((item_id,))] * 2


async def test_nobody_opens_what_is_not_theirs(deps: Dependencies) -> None:
    """R57: a link for another contact, an announcement and what never was are all the same unknown; nothing counts."""
    owner = await given_owner(deps)
    client = await given_joined_client(deps, owner)
    other = await given_contact(deps, 'Bert Boll', 'bert@boll.example', organisation='Boll & Co')
    not_theirs = [
        await given_link(deps, owner, audience=for_contacts(other.id)),
        await given_link(deps, owner, audience=for_organisation('Boll & Co')),
        await given_announcement(deps, owner),
        4711,
    ]
    for item_id in not_theirs:
        with pytest.raises(HomeItemNotFound):
            await open_link(deps, client.actor, item_id)
    assert await HomeItem.filter(opened__gt=0).count() == 0


async def test_a_new_announcement_stands_first_and_a_new_link_last(deps: Dependencies) -> None:
    owner = await given_owner(deps)
    client = await given_joined_client(deps, owner)
    for title in ('A', 'B'):
        await given_announcement(deps, owner, f'News {title}')
        await given_link(deps, owner, f'Link {title}')
    assert await titles_of(deps, client) == ['News B', 'News A', 'Link A', 'Link B']


async def test_staff_put_them_in_order(deps: Dependencies) -> None:
    """Within their kind; a place beyond the end is the last; what did not move tells nobody."""
    owner = await given_owner(deps)
    client = await given_joined_client(deps, owner)
    a, b, c = [await given_link(deps, owner, title) for title in 'ABC']
    await given_announcement(deps, owner, 'News')
    told = heard(deps, HomeChanged)
    assert await move_item(deps, owner, c, 0) == 0
    assert await titles_of(deps, client) == ['News', 'C', 'A', 'B']
    assert await move_item(deps, owner, c, 99) == 2
    assert await titles_of(deps, client) == ['News', 'A', 'B', 'C']
    assert await move_item(deps, owner, b, 1) == 1
    assert told == [HomeChanged(for_all=True)] * 2
    assert len(await audit_rows(AuditKind.HOME_ORDERED)) == 2
    await remove_item(deps, owner, a)
    assert await titles_of(deps, client) == ['News', 'B', 'C']
    with pytest.raises(HomeItemNotFound):
        await move_item(deps, owner, a, 0)


@postgres_only
async def test_two_who_move_at_once_undo_nothing_of_each_other(deps: Dependencies) -> None:
    """Whoever waits for another's move puts its own on top of it: all that were moved to the front stand there."""
    owner = await given_owner(deps)
    ids = [await given_link(deps, owner, title) for title in 'ABCDEFGH']
    for _ in range(5):
        moved = ids[4:]
        await asyncio.gather(*(move_item(deps, owner, one, 0) for one in moved))
        ids = [one.id for one in await list_items(deps, owner)]
        assert set(ids[:4]) == set(moved)


async def test_what_is_done_is_on_record(deps: Dependencies) -> None:
    owner = await given_owner(deps)
    item_id = await save_link(deps, owner, INVOICES)
    await save_link(deps, owner, INVOICES, item_id)
    await remove_item(deps, owner, item_id)
    for kind in (AuditKind.HOME_ITEM_ADDED, AuditKind.HOME_ITEM_CHANGED, AuditKind.HOME_ITEM_REMOVED):
        (row,) = await audit_rows(kind)
        assert row.detail == {'item': 'link', 'title': 'Invoices'}


@pytest.mark.parametrize(
    'url',
    [
        'http://books.example', 'javascript:alert(1)', 'data:text/html,hi', 'https://user:secret@books.example',
        'https://localhost', 'https://', 'https:books.example', '//books.example', '/staff', 'https://b.example/a b',
        'https://books.example\\@evil.example', 'https://books.example:99999', 'ftp://books.example',
    ],
)  # fmt: skip
async def test_a_link_leads_to_https_alone(deps: Dependencies, url: str) -> None:
    """Whatever else a browser would follow is refused at the field, and nothing is written."""
    owner = await given_owner(deps)
    wanted = Link('Books', url)
    assert isinstance((await links.faults_of(wanted))['url'], WebAddressInvalid)
    with pytest.raises(WebAddressInvalid):
        await save_link(deps, owner, wanted)
    assert await HomeItem.all().count() == 0


async def test_an_address_without_a_scheme_is_meant_as_https(deps: Dependencies) -> None:
    owner = await given_owner(deps)
    item_id = await save_link(deps, owner, Link('Books', ' books.example/a?b=c#d '))
    assert (await HomeItem.get(id=item_id)).url == 'https://books.example/a?b=c#d'


async def test_what_cannot_be_saved_is_told_at_its_field(deps: Dependencies) -> None:
    link = Link('', 'x', 'two\x00', 'skull', for_contacts())
    faults = await links.faults_of(link)
    assert {name: type(error) for name, error in faults.items()} == {
        'title': TextInvalid, 'url': WebAddressInvalid, 'text': TextInvalid, 'icon': IconUnknown,
        'audience': AudienceEmpty,
    }  # fmt: skip
    long = Announcement('x' * 121, 'x' * 4_001, for_organisation('Nobody & Sons'))
    found = await announcements.faults_of(long)
    assert set(found) == {'title', 'text', 'audience'}
    assert isinstance(found['audience'], OrganisationUnknown)
    assert await announcements.faults_of(Announcement('News')) == {}


async def test_there_is_an_end_to_how_much_and_to_how_many(deps: Dependencies, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = await given_owner(deps)
    too_many = for_contacts(*range(1, MOST_CHOSEN + 2))
    with pytest.raises(AudienceTooLarge):
        await save_announcement(deps, owner, Announcement('News', audience=too_many))
    with pytest.raises(AudienceEmpty):
        await save_announcement(deps, owner, Announcement('News', audience=for_contacts(4711)))
    monkeypatch.setattr(home_items, 'MOST', 1)
    await given_link(deps, owner)
    await given_announcement(deps, owner)
    with pytest.raises(HomeIsFull):
        await given_link(deps, owner)


async def test_a_link_is_not_changed_into_an_announcement(deps: Dependencies) -> None:
    owner = await given_owner(deps)
    item_id = await save_link(deps, owner, INVOICES)
    with pytest.raises(HomeItemNotFound):
        await save_announcement(deps, owner, Announcement('News'), item_id)


async def test_a_mail_leads_where_all_of_its_readers_can_see(deps: Dependencies) -> None:
    """What is offered to staff for several contacts is what every one of them sees; for nobody, nothing."""
    owner = await given_owner(deps)
    a = await given_contact(deps, organisation='Weiss AG')
    b = await given_contact(deps, 'Bert Boll', 'bert@boll.example', organisation='Weiss AG')
    stranger = await given_contact(deps, 'Zita Zorn', 'zita@zorn.example')
    await given_link(deps, owner, 'All')
    await given_link(deps, owner, 'Weiss', audience=for_organisation('Weiss AG'))
    await given_link(deps, owner, 'Both', audience=for_contacts(a.id, b.id))
    await given_link(deps, owner, 'A', audience=for_contacts(a.id))

    async def offered(*ids: int) -> list[str]:
        return [one.title for one in await list_destinations(deps, owner, list(ids))]

    assert await offered(a.id) == ['All', 'Weiss', 'Both', 'A']
    assert await offered(a.id, b.id) == ['All', 'Weiss', 'Both']
    assert await offered(a.id, stranger.id) == ['All']
    assert await offered() == []
