"""Every page that a client may come to, in each language: axe finds nothing, nothing sticks out, none is left out."""

import re
from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlsplit

import pyotp
import pytest
from playwright.async_api import Page, Route, expect

from domain.access.login_address import change_login_address
from domain.contacts.bulk import BulkKind, start_bulk
from domain.contacts.selection import Selection
from domain.dependencies import Dependencies
from domain.language import LANGUAGES
from tests.domain.portal.home import given_announcement, given_link
from tests.factories import given_one_login_on_three
from tests.journeys.walking import at_work, key_of
from tests.support.browser import Browser, axe, come_to_rest, no_overflow, shot
from tests.support.smtp_sink import SmtpSink
from tests.ui.matrix import listed
from tests.ui.portal import OWNER, PASSWORD, Portal
from tests.ui.second_factor import enrolled

WIDE, NARROW = (1280, 800), (360, 740)
ROUTE = re.compile(r'\{\w+\}')
NO_PAGES = re.compile(r'/(staff|setup|assets|brand|tls|healthz|readyz|metrics|favicon|\.well-known|_|go/)')
TEXT = '**Ab Montag** an der Hauptstrasse.\n\n- Erster Stock\n- [Anfahrt](https://maps.example/)'
DEAD = 'a' * 43
LINK = re.compile(r'/(?:sign-in/link|reset-password|login-address)/([\w-]{43})')


@pytest.fixture(scope='module')
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """One for both languages."""
    with SmtpSink() as sink, Portal(tmp_path_factory.mktemp('pages'), sink, rate_limits='off') as portal:
        yield portal


class Views:
    """One page after the other, each as it is when it is looked at; `seen` are the paths that led to them."""

    def __init__(self, portal: Portal, page: Page) -> None:
        self.portal, self.page, self.seen = portal, page, set[str]()

    async def to(self, path: str) -> str:
        await self.page.goto(f'{self.portal.base_url}{path}')
        self.seen |= {path.partition('?')[0], urlsplit(self.page.url).path}
        return path

    async def press(self, selector: str) -> str:
        """The button that this finds, and on to the page it leads to."""
        async with self.page.expect_navigation():
            await self.page.locator(selector).click()
        path = urlsplit(self.page.url).path
        self.seen.add(path)
        return path

    async def of_a_stranger(self) -> AsyncIterator[str]:
        for query in ('', '?error=address', '?error=password', '?notice=ended'):
            yield await self.to(f'/sign-in{query}')
        for path in ('/sign-in/sent', '/forgot-password', '/forgot-password/sent', '/nowhere'):
            yield await self.to(path)
        for door in ('/sign-in/link', '/reset-password', '/login-address'):
            yield await self.to(f'{door}/{DEAD}')
        yield await self.to(f'/sign-in/link/{self.portal.link_for(self.portal.contact())}')
        yield await self.to(f'/reset-password/{self._reset()}')
        yield await self.to(f'/login-address/{self._new_address()}')
        yield await self.press('main form button')

    def _reset(self) -> str:
        address = self.portal.address()
        self.portal.contact(email=address)
        self.portal.visitor().post('/forgot-password', data={'email': address})
        return self._mailed(address)

    def _new_address(self) -> str:
        contact_id, address = self.portal.contact(), self.portal.address()

        async def change(deps: Dependencies) -> None:
            await change_login_address(deps, await self.portal.owner(deps), contact_id, address)

        self.portal.inside(change)
        self.portal.wake_the_mail()
        return self._mailed(address)

    def _mailed(self, address: str) -> str:
        sink = self.portal.sink
        assert sink
        self.portal.wait_for(lambda: sink.to(address))
        found = LINK.search(sink.to(address)[-1].text)
        assert found
        return found[1]

    async def of_half_a_client(self) -> AsyncIterator[str]:
        await self.to(f'/sign-in/link/{self.portal.link_for(enrolled(self.portal).contact_id)}')
        yield await self.press('main form button')
        yield await self.to('/sign-in/verify?error=code')
        yield await self.to('/sign-in/verify?recovery=1')

    async def of_a_client(self) -> AsyncIterator[str]:
        address = self.portal.address()

        async def write(deps: Dependencies) -> int:
            owner = await self.portal.owner(deps)
            await given_one_login_on_three(deps, address)
            await given_announcement(deps, owner, 'Wir sind umgezogen', TEXT)
            return await given_link(deps, owner, 'Rechnungen')

        item_id = self.portal.inside(write)
        self.portal.visitor().ask(address)
        await self.to(f'/sign-in/link/{self._mailed(address)}')
        await self.press('main form button')
        await at_work(self.page)
        yield 'choice of contact'
        await self.page.locator('.fy-choice').first.click()
        await expect(self.page.locator('.fy-tile').first).to_be_visible()
        yield 'home'
        await at_work(self.page)
        await self.page.locator('.fy-profile').click()
        await expect(self.page.get_by_role('menu')).to_be_visible()
        yield 'profile menu'
        for path in ('/profile', '/profile/password', '/profile/two-factor'):
            yield await self.to(path)
        await self.page.locator('input[name=code]').fill(pyotp.TOTP(await key_of(self.page)).now())
        async with self.page.expect_navigation():
            await self.page.keyboard.press('Enter')
        await expect(self.page.get_by_role('listitem')).not_to_have_count(0)
        yield 'recovery codes'
        await self.page.route('**/go/*', _stay)
        yield await self.to(f'/to/{item_id}')


