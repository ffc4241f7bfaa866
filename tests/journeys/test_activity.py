"""The Activity page at work: live rows, filters in the address, the file, and addresses nobody bears."""

import csv
import io
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from playwright.async_api import Page, expect

from tests.journeys.walking import OWNER, Desk, Firm, ask_for_mail, come_in, heading
from tests.support.browser import looks_well, shot

LINES = '.fy-feed > li'


async def test_rows_appear_by_themselves_and_unfold(firm: Firm) -> None:
    """R59: live; IP, browser and outcome are one click away, and by the keys too."""
    desk = await firm.owner('/staff/contacts')
    await desk.new_contact('Clara Weiss', 'clara@weiss.example', access=True)
    link = await desk.magic_link('Clara Weiss')
    await desk.go('/staff/activity')
    first = desk.page.locator(LINES).first
    await expect(first).to_contain_text(f'{OWNER} made a link for Clara Weiss')
    await come_in(await firm.client(), link)
    await expect(first).to_contain_text('Clara Weiss signed in with a link')
    unfold = first.get_by_role('button', name='Details: Clara Weiss signed in with a link')
    await unfold.focus()
    await desk.page.keyboard.press('Enter')
    await expect(unfold).to_have_attribute('aria-expanded', 'true')
    details = first.locator('dl')
    for words in ('127.0.0.1', 'Chrome on', 'Done', 'at the door'):
        await expect(details).to_contain_text(words)
    await looks_well(desk.page, 'activity')


async def test_filters_combine_and_stand_in_the_address(firm: Firm, tmp_path: Path) -> None:
    """Person, contact, kind and time; Back goes back; a link shows the same; the file has the same rows."""
    desk = await firm.owner('/staff/contacts')
    await desk.new_contact('Clara Weiss', 'clara@weiss.example', access=True)
    await desk.new_contact('Yuki Tanaka', 'yuki@tanaka.example', access=True)
    await come_in(await firm.client(), await desk.magic_link('Clara Weiss'))
    await come_in(await firm.client(), await desk.magic_link('Yuki Tanaka'))
    await desk.go('/staff/activity')
    page, lines = desk.page, desk.page.locator(LINES)
    await desk.button('Sign-ins').click()
    await expect(page).to_have_url(re.compile(r'/staff/activity\?kind=sign_ins$'))
    await expect(lines.filter(has_text='signed in with a link')).to_have_count(2)
    await expect(lines.filter(has_text='made a link')).to_have_count(0)
    await _pick(page, 'Contact', 'Clara', 'Clara Weiss')
    await expect(page).to_have_url(re.compile(r'kind=sign_ins&contact=\d+$'))
    await expect(lines.filter(has_text='Yuki Tanaka')).to_have_count(0)
    await expect(lines.filter(has_text='Clara Weiss signed in')).to_have_count(1)
    rows = await _exported(desk, tmp_path)
    assert [row['kind'] for row in rows] == ['access:session:started', 'contacts:contact:joined']
    assert await lines.count() == len(rows)

    await page.go_back()
    await expect(lines.filter(has_text='Yuki Tanaka signed in')).to_have_count(1)
    await expect(page.get_by_role('combobox', name='Contact')).to_have_value('')
    await desk.button('All').click()
    await _pick(page, 'Person', 'yuki', 'Yuki Tanaka')
    await expect(page).to_have_url(re.compile(r'\?person=login'))
    await expect(lines.filter(has_text='Yuki Tanaka signed in')).to_have_count(1)
    await expect(lines.filter(has_text=OWNER)).to_have_count(0)
    linked = page.url
    await desk.button('Clear').click()
    await expect(page).to_have_url(re.compile('/staff/activity$'))
    await expect(lines.filter(has_text='Clara Weiss signed in')).to_have_count(1)

    await page.get_by_label('To', exact=True).fill('2020-01-01')
    await expect(heading(page, 'Nothing fits')).to_be_visible()
    await expect(page).to_have_url(re.compile('to=2020-01-01'))
    await desk.button('Show all activity').click()
    await expect(lines.filter(has_text='Clara Weiss signed in')).to_have_count(1)

    other = await firm.another_desk(linked.removeprefix(firm.url))
    await expect(other.page.get_by_role('combobox', name='Person')).to_have_value('Yuki Tanaka')
    await expect(other.page.locator(LINES).filter(has_text='Yuki Tanaka signed in')).to_have_count(1)
    await expect(other.page.locator(LINES).filter(has_text='Clara Weiss signed in')).to_have_count(0)


