"""What the contact list can be sorted by, and where a page of it begins."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from storage.contact_means import Sought
from storage.contact_sql import Values, in_bytes
from storage.facets import blanks


@dataclass(frozen=True)
class Order:
    """What a list is sorted by. Rows that have nothing in its column come last; `nothing` is what they have there."""

    name: str
    column: str
    nothing: Literal['', 'NULL', "''"] = ''  # no row is without
    is_text: bool = False

    @property
    def index(self) -> str:
        """The index that has its keys in order, ids and facets beside them."""
        return f'contact_by_{self.name}'

    @property
    def key(self) -> str:
        """Compared byte by byte on both engines: keys of texts are folded."""
        return in_bytes(self.column) if self.is_text else self.column

    def part(self, *, blank: bool) -> str:
        """That a row has nothing there, or something; so that the index knows where to look."""
        if self.nothing == 'NULL':
            return f'{self.key} IS {"" if blank else "NOT "}NULL'
        if self.nothing:
            return f'{self.key} {"=" if blank else ">"} {self.nothing}'
        return '1 = 0' if blank else '1 = 1'


ORDERS = {
    order.name: order
    for order in (
        Order('name', 'c.name_key', is_text=True),
        Order('email', 'c.email', 'NULL', is_text=True),
        Order('organisation', 'c.organisation_key', "''", is_text=True),
        Order('created', 'c.created_at'),
        Order('invited', 'c.invited_at', 'NULL'),
        Order('joined', 'c.joined_at', 'NULL'),
        Order('last_sign_in', 'c.last_sign_in_at', 'NULL'),
    )
}


@dataclass(frozen=True)
class Place:
    """Where a row stands: its key, None for one that has nothing there, and its id."""

    key: str | datetime | None
    id: int


@dataclass(frozen=True)
class Wanted:
    """A page. `beyond`: where it begins, None at an end of the list; `backwards`: what is before it, nearest first."""

    sought: Sought
    order: Order
    limit: int
    descending: bool = False
    beyond: Place | None = None
    backwards: bool = False

    @property
    def falls(self) -> bool:
        """Whether keys become smaller from row to row."""
        return self.descending != self.backwards

    @property
    def direction(self) -> str:
        return 'DESC' if self.falls else 'ASC'

    def past(self, place: Place, values: Values) -> str:
        """That a row comes after a place of its own part of the list."""
        sign = '<' if self.falls else '>'
        if place.key is None:
            return f'c.id {sign} {values.add(place.id)}'
        return f'({self.order.key}, c.id) {sign} ({values.add(place.key)}, {values.add(place.id)})'

    def has_part(self, *, blank: bool) -> bool:
        """Whether anything that fits can be in this part; facets may tell, and spare a walk past a million entries."""
        if not self.order.nothing:
            return not blank
        return self.sought.facets is None or blank in blanks(self.order.name, self.sought.facets)

    @property
    def sorted_by(self) -> str:
        """Within a part."""
        return f'{self.order.key} {self.direction}, c.id {self.direction}'
