"""The firm puts its mail into its own words: a mistake is named, the preview follows, a test arrives, and all of it can
be taken back."""

from playwright.async_api import Locator, Page, expect

from tests.journeys.walking import OWNER_ADDRESS, SOON, Desk, Firm, come_in, error_at

PATH = '/staff/settings/emails'
CLARA, WEISS = 'clara@weiss.example', 'Clara Weiss'
AS_HIGH_AS_THE_MAIL = """() => {
    const sheet = document.querySelector('.fy-mailsheet');
    return sheet.clientHeight <= Math.max(320, sheet.contentDocument.body.offsetHeight + 2);
}"""


def field(desk: Desk, label: str) -> Locator:
    return desk.card('Words').get_by_label(label, exact=True)


def in_the_mail(page: Page) -> Locator:
    return page.frame_locator('iframe[title="The mail as HTML"]').locator('body')


async def press(desk: Desk, card: str, name: str) -> None:
    await desk.card(card).get_by_role('button', name=name, exact=True).click()


async def test_a_mistake_a_preview_a_test_and_the_way_back(firm: Firm) -> None:
    """R51: and a contact that is called `{{ firm.name }}` stays text."""
    desk = await firm.owner('/staff/contacts')
    await desk.new_contact(WEISS, CLARA, 'Weiss AG')
    await desk.go(PATH)
    other = await firm.another_desk(PATH)
    await expect(in_the_mail(desk.page)).to_contain_text('Open my portal')

    # A mistake is refused at its field, with its name and its line, and nothing that was typed is lost.
    typed = 'Dear {{ contact.nmae }},\n\nplease come in.'
    await field(desk, 'Text').fill(typed)
    await expect(desk.card('Preview').get_by_text('contact.nmae in line 1')).to_be_visible()
    await press(desk, 'Words', 'Save')
    await error_at(field(desk, 'Text'), 'contact.nmae in line 1 is not a merge field')
    await expect(field(desk, 'Text')).to_have_value(typed)
    await field(desk, 'Subject').fill('')
    await expect(desk.card('Preview').get_by_text('A mail has a subject and a text.')).to_be_visible()
    await press(desk, 'Words', 'Save')
    await error_at(field(desk, 'Subject'), 'Please fill this in.')
    await error_at(field(desk, 'Text'), 'contact.nmae in line 1 is not a merge field')
    await expect(desk.card('Preview').get_by_text('Please fill this in.')).to_have_count(0)
    await press(desk, 'Words', 'Discard changes')
    await field(desk, 'Text').fill('Hello\n{% for a in message %}')
    await press(desk, 'Words', 'Save')
    await error_at(field(desk, 'Text'), 'line 2')

    # A click puts a field where the cursor is, and the preview follows, with a real contact's data.
    await field(desk, 'Text').fill('Welcome , **please** come in.')
    await field(desk, 'Text').evaluate('one => one.setSelectionRange(8, 8)')
    await desk.page.get_by_role('button', name='Insert contact.name', exact=True).click()
    await expect(field(desk, 'Text')).to_have_value('Welcome {{ contact.name }}, **please** come in.')
    await field(desk, 'Subject').fill('{{ contact.organisation }} is welcome')
    await desk.card('Preview').get_by_role('combobox', name='Preview with').fill('Clara')
    await desk.page.get_by_role('option').filter(has_text=WEISS).click()
    await expect(desk.page.get_by_test_id('preview-subject')).to_have_text('Weiss AG is welcome')
    await expect(in_the_mail(desk.page)).to_contain_text('Welcome Clara Weiss, please come in.')
    await desk.page.wait_for_function(AS_HIGH_AS_THE_MAIL)
    await expect(in_the_mail(desk.page).locator('a:not([tabindex="-1"])')).to_have_count(0)
    await press(desk, 'Preview', 'Plain text')
    await expect(desk.page.get_by_label('The mail as plain text')).to_contain_text('/sign-in/link/')

    # A test arrives, before anything is saved.
    await press(desk, 'Preview', 'Send me a test')
    test = await firm.sink.wait_for(OWNER_ADDRESS)
    assert test.subject == 'Weiss AG is welcome'
    assert '<strong' in test.html and 'Open my portal' in test.html and 'only-to-look-at' in test.text
    await expect(field(other, 'Subject')).to_have_value('{{ firm.name }} invites you to its client portal')

    # Saved, it stands in the other tab too, and in the next mail.
    await press(desk, 'Words', 'Save')
    await desk.toast('Saved.')
    await expect(field(other, 'Subject')).to_have_value('{{ contact.organisation }} is welcome', timeout=SOON)
    await expect(other.card('History').get_by_text('Now in use')).to_be_visible(timeout=SOON)
    await desk.new_contact('{{ firm.name }}', 'eve@x.example')
    await desk.invite('eve@x.example')
    mail = await firm.sink.wait_for('eve@x.example')
    assert 'Welcome {{ firm.name }}, please come in.' in mail.text
    await come_in(await firm.client(), mail.link)

    # Back to default asks first; the history brings the words back.
    await desk.go(PATH)
    await press(desk, 'Words', 'Back to default')
    await desk.dialog.get_by_role('button', name='Back to default', exact=True).click()
    await expect(field(desk, 'Subject')).to_have_value('{{ firm.name }} invites you to its client portal')
    await expect(field(other, 'Subject')).to_have_value(
        '{{ firm.name }} invites you to its client portal', timeout=SOON
    )
    await field(desk, 'Text').fill('Half a thought')
    await press(desk, 'History', 'Look at “{{ contact.organisation }} is welcome”')
    await expect(desk.dialog.get_by_label('What it said')).to_contain_text('**please** come in.')
    await expect(desk.dialog.get_by_text('What you have typed and not saved is replaced')).to_be_visible()
    await desk.dialog.get_by_role('button', name='Close', exact=True).last.click()
    await expect(field(desk, 'Text')).to_have_value('Half a thought')
    await press(desk, 'History', 'Look at “{{ contact.organisation }} is welcome”')
    await desk.dialog.get_by_role('button', name='Restore', exact=True).click()
    await expect(field(desk, 'Subject')).to_have_value('{{ contact.organisation }} is welcome')
    await expect(field(desk, 'Text')).to_have_value('Welcome {{ contact.name }}, **please** come in.')


async def test_what_is_typed_survives_a_look_at_another_kind(firm: Firm) -> None:
    desk = await firm.owner(PATH)
    await field(desk, 'Subject').fill('Half a thought')
    await desk.button('Notice').click()
    await expect(field(desk, 'Subject')).to_have_value('{{ message }} · {{ firm.name }}')
    await desk.button('Invitation').click()
    await expect(field(desk, 'Subject')).to_have_value('Half a thought')
    await press(desk, 'Words', 'Discard changes')
    await expect(field(desk, 'Subject')).to_have_value('{{ firm.name }} invites you to its client portal')
