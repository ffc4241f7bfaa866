"""What a staff password must be (R14, R15)."""

import unicodedata

from domain.errors import PasswordTooLong, PasswordTooShort

LEAST = 12
MOST = 1_024


def checked_password(password: str) -> str:
    """The password in NFKC, not cut off, with no rule but length. Raises PasswordTooShort, PasswordTooLong."""
    normal = unicodedata.normalize('NFKC', password)
    if len(normal) < LEAST:
        raise PasswordTooShort(LEAST)
    if len(normal) > MOST:
        raise PasswordTooLong(MOST)
    return normal
