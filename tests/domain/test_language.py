"""The catalogues: complete, and in use."""

from contextvars import copy_context

import pytest
from babel.messages.pofile import read_po

from domain.language import LANGUAGES, LOCALE_DIR, catalogue, gettext, language_in_use, ngettext


def test_every_language_has_its_catalogue() -> None:
    """Every sentence a client reads comes through one gettext catalogue, English for now."""
    assert set(LANGUAGES) == {path.parts[-3] for path in LOCALE_DIR.glob('*/LC_MESSAGES/foyer.po')}
    assert 'en' in LANGUAGES


@pytest.mark.parametrize('language', LANGUAGES)
def test_every_sentence_is_there_in_every_form(language: str) -> None:
    """Nothing is untranslated or fuzzy; plurals have as many forms as the language."""
    with (LOCALE_DIR / language / 'LC_MESSAGES' / 'foyer.po').open('rb') as file:
        catalog = read_po(file, locale=language)
    entries = {entry.id if isinstance(entry.id, str) else tuple(entry.id): entry for entry in catalog if entry.id}
    assert entries
    for key, entry in entries.items():
        said = [entry.string] if isinstance(entry.string, str) else list(entry.string)
        assert all(said), key
        assert not entry.fuzzy, key
        assert isinstance(key, str) or len(said) == catalog.num_plurals, key


def test_a_number_chooses_its_form() -> None:
    """One session, two sessions, no sessions."""
    catalog = catalogue('en')
    plural = next(key for key in catalog._catalog if isinstance(key, tuple))  # type: ignore[attr-defined]
    with (LOCALE_DIR / 'en' / 'LC_MESSAGES' / 'foyer.po').open('rb') as file:
        one, many = next(
            entry.id for entry in read_po(file) if isinstance(entry.id, tuple) and entry.id[0] == plural[0]
        )
    assert [ngettext(one, many, number) for number in (0, 1, 2)] == [many, one, many]
    assert gettext('a sentence of no catalogue') == 'a sentence of no catalogue'


def test_an_unknown_language_is_an_error_and_stays_its_own() -> None:
    """A language that has no catalogue is not silently English; what one request sets, another does not see."""

    def elsewhere() -> None:
        language_in_use.set('xx')
        with pytest.raises(FileNotFoundError):
            gettext('Sign in')

    copy_context().run(elsewhere)
    assert language_in_use.get() == 'en'
