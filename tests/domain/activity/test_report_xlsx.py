"""The spreadsheet: its cells as another program reads them, its sheets, and that nothing is left of one broken off."""

import asyncio
import io
import os
import tempfile
import threading
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.utils.escape import unescape
from openpyxl.worksheet.worksheet import Worksheet

from domain.activity import report_xlsx
from domain.activity.report_xlsx import Rows, SheetColumn, Spreadsheet, Stopped, to_xlsx
from domain.view_errors import NoRoom

COLUMNS = (SheetColumn('id', 'number', 8), SheetColumn('name', width=30), SheetColumn('at', 'moment', 24))
NINE_O_CLOCK = 1_772_442_000  # 2026-03-02 09:00:00 UTC


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where everything temporary goes."""
    made = tmp_path / 'temporary'
    made.mkdir()
    monkeypatch.setattr(tempfile, 'tempdir', str(made))
    return made


async def of(*parts: Rows) -> AsyncGenerator[Rows, None]:
    for part in parts:
        yield part


async def bytes_of(*parts: Rows) -> bytes:
    return b''.join([part async for part in to_xlsx(of(*parts), COLUMNS, 'Access report')])


async def sheets_of(*parts: Rows) -> list[Worksheet]:
    return openpyxl.load_workbook(io.BytesIO(await bytes_of(*parts))).worksheets


def cells(sheet: Worksheet) -> list[tuple[Any, ...]]:
    return list(sheet.iter_rows(values_only=True))


async def test_the_sheet(folder: Path) -> None:
    """Names of the columns in sight and to filter by, widths, dates that are dates and say their zone."""
    (sheet,) = await sheets_of([(1, 'Ann', NINE_O_CLOCK)], [(2, 'Ben', None), (3, '', NINE_O_CLOCK + 1)])
    assert cells(sheet) == [
        ('id', 'name', 'at'),
        (1, 'Ann', datetime.fromisoformat('2026-03-02 09:00:00')),
        (2, 'Ben', None),
        (3, None, datetime.fromisoformat('2026-03-02 09:00:01')),
    ]
    assert sheet.title == 'Access report'
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ('A2', 'A1:C4')
    assert [round(sheet.column_dimensions[letter].width) for letter in 'ABC'] == [9, 31, 25]
    moment = sheet['C2']
    assert moment.is_date
    assert 'UTC' in moment.number_format
    assert sheet['C1'].comment
    assert sheet['C1'].comment.text == 'UTC'
    assert sheet['A1'].comment is None
    assert list(folder.iterdir()) == []


async def test_nothing_is_a_header_that_can_be_filtered_by() -> None:
    """A firm without contacts."""
    (sheet,) = await sheets_of()
    assert cells(sheet) == [('id', 'name', 'at')]


@pytest.mark.parametrize(
    'typed',
    [
        '=HYPERLINK("http://evil.example","x")', '+1', '-1', '@SUM(A1)', '\t=1', '＝1', '123', '2026-03-02', 'TRUE',
        'http://evil.example', 'internal:Sheet!A1', '{=1}', '<r>x</r>', '<r><t>&amp;</t></r>', '_x0041_', ' a ', 'שרה',
        '🦊 & <b>"', "'quoted'", 'a\x01b', 'a\nb', '#N/A',
    ],
)  # fmt: skip
async def test_what_people_typed_is_text_as_it_stands(typed: str) -> None:
    """R52: nothing runs, nothing is added, no markup slips in."""
    (sheet,) = await sheets_of([(1, typed, None)])
    cell = sheet['B2']
    assert (unescape(cell.value), cell.data_type, cell.hyperlink) == (typed, 's', None)


async def test_what_no_xml_may_hold_does_not_break_the_file() -> None:
    (sheet,) = await sheets_of([(1, 'a\uffffb\ufffe', None)])
    assert sheet['B2'].value == 'a\ufffdb\ufffd'


async def test_more_than_a_sheet_holds_goes_on_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each sheet with its own names of the columns, filter and frozen line."""
    assert report_xlsx.MOST_ROWS == 2**20 - 1, 'what a spreadsheet can show, less the names of the columns'
    monkeypatch.setattr(report_xlsx, 'MOST_ROWS', 3)
    sheets = await sheets_of([(one, f'Client {one}', NINE_O_CLOCK) for one in range(1, 6)], [(6, 'x', 0), (7, 'y', 0)])
    assert [sheet.title for sheet in sheets] == ['Access report', 'Access report 2', 'Access report 3']
    assert [[row[0] for row in cells(sheet)] for sheet in sheets] == [['id', 1, 2, 3], ['id', 4, 5, 6], ['id', 7]]
    assert [sheet.freeze_panes for sheet in sheets] == ['A2'] * 3
    assert [sheet.auto_filter.ref for sheet in sheets] == ['A1:C4', 'A1:C4', 'A1:C2']


# ── Broken off ──


