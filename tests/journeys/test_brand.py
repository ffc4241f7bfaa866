"""A firm dresses its portal: tried on beside the fields, refused with reasons, and then on every open page at once."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import Locator, Page, expect

from tests.domain.portal.logos import ACTIVE, DRAWN, NO_PICTURE, holding, painted, png_of
from tests.journeys.walking import (
    FIRM,
    OWNER_ADDRESS,
    PHONE,
    SOON,
    Desk,
    Firm,
    ask_for_mail,
    at_work,
    come_in,
    error_at,
)
from tests.support.browser import axe, no_overflow, shot

PAGE = '/staff/settings/branding'
GREEN = 'rgb(10, 125, 90)'
SAVE_IS_FREE = """() => {
    scrollTo(0, document.documentElement.scrollHeight);
    const save = [...document.querySelectorAll('button')].find(one => one.textContent.trim() === 'Save');
    const toast = document.querySelector('.q-notification')?.getBoundingClientRect();
    return toast?.bottom <= innerHeight && save.getBoundingClientRect().bottom <= toast.top;
}"""
NAME_IS_WHOLE = """() => {
    const name = document.querySelector('.fy-topbar .fy-cut');
    return name.scrollWidth <= name.clientWidth;
}"""


def pane(page: Page, name: str) -> Locator:
    """What a preview shows."""
    return page.locator(f'[data-preview={name}]')


async def hand_in(page: Page, folder: Path, name: str, content: bytes) -> None:
    """Choose a file as the logo."""
    file = folder / name
    file.write_bytes(content)
    await page.get_by_label('Choose a logo').set_input_files(file)


async def fill_in(desk: Desk) -> None:
    """Everything but the logo."""
    for label, text in {
        'Firm name': 'Holm & Söhne',
        'Accent colour': '#0a7d5a',
        'Postal address': 'Lange Straße 1\n10115 Berlin',
        'Support email': 'hilfe@holm.example',
        'Support phone': '+49 30 12',
        'Support page': 'holm.example/hilfe',
        'Welcome text': 'Good to **have** you. [Help](https://holm.example)',
    }.items():
        await desk.page.get_by_label(label, exact=True).fill(text)


async def wears(page: Page, title: str) -> None:
    """This open page has come to look like Holm, without being loaded again."""
    await expect(page).to_have_title(title, timeout=SOON)
    await expect(page.locator('img.fy-logo').first).to_be_visible(timeout=SOON)
    await expect(page.locator('img.fy-logo').first).to_have_js_property('naturalWidth', 120)
    await expect(page.get_by_text('10115 Berlin')).to_be_visible()
    await expect(page.get_by_role('link', name='Email: hilfe@holm.example')).to_have_attribute(
        'href', 'mailto:hilfe@holm.example'
    )
    await page.wait_for_function(
        "getComputedStyle(document.documentElement).getPropertyValue('--accent') === '#0a7d5a'"
    )
    await expect(page.locator('link[rel~=icon]')).to_have_attribute('href', re.compile(r'^/brand/[0-9a-f]{64}/icon$'))
    assert await page.evaluate('window.stayed') == 1, 'it was loaded again'


async def test_a_firm_is_dressed_and_everybody_sees_it(firm: Firm, tmp_path: Path) -> None:
    """Tried on first, seen by nobody else; then on the portal, its profile, the door, in mail and where links land."""
    desk = await firm.owner('/staff/contacts')
    await desk.new_contact('Clara Weiss', 'clara@weiss.example', access=True)
    clara, door = await firm.client(), await firm.client()
    await come_in(clara, await desk.magic_link('Clara Weiss'))
    profile = await clara.context.new_page()
    await profile.goto(f'{firm.url}/profile')
    await door.goto(f'{firm.url}/sign-in')
    for page in (clara, profile, door):
        await at_work(page)
        await page.evaluate('window.stayed = 1')
    await desk.go(PAGE)
    await fill_in(desk)
    await hand_in(desk.page, tmp_path, 'logo.png', painted())
    await expect(desk.page.get_by_role('img', name='The logo')).to_be_visible()
    for name, words in (('portal', 'Good to have you.'), ('door', '10115 Berlin')):
        await expect(pane(desk.page, name)).to_contain_text(words)
        await expect(pane(desk.page, name)).to_contain_text('Holm & Söhne')
        await expect(pane(desk.page, name).locator('img.fy-logo')).to_have_count(1)
    mail = pane(desk.page, 'mail').frame_locator('iframe')
    await expect(mail.get_by_text('10115 Berlin')).to_have_count(1)
    await expect(mail.locator('img.logo')).to_have_js_property('naturalWidth', 120)
    await expect(mail.locator('a.button')).to_have_css('background-color', GREEN)
    await expect(pane(desk.page, 'door').locator('.fy-primary')).to_have_css('background-color', GREEN)
    await shot(desk.page, 'brand')
    await expect(clara).to_have_title(re.compile('Lindqvist'))
    assert await clara.locator('img.fy-logo').count() == 0, 'nobody sees what is only tried on'
    await desk.button('Save').click()
    await desk.toast('Saved.')
    await wears(clara, 'Home · Holm & Söhne')
    await wears(profile, 'Profile · Holm & Söhne')
    await wears(door, 'Sign in · Holm & Söhne')
    await expect(clara.get_by_text('Good to have you.')).to_be_visible()
    await expect(clara.get_by_role('link', name='Help', exact=True)).to_have_attribute('rel', 'noopener noreferrer')
    await expect(desk.page).to_have_title('Brand · Holm & Söhne')
    await expect(desk.page.get_by_label('Support page', exact=True)).to_have_value('https://holm.example/hilfe')
    await ask_for_mail(door, firm, 'clara@weiss.example')
    written = await firm.sink.wait_for('clara@weiss.example')
    assert written.message['From'].addresses[0].display_name == 'Holm & Söhne'
    assert '#0a7d5a' in written.html and 'src="cid:logo-' in written.html
    assert [one.get_content_type() for one in written.message.walk()].count('image/png') == 1
    await door.goto(written.link)
    await expect(door.locator('header img.logo')).to_have_js_property('naturalWidth', 120)
    await expect(door.get_by_role('button', name='Continue')).to_have_css('background-color', GREEN)
    assert not await axe(door)


async def test_a_logo_that_is_none_is_refused_with_the_reason(firm: Firm, tmp_path: Path) -> None:
    """At the field, where the next one can be chosen at once; nothing of it is tried on."""
    firm.browser.allow(r'status of 422', r'status of 413')
    desk = await firm.owner(PAGE)
    for name, content, words in (
        ('logo.svg', ACTIVE['script'], 'holds something that acts: <script>'),
        ('logo.png', png_of(8_000, 5_000), 'has 8,000 × 5,000 pixels'),
        ('setup.exe.png', NO_PICTURE['a program'], 'This is no picture, whatever its name says.'),
    ):
        await hand_in(desk.page, tmp_path, name, content)
        await expect(desk.page.get_by_role('alert').filter(has_text=words)).to_be_visible()
        await expect(desk.page.get_by_label('Choose a logo')).to_be_focused()
        assert await desk.page.get_by_role('img', name='The logo').count() == 0
    await hand_in(desk.page, tmp_path, 'logo.svg', DRAWN)
    await expect(desk.page.get_by_role('img', name='The logo')).to_be_visible()
    await expect(pane(desk.page, 'portal').locator('img.fy-logo')).to_have_count(1)
    await desk.button('Remove logo').click()
    await expect(pane(desk.page, 'portal').locator('img.fy-logo')).to_have_count(0)


async def test_a_drawn_logo_stands_in_mail_as_a_picture(firm: Firm, tmp_path: Path) -> None:
    """The browser draws it as it is chosen, the page says so, and mail carries it; a blank one is left out."""
    firm.browser.allow(r'status of 422')
    desk = await firm.owner(PAGE)
    in_mail = pane(desk.page, 'mail').frame_locator('iframe').locator('img.logo')
    await hand_in(desk.page, tmp_path, 'blank.svg', holding('<g/>').replace(b'<path d="M0 0h9v9z"/>', b''))
    await expect(desk.page.get_by_text('could not make a picture of it')).to_be_visible()
    await expect(pane(desk.page, 'mail').frame_locator('iframe').get_by_text(FIRM).first).to_be_visible()
    assert await in_mail.count() == 0
    await hand_in(desk.page, tmp_path, 'logo.svg', DRAWN)
    await expect(desk.page.get_by_text('this browser made a picture of it')).to_be_visible()
    await expect(in_mail).to_have_js_property('naturalWidth', 224)
    await expect(in_mail).to_have_attribute('height', '56')
    await desk.button('Save').click()
    await desk.toast('Saved.')
    await desk.go('/staff/settings/emails')
    await desk.card('Preview').get_by_role('button', name='Send me a test', exact=True).click()
    mail = await firm.sink.wait_for(OWNER_ADDRESS)
    picture = next(part for part in mail.message.walk() if part.get_content_type() == 'image/png')
    with Image.open(BytesIO(picture.get_content())) as seen:
        assert seen.size == (224, 112)
        red, green, blue, alpha = seen.convert('RGBA').getpixel((112, 56))
        assert (abs(red - 0x2B) < 4, abs(green - 0x55) < 4, abs(blue - 0xD9) < 4, alpha) == (True, True, True, 255)
    await desk.go(PAGE)
    await expect(desk.page.get_by_text('this browser made a picture of it')).to_be_visible()
    await desk.page.set_viewport_size({'width': PHONE[0], 'height': PHONE[1]})
    await expect(desk.page.locator('.fy-topbar').get_by_text(FIRM)).to_be_visible()
    await desk.page.wait_for_function(NAME_IS_WHOLE)


async def test_what_is_wrong_is_told_at_each_field(firm: Firm) -> None:
    """All of it at once, and what was typed stays; another member's change reaches the fields that nobody edits."""
    desk, other = await firm.owner(PAGE), await firm.another_desk(PAGE)
    wrong = {
        'Firm name': ('', 'Please fill this in.'),
        'Accent colour': ('red', 'This is not a colour.'),
        'Support email': ('hilfe', 'has an @ in it'),
        'Support phone': ('call', 'This is not a telephone number.'),
        'Support page': ('http://holm.example', 'begins with https://'),
    }
    for label, (text, _) in wrong.items():
        await desk.page.get_by_label(label, exact=True).fill(text)
    await desk.button('Save').click()
    for label, (text, words) in wrong.items():
        field = desk.page.get_by_label(label, exact=True)
        await error_at(field, words)
        await expect(field).to_have_value(text)
    await expect(desk.page.get_by_label('Firm name', exact=True)).to_be_focused()
    await expect(desk.page.get_by_label('Firm name', exact=True)).to_be_in_viewport(ratio=1)
    await expect(desk.page.get_by_text('Text on it is')).to_have_count(0)
    await fill_in(desk)
    await desk.page.get_by_label('Accent colour', exact=True).fill('#ffee00')
    await desk.page.get_by_role('button', name=re.compile('^Use #')).click()
    await expect(desk.page.get_by_label('Accent colour', exact=True)).not_to_have_value('#ffee00')
    corrected = await desk.page.get_by_label('Accent colour', exact=True).input_value()
    assert re.fullmatch('#[0-9a-f]{6}', corrected)
    await other.page.get_by_label('Support phone', exact=True).fill('+1 555 010')
    await desk.button('Save').click()
    await desk.toast('Saved.')
    await desk.page.wait_for_function(SAVE_IS_FREE)
    await expect(other.page.get_by_label('Firm name', exact=True)).to_have_value('Holm & Söhne', timeout=SOON)
    await expect(other.page.get_by_label('Accent colour', exact=True)).to_have_value(corrected)
    await expect(other.page.get_by_label('Support phone', exact=True)).to_have_value('+1 555 010')


