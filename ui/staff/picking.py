"""Contacts in the pickers of the staff's dialogs."""

from collections.abc import Awaitable, Callable, Sequence

from nicegui import context, html

from domain.actors import StaffActor
from domain.contacts.directory import ContactView
from domain.contacts.finding import ContactRow
from domain.contacts.picking import contact_named, contacts_with_address, suggest_contacts
from domain.texts import first_name
from ui.components.badge import status_words
from ui.components.contact_picker import Choice, ContactPicker
from ui.dependencies import deps

ROOM = 'min-height: 144px'
"""For a form whose last field is a picker: a short list of suggestions does not cover the buttons beneath."""


def on_page() -> html.div:
    """A place on the page itself for a dialog to belong to: a dialog goes with what it was built in."""
    with context.client.content:
        return html.div()


def choice(contact: ContactRow | ContactView) -> Choice:
    """A contact as something to pick: its address under the name, its status at the right."""
    detail = ' · '.join(filter(None, (contact.email or 'No email address', contact.organisation)))
    return Choice(contact.id, contact.name, detail, contact.kind, status_words()[contact.status])


def finder(actor: StaffActor) -> Callable[[str], Awaitable[Sequence[Choice]]]:
    """What a picker asks while somebody types."""

    async def find(text: str) -> Sequence[Choice]:
        return [choice(row) for row in await suggest_contacts(deps(), actor, text)]

    return find


async def settle(actor: StaffActor, picker: ContactPicker) -> bool:
    """Pick what was typed in full and not picked. Whether nothing unclear is left in the field."""
    text = picker.text.strip()
    if not text or any(one.name == picker.text for one in picker.picked):
        return True
    found = await contact_named(deps(), actor, text)
    if found is None:
        return False
    picker.pick(choice(found))
    return True


async def with_address(actor: StaffActor, address: str) -> list[Choice]:
    """The contacts that bear this address, to choose between."""
    return [choice(row) for row in await contacts_with_address(deps(), actor, address)]


def short(name: str, kind: str = 'person') -> str:
    """What to call a contact in a sentence: people by their first name, organisations and addresses in full."""
    return first_name(name) if kind == 'person' and '@' not in name else name
