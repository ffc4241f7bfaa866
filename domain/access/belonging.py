"""Which of the contacts that share a login it belongs with: by whose name mail to the whole login is addressed.

Staff may choose one; without a choice it is the first person, else the first of all, by name. Only a contact that the
login may enter counts: where the chosen one has lost access, or bears another address by now, it is as if nobody were
chosen. What is asked is written once, in storage/shared_sql.py.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from storage import shared_sql
from storage.models import Contact, Login


class Why(StrEnum):
    """Why a login belongs with a contact."""

    CHOSEN = 'chosen'
    FIRST_PERSON = 'first_person'
    FIRST_CONTACT = 'first_contact'  # there is no person


@dataclass(frozen=True)
class Belonging:
    """The contact a login belongs with."""

    contact_id: int
    name: str
    kind: str
    why: Why


async def belonging_of(email: str) -> Belonging | None:
    """Whom the login of this address belongs with; None when it may enter nobody."""
    return (await belongings_of([email])).get(email)


async def belongings_of(emails: Collection[str]) -> dict[str, Belonging]:
    """The same for many, by address; those that may enter nobody are left out."""
    rows = await shared_sql.belongings(emails) if emails else []
    return {str(row['email']): Belonging(int(row['id']), row['name'], row['kind'], _why(row)) for row in rows}


async def contact_to_address(login: Login) -> Contact | None:
    """The contact by whose name a mail to the whole login is addressed."""
    contact_id = await shared_sql.contact_of_login(login.id)
    return await Contact.get_or_none(id=contact_id) if contact_id is not None else None


def _why(row: dict[str, Any]) -> Why:
    if row['id'] == row['chosen_id']:
        return Why.CHOSEN
    return Why.FIRST_PERSON if row['kind'] == 'person' else Why.FIRST_CONTACT
