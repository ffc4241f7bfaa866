"""The access report, cell by cell."""

import csv
import io
import re
from datetime import timedelta
from itertools import product

import pytest

from domain.access.sessions import current_client
from domain.activity import access_report
from domain.activity.access_report import access_report_csv, harmless, report_page
from domain.actors import Role, SystemActor
from domain.audit import AuditKind
from domain.contacts.contact_filter import ContactFilter
from domain.contacts.directory import read_contact
from domain.contacts.finding import count_contacts, find_contacts
from domain.contacts.new_contact import ContactDetails, Kind
from domain.contacts.portal_access import revoke_access
from domain.dependencies import Dependencies
from domain.errors import NotAllowed, SignedOut
from storage import queries
from storage.models import Contact, Login, StaffMember
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
    given_staff,
    later,
)
from tests.support.clock import START, FixedClock

HEADER = (
    'contact_id,name,kind,organisation,email,login_email,portal_access,status,invited_at,invited_by,'
    'invitation_expires_at,joined_at,last_sign_in_at,last_sign_in_method,password_set,two_factor,'
    'two_factor_enrolled_at,active_sessions,email_status,created_at'
)
STATUSES = {'no_access', 'not_invited', 'invited', 'invite_expired', 'joined', 'revoked'}


async def download(deps: Dependencies, actor=None) -> bytes:  # type: ignore[no-untyped-def]
    chunks = await access_report_csv(deps, actor or SystemActor())
    return b''.join([chunk async for chunk in chunks])


async def rows_of(deps: Dependencies) -> list[dict[str, str]]:
    text = (await download(deps)).decode('utf-8-sig')
    return list(csv.DictReader(io.StringIO(text, newline='')))


async def given_one_of_each(deps: Dependencies, clock: FixedClock) -> dict[str, int]:
    """A contact of each status, by name of the status."""
    owner = await given_owner(deps, name='Olga Brandt')
    ids = {
        'no_access': (await given_contact(deps, 'A', 'a@x.example', access=False)).id,
        'not_invited': (await given_contact(deps, 'B', '')).id,
        'invite_expired': (await given_invited(deps, owner, 'C', 'c@x.example')).contact_id,
    }
    later(clock, days=7)
    owner = await given_owner(deps, name='Olga Brandt')
    ids['invited'] = (await given_invited(deps, owner, 'D', 'd@x.example')).contact_id
    ids['joined'] = (await given_joined_client(deps, owner, 'E', 'e@x.example')).contact_id
    ids['revoked'] = (await given_joined_client(deps, owner, 'F', 'f@x.example')).contact_id
    await revoke_access(deps, owner, ids['revoked'])
    return ids


async def test_the_bytes(deps: Dependencies) -> None:
    """CONTRACT: the columns in order, UTF-8 with BOM, CRLF, RFC 4180."""
    await given_contact(deps, 'Weiß, "Clara"', organisation='Émile & Söhne 🎉')
    raw = await download(deps)
    assert raw.startswith(b'\xef\xbb\xbf' + HEADER.encode() + b'\r\n')
    assert raw.count(b'\xef\xbb\xbf') == 1
    assert raw.endswith(b'\r\n')
    assert raw.count(b'\r\n') == raw.count(b'\n') == 2
    assert '"Weiß, ""Clara""",person,Émile & Söhne 🎉,'.encode() in raw


async def test_an_empty_directory_is_a_header(deps: Dependencies) -> None:
    """CONTRACT: the header stands there all the same."""
    assert await download(deps) == b'\xef\xbb\xbf' + HEADER.encode() + b'\r\n'
    page = await report_page(deps, SystemActor())
    assert (page.rows, page.total, page.by_status, page.offset) == ((), 0, {}, 0)


async def test_every_cell_of_a_client_that_joined(deps: Dependencies, clock: FixedClock) -> None:
    """CONTRACT: each column holds what its name says; times in UTC with Z, yes and no."""
    owner = await given_owner(deps, name='Olga Brandt')
    client = await given_joined_client(deps, owner)
    await Login.all().update(password_hash='$argon2id$x')
    later(clock, hours=1, minutes=2, seconds=3)
    await come_in(deps, owner, client.contact_id)
    assert await rows_of(deps) == [
        {
            'contact_id': str(client.contact_id),
            'name': 'Clara Weiss',
            'kind': 'person',
            'organisation': '',
            'email': 'clara@weiss.example',
            'login_email': 'clara@weiss.example',
            'portal_access': 'yes',
            'status': 'joined',
            'invited_at': '2026-03-02T09:00:00Z',
            'invited_by': 'Olga Brandt',
            'invitation_expires_at': '',
            'joined_at': '2026-03-02T09:00:00Z',
            'last_sign_in_at': '2026-03-02T10:02:03Z',
            'last_sign_in_method': 'magic_link',
            'password_set': 'yes',
            'two_factor': 'no',
            'two_factor_enrolled_at': '',
            'active_sessions': '2',
            'email_status': (await Contact.get()).email_status,
            'created_at': '2026-03-02T09:00:00Z',
        }
    ]


