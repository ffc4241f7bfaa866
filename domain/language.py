"""Every sentence a client reads comes through here: one gettext catalogue, English for now.

Pages, mail templates and error sentences mark their words with `_` (or `ngettext`); `make messages` collects them
into `domain/locale/foyer.pot`, from which each language has its `foyer.po`. Catalogues are compiled
in memory when first used.
"""

from contextvars import ContextVar
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

LOCALE_DIR = Path(__file__).parent / 'locale'
LANGUAGES = ('en',)
language_in_use: ContextVar[str] = ContextVar('language', default='en')


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
