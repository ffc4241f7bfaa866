"""What people do at a browser, in the words that stand on the screen.

Everything goes through the page, found by its accessible name, as a person or a screen reader finds it; what a journey
does not tell of, such as the owner's set-up, is posted to the same door as the form posts to.
"""

import re
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
import pyotp
from playwright.async_api import BrowserContext, Locator, Page, expect

from tests.support.browser import Browser
from tests.support.served import Served
from tests.support.smtp_sink import SmtpSink

FIRM = 'Lindqvist & Partner'
OWNER, OWNER_ADDRESS = 'Olga Owner', 'olga@firm.example'
PASSWORD = 'correct horse battery staple'
PHONE = (390, 844)
SOON = 2_500  # ms in which what happened has to show: within a second, and a second and a half for a busy machine
COUNTS = ('with-access', 'invited', 'joined', 'online')

expect.set_options(timeout=15_000)


@dataclass
class Firm:
    """A firm: the program that is served, its mail server, and the people at their browsers."""

    served: Served
    browser: Browser
    sink: SmtpSink

    @property
    def url(self) -> str:
        return self.served.base_url

    async def owner(self, path: str = '/staff', *, firm_name: str = FIRM, **options: object) -> 'Desk':
        """The first one: the set-up is posted, its page is open."""
        context = await self.browser.new_context(**options)  # type: ignore[arg-type]
        answer = await context.request.post(
            f'{self.url}/setup',
            form={
                'token': self.served.setup_url.partition('token=')[2],
                'firm_name': firm_name,
                'name': OWNER,
                'email': OWNER_ADDRESS,
                'password': PASSWORD,
            },
            max_redirects=0,
        )
        assert answer.headers['location'] == '/staff'
        return await self._desk(context, path)

    async def another_desk(self, path: str = '/staff', **options: object) -> 'Desk':
        """The owner once more, signed in at another browser."""
        context = await self.browser.new_context(**options)  # type: ignore[arg-type]
        answer = await context.request.post(
            f'{self.url}/staff/sign-in', form={'email': OWNER_ADDRESS, 'password': PASSWORD}, max_redirects=0
        )
        assert answer.headers['location'] == '/staff'
        return await self._desk(context, path)

    async def _desk(self, context: BrowserContext, path: str) -> 'Desk':
        desk = Desk(await context.new_page(), self)
        await desk.go(path)
        return desk

    async def client(self, **options: object) -> Page:
        """An empty page in a client's browser: a phone, unless `width` and `height` say otherwise."""
        size = {'width': PHONE[0], 'height': PHONE[1]} | options
        return await self.browser.new_page(**size)  # type: ignore[arg-type]

    def http(self) -> httpx.AsyncClient:
        """Somebody without a browser."""
        return httpx.AsyncClient(base_url=self.url)

    async def status_of(self, link: str) -> int:
        """What a machine is answered that only looks."""
        async with self.http() as http:
            return (await http.get(link)).status_code


