"""The list of contacts without a browser: what its address says, what can be ticked, what it tells in numbers."""

from datetime import date

import pytest

from domain.actors import Role, StaffActor
from domain.contacts.contact_filter import NAMES, NEVER_SIGNED_IN, ContactFilter
from domain.contacts.finding import SORTS, Totals
from domain.contacts.selection import MOST_TICKED, Selection
from ui.components.filter_bar import Field
from ui.components.menu_button import Item
from ui.staff.access_report import count_words
from ui.staff.contact_filters import FIELDS, in_force, with_value, without_filters
from ui.staff.contact_list_bulk import offered
from ui.staff.contact_list_counts import Known
from ui.staff.contact_list_rows import columns, orders, other_way
from ui.staff.contact_list_ticks import Ticks
from ui.staff.contact_list_view import ListView
from ui.staff.contact_list_words import place_words, total_words

EVERYTHING = {
    'search': 'weiß', 'status': 'invited', 'access': 'yes', 'joined': 'no', 'two_factor': 'no', 'password': 'yes',
    'mail': 'trouble', 'kind': 'person', 'organisation': 'Weiß & Söhne', 'signed_in_after': '2026-01-31',
    'signed_in_before': '2026-03-01', 'shared': 'yes',
}  # fmt: skip


# ── The address ──────────────────────────────────────────────────────────────


def test_an_address_says_everything_and_comes_back_the_same() -> None:
    query = EVERYTHING | {'sort': '-last_sign_in', 'after': 'somewhere'}
    assert set(EVERYTHING) == set(NAMES), 'a filter that no address carries'
    assert ListView.of(query).query() == query
    assert ListView.of({}).query() == {}


@pytest.mark.parametrize(
    'wrong',
    [{'sort': 'password_hash'}, {'sort': '--name'}, {'status': 'x'}, {'signed_in_after': '2026-02-30'}, {'page': '3'}],
)
def test_what_makes_no_sense_is_left_out(wrong: dict[str, str]) -> None:
    assert ListView.of(wrong).query() == {}


def test_one_place_at_a_time() -> None:
    """A place belongs to one list in one order: another list, or another order, begins at its start."""
    view = ListView.of({'after': 'a', 'before': 'b', 'status': 'joined'})
    assert (view.after, view.before) == ('a', '')
    assert view.fitting(ContactFilter(search='x')).query() == {'search': 'x'}
    assert view.sorted_by('-created').query() == {'status': 'joined', 'sort': '-created'}
    assert view.at('', 'b').query() == {'status': 'joined', 'before': 'b'}


# ── Filters ──────────────────────────────────────────────────────────────────


def test_every_filter_can_be_set_and_is_told_while_it_is_in_force() -> None:
    assert {one.key for one in FIELDS} | {'organisation', 'search', 'status'} == set(NAMES)
    told = dict(in_force(ContactFilter.from_query(EVERYTHING)))
    assert set(told) == set(NAMES) - {'search', 'status', 'access', 'joined'} | {'never'}
    assert told['organisation'] == 'Organisation: Weiß & Söhne'
    assert told['signed_in_after'] == 'Last sign-in from 31 Jan 2026'
    assert told['mail'] == 'Newest mail: trouble'
    assert in_force(ContactFilter(search='weiss', status='joined')) == []


@pytest.mark.parametrize('field', [one for one in FIELDS if one.options], ids=lambda one: one.key)
def test_what_a_field_offers_is_understood(field: Field) -> None:
    for value, words in field.options[1:]:
        fits = with_value(ContactFilter(), field.key, value)
        assert fits.to_query() == {field.key: value}, words
    assert field.options[0][0] == ''


def test_one_filter_is_taken_away_and_the_rest_stays() -> None:
    fits = with_value(ContactFilter.from_query(EVERYTHING), 'signed_in_before', '')
    assert fits.signed_in_before is None and fits.signed_in_after == date(2026, 1, 31)
    assert without_filters(fits) == ContactFilter(search='weiß', status='invited')
    assert in_force(NEVER_SIGNED_IN) == [('never', 'Never signed in')]


# ── Ticking ──────────────────────────────────────────────────────────────────


def test_ticks_stay_while_one_pages() -> None:
    ticks = Ticks()
    assert not ticks
    ticks.tick([3, 1], True)
    ticks.tick([7], True)
    ticks.tick([1], False)
    assert ticks.ticked([1, 3, 5]) == {3} and ticks.number(None) == 2
    assert ticks.selection() == Selection(ids=(3, 7))
    ticks.clear()
    assert not ticks and ticks.number(10) == 0


