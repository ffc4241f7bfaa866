"""Whom a row is about, and what it would change: told from what is known, for the preview and for the run alike.

A contact is known by its external id; else by address and name together; without an address by name, organisation and
kind. An empty kind fits any, and an empty organisation any that was there before the file. Among contacts that the file
itself makes no organisation is one like any other: of namesakes in a list of all contacts, one may well have none.

A file says one thing of a contact: a second row about the same one goes in when it changes nothing, and is refused
otherwise. So the same file twice changes nothing the second time.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from domain.contacts.importing.columns import Field
from domain.contacts.importing.rows import Row, RowFault
from domain.contacts.new_contact import ContactDetails, Kind
from domain.texts import fold


class Fate(StrEnum):
    """What becomes of a row."""

    NEW = 'new'
    CHANGED = 'changed'
    UNCHANGED = 'unchanged'
    REFUSED = 'refused'


@dataclass(frozen=True, slots=True)
class Known:
    """A contact as it is by now. `id` is negative for one that the file would make.

    `is_dealt_with`: an earlier row of the file was about it. `is_made`: it was not there before the file.
    """

    id: int
    name: str
    name_key: str
    email: str
    kind: str
    organisation: str
    access: bool
    external_id: str
    language: str = ''
    login_id: int | None = None
    is_invited: bool = False
    is_entered: bool = False
    is_dealt_with: bool = False
    is_made: bool = False

    @classmethod
    def from_row(cls, row: Mapping[str, Any], *, is_dealt_with: bool, is_made: bool) -> 'Known':
        """A row of storage/import_sql.py."""
        return cls(
            id=int(row['id']),
            name=row['name'],
            name_key=row['name_key'],
            email=row['email'] or '',
            kind=row['kind'],
            organisation=row['organisation'],
            access=row['portal_access'],
            external_id=row['external_id'] or '',
            language=row['language'],
            login_id=row['login_id'],
            is_invited=row['is_invited'],
            is_entered=row['is_entered'],
            is_dealt_with=is_dealt_with,
            is_made=is_made,
        )

    def details(self) -> ContactDetails:
        """As staff would type it."""
        return ContactDetails(Kind(self.kind), self.name, self.email, self.organisation, self.language)


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a row, and of the contact it is about: as it was `before`, and as it is `after`."""

    row: Row
    fate: Fate
    before: Known | None = None
    after: Known | None = None
    fault: RowFault | None = None
    at_fault: Field | None = None

    def changes(self, part: str) -> bool:
        """Whether a contact that was there has something else in this column now."""
        return self.before is not None and getattr(self.before, part) != getattr(self.after, part)


@dataclass(frozen=True)
class ForNew:
    """What a new contact is where its row does not say."""

    kind: Kind = Kind.PERSON
    access: bool = False


