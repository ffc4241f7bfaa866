"""The contact list of a large firm, on both engines: how soon the first rows of a page are there, and the totals."""

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import asyncpg

from bench.away import away
from bench.figures import Figure, Sizes, median, ms, percentile, times
from bench.many_contacts import CONTACT, LOGIN, LargeFirm, Rows
from domain.actors import StaffActor
from domain.contacts.contact_filter import MAILS, STATUSES, ContactFilter
from domain.contacts.finding import SORTS, count_contacts, find_contacts, suggest_organisations
from domain.dependencies import Dependencies, build_dependencies
from domain.settings import Settings
from storage import contact_columns
from storage.database import DatabaseUrl, migrate, open_database, postgres_credentials
from storage.sql import in_dialect
from tests.factories import given_owner
from tests.support.postgres import CannotStart, PostgresServer

PART = 'contact_list'
BEFORE = 'foyer.0004_many_contacts'  # the migration after this one makes the indexes; without them, filling is quicker
LONGEST = {100_000: 0.15, 1_000_000: 0.3}  # seconds until the first rows, 95 of 100 questions
FREQUENT, RARE = ('anna', 'gmbh', 'example', 'firm'), ('tomas nunez', 'baumann sarah', '12345', 'lukas dahl')
SHORT = ('a', 'z', 'an', 'ma', '@m', 'o', 'qx')
NEVER_TOGETHER = ('mail firm.example', 'ag kg ltd', 'anna gmbh ltd', 'firm.example anna')  # each common, seldom both
NOBODY = ('zzzzqq', 'xylophone', '999999 qqq')
TYPED = ('anna baumann', 'tomas example')  # a letter at a time, and each time the list is asked for anew
DEEP = 40  # pages


def measure(sizes: Sizes) -> list[Figure]:
    """Each firm is made once, in both engines; each question is asked twice: the second answer counts, and the first
    one, for which little is at hand yet, is told beside it."""
    made: list[Figure] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix='foyer-bench-')))
        server = _server(stack)
        for number in sizes.firms:
            databases = {'SQLite': DatabaseUrl(f'sqlite://{folder / f"of-{number}.sqlite3"}')}
            if server:
                databases['PostgreSQL'] = DatabaseUrl(server.url(f'of_{number}'))
                asyncio.run(_create(server, f'of_{number}'))
            moved = asyncio.run(_fill(databases, number))
            for engine, database in databases.items():
                said = away('bench.contact_list:look', url=database.url, folder=str(folder))
                made += _figures(f'{number:,} contacts, {engine}', LONGEST.get(number), said, moved[engine])
    return made


def _figures(where: str, longest: float | None, said: dict[str, list[float]], moved: float) -> list[Figure]:
    bare, foyer = percentile(said['bare'], 0.95), percentile(said['foyer'], 0.95)
    alone, totals = percentile(said['bare totals'], 0.95), percentile(said['totals'], 0.95)
    return [
        Figure(
            PART, f'{where}: first rows, {len(said["foyer"])} questions asked before, 95 %',
            f'the SQL of the page {ms(bare)}',
            f'{ms(foyer)} (half: {ms(median(said["foyer"]))}, most: {ms(max(said["foyer"]))};'
            f' asked for the first time: {ms(percentile(said["first"], 0.95))}, most: {ms(max(said["first"]))})',
            times(foyer / bare), f'under {ms(longest)}' if longest else 'none', foyer < longest if longest else None,
        ),
        Figure(
            PART, f'{where}: the filter of organisations, letter by letter, most', '', ms(max(said['suggested'])), '',
            f'under {ms(longest)}' if longest else 'none', max(said['suggested']) < longest if longest else None,
        ),
        Figure(
            PART, f'{where}: totals, which no row waits for, 95 %', f'one SELECT over all {ms(alone)}',
            f'{ms(totals)} (half: {ms(median(said["totals"]))})', times(totals / alone), 'none', None,
        ),
        Figure(PART, f'{where}: the first start with those of before', '', f'{moved:.0f} s', '', 'none', None),
    ]  # fmt: skip


# ── Filling ─────────────────────────────────────────────────────────────────


def _server(stack: ExitStack) -> PostgresServer | None:
    server = PostgresServer()
    try:
        server.start()
    except CannotStart as reason:
        print(f'(without PostgreSQL: {reason})', end=' ')
        return None
    stack.callback(server.stop)
    return server


