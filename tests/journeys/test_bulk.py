"""Something done to many: first in numbers, then as a job that can be left, steered and read."""

import re

import pytest
from playwright.async_api import Locator, expect

from domain.actors import SystemActor
from domain.contacts.new_contact import ContactDetails, Kind, check_details, insert_contact
from domain.dependencies import Dependencies, build_dependencies
from domain.settings import Settings
from domain.unit_of_work import deed, unit_of_work
from storage.database import DatabaseUrl
from tests.journeys.walking import PHONE, Desk, Firm, at_work, come_in, within
from tests.support.browser import Browser, axe, no_overflow, shot
from tests.support.databases import in_a_thread, opened_as_served
from tests.support.served import Served
from tests.support.smtp_sink import Refuse, SmtpSink

MANY = 120
REFUSED, LATER, CLARA = 'client7@x.example', 'client9@x.example', 'client0@x.example'
CLOSED_WITHIN = 4.0


@pytest.fixture
def firm(served: Served, browser: Browser, smtp_sink: SmtpSink) -> Firm:
    """As elsewhere, with a mail server that takes mail as it comes."""
    served.settings['mail_per_minute'] = '60000'
    served.start()
    return Firm(served, browser, smtp_sink)


@deed
async def _insert(deps: Dependencies) -> None:
    async with unit_of_work(deps) as work:
        for number in range(MANY):
            address = f'client{number}@x.example' if number < MANY - 5 else ('', 'two@x.example')[number % 2]
            details = ContactDetails(Kind.PERSON, f'Client {number:03}', address)
            await insert_contact(work, SystemActor(), check_details(details), give_access=False)


def given_contacts(firm: Firm) -> None:
    """Before any page is open: 115 with an address each, two without, three that share one."""
    settings = Settings(_env_file=None, **firm.served.settings)  # type: ignore[arg-type]

    async def run() -> None:
        async with opened_as_served(DatabaseUrl(settings.database)):
            await _insert(build_dependencies(settings))

    in_a_thread(run)


async def begin(desk: Desk, act: str) -> None:
    """Tick everybody, and choose what to do."""
    await desk.go('/staff/contacts')
    await desk.button('Bulk actions').click()
    await desk.page.get_by_role('menuitem', name=f'Select all {MANY}', exact=True).click()
    await expect(desk.text(f'All {MANY} selected')).to_be_visible()
    await desk.button('Bulk actions').click()
    await desk.page.get_by_role('menuitem', name=act, exact=True).click()


def group(desk: Desk, words: str) -> Locator:
    return desk.dialog.get_by_role('button', name=re.compile(words))


def result(desk: Desk, name: str) -> Locator:
    return desk.page.get_by_role('group', name='Result').get_by_role('button', name=re.compile(f'^{name}'))


async def test_many_are_invited_and_many_lose_their_access(firm: Firm) -> None:
    """The dry run counts and lists; the job runs, is read by result, and says how each mail fares; revoking asks for
    the number and closes the page of a client that is in."""
    firm.sink.script(REFUSED, Refuse('550 No such user'))
    firm.sink.script(LATER, Refuse('451 Later'))
    desk = await firm.owner('/staff')
    given_contacts(firm)
    await _invite(desk)
    await _read_the_results(desk)
    client = await firm.client()
    await come_in(client, (await firm.sink.wait_for(CLARA)).link)
    await at_work(client)
    await _revoke(desk)
    async with within(CLOSED_WITHIN, 'the page of a client that was revoked with 117 others'):
        await desk.dialog.get_by_role('button', name='Revoke access of 118').click()
        await expect(client).to_have_url(f'{firm.url}/sign-in?notice=ended', timeout=CLOSED_WITHIN * 1_000)
    await expect(desk.dialog.get_by_text('Done', exact=True).first).to_be_visible()
    await desk.go('/staff/jobs')
    await expect(desk.page.get_by_role('link', name='Revoke access')).to_be_visible()
    await expect(desk.page.get_by_role('row').filter(has_text='118 done · 2 left alone')).to_have_count(2)
    await _nobody_comes_back_by_the_way(desk)
    await _looks(desk)


async def _nobody_comes_back_by_the_way(desk: Desk) -> None:
    """From the button above the list, with nobody ticked: it is about all, but for those whose access was revoked."""
    await desk.go('/staff/contacts')
    await desk.button('Bulk actions').click()
    await desk.page.get_by_role('menuitem', name='Invite to Client Portal', exact=True).click()
    await expect(group(desk, '118 ?had their access revoked')).to_be_visible()
    await expect(desk.dialog.get_by_role('button', name='Invite', exact=True)).to_be_disabled()
    await desk.dialog.get_by_role('checkbox', name=re.compile('whose access was revoked')).click()
    await expect(desk.dialog.get_by_role('button', name='Invite 118', exact=True)).to_be_enabled()
    assert await axe(desk.page) == []
    await shot(desk.page, 'bulk-invite-revoked')
    await desk.dialog.get_by_role('button', name='Cancel', exact=True).click()
    await expect(desk.text(f'All {MANY} selected')).to_be_visible()


