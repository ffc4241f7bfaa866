"""A filter of contacts as an address carries it."""

from datetime import UTC, date, datetime

import pytest

from domain.contacts.contact_filter import NAMES, NEVER_SIGNED_IN, ContactFilter
from domain.contacts.selection import Selection
from storage.contact_sql import Chosen, ContactConditions

EVERYTHING = {
    'search': 'ann "&=% é',
    'status': 'invited',
    'access': 'yes',
    'joined': 'no',
    'two_factor': 'no',
    'password': 'yes',
    'mail': 'trouble',
    'kind': 'organisation',
    'organisation': 'Weiß & Söhne',
    'signed_in_after': '2026-01-02',
    'signed_in_before': '2026-03-04',
    'shared': 'yes',
}


def test_an_address_says_all_of_it_and_is_read_back() -> None:
    fits = ContactFilter.from_query(EVERYTHING | {'sort': '-name', 'after': 'x', 'unknown': 'y'})
    assert EVERYTHING.keys() == set(NAMES)
    assert fits.to_query() == EVERYTHING
    assert (fits.signed_in_after, fits.faults, fits.is_empty) == (date(2026, 1, 2), (), False)
    assert ContactFilter.from_query({}).to_query() == {}
    assert ContactFilter().is_empty
    assert {fits: 1}[ContactFilter.from_query(EVERYTHING)] == 1, 'it can be a key'


@pytest.mark.parametrize(
    ('name', 'value'),
    [
        ('status', 'Joined'),
        ('access', '1'),
        ('joined', 'maybe'),
        ('mail', 'lost'),
        ('kind', 'animal'),
        ('shared', 'no way'),
        ('signed_in_after', '2026-02-30'),
        ('signed_in_before', 'yesterday'),
        ('signed_in_before', '0001-01-01'),
        ('signed_in_after', '9999-12-31'),
    ],
)
def test_a_wrong_value_is_left_out_and_named(name: str, value: str) -> None:
    """Whoever must refuse it knows which it was; a list shows what the rest asks for."""
    fits = ContactFilter.from_query({name: value, 'search': 'ann'})
    assert (fits, fits.faults) == (ContactFilter(search='ann'), (name,))


def test_long_and_unprintable_text() -> None:
    fits = ContactFilter.from_query({'search': ' \x00' + 'x' * 500 + '\ud800', 'organisation': '\n'})
    assert (fits.search, fits.organisation) == ('x' * 198, '') or set(fits.search) == {'x'}
    assert len(fits.search) <= 200


def test_what_storage_is_asked_for() -> None:
    fits = ContactFilter(search='Tomás X li', mail='trouble', organisation='WEISS ÄG', signed_in_after=date(2026, 1, 2))
    assert fits.conditions() == ContactConditions(
        words=('tomas', '  x', '  li'),
        mail=('refused', 'failed'),
        organisation='weiss ag',
        signed_in_from=datetime(2026, 1, 2, tzinfo=UTC),
    )
    assert NEVER_SIGNED_IN.conditions() == ContactConditions(access=True, joined=False)


@pytest.mark.parametrize(
    'selection',
    [
        Selection(ids=(3, 1, 2)),
        Selection(fits=ContactFilter()),
        Selection(fits=ContactFilter.from_query(EVERYTHING), but=(7, 8)),
        Selection(),
    ],
)
def test_a_selection_is_kept_and_read_back(selection: Selection) -> None:
    assert Selection.from_json(selection.to_json()) == selection


def test_who_is_selected() -> None:
    assert Selection(ids=(3,)).chosen() == Chosen(ids=(3,))
    assert Selection(fits=ContactFilter(kind='person'), but=(4,)).chosen() == Chosen(
        fits=ContactConditions(kind='person'), but=(4,)
    )
    assert not Selection(), 'nobody'
    assert Selection(fits=ContactFilter()), 'perhaps somebody'
    assert Selection().chosen() == Chosen(ids=()), 'nobody ticked is nobody, never everybody'


@pytest.mark.parametrize(
    'kept',
    [
        {},
        {'fits': {'status': 'nonsense'}, 'but': []},
        {'fits': {'statuses': 'joined'}, 'but': []},
        {'fits': {'search': 'x' * 201}, 'but': []},
        {'fits': {'kind': 'person'}},
        {'ids': ['x']},
    ],
)
def test_what_cannot_be_read_never_means_everybody(kept: dict[str, object]) -> None:
    """A row of a job that was damaged, or written by another version."""
    with pytest.raises((KeyError, ValueError)):
        Selection.from_json(kept)
