"""The team in the browser: somebody is asked in, may do so much and no more, is shut out, and proves itself twice."""

import re

from playwright.async_api import Page, expect

from tests.journeys.walking import (
    OWNER_ADDRESS,
    PASSWORD,
    SOON,
    App,
    Desk,
    Firm,
    at_work,
    error_at,
    heading,
    sign_in_was_long_ago,
    within,
)
from tests.support.browser import axe, looks_well, no_overflow, shot

ADA, BEA = 'ada@firm.example', 'bea@firm.example'
OWN = 'a quiet harbour at dawn'
AT_ONCE = 4.0  # seconds from the click; R36 wants one, a loaded machine gets more here


async def invite(desk: Desk, name: str, email: str, role: str) -> None:
    """Through the dialog of the page that is open."""
    await desk.button('Invite to the team').first.click()
    await desk.field('Name').fill(name)
    await desk.field('Email').fill(email)
    await desk.dialog.get_by_role('radio', name=role, exact=True).click()
    await desk.dialog.get_by_role('button', name='Send invitation', exact=True).click()
    await expect(desk.dialog).to_have_count(0)


async def link_for(firm: Firm, email: str, kind: str = 'invitation') -> str:
    """The link of the newest mail of this kind."""
    pattern = re.compile(rf'https?://\S+/staff/{kind}/[\w-]+')
    mail = await firm.sink.wait_for(lambda one: one.to == email and bool(pattern.search(one.text)))
    found = pattern.search(mail.text)
    assert found
    return found.group()


async def join(firm: Firm, email: str) -> Desk:
    """Somebody who was invited follows the mail and chooses a password."""
    page = await firm.browser.new_page()
    await page.goto(await link_for(firm, email))
    await page.get_by_label('Password', exact=True).fill(OWN)
    await page.get_by_role('button', name='Join the team', exact=True).click()
    await expect(page).to_have_url(f'{firm.url}/staff')
    await at_work(page)
    return Desk(page, firm)


async def act(desk: Desk, name: str, item: str) -> None:
    """From the menu of a member."""
    await desk.button(f'Actions for {name}').click()
    await desk.page.get_by_role('menuitem', name=item, exact=True).click()


async def sign_in(page: Page, firm: Firm, email: str, password: str, onward: str = '/staff') -> None:
    """At the staff's door."""
    await page.goto(f'{firm.url}/staff/sign-in?next={onward}')
    await page.get_by_label('Email', exact=True).fill(email)
    await page.get_by_label('Password', exact=True).fill(password)
    await page.get_by_role('button', name='Sign in', exact=True).click()


async def test_an_admin_is_invited_and_leaves_owners_alone(firm: Firm) -> None:
    """R21, R57: the mail's link leads to a password of one's own; what the role does not permit is not even offered."""
    desk = await firm.owner('/staff/team')
    await expect(heading(desk.page, 'You work here alone so far')).to_be_visible()
    await expect(desk.button('Invite to the team')).to_have_count(1)
    await invite(desk, 'Ada Admin', ADA, 'Admin')
    await desk.toast(f'An invitation is on its way to {ADA}.')
    await expect(desk.row('Ada Admin')).to_contain_text('Invited')
    await expect(desk.button('Invite to the team')).to_have_count(1)
    link = await link_for(firm, ADA)
    assert await firm.status_of(link) == 303, 'a machine that looks uses nothing (R10)'
    ada = await join(firm, ADA)
    await expect(desk.row('Ada Admin')).to_contain_text('Active', timeout=SOON)

    stranger = await firm.client()
    answer = await stranger.goto(link)
    assert answer and answer.status == 410
    await expect(stranger.get_by_text('expired or already used')).to_be_visible()

    await ada.go('/staff/team')
    await expect(ada.row('Olga Owner')).to_be_visible()
    await expect(ada.button('Actions for Olga Owner')).to_have_count(0)
    await expect(ada.button('Actions for Ada Admin')).to_have_count(0)
    await ada.button('Invite to the team').first.click()
    await expect(ada.dialog.get_by_role('radio')).to_have_count(2)
    await expect(ada.dialog.get_by_role('radio', name='Owner', exact=True)).to_have_count(0)
    await ada.dialog.get_by_role('button', name='Send invitation', exact=True).click()
    assert await error_at(ada.field('Name')) and await error_at(ada.field('Email')), 'both at once'
    await expect(ada.field('Name')).to_be_focused()
    await ada.field('Name').fill('Somebody')
    await ada.field('Email').fill(OWNER_ADDRESS)
    await ada.dialog.get_by_role('button', name='Send invitation', exact=True).click()
    await error_at(ada.field('Email'), 'exists already')
    await expect(ada.field('Email')).to_be_focused()
    await ada.field('Name').fill(' ')
    await ada.dialog.get_by_role('button', name='Send invitation', exact=True).click()
    await error_at(ada.field('Name'))
    await expect(ada.field('Name')).to_be_focused()


