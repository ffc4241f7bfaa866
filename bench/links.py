"""Links used by POST while pages are read, and passwords hashed beside the event loop."""

import asyncio
import tempfile
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Literal

from argon2 import PasswordHasher, extract_parameters

from bench import rows
from bench.away import Away, away
from bench.beside import pages_beside
from bench.browser import Browser
from bench.figures import Figure, Sizes, ms, percentile, times
from domain.actors import Visitor
from domain.dependencies import Hasher, build_dependencies
from domain.house import House
from domain.settings import Settings
from domain.staff.staff_sign_in import sign_in_staff
from tests.support.served import MAIN, Served

PART = 'links'
LEAST_A_SECOND = 150
PACE = 160  # a little more than that, while pages are looked at
SLOWEST_PAGE = 0.100
LANES = 12
PASSWORD = 'a password of the bench'
PAGES = (('/sign-in', ''), ('/staff', f'foyer_staff={rows.STAFF_COOKIE}'))


def measure(sizes: Sizes) -> list[Figure]:
    """As fast as they go; then paced, with pages beside them; then passwords."""
    with tempfile.TemporaryDirectory(prefix='foyer-bench-') as folder:
        return [*_links(Path(folder), sizes), _passwords(Path(folder), sizes)]


def _links(folder: Path, sizes: Sizes) -> list[Figure]:
    filled = rows.make(folder / 'links')
    rows.add_contacts(filled, sizes.links)
    numbers = [one for one in range(1, sizes.links + 1) if one % 10 < 9]  # the others have no access
    rows.add_links(filled, numbers[::2], invite=True)
    rows.add_links(filled, numbers[1::2], invite=False)
    paced, fast = numbers[: int(PACE * sizes.link_seconds)], numbers[int(PACE * sizes.link_seconds) :]
    floor = away('bench.links:floor', folder=str(folder / 'floor'), number=len(fast))
    with Served(filled.folder, settings={'rate_limits': 'off'}, program=MAIN) as served:
        away('bench.links:look', base_url=served.base_url, seconds=0.5)  # the first page takes longer
        quiet = away('bench.links:look', base_url=served.base_url, seconds=sizes.link_seconds / 4)
        redeeming = Away('bench.links:redeem', base_url=served.base_url, numbers=paced, pace=PACE)
        looked = away('bench.links:look', base_url=served.base_url, seconds=sizes.link_seconds)
        at_pace = redeeming.answer()
        rate = away('bench.links:redeem', base_url=served.base_url, numbers=fast, pace=0)['rate']
    _all_were_used(filled, len(numbers))
    made = [
        Figure(
            PART, 'Links used by POST (claim, session, audit), as fast as they go',
            f'UPDATE + 2 INSERTs in sqlite3 {floor:,.0f}/s', f'{rate:,.0f}/s', times(rate / floor),
            f'at least {LEAST_A_SECOND}/s', rate >= LEAST_A_SECOND,
        )
    ]  # fmt: skip
    enough, paced = at_pace['rate'] >= LEAST_A_SECOND, f'{at_pace["rate"]:.0f} links/s'
    return made + pages_beside(PART, paced, quiet, looked, SLOWEST_PAGE, was_work=enough)


def _passwords(folder: Path, sizes: Sizes) -> Figure:
    """Whether any hash ran on the event loop's thread, and how late the loop was meanwhile."""
    filled = rows.make(folder / 'passwords')
    said = away('bench.links:hash_passwords', folder=str(filled.folder), number=sizes.passwords)
    return Figure(
        PART,
        f'Lag of the event loop during {sizes.passwords} staff sign-ins, 95 %',
        f'one argon2id hash {ms(said["one_hash"])}',
        f'{ms(said["lag"])} (most: {ms(said["most"])}), {said["on_loop"]} hashes on the loop',
        times(said['lag'] / said['one_hash']),
        'none on the loop',
        said['on_loop'] == 0 and said['elsewhere'] >= sizes.passwords,
    )


def _all_were_used(filled: rows.Filled, number: int) -> None:
    connection = filled.connect()
    (sessions,) = connection.execute("SELECT count(*) FROM client_session WHERE ip = '127.0.0.1'").fetchone()
    (audited,) = connection.execute("SELECT count(*) FROM audit_event WHERE kind = 'access:session:started'").fetchone()
    connection.close()
    if audited != number or sessions < number:
        raise RuntimeError(f'{number} links, but {audited} sign-ins and {sessions} sessions')


# ── In processes of their own ────────────────────────────────────────────────