async def test_the_other_cells(deps: Dependencies) -> None:
    """CONTRACT: what is not there is empty, or `no`, or 0."""
    await given_contact(deps, 'Holm AG', '', kind=Kind.ORGANISATION, organisation='Holm', access=False)
    (row,) = await rows_of(deps)
    assert (row['kind'], row['organisation'], row['portal_access'], row['status']) == (
        'organisation',
        'Holm',
        'no',
        'no_access',
    )
    assert (row['email_status'], row['active_sessions'], row['password_set']) == ('no_address', '0', 'no')
    empty = ('email', 'login_email', 'invited_at', 'invited_by', 'invitation_expires_at', 'joined_at')
    assert {row[name] for name in (*empty, 'last_sign_in_at', 'last_sign_in_method')} == {''}


async def test_each_status_is_reached(deps: Dependencies, clock: FixedClock) -> None:
    """CONTRACT: one of the six; the report, the list and the contact's page say the same."""
    ids = await given_one_of_each(deps, clock)
    assert set(ids) == STATUSES
    owner = await given_owner(deps)
    in_report = {int(row['contact_id']): row['status'] for row in await rows_of(deps)}
    in_list = {row.id: row.status for row in (await find_contacts(deps, owner, ContactFilter())).rows}
    on_page = {contact_id: (await read_contact(deps, owner, contact_id)).status for contact_id in ids.values()}
    assert in_report == in_list == on_page == {contact_id: status for status, contact_id in ids.items()}


async def test_what_is_shown_of_those_who_were_shut_out(deps: Dependencies, clock: FixedClock) -> None:
    """CONTRACT: history stays readable after a revocation, sessions do not count."""
    ids = await given_one_of_each(deps, clock)
    row = next(row for row in await rows_of(deps) if row['contact_id'] == str(ids['revoked']))
    assert (row['portal_access'], row['active_sessions']) == ('no', '0')
    assert row['joined_at'] == row['last_sign_in_at'] == '2026-03-09T09:00:00Z'


async def test_only_living_sessions_count(deps: Dependencies, clock: FixedClock) -> None:
    """CONTRACT active_sessions: what has expired is not active, swept or not."""
    owner = await given_owner(deps)
    client = await given_joined_client(deps, owner)
    assert [row['active_sessions'] for row in await rows_of(deps)] == ['1']
    later(clock, days=7)
    assert [row['active_sessions'] for row in await rows_of(deps)] == ['0']
    assert await current_client(deps, client.raw) is None


async def test_one_login_is_three_rows(deps: Dependencies) -> None:
    """One address on three contacts: a row each, with the login they share."""
    contacts = await given_one_login_on_three(deps)
    await come_in(deps, await given_owner(deps), contacts[0].id)
    rows = await rows_of(deps)
    assert [(row['name'], row['login_email'], row['status']) for row in rows] == [
        (contact.name, 'ines@holm.example', 'joined') for contact in contacts
    ]


async def test_no_cell_runs_in_a_spreadsheet(deps: Dependencies) -> None:
    """R52: in every column that people fill, an apostrophe stands before what would be a formula."""
    starts = '=+-@＝＋－＠'
    for number, start in enumerate(starts):
        evil = f'{start}HYPERLINK("http://evil.example","x")'
        owner = await given_owner(deps, name=evil)
        email = f'{start}evil@x.example' if start in '=+-' else f'evil{number}@x.example'
        contact = await given_contact(deps, evil, email, organisation=evil, access=False)
        await Contact.filter(id=contact.id).update(invited_by_id=owner.staff_id)
    rows, shown = await rows_of(deps), (await report_page(deps, SystemActor())).rows
    for number, (start, row) in enumerate(zip(starts, rows, strict=True)):
        evil = f'{start}HYPERLINK("http://evil.example","x")'
        assert [row[name] for name in ('name', 'organisation', 'invited_by')] == [f"'{evil}"] * 3
        expected = f"'{start}evil@x.example" if start in '=+-' else f'evil{number}@x.example'
        assert (row['email'], row['login_email']) == (expected, expected)
        assert shown[number][1] == evil, 'on screen nothing runs, and nothing is added'


@pytest.mark.parametrize(
    ('cell', 'safe'),
    [('\tx', "'\tx"), ('\rx', "'\rx"), ('\nx', "'\nx"), ('a=1', 'a=1'), ('', ''), ("'x", "'x"), ('=', "'=")],
)
def test_what_a_spreadsheet_would_run(cell: str, safe: str) -> None:
    """R52: by the first character, as OWASP lists them."""
    assert harmless(cell) == safe


