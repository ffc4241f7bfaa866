"""What every mail of the firm carries around its words."""

from dataclasses import dataclass

from storage.models import PortalSettings


@dataclass(frozen=True)
class Letterhead:
    """What stands on the firm's paper. `firm_name` may be empty, until the firm has named itself."""

    firm_name: str = ''


async def read_letterhead() -> Letterhead:
    """As it is now. Read inside the unit of work that writes the mail, or just before it."""
    return Letterhead((await PortalSettings.get(id=1)).firm_name)
