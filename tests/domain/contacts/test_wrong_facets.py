"""A row that its index says something wrong of: it may be missed itself, but it stands in the way of no other."""

from unittest.mock import patch

import pytest

from domain.actors import StaffActor
from domain.contacts.contact_filter import ContactFilter
from domain.contacts.finding import SORTS, ContactPage, find_contacts
from domain.contacts.new_contact import Kind
from domain.dependencies import Dependencies
from storage import contact_means
from storage.models import Contact
from storage.sql import change, fetch, is_sqlite
from tests.factories import given_contact, given_owner

LIMIT = 3


async def given_wrong_facets(ids: list[int], like: int) -> None:
    """Those of another contact, written past the triggers."""
    if not is_sqlite():
        await change('ALTER TABLE contact DISABLE TRIGGER USER')
    (row,) = await fetch('SELECT facets FROM contact WHERE id = $1', like)
    for one in ids:
        await change('UPDATE contact SET facets = $1 WHERE id = $2', row['facets'], one)
    if not is_sqlite():
        await change('ALTER TABLE contact ENABLE TRIGGER USER')


@pytest.mark.parametrize('wrong', [[4], [0, 1, 2, 3], [3, 4, 5, 6, 7, 8], [10, 11]])
@pytest.mark.parametrize('few', [0, 3_000])
async def test_what_is_behind_such_a_row_is_shown(deps: Dependencies, wrong: list[int], few: int) -> None:
    """Persons whose facets say that they are organisations: not among these, and no page of these ends at them.

    However the list is sorted, and whether it is walked along or gathered; some of its keys are there, some are not.
    """
    owner = await given_owner(deps)
    made = [await _given_organisation(deps, number) for number in range(12)]
    persons = [made[number] for number in wrong]
    left = {one for one in made if one not in persons}
    await Contact.filter(id__in=persons).update(kind='person')
    await given_wrong_facets(persons, like=min(left))
    with patch.object(contact_means, 'FEW', few):
        for sort in SORTS:
            there = await _read_through(deps, owner, sort, 'next', 'after')
            back = await _read_through(deps, owner, sort, 'previous', 'before', there[-1])
            assert [row.id for page in reversed(back) for row in page.rows] == [
                row.id for page in there for row in page.rows
            ], sort
            assert sorted(row.id for page in there for row in page.rows) == sorted(left), sort
            assert all(len(page.rows) == LIMIT for page in there[:-1]), sort


async def _given_organisation(deps: Dependencies, number: int) -> int:
    address, over = (f'a{number}@x.example', f'Group {number % 5}') if number % 2 else ('', '')
    made = await given_contact(deps, f'Firm {number:02}', address, kind=Kind.ORGANISATION, organisation=over)
    return made.id


async def _read_through(
    deps: Dependencies, owner: StaffActor, sort: str, leads: str, there: str, last: ContactPage | None = None
) -> list[ContactPage]:
    """The pages of all organisations, from the first one on or from the last one back."""
    pages = [last or await _read(deps, owner, sort)]
    while place := getattr(pages[-1], leads):
        pages.append(await _read(deps, owner, sort, **{there: place}))
        assert len(pages) <= 12, 'goes round in circles'
    return pages


async def _read(deps: Dependencies, owner: StaffActor, sort: str, **where: str) -> ContactPage:
    return await find_contacts(deps, owner, ContactFilter(kind='organisation'), sort=sort, limit=LIMIT, **where)  # type: ignore[arg-type]
