"""Lists that leave: the contacts in the columns that an import takes, and the rows of a file that did not go in."""

import csv
import io
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import closing
from typing import Any

from domain.actors import Actor
from domain.audit import AuditKind, record
from domain.authorization import Permission, authorise
from domain.contacts.importing.columns import Field
from domain.contacts.importing.layout import Layout
from domain.contacts.importing.plan import Wishes, check_columns
from domain.contacts.importing.preview import walk
from domain.contacts.importing.reading import OpenFile
from domain.contacts.importing.records import Record
from domain.contacts.importing.rows import Refusal, RowFault
from domain.contacts.importing.uploads import Detected, detect, file_of_job
from domain.dependencies import Dependencies
from domain.spreadsheet_cells import harmless
from domain.unit_of_work import deed, unit_of_work
from storage import import_sql
from storage.import_overlay import Overlay
from storage.models import Job
from storage.streams import stream

BOM = '\ufeff'
REASON = 'reason'
Say = Callable[[Sequence[Refusal]], str]
_BATCH = 500  # rows


async def contacts_csv(deps: Dependencies, actor: Actor) -> AsyncIterator[bytes]:
    """All contacts, in the order they came, as CSV in the columns that an import takes: UTF-8 with BOM, CRLF, RFC 4180.

    Imported again it changes nothing, byte for byte. Permission is checked before the first chunk is asked for, and
    that it was exported is recorded. Raises NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.EXPORT_REPORT)
    await _record_export(deps, actor)
    return _contacts()


async def _contacts() -> AsyncIterator[bytes]:
    yield (BOM + ','.join(Field) + '\r\n').encode()
    async for part in stream(import_sql.AS_ROWS, [], _as_csv, is_download=True):
        yield part


def _as_csv(rows: Sequence[Sequence[Any]]) -> bytes:
    return _lines(([harmless(cell) for cell in row] for row in rows), ',')


async def refused_rows(deps: Dependencies, actor: Actor, job_id: int, say: Say) -> AsyncIterator[bytes]:
    """The rows that a run refused, as they stood in the file, and why each did not go in, in a last column.

    `say` puts all that is wrong with a row into words. The delimiter is that of the file; UTF-8 with BOM, cells made
    harmless. Raises ImportFileNotFound when the file has been thrown away, NotAllowed, SignedOut.
    """
    file = await file_of_job(deps, actor, job_id)
    job = await Job.get(id=job_id)
    detected = await detect(deps, actor, file.id, Wishes.from_text(job.params['params']))
    return _refused_by_run(detected, job_id, say)


async def refused_in_preview(
    deps: Dependencies, actor: Actor, file_id: int, wishes: Wishes, say: Say
) -> AsyncIterator[bytes]:
    """The same of a file that was only looked at: the rows that would be refused.

    Raises ImportFileRefused, ImportFileNotFound, NotAllowed, SignedOut.
    """
    detected = await detect(deps, actor, file_id, wishes)
    check_columns(detected.plan, detected.layout)
    return _refused_by_preview(detected, say)


async def _refused_by_preview(detected: Detected, say: Say) -> AsyncIterator[bytes]:
    yield _headers(detected.layout)
    with closing(Overlay()) as overlay:
        async for walked in walk(overlay, detected.file.id, detected.plan, detected.layout):
            if walked.refused:
                yield _refused(walked.refused, detected.layout, say)


async def _refused_by_run(detected: Detected, job_id: int, say: Say) -> AsyncIterator[bytes]:
    yield _headers(detected.layout)
    file = OpenFile(detected.file.id, detected.plan.encoding, detected.layout)
    while records := await file.take(_BATCH):
        first = file.taken - len(records)
        of_row: dict[int, list[Refusal]] = {}
        for row in await import_sql.refusals_between(job_id, first, file.taken):
            refusal = Refusal(row['number'], row['line'], row['header'], RowFault(row['reason']), row['detail'])
            of_row.setdefault(refusal.number, []).append(refusal)
        if of_row:
            yield _refused(
                [(records[number - first], of_row[number]) for number in sorted(of_row)], detected.layout, say
            )


def _headers(layout: Layout) -> bytes:
    return BOM.encode() + _lines([[*map(harmless, layout.headers), REASON]], layout.delimiter.sign)


def _refused(rows: Iterable[tuple[Record, Sequence[Refusal]]], layout: Layout, say: Say) -> bytes:
    width = len(layout.headers)

    def cells() -> Iterable[list[str]]:
        for row, refusals in rows:
            own = [harmless(cell) for cell in row.cells]
            own += [''] * (width - len(own))
            yield [*own[:width], harmless(say(refusals)), *own[width:]]

    return _lines(cells(), layout.delimiter.sign)


def _lines(rows: Iterable[Sequence[str]], delimiter: str) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator='\r\n').writerows(rows)
    return text.getvalue().encode('utf-8', 'replace')


@deed
async def _record_export(deps: Dependencies, actor: Actor) -> None:
    async with unit_of_work(deps) as work:
        await record(work, AuditKind.CONTACTS_EXPORTED, actor)
