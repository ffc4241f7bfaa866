"""What the bytes of a file are."""

import codecs
import io
import random
import zipfile

import pytest

from domain.contacts.importing.decoding import UNREADABLE, Decoder, Encoding, EncodingJudge, refuse_what_is_no_text
from domain.file_errors import FileFault, ImportFileRefused

TEXT = 'name,email\r\nJürgen Groß,j@x.example\r\nΕλλάδα €,e@x.example\r\n🎉 שלום,s@x.example\r\n'
WESTERN = 'name,email\r\nJürgen Groß – “Bau” €,j@x.example\r\n'


def judged(content: bytes, piece: int = 7) -> Encoding:
    judge = EncodingJudge()
    for start in range(0, len(content), piece):
        judge.feed(content[start : start + piece])
    return judge.verdict()


def decoded(content: bytes, encoding: Encoding, piece: int = 3) -> str:
    decoder = Decoder(encoding)
    parts = [decoder.feed(content[start : start + piece]) for start in range(0, len(content), piece)]
    return ''.join(parts) + decoder.feed(b'', final=True)


@pytest.mark.parametrize(
    ('content', 'encoding', 'text'),
    [
        (TEXT.encode(), Encoding.UTF_8, TEXT),
        (codecs.BOM_UTF8 + TEXT.encode(), Encoding.UTF_8, TEXT),
        (b'name\r\nAnn\r\n', Encoding.UTF_8, 'name\r\nAnn\r\n'),
        (WESTERN.encode('cp1252'), Encoding.WINDOWS_1252, WESTERN),
        (codecs.BOM_UTF16_LE + TEXT.encode('utf-16-le'), Encoding.UTF_16_LE, TEXT),
        (codecs.BOM_UTF16_BE + TEXT.encode('utf-16-be'), Encoding.UTF_16_BE, TEXT),
        (WESTERN.encode('utf-16-le'), Encoding.UTF_16_LE, WESTERN),
        (WESTERN.encode('utf-16-be'), Encoding.UTF_16_BE, WESTERN),
    ],
)
def test_encodings(content: bytes, encoding: Encoding, text: str) -> None:
    """With a mark or without; in pieces that cut letters in two."""
    assert judged(content, piece=64) == encoding
    assert decoded(content, encoding) == text


def test_one_broken_letter_does_not_spoil_the_others() -> None:
    """A file that is UTF-8 but for a byte stays UTF-8, and that byte can be told; so can one Windows-1252 lacks."""
    broken = TEXT.encode() + b'M\xfcller,m@x.example\r\n'
    assert judged(broken) is Encoding.UTF_8
    text = decoded(broken, Encoding.UTF_8)
    assert text.startswith(TEXT)
    assert UNREADABLE.findall(text) == ['\udcfc']
    lacking = 'Müller Größe'.encode('cp1252') + b'\x81'
    assert judged(lacking) is Encoding.WINDOWS_1252
    assert UNREADABLE.search(decoded(lacking, Encoding.WINDOWS_1252))
    half = codecs.BOM_UTF16_LE + 'ab'.encode('utf-16-le') + b'\x00\xd8' + b'c\x00d'
    assert UNREADABLE.search(decoded(half, Encoding.UTF_16_LE))


def _zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w') as archive:
        archive.writestr('xl/workbook.xml', '<x/>')
    return out.getvalue()


@pytest.mark.parametrize(
    ('content', 'fault'),
    [
        (_zip(), FileFault.SPREADSHEET),
        (b'PK\x05\x06' + bytes(18), FileFault.SPREADSHEET),
        (b'\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1' + bytes(500), FileFault.SPREADSHEET),
        (b'BEGIN:VCARD\r\nVERSION:3.0\r\n', FileFault.VCARD),
        (codecs.BOM_UTF8 + b'begin:vcard\r\n', FileFault.VCARD),
        (b'%PDF-1.7 ...', FileFault.NOT_TEXT),
        (b'\x1f\x8b\x08' + bytes(50), FileFault.NOT_TEXT),
        (b'\x89PNG\r\n\x1a\n' + random.Random(1).randbytes(2_000), FileFault.NOT_TEXT),
        (random.Random(2).randbytes(4_000), FileFault.NOT_TEXT),
        (bytes(1_000), FileFault.NOT_TEXT),
        ('a'.encode('utf-32') * 40, FileFault.NOT_TEXT),
    ],
)
def test_other_files_are_told_by_their_first_bytes(content: bytes, fault: FileFault) -> None:
    """Whatever they are called."""
    with pytest.raises(ImportFileRefused) as raised:
        refuse_what_is_no_text(content)
    assert raised.value.fault is fault


def test_a_nul_or_two_are_for_their_rows_to_answer_for() -> None:
    """A text is a text all the same."""
    assert judged(b'name,email\r\nNu\x00l,n@x.example\r\n\x00\r\n') is Encoding.UTF_8
