"""Two hundred open pages: how soon a join shows on every dashboard, how soon a closed door is closed."""

import asyncio
import re
import tempfile
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

from bench import bare, rows
from bench.away import away, serving
from bench.browser import Browser, Tab
from bench.figures import Figure, Sizes, median, ms, percentile, times
from tests.support.processes import free_port
from tests.support.served import MAIN, Served

PART = 'live'
SLOWEST_JOIN, SLOWEST_CLOSE = 0.250, 0.500
STAFF = f'foyer_staff={rows.STAFF_COOKIE}'
PAUSE = 0.6  # between two joins, as long as it takes until the last one has settled
PATIENCE = 10.0


def measure(sizes: Sizes) -> list[Figure]:
    """Joins on open dashboards, then doors closed on open portal pages."""
    with tempfile.TemporaryDirectory(prefix='foyer-bench-') as folder:
        filled = rows.make(Path(folder) / 'live')
        rows.add_contacts(filled, sizes.pages * 3, joined_share=0.9)
        has_access = [one for one in range(1, sizes.pages * 3 + 1) if one % 10 < 9]
        joining, inside = has_access[: sizes.joins], has_access[sizes.joins :][: sizes.pages]
        rows.add_links(filled, joining, invite=True)
        rows.add_sessions(filled, inside)
        with Served(filled.folder, settings={'rate_limits': 'off'}, program=MAIN) as served:
            joins = away('bench.live:join', base_url=served.base_url, pages=sizes.pages, numbers=joining)
            port = free_port()
            with serving('bench.bare:serve', port, size=int(joins['size'])):
                floor = away('bench.live:emit', port=port, pages=sizes.pages, times=sizes.joins)
            closes = away('bench.live:close', base_url=served.base_url, numbers=inside, off=inside[: sizes.revokes])
    return [_joins(joins, floor, sizes), _closes(closes, floor, sizes)]


def _joins(joins: dict[str, list[float]], floor: list[float], sizes: Sizes) -> Figure:
    slow, bare_slow = percentile(joins['seen'], 0.95), percentile(floor, 0.95)
    return Figure(
        PART,
        f'From the click that joins to the figure on {sizes.pages} open dashboards, 95 %',
        f'one bare emit to {sizes.pages} sockets {ms(bare_slow)}',
        f'{ms(slow)} (half: {ms(median(joins["seen"]))}, the click: {ms(median(joins["answered"]))})',
        times(slow / bare_slow),
        f'under {ms(SLOWEST_JOIN)}',
        slow < SLOWEST_JOIN,
    )


def _closes(closes: list[float], floor: list[float], sizes: Sizes) -> Figure:
    slow, bare_slow = percentile(closes, 0.95), percentile(floor, 0.95)
    return Figure(
        PART,
        f'From the switch on the contact page to the closed page, {sizes.pages} open, 95 %',
        f'one bare emit to {sizes.pages} sockets {ms(bare_slow)}',
        f'{ms(slow)} (half: {ms(median(closes))})',
        times(slow / bare_slow),
        f'under {ms(SLOWEST_CLOSE)}',
        slow < SLOWEST_CLOSE,
    )


# ── In processes of their own ────────────────────────────────────────────────


async def join(base_url: str, pages: int, numbers: list[int]) -> dict[str, list[float] | float]:
    """Open the dashboards, let these contacts join one after the other, and watch the figure everywhere."""
    async with Browser(base_url) as browser, AsyncExitStack() as stack:
        tabs = await _open(browser, stack, ['/staff'] * pages, [STAFF] * pages)
        joined = _figure(tabs[0], 'count-joined')
        seen: list[float] = []
        answered: list[float] = []
        size = 0

        async def click(number: int) -> None:
            took, status = await browser.post('/sign-in/link', token=rows.token(number))
            if status != 303:
                raise RuntimeError(f'the link answered {status}')
            answered.append(took)

        for count, number in enumerate(numbers, joined + 1):
            wanted = re.compile(rf'"testid":"count-joined"[^{{}}]*"value":{count}\b')

            def shows(message: str, wanted: re.Pattern[str] = wanted) -> bool:
                nonlocal size
                if not wanted.search(message):
                    return False
                size = len(message)
                return True

            await _open_again(browser, stack, tabs, '/staff', STAFF)
            seen += await _seen_after(tabs, shows, lambda number=number: click(number))
            await asyncio.sleep(PAUSE)
        return {'seen': seen, 'answered': answered, 'size': size}


