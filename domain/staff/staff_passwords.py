"""Passwords of staff: changed by oneself, or chosen anew behind a link that was mailed (R19 to R21)."""

from domain.access.holders import Holder
from domain.access.one_time_tokens import Purpose, hash_token, issue, void_of_staff, why_dead
from domain.access.password_resets import RESET_LIFETIME
from domain.access.rate_limits import Limits, check_limit, check_staff_budget, count_anew, network_of
from domain.access.second_factor_notices import mail_about
from domain.actors import StaffActor, Visitor
from domain.addresses import normalise_address
from domain.audit import AuditKind, record
from domain.authorization import Permission, authorise, authorise_oneself
from domain.dependencies import Dependencies
from domain.errors import DeadLink, LinkExpired, PasswordWrong, RateLimited, StaffNotFound
from domain.events import TeamChanged
from domain.language import gettext as _
from domain.language import language_in_use
from domain.mail import messages, outbox
from domain.mail.letterhead import read_letterhead
from domain.mail.rendering import in_words
from domain.mail.states import MailKind
from domain.staff.roles import hold_member
from domain.staff.staff_invitations import StaffLink, hashed_password, look_at_staff_link
from domain.staff.staff_sessions import close_every_door, end_staff_sessions
from domain.staff.staff_sign_in import check_own_password
from domain.texts import first_name
from domain.unit_of_work import Work, deed, unit_of_work
from storage import claims, second_factor_claims
from storage.models import OneTimeToken, StaffMember


@deed
async def change_own_password(deps: Dependencies, actor: StaffActor, current: str, new: str) -> int:
    """Change one's own password; how many other sessions that ended (R37). Links out to this member die.

    Raises PasswordWrong, PasswordTooShort, PasswordTooLong, PasswordTooWeak, RateLimited, Busy, SignedOut.
    """
    await authorise_oneself(deps, actor)
    before = await check_own_password(deps, actor, current)
    me = StaffLink(actor.staff_id, actor.name, actor.email, actor.role)
    hashed = await hashed_password(deps, me, new)
    async with unit_of_work(deps) as work:
        await second_factor_claims.lock_staff(actor.staff_id)
        await authorise_oneself(deps, actor)  # the session may have ended while we hashed
        same = StaffMember.filter(id=actor.staff_id, password_hash=before)
        if not await same.update(password_hash=hashed, password_set_at=work.now):
            raise PasswordWrong()
        await void_of_staff(work, DeadLink.CANCELLED, actor.staff_id)
        await second_factor_claims.void_pending_of_staff(actor.staff_id)
        ended = await end_staff_sessions(work, actor.staff_id, but=actor.session_id)
        await record(work, AuditKind.STAFF_PASSWORD_CHANGED, actor, staff_id=actor.staff_id, sessions=ended)
        await _tell(work, me)
        work.tell(TeamChanged((actor.staff_id,)))
        return ended


@deed
async def ask_for_staff_reset(deps: Dependencies, visitor: Visitor, email: str) -> None:
    """Mail a link to choose a new password, if a member has this address. Nothing tells whether one has (R41, R47)."""
    address = normalise_address(email)
    staff = await StaffMember.get_or_none(email=address, disabled_at=None)
    try:
        await check_limit(deps, Limits.SIGN_IN_MAIL_PER_MINUTE, f'staff:{address}')
        await check_limit(deps, Limits.SIGN_IN_MAIL_PER_DAY, f'staff:{address}')
    except RateLimited:
        return  # it says no more than an unknown address does
    if staff is None or not staff.password_hash:
        return
    async with unit_of_work(deps) as work:
        await second_factor_claims.lock_staff(staff.id)
        await _mail_reset(work, staff, None)
        await record(work, AuditKind.STAFF_PASSWORD_RESET_ASKED, visitor, staff_id=staff.id, actor_name=staff.name)


