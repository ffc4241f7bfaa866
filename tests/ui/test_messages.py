"""What a person reads when something cannot be done: a sentence for each cause, with a next step."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import MISSING, fields
from enum import Enum
from typing import Any, get_type_hints

import pytest

import domain
from domain.errors import AddressFault, AddressInvalid, DeadLink, DomainError, RateLimited, TextFault, TextInvalid
from domain.file_errors import ImportStopped
from ui.messages import duration, known_errors, say, why_dead

SAMPLES: dict[Any, Any] = {str: 'Clara Weiss', int: 12, tuple[str, ...]: ('Clara Weiss', 'Weiss AG')}
NEXT_STEP = re.compile(
    r'please|try again|check|ask for|add one|switch it on|send an|pick|we can|is all that is needed|start foyer|at most'
    r'|at least|like \w+[@.]|\(\d+ characters\)',
    re.IGNORECASE,
)
NOTHING_TO_DO = {
    'ContactNotFound', 'MailNotFound', 'NothingToCancel', 'MailIsOver', 'StaffAddressTaken', 'StaffNotFound',
    'TwoFactorIsOff', 'TwoFactorIsOn', 'TwoFactorRequired', 'SameAddress',
}  # fmt: skip
JARGON = re.compile(
    r'\b(token|session|database|invalid|error|code \d+|null|none|exception|http|forbidden)\b', re.IGNORECASE
)


def every_error(kind: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    """Every subclass, wherever in the domain it stands."""
    for module in pkgutil.walk_packages(domain.__path__, 'domain.'):
        importlib.import_module(module.name)
    for one in kind.__subclasses__():
        yield one
        yield from every_error(one)


def examples(kind: type[DomainError]) -> list[DomainError]:
    """One of each, and one for every value of an enum it carries."""
    hints = get_type_hints(kind)
    given: dict[str, list[Any]] = {}
    for field in fields(kind):  # type: ignore[arg-type]
        wanted = hints[field.name]
        if isinstance(wanted, type) and issubclass(wanted, Enum):
            given[field.name] = list(wanted)
        else:
            given[field.name] = [SAMPLES[wanted] if field.default is MISSING or wanted is int else field.default]
    longest = max((len(values) for values in given.values()), default=1)
    return [kind(**{name: values[number % len(values)] for name, values in given.items()}) for number in range(longest)]


ALL = [error for kind in sorted(set(every_error()), key=lambda kind: kind.__name__) for error in examples(kind)]


def test_every_error_has_a_sentence() -> None:
    """STYLE 6: errors carry data, one table words them; it misses none and knows none too many."""
    assert set(every_error()) == known_errors()
    assert {type(error) for error in ALL} == known_errors()


ALL.append(ImportStopped(12, is_cancelled=True))


@pytest.mark.parametrize('error', ALL, ids=repr)
def test_a_sentence_is_plain_and_whole(error: DomainError) -> None:
    """STYLE: plain words, no codes, no jargon, nothing left unfilled."""
    sentence = say(error)
    assert sentence[:1].isupper() or sentence.startswith('Clara')
    assert sentence.endswith(('.', '?', '!', ').'))
    unfilled = sentence.replace('{% endif %}', '')  # the tag that is to be written, and no place to be filled
    assert '%' not in unfilled and '{' not in unfilled
    assert len(sentence) < 180
    assert not JARGON.search(sentence), sentence


@pytest.mark.parametrize('error', ALL, ids=repr)
def test_a_sentence_says_what_to_do(error: DomainError) -> None:
    """STYLE: a next step, except where nothing is left to be done."""
    if type(error).__name__ not in NOTHING_TO_DO:
        assert NEXT_STEP.search(say(error)), say(error)


def test_faults_of_one_field_are_told_apart() -> None:
    """Each fault has words of its own."""
    for kind, faults in ((AddressInvalid, AddressFault), (TextInvalid, TextFault)):
        sentences = {say(error) for error in examples(kind)}
        assert len(sentences) == len(faults)  # type: ignore[arg-type]


def test_what_killed_a_link_is_told() -> None:
    """A used, replaced, expired and cancelled link each say what happened."""
    told = [why_dead(reason, 'Lex & Co') for reason in DeadLink]
    assert len({heading for heading, _ in told}) == len({text for _, text in told}) == len(DeadLink)
    assert why_dead(DeadLink.CANCELLED, '')[1] == 'If you think this is a mistake, please ask the firm.'


@pytest.mark.parametrize(
    ('seconds', 'words'),
    [
        (1, '1 second'),
        (89, '89 seconds'),
        (90, '2 minutes'),
        (3600, '60 minutes'),
        (90 * 60, '2 hours'),
        (24 * 3600, '24 hours'),
        (7 * 24 * 3600, '7 days'),
    ],
)
def test_a_wait_is_told_in_words(seconds: int, words: str) -> None:
    """Rounded up: nobody comes back too early."""
    assert duration(seconds) == words
    assert words in say(RateLimited(seconds))
