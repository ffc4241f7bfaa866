"""Handing in a file of contacts: taken piece by piece, so that it is never in memory as a whole, and looked at first.

A file that nobody begins to import is thrown away after a day (`House` sweeps).
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import PurePath

from domain.actors import Actor, StaffActor
from domain.authorization import Permission, authorise
from domain.contacts.importing.decoding import MOST_BYTES, Encoding, refuse_what_is_no_text
from domain.contacts.importing.layout import Layout
from domain.contacts.importing.plan import Plan, Wishes
from domain.contacts.importing.reading import detect_encoding, detect_layout
from domain.dependencies import Dependencies
from domain.file_errors import FileFault, ImportFileNotFound, ImportFileRefused
from domain.texts import LONGEST_NAME
from domain.unit_of_work import deed, unit_of_work
from storage import import_files
from storage.models import ImportFile

CHUNK = 256 * 2**10  # bytes of one row, and of one transaction
_NOT_COMPLETE = 0  # the size of a file that is still being handed in


@dataclass(frozen=True)
class HandedIn:
    """A file that is here as a whole. `size` in bytes; `job_id` once it is being imported."""

    id: int
    name: str
    size: int
    job_id: int | None


@dataclass(frozen=True)
class Detected:
    """What a file is, and how it is to be read."""

    file: HandedIn
    layout: Layout
    plan: Plan


async def hand_in(deps: Dependencies, actor: Actor, name: str, pieces: AsyncIterator[bytes]) -> int:
    """Keep a file that comes in pieces of any size; its id. Nothing is kept of one that is refused or cut off.

    Raises ImportFileRefused as soon as it is too big, or is no text; NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.EDIT_CONTACTS)
    file_id = await _begin(deps, actor, _plain_name(name))
    size = position = 0
    is_kept = False
    try:
        async for chunk in _in_chunks(pieces):
            if not position:
                refuse_what_is_no_text(chunk)
            size += len(chunk)
            if size > MOST_BYTES:
                raise ImportFileRefused(FileFault.TOO_BIG)
            await _keep(deps, file_id, position, chunk)
            position += 1
        if not size:
            raise ImportFileRefused(FileFault.EMPTY)
        await _complete(deps, file_id, size)
        is_kept = True
    finally:
        if not is_kept:
            await _forget(deps, file_id)
    return file_id


async def read_file(deps: Dependencies, actor: Actor, file_id: int) -> HandedIn:
    """Raises ImportFileNotFound, NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.EDIT_CONTACTS)
    row = await ImportFile.get_or_none(id=file_id, size__gt=_NOT_COMPLETE)
    if row is None:
        raise ImportFileNotFound()
    return HandedIn(row.id, row.name, row.size, row.job_id)


async def file_of_job(deps: Dependencies, actor: Actor, job_id: int) -> HandedIn:
    """The file that a job reads, or has read. Raises ImportFileNotFound, NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.EDIT_CONTACTS)
    row = await ImportFile.get_or_none(job_id=job_id)
    if row is None:
        raise ImportFileNotFound()
    return HandedIn(row.id, row.name, row.size, row.job_id)


async def detect(deps: Dependencies, actor: Actor, file_id: int, wishes: Wishes | None = None) -> Detected:
    """What the file is, where `wishes` do not say otherwise. Reads all of it.

    Raises ImportFileRefused for what cannot be read, ImportFileNotFound, NotAllowed, SignedOut.
    """
    file = await read_file(deps, actor, file_id)
    wishes = wishes or Wishes()
    encoding: Encoding = wishes.encoding or await detect_encoding(file_id)
    layout = await detect_layout(file_id, encoding, wishes.delimiter)
    return Detected(file, layout, wishes.plan(encoding, layout))


@deed
async def throw_away(deps: Dependencies, actor: Actor, file_id: int) -> None:
    """Forget a file that nobody imports, and nobody can begin to meanwhile. Raises NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.EDIT_CONTACTS)
    if await import_files.claim_unused(file_id):
        await import_files.forget_file(file_id)


async def _in_chunks(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    held = bytearray()
    async for piece in pieces:
        held += piece
        while len(held) >= CHUNK:
            yield bytes(held[:CHUNK])
            del held[:CHUNK]
    if held:
        yield bytes(held)


def _plain_name(name: str) -> str:
    """The name alone, without a path and without what does not print."""
    last = PurePath(name.replace('\\', '/')).name
    shown = ''.join(letter if letter.isprintable() else ' ' for letter in last)
    return ' '.join(shown.split())[:LONGEST_NAME] or 'contacts.csv'


@deed
async def _begin(deps: Dependencies, actor: Actor, name: str) -> int:
    async with unit_of_work(deps) as work:
        made_by = actor.staff_id if isinstance(actor, StaffActor) else None
        row = await ImportFile.create(name=name, size=_NOT_COMPLETE, made_by_id=made_by, created_at=work.now)
        return int(row.id)


@deed
async def _keep(deps: Dependencies, file_id: int, position: int, chunk: bytes) -> None:
    async with unit_of_work(deps):
        await import_files.add_chunk(file_id, position, chunk)


@deed
async def _complete(deps: Dependencies, file_id: int, size: int) -> None:
    async with unit_of_work(deps):
        await ImportFile.filter(id=file_id).update(size=size)


@deed
async def _forget(deps: Dependencies, file_id: int) -> None:
    await import_files.forget_file(file_id)
