"""One address on a person and two organisations: one sign-in, three doors."""

from playwright.async_api import Locator, Page, expect

from tests.journeys.walking import SOON, Desk, Firm, heading, is_inside
from tests.support.browser import no_overflow, shot

INES = 'ines@holm.example'
NAMES = ('Ines Holm', 'Holm Bau AG', 'Holm Stiftung')


async def test_one_sign_in_opens_three_doors_and_each_closes_by_itself(firm: Firm) -> None:
    """One address on three contacts: all three joined, the client picks and switches; revoking one leaves the others,
    revoking the last ends it."""
    desk = await firm.owner('/staff/contacts')
    person = await desk.new_contact(NAMES[0], INES, access=True)
    building = await desk.new_contact(NAMES[1], INES, kind='Organisation', access=True)
    foundation = await desk.new_contact(NAMES[2], INES, kind='Organisation', access=True)
    await desk.page.get_by_role('group', name='Status').get_by_role('button', name='Joined').click()
    await expect(heading(desk.page, 'Nobody here right now')).to_be_visible()

    client = await firm.client()
    await _asks_to_come_in(client, firm)
    await expect(heading(client, 'Welcome, Ines')).to_be_visible()
    for name in NAMES:
        await expect(_door(client, name)).to_be_visible()
        await expect(desk.row(name).get_by_text('Joined', exact=True)).to_be_visible(timeout=SOON)
    await desk.go('/staff/access-report')
    for name in NAMES:
        await expect(desk.row(name).get_by_role('cell', name='joined', exact=True)).to_be_visible()

    await _door(client, 'Holm Bau AG').click()
    await _is_here_for(client, 'Holm Bau AG')
    await _both_names_can_be_read(client)
    await client.get_by_role('button', name='Switch contact', exact=True).click()
    await client.get_by_role('menuitem', name='Holm Stiftung').click()
    await _is_here_for(client, 'Holm Stiftung')
    await client.reload()
    await _is_here_for(client, 'Holm Stiftung')

    await _revoke(desk, foundation, 'The login is still served by Holm Bau AG and Ines Holm.')
    await expect(_door(client, 'Holm Bau AG')).to_be_visible(timeout=SOON)
    await expect(_door(client, 'Holm Stiftung')).to_have_count(0)
    await _door(client, 'Ines Holm').click()
    await _is_here_for(client, 'Ines Holm')

    await _revoke(desk, building, 'The login is still served by Ines Holm.')
    await expect(client.get_by_role('button', name='Switch contact', exact=True)).to_have_count(0)
    await _is_here_for(client, 'Ines Holm')

    await _revoke(desk, person, '1 session ended.')
    await expect(client).to_have_url(f'{firm.url}/sign-in?notice=ended', timeout=SOON)


def _door(page: Page, name: str) -> Locator:
    return page.get_by_role('main').get_by_role('button', name=name)


async def _both_names_can_be_read(page: Page) -> None:
    """On a phone too, in the light and the dark: the firm's and the contact's, of each as much as there is room for."""
    bar = page.locator('.fy-portal-bar')
    firm, contact = bar.locator('.fy-brand .fy-cut'), bar.locator('.fy-switcher span.block')
    for width in (360, 390):
        await page.set_viewport_size({'width': width, 'height': 844})
        for words in (firm, contact):
            seen, whole = await words.evaluate('(one) => [one.clientWidth, one.scrollWidth]')
            assert seen >= min(whole, 60), (width, await words.inner_text(), seen, whole)
        await no_overflow(page)
        for scheme in ('dark', 'light'):
            await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            await shot(page, f'portal-bar-{width}-{scheme}')


async def _asks_to_come_in(page: Page, firm: Firm) -> None:
    await page.goto(f'{firm.url}/sign-in')
    await page.get_by_label('Email', exact=True).fill(INES)
    await page.get_by_label('Email', exact=True).press('Enter')
    await expect(heading(page, 'Check your email')).to_be_visible()
    await page.goto((await firm.sink.wait_for(INES)).link)
    await page.get_by_role('button', name='Continue', exact=True).click()
    await is_inside(page)


async def _is_here_for(page: Page, name: str) -> None:
    await expect(page.get_by_role('heading', level=2, name=name, exact=True)).to_be_visible()


async def _revoke(desk: Desk, contact_id: int, numbers: str) -> None:
    await desk.open_contact(contact_id)
    await desk.access.click()
    await desk.toast(f'Access switched off. {numbers}')
    await desk.status_is('Revoked')
