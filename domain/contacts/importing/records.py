"""A text of separated values, piece by piece, as records: RFC 4180, with every line end there is.

What stands between quotes may hold line ends, so a quote that is never closed swallows what follows. Such a record is
given up at its first line, and reading goes on at the next: one broken row costs one row.
"""

import csv
import io
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from domain.file_errors import FileFault, ImportFileRefused

LONGEST_RECORD = 4 * 2**20  # characters; more is no row of contacts, or a quote that nobody closes
_READ_AGAIN = 3  # times the text of a file: so much may be read over after quotes that were not closed
_INSIDE_QUOTES = re.compile('"([^"]*(?:""[^"]*)*)("?)')


class RecordFault(StrEnum):
    """Why a row cannot be told apart into cells."""

    QUOTES = 'quotes'
    TOO_LONG = 'too_long'


@dataclass(frozen=True, slots=True)
class Record:
    """A row as it stands in the file. `line` is where it begins, counted from 1.

    `is_doubtful`: it stands behind a quote that was never closed, and may be a part of what that quote opened.
    """

    line: int
    cells: list[str]
    fault: RecordFault | None = None
    is_doubtful: bool = False


class Records:
    """`feed` it text; `finish` it once at the end. Rows without any content are left out."""

    def __init__(self, delimiter: str, *, line: int = 1) -> None:
        """`line` is the number of the first line that is fed."""
        self._delimiter = delimiter
        self._plain = re.compile(f'[^{re.escape(delimiter)}\r\n]*')
        self._line = line  # the number of the next line
        self._rest = ''
        self._skips_rest = False
        self._waiting: deque[str] = deque()  # lines that are read once more
        self._open: list[str] = []  # lines of a record whose quotes are open
        self._open_size = 0
        self._fed = self._again = 0
        self._doubtful_until = 0

    def feed(self, text: str) -> Iterator[Record]:
        """The records that are complete by now. Raises ImportFileRefused for quotes that fit nowhere."""
        self._fed += len(text)
        text = self._rest + text
        end = max(text.rfind('\n'), text.rfind('\r', 0, -1)) + 1  # a CR at the very end may be half of a CRLF
        self._rest = text[end:]
        if end:
            yield from self._take(text[:end])
        if len(self._rest) > LONGEST_RECORD:
            yield from self._give_up_all()
            self._rest, self._skips_rest = '', True

    def finish(self) -> Iterator[Record]:
        """What is left, with the last line, which may lack its end."""
        if self._rest or self._skips_rest:
            yield from self._take(self._rest or '\n')
        yield from self._give_up_all()

    def _take(self, text: str) -> Iterator[Record]:
        for line in io.StringIO(text, newline=''):
            if self._skips_rest:
                self._skips_rest = False
                yield Record(self._line, [line[:200].rstrip('\r\n')], RecordFault.TOO_LONG)
                self._line += 1
                continue
            self._waiting.append(line)
            while self._waiting:
                record = self._next(self._waiting.popleft())
                if record is not None:
                    yield record

    def _give_up_all(self) -> Iterator[Record]:
        while self._open:
            yield self._close() or self._give_up()
            while self._waiting:
                record = self._next(self._waiting.popleft())
                if record is not None:
                    yield record

    def _next(self, line: str) -> Record | None:
        """Take one more line; the record that it completes."""
        self._line += 1
        if not self._open:
            if '"' not in line:
                return self._made(self._line - 1, line.rstrip('\r\n').split(self._delimiter))
            cells = self._quickly(line)
            if cells is not None:
                return self._made(self._line - 1, cells)
        self._open.append(line)
        self._open_size += len(line)
        if len(self._open) > 1 and line.count('"') % 2 == 0:
            return self._give_up() if self._open_size > LONGEST_RECORD else None
        return self._close()

    def _quickly(self, line: str) -> list[str] | None:
        """The cells of a line, where all that is quoted is closed within it."""
        try:
            return next(csv.reader((line,), delimiter=self._delimiter, strict=True))
        except csv.Error:
            return None

    def _close(self) -> Record | None:
        """The record of the open lines, if its quotes are closed by now. Lines that follow it are read once more."""
        text = ''.join(self._open)
        cells: list[str] = []
        place = 0
        while True:
            if text.startswith('"', place):
                found = _INSIDE_QUOTES.match(text, place)
                if found is None or not found[2]:
                    return self._give_up() if self._open_size > LONGEST_RECORD else None
                cells.append(found[1].replace('""', '"'))
            else:
                found = self._plain.match(text, place)
                cells.append(found[0] if found else '')
            place = found.end() if found else place
            if text.startswith(self._delimiter, place):
                place += 1
                continue
            if place < len(text) and text[place] not in '\r\n':
                return self._give_up()
            begins = self._line - len(self._open)
            self._read_again(self._open[self._lines_until(place) :])
            return self._made(begins, cells)

    def _lines_until(self, place: int) -> int:
        """How many of the open lines a record takes that ends at this place of their text."""
        ends = 0
        for number, line in enumerate(self._open, 1):
            ends += len(line)
            if ends > place:
                return number
        return len(self._open)

    def _give_up(self) -> Record:
        """The quotes of a record do not fit: refuse its first line, and read on at the next."""
        begins, first = self._line - len(self._open), self._open[0]
        self._again += self._open_size
        if self._again > _READ_AGAIN * self._fed + LONGEST_RECORD:
            raise ImportFileRefused(FileFault.QUOTES)
        self._doubtful_until = max(self._doubtful_until, self._line - 1)
        self._read_again(self._open[1:])
        return Record(begins, first.rstrip('\r\n').split(self._delimiter), RecordFault.QUOTES)

    def _read_again(self, lines: list[str]) -> None:
        self._line -= len(lines)
        self._waiting.extendleft(reversed(lines))
        self._open, self._open_size = [], 0

    def _made(self, line: int, cells: list[str]) -> Record | None:
        if not any(cell and not cell.isspace() for cell in cells):
            return None
        return Record(line, cells, is_doubtful=line <= self._doubtful_until)