async def _create(server: PostgresServer, name: str) -> None:
    connection = await asyncpg.connect(server.url())
    await connection.execute(f'CREATE DATABASE {name} TEMPLATE template0')
    await connection.close()


async def _fill(databases: dict[str, DatabaseUrl], number: int) -> dict[str, float]:
    """The same firm for all of them; for each, how long its last migration took, in seconds."""
    for database in databases.values():
        await migrate(database, BEFORE)
    for rows in LargeFirm(number).rows():
        for database in databases.values():
            await (_into_sqlite if database.is_sqlite else _into_postgres)(database, rows)
    took = {}
    for engine, database in databases.items():
        began = time.monotonic()
        await migrate(database)
        took[engine] = time.monotonic() - began
        if not database.is_sqlite:  # as its autovacuum does by itself, where nobody has switched that off
            connection = await asyncpg.connect(**postgres_credentials(database))
            await connection.execute('VACUUM ANALYZE')
            await connection.close()
    return took


async def _into_sqlite(database: DatabaseUrl, rows: Rows) -> None:
    connection = sqlite3.connect(database.path, isolation_level=None)
    connection.execute('PRAGMA synchronous=OFF')
    connection.execute('BEGIN')
    for table, columns, values in (('login', LOGIN, rows.logins), ('contact', CONTACT, rows.contacts)):
        marks = ', '.join('?' * len(columns))
        connection.executemany(f'INSERT INTO {table} ({", ".join(columns)}) VALUES ({marks})', map(_as_text, values))
    connection.execute('COMMIT')
    connection.close()


def _as_text(row: tuple[Any, ...]) -> list[Any]:
    return [value.isoformat(' ') if isinstance(value, datetime) else value for value in row]


async def _into_postgres(database: DatabaseUrl, rows: Rows) -> None:
    connection = await asyncpg.connect(**postgres_credentials(database))
    await connection.copy_records_to_table('login', records=rows.logins, columns=LOGIN)
    await connection.copy_records_to_table('contact', records=rows.contacts, columns=CONTACT)
    await connection.close()


# ── In a process of its own ─────────────────────────────────────────────────


@dataclass(frozen=True)
class Question:
    """What somebody looks at."""

    fits: ContactFilter
    sort: str = 'name'


def questions(organisation: str) -> Iterator[Question]:
    """What is asked every day, and what is not but might be: every filter, every order, words of all sorts."""
    today = datetime.now(UTC).date()
    alone = [
        ContactFilter(),
        *(ContactFilter(status=status) for status in STATUSES),
        *(ContactFilter(mail=mail) for mail in MAILS),
        *(ContactFilter(kind=kind) for kind in ('person', 'organisation')),
        *(ContactFilter(organisation=name) for name in (organisation, 'nobody of this name')),
        *(
            ContactFilter(**{name: answer})
            for name in ('access', 'joined', 'two_factor', 'password', 'shared')
            for answer in ('yes', 'no')
        ),
        *(ContactFilter(signed_in_after=today - timedelta(days=days)) for days in (3, 900)),
        *(ContactFilter(signed_in_before=today - timedelta(days=days)) for days in (1_700, 900)),
    ]
    typed = [text[:length] for text in TYPED for length in range(1, len(text) + 1) if text[length - 1] != ' ']
    words = [ContactFilter(search=search) for search in (*FREQUENT, *RARE, *SHORT, *NEVER_TOGETHER, *NOBODY, *typed)]
    together = [
        *(ContactFilter(search=search, status='joined', two_factor='yes') for search in FREQUENT + SHORT + NOBODY),
        *(ContactFilter(search=search, mail='failed') for search in FREQUENT + SHORT),
        *(ContactFilter(search=search, kind='organisation', shared='yes') for search in FREQUENT + SHORT),
        ContactFilter(status='no_access', two_factor='yes'),
        ContactFilter(status='not_invited', mail='sent'),
        ContactFilter(shared='yes', two_factor='yes', password='no', kind='organisation'),
        ContactFilter(organisation=organisation, status='invited'),
        ContactFilter(status='joined', signed_in_before=today - timedelta(days=900), password='yes'),
    ]
    every_order = [
        ContactFilter(),
        ContactFilter(status='invite_expired'),
        ContactFilter(joined='no'),
        ContactFilter(search='anna'),
    ]
    yield from (Question(fits, sort) for fits in every_order for sort in SORTS)
    yield from (Question(fits, sort) for fits in alone for sort in ('name', '-last_sign_in'))
    yield from (Question(fits, sort) for fits in words for sort in ('name', '-created'))
    yield from (Question(fits) for fits in together)


