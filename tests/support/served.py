"""The program as an operator starts it: a process of its own, a clean environment, a throw-away data folder.

By default it is `watched.py` that is served: the same program, which tells the canary of every secret. When it ends,
none may stand in its log, its database or the pages of its errors (R2, R60). It is started without being loaded anew,
and finds a database that is migrated and otherwise empty; with `program=MAIN` one sees an operator's first start.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from urllib.error import URLError
from urllib.request import urlopen

from storage.database import DatabaseUrl
from tests.support.canary import NOTES, PAGES, PRINTED, PROCESS, Canary, folder_for, stored
from tests.support.prepared import KEPT, Prepared, can_prepare, starter
from tests.support.processes import dies_with_parent, free_port
from tests.support.smtp_sink import SmtpSink

ROOT = Path(__file__).parents[2]
MAIN = ROOT / 'main.py'  # what an operator starts, without anybody watching
WATCHED = ROOT / 'tests' / 'programs' / 'watched.py'
SETUP_URL = re.compile(r'https?://\S+/setup\?token=[A-Za-z0-9_-]+')


class Served:
    """`start()`, use `base_url`, then `stop()`, `kill()` or `close()`; as a context manager it starts and closes.

    It may be started again: same data folder, same port. `settings` are FOYER_ variables in lower case without the
    prefix: `{'mail_per_minute': '600'}`. Without `smtp` mail is captured in the outbox.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        smtp: SmtpSink | None = None,
        database_url: str = '',
        port: int | None = None,
        settings: dict[str, str] | None = None,
        program: Path = WATCHED,
    ) -> None:
        data_dir.mkdir(parents=True, exist_ok=True)
        self.data_dir = data_dir
        self._notes = folder_for(data_dir)
        self._notes.mkdir(exist_ok=True)
        self.canary = Canary(self._notes / NOTES)
        self.port = port or free_port()
        self.log_path = data_dir / 'served.log'
        self.settings: dict[str, str] = {
            'host': '127.0.0.1',
            'port': str(self.port),
            'data_dir': str(data_dir),
            **({'database_url': database_url} if database_url else {}),
            **({'smtp_url': smtp.url} if smtp else {}),
            **(settings or {}),
        }
        self.process: subprocess.Popen[bytes] | Prepared | None = None
        self._program = program
        self._is_to_be_looked_at = False

    def __enter__(self) -> 'Served':
        self.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def base_url(self) -> str:
        return f'http://127.0.0.1:{self.port}'

    @property
    def log_text(self) -> str:
        """Everything it wrote to stdout and stderr, over all its starts."""
        return self.log_path.read_text(errors='replace') if self.log_path.exists() else ''

    @property
    def setup_url(self) -> str:
        """The one-time URL of the first run."""
        found = SETUP_URL.findall(self.log_text)
        assert found, f'no set-up URL was printed:\n{self.log_text}'
        return str(found[-1])

    def environment(self) -> dict[str, str]:
        """What the process sees: this alone. Nothing of pytest's, NiceGUI's or the developer's gets in."""
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        ours = {f'FOYER_{name.upper()}': value for name, value in self.settings.items()}
        return {**kept, 'LANG': 'C.UTF-8', 'TZ': 'UTC', 'PYTHONUNBUFFERED': '1', **ours}

    def run(self, *arguments: str, stdin: str = '', timeout: float = 60) -> subprocess.CompletedProcess[str]:
        """A sub-command with the same settings, to its end; the exit code is the caller's to check."""
        return subprocess.run(
            [sys.executable, str(self._program), *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            encoding='utf-8',
            cwd=self.data_dir,
            env=self.environment(),
            timeout=timeout,
            check=False,
        )

    def create_owner(
        self, email: str = 'olga@firm.example', name: str = 'Olga Owner', password: str = 'correct horse battery staple'
    ) -> None:
        """Create the firm's owner from the terminal."""
        done = self.run('create-owner', '--email', email, '--name', name, '--password-stdin', stdin=password + '\n')
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self, timeout: float = 30) -> 'Served':
        """Start and wait until /healthz answers. AssertionError with the log when it does not."""
        assert not self.is_running, 'it runs already'
        self._is_to_be_looked_at = True
        if self._program == WATCHED and can_prepare():
            self.lay_out_database()
            self.process = Prepared(['serve'], self.data_dir, self.environment(), self.log_path)
        else:
            self.process = self._load()
        until = time.monotonic() + timeout
        while time.monotonic() < until:
            assert self.process.poll() is None, f'it ended with {self.process.returncode}:\n{self.log_text}'
            if self._answers():
                return self
            time.sleep(0.05)
        self._end()
        raise AssertionError(f'no answer within {timeout} s:\n{self.log_text}')

    def lay_out_database(self) -> None:
        """Migrated and empty, unless there is one already or it is elsewhere."""
        path = self.data_dir / 'foyer.sqlite3'
        if 'database_url' not in self.settings and not path.exists() and can_prepare():
            shutil.copyfile(starter().migrated, path)
            path.chmod(0o600)

    def _load(self) -> 'subprocess.Popen[bytes]':
        with self.log_path.open('ab') as log:
            return subprocess.Popen(
                [sys.executable, str(self._program), 'serve'],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.data_dir,  # so that no .env of the developer is read and .nicegui stays here
                env=self.environment(),
                process_group=0,
                preexec_fn=dies_with_parent(),
            )

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self, timeout: float = 15) -> float:
        """SIGTERM, and wait; returns the seconds it took. AssertionError when it does not end, or on secrets."""
        assert self.process
        held = self._stored()
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f'still there {timeout} s after SIGTERM:\n{self.log_text}') from None
        took = time.monotonic() - began
        self.look_for_secrets(held)
        return took

    def kill(self) -> None:
        """SIGKILL: as when the power goes."""
        if self.process:
            self.process.kill()
            self.process.wait()

    def close(self) -> None:
        """End it, one way or the other. AssertionError when secrets stand where none may."""
        held = self._stored() if self._is_to_be_looked_at else {}
        self._end()
        if self._is_to_be_looked_at:
            self.look_for_secrets(held)

    def look_for_secrets(self, held: dict[str, bytes] | None = None) -> None:
        """AssertionError when one stands in the log, an error page, or what the database `held`; unset: holds now."""
        self._is_to_be_looked_at = False
        pages = self._notes / PAGES
        log = self.log_path.read_bytes() if self.log_path.exists() else b''
        self.canary.look(
            the_log=PROCESS.sub(b'', PRINTED.sub(b'', log)),
            the_error_pages=pages.read_bytes() if pages.exists() else b'',
            **(self._stored() if held is None else held),
        )

    def _stored(self) -> dict[str, bytes]:
        """What the database holds, its log included, which goes when the program ends."""
        url = self.settings.get('database_url') or f'sqlite://{self.data_dir / "foyer.sqlite3"}'
        database = DatabaseUrl(url)
        return stored(database) if not database.is_sqlite or database.path.exists() else {}

    def _end(self) -> None:
        if self.is_running and self.process:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.kill()

    def _answers(self) -> bool:
        try:
            with urlopen(f'{self.base_url}/healthz', timeout=2) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False
