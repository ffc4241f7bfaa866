"""R2, R60: every secret that is made or typed while tests run is noted, and afterwards looked for where none may stand.

What is noted: all that randomness gives (tokens, codes, secrets of second factors), every password that is hashed or
tried, whatever is encrypted for a browser alone or hashed with the key, and, of a served program, what is typed into
forms. Where it is looked for: every row and, on SQLite, every byte of the files; the log; the pages of errors.
"""

import base64
import html
import json
import re
import sqlite3
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import asyncpg

from domain.dependencies import Dependencies
from storage.database import DatabaseUrl, postgres_credentials
from tests.support.databases import in_a_thread

# Modules that take from randomness what is no secret, and is stored or told as it is.
NO_SECRETS = {
    'domain.mail.outbox': 'the Message-ID',
    'domain.mail.worker': 'the name of a lease',
    'domain.mail.attempts': 'how long to wait',
    'domain.house': 'the name of an instance',
    'domain.portal.custom_domain': 'what the portal answers to anybody who asks who it is',
}
SEALED = re.compile(r':(totp|sealed)$')  # what text is bound to that a browser or a phone alone may know
TOKEN_LETTERS = 43  # of 32 bytes, base64url
LONG = 12  # characters, from which on a text is a secret wherever it turns up, and not by chance
SHORTEST = 6
PRINTED = re.compile(rb'/setup\?token=[\w-]+')  # the first run prints it on purpose (R61): who reads it is the operator
PROCESS = re.compile(rb'process \[\d+\]')  # its number may be six digits long
AROUND = 60  # characters shown of what surrounds a find
RAW = 'the_database_file'
NOTES, PAGES = 'secrets', 'pages'  # files of a served program, in the folder of `folder_for`


def folder_for(data_dir: Path) -> Path:
    """Where what is noted lies: beside the data of a served program, not within, because there it may not stand."""
    return data_dir.with_name(f'{data_dir.name}-canary')


class Canary:
    """Knows every secret. With `notes`, a file, also those that another process adds to it."""

    def __init__(self, notes: Path | None = None) -> None:
        self._notes, self._secrets = notes, dict[str, str]()

    def note(self, kind: str, *secrets: object) -> None:
        """Remember these. What is shorter than six characters is nobody's secret."""
        for secret in secrets:
            if isinstance(secret, bytes):
                self.note(kind, base64.b32encode(secret).decode().rstrip('='), secret.hex())
            elif isinstance(secret, str) and len(secret.strip()) >= SHORTEST and secret not in self._secrets:
                self._secrets[secret] = kind
                if self._notes:
                    with self._notes.open('a') as file:
                        file.write(json.dumps([kind, secret]) + '\n')
            elif isinstance(secret, tuple | list):
                self.note(kind, *secret)

    def forget(self, secret: str) -> None:
        """It was given away on purpose. For the tests of this very class."""
        del self._secrets[secret]

    @property
    def secrets(self) -> Mapping[str, str]:
        """Each with its kind."""
        if self._notes and self._notes.exists():
            for line in self._notes.read_text().splitlines():
                kind, secret = json.loads(line)
                self._secrets.setdefault(secret, kind)
        return self._secrets

    def look(self, **places: bytes) -> None:
        """AssertionError when a secret stands in one of these places."""
        found = [one for place, content in places.items() for one in self._found(place, content)]
        assert not found, 'secrets stand where none may:\n' + '\n'.join(found)

    def _found(self, place: str, content: bytes) -> Iterable[str]:
        if not content:
            return
        words: set[str] | None = None
        for secret, kind in self.secrets.items():
            if secret.isdigit() or len(secret) < LONG:
                if place == RAW:
                    continue  # its texts have no gaps between them, and the tables are looked at as well
                words = _words(content) if words is None else words
                if (secret in words or not secret.isalnum()) and (at := _word(secret).search(content)):
                    yield f'{kind} in {place}: {_around(content, at.start())}'
            else:
                for form in _forms(secret):
                    if (where := content.find(form)) >= 0:
                        yield f'{kind} in {place}: {_around(content, where)}'
                        break


def _forms(secret: str) -> set[bytes]:
    """As it is, in an address, in JSON, on a page, and a token as the bytes it stands for."""
    raw = secret.encode('utf-8', 'surrogatepass')
    if re.fullmatch(r'[\w-]+', secret, re.ASCII):
        return {raw, base64.urlsafe_b64decode(secret + '=')} if len(secret) == TOKEN_LETTERS else {raw}
    forms = {quote(raw), quote_plus(raw), json.dumps(secret)[1:-1], html.escape(secret)}
    return {raw, *(form.encode() for form in forms)}


