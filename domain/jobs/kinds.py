"""What a job can be: each area registers its kinds here, and the runner works through them (domain/jobs/runner.py).

A kind is handed the job as it stands and the unit of work to write in. What it writes and how far the job has come
commit together, so that a kill loses and doubles nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from domain.actors import StaffActor, SystemActor
from domain.authorization import Permission
from domain.dependencies import Dependencies
from domain.unit_of_work import Work


class JobState(StrEnum):
    """`waiting`: for its members to be gathered, or for its turn."""

    WAITING = 'waiting'
    RUNNING = 'running'
    PAUSED = 'paused'
    CANCELLED = 'cancelled'
    DONE = 'done'


class ItemState(StrEnum):
    """What became of one contact of a job."""

    WAITING = 'waiting'
    DONE = 'done'
    SKIPPED = 'skipped'
    FAILED = 'failed'


class JobFault(StrEnum):
    """Why a job stopped by itself. It waits, paused, for somebody to resume or cancel it, but for NUMBER_DIFFERS."""

    NOT_ALLOWED = 'not_allowed'  # whoever it works for is no longer with the firm, or may not do this any more
    STUMBLED = 'stumbled'  # the program did: the log says where
    FILE_INCOMPLETE = 'file_incomplete'  # what it reads is not there as a whole
    NUMBER_DIFFERS = 'number_differs'  # its members are not those that somebody counted: cancelled, nothing was done


STUMBLED = 'stumbled'
"""The reason of a member that the program could not deal with."""


@dataclass(frozen=True)
class RunningJob:
    """A job as its kind sees it. `actor` is whoever it works for: who began it, or who resumed it."""

    id: int
    kind: str
    params: Mapping[str, Any]
    actor: StaffActor | SystemActor
    position: int
    total: int
    counts: Mapping[str, int]
    began_at: datetime  # when somebody started it, UTC


@dataclass(frozen=True)
class Gathered:
    """How far gathering has come. `total` is how many members there are by now; `position` is the kind's own.

    `counts` take the place of those of the same name. With a `fault` the job is cancelled before anything is done.
    """

    total: int
    position: int = 0
    finished: bool = True
    counts: Mapping[str, int] = field(default_factory=dict)
    fault: JobFault | None = None


@dataclass(frozen=True)
class Progress:
    """What one piece of work came to. `counts` are added to those of the job; None leaves its position."""

    done: int = 0
    skipped: int = 0
    failed: int = 0
    position: int | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    finished: bool = False
    not_now: bool = False  # nothing was done, since it is too early for it; asked again in a while


class CannotGoOn(Exception):
    """Raised by a kind for what no other batch would change: the job stops, and `fault` says why."""

    def __init__(self, fault: JobFault) -> None:
        super().__init__(fault)
        self.fault = fault


class JobKind(Protocol):
    """Something that is done to many contacts."""

    name: str
    permission: Permission
    can_retry: bool  # whether what failed may be tried again
    asks_who_is_there: bool  # whether beginning it and going on with it need a fresh sign-in (R38)

    async def gather(self, work: Work, job: RunningJob) -> Gathered:
        """Find the members, or some of them; asked again until it says `finished`. Keep each transaction short."""
        ...

    async def prepare(self, deps: Dependencies, job: RunningJob, limit: int) -> Any:
        """What the next `limit` members need, read and worked out before the transaction. Writes nothing.

        Raises CannotGoOn.
        """
        ...

    async def work_on(self, work: Work, job: RunningJob, prepared: Any) -> Progress:
        """Do it, in the transaction in which the job moves on."""
        ...

    async def give_up_on(self, work: Work, job: RunningJob, prepared: Any) -> Progress:
        """The one member that was prepared makes the program stumble: write that it failed, and go on behind it."""
        ...


@runtime_checkable
class KeepsInMemory(Protocol):
    """A kind that keeps something of a job from one batch to the next."""

    def let_go(self, job_id: int) -> None:
        """Nobody here works on the job for now: forget it."""
        ...


_kinds: dict[str, JobKind] = {}


def register_kind(kind: JobKind) -> None:
    """Let jobs be of this kind. Called where the program is put together."""
    _kinds[kind.name] = kind


def kind_of(name: str) -> JobKind | None:
    """None for a kind that this version does not know."""
    return _kinds.get(name)


def let_go(job_id: int) -> None:
    """Nobody here works on the job for now: nothing is kept in memory of it."""
    for kind in _kinds.values():
        if isinstance(kind, KeepsInMemory):
            kind.let_go(job_id)


def known_kinds() -> Sequence[str]:
    return tuple(_kinds)
