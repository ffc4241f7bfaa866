"""`main.py backup`: a copy that is consistent, whoever writes meanwhile."""

import shutil
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from storage.database import DatabaseUrl
from tests.support.databases import postgres_only
from tests.support.disk import small_disk
from tests.support.http import Visitor
from tests.support.served import MAIN, Served
from tests.support.smtp_sink import SmtpSink
from tests.ui.portal import Portal

PEOPLE = 40


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[Portal]:
    """A portal whose data folder is a test's own."""
    with SmtpSink() as sink, Portal(tmp_path / 'busy', sink, rate_limits='off') as portal:
        yield portal


def look_into(path: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(statement).fetchall()


def test_a_backup_under_writes_restores_to_a_consistent_database(busy: Portal, tmp_path: Path) -> None:
    """F15: taken while clients sign in; nothing in it points nowhere, used links stay used, unused ones work."""
    used = [busy.link_for(busy.contact()) for _ in range(3)]
    unused = busy.link_for(busy.contact())
    for token in used:
        assert busy.visitor().use(token).status_code == 303
    links = [busy.link_for(busy.contact()) for _ in range(PEOPLE)]
    done: list[int] = []

    def come_in() -> None:
        for link in links:
            done.append(busy.visitor().use(link).status_code)

    people = threading.Thread(target=come_in)
    people.start()
    copies = []
    while people.is_alive() or not copies:
        copy = tmp_path / f'copy-{len(copies)}.sqlite3'
        before = len(done)
        said = busy.served.run('backup', str(copy))
        assert (said.returncode, said.stderr) == (0, ''), said.stderr
        copies.append((before, copy, len(done)))
    people.join()
    assert done == [303] * PEOPLE
    assert any(before < after for before, _, after in copies), 'somebody wrote meanwhile'
    for before, copy, after in copies:
        assert stat.S_IMODE(copy.stat().st_mode) == 0o600
        assert look_into(copy, 'PRAGMA integrity_check') == [('ok',)]
        assert look_into(copy, 'PRAGMA foreign_key_check') == []
        ((sessions,),) = look_into(copy, 'SELECT count(*) FROM client_session')
        ((spent,),) = look_into(copy, 'SELECT count(*) FROM one_time_token WHERE used_at IS NOT NULL')
        assert sessions == spent, 'a link is used and its session begun in one, or neither'
        assert 3 + before <= int(str(sessions)) <= 3 + after + 1
    assert sorted(path.name for path in tmp_path.glob('.copy*')) == [], 'nothing half-written stays'
    _restored_portal_keeps_its_word(busy, copies[-1][1], used, unused, tmp_path / 'restored')


def _restored_portal_keeps_its_word(busy: Portal, copy: Path, used: list[str], unused: str, folder: Path) -> None:
    folder.mkdir()
    shutil.copy(copy, folder / 'foyer.sqlite3')
    shutil.copy(busy.served.data_dir / 'secret.key', folder / 'secret.key')
    with Served(folder) as restored:
        for token in used:
            assert Visitor(restored.base_url).use(token).status_code == 410
        assert Visitor(restored.base_url).use(unused).status_code == 303


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    """One line to standard error, exit code 1; the file stays what it was."""
    program = Served(tmp_path / 'own', program=MAIN)
    program.create_owner()
    there = tmp_path / 'there'
    there.write_text('precious')
    said = program.run('backup', str(there))
    assert (said.returncode, said.stdout) == (1, '')
    assert said.stderr == f'{there} exists already, so nothing was written. Please choose another name.\n'
    assert there.read_text() == 'precious'
    link = tmp_path / 'link'
    link.symlink_to(tmp_path / 'elsewhere')
    assert program.run('backup', str(link)).returncode == 1
    assert not (tmp_path / 'elsewhere').exists()


def test_where_there_is_nothing_to_copy_or_nowhere_to_write_it_says_so(tmp_path: Path) -> None:
    """And makes neither a database nor a key."""
    program = Served(tmp_path / 'own', program=MAIN)
    said = program.run('backup', str(tmp_path / 'copy'))
    assert (said.returncode, said.stdout) == (1, '')
    there = tmp_path / 'own' / 'foyer.sqlite3'
    assert said.stderr == f'There is nothing to back up at {there}. Please check FOYER_DATA_DIR.\n'
    assert list((tmp_path / 'own').iterdir()) == []
    program.create_owner()
    said = program.run('backup', str(tmp_path / 'nowhere' / 'copy'))
    assert said.returncode == 1
    assert said.stderr.count('\n') == 1
    assert 'No such file or directory' in said.stderr


def test_a_disk_without_room_gets_no_half_a_backup(tmp_path: Path) -> None:
    """F8, F15: one line that says so, exit code 1, and not a byte of it stays."""
    program = Served(tmp_path / 'own', program=MAIN)
    program.create_owner()
    with small_disk(tmp_path / 'disk', size='128k') as disk:
        said = program.run('backup', str(disk.folder / 'copy'))
        assert said.returncode == 1
        assert said.stderr == f'The backup could not be written to {disk.folder / "copy"}: database or disk is full\n'
        assert list(disk.folder.iterdir()) == []


@postgres_only
def test_on_postgresql_it_says_which_tool_to_use(database: DatabaseUrl, tmp_path: Path) -> None:
    program = Served(tmp_path / 'own', database_url=database.url, program=MAIN)
    said = program.run('backup', str(tmp_path / 'copy'))
    assert (said.returncode, said.stdout, said.stderr.count('\n')) == (1, '', 1)
    assert 'pg_dump' in said.stderr
    assert database.url not in said.stderr
    assert not (tmp_path / 'copy').exists()
