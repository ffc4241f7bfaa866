"""What happened to a second factor: told to the audit log, to open pages and, by mail, to whom it belongs."""

from collections.abc import Callable
from dataclasses import dataclass

from domain.access.belonging import contact_to_address
from domain.access.holders import Holder
from domain.actors import Actor
from domain.audit import AuditKind, record
from domain.events import Event, LoginChanged, TeamChanged
from domain.language import DEFAULT_LANGUAGE, speaking
from domain.language import gettext as _
from domain.mail import messages, outbox
from domain.mail.letterhead import read_letterhead
from domain.mail.states import MailKind
from domain.texts import greeting_name
from domain.unit_of_work import Work
from storage.models import Login, StaffMember

STAFF_KINDS = {
    AuditKind.TWO_FACTOR_ON: AuditKind.STAFF_TWO_FACTOR_ON,
    AuditKind.TWO_FACTOR_OFF: AuditKind.STAFF_TWO_FACTOR_OFF,
    AuditKind.TWO_FACTOR_REFUSED: AuditKind.STAFF_TWO_FACTOR_REFUSED,
    AuditKind.RECOVERY_CODE_USED: AuditKind.STAFF_RECOVERY_CODE_USED,
    AuditKind.RECOVERY_CODES_MADE: AuditKind.STAFF_RECOVERY_CODES_MADE,
}


@dataclass(frozen=True)
class Person:
    """Whom a mail about a holder is to."""

    name: str
    first_name: str
    language: str = ''


async def person_behind(holder: Holder) -> Person:
    """By what name the holder is addressed; empty where nobody is known."""
    if holder.kind == 'staff':
        staff = await StaffMember.get_or_none(id=holder.id)
        return Person(staff.name, greeting_name(staff.name, 'person'), DEFAULT_LANGUAGE) if staff else Person('', '')
    login = await Login.get_or_none(id=holder.id)
    contact = await contact_to_address(login) if login else None
    return (
        Person(contact.name, greeting_name(contact.name, contact.kind), contact.language) if contact else Person('', '')
    )


async def note(work: Work, kind: AuditKind, actor: Actor, holder: Holder, *, outcome: str = 'done') -> None:
    """One row of the audit log. `kind` as it is for a login; a staff member's has its own."""
    person = await person_behind(holder)
    await record(
        work,
        STAFF_KINDS.get(kind, kind) if holder.kind == 'staff' else kind,
        actor,
        login_id=holder.id if holder.kind == 'login' else None,
        staff_id=holder.id if holder.kind == 'staff' else None,
        actor_name=person.name,
        outcome=outcome,
    )


def changed(holder: Holder) -> Event:
    """What open pages are told."""
    return LoginChanged(holder.id) if holder.kind == 'login' else TeamChanged((holder.id,))


async def mail_about(work: Work, holder: Holder, words: Callable[[], tuple[str, str]]) -> None:
    """Tell the address of the holder what happened, and what to do if it was somebody else.

    `words`: the subject and what happened, said in the language of the reader once that is known.
    """
    letterhead, person = await read_letterhead(), await person_behind(holder)
    with speaking(person.language):
        subject, what = words()
        message = messages.notice(
            letterhead=letterhead,
            subject=subject,
            lines=(what, _('If this was not you, please tell %s at once.') % (letterhead.firm_name or _('the firm'))),
            first_name=person.first_name,
            reader=messages.Reader(person.name, holder.email),
            portal_url=work.deps.portal_url,
            to_staff=holder.kind == 'staff',
        )
    await outbox.enqueue(
        work,
        outbox.NewMail(
            kind=MailKind.NOTICE,
            to_address=holder.email,
            to_name=person.name,
            message=message,
            login_id=holder.id if holder.kind == 'login' else None,
        ),
    )
