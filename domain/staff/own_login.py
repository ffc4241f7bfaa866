"""What a staff member sees and changes of its own login."""

from domain.actors import StaffActor
from storage.models import StaffMember


async def has_second_factor(actor: StaffActor) -> bool:
    """Whether this member proves itself by a code too."""
    return await StaffMember.filter(id=actor.staff_id, totp_enrolled_at__not_isnull=True).exists()