class Desk:
    """A staff member at a page."""

    def __init__(self, page: Page, firm: Firm) -> None:
        self.page, self.firm = page, firm

    async def go(self, path: str) -> None:
        await self.page.goto(f'{self.firm.url}{path}')
        await at_work(self.page)

    async def reload(self) -> None:
        await self.page.reload()
        await at_work(self.page)

    # ── What stands there ──

    def button(self, name: str) -> Locator:
        return self.page.get_by_role('button', name=name, exact=True)

    def text(self, text: str) -> Locator:
        return self.page.get_by_text(text)

    @property
    def dialog(self) -> Locator:
        return self.page.get_by_role('dialog')

    def field(self, label: str) -> Locator:
        """A field of the dialog that is open."""
        return self.dialog.get_by_label(label, exact=True)

    def count(self, name: str) -> Locator:
        return self.page.get_by_test_id(f'count-{name}')

    async def counts_are(self, *, timeout: float = SOON, **numbers: int) -> None:
        """`with_access=1, invited=0`: the figures say so, without a reload."""
        for name, number in numbers.items():
            await expect(self.count(name.replace('_', '-'))).to_have_text(str(number), timeout=timeout)

    def card(self, title: str) -> Locator:
        return self.page.get_by_role('region', name=title, exact=True)

    def line(self, card: str, text: str) -> Locator:
        """A line of a feed."""
        return self.card(card).get_by_role('listitem').filter(has_text=text)

    def row(self, text: str) -> Locator:
        """A row of a list."""
        return self.page.get_by_role('row').filter(has_text=text)

    async def toast(self, text: str) -> None:
        await expect(self.page.get_by_role('alert').filter(has_text=text)).to_be_visible()

    # ── What is done ──

    async def choose(self, item: str) -> None:
        """From the dashboard's menu `Actions`."""
        await self.button('Actions').click()
        await self.page.get_by_role('menu').get_by_role('menuitem', name=item, exact=True).click()
        await expect(self.dialog.get_by_role('heading', name=item)).to_be_visible()

    async def pick(self, label: str, text: str, name: str = '') -> None:
        """Type into a picker and take what it finds."""
        box = self.dialog.get_by_role('combobox', name=label, exact=True)
        await box.fill(text)
        await self.page.get_by_role('option').filter(has_text=name or text).first.click()

    async def new_contact(
        self, name: str, email: str = '', organisation: str = '', *, kind: str = 'Person', access: bool = False
    ) -> int:
        """Through the dialog on the list of contacts; returns the id."""
        if not self.page.url.endswith('/staff/contacts'):
            await self.go('/staff/contacts')
        await self.button('New contact').first.click()
        if kind != 'Person':
            await self.dialog.get_by_role('button', name=kind, exact=True).click()
        await self.field('Name').fill(name)
        await self.field('Email').fill(email)
        await self.field('Organisation').fill(organisation)
        if access:
            await self.dialog.get_by_role('switch', name='Portal access').click()
        await self.dialog.get_by_role('button', name='Save', exact=True).click()
        await expect(self.dialog).to_have_count(0)
        link = self.page.get_by_role('link', name=' '.join(name.split()), exact=True)
        await expect(link).to_be_visible()
        return int((await link.get_attribute('href') or '').rpartition('/')[2])

    async def invite(self, who: str, message: str = '') -> str:
        """From the dashboard, by an address or a name; returns the link of the confirmation."""
        if not self.page.url.endswith('/staff'):
            await self.go('/staff')
        await self.choose('Invite to Client Portal')
        if '@' in who:
            await self.field('Contact or email').fill(who)
        else:
            await self.pick('Contact or email', who)
        if message:
            await self.field('Personal message').fill(message)
        await self.dialog.get_by_role('button', name='Send Invite', exact=True).click()
        return await self.link_of_the_confirmation()

    async def link_of_the_confirmation(self) -> str:
        """What the dialog offers to copy once somebody is invited; closes it."""
        link = await self.field('Invitation link').input_value()
        await self.close()
        return link

    async def close(self) -> None:
        """Done with the dialog."""
        await self.dialog.get_by_role('button', name='Done', exact=True).click()
        await expect(self.dialog).to_have_count(0)

    async def magic_link(self, name: str) -> str:
        """From the dashboard; returns the link and closes the dialog."""
        if not self.page.url.endswith('/staff'):
            await self.go('/staff')
        await self.choose('Generate Magic Link')
        await self.pick('Contact', name)
        await self.dialog.get_by_role('button', name='Generate', exact=True).click()
        link = await self.field('Magic link').input_value()
        await self.page.keyboard.press('Escape')
        await expect(self.dialog).to_have_count(0)
        return link

    @property
    def access(self) -> Locator:
        """The switch on the page of a contact."""
        return self.page.get_by_role('switch', name='Portal access')

    async def open_contact(self, contact_id: int) -> None:
        await self.go(f'/staff/contacts/{contact_id}')

    async def status_is(self, text: str) -> None:
        """The badge beside the name of the contact whose page is open."""
        await expect(self.page.locator('.fy-head').get_by_text(text, exact=True)).to_be_visible(timeout=SOON)


# ── A client ──


async def at_work(page: Page) -> None:
    """The page is there and its socket too: what is clicked now arrives."""
    await page.wait_for_function('() => window.socket?.connected && window.did_handshake')


async def come_in(page: Page, link: str) -> None:
    """Open a link and click what a person clicks."""
    await page.goto(link)
    await page.get_by_role('button', name='Continue', exact=True).click()
    await is_inside(page)


async def is_inside(page: Page) -> None:
    await expect(page.get_by_role('button', name='Profile', exact=True)).to_be_visible()


async def ask_for_mail(page: Page, firm: Firm, address: str) -> None:
    """On the sign-in page, up to `Check your email`."""
    await page.goto(f'{firm.url}/sign-in')
    await page.get_by_label('Email', exact=True).fill(address)
    await page.get_by_role('button', name='Email me a sign-in link', exact=True).click()
    await expect(page.get_by_role('heading', name='Check your email')).to_be_visible()


def heading(page: Page, text: str | re.Pattern[str]) -> Locator:
    return page.get_by_role('heading', name=text)


async def is_dead(page: Page, link: str, why: str = '') -> None:
    """The link's page says that it is over, with 410 and the words that others look for."""
    answer = await page.goto(link)
    assert answer
    assert answer.status == 410
    await expect(page.get_by_text('expired or already used')).to_be_visible()
    if why:
        await expect(page.get_by_text(why)).to_be_visible()


