"""How good a password is, told while it is being typed. Nothing of it is kept, and none of it is written to a log."""

from dataclasses import dataclass

from domain.access.password_resets import words_around_reset
from domain.access.password_strength import Weakness, guessed_words, strength_of
from domain.access.passwords import as_typed, words_of_login
from domain.access.rate_limits import Limits, check_limit, network_of
from domain.access.security_policy import LEAST_PASSWORD, policy_at
from domain.actors import ClientActor, StaffActor, Visitor
from domain.dependencies import Dependencies
from storage.password_rows import firm_name

MOST_RATED = 128  # characters; what follows makes no password worse


@dataclass(frozen=True)
class Rating:
    """`score` is 0 to 4, of which 3 is enough; `missing` are the characters below the least length (R14, R16)."""

    score: int
    weakness: Weakness | None
    missing: int


async def rate_password(
    deps: Dependencies,
    visitor: Visitor,
    password: str,
    who: ClientActor | StaffActor | None = None,
    *,
    reset_token: str = '',
    for_staff: bool = False,
) -> Rating:
    """What the rules will say of this password, for `who` is signed in or holds the reset link.

    Raises RateLimited, Busy.
    """
    await check_limit(deps, Limits.STRENGTH_PER_IP, network_of(visitor.ip))
    typed = as_typed(password[:MOST_RATED])
    is_client = isinstance(who, ClientActor) or (who is None and not for_staff)
    least = (await policy_at(deps.clock.now())).least_password if is_client else LEAST_PASSWORD
    found = await strength_of(typed, await _words(deps, who, reset_token))
    return Rating(found.score, found.weakness, max(0, least - len(typed)))


async def _words(deps: Dependencies, who: ClientActor | StaffActor | None, reset_token: str) -> tuple[str, ...]:
    if isinstance(who, ClientActor):
        return await words_of_login(who.login_id, who.email)
    if isinstance(who, StaffActor):
        return guessed_words(await firm_name(), who.name, who.email)
    return await words_around_reset(deps, reset_token) or guessed_words(await firm_name())
