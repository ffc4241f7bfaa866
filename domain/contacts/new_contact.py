"""What a contact consists of, checked; and the row it becomes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from domain.access.logins import held_logins_for
from domain.actors import Actor
from domain.addresses import normalise_address
from domain.audit import AuditKind, Whom, record_each
from domain.events import ContactsChanged
from domain.language import known_language
from domain.texts import LONGEST_NAME, fold, one_line, search_text
from domain.unit_of_work import Work
from storage import contact_rows
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
    language: str = ''  # of its pages and its mail; empty where its browser decides


def check_details(details: ContactDetails) -> ContactDetails:
    """The details cleaned. Raises TextInvalid or AddressInvalid for the field that is wrong."""
    return ContactDetails(
        Kind(details.kind),
        one_line(details.name, 'name', needed=True),
        normalise_address(details.email) if details.email.strip() else '',
        one_line(details.organisation, 'organisation'),
        known_language(details.language),
    )


@dataclass(frozen=True)
class NewContact:
    """A contact to be: its details have been checked."""

    details: ContactDetails
    gets_access: bool
    external_id: str = ''


async def insert_contact(work: Work, actor: Actor, details: ContactDetails, *, give_access: bool) -> Contact:
    """Inside a unit of work: the row of a new contact. `details` have been checked."""
    (contact_id,) = await insert_contacts(work, actor, [NewContact(details, give_access)])
    return await Contact.get(id=contact_id)


async def insert_contacts(work: Work, actor: Actor, new: Sequence[NewContact]) -> list[int]:
    """Inside a unit of work: the rows of new contacts, each with the login of its address; their ids, in this order."""
    logins = await held_logins_for(work, {one.details.email for one in new if one.details.email})
    rows = [_row(one, logins) for one in new]
    ids = await contact_rows.insert_contacts(rows, work.now)
    made = [Whom(contact_id, row['name'], row['login_id']) for contact_id, row in zip(ids, rows, strict=True)]
    await record_each(work, AuditKind.CONTACT_CREATED, actor, made)
    with_access = [whom for whom, one in zip(made, new, strict=True) if one.gets_access]
    await record_each(work, AuditKind.ACCESS_GRANTED, actor, with_access)
    work.tell(ContactsChanged(tuple(ids), tuple(sorted(set(logins.values())))))
    return ids


def columns_of(details: ContactDetails) -> dict[str, Any]:
    """The columns that say what staff typed, and those it is found and sorted by."""
    return {
        'kind': details.kind.value,
        'name': details.name,
        'name_key': fold(details.name)[:LONGEST_NAME],
        'organisation': details.organisation,
        'organisation_key': fold(details.organisation)[:LONGEST_NAME],
        'search_text': search_text(details.name, details.organisation, details.email),
    }


def _row(new: NewContact, logins: Mapping[str, int]) -> dict[str, Any]:
    return {
        **columns_of(new.details),
        'email': new.details.email or None,
        'login_id': logins.get(new.details.email),
        'portal_access': new.gets_access,
        'external_id': new.external_id or None,
        'language': new.details.language,
    }