async def look(url: str, folder: str) -> dict[str, list[float]]:
    """Seconds for each question, of Foyer and of the bare statement that reads the page; and for the totals, and for
    names of organisations while one is typed."""
    database = DatabaseUrl(url)
    deps = build_dependencies(Settings(_env_file=None, data_dir=Path(folder), database_url=url))
    names = ('bare', 'foyer', 'first', 'bare totals', 'totals', 'suggested')
    said: dict[str, list[float]] = {name: [] for name in names}
    async with open_database(database), _bare(database) as bare:
        owner = await given_owner(deps)
        (row,) = await contact_columns.fetch("SELECT organisation FROM contact WHERE organisation <> '' LIMIT 1")
        organisation = str(row['organisation'])
        asked = list(questions(organisation))
        for question in asked:
            for place in await _places(deps, owner, question):
                first, foyer, statement = await _timed(deps, owner, question, place)
                said['first'].append(first)
                said['foyer'].append(foyer)
                said['bare'].append(await bare(*statement))
        for fits in dict.fromkeys(question.fits for question in asked):
            began = time.perf_counter()
            await count_contacts(deps, owner, fits)
            said['totals'].append(time.perf_counter() - began)
        for length in range(len(organisation) + 1):
            began = time.perf_counter()
            await suggest_organisations(deps, owner, organisation[:length])
            said['suggested'].append(time.perf_counter() - began)
        said['bare totals'] = [
            await bare('SELECT portal_access, count(*) FROM contact WHERE joined_at IS NULL GROUP BY 1', ())
            for _ in range(3)
        ]
    return said


async def _places(deps: Dependencies, owner: StaffActor, question: Question) -> list[dict[str, str]]:
    """Where the first page of a question begins, the second one, and the way back; of those that everybody asks, also
    a page far down."""
    page = await find_contacts(deps, owner, question.fits, sort=question.sort)
    if not page.next:
        return [{}]
    second = await find_contacts(deps, owner, question.fits, sort=question.sort, after=page.next)
    places = [{}, {'after': page.next}, {'before': second.previous}]
    if question.fits == ContactFilter():
        for _ in range(DEEP):
            page = await find_contacts(deps, owner, question.fits, sort=question.sort, after=page.next, limit=200)
        places.append({'after': page.previous})
    return places


async def _timed(
    deps: Dependencies, owner: StaffActor, question: Question, place: dict[str, str]
) -> tuple[float, float, tuple[str, tuple[Any, ...]]]:
    """How long the page took, the first and the second time, and the last statement that was asked for it."""
    last: tuple[str, tuple[Any, ...]] = ('SELECT 1', ())

    async def fetch(sql: str, *values: Any) -> list[dict[str, Any]]:
        nonlocal last
        last = (in_dialect(sql), values)
        return await real(sql, *values)

    real = contact_columns.fetch
    began = time.perf_counter()
    with patch.object(contact_columns, 'fetch', fetch):
        await find_contacts(deps, owner, question.fits, sort=question.sort, **place)  # type: ignore[arg-type]
    first = time.perf_counter() - began
    began = time.perf_counter()
    await find_contacts(deps, owner, question.fits, sort=question.sort, **place)  # type: ignore[arg-type]
    return first, time.perf_counter() - began, last


@asynccontextmanager
async def _bare(database: DatabaseUrl) -> AsyncIterator[Callable[[str, tuple[Any, ...]], Awaitable[float]]]:
    """Runs a statement with nothing around it; seconds until its rows are there."""
    if database.is_sqlite:
        file = sqlite3.connect(database.path)

        async def on_sqlite(sql: str, values: tuple[Any, ...]) -> float:
            began = time.perf_counter()
            file.execute(sql, values).fetchall()
            return time.perf_counter() - began

        yield on_sqlite
        file.close()
        return
    server = await asyncpg.connect(**postgres_credentials(database))

    async def on_postgres(sql: str, values: tuple[Any, ...]) -> float:
        began = time.perf_counter()
        await server.fetch(sql, *values)
        return time.perf_counter() - began

    yield on_postgres
    await server.close()
