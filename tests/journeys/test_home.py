"""Something to come in for: staff write it and put it in order, clients see it at once and go through its doors."""

import re

from playwright.async_api import Locator, Page, expect

from tests.journeys.walking import PHONE, SOON, Desk, Firm, at_work, come_in, error_at, is_inside, press
from tests.support.browser import axe, no_overflow, shot

PAGE = '/staff/home'
ELSEWHERE = 'https://books.example/'


async def write(desk: Desk, new: str, **fields: str) -> None:
    """In the dialog that this button opens, up to the toast."""
    await desk.button(new).click()
    for label, text in fields.items():
        await desk.field(label).fill(text)
    await desk.dialog.get_by_role('button', name='Save', exact=True).click()
    await expect(desk.dialog).to_have_count(0)


def rows(desk: Desk, name: str = 'Links') -> Locator:
    return desk.page.get_by_role('list', name=name, exact=True).get_by_role('listitem')


async def in_order(desk: Desk, *titles: str, name: str = 'Links') -> None:
    await expect(rows(desk, name)).to_contain_text(list(titles), timeout=SOON)


def tiles(page: Page) -> Locator:
    return page.locator('.fy-tile')


async def elsewhere_answers(page: Page) -> list[str]:
    """What another site is asked by this browser: the addresses that it was told somebody came from."""
    told: list[str] = []

    async def answer(route) -> None:  # type: ignore[no-untyped-def]
        told.append(route.request.headers.get('referer', ''))
        await route.fulfill(body='<title>Books</title>', content_type='text/html')

    await page.context.route(re.compile(re.escape(ELSEWHERE)), answer)
    return told


async def test_clients_see_what_staff_write_at_once(firm: Firm) -> None:
    """Written, shown, changed, put in order and taken away while two clients have their homes open; opened and counted
    through our door, which tells nobody where it was."""
    desk = await firm.owner('/staff/contacts')
    await desk.new_contact('Clara Weiss', 'clara@weiss.example', 'Weiss AG', access=True)
    await desk.new_contact('Bert Boll', 'bert@boll.example', access=True)
    clara, bert = await firm.client(), await firm.client()
    await come_in(clara, await desk.magic_link('Clara Weiss'))
    await come_in(bert, await desk.magic_link('Bert Boll'))
    await expect(clara.get_by_text('Nothing here yet.')).to_be_visible()
    for page in (clara, bert):
        await at_work(page)
        await page.evaluate('window.stayed = 1')
    profile = clara.get_by_role('button', name='Profile', exact=True)
    await profile.focus()
    await desk.go(PAGE)
    await write(desk, 'New announcement', Title='We have moved', Text='To **Main Street**. <b>Bold?</b>')
    for page in (clara, bert):
        post = page.get_by_role('article').filter(has_text='We have moved')
        await expect(post).to_be_visible(timeout=SOON)
        await expect(post.locator('strong')).to_have_text('Main Street')
        await expect(post.get_by_text('<b>Bold?</b>')).to_be_visible()
        await expect(page.get_by_text('Nothing here yet.')).to_be_hidden()

    await expect(clara.get_by_role('status').filter(has_text='News: We have moved')).to_have_count(1)
    await expect(profile).to_be_focused()

    await desk.button('New link').click()
    await desk.field('Title').fill('Invoices')
    await desk.field('Address').fill('http://books.example')
    await desk.dialog.get_by_role('button', name='Save', exact=True).click()
    await error_at(desk.field('Address'), 'begins with https://')
    await desk.field('Address').fill(ELSEWHERE)
    await desk.field('Description').fill('What is due')
    await desk.dialog.get_by_role('button', name='Invoice', exact=True).click()
    await desk.dialog.get_by_label('For', exact=True).select_option('Chosen contacts')
    await desk.pick('Contacts', 'Clara')
    assert not await axe(desk.page)
    await desk.dialog.get_by_role('button', name='Save', exact=True).click()
    await expect(tiles(clara)).to_contain_text(['Invoices'], timeout=SOON)
    assert await tiles(bert).count() == 0, 'it is for Clara alone'
    assert [await page.evaluate('window.stayed') for page in (clara, bert)] == [1, 1]

    told = await elsewhere_answers(clara)
    async with clara.context.expect_page() as opening:
        await tiles(clara).first.click()
    books = await opening.value
    await expect(books).to_have_title('Books')
    assert (books.url, told) == (ELSEWHERE, [''])
    await expect(rows(desk).first).to_contain_text('Opened 1×', timeout=SOON)

    for title in ('Documents', 'Courses'):
        await write(desk, 'New link', Title=title, Address=ELSEWHERE)
    await expect(tiles(bert)).to_contain_text(['Documents', 'Courses'], timeout=SOON)
    await desk.page.get_by_role('button', name='Remove Documents', exact=True).click()
    await desk.dialog.get_by_role('button', name='Remove', exact=True).click()
    await expect(tiles(bert)).to_contain_text(['Courses'], timeout=SOON)
    await expect(tiles(bert)).to_have_count(1)
    await no_overflow(clara)
    assert not await axe(clara)
    await shot(clara, 'home-phone')


