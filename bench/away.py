"""Work in a process of its own, so that it does not disturb what is measured: `python -m bench.away module:function`.

Arguments and answer travel as JSON. A child never outlives the bench.
"""

import asyncio
import importlib
import inspect
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.processes import dies_with_parent
from tests.support.served import ROOT


class Away:
    """Something under way elsewhere."""

    def __init__(self, function: str, **arguments: Any) -> None:
        self._process = subprocess.Popen(
            [sys.executable, '-m', 'bench.away', function],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            preexec_fn=dies_with_parent(),  # noqa: PLW1509 - one prctl call
        )
        assert self._process.stdin
        self._process.stdin.write(json.dumps(arguments) + '\n')
        self._process.stdin.close()
        self._process.stdin = None

    def stop(self) -> None:
        """End something that would go on for ever."""
        self._process.terminate()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()

    def answer(self, timeout: float = 600) -> Any:
        """What it returned. RuntimeError when it failed; its traceback went to stderr."""
        try:
            said, _ = self._process.communicate(timeout=timeout)
        finally:
            self._process.kill()
            self._process.wait()
        if self._process.returncode:
            raise RuntimeError('the work in the other process failed')
        return json.loads(said.splitlines()[-1])


def away(function: str, **arguments: Any) -> Any:
    """Run `bench.module:function` in a process of its own, to its end."""
    return Away(function, **arguments).answer()


@contextmanager
def serving(function: str, port: int, **arguments: Any) -> Iterator[None]:
    """A server elsewhere, from when it listens until the block ends."""
    server = Away(function, port=port, **arguments)
    try:
        until = time.monotonic() + 20
        while not _listens(port):
            if time.monotonic() > until:
                raise RuntimeError(f'{function} does not listen')
            time.sleep(0.05)
        yield
    finally:
        server.stop()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(('127.0.0.1', port), timeout=1).close()
    except OSError:
        return False
    return True


def _main() -> None:
    module, _, name = sys.argv[1].partition(':')
    function = getattr(importlib.import_module(module), name)
    arguments = json.loads(sys.stdin.readline())
    answer = function(**arguments)
    print(json.dumps(asyncio.run(answer) if inspect.iscoroutine(answer) else answer))


if __name__ == '__main__':
    _main()
