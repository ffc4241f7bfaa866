"""What is said of files of contacts: of what is wrong with a row, and of what becomes of the rows."""

from collections.abc import Sequence

from domain.contacts.importing.columns import Field, Source
from domain.contacts.importing.decoding import Encoding
from domain.contacts.importing.layout import Delimiter
from domain.contacts.importing.matching import Fate
from domain.contacts.importing.preview import Counts
from domain.contacts.importing.rows import Refusal, RowFault
from domain.errors import AddressFault, AddressInvalid
from ui.messages import say

LONGEST_QUOTE = 60
FIELDS = {
    Field.NAME: 'Name',
    Field.EMAIL: 'Email',
    Field.KIND: 'Kind',
    Field.ORGANISATION: 'Organisation',
    Field.PORTAL_ACCESS: 'Portal access',
    Field.EXTERNAL_ID: 'External id',
    Field.LANGUAGE: 'Language',
}
ENCODINGS = {
    Encoding.UTF_8: 'UTF-8',
    Encoding.WINDOWS_1252: 'Windows-1252',
    Encoding.UTF_16_LE: 'UTF-16 (little-endian)',
    Encoding.UTF_16_BE: 'UTF-16 (big-endian)',
}
DELIMITERS = {Delimiter.COMMA: 'Comma', Delimiter.SEMICOLON: 'Semicolon', Delimiter.TAB: 'Tab'}
SOURCES = {
    Source.GOOGLE: 'Google Contacts',
    Source.OUTLOOK: 'Outlook',
    Source.HUBSPOT: 'HubSpot',
    Source.XERO: 'Xero',
    Source.QUICKBOOKS: 'QuickBooks',
}
FATES = {Fate.NEW: 'New', Fate.CHANGED: 'Changed', Fate.UNCHANGED: 'Unchanged', Fate.REFUSED: 'Refused'}
_ADDRESS = 'address_'


def reason(refusal: Refusal) -> str:
    """Why a row does not go in, in a sentence."""
    fault = refusal.reason
    if fault.value.startswith(_ADDRESS):
        why = say(AddressInvalid(AddressFault(fault.value.removeprefix(_ADDRESS))))
        return f'{_quoted(refusal.detail)}: {why}' if refusal.detail else why
    return {
        RowFault.QUOTES: 'The quotation marks of this row do not match up.',
        RowFault.ROW_TOO_LONG: 'This row is longer than a row can be.',
        RowFault.TOO_MANY_CELLS: 'This row has more cells than there are columns. A cell with a delimiter in it needs '
        'quotation marks around it.',
        RowFault.UNREADABLE: 'A letter here cannot be read. Please save the file as UTF-8.',
        RowFault.NO_NAME: 'The name is missing.',
        RowFault.TOO_LONG: f'This is longer than {refusal.detail} characters.',
        RowFault.INVISIBLE: 'This contains an invisible character, such as a line break.',
        RowFault.KIND: f'{_quoted(refusal.detail)} is neither person nor organisation.',
        RowFault.ACCESS: f'{_quoted(refusal.detail)} is neither yes nor no.',
        RowFault.SEVERAL_FIT: f'Several contacts are called {_quoted(refusal.detail)} and fit this row. An external '
        'id would tell them apart.',
        RowFault.REPEATED: f'An earlier row is about {_quoted(refusal.detail)} too, and says something else.',
        RowFault.ENTERED: 'Somebody has come in as this contact. Please change its address on its page, so that the '
        'old address is told.',
        RowFault.STUMBLED: 'Something went wrong with this row. The log of Foyer says more.',
    }[fault]


def where(refusal: Refusal) -> str:
    """The line and the column, as a person counts them."""
    return f'Line {refusal.line}, {refusal.column}' if refusal.column else f'Line {refusal.line}'


def all_that_is_wrong(refusals: Sequence[Refusal]) -> str:
    """Everything that is wrong with a row, for the last column of the file of refused rows."""
    return ' '.join(f'{where(one)}: {reason(one)}' for one in refusals)


def in_numbers(counts: Counts) -> str:
    """What becomes of the rows."""
    parts = (
        (counts.new, 'new'),
        (counts.changed, 'changed'),
        (counts.unchanged, 'unchanged'),
        (counts.refused, 'refused'),
    )
    return ', '.join(f'{number:,} {word}' for number, word in parts)


def size_words(size: int) -> str:
    """The size of a file, roughly; `size` in bytes."""
    for unit, least in (('MB', 2**20), ('KB', 2**10)):
        if size >= least:
            return f'{size / least:,.1f} {unit}' if size < 10 * least else f'{size / least:,.0f} {unit}'
    return f'{size} bytes'


def kind_of_fault(fault: RowFault) -> str:
    """A heading for the rows with this fault."""
    return {
        RowFault.QUOTES: 'Quotation marks do not match up',
        RowFault.ROW_TOO_LONG: 'Too long',
        RowFault.TOO_MANY_CELLS: 'More cells than columns',
        RowFault.UNREADABLE: 'Letters that cannot be read',
        RowFault.NO_NAME: 'No name',
        RowFault.TOO_LONG: 'Too long',
        RowFault.INVISIBLE: 'Invisible characters',
        RowFault.KIND: 'Neither person nor organisation',
        RowFault.ACCESS: 'Neither yes nor no',
        RowFault.SEVERAL_FIT: 'Several contacts fit',
        RowFault.REPEATED: 'An earlier row says something else',
        RowFault.ENTERED: 'Somebody has come in with the old address',
        RowFault.STUMBLED: 'Something went wrong',
    }.get(fault, 'Not an email address')


def _quoted(text: str) -> str:
    shown = text if len(text) <= LONGEST_QUOTE else f'{text[:LONGEST_QUOTE]}…'
    return f'“{shown}”'
