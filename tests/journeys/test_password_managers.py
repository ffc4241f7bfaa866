"""Paste and password managers are welcome wherever a password is typed or chosen."""

import re

from playwright.async_api import Page, expect

from tests.journeys.walking import (
    OWNER_ADDRESS,
    Firm,
    at_work,
    come_in,
    passwords_are_welcome,
    press,
    sign_in_was_long_ago,
)

CLARA, ADA = 'clara@weiss.example', 'ada@firm.example'
CURRENT, NEW = 'current-password', 'new-password'


async def mailed(firm: Firm, address: str, path: str) -> str:
    """The link with this path in a mail to this address, once it came."""
    link = re.compile(rf'https?://\S+/{path}/[\w-]+')
    mail = await firm.sink.wait_for(lambda one: one.to == address and bool(link.search(one.text)))
    found = link.search(mail.text)
    assert found
    return found.group()


async def asked_for_a_reset(page: Page, firm: Firm, door: str, address: str) -> str:
    await page.goto(f'{firm.url}{door}')
    await at_work(page)
    await page.get_by_label('Email', exact=True).fill(address)
    await press(page, 'Email me a link')
    return await mailed(firm, address, door.replace('forgot', 'reset').strip('/'))


async def test_on_every_page_of_clients(firm: Firm) -> None:
    """R15: at the door, in the profile before and after there is a password, and behind the link of a reset, whose page
    tells nobody the whole address."""
    desk = await firm.owner('/staff/contacts')
    await desk.new_contact('Clara Weiss', CLARA, access=True)
    page = await firm.client()
    await page.goto(f'{firm.url}/sign-in')
    await at_work(page)
    await press(page, 'Use a password')
    await passwords_are_welcome(page, CURRENT)
    await come_in(page, await desk.magic_link('Clara Weiss'))
    await page.goto(f'{firm.url}/profile/password')
    await at_work(page)
    await passwords_are_welcome(page, NEW)
    await page.get_by_label('New password', exact=True).fill('mond kaffee leiter')
    await press(page, 'Save')
    await expect(page.get_by_text('Your password is set.')).to_be_visible()
    await page.goto(f'{firm.url}/profile/password')
    await at_work(page)
    await passwords_are_welcome(page, CURRENT, NEW)
    other = await firm.client()
    await other.goto(await asked_for_a_reset(other, firm, '/forgot-password', CLARA))
    await passwords_are_welcome(other, NEW, with_account=False)


async def test_on_every_page_of_staff(firm: Firm) -> None:
    """R15: at the set-up, the door, in the profile, behind both kinds of links, and where one proves who is there."""
    first = await firm.browser.new_page()
    await first.goto(firm.served.setup_url)
    await at_work(first)
    await passwords_are_welcome(first, NEW)
    desk = await firm.owner('/staff/profile')
    await passwords_are_welcome(desk.page, CURRENT, NEW, with_account=False)
    page = await firm.browser.new_page()
    await page.goto(f'{firm.url}/staff/sign-in')
    await at_work(page)
    await passwords_are_welcome(page, CURRENT)
    await page.goto(await asked_for_a_reset(page, firm, '/staff/forgot-password', OWNER_ADDRESS))
    await passwords_are_welcome(page, NEW)
    await desk.go('/staff/team')
    for name, email in (('Ada Admin', ADA), ('Bea Lund', 'bea@firm.example')):
        await desk.button('Invite to the team').first.click()
        await desk.field('Name').fill(name)
        await desk.field('Email').fill(email)
        await desk.dialog.get_by_role('button', name='Send invitation', exact=True).click()
        if email == ADA:
            await page.goto(await mailed(firm, ADA, 'staff/invitation'))
            await passwords_are_welcome(page, NEW)
            sign_in_was_long_ago(firm)
    await expect(desk.page.locator('input[type=password]:visible')).to_be_focused()
    await passwords_are_welcome(desk.page, CURRENT)
