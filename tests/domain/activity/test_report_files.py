"""The report of some contacts only, and as a spreadsheet: every format holds the same rows."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import openpyxl
import pytest

from domain.activity.access_report import (
    COLUMNS,
    FileFormat,
    access_report,
    access_report_csv,
    access_report_xlsx,
    report_page,
    report_rows,
)
from domain.actors import Role, SystemActor
from domain.audit import AuditKind
from domain.contacts.contact_filter import ContactFilter
from domain.contacts.new_contact import Kind
from domain.contacts.selection import Selection
from domain.dependencies import Dependencies
from domain.errors import NotAllowed
from storage.contact_sql import Chosen
from storage.models import Login
from tests.domain.activity.test_access_report import given_one_of_each
from tests.factories import audit_rows, given_contact, given_owner, given_staff
from tests.support.clock import FixedClock

TIMES = [name for name in COLUMNS if name.endswith('_at')]


async def csv_rows(deps: Dependencies, chosen: Chosen) -> list[dict[str, str]]:
    raw = b''.join([part async for part in await access_report_csv(deps, SystemActor(), chosen)])
    return list(csv.DictReader(io.StringIO(raw.decode('utf-8-sig'), newline='')))


async def sheet_rows(deps: Dependencies, chosen: Chosen) -> list[dict[str, Any]]:
    raw = b''.join([part async for part in await access_report_xlsx(deps, SystemActor(), chosen)])
    (sheet,) = openpyxl.load_workbook(io.BytesIO(raw)).worksheets
    head, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip((str(name) for name in head), row, strict=True)) for row in rows]


FILTERS = [
    ({'status': 'joined'}, {'joined'}),
    ({'access': 'yes', 'joined': 'no'}, {'not_invited', 'invited', 'invite_expired'}),
    ({'search': 'F f@x'}, {'revoked'}),
    ({'mail': 'no_address'}, {'not_invited'}),
    ({'kind': 'organisation'}, set()),
    ({'signed_in_after': '2026-03-09'}, {'joined', 'revoked'}),
    ({'signed_in_before': '2026-03-09'}, set()),
    ({}, {'no_access', 'not_invited', 'invited', 'invite_expired', 'joined', 'revoked'}),
]


@pytest.mark.parametrize(('query', 'statuses'), FILTERS)
async def test_a_filter_holds_for_screen_file_sheet_and_totals(
    deps: Dependencies, clock: FixedClock, query: dict[str, str], statuses: set[str]
) -> None:
    """What the contact list shows is what is reported, in every form, and what is counted."""
    await given_one_of_each(deps, clock)
    chosen = Selection(fits=ContactFilter.from_query(query)).chosen()
    rows = await csv_rows(deps, chosen)
    assert {row['status'] for row in rows} == statuses
    page = await report_page(deps, SystemActor(), 0, chosen)
    assert [list(row.values()) for row in rows] == [list(row) for row in page.rows]
    assert page.by_status == dict.fromkeys(statuses, 1)
    assert page.total == len(statuses)
    assert [row['contact_id'] for row in await sheet_rows(deps, chosen)] == [int(row['contact_id']) for row in rows]


async def test_chosen_contacts_alone(deps: Dependencies, clock: FixedClock) -> None:
    """Those that were ticked, or all that fit but for some."""
    ids = await given_one_of_each(deps, clock)
    ticked = Selection(ids=(ids['joined'], ids['revoked'], 4711))
    assert {row['status'] for row in await csv_rows(deps, ticked.chosen())} == {'joined', 'revoked'}
    others = Selection(fits=ContactFilter(access='yes'), but=(ids['joined'], ids['invited']))
    expected = {'not_invited', 'invite_expired'}
    assert {row['status'] for row in await sheet_rows(deps, others.chosen())} == expected
    assert await csv_rows(deps, Selection().chosen()) == [], 'nobody is nobody, not everybody'


async def test_the_sheet_holds_what_the_file_holds(deps: Dependencies, clock: FixedClock) -> None:
    """Typed: numbers are numbers, moments dates in UTC, everything else the very words, formulas as they stand."""
    await given_one_of_each(deps, clock)
    await given_contact(deps, '=SUM(A1)', '+x@x.example', kind=Kind.ORGANISATION, organisation='@evil', access=False)
    await Login.filter(email='e@x.example').update(password_hash='x', totp_enrolled_at=clock.now())
    flat, typed = await csv_rows(deps, Chosen()), await sheet_rows(deps, Chosen())
    assert len(flat) == len(typed) == 7
    assert list(typed[0]) == list(COLUMNS)
    for text, cells in zip(flat, typed, strict=True):
        assert isinstance(cells['contact_id'], int)
        assert isinstance(cells['active_sessions'], int)
        for name, cell in cells.items():
            expected = text[name][1:] if text[name][:1] == "'" else text[name]
            if name in TIMES and expected:
                assert isinstance(cell, datetime)
                assert cell.replace(tzinfo=UTC) == datetime.fromisoformat(expected), name
            else:
                assert str('' if cell is None else cell) == expected, name
    assert any(row['two_factor_enrolled_at'] for row in typed)


async def test_rows_from_anywhere(deps: Dependencies) -> None:
    """A page begins where it is asked to, and behind the last row is nothing."""
    for number in range(3):
        await given_contact(deps, f'Client {number}', '')
    names = [row[1] for row in await report_rows(deps, SystemActor(), 1)]
    assert names == ['Client 1', 'Client 2']
    assert await report_rows(deps, SystemActor(), 3) == ()
    assert len(await report_rows(deps, SystemActor(), -5)) == 3


async def test_what_was_exported_is_on_record(deps: Dependencies) -> None:
    """R59: who, in which form, and whom."""
    owner = await given_owner(deps)
    chosen = Selection(fits=ContactFilter(status='joined')).chosen()
    await access_report(deps, owner, FileFormat.XLSX, chosen, {'status': 'joined'})
    (row,) = await audit_rows(AuditKind.REPORT_EXPORTED)
    assert (row.actor_id, row.detail) == (owner.staff_id, {'format': 'xlsx', 'filter': {'status': 'joined'}})


@pytest.mark.parametrize('file_format', FileFormat)
async def test_staff_may_not_export(deps: Dependencies, file_format: FileFormat) -> None:
    """R57: refused before the first byte, and nothing is on record."""
    actor = await given_staff(deps, Role.STAFF)
    with pytest.raises(NotAllowed):
        await access_report(deps, actor, file_format)
    assert await audit_rows(AuditKind.REPORT_EXPORTED) == []
