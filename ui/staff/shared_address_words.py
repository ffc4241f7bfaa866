"""What staff read about an address that several contacts share."""

from urllib.parse import urlencode

from domain.access.belonging import Belonging, Why
from domain.contacts.shared_addresses import SharedTotals
from ui.staff.contact_words import several

PATH = '/staff/contacts/shared'
NOBODY = 'None of these contacts has access, so nobody signs in with this address.'
_WHY = {
    Why.CHOSEN: 'chosen by staff',
    Why.FIRST_PERSON: 'first person by name',
    Why.FIRST_CONTACT: 'first organisation by name',
}
_SENTENCES = {
    Why.CHOSEN: 'Staff chose this contact.',
    Why.FIRST_PERSON: 'It is the first person by name.',
    Why.FIRST_CONTACT: 'It is the first organisation by name; no person has access.',
}


def why_words(belongs_with: Belonging) -> str:
    """Why the login belongs with this contact."""
    return _WHY[belongs_with.why]


def why_sentence(belongs_with: Belonging) -> str:
    """The same as a sentence."""
    return _SENTENCES[belongs_with.why]


def shared_path(email: str) -> str:
    """The page of shared addresses, at this one."""
    return f'{PATH}?{urlencode({"search": email})}'


def contacts_path(email: str) -> str:
    """The contact list, with those that bear this address."""
    return f'/staff/contacts?{urlencode({"search": email, "shared": "yes"})}'


def totals_words(totals: SharedTotals | None, search: str) -> str:
    """How many addresses there are; a blank while it is not known."""
    if totals is None:
        return '\u00a0'
    addresses = several(totals.addresses, 'address', 'addresses')
    if search:
        return f'{addresses} found'
    return f'{addresses}, shared by {several(totals.contacts, "contact")}' if totals.addresses else 'None'


def place_words(shown: int, totals: SharedTotals | None, *, is_all: bool) -> str:
    """How much of how much is shown, beneath the list."""
    if is_all:
        return several(shown, 'address', 'addresses')
    return f'{shown:,} of {totals.addresses:,}, A to Z' if totals else f'{shown:,}, A to Z'
