"""A real browser: Chromium, driven by Playwright's async API (the sync one breaks every later async test)."""

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.async_api import Browser as Chromium
from playwright.async_api import BrowserContext, ConsoleMessage, Page, Response, ViewportSize, async_playwright

from tests.support.requirements import missing

# What Playwright leaves out (the last such switch counts, so its own are repeated), and two panels below the address
# bar, which no page has to do with and which took two thirds of what opening a browser window costs.
LEFT_OUT = (
    'AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,'
    'LensOverlay,MediaRouter,PaintHolding,ThirdPartyStoragePartitioning,AvoidCorsURLLoaderRestartOnRedirect,'
    'OptimizationHints,NetworkTimeServiceQuerying,AimEnabled,PreconnectToSearch,'
    'WebUIOmniboxPopup,WebUIOmniboxAimPopup'
)
ARGUMENTS = [
    f'--disable-features={LEFT_OUT}',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
]
# What is fine stays in the page: telling it takes as long as finding it.
WHAT_AXE_FINDS = """async () => {
    const ours = {exclude: [['.q-loading-bar']]}  // NiceGUI's own, out of sight unless something loads
    const found = await axe.run(ours, {resultTypes: ['violations']})
    return found.violations
        .filter(one => ['serious', 'critical'].includes(one.impact))
        .flatMap(one => one.nodes.map(
            node => `${one.impact} ${one.id}: ${one.help} at ${node.target} ${node.html.slice(0, 120)}`
        ))
}"""
LONGEST_GOODBYE = 10  # seconds
SHOTS = Path(__file__).parents[1] / 'shots'
LOOKED_AT = ((1280, 800, 'light'), (360, 740, 'dark'))
PICTURED = ((1280, 800, 'dark'), (390, 844, 'light'))  # beside those, when pictures are kept
REFUSED = re.compile(r'Failed to load resource: the server responded with a status of 4\d\d')
COME_TO_REST = """async () => {
    const frame = () => new Promise(requestAnimationFrame)
    let calm = 0
    for (let tries = 0; calm < 3 && tries < 120; tries++) {
        const moving = document.getAnimations().filter(  // one that is over may hold its last frame for ever
            one => one.playState === 'running' && one.effect.getComputedTiming().endTime < Infinity
        )
        const before = document.documentElement.scrollWidth
        await Promise.allSettled(moving.map(one => one.finished))
        await frame()
        calm = moving.length || before !== document.documentElement.scrollWidth ? 0 : calm + 1
    }
}"""


def chromium() -> str | None:
    """Where Chromium is."""
    return next(filter(None, map(shutil.which, ('chromium', 'chromium-browser', 'google-chrome'))), None)


class Browser:
    """Opens pages, each in a browser profile of its own, and keeps what they complain about."""

    def __init__(self, process: Chromium) -> None:
        self.process = process
        self.complaints: list[str] = []
        self._allowed: list[re.Pattern[str]] = []
        self._refused: set[str] = set()

    def allow(self, *patterns: str) -> None:
        """Complaints that this test brings about on purpose (regular expressions, searched)."""
        self._allowed += map(re.compile, patterns)

    async def new_context(
        self, width: int = 1280, height: int = 800, *, dark: bool = False, locale: str = 'en-GB', **options: Any
    ) -> BrowserContext:
        """Another browser: its own cookies and storage. `options` go to Playwright (`java_script_enabled=False`)."""
        context = await self.process.new_context(
            viewport=ViewportSize(width=width, height=height),
            color_scheme='dark' if dark else 'light',
            reduced_motion='reduce',
            locale=locale,
            timezone_id='Europe/London',
            **options,
        )
        context.set_default_timeout(10_000)
        context.on('console', self._heard)
        context.on('weberror', lambda error: self.complaints.append(f'{error.error}'))
        context.on('response', self._answered)
        return context

    async def new_page(
        self, width: int = 1280, height: int = 800, dark: bool = False, locale: str = 'en-GB', **options: Any
    ) -> Page:
        """A page in a browser of its own. `page.context.new_page()` is a second tab of it."""
        context = await self.new_context(width, height, dark=dark, locale=locale, **options)
        return await context.new_page()

    @property
    def unexpected(self) -> list[str]:
        """Complaints nobody allowed. A page that was refused with 4xx complains by itself, which is no fault."""
        return [one for one in self.complaints if not any(pattern.search(one) for pattern in self._allowed)]

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == 'error' and not (
            REFUSED.search(message.text) and message.location.get('url') in self._refused
        ):
            self.complaints.append(f'{message.text} ({message.location.get("url")})')

    def _answered(self, response: Response) -> None:
        if 400 <= response.status < 500 and response.request.is_navigation_request():
            self._refused.add(response.url)


