"""Programs that are started without being loaded anew (`tests/programs/prepared.py`), one starter for each of pytest's.

They behave as `subprocess.Popen` does, as far as `Served` needs it.
"""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from tests.support.processes import dies_with_parent

KEPT = ('PATH', 'HOME', 'TMPDIR', 'LD_LIBRARY_PATH', 'SSL_CERT_FILE')
STARTER = Path(__file__).parents[1] / 'programs' / 'prepared.py'


class Prepared:
    """A program that runs. `pid` and `returncode` as of `subprocess.Popen`."""

    def __init__(self, arguments: list[str], folder: Path, environment: dict[str, str], log: Path) -> None:
        self._starter = starter()
        asked = {'arguments': arguments, 'folder': str(folder), 'environment': environment, 'log': str(log)}
        self.pid = int(self._starter.ask(asked))
        self.returncode: int | None = None
        self._end = os.pidfd_open(self.pid)

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""
        return self._look(0)

    def wait(self, timeout: float | None = None) -> int:
        """Raises subprocess.TimeoutExpired."""
        code = self._look(timeout)
        if code is None:
            raise subprocess.TimeoutExpired('prepared', timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            signal.pidfd_send_signal(self._end, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _look(self, seconds: float | None) -> int | None:
        if self.returncode is None and select.select([self._end], [], [], seconds)[0]:
            self.returncode = int(self._starter.ask({'ended': self.pid}))
            os.close(self._end)
        return self.returncode


class Starter:
    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix='foyer-prepared-')
        ours, its = socket.socketpair()
        self._process = subprocess.Popen(
            [sys.executable, str(STARTER)],
            stdin=its.fileno(),
            cwd=self._folder.name,
            env={
                name: os.environ[name] for name in ('PATH', 'HOME', 'TMPDIR', 'LD_LIBRARY_PATH') if name in os.environ
            },
            preexec_fn=dies_with_parent(),
        )
        its.close()
        self._lines = ours.makefile('rw', encoding='utf-8')
        self.migrated = Path(self._lines.readline().strip())

    def ask(self, what: dict[str, object]) -> str:
        self._lines.write(json.dumps(what) + '\n')
        self._lines.flush()
        answer = self._lines.readline()
        assert answer, 'the starter has ended'
        return answer


@cache
def starter() -> Starter:
    """The one of this process; it ends with it."""
    return Starter()


def can_prepare() -> bool:
    """Linux and nothing else: whoever starts a fork has to hear of its end."""
    return sys.platform.startswith('linux') and hasattr(os, 'pidfd_open')
