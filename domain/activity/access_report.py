"""The access report: one row per contact, who may sign in, who did, how, last when. Columns as others rely on them.

Who is in it is handed in as storage understands it (`Chosen`): the filters of the contact list know themselves how to
say that, and so do contacts that somebody ticked.
"""

import csv
import io
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from domain.activity.report_xlsx import SheetColumn, to_xlsx
from domain.actors import Actor
from domain.audit import AuditKind, record
from domain.authorization import Permission, authorise
from domain.dependencies import Dependencies
from domain.spreadsheet_cells import MAY_RUN, harmless
from domain.unit_of_work import deed, unit_of_work
from storage import contact_counts
from storage.contact_sql import Chosen
from storage.report_sql import COLUMNS, EVERYBODY, read_report_page, report_sql
from storage.streams import stream

__all__ = [
    'COLUMNS', 'PAGE_SIZE', 'FileFormat', 'ReportPage', 'access_report', 'access_report_csv', 'access_report_xlsx',
    'harmless', 'report_page', 'report_rows', 'to_csv',
]  # fmt: skip

Chunks = AsyncGenerator[bytes, None]
BOM = '\ufeff'
PAGE_SIZE = 50
SHEET = 'Access report'
_TYPED_BY_PEOPLE = tuple(COLUMNS.index(name) for name in ('name', 'organisation', 'email', 'login_email', 'invited_by'))
_MOMENTS = frozenset(name for name in COLUMNS if name.endswith('_at'))
_NUMBERS = frozenset(('contact_id', 'active_sessions'))
_WIDTHS = {'name': 32, 'organisation': 28, 'email': 34, 'login_email': 34, 'invited_by': 24, 'last_sign_in_method': 20}
SHEET_COLUMNS = tuple(
    SheetColumn(name, 'moment', 26)
    if name in _MOMENTS
    else SheetColumn(name, 'number' if name in _NUMBERS else 'text', _WIDTHS.get(name, 16))
    for name in COLUMNS
)


class FileFormat(StrEnum):
    """What the report leaves as; the value is how the file's name ends."""

    CSV = 'csv'
    XLSX = 'xlsx'


@dataclass(frozen=True)
class ReportPage:
    """The report on screen: a page of rows in the order of `COLUMNS`, and totals."""

    rows: tuple[tuple[str, ...], ...]
    total: int
    by_status: dict[str, int]
    offset: int


async def report_page(deps: Dependencies, actor: Actor, offset: int = 0, chosen: Chosen = EVERYBODY) -> ReportPage:
    """A page of the report as it is now, with its totals. Raises NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.EXPORT_REPORT)
    by_status = await contact_counts.count_chosen(chosen, deps.clock.now())
    total = sum(by_status.values())
    first = max(0, min(offset, (total - 1) // PAGE_SIZE * PAGE_SIZE)) if total else 0
    return ReportPage(await report_rows(deps, actor, first, chosen), total, by_status, first)


async def report_rows(
    deps: Dependencies, actor: Actor, offset: int = 0, chosen: Chosen = EVERYBODY
) -> tuple[tuple[str, ...], ...]:
    """`PAGE_SIZE` rows of the report from `offset` on, as they are now. Cancelling the caller ends the reading.

    Raises NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.EXPORT_REPORT)
    rows = await read_report_page(chosen, deps.clock.now(), limit=PAGE_SIZE, offset=max(0, offset))
    return tuple(tuple(map(str, row)) for row in rows)


async def access_report(
    deps: Dependencies,
    actor: Actor,
    file_format: FileFormat,
    chosen: Chosen = EVERYBODY,
    asked: Mapping[str, str] | None = None,
) -> Chunks:
    """The report of these contacts as a file, in chunks. `asked` is how they were chosen, in words, for the record.

    CSV: UTF-8 with BOM, CRLF, RFC 4180. XLSX: domain/activity/report_xlsx.py. The export itself is recorded. Permission
    is checked before the first chunk is asked for. Raises NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.EXPORT_REPORT)
    await _record_export(deps, actor, file_format, asked or {})
    now = deps.clock.now()
    if file_format is FileFormat.CSV:
        sql, values = report_sql(chosen)
        return _as_csv(stream(sql, [now, *values], to_csv, is_download=True))
    sql, values = report_sql(chosen, typed=True)
    return to_xlsx(stream(sql, [now, *values], lambda rows: rows, is_download=True), SHEET_COLUMNS, SHEET)


async def access_report_csv(deps: Dependencies, actor: Actor, chosen: Chosen = EVERYBODY) -> Chunks:
    """`access_report` as CSV."""
    return await access_report(deps, actor, FileFormat.CSV, chosen)


async def access_report_xlsx(deps: Dependencies, actor: Actor, chosen: Chosen = EVERYBODY) -> Chunks:
    """`access_report` as a spreadsheet."""
    return await access_report(deps, actor, FileFormat.XLSX, chosen)


async def _as_csv(parts: Chunks) -> Chunks:
    async with aclosing(parts):
        yield (BOM + ','.join(COLUMNS) + '\r\n').encode()
        async for part in parts:
            yield part


def to_csv(rows: Sequence[Sequence[Any]]) -> bytes:
    """Rows as CSV, cells made harmless."""
    text = io.StringIO()
    dangerous = MAY_RUN
    name, organisation, email, login_email, invited_by = _TYPED_BY_PEOPLE
    safe: list[Sequence[Any]] = []
    for row in rows:
        if (
            row[name][:1] in dangerous
            or row[organisation][:1] in dangerous
            or row[email][:1] in dangerous
            or row[login_email][:1] in dangerous
            or row[invited_by][:1] in dangerous
        ):
            safe.append([harmless(cell) if index in _TYPED_BY_PEOPLE else cell for index, cell in enumerate(row)])
        else:
            safe.append(row)
    csv.writer(text, lineterminator='\r\n').writerows(safe)
    return text.getvalue().encode()


@deed
async def _record_export(deps: Dependencies, actor: Actor, file_format: FileFormat, asked: Mapping[str, str]) -> None:
    async with unit_of_work(deps) as work:
        await record(work, AuditKind.REPORT_EXPORTED, actor, format=file_format.value, filter=dict(asked))
