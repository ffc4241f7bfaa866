"""Text that people type: trimmed, bounded, free of control characters; and the forms it is searched and sorted in."""

import unicodedata

from domain.errors import TextFault, TextInvalid

LONGEST_NAME = 200
LONGEST_MESSAGE = 2_000
LONGEST_SEARCH = 500
_BREAKS = '\n\t'
_UNPRINTABLE = ('Cc', 'Cs')  # control characters, and halves of a character that no database takes


def one_line(text: str, field: str, *, longest: int = LONGEST_NAME, needed: bool = False) -> str:
    """One line of text in NFC, trimmed, runs of spaces folded. Raises TextInvalid for `field`."""
    clean = ' '.join(unicodedata.normalize('NFC', text).split(' ')).strip()
    if any(unicodedata.category(letter) in _UNPRINTABLE for letter in clean):
        raise TextInvalid(field, TextFault.CONTROL_CHARACTER)
    clean = ' '.join(clean.split())
    if needed and not clean:
        raise TextInvalid(field, TextFault.EMPTY)
    if len(clean) > longest:
        raise TextInvalid(field, TextFault.TOO_LONG, longest)
    return clean


def paragraphs(text: str, field: str, *, longest: int = LONGEST_MESSAGE) -> str:
    """Several lines of text in NFC, trimmed, line ends as LF. Raises TextInvalid for `field`."""
    clean = unicodedata.normalize('NFC', text.replace('\r\n', '\n').replace('\r', '\n')).strip()
    if any(unicodedata.category(letter) in _UNPRINTABLE and letter not in _BREAKS for letter in clean):
        raise TextInvalid(field, TextFault.CONTROL_CHARACTER)
    if len(clean) > longest:
        raise TextInvalid(field, TextFault.TOO_LONG, longest)
    return clean


def fold(text: str) -> str:
    """Without accents and case, for searching and sorting: `Tomás` and `TOMAS` are both `tomas`."""
    bare = ''.join(
        letter for letter in unicodedata.normalize('NFKD', text.casefold()) if not unicodedata.combining(letter)
    )
    return unicodedata.normalize('NFC', bare)


def search_words(text: str) -> tuple[str, ...]:
    """The words that somebody searches for, folded, each once. Control characters part them as blanks do."""
    printable = ''.join(
        ' ' if unicodedata.category(letter) in _UNPRINTABLE else letter for letter in text[:LONGEST_SEARCH]
    )
    return tuple(dict.fromkeys(fold(printable).split()))


def first_name(name: str) -> str:
    """The word to greet by."""
    return name.partition(' ')[0]