async def test_a_new_role_and_disabling_reach_the_open_page(firm: Firm) -> None:
    """R13, R36: staff see no settings; made an admin they do, without a reload; disabled, their page closes at once."""
    desk = await firm.owner('/staff/team')
    await invite(desk, 'Bea Lund', BEA, 'Staff')
    bea = await join(firm, BEA)
    await expect(bea.page.get_by_role('link', name='Contacts', exact=True)).to_be_visible()
    for place in ('Team', 'Security', 'Portal', 'Access report'):
        await expect(bea.page.get_by_role('link', name=place, exact=True)).to_have_count(0)
    assert (await bea.page.request.get(f'{firm.url}/staff/team')).status == 403

    await act(desk, 'Bea Lund', 'Change role')
    await desk.dialog.get_by_role('radio', name='Staff', exact=True).focus()
    await desk.page.keyboard.press('ArrowDown')
    await expect(desk.dialog.get_by_role('radio', name='Admin', exact=True)).to_be_checked()
    async with within(AT_ONCE, 'a new role in the open page'):
        await desk.page.keyboard.press('Enter')
        await expect(bea.page.get_by_role('link', name='Team', exact=True)).to_be_visible(timeout=AT_ONCE * 1000)

    await at_work(bea.page)
    await act(desk, 'Bea Lund', 'Disable')
    await expect(desk.dialog.get_by_text('This ends 1 session at once.')).to_be_visible()
    async with within(AT_ONCE, 'the page of a disabled member closed'):
        await desk.dialog.get_by_role('button', name='Disable', exact=True).click()
        await expect(bea.page).to_have_url(f'{firm.url}/staff/sign-in?notice=ended', timeout=AT_ONCE * 1000)
    await desk.toast('Bea Lund is disabled. That ended 1 session.')
    await sign_in(bea.page, firm, BEA, OWN)
    await expect(bea.page.get_by_text('do not fit together')).to_be_visible()

    await act(desk, 'Bea Lund', 'Remove')
    await desk.dialog.get_by_role('button', name='Remove', exact=True).click()
    await expect(desk.row('Bea Lund')).to_have_count(0)


async def test_a_member_s_second_factor_and_its_reset_by_the_owner(firm: Firm) -> None:
    """R20, R29: enrolled on the own page, asked for at the door, `next` kept; the owner resets it with a reason, which
    ends the session, and afterwards the password alone opens."""
    desk = await firm.owner('/staff/team')
    await invite(desk, 'Ada Admin', ADA, 'Admin')
    ada = (await join(firm, ADA)).page
    await ada.get_by_role('link', name='Ada Admin: your profile').click()
    await ada.get_by_role('link', name='Two-factor authentication', exact=True).click()
    app = App(await ada.locator('.fy-secret').inner_text())
    await ada.get_by_label('Authentication code', exact=True).fill(app.code())
    await ada.get_by_role('button', name='Turn on', exact=True).click()
    await expect(heading(ada, 'Keep your recovery codes')).to_be_visible()
    codes = await ada.get_by_role('list', name='Recovery codes').get_by_role('listitem').all_inner_texts()
    assert len(codes) == 10
    await expect(desk.row('Ada Admin')).to_contain_text('On', timeout=SOON)

    other = await firm.browser.new_page()
    await sign_in(other, firm, ADA, OWN, '/staff/outbox')
    await expect(other).to_have_url(re.compile(r'/staff/sign-in/verify'))
    assert (await other.request.get(f'{firm.url}/staff', max_redirects=0)).status == 303, 'R29: half in is out'
    await other.get_by_label('Authentication code', exact=True).fill('000000')
    await other.get_by_role('button', name='Verify', exact=True).click()
    await error_at(other.get_by_label('Authentication code', exact=True), 'does not fit')
    assert await axe(other) == []
    await shot(other, 'staff-verify')
    await other.get_by_label('Authentication code', exact=True).fill(app.code())
    await other.get_by_role('button', name='Verify', exact=True).click()
    await expect(other).to_have_url(f'{firm.url}/staff/outbox')

    third = await firm.browser.new_page()
    await sign_in(third, firm, ADA, OWN)
    await third.get_by_role('link', name='Use a recovery code').click()
    await third.get_by_label('Recovery code', exact=True).fill(codes[0])
    await third.get_by_role('button', name='Verify', exact=True).click()
    await expect(third).to_have_url(f'{firm.url}/staff')
    await at_work(third)

    await act(desk, 'Ada Admin', 'Reset two-factor')
    await desk.dialog.get_by_role('button', name='Reset two-factor', exact=True).click()
    await error_at(desk.field('Reason'), 'say why')
    await expect(desk.field('Reason')).to_be_focused()
    await desk.field('Reason').fill('Lost phone, called me back')
    async with within(AT_ONCE, 'the page of a member whose second factor was reset'):
        await desk.field('Reason').press('Enter')
        await expect(third).to_have_url(f'{firm.url}/staff/sign-in?notice=ended', timeout=AT_ONCE * 1000)
    mail = await firm.sink.wait_for(lambda one: one.to == ADA and 'was reset' in one.subject)
    assert 'Olga Owner' in mail.text
    await sign_in(third, firm, ADA, OWN)
    await expect(third).to_have_url(f'{firm.url}/staff')