class Directory:
    """Who is known, by what rows know them by. Follows what rows change."""

    def __init__(self, known: Iterable[Known] = ()) -> None:
        self._by_external_id: dict[str, Known] = {}
        self._by_identity: defaultdict[tuple[str, str, str], dict[int, Known]] = defaultdict(dict)
        self._without_address: defaultdict[str, dict[int, Known]] = defaultdict(dict)  # there before the file
        self._of_the_file = 0
        for one in known:
            self.put(one)

    def put(self, one: Known) -> None:
        """Know this contact."""
        if one.external_id:
            self._by_external_id[one.external_id] = one
        self._by_identity[_identity(one)][one.id] = one
        if not one.email and not one.is_made:
            self._without_address[one.name_key][one.id] = one

    def replace(self, before: Known, after: Known) -> None:
        """It is like this now."""
        self._by_identity[_identity(before)].pop(before.id, None)
        self._without_address[before.name_key].pop(before.id, None)
        self.put(after)

    def candidates(self, row: Row) -> list[Known]:
        """Whom the row may be about."""
        if row.external_id and row.external_id in self._by_external_id:
            return [self._by_external_id[row.external_id]]
        alike = self._by_identity.get(_identity(row), {})
        if not row.email and not row.organisation:
            alike = alike | self._without_address.get(row.name_key, {})
        fit = [one for one in alike.values() if not (row.external_id and one.external_id)]
        if row.email:
            return fit
        fit = [one for one in fit if row.kind is None or one.kind == row.kind.value]
        return [one for one in fit if _is_exactly(row, one)] or fit

    def decide(self, rows: Iterable[Row], for_new: ForNew, number: int = 0) -> Iterator[Decision]:
        """What becomes of these rows, in their order. New contacts are numbered downwards from below -`number`."""
        for row in rows:
            decision = self._decide(row, for_new, -number - 1)
            if decision.fate is Fate.NEW:
                number += 1
            if decision.after is not None:
                if decision.before is None:
                    self.put(decision.after)
                else:
                    self.replace(decision.before, decision.after)
            yield decision

    def _decide(self, row: Row, for_new: ForNew, new_id: int) -> Decision:
        candidates = self.candidates(row)
        if not candidates:
            return Decision(row, Fate.NEW, after=_made(row, for_new, new_id))
        chosen = _chosen(row, candidates)
        if chosen is None:
            return Decision(row, Fate.REFUSED, fault=RowFault.SEVERAL_FIT, at_fault=Field.NAME)
        after = _changed(row, chosen)
        if _same(after, chosen):
            return Decision(row, Fate.UNCHANGED, chosen, replace(chosen, is_dealt_with=True))
        if chosen.is_dealt_with:
            by = Field.EXTERNAL_ID if row.external_id else Field.NAME
            return Decision(row, Fate.REFUSED, chosen, fault=RowFault.REPEATED, at_fault=by)
        if after.email != chosen.email and chosen.is_entered:
            return Decision(row, Fate.REFUSED, chosen, fault=RowFault.ENTERED, at_fault=Field.EMAIL)
        return Decision(row, Fate.CHANGED, chosen, after)


def _identity(one: Known | Row) -> tuple[str, str, str]:
    """What a contact is known by that has no external id, but for its kind."""
    organisation = '' if one.email else fold(one.organisation) or one.organisation
    return one.email, one.name_key, organisation


def _is_exactly(row: Row, one: Known) -> bool:
    """Whether a contact that fits has nothing that the row, which says a kind, does not speak of."""
    return (
        row.kind is not None
        and bool(row.organisation or not one.organisation)
        and bool(row.external_id or not one.external_id)
    )


def _chosen(row: Row, candidates: list[Known]) -> Known | None:
    """The one the row is about; None when that cannot be told."""
    if len(candidates) == 1:
        return candidates[0]
    for one in candidates:
        if _same(_changed(row, one), one):
            return one
    alike = [one for one in candidates if row.kind is not None and one.kind == row.kind.value]
    return alike[0] if len(alike) == 1 else None


def _made(row: Row, for_new: ForNew, new_id: int) -> Known:
    kind = row.kind or (Kind.ORGANISATION if row.is_about_firm else for_new.kind)
    return Known(
        id=new_id,
        name=row.name,
        name_key=row.name_key,
        email=row.email,
        kind=kind.value,
        organisation=row.organisation,
        access=for_new.access if row.access is None else row.access,
        external_id=row.external_id,
        language=row.language,
        is_dealt_with=True,
        is_made=True,
    )


def _changed(row: Row, known: Known) -> Known:
    """The contact with what the row says. What a row does not speak of stays."""
    return Known(
        id=known.id,
        name=row.name,
        name_key=row.name_key,
        email=row.email or known.email,
        kind=row.kind.value if row.kind is not None else known.kind,
        organisation=row.organisation or known.organisation,
        access=known.access if row.access is None else row.access,
        external_id=row.external_id or known.external_id,
        language=row.language or known.language,
        login_id=known.login_id,
        is_invited=known.is_invited,
        is_entered=known.is_entered,
        is_dealt_with=True,
        is_made=known.is_made,
    )


def _same(after: Known, before: Known) -> bool:
    return (
        after.name == before.name
        and after.email == before.email
        and after.kind == before.kind
        and after.organisation == before.organisation
        and after.access == before.access
        and after.external_id == before.external_id
        and after.language == before.language
    )
