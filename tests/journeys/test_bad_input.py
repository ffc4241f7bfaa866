"""Whatever is typed wrongly is told at its field, in a sentence, and stays typed."""

from playwright.async_api import Locator, Page, expect

from tests.journeys.walking import (
    FIRM,
    OWNER,
    OWNER_ADDRESS,
    PASSWORD,
    Desk,
    Firm,
    at_work,
    error_at,
    heading,
)  # fmt: skip

LONG = 'n' * 300
CODES = dict.fromkeys(('', 'abcdef', '12345', '٣٣٣٣٣'), 'Please type the six digits') | {
    '000000': 'This code does not fit.'
}
ADDRESSES = {
    '': 'Please enter an email address.',
    'a@one.example, b@two.example': 'Please enter one address only.',
    'Clara <clara@weiss.example>': 'Please enter the address alone, without a name around it.',
    'clara.weiss.example': 'An email address has an @ in it, like name@example.com.',
    'clara@weiss': 'The part after the @ is not a complete domain, like example.com.',
    'cla ra@weiss.example': 'The part before the @ cannot be like this.',
    f'{LONG}@weiss.example': 'This address is longer than an email address can be (254 characters).',
    'clara@wеiss.example': 'This domain mixes letters of different alphabets',
    'clara\u202e@weiss.example': 'This address contains an invisible character.',
}


async def test_at_the_set_up(firm: Firm) -> None:
    """/setup: name, address, password; the rest of the form is still there, the password never."""
    page = await firm.browser.new_page()
    await page.goto(firm.served.setup_url)
    typed = {'Firm name': FIRM, 'Name': OWNER, 'Email': OWNER_ADDRESS}
    for label, wrong, words in (
        ('Name', '', 'Please fill this in.'),
        ('Firm name', LONG, 'This is too long'),
        ('Email', 'olga@firm.example, x@y.example', ADDRESSES['a@one.example, b@two.example']),
        ('Password', 'short', 'Please use at least'),
    ):
        form = typed | {'Password': PASSWORD, label: wrong}
        for field, text in form.items():
            await page.get_by_label(field, exact=True).fill(text)
        async with page.expect_navigation():
            await page.get_by_role('button', name='Create owner', exact=True).click()
        await error_at(page.get_by_label(label, exact=True), words)
        for field, text in (form | {'Password': ''}).items():
            await expect(page.get_by_label(field, exact=True)).to_have_value(text)

    await page.get_by_label('Password', exact=True).fill(PASSWORD)
    await page.get_by_role('button', name='Create owner', exact=True).click()
    await expect(heading(page, 'Client Portal')).to_be_visible()
    await _at_the_staff_door(firm)


async def _at_the_staff_door(firm: Firm) -> None:
    page = await firm.browser.new_page()
    await page.goto(f'{firm.url}/staff/sign-in')
    for address in (OWNER_ADDRESS, 'nobody@firm.example', 'no address at all'):
        await page.get_by_label('Email', exact=True).fill(address)
        await page.get_by_label('Password', exact=True).fill('not the password')
        async with page.expect_navigation():
            await page.get_by_role('button', name='Sign in', exact=True).click()
        await expect(page.get_by_role('alert')).to_have_text(
            'Email and password do not fit together. Please try again.'
        )
        await expect(page.get_by_label('Email', exact=True)).to_have_value(address)
        await expect(page.get_by_label('Password', exact=True)).to_have_value('')


async def test_at_the_clients_door(firm: Firm) -> None:
    """/sign-in and the code: every kind of bad address, and codes that are none."""
    page = await firm.client()
    await page.goto(f'{firm.url}/sign-in')
    field = page.get_by_label('Email', exact=True)
    for address, words in ADDRESSES.items():
        await field.fill(address)
        async with page.expect_navigation():
            await field.press('Enter')
        await error_at(field, words)
        await _still_there(page, address)
    await field.fill('stranger@nowhere.example')
    await field.press('Enter')
    await expect(heading(page, 'Check your email')).to_be_visible()
    code = page.get_by_label('Code', exact=True)
    for typed, words in CODES.items():
        await code.fill(typed)
        async with page.expect_navigation():
            await page.get_by_role('button', name='Continue', exact=True).click()
        await error_at(code, words)


async def _still_there(page: Page, address: str) -> None:
    """A browser sends the domain of an address in its own spelling, xn-- and all."""
    shown = await page.get_by_label('Email', exact=True).input_value()
    as_sent = (
        address.rpartition('@')[0] + '@' + address.rpartition('@')[2].encode('idna').decode()
        if '@' in address
        else address
    )
    assert shown in (address, as_sent), address


