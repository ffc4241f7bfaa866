"""A file of a hundred thousand contacts: uploaded, looked at, imported, and how quick pages are meanwhile."""

import asyncio
import json
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import aiohttp

from bench import rows
from bench.away import Away, away
from bench.beside import lag_beside, pages_beside
from bench.browser import Browser
from bench.bulk import LONGEST_LAG, PAGES, SLOWEST_PAGE, STAFF
from bench.figures import Figure, Sizes, times
from domain.texts import fold, search_text
from tests.support.served import ROOT, Served

PART = 'contact_import'
LONGEST = 60.0  # seconds, for a hundred thousand
BATCH = 300  # of the floor, about as many as a batch of Foyer holds
PROGRAM = ROOT / 'bench' / 'program.py'
HEADER = 'name,email,kind,organisation,portal_access,external_id\r\n'
Person = tuple[str, ...]
FIRST = ('Ann', 'Ben', 'Clara', 'Dmitri', 'Élodie', 'Farid', 'Grete', 'Hugo', 'Ines', 'Jürgen', 'Łukasz', 'Zoë')


def measure(sizes: Sizes) -> list[Figure]:
    """By HTTP into the process that serves the pages; then once more, when nothing is left to change."""
    number = sizes.imported
    with tempfile.TemporaryDirectory(prefix='foyer-bench-') as folder:
        bare = away('bench.contact_import:floor', folder=str(Path(folder) / 'floor'), number=number)
        filled = rows.make(Path(folder) / 'import')
        rows.add_contacts(filled, number // 5)
        with Served(filled.folder, settings={'rate_limits': 'off'}, program=PROGRAM) as served:
            quiet = away('bench.contact_import:look', base_url=served.base_url, seconds=sizes.link_seconds / 2, job=0)
            looking = Away('bench.contact_import:look', base_url=served.base_url, seconds=0, job=1)
            said = away('bench.contact_import:bring', base_url=served.base_url, number=number)
            looked = looking.answer()
            again = away('bench.contact_import:bring', base_url=served.base_url, number=number)
    if (said['new'], again['unchanged']) != (number, number):
        raise RuntimeError(f'{number} rows, but {said} and {again}')
    return [
        *_seconds(bare, said, again, number),
        *pages_beside(PART, 'the import', quiet, looked, SLOWEST_PAGE),
        lag_beside(PART, 'the import', said, LONGEST_LAG),
    ]


def _seconds(bare: float, said: dict[str, float], again: dict[str, float], number: int) -> list[Figure]:
    longest = LONGEST * number / 100_000
    floor = f'their rows in sqlite3, {BATCH} a commit {bare:.1f} s'
    made = []
    for what, seconds, limit in (
        (f'{number:,} new contacts from a file, from the start to the last on disk', said['run'], longest),
        (f'The preview of {number:,} rows, nothing written', said['preview'], longest / 2),
        ('The same file again, which changes nothing', again['run'], longest),
    ):
        made.append(
            Figure(
                PART, what, floor, f'{seconds:.1f} s', times(seconds / bare), f'at most {limit:g} s', seconds <= limit
            )
        )  # fmt: skip
    return made


def people(number: int) -> Iterator[Person]:
    """So many rows; one in twenty shares the address of the row before."""
    for one in range(number):
        owner = one - 1 if one % 20 == 19 else one
        yield (
            f'{FIRST[one % len(FIRST)]} Imported {one}', f'imported{owner}@firm{one % 977}.example', 'person',
            f'Firm, {one % 997}', 'yes' if one % 3 else 'no', f'X-{one}',
        )  # fmt: skip


# ── In processes of their own ────────────────────────────────────────────────


def floor(folder: str, number: int) -> float:
    """Seconds for the same rows, some hundred a commit, each on disk before the next."""
    filled = rows.make(Path(folder))
    rows.add_contacts(filled, number // 5)
    connection = filled.connect()
    everybody = enumerate(people(number), number // 5 + 1)
    logins: dict[str, int] = {}
    began = time.perf_counter()
    while some := list(islice(everybody, BATCH)):
        _bring_bare(connection, some, logins)
    return time.perf_counter() - began


def _bring_bare(
    connection: sqlite3.Connection, some: list[tuple[int, tuple[str, ...]]], logins: dict[str, int]
) -> None:
    now = rows.text(datetime.now(UTC))
    connection.execute('BEGIN IMMEDIATE')
    fresh = [(one, row[1]) for one, row in some if logins.setdefault(row[1], one) == one]
    rows.insert(connection, 'login', ({'id': one, 'email': email, 'created_at': now, 'last_sign_in_method': ''}
                                      for one, email in fresh))  # fmt: skip
    rows.insert(connection, 'contact', (_contact(one, row, logins[row[1]], now) for one, row in some))
    rows.insert(connection, 'audit_event', (_audit(one, row[0], now, 'contacts:contact:created') for one, row in some))
    rows.insert(
        connection, 'audit_event',
        (_audit(one, row[0], now, 'contacts:access:granted') for one, row in some if row[4] == 'yes'),
    )  # fmt: skip
    connection.execute('COMMIT')


def _contact(one: int, row: Person, login_id: int, now: str) -> dict[str, Any]:
    name, email, kind, organisation, access, external_id = row
    return {'id': one, 'kind': kind, 'name': name, 'name_key': fold(name), 'organisation': organisation,
            'organisation_key': fold(organisation), 'search_text': search_text(name, organisation, email),
            'external_id': external_id, 'email': email, 'email_status': 'not_tried', 'login_id': login_id,
            'portal_access': access == 'yes', 'access_granted_at': now if access == 'yes' else None,
            'created_at': now, 'updated_at': now}  # fmt: skip


def _audit(one: int, name: str, now: str, kind: str) -> dict[str, Any]:
    return {'at': now, 'kind': kind, 'outcome': 'done', 'actor_kind': 'staff', 'actor_id': 1,
            'actor_name': 'Olga Owner', 'contact_id': one, 'contact_name': name, 'login_id': one, 'ip': '127.0.0.1',
            'user_agent': 'bench', 'detail': '{}'}  # fmt: skip


async def bring(base_url: str, number: int) -> dict[str, float]:
    """Upload the file, have it looked at, and import it, as the page does; seconds of each, and what became of it."""
    async with Browser(base_url) as browser:

        async def asked(path: str) -> dict[str, Any]:
            _, status, body = await browser.get(path)
            if status != 200:
                raise RuntimeError(f'{path} answered {status}')
            found: dict[str, Any] = json.loads(body)
            return found

        file_id = await _upload(base_url, number)
        began = time.perf_counter()
        counts = await asked(f'/bench/preview/{file_id}')
        preview = time.perf_counter() - began
        await asked('/bench/lag')
        await asyncio.sleep(1)
        before = await asked('/bench/lag')
        began = time.perf_counter()
        job = await asked(f'/bench/import/{file_id}')
        while not job['over']:
            if time.perf_counter() - began > 20 * LONGEST:
                raise RuntimeError(f'the import does not end: {job}')
            await asyncio.sleep(0.1)
            job = await asked(f'/bench/job/{job["id"]}')
        seconds = time.perf_counter() - began
        during = await asked('/bench/lag')
    return {'run': seconds, 'preview': preview, 'new': counts['new'], 'unchanged': counts['unchanged'],
            'lag_before': before['lag'], 'lag': during['lag'], 'most': during['most']}  # fmt: skip


async def _upload(base_url: str, number: int) -> int:
    async def pieces() -> AsyncIterator[bytes]:
        yield HEADER.encode()
        everybody = people(number)
        while some := list(islice(everybody, 1_000)):
            yield ''.join(
                ','.join(f'"{cell}"' if ',' in cell else cell for cell in row) + '\r\n' for row in some
            ).encode()

    headers = {'Cookie': STAFF, 'Origin': base_url}
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(300)) as session,
        session.post(f'{base_url}/staff/contacts/import/file?name=list.csv', data=pieces(), headers=headers) as answer,
    ):
        if answer.status != 201:
            raise RuntimeError(f'the file was answered by {answer.status}')
        return int((await answer.json())['id'])


def _quoted(cell: str) -> str:
    return f'"{cell}"' if ',' in cell else cell


async def look(base_url: str, seconds: float, job: int) -> dict[str, list[float]]:
    """Look at the pages in turns, ten a second, so long, or while this job is under way; how long each took."""
    taken: dict[str, list[float]] = {path: [] for path, _ in PAGES}
    began = time.perf_counter()
    async with Browser(base_url) as browser:
        while time.perf_counter() - began < (seconds or 20 * LONGEST):
            _, _, body = await browser.get(f'/bench/job/{job}')
            state = json.loads(body)
            if job and state['over']:
                break
            for path, cookie in PAGES:
                took, status, _ = await browser.get(path, cookie)
                if status != 200:
                    raise RuntimeError(f'{path} answered {status}')
                if not job or state['done']:
                    taken[path].append(took)
                await asyncio.sleep(max(0.0, 0.1 - took))
    return {path: found or [0.0] for path, found in taken.items()}
