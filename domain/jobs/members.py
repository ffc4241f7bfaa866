"""Kinds of jobs whose members are contacts: each is a row, and each row says what became of it."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from domain.authorization import Permission
from domain.dependencies import Dependencies
from domain.jobs.kinds import STUMBLED, Gathered, ItemState, Progress, RunningJob
from domain.unit_of_work import Work
from storage import job_sql

RESTS = 'rests'  # counted while it is too early for the next members


@dataclass(frozen=True)
class Outcome:
    """What became of one contact; `reason` is the kind's own word for it."""

    state: ItemState
    reason: str


def done(reason: str) -> Outcome:
    return Outcome(ItemState.DONE, reason)


def skipped(reason: str) -> Outcome:
    return Outcome(ItemState.SKIPPED, reason)


class KindWithMembers(ABC):
    """A kind does two things: it finds its contacts, and it deals with some of them."""

    name: str
    permission: Permission
    can_retry = True
    asks_who_is_there = False

    @abstractmethod
    async def gather(self, work: Work, job: RunningJob) -> Gathered:
        """Find the members, or some of them; asked again until it says `finished`."""

    @abstractmethod
    async def deal_with(self, work: Work, job: RunningJob, contact_ids: Sequence[int]) -> Mapping[int, Outcome]:
        """Do it to these contacts, each of which may be gone; what became of each.

        One that is left out of the answer waits on: it was changed by somebody else at this moment.
        """

    async def belong_together(self, job: RunningJob, contact_ids: Sequence[int]) -> Sequence[int]:
        """Members that are better dealt with in one go with these, such as those that get one mail together.

        A bounded number. The others come later, and so do all of them where the member is looked for that makes the
        program stumble: a kind does the right thing in that case too.
        """
        return ()

    async def prepare(self, deps: Dependencies, job: RunningJob, limit: int) -> Any:
        """How many members may be dealt with now, `limit` at most; 0 for none before a while has gone by."""
        return limit

    async def work_on(self, work: Work, job: RunningJob, prepared: Any) -> Progress:
        items = await job_sql.waiting_items(job.id, max(1, int(prepared)))
        if not items:
            return Progress(finished=True)
        rests = bool(job.counts.get(RESTS))
        if not prepared:
            return Progress(not_now=True, counts={} if rests else {RESTS: 1})
        ids = {int(row['contact_id']): int(row['id']) for row in items}
        together = await self.belong_together(job, list(ids)) if prepared > 1 else ()
        for other in await job_sql.waiting_among(job.id, together):
            ids.setdefault(int(other['contact_id']), int(other['id']))
        outcomes = await self.deal_with(work, job, list(ids))
        progress = await _write(work, {ids[contact_id]: outcome for contact_id, outcome in outcomes.items()})
        return replace(progress, counts={**progress.counts, RESTS: -1}) if rests else progress

    async def give_up_on(self, work: Work, job: RunningJob, prepared: Any) -> Progress:
        items = await job_sql.waiting_items(job.id, 1)
        return await _write(work, {int(row['id']): Outcome(ItemState.FAILED, STUMBLED) for row in items})


async def _write(work: Work, outcomes: Mapping[int, Outcome]) -> Progress:
    alike: dict[tuple[str, str], list[int]] = {}
    for item_id, outcome in outcomes.items():
        alike.setdefault((outcome.state.value, outcome.reason), []).append(item_id)
    await job_sql.write_results(alike, work.now)
    states = Counter(outcome.state for outcome in outcomes.values())
    return Progress(
        states[ItemState.DONE],
        states[ItemState.SKIPPED],
        states[ItemState.FAILED],
        counts={f'{state}:{reason}': len(ids) for (state, reason), ids in alike.items()},
    )
