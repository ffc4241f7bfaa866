"""Signing in without a password: the code, and the tab that waits."""

from playwright.async_api import Locator, Page, expect

from tests.journeys.walking import Desk, Firm, ask_for_mail, at_work, error_at, heading, is_inside

BERT, CLARA = 'bert@boll.example', 'clara@weiss.example'


def code_field(page: Page) -> Locator:
    return page.get_by_label('Code', exact=True)


async def type_code(page: Page, code: str) -> None:
    await code_field(page).fill(code)
    await page.get_by_role('button', name='Continue', exact=True).click()


async def test_the_code_signs_in_where_it_was_asked_for_and_nowhere_else(firm: Firm) -> None:
    """Sign-in by code: a wrong one is told at its field, the right one is refused in another browser, then lets in.

    And `/sign-in/sent` goes on by itself once the link was used in this browser.
    """
    desk = await firm.owner('/staff/contacts')
    contact_id = await desk.new_contact('Bert Boll', BERT, access=True)
    page = await firm.client()
    await ask_for_mail(page, firm, '  Bert@BOLL.example ')
    await expect(page.get_by_text(f'If {BERT} has access, a link and a code are on their way.')).to_be_visible()
    mail = await firm.sink.wait_for(BERT)
    await type_code(page, mail.code[:3])
    await expect(page).to_have_url(f'{firm.url}/sign-in/sent?error=digits')
    await error_at(code_field(page), 'Please type the six digits')
    wrong = f'{(int(mail.code) + 1) % 1_000_000:06}'

    await type_code(page, wrong)
    await expect(page).to_have_url(f'{firm.url}/sign-in/sent?error=code')
    await error_at(code_field(page), 'This code does not fit.')

    elsewhere = await firm.client()
    await elsewhere.goto(f'{firm.url}/sign-in/sent')
    await expect(elsewhere.get_by_text('this one has not asked yet')).to_be_visible()
    await type_code(elsewhere, mail.code)
    await expect(elsewhere).to_have_url(f'{firm.url}/sign-in/sent?error=code')
    await error_at(code_field(elsewhere), 'in the browser that asked for it')

    await type_code(page, f'{mail.code[:3]} {mail.code[3:]}')
    await is_inside(page)
    await expect(heading(page, 'Welcome, Bert')).to_be_visible()
    await desk.open_contact(contact_id)
    await desk.status_is('Joined')
    await expect(desk.line('Timeline', 'Signed in with a code')).to_be_visible()
    await _the_tab_that_waits_goes_on(firm, desk)


async def _the_tab_that_waits_goes_on(firm: Firm, desk: Desk) -> None:
    """The link is used in another tab of the same browser; a browser that asked for nothing stays where it is."""
    await desk.new_contact('Clara Weiss', CLARA, access=True)
    waiting, elsewhere = await firm.client(), await firm.client()
    await elsewhere.goto(f'{firm.url}/sign-in/sent')
    await ask_for_mail(waiting, firm, CLARA)
    await at_work(waiting)
    await at_work(elsewhere)
    second = await waiting.context.new_page()
    await second.goto((await firm.sink.wait_for(CLARA)).link)
    await second.get_by_role('button', name='Continue', exact=True).click()
    await is_inside(second)
    await is_inside(waiting)
    await expect(waiting).to_have_url(f'{firm.url}/')
    await expect(elsewhere).to_have_url(f'{firm.url}/sign-in/sent')
