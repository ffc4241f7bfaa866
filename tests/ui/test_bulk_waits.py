"""A bulk action whose contacts cannot be counted yet says so, and nobody looks at an empty dialog."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
from playwright.async_api import Page, expect

from domain.dependencies import Dependencies
from storage.database import DatabaseUrl
from tests.factories import given_contact
from tests.support.browser import Browser
from tests.support.databases import postgres_only
from tests.support.served import Served

PASSWORD = 'correct horse battery staple'
SENTENCE = 'Too much is being counted at the moment. Please close this and try again in a while.'
IN_A_LINE = 'Too much is being read at the moment. Please ask for more in a while.'


async def choose(page: Page, act: str) -> None:
    await page.get_by_role('button', name='Bulk actions').click()
    await page.get_by_role('menuitem', name=act, exact=True).click()
    await expect(page.get_by_role('dialog')).to_be_visible()


async def close(page: Page) -> None:
    await expect(page.get_by_role('dialog').locator(':focus')).to_have_count(1)
    await page.keyboard.press('Escape')
    await expect(page.get_by_role('dialog')).to_have_count(0, timeout=15_000)


@asynccontextmanager
async def nobody_reads_contacts(database: DatabaseUrl) -> AsyncIterator[None]:
    """As long as another program holds the table, such as one that restores a backup."""
    holder = await asyncpg.connect(database.url)
    await holder.execute('BEGIN')
    await holder.execute('LOCK TABLE contact IN ACCESS EXCLUSIVE MODE')
    try:
        yield
    finally:
        await holder.close()


@postgres_only
async def test_who_waits_too_long_for_the_numbers_is_told(
    deps: Dependencies, database: DatabaseUrl, tmp_path: Path, browser: Browser
) -> None:
    """Counts take turns. While the one before it stands still, the next ends with a sentence and can be tried again."""
    served = Served(
        tmp_path / 'served', database_url=database.url, settings={'test_longest_wait': '1', 'test_most_at_once': '1'}
    )
    served.create_owner(password=PASSWORD)
    await given_contact(deps, 'Clara Weiss', access=False)
    await given_contact(deps, 'Nobody Else', '', access=False)
    with served:
        page = await browser.new_page()
        await page.goto(f'{served.base_url}/staff/sign-in')
        await page.get_by_label('Email').fill('olga@firm.example')
        await page.get_by_label('Password').fill(PASSWORD)
        await page.get_by_role('button', name='Sign in').click()
        await expect(page.get_by_role('heading', name='Client Portal')).to_be_visible()
        await page.goto(f'{served.base_url}/staff/contacts')
        await page.get_by_role('checkbox', name='Select Clara Weiss').click()
        await page.get_by_role('checkbox', name='Select Nobody Else').click()
        async with nobody_reads_contacts(database):
            await choose(page, 'Invite to Client Portal')
            await close(page)
            await choose(page, 'Invite to Client Portal')
            await expect(page.get_by_role('dialog').get_by_text(SENTENCE)).to_be_visible(timeout=15_000)
            await close(page)
        await choose(page, 'Invite to Client Portal')
        await expect(page.get_by_role('button', name='Invite 1')).to_be_enabled()
        groups = page.get_by_role('dialog').locator('.fy-group-head')
        async with nobody_reads_contacts(database):
            await groups.nth(0).get_by_role('button').click()
            await groups.nth(1).get_by_role('button').click()
            await expect(page.get_by_role('dialog').get_by_text(IN_A_LINE)).to_be_visible(timeout=15_000)
        await page.get_by_role('button', name='Show more').click()
        await expect(page.get_by_role('dialog').get_by_text('Nobody Else')).to_be_visible()
        await expect(page.get_by_role('dialog').get_by_text(IN_A_LINE)).to_be_hidden()
