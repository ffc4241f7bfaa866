"""The firm's security mode: what is in force now, and what will be.

Everything that depends on it asks here, each time, so that a change holds for every client at once.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from storage import queries

SECOND_FACTOR_IDLE = timedelta(hours=1)  # R35: where a second factor is required, sessions are short
SECOND_FACTOR_ABSOLUTE = timedelta(hours=24)
LEAST_PASSWORD, LEAST_PASSWORD_BESIDE_TOTP, MOST_PASSWORD = 12, 8, 1_024  # characters (R14)


class SecurityMode(StrEnum):
    """How clients may come in."""

    LINK_AND_PASSWORD = 'link_and_password'
    LINK_ONLY = 'link_only'
    LINK_AND_PASSWORD_2FA = 'link_and_password_2fa'


@dataclass(frozen=True)
class Policy:
    """What is in force at one moment, and the change that waits, if one does. `idle` and `absolute` bound sessions."""

    mode: SecurityMode
    next_mode: SecurityMode | None
    next_from: datetime | None
    idle: timedelta
    absolute: timedelta
    staff_two_factor_required: bool

    @property
    def passwords_work(self) -> bool:
        """Whether a client may sign in with a password, set one and reset it."""
        return self.mode is not SecurityMode.LINK_ONLY

    @property
    def second_factor_required(self) -> bool:
        """Whether every client needs a second factor."""
        return self.mode is SecurityMode.LINK_AND_PASSWORD_2FA

    @property
    def least_password(self) -> int:
        """The least length of a client's password, in characters (R14)."""
        return LEAST_PASSWORD_BESIDE_TOTP if self.second_factor_required else LEAST_PASSWORD


async def policy_at(now: datetime) -> Policy:
    """The policy in force at this moment. A change whose time has come is in force, whoever writes it down when."""
    row = await queries.policy_row()
    mode, next_from = SecurityMode(row.security_mode), row.next_mode_from
    if next_from is not None and next_from <= now:
        mode, next_from = SecurityMode(row.next_security_mode), None
    idle, absolute = timedelta(days=row.client_idle_days), timedelta(days=row.client_session_days)
    if mode is SecurityMode.LINK_AND_PASSWORD_2FA:
        idle, absolute = min(idle, SECOND_FACTOR_IDLE), min(absolute, SECOND_FACTOR_ABSOLUTE)
    return Policy(
        mode,
        SecurityMode(row.next_security_mode) if next_from else None,
        next_from,
        idle,
        absolute,
        row.staff_two_factor_required,
    )
