"""A firm moves in: a list of over a thousand is imported, a thousand are invited, and the report says how it went."""

import csv
import io
import re
from collections import Counter

import pytest
from playwright.async_api import FilePayload, expect

from tests.journeys.walking import Desk, Firm, come_in
from tests.support.browser import Browser
from tests.support.served import Served
from tests.support.smtp_sink import Refuse, SmtpSink

MANY = 1_000
NO_ADDRESS, BROKEN = 37, 3
REFUSED = tuple(f'client{number}@x.example' for number in range(0, MANY, 100))  # the server says 550
LATER = tuple(f'client{number}@x.example' for number in range(50, MANY, 100))  # 451 first
A_WHILE = 60_000  # ms


@pytest.fixture
def firm(served: Served, browser: Browser, smtp_sink: SmtpSink) -> Firm:
    """As elsewhere, with a mail server that takes mail as it comes."""
    served.settings['mail_per_minute'] = '60000'
    served.start()
    return Firm(served, browser, smtp_sink)


def a_list() -> FilePayload:
    """A thousand that can be invited, some without an address, some that are refused."""
    rows = [f'C-{number},Client {number:04},client{number}@x.example,Zürich & Co,' for number in range(MANY)]
    rows += [f'N-{number},Nobody {number:02},,,' for number in range(NO_ADDRESS)]
    rows += [f'B-{number},Broken {number},not an address,,' for number in range(BROKEN)]
    text = '\r\n'.join(['external_id,Name,E-Mail,Organisation,Notes', *rows, ''])
    return {'name': 'clients.csv', 'mimeType': 'text/csv', 'buffer': text.encode('utf-8-sig')}


@pytest.mark.timeout(240)
async def test_from_the_import_to_the_report(firm: Firm) -> None:
    """Imported, looked at in numbers, invited, mailed by a server that refuses some and makes others wait, reported."""
    for address in REFUSED:
        firm.sink.script(address, Refuse('550 No such user'))
    for address in LATER:
        firm.sink.script(address, Refuse('451 Later'))
    desk = await firm.owner('/staff/contacts/import')
    await _import(desk)
    await _invite(desk)
    await firm.sink.wait_for(MANY - len(REFUSED), timeout=A_WHILE / 1_000)
    taken = sorted({f'client{number}@x.example' for number in range(MANY)} - set(REFUSED))
    assert sorted(mail.to for mail in firm.sink.messages) == taken, 'everybody the server takes gets one mail'
    await come_in(await firm.client(), firm.sink.to('client1@x.example')[0].link)
    await _read_the_report(desk)


async def _import(desk: Desk) -> None:
    page = desk.page
    await page.get_by_label('Choose a CSV file').set_input_files(a_list())
    await page.wait_for_url(re.compile(r'\?file=\d+'))
    await expect(page.get_by_test_id('import-new')).to_have_text(str(MANY + NO_ADDRESS), timeout=A_WHILE)
    await expect(page.get_by_test_id('import-refused')).to_have_text(str(BROKEN))
    await desk.button('Start import').click()
    await expect(desk.text('All rows are dealt with.')).to_be_visible(timeout=A_WHILE)


async def _invite(desk: Desk) -> None:
    everybody = f'{MANY + NO_ADDRESS:,}'
    await desk.go('/staff/contacts')
    await desk.button('Bulk actions').click()
    await desk.page.get_by_role('menuitem', name=f'Select all {everybody}', exact=True).click()
    await desk.button('Bulk actions').click()
    await desk.page.get_by_role('menuitem', name='Invite to Client Portal', exact=True).click()
    for words in (f'{MANY:,} ?will be invited', f'{NO_ADDRESS} ?have no address'):
        await expect(desk.dialog.get_by_role('button', name=re.compile(words))).to_be_visible(timeout=A_WHILE)
    await desk.dialog.get_by_role('button', name=f'Invite {MANY:,}').click()
    await desk.button('Open job').click()
    await expect(desk.text(f'{everybody} of {everybody}')).to_be_visible(timeout=A_WHILE)
    results = desk.page.get_by_role('group', name='Result')
    await expect(results.get_by_role('button', name=re.compile('^Invited'))).to_contain_text(f'{MANY:,}')


async def _read_the_report(desk: Desk) -> None:
    await desk.go('/staff/access-report')
    async with desk.page.expect_download() as caught:
        await desk.button('Export access report').click()
    text = (await (await caught.value).path()).read_text(encoding='utf-8-sig')
    rows = list(csv.DictReader(io.StringIO(text), strict=True))
    assert Counter(row['status'] for row in rows) == {'invited': MANY - 1, 'joined': 1, 'no_access': NO_ADDRESS}
    assert Counter(row['email_status'] for row in rows) == {
        'sent': MANY - len(REFUSED), 'refused': len(REFUSED), 'no_address': NO_ADDRESS
    }  # fmt: skip
    assert {row['email'] for row in rows if row['email_status'] == 'refused'} == set(REFUSED)
