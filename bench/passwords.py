"""Clients who sign in with passwords while pages are read, and what the check of a session costs."""

import asyncio
import sqlite3
import tempfile
import time
from pathlib import Path

from bench import rows
from bench.away import Away, away
from bench.beside import pages_beside
from bench.browser import Browser
from bench.figures import Figure, Sizes, median, ms, percentile, times
from domain.access.sessions import current_client
from domain.dependencies import Hasher, build_dependencies
from domain.house import House
from domain.settings import Settings
from tests.support.served import MAIN, Served

PART = 'passwords'
LEAST_A_SECOND = 40
PACE = 42  # a little more than that, while pages are looked at
SLOWEST_PAGE = 0.150
SLOWEST_CHECK = 0.001
PASSWORD = 'a password of the bench'
CONTACTS = 1_000
WARM_UP = 50  # checks that are not counted


def measure(sizes: Sizes) -> list[Figure]:
    """Sign-ins at a pace with pages beside them; then the check of a session."""
    with tempfile.TemporaryDirectory(prefix='foyer-bench-') as folder:
        return [*_sign_ins(Path(folder), sizes), _check(Path(folder), sizes)]


def _sign_ins(folder: Path, sizes: Sizes) -> list[Figure]:
    filled = rows.make(folder / 'passwords')
    rows.add_contacts(filled, CONTACTS)
    one_hash = away('bench.passwords:set_passwords', folder=str(filled.folder))
    numbers = [one for one in range(1, CONTACTS + 1) if one % 10 < 9][: int(PACE * sizes.link_seconds)]
    with Served(filled.folder, settings={'rate_limits': 'off'}, program=MAIN) as served:
        away('bench.links:look', base_url=served.base_url, seconds=0.5)  # the first page takes longer
        quiet = away('bench.links:look', base_url=served.base_url, seconds=sizes.link_seconds / 4)
        coming = Away('bench.passwords:sign_in', base_url=served.base_url, numbers=numbers)
        looked = away('bench.links:look', base_url=served.base_url, seconds=sizes.link_seconds)
        rate = coming.answer()
    _all_came_in(filled, len(numbers))
    made = [
        Figure(
            PART, f'Sign-ins with a password, {PACE} asked for a second', f'one argon2id hash {ms(one_hash)}',
            f'{rate:.0f}/s', times(rate * one_hash), f'at least {LEAST_A_SECOND}/s', rate >= LEAST_A_SECOND,
        )
    ]  # fmt: skip
    enough = rate >= LEAST_A_SECOND
    return made + pages_beside(PART, f'{rate:.0f} passwords/s', quiet, looked, SLOWEST_PAGE, was_work=enough)


def _all_came_in(filled: rows.Filled, number: int) -> None:
    connection = filled.connect()
    (came,) = connection.execute("SELECT count(*) FROM audit_event WHERE kind = 'access:session:started'").fetchone()
    connection.close()
    if came != number:
        raise RuntimeError(f'{number} passwords, but {came} sign-ins')


def _check(folder: Path, sizes: Sizes) -> Figure:
    filled = rows.make(folder / 'sessions')
    rows.add_contacts(filled, CONTACTS)
    said = away('bench.passwords:check', folder=str(filled.folder), number=200 if sizes.quick else 5_000)
    return Figure(
        PART,
        'The check of a session, half of them',
        f'the same row by sqlite3 {said["floor"] * 1e6:.0f} µs',
        f'{said["half"] * 1e6:.0f} µs (95 %: {said["most"] * 1e6:.0f} µs)',
        times(said['half'] / said['floor']),
        f'under {ms(SLOWEST_CHECK)}',
        said['half'] < SLOWEST_CHECK,
    )


# ── In processes of their own ────────────────────────────────────────────────


async def set_passwords(folder: str) -> float:
    """Give every login the same password, at the cost of Foyer's own hasher; seconds that one hash takes alone."""
    hasher = Hasher()
    await hasher.hash(PASSWORD)
    began = time.perf_counter()
    hashed = await hasher.hash(PASSWORD)
    taken = time.perf_counter() - began
    connection = rows.Filled(Path(folder)).connect()
    connection.execute('UPDATE login SET password_hash = ?', [hashed])
    connection.close()
    hasher.close()
    return taken


async def sign_in(base_url: str, numbers: list[int]) -> float:
    """Sign these clients in at the pace; how many a second were let in. RuntimeError when one is refused."""
    began = time.perf_counter()

    async with Browser(base_url) as browser:

        async def come(number: int) -> None:
            email = f'client{number}@example.org'
            _, status = await browser.post('/sign-in/password', email=email, password=PASSWORD)
            if status != 303:
                raise RuntimeError(f'{email} answered {status}')

        async with asyncio.TaskGroup() as running:
            for place, number in enumerate(numbers):
                await asyncio.sleep(began + place / PACE - time.perf_counter())
                running.create_task(come(number))
    return len(numbers) / (time.perf_counter() - began)


async def check(folder: str, number: int) -> dict[str, float]:
    """Seconds that the check of a client's session takes, and those of reading its row alone."""
    deps = build_dependencies(Settings(_env_file=None, data_dir=Path(folder)))
    raw = rows.client_cookie(3)
    taken: list[float] = []
    async with House(deps, mail=False):
        for _ in range(number + WARM_UP):
            began = time.perf_counter()
            found = await current_client(deps, raw)
            taken.append(time.perf_counter() - began)
            if found is None:
                raise RuntimeError('the session is not there')
    connection = sqlite3.connect(rows.Filled(Path(folder)).path)
    hashed, bare = rows.hashed(raw), []
    for _ in range(number):
        began = time.perf_counter()
        connection.execute('SELECT * FROM client_session WHERE token_hash = ?', [hashed]).fetchall()
        bare.append(time.perf_counter() - began)
    connection.close()
    counted = taken[WARM_UP:]
    return {'half': median(counted), 'most': percentile(counted, 0.95), 'floor': median(bare)}
