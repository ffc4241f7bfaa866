"""How often something may be tried.

Counted before it is tried, by one atomic UPSERT, in fixed windows (R43, R44, R47).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network

from domain.dependencies import Dependencies
from domain.errors import RateLimited
from storage import claims


@dataclass(frozen=True)
class Limit:
    """At most `most` tries in each window of so many seconds."""

    name: str
    most: int
    seconds: int


class Limits(Enum):
    """Every limit, in one place."""

    PASSWORD_PER_LOGIN = Limit('password-login', 5, 300)
    PASSWORD_PER_IP = Limit('password-ip', 10, 60)
    SIGN_IN_MAIL_PER_MINUTE = Limit('mail-minute', 1, 60)
    SIGN_IN_MAIL_PER_DAY = Limit('mail-day', 10, 86_400)
    ASK_PER_IP = Limit('ask-ip', 60, 600)
    CODE_PER_IP = Limit('code-ip', 60, 600)
    LINK_PER_IP = Limit('link-ip', 120, 60)
    SETUP_PER_IP = Limit('setup-ip', 20, 600)


async def check_limit(deps: Dependencies, limit: Limits, who: str) -> None:
    """Count one try of `who`. Raises RateLimited when it is one too many.

    Runs outside of any unit of work, so that a refusal is counted too.
    """
    if deps.settings.rate_limits == 'off':
        return
    now = deps.clock.now()
    start, end = _window(limit.value, now)
    if await claims.count_attempt(_key(limit.value, who), start, end) > limit.value.most:
        raise RateLimited(retry_after=max(1, int((end - now).total_seconds() + 0.999)))


async def forgive(deps: Dependencies, limit: Limits, who: str) -> None:
    """The try counted last was a success: it does not count as a failure. Earlier ones stay counted (R45)."""
    if deps.settings.rate_limits == 'on':
        start, _ = _window(limit.value, deps.clock.now())
        await claims.take_back_attempt(_key(limit.value, who), start)


def network_of(ip: str) -> str:
    """Whom an address stands for: itself, or its /64 in IPv6 (R46)."""
    try:
        address = ip_address(ip)
    except ValueError:
        return ip
    if isinstance(address, IPv6Address):
        return str(ip_network(f'{address}/64', strict=False))
    return str(address)


def _window(limit: Limit, now: datetime) -> tuple[datetime, datetime]:
    start = datetime.fromtimestamp(int(now.timestamp()) // limit.seconds * limit.seconds, UTC)
    return start, start + timedelta(seconds=limit.seconds)


def _key(limit: Limit, who: str) -> str:
    digest = sha256(who.encode('utf-8', 'surrogatepass')).hexdigest()
    return f'{limit.name}:{digest[:40]}'