async def test_the_download_is_the_report_on_screen(
    deps: Dependencies, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On screen and as CSV, cell by cell, over several pages."""
    await given_one_of_each(deps, clock)
    await given_contact(deps, '=SUM(A1)', 'x+y@x.example')
    monkeypatch.setattr(access_report, 'PAGE_SIZE', 3)
    pages = [await report_page(deps, SystemActor(), offset) for offset in (0, 3, 6)]
    shown = [dict(zip(HEADER.split(','), row, strict=True)) for page in pages for row in page.rows]
    for row in shown:
        row['name'] = harmless(row['name'])
    assert shown == await rows_of(deps)
    assert {page.total for page in pages} == {7}
    assert pages[0].by_status == {**dict.fromkeys(STATUSES, 1), 'not_invited': 2}
    assert await report_page(deps, SystemActor(), 1_000) == pages[2]
    assert await report_page(deps, SystemActor(), -1) == pages[0]


async def test_a_large_report_leaves_in_chunks(deps: Dependencies) -> None:
    """Streamed; no chunk holds the whole, every contact is there once, in order."""
    template = await given_contact(deps, 'Client', '')
    values = {name: getattr(template, name) for name in Contact._meta.fields_db_projection if name != 'id'}
    await Contact.bulk_create([Contact(**values) for _ in range(4_499)], batch_size=500)
    chunks = [chunk async for chunk in await access_report_csv(deps, SystemActor())]
    assert len(chunks) >= 4
    assert max(map(len, chunks)) < sum(map(len, chunks)) * 0.6
    ids = re.findall(rb'^(\d+),Client,', b''.join(chunks), re.MULTILINE)
    assert len(ids) == 4_500
    assert ids == sorted(set(ids), key=int)


async def test_a_download_that_is_broken_off_leaves_the_database_usable(deps: Dependencies) -> None:
    """A browser that goes away in the middle; afterwards everything works, again and again."""
    for number in range(3):
        await given_contact(deps, f'Client {number}', '')
    for _ in range(15):
        chunks = await access_report_csv(deps, SystemActor())
        await anext(chunks)
        await anext(chunks)
        await chunks.aclose()  # type: ignore[attr-defined]
    assert len(await rows_of(deps)) == 3


@pytest.mark.parametrize('role', Role)
async def test_who_may_export(deps: Dependencies, role: Role) -> None:
    """R57: owners and admins; refused before the first byte, and only what was allowed is on record."""
    actor = await given_staff(deps, role)
    if role is Role.STAFF:
        for attempt in (access_report_csv(deps, actor), report_page(deps, actor)):
            with pytest.raises(NotAllowed):
                await attempt
        assert await audit_rows(AuditKind.REPORT_EXPORTED) == []
        return
    await download(deps, actor)
    await report_page(deps, actor)
    (row,) = await audit_rows(AuditKind.REPORT_EXPORTED)
    assert (row.actor_id, row.ip) == (actor.staff_id, '198.51.100.1')
    await StaffMember.filter(id=actor.staff_id).update(disabled_at=deps.clock.now())
    with pytest.raises(SignedOut):
        await access_report_csv(deps, actor)


async def test_reading_the_page_writes_nothing(deps: Dependencies) -> None:
    """A query never writes."""
    await given_contact(deps)
    before = await every_row()
    await report_page(deps, SystemActor())
    assert await every_row() == before


async def test_the_status_in_sql_is_the_status_in_python(deps: Dependencies, clock: FixedClock) -> None:
    """One definition: every combination of what a status is made of, on the second and beside it."""
    second = timedelta(seconds=1)
    moments = (None, START - second, START, START + second)
    details = ContactDetails(Kind.PERSON, 'X')
    base = {
        'kind': 'person',
        'name': details.name,
        'name_key': 'x',
        'search_text': 'x',
        'created_at': START,
        'updated_at': START,
    }
    combinations = list(product((True, False), (None, START), (None, START), moments, (None, START)))
    await Contact.bulk_create(
        Contact(
            **base,
            portal_access=access,
            access_revoked_at=revoked,
            joined_at=joined,
            invitation_expires_at=expires,
            invited_at=invited,
        )
        for access, revoked, joined, expires, invited in combinations
    )
    now = clock.now()
    in_python = {contact.id: queries.status_of(contact, now) for contact in await Contact.all()}
    owner = await given_owner(deps)
    in_sql = {row.id: row.status for row in (await find_contacts(deps, owner, ContactFilter(), limit=200)).rows}
    assert len(in_sql) == len(combinations)
    assert in_sql == in_python
    assert set(in_python.values()) == STATUSES
    assert (await count_contacts(deps, owner, ContactFilter())).by_status == {
        status: list(in_python.values()).count(status) for status in STATUSES
    }


async def test_a_visitor_exports_nothing(deps: Dependencies) -> None:
    """R57: default is no."""
    with pytest.raises(NotAllowed):
        await access_report_csv(deps, a_visitor())
