"""Contacts for somebody who picks one by typing: what fits so far, and the one that was typed in full."""

from collections.abc import Sequence

from domain.actors import StaffActor
from domain.addresses import normalise_address
from domain.authorization import Permission, authorise
from domain.contacts.contact_filter import ContactFilter
from domain.contacts.finding import ContactRow, contact_row, find_contacts
from domain.dependencies import Dependencies
from domain.errors import AddressInvalid, TextInvalid
from domain.texts import LONGEST_NAME, fold, one_line
from storage.contact_columns import contacts_of_address, contacts_of_name

MOST_BEARERS = 100  # contacts of one address to choose between
MOST_NAMESAKES = 25


async def suggest_contacts(deps: Dependencies, actor: StaffActor, text: str, limit: int = 8) -> Sequence[ContactRow]:
    """The first contacts that fit what is being typed, by name. Raises NotAllowed, SignedOut."""
    return (await find_contacts(deps, actor, ContactFilter(search=text), limit=limit)).rows


async def contact_named(deps: Dependencies, actor: StaffActor, text: str) -> ContactRow | None:
    """The one contact with exactly this name or address, if there is exactly one. For text typed and not picked.

    Raises NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.SEE_CONTACTS)
    now = deps.clock.now()
    try:
        exact = [contact_row(row) for row in await contacts_of_address(normalise_address(text), now, 2)]
    except AddressInvalid:
        try:
            wanted = fold(one_line(text, 'name', needed=True))
        except TextInvalid:
            return None
        alike = await contacts_of_name(wanted[:LONGEST_NAME], now, MOST_NAMESAKES)
        exact = [contact_row(row) for row in alike if fold(str(row['name'])) == wanted]
    return exact[0] if len(exact) == 1 else None


async def contacts_with_address(deps: Dependencies, actor: StaffActor, address: str) -> Sequence[ContactRow]:
    """The contacts that bear exactly this address by name, 100 at most. Raises NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.SEE_CONTACTS)
    rows = await contacts_of_address(address.strip().lower(), deps.clock.now(), MOST_BEARERS)
    return [contact_row(row) for row in rows]
