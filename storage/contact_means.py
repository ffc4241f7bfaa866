"""By which index the contacts that fit a filter are found when they are few, and whether they are few."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from storage.contact_sql import ContactConditions, Values, any_of, by_words, conditions, has_words, in_bytes
from storage.facets import ask_for_facets, facets_that_fit
from storage.sql import fetch, is_sqlite

FEW = 3_000  # contacts that are fetched and sorted rather than met on a walk
MANY = 100_000  # counting further than that would take as long as it saves


class Means(StrEnum):
    """An index that serves a part of a filter."""

    WORDS = 'contact_words'
    FACETS = 'contact_by_facets'
    ORGANISATION = 'contact_by_organisation'
    SIGNED_IN = 'contact_by_last_sign_in'


@dataclass(frozen=True)
class Sought:
    """A filter at a time; `facets` are the numbers that fit it, None when it does not speak of them."""

    fits: ContactConditions
    now: datetime
    facets: tuple[int, ...] | None

    @property
    def by_facets_alone(self) -> bool:
        """Whether facets decide, but for when an invitation runs out."""
        return not any(means is not Means.FACETS for means in self.means)

    @property
    def depends_on_time(self) -> bool:
        """Whether facets decide only together with the time: they do not know what has expired."""
        return self.fits.status in ('invited', 'invite_expired')

    @property
    def means(self) -> list[Means]:
        """The indexes that serve it."""
        fits = self.fits
        serves = {
            Means.FACETS: self.facets is not None,
            Means.ORGANISATION: bool(fits.organisation),
            Means.SIGNED_IN: bool(fits.signed_in_from or fits.signed_in_until),
            Means.WORDS: bool(fits.words),
        }
        return [means for means, does in serves.items() if does]

    def true(self, values: Values) -> list[str]:
        """What holds of such a contact; the facets first, which stand in each index."""
        return [*self.of_facets(values), *conditions(self.fits, values)]

    def of_facets(self, values: Values) -> list[str]:
        """Of the indexes a list is sorted by, on SQLite only rows that have facets are in them."""
        return ['c.facets IS NOT NULL' if self.facets is None else any_of('c.facets', self.facets, values)]

    def of_time(self, values: Values) -> list[str]:
        """What stands beside facets in their own index: when an invitation runs out."""
        if not self.depends_on_time:
            return []
        return [f'c.invitation_expires_at {">" if self.fits.status == "invited" else "<="} {values.add(self.now)}']

    def served(self, means: Means, values: Values) -> list[str]:
        """What an index is asked for."""
        fits = self.fits
        asked = []
        if means is Means.WORDS and is_sqlite():
            asked = [by_words(fits.words, values)]
        elif means is Means.FACETS:
            asked = [*self.of_facets(values), *self.of_time(values)]
        elif means is Means.ORGANISATION:
            asked = [f'{in_bytes("c.organisation_key")} = {values.add(fits.organisation)}', 'c.facets IS NOT NULL']
        elif means is Means.SIGNED_IN:
            asked = ['c.facets IS NOT NULL']
            if fits.signed_in_from:
                asked.append(f'c.last_sign_in_at >= {values.add(fits.signed_in_from)}')
            if fits.signed_in_until:
                asked.append(f'c.last_sign_in_at < {values.add(fits.signed_in_until)}')
        return asked


async def seek(fits: ContactConditions, now: datetime) -> Sought:
    """The filter with the facets that occur and fit."""
    return Sought(fits, now, tuple(await facets_that_fit(fits)) if ask_for_facets(fits) else None)


async def find_few(sought: Sought) -> Means | None:
    """An index that finds fewer than FEW."""
    for means in sought.means:
        if await _count(means, sought, FEW) < FEW:
            return means
    return None


async def scarcest(sought: Sought) -> Means | None:
    """The index that finds least; None where none serves."""
    if len(sought.means) < 2:
        return sought.means[0] if sought.means else None
    return min([(await _count(means, sought, MANY), means) for means in sought.means])[1]


async def _count(means: Means, sought: Sought, most: int) -> int:
    """How many entries of the index fit, counted up to `most`.

    PostgreSQL does not know how often words occur before it has found them all, so it says `most`.
    """
    if means is Means.WORDS and not is_sqlite():
        return most
    values = Values(1)
    found = entries(means, sought, values, most)
    rows = await fetch(f'SELECT count(*) AS number FROM ({found}) AS found', *values.listed)
    return int(rows[0]['number'])


def entries(means: Means, sought: Sought, values: Values, most: int) -> str:
    """The ids that an index finds, so many at most. PostgreSQL is led there even if it knows nothing of the table."""
    if means is Means.WORDS and is_sqlite():
        return f'SELECT rowid AS id FROM contact_words WHERE {has_words(sought.fits.words, values)} LIMIT {most}'
    if is_sqlite():
        return f'SELECT c.id FROM {indexed(means)} WHERE {" AND ".join(sought.served(means, values))} LIMIT {most}'
    if means is Means.FACETS:
        served = ' AND '.join(['c.facets = f.facets', *sought.of_time(values)])
        each = f'SELECT c.id FROM contact c WHERE {served} LIMIT {most}'
        numbers = values.add(list(sought.facets or ()))
        return f'SELECT e.id FROM unnest({numbers}::int[]) AS f(facets) CROSS JOIN LATERAL ({each}) AS e LIMIT {most}'
    key = {Means.ORGANISATION: in_bytes('c.organisation_key'), Means.SIGNED_IN: 'c.last_sign_in_at'}[means]
    return f'SELECT c.id FROM contact c WHERE {" AND ".join(sought.served(means, values))} ORDER BY {key} LIMIT {most}'


def indexed(means: Means | None) -> str:
    """The contacts, found by this index and no other. PostgreSQL takes no orders; its planner does well enough."""
    if means is None or not is_sqlite():
        return 'contact c'
    return 'contact c NOT INDEXED' if means is Means.WORDS else f'contact c INDEXED BY {means.value}'
