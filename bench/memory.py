"""What thousands of requests leave behind that no browser ever comes back for."""

import asyncio
import json
import tempfile
import threading
import time
from pathlib import Path
from urllib.request import urlopen

from bench import rows
from bench.away import Away, away
from bench.browser import Browser
from bench.figures import Figure, Sizes, mb, resident
from tests.support.served import ROOT, Served

PART = 'memory'
MOST_GROWTH = 60_000_000
LANES = 6


def measure(sizes: Sizes) -> list[Figure]:
    """Resident memory of the served process, before, at its highest, and after a minute and a quarter."""
    with tempfile.TemporaryDirectory(prefix='foyer-bench-') as folder:
        filled = rows.make(Path(folder) / 'memory')
        with Served(filled.folder, program=ROOT / 'bench' / 'program.py') as served:
            away('bench.memory:look', base_url=served.base_url, number=20)  # what is loaded once is loaded
            before = _state(served)
            assert served.process
            watcher = Watcher(served.process.pid)
            Away('bench.memory:look', base_url=served.base_url, number=sizes.anonymous).answer()
            highest = watcher.stop()
            time.sleep(sizes.settle_seconds)
            after = _state(served)
    growth, left = highest - before['resident'], after['resident'] - before['resident']
    clean = after['clients'] == 0 and after['pages'] == 0
    what = f'{sizes.anonymous:,} anonymous GETs of /sign-in'
    return [
        Figure(
            PART, f'{what}: highest growth of the process', f'before: {mb(before["resident"])}', mb(highest),
            f'+{growth / 1_000_000:.0f} MB', f'at most {mb(MOST_GROWTH)}', growth <= MOST_GROWTH,
        ),
        Figure(
            PART, f'{what}: what is left {sizes.settle_seconds:.0f} s later',
            f'before: {mb(before["resident"])}, {before["tasks"]} tasks',
            f'{mb(after["resident"])}, {after["tasks"]} tasks, {after["clients"]} pages',
            f'{left / 1_000_000:+.0f} MB', 'no page, no task more',
            clean and after['tasks'] <= before['tasks'],
        ),
    ]  # fmt: skip


class Watcher:
    """Notes the highest resident memory of a process, twenty times a second."""

    def __init__(self, pid: int) -> None:
        self._pid, self._highest = pid, 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def stop(self) -> int:
        self._stopping.set()
        self._thread.join()
        return self._highest

    def _watch(self) -> None:
        while not self._stopping.wait(0.05):
            self._highest = max(self._highest, resident(self._pid))


def _state(served: Served) -> dict[str, int]:
    with urlopen(f'{served.base_url}/bench/state', timeout=20) as answer:
        said: dict[str, int] = json.loads(answer.read())
    return said


# ── In processes of their own ────────────────────────────────────────────────


async def look(base_url: str, number: int) -> int:
    """Ask for the page, as a scanner would: no cookie, no script, never again."""
    waiting = iter(range(number))
    async with Browser(base_url) as browser:

        async def lane() -> None:
            for _ in waiting:
                _, status, _ = await browser.get('/sign-in')
                if status != 200:
                    raise RuntimeError(f'/sign-in answered {status}')

        await asyncio.gather(*(lane() for _ in range(LANES)))
    return number
