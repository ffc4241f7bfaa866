"""Jobs and their members: the guarded changes of a job, its next members, and its results by page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from storage.job_mail_sql import members_not_reached
from storage.many_rows import as_list, one_of_numbers
from storage.models import Job
from storage.sql import as_utc, change, fetch, is_sqlite

RESULTS_ARE_KEPT = timedelta(days=90)  # after the job has ended: what became of each contact, by name
SWEPT_AT_ONCE = 1_000  # rows
PUT_BACK_AT_ONCE = 1_000  # members that failed


async def move_job(job_id: int, before: Sequence[str], after: str, finished_at: datetime | None) -> bool:
    """Bring the job from one of these states to another; whether this caller was the one who did."""
    return bool(
        await Job.filter(id=job_id, state__in=list(before)).update(state=after, finished_at=finished_at, fault='')
    )


async def take_over(job_id: int, by: Mapping[str, Any], params: Mapping[str, Any]) -> None:
    """From now on the job works for somebody else."""
    await Job.filter(id=job_id).update(params={**params, 'by': dict(by)})


async def some_wait_again(job_id: int) -> int:
    """The next ones of the members that failed wait again, before the job does; how many. None of a job that is not
    done: whoever moves one waits for this."""
    hold = '' if is_sqlite() else ' FOR UPDATE'
    if not await fetch(f"SELECT id FROM job WHERE id = $1 AND state = 'done'{hold}", job_id):
        return 0
    return await change(
        "UPDATE job_item SET state = 'waiting', reason = '', at = NULL WHERE id IN (SELECT id FROM job_item "
        f"WHERE job_id = $1 AND state = 'failed' ORDER BY id LIMIT {PUT_BACK_AT_ONCE})",
        job_id,
    )


async def wait_again(job_id: int) -> int:
    """The job waits again with the members of which `some_wait_again` said so; how many they are."""
    if not await move_job(job_id, ['done'], 'waiting', None):
        return 0
    (row,) = await fetch("SELECT count(*) AS number FROM job_item WHERE job_id = $1 AND state = 'waiting'", job_id)
    again = int(row['number'])
    counts = (await Job.get(id=job_id)).counts
    left = {name: number for name, number in counts.items() if not name.startswith('failed:')}
    await Job.filter(id=job_id).update(failed=0, counts=left)
    return again


async def hold_unless_cancelled(job_id: int) -> Job | None:
    """The job, held until the transaction ends; None for one that is cancelled."""
    held = await change("UPDATE job SET state = state WHERE id = $1 AND state <> 'cancelled'", job_id)
    return await Job.get(id=job_id) if held else None


async def put_back(job: Job, mail_ids: Sequence[int]) -> int:
    """Those who were to get these mails of a job that is held wait again, and the job with them if it was done; how
    many they are. From now on the mails count as its no more: others take their place."""
    mails = as_list(mail_ids)
    again = await change(
        "UPDATE job_item SET state = 'waiting', reason = '', at = NULL "
        "WHERE job_id = $2 AND state = 'done' AND reason = 'sent' AND contact_id IN ("
        f'SELECT m.contact_id FROM outbox_mail m WHERE {one_of_numbers("m.id", "$1")} AND m.contact_id IS NOT NULL '
        'UNION SELECT c.id FROM contact c JOIN outbox_mail m ON m.login_id = c.login_id '
        f'WHERE {one_of_numbers("m.id", "$1")})',
        mails,
        job.id,
    )
    await change(f'UPDATE outbox_mail SET job_id = NULL WHERE {one_of_numbers("id", "$1")}', mails)
    counts = {**job.counts, 'done:sent': job.counts.get('done:sent', 0) - again}
    changes: dict[str, Any] = {'state': 'waiting', 'finished_at': None} if job.state == 'done' else {}
    await Job.filter(id=job.id).update(done=job.done - again, counts=counts, **changes)
    return again


async def waiting_items(job_id: int, limit: int) -> list[dict[str, Any]]:
    """The next members, as `id` and `contact_id`."""
    return await fetch(
        "SELECT id, contact_id FROM job_item WHERE job_id = $1 AND state = 'waiting' ORDER BY id LIMIT $2",
        job_id,
        limit,
    )


async def write_results(alike: Mapping[tuple[str, str], Sequence[int]], now: datetime) -> None:
    """What became of members: their ids by (state, reason)."""
    for (state, reason), ids in alike.items():
        await change(
            f'UPDATE job_item SET state = $2, reason = $3, at = $4 WHERE {one_of_numbers("id", "$1")}',
            as_list(ids),
            state,
            reason,
            now,
        )


@dataclass(frozen=True)
class Which:
    """Members of a job, perhaps only those of one state, of one reason, or those to whom its mail did not get."""

    job_id: int
    state: str = ''
    reason: str | None = None
    not_reached: bool = False


async def item_page(which: Which, limit: int, *, after: int = 0, before: int | None = None) -> list[dict[str, Any]]:
    """Members in the order of their ids, behind `after` or in front of `before`, with what the contact is now."""
    wanted: list[str] = ['i.job_id = $1']
    values: list[object] = [which.job_id]
    for condition, value in (
        ('i.state =', which.state or None),
        ('i.reason =', which.reason),
        ('i.id <', before),
        ('i.id >', None if before is not None else after),
    ):
        if value is not None:
            values.append(value)
            wanted.append(f'{condition} ${len(values)}')
    if which.not_reached:
        wanted.append(f'i.id IN ({members_not_reached("$1")})')
    rows = await fetch(
        'SELECT i.id, i.contact_id, COALESCE(c.name, i.contact_name) AS name, '
        'COALESCE(c.kind, \'person\') AS kind, i.state, i.reason, i.at, c.id IS NOT NULL AS "exists", '
        "COALESCE(c.email, '') AS email, COALESCE(c.email_status, '') AS email_status "
        'FROM job_item i LEFT JOIN contact c ON c.id = i.contact_id '
        f'WHERE {" AND ".join(wanted)} ORDER BY i.id {"DESC" if before is not None else ""} LIMIT {int(limit)}',
        *values,
    )
    rows.sort(key=lambda row: int(row['id']))
    return [row | {'at': as_utc(row['at']), 'exists': bool(row['exists'])} for row in rows]


async def waiting_among(job_id: int, contact_ids: Sequence[int]) -> list[dict[str, Any]]:
    """Those of these contacts that are members and wait, as `id` and `contact_id`."""
    if not contact_ids:
        return []
    return await fetch(
        "SELECT id, contact_id FROM job_item WHERE job_id = $2 AND state = 'waiting' "
        f'AND {one_of_numbers("contact_id", "$1")} ORDER BY id',
        as_list(contact_ids),
        job_id,
    )


async def count_mail_ahead(at: datetime, most: int) -> int:
    """How many mails would be sent before one whose turn is dated so; `most` for as many or more."""
    rows = await fetch(
        "SELECT count(*) AS number FROM (SELECT 1 FROM outbox_mail WHERE state IN ('queued', 'sending') "
        f'AND next_try_at <= $1 LIMIT {int(most)}) AS due',
        at,
    )
    return int(rows[0]['number'])


async def sweep_results(now: datetime) -> None:
    """Forget what became of each contact in the jobs that ended long ago; the jobs and their numbers stay.

    Some rows at a time, so that nobody waits for it.
    """
    old = await fetch(
        "SELECT j.id FROM job j WHERE j.state IN ('done', 'cancelled') AND j.finished_at < $1 "
        'AND EXISTS (SELECT 1 FROM job_item i WHERE i.job_id = j.id)',
        now - RESULTS_ARE_KEPT,
    )
    for row in old:
        while await change(
            f'DELETE FROM job_item WHERE id IN (SELECT id FROM job_item WHERE job_id = $1 LIMIT {SWEPT_AT_ONCE})',
            row['id'],
        ):
            pass
