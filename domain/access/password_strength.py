"""How easily a password is guessed, by zxcvbn: a score from 0 to 4 and what makes it easy (R16).

zxcvbn is plain Python and takes milliseconds, so it runs in a thread. In one, because it keeps the words that are
guessed for somebody in a table of its module: two at a time would guess each other's. What it is shown is bounded: its
time grows with the square of the length, and with every way of reading `4@8(` and their like as letters.
"""

import asyncio
import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from math import prod
from typing import Any

from zxcvbn import zxcvbn
from zxcvbn.matching import L33T_TABLE

from domain.errors import Busy
from domain.texts import fold

GOOD_ENOUGH = 3  # of 0 to 4 (R16)
LOOKED_AT, LOOKED_AT_IN_SIGNS = 100, 32  # characters; zxcvbn by itself refuses more than 72
MOST_READINGS = 16  # ways to read the signs of a password as letters, up to which it is looked at in full
MOST_WAITING = 20
MOST_WORDS = 120
SHORTEST_WORD, LONGEST_WORD = 3, 100

_thread = ThreadPoolExecutor(1, thread_name_prefix='zxcvbn')
_waiting = 0
_between_words = re.compile(r'[\W_]+')


class Weakness(StrEnum):
    """What makes a password easy to guess."""

    OWN_WORDS = 'own_words'  # the names and addresses of whoever chooses it
    COMMON_WORDS = 'common_words'
    KEYBOARD = 'keyboard'
    REPEATS = 'repeats'
    SEQUENCE = 'sequence'
    DATE = 'date'
    TOO_LITTLE = 'too_little'


@dataclass(frozen=True)
class Strength:
    """`score` is 0 (guessed at once) to 4; `weakness` is set while it is not good enough."""

    score: int
    weakness: Weakness | None = None

    @property
    def is_good_enough(self) -> bool:
        """Whether such a password may be chosen (R16)."""
        return self.score >= GOOD_ENOUGH


def guessed_words(*texts: str) -> tuple[str, ...]:
    """What somebody who knows these names and addresses would try: each as a whole, with other gaps, and its parts."""
    found: dict[str, None] = {}
    for text in texts:
        for form in dict.fromkeys((text.lower().strip(), fold(text).strip())):
            parts = [part for part in _between_words.split(form) if part]
            around_at = form.split('@') if '@' in form else []
            together = (gap.join(parts) for gap in ('', ' ', '.', '-', '_'))
            for word in (form, *together, ''.join(reversed(parts)), *around_at, *parts):
                if SHORTEST_WORD <= len(word) <= LONGEST_WORD:
                    found.setdefault(word)
    return tuple(found)[:MOST_WORDS]


async def strength_of(password: str, words: Iterable[str] = ()) -> Strength:
    """How strong this is against somebody who tries `words` first. Raises Busy when too many wait already."""
    global _waiting
    if _waiting >= MOST_WAITING:
        raise Busy()
    _waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_thread, _measure, password, tuple(words))
    finally:
        _waiting -= 1


def _measure(password: str, words: tuple[str, ...]) -> Strength:
    if not password:
        return Strength(0, Weakness.TOO_LITTLE)
    found = _guessed(password, words)
    if any(match.get('dictionary_name') == 'user_inputs' for match in found['sequence']):
        together = _guessed(_between_words.sub('', password), words)  # a blank makes no name harder to guess
        found = min(found, together, key=lambda one: float(one['guesses']))
    score = int(found['score'])
    return Strength(score, None if score >= GOOD_ENOUGH else _weakness(found['sequence']))


def _guessed(password: str, words: tuple[str, ...]) -> dict[str, Any]:
    return dict(zxcvbn(_looked_at(password), user_inputs=list(words), max_length=LOOKED_AT))


def _looked_at(password: str) -> str:
    """The beginning, as much of it as is measured in good time."""
    beginning = password[:LOOKED_AT]
    signs = set(beginning)
    readings = prod(max(1, len(signs.intersection(like))) for like in L33T_TABLE.values())
    return beginning if readings <= MOST_READINGS else beginning[:LOOKED_AT_IN_SIGNS]


def _weakness(matches: list[dict[str, Any]]) -> Weakness:
    """What the longest piece is that is guessed as a whole."""
    longest = max(matches, key=lambda match: len(match['token']))
    if longest['pattern'] == 'dictionary':
        return Weakness.OWN_WORDS if longest['dictionary_name'] == 'user_inputs' else Weakness.COMMON_WORDS
    return {
        'spatial': Weakness.KEYBOARD,
        'repeat': Weakness.REPEATS,
        'sequence': Weakness.SEQUENCE,
        'regex': Weakness.DATE,
        'date': Weakness.DATE,
    }.get(longest['pattern'], Weakness.TOO_LITTLE)
