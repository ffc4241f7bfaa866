"""Requests that come from elsewhere, or say so: forged hosts, forwarded headers, other people's pages."""

import pytest

from tests.ui.portal import OWNER, PASSWORD, Portal

FORGED = {
    'Host': 'evil.example',
    'X-Forwarded-Host': 'evil.example',
    'X-Forwarded-Server': 'evil.example',
    'X-Forwarded-Prefix': '//evil.example',
    'X-Forwarded-Proto': 'https',
    'X-Original-URL': '//evil.example/',
    'Forwarded': 'for=203.0.113.9;host=evil.example;proto=https',
}
UNSAFE = [
    ('/sign-in/email', {'email': 'a@b.example'}),
    ('/sign-in/code', {'code': '123456'}),
    ('/sign-in/link', {'token': 'x'}),
    ('/sign-in/link/again', {'token': 'x'}),
    ('/sign-out', {}),
    ('/sign-out/everywhere', {}),
    ('/staff/sign-in', {'email': OWNER, 'password': PASSWORD}),
    ('/staff/sign-out', {}),
    ('/setup', {'token': 'x'}),
]
ELSEWHERE = [
    {'Origin': 'https://evil.example'},
    {'Origin': 'null'},
    {'Origin': 'http://127.0.0.1:1'},
    {'Origin': 'https://127.0.0.1.evil.example'},
    {'Sec-Fetch-Site': 'cross-site'},
    {'Sec-Fetch-Site': 'same-site'},
    {'Sec-Fetch-Site': 'cross-site', 'Origin': 'ours'},
    {'Sec-Fetch-Site': 'same-origin', 'Origin': 'https://evil.example'},
]


# ── Whose page a form came from ──────────────────────────────────────────────


@pytest.mark.parametrize(('path', 'form'), UNSAFE)
def test_a_form_from_elsewhere_is_refused(portal: Portal, path: str, form: dict[str, str]) -> None:
    """R40: by Origin or by Sec-Fetch-Site, at every door, by every unsafe method, before anything is looked at."""
    visitor = portal.visitor()
    tries = [('POST', headers) for headers in ELSEWHERE]
    tries += [(method, ELSEWHERE[0]) for method in ('PUT', 'DELETE', 'PATCH', 'PROPFIND')]
    for method, headers in tries:
        named = {name: value.replace('ours', portal.base_url) for name, value in headers.items()}
        answer = visitor.request(method, path, data=form, headers=named)
        assert answer.status_code == 403, (method, headers)
        assert 'set-cookie' not in answer.headers


def test_the_refusal_is_a_page_of_ours_with_a_way_back(portal: Portal) -> None:
    """R40, R54: in the portal's own type, without a script."""
    answer = portal.visitor().post('/sign-in/email', headers={'Origin': 'https://evil.example'})
    assert answer.status_code == 403 and answer.headers['content-type'].startswith('text/html')
    assert 'This did not come from this portal' in answer.text and 'href="/"' in answer.text
    assert 'inter-latin.woff2' in answer.text and '<script' not in answer.text
    assert "font-src 'self'" in answer.headers['content-security-policy']


def test_somebody_elses_page_cannot_sign_in_or_out(portal: Portal) -> None:
    """R40: login CSRF signs nobody in as somebody else, logout CSRF signs nobody out, and no link is used up."""
    visitor, token = portal.client('Clara Weiss'), portal.link_for(portal.contact('Eve Evil'))
    elsewhere = {'Origin': 'https://evil.example', 'Sec-Fetch-Site': 'cross-site'}
    assert visitor.post('/sign-in/link', data={'token': token}, headers=elsewhere).status_code == 403
    assert visitor.post('/sign-out', headers=elsewhere).status_code == 403
    assert 'Clara' in visitor.get('/').text
    assert portal.visitor().use(token).status_code == 303


@pytest.mark.parametrize(
    'headers',
    [
        {},
        {'Origin': 'ours'},
        {'Sec-Fetch-Site': 'same-origin'},
        {'Sec-Fetch-Site': 'none'},
        {'Sec-Fetch-Site': 'same-origin', 'Origin': 'ours'},
    ],
)
def test_a_form_of_ours_is_taken(portal: Portal, headers: dict[str, str]) -> None:
    """R40: from our page, or from what is no browser."""
    named = {name: value.replace('ours', portal.base_url) for name, value in headers.items()}
    answer = portal.visitor().post('/sign-in/email', data={'email': portal.address()}, headers=named)
    assert (answer.status_code, answer.headers['location']) == (303, '/sign-in/sent')


def test_a_link_from_elsewhere_may_be_followed(portal: Portal) -> None:
    """R40: a mail program or another site may lead to our pages; that is what links are for."""
    elsewhere = {'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate'}
    for path in ('/sign-in', '/sign-in/link/x', '/staff/sign-in'):
        assert portal.visitor().get(path, headers=elsewhere).status_code in (200, 410)


# ── Forged hosts ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    'path',
    ['/', '/sign-in/', '/staff', '/staff/', '/staff/contacts/', '/staff/outbox', '/sign-in/link/x/', '/_nicegui_ws'],
)
def test_no_redirect_names_a_host(portal: Portal, path: str) -> None:
    """R12: nothing that a request says of its host or prefix reaches a Location."""
    for headers in (FORGED, {'X-Forwarded-Prefix': '//evil.example'}, {'X-Forwarded-Prefix': '/elsewhere'}, {}):
        answer = portal.visitor().get(path, headers=headers)
        assert answer.status_code in (303, 307, 404)
        location = answer.headers.get('location', '/')
        assert location.startswith('/') and not location.startswith('//')
        assert 'evil' not in str(answer.headers) and 'elsewhere' not in location


