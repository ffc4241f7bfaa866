"""A client who reads German: from the invitation to the profile without a word of English, and back by one click."""

from playwright.async_api import expect

from tests.journeys.walking import Firm, ask_for_mail, heading, is_inside, press

CLARA = 'clara@weiss.example'


async def test_a_client_turns_to_german_and_its_mail_follows(firm: Firm) -> None:
    """Chosen in the menu of the profile: the page, what comes live, staff's view of the contact, and the next mail."""
    desk = await firm.owner('/staff/contacts')
    contact_id = await desk.new_contact('Clara Weiss', CLARA, access=True)
    page = await firm.client(locale='en-GB', extra_http_headers={'Accept-Language': 'en-GB'})
    await page.goto(await desk.magic_link('Clara'))
    await press(page, 'Continue')
    await is_inside(page)
    await press(page, 'Profile')
    await page.get_by_role('menuitem', name='Deutsch', exact=True).click()
    await expect(heading(page, 'Willkommen, Clara')).to_be_visible()
    await expect(page.locator('html')).to_have_attribute('lang', 'de')

    await desk.open_contact(contact_id)
    await desk.page.get_by_role('button', name='More actions', exact=True).click()
    await desk.page.get_by_role('menuitem', name='Edit', exact=True).click()
    await expect(desk.dialog.get_by_role('combobox', name='Language')).to_have_value('Deutsch')
    await desk.page.keyboard.press('Escape')

    stranger = await firm.client(locale='en-GB', extra_http_headers={'Accept-Language': 'en-GB'})
    await stranger.goto(f'{firm.url}/sign-in')
    await press(stranger, 'Deutsch')
    await expect(heading(stranger, 'Willkommen')).to_be_visible()
    await expect(stranger.get_by_role('button', name='Anmeldelink per E-Mail schicken', exact=True)).to_be_visible()
    await press(stranger, 'English')
    await expect(heading(stranger, 'Welcome')).to_be_visible()
    await ask_for_mail(stranger, firm, CLARA)
    mail = await firm.sink.wait_for(CLARA)
    assert 'Guten Tag Clara,' in (mail.text or ''), 'her own language, whatever this browser reads'
    assert 'lang="de"' in (mail.html or '')


async def test_the_firm_words_its_mail_in_german(firm: Firm) -> None:
    """On the Emails page, beside the English ones, which stay; each reader gets the right ones."""
    desk = await firm.owner('/staff/settings/emails')
    await desk.button('Deutsch').click()
    subject = desk.page.get_by_label('Subject', exact=True)
    await expect(subject).to_have_value('{{ firm.name }} lädt Sie ins Portal ein')
    await subject.fill('Grüezi von {{ firm.name }}')
    await expect(desk.page.get_by_test_id('preview-subject')).to_contain_text('Grüezi von')
    await desk.card('Words').get_by_role('button', name='Save', exact=True).click()
    await expect(desk.text('Your words')).to_be_visible()
    await desk.button('English').click()
    await expect(subject).to_have_value('{{ firm.name }} invites you to its client portal')
    await desk.button('Deutsch').click()
    await expect(subject).to_have_value('Grüezi von {{ firm.name }}')
