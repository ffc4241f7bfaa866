"""Files of contacts in tests: handed in, looked at and run."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from domain.actors import Actor
from domain.contacts.importing.plan import Wishes, check_columns
from domain.contacts.importing.preview import Counts, Preview, preview
from domain.contacts.importing.records import Record, Records
from domain.contacts.importing.run import start_import
from domain.contacts.importing.uploads import Detected, detect, hand_in
from domain.contacts.job_kinds import register_kinds
from domain.dependencies import Dependencies
from domain.jobs.jobs import JobView
from domain.jobs.runner import Pace
from storage.models import Contact, ImportRefusal
from tests.domain.jobs.running import QUICK, worked_off

HEADER = 'name,email,kind,organisation,portal_access,external_id'


def csv(*rows: str, header: str = HEADER) -> bytes:
    """A file of these rows."""
    return '\r\n'.join([header, *rows, '']).encode()


async def _in_pieces(content: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def given_file(deps: Dependencies, actor: Actor, content: bytes, name: str = 'list.csv', piece: int = 997) -> int:
    """A file that was handed in; its id."""
    return await hand_in(deps, actor, name, _in_pieces(content, piece))


@dataclass(frozen=True)
class Looked:
    """A file and what running it would come to."""

    detected: Detected
    preview: Preview


async def look_at(deps: Dependencies, actor: Actor, content: bytes, wishes: Wishes | None = None) -> Looked:
    """Hand a file in and look at it."""
    detected = await detect(deps, actor, await given_file(deps, actor, content), wishes)
    check_columns(detected.plan, detected.layout)
    file = detected.file
    return Looked(detected, await preview(deps, actor, file.id, detected.plan, detected.layout, size=file.size))


async def begun(deps: Dependencies, actor: Actor, looked: Looked) -> int:
    """The job that runs it."""
    register_kinds()
    return await start_import(deps, actor, looked.detected.file.id, looked.detected.plan, looked.preview.counts.rows)


@dataclass(frozen=True)
class Ran:
    """A file that was run: what was foretold, and what came of it."""

    foretold: Counts
    job: JobView
    refused: list[tuple[int, str, str]]


async def run(
    deps: Dependencies, actor: Actor, content: bytes, wishes: Wishes | None = None, pace: Pace = QUICK
) -> Ran:
    """Hand a file in, look at it, run it; what was foretold has to have come true."""
    looked = await look_at(deps, actor, content, wishes)
    job = await worked_off(deps, actor, await begun(deps, actor, looked), pace)  # type: ignore[arg-type]
    foretold = looked.preview.counts
    assert job.counts == {name: number for name, number in vars(foretold).items() if number}
    went_in = foretold.new + foretold.changed
    assert (job.done, job.skipped, job.failed) == (went_in, foretold.unchanged, foretold.refused)
    rows = await ImportRefusal.filter(job_id=job.id).order_by('number', 'id')
    refused = [(row.line, row.header, row.reason) for row in rows]
    shown = [(one.line, one.column, one.reason.value) for one in looked.preview.refusals]
    assert refused[: len(shown)] == shown
    return Ran(foretold, job, refused)


async def contacts() -> list[tuple[str, str, str, str, bool, str]]:
    """Every contact as a row of a file would have it."""
    return [
        (one.name, one.email or '', one.kind, one.organisation, one.portal_access, one.external_id or '')
        for one in await Contact.all().order_by('id')
    ]


def records(text: str, delimiter: str = ',', piece: int = 0) -> list[Record]:
    """A text as records, fed in pieces of this many characters."""
    reader, found = Records(delimiter), []
    for start in range(0, len(text), piece or len(text) or 1):
        found += reader.feed(text[start : start + (piece or len(text))])
    return [*found, *reader.finish()]


def cells(read: Sequence[Record]) -> list[list[str]]:
    return [one.cells for one in read]
