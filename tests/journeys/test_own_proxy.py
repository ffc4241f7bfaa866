"""The whole way with a real proxy: Debian's Caddy as deploy/ sets it up, and a browser at the firm's own domain."""

import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import expect

from tests.journeys.walking import Firm, come_in, is_inside
from tests.support.browser import Browser, open_browser
from tests.support.caddy import Caddy
from tests.support.dns_server import DnsServer
from tests.support.served import Served
from tests.support.smtp_sink import SmtpSink

HOST, PATH = 'portal.firm.test', '/staff/settings/domain'
CLARA = 'clara@weiss.example'


@pytest.fixture
async def caddy(served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Caddy]:
    """The program, with the proxy in front."""
    with Caddy(tmp_path / 'caddy', served.port) as running, DnsServer({HOST: {'A': ['127.0.0.1']}}) as dns:
        monkeypatch.setenv('SSL_CERT_FILE', str(running.authority))
        served.settings |= {
            'dns_resolvers': dns.address,
            'trusted_proxies': '127.0.0.1',
            'https_port': str(running.https_port),
            'http_port': str(running.http_port),
        }
        served.start()
        yield running


@pytest.fixture
async def abroad(caddy: Caddy) -> AsyncIterator[Browser]:
    """A browser that finds the domain, and trusts Caddy's authority and no other."""
    arguments = (
        f'--host-resolver-rules=MAP {HOST} 127.0.0.1',
        f'--ignore-certificate-errors-spki-list={caddy.fingerprint}',
    )
    async with open_browser(*arguments) as opened:
        yield opened


async def test_a_client_comes_in_at_the_firms_own_domain_by_a_link_from_the_mail(
    served: Served, browser: Browser, abroad: Browser, caddy: Caddy, smtp_sink: SmtpSink
) -> None:
    """R12, R33, R54: certificate on demand, link, cookie, page and socket, all at the domain and over HTTPS."""
    firm = Firm(served, browser, smtp_sink)
    desk = await firm.owner(PATH)
    await desk.page.get_by_label('Custom domain').fill(HOST)
    await desk.button('Update Domain').click()
    await expect(desk.text(f'{HOST} is active.')).to_be_visible(timeout=30_000)
    await expect(desk.text('Caddy Local Authority')).to_be_visible()
    await _nobody_else_gets_a_certificate(caddy)

    url = f'https://{HOST}:{caddy.https_port}'
    await desk.invite(CLARA)
    link = (await smtp_sink.wait_for(CLARA)).link
    assert link.startswith(f'{url}/sign-in/link/')
    page = await abroad.new_page(390, 844)
    await come_in(page, link)
    await is_inside(page)
    assert page.url == f'{url}/'
    cookie = next(one for one in await page.context.cookies() if one['name'].endswith('foyer_client'))
    assert (cookie['name'], cookie['secure'], cookie['httpOnly']) == ('__Host-foyer_client', True, True)

    await desk.go('/staff')
    await desk.counts_are(joined=1, online=1)
    await desk.go('/staff/contacts')
    await desk.page.get_by_role('link', name=CLARA, exact=True).click()
    await desk.page.get_by_role('switch', name='Portal access').click()
    await expect(page).to_have_url(f'{url}/sign-in?notice=ended', timeout=15_000)


async def _nobody_else_gets_a_certificate(caddy: Caddy) -> None:
    """What merely points at us is refused at the handshake."""
    context = ssl.create_default_context(cafile=str(caddy.authority))
    async with httpx.AsyncClient(verify=context) as http:
        with pytest.raises(httpx.ConnectError):
            await http.get(
                f'https://127.0.0.1:{caddy.https_port}/',
                headers={'Host': 'evil.test'},
                extensions={'sni_hostname': 'evil.test'},
            )
        ours = await http.get(
            f'https://127.0.0.1:{caddy.https_port}/healthz', headers={'Host': HOST}, extensions={'sni_hostname': HOST}
        )
    assert ours.status_code == 200
    assert ours.headers['strict-transport-security'] == 'max-age=31536000'
