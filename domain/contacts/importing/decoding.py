"""What the bytes of a file are: which encoding, and whether they are text at all.

A file says neither, so both are told from its content. UTF-8 is recognised by itself: hardly any other text happens to
be valid UTF-8 (RFC 3629, 1). What is not is Windows-1252, unless most of what is beyond ASCII in it is UTF-8 all the
same; then only the rows are refused that are not.
"""

import codecs
import re
from enum import StrEnum

from domain.file_errors import FileFault, ImportFileRefused

MOST_BYTES = 50 * 2**20
UNREADABLE = re.compile('[\udc80-\udcff]')
"""What stands in the text for a byte that the encoding does not know (PEP 383)."""
_MARKED = 'marked as unreadable'
codecs.register_error(_MARKED, lambda error: ('\udc80', getattr(error, 'end', 0)))
_BEYOND_ASCII = re.compile('[^\x00-\x7f\udc80-\udcff]')
_FIRST_LOOK = 4_096  # bytes
_CONTROLS = frozenset(range(0x20)) - {0x09, 0x0A, 0x0C, 0x0D, 0x1A, 0x1B} | {0x7F}
_OTHER_FILES = (
    (b'PK\x03\x04', FileFault.SPREADSHEET),  # a zip, and so an .xlsx, .ods or .numbers
    (b'PK\x05\x06', FileFault.SPREADSHEET),
    (b'\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1', FileFault.SPREADSHEET),  # .xls
    (b'BEGIN:VCARD', FileFault.VCARD),
    (b'%PDF-', FileFault.NOT_TEXT),
    (b'\x1f\x8b', FileFault.NOT_TEXT),  # gzip
    (b'\xff\xfe\x00\x00', FileFault.NOT_TEXT),  # UTF-32
    (b'\x00\x00\xfe\xff', FileFault.NOT_TEXT),
)


class Encoding(StrEnum):
    """How letters became bytes."""

    UTF_8 = 'utf-8'
    WINDOWS_1252 = 'windows-1252'
    UTF_16_LE = 'utf-16-le'
    UTF_16_BE = 'utf-16-be'


def refuse_what_is_no_text(beginning: bytes) -> None:
    """Raises ImportFileRefused when a file that begins like this is a workbook, an archive, a picture or the like."""
    start = beginning.removeprefix(codecs.BOM_UTF8)
    for mark, fault in _OTHER_FILES:
        if start[: len(mark)].upper() == mark:
            raise ImportFileRefused(fault)
    if _of_utf_16(beginning) is None:
        look = beginning[:_FIRST_LOOK]
        controls = sum(1 for byte in look if byte in _CONTROLS)
        if controls > max(16, len(look) // 50):
            raise ImportFileRefused(FileFault.NOT_TEXT)


def _of_utf_16(beginning: bytes) -> Encoding | None:
    """UTF-16 by its mark, or by the empty halves that letters of the West have in it."""
    if beginning.startswith(codecs.BOM_UTF16_LE):
        return Encoding.UTF_16_LE
    if beginning.startswith(codecs.BOM_UTF16_BE):
        return Encoding.UTF_16_BE
    look = beginning[: _FIRST_LOOK & ~1]
    pairs = len(look) // 2
    if pairs >= 4:
        empty_first, empty_second = look[0::2].count(0), look[1::2].count(0)
        if empty_second > pairs * 0.4 and empty_first < pairs * 0.05:
            return Encoding.UTF_16_LE
        if empty_first > pairs * 0.4 and empty_second < pairs * 0.05:
            return Encoding.UTF_16_BE
    return None


class EncodingJudge:
    """Is fed a file piece by piece, and says in the end what it is."""

    def __init__(self) -> None:
        self._by_beginning: Encoding | None = None
        self._begun = False
        self._decode = codecs.getincrementaldecoder('utf-8')(errors='surrogateescape').decode
        self._unreadable = self._readable = 0

    def feed(self, piece: bytes) -> None:
        """The next bytes. Raises ImportFileRefused when the first ones are those of something else than text."""
        if not self._begun:
            self._begun = True
            refuse_what_is_no_text(piece)
            self._by_beginning = Encoding.UTF_8 if piece.startswith(codecs.BOM_UTF8) else _of_utf_16(piece)
        if self._by_beginning is None:
            self._count(self._decode(piece))

    def verdict(self) -> Encoding:
        """The encoding of what was fed."""
        if self._by_beginning is not None:
            return self._by_beginning
        self._count(self._decode(b'', final=True))
        return Encoding.WINDOWS_1252 if self._unreadable > self._readable else Encoding.UTF_8

    def _count(self, text: str) -> None:
        if not text.isascii():
            self._unreadable += len(UNREADABLE.findall(text))
            self._readable += len(_BEYOND_ASCII.findall(text))


def legible(text: str) -> str:
    """One line that any page and any database takes: what cannot be read is marked, line breaks are blanks."""
    marked = UNREADABLE.sub('\ufffd', text)
    return ' '.join(''.join(letter if letter.isprintable() else ' ' for letter in marked).split())


class Decoder:
    """Bytes into text, piece by piece. A byte that the encoding does not know becomes what `UNREADABLE` finds."""

    def __init__(self, encoding: Encoding) -> None:
        errors = _MARKED if encoding in (Encoding.UTF_16_LE, Encoding.UTF_16_BE) else 'surrogateescape'
        self._decode = codecs.getincrementaldecoder(encoding.value)(errors=errors).decode
        self._begun = False

    def feed(self, piece: bytes, *, final: bool = False) -> str:
        """The text of the next bytes, without a mark at its beginning."""
        text = self._decode(piece, final=final)
        if text and not self._begun:
            self._begun = True
            return text.removeprefix('\ufeff')
        return text
