"""What a staff member sees of its own login."""

from dataclasses import dataclass
from datetime import datetime

from domain.actors import StaffActor
from domain.authorization import authorise_oneself
from domain.dependencies import Dependencies
from domain.errors import SignedOut
from storage.models import StaffMember


@dataclass(frozen=True)
class OwnLogin:
    """`password_set_at` is None for a password from before that was written down."""

    has_second_factor: bool
    password_set_at: datetime | None


async def read_own_login(deps: Dependencies, actor: StaffActor) -> OwnLogin:
    """How this member proves itself; also while its session is held. Raises SignedOut."""
    await authorise_oneself(deps, actor, held=True)
    staff = await StaffMember.get_or_none(id=actor.staff_id)
    if staff is None:
        raise SignedOut()
    return OwnLogin(staff.totp_enrolled_at is not None, staff.password_set_at)
