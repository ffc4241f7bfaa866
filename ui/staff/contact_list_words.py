"""What the list of contacts says about itself in numbers, and only what is known."""

from domain.contacts.contact_filter import ContactFilter
from ui.staff.contact_list_counts import Known
from ui.staff.contact_list_view import ListView
from ui.staff.contact_words import several

_WITH_ACCESS = ('joined', 'invited', 'invite_expired', 'not_invited')


def place_words(shown: int, known: Known, view: ListView) -> str:
    """How many rows are shown, of how many; where they stand is known at the beginning only."""
    total = known.number(view.fits.status)
    rows = f'1 to {shown:,}' if view.is_start and shown > 1 else f'{shown:,}'
    if total is None:
        return f'{rows}, counting…' if known.is_counting else f'{rows} on this page'
    return f'{rows} of {total:,}' + (', counting…' if known.is_counting else '')


def total_words(known: Known, fits: ContactFilter) -> str:
    """How many contacts there are, or how many of them fit."""
    total = known.number(fits.status)
    if total is None:
        return 'Counting…' if known.is_counting else 'They could not be counted.'
    if not fits.is_empty:
        return f'{several(total, "contact")} {"fits" if total == 1 else "fit"}'
    with_access = sum(known.number(one) or 0 for one in _WITH_ACCESS)
    return f'{several(total, "contact")}, {with_access:,} with access'
