"""Starts `watched.py` again and again, without loading it anew: half of what a start takes is importing.

Whoever starts this hands it a socket as its standard input and sends it a line of JSON for each program to be started:
`{"arguments", "folder", "environment", "log"}`; the answer is a line with the id of its process. `{"ended": id}` is
answered with the exit code of one that has ended. Before the first line it says where a migrated database is.

Each program is a fork, made before anything but imports has happened here: it has its own environment, folder, log
and process group, as if it had been started from a shell.
"""

import asyncio
import json
import os
import signal
import socket
import sys
import time
import traceback
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2]))

import watched

from storage.database import DatabaseUrl, migrate
from tests.support.processes import dies_with_parent
from ui import web  # noqa: F401 - what takes long to load


def main() -> None:
    channel = socket.socket(fileno=0)
    template = Path.cwd() / 'migrated.sqlite3'
    maker = os.fork()
    if not maker:
        asyncio.run(migrate(DatabaseUrl(f'sqlite://{template}')))
        os._exit(0)
    assert os.waitpid(maker, 0)[1] == 0, 'the database could not be migrated'
    with channel.makefile('rw', encoding='utf-8') as lines:
        print(template, file=lines, flush=True)
        while line := lines.readline():
            asked = json.loads(line)
            answer = _ended(asked['ended']) if 'ended' in asked else _start(asked, channel)
            print(answer, file=lines, flush=True)


def _ended(process: int) -> int:
    _, status = os.waitpid(process, 0)
    return os.waitstatus_to_exitcode(status)


def _start(asked: dict[str, Any], channel: socket.socket) -> int:
    process = os.fork()
    if process:
        return process
    code = 1
    try:
        _become(asked, channel)
        watched.main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    raise AssertionError('a process that ended goes on')


def _become(asked: dict[str, Any], channel: socket.socket) -> None:
    """What a shell would have done: a folder, an environment, and where to write to."""
    os.setpgid(0, 0)
    if die := dies_with_parent():
        die()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(asked['folder'])
    os.environ.clear()
    os.environ.update(asked['environment'])
    time.tzset()
    log = os.open(asked['log'], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    nothing = os.open(os.devnull, os.O_RDONLY)
    channel.close()
    for stream, number in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(stream, number)
    sys.argv = [str(Path(__file__).with_name('watched.py')), *asked['arguments']]


if __name__ == '__main__':
    main()