async def _invite(desk: Desk) -> None:
    await begin(desk, 'Invite to Client Portal')
    await expect(group(desk, '115 ?will be invited')).to_be_visible()
    await expect(group(desk, '3 ?share an address')).to_be_visible()
    await expect(desk.dialog.get_by_text('All of these have no access yet: they are given it')).to_have_count(2)
    await group(desk, '2 ?have no address').click()
    await expect(desk.dialog.get_by_role('listitem')).to_have_count(2)
    sharing = desk.dialog.get_by_role('checkbox', name='Include those who share an address')
    await sharing.click()
    await expect(desk.dialog.get_by_role('button', name='Invite 115')).to_be_visible()
    await sharing.click()
    await desk.field('Personal message').fill('Welcome to the portal.')
    assert await axe(desk.page) == []
    await shot(desk.page, 'bulk-invite')
    await desk.dialog.get_by_role('button', name='Invite 118').click()
    await expect(desk.dialog.get_by_role('progressbar')).to_be_visible()
    await expect(desk.dialog.get_by_role('button', name='Close', exact=True)).to_have_count(2)
    await expect(desk.dialog.get_by_role('button', name='Done', exact=True)).to_have_count(0)
    await desk.button('Open job').click()
    await expect(desk.page).to_have_url(re.compile('/staff/jobs/1$'))


async def _read_the_results(desk: Desk) -> None:
    page = desk.page
    await expect(page.get_by_text('120 of 120')).to_be_visible()
    await expect(page.get_by_role('heading', name='Invite to Client Portal')).to_be_visible()
    await expect(result(desk, 'Invited')).to_contain_text('118')
    await result(desk, 'No address').click()
    await expect(page.get_by_role('row').get_by_role('link')).to_have_count(2)
    await expect(page).to_have_url(re.compile('result=skipped.no_address'))
    await result(desk, 'All').click()
    for name, fate in (('Client 007', 'Refused'), ('Client 009', 'Sent'), ('Client 000', 'Sent')):
        row = page.get_by_role('row').filter(has=page.get_by_role('link', name=name, exact=True))
        await expect(row).to_contain_text(fate, timeout=20_000)
    mail = page.get_by_role('region', name='Mail')
    await expect(mail.get_by_text('117 sent')).to_be_visible(timeout=20_000)
    await expect(mail.get_by_text('1 mail got to nobody: refused for good')).to_be_visible()
    await mail.get_by_role('button', name='Show who').click()
    await expect(page).to_have_url(re.compile('result=not_reached'))
    await expect(page.get_by_role('row').get_by_role('link')).to_have_text(['Client 007'])
    assert await axe(page) == []
    await shot(page, 'job-mail')
    await result(desk, 'All').click()
    await expect(page.get_by_text('What became of each contact is kept until')).to_be_visible()
    await desk.button('Next page').click()
    await expect(page.get_by_role('row').get_by_role('link').first).to_have_text('Client 025')
    assert await axe(page) == []
    await shot(page, 'job')


async def _revoke(desk: Desk) -> None:
    await begin(desk, 'Revoke access')
    await expect(group(desk, '118 ?lose access')).to_be_visible()
    await expect(desk.dialog.get_by_text('It ends 1 session and cancels 117 invitations at once.')).to_be_visible()
    act = desk.dialog.get_by_role('button', name='Revoke access of 118')
    await expect(act).to_be_disabled()
    await desk.field('Number of contacts').fill('117')
    await expect(act).to_be_disabled()
    await desk.field('Number of contacts').fill('118')
    await expect(act).to_be_enabled()
    assert await axe(desk.page) == []


async def _looks(desk: Desk) -> None:
    """On a phone, in the dark."""
    await desk.page.set_viewport_size({'width': PHONE[0], 'height': PHONE[1]})
    await desk.page.emulate_media(color_scheme='dark')
    for path, name in (('/staff/jobs', 'jobs-phone'), ('/staff/jobs/1', 'job-phone')):
        await desk.go(path)
        await no_overflow(desk.page)
        assert await axe(desk.page) == []
        await shot(desk.page, name)
    await desk.go('/staff/contacts')
    row = desk.page.get_by_role('row').filter(has=desk.page.get_by_role('link', name='Client 003', exact=True))
    await expect(row).to_contain_text('client3@x.example')
    await shot(desk.page, 'contacts-phone-bulk')
    await desk.page.get_by_role('checkbox', name='Select Client 003', exact=True).click()
    await desk.button('Bulk actions').last.click()
    await desk.page.get_by_role('menuitem', name='Delete', exact=True).click()
    await expect(group(desk, '1 ?without access is deleted')).to_be_visible()
    await no_overflow(desk.page)
    await shot(desk.page, 'bulk-delete-phone', full_page=False)
