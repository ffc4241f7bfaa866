"""Finding contacts: searches, filters, orders, pages and totals."""

import base64
import json

from domain.actors import StaffActor
from domain.contacts.contact_filter import STATUSES, ContactFilter
from domain.contacts.directory import delete_contact, read_contact
from domain.contacts.finding import SORTS, Totals, count_contacts, find_contacts, suggest_organisations
from domain.contacts.picking import contact_named, suggest_contacts
from domain.dependencies import Dependencies
from tests.factories import given_contact, given_invited, given_joined_client, given_owner, later
from tests.support.clock import FixedClock


async def found(deps: Dependencies, owner: StaffActor, **asked: str) -> list[str]:
    """The names of those who fit, by name."""
    return [row.name for row in (await find_contacts(deps, owner, ContactFilter(**asked), limit=200)).rows]  # type: ignore[arg-type]


async def test_every_word_must_occur_somewhere(deps: Dependencies) -> None:
    """Pick by typing. Accents and case do not count, words may come in any order, from any field."""
    owner = await given_owner(deps)
    await given_contact(deps, 'Tomás Núñez', 'tomas@olivar.example', organisation='Olivar S.L.')
    await given_contact(deps, 'Jürgen Groß', 'j.gross@bau.example', organisation='Bau & Söhne')
    await given_contact(deps, 'Zoë Ångström', '', organisation='Ελλάδα Α.Ε.')
    cases = {
        'tomas': ['Tomás Núñez'],
        'NUÑEZ tom': ['Tomás Núñez'],
        'nunez olivar.example': ['Tomás Núñez'],
        'gross': ['Jürgen Groß'],
        'GROSS JURGEN': ['Jürgen Groß'],
        'sohne bau': ['Jürgen Groß'],
        'angstrom': ['Zoë Ångström'],
        'ελλαδα': ['Zoë Ångström'],
        'tomas gross': [],
        '  ': ['Jürgen Groß', 'Tomás Núñez', 'Zoë Ångström'],
    }
    for search, expected in cases.items():
        assert await found(deps, owner, search=search) == expected, search


LETTERS = {  # a letter that is no other with an accent, and how people write it who do not have it
    'Łukasz': 'lukasz',
    'Søren': 'soren',
    'Đặng': 'dang',
    'Guðrún': 'gudrun',
    'Þóra': 'thora',
    'Ægir': 'aegir',
    'Cœline': 'coeline',
    'Ħal': 'hal',
    'Yıldız': 'yildiz',
    'Ŧor': 'tor',
    'Aŋo': 'ano',
    'Weißman': 'weissman',
}


async def test_letters_that_no_accent_makes_are_found_by_those_that_others_type(deps: Dependencies) -> None:
    """Either spelling finds both, in full and by its beginning; the names stay as they were typed."""
    owner = await given_owner(deps)
    for number, (name, plain) in enumerate(LETTERS.items()):
        await given_contact(deps, name, f'with{number}@x.example')
        await given_contact(deps, plain, f'without{number}@x.example')
    for name, plain in LETTERS.items():
        for search in (name, name.upper(), plain, plain.upper(), plain[:2], name[:2]):
            fits = set(await found(deps, owner, search=search))
            assert {name, plain} <= fits, search
            assert len(search) < 3 or fits == {name, plain}, search


async def test_signs_are_searched_for_as_they_are(deps: Dependencies) -> None:
    """A search is text, not a pattern and not SQL."""
    owner = await given_owner(deps)
    signs = ('%', '_', '\\', "'", '"', '[', '*', '?', '$1', '--', ';')
    for number, sign in enumerate(signs):
        await given_contact(deps, f'With {sign} sign', f'with{number}@x.example')
    for sign in signs:
        assert await found(deps, owner, search=sign) == [f'With {sign} sign'], sign


async def test_more_words_than_anybody_types(deps: Dependencies) -> None:
    """The ninth word narrows the search like the first."""
    owner = await given_owner(deps)
    await given_contact(deps, 'a b c d e f g h i')
    assert await found(deps, owner, search='a b c d e f g h i') == ['a b c d e f g h i']
    assert await found(deps, owner, search='a b c d e f g h zebra') == []


