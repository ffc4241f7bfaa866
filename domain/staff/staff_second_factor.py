"""An owner or admin takes away a member's second factor: the phone is lost, and the recovery codes with it."""

from domain.access.holders import Holder
from domain.access.second_factor_notices import mail_about
from domain.access.second_factor_reset import LONGEST_REASON
from domain.access.totp import forget_second_factor
from domain.actors import StaffActor
from domain.audit import AuditKind, record
from domain.authorization import Permission, authorise
from domain.dependencies import Dependencies
from domain.errors import NotYourself, ReasonNeeded, TwoFactorIsOff
from domain.events import TeamChanged
from domain.language import gettext as _
from domain.staff.roles import hold_member
from domain.staff.staff_sessions import close_every_door
from domain.texts import one_line
from domain.unit_of_work import deed, unit_of_work


@deed
async def reset_staff_two_factor(deps: Dependencies, actor: StaffActor, staff_id: int, reason: str) -> int:
    """Turn a member's second factor off; how many sessions that ended. The member is told by mail.

    Raises ReasonNeeded, TextInvalid, StaffNotFound, TwoFactorIsOff, NotYourself (there is a page for one's own),
    NotAllowed, SignInNotFresh, SignedOut.
    """
    await authorise(deps, actor, Permission.MANAGE_TEAM)
    why = one_line(reason, 'reason', longest=LONGEST_REASON)
    if not why:  # told before anybody has to prove who sits there
        raise ReasonNeeded()
    await authorise(deps, actor, Permission.MANAGE_TEAM, fresh=True)
    async with unit_of_work(deps) as work:
        member = await hold_member(actor, staff_id)
        if member.id == actor.staff_id:
            raise NotYourself()
        if member.totp_enrolled_at is None:
            raise TwoFactorIsOff()
        holder = Holder('staff', member.id, member.email)
        await forget_second_factor(work, holder)
        ended = await close_every_door(work, member.id)
        await record(
            work,
            AuditKind.STAFF_TWO_FACTOR_RESET,
            actor,
            staff_id=member.id,
            member=member.name,
            reason=why,
            sessions=ended.sessions,
        )
        await mail_about(
            work,
            holder,
            lambda: (
                _('Two-factor authentication was reset'),
                _(
                    '%s has turned off two-factor authentication for your staff login, and you were signed out '
                    'everywhere.'
                )
                % actor.name
                + ' '
                + _('Sign in with your password and set it up anew.'),
            ),
        )
        work.tell(TeamChanged((member.id,)))
        return ended.sessions