@pytest.mark.parametrize('dark', [False, True], ids=['light', 'dark'])
async def test_the_page_for_everybody(firm: Firm, tmp_path: Path, *, dark: bool) -> None:
    """Axe by day and in the dark, wide and on a phone, where one preview stands at a time; keys reach everything."""
    desk = await firm.owner(PAGE, dark=dark)
    await fill_in(desk)
    await desk.page.get_by_label('Accent colour', exact=True).fill('#ffd400')
    await hand_in(desk.page, tmp_path, 'logo.png', painted(size=(600, 120)))
    await expect(pane(desk.page, 'mail').frame_locator('iframe').locator('img.logo')).to_have_count(1)
    assert not await axe(desk.page)
    await no_overflow(desk.page)
    for name in ('portal', 'door', 'mail'):
        await expect(pane(desk.page, name)).to_be_visible()
    await desk.page.set_viewport_size({'width': PHONE[0], 'height': PHONE[1]})
    assert not await axe(desk.page)
    await no_overflow(desk.page)
    await shot(desk.page, f'brand-phone-{"dark" if dark else "light"}')
    for words, name in (('Mail', 'mail'), ('Sign-in page', 'door'), ('Portal', 'portal')):
        tab = desk.page.get_by_role('group', name='What to preview').get_by_role('button', name=words, exact=True)
        await tab.focus()
        await desk.page.keyboard.press('Enter')
        await expect(tab).to_have_attribute('aria-pressed', 'true')
        await expect(desk.page.locator('[data-preview]:visible')).to_have_count(1)
        await expect(pane(desk.page, name)).to_be_visible()
    await pane(desk.page, 'portal').locator('.fy-welcome a').evaluate('(link) => link.focus()')
    assert not await desk.page.evaluate("() => Boolean(document.activeElement.closest('[inert]'))")
