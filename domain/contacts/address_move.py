"""A contact moves to another address, and so to the login of that address.

The old address opens it no more (R9). Where somebody came in by it that is a change of who may come in: staff prove who
sits there (R38), and the old address is told. A login that is left without a contact keeps no password and no second
factor: whoever bears the address one day begins anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from domain.access.logins import forget_choices, forget_those_that_serve_nobody, held_logins_for
from domain.actors import Actor, StaffActor
from domain.audit import AuditKind, record_each
from domain.contacts.closing import Revoked, close_doors_of_each
from domain.contacts.inviting import invite, whom
from domain.language import gettext as _
from domain.language import speaking
from domain.mail import messages, outbox
from domain.mail.letterhead import read_letterhead
from domain.mail.states import MailKind
from domain.texts import greeting_name
from domain.unit_of_work import Work
from storage import contact_rows, import_sql
from storage.models import Contact, Invitation


@dataclass(frozen=True)
class AddressMoved:
    """What a change of address did. `invited_again` when an open invitation went to the new address."""

    closed: Revoked
    invited_again: bool


async def has_been_entered(contact: Contact) -> bool:
    """Whether somebody came in as this contact, or could: it joined, or its login has a password, a second factor or a
    session."""
    return contact.id in await import_sql.entered_among([contact.id])


async def move_address(
    work: Work, actor: StaffActor, contact: Contact, email: str, *, edited: tuple[str, ...], tells: str
) -> AddressMoved:
    """Inside a unit of work that holds the contact, whose columns `edited` are written too.

    `tells`: the name under which the old address is told; empty where nobody came in by it.
    """
    before, was_invited, old_login = contact.email or '', contact.invitation_expires_at is not None, contact.login_id
    invitation = await Invitation.get_or_none(contact_id=contact.id, accepted_at=None, cancelled_at=None)
    message = invitation.message if invitation else ''
    await contact.save(update_fields=edited)
    closed = (await move_each(work, actor, [contact], {contact.id: email}))[contact.id]
    if tells and before:
        with speaking(contact.language):
            await _tell_the_old(work, before, tells, contact.kind, old_login)
    again = bool(was_invited and email and contact.portal_access)
    if again:
        await invite(work, actor, contact, message)
    return AddressMoved(replace(closed, invitations=int(was_invited)), again)


async def move_each(
    work: Work, actor: Actor, contacts: Sequence[Contact], emails: Mapping[int, str]
) -> dict[int, Revoked]:
    """Inside a unit of work that holds these contacts: each moves to its address of `emails`, empty for none; what the
    old one opened is closed, by contact what that was. Nobody is mailed, so an invitation that was open has ended.

    The columns they are searched by are written by the caller.
    """
    logins = await held_logins_for(work, {email for email in emails.values() if email})
    old = {contact.id: (contact.email or '', contact.login_id) for contact in contacts}
    await contact_rows.write_addresses(
        [{'id': one.id, 'email': emails[one.id] or None, 'login_id': logins.get(emails[one.id])} for one in contacts],
        work.now,
    )
    closed = await close_doors_of_each(work, contacts)  # of the logins they had
    for one in contacts:
        one.email, one.email_status, one.joined_at = emails[one.id] or None, 'not_tried', None
        one.login_id = logins.get(emails[one.id])
    moved = [whom(one, before=old[one.id][0], after=emails[one.id]) for one in contacts]
    await record_each(work, AuditKind.ADDRESS_CHANGED, actor, moved)
    left = {login_id for _, login_id in old.values() if login_id is not None}
    await forget_choices(left, list(old))
    await forget_those_that_serve_nobody(work, left)
    return closed


async def _tell_the_old(work: Work, address: str, name: str, kind: str, login_id: int | None) -> None:
    letterhead = await read_letterhead()
    firm = letterhead.firm_name or _('the firm')
    message = messages.notice(
        letterhead=letterhead,
        first_name=greeting_name(name, kind),
        reader=messages.Reader(name, address),
        portal_url=work.deps.portal_url,
        subject=_('This address no longer opens the client portal'),
        lines=(
            _('In the client portal of %(firm)s, %(name)s can no longer be entered with this address.')
            % {'firm': firm, 'name': name},
            _('If you did not expect this, please tell %s at once.') % firm,
        ),
    )
    mail = outbox.NewMail(kind=MailKind.NOTICE, to_address=address, to_name=name, message=message, login_id=login_id)
    await outbox.enqueue(work, mail)
