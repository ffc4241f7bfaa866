"""The catalogues: complete, and in use."""

import re
from contextvars import copy_context

import pytest
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

from domain.language import (
    LANGUAGES,
    LOCALE_DIR,
    catalogue,
    gettext,
    known_language,
    language_called,
    language_in_use,
    ngettext,
    preferred_language,
    speaking,
)


def test_every_language_has_its_catalogue() -> None:
    """Every sentence a client reads comes through one gettext catalogue, in each language that is offered."""
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
        for one in said:
            assert gaps(one) == gaps(key if isinstance(key, str) else key[0]), one


@pytest.mark.parametrize('language', [one for one in LANGUAGES if one != 'en'])
def test_nothing_is_left_in_english(language: str) -> None:
    """A sentence of three words or more that says the same in both was never translated."""
    with (LOCALE_DIR / language / 'LC_MESSAGES' / 'foyer.po').open('rb') as file:
        catalog = read_po(file, locale=language)
    same = [entry.id for entry in catalog if isinstance(entry.id, str) and entry.id and entry.id == entry.string]
    assert [one for one in same if len(re.sub(r'\{\w+\}|%\(\w+\)s|%s', '', one).split()) > 2] == []


def gaps(text: str) -> list[str]:
    """What is put into a sentence."""
    return sorted(re.findall(r'\{[^}]*\}|%(?:\(\w+\))?[sd]', text))


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


def test_a_block_speaks_its_language_and_no_other_does() -> None:
    """What is said around it stays as it was, also when the block ends early."""
    with speaking('de'):
        assert gettext('Sign in') == 'Anmelden'
        with speaking(''):
            assert gettext('Sign in') == 'Anmelden', 'no language: the one in use'
        with pytest.raises(RuntimeError), speaking('en'):
            raise RuntimeError
        assert ngettext('%d day', '%d days', 2) % 2 == '2 Tage'
    assert gettext('Sign in') == 'Sign in'
    assert [known_language(one) for one in ('de', 'en', '', 'fr', '../en', 'DE')] == ['de', 'en', '', '', '', '']


@pytest.mark.parametrize(
    ('words', 'language'),
    [
        ('de', 'de'), ('DE-ch', 'de'), ('de_AT', 'de'), (' Deutsch ', 'de'), ('german', 'de'), ('Englisch', 'en'),
        ('English', 'en'), ('', ''), ('fr', ''), ('French', ''), ('dex', ''), ('../en', ''), ('e n', ''),
    ],
)  # fmt: skip
def test_what_a_person_calls_a_language(words: str, language: str) -> None:
    assert language_called(words) == language


@pytest.mark.parametrize(
    ('accepted', 'language'),
    [
        ('', 'en'),
        ('de', 'de'),
        ('DE-at', 'de'),
        ('de-CH-1996, en;q=0.9', 'de'),
        ('en-GB,en;q=0.9,de;q=0.8', 'en'),
        ('fr-FR, fr;q=0.9, de;q=0.2, en;q=0.1', 'de'),
        ('fr', 'en'),
        ('*', 'en'),
        ('en;q=0, *;q=0.1', 'de'),
        ('de;q=0', 'en'),
        ('de ; q=0.5 , en ; q=0.4', 'de'),
        ('de;q=0.500,en;q=0.5', 'de'),
        ('en;q=0.5,de;q=0.5', 'en'),
        ('de;q=7, en;q=0.1', 'en'),
        ('deutsch, german', 'en'),
        ('de_DE', 'en'),
        (', ,;q=1,de;;', 'en'),
    ],
)
def test_what_a_browser_asks_for(accepted: str, language: str) -> None:
    """RFC 9110, 12.5.4: the best of ours by quality, a region counts for its language; what makes no sense does not."""
    assert preferred_language(accepted) == language


RANGES = st.tuples(
    st.sampled_from(['de', 'de-AT', 'en', 'en-US', 'fr', 'zh-Hant-TW', 'dex']), st.integers(min_value=0, max_value=1000)
)


@given(st.lists(RANGES, max_size=12))
def test_whatever_a_browser_asks_for_the_best_of_ours_is_taken(ranges: list[tuple[str, int]]) -> None:
    """None of ours is wanted more than what is taken; a language that is refused is taken only as the last resort."""
    taken = preferred_language(', '.join(f'{name};q={quality / 1000:.3f}' for name, quality in ranges))
    wanted = {one: max((q for name, q in ranges if name.split('-')[0] == one), default=0) for one in LANGUAGES}
    assert taken == 'en' or wanted[taken] == max(wanted.values()) > 0
    assert wanted[taken] == max(wanted.values())


@given(st.text() | st.binary().map(lambda raw: raw.decode('latin-1')))
def test_any_header_gets_one_of_ours(header: str) -> None:
    """It is a stranger's to write."""
    assert preferred_language(header) in LANGUAGES
    assert preferred_language('de, ' * 10_000 + header) == 'de'
