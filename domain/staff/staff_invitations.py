"""Asking somebody into the team: a link by mail, behind which a password of one's own is chosen (R6, R21)."""

from dataclasses import dataclass
from datetime import datetime

from domain.access import sessions
from domain.access.one_time_tokens import Purpose, hash_token, issue, void_of_staff, why_dead
from domain.access.password_strength import guessed_words
from domain.access.passwords import checked_password
from domain.access.rate_limits import Limits, check_limit, check_staff_budget, network_of
from domain.access.security_policy import LEAST_PASSWORD
from domain.actors import Role, StaffActor, Visitor
from domain.addresses import normalise_address
from domain.audit import AuditKind, record
from domain.authorization import Permission, authorise
from domain.dependencies import Dependencies
from domain.errors import DeadLink, LinkExpired, StaffAddressTaken
from domain.events import TeamChanged
from domain.language import gettext as _
from domain.language import language_in_use
from domain.mail import messages, outbox
from domain.mail.letterhead import read_letterhead
from domain.mail.rendering import in_words
from domain.mail.states import MailKind
from domain.staff.roles import check_may_manage, hold_team
from domain.staff.team import INVITATION_LIFETIME
from domain.texts import first_name, one_line
from domain.unit_of_work import Work, deed, unit_of_work
from storage import claims, queries, second_factor_claims
from storage.models import Login, OneTimeToken, PortalSettings, StaffMember


@dataclass(frozen=True)
class StaffInvited:
    """Somebody was asked into the team. `captured`: the mail waits in the outbox, because no mail server is set up."""

    staff_id: int
    name: str
    email: str
    expires_at: datetime
    renewed: bool
    captured: bool


@dataclass(frozen=True)
class StaffLink:
    """Whom a link for staff belongs to."""

    staff_id: int
    name: str
    email: str
    role: Role


