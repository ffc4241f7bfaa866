"""Staff take a second factor away from a client who lost it, for a reason that is written down.

The client is told by mail. Whoever sits in a session that the lost factor opened is out, and so is whoever is half way
in (R37); the client sets up a new one after the next sign-in.
"""

from dataclasses import dataclass

from domain.access.devices import count_alive
from domain.access.joining import close_invitations_of_login
from domain.access.logins import held_contact
from domain.access.one_time_tokens import Purpose, void_of_login_and_purpose, void_what_signs_in
from domain.access.second_factor_notices import mail_about
from domain.access.sessions import end_sessions_of_login
from domain.access.totp import Holder, forget_second_factor
from domain.actors import StaffActor
from domain.audit import AuditKind, record
from domain.authorization import Permission, authorise
from domain.dependencies import Dependencies
from domain.errors import ContactNotFound, DeadLink, NoLogin, ReasonNeeded, TwoFactorIsOff
from domain.events import ContactsChanged, LoginChanged
from domain.language import gettext as _
from domain.texts import one_line
from domain.unit_of_work import deed, unit_of_work
from storage.models import Contact, Login

LONGEST_REASON = 400  # characters


@dataclass(frozen=True)
class TwoFactorReset:
    """What it ended."""

    sessions: int
    links: int


@deed
async def reset_two_factor(deps: Dependencies, actor: StaffActor, contact_id: int, reason: str) -> TwoFactorReset:
    """Take away the second factor of a contact's login, and tell the client. `reason` goes into the audit log.

    Raises ReasonNeeded, TextInvalid for 'reason', TwoFactorIsOff, NoLogin, ContactNotFound, SignInNotFresh (R38),
    NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.MANAGE_LOGINS)
    why = one_line(reason, 'reason', longest=LONGEST_REASON)
    if not why:  # told before anybody has to prove who sits there
        raise ReasonNeeded()
    await authorise(deps, actor, Permission.MANAGE_LOGINS, fresh=True)
    async with unit_of_work(deps) as work:
        contact = await held_contact(contact_id)
        if contact is None:
            raise ContactNotFound(contact_id)
        login = await Login.get_or_none(id=contact.login_id) if contact.login_id is not None else None
        if login is None:
            raise NoLogin(contact.id, contact.name)
        holder = Holder('login', login.id, login.email)
        if not await forget_second_factor(work, holder):
            raise TwoFactorIsOff()
        await close_invitations_of_login(work, login.id)
        links = await void_what_signs_in(work, DeadLink.CANCELLED, login.id)
        links += await void_of_login_and_purpose(work, DeadLink.CANCELLED, login.id, Purpose.RESET)
        sessions = await count_alive(login.id, work.now)
        await end_sessions_of_login(work, login.id, reason='two-factor reset')
        await mail_about(
            work,
            holder,
            lambda: (
                _('Two-factor authentication was reset'),
                _('%s took two-factor authentication off your sign-in, and you were signed out everywhere.')
                % actor.name
                + ' '
                + _('Sign in as usual and set it up again with your new device.'),
            ),
        )
        await record(
            work,
            AuditKind.TWO_FACTOR_RESET,
            actor,
            contact=contact,
            login_id=login.id,
            reason=why,
            sessions=sessions,
            links=links,
        )
        served = await Contact.filter(login_id=login.id).values_list('id', flat=True)
        work.tell(LoginChanged(login.id), ContactsChanged(tuple(int(str(one)) for one in served)))
        return TwoFactorReset(sessions, links)