async def test_chips_count_what_the_list_shows(deps: Dependencies, clock: FixedClock) -> None:
    """Each status with its number; the numbers add up, with and without a search."""
    owner = await given_owner(deps)
    await given_contact(deps, 'No Access', 'a@x.example', access=False)
    await given_contact(deps, 'Not Invited', 'b@x.example')
    await given_invited(deps, owner, 'Expired One', 'c@x.example')
    later(clock, days=7)
    owner = await given_owner(deps)
    await given_invited(deps, owner, 'Invited One', 'd@x.example')
    await given_joined_client(deps, owner, 'Joined One', 'e@x.example')
    await given_contact(deps, 'Revoked One', 'f@x.example', revoked_by=owner)
    statuses = ('no_access', 'not_invited', 'invite_expired', 'invited', 'joined', 'revoked')
    everybody = await count_contacts(deps, owner, ContactFilter())
    assert everybody == Totals(6, dict.fromkeys(STATUSES, 1))
    for status in statuses:
        fits = ContactFilter(status=status)
        (only,) = (await find_contacts(deps, owner, fits)).rows
        assert only.status == status
        assert await count_contacts(deps, owner, fits) == Totals(1, everybody.by_status)
        assert (await read_contact(deps, owner, only.id)).status == status
    searched = await count_contacts(deps, owner, ContactFilter(search='one', status='joined'))
    assert searched == Totals(1, dict.fromkeys(STATUSES, 1) | {'no_access': 0, 'not_invited': 0})
    assert await found(deps, owner, search='one', status='joined') == ['Joined One']


async def test_a_row_says_who_came_when(deps: Dependencies, clock: FixedClock) -> None:
    """Last sign-in; a time in UTC, on both engines."""
    owner = await given_owner(deps)
    client = await given_joined_client(deps, owner)
    (row,) = (await find_contacts(deps, owner, ContactFilter())).rows
    assert (row.id, row.email, row.status) == (client.contact_id, 'clara@weiss.example', 'joined')
    assert (row.last_sign_in_at, row.last_sign_in_method) == (clock.now(), 'invitation')
    assert row.last_sign_in_at is not None
    assert row.last_sign_in_at.utcoffset() is not None


SEARCHES = [
    ('\x00', True),
    ('Clara\x00\tWeiss', True),
    ('\ud800', True),
    ('weiss ' * 20_000, True),
    ('x' * 100_000, False),
    ('ﷺ' * 100_000, False),
    (''.join(chr(0x4E00 + one) for one in range(1_000)), False),
    (' '.join(f'{one}' for one in range(1_000)), False),
    ('\u202e', False),
]


async def test_no_search_breaks_the_list(deps: Dependencies) -> None:
    """Bad input everywhere a person types: what no contact can hold parts words, and nothing fails."""
    owner = await given_owner(deps)
    await given_contact(deps, 'Clara Weiss')
    for search, is_found in SEARCHES:
        fits = ContactFilter(search=search)
        assert len((await find_contacts(deps, owner, fits)).rows) == is_found, search[:20]
        assert (await count_contacts(deps, owner, fits)).total == is_found, search[:20]
        assert len(await suggest_contacts(deps, owner, search)) == is_found, search[:20]
        assert await contact_named(deps, owner, search) is None, search[:20]


async def test_one_or_two_letters_find_what_begins_with_them(deps: Dependencies) -> None:
    """Words, what follows a sign within a word, and every letter of scripts that need no blanks."""
    owner = await given_owner(deps)
    await given_contact(deps, 'Anna Müller-Lüdenscheidt', 'post@weiss.example', organisation="O'Hara & Co")
    await given_contact(deps, '山田太郎', '')
    for search in ('a', 'an', 'mu', 'l', 'lu', '-l', 'po', '@w', 'we', 'e', '.e', 'ha', "'h", '&', 'co', 'A MU'):
        assert await found(deps, owner, search=search) == ['Anna Müller-Lüdenscheidt'], search
    for search in ('山', '田', '太郎', '郎', '田太'):
        assert await found(deps, owner, search=search) == ['山田太郎'], search
    for search in ('n', 'ul', 'st', 'x', '郎太'):
        assert await found(deps, owner, search=search) == [], search
    for search in ('ull', 'nna', 'eiss.exa', "o'h", '田太郎'):
        assert len(await found(deps, owner, search=search)) == 1, search


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


