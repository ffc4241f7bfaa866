"""Separated values as records, however they come in and however broken they are."""

import csv
import io
import random

import pytest

from domain.contacts.importing import records as module
from domain.contacts.importing.records import LONGEST_RECORD, Record, RecordFault
from domain.file_errors import FileFault, ImportFileRefused
from tests.domain.contacts.importing.files import cells, records


@pytest.mark.parametrize('end', ['\n', '\r\n', '\r'])
@pytest.mark.parametrize('delimiter', [',', ';', '\t'])
def test_cells_of_every_kind(end: str, delimiter: str) -> None:
    """RFC 4180: quoted delimiters, quotes and line ends; the last line needs no end; blank rows are left out."""
    rows = [
        ['a', '', ' b ', 'ü'],
        [f'with{delimiter}it', 'say "hi"', f'two{end}lines', f'"{end}{end}"'],
        ['one'],
        ["12' pipe", 'x'],
    ]
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=end).writerows(rows)
    text = out.getvalue()
    assert cells(records(text, delimiter)) == rows
    assert cells(records(text.removesuffix(end), delimiter)) == rows
    assert cells(records(f'{end}{text}{end} {end}{delimiter}{delimiter}{end}', delimiter)) == rows


def test_lines_are_those_of_the_file() -> None:
    """Each record says in which line it begins, blank lines and lines within cells counted."""
    assert [one.line for one in records('a\n\n"b\nb"\nc\r\rd\r\n\r\ne')] == [1, 3, 5, 7, 9]


def test_letters_that_end_no_line() -> None:
    """Only CR and LF do: what other programs take for a line end is a letter of a cell."""
    text = 'a\x0bb\x0cc\x1dd\x85e\u2028f,g'
    assert cells(records(text)) == [text.split(',')]


def test_any_text_is_read_as_the_standard_library_reads_it() -> None:
    """Where no quote is broken; and in pieces of any size as in one."""
    chance = random.Random(7)
    compared = 0
    for _ in range(3_000):
        text = ''.join(chance.choice('ab",\n\r" ') for _ in range(chance.randint(0, 30)))
        whole = records(text)
        assert records(text, piece=chance.randint(1, 5)) == whole, repr(text)
        if not any(one.fault for one in whole):
            known = csv.reader(io.StringIO(text, newline=''))
            assert cells(whole) == [row for row in known if ''.join(row).strip()], repr(text)
            compared += 1
    assert compared > 500


@pytest.mark.parametrize(
    ('text', 'faults'),
    [
        ('n,e\n"Acme,1\nb,2\n', {2}),
        ('n,e\n"Acme,1\nb,2\n"d",4\ne,5\n', {2}),
        ('n,e\n"Acme" Inc,1\nb,2\n', {2}),
        ('n,e\na,"1\n"b,2\nc,3\n', {2, 3}),
        ('n,e\n"', {2}),
        ('"', {1}),
    ],
)
def test_a_broken_quote_costs_its_row(text: str, faults: set[int]) -> None:
    """The row it begins in, and no other."""
    read = records(text)
    assert {one.line for one in read if one.fault is RecordFault.QUOTES} == faults
    good = [one.cells for one in read if not one.fault]
    assert good == [row.replace('"', '').split(',') for number, row in enumerate(text.split('\n'), 1)
                    if row and number not in faults]  # fmt: skip


def test_what_stands_behind_a_broken_quote_is_doubtful() -> None:
    """It may be a part of what the quote opened; what comes later is not."""
    read = records('n\n"a\nb\nc" d\ne\n')
    assert [(one.line, one.fault is not None, one.is_doubtful) for one in read] == [
        (1, False, False), (2, True, False), (3, False, True), (4, False, True), (5, False, False)
    ]  # fmt: skip


def test_signs_of_inches_break_nothing() -> None:
    """A quote within a cell that is not quoted is a letter, beside a cell of several lines too."""
    assert cells(records('a,b\n"two\nlines",12" pipe\n12",3" 4"\n')) == [
        ['a', 'b'], ['two\nlines', '12" pipe'], ['12"', '3" 4"']
    ]  # fmt: skip


def test_a_cell_of_a_megabyte() -> None:
    """Quoted and with lines or not, in one piece or many."""
    big = 'x' * 2**20
    lines = '\n'.join(['line'] * 200_000)
    for cell in (big, f'"{big}"', f'"{lines}"'):
        read = records(f'a,b\n{cell},1\nc,2\n', piece=65_536)
        assert [len(one.cells) for one in read] == [2, 2, 2]
        assert read[1].cells[0] == cell.strip('"')
        assert read[2].cells == ['c', '2']


def test_a_row_without_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused and let go of, and reading goes on behind it."""
    monkeypatch.setattr(module, 'LONGEST_RECORD', 1_000)
    assert LONGEST_RECORD > 2**20
    read = records(f'a,b\n{"x" * 5_000},1\nc,2\n', piece=100)
    assert [(one.line, one.fault) for one in read] == [(1, None), (2, RecordFault.TOO_LONG), (3, None)]
    read = records('a,b\n"' + 'x\n' * 3_000 + 'y,2\n', piece=100)
    assert read[1] == Record(2, ['"x'], RecordFault.QUOTES)
    assert read[-1].cells == ['y', '2']


def test_quotes_that_fit_nowhere_end_the_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody makes us read a file over and over."""
    monkeypatch.setattr(module, 'LONGEST_RECORD', 2_000)
    with pytest.raises(ImportFileRefused) as raised:
        records('a","x\n' * 2_000, piece=4_096)
    assert raised.value.fault is FileFault.QUOTES
