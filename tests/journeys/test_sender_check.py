"""The sender check: what a real name server says of the firm's domain, on the page, with the record to paste."""

from collections.abc import Iterator

import pytest
from playwright.async_api import expect

from tests.journeys.walking import Desk, Firm
from tests.support.browser import Browser, axe
from tests.support.dns_server import DnsServer
from tests.support.served import Served
from tests.support.smtp_sink import SmtpSink


@pytest.fixture
def dns(served: Served) -> Iterator[DnsServer]:
    with DnsServer({'firm.test': {'TXT': ['"v=spf1 mx -all"', '"v=spf1 a -all"']}}) as server:
        served.settings |= {'dns_resolvers': server.address, 'mail_from': 'portal@firm.test'}
        served.start()
        yield server


async def test_what_is_wrong_with_the_sender_and_the_record_to_paste(
    served: Served, dns: DnsServer, browser: Browser, smtp_sink: SmtpSink
) -> None:
    firm = Firm(served, browser, smtp_sink)
    desk = await firm.owner('/staff/settings/emails')
    beside = Desk(await desk.page.context.new_page(), firm)
    await beside.go('/staff/settings/emails')
    card = desk.card('Sender check')
    await expect(card.get_by_text('SPF: wrong')).to_be_visible()
    await expect(card.get_by_text('v=spf1 a mx -all', exact=True)).to_be_visible()
    await expect(card.get_by_role('button', name='Copy SPF value', exact=True)).to_be_visible()
    await expect(card.get_by_text('DMARC: missing')).to_be_visible()
    await expect(card.get_by_text('DKIM: not known')).to_be_visible()

    selector = card.get_by_label('DKIM selector')
    await selector.fill('two words')
    await desk.button('Check sender').click()
    await expect(card.get_by_text('Please enter one word')).to_be_visible()
    await expect(selector).to_have_value('two words')

    dns.records = {
        'firm.test': {'TXT': ['"v=spf1 a mx -all"']},
        '_dmarc.firm.test': {'TXT': ['"v=DMARC1; p=reject"']},
    }
    await selector.fill('mail')
    await selector.press('Enter')
    await expect(card.get_by_text('SPF: right')).to_be_visible()
    await expect(card.get_by_text('DMARC: right')).to_be_visible()
    await expect(card.get_by_text('DKIM: missing')).to_be_visible()
    await expect(card.get_by_text('mail._domainkey.firm.test', exact=True)).to_be_visible()
    await expect(card.get_by_role('button', name='Copy DKIM name', exact=True)).to_be_visible()
    await expect(card.get_by_role('button', name='Copy DKIM value', exact=True)).to_have_count(0)
    await expect(beside.card('Sender check').get_by_label('DKIM selector')).to_have_value('mail')
    await expect(beside.card('Sender check').get_by_text('DMARC: right')).to_be_visible()
    assert await axe(desk.page) == []
    await desk.reload()
    await expect(selector).to_have_value('mail')
