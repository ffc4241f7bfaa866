"""Every page and every dialog, on a phone and on a desk, in the light and in the dark."""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from playwright.async_api import Page, Request, expect

from tests.journeys.walking import Desk, Firm, ask_for_mail, come_in, heading, is_inside
from tests.support.browser import axe, come_to_rest, no_overflow, shot

SIZES = ((1280, 800), (360, 740))
OUR_FONTS = ('/assets/inter-latin.woff2', '/assets/inter-latin-ext.woff2')
LONG_NAME = 'Maximiliane-Wilhelmina von Hohenstein-Weißenfels zu Schwarzburg-Sondershausen'


class Look:
    """Looks at pages, and notes what they fetch."""

    def __init__(self, firm: Firm) -> None:
        self._firm = firm
        self.faults: list[str] = []
        self._seen: dict[str, int] = {}

    async def page(self, **options: object) -> Page:
        """A page in a browser of its own whose requests are noted."""
        page = await self._firm.browser.new_page(**options)  # type: ignore[arg-type]
        self.watch(page)
        return page

    def watch(self, page: Page) -> None:
        page.context.on('request', self._note)

    def _note(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ('data', 'blob', 'about'):
            return
        if parts.netloc != urlsplit(self._firm.url).netloc:
            self.faults.append(f'it asked {request.url}')
        if request.resource_type == 'font' and parts.path not in OUR_FONTS:
            self.faults.append(f'it fetched the font {parts.path}')

    async def at(self, page: Page, name: str) -> None:
        """Wide and narrow, one of the two dark, in turns."""
        for size in self.sizes(name):
            await page.set_viewport_size({'width': size[0], 'height': size[1]})
            await self.as_it_is(page, name)
        await page.set_viewport_size({'width': SIZES[0][0], 'height': SIZES[0][1]})

    def sizes(self, name: str) -> list[tuple[int, int]]:
        """Both, for a view that has to be opened anew in each."""
        self._seen[name] = len(self._seen)
        return list(SIZES)

    async def as_it_is(self, page: Page, name: str) -> None:
        """Nothing sticks out, and axe finds nothing serious."""
        width = (page.viewport_size or {})['width']
        dark = (self._seen[name] + [size[0] for size in SIZES].index(width)) % 2 == 0
        await page.emulate_media(color_scheme='dark' if dark else 'light')
        where = f'{name}, {width} px, {"dark" if dark else "light"}'
        await come_to_rest(page)
        try:
            await no_overflow(page)
        except AssertionError as fault:
            self.faults.append(f'{where}: {fault}')
        self.faults += [f'{where}: {fault}' for fault in await axe(page)]
        await shot(page, where.replace(', ', '-').replace(' ', '-'))

    def is_content(self) -> None:
        assert not self.faults, '\n'.join(self.faults)


async def test_the_pages_before_a_sign_in_and_the_clients_pages(firm: Firm) -> None:
    """Set-up, both doors, sent, landing, dead link, home, the choice of contact, what is not there."""
    look = Look(firm)
    page = await look.page()
    await page.goto(f'{firm.url}/staff/sign-in')
    await look.at(page, 'staff sign-in without an owner')
    await page.goto(firm.served.setup_url)
    await look.at(page, 'set-up')

    desk = await firm.owner()
    await page.goto(firm.served.setup_url)
    await look.at(page, 'set-up, done')
    await page.goto(f'{firm.url}/staff/sign-in?error=refused')
    await look.at(page, 'staff sign-in, refused')
    await page.goto(f'{firm.url}/sign-in')
    await page.get_by_label('Email', exact=True).fill('nobody')
    await page.get_by_label('Email', exact=True).press('Enter')
    await expect(page.get_by_role('alert')).to_be_visible()
    await look.at(page, 'sign-in, with a fault')
    await ask_for_mail(page, firm, 'stranger@nowhere.example')
    await look.at(page, 'sent')
    await page.goto(f'{firm.url}/nothing/here')
    await expect(heading(page, 'There is nothing here')).to_be_visible()
    await look.at(page, 'nothing here')

    link = await desk.invite('ines@holm.example', 'A message of some length. ' * 8)
    await page.goto(link)
    await look.at(page, 'landing')
    await come_in(page, link)
    await look.at(page, 'home')
    await page.get_by_role('button', name='Profile', exact=True).click()
    await expect(page.get_by_role('menu')).to_be_visible()
    await look.at(page, 'home, profile menu')
    stranger = await look.page()
    await stranger.goto(link)
    await look.at(stranger, 'dead link')

    await desk.new_contact(LONG_NAME, 'ines@holm.example', kind='Organisation', access=True)
    await come_in(page, await desk.magic_link(LONG_NAME[:20]))
    await look.at(page, 'home of one that serves two')
    await desk.page.close()
    await ask_for_mail(stranger, firm, 'ines@holm.example')
    await stranger.goto((await firm.sink.wait_for(lambda mail: bool(mail.text) and 'code' in mail.text)).link)
    await stranger.get_by_role('button', name='Continue', exact=True).click()
    await is_inside(stranger)
    await look.at(stranger, 'choice of contact')
    look.is_content()


async def test_the_staffs_pages(firm: Firm) -> None:
    """Dashboard empty and full, contacts, a contact, outbox, report, settings; their dialogs."""
    look = Look(firm)
    desk = await firm.owner()
    look.watch(desk.page)
    await desk.reload()
    await look.at(desk.page, 'dashboard, empty')
    for path, name in (
        ('outbox', 'outbox'), ('access-report', 'report'), ('contacts/shared', 'shared addresses'),
        ('contacts', 'contacts'),
    ):  # fmt: skip
        await desk.go(f'/staff/{path}')
        await look.at(desk.page, f'{name}, empty')
    async for _ in _dialog(desk, look, 'new contact, with a fault'):
        await desk.button('New contact').first.click()
        await desk.dialog.get_by_role('button', name='Save', exact=True).click()
        await expect(desk.dialog.get_by_role('alert')).to_be_visible()
    contact_id = await desk.new_contact(LONG_NAME, 'max@hohenstein.example', 'Hohenstein & Söhne', access=True)
    await desk.new_contact('Emil Ohnesorg')
    await desk.new_contact('Hohenstein AG', 'max@hohenstein.example', kind='Organisation')
    await desk.invite('clara@weiss.example')
    await come_in(await firm.client(), await desk.magic_link(LONG_NAME[:20]))
    await desk.counts_are(joined=1, online=1)
    await look.at(desk.page, 'dashboard, full')
    for path, name in (
        ('contacts', 'contacts'), ('contacts/999999', 'contact that is gone'), ('outbox', 'outbox'),
        ('access-report', 'report'), ('settings/portal', 'settings'), ('settings/emails', 'emails'),
        ('home', 'portal home'), ('settings/branding', 'brand'), ('settings/domain', 'domain'),
        ('contacts/shared', 'shared addresses'),
        (f'contacts/{contact_id}', 'contact'),
    ):  # fmt: skip
        await desk.go(f'/staff/{path}')
        await look.at(desk.page, name)
    await desk.go('/staff/contacts/shared')
    async for _ in _dialog(desk, look, 'contacts of a shared address'):
        await desk.button('Manage').click()
        await expect(desk.dialog.get_by_text('2 contacts share this address')).to_be_visible()
    await desk.go(f'/staff/contacts/{contact_id}')
    async for _ in _dialog(desk, look, 'question before deleting'):
        await desk.button('More actions').click()
        await desk.page.get_by_role('menuitem', name='Delete', exact=True).click()
        await expect(desk.dialog).to_be_visible()
    look.is_content()


async def test_the_dialogs_of_the_dashboard(firm: Firm) -> None:
    """Each as it opens, and with what it says afterwards."""
    look = Look(firm)
    desk = await firm.owner('/staff/contacts')
    look.watch(desk.page)
    await desk.new_contact(LONG_NAME, 'max@hohenstein.example', 'Hohenstein & Söhne', access=True)
    await desk.new_contact('Emil Ohnesorg')
    await desk.invite('clara@weiss.example')
    for item in ('Generate Magic Link', 'Invite to Client Portal', 'Send Login Email'):
        async for _ in _dialog(desk, look, item):
            await desk.choose(item)
    async for _ in _dialog(desk, look, 'magic link, made'):
        await desk.choose('Generate Magic Link')
        await desk.pick('Contact', LONG_NAME[:20])
        await desk.dialog.get_by_role('button', name='Generate', exact=True).click()
        await expect(desk.field('Magic link')).to_be_visible()
    async for _ in _dialog(desk, look, 'login emails, sent'):
        await desk.choose('Send Login Email')
        await desk.pick('Contacts', LONG_NAME[:20])
        await desk.pick('Contacts', 'Emil')
        await desk.dialog.get_by_role('button', name='Send', exact=True).click()
        await expect(desk.dialog.get_by_text('One contact gets none:')).to_be_visible()
    async for _ in _dialog(desk, look, 'invited again'):
        await desk.choose('Invite to Client Portal')
        await desk.field('Contact or email').fill('clara@weiss.example')
        await desk.dialog.get_by_role('button', name='Send Invite', exact=True).click()
        await expect(desk.field('Invitation link')).to_be_visible()
    look.is_content()


async def _dialog(desk: Desk, look: Look, name: str) -> AsyncIterator[None]:
    """The body opens it, once in each size; then it is looked at and closed."""
    for width, height in look.sizes(name):
        await desk.page.set_viewport_size({'width': width, 'height': height})
        yield
        await look.as_it_is(desk.page, name)
        await desk.page.keyboard.press('Escape')
        await expect(desk.dialog).to_have_count(0)
    await desk.page.set_viewport_size({'width': SIZES[0][0], 'height': SIZES[0][1]})
