"""Finding contacts: filters, orders, pages and totals."""

from domain.contacts.contact_filter import ContactFilter
from domain.contacts.finding import SORTS, count_contacts, find_contacts
from domain.dependencies import Dependencies
from tests.factories import given_contact, given_joined_client, given_owner


async def test_pages_go_on_and_back(deps: Dependencies) -> None:
    """Every contact once, in every order; the way back shows the same pages."""
    owner = await given_owner(deps)
    for number, name in enumerate(('Éva', 'eva b', 'Eva A', 'Zoe', 'adam', 'Ängus', 'Éva')):
        await given_contact(deps, name, f'a{number}@x.example' if number % 2 else '', organisation='X' * (number % 3))
    await given_joined_client(deps, owner)
    for sort in SORTS:
        page = await find_contacts(deps, owner, ContactFilter(), sort=sort, limit=3)
        pages = [page]
        while page.next:
            page = await find_contacts(deps, owner, ContactFilter(), sort=sort, after=page.next, limit=3)
            pages.append(page)
        assert [len(one.rows) for one in pages] == [3, 3, 2], sort
        assert len({row.id for one in pages for row in one.rows}) == 8, sort
        back = [page]
        while page.previous:
            page = await find_contacts(deps, owner, ContactFilter(), sort=sort, before=page.previous, limit=3)
            back.append(page)
        assert {row.id for one in back for row in one.rows} == {row.id for one in pages for row in one.rows}, sort


async def test_totals(deps: Dependencies) -> None:
    """The chips count what fits but for the status."""
    owner = await given_owner(deps)
    await given_contact(deps, 'Ann', 'a@x.example', access=False)
    await given_joined_client(deps, owner)
    totals = await count_contacts(deps, owner, ContactFilter(status='joined'))
    assert totals.total == 1
    assert {status: number for status, number in totals.by_status.items() if number} == {'joined': 1, 'no_access': 1}
