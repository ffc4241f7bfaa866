"""A list from elsewhere becomes contacts: handed in, looked at, read otherwise, run; what did not go in is mended."""

import csv
import io
import re

from playwright.async_api import FilePayload, expect

from tests.journeys.test_every_page import Look
from tests.journeys.walking import Desk, Firm

SOON = 15_000  # ms for what takes a job
FILE = (
    'Nr;Vorname;Nachname;Firma;E-Mail\r\n'
    '1;Änne;Weiß;Weiß & Söhne;aenne@weiss.example\r\n'
    '2;Bruno;Weiß;Weiß & Söhne;aenne@weiss.example\r\n'
    '3;Clara;Holm;"Holm; Bau";clara at holm\r\n'
    '4;;;Holm;info@holm.example\r\n'
)


def a_file(content: str | bytes, name: str = 'liste.csv') -> FilePayload:
    data = content.encode('cp1252') if isinstance(content, str) else content
    return {'name': name, 'mimeType': 'text/csv', 'buffer': data}


async def numbers(desk: Desk, **expected: int) -> None:
    """`new=2`: the figures say so."""
    for name, number in expected.items():
        await expect(desk.page.get_by_test_id(f'import-{name}')).to_have_text(str(number), timeout=SOON)


async def test_a_list_from_elsewhere(firm: Firm) -> None:
    """Upload, preview with the mapping changed, run with live numbers, refused rows downloaded, mended and imported."""
    firm.browser.allow('status of 422')
    desk = await firm.owner('/staff/contacts')
    page, look = desk.page, Look(firm)
    look.watch(page)
    await desk.button('Import contacts').first.click()
    await page.wait_for_url('**/staff/contacts/import')
    await look.at(page, 'import, a file to choose')
    choose = page.get_by_label('Choose a CSV file')

    await choose.set_input_files(a_file(b'PK\x03\x04' + bytes(200), 'liste.xlsx.csv'))
    await expect(page.get_by_role('alert').filter(has_text='workbook')).to_be_visible()
    await choose.set_input_files(a_file(FILE))
    await page.wait_for_url(re.compile(r'\?file=\d+'))
    await expect(desk.text('This file has no column that is called name')).to_be_visible()
    await expect(page.get_by_label('Encoding')).to_have_value('windows-1252')
    await expect(page.get_by_label('Delimiter')).to_have_value('semicolon')
    await expect(desk.button('Start import')).to_be_disabled()

    await page.get_by_label('Name', exact=True).select_option(label='Vorname')
    await numbers(desk, new=2, refused=2)
    await page.get_by_label('Organisation', exact=True).select_option(label='Firma')
    await page.get_by_label('External id').select_option(label='Nr')
    await expect(page.get_by_role('table', name='First rows').get_by_role('row')).to_have_count(3, timeout=SOON)
    await expect(desk.card('First rows').get_by_text('Weiß & Söhne').first).to_be_visible()
    await expect(desk.card('Refused rows').get_by_text('“clara at holm”')).to_be_visible()
    await expect(desk.text('1 address of several contacts')).to_be_visible()
    await look.at(page, 'import, what would come of it')
    await desk.reload()
    await numbers(desk, new=2, refused=2)
    await expect(page.get_by_label('External id')).to_have_value('0')

    watching = await firm.another_desk('/staff/contacts')
    await desk.button('Start import').click()
    await page.wait_for_url(re.compile(r'\?job=\d+'))
    await expect(desk.text('All rows are dealt with.')).to_be_visible(timeout=SOON)
    await numbers(desk, new=2, changed=0, unchanged=0, refused=2)
    await look.at(page, 'import, what came of it')
    look.is_content()
    await expect(watching.row('Änne')).to_be_visible(timeout=SOON)

    async with page.expect_download() as caught:
        await desk.button('Download refused rows').click()
    refused = (await (await caught.value).path()).read_text(encoding='utf-8-sig')
    rows = list(csv.DictReader(io.StringIO(refused), delimiter=';'))
    assert [row['Nr'] for row in rows] == ['3', '4']
    assert rows[0]['reason'].startswith('Line 4, E-Mail: “clara at holm”')
    mended = refused.replace('clara at holm', 'clara@holm.example').replace('4;;;Holm', '4;Info;;Holm')
    await desk.button('Import another file').click()
    await page.get_by_label('Choose a CSV file').set_input_files(a_file(mended.encode(), 'mended.csv'))
    await page.wait_for_url(re.compile(r'\?file=\d+'))
    await page.get_by_label('Name', exact=True).select_option(label='Vorname')
    await numbers(desk, new=2, refused=0)
    await desk.button('Start import').click()
    await expect(desk.text('All rows are dealt with.')).to_be_visible(timeout=SOON)
    await desk.button('To the contacts').click()
    await expect(desk.row('Clara')).to_be_visible(timeout=SOON)
    assert not firm.sink.messages, 'a file mails nobody'
