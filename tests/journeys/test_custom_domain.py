"""A domain of the firm's own: from the field to active, broken, mended and removed, with the page open all the time.

What stands outside is real: a name server, and a server at the domain with a certificate. The journey with a proxy and
a browser at the domain is in test_own_proxy.py.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.journeys.walking import OWNER_ADDRESS, Desk, Firm
from tests.support.browser import Browser, axe, no_overflow
from tests.support.dns_server import DnsServer, Zone
from tests.support.https_server import Authority, WebServer
from tests.support.served import Served
from tests.support.smtp_sink import SmtpSink

HOST, PATH = 'portal.firm.test', '/staff/settings/domain'
EMPTY: Zone = {'firm.test': {'NS': ['ns1.firm.test.']}}
RIGHT: Zone = {**EMPTY, HOST: {'A': ['127.0.0.1']}}
A_LOOK = 20_000  # ms; a look takes some seconds, as nobody answers for the zone at port 53 of this machine


@dataclass
class Outside:
    firm: Firm
    servers: list[DnsServer]
    web: WebServer

    def publish(self, records: Zone, *, seen_at: int = 3) -> None:
        for server in self.servers[:seen_at]:
            server.records = records

    async def let_it_answer(self) -> None:
        """The server at the domain is this Foyer from now on."""
        async with self.firm.http() as http:
            self.web.word = (await http.get('/.well-known/foyer')).text


@pytest.fixture
def outside(
    served: Served, browser: Browser, smtp_sink: SmtpSink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Outside]:
    authority = Authority(tmp_path)
    monkeypatch.setenv('SSL_CERT_FILE', str(authority.path))
    with ExitStack() as stack:
        servers = [stack.enter_context(DnsServer(EMPTY)) for _ in range(3)]
        web = stack.enter_context(WebServer(authority.certificate(HOST)))
        served.settings |= {
            'dns_resolvers': ','.join(one.address for one in servers),
            'https_port': str(web.port),
            'http_port': '9',
        }
        served.start()
        yield Outside(Firm(served, browser, smtp_sink), servers, web)


async def stands(desk: Desk, text: str) -> None:
    await expect(desk.card('How it stands').get_by_role('status')).to_contain_text(text, timeout=A_LOOK)


async def found(desk: Desk, text: str) -> None:
    await expect(desk.card('How it stands').get_by_role('listitem').filter(has_text=text)).to_be_visible(timeout=A_LOOK)


async def enter(desk: Desk, domain: str) -> None:
    await desk.page.get_by_label('Custom domain').fill(domain)
    await desk.button('Update Domain').click()


async def test_a_domain_from_the_field_to_active_to_broken_to_removed(outside: Outside) -> None:
    firm = outside.firm
    desk = await firm.owner(PATH)
    dashboard = Desk(await desk.page.context.new_page(), firm)
    await dashboard.go('/staff')
    await _what_cannot_be_one_is_refused_at_the_field(desk)

    await enter(desk, f' https://{HOST.upper()}/ ')
    await stands(desk, f'Waiting for the record of {HOST}')
    await found(desk, 'The record is not there yet')
    await found(desk, 'Seen at 0 of 3 resolvers')
    record = desk.card('The record to make')
    for text in ('Type', 'A', 'portal', '127.0.0.1'):
        await expect(record.get_by_text(text, exact=True).first).to_be_visible()
    await expect(record.get_by_text('CNAME', exact=True)).to_have_count(0)

    outside.publish(RIGHT, seen_at=1)
    await found(desk, 'Seen at 1 of 3 resolvers')  # nobody has pressed anything
    await outside.let_it_answer()
    outside.publish(RIGHT, seen_at=2)
    await desk.button('Check now').click()
    await stands(desk, f'{HOST} is active.')
    await found(desk, 'Seen at 2 of 3 resolvers')
    await found(desk, f'The certificate is for {HOST}')
    await found(desk, 'Test Authority')

    url = f'https://{HOST}:{outside.web.port}'
    await expect(dashboard.page.get_by_role('link', name=url, exact=True)).to_be_visible()
    link = await dashboard.invite('clara@weiss.example')
    assert link.startswith(f'{url}/sign-in/link/')
    assert (await firm.sink.wait_for('clara@weiss.example')).link == link
    assert await firm.status_of(link.removeprefix(url)) == 200, 'both hosts serve'

    await _it_breaks_and_is_mended(outside, desk, dashboard)

    await desk.button('Remove domain').click()
    await desk.dialog.get_by_role('button', name='Remove domain', exact=True).click()
    await desk.toast('Removed. The portal is at its base address.')
    await expect(desk.card('How it stands')).to_be_hidden()
    await expect(desk.page.get_by_label('Custom domain')).to_have_value('')
    await expect(dashboard.page.get_by_role('link', name=firm.url, exact=True)).to_be_visible()
    async with firm.http() as http:
        assert (await http.get(f'/tls/ask?domain={HOST}')).status_code == 404


async def _what_cannot_be_one_is_refused_at_the_field(desk: Desk) -> None:
    field = desk.page.get_by_label('Custom domain')
    for typed, words in (
        ('127.0.0.1', 'This is an IP address.'),
        ('192.0.2.1', 'This is an IP address.'),
        ('localhost', 'the machine that asks'),
        ('*.firm.test', 'without a star'),
        ('portal', 'not a complete domain'),
    ):
        await enter(desk, typed)
        await expect(desk.page.get_by_text(words)).to_be_visible()
        await expect(field).to_have_value(typed)
        await expect(field).to_have_attribute('aria-invalid', 'true')


async def _it_breaks_and_is_mended(outside: Outside, desk: Desk, dashboard: Desk) -> None:
    firm = outside.firm
    outside.publish({**EMPTY, HOST: {'A': ['127.0.0.9']}})
    await desk.button('Check now').click()
    await found(desk, 'The record leads elsewhere')
    await desk.button('Check now').click()
    await stands(desk, f'{HOST} does not work any more.')
    await expect(dashboard.text(f'{HOST} does not work any more.')).to_be_visible()
    await expect(dashboard.page.get_by_role('link', name=firm.url, exact=True)).to_be_visible()
    mail = await firm.sink.wait_for(OWNER_ADDRESS)
    assert HOST in mail.subject and f'{firm.url}{PATH}' in mail.text
    assert (await dashboard.invite('bert@boll.example')).startswith(f'{firm.url}/sign-in/link/')
    await dashboard.go('/staff')

    outside.publish(RIGHT)
    await desk.button('Check now').click()
    await stands(desk, f'{HOST} is active.')
    await expect(dashboard.text(f'{HOST} does not work any more.')).to_be_hidden()


async def test_the_page_is_for_everybody_to_use(outside: Outside) -> None:
    """WCAG: axe finds nothing serious, empty and with all there is to say."""
    outside.publish({**EMPTY, HOST: {'A': ['127.0.0.1', '192.0.2.1'], 'AAAA': ['2001:db8::1'],
                                     'CAA': ['0 issue "ca.example"']}})  # fmt: skip
    desk = await outside.firm.owner(PATH)
    assert await axe(desk.page) == []
    await enter(desk, HOST)
    await found(desk, 'One record is right, another leads elsewhere')
    await found(desk, 'An AAAA record leads elsewhere')
    await found(desk, 'A CAA record refuses the certificate')
    assert await axe(desk.page) == []
    await desk.page.set_viewport_size({'width': 360, 'height': 780})
    await no_overflow(desk.page)
