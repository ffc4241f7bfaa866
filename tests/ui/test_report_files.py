"""The report as a download: of whom, as what, after a sign-in, and broken off."""

import csv
import io
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import openpyxl
import pytest

from domain.contacts.portal_access import revoke_access
from domain.dependencies import Dependencies
from tests.factories import given_contact
from tests.support.smtp_sink import SmtpSink
from tests.ui.portal import OWNER, PASSWORD, Portal

XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'
CSV, SHEET = '/staff/access-report.csv', '/staff/access-report.xlsx'


@pytest.fixture(scope='module')
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A portal with Ann, who has joined, Ben, who may, and Cleo, who may not any more; temporary files of its own."""
    folder = tmp_path_factory.mktemp('firm')
    (folder / 'temporary').mkdir()
    patched = pytest.MonkeyPatch()
    patched.setenv('TMPDIR', str(folder / 'temporary'))
    with SmtpSink() as sink, Portal(folder / 'data', sink, rate_limits='off') as portal:
        portal.client('Ann', email='ann@x.example')
        portal.inside(lambda deps: set_up(deps, portal))
        yield portal
        portal.no_secret_was_logged()
    patched.undo()


async def set_up(deps: Dependencies, portal: Portal) -> None:
    await given_contact(deps, 'Ben', 'ben@x.example')
    cleo = await given_contact(deps, 'Cleo', 'cleo@x.example')
    await revoke_access(deps, await portal.owner(deps), cleo.id)


def names(content: bytes) -> list[str]:
    """The column `name` of a file of either kind."""
    if content.startswith(b'PK'):
        (sheet,) = openpyxl.load_workbook(io.BytesIO(content)).worksheets
        rows = list(sheet.iter_rows(values_only=True))
        return [str(row[1]) for row in rows[1:]]
    return [row['name'] for row in csv.DictReader(io.StringIO(content.decode('utf-8-sig')))]


@pytest.mark.parametrize('path', [CSV, SHEET])
@pytest.mark.parametrize(
    ('query', 'found'),
    [
        ('', ['Ann', 'Ben', 'Cleo']),
        ('?status=joined', ['Ann']),
        ('?access=yes&joined=no', ['Ben']),
        ('?search=cle', ['Cleo']),
        ('?status=&search=', ['Ann', 'Ben', 'Cleo']),
        ('?status=joined&sort=-created&after=xyz&page=7', ['Ann']),
        ('?mail=trouble', []),
    ],
)
def test_the_address_says_of_whom(firm: Portal, path: str, query: str, found: list[str]) -> None:
    """The parameters of the contact list; where in the list one is plays no part."""
    answer = firm.staff().get(f'{path}{query}')
    assert answer.status_code == 200
    assert names(answer.content) == found


def test_what_a_browser_is_told(firm: Portal) -> None:
    answer = firm.staff().get(SHEET)
    assert answer.headers['content-type'] == XLSX
    assert answer.headers['content-disposition'].startswith('attachment; filename="access-report-2')
    assert answer.headers['content-disposition'].endswith('.xlsx"')
    assert answer.headers['cache-control'] == 'no-store'


@pytest.mark.parametrize('path', [CSV, SHEET])
@pytest.mark.parametrize(
    ('query', 'named'),
    [
        ('status=bogus', 'status'),
        ('statu=joined', 'statu'),
        ('status=joined&signed_in_after=yesterday', 'signed_in_after'),
        ('status=joined&status=revoked', 'status'),
        ('ids=1', 'ids'),
        ('access=1&kind=robot', 'access, kind'),
    ],
)
def test_what_is_not_understood_is_refused(firm: Portal, path: str, query: str, named: str) -> None:
    """422 with a sentence: a report of everybody must not be taken for one of a few."""
    answer = firm.staff().get(f'{path}?{query}')
    assert answer.status_code == 422
    assert answer.headers['content-type'].startswith('text/html')
    assert f'These filters are not understood: {named}.' in answer.text


@pytest.mark.parametrize('path', [CSV, SHEET])
def test_contacts_that_somebody_ticked(firm: Portal, path: str) -> None:
    """By a form, since so many numbers fit into no address."""
    staff = firm.staff()
    ids = dict(firm.rows('SELECT name, id FROM contact'))
    for form, found in (
        ({'ids': f'{ids["Cleo"]},{ids["Ann"]}'}, ['Ann', 'Cleo']),
        ({'ids': ''}, []),
        ({'ids': ','.join(map(str, range(10**9, 10**9 + 9_000)))}, []),
        ({'access': 'yes', 'but': str(ids['Ann'])}, ['Ben']),
        ({'status': 'joined'}, ['Ann']),
    ):
        answer = staff.post(path, data=form)
        assert (answer.status_code, names(answer.content)) == (200, found), form
    for form in ({'ids': '1,x'}, {'ids': '1', 'status': 'joined'}, {'ids': '1,' * 10_001 + '1'}, {'but': '-1'}):
        assert staff.post(path, data=form).status_code == 422, form


@pytest.mark.parametrize(
    'path', [f'{CSV}?status=joined', '/staff/access-report?status=joined&search=A+B%26C&file=xlsx']
)
def test_after_the_sign_in_one_sees_what_the_link_led_to(firm: Portal, path: str) -> None:
    """A link in a mail: the door first, then the page with those filters."""
    visitor = firm.visitor()
    door = visitor.get(path)
    assert door.status_code == 303
    assert door.headers['location'].startswith('/staff/sign-in?next=/staff/access-report%3Fstatus%3Djoined')
    onward = door.headers['location'].partition('next=')[2]
    signed = visitor.post('/staff/sign-in', data={'email': OWNER, 'password': PASSWORD, 'next': unquote(onward)})
    assert signed.headers['location'] == path.replace('.csv', '')
    assert visitor.get(signed.headers['location']).status_code == 200


def test_who_goes_away_ends_the_work(firm: Portal) -> None:
    """A spreadsheet that takes seconds: the browser hangs up, and within a second nothing of it is left."""
    firm.change(
        'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000) INSERT INTO contact (kind, '
        'name, name_key, organisation, search_text, email_status, portal_access, created_at, updated_at) '
        "SELECT 'person', 'N' || i, 'n' || i, hex(zeroblob(90)), '', 'not_tried', 0, ?, ? FROM n",
        *['2026-01-01 00:00:00+00:00'] * 2,
    )
    staff, folder = firm.staff(), firm.served.data_dir.parent / 'temporary'
    try:
        with socket.create_connection(('127.0.0.1', firm.served.port)) as line:
            line.sendall(f'GET {SHEET} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {staff.cookie_header}\r\n\r\n'.encode())
            firm.wait_for(lambda: list(folder.glob('foyer-report-*/*')))
        gone = time.monotonic()
        firm.wait_for(lambda: not list(folder.glob('foyer-report-*')))
        assert time.monotonic() - gone < 1
        assert staff.get('/staff').status_code == 200
    finally:
        firm.change("DELETE FROM contact WHERE name LIKE 'N%'")


def test_the_terminal_writes_either_form(firm: Portal, tmp_path: Path) -> None:
    """`export-report`: to a file or to standard output; what is wrong about either is said in one line."""
    sheet = tmp_path / 'report.xlsx'
    done = firm.served.run('export-report', '--format', 'xlsx', '--output', str(sheet))
    assert (done.returncode, done.stderr) == (0, '')
    assert names(sheet.read_bytes()) == ['Ann', 'Ben', 'Cleo']
    assert 'Ann' in firm.served.run('export-report').stdout
    for arguments, words in (
        (('--format', 'pdf'), '--format: pdf is none; there are csv and xlsx'),
        (('--output', str(tmp_path / 'nowhere' / 'report.csv')), 'The report could not be written: '),
    ):
        refused = firm.served.run('export-report', *arguments)
        assert refused.returncode == 1
        assert refused.stderr.startswith(words)
        assert refused.stderr.count('\n') == 1
