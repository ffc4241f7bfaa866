"""Text that people type: trimmed, bounded, free of control characters; and the forms it is searched and sorted in."""

import re
import unicodedata

from domain.errors import TextFault, TextInvalid

LONGEST_NAME = 200
LONGEST_MESSAGE = 2_000
LONGEST_SEARCH = 500


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_BREAKS = '\n\t'
_TITLES = _words(
    'dr drs dring drmed drjur drphil drrernat prof professor professorin doctor doktor mr mister mrs ms miss mx '
    'herr herrn frau fraulein sir dame lord lady madam madame mme mlle monsieur senor senora sra signor signora '
    'dipling diplkfm ing rev reverend ra rechtsanwalt rechtsanwaltin stb'
)
_DEGREES = _words(
    'phd md mba msc bsc ma ba llm llb jd cpa cfa acca aca esq jr sr ii iii iv obe mbe cbe kc qc dds rn meng beng'
)
_LEGAL_FORMS = _words(
    'gmbh mbh ag kg ohg gbr ug ev eg kgaa se partg partgmbb ltd limited llc llp lp inc incorporated corp corporation '
    'company co plc sarl sas sasu srl spa bv nv ab oy aps as pty kft sro'
)
_NOT_A_PERSON = _words('the familie family fam famille firma die das')
_JOINING = _words('und and et')
_PARTICLES = _words('von van de der den del della di da dos du la le ten ter zu zum zur')  # as written
_WITHOUT_BLANKS = (
    '\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff'
)
_WITHIN_A_WORD = re.compile(  # two letters where a sign begins or ends, and from each letter of scripts without blanks
    rf'(?:(?<=[^\W_])(?=[^\w\s]|_)|(?<=[^\w\s]|_)(?=[^\W_])|(?<=\S)(?=[{_WITHOUT_BLANKS}]))(?=(\S\S?))'
)
_ONE_LETTER = str.maketrans(  # letters of their own, which people without them on the keyboard write like this
    {'ł': 'l', 'ø': 'o', 'đ': 'd', 'ð': 'd', 'þ': 'th', 'æ': 'ae', 'œ': 'oe', 'ħ': 'h', 'ı': 'i', 'ŧ': 't', 'ŋ': 'n'}
)
_UNPRINTABLE = ('Cc', 'Cs')  # control characters, and halves of a character that no database takes


def one_line(text: str, field: str, *, longest: int = LONGEST_NAME, needed: bool = False) -> str:
    """One line of text in NFC, trimmed, runs of spaces folded. Raises TextInvalid for `field`."""
    if text.isascii() and text.isprintable():  # most are, and files have hundreds of thousands of them
        clean = ' '.join(text.split())
    else:
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
    if text.isascii():
        return text.lower()
    bare = ''.join(
        letter for letter in unicodedata.normalize('NFKD', text.casefold()) if not unicodedata.combining(letter)
    )
    return unicodedata.normalize('NFC', bare)


def searched(text: str) -> str:
    """For searching alone: `fold`, and letters that no accent makes as others write them: `Łukasz` is `lukasz`."""
    return fold(text).translate(_ONE_LETTER)


def search_text(name: str, organisation: str, address: str) -> str:
    """What a search for a contact looks through: words without accents and case, two blanks before each.

    After the words of three letters and more, which are found anywhere in it, come the first two letters of what begins
    within a word, behind a hyphen or in the address: a search for one or two letters finds beginnings.
    """
    text = searched(f'{name} {organisation} {address}')
    return ''.join(f'  {word}' for word in dict.fromkeys([*text.split(), *_WITHIN_A_WORD.findall(text)]))


def search_pattern(word: str) -> str:
    """What of `search_text` a word that somebody searches for has to be a part of."""
    return word if len(word) > 2 else f'  {word}'


def search_words(text: str) -> tuple[str, ...]:
    """The words that somebody searches for, `searched`, each once. Control characters part them as blanks do."""
    return tuple(dict.fromkeys(searched(writable(text[:LONGEST_SEARCH])).split()))


def writable(text: str) -> str:
    """What a name may hold and any database takes: blanks for control characters and for halves of a character."""
    return ''.join(' ' if unicodedata.category(letter) in _UNPRINTABLE else letter for letter in text)


def greeting_name(name: str, kind: str) -> str:
    """What to greet a contact of this kind by: a person by the first name, an organisation by all of its name."""
    if kind == 'person':
        return first_name(name)
    return '' if '@' in name else ' '.join(name.split())


def first_name(name: str) -> str:
    """What to greet a person by: the first name, all of the name when it is unclear which, nothing for an address."""
    if '@' in name:
        return ''
    whole = ' '.join(name.split())
    if _is_not_one_person(whole):
        return whole
    parts = [words for part in whole.split(',') if not _follows_a_name(words := part.split())]
    if not parts or len(parts) > 2:
        return whole
    words = [bare for word in _without_titles(parts[-1]) if (bare := _bare(word))]
    titled = len(parts) == 1 and any(_plain(word) in _TITLES | _DEGREES for word in whole.split())
    if not words or (titled and len(words) == 1) or _is_unclear(words, parts[-1]):
        return whole
    return words[0].title() if words[0].isupper() and len(words[0]) > 2 else words[0]


def _is_not_one_person(name: str) -> bool:
    """Whether it reads like a couple, a family or a firm."""
    words = [_plain(word) for word in name.split()]
    return bool(
        any(sign in name for sign in '&+/')
        or _JOINING.intersection(words[1:])
        or _LEGAL_FORMS.intersection(words[1:])
        or (len(words) > 1 and words[0] in _NOT_A_PERSON)
    )


def _follows_a_name(words: list[str]) -> bool:
    """Whether what stands between commas is empty or a degree: the `PhD` of `Ann Lee, PhD`."""
    return all(_plain(word) in _TITLES or _plain(word) in _DEGREES for word in words)


def _without_titles(words: list[str]) -> list[str]:
    """`Prof. Dr. med. Anna Weber` without what stands before Anna."""
    start = 0
    while start < len(words):
        word = words[start]
        more_of_it = start > 0 and word.endswith('.') and word.islower()  # the med. of Dr. med.
        if _plain(word) not in _TITLES and not more_of_it:
            break
        start += 1
    return words[start:]


def _is_unclear(words: list[str], typed: list[str]) -> bool:
    """Whether the first of these words is an initial, an abbreviation, a number, or part of a surname."""
    first, others = words[0], words[1:]
    return bool(
        (len(first) == 1 and (others or f'{first}.' in typed))
        or '.' in first
        or (others and len(first) < 4 and f'{first}.' in typed)
        or first[0].isdigit()
        or (others and first in _PARTICLES)
        or (others and first.isupper() and len(first) > 2 and not any(word.isupper() for word in others))  # DUPONT Jean
    )


def _plain(word: str) -> str:
    """For looking it up: `Dr.-Ing.` and `DR-ING` are both `dring`."""
    return ''.join(letter for letter in fold(word) if letter.isalnum())


def _bare(word: str) -> str:
    """Without the punctuation and signs around it."""
    start, end = 0, len(word)
    while start < end and unicodedata.category(word[start])[0] in 'PSZ':
        start += 1
    while end > start and unicodedata.category(word[end - 1])[0] in 'PSZ':
        end -= 1
    return word[start:end]