async def test_an_unknown_address_becomes_a_contact(firm: Firm) -> None:
    """It appears by itself, with "Add as contact" and "Ignore"; once it may come in it is unknown no more."""
    desk = await firm.owner('/staff/activity')
    await expect(heading(desk.page, 'Unknown addresses')).to_have_count(0)
    await ask_for_mail(await firm.client(), firm, 'nora@new.example')
    await ask_for_mail(await firm.client(), firm, 'spam@bot.example')
    card = desk.card('Unknown addresses')
    await expect(card).to_contain_text('nora@new.example')
    await expect(card).to_contain_text('spam@bot.example')
    await expect(card.get_by_text(' of ')).to_have_count(0)
    await shot(desk.page, 'unknown-addresses')
    for name in ('Add as contact', 'Ignore'):
        for number, address in enumerate(('spam@bot.example', 'nora@new.example')):
            same = card.get_by_role('button', name=name, exact=True).nth(number)
            await expect(same).to_have_accessible_description(address)

    row = card.locator('.fy-unknown')
    await row.filter(has_text='nora').get_by_role('button', name='Add as contact').click()
    await expect(desk.field('Email')).to_have_value('nora@new.example')
    await desk.field('Name').fill('Nora Neu')
    await desk.dialog.get_by_role('button', name='Save', exact=True).click()
    await expect(row.filter(has_text='nora')).to_contain_text('Nora Neu has this address, but no access.')
    await row.filter(has_text='spam').get_by_role('button', name='Ignore').click()
    await desk.toast('spam@bot.example is ignored from now on.')
    await expect(card).not_to_contain_text('spam@bot.example')
    await row.get_by_role('link', name='Open contact').click()
    await expect(heading(desk.page, 'Nora Neu')).to_be_visible()
    await desk.access.click()
    await desk.go('/staff/activity')
    await expect(desk.page.locator(LINES).filter(has_text='gave Nora Neu access')).to_have_count(1)
    await expect(heading(desk.page, 'Unknown addresses')).to_have_count(0)


async def test_more_unknown_addresses_than_are_shown(firm: Firm) -> None:
    """How many there are is said, and one that is ignored makes room for the next."""
    desk = await firm.owner('/staff/activity')
    now = datetime.now(UTC).isoformat(sep=' ')
    with closing(sqlite3.connect(firm.served.data_dir / 'foyer.sqlite3', timeout=10)) as file, file:
        for number in range(57):
            file.execute(
                'INSERT INTO unknown_address (email, tries, first_at, last_at, ip, network, user_agent) '
                "VALUES (?, 1, ?, ?, '198.51.100.7', '198.51.100.7', '')",
                (f'a{number:02}@x.example', now, now),
            )
    await desk.reload()
    card = desk.card('Unknown addresses')
    await expect(card.locator('.fy-unknown')).to_have_count(20)
    await expect(card.get_by_text('20 of 57')).to_be_visible()
    await looks_well(desk.page, 'unknown-addresses-many')
    await card.get_by_role('button', name='Ignore', exact=True).first.click()
    await expect(card.get_by_text('20 of 56')).to_be_visible()


async def _pick(page: Page, label: str, text: str, name: str) -> None:
    await page.get_by_role('combobox', name=label, exact=True).fill(text)
    await page.get_by_role('option').filter(has_text=name).first.click()


async def _exported(desk: Desk, folder: Path) -> list[dict[str, str]]:
    async with desk.page.expect_download() as downloading:
        await desk.button('Export activity').click()
    download = await downloading.value
    assert re.fullmatch(r'activity-\d{4}-\d\d-\d\d\.csv', download.suggested_filename)
    await download.save_as(folder / 'activity.csv')
    text = (folder / 'activity.csv').read_bytes().decode('utf-8-sig')
    return list(csv.DictReader(io.StringIO(text, newline='')))