async def client_with_address(deps: Dependencies, actor: StaffActor, address: str) -> str:
    """The name of the client who signs in with this address; '' for none. Joining the team changes nothing for it.

    Raises AddressInvalid, NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.MANAGE_TEAM)
    login = await Login.get_or_none(email=normalise_address(address))
    contacts = await queries.contacts_of_login(login.id) if login else []
    return contacts[0].name if contacts else ''


@deed
async def invite_staff(deps: Dependencies, actor: StaffActor, name: str, email: str, role: Role) -> StaffInvited:
    """Ask somebody into the team by mail, or ask again: that renews the invitation, and the older link dies.

    It has no rights before it is accepted. A client with the same address stays what it is.
    Raises TextInvalid, AddressInvalid, StaffAddressTaken (by somebody who has joined, or is disabled), RateLimited,
    NotAllowed, SignInNotFresh, SignedOut.
    """
    await authorise(deps, actor, Permission.MANAGE_TEAM, fresh=True)
    clean_name, address = one_line(name, 'name', needed=True), normalise_address(email)
    await check_staff_budget(deps, actor)
    async with unit_of_work(deps) as work:
        me = await hold_team(actor)
        check_may_manage(me, role)
        member = await StaffMember.get_or_none(email=address)
        if member is None:
            staff = await StaffMember.create(
                name=clean_name,
                email=address,
                role=role.value,
                password_hash='',
                invited_by_id=actor.staff_id,
                invited_at=work.now,
                created_at=work.now,
            )
        else:
            if member.password_hash or member.disabled_at is not None:
                raise StaffAddressTaken()
            check_may_manage(me, Role(member.role))
            await StaffMember.filter(id=member.id).update(
                name=clean_name, role=role.value, invited_by_id=actor.staff_id, invited_at=work.now
            )
            await void_of_staff(work, DeadLink.REPLACED, member.id)
            staff = await StaffMember.get(id=member.id)
        expires_at = await _mail_invitation(work, actor, staff)
        await record(
            work,
            AuditKind.STAFF_INVITED,
            actor,
            staff_id=staff.id,
            member=clean_name,
            email=address,
            role=role.value,
            again=member is not None,
        )
        work.tell(TeamChanged((staff.id,)))
    return StaffInvited(staff.id, clean_name, address, expires_at, member is not None, deps.captures_mail)


async def _mail_invitation(work: Work, actor: StaffActor, staff: StaffMember) -> datetime:
    issued = await issue(
        work, Purpose.STAFF_INVITATION, INVITATION_LIFETIME, staff_id=staff.id, email=staff.email,
        made_by_id=actor.staff_id,
    )  # fmt: skip
    letterhead = await read_letterhead()
    await outbox.enqueue(
        work,
        outbox.NewMail(
            kind=MailKind.STAFF_INVITATION,
            to_address=staff.email,
            to_name=staff.name,
            message=messages.notice(
                letterhead=letterhead,
                subject=_('Join the team'),
                first_name=first_name(staff.name),
                to_staff=True,
                lines=[
                    _('%s has invited you to the team that runs the client portal.') % actor.name,
                    _('Choose a password of your own, and you are in.'),
                ],
                action=(_('Join the team'), f'{work.deps.settings.public_url}/staff/invitation/{issued.token}'),
                small=_('This link works once, for %s. If you did not expect it, you can ignore this mail.')
                % in_words(INVITATION_LIFETIME, language_in_use.get()),
            ),
            token_id=issued.id,
            made_by_id=actor.staff_id,
            made_by_name=actor.name,
        ),
    )
    return issued.expires_at


async def look_at_staff_link(deps: Dependencies, token: str, purpose: Purpose) -> StaffLink:
    """Whose link this is, while it works. Writes nothing (R10). Raises LinkExpired with the reason."""
    now = deps.clock.now()
    row = await OneTimeToken.get_or_none(token_hash=hash_token(token), purpose=purpose.value)
    if row is None or row.used_at or row.voided_at or row.expires_at <= now:
        raise LinkExpired(why_dead(row, now))
    member = await StaffMember.get_or_none(id=row.staff_id, disabled_at=None)
    if member is None:
        raise LinkExpired(DeadLink.CANCELLED)
    return StaffLink(member.id, member.name, member.email, Role(member.role))


@deed
async def accept_staff_invitation(deps: Dependencies, visitor: Visitor, token: str, password: str) -> str:
    """Choose a password, join the team and sign in; the raw staff session.

    Raises LinkExpired, PasswordTooShort, PasswordTooLong, PasswordTooWeak, RateLimited, Busy.
    """
    await check_limit(deps, Limits.LINK_PER_IP, network_of(visitor.ip))
    link = await look_at_staff_link(deps, token, Purpose.STAFF_INVITATION)
    hashed = await hashed_password(deps, link, password)
    async with unit_of_work(deps) as work:
        await second_factor_claims.lock_staff(link.staff_id)
        claimed = await claims.claim_token(hash_token(token), (Purpose.STAFF_INVITATION.value,), work.now)
        staff = claimed and await StaffMember.get_or_none(id=claimed.staff_id, disabled_at=None, password_hash='')
        if staff:
            await StaffMember.filter(id=staff.id).update(
                password_hash=hashed, password_set_at=work.now, last_sign_in_at=work.now
            )
            await record(
                work,
                AuditKind.STAFF_JOINED,
                visitor,
                staff_id=staff.id,
                actor_name=staff.name,
                role=staff.role,
            )
            work.tell(TeamChanged((staff.id,)))
            return await sessions.start_staff_session(work, staff, visitor)
    raise LinkExpired(why_dead(await OneTimeToken.get_or_none(token_hash=hash_token(token)), deps.clock.now()))


async def hashed_password(deps: Dependencies, link: StaffLink, password: str) -> str:
    """The hash of a password that this member may have (R14 to R17).

    Raises PasswordTooShort, PasswordTooLong, PasswordTooWeak, Busy.
    """
    firm_name = (await PortalSettings.get(id=1)).firm_name
    words = guessed_words(firm_name, link.name, link.email)
    return await deps.hasher.hash(await checked_password(password, least=LEAST_PASSWORD, words=words))