async def error_at(field: Locator, words: str = '') -> str:
    """What a screen reader says is wrong with this field: the alert that describes it, once `words` are in it. What was
    wrong before stands there until the server has answered, so words that are expected have to be given."""
    await expect(field).to_have_attribute('aria-invalid', 'true')
    await expect(field).to_have_attribute('aria-describedby', re.compile('.'))
    note = field.page.locator(f'[id="{await field.get_attribute("aria-describedby")}"]')
    await expect(note).to_be_visible()
    await expect(note).to_contain_text(words)
    assert await note.get_attribute('role') == 'alert'
    return await note.inner_text()


async def press(page: Page, name: str) -> None:
    await page.get_by_role('button', name=name, exact=True).click()


async def choose_in_profile(page: Page, item: str) -> None:
    await press(page, 'Profile')
    await page.get_by_role('menuitem', name=item, exact=True).click()


async def passwords_are_welcome(page: Page, *kinds: str, with_account: bool = True) -> None:
    """Each field for a password says whether it wants the current or a new one, beside the account it is for, and takes
    what is pasted into it, whole: 64 characters, as a password manager makes them."""
    await page.context.grant_permissions(['clipboard-read', 'clipboard-write'])
    fields = page.locator('input[type=password]:visible')
    await expect(fields).to_have_count(len(kinds))
    made = ('Zq7-' * 16, 'Vb3_' * 16)
    for number, kind in enumerate(kinds):
        field = fields.nth(number)
        assert await field.get_attribute('autocomplete') == kind
        assert await field.get_attribute('name')
        beside = await field.evaluate("one => Boolean(one.form?.querySelector('[autocomplete=username]'))")
        assert beside or not with_account, f'{page.url}: whose password it is stands nowhere'
        await page.evaluate('text => navigator.clipboard.writeText(text)', made[number])
        await field.focus()
        await page.keyboard.press('ControlOrMeta+V')
        await expect(field).to_have_value(made[number])
        await field.fill('')


# ── A second factor ──


class App:
    """The authenticator app on somebody's phone, by the key of the page; its clock may be `ahead`, in seconds."""

    def __init__(self, key: str, ahead: int = 0) -> None:
        self._totp, self._ahead = pyotp.TOTP(key.replace(' ', '')), ahead
        self._used: set[int] = set()

    def code(self) -> str:
        """A code that was not used yet: the present one, or the next, which is taken within the window."""
        here = self._step()
        step = next(step for step in range(here, here + 9) if step not in self._used)
        while step > self._step() + 1:
            time.sleep(0.2)
        self._used.add(step)
        return str(self._totp.generate_otp(step))

    def _step(self) -> int:
        return (int(time.time()) + self._ahead) // 30


async def turn_on(page: Page) -> tuple[App, list[str]]:
    """On the page where it is set up, with the key that stands there; the app and the recovery codes."""
    await expect(heading(page, 'Two-factor authentication')).to_be_visible()
    await expect(page.get_by_role('img', name='QR code with the key for your authenticator app')).to_be_visible()
    await at_work(page)
    key = await key_of(page)
    app = App(key)
    await type_code(page, app.code(), 'Turn on')
    await expect(heading(page, 'Keep your recovery codes')).to_be_visible()
    codes = await page.get_by_role('list', name='Recovery codes').get_by_role('listitem').all_inner_texts()
    assert len(set(codes)) == 10
    return app, codes


async def key_of(page: Page) -> str:
    """160 bits in letters, as they are typed into an app."""
    key = await page.get_by_role('code').inner_text()
    assert len(key) == 32
    return key


async def type_code(page: Page, code: str, button: str) -> None:
    await page.get_by_label('Authentication code', exact=True).fill(code)
    await press(page, button)


def sign_in_was_long_ago(firm: Firm) -> None:
    """As if every staff member who is signed in had last proved who it is twenty minutes ago."""
    before = (datetime.now(UTC) - timedelta(minutes=20)).isoformat(sep=' ')
    with closing(sqlite3.connect(firm.served.data_dir / 'foyer.sqlite3', timeout=10, isolation_level=None)) as file:
        file.execute('UPDATE staff_session SET proved_at = ?', (before,))


@asynccontextmanager
async def within(seconds: float, what: str) -> AsyncIterator[None]:
    """What is waited for inside took at most so long; the time is printed."""
    began = time.perf_counter()
    yield
    took = time.perf_counter() - began
    print(f'{what}: {took * 1000:.0f} ms')
    assert took <= seconds, f'{what} took {took:.2f} s'