class Slow:
    """Rows without end, and whether somebody still asks for them."""

    def __init__(self) -> None:
        self.asked = 0
        self.closed = False

    async def rows(self) -> AsyncGenerator[Rows, None]:
        try:
            while True:
                self.asked += 1
                yield [(one, 'x' * 200, NINE_O_CLOCK) for one in range(200)]
                await asyncio.sleep(0)
        finally:
            self.closed = True


async def until_empty(folder: Path) -> None:
    async with asyncio.timeout(2):
        while list(folder.iterdir()):  # noqa: ASYNC110 - a thread's doing
            await asyncio.sleep(0.01)


async def test_a_reader_that_goes_away_ends_the_work(folder: Path) -> None:
    """Cancelled in the middle: no more rows are read, and no file is left, within a second."""
    slow = Slow()

    async def read() -> None:
        async with aclosing(to_xlsx(slow.rows(), COLUMNS, 'Access report')) as parts:
            async for _ in parts:
                raise AssertionError('it never ends')

    reader = asyncio.create_task(read())
    while slow.asked < 5:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    assert list(folder.iterdir())
    began = time.monotonic()
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    await until_empty(folder)
    assert time.monotonic() - began < 1
    asked = slow.asked
    await asyncio.sleep(0.05)
    assert slow.closed
    assert slow.asked == asked


async def test_a_reader_that_takes_a_part_and_goes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_xlsx, 'CHUNK', 1_000)
    parts = to_xlsx(of([(1, 'Ann', None)]), COLUMNS, 'Access report')
    assert len(await anext(parts)) == 1_000
    await parts.aclose()
    await until_empty(folder)
    assert await bytes_of()


async def test_one_that_waits_for_its_turn_can_go_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many are put together at once; the next waits, and a wait that is given up takes nobody's turn."""
    slow = [Slow() for _ in range(report_xlsx.MOST_AT_ONCE + 1)]
    tasks = [asyncio.create_task(anext(to_xlsx(one.rows(), COLUMNS, 'Report'))) for one in slow]
    while not all(one.asked for one in slow[:-1]):  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    assert slow[-1].asked == 0
    for task in reversed(tasks):
        task.cancel()
    await asyncio.wait(tasks, timeout=5)
    async with asyncio.timeout(5):
        assert await bytes_of()


async def test_files_that_are_taken_slowly_keep_nobody_waiting() -> None:
    """Turns are for putting together: however many take their file as slowly as they like, the next one is begun."""
    taken = [to_xlsx(of([(1, 'Ann', None)]), COLUMNS, 'Report') for _ in range(report_xlsx.MOST_AT_ONCE)]
    for parts in taken:
        await anext(parts)
    try:
        async with asyncio.timeout(10):
            assert await bytes_of()
    finally:
        for parts in taken:
            await parts.aclose()


@pytest.fixture
def large() -> Iterator[Spreadsheet]:
    """Some megabytes, ready to be packed."""
    book = Spreadsheet(COLUMNS, 'Access report')
    book.add([(one, os.urandom(100).hex(), NINE_O_CLOCK) for one in range(12_000)])
    yield book
    book.put_away()


@pytest.mark.parametrize('after', [0.001, 0.02, 0.06])
def test_packing_stops_too(large: Spreadsheet, folder: Path, after: float) -> None:
    """Once all rows are there, what remains is copying and compressing: it stops wherever it is."""
    threading.Timer(after, large.stop).start()
    with pytest.raises(Stopped):
        large.finish()
    large.put_away()
    assert list(folder.iterdir()) == []


def test_copying_the_rows_stops_at_the_next_piece(large: Spreadsheet, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gigabyte for a million rows, which XlsxWriter copies before it compresses anything."""
    asked, read = [], report_xlsx._Watched.read

    def stop_and_read(file: report_xlsx._Watched, size: int = -1) -> object:
        asked.append(size)
        large.stop()
        return read(file, size)

    monkeypatch.setattr(report_xlsx._Watched, 'read', stop_and_read)
    with pytest.raises(Stopped):
        large.finish()
    assert len(asked) == 1


async def test_a_fault_of_the_source_reaches_the_reader(folder: Path) -> None:
    async def broken() -> AsyncGenerator[Rows, None]:
        yield [(1, 'Ann', None)]
        raise OSError('the line is cut')

    with pytest.raises(OSError, match='the line is cut'):
        await anext(to_xlsx(broken(), COLUMNS, 'Access report'))
    await until_empty(folder)


async def test_a_full_disk_is_said_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it is packed, or before: said as what it is, and nothing is left."""

    class Full(io.BytesIO):
        def write(self, _: object) -> int:
            raise OSError(28, 'No space left on device')

    monkeypatch.setattr(report_xlsx.tempfile, 'TemporaryFile', Full)
    with pytest.raises(NoRoom):
        await bytes_of([(1, 'Ann', None)])
    await until_empty(folder)
