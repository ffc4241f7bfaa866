"""The Activity page and its file over HTTP: who may, what the address says, what the file holds."""

import csv
import io
from datetime import UTC, datetime

import pytest

from domain.access.unknown_addresses import note_unknown_address
from domain.activity.activity_search import ActivityFilter
from domain.activity.kinds import KindGroup
from domain.dependencies import Dependencies
from storage.activity_sql import COLUMNS
from tests.factories import a_visitor
from tests.ui.portal import Portal
from ui.staff.activity_query import ActivityView
from ui.staff.activity_words import GROUPS

PAGE, FILE = '/staff/activity', '/staff/activity.csv'


def rows_of(text: str) -> list[dict[str, str]]:
    assert text.startswith('\ufeff' + ','.join(COLUMNS) + '\r\n')
    assert text.count('\n') == text.count('\r\n')
    return list(csv.DictReader(io.StringIO(text.removeprefix('\ufeff'), newline='')))


# ── Who may ──────────────────────────────────────────────────────────────────


def test_nobody_comes_in_without_signing_in(portal: Portal) -> None:
    """R57."""
    for path in (PAGE, FILE):
        answer = portal.visitor().get(path)
        assert (answer.status_code, answer.headers['location']) == (303, '/staff/sign-in?next=/staff/activity')
    assert portal.client().get(FILE).status_code == 303


@pytest.mark.parametrize(
    ('role', 'status', 'offered'), [('owner', 200, True), ('admin', 200, True), ('staff', 403, False)]
)
def test_the_file_is_for_owners_and_admins(portal: Portal, role: str, status: int, offered: bool) -> None:
    """R57: everybody on staff reads the log; plain staff neither export it nor see the button."""
    member, _ = portal.member(role)
    page = member.get(PAGE)
    assert page.status_code == 200 and 'no-store' in page.headers['cache-control']
    assert ('Export activity' in page.text) == offered
    before = len(portal.rows("SELECT id FROM audit_event WHERE kind = 'activity:log:exported'"))
    answer = member.get(FILE)
    assert answer.status_code == status
    written = len(portal.rows("SELECT id FROM audit_event WHERE kind = 'activity:log:exported'")) - before
    assert written == (1 if offered else 0), 'R59: an export is recorded'


def test_the_file(portal: Portal) -> None:
    """R52, R59: named, UTF-8 with BOM, CRLF, newest first, behind the sign-in and kept by no cache."""
    evil = '=HYPERLINK("https://evil.example")'
    portal.client(evil)
    answer = portal.staff().get(FILE)
    assert answer.headers['content-type'] == 'text/csv; charset=utf-8'
    name = f'activity-{datetime.now(UTC):%Y-%m-%d}.csv'
    assert answer.headers['content-disposition'] == f'attachment; filename="{name}"'
    assert 'no-store' in answer.headers['cache-control']
    rows = rows_of(answer.text)
    ids = [int(row['id']) for row in rows]
    assert ids == sorted(ids, reverse=True)
    assert f"'{evil}" in {row['contact_name'] for row in rows}
    assert evil not in {cell for row in rows for cell in row.values()}


def test_the_file_takes_the_filters_of_the_page(portal: Portal) -> None:
    """The same address filters both."""
    contact = portal.contact('Filtered Fiona')
    visitor = portal.visitor()
    assert visitor.use(portal.link_for(contact)).status_code == 303
    staff = portal.staff()

    def kinds(query: str) -> set[str]:
        return {row['kind'] for row in rows_of(staff.get(f'{FILE}?{query}').text)}

    assert kinds(f'contact={contact}&kind=sign_ins') == {'access:session:started', 'contacts:contact:joined'}
    assert kinds(f'contact={contact}&kind=access') == {'access:magic_link:made', 'contacts:access:granted'}
    assert kinds(f'contact={contact}&kind=mail') == set()
    assert kinds('to=2020-01-01') == set()
    assert 'access:session:started' in kinds('from=2020-01-01&zone=Europe/Berlin')
    assert kinds('person=staff:999') == set()
    staff_rows = rows_of(staff.get(f'{FILE}?person=staff:1').text)
    assert {row['actor_name'] for row in staff_rows if row['actor_kind'] == 'staff'} == {'Olga Owner'}


