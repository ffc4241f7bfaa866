"""The contacts somebody chose to do something to: those ticked, or all that fit a filter but for some."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.contacts.contact_filter import ContactFilter
from storage.contact_sql import Chosen

MOST_TICKED = 10_000  # ids that a page may hand over


@dataclass(frozen=True)
class Selection:
    """Either `ids`, or everybody who fits `fits`, without `but`."""

    ids: tuple[int, ...] = ()
    fits: ContactFilter | None = None
    but: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        """Whether anybody can be in it."""
        return self.fits is not None or bool(self.ids)

    def chosen(self) -> Chosen:
        """The same for storage: `storage.contact_sql.where_chosen`."""
        if self.fits is None:
            return Chosen(ids=self.ids)
        return Chosen(fits=self.fits.conditions(), but=self.but)

    def to_json(self) -> dict[str, Any]:
        """For a row of a job: what `from_json` reads back."""
        if self.fits is None:
            return {'ids': list(self.ids)}
        return {'fits': self.fits.to_query(), 'but': list(self.but)}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> 'Selection':
        """Raises KeyError or ValueError for what `to_json` did not make: it must never come to mean everybody."""
        if 'ids' in kept:
            return cls(ids=tuple(int(one) for one in kept['ids']))
        fits = ContactFilter.from_query(kept['fits'])
        if fits.to_query() != dict(kept['fits']):
            raise ValueError(f'a filter of contacts that cannot be read: {sorted(kept["fits"])}')
        return cls(fits=fits, but=tuple(int(one) for one in kept['but']))
