"""Whoever reads a large result slowly keeps nobody else waiting, and leaves nothing behind."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, aclosing
from typing import Any

import pytest

from storage import streams
from storage.database import POOL_SIZE, DatabaseUrl, ping
from storage.models import Login
from storage.sql import fetch
from storage.streams import MOST_AT_ONCE, stream
from tests.support.clock import START
from tests.support.databases import postgres_only, sqlite_only

ROWS = 6
OTHERS = (
    'SELECT count(*) AS number FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()'
)


def _ids(rows: Sequence[Sequence[Any]]) -> list[int]:
    return [row[0] for row in rows]


def _reader(*, is_download: bool = False) -> AsyncGenerator[list[int], None]:
    return stream('SELECT id FROM login WHERE id > $1 ORDER BY id', [0], _ids, chunk=2, is_download=is_download)


async def _given_rows() -> list[int]:
    logins = [await Login.create(email=f'{number}@x.example', created_at=START) for number in range(ROWS)]
    return [int(login.id) for login in logins]


async def _until_left(number: int) -> None:
    """So many connections beside the one that asks: a backend takes a moment to go."""
    async with asyncio.timeout(5):
        while (await fetch(OTHERS))[0]['number'] != number:  # noqa: ASYNC110 - another process's doing
            await asyncio.sleep(0.01)


async def test_a_stream_gives_all_rows_in_chunks(opened: DatabaseUrl) -> None:
    ids = await _given_rows()
    assert [part async for part in _reader()] == [ids[:2], ids[2:4], ids[4:]]


@postgres_only
async def test_more_slow_readers_than_the_pool_has_connections_stop_nobody(opened: DatabaseUrl) -> None:
    """Each reads on a connection of its own; beyond so many they take turns, and everybody else goes on."""
    ids = await _given_rows()
    before = (await fetch(OTHERS))[0]['number']
    async with AsyncExitStack() as stack:
        readers = [await stack.enter_async_context(aclosing(_reader(is_download=True))) for _ in range(POOL_SIZE + 2)]
        firsts = [asyncio.create_task(anext(reader)) for reader in readers]
        await asyncio.wait(firsts, timeout=1)
        assert sum(first.done() for first in firsts) == MOST_AT_ONCE
        async with asyncio.timeout(5):
            await asyncio.gather(*(ping() for _ in range(POOL_SIZE * 3)))
        for reader in readers[:MOST_AT_ONCE]:
            await reader.aclose()
        async with asyncio.timeout(5):
            await asyncio.gather(*firsts)
        assert [part async for part in readers[-1]] == [ids[2:4], ids[4:]]
    async with asyncio.timeout(5):
        while (await fetch(OTHERS))[0]['number'] > before + POOL_SIZE:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@postgres_only
async def test_slow_downloads_stop_no_count(opened: DatabaseUrl, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many take a file over a slow line, numbers are counted; and who cannot have one is told so in time."""
    monkeypatch.setattr(streams, 'LONGEST_WAIT', 0.3)
    ids = await _given_rows()
    async with AsyncExitStack() as stack:
        for _ in range(MOST_AT_ONCE):
            await anext(await stack.enter_async_context(aclosing(_reader(is_download=True))))
        async with asyncio.timeout(5):
            assert [part async for part in _reader()] == [ids[:2], ids[2:4], ids[4:]]
        for _ in range(MOST_AT_ONCE):
            await anext(await stack.enter_async_context(aclosing(_reader())))
        with pytest.raises(TimeoutError):
            await anext(_reader())


class _Watched(sqlite3.Connection):
    """Notes whether it was closed while a thread was inside."""

    begun = threading.Event()
    is_inside = was_closed_inside = is_closed = False

    def execute(self, *statement: Any) -> sqlite3.Cursor:
        _Watched.is_inside = True
        self.begun.set()
        try:
            return super().execute(*statement)
        finally:
            threading.Event().wait(0.2)
            _Watched.is_inside = False

    def close(self) -> None:
        _Watched.was_closed_inside, _Watched.is_closed = self.is_inside, True
        if not self.is_inside:  # else SQLite would end this process
            super().close()


@sqlite_only
async def test_a_connection_is_not_closed_while_a_thread_reads(
    opened: DatabaseUrl, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asked went away in the middle of a long statement: it is interrupted, and closed once it has ended."""
    real = sqlite3.connect
    monkeypatch.setattr(streams.sqlite3, 'connect', lambda *a, **more: real(*a, factory=_Watched, **more))
    endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n WHERE i > $1'
    reading = asyncio.create_task(anext(stream(endless, [0], _ids)))
    async with asyncio.timeout(10):
        await asyncio.to_thread(_Watched.begun.wait)
        reading.cancel()
        await asyncio.wait({reading})
        while not _Watched.is_closed:  # noqa: ASYNC110 - a thread's doing
            await asyncio.sleep(0.01)
    assert reading.cancelled() and not _Watched.was_closed_inside


@postgres_only
async def test_a_reader_that_went_away_gives_its_connection_back(opened: DatabaseUrl) -> None:
    """Closed halfway, or cancelled: the connection goes, and the turn with it."""
    await _given_rows()
    await ping()
    for _ in range(MOST_AT_ONCE + 1):
        reader = _reader()
        async with asyncio.timeout(5):
            await anext(reader)
        await reader.aclose()
    await _until_left(0)


@postgres_only
async def test_a_reader_that_takes_nothing_is_ended(opened: DatabaseUrl, monkeypatch: pytest.MonkeyPatch) -> None:
    """A transaction that is never ended would keep PostgreSQL from cleaning up."""
    monkeypatch.setattr(streams, 'LONGEST_PAUSE', 1)
    await _given_rows()
    async with aclosing(_reader()) as reader:
        await anext(reader)
        await _until_left(1)
        await _until_left(0)
