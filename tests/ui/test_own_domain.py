"""The firm's own domain at the doors: what a proxy is told, cookies, headers, origins, and where staff may be."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.support.smtp_sink import SmtpSink
from tests.ui.portal import OWNER, PASSWORD, Portal

HOST = 'portal.firm.test'
THERE = {'Host': HOST}
WORD = 'c' * 32


class WithDomain(Portal):
    """A portal on loopback that finds such a domain when it starts; nobody looks at it."""

    def with_domain(self, state: str, *, was_active: bool = False, staff_at_base_only: bool = False) -> None:
        """Start anew with the domain in this state."""
        if self.served.is_running:
            self.served.stop()
        with closing(sqlite3.connect(self.served.data_dir / 'foyer.sqlite3')) as database, database:
            database.execute(
                'UPDATE custom_domain SET host = ?, word = ?, state = ?, was_active = ?, staff_at_base_only = ?',
                (HOST if state else '', WORD if state else '', state, was_active, staff_at_base_only),
            )
        self.served.start()


@pytest.fixture(scope='module')
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WithDomain]:
    with SmtpSink() as sink, WithDomain(tmp_path_factory.mktemp('domain'), sink, rate_limits='off') as portal:
        yield portal


@pytest.mark.parametrize(
    ('state', 'status'),
    [('', 404), ('pending_dns', 404), ('dns_failed', 404), ('verified', 200), ('active', 200), ('tls_failed', 200)],
)
def test_a_proxy_may_have_certificates_for_the_verified_domain_alone(firm: WithDomain, state: str, status: int) -> None:
    """CONTRACT: 200 only for the verified custom domain, else 404."""
    firm.with_domain(state)
    visitor = firm.visitor()
    assert visitor.get(f'/tls/ask?domain={HOST}').status_code == status
    assert visitor.get('/tls/ask?domain=Portal.Firm.Test.').status_code == status
    for other in ('evil.example', f'x.{HOST}', '127.0.0.1', '', 'localhost'):
        assert visitor.get(f'/tls/ask?domain={other}').status_code == 404
    assert visitor.get('/tls/ask').status_code == 404
    word = visitor.get('/.well-known/foyer')
    assert (word.status_code, word.text) == ((200, WORD) if state else (404, ''))


def test_cookies_and_headers_are_those_of_https_at_the_domain(firm: WithDomain) -> None:
    """R33, R54: the base URL is plain HTTP on this machine, the domain is not."""
    firm.with_domain('active', was_active=True)
    token = firm.link_for(firm.contact('Clara Weiss'))
    visitor = firm.visitor()
    came_in = visitor.post('/sign-in/link', data={'token': token}, headers=THERE | {'Origin': f'https://{HOST}'})
    assert came_in.status_code == 303
    cookie = came_in.headers['set-cookie']
    assert cookie.startswith('__Host-foyer_client=') and 'Secure' in cookie and 'HttpOnly' in cookie
    assert came_in.headers['strict-transport-security'] == 'max-age=31536000'
    session = {'Cookie': cookie.partition(';')[0]}
    assert 'Clara' in firm.visitor().get('/', headers=THERE | session).text
    assert firm.visitor().get('/', headers=session).status_code == 303, 'a cookie of the one host is none of the other'
    at_base = firm.visitor().use(firm.link_for(firm.contact('Boris Braun')))
    assert at_base.headers['set-cookie'].startswith('foyer_client=') and 'Secure' not in at_base.headers['set-cookie']
    assert 'strict-transport-security' not in at_base.headers


def test_both_hosts_serve_and_mail_names_the_active_one(firm: WithDomain) -> None:
    """R12: never the one of the request."""
    firm.with_domain('active', was_active=True)
    address = firm.address()
    firm.contact(email=address)
    firm.visitor().post('/sign-in/email', data={'email': address}, headers={'Host': 'evil.example'})
    link = firm.mail_to(address).link
    assert link.startswith(f'https://{HOST}/sign-in/link/')
    assert firm.visitor().get(link.removeprefix(f'https://{HOST}')).status_code == 200
    assert 'Foyer is at https://portal.firm.test\n' in firm.served.log_text


def test_a_link_works_at_either_host_whenever_it_was_mailed(firm: WithDomain) -> None:
    firm.with_domain('')
    early = [firm.link_for(firm.contact(f'Early {n}')) for n in range(2)]
    firm.with_domain('active', was_active=True)
    late = firm.link_for(firm.contact('Late'))

    def use(token: str, host: dict[str, str]) -> int:
        return firm.visitor().post('/sign-in/link', data={'token': token}, headers=host).status_code

    assert [use(early[0], {}), use(early[1], THERE)] == [303, 303]
    firm.with_domain('dns_failed', was_active=True)
    assert use(late, {}) == 303
    assert use(late, {}) == 410, 'once'


def test_mail_names_the_base_url_while_the_domain_is_broken(firm: WithDomain) -> None:
    firm.with_domain('dns_failed', was_active=True)
    address = firm.address()
    firm.contact(email=address)
    firm.visitor().post('/sign-in/email', data={'email': address}, headers=THERE | {'Origin': f'https://{HOST}'})
    assert firm.mail_to(address).link.startswith(f'{firm.base_url}/sign-in/link/')


def test_a_form_of_the_domain_is_taken_whichever_host_the_proxy_asks_for(firm: WithDomain) -> None:
    """R40: but only over HTTPS, and only while it is ours."""
    firm.with_domain('active', was_active=True)

    def ask(origin: str) -> int:
        return (
            firm.visitor().post('/sign-in/email', data={'email': 'a@b.example'}, headers={'Origin': origin}).status_code
        )

    assert ask(f'https://{HOST}') == 303
    for origin in (f'http://{HOST}', f'https://x.{HOST}', f'https://{HOST}.evil.example', 'https://evil.example'):
        assert ask(origin) == 403, origin
    firm.with_domain('pending_dns')
    assert ask(f'https://{HOST}') == 403


def test_staff_pages_may_be_limited_to_the_base_host(firm: WithDomain) -> None:
    firm.with_domain('active', was_active=True)
    assert firm.visitor().get('/staff/sign-in', headers=THERE).status_code == 200
    firm.with_domain('active', was_active=True, staff_at_base_only=True)
    for path in ('/staff', '/staff/sign-in', '/staff/contacts', '/setup', '/staff/access-report.csv'):
        assert firm.visitor().get(path, headers=THERE).status_code == 404, path
    answer = firm.visitor().post('/staff/sign-in', data={'email': OWNER, 'password': PASSWORD}, headers=THERE)
    assert answer.status_code in (404, 405) and 'set-cookie' not in answer.headers
    assert 'Staff sign-in' not in firm.visitor().get('/sign-in', headers=THERE).text
    assert 'Staff sign-in' in firm.visitor().get('/sign-in').text
    assert firm.visitor().get('/staff/sign-in').status_code == 200
    assert firm.staff().get('/staff').status_code == 200
