"""Files of contacts, kept in pieces in the database, so that any instance can go on after a restart."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from storage.models import ImportChunk, ImportFile, ImportResult
from storage.sql import change, fetch

UNUSED_ARE_KEPT = timedelta(days=1)
USED_ARE_KEPT = timedelta(days=30)  # after the import has ended, and with the file why rows of it were refused
SWEPT_AT_ONCE = 1_000  # rows


async def add_chunk(file_id: int, position: int, content: bytes) -> None:
    """The next piece of a file."""
    await ImportChunk.create(file_id=file_id, position=position, content=content)


async def read_chunk(file_id: int, position: int) -> bytes | None:
    """A piece of a file; None behind its end."""
    rows = await fetch('SELECT content FROM import_chunk WHERE file_id = $1 AND position = $2', file_id, position)
    return bytes(rows[0]['content']) if rows else None


async def take_file(file_id: int, job_id: int) -> bool:
    """The file is read by this job from now on; False when it is read by another already, or gone."""
    return bool(await ImportFile.filter(id=file_id, job_id=None, size__gt=0).update(job_id=job_id))


async def claim_unused(file_id: int) -> bool:
    """Nobody can begin to import the file from now on; False when somebody has begun, or it is gone."""
    return bool(await ImportFile.filter(id=file_id, job_id=None).update(size=0))


async def size_of(file_id: int) -> int:
    """In bytes; 0 for a file that is gone, or going."""
    rows = await fetch('SELECT size FROM import_file WHERE id = $1', file_id)
    return int(rows[0]['size']) if rows else 0


async def add_results(file_id: int, number: int, rows: Sequence[tuple[int, str]]) -> None:
    """What became of these rows, the first of which is that of this number: of each the line it begins in, and what."""
    await ImportResult.create(file_id=file_id, number=number, rows=list(rows))


async def results_from(job_id: int, number: int) -> list[tuple[int, str]]:
    """The same of the rows that were added together, beginning with that of this number; none if there are none yet."""
    found = await ImportResult.get_or_none(file__job_id=job_id, number=number)
    return [(line, what) for line, what in found.rows] if found else []


async def sweep_files(now: datetime) -> None:
    """Throw away what nobody began to import within a day, and what was imported long ago, with what was wrong in it.
    One file at a time; the numbers of the import stay."""
    old = await fetch(
        'SELECT f.id, f.job_id FROM import_file f LEFT JOIN job j ON j.id = f.job_id '
        "WHERE f.created_at < $1 AND (j.id IS NULL OR (j.finished_at < $2 AND j.state IN ('done', 'cancelled')))",
        now - UNUSED_ARE_KEPT,
        now - USED_ARE_KEPT,
    )
    for row in old:
        if row['job_id'] is not None or await claim_unused(row['id']):
            await forget_file(row['id'])
    await _sweep_refusals(now)


async def _sweep_refusals(now: datetime) -> None:
    """They hold cells of the file, so names and addresses. Some rows at a time, so that nobody waits for it."""
    old = await fetch(
        "SELECT j.id FROM job j WHERE j.state IN ('done', 'cancelled') AND j.finished_at < $1 "
        'AND EXISTS (SELECT 1 FROM import_refusal r WHERE r.job_id = j.id)',
        now - USED_ARE_KEPT,
    )
    for row in old:
        while await change(
            'DELETE FROM import_refusal WHERE id IN '
            f'(SELECT id FROM import_refusal WHERE job_id = $1 LIMIT {SWEPT_AT_ONCE})',
            row['id'],
        ):
            pass


async def forget_file(file_id: int) -> None:
    """Throw a file away, a piece at a time, so that nobody waits for it."""
    while await change(
        'DELETE FROM import_chunk WHERE id IN (SELECT id FROM import_chunk WHERE file_id = $1 LIMIT 8)', file_id
    ):
        pass
    await change('DELETE FROM import_file WHERE id = $1', file_id)