def floor(folder: str, number: int) -> float:
    """Links a second that sqlite3 manages alone: claim, session and audit, each on disk before the next."""
    filled = rows.make(Path(folder))
    rows.add_contacts(filled, number)
    rows.add_links(filled, range(1, number + 1), invite=False)
    connection = filled.connect()
    session = rows.client_session(1, datetime.now(UTC))
    began = time.perf_counter()
    for one in range(1, number + 1):
        now = rows.text(datetime.now(UTC))
        connection.execute('BEGIN IMMEDIATE')
        claimed = connection.execute(
            'UPDATE one_time_token SET used_at = ? WHERE token_hash = ? AND used_at IS NULL AND voided_at IS NULL '
            'AND expires_at > ? RETURNING login_id',
            (now, rows.hashed(rows.token(one)), now),
        ).fetchall()
        new = {**session, 'token_hash': rows.hashed(f'new {one}'), 'login_id': claimed[0][0], 'contact_id': one}
        rows.insert(connection, 'client_session', [new])
        rows.insert(
            connection,
            'audit_event',
            [{'at': now, 'kind': 'access:session:started', 'outcome': 'done', 'actor_kind': 'visitor', 'actor_name': '',
              'contact_name': '', 'login_id': one, 'ip': '127.0.0.1', 'user_agent': 'bench', 'detail': '{}'}],
        )  # fmt: skip
        connection.execute('COMMIT')
    rate = number / (time.perf_counter() - began)
    connection.close()
    return rate


async def redeem(base_url: str, numbers: list[int], pace: float) -> dict[str, float]:
    """Use these links: so many a second, or as fast as a few lanes can. RuntimeError when one is refused."""
    waiting = iter(numbers)
    began = time.perf_counter()

    async with Browser(base_url) as browser:

        async def use(number: int) -> None:
            _, status = await browser.post('/sign-in/link', token=rows.token(number))
            if status != 303:
                raise RuntimeError(f'link {number} answered {status}')

        async def lane() -> None:
            for number in waiting:
                await use(number)

        if pace:
            async with asyncio.TaskGroup() as running:
                for place, number in enumerate(waiting):
                    await asyncio.sleep(began + place / pace - time.perf_counter())
                    running.create_task(use(number))
        else:
            await asyncio.gather(*(lane() for _ in range(LANES)))
    return {'rate': len(numbers) / (time.perf_counter() - began)}


async def look(base_url: str, seconds: float) -> dict[str, list[float]]:
    """Look at the pages in turns, ten a second; how long each took."""
    taken: dict[str, list[float]] = {path: [] for path, _ in PAGES}
    until = time.perf_counter() + seconds
    async with Browser(base_url) as browser:
        while time.perf_counter() < until:
            for path, cookie in PAGES:
                took, status, _ = await browser.get(path, cookie)
                if status != 200:
                    raise RuntimeError(f'{path} answered {status}')
                taken[path].append(took)
                await asyncio.sleep(max(0.0, 0.1 - took))
    return taken


class WatchedArgon2(PasswordHasher):
    """argon2, which notes the threads it runs in."""

    threads: ClassVar[list[int]] = []

    def hash(self, *arguments: Any, **named: Any) -> str:
        self.threads.append(threading.get_ident())
        return super().hash(*arguments, **named)

    def verify(self, *arguments: Any, **named: Any) -> Literal[True]:
        self.threads.append(threading.get_ident())
        return super().verify(*arguments, **named)


class WatchedHasher(Hasher):
    """Foyer's own hasher, at its own cost, watched."""

    def __init__(self) -> None:
        super().__init__()
        self._argon2 = WatchedArgon2.from_parameters(extract_parameters(self._dummy))


async def hash_passwords(folder: str, number: int) -> dict[str, float]:
    """Sign so many staff in at once, and watch the loop."""
    settings = Settings(_env_file=None, data_dir=Path(folder), rate_limits='off')
    hasher = WatchedHasher()
    began = time.perf_counter()
    hashed = await hasher.hash(PASSWORD)
    one_hash = time.perf_counter() - began
    emails = rows.add_staff(rows.Filled(Path(folder)), number, hashed)
    deps = build_dependencies(settings)
    deps.hasher.close()
    deps = replace(deps, hasher=hasher)
    WatchedArgon2.threads.clear()
    lags: list[float] = []
    room = asyncio.Semaphore(20)

    async def watch() -> None:
        while True:
            asked = time.perf_counter()
            await asyncio.sleep(0.005)
            lags.append(time.perf_counter() - asked - 0.005)

    async def sign_in(email: str) -> None:
        async with room:
            await sign_in_staff(deps, Visitor('127.0.0.1', 'bench'), email, PASSWORD)

    async with House(deps, mail=False):
        watching = asyncio.create_task(watch())
        await asyncio.gather(*(sign_in(email) for email in emails))
        watching.cancel()
    on_loop = WatchedArgon2.threads.count(threading.get_ident())
    return {
        'one_hash': one_hash,
        'lag': percentile(lags, 0.95),
        'most': max(lags),
        'on_loop': on_loop,
        'elsewhere': len(WatchedArgon2.threads) - on_loop,
    }
