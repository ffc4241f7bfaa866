"""Notices between instances outlive the server they travel through."""

import asyncio
import time
from collections.abc import Callable

from storage import notices
from storage.database import DatabaseUrl
from storage.notices import Listener
from tests.support.databases import PostgresDatabases, opened_as_served, postgres_only

SECONDS = 5.0  # from the end of the restart to the first notice; the next look at an idle connection is 10 s away


@postgres_only
async def test_notices_are_heard_again_right_after_a_restart(
    database: DatabaseUrl, postgres_databases: PostgresDatabases
) -> None:
    """F10: a connection that ends is noticed at once, made again, and what may have been missed is said."""
    heard: list[str] = []
    missed = asyncio.Event()

    async def missed_some() -> None:
        missed.set()

    listener = Listener(database, heard.append, missed_some)
    await listener.start()
    try:
        async with opened_as_served(database):
            await notices.send('before')
        await _until(lambda: heard == ['before'])
        assert not missed.is_set()
        postgres_databases.server.restart()  # not in a thread: the server would end with it
        began = time.monotonic()
        async with asyncio.timeout(SECONDS):
            await missed.wait()
        async with opened_as_served(database):
            await notices.send('after')
        await _until(lambda: heard == ['before', 'after'])
        assert time.monotonic() - began < SECONDS
    finally:
        await listener.stop()


@postgres_only
async def test_a_connection_that_somebody_ends_is_made_again(
    opened: DatabaseUrl, postgres_databases: PostgresDatabases
) -> None:
    """An administrator ends one backend, the server stays: the same as a restart."""
    heard: list[str] = []
    missed: list[float] = []

    async def missed_some() -> None:
        missed.append(time.monotonic())

    listener = Listener(opened, heard.append, missed_some)
    await listener.start()
    try:
        for number in range(2):
            await postgres_databases.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
            )
            await _until(lambda so_many=number + 1: len(missed) == so_many)
            await notices.send(f'after {number}')
            await _until(lambda notice=f'after {number}': notice in heard)
    finally:
        await listener.stop()
    assert len(missed) == 2


async def _until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not happened():  # noqa: ASYNC110 - what is waited for happens in a callback of asyncpg
            await asyncio.sleep(0.01)