def test_no_page_names_a_forged_host(portal: Portal) -> None:
    """R12: neither live pages nor plain ones, nor what follows a form."""
    token = portal.link_for(portal.contact())
    for path in (
        '/sign-in',
        '/sign-in/sent',
        f'/sign-in/link/{token}',
        '/sign-in/link/x',
        '/nowhere',
        '/staff/sign-in',
    ):
        assert 'evil.example' not in portal.visitor().get(path, headers=FORGED).text
    visitor = portal.visitor()
    assert visitor.post('/sign-in/link', data={'token': token}, headers=FORGED).headers['location'] == '/'


def test_no_mail_names_a_forged_host(portal: Portal) -> None:
    """R12: links are built from the configured host, whoever asked and however."""
    address = portal.address()
    portal.contact(email=address)
    answer = portal.visitor().post('/sign-in/email', data={'email': address}, headers=FORGED)
    assert answer.headers['location'] == '/sign-in/sent'
    mail = portal.mail_to(address)
    assert mail.link.startswith(f'{portal.base_url}/sign-in/link/')
    assert b'evil.example' not in mail.raw
    portal.visitor().post('/sign-in/link/again', data={'token': mail.link.rpartition('/')[2]}, headers=FORGED)
    again = portal.mail_to(address, 2)
    assert again.link.startswith(f'{portal.base_url}/sign-in/link/') and b'evil.example' not in again.raw


# ── Who is calling ───────────────────────────────────────────────────────────

CLAIMED = {'X-Forwarded-For': '203.0.113.77', 'X-Real-IP': '203.0.113.77', 'Forwarded': 'for=203.0.113.77'}


def last_ip(portal: Portal) -> str:
    return str(portal.rows("SELECT ip FROM audit_event WHERE actor_kind = 'visitor' ORDER BY id DESC LIMIT 1")[0][0])


def test_forwarded_headers_of_strangers_are_ignored(portal: Portal) -> None:
    """R46: without trusted proxies the address is that of the connection."""
    portal.visitor().post('/staff/sign-in', data={'email': OWNER, 'password': 'wrong'}, headers=CLAIMED)
    assert last_ip(portal) == '127.0.0.1'


def test_forwarded_headers_of_the_proxy_count(public: Portal) -> None:
    """R46: what a trusted proxy says of the address counts, the rightmost that is no proxy; not what it passed on."""
    headers = {'X-Forwarded-For': '198.51.100.1, 203.0.113.77', 'X-Forwarded-Proto': 'https'}
    public.visitor().post('/staff/sign-in', data={'email': OWNER, 'password': 'wrong'}, headers=headers)
    assert last_ip(public) == '203.0.113.77'


def test_behind_a_proxy_links_and_origins_are_those_of_the_public_url(public: Portal) -> None:
    """R12, R40: mail names the public URL; a form of a page under it is taken, whichever host the proxy asks for."""
    address = public.address()
    public.contact(email=address)
    visitor = public.visitor()
    ours, foreign = {'Origin': 'https://portal.firm.example'}, {'Origin': 'https://evil.example'}
    assert visitor.post('/sign-in/email', data={'email': address}, headers=foreign).status_code == 403
    assert visitor.post('/sign-in/email', data={'email': address}, headers=ours).status_code == 303
    assert public.mail_to(address).link.startswith('https://portal.firm.example/sign-in/link/')


def test_limits_count_by_address_and_answer_in_words(public: Portal) -> None:
    """R46, R47: the 61st ask of one network in ten minutes waits, in words; that of another goes through."""

    def ask(ip: str) -> str:
        headers = {'X-Forwarded-For': ip}
        return visitor.post('/sign-in/email', data={'email': 'nobody@b.example'}, headers=headers).headers['location']

    visitor = public.visitor()
    answers = [ask(f'2001:db8:1:1::{number:x}') for number in range(1, 62)]
    if answers[-1] == '/sign-in/sent':  # the window of ten minutes turned over in between
        answers = [ask(f'2001:db8:1:1::{number:x}') for number in range(1, 62)]
    assert answers[0] == '/sign-in/sent' and answers[-1].startswith('/sign-in?wait=')
    assert ask('2001:db8:1:2::1') == '/sign-in/sent'
    page = visitor.get(answers[-1], headers={'Cookie': visitor.cookie_header}).text
    assert 'nobody@b.example' in page and 'Please wait' in page


def test_one_mail_a_minute_for_an_address(public: Portal) -> None:
    """R47: more is silently left out, with the same answer."""
    address, sentinel = public.address(), public.address()
    public.contact(email=address)
    public.contact(email=sentinel)
    visitor = public.visitor()
    for _ in range(4):
        assert visitor.ask(address).headers['location'] == '/sign-in/sent'
    visitor.ask(sentinel)
    public.mail_to(sentinel)
    assert public.sink and 1 <= len(public.sink.to(address)) <= 2  # two where a minute turned over


def test_five_wrong_passwords_and_the_sixth_is_not_looked_at(public: Portal) -> None:
    """R43: per login, from whichever network and known or not; it locks neither others nor the clients' links (R48)."""

    def sign_in(number: int) -> str:
        headers = {'X-Forwarded-For': f'198.51.{number}.1'}
        form = {'email': 'nobody@firm.example', 'password': 'wrong'}
        return str(public.visitor().post('/staff/sign-in', data=form, headers=headers).headers['location'])

    answers = [sign_in(number) for number in range(12)]  # twelve, so that one window of five minutes holds six
    assert 'error=refused' in answers[0] and 'error=wait' in answers[-1]
    assert public.visitor().sign_in_staff(OWNER, PASSWORD).headers['location'] == '/staff'
    assert public.visitor().use(public.link_for(public.contact())).status_code == 303
