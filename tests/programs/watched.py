"""Foyer as `main.py` starts it, which tells the canary what it makes and is given: `tests/programs/watched.py serve`.

Every sub-command, option and setting is the program's own. What is changed: the dependencies are watched (`canary.py`),
and a layer around the web app, which changes nothing that passes through it, keeps the pages of errors, where answers
lead, and what was typed into fields for passwords and codes. FOYER_TEST_LONGEST_WAIT says for how many seconds somebody
who waits for a number is kept waiting, and FOYER_TEST_MOST_AT_ONCE how many are counted for at a time.
"""

import gzip
import os
import re
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

sys.path.insert(0, str(Path(__file__).parents[2]))

from domain.dependencies import Dependencies, build_dependencies
from domain.settings import Settings
from storage import streams
from tests.support.canary import NOTES, PAGES, Canary, folder_for, watched
from ui import cli

Message = MutableMapping[str, Any]
TYPED = re.compile(r'password|code|secret')
LONGEST_FORM = 64 * 1024  # bytes


class Watcher:
    """The layer around the app."""

    def __init__(self, app: Any, canary: Canary, pages: Path) -> None:
        self._app, self._canary, self._pages = app, canary, pages

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope['type'] != 'http':
            await self._app(scope, receive, send)
            return
        form, answer, body = bytearray(), dict[str, Any](), bytearray()

        async def receive_and_keep() -> Message:
            message: Message = await receive()
            if len(form) < LONGEST_FORM:
                form.extend(message.get('body', b''))
            return message

        async def send_and_keep(message: Message) -> None:
            if message['type'] == 'http.response.start':
                answer.update(message)
            elif message['type'] == 'http.response.body':
                if answer['status'] >= 400:
                    body.extend(message.get('body', b''))
                if not message.get('more_body'):  # before the last of it goes out: a test may look at once
                    self._keep(scope['path'], parse_qsl(form.decode('utf-8', 'replace')), answer, bytes(body))
            await send(message)

        await self._app(scope, receive_and_keep, send_and_keep)

    def _keep(self, path: str, fields: list[tuple[str, str]], answer: dict[str, Any], body: bytes) -> None:
        typed = [value for name, value in fields if TYPED.search(name) and _may_be_a_secret(value)]
        self._canary.note('what was typed', *typed)
        headers = {bytes(name).lower(): bytes(value) for name, value in answer.get('headers', [])}
        if headers.get(b'content-encoding') == b'gzip' and body:
            body = gzip.decompress(body)
        kept = headers.get(b'location', b'') + b'\n' + _without_own_token(body, path, fields)
        if kept.strip():
            with self._pages.open('ab') as file:
                file.write(kept + b'\n')


def _may_be_a_secret(value: str) -> bool:
    """A thousand zeros are what a test types, and what a file is full of."""
    return value.isprintable() and len(set(value)) > 3


def _without_own_token(body: bytes, path: str, fields: list[tuple[str, str]]) -> bytes:
    """The page of a dead link asks for a new one by a form that holds the token of this very request, and no other."""
    for token in {path.rpartition('/')[2], dict(fields).get('token', '')} - {''}:
        body = body.replace(b' value="%b"' % token.encode('utf-8', 'replace'), b'')
    return body


def main() -> None:
    folder = folder_for(Path.cwd())
    folder.mkdir(exist_ok=True)
    canary = Canary(folder / NOTES)

    def build(settings: Settings) -> Dependencies:
        return watched(build_dependencies(settings), canary)

    cli.build_dependencies = build  # type: ignore[attr-defined]
    streams.LONGEST_WAIT = float(os.environ.get('FOYER_TEST_LONGEST_WAIT', streams.LONGEST_WAIT))
    streams.MOST_AT_ONCE = int(os.environ.get('FOYER_TEST_MOST_AT_ONCE', streams.MOST_AT_ONCE))
    if sys.argv[1:2] == ['serve']:
        _watch_the_web(canary, folder / PAGES)
    cli.program()


def _watch_the_web(canary: Canary, pages: Path) -> None:
    from nicegui import app

    from ui import web

    register = web.register

    def register_and_watch(deps: Dependencies) -> None:
        register(deps)
        build = app.build_middleware_stack
        app.build_middleware_stack = lambda: Watcher(build(), canary, pages)  # type: ignore[method-assign]

    web.register = register_and_watch


if __name__ in {'__main__', '__mp_main__'}:
    main()
