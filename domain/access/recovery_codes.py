"""Recovery codes: ten, each good for one sign-in without the phone; stored as keyed hashes, shown once (R28)."""

from datetime import timedelta

from domain.access.holders import Holder
from domain.dependencies import Dependencies
from domain.unit_of_work import Work
from storage import second_factor_claims as claims
from storage.models import RecoveryCode

HOW_MANY = 10
SHOWN_FOR = timedelta(minutes=10)  # to the browser they were made in, unless it says sooner that they are saved
LETTERS = 16  # of five bits each: 80 bits
GROUP = 4
ALPHABET = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ'  # neither 0 and O nor 1 and I, which look alike
SEPARATORS = ' -\u2010\u2011\u2012\u2013\u2014\u00a0\t\r\n'  # as typed, or as a word processor made of them


def new_codes(deps: Dependencies) -> tuple[str, ...]:
    """Ten fresh ones, like `7QK2-M9RD-XW4P-3TLV`. 80 random bits each."""
    return tuple(_written(deps.randomness.secret(LETTERS * 5 // 8)) for _ in range(HOW_MANY))


def _written(bits: bytes) -> str:
    number = int.from_bytes(bits)
    letters = ''.join(ALPHABET[number >> 5 * place & 31] for place in range(LETTERS))
    return '-'.join(letters[first : first + GROUP] for first in range(0, LETTERS, GROUP))


def as_written(typed: str) -> str:
    """What was typed, in any case and with or without dashes, as we write it; empty if it cannot be one of ours."""
    letters = ''.join(letter for letter in typed[:200] if letter not in SEPARATORS).upper()
    if len(letters) != LETTERS or any(letter not in ALPHABET for letter in letters):
        return ''
    return '-'.join(letters[first : first + GROUP] for first in range(0, LETTERS, GROUP))


def hashes_of(deps: Dependencies, holder: Holder, code: str) -> tuple[str, ...]:
    """What the table may hold for this code: under the present key, and under the one before it."""
    return deps.cipher.keyed_hashes(code, holder.bound_to)


async def replace_codes(work: Work, holder: Holder, codes: tuple[str, ...]) -> None:
    """From now on these work and no other."""
    await claims.delete_recovery_codes(holder.kind, holder.id)
    await RecoveryCode.bulk_create(
        [
            RecoveryCode(
                login_id=holder.id if holder.kind == 'login' else None,
                staff_id=holder.id if holder.kind == 'staff' else None,
                code_hash=hashes_of(work.deps, holder, code)[0],
                created_at=work.now,
            )
            for code in codes
        ]
    )


async def codes_left(holder: Holder) -> int:
    """How many still work."""
    return len(await claims.unused_recovery_codes(holder.kind, holder.id))
