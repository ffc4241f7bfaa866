"""What a contact consists of, checked; and the row it becomes."""

from dataclasses import dataclass
from enum import StrEnum

from domain.access.logins import held_login_for
from domain.actors import Actor
from domain.addresses import normalise_address
from domain.audit import AuditKind, record
from domain.events import ContactsChanged
from domain.texts import fold, one_line, search_text
from domain.unit_of_work import Work
from storage.models import Contact


class Kind(StrEnum):
    """A person or an organisation."""

    PERSON = 'person'
    ORGANISATION = 'organisation'


@dataclass(frozen=True)
class ContactDetails:
    """What staff type about a contact. `email` is empty for one without an address."""

    kind: Kind
    name: str
    email: str = ''
    organisation: str = ''


def check_details(details: ContactDetails) -> ContactDetails:
    """The details cleaned. Raises TextInvalid or AddressInvalid for the field that is wrong."""
    return ContactDetails(
        Kind(details.kind),
        one_line(details.name, 'name', needed=True),
        normalise_address(details.email) if details.email.strip() else '',
        one_line(details.organisation, 'organisation'),
    )


async def insert_contact(work: Work, actor: Actor, details: ContactDetails, *, give_access: bool) -> Contact:
    """Inside a unit of work: the row of a new contact. `details` have been checked."""
    login = await held_login_for(work, details.email) if details.email else None
    contact = await Contact.create(
        kind=details.kind.value,
        name=details.name,
        name_key=fold(details.name)[:200],
        organisation=details.organisation,
        organisation_key=fold(details.organisation)[:200],
        search_text=search_text(details.name, details.organisation, details.email),
        email=details.email or None,
        login_id=login.id if login else None,
        portal_access=give_access,
        access_granted_at=work.now if give_access else None,
        created_at=work.now,
        updated_at=work.now,
    )
    await record(work, AuditKind.CONTACT_CREATED, actor, contact=contact)
    if give_access:
        await record(work, AuditKind.ACCESS_GRANTED, actor, contact=contact)
    work.tell(ContactsChanged((contact.id,), (login.id,) if login else ()))
    return contact
