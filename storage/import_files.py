"""Files of contacts, kept in pieces in the database, so that any instance can go on after a restart."""

from datetime import datetime, timedelta

from storage.models import ImportChunk, ImportFile
from storage.sql import change, fetch

UNUSED_ARE_KEPT = timedelta(days=1)
USED_ARE_KEPT = timedelta(days=30)  # as long as the rows that were refused can be fetched


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


async def sweep_files(now: datetime) -> None:
    """Throw away what nobody began to import within a day, and what was imported long ago. One file at a time."""
    old = await fetch(
        'SELECT f.id FROM import_file f LEFT JOIN job j ON j.id = f.job_id '
        "WHERE f.created_at < $1 AND (j.id IS NULL OR (j.finished_at < $2 AND j.state IN ('done', 'cancelled')))",
        now - UNUSED_ARE_KEPT,
        now - USED_ARE_KEPT,
    )
    for row in old:
        await forget_file(row['id'])


async def forget_file(file_id: int) -> None:
    """Throw a file away, a piece at a time, so that nobody waits for it."""
    while await change(
        'DELETE FROM import_chunk WHERE id IN (SELECT id FROM import_chunk WHERE file_id = $1 LIMIT 8)', file_id
    ):
        pass
    await change('DELETE FROM import_file WHERE id = $1', file_id)