@asynccontextmanager
async def open_browser(*more: str) -> AsyncIterator[Browser]:
    """Start Chromium, with `more` arguments, and end it. AssertionError at the end when a page complained unasked."""
    path = chromium()
    if path is None:
        missing('browser', 'no browser found: apt-get install chromium')
    async with async_playwright() as playwright:
        process = await playwright.chromium.launch(executable_path=path, headless=True, args=[*ARGUMENTS, *more])
        browser = Browser(process)
        try:
            yield browser
        finally:
            with suppress(TimeoutError):  # now and then Chromium does not answer; it ends with its driver all the same
                async with asyncio.timeout(LONGEST_GOODBYE):
                    await process.close()
    assert not browser.unexpected, 'the browser complained: ' + '\n'.join(browser.unexpected)


@cache
def _axe_source() -> str:
    return (Path(axe_playwright_python.__file__).parent / 'axe.min.js').read_text(encoding='utf-8')


async def axe(page: Page) -> list[str]:
    """What axe finds serious or critical on the page, a line each. Empty is good."""
    if not await page.evaluate('() => Boolean(window.axe)'):
        await page.evaluate(_axe_source() + '; undefined')
    found: list[str] = await page.evaluate(WHAT_AXE_FINDS)
    return found


async def come_to_rest(page: Page) -> None:
    """Nothing moves any more. The page comes to the front for it: one behind another is drawn once in a while."""
    await page.bring_to_front()
    await page.evaluate(COME_TO_REST)


async def no_overflow(page: Page) -> None:
    """AssertionError when the page, once it is at rest, is wider than its window, with the elements that stick out.

    After a window has changed its size it takes a moment before anything begins to move. One that is too wide is
    therefore measured again, until it has stopped changing.
    """
    width, room, culprits = await _measured(page)
    before = 0
    while width > room and width != before:
        before = width
        await asyncio.sleep(0.5)
        width, room, culprits = await _measured(page)
    assert width <= room, f'{width} px wide in a window of {room} px: {culprits}'


async def _measured(page: Page) -> tuple[int, int, list[str]]:
    """How wide the page is, how wide its window, and what sticks out."""
    await come_to_rest(page)
    width, room, culprits = await page.evaluate(
        """() => {
            const root = document.documentElement, room = root.clientWidth
            const out = [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > room + 1)
            return [root.scrollWidth, room, out.slice(0, 5).map(e => e.outerHTML.slice(0, 120))]
        }"""
    )
    return width, room, culprits


async def looks_well(page: Page, name: str) -> None:
    """AssertionError when something sticks out or axe finds something serious, on a desk in the light or on a narrow
    phone in the dark: what sticks out has nothing to do with the colours, so two views show what four would."""
    size = page.viewport_size
    for width, height, scheme in LOOKED_AT + (PICTURED if _keeps_pictures() else ()):
        await page.set_viewport_size({'width': width, 'height': height})
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        await no_overflow(page)
        assert await axe(page) == [], f'{name}, {width} px, {scheme}'
        await shot(page, f'{name}-{width}-{scheme}', full_page=False)
    await page.emulate_media(color_scheme='light')
    if size:
        await page.set_viewport_size(size)


def _keeps_pictures() -> bool:
    return os.environ.get('FOYER_SHOTS') == '1'


async def shot(page: Page, name: str, *, full_page: bool = True) -> None:
    """Keep a picture in tests/shots/ when FOYER_SHOTS=1."""
    if _keeps_pictures():
        SHOTS.mkdir(exist_ok=True)
        await page.screenshot(path=SHOTS / f'{name}.png', full_page=full_page)
