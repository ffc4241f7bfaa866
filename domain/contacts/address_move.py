"""A contact moves to another address, and so to the login of that address.

The old address opens it no more (R9). Where somebody came in by it that is a change of who may come in: staff prove who
sits there (R38), and the old address is told. A login that is left without a contact keeps no password and no second
factor: whoever bears the address one day begins anew.
"""

from dataclasses import dataclass, replace

from domain.access.logins import forget_if_it_serves_nobody, held_login_for
from domain.actors import StaffActor
from domain.audit import AuditKind, record
from domain.contacts.closing import Revoked, close_doors
from domain.contacts.inviting import cancel_open_invitation, invite
from domain.errors import DeadLink
from domain.language import gettext as _
from domain.mail import messages, outbox
from domain.mail.states import MailKind
from domain.texts import greeting_name
from domain.unit_of_work import Work
from storage.models import ClientSession, Contact, Invitation, Login, PortalSettings

_ADDRESS = ('email', 'email_status', 'login_id', 'joined_at')


@dataclass(frozen=True)
class AddressMoved:
    """What a change of address did. `invited_again` when an open invitation went to the new address."""

    closed: Revoked
    invited_again: bool


async def has_been_entered(contact: Contact) -> bool:
    """Whether somebody came in as this contact, or could: it joined, or its login has a password, a second factor or a
    session."""
    if contact.joined_at is not None:
        return True
    login = await Login.get_or_none(id=contact.login_id) if contact.login_id is not None else None
    if login is None:
        return False
    return (
        login.password_hash is not None
        or login.totp_enrolled_at is not None
        or await ClientSession.filter(login_id=login.id).exists()
    )


async def move_address(
    work: Work, actor: StaffActor, contact: Contact, email: str, *, edited: tuple[str, ...], tells: str
) -> AddressMoved:
    """Inside a unit of work that holds the contact, whose columns `edited` are written too.

    `tells`: the name under which the old address is told; empty where nobody came in by it.
    """
    before, was_invited, old_login = contact.email or '', contact.invitation_expires_at is not None, contact.login_id
    message = ''
    if was_invited:
        invitation = await Invitation.get_or_none(contact_id=contact.id, accepted_at=None, cancelled_at=None)
        message = invitation.message if invitation else ''
        await cancel_open_invitation(work, contact, DeadLink.CANCELLED)
    login = await held_login_for(work, email) if email else None
    contact.email, contact.email_status = email or None, 'not_tried'
    contact.login_id, contact.joined_at = login.id if login else None, None
    await contact.save(update_fields=(*edited, *_ADDRESS))
    contact.login_id = old_login
    closed = await close_doors(work, contact)
    contact.login_id = login.id if login else None
    await record(work, AuditKind.ADDRESS_CHANGED, actor, contact=contact, before=before, after=email)
    if tells and before:
        await _tell_the_old(work, before, tells, contact.kind, old_login)
    if old_login is not None:
        await forget_if_it_serves_nobody(work, old_login)
    again = bool(was_invited and email and contact.portal_access)
    if again:
        await invite(work, actor, contact, message)
    return AddressMoved(replace(closed, invitations=int(was_invited)), again)


async def _tell_the_old(work: Work, address: str, name: str, kind: str, login_id: int | None) -> None:
    firm_name = (await PortalSettings.get(id=1)).firm_name
    firm = firm_name or _('the firm')
    message = messages.notice(
        firm_name=firm_name,
        first_name=greeting_name(name, kind),
        subject=_('This address no longer opens the client portal'),
        lines=(
            _('In the client portal of %(firm)s, %(name)s can no longer be entered with this address.')
            % {'firm': firm, 'name': name},
            _('If you did not expect this, please tell %s at once.') % firm,
        ),
    )
    mail = outbox.NewMail(kind=MailKind.NOTICE, to_address=address, to_name=name, message=message, login_id=login_id)
    await outbox.enqueue(work, mail)
