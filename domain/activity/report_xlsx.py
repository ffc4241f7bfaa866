"""The access report as a spreadsheet: XLSX with typed cells, memory flat whatever the length.

Rows go to files in a folder of their own and are packed once the last one is written, so nothing leaves before that.
All of it runs in threads. Whoever stops taking the file stops the work within a fraction of a second, and the folder
goes. The file itself never has a name, so that nothing of it is left even after a kill.

Each sheet begins with the names of the columns, which stay in sight and can be filtered by. Moments are dates of the
spreadsheet, in UTC, which their format says; what people typed is text whatever it begins with (R52).
"""

import asyncio
import errno
import re
import tempfile
import threading
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import IO, Any, Literal
from weakref import WeakKeyDictionary

from xlsxwriter import Workbook
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.worksheet import Worksheet

from domain.view_errors import NoRoom

Rows = Sequence[Sequence[Any]]
CellKind = Literal['text', 'number', 'moment']

MEDIA_TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'
MOST_ROWS = 1_048_575  # on one sheet, below the names of the columns; what follows goes on another sheet
MOST_AT_ONCE = 2  # files that are put together; the next one waits for its turn
CHUNK = 1 << 17  # bytes
A_STRETCH = 20  # rows, after which the event loop gets the interpreter if it wants it: a thread gives it up too rarely
A_BREATH = 0.0001  # seconds
EPOCH = 25_569  # 1970-01-01 as a spreadsheet counts days
MOMENT = 'yyyy-mm-dd hh:mm:ss "UTC"'
_NOT_IN_XML = re.compile('[\ufffe\uffff\ud800-\udfff]')
_turns_of: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()
_ending: set[asyncio.Task[None]] = set()


@dataclass(frozen=True)
class SheetColumn:
    """A column: its name, what its cells are, and how many letters wide it stands there."""

    name: str
    kind: CellKind = 'text'
    width: int = 16


class Stopped(Exception):
    """Nobody wants the file any more."""


async def to_xlsx(
    rows: AsyncGenerator[Rows, None], columns: Sequence[SheetColumn], title: str
) -> AsyncGenerator[bytes, None]:
    """The file in chunks; closing the iterator ends the work, wherever it is. `title` names the sheets.

    Cells are str, int, or for moments whole seconds since 1970; '' and None leave a cell empty. Raises NoRoom where the
    disk is full, before the first chunk.
    """
    book = Spreadsheet(columns, title)
    building = asyncio.create_task(_build(book, rows))
    try:
        file = await _made(building)
        while part := await asyncio.to_thread(file.read, CHUNK):
            yield part
    finally:
        book.stop()
        building.cancel()
        ending = asyncio.create_task(_put_away(book, building))  # a request that ends is cancelled again and again
        _ending.add(ending)
        ending.add_done_callback(_ending.discard)
        await asyncio.shield(ending)


async def _made(building: 'asyncio.Task[IO[bytes]]') -> IO[bytes]:
    try:
        return await asyncio.shield(building)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoRoom from error
        raise


async def _build(book: 'Spreadsheet', rows: AsyncGenerator[Rows, None]) -> IO[bytes]:
    """A turn is held no longer than this takes: whoever takes the file, takes it as slowly as their line is."""
    async with _turns(), aclosing(rows):
        async for part in rows:
            await asyncio.to_thread(book.add, part)
        return await asyncio.to_thread(book.finish)


async def _put_away(book: 'Spreadsheet', building: 'asyncio.Task[IO[bytes]]') -> None:
    await asyncio.wait([building])
    if not building.cancelled():
        building.exception()  # told to whoever waited for the file, if anybody still does
    await asyncio.to_thread(book.put_away)


def _turns() -> asyncio.Semaphore:
    """One for each event loop, since a semaphore belongs to one."""
    return _turns_of.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(MOST_AT_ONCE))


