"""What a run refused, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.actors import Actor
from domain.authorization import Permission, authorise
from domain.contacts.importing.rows import Refusal, RowFault
from domain.dependencies import Dependencies
from storage import import_sql

MOST_ON_A_PAGE = 200


@dataclass(frozen=True)
class RefusalPage:
    """Refusals in the order of the file; `next_after` asks for those that follow, None at the end."""

    rows: tuple[Refusal, ...]
    next_after: int | None


async def list_refusals(
    deps: Dependencies, actor: Actor, job_id: int, *, after: int = 0, limit: int = 50
) -> RefusalPage:
    """What is wrong with the rows of a job that did not go in. Raises NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.EDIT_CONTACTS)
    limit = max(1, min(limit, MOST_ON_A_PAGE))
    found = await import_sql.refusal_page(job_id, after, limit + 1)
    shown = tuple(
        Refusal(row['number'], row['line'], row['header'], RowFault(row['reason']), row['detail'])
        for row in found[:limit]
    )
    return RefusalPage(shown, int(found[limit - 1]['id']) if len(found) > limit else None)


async def count_refusals(deps: Dependencies, actor: Actor, job_id: int) -> Sequence[tuple[str, RowFault, int]]:
    """How often what is wrong in which column, the most first. Raises NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.EDIT_CONTACTS)
    return [
        (row['header'], RowFault(row['reason']), int(row['number']))
        for row in await import_sql.refusals_by_reason(job_id)
    ]
