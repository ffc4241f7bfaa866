"""Whether a code is right: six digits of an authenticator app (RFC 6238), or a recovery code.

In two halves: `look_at_code` counts the try, outside of any transaction so that a refusal stays counted (R25), and
finds what the code fits; `use_code` makes it good inside the transaction of what the code is for, once (R24, R28).
"""

import base64
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import pyotp

from domain.access import recovery_codes
from domain.access.holders import Holder
from domain.access.rate_limits import SECOND_FACTOR_LIMITS, check_limit, count_anew, forgive, wait_after
from domain.access.second_factor_notices import changed, note
from domain.actors import Actor
from domain.audit import AuditKind
from domain.dependencies import Dependencies
from domain.errors import SecondFactorUnreadable, SecondFactorWrong, TwoFactorIsOff
from domain.unit_of_work import Work, deed, unit_of_work
from storage import second_factor_claims as claims

CodeKind = Literal['totp', 'recovery_code']
STEP = 30  # seconds that a code is for (R22)
WINDOW = 1  # steps either way (R23)
SEARCHED = 20  # steps back, ten minutes, in which a code tells how far behind the clock of a phone is
SECRET_BYTES = 20  # 160 bits (R22)
DIGITS = 6


@dataclass(frozen=True)
class FittingCode:
    """A code that was right when it was looked at. `secret` and `code_hash` as they are stored."""

    kind: CodeKind
    secret: str = ''
    step: int = 0
    code_hash: str = ''


def new_secret(deps: Dependencies) -> str:
    """160 random bits, in base32 without padding."""
    return base64.b32encode(deps.randomness.secret(SECRET_BYTES)).decode()


def enrolment_uri(secret: str, *, issuer: str, label: str) -> str:
    """What an authenticator app reads: SHA-1, six digits, 30 seconds, which are its defaults (R22)."""
    return pyotp.TOTP(secret).provisioning_uri(name=label, issuer_name=issuer)


def step_at(moment: datetime) -> int:
    """The number of the 30 seconds in which this moment lies."""
    return int(moment.timestamp()) // STEP


def fitting_step(secret: str, digits: str, now: datetime, *, after: int = 0, is_theirs: bool = False) -> int:
    """The step this code is for, within the window and after the last one accepted (R23, R24).

    Raises SecondFactorWrong, with the minutes that the phone's clock is off where the code was right at another time.
    Of a code that will be right nothing is said, or whoever guessed it would only have to wait; but where the secret
    `is_theirs`, who type it, there is nothing to guess.
    """
    totp, here = pyotp.TOTP(secret), step_at(now)
    until = here + (SEARCHED if is_theirs else WINDOW)
    around = range(max(after + 1, here - SEARCHED), until + 1)
    fitting = [step for step in around if hmac.compare_digest(totp.generate_otp(step), digits)]
    near = [step for step in fitting if abs(step - here) <= WINDOW]
    if near:
        return near[0]
    raise SecondFactorWrong(_minutes_off(min(fitting, key=lambda step: abs(step - here)) - here) if fitting else 0)


def _minutes_off(steps: int) -> int:
    minutes = round(abs(steps) * STEP / 60) or 1
    return minutes if steps > 0 else -minutes


def digits_of(typed: str) -> str:
    """The six digits that were typed, however they were spaced; empty if it was anything else."""
    digits = ''.join(letter for letter in typed[:64] if letter not in recovery_codes.SEPARATORS)
    return digits if len(digits) == DIGITS and digits.isascii() and digits.isdigit() else ''


async def count_try(deps: Dependencies, holder: Holder) -> None:
    """Count one try: 5 failures in 5 minutes, 20 an hour, 50 a day (R25). Raises RateLimited.

    What one of them refuses is not looked at, and not counted in those after it.
    """
    for limit in SECOND_FACTOR_LIMITS:
        await check_limit(deps, limit, holder.name_for_limits)


async def wait_after_try(deps: Dependencies, holder: Holder) -> int:
    """Seconds until another try counts, where the last one was the last for now; 0 elsewhere."""
    return await wait_after(deps, *((limit, holder.name_for_limits) for limit in SECOND_FACTOR_LIMITS))


async def forgive_try(deps: Dependencies, holder: Holder) -> None:
    """The try counted last was right."""
    for limit in SECOND_FACTOR_LIMITS:
        await forgive(deps, limit, holder.name_for_limits)


async def forgive_all_tries(holder: Holder) -> None:
    """What was tried while it was set up says nothing about the next sign-in."""
    for limit in SECOND_FACTOR_LIMITS:
        await count_anew(limit, holder.name_for_limits)


async def look_at_code(deps: Dependencies, holder: Holder, typed: str) -> FittingCode:
    """Count the try and find what the code fits. Writes nothing else.

    Raises TwoFactorIsOff, RateLimited, SecondFactorWrong; SecondFactorUnreadable, which is not counted.
    """
    row = await claims.second_factor_of(holder.kind, holder.id)
    if row is None:
        raise TwoFactorIsOff()
    digits = digits_of(typed)
    secret = _opened(deps, holder, row.secret) if digits else ''
    await count_try(deps, holder)
    if digits:
        return FittingCode('totp', row.secret, fitting_step(secret, digits, deps.clock.now(), after=row.last_step))
    if code := recovery_codes.as_written(typed):
        unused = await claims.unused_recovery_codes(holder.kind, holder.id)
        hashes = recovery_codes.hashes_of(deps, holder, code)
        for code_hash in unused:
            if any(hmac.compare_digest(code_hash, one) for one in hashes):
                return FittingCode('recovery_code', code_hash=code_hash)
    raise SecondFactorWrong()


def _opened(deps: Dependencies, holder: Holder, sealed: str) -> str:
    try:
        return deps.cipher.decrypt(sealed, holder.bound_to)
    except ValueError as error:
        raise SecondFactorUnreadable() from error


async def use_code(work: Work, actor: Actor, holder: Holder, code: FittingCode) -> None:
    """Make it good, in the transaction of what it is for. Raises SecondFactorWrong when somebody else was faster.

    That a recovery code is gone is written down, whatever it was used for (R59). A secret that the key before encrypted
    is encrypted with the present one (R26).
    """
    if code.kind == 'recovery_code':
        if not await claims.claim_recovery_code(holder.kind, holder.id, code.code_hash, work.now):
            raise SecondFactorWrong()
        await note(work, AuditKind.RECOVERY_CODE_USED, actor, holder)
        work.tell(changed(holder))
        return
    if not await claims.claim_step(holder.kind, holder.id, code.secret, code.step):
        raise SecondFactorWrong()
    if not work.deps.cipher.is_current(code.secret):
        secret = _opened(work.deps, holder, code.secret)
        await claims.put_secret(holder.kind, holder.id, work.deps.cipher.encrypt(secret, holder.bound_to), code.secret)


@deed
async def check_code(deps: Dependencies, actor: Actor, holder: Holder, code: str) -> CodeKind:
    """Whether this is the holder's current code or an unused recovery code, which is used up by it; which of the two.

    `actor` is whoever typed it. Raises SecondFactorWrong, RateLimited (R25), TwoFactorIsOff. Not to be called inside a
    unit of work.
    """
    fitting = await look_at_code(deps, holder, code)
    async with unit_of_work(deps) as work:
        await use_code(work, actor, holder, fitting)
    await forgive_try(deps, holder)
    return fitting.kind
