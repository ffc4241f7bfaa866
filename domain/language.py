"""Every sentence a client reads comes through here: one gettext catalogue, in English and German.

Pages, mail templates and error sentences mark their words with `_` (or `ngettext`); `make messages` collects them
into `domain/locale/foyer.pot`, from which each language has its `foyer.po`. Catalogues are compiled
in memory when first used.

A language is in use as long as a request, an event of a page or the writing of one mail lasts. Another language is one
more folder beside those there are, and its name here.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

LOCALE_DIR = Path(__file__).parent / 'locale'
LANGUAGE_NAMES = {'en': 'English', 'de': 'Deutsch'}  # each in itself, as those say it who speak it
LANGUAGES = tuple(LANGUAGE_NAMES)
DEFAULT_LANGUAGE = 'en'
language_in_use: ContextVar[str] = ContextVar('language', default=DEFAULT_LANGUAGE)

MOST_RANGES = 40  # of an Accept-Language are looked at; browsers send a handful
_range = re.compile(r'([A-Za-z]{1,8}|\*)(?:-[A-Za-z0-9]{1,8})*(?:\s*;\s*[qQ]=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?')


@cache
def catalogue(language: str) -> NullTranslations:
    """The sentences of a language. Raises FileNotFoundError for one that has no catalogue."""
    with (LOCALE_DIR / language / 'LC_MESSAGES' / 'foyer.po').open('rb') as file:
        compiled = BytesIO()
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return Translations(compiled, domain='foyer')


def gettext(message: str) -> str:
    """The sentence in the language in use."""
    return str(catalogue(language_in_use.get()).ugettext(message))


def ngettext(one: str, many: str, number: int) -> str:
    """The sentence for this number, in the language in use."""
    return str(catalogue(language_in_use.get()).ungettext(one, many, number))


@contextmanager
def speaking(language: str | None) -> Iterator[None]:
    """Within this block everything is said in this language; without one, in the one in use."""
    token = language_in_use.set(language or language_in_use.get())
    try:
        yield
    finally:
        language_in_use.reset(token)


def known_language(language: str) -> str:
    """The language, if there is a catalogue of it; else nothing."""
    return language if language in LANGUAGE_NAMES else ''


def language_called(words: str) -> str:
    """Which of ours somebody means who writes a tag or a name of it: `de-CH`, `German`, `Deutsch`. Else nothing."""
    word = words.strip().casefold()
    return known_language(re.split('[-_]', word)[0]) or _called().get(word, '')


@cache
def _called() -> dict[str, str]:
    """What each of ours is called in each of ours."""
    return {
        str(Locale(one).get_display_name(other)).casefold(): one for one in LANGUAGE_NAMES for other in LANGUAGE_NAMES
    }


def preferred_language(accepted: str) -> str:
    """Which of our languages a reader wants, by an `Accept-Language` (RFC 9110, 12.5.4); the default for all others.

    `de-AT` takes German. Of two that are wanted alike, the first one counts. What makes no sense is left out.
    """
    wanted: dict[str, float] = {}
    for one in accepted.split(',')[:MOST_RANGES]:
        if found := _range.fullmatch(one.strip()):
            language = found[1].lower()
            wanted[language] = max(wanted.get(language, 0.0), float(found[2] or 1))
    anything = wanted.pop('*', 0.0)
    ours = {language: quality for language, quality in wanted.items() if language in LANGUAGE_NAMES}
    for language in LANGUAGES:
        ours.setdefault(language, anything)
    best = max(ours, key=lambda language: ours[language])
    return best if ours[best] > 0 else DEFAULT_LANGUAGE