class Spreadsheet:
    """A file that is being written. Every method may be called from another thread, and blocks; `stop` never does."""

    def __init__(self, columns: Sequence[SheetColumn], title: str) -> None:
        """Nothing is on disk yet. `title` has 25 letters at most: a sheet's name may have 31."""
        self._columns, self._title = columns, title
        self._stopped = threading.Event()
        self._busy = threading.Lock()
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._file: IO[bytes] | None = None
        self._watched: list[_Watched] = []
        self._book: Workbook | None = None
        self._sheet: Worksheet | None = None
        self._line = 0  # the one written last; 0 are the names of the columns
        self._writers: list[tuple[int, CellKind]] = [(at, column.kind) for at, column in enumerate(columns)]

    def add(self, rows: Rows) -> None:
        """Write these rows. Raises Stopped, OSError when there is no room."""
        with self._busy:
            if self._sheet is None:
                self._begin()
            for row in rows:
                self._go_on()
                if self._line >= MOST_ROWS:
                    self._close_sheet()
                    self._begin_sheet()
                self._line += 1
                self._write(row)
                if self._line % A_STRETCH == 0:
                    time.sleep(A_BREATH)

    def finish(self) -> IO[bytes]:
        """The whole file, at its beginning. Raises Stopped, OSError."""
        with self._busy:
            if self._sheet is None:
                self._begin()
            self._close_sheet()
            assert self._book and self._file
            try:
                self._book.close()
            except FileCreateError as error:
                self._let_go()
                raise (error.args[0] if isinstance(error.args[0], OSError) else OSError(str(error))) from error
            except BaseException:
                self._let_go()
                raise
            self._file.seek(0)
            return self._file

    def stop(self) -> None:
        """Whatever is under way in another thread ends with Stopped, soon."""
        self._stopped.set()

    def put_away(self) -> None:
        """Leave nothing behind, once what is under way has ended."""
        with self._busy:
            self._let_go()
            if self._folder is not None:
                self._folder.cleanup()

    def _go_on(self) -> None:
        if self._stopped.is_set():
            raise Stopped

    def _let_go(self) -> None:
        for file in self._watched:
            file.let_go()

    def _watch(self, file: Any) -> '_Watched':
        self._watched.append(_Watched(file, self._go_on))
        return self._watched[-1]

    def _begin(self) -> None:
        self._go_on()
        self._folder = tempfile.TemporaryDirectory(prefix='foyer-report-')
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by put_away
        options = {'constant_memory': True, 'tmpdir': self._folder.name}
        self._book = Workbook(self._watch(self._file), options)
        self._book.use_zip64()  # written where a sheet is larger than 2 GiB, and not otherwise
        self._book.set_properties({'title': self._title})
        self._head = self._book.add_format({'bold': True, 'bottom': 1})
        self._moment = self._book.add_format({'num_format': MOMENT, 'align': 'left'})
        self._begin_sheet()

    def _begin_sheet(self) -> None:
        assert self._book
        number = len(self._book.worksheets()) + 1
        self._sheet = self._book.add_worksheet(self._title if number == 1 else f'{self._title} {number}')
        # XlsxWriter's own: while the file is packed it copies the rows from here, a gigabyte of them for a million.
        self._sheet.row_data_fh = self._watch(self._sheet.row_data_fh)
        self._sheet.freeze_panes(1, 0)
        self._line = 0
        for at, column in enumerate(self._columns):
            self._sheet.set_column(at, at, column.width)
            self._sheet.write_string(0, at, column.name, self._head)
            if column.kind == 'moment':
                self._sheet.write_comment(0, at, 'UTC', {'author': '', 'width': 60, 'height': 24})

    def _close_sheet(self) -> None:
        """What stands after the rows."""
        assert self._sheet
        self._sheet.autofilter(0, 0, self._line, len(self._columns) - 1)

    def _write(self, row: Sequence[Any]) -> None:
        sheet, line = self._sheet, self._line
        assert sheet
        for at, kind in self._writers:
            cell = row[at]
            if cell is None or cell == '':
                continue
            if kind == 'text':
                sheet.write_string(line, at, _as_text(cell))
            elif kind == 'number':
                sheet.write_number(line, at, cell)
            else:
                sheet.write_number(line, at, cell / 86_400 + EPOCH, self._moment)


def _as_text(cell: str) -> str:
    """As it stands, but for what no XML may hold."""
    if not cell.isprintable():
        cell = _NOT_IN_XML.sub('\ufffd', cell)
    if cell.startswith('<r>') and cell.endswith('</r>'):  # which XlsxWriter takes for markup of its own
        inside = cell.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;')
        return f'<r><t xml:space="preserve">{inside}</t></r>'
    return cell


class _Watched:
    """A file of which every piece that is read or written asks first whether to go on."""

    def __init__(self, file: Any, go_on: Callable[[], None]) -> None:
        self._file, self._go_on = file, go_on

    def write(self, data: Any) -> int:
        self._go_on()
        return int(self._file.write(data))

    def read(self, size: int = -1) -> Any:
        self._go_on()
        return self._file.read(size)

    def let_go(self) -> None:
        """Close it. What still comes goes nowhere: a zip file that was broken off ends itself when it is freed."""
        self._file.close()
        self._file, self._go_on = _Nowhere(), lambda: None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


class _Nowhere:
    """A file that keeps nothing but its place."""

    _at = 0

    def write(self, data: Any) -> int:
        self._at += len(data)
        return len(data)

    def read(self, _: int) -> bytes:
        return b''

    def seek(self, at: int) -> int:
        self._at = at
        return at

    def tell(self) -> int:
        return self._at

    def flush(self) -> None: ...

    def close(self) -> None: ...
