"""`import-contacts`: what the terminal says, and what comes of it."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from domain.contacts.job_kinds import register_kinds
from domain.dependencies import Dependencies
from domain.file_errors import FileFault, ImportFileRefused, ImportStopped
from domain.jobs.kinds import JobFault
from storage.models import AuditEvent, Contact, ImportFile, Job
from storage.sql import change
from tests.domain.contacts.importing.files import contacts, csv
from tests.support.databases import sqlite_only
from tests.support.served import ROOT
from ui.import_command import import_contacts
from ui.staff.job_words import fault_words

GOOD = csv('Clara Weiss,clara@weiss.example,person,,yes,', 'Ines Holm,,,,,')
MIXED = csv(
    '"Two\r\nlines",,,,,', 'Clara Weiss,clara@weiss.example,,,,', ',none@x.example,robot,,,', header='Name,Email,Kind'
)
OF_MIXED = [
    'Line 2: refused. Name: This contains an invisible character, such as a line break.',
    'Line 4: new',
    'Line 5: refused. Name: The name is missing. Kind: “robot” is neither person nor organisation.',
]


@pytest.fixture
def said() -> list[str]:
    """What was said, line by line."""
    return []


async def bring(deps: Dependencies, folder: Path, content: bytes, said: list[str], *, dry_run: bool = False) -> bool:
    """Import a file of this content; whether every row went in."""
    register_kinds()
    file = folder / 'people.csv'
    file.write_bytes(content)
    return await import_contacts(deps, file, said.append, dry_run=dry_run)


async def test_every_row_went_in(deps: Dependencies, tmp_path: Path, said: list[str]) -> None:
    """And who did it is recorded."""
    assert await bring(deps, tmp_path, GOOD, said)
    assert [row[:2] for row in await contacts()] == [('Clara Weiss', 'clara@weiss.example'), ('Ines Holm', '')]
    assert said == ['Line 2: new', 'Line 3: new', '2 new, 0 changed, 0 unchanged, 0 refused']
    assert {row.actor_name for row in await AuditEvent.all()} == {'Terminal'}
    assert (await Job.get()).made_by_name == 'Terminal'


async def test_each_row_is_reported(deps: Dependencies, tmp_path: Path, said: list[str]) -> None:
    """In the order of the file; a refused one with all its columns and reasons. The others are in."""
    assert not await bring(deps, tmp_path, MIXED, said)
    assert said == [*OF_MIXED, '1 new, 0 changed, 0 unchanged, 2 refused']
    assert [row[0] for row in await contacts()] == ['Clara Weiss']
    said.clear()
    again = csv('Clara Weiss,clara@weiss.example,,Weiss,,', *['Clara Weiss,clara@weiss.example,,Weiss,,'] * 2, 'I,,,,,')
    assert await bring(deps, tmp_path, again, said)
    assert said[:-1] == ['Line 2: changed', 'Line 3: unchanged', 'Line 4: unchanged', 'Line 5: new']
    said.clear()
    assert await bring(deps, tmp_path, again, said)
    assert said[:-1] == [f'Line {line}: unchanged' for line in range(2, 6)]


@sqlite_only
async def test_a_dry_run_writes_nothing(deps: Dependencies, tmp_path: Path, said: list[str]) -> None:
    """It says the same, and the file is gone again."""
    assert not await bring(deps, tmp_path, MIXED, said, dry_run=True)
    assert said[:-1] == OF_MIXED
    assert said[-1:] == ['Nothing was written. It would be: 1 new, 0 changed, 0 unchanged, 2 refused']
    counts = [await model.all().count() for model in (Contact, ImportFile, Job, AuditEvent)]
    assert counts == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ('content', 'fault'),
    [
        (b'', FileFault.EMPTY),
        (csv(), FileFault.NO_ROWS),
        (b'a,b\r\n1,2\r\n', FileFault.NO_NAME),
        (b'name' + b',x' * 5_000 + b'\r\nA\r\n', FileFault.TOO_MANY_COLUMNS),
        (b'name,email,E-Mail\r\nA,a@x.example,b@x.example\r\n', FileFault.SAME_HEADER),
    ],
)
@sqlite_only
async def test_a_broken_file_changes_nothing(
    deps: Dependencies, tmp_path: Path, said: list[str], content: bytes, fault: FileFault
) -> None:
    """Nobody is there to choose, so what cannot be told is refused as a whole."""
    with pytest.raises(ImportFileRefused) as raised:
        await bring(deps, tmp_path, content, said)
    assert raised.value.fault is fault
    assert [await model.all().count() for model in (Contact, ImportFile, Job)] == [0, 0, 0]


@sqlite_only
async def test_an_import_that_stops_says_why(deps: Dependencies, tmp_path: Path, said: list[str]) -> None:
    """It is no success, and the error says where to go on."""
    await change('CREATE TRIGGER lose AFTER INSERT ON job BEGIN DELETE FROM import_chunk; END')
    with pytest.raises(ImportStopped) as stopped:
        await bring(deps, tmp_path, GOOD, said)
    assert stopped.value == ImportStopped(1, is_cancelled=False)
    assert said == [fault_words(JobFault.FILE_INCOMPLETE), '0 new, 0 changed, 0 unchanged, 0 refused']


def environment_of(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith('FOYER_')}
    return {**kept, 'FOYER_DATA_DIR': str(folder / 'data')}


def test_every_row_goes_in_where_nobody_reads_what_is_said(tmp_path: Path) -> None:
    """As after `| head`: what is printed is no part of the work."""
    file = tmp_path / 'list.csv'
    file.write_bytes(csv(*(f'Client {one},,,,,' for one in range(1_000))))
    done = subprocess.Popen(
        [sys.executable, 'main.py', 'import-contacts', str(file)],
        cwd=ROOT, env=environment_of(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert done.stdout
    assert done.stderr
    done.stdout.close()
    said = done.stderr.read()
    assert (done.wait(60), said) == (0, b'')
    with closing(sqlite3.connect(tmp_path / 'data' / 'foyer.sqlite3')) as database:
        assert database.execute('SELECT count(*) FROM contact').fetchone() == (1_000,)


def test_the_exit_code(tmp_path: Path) -> None:
    """0 when every row went in, 3 when some were refused, 1 and one line when nothing or only a part could be done."""
    environment = environment_of(tmp_path)

    def ended(content: bytes | None, *options: str) -> tuple[int, str, str]:
        file = tmp_path / 'list.csv'
        if content is None:
            file.unlink()
        else:
            file.write_bytes(content)
        done = subprocess.run(
            [sys.executable, 'main.py', 'import-contacts', str(file), *options],
            cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    assert ended(MIXED, '--dry-run')[0] == 3
    code, out, _ = ended(MIXED)
    assert (code, out.splitlines()[-1]) == (3, '1 new, 0 changed, 0 unchanged, 2 refused')
    code, out, _ = ended(GOOD)
    assert code == 0
    assert out.splitlines() == ['Line 2: changed', 'Line 3: new', '1 new, 1 changed, 0 unchanged, 0 refused']
    code, _, err = ended(b'PK\x03\x04')
    assert (code, len(err.strip().splitlines())) == (1, 1)
    assert 'workbook' in err
    with closing(sqlite3.connect(tmp_path / 'data' / 'foyer.sqlite3')) as database:
        database.execute('CREATE TRIGGER lose AFTER INSERT ON job BEGIN DELETE FROM import_chunk; END')
    code, out, err = ended(GOOD)
    assert (code, len(err.strip().splitlines())) == (1, 1)
    assert 'The import has stopped' in err and '/staff/jobs/3' in err
    assert fault_words(JobFault.FILE_INCOMPLETE) in out
    code, _, err = ended(None)
    assert code == 1
    assert 'list.csv cannot be read: No such file or directory' in err