def test_all_that_fit_are_a_filter_and_never_their_ids() -> None:
    """Whoever is unticked afterwards is left out; ticked again, let in."""
    ticks, fits = Ticks(), ContactFilter(search='weiss')
    ticks.tick([1], True)
    ticks.tick_all(fits)
    assert ticks.is_whole and ticks.selection() == Selection(fits=fits)
    assert ticks.number(None) is None, 'nothing is guessed before it is counted'
    assert ticks.number(12_345) == 12_345 and ticks.ticked([1, 2]) == {1, 2}
    ticks.tick([5, 6], False)
    ticks.tick([6], True)
    assert not ticks.is_whole and ticks.number(12_345) == 12_344
    assert ticks.selection() == Selection(fits=fits, but=(5,))


def test_more_than_can_be_ticked_one_by_one_is_refused_whole() -> None:
    ticks = Ticks()
    assert ticks.tick(range(MOST_TICKED), True)
    assert not ticks.tick([MOST_TICKED + 1], True)
    assert ticks.number(None) == MOST_TICKED


@pytest.mark.parametrize(('role', 'hidden'), [(Role.OWNER, set()), (Role.ADMIN, set()), (Role.STAFF, {'export'})])
def test_what_the_role_may_not_do_is_not_offered(role: Role, hidden: set[str]) -> None:
    every = {'invite', 'login_email', 'reminder', 'give_access', 'revoke_access', 'export', 'delete'}
    actor = StaffActor(staff_id=1, session_id=1, name='Sam', email='sam@firm.example', role=role)
    assert {one.key for one in offered(actor) if isinstance(one, Item)} == every - hidden


# ── Order ────────────────────────────────────────────────────────────────────


def test_every_order_can_be_chosen_and_one_is_in_force() -> None:
    items = [one for one in orders('-created') if isinstance(one, Item)]
    assert {one.key for one in items} == set(SORTS)
    assert [one.label for one in items if one.chosen] == ['Added, newest first']


def test_a_head_sorts_by_its_column_and_then_the_other_way() -> None:
    """Names from A, moments from the newest."""
    assert [other_way(now, 'name') for now in ('-created', 'name', '-name')] == ['name', '-name', 'name']
    assert [other_way(now, 'last_sign_in') for now in ('name', '-last_sign_in')] == ['-last_sign_in', 'last_sign_in']
    assert 'invited' in [one.sort for one in columns('-invited')]
    assert 'invited' not in [one.sort for one in columns('name')]


# ── Numbers ──────────────────────────────────────────────────────────────────

BY_STATUS = {'joined': 400, 'invited': 30, 'invite_expired': 6, 'not_invited': 50, 'no_access': 1_500, 'revoked': 14}
KNOWN = Known(Totals(2_000, BY_STATUS))


def test_numbers_are_those_that_are_known() -> None:
    start, later = ListView(), ListView(after='x')
    assert place_words(25, KNOWN, start) == '1 to 25 of 2,000'
    assert place_words(25, KNOWN, later) == '25 of 2,000', 'where it stands is not known, so it is not said'
    assert place_words(14, KNOWN, ListView(ContactFilter(status='revoked'))) == '1 to 14 of 14'
    assert place_words(25, Known(is_counting=True), start) == '1 to 25, counting…'
    assert place_words(25, Known(KNOWN.totals, is_counting=True), later) == '25 of 2,000, counting…'
    assert place_words(25, Known(), later) == '25 on this page'


def test_how_many_there_are_and_how_many_fit() -> None:
    assert total_words(KNOWN, ContactFilter()) == '2,000 contacts, 486 with access'
    assert total_words(KNOWN, ContactFilter(status='invited')) == '30 contacts fit'
    assert total_words(Known(is_counting=True), ContactFilter()) == 'Counting…'
    assert total_words(Known(), ContactFilter()) == 'They could not be counted.'
    assert count_words(KNOWN, ContactFilter(status='invited')) == '30 contacts fit, one row each. Times are UTC.'
    assert count_words(Known(is_counting=True), ContactFilter()) == 'Counting… Times are UTC.'
    assert count_words(Known(), ContactFilter()) == 'The contacts could not be counted. Times are UTC.'
