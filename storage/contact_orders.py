"""What the contact list can be sorted by, and where a page of it begins."""

from dataclasses import dataclass
from datetime import datetime

from storage.contact_means import Sought
from storage.contact_sql import Values, in_bytes
from storage.facets import blanks

NEVER = '1 = 0'


@dataclass(frozen=True)
class Order:
    """What a list is sorted by. `blank`: the condition that a row has nothing there; such rows come last."""

    name: str
    column: str
    blank: str
    is_text: bool = False

    @property
    def index(self) -> str:
        """The index that has its keys in order, ids and facets beside them."""
        return f'contact_by_{self.name}'

    @property
    def key(self) -> str:
        """Compared byte by byte on both engines: keys of texts are folded."""
        return in_bytes(self.column) if self.is_text else self.column


ORDERS = {
    order.name: order
    for order in (
        Order('name', 'c.name_key', NEVER, is_text=True),
        Order('email', 'c.email', 'c.email IS NULL', is_text=True),
        Order('organisation', 'c.organisation_key', "c.organisation_key = ''", is_text=True),
        Order('created', 'c.created_at', NEVER),
        Order('invited', 'c.invited_at', 'c.invited_at IS NULL'),
        Order('joined', 'c.joined_at', 'c.joined_at IS NULL'),
        Order('last_sign_in', 'c.last_sign_in_at', 'c.last_sign_in_at IS NULL'),
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

    def past(self, place: Place, values: Values, *, or_at: bool = False) -> str:
        """That a row comes after a place of its own part of the list, or with `or_at` before it or there."""
        sign = {(False, False): '>', (True, False): '<', (False, True): '<=', (True, True): '>='}[self.falls, or_at]
        if place.key is None:
            return f'c.id {sign} {values.add(place.id)}'
        return f'({self.order.key}, c.id) {sign} ({values.add(place.key)}, {values.add(place.id)})'

    def has_part(self, *, blank: bool) -> bool:
        """Whether anything that fits can be in this part; facets may tell, and spare a walk past a million entries."""
        if self.order.blank == NEVER:
            return not blank
        return self.sought.facets is None or blank in blanks(self.order.name, self.sought.facets)

    def part(self, *, blank: bool) -> str:
        """That a row has nothing in the order's column, or something."""
        return self.order.blank if blank else f'NOT ({self.order.blank})'

    def sorted_by(self, *, blank: bool) -> str:
        """Within a part."""
        by_id = f'c.id {self.direction}'
        return by_id if blank else f'{self.order.key} {self.direction}, {by_id}'
