"""The list of contacts at a browser: ticked by mouse and by keys, filtered, sorted, paged, linked and kept by name."""

import re
from typing import Literal

from playwright.async_api import Locator, expect

from domain.actors import SystemActor
from domain.contacts.new_contact import ContactDetails, Kind, check_details, insert_contact
from domain.dependencies import Dependencies, build_dependencies
from domain.settings import Settings
from domain.unit_of_work import deed, unit_of_work
from storage.database import DatabaseUrl
from tests.journeys.walking import SOON, Desk, Firm
from tests.support.browser import looks_well
from tests.support.databases import in_a_thread, opened_as_served

CONTACTS = 60  # three pages: Anna 00 to Anna 29 of Alder, Bert 30 to Bert 59 of Birch with access
Role = Literal['menuitem', 'menuitemradio']


@deed
async def _insert(deps: Dependencies) -> None:
    async with unit_of_work(deps) as work:
        for number in range(CONTACTS):
            name, firm = ('Anna', 'Alder') if number < CONTACTS // 2 else ('Bert', 'Birch')
            details = ContactDetails(Kind.PERSON, f'{name} {number:02}', f'{name}{number}@clients.example', firm)
            await insert_contact(work, SystemActor(), check_details(details), give_access=name == 'Bert')


def given_contacts(firm: Firm) -> None:
    """Before any page is open: pages hear of what happens in their own process."""
    settings = Settings(_env_file=None, **firm.served.settings)  # type: ignore[arg-type]

    async def run() -> None:
        async with opened_as_served(DatabaseUrl(settings.database)):
            await _insert(build_dependencies(settings))

    in_a_thread(run)


class ContactList(Desk):
    """A staff member before the list."""

    def box(self, name: str) -> Locator:
        return self.page.get_by_role('checkbox', name=f'Select {name}', exact=True)

    @property
    def bar(self) -> Locator:
        return self.page.get_by_role('toolbar', name='Selected contacts')

    async def shows(self, first: str, rows: int) -> None:
        """So many rows, of which this is the first."""
        links = self.page.get_by_role('row').get_by_role('link')
        await expect(links.first).to_have_text(first)
        await expect(links).to_have_count(rows)

    async def says(self, words: str) -> None:
        """The bar shows it, and who cannot see it hears it."""
        await expect(self.bar).to_contain_text(words)

    async def hears(self, words: str) -> None:
        await expect(self.page.get_by_role('status').filter(has_text=words)).to_have_count(1)

    async def choose_from(
        self, button: str, item: str, role: Literal['menuitem', 'menuitemradio'] = 'menuitem'
    ) -> None:
        await self.button(button).click()
        await self.page.get_by_role('menu').get_by_role(role, name=item, exact=True).click()


async def test_ticking_filtering_and_keeping_what_is_looked_at(firm: Firm) -> None:
    """Ranges, pages and all that fit; filters, order and place in the address, Back and Forward; views by name; keys
    alone; nothing serious for axe, on a desk in the dark and on a phone in the light."""
    await firm.owner('/staff')
    given_contacts(firm)
    desk = await firm.another_desk('/staff/contacts')
    listed = ContactList(desk.page, firm)
    await _ticks(listed)
    await _filters(listed)
    await _views(listed)
    await _live(listed)
    await _keys(listed)
    await _looks(listed)


async def _ticks(listed: ContactList) -> None:
    await listed.shows('Anna 00', 25)
    await expect(listed.page.get_by_text('60 contacts, 30 with access')).to_be_visible()
    await expect(listed.page.get_by_text('1 to 25 of 60')).to_be_visible()
    await listed.box('Anna 02').click()
    await listed.says('1 selected')
    await listed.box('Anna 06').click(modifiers=['Shift'])
    await listed.says('5 selected')
    await listed.hears('5 contacts selected')
    await expect(listed.box('Anna 04')).to_be_checked()
    await listed.box('Anna 04').click()
    await listed.says('4 selected')
    await listed.button('Next page').click()
    await listed.shows('Anna 25', 25)
    await listed.says('4 selected, 4 not on this page')
    await listed.page.get_by_role('checkbox', name='Select this page').click()
    await listed.says('29 selected, 4 not on this page')
    await listed.button('Previous page').click()
    await listed.shows('Anna 00', 25)
    await expect(listed.box('Anna 02')).to_be_checked()
    await expect(listed.box('Anna 04')).not_to_be_checked()
    await listed.button('Select all 60').click()
    await listed.says('All 60 selected')
    await listed.box('Anna 00').click()
    await listed.says('59 selected')
    await expect(listed.button('Bulk actions')).to_have_count(1)
    await listed.choose_from('Bulk actions', 'Invite to Client Portal')
    await expect(listed.dialog).to_be_visible()
    await listed.page.keyboard.press('Escape')
    await expect(listed.dialog).to_have_count(0)
    await listed.says('59 selected')


