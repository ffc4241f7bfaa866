"""What a row says of a contact: its cells cleaned and checked by the rules that hold for what staff type."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from domain.addresses import normalise_address
from domain.contacts.importing.columns import Columns, Field
from domain.contacts.importing.decoding import UNREADABLE
from domain.contacts.importing.records import Record, RecordFault
from domain.contacts.new_contact import Kind
from domain.errors import AddressFault, AddressInvalid, TextFault, TextInvalid
from domain.language import language_called
from domain.spreadsheet_cells import as_meant
from domain.texts import LONGEST_NAME, fold, one_line

LONGEST_DETAIL = 200
_BETWEEN_ADDRESSES = ' ::: '  # where Google writes several into one cell; the first is its main one
_YES = frozenset(('yes', 'y', 'true', 't', '1', 'on'))
_NO = frozenset(('no', 'n', 'false', 'f', '0', 'off'))
_KINDS = {
    **dict.fromkeys(('person', 'individual'), Kind.PERSON),
    **dict.fromkeys(('organisation', 'organization', 'company', 'business', 'firm'), Kind.ORGANISATION),
}

T = TypeVar('T')


class RowFault(StrEnum):
    """Why a row does not go in; ui/staff/import_words.py says it."""

    QUOTES = 'quotes'
    ROW_TOO_LONG = 'row_too_long'
    TOO_MANY_CELLS = 'too_many_cells'
    UNREADABLE = 'unreadable'
    NO_NAME = 'no_name'
    TOO_LONG = 'too_long'
    INVISIBLE = 'invisible'
    KIND = 'kind'
    ACCESS = 'access'
    ADDRESS_TOO_LONG = 'address_too_long'
    ADDRESS_SEVERAL = 'address_several'
    ADDRESS_SEVERAL_AT = 'address_several_at'
    ADDRESS_DISPLAY_NAME = 'address_display_name'
    ADDRESS_INVISIBLE = 'address_control_character'
    ADDRESS_NO_AT = 'address_no_at'
    ADDRESS_LOCAL_PART = 'address_local_part'
    ADDRESS_LOCAL_PART_TOO_LONG = 'address_local_part_too_long'
    ADDRESS_DOMAIN = 'address_domain'
    ADDRESS_MIXED_ALPHABETS = 'address_mixed_alphabets'
    SEVERAL_FIT = 'several_fit'
    REPEATED = 'repeated'
    ENTERED = 'entered'
    STUMBLED = 'stumbled'


@dataclass(frozen=True, slots=True)
class Row:
    """A row that can go in. What is empty, or None, the row does not speak of.

    `number` counts the rows after the headers from 0, `line` the lines of the file from 1. `is_about_firm`: the name is
    that of the organisation, for want of a person's. `language` is one of ours; a row that names another has none.
    """

    number: int
    line: int
    name: str
    name_key: str
    email: str
    kind: Kind | None
    organisation: str
    access: bool | None
    external_id: str
    is_about_firm: bool = False
    language: str = ''


@dataclass(frozen=True, slots=True)
class Refusal:
    """One thing that is wrong with a row. `column` is the header it stands under; empty for the row as a whole."""

    number: int
    line: int
    column: str
    reason: RowFault
    detail: str = ''


class RowReader:
    """Turns records into rows."""

    def __init__(self, headers: Sequence[str], columns: Columns) -> None:
        """`columns` have a name among them."""
        self._headers, self._width = headers, len(headers)
        self._places = {part: columns.of(part) for part in Field}
        self._name_parts = self._places[Field.NAME]

    def read(self, number: int, record: Record) -> Row | tuple[Refusal, ...]:
        """The row, or everything that is wrong with it."""
        if fault := self._of_the_record(record):
            return (Refusal(number, record.line, '', fault),)
        cells = record.cells
        wrong: list[Refusal] = []

        def read(part: Field, take: Callable[[str], T], nothing: T) -> T:
            cell = self._cell(cells, part)
            try:
                return take(cell)
            except _Wrong as error:
                fault, about = error.fault, cell
            except TextInvalid as error:
                fault, about = _text_fault(error, cell), f'{error.limit}' if error.limit else ''
            except AddressInvalid as error:
                fault, about = _address_fault(error, cell), cell
            wrong.append(Refusal(number, record.line, self.header(part), fault, _shown(about)))
            return nothing

        organisation = read(Field.ORGANISATION, _organisation, '')
        is_about_firm = len(self._name_parts) > 1 and bool(organisation) and not self._cell(cells, Field.NAME)
        if is_about_firm:
            name, organisation = organisation, ''
        else:
            name = read(Field.NAME, _name, '')
        email = read(Field.EMAIL, _email, '')
        kind = read(Field.KIND, _kind, None)
        access = read(Field.PORTAL_ACCESS, _access, None)
        external_id = read(Field.EXTERNAL_ID, _external_id, '')
        language = read(Field.LANGUAGE, language_called, '')
        if wrong:
            return tuple(wrong)
        key = fold(name)[:LONGEST_NAME]
        return Row(
            number, record.line, name, key, email, kind, organisation, access, external_id, is_about_firm, language
        )

    def header(self, part: Field) -> str:
        """What the file calls this."""
        return ' + '.join(self._headers[place] for place in self._places[part]) or part.value

    def _of_the_record(self, record: Record) -> RowFault | None:
        cells = record.cells
        if record.fault is not None:
            return RowFault.ROW_TOO_LONG if record.fault is RecordFault.TOO_LONG else RowFault.QUOTES
        if record.is_doubtful and (len(cells) != self._width or any('"' in cell for cell in cells)):
            return RowFault.QUOTES
        if len(cells) > self._width and any(cell and not cell.isspace() for cell in cells[self._width :]):
            return RowFault.TOO_MANY_CELLS
        return None

    def _cell(self, cells: Sequence[str], part: Field) -> str:
        """What the row says here, as it was meant before it was made harmless."""
        places = self._places[part]
        if len(places) == 1:
            place = places[0]
            return as_meant(cells[place]) if place < len(cells) else ''
        parts = (as_meant(cells[place]).strip() for place in places if place < len(cells))
        return ' '.join(part for part in parts if part)


class _Wrong(Exception):
    def __init__(self, fault: RowFault) -> None:
        super().__init__(fault)
        self.fault = fault


def _name(cell: str) -> str:
    return one_line(cell, Field.NAME, needed=True)


def _organisation(cell: str) -> str:
    return one_line(cell, Field.ORGANISATION) if cell else ''


def _external_id(cell: str) -> str:
    return one_line(cell, Field.EXTERNAL_ID) if cell else ''


def _email(cell: str) -> str:
    if not cell or cell.isspace():
        return ''
    return normalise_address(cell.partition(_BETWEEN_ADDRESSES)[0] if _BETWEEN_ADDRESSES in cell else cell)


def _kind(cell: str) -> Kind | None:
    word = cell.strip().lower()
    if not word:
        return None
    if word not in _KINDS:
        raise _Wrong(RowFault.KIND)
    return _KINDS[word]


def _access(cell: str) -> bool | None:
    word = cell.strip().lower()
    if not word:
        return None
    if word not in _YES and word not in _NO:
        raise _Wrong(RowFault.ACCESS)
    return word in _YES


def _text_fault(error: TextInvalid, cell: str) -> RowFault:
    if UNREADABLE.search(cell):
        return RowFault.UNREADABLE
    return {TextFault.EMPTY: RowFault.NO_NAME, TextFault.TOO_LONG: RowFault.TOO_LONG}.get(
        error.fault, RowFault.INVISIBLE
    )


def _address_fault(error: AddressInvalid, cell: str) -> RowFault:
    if UNREADABLE.search(cell):
        return RowFault.UNREADABLE
    return RowFault.INVISIBLE if error.fault is AddressFault.EMPTY else RowFault(f'address_{error.fault.value}')


def _shown(about: str) -> str:
    """A cell that can be written down: short, and of letters that databases take."""
    return ''.join(letter if letter.isprintable() else '\ufffd' for letter in about[:LONGEST_DETAIL])
