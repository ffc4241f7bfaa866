"""What the list of contacts is asked for, as it stands in its address: which, in what order, and where in it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

from domain.contacts.contact_filter import ContactFilter
from domain.contacts.finding import SORTS
from ui.staff.contact_filters import asked_by

PATH = '/staff/contacts'
BY_NAME = 'name'
EVERYBODY = ContactFilter()
LONGEST_CURSOR = 2_000


@dataclass(frozen=True)
class ListView:
    """`sort` is one of SORTS; `after` and `before` are cursors, at most one."""

    fits: ContactFilter = EVERYBODY
    sort: str = BY_NAME
    after: str = ''
    before: str = ''

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Self:
        """From the query of an address. What makes no sense is left out."""
        sort, after = query.get('sort', ''), query.get('after', '')[:LONGEST_CURSOR]
        return cls(
            fits=asked_by(query),
            sort=sort if sort in SORTS else BY_NAME,
            after=after,
            before='' if after else query.get('before', '')[:LONGEST_CURSOR],
        )

    def query(self) -> dict[str, str]:
        """For an address."""
        place = {'sort': self.sort if self.sort != BY_NAME else '', 'after': self.after, 'before': self.before}
        return self.fits.to_query() | {name: value for name, value in place.items() if value}

    def fitting(self, fits: ContactFilter) -> Self:
        """The beginning of the list of others, in the same order."""
        return replace(self, fits=fits, after='', before='')

    def sorted_by(self, sort: str) -> Self:
        """The beginning of the same list in another order."""
        return replace(self, sort=sort, after='', before='')

    def at(self, after: str, before: str) -> Self:
        """Another place in the same list."""
        return replace(self, after=after, before=before)

    @property
    def is_start(self) -> bool:
        """Whether it begins where the list begins."""
        return not (self.after or self.before)
