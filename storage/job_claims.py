"""Who works on the jobs, and the guarded changes of a job under way. Times are UTC.

One instance at a time works on all jobs of a database: whoever holds the lease. Each batch looks at the lease in its
own transaction, so an instance that was only slow writes nothing any more once another has taken over.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from storage.models import Job, JobLease
from storage.sql import change, fetch, is_sqlite


async def take_lease(holder: str, now: datetime, until: datetime) -> bool:
    """Take the lease, or keep it; whether this instance has it now."""
    return bool(
        await fetch(
            'INSERT INTO job_lease (id, holder, until) VALUES (1, $1, $3) ON CONFLICT (id) DO UPDATE '
            'SET holder = excluded.holder, until = excluded.until '
            'WHERE job_lease.holder = excluded.holder OR job_lease.until <= $2 RETURNING id',
            holder,
            now,
            until,
        )
    )


async def let_go(holder: str, now: datetime) -> None:
    """Give the lease back, so that another instance need not wait for its end."""
    await JobLease.filter(id=1, holder=holder).update(until=now)


async def due_jobs(states: tuple[str, ...]) -> list[int]:
    """The jobs in one of these states, the oldest first."""
    names = ', '.join(f'${number}' for number in range(1, 1 + len(states)))
    return [int(row['id']) for row in await fetch(f'SELECT id FROM job WHERE state IN ({names}) ORDER BY id', *states)]


async def keep_lease(holder: str, until: datetime) -> bool:
    """In a transaction of a batch: whether the lease is still ours, and stays so until the transaction ends."""
    return bool(await change('UPDATE job_lease SET until = $1 WHERE id = 1 AND holder = $2', until, holder))


async def hold_job(job_id: int, now: datetime, states: tuple[str, ...]) -> Job | None:
    """Hold the job until the transaction ends; None when it is not to be worked on any more."""
    names = ', '.join(f'${number}' for number in range(3, 3 + len(states)))
    held = await change(
        f"UPDATE job SET state = 'running', started_at = COALESCE(started_at, $1) WHERE id = $2 AND state IN ({names})",
        now,
        job_id,
        *states,
    )
    return await Job.get(id=job_id) if held else None


async def move_on(
    job: Job, *, done: int, skipped: int, failed: int, position: int, counts: Mapping[str, int], worked_ms: int
) -> None:
    """Write how far a job that is held has come. `counts` are added to those it has."""
    together: dict[str, Any] = dict(job.counts)
    for name, number in counts.items():
        together[name] = together.get(name, 0) + number
    await Job.filter(id=job.id).update(
        done=job.done + done,
        skipped=job.skipped + skipped,
        failed=job.failed + failed,
        position=position,
        counts=together,
        worked_ms=job.worked_ms + worked_ms,
    )


async def write_gathered(job_id: int, total: int, position: int, finished: bool, counts: Mapping[str, int]) -> None:
    """So many members are there by now."""
    await Job.filter(id=job_id).update(
        total=total, position=0 if finished else position, gathered=finished, counts=dict(counts)
    )


async def finish_job(job_id: int, now: datetime) -> None:
    """Nothing is left to do."""
    await Job.filter(id=job_id).update(state='done', finished_at=now)


async def stop_job(job_id: int, fault: str) -> None:
    """Let the job rest, and say why."""
    await Job.filter(id=job_id).update(state='paused', fault=fault)


async def cancel_job(job_id: int, fault: str, now: datetime) -> None:
    """End the job without doing the rest, and say why."""
    await Job.filter(id=job_id).update(state='cancelled', fault=fault, finished_at=now)


async def standing_of(staff_id: int) -> dict[str, Any] | None:
    """The staff member a job works for, as `name`, `email` and `role`; None for one who is gone or disabled.

    Held until the transaction ends, so that disabling the member waits for the batch, or the batch is not done.
    """
    share = '' if is_sqlite() else ' FOR SHARE'
    rows = await fetch(
        f'SELECT name, email, role FROM staff_member WHERE id = $1 AND disabled_at IS NULL{share}', staff_id
    )
    return rows[0] if rows else None
