"""The first steps of a new firm. Each is ticked by what really happened, so no reload starts it again."""

from dataclasses import dataclass

from domain.access.rate_limits import check_staff_budget
from domain.actors import StaffActor
from domain.authorization import Permission, authorise
from domain.dependencies import Dependencies
from domain.events import SettingsChanged
from domain.mail import messages, outbox
from domain.mail.letterhead import read_letterhead
from domain.texts import first_name
from domain.unit_of_work import deed, unit_of_work
from storage import contact_counts
from storage.models import Invitation, OutboxMail, PortalSettings

ARRIVED = ('sent', 'captured')  # handed over to the mail server, or kept to be read while there is none


@dataclass(frozen=True)
class Checklist:
    """Which steps are done, and whether it was put away."""

    firm_named: bool
    test_mail_sent: bool
    client_invited: bool
    client_joined: bool
    put_away: bool

    @property
    def done(self) -> int:
        """How many of the four steps are done."""
        return sum((self.firm_named, self.test_mail_sent, self.client_invited, self.client_joined))


async def read_checklist() -> Checklist:
    """How far the firm has come."""
    row = await PortalSettings.get(id=1)
    return Checklist(
        firm_named=row.firm_named_at is not None,
        test_mail_sent=await OutboxMail.filter(id=row.test_mail_id, state__in=ARRIVED).exists(),
        client_invited=await Invitation.exists(),
        client_joined=await contact_counts.has_anybody_joined(),
        put_away=row.checklist_put_away_at is not None,
    )


@deed
async def put_checklist_away(deps: Dependencies, actor: StaffActor) -> None:
    """Hide the checklist for good, for everybody. Raises NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.CHANGE_SETTINGS)
    async with unit_of_work(deps) as work:
        await PortalSettings.filter(id=1, checklist_put_away_at=None).update(checklist_put_away_at=work.now)
        work.tell(SettingsChanged())


@deed
async def send_test_mail(deps: Dependencies, actor: StaffActor) -> int:
    """Mail the staff member who asks; the id of the mail, whose state tells how it went.

    Raises RateLimited, NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.CHANGE_SETTINGS)
    await check_staff_budget(deps, actor)
    async with unit_of_work(deps) as work:
        mail_id = await outbox.enqueue(
            work,
            outbox.NewMail(
                kind='test_mail',
                to_address=actor.email,
                to_name=actor.name,
                message=messages.test_mail(
                    letterhead=await read_letterhead(),
                    first_name=first_name(actor.name),
                    portal_url=deps.portal_url,
                ),
                made_by_id=actor.staff_id,
                made_by_name=actor.name,
            ),
        )
        await PortalSettings.filter(id=1).update(test_mail_id=mail_id)
        work.tell(SettingsChanged())
        return mail_id