def _word(secret: str) -> re.Pattern[bytes]:
    return re.compile(rb'(?<![\w#])(?<!\d\.)' + re.escape(secret.encode('utf-8', 'replace')) + rb'(?!\w)')


def _words(content: bytes) -> set[str]:
    """Short secrets count as whole words alone: six digits may stand within anything."""
    return {word.decode() for word in re.findall(rb'(?<![\w#])(?<!\d\.)\w{%d,%d}(?!\w)' % (SHORTEST, LONG), content)}


def _around(content: bytes, at: int) -> str:
    return repr(content[max(0, at - AROUND) : at + AROUND])


# ── What is handed out and given ─────────────────────────────────────────────


class Noting:
    """The real thing, which notes what passes by. `note(name, arguments, answer)` is told of every public call."""

    def __init__(self, real: Any, note: Callable[[str, tuple[Any, ...], Any], None]) -> None:
        self._real, self._note = real, note

    def __getattr__(self, name: str) -> Any:
        made = getattr(self._real, name)
        if name.startswith('_') or not callable(made):
            return made

        def call(*arguments: Any, **named: Any) -> Any:
            answer = made(*arguments, **named)
            if sys._getframe(1).f_globals.get('__name__') not in NO_SECRETS:
                self._note(name, (*arguments, *named.values()), answer)
            return answer

        return call


def watched(deps: Dependencies, canary: Canary) -> Dependencies:
    """The same dependencies; the canary hears of every secret that they make or are given."""

    def hashes(name: str, given: tuple[Any, ...], _: Any) -> None:
        if name in ('hash', 'verify'):
            canary.note('a password', given[-1])

    def ciphers(name: str, given: tuple[Any, ...], _: Any) -> None:
        if name == 'keyed_hashes':
            canary.note('a code', given[0])
        elif name == 'encrypt' and SEALED.search(given[1]):
            canary.note('what is sealed', *_leaves(given[0]))

    return replace(
        deps,
        randomness=Noting(deps.randomness, lambda name, _, made: canary.note(f'a {name}', made)),
        hasher=Noting(deps.hasher, hashes),  # type: ignore[arg-type]
        cipher=Noting(deps.cipher, ciphers),  # type: ignore[arg-type]
    )


def _leaves(text: str) -> list[str]:
    """The texts within JSON, or the text."""
    try:
        found = json.loads(text)
    except ValueError:
        found = text
    values = found.values() if isinstance(found, dict) else found if isinstance(found, list) else [found]
    return [part for value in values for part in re.split(r'[\s,]+', str(value))]


# ── What is stored ───────────────────────────────────────────────────────────


def file_of(database: DatabaseUrl) -> bytes:
    """Every byte of a SQLite database and of its log, as a thief finds them; nothing on PostgreSQL."""
    if not database.is_sqlite:
        return b''
    files = sorted(database.path.parent.glob(f'{database.path.name}*'))
    return b'\n'.join(path.read_bytes() for path in files if not path.name.endswith('-shm'))


async def rows_of(database: DatabaseUrl) -> bytes:
    """Every cell of every table, a line each."""
    return _sqlite_rows(database.path) if database.is_sqlite else await _postgres_rows(database)


def stored(database: DatabaseUrl) -> dict[str, bytes]:
    """Everything a database holds, for `Canary.look`."""
    return {'the_tables': in_a_thread(lambda: rows_of(database)), RAW: file_of(database)}


def _sqlite_rows(path: Path) -> bytes:
    lines: list[str] = []
    with closing(sqlite3.connect(f'file:{path}?mode=ro', uri=True, timeout=5)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                lines += [str(cell) for cell in row if cell]
    return '\n'.join(lines).encode('utf-8', 'replace')


async def _postgres_rows(database: DatabaseUrl) -> bytes:
    connection = await asyncpg.connect(**postgres_credentials(database), timeout=10)
    try:
        tables = await connection.fetch("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = "
                                        "'public'::regnamespace")  # fmt: skip
        every = ' UNION ALL '.join(f'SELECT to_jsonb(t)::text FROM "{table[0]}" t' for table in tables)
        return b'\n'.join(row[0].encode() for row in await connection.fetch(every)) if tables else b''
    finally:
        await connection.close()