async def _stay(route: Route) -> None:
    """The page that leads on is looked at, not what it leads to."""
    await route.fulfill(status=204)


@pytest.mark.parametrize('language', LANGUAGES)
async def test_every_page_in_two_languages(portal: Portal, browser: Browser, language: str) -> None:
    """The doors as the browser asks, what mail leads to, and all that is behind the sign-in."""
    faults: list[str] = []
    seen: set[str] = set()
    narrow = language != 'en'  # where words are longest there is least room
    for kind in ('of_a_stranger', 'of_half_a_client', 'of_a_client'):
        size = {'width': NARROW[0], 'height': NARROW[1], 'dark': True} if narrow else {}
        asks = {'Accept-Language': f'{language}-CH, en;q=0.1'}
        page = await browser.new_page(locale=f'{language}-CH', extra_http_headers=asks, **size)  # type: ignore[arg-type]
        views = Views(portal, page)
        async for name in getattr(views, kind)():
            await come_to_rest(page)
            says = await page.locator('html').get_attribute('lang') or ''
            found = [] if says.startswith(language) else [f'it says that it is in {says!r}']
            found += await axe(page)
            for width, height in (WIDE, NARROW) if narrow else (NARROW, WIDE):
                await page.set_viewport_size({'width': width, 'height': height})
                try:
                    await no_overflow(page)
                except AssertionError as fault:
                    found.append(str(fault))
            await shot(page, f'{language}-{re.sub("[^a-z0-9]+", "-", name)[:40]}')
            faults += [f'{name}: {fault}' for fault in found]
        seen |= views.seen
    assert not faults, '\n'.join(faults)
    routes = [one for one in listed()[1] if not NO_PAGES.match(one)]
    assert '/profile' in routes and '/to/{item_id}' in routes
    assert [one for one in routes if not any(re.fullmatch(ROUTE.sub('[^/]+', one), at) for at in seen)] == []


@pytest.mark.parametrize('half', [0, 1])
async def test_every_page_of_staff(portal: Portal, browser: Browser, half: int) -> None:
    """They read English: each page once, as its address is registered."""
    contact_id = portal.contact('Clara Weiss')

    async def begin(deps: Dependencies) -> int:
        return await start_bulk(deps, await portal.owner(deps), BulkKind.LOGIN_EMAIL, Selection(ids=(contact_id,)))

    numbers = {'{contact_id}': str(contact_id), '{job_id}': str(portal.inside(begin))}
    page = await browser.new_page()
    signing_in = {'email': OWNER, 'password': PASSWORD}
    await page.context.request.post(f'{portal.base_url}/staff/sign-in', form=signing_in, max_redirects=0)
    faults: list[str] = []
    paths = [one.path for one in listed()[0] if one.path.startswith(('/staff', '/setup'))]
    assert '/staff/jobs/{job_id}' in paths and '/staff/home' in paths
    for path in paths[half::2]:
        at = ROUTE.sub(lambda found: numbers[found[0]], path)
        await page.set_viewport_size({'width': WIDE[0], 'height': WIDE[1]})
        answer = await page.goto(f'{portal.base_url}{at}')
        assert answer and answer.status < 500, path
        await come_to_rest(page)
        faults += [f'{at}: {fault}' for fault in await axe(page)]
        await page.set_viewport_size({'width': NARROW[0], 'height': NARROW[1]})
        try:
            await no_overflow(page)
        except AssertionError as fault:
            faults.append(f'{at}: {fault}')
        await shot(page, f'staff-{re.sub("[^a-z0-9]+", "-", path)[:40]}')
    assert not faults, '\n'.join(faults)
