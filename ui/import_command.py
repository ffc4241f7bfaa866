"""`import-contacts`: a file of contacts from the terminal, with a line for every row of it.

It is a job like that of a page. Where an instance serves, that does it, since it has pages to keep live and to close,
and the command follows. Where none does, or none does any more, the command does it itself, and no other job.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from domain.actors import SystemActor
from domain.contacts.importing.plan import check_columns
from domain.contacts.importing.preview import Counts, preview
from domain.contacts.importing.reading import OpenFile
from domain.contacts.importing.results import RowResult, list_results
from domain.contacts.importing.run import start_import
from domain.contacts.importing.uploads import CHUNK, Detected, detect, hand_in, throw_away
from domain.dependencies import Dependencies
from domain.events import JobChanged
from domain.file_errors import FileFault, ImportFileRefused, ImportStopped
from domain.jobs.jobs import JobView, read_job
from domain.jobs.kinds import JobState
from domain.jobs.runner import JobRunner
from ui.staff.contact_words import several
from ui.staff.import_words import FATES, in_numbers, reason
from ui.staff.job_words import fault_words

US = SystemActor('Terminal')
LOOK_EVERY = 1.0  # seconds; another process may be the one that works on it, and its events are not heard here

Say = Callable[[str], object]


async def import_contacts(deps: Dependencies, file: Path, say: Say, *, dry_run: bool) -> bool:
    """Import a file, or only look at it; whether every row went in. `say` is told line by line, of each row.

    Raises DomainError for a file that cannot be read, ImportStopped where it is not read to its end, OSError for one
    that is not there.
    """
    file_id = await hand_in(deps, US, file.name, _pieces(file))
    is_begun = False
    try:
        detected = await detect(deps, US, file_id)
        check_columns(detected.plan, detected.layout, nobody_chooses=True)
        if dry_run:
            return await _look(deps, detected, say)
        rows = await _count(detected)
        job_id = await start_import(deps, US, file_id, detected.plan, rows)
        is_begun = True
    finally:
        if not is_begun:
            await throw_away(deps, US, file_id)
    return await _run(deps, job_id, say)


async def _pieces(file: Path) -> AsyncIterator[bytes]:
    with file.open('rb') as opened:
        while piece := await asyncio.to_thread(opened.read, CHUNK):
            yield piece


async def _look(deps: Dependencies, detected: Detected, say: Say) -> bool:
    plan, layout = detected.plan, detected.layout
    found = await preview(deps, US, detected.file.id, plan, layout, on_row=lambda one: say(_line(one)))
    if found.shared_addresses:
        say(f'{several(found.shared_addresses, "address is", "addresses are")} borne by several contacts')
    say(f'Nothing was written. It would be: {in_numbers(found.counts)}')
    return not found.counts.refused


async def _count(detected: Detected) -> int:
    file = OpenFile(detected.file.id, detected.plan.encoding, detected.layout)
    while await file.take(1_000):
        pass
    if not file.taken:
        raise ImportFileRefused(FileFault.NO_ROWS)
    return file.taken


async def _run(deps: Dependencies, job_id: int, say: Say) -> bool:
    runner, changed = JobRunner(deps, only=job_id), asyncio.Event()
    deaf = deps.events.on(JobChanged, lambda _: changed.set())
    runner.start()
    try:
        job = await _follow(deps, job_id, changed, say)
    finally:
        deaf()
        await runner.stop()
    if job.fault is not None:
        say(fault_words(job.fault))
    say(in_numbers(Counts(**job.counts)))
    if job.state is not JobState.DONE:
        raise ImportStopped(job_id, job.state is JobState.CANCELLED)
    return not job.failed


async def _follow(deps: Dependencies, job_id: int, changed: asyncio.Event, say: Say) -> JobView:
    """Say what becomes of the rows until the job rests, whoever does it."""
    number = 0
    while True:
        changed.clear()
        job = await read_job(deps, US, job_id)
        while results := await list_results(deps, US, job_id, first=number):
            for result in results:
                say(_line(result))
            number += len(results)
        if job.is_over or job.state is JobState.PAUSED:
            return job
        try:
            async with asyncio.timeout(LOOK_EVERY):
                await changed.wait()
        except TimeoutError:
            pass


def _line(result: RowResult) -> str:
    """`Line 5: refused. Name: The name is missing.`"""
    why = (f'{one.column}: {reason(one)}' if one.column else reason(one) for one in result.refusals)
    said = f'Line {result.line}: {FATES[result.fate].lower()}'
    return '. '.join((said, ' '.join(why))) if result.refusals else said
