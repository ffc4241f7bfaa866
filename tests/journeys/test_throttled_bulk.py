"""Many are invited where mail leaves slowly: the job is done at once, mail keeps to the throttle, pages stay quick."""

import re
import sqlite3
import time
from contextlib import closing
from datetime import timedelta
from itertools import pairwise

import pytest
from playwright.async_api import expect

from domain.actors import SystemActor
from domain.contacts.new_contact import ContactDetails, Kind, NewContact, check_details, insert_contacts
from domain.dependencies import Dependencies, build_dependencies
from domain.settings import Settings
from domain.unit_of_work import deed, unit_of_work
from storage.database import DatabaseUrl
from tests.journeys.walking import Firm
from tests.support.browser import Browser, axe, shot
from tests.support.databases import in_a_thread, opened_as_served
from tests.support.served import Served
from tests.support.smtp_sink import SmtpSink

MANY, PER_MINUTE = 300, 120
AT_ONCE = PER_MINUTE // 12  # as domain/mail/throttle.py says: what may go at once is taken off the steady rate
PER_SECOND = (PER_MINUTE - AT_ONCE) / 60
UNDER_WAY = 4  # lanes that were allowed a mail each and have not handed it over yet
QUICK = 6.0  # seconds for a page, on a machine that does much else; how quick they are is for `make bench`


@pytest.fixture
def firm(served: Served, browser: Browser, smtp_sink: SmtpSink) -> Firm:
    """With a mail server that wants two mails a second at most."""
    served.settings['mail_per_minute'] = str(PER_MINUTE)
    served.start()
    return Firm(served, browser, smtp_sink)


@deed
async def insert(deps: Dependencies) -> None:
    new = [
        NewContact(check_details(ContactDetails(Kind.PERSON, f'Client {number}', f'client{number}@x.example')), False)
        for number in range(MANY)
    ]
    async with unit_of_work(deps) as work:
        await insert_contacts(work, SystemActor(), new)


def given_contacts(firm: Firm) -> None:
    settings = Settings(_env_file=None, **firm.served.settings)  # type: ignore[arg-type]

    async def run() -> None:
        async with opened_as_served(DatabaseUrl(settings.database)):
            await insert(build_dependencies(settings))

    in_a_thread(run)


def give_one_up(firm: Firm) -> None:
    """As after a day of trying."""
    with closing(sqlite3.connect(firm.served.data_dir / 'foyer.sqlite3', timeout=10, isolation_level=None)) as file:
        file.execute(
            "UPDATE outbox_mail SET state = 'failed', tries = 15, last_answer = '451 Later' "
            "WHERE id = (SELECT max(id) FROM outbox_mail WHERE state = 'queued')"
        )


def most_in(seconds: float) -> float:
    """How many mails may come in so long a time."""
    return AT_ONCE + PER_SECOND * seconds + UNDER_WAY


async def test_many_are_invited_where_mail_leaves_slowly(firm: Firm) -> None:
    """What waits is told of in numbers, and stopped from the page of the job."""
    desk = await firm.owner('/staff')
    given_contacts(firm)
    await desk.go('/staff/contacts')
    page = desk.page
    await desk.button('Bulk actions').click()
    await page.get_by_role('menuitem', name=f'Select all {MANY}', exact=True).click()
    await expect(desk.text(f'All {MANY} selected')).to_be_visible()
    await desk.button('Bulk actions').click()
    await page.get_by_role('menuitem', name='Invite to Client Portal', exact=True).click()
    began = time.monotonic()
    await desk.dialog.get_by_role('button', name=f'Invite {MANY}').click()
    await desk.button('Open job').click()
    await expect(page.get_by_text(f'{MANY} of {MANY}')).to_be_visible()
    assert len(firm.sink.messages) <= most_in(time.monotonic() - began) < MANY / 2, 'it was done long before its mail'
    mail = page.get_by_role('region', name='Mail')
    await expect(mail.get_by_text(re.compile(r'^2\d\d waiting$'))).to_be_visible()
    assert await axe(page) == []
    await shot(page, 'job-waiting')
    for path in ('/staff', '/staff/contacts', '/staff/outbox', '/staff/jobs', '/staff/activity', '/staff/jobs/1'):
        asked = time.monotonic()
        await desk.go(path)
        assert time.monotonic() - asked < QUICK, f'{path} while mail is sent'
    give_one_up(firm)
    await mail.get_by_role('button', name='Send 1 again').click()
    await expect(desk.text('1 mail will be sent again.')).to_be_visible()
    await expect(mail.get_by_text('1 given up')).to_be_hidden()
    await mail.get_by_role('button', name='Stop waiting mail').click()
    await expect(desk.dialog).to_contain_text('Who was invited stays invited')
    await desk.dialog.get_by_role('button', name='Stop waiting mail').click()
    await expect(desk.text(re.compile(r'Stopped\. 2\d\d mails will not be sent\.'))).to_be_visible()
    await expect(mail.get_by_text(re.compile(r'^2\d\d cancelled$'))).to_be_visible()
    sent = len(firm.sink.messages)
    await expect(mail.get_by_text(f'{sent} sent', exact=True)).to_be_visible()
    assert len(firm.sink.messages) == sent, 'what waited was stopped'
    await expect(mail.get_by_text(f'{MANY - sent} mails got to nobody')).to_be_visible()
    came = [caught.at for caught in firm.sink.messages]
    assert all(
        number <= most_in((last - first).total_seconds())
        for start, first in enumerate(came)
        for number, last in enumerate(came[start:], 1)
    )
    assert max((later - earlier for earlier, later in pairwise(came)), default=timedelta()) < timedelta(seconds=3)