async def test_links_are_put_in_order_by_mouse_and_by_keyboard(firm: Firm) -> None:
    """Each way ends in the same order for everybody, is said aloud, and leaves the focus where it was."""
    desk = await firm.owner(PAGE)
    for title in 'ABC':
        await write(desk, 'New link', Title=f'Link {title}', Address=ELSEWHERE)
    other = await firm.another_desk(PAGE)
    await in_order(other, 'Link A', 'Link B', 'Link C')
    await desk.page.get_by_role('button', name='Move down: Link A', exact=True).click()
    await in_order(other, 'Link B', 'Link A', 'Link C')
    await expect(desk.page.get_by_role('status').filter(has_text='Link A is now number 2 of 3.')).to_have_count(1)
    grip = desk.page.get_by_role('button', name='Move Link C', exact=True)
    await grip.focus()
    await desk.page.keyboard.press('ArrowUp')
    await in_order(other, 'Link B', 'Link C', 'Link A')
    await expect(grip).to_be_focused()
    await desk.page.keyboard.press('ArrowUp')
    await in_order(other, 'Link C', 'Link B', 'Link A')
    await desk.page.get_by_role('button', name='Move Link A', exact=True).drag_to(rows(desk).first)
    await in_order(other, 'Link A', 'Link C', 'Link B')
    await desk.reload()
    await in_order(desk, 'Link A', 'Link C', 'Link B')
    assert not await axe(desk.page)
    await shot(desk.page, 'portal-home')
    await desk.page.set_viewport_size({'width': PHONE[0], 'height': PHONE[1]})
    await no_overflow(desk.page)


async def test_a_link_of_a_mail_leads_straight_to_it(firm: Firm) -> None:
    """A magic link to a link that leads elsewhere, a login email to an announcement."""
    desk = await firm.owner('/staff/contacts')
    await desk.new_contact('Clara Weiss', 'clara@weiss.example', access=True)
    await desk.go(PAGE)
    await write(desk, 'New link', Title='Invoices', Address=ELSEWHERE)
    await write(desk, 'New announcement', Title='We have moved', Text='Far away.')
    await desk.go('/staff')
    await desk.choose('Generate Magic Link')
    await desk.pick('Contact', 'Clara')
    await desk.field('Leads to').select_option('Link: Invoices')
    await desk.dialog.get_by_role('button', name='Generate', exact=True).click()
    link = await desk.field('Magic link').input_value()
    assert re.fullmatch(re.escape(firm.url) + r'/sign-in/link/[A-Za-z0-9_-]{43}', link)
    await desk.page.keyboard.press('Escape')
    page = await firm.client()
    told = await elsewhere_answers(page)
    await page.goto(link)
    await press(page, 'Continue')
    await expect(page).to_have_title('Books')
    assert (page.url, told) == (ELSEWHERE, [''])

    await desk.choose('Send Login Email')
    await desk.pick('Contacts', 'Clara')
    await desk.field('Leads to').select_option('News: We have moved')
    await desk.dialog.get_by_role('button', name='Send', exact=True).click()
    mail = await firm.sink.wait_for('clara@weiss.example')
    another = await firm.client()
    await another.goto(mail.link)
    await press(another, 'Continue')
    await is_inside(another)
    await expect(another.get_by_role('article').filter(has_text='We have moved')).to_be_focused()

    await desk.go('/staff/contacts')
    await desk.page.get_by_role('checkbox', name='Select Clara Weiss', exact=True).click()
    await desk.button('Bulk actions').click()
    await desk.page.get_by_role('menuitem', name='Send Login Email', exact=True).click()
    await desk.field('Leads to').select_option('News: We have moved')
    await desk.dialog.get_by_role('button', name='Send to 1', exact=True).click()
    await firm.sink.wait_for(lambda _: len(firm.sink.to('clara@weiss.example')) > 1)
    await another.goto(firm.sink.to('clara@weiss.example')[1].link)
    await press(another, 'Continue')
    await expect(another.get_by_role('article').filter(has_text='We have moved')).to_be_focused()