@deed
async def send_staff_reset(deps: Dependencies, actor: StaffActor, staff_id: int) -> None:
    """Mail a member a link to choose a new password. The one it has works until then (R21).

    Raises StaffNotFound (also for who has none to reset), RateLimited, NotAllowed, SignInNotFresh, SignedOut.
    """
    await authorise(deps, actor, Permission.MANAGE_TEAM, fresh=True)
    await check_staff_budget(deps, actor)
    async with unit_of_work(deps) as work:
        member = await hold_member(actor, staff_id)
        if not member.password_hash or member.disabled_at is not None:
            raise StaffNotFound()
        await _mail_reset(work, member, actor)
        await record(work, AuditKind.STAFF_PASSWORD_RESET_ASKED, actor, staff_id=member.id, member=member.name)


@deed
async def reset_staff_password(deps: Dependencies, visitor: Visitor, token: str, password: str) -> None:
    """Choose a new password with the link of a mail. Ends every session and tells the address; signs nobody in, so the
    second factor is asked for at the next sign-in as always (R20).

    Raises LinkExpired, PasswordTooShort, PasswordTooLong, PasswordTooWeak, RateLimited, Busy.
    """
    await check_limit(deps, Limits.LINK_PER_IP, network_of(visitor.ip))
    link = await look_at_staff_link(deps, token, Purpose.STAFF_RESET)
    hashed = await hashed_password(deps, link, password)
    async with unit_of_work(deps) as work:
        await second_factor_claims.lock_staff(link.staff_id)
        claimed = await claims.claim_token(hash_token(token), (Purpose.STAFF_RESET.value,), work.now)
        if claimed is not None:
            await StaffMember.filter(id=link.staff_id).update(password_hash=hashed, password_set_at=work.now)
            ended = await close_every_door(work, link.staff_id)
            await count_anew(Limits.PASSWORD_PER_LOGIN, f'staff:{link.email}')
            await count_anew(Limits.OWN_PASSWORD, f'staff:{link.staff_id}')
            await record(
                work,
                AuditKind.STAFF_PASSWORD_CHANGED,
                visitor,
                staff_id=link.staff_id,
                actor_name=link.name,
                by='reset',
                sessions=ended.sessions,
            )
            await _tell(work, link)
            work.tell(TeamChanged((link.staff_id,)))
            return
    raise LinkExpired(why_dead(await OneTimeToken.get_or_none(token_hash=hash_token(token)), deps.clock.now()))


async def _tell(work: Work, link: StaffLink) -> None:
    await mail_about(
        work,
        Holder('staff', link.staff_id, link.email),
        lambda: (
            _('Your password was changed'),
            _('The password you sign in with as staff was changed just now. Other browsers were signed out.'),
        ),
    )


async def _mail_reset(work: Work, staff: StaffMember, actor: StaffActor | None) -> None:
    """A link in place of an older one (R8)."""
    await void_of_staff(work, DeadLink.REPLACED, staff.id)
    issued = await issue(
        work, Purpose.STAFF_RESET, RESET_LIFETIME, staff_id=staff.id, email=staff.email,
        made_by_id=actor.staff_id if actor else None,
    )  # fmt: skip
    asked = (
        _('%s has sent you this link, so that you can choose a new password.') % actor.name
        if actor
        else _('Somebody, probably you, asked for a new password for staff.')
    )
    await outbox.enqueue(
        work,
        outbox.NewMail(
            kind=MailKind.STAFF_PASSWORD_RESET,
            to_address=staff.email,
            to_name=staff.name,
            message=messages.notice(
                letterhead=await read_letterhead(),
                subject=_('Choose a new password'),
                first_name=first_name(staff.name),
                to_staff=True,
                lines=[asked, _('Your present password works until you do.')],
                action=(
                    _('Choose a new password'),
                    f'{work.deps.settings.public_url}/staff/reset-password/{issued.token}',
                ),
                small=_('This link works once, for %s. If you did not ask for it, you can ignore this mail.')
                % in_words(RESET_LIFETIME, language_in_use.get()),
            ),
            token_id=issued.id,
            made_by_id=actor.staff_id if actor else None,
            made_by_name=actor.name if actor else '',
        ),
    )
