"""What staff read of an import and of jobs, in a browser: numbers that hold, the same words everywhere, nothing cut."""

from datetime import UTC, datetime, timedelta

from playwright.async_api import Page, expect

from tests.support.browser import Browser
from tests.ui.portal import OWNER, PASSWORD, Portal

IMPORT = '/staff/contacts/import'
ROWS = 1_200
SOON = 30_000  # ms for what takes a job
CUT = 'all => all.filter(one => one.scrollWidth > one.clientWidth).map(one => one.textContent.trim())'
COMMA = 'one => getComputedStyle(one.children[1], "::before").content'


async def signed_in(browser: Browser, portal: Portal, path: str) -> Page:
    page = await browser.new_page()
    await page.goto(f'{portal.base_url}/staff/sign-in')
    await page.get_by_label('Email').fill(OWNER)
    await page.get_by_label('Password').fill(PASSWORD)
    await page.get_by_role('button', name='Sign in').click()
    await expect(page.get_by_role('heading', name='Client Portal', level=1)).to_be_visible()
    await page.goto(f'{portal.base_url}{path}')
    return page


async def test_an_import_is_told_alike_wherever_it_is_read(portal: Portal, browser: Browser) -> None:
    """Its preview, its run and the list of jobs; a screen reader never finds a number that holds no more."""
    family = ''.join(f'Member {number},family@words.example\r\n' for number in range(5))
    others = ''.join(f'Reader {number},reader{number}@words.example\r\n' for number in range(ROWS - 6))
    content = f'name,email\r\n{family}{others}Nobody,two@@words.example\r\n'
    answer = portal.staff().post(f'{IMPORT}/file', params={'name': 'words-of-an-import.csv'}, content=content.encode())
    page = await signed_in(browser, portal, f'{IMPORT}?file={answer.json()["id"]}')
    await expect(page.get_by_text('Member 0, Member 1, Member 2 and 2 more')).to_be_visible(timeout=SOON)
    await expect(page.get_by_text('“two@@words.example”: An email address has only one @ in it')).to_be_visible()
    await page.get_by_role('button', name='Start import').click()
    await expect(page.get_by_text('All rows are dealt with.')).to_be_visible(timeout=SOON)
    new = page.get_by_test_id('import-new')
    await expect(new).to_have_text('1199')
    assert await new.evaluate(COMMA) == '","'
    for said in await page.locator('.fy-figure .fy-sr').all_text_contents():
        assert said in ('', 'New: 1,199', 'Refused: 1')
    await expect(page.locator('.fy-legend').get_by_text('1 refused', exact=True)).to_be_visible()
    await page.goto(f'{portal.base_url}/staff/jobs')
    row = page.get_by_role('row').filter(has_text='words-of-an-import.csv')
    await expect(row).to_contain_text('1,199 done · 1 refused')
    portal.change("UPDATE job SET skipped = 22222, done = 111111, total = 999999 WHERE kind = 'import'")
    await page.reload()
    await expect(row).to_contain_text('111,111 done · 22,222 left alone · 1 refused')
    assert await row.locator('.fy-lines > div').evaluate_all(CUT) == []


async def test_how_long_ago_a_job_began_is_said_in_words(portal: Portal, browser: Browser) -> None:
    began = datetime.now(UTC) - timedelta(minutes=4, seconds=5)
    portal.change(
        'INSERT INTO job (kind, state, params, made_by_name, created_at, worked_ms, gathered, position, total, done, '
        "skipped, failed, counts, fault) VALUES ('invite', 'cancelled', '{}', 'Olga', ?, 0, 1, 0, 1, 1, 0, 0, '{}', "
        "'')",
        began.isoformat(sep=' '),
    )
    ((job_id,),) = portal.rows('SELECT max(id) FROM job')
    page = await signed_in(browser, portal, f'/staff/jobs/{job_id}')
    await expect(page.locator('p').filter(has_text='Started by')).to_have_text('Started by Olga 4 min ago')


async def test_what_is_the_matter_with_an_address_is_not_cut_off(portal: Portal, browser: Browser) -> None:
    """The address and the organisation give way to it."""
    address = f'{"long" * 15}@words.example'
    for name in ('Uncut One', 'Uncut Two'):
        portal.contact(name, email=address)
    portal.change("UPDATE contact SET organisation = 'Its Firm', email_status = 'refused' WHERE email = ?", address)
    page = await signed_in(browser, portal, '/staff/contacts?search=uncut')
    line = page.get_by_role('row').filter(has_text='Uncut One').locator('.second').first
    await expect(line).to_contain_text('shared address')
    cut = await line.locator('> *').evaluate_all(CUT)
    assert [one[:8] for one in cut] == ['longlong']
    assert await line.evaluate('one => one.scrollWidth <= one.clientWidth')


async def test_which_file_is_which(portal: Portal, browser: Browser) -> None:
    """The two of the access report, and the one that can be edited and imported again."""
    portal.contact('Filed Away')
    page = await signed_in(browser, portal, '/staff/access-report')
    await expect(page.get_by_role('button', name='Export as XLSX')).to_be_visible()
    await expect(page.get_by_role('button', name='Export access report')).to_have_attribute('title', 'A CSV file')
    await page.goto(f'{portal.base_url}/staff/contacts')
    await page.get_by_role('button', name='Bulk actions').click()
    await page.get_by_role('menuitem', name='Export').click()
    link = page.get_by_role('dialog').get_by_role('link', name='Download contacts')
    await expect(link).to_have_attribute('href', IMPORT)
