"""What can be wrong with a view of the contacts: its filters, its name; and with a report of them, or its schedule."""

from dataclasses import dataclass

from domain.errors import DomainError


@dataclass
class FilterInvalid(DomainError):
    """Parameters of these names have values that no filter of contacts has, or are none of its parameters."""

    names: tuple[str, ...]


@dataclass
class NoRoom(DomainError):
    """The disk on which a file is put together is full."""


@dataclass
class ScheduleNotFound(DomainError):
    """There is no report schedule with this id (any more)."""

    schedule_id: int


@dataclass
class TooManySchedules(DomainError):
    """There are as many report schedules as there may be."""

    most: int


@dataclass
class NobodyToTell(DomainError):
    """A report is scheduled, and nobody is to be told."""


@dataclass
class MayNotExport(DomainError):
    """This member of the team may not export the report, or cannot sign in. `name` is empty for one that is gone."""

    name: str


@dataclass
class ZoneUnknown(DomainError):
    """There is no time zone of this name."""

    zone: str


@dataclass
class ViewNotFound(DomainError):
    """There is no saved view with this id (any more)."""

    view_id: int


@dataclass
class ViewNameTaken(DomainError):
    """Another saved view has this name already."""

    name: str


@dataclass
class TooManyViews(DomainError):
    """There are as many saved views as there may be."""

    most: int