async def _filters(listed: ContactList) -> None:
    page = listed.page
    await page.get_by_role('searchbox', name='Search contacts').press_sequentially('bért birch', delay=20)
    await listed.shows('Bert 30', 25)
    await expect(listed.bar).to_be_hidden()  # all that fitted before are not those that are looked at now
    await expect(page).to_have_url(re.compile(r'\?search=b%C3%A9rt\+birch$'))
    await listed.hears('30 contacts fit')
    await page.get_by_role('group', name='Status').get_by_role('button', name='Not invited').click()
    await listed.button('Filter').click()
    await page.get_by_label('Joined', exact=True).select_option('No')
    await page.get_by_label('Portal access', exact=True).select_option('On')
    await expect(page.get_by_role('button', name='Never signed in, remove')).to_be_visible()
    head = page.get_by_role('columnheader', name='Name')
    await head.get_by_role('button').click()
    await expect(head).to_have_attribute('aria-sort', 'descending')
    await listed.shows('Bert 59', 25)
    await listed.button('Next page').click()
    await listed.shows('Bert 34', 5)
    there = page.url
    assert {'search', 'status', 'joined', 'access', 'sort', 'after'} <= set(re.findall(r'(\w+)=', there))
    await page.go_back()
    await listed.shows('Bert 59', 25)
    await page.go_back()
    await listed.shows('Bert 30', 25)
    await page.go_forward()
    await page.go_forward()
    await listed.shows('Bert 34', 5)
    await page.goto(there)
    await listed.shows('Bert 34', 5)
    await expect(page.get_by_role('searchbox', name='Search contacts')).to_have_value('bért birch')
    await expect(page.get_by_role('button', name='Never signed in, remove')).to_be_visible()


async def _views(listed: ContactList) -> None:
    other = await listed.firm.another_desk('/staff/contacts')
    await listed.choose_from('Views', 'Save this view…')
    await listed.dialog.get_by_role('button', name='Save', exact=True).click()
    await expect(listed.dialog.get_by_role('alert')).to_be_visible()
    await listed.field('Name').fill('Waiting at Birch')
    await listed.field('Name').press('Enter')
    await expect(listed.dialog).to_have_count(0)
    elsewhere = ContactList(other.page, listed.firm)
    await elsewhere.choose_from('Views', 'Waiting at Birch', 'menuitemradio')
    await elsewhere.shows('Bert 59', 25)
    await elsewhere.choose_from('Views', 'Rename this view…')
    await elsewhere.field('Name').fill('Birch')
    await elsewhere.field('Name').press('Enter')
    await expect(elsewhere.dialog).to_have_count(0)
    await listed.choose_from('Views', 'All contacts', 'menuitemradio')
    await listed.shows('Bert 59', 25)
    await listed.choose_from('Views', 'Birch', 'menuitemradio')
    await listed.choose_from('Views', 'Delete this view…')
    await listed.dialog.get_by_role('button', name='Delete view').click()
    await expect(listed.dialog).to_have_count(0)
    await other.button('Views').click()
    await expect(other.page.get_by_role('menuitemradio', name='Birch', exact=True)).to_have_count(0, timeout=SOON)
    await other.page.close()
    await listed.choose_from('Views', 'Never signed in', 'menuitemradio')
    await expect(listed.button('Send reminder')).to_be_visible()


async def _live(listed: ContactList) -> None:
    """What happens elsewhere is told at once, and nothing moves from under whoever reads further down."""
    page = listed.page
    await listed.go('/staff/contacts')
    await listed.shows('Anna 00', 25)
    await page.mouse.move(10, 400)
    await page.evaluate('() => scrollTo(0, 700)')
    other = await listed.firm.another_desk('/staff/contacts')
    await other.new_contact('Aaron First')
    await expect(page.get_by_text('61 contacts, 30 with access')).to_have_count(1, timeout=SOON)
    await expect(listed.button('1 new')).to_be_visible(timeout=SOON)
    await listed.shows('Anna 00', 25)
    await listed.button('1 new').click()
    await listed.shows('Aaron First', 25)
    await other.page.close()
    await listed.new_contact('Aaron Second')
    await expect(page.get_by_text('62 contacts, 30 with access')).to_be_visible(timeout=SOON)


async def _keys(listed: ContactList) -> None:
    """Without a mouse: to the search by `/`, ticks by Space, a range by Shift and Space, the menu by arrows."""
    page = listed.page
    await listed.go('/staff/contacts')
    await page.keyboard.press('/')
    await expect(page.get_by_role('searchbox', name='Search contacts')).to_be_focused()
    await listed.box('Anna 00').focus()
    await page.keyboard.press('Space')
    await listed.says('1 selected')
    await listed.box('Anna 03').focus()
    await page.keyboard.press('Shift+Space')
    await listed.says('4 selected')
    await listed.button('Bulk actions').focus()
    await page.keyboard.press('Enter')
    await expect(page.get_by_role('menu')).to_be_focused()
    await page.keyboard.press('ArrowDown')
    await expect(page.get_by_role('menuitem', name='Invite to Client Portal')).to_be_focused()
    await page.keyboard.press('End')
    await expect(page.get_by_role('menuitem', name='Delete', exact=True)).to_be_focused()
    await page.keyboard.press('Escape')
    await expect(listed.button('Bulk actions')).to_be_focused()
    await page.keyboard.press('Enter')
    await page.get_by_role('menuitem', name='Give access', exact=True).press('Enter')
    await listed.dialog.get_by_role('button', name='Give access to 4', exact=True).press('Enter')
    await listed.dialog.get_by_role('button', name='Close', exact=True).last.press('Enter')
    await expect(listed.bar).to_be_hidden()
    await expect(listed.button('Bulk actions')).to_be_focused()


async def _looks(listed: ContactList) -> None:
    page = listed.page
    await listed.box('Anna 05').click()
    await listed.button('Filter').click()
    await page.get_by_label('Kind', exact=True).select_option('Person')
    await expect(page.get_by_role('button', name='Kind: person, remove')).to_be_visible()
    await looks_well(page, 'contact-list-ticked')
