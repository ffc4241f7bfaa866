"""What the firm has chosen for its portal, and changing it."""

from dataclasses import dataclass, replace

from domain.actors import StaffActor
from domain.audit import AuditKind, record
from domain.authorization import Permission, authorise
from domain.dependencies import Dependencies
from domain.errors import NumberOutOfRange
from domain.events import SettingsChanged
from domain.texts import one_line
from domain.unit_of_work import deed, unit_of_work
from storage.models import PortalSettings

LINK_MINUTES = (5, 60)  # R4
INVITATION_DAYS = (1, 30)  # R6


@dataclass(frozen=True)
class Portal:
    """The firm's settings."""

    firm_name: str
    new_contacts_get_access: bool
    sign_in_link_minutes: int
    invitation_days: int
    reminds_before_expiry: bool = True  # two days before an invitation ends: domain/contacts/reminders.py


async def read_portal() -> Portal:
    """The settings in force. Public: the sign-in page shows the firm's name."""
    row = await PortalSettings.get(id=1)
    return Portal(
        row.firm_name,
        row.new_contacts_get_access,
        row.sign_in_link_minutes,
        row.invitation_days,
        row.reminds_before_expiry,
    )


@deed
async def change_portal(deps: Dependencies, actor: StaffActor, wanted: Portal) -> Portal:
    """Save the settings. Raises TextInvalid, NumberOutOfRange for the field that is wrong, NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.CHANGE_SETTINGS)
    firm_name = one_line(wanted.firm_name, 'firm_name', longest=120, needed=True)
    _within('sign_in_link_minutes', wanted.sign_in_link_minutes, LINK_MINUTES)
    _within('invitation_days', wanted.invitation_days, INVITATION_DAYS)
    async with unit_of_work(deps) as work:
        row = await PortalSettings.get(id=1)
        changed = {
            field: value
            for field, value in (
                ('firm_name', firm_name),
                ('new_contacts_get_access', wanted.new_contacts_get_access),
                ('sign_in_link_minutes', wanted.sign_in_link_minutes),
                ('invitation_days', wanted.invitation_days),
                ('reminds_before_expiry', wanted.reminds_before_expiry),
            )
            if getattr(row, field) != value
        }
        await PortalSettings.filter(id=1).update(**changed, firm_named_at=row.firm_named_at or work.now)
        if changed:
            await record(work, AuditKind.SETTINGS_CHANGED, actor, changed=changed)
        work.tell(SettingsChanged())
    return await read_portal()


@deed
async def name_firm(deps: Dependencies, actor: StaffActor, firm_name: str) -> Portal:
    """Change the firm's name alone. Raises TextInvalid, NotAllowed, SignedOut."""
    return await change_portal(deps, actor, replace(await read_portal(), firm_name=firm_name))


def _within(field: str, value: int, bounds: tuple[int, int]) -> None:
    if not bounds[0] <= value <= bounds[1]:
        raise NumberOutOfRange(field, *bounds)
