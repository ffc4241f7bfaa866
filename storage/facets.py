"""What lists are filtered by, as one number for each contact: `contact.facets`.

Whether somebody has joined, has a second factor or shares an address is common taken by itself, and rare all together;
no index on one of them finds the few. The number holds all of them: triggers keep it, one index counts and finds any
combination, and every index that a list is sorted by carries it, so that a page is filtered without looking at rows.
It is there to be quick. What is true stands in storage/contact_sql.py, and is asked of every row that it leads to.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from storage.contact_sql import ContactConditions
from storage.sql import fetch

STANDING = 7  # the three lowest bits
_NO_ACCESS, _REVOKED, _JOINED_WITH_ACCESS, ASKED, _NOT_INVITED = range(5)
_STANDINGS = {
    'no_access': _NO_ACCESS,
    'revoked': _REVOKED,
    'joined': _JOINED_WITH_ACCESS,
    'invited': ASKED,  # which of the two depends on the time
    'invite_expired': ASKED,
    'not_invited': _NOT_INVITED,
}
_JOINED, _TWO_FACTOR, _PASSWORD, _ORGANISATION, SHARED = (1 << bit for bit in range(3, 8))
_MAIL = 7 << 8
_MAILS = {
    name: place << 8
    for place, name in enumerate(('no_address', 'not_tried', 'waiting', 'captured', 'sent', 'refused', 'failed'))
}
_OTHER_MAIL = 7 << 8

IN_USE = (  # from one number to the next one through the index, however many contacts have it
    'SELECT facets FROM (WITH RECURSIVE used(facets) AS (SELECT min(c.facets) FROM contact c '
    'WHERE c.facets IS NOT NULL UNION ALL SELECT '
    '(SELECT min(c.facets) FROM contact c WHERE c.facets > used.facets) FROM used WHERE used.facets IS NOT NULL) '
    'SELECT facets FROM used WHERE facets IS NOT NULL) AS in_use'
)


def ask_for_facets(fits: ContactConditions) -> bool:
    """Whether any of these conditions speaks of facets."""
    return bool(fits.status or fits.mail or fits.kind or fits.signed_in_from or fits.signed_in_until) or any(
        asked is not None for asked in (fits.access, fits.joined, fits.two_factor, fits.password, fits.shared)
    )


async def facets_that_fit(fits: ContactConditions) -> list[int]:
    """Of the numbers that occur, those that such contacts have."""
    return [row['facets'] for row in await fetch(IN_USE) if _fits(fits, row['facets'])]


@dataclass(frozen=True)
class Read:
    """What such a number says. `status` is empty for one that was asked in: which it is depends on the time."""

    access: bool
    status: str
    mail: str


def read(facets: int) -> Read:
    """What a number says."""
    standing = facets & STANDING
    return Read(
        standing not in (_NO_ACCESS, _REVOKED),
        {number: name for name, number in _STANDINGS.items() if number != ASKED}.get(standing, ''),
        {place: name for name, place in _MAILS.items()}.get(facets & _MAIL, ''),
    )


def blanks(order: str, facets: Iterable[int]) -> set[bool]:
    """Whether contacts of these facets have nothing in the column of an order: one answer, or both."""
    if order == 'email':
        return {not number & _MAIL for number in facets}
    if order == 'joined':
        return {not number & _JOINED for number in facets}
    if order == 'last_sign_in':
        return {True} | {False for number in facets if number & _JOINED}
    return {True, False}


def _fits(fits: ContactConditions, facets: int) -> bool:
    standing = facets & STANDING
    asked = (
        (fits.access, standing not in (_NO_ACCESS, _REVOKED)),
        (fits.joined, bool(facets & _JOINED)),
        (True if fits.signed_in_from or fits.signed_in_until else None, bool(facets & _JOINED)),
        (fits.two_factor, bool(facets & _TWO_FACTOR)),
        (fits.password, bool(facets & _PASSWORD)),
        (fits.shared, bool(facets & SHARED)),
        (fits.status and _STANDINGS[fits.status], standing),
    )
    return (
        all(wanted in (None, '', is_so) for wanted, is_so in asked)
        and (not fits.mail or facets & _MAIL in {_MAILS.get(one, _OTHER_MAIL) for one in fits.mail})
        and (not fits.kind or bool(facets & _ORGANISATION) == (fits.kind == 'organisation'))
    )