async def test_at_the_desk(firm: Firm) -> None:
    """The firm's name, a new contact, an invitation."""
    desk = await firm.owner(firm_name='')
    await _firm_name(desk, desk.card('First steps').get_by_label('Firm name', exact=True))
    await _invite(desk)
    await desk.go('/staff/settings/portal')
    await _firm_name(desk, desk.page.get_by_label('Firm name', exact=True))
    await _numbers(desk)
    await desk.go('/staff/contacts')
    await _new_contact(desk)


async def _firm_name(desk: Desk, field: Locator) -> None:
    for typed, words in {
        LONG: 'This is too long: at most 120 characters fit.',
        'Lindqvist\tund Partner': 'This contains an invisible character.',
    }.items():
        await field.fill(typed)
        await field.press('Enter')
        await error_at(field, words)
        await expect(field).to_have_value(typed)
    await field.fill('Lindqvist <b>& Partner</b> 🦊')
    await field.press('Enter')
    await expect(desk.page.get_by_role('textbox', name='Firm name')).not_to_have_attribute('aria-invalid', 'true')


async def _numbers(desk: Desk) -> None:
    for label, words in {
        'Sign-in links work for': 'Please choose a number from 5 to 60.',
        'Invitations work for': 'Please choose a number from 1 to 30.',
    }.items():
        field = desk.page.get_by_label(label, exact=True)
        before = await field.input_value()
        for typed in ('', '0', '-5', '1000000', 'soon', '15.5'):
            await field.fill(typed)
            await desk.button('Save').click()
            assert await error_at(field, words) == words, typed
            await expect(field).to_have_value(typed)
        await field.fill(before)
    await desk.button('Save').click()
    await desk.toast('Saved.')


async def _invite(desk: Desk) -> None:
    await desk.choose('Invite to Client Portal')
    who, message = desk.field('Contact or email'), desk.field('Personal message')
    send = desk.dialog.get_by_role('button', name='Send Invite', exact=True)
    await message.fill('Hello!')
    for typed, words in (
        {key: value for key, value in ADDRESSES.items() if '@' in key}
        | {
            '': 'Please pick a contact or enter an email address.',
            'Nobody Known': 'No contact has exactly this name. Pick one from the list, or enter an email address.',
        }
    ).items():
        await who.fill(typed)
        await send.click()
        await error_at(who, words)
        await expect(who).to_have_value(typed)
        await expect(message).to_have_value('Hello!')
    await who.fill('clara@weiss.example')
    await message.fill('m' * 2_500)
    await send.click()
    await error_at(message, 'This is too long: at most 2000 characters fit.')
    await expect(message).to_have_value('m' * 2_500)
    await expect(who).to_have_value('clara@weiss.example')
    await desk.page.keyboard.press('Escape')
    await expect(desk.dialog).to_have_count(0)
    await desk.counts_are(with_access=0, invited=0)
    assert desk.firm.sink.attempts == []


async def _new_contact(desk: Desk) -> None:
    await desk.button('New contact').first.click()
    good = {'Name': 'Clara Weiss', 'Email': 'clara@weiss.example', 'Organisation': 'Weiss AG'}
    bad: list[tuple[str, str, str]] = [
        ('Name', '', 'Please fill this in.'),
        ('Name', '   ', 'Please fill this in.'),
        ('Name', LONG, 'This is too long: at most 200 characters fit.'),
        ('Name', 'Clara\tWeiss', 'This contains an invisible character.'),
        ('Organisation', LONG, 'This is too long: at most 200 characters fit.'),
        *(('Email', address, words) for address, words in ADDRESSES.items() if address),
    ]
    for label, typed, words in bad:
        for field, text in (good | {label: typed}).items():
            await desk.field(field).fill(text)
        await desk.dialog.get_by_role('button', name='Save', exact=True).click()
        await error_at(desk.field(label), words)
        await expect(desk.field(label)).to_be_focused()
        for field, text in (good | {label: typed}).items():
            await expect(desk.field(field)).to_have_value(text)
    await desk.field('Email').fill(good['Email'])
    await desk.field('Email').press('Enter')
    await expect(desk.dialog).to_have_count(0)
    await expect(desk.page.get_by_role('link', name='Clara Weiss', exact=True)).to_be_visible()
    await at_work(desk.page)