async def test_a_fresh_sign_in_is_asked_for_and_nothing_typed_is_lost(firm: Firm) -> None:
    """R38: after a quarter of an hour the dialog beneath stands as it was, and what was asked goes on by itself."""
    desk = await firm.owner('/staff/team')
    firm.browser.allow('status of 422')  # the wrong password, told to the page that asked
    sign_in_was_long_ago(firm)
    await desk.button('Invite to the team').first.click()
    await desk.field('Name').fill('Bea Lund')
    await desk.field('Email').fill(BEA)
    await desk.dialog.get_by_role('button', name='Send invitation', exact=True).click()
    asked = desk.page.get_by_role('dialog').filter(has_text='Please confirm that it is you')
    await asked.get_by_label('Password', exact=True).fill('not this one')
    await asked.get_by_role('button', name='Confirm', exact=True).click()
    await error_at(asked.get_by_label('Password', exact=True), 'does not fit')
    await expect(asked.get_by_label('Password', exact=True)).to_be_focused()
    assert await axe(desk.page) == []
    for width in (1280, 390):
        await desk.page.set_viewport_size({'width': width, 'height': 800})
        await no_overflow(desk.page)
        await shot(desk.page, f'confirm-{width}')
    await desk.page.keyboard.press('Escape')
    await expect(asked).to_have_count(0)
    await expect(desk.field('Name')).to_have_value('Bea Lund')
    send = desk.dialog.get_by_role('button', name='Send invitation', exact=True)
    await expect(send).not_to_have_attribute('aria-busy', 'true')
    await send.click()
    await asked.get_by_label('Password', exact=True).fill(PASSWORD)
    await asked.get_by_label('Password', exact=True).press('Enter')
    await desk.toast(f'An invitation is on its way to {BEA}.')
    await expect(desk.dialog).to_have_count(0)
    await expect(desk.row('Bea Lund')).to_be_visible()


async def test_a_forgotten_password_is_chosen_anew(firm: Firm) -> None:
    """R5, R11, R20: the link leaves the address at once, signs nobody in, and the open page closes."""
    desk = await firm.owner()
    page = await firm.browser.new_page()
    await page.goto(f'{firm.url}/staff/sign-in')
    await page.get_by_role('link', name='Forgot password?').click()
    await page.get_by_label('Email', exact=True).fill(OWNER_ADDRESS)
    await page.get_by_role('button', name='Email me a link', exact=True).click()
    await expect(page.get_by_text('a mail is on its way')).to_be_visible()
    await page.goto(await link_for(firm, OWNER_ADDRESS, 'reset-password'))
    await expect(page).to_have_url(f'{firm.url}/staff/reset-password')
    await page.get_by_label('Password', exact=True).fill('short')
    await page.get_by_role('button', name='Change password', exact=True).click()
    await error_at(page.get_by_label('Password', exact=True), 'at least 12')
    await page.get_by_label('Password', exact=True).fill(OWN)
    await page.get_by_role('button', name='Change password', exact=True).click()
    await expect(page.get_by_text('Your password is changed.')).to_be_visible()
    await expect(desk.page).to_have_url(f'{firm.url}/staff/sign-in?notice=ended', timeout=SOON)
    await sign_in(page, firm, OWNER_ADDRESS, OWN)
    await expect(page).to_have_url(f'{firm.url}/staff')


async def test_the_pages_look_as_they_should(firm: Firm) -> None:
    """Wide and narrow, in the light and in the dark: nothing sticks out, and axe finds nothing serious."""
    desk = await firm.owner('/staff/team')
    await invite(desk, 'Maximiliane-Wilhelmina von Hohenstein-Weißenfels zu Schwarzburg', BEA, 'Staff')
    page = desk.page
    invited = await link_for(firm, BEA)
    for path in ('/staff/team', '/staff/profile', '/staff/profile/two-factor', '/staff/forgot-password', invited):
        await page.goto(path if path == invited else f'{firm.url}{path}')
        await expect(page.get_by_role('heading', level=1)).to_be_visible()
        await looks_well(page, 'join' if path == invited else path.strip('/').replace('/', '-'))


async def test_a_clients_address_is_told_before_it_is_invited_to_the_team(firm: Firm) -> None:
    """R57: that a client signs in with it, and that both stay apart; another address says nothing."""
    desk = await firm.owner('/staff/contacts')
    await desk.new_contact('Clara Weiss', 'clara@weiss.example', access=True)
    await desk.go('/staff/team')
    await desk.button('Invite to the team').first.click()
    await desk.field('Email').fill('Clara@weiss.example')
    told = desk.dialog.get_by_role('status').filter(has_text='Clara Weiss signs in to the portal with this address')
    await expect(told).to_be_visible()
    await expect(told).to_contain_text('Both stay apart')
    await no_overflow(desk.page)
    await shot(desk.page, 'team-invite-client')
    await desk.field('Email').fill(ADA)
    await expect(told).to_have_count(0)