async def emit(port: int, pages: int, times: int) -> list[float]:
    """The same with a server that only emits."""
    base_url = f'http://127.0.0.1:{port}'
    async with Browser(base_url) as browser, AsyncExitStack() as stack:
        tabs = [await browser.open_bare('/socket.io/') for _ in range(pages)]
        for tab in tabs:
            stack.push_async_callback(tab.close)
        seen: list[float] = []
        for number in range(1, times + 1):
            wanted = bare.message(number)
            seen += await _seen_after(
                tabs, lambda said, w=wanted: w in said, lambda n=number: browser.post(f'/emit?n={n}')
            )
            await asyncio.sleep(0.1)
        return seen


async def close(base_url: str, numbers: list[int], off: list[int]) -> list[float]:
    """Open the portal page of each of these clients, switch some off on their contact pages, watch theirs close."""
    async with Browser(base_url) as browser, AsyncExitStack() as stack:
        cookies = [f'foyer_client={rows.client_cookie(one)}' for one in numbers]
        tabs = dict(zip(numbers, await _open(browser, stack, ['/'] * len(numbers), cookies), strict=True))
        taken: list[float] = []
        for number in off:
            staff = await browser.open(f'/staff/contacts/{number}', STAFF)
            switch = next(
                one
                for one, element in staff.elements.items()
                if element.get('props', {}).get('aria-label') == 'Portal access'
            )
            await asyncio.sleep(PAUSE / 2)
            if tabs[number].is_cut:
                tabs[number] = await browser.open('/', f'foyer_client={rows.client_cookie(number)}')
            began = time.perf_counter()
            await staff.emit(switch, 'update:modelValue', False)
            taken.append(await _closed(tabs[number], began) - began)
            await staff.close()
        stay = [tab for one, tab in tabs.items() if one not in off]
        if any(tab.closed_at for tab in stay):
            raise RuntimeError('a page closed whose door did not')
        return taken


async def _open(browser: Browser, stack: AsyncExitStack, paths: list[str], cookies: list[str]) -> list[Tab]:
    """A page for each path, a few at a time."""
    room = asyncio.Semaphore(4)

    async def one(path: str, cookie: str) -> Tab:
        async with room:
            tab = await browser.open(path, cookie)
        stack.push_async_callback(tab.close)
        return tab

    tabs = await asyncio.gather(*(one(path, cookie) for path, cookie in zip(paths, cookies, strict=True)))
    await asyncio.sleep(1)
    return list(tabs)


async def _open_again(browser: Browser, stack: AsyncExitStack, tabs: list[Tab], path: str, cookie: str) -> None:
    """As a browser does when its connection broke: on a machine with too much to do, some pings come too late."""
    for place, tab in enumerate(tabs):
        if tab.is_cut:
            tabs[place] = await browser.open(path, cookie)
            stack.push_async_callback(tabs[place].close)


async def _seen_after(tabs: list[Tab], shows: Callable[[str], bool], act: Callable[[], object]) -> list[float]:
    """Seconds from the deed to the message that shows it, on every page."""
    waiting = [tab.watch(shows) for tab in tabs]
    began = time.perf_counter()
    await act()  # type: ignore[misc]
    await asyncio.wait(waiting, timeout=PATIENCE)
    blind = [tab for tab, one in zip(tabs, waiting, strict=True) if not one.done()]
    if blind:
        cut = sum(tab.is_cut for tab in blind)
        raise RuntimeError(f'{len(blind)} of {len(tabs)} pages did not show it; {cut} of them are cut off')
    return [one.result() - began for one in waiting]


async def _closed(tab: Tab, began: float) -> float:
    while tab.closed_at is None:
        if time.perf_counter() - began > PATIENCE:
            raise RuntimeError('the page lost its connection' if tab.is_cut else 'the page stayed open')
        await asyncio.sleep(0.001)
    return tab.closed_at


def _figure(tab: Tab, testid: str) -> int:
    return next(
        int(element['props']['value'])
        for element in tab.elements.values()
        if element.get('props', {}).get('testid') == testid
    )
