"""What every answer carries, and what pages may load and run (R54)."""

import re

import httpx
import pytest

from tests.support.http import Visitor
from tests.ui.portal import Portal

ALWAYS = {
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'x-frame-options': 'DENY',
    'x-robots-tag': 'noindex',
}
SCRIPT = re.compile(r'<script\b([^>]*)>', re.IGNORECASE)
NONCE = re.compile(r"'nonce-([A-Za-z0-9_-]+)'")
INLINE_HANDLER = re.compile(r'<[a-z][^<>]*\son[a-z]+\s*=', re.IGNORECASE)
ELSEWHERE = re.compile(r'(?:src|href|url\(|@import|from)\s*[=(]?\s*["\'](https?:)?//', re.IGNORECASE)


def policy(answer: httpx.Response) -> dict[str, list[str]]:
    """The CSP of an answer, by directive."""
    parts = [part.split() for part in answer.headers['content-security-policy'].split(';')]
    return {name: values for name, *values in parts}


def the_kinds_of_answer(portal: Portal) -> dict[str, httpx.Response]:
    visitor, client, staff = portal.visitor(), portal.client(), portal.staff()
    token = portal.link_for(portal.contact())
    return {
        'live page': visitor.get('/sign-in'),
        'home': client.get('/'),
        'dashboard': staff.get('/staff'),
        'contacts': staff.get('/staff/contacts'),
        'staff 404': staff.get('/staff/contacts/999999'),
        'csv': staff.get('/staff/access-report.csv'),
        'landing': visitor.get(f'/sign-in/link/{token}'),
        'head': visitor.head(f'/sign-in/link/{token}'),
        'dead link': visitor.get('/sign-in/link/x'),
        'plain': visitor.get('/healthz'),
        'json': visitor.get('/readyz'),
        '404': visitor.get('/nowhere'),
        '404 of NiceGUI': visitor.get('/_nicegui/nothing'),
        '405': visitor.get('/sign-out'),
        'refused': visitor.post('/sign-out', headers={'Origin': 'https://evil.example'}),
        '303': visitor.get('/'),
        '303 of a form': visitor.ask('a@b.example'),
        'asset': visitor.get('/assets/theme.css'),
        'font': visitor.get('/assets/inter-latin.woff2'),
        'favicon': visitor.get('/favicon.ico'),
        'head of nothing': visitor.head('/nowhere'),
        'options': visitor.options('/sign-in'),
        'polling': visitor.get('/_nicegui_ws/socket.io/', params={'EIO': '4', 'transport': 'polling'}),
        'socket refused': visitor.get('/_nicegui_ws/socket.io/', headers={'Origin': 'https://evil.example'}),
    }


@pytest.fixture(scope='module')
def answers(portal: Portal) -> dict[str, httpx.Response]:
    """One of each kind."""
    return the_kinds_of_answer(portal)


def test_every_answer_is_dressed(answers: dict[str, httpx.Response]) -> None:
    """R54, R11: nosniff, referrer, COOP, CORP, no framing, a policy that starts from nothing; no name of a server."""
    for kind, answer in answers.items():
        for name, value in ALWAYS.items():
            assert answer.headers.get(name) == value, (kind, name)
        rules = policy(answer)
        assert rules['default-src'] == ["'none'"], kind
        assert rules['frame-ancestors'] == ["'none'"] and rules['base-uri'] == ["'none'"], kind
        assert rules['form-action'] == ["'self'"], kind
        assert "'unsafe-inline'" not in rules.get('script-src', []), kind
        assert all("'" in one or one == 'data:' for values in rules.values() for one in values), kind
        assert 'camera=()' in answer.headers['permissions-policy'], kind
        assert not {'server', 'x-powered-by', 'access-control-allow-origin'} & set(answer.headers), kind


def test_nothing_but_the_look_is_kept(answers: dict[str, httpx.Response]) -> None:
    """R54: no-store on every page, redirect and download; the look may be kept."""
    for kind, answer in answers.items():
        kept = answer.headers.get('cache-control') != 'no-store'
        assert kept == (kind in ('asset', 'font', '404 of NiceGUI')), kind


def test_what_never_changes_is_kept_for_long(portal: Portal) -> None:
    """NiceGUI's own files carry their version in their address."""
    page = portal.visitor().get('/sign-in').text
    script = re.search(r'src="(/_nicegui/[^"]+/static/nicegui\.js)"', page)
    assert script
    answer = portal.visitor().get(script[1])
    assert answer.status_code == 200 and 'max-age=31536000' in answer.headers['cache-control']
    assert answer.headers['x-content-type-options'] == 'nosniff'


LIVE = ['/sign-in', '/sign-in/sent', '/staff/sign-in', '/setup']
BEHIND = ['/staff', '/staff/contacts', '/staff/outbox', '/staff/access-report', '/staff/settings/portal']


def every_script_carries_the_nonce(answer: httpx.Response) -> str:
    """The nonce, after checking that all scripts of the page have it."""
    (nonce,) = NONCE.findall(answer.headers['content-security-policy'])
    scripts = SCRIPT.findall(answer.text)
    assert scripts and all(f'nonce="{nonce}"' in attributes for attributes in scripts)
    assert len(nonce) >= 22
    return str(nonce)


def test_scripts_run_by_a_nonce_that_is_never_the_same(portal: Portal) -> None:
    """R54: another one for every answer, on every script of the page."""
    visitor, staff, client = portal.visitor(), portal.staff(), portal.client()
    pages: list[tuple[Visitor, str]] = [(visitor, path) for path in LIVE]
    pages += [(staff, path) for path in BEHIND] + [(client, '/')]
    nonces = [every_script_carries_the_nonce(who.get(path)) for who, path in pages for _ in range(2)]
    assert len(set(nonces)) == len(nonces)


def test_no_page_has_handlers_in_its_markup_or_anything_from_elsewhere(portal: Portal) -> None:
    """R54, R11: nothing inline that the policy would have to allow, and no third-party asset."""
    visitor, staff, client = portal.visitor(), portal.staff(), portal.client()
    token = portal.link_for(portal.contact())
    pages = [(visitor, path) for path in (*LIVE, '/nowhere', '/sign-in/link/x', f'/sign-in/link/{token}')]
    pages += [(staff, path) for path in BEHIND] + [(client, '/')]
    for who, path in pages:
        page = who.get(path).text
        assert not INLINE_HANDLER.search(page), path
        assert not ELSEWHERE.search(page), path
    assert not ELSEWHERE.search(visitor.get('/assets/theme.css').text)


def test_plain_pages_may_run_no_script_at_all(answers: dict[str, httpx.Response]) -> None:
    """R10: not even one that somebody smuggled in."""
    for kind in ('landing', 'dead link', '404', '303', 'csv', 'asset', 'refused'):
        assert 'script-src' not in policy(answers[kind])
        assert 'connect-src' not in policy(answers[kind])


def test_a_download_is_a_download(answers: dict[str, httpx.Response]) -> None:
    """R54: the report is never shown as a page."""
    headers = answers['csv'].headers
    assert headers['content-type'].startswith('text/csv') and headers['content-disposition'].startswith('attachment')


def test_https_is_asked_for_only_where_there_is_https(portal: Portal, public: Portal) -> None:
    """R54: HSTS over HTTPS; on loopback it would lock the developer out of other programs."""
    for path in ('/sign-in', '/nowhere', '/assets/theme.css', '/'):
        assert 'strict-transport-security' not in portal.visitor().get(path).headers
        value = public.visitor().get(path).headers['strict-transport-security']
        assert int(re.findall(r'max-age=(\d+)', value)[0]) >= 31_536_000
