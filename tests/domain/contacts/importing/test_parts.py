"""The parts of a file while it is imported: all of them are read, or the import says that it cannot."""

import asyncio
import random
from collections.abc import Awaitable

import pytest

from domain.actors import SystemActor
from domain.contacts.importing import reading, uploads
from domain.contacts.importing import run as run_module
from domain.contacts.importing.uploads import throw_away
from domain.dependencies import Dependencies
from domain.file_errors import ImportFileNotFound
from domain.jobs.kinds import JobFault, JobState
from storage import import_files
from storage.models import Contact, ImportChunk, ImportFile
from tests.domain.contacts.importing.files import begun, csv, given_file, look_at
from tests.domain.jobs.running import worked_off
from tests.factories import given_owner, later
from tests.support.clock import FixedClock

ROWS = csv(*(f'Client {one:05},c{one:05}@x.example,,,,' for one in range(300)))
ROUNDS = 25


@pytest.fixture
def three_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """`ROWS` are three parts, of which the headers are looked for in the first."""
    monkeypatch.setattr(uploads, 'CHUNK', 4_000)
    monkeypatch.setattr(reading, 'LOOKED_AT', 1_000)
    monkeypatch.setattr(run_module, 'LEAST', 1)


async def soon(dice: random.Random, act: Awaitable[object]) -> object:
    """The act, after some thousandths of a second, so that now this comes first and now that."""
    await asyncio.sleep(dice.random() * 0.004)
    return await act


async def test_a_file_is_thrown_away_or_imported_never_both(deps: Dependencies) -> None:
    """Two at once: one of them comes too late, and a file that is imported is there as a whole."""
    owner, dice = await given_owner(deps), random.Random(7)
    for _ in range(ROUNDS):
        looked = await look_at(deps, owner, csv('A,,,,,'))
        file_id = looked.detected.file.id
        answer, thrown = await asyncio.gather(
            soon(dice, begun(deps, owner, looked)), soon(dice, throw_away(deps, owner, file_id)), return_exceptions=True
        )
        assert thrown is None
        if isinstance(answer, ImportFileNotFound):
            assert not await ImportFile.filter(id=file_id).exists()
        else:
            assert (await ImportFile.get(id=file_id)).job_id == answer
            assert await ImportChunk.filter(file_id=file_id).count() == 1


async def test_the_sweep_leaves_a_file_that_is_begun_this_moment(deps: Dependencies, clock: FixedClock) -> None:
    """The same where it would be thrown away after a day."""
    us, dice = SystemActor('Terminal'), random.Random(8)
    for _ in range(ROUNDS):
        looked = await look_at(deps, us, csv('A,,,,,'))
        file_id = looked.detected.file.id
        later(clock, hours=25)
        answer, _ = await asyncio.gather(
            soon(dice, begun(deps, us, looked)),
            soon(dice, import_files.sweep_files(clock.now())),
            return_exceptions=True,
        )
        if isinstance(answer, ImportFileNotFound):
            assert not await ImportFile.filter(id=file_id).exists()
        else:
            assert (await ImportFile.get(id=file_id)).job_id == answer
            assert await ImportChunk.filter(file_id=file_id).count() == 1


@pytest.mark.usefixtures('three_parts')
@pytest.mark.parametrize('gone', [2, 1, 0])
async def test_a_file_of_which_a_part_is_gone_is_never_done(deps: Dependencies, gone: int) -> None:
    """Whichever part it is: the job stops and says why, and what went in stays."""
    owner = await given_owner(deps)
    looked = await look_at(deps, owner, ROWS)
    assert await ImportChunk.all().count() == 3
    job_id = await begun(deps, owner, looked)
    await ImportChunk.filter(position=gone).delete()
    job = await worked_off(deps, owner, job_id)
    assert (job.state, job.fault) == (JobState.PAUSED, JobFault.FILE_INCOMPLETE)
    assert (job.handled > 0) == (gone > 0)
    assert job.handled == await Contact.all().count() < 300


@pytest.mark.usefixtures('three_parts')
async def test_a_file_that_is_gone_as_a_whole(deps: Dependencies) -> None:
    """By somebody's hand, since nothing of ours throws it away."""
    owner = await given_owner(deps)
    job_id = await begun(deps, owner, await look_at(deps, owner, ROWS))
    await ImportFile.all().delete()
    job = await worked_off(deps, owner, job_id)
    assert (job.state, job.fault, job.handled) == (JobState.PAUSED, JobFault.FILE_INCOMPLETE, 0)


@pytest.mark.usefixtures('three_parts')
async def test_a_part_that_the_database_could_not_give_is_asked_for_again(
    deps: Dependencies, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F7: in the middle of a file that is no end of it; each row goes in, once."""
    owner = await given_owner(deps)
    job_id = await begun(deps, owner, await look_at(deps, owner, ROWS))
    read, faults = import_files.read_chunk, iter(range(2))

    async def now_and_then(file_id: int, position: int) -> bytes | None:
        if position == 2 and next(faults, None) is not None:
            raise ConnectionError
        return await read(file_id, position)

    monkeypatch.setattr(import_files, 'read_chunk', now_and_then)
    job = await worked_off(deps, owner, job_id)
    assert next(faults, None) is None, 'it could not be read twice'
    assert (job.state, job.done) == (JobState.DONE, 300)
    assert await Contact.all().count() == 300


async def test_what_became_of_the_rows_goes_with_their_file(deps: Dependencies, clock: FixedClock) -> None:
    owner = await given_owner(deps)
    unused = await given_file(deps, owner, csv('A,,,,,'))
    job_id = await begun(deps, owner, await look_at(deps, owner, ROWS))
    await worked_off(deps, owner, job_id)
    assert len(await import_files.results_from(job_id, 0)) >= run_module.LEAST
    later(clock, days=31)
    await import_files.sweep_files(clock.now())
    assert not await ImportFile.filter(id=unused).exists()
    assert await import_files.results_from(job_id, 0) == []
