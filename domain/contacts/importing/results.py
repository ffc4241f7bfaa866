"""What became of the rows of a file, and why some did not go in, a page at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.actors import Actor
from domain.authorization import Permission, authorise
from domain.contacts.importing.matching import Fate
from domain.contacts.importing.rows import Refusal, RowFault
from domain.dependencies import Dependencies
from storage import import_files, import_sql

MOST_ON_A_PAGE = 200
REFUSALS_ARE_KEPT = import_files.USED_ARE_KEPT  # after the job has ended; its numbers stay


@dataclass(frozen=True)
class RowResult:
    """What became of a row, or would. `number` counts the rows from 0, `line` the lines of the file from 1; `refusals`
    is all that is wrong with one that does not go in."""

    number: int
    line: int
    fate: Fate
    refusals: tuple[Refusal, ...] = ()


@dataclass(frozen=True)
class RefusalPage:
    """Refusals in the order of the file; `next_after` asks for those that follow, None at the end."""

    rows: tuple[Refusal, ...]
    next_after: int | None


async def list_results(deps: Dependencies, actor: Actor, job_id: int, *, first: int = 0) -> Sequence[RowResult]:
    """What became of some rows of the job's file, in their order; the first of them is that of this number, which is
    0 or follows the last one of another answer. None as long as nothing has. Raises NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.EDIT_CONTACTS)
    found = await import_files.results_from(job_id, first)
    wrong: dict[int, list[Refusal]] = {}
    for row in await import_sql.refusals_between(job_id, first, first + len(found)):
        wrong.setdefault(int(row['number']), []).append(_refusal(row))
    return [
        RowResult(number, line, Fate(fate), tuple(wrong.get(number, ())))
        for number, (line, fate) in enumerate(found, first)
    ]


async def list_refusals(
    deps: Dependencies, actor: Actor, job_id: int, *, after: int = 0, limit: int = 50
) -> RefusalPage:
    """What is wrong with the rows of a job that did not go in; none once that is forgotten. Raises NotAllowed,
    SignedOut."""
    await authorise(deps, actor, Permission.EDIT_CONTACTS)
    limit = max(1, min(limit, MOST_ON_A_PAGE))
    found = await import_sql.refusal_page(job_id, after, limit + 1)
    shown = tuple(map(_refusal, found[:limit]))
    return RefusalPage(shown, int(found[limit - 1]['id']) if len(found) > limit else None)


async def count_refusals(deps: Dependencies, actor: Actor, job_id: int) -> Sequence[tuple[str, RowFault, int]]:
    """How often what is wrong in which column, the most first. Raises NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.EDIT_CONTACTS)
    return [
        (row['header'], RowFault(row['reason']), int(row['number']))
        for row in await import_sql.refusals_by_reason(job_id)
    ]


def _refusal(row: Mapping[str, Any]) -> Refusal:
    return Refusal(row['number'], row['line'], row['header'], RowFault(row['reason']), row['detail'])
