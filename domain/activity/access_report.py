"""The access report: one row per contact, who may sign in, who did, how, last when. Columns as others rely on them."""

import csv
import io
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from domain.actors import Actor
from domain.audit import AuditKind, record
from domain.authorization import Permission, authorise
from domain.dependencies import Dependencies
from domain.spreadsheet_cells import MAY_RUN, harmless
from domain.unit_of_work import deed, unit_of_work
from storage import queries
from storage.report_sql import COLUMNS, report_sql
from storage.sql import fetch
from storage.streams import stream

__all__ = ['COLUMNS', 'PAGE_SIZE', 'ReportPage', 'access_report_csv', 'harmless', 'report_page', 'to_csv']

BOM = '\ufeff'
PAGE_SIZE = 50
_TYPED_BY_PEOPLE = tuple(COLUMNS.index(name) for name in ('name', 'organisation', 'email', 'login_email', 'invited_by'))


@dataclass(frozen=True)
class ReportPage:
    """The report on screen: a page of rows in the order of `COLUMNS`, and totals."""

    rows: tuple[tuple[str, ...], ...]
    total: int
    by_status: dict[str, int]
    offset: int


async def report_page(
    deps: Dependencies, actor: Actor, offset: int = 0, by_status: dict[str, int] | None = None
) -> ReportPage:
    """A page of the report as it is now; `by_status` is handed in where several pages share it.

    Raises NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.EXPORT_REPORT)
    now = deps.clock.now()
    if by_status is None:
        by_status = await queries.count_by_status(now)
    total = sum(by_status.values())
    first = max(0, min(offset, (total - 1) // PAGE_SIZE * PAGE_SIZE)) if total else 0
    rows = await fetch(report_sql(page=True), now, PAGE_SIZE, first)
    return ReportPage(tuple(tuple(str(row[name]) for name in COLUMNS) for row in rows), total, by_status, first)


async def access_report_csv(deps: Dependencies, actor: Actor) -> AsyncIterator[bytes]:
    """The whole report as CSV in chunks: UTF-8 with BOM, CRLF, RFC 4180. The export itself is recorded.

    Permission is checked before the first chunk is asked for. Raises NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.EXPORT_REPORT)
    await _record_export(deps, actor)
    return _chunks(deps)


async def _chunks(deps: Dependencies) -> AsyncIterator[bytes]:
    yield (BOM + ','.join(COLUMNS) + '\r\n').encode()
    async for part in stream(report_sql(), [deps.clock.now()], to_csv):
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
async def _record_export(deps: Dependencies, actor: Actor) -> None:
    async with unit_of_work(deps) as work:
        await record(work, AuditKind.REPORT_EXPORTED, actor)