async def test_the_rows_of_a_page_are_gone_by_the_time_it_is_asked_for(deps: Dependencies) -> None:
    """What is left stands there as its last page, and nothing leads on from it."""
    owner = await given_owner(deps)
    ids = [(await given_contact(deps, f'Ada {number}', '')).id for number in range(6)]
    page = await find_contacts(deps, owner, ContactFilter(), limit=4)
    for one in ids[4:]:
        await delete_contact(deps, owner, one)
    last = await find_contacts(deps, owner, ContactFilter(), after=page.next, limit=4)
    assert ([row.id for row in last.rows], last.next, last.previous) == (ids[:4], '', '')
    await delete_contact(deps, owner, ids[0])
    left = await find_contacts(deps, owner, ContactFilter(), after=page.next, limit=4)
    assert ([row.id for row in left.rows], left.next, left.previous) == (ids[1:4], '', '')


def place(sort: str, key: object, row_id: object) -> str:
    """As it would stand in an address."""
    return base64.urlsafe_b64encode(json.dumps([sort, key, row_id]).encode()).decode().rstrip('=')


MADE_UP = (
    *(place('name', key, 1) for key in ('a\0b', '\ud800', 7, [], {})),
    *(place('name', 'a', number) for number in (0, -1, 2**63, 10**40, True, '1', None, 1.5)),
    *(place('created', key, 1) for key in ('a', '0001-01-01T00:00:00+23:00', '9999-12-31T23:59:59-23:00')),
    place('email', 'a', 1), '[' * 1_500, 'bm9uZQ', '=', '\0', '\ud800', 'é',
)  # fmt: skip


async def test_a_place_that_somebody_made_up_is_the_beginning(deps: Dependencies) -> None:
    """Bad input everywhere a person types: an address too, and nothing of it reaches the database unseen."""
    owner = await given_owner(deps)
    ids = [(await given_contact(deps, name, '')).id for name in ('Ann', 'Ben', 'Cleo')]
    for made_up in MADE_UP:
        for sort in ('name', 'created'):
            for where in ({'after': made_up}, {'before': made_up}):
                page = await find_contacts(deps, owner, ContactFilter(), sort=sort, **where)
                assert [row.id for row in page.rows] == ids, (made_up[:60], sort, where.keys())
    naive = place('created', '2020-01-01T00:00:00', 1)
    assert len((await find_contacts(deps, owner, ContactFilter(), sort='created', after=naive)).rows) == 3


async def test_what_no_name_holds_is_left_out_of_an_address(deps: Dependencies) -> None:
    """NUL and half a character: no database takes them, and a saved view or a job would have to hold them."""
    owner = await given_owner(deps)
    await given_contact(deps, 'Ann', '', organisation='Weiss AG')
    for name in ('search', 'organisation'):
        for text in ('\0', '\ud800', '\0Weiss\x00', 'Weiss\0AG', '\udfffWeiss AG'):
            fits = ContactFilter.from_query({name: text})
            assert not set(''.join(fits.to_query().values())) & {'\0', '\ud800'}
            is_found = fits.is_empty or name == 'search' or 'AG' in text
            assert len((await find_contacts(deps, owner, fits)).rows) == is_found, (name, text)
            assert (await count_contacts(deps, owner, fits)).total == is_found, (name, text)
    assert await suggest_organisations(deps, owner, 'wei\0') == ['Weiss AG']


async def test_organisations_are_offered_by_any_part_of_their_name(deps: Dependencies) -> None:
    """What they begin with comes first, then what stands anywhere in them, accents and case ignored."""
    owner = await given_owner(deps)
    for name in ('Bäckerei Huber GmbH', 'Huber & Söhne', 'Bäckerei Weiss', 'Łuk Huberta', 'BÄCKEREI HUBER GmbH'):
        await given_contact(deps, f'Ann {name}', '', organisation=name)
    await given_contact(deps, 'Ben Huber', '', organisation='Zoo')
    found = await suggest_organisations(deps, owner, 'HUBER')
    assert [name.casefold() for name in found] == ['huber & söhne', 'bäckerei huber gmbh', 'łuk huberta']
    assert await suggest_organisations(deps, owner, 'huber gmbh baeck') == []
    assert len(await suggest_organisations(deps, owner, 'huber backerei')) == 1
    assert await suggest_organisations(deps, owner, 'łuk') == ['Łuk Huberta']
    assert await suggest_organisations(deps, owner, 'er') == []
    assert await suggest_organisations(deps, owner, 'huber', 1) == ['Huber & Söhne']
