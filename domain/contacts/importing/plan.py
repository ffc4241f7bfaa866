"""How a file is to be read: what was detected, or what staff chose instead."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from domain.contacts.importing.columns import Columns, Field
from domain.contacts.importing.decoding import Encoding
from domain.contacts.importing.layout import Delimiter, Layout
from domain.contacts.new_contact import Kind
from domain.file_errors import FileFault, ImportFileRefused


@dataclass(frozen=True)
class Plan:
    """`new_kind` is what a new contact is where its row does not say."""

    encoding: Encoding
    delimiter: Delimiter
    columns: Columns
    new_kind: Kind = Kind.PERSON

    def to_text(self) -> dict[str, str]:
        """For an address, and for the row of a job: `Wishes.from_text` reads it back."""
        return {
            'encoding': self.encoding.value,
            'delimiter': self.delimiter.value,
            'new_kind': self.new_kind.value,
            **{f'column_{part}': places for part, places in self.columns.to_text().items()},
        }


@dataclass(frozen=True)
class Wishes:
    """What staff chose of it. None is left to what is detected; columns chosen replace all that were recognised."""

    encoding: Encoding | None = None
    delimiter: Delimiter | None = None
    columns: Columns | None = None
    new_kind: Kind | None = None

    @classmethod
    def from_text(cls, kept: Mapping[str, str]) -> 'Wishes':
        """Out of an address or a job. A value that means nothing is left to what is detected."""
        columns = {part.value: kept[f'column_{part.value}'] for part in Field if kept.get(f'column_{part.value}')}
        return cls(
            next((one for one in Encoding if one.value == kept.get('encoding')), None),
            next((one for one in Delimiter if one.value == kept.get('delimiter')), None),
            Columns.from_text(columns) if columns else None,
            next((one for one in Kind if one.value == kept.get('new_kind')), None),
        )

    def to_text(self) -> dict[str, str]:
        """For an address; without what is left open."""
        return {
            **({'encoding': self.encoding.value} if self.encoding else {}),
            **({'delimiter': self.delimiter.value} if self.delimiter else {}),
            **({'new_kind': self.new_kind.value} if self.new_kind else {}),
            **({f'column_{part}': where for part, where in self.columns.to_text().items()} if self.columns else {}),
        }

    def plan(self, encoding: Encoding, layout: Layout) -> Plan:
        """The file read as wished, else as detected."""
        columns = layout.columns if self.columns is None else self.columns.within(len(layout.headers))
        return Plan(encoding, layout.delimiter, columns, self.new_kind or Kind.PERSON)

    def with_column(self, plan: Plan, part: Field, places: tuple[int, ...]) -> 'Wishes':
        """The same, and this part of a contact stands there."""
        chosen = {**plan.columns.places, part: places}
        return replace(self, columns=Columns({one: where for one, where in chosen.items() if where}))


def check_columns(plan: Plan, layout: Layout, *, nobody_chooses: bool = False) -> None:
    """Raises ImportFileRefused when nobody could be called anything, or when it cannot be told which column is meant
    and `nobody_chooses`."""
    if layout.doubled and (nobody_chooses or not plan.columns.of(Field.NAME)):
        raise ImportFileRefused(FileFault.SAME_HEADER, layout.doubled[0])
    if not plan.columns.of(Field.NAME):
        raise ImportFileRefused(FileFault.NO_NAME, _listed(layout.headers))


def _listed(headers: tuple[str, ...]) -> str:
    most = 12
    shown = ', '.join(_shown(one or '–') for one in headers[:most])
    return f'{shown} …' if len(headers) > most else shown


def _shown(header: str) -> str:
    longest = 60
    return header if len(header) <= longest else f'{header[:longest]}…'
