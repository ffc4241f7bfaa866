"""What a password must be, for clients and staff alike (R14 to R16)."""

import unicodedata
from collections.abc import Iterable

from domain.access.password_strength import strength_of
from domain.access.security_policy import MOST_PASSWORD
from domain.errors import PasswordTooLong, PasswordTooShort, PasswordTooWeak


def as_typed(password: str) -> str:
    """A password in the one form it is hashed in, NFKC, whatever keyboard it came from (R15). A very long one is cut:
    it stays too long to fit any hash."""
    return unicodedata.normalize('NFKC', password[: MOST_PASSWORD * 5])[: MOST_PASSWORD + 1]


async def checked_password(password: str, *, least: int, words: Iterable[str] = ()) -> str:
    """The password as it is to be hashed, in NFKC and not cut off. No rule but length and how it is guessed (R15).

    `least` in characters; `words` from `guessed_words`.
    Raises PasswordTooShort, PasswordTooLong, PasswordTooWeak, Busy.
    """
    normal = as_typed(password)
    if len(normal) < least:
        raise PasswordTooShort(least)
    if len(normal) > MOST_PASSWORD:
        raise PasswordTooLong(MOST_PASSWORD)
    if not (await strength_of(normal, words)).is_good_enough:
        raise PasswordTooWeak()
    return normal
