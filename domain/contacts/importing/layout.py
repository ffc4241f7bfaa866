"""How a file is laid out: its delimiter, its headers, and where its rows begin, told from its first lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from domain.contacts.importing.columns import MOST_COLUMNS, Columns, Field, recognise
from domain.contacts.importing.decoding import legible
from domain.contacts.importing.records import Record, Records
from domain.file_errors import FileFault, ImportFileRefused

LOOKED_AT = 2**20  # characters: enough for headers of any width, and for some rows
_ROWS_LOOKED_AT = 20
LONGEST_SAMPLE = 60  # characters


class Delimiter(StrEnum):
    """What stands between two cells."""

    COMMA = 'comma'
    SEMICOLON = 'semicolon'
    TAB = 'tab'

    @property
    def sign(self) -> str:
        return {Delimiter.COMMA: ',', Delimiter.SEMICOLON: ';', Delimiter.TAB: '\t'}[self]


@dataclass(frozen=True)
class Layout:
    """`line`: the one that the headers are in, counted from 1. `doubled`: headers that two columns have, of which
    therefore neither is taken. `samples`: of each column something that stands in it, short."""

    delimiter: Delimiter
    headers: tuple[str, ...]
    columns: Columns
    doubled: tuple[str, ...]
    line: int
    samples: tuple[str, ...] = ()


def lay_out(beginning: str, delimiter: Delimiter | None = None) -> Layout:
    """The layout of a text that begins like this. `delimiter` when it is known better.

    Raises ImportFileRefused for a text without anything, or with more columns than a list of contacts has.
    """
    skip, line, said = _excel_says(beginning)
    text = beginning[skip:]
    candidates = [delimiter] if delimiter else [said] if said else list(Delimiter)
    looks = [(one, _first_rows(text, one, line)) for one in candidates]
    looks = [(one, rows) for one, rows in looks if rows]
    if not looks:
        raise ImportFileRefused(FileFault.EMPTY)
    best, rows = max(looks, key=lambda look: _how_well(look[1]))
    begins, headers = rows[0].line, rows[0].cells
    if len(headers) > MOST_COLUMNS:
        raise ImportFileRefused(FileFault.TOO_MANY_COLUMNS, f'{MOST_COLUMNS:,}')
    columns, doubled = recognise(headers)
    samples = tuple(_sample(rows[1:], place) for place in range(len(headers)))
    return Layout(best, tuple(map(legible, headers)), columns, doubled, begins, samples)


def _sample(rows: Sequence[Record], place: int) -> str:
    there = (row.cells[place].strip() for row in rows if place < len(row.cells) and row.fault is None)
    return legible(next((cell for cell in there if cell), '')[:LONGEST_SAMPLE])


def _excel_says(text: str) -> tuple[int, int, Delimiter | None]:
    """The line `sep=;` that Excel reads before the headers: its length, the line after it, and what it says."""
    first = text[:20].splitlines(keepends=True)[:1]
    if first and first[0].lower().startswith(('sep=', '"sep=')):
        sign = first[0].strip('"\r\n')[4:5]
        known = {one.sign: one for one in Delimiter}
        if sign in known:
            return len(first[0]), 2, known[sign]
    return 0, 1, None


def _first_rows(text: str, delimiter: Delimiter, line: int) -> list[Record]:
    reader = Records(delimiter.sign, line=line)
    rows: list[Record] = []
    for source in (reader.feed(text), reader.finish()):
        for record in source:
            rows.append(record)
            if len(rows) > _ROWS_LOOKED_AT:
                return rows
    return rows


def _how_well(rows: Sequence[Record]) -> tuple[bool, bool, int, int, int]:
    """How well a delimiter explains the first rows: headers that hold, known ones, then rows as wide as the headers."""
    headers = rows[0].cells
    columns, doubled = recognise(headers)
    known = len(columns.places) + len(doubled)
    alike = sum(1 for row in rows[1:] if len(row.cells) == len(headers)) if len(headers) > 1 else 0
    return rows[0].fault is None, bool(columns.of(Field.NAME)), known, alike, len(headers)
