"""Without a mouse: everything is reached by keys, dialogs hold the focus and give it back."""

from playwright.async_api import Page, expect

from tests.journeys.walking import Firm, at_work, heading, is_inside

FOCUSED = """() => {
    const here = document.activeElement
    const name = here.getAttribute('aria-label') || here.innerText || here.name || here.tagName
    return [name, Boolean(here.closest('[role=dialog]'))]
}"""
MOST_TABS = 40


async def test_a_client_is_invited_and_comes_in_by_keys_alone(firm: Firm) -> None:
    """Invite from the dashboard with Tab, Enter and arrows; dialogs trap the focus, Escape closes them and the focus
    goes back to its button; the client's way in needs no mouse either."""
    desk = await firm.owner()
    page = desk.page
    await at_work(page)
    await _tab_to(page, 'Actions')
    await page.keyboard.press('Enter')
    menu = page.get_by_role('menu')
    await expect(menu).to_be_focused()
    await page.keyboard.press('ArrowDown')
    await expect(menu.get_by_role('menuitem', name='Generate Magic Link', exact=True)).to_be_focused()
    await page.keyboard.press('ArrowDown')
    await expect(menu.get_by_role('menuitem', name='Invite to Client Portal', exact=True)).to_be_focused()
    await page.keyboard.press('Enter')
    await expect(desk.field('Contact or email')).to_be_focused()

    seen = await _walk(page, 'Tab') + await _walk(page, 'Shift+Tab')
    assert all(inside for _, inside in seen), f'the focus left the dialog: {seen}'
    assert {'Contact or email', 'Personal message', 'Send Invite', 'Cancel', 'Close'} <= {name for name, _ in seen}
    await page.keyboard.press('Escape')
    await expect(desk.dialog).to_have_count(0)
    await expect(desk.button('Actions')).to_be_focused()

    await page.keyboard.press('Enter')
    await expect(menu).to_be_focused()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await expect(desk.field('Contact or email')).to_be_focused()
    await page.keyboard.type('clara@weiss.example')
    await _tab_to(page, 'Personal message')
    await page.keyboard.type('Come in!')
    await _tab_to(page, 'Send Invite')
    await page.keyboard.press('Enter')
    await expect(desk.field('Invitation link')).to_be_focused()
    await _tab_to(page, 'Done')
    await page.keyboard.press('Enter')
    await expect(desk.dialog).to_have_count(0)
    await expect(desk.button('Actions')).to_be_focused()
    await desk.counts_are(with_access=1, invited=1)

    client = await firm.browser.new_page()
    await client.goto((await firm.sink.wait_for('clara@weiss.example')).link)
    await _tab_to(client, 'Continue')
    await client.keyboard.press('Enter')
    await is_inside(client)
    await at_work(client)
    await _tab_to(client, 'Profile')
    await client.keyboard.press('Enter')
    await expect(client.get_by_role('menu')).to_be_focused()
    await client.keyboard.press('ArrowUp')  # from the first round to the last
    await expect(client.get_by_role('menuitem', name='Sign out', exact=True)).to_be_focused()
    await client.keyboard.press('Enter')
    await expect(heading(client, 'Welcome')).to_be_visible()
    await expect(client.get_by_label('Email', exact=True)).to_be_focused()


async def _tab_to(page: Page, name: str) -> None:
    """Press Tab until something of this name has the focus."""
    passed = []
    for _ in range(MOST_TABS):
        await page.keyboard.press('Tab')
        here, _inside = await page.evaluate(FOCUSED)
        if here.strip() == name:
            return
        passed.append(here)
    raise AssertionError(f'Tab never came to {name!r}: {passed}')


async def _walk(page: Page, key: str, steps: int = 8) -> list[tuple[str, bool]]:
    """Where the focus goes."""
    seen = []
    for _ in range(steps):
        await page.keyboard.press(key)
        here, inside = await page.evaluate(FOCUSED)
        seen.append((here.strip(), inside))
    return seen