@pytest.mark.parametrize(
    'query',
    ['kind=nonsense', 'contact=abc', 'contact=99999999999999', 'from=2026-99-99', 'to=x', 'zone=../../etc/passwd',
     'person=%27%20OR%201=1', 'from=0001-01-01', 'to=9999-12-31', 'zone=' + 'x' * 999, 'kind=%00',
     'from=2026-01-01&zone=Nowhere/Atall'],
)  # fmt: skip
def test_a_mistyped_address_breaks_nothing(portal: Portal, query: str) -> None:
    staff = portal.staff()
    assert staff.get(f'{PAGE}?{query}').status_code == 200
    assert staff.get(f'{FILE}?{query}').status_code == 200


# ── What the page says ───────────────────────────────────────────────────────


def test_an_entry_in_words_with_its_details(portal: Portal) -> None:
    """R59: who, what, from where, with what, how it went."""
    contact = portal.contact('Wordy Wanda')
    assert portal.visitor(headers={'User-Agent': FIREFOX}).use(portal.link_for(contact)).status_code == 303
    text = portal.staff().get(f'{PAGE}?contact={contact}').text
    for words in (
        'Wordy Wanda',
        'signed in with a link',
        '127.0.0.1',
        'Firefox on macOS',
        'Done',
        'At the door'.lower(),
    ):
        assert words in text, words
    assert 'Filtered Fiona' not in text


def test_a_filter_that_nothing_fits_says_so(portal: Portal) -> None:
    text = portal.staff().get(f'{PAGE}?to=2020-01-01').text
    assert 'Nothing fits' in text and 'Show all activity' in text


def test_days_the_wrong_way_round_are_told(portal: Portal) -> None:
    text = portal.staff().get(f'{PAGE}?from=2026-03-02&to=2026-03-01').text
    assert 'From lies after To.' in text and 'Nothing like this' not in text
    assert 'From lies after To.' not in portal.staff().get(f'{PAGE}?from=2026-03-01&to=2026-03-01').text


def test_names_are_words_and_nothing_else(portal: Portal) -> None:
    """R51: in sentences, details and the card of unknown addresses."""
    name, browser = '<img src=x onerror=alert(1)>', '<script>alert(1)</script>'
    contact = portal.contact(name)
    portal.visitor(headers={'User-Agent': browser}).use(portal.link_for(contact))

    async def try_it(deps: Dependencies) -> None:
        await note_unknown_address(deps, a_visitor(user_agent=browser), 'strange@x.example')

    portal.inside(try_it)
    text = portal.staff().get(PAGE).text
    assert name not in text and browser not in text and 'strange@x.example' in text


def test_an_address_somebody_has_without_access_opens_the_contact(portal: Portal) -> None:
    """Instead of making it twice."""
    contact = portal.contact('Without Willi', 'willi@x.example', access=False)
    portal.visitor().ask('willi@x.example')

    async def noted(deps: Dependencies) -> None:
        await note_unknown_address(deps, a_visitor(), 'willi@x.example')

    portal.inside(noted)
    text = portal.staff().get(PAGE).text
    assert 'Without Willi has this address, but no access.' in text
    assert 'Open contact' in text and f'/staff/contacts/{contact}' in text


# ── The address ──────────────────────────────────────────────────────────────


def test_the_address_says_everything() -> None:
    """The state is in the URL, so that a view can be linked."""
    query = {
        'kind': 'sign_ins',
        'person': 'staff:3',
        'contact': '7',
        'from': '2026-03-01',
        'to': '2026-03-31',
        'zone': 'Europe/Berlin',
    }
    view = ActivityView.of(query)
    assert view.query() == query
    assert view.filter() == ActivityFilter(
        'staff:3',
        7,
        KindGroup.SIGN_INS,
        datetime(2026, 2, 28, 23, tzinfo=UTC),
        datetime(2026, 3, 31, 22, tzinfo=UTC),  # summer time has begun meanwhile
    )


def test_days_without_a_zone_are_those_of_utc() -> None:
    wanted = ActivityView.of({'from': '2026-03-01', 'to': '2026-03-01'}).filter()
    assert (wanted.since, wanted.until) == (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC))
    assert ActivityView.of({'zone': 'Europe/Berlin'}).query() == {}, 'a zone without days says nothing'


def test_every_group_has_a_name() -> None:
    assert set(GROUPS) == set(KindGroup) and len(set(GROUPS.values())) == len(GROUPS)


FIREFOX = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:128.0) Gecko/20100101 Firefox/128.0'
