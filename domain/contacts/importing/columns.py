"""Which column of a file is what: its headers recognised by name, as this and other programs write them.

Sources of the names: CONTRACT "Contact import"; the CSV exports of Google Contacts (both forms), Outlook, HubSpot, Xero
and QuickBooks. Case, accents, blanks and punctuation do not count: `E-mail 1 - Value` is `email1value`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from domain.texts import fold

MOST_COLUMNS = 2_000


class Field(StrEnum):
    """What a contact consists of, in the order it is asked for and exported."""

    NAME = 'name'
    EMAIL = 'email'
    KIND = 'kind'
    ORGANISATION = 'organisation'
    PORTAL_ACCESS = 'portal_access'
    EXTERNAL_ID = 'external_id'
    LANGUAGE = 'language'


class Source(StrEnum):
    """The program whose export a file looks like."""

    FOYER = 'foyer'
    GOOGLE = 'google'
    OUTLOOK = 'outlook'
    HUBSPOT = 'hubspot'
    XERO = 'xero'
    QUICKBOOKS = 'quickbooks'
    OTHER = 'other'


_NAMES: dict[Field, tuple[str, ...]] = {  # the first that a file has is taken
    Field.NAME: (
        'name',
        'fullname',
        'contactname',  # Xero
        'displayname',
        'displaynameas',  # QuickBooks, for importing
        'customerfullname',  # QuickBooks Online, report
        'customername',
        'customer',  # QuickBooks Online and Desktop
        'clientname',
        'client',
    ),
    Field.EMAIL: (
        'email',
        'emailaddress',  # Outlook, Xero
        'email1value',  # Google
        'primaryemail',
        'mainemail',  # QuickBooks Desktop
        'customeremail',
        'mail',
    ),
    Field.KIND: ('kind',),
    Field.ORGANISATION: (
        'organisation',
        'organization',
        'organizationname',  # Google since 2024
        'organization1name',  # Google before
        'company',  # Outlook, QuickBooks
        'companyname',  # HubSpot
        'associatedcompany',  # HubSpot
        'primaryassociatedcompany',
        'employer',
    ),
    Field.PORTAL_ACCESS: ('portalaccess',),
    Field.EXTERNAL_ID: (
        'externalid',
        'recordid',  # HubSpot
        'recordidcontact',
        'recordidcompany',
        'accountnumber',  # Xero
        'accountno',  # QuickBooks
        'customerid',
    ),
    Field.LANGUAGE: (
        'language',
        'preferredlanguage',  # HubSpot
    ),
}
_NAME_PARTS: tuple[tuple[str, ...], ...] = (
    ('firstname', 'givenname'),
    ('middlename', 'additionalname'),
    ('lastname', 'familyname', 'surname'),
)
_GIVE_AWAY: tuple[tuple[Source, frozenset[str]], ...] = (  # headers that stand together in no other export
    (Source.FOYER, frozenset({'name', 'portalaccess'})),
    (Source.FOYER, frozenset({'name', 'externalid'})),
    (Source.GOOGLE, frozenset({'email1value'})),
    (Source.OUTLOOK, frozenset({'emailaddress', 'lastname', 'company', 'businessphone'})),
    (Source.OUTLOOK, frozenset({'emailaddress', 'emaildisplayname'})),
    (Source.HUBSPOT, frozenset({'recordid', 'email'})),
    (Source.HUBSPOT, frozenset({'recordidcontact'})),
    (Source.XERO, frozenset({'contactname', 'emailaddress', 'accountnumber'})),
    (Source.QUICKBOOKS, frozenset({'customerfullname', 'email'})),
    (Source.QUICKBOOKS, frozenset({'displaynameas'})),
    (Source.QUICKBOOKS, frozenset({'customer', 'mainemail'})),
    (Source.QUICKBOOKS, frozenset({'customer', 'companyname', 'email'})),
    (Source.QUICKBOOKS, frozenset({'name', 'companyname', 'billingaddress'})),
)


@dataclass(frozen=True)
class Columns:
    """The places, counted from 0, of what a contact consists of. Several that make up a name are joined by blanks."""

    places: Mapping[Field, tuple[int, ...]] = field(default_factory=dict)

    def of(self, part: Field) -> tuple[int, ...]:
        """Where this stands; empty when the file does not have it."""
        return self.places.get(part, ())

    def to_text(self) -> dict[str, str]:
        """For an address, and for the row of a job: `from_text` reads it back."""
        return {part.value: '+'.join(map(str, self.of(part))) for part in Field if self.of(part)}

    @classmethod
    def from_text(cls, kept: Mapping[str, str]) -> 'Columns':
        """What cannot be read is left out: a column that nobody chose is none."""
        places: dict[Field, tuple[int, ...]] = {}
        for part in Field:
            numbers = str(kept.get(part.value, '')).split('+')
            if all(one.isascii() and one.isdigit() and int(one[:6]) < MOST_COLUMNS for one in numbers):
                chosen = tuple(int(one) for one in numbers)
                places[part] = chosen if part is Field.NAME else chosen[:1]
        return cls(places)

    def within(self, width: int) -> 'Columns':
        """Without places that a file of so many columns does not have."""
        return Columns({part: kept for part, places in self.places.items() if (kept := _below(places, width))})


def _below(places: tuple[int, ...], width: int) -> tuple[int, ...]:
    return places if all(place < width for place in places) else ()


def plain(header: str) -> str:
    """A header as it is compared: letters and digits, folded."""
    return ''.join(letter for letter in fold(header) if letter.isalnum())


def recognise(headers: Sequence[str]) -> tuple[Columns, tuple[str, ...]]:
    """The columns that are known by name, and the headers that two columns have of which one would be taken.

    Of those nobody can tell which one is meant, so neither is.
    """
    first, twice = _places(headers)
    places: dict[Field, tuple[int, ...]] = {}
    doubled: list[str] = []
    for part, names in _NAMES.items():
        found = next((name for name in names if name in first), None)
        if found is None:
            continue
        if found in twice:
            doubled.append(headers[first[found]])
        else:
            places[part] = (first[found],)
    if Field.NAME not in places and not doubled:
        places[Field.NAME] = name_parts(headers)
    return Columns({part: where for part, where in places.items() if where}), tuple(doubled)


def name_parts(headers: Sequence[str]) -> tuple[int, ...]:
    """The columns that make up a name together, in their order; none without a first or a last name."""
    first, twice = _places(headers)
    found = [next((first[name] for name in one if name in first and name not in twice), None) for one in _NAME_PARTS]
    return tuple(place for place in found if place is not None) if found[0] is not None or found[2] is not None else ()


def _places(headers: Sequence[str]) -> tuple[dict[str, int], set[str]]:
    """Where each header stands first, and those that stand there twice."""
    first: dict[str, int] = {}
    twice: set[str] = set()
    for place, header in enumerate(headers):
        name = plain(header)
        if name in first:
            twice.add(name)
        first.setdefault(name, place)
    return first, twice


def source_of(headers: Sequence[str]) -> Source:
    """The program that the headers give away."""
    there = {plain(header) for header in headers}
    return next((source for source, names in _GIVE_AWAY if names <= there), Source.OTHER)
