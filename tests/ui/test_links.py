"""The page behind an emailed link: looked at by anybody any number of times, used once by a person's click."""

import re
from datetime import timedelta
from urllib.parse import quote, urlsplit

import httpx
import pytest

from domain.access.login_emails import send_login_emails
from domain.access.one_time_tokens import Purpose, issue
from domain.contacts.invitations import cancel_invitation, invite_contact
from domain.dependencies import Dependencies
from domain.unit_of_work import deed, unit_of_work
from tests.factories import token_of
from tests.support.http import comparable, cookies_set, words
from tests.ui.portal import Portal

MOST_BYTES = 6 * 1024
ASSET = re.compile(r'(?:src|href|action|url\()\s*=?\s*["\'(]?([^"\')\s>]+)')
INLINE_HANDLER = re.compile(r'<[^>]+\son\w+\s*=', re.IGNORECASE)


def landing(token: str) -> str:
    return f'/sign-in/link/{token}'


def invite(portal: Portal, contact_id: int, message: str = '') -> str:
    """The token of the invitation's link."""

    async def ask_in(deps: Dependencies) -> str:
        return token_of((await invite_contact(deps, await portal.owner(deps), contact_id, message)).link)

    token = portal.inside(ask_in)
    portal.secrets.add(token)
    return token


def is_dead(answer: httpx.Response) -> bool:
    """Whether this is the page of a dead link: 410, the words of the contract, and a form that asks for a new one."""
    return (
        answer.status_code == 410
        and words(answer).count('expired or already used') == 1
        and 'action="/sign-in/link/again"' in answer.text
        and 'set-cookie' not in answer.headers
    )


def test_looking_never_uses_a_link(portal: Portal) -> None:
    """R10: GET and HEAD, with and without a session, as often as scanners like; then the person clicks."""
    token = portal.link_for(portal.contact())
    scanner = portal.visitor(headers={'User-Agent': 'Mozilla/5.0 (compatible; LinkScanner/1.0)'})
    for _ in range(15):
        assert scanner.get(landing(token)).status_code == 200
        head = scanner.head(landing(token))
        assert (head.status_code, head.content) == (200, b'')
        assert scanner.get(landing(token), params={'utm_source': 'mail'}).status_code == 200
    assert 'set-cookie' not in scanner.get(landing(token)).headers
    assert portal.visitor().use(token).headers['location'] == '/'


def test_the_landing_page_is_light_plain_and_private(portal: Portal) -> None:
    """R10, R11: under 6 KiB, no script, nothing from anywhere else, kept by nobody, found by nobody."""
    answer = portal.visitor(headers={'Accept-Encoding': 'identity'}).get(landing(portal.link_for(portal.contact())))
    assert len(answer.content) < MOST_BYTES
    assert '<script' not in answer.text and 'javascript:' not in answer.text
    assert not INLINE_HANDLER.search(answer.text)
    assert 'x-nicegui-content' not in answer.headers
    assert [url for url in ASSET.findall(answer.text) if urlsplit(url).netloc or not url.startswith(('/', '#'))] == []
    assert answer.headers['cache-control'] == 'no-store'
    assert answer.headers['referrer-policy'] == 'same-origin'
    assert 'noindex' in answer.headers['x-robots-tag'] and '<meta name="robots" content="noindex">' in answer.text
    assert 'script-src' not in answer.headers['content-security-policy']
    assert "default-src 'none'" in answer.headers['content-security-policy']


def test_the_landing_page_names_a_masked_address(portal: Portal) -> None:
    """CONTRACT: the masked address and Continue; whoever finds the link does not learn the address from it."""
    address = portal.address()
    page = words(portal.visitor().get(landing(portal.link_for(portal.contact('Zoë Quist', address)))))
    assert f'{address[0]}•••@clients.example' in page
    assert address not in page and 'Quist' not in page
    assert re.search(r'<button[^>]*>Continue</button>', page)


def test_an_invitation_says_who_invites_to_what(portal: Portal) -> None:
    """The landing page of an invitation carries inviter and message, as text."""
    contact = portal.contact(access=False)
    page = words(portal.visitor().get(landing(invite(portal, contact, 'Your files\nare ready.'))))
    assert 'Olga Owner' in page and 'invites you' in page and 'Your files\nare ready.' in page


def test_a_click_signs_in_and_takes_the_token_out_of_the_address(portal: Portal) -> None:
    """R11: 303 to the portal, without a trace of the token."""
    token = portal.link_for(portal.contact('Clara Weiss'))
    visitor = portal.visitor()
    answer = visitor.use(token)
    assert (answer.status_code, answer.headers['location'], answer.content) == (303, '/', b'')
    assert token not in str(answer.headers)
    assert 'Clara' in words(visitor.get('/'))


def test_a_link_works_once(portal: Portal) -> None:
    """R3: the second click, in the same browser or another, finds a dead link, and so does looking."""
    token = portal.link_for(portal.contact())
    first = portal.visitor()
    assert first.use(token).status_code == 303
    for visitor in (portal.visitor(), portal.visitor()):
        assert is_dead(visitor.use(token))
        assert is_dead(visitor.get(landing(token)))
    again = first.get(landing(token))
    assert again.status_code == 410 and 'expired or already used' in again.text and 'href="/"' in again.text
    assert first.get('/').status_code == 200


def test_an_expired_link_says_so(portal: Portal) -> None:
    """R4, R7: past its time it is dead, though no clean-up ran."""
    address = portal.address()
    token = portal.link_for(portal.contact(email=address))
    assert portal.change("UPDATE one_time_token SET expires_at = '2020-01-01 00:00:00+00:00' WHERE email = ?", address)
    for answer in (portal.visitor().get(landing(token)), portal.visitor().use(token)):
        assert is_dead(answer)
        assert 'Its time ran out' in answer.text


def test_a_replaced_link_says_that_a_newer_mail_was_sent(portal: Portal) -> None:
    """R8: an invitation sent again replaces the old one; the fourth sign-in link the first."""
    contact = portal.contact(access=False)
    old, new = invite(portal, contact), invite(portal, contact)
    for answer in (portal.visitor().get(landing(old)), portal.visitor().use(old)):
        assert is_dead(answer)
        assert 'A newer mail was sent' in answer.text
    assert portal.visitor().get(landing(new)).status_code == 200
    other = portal.contact()
    first, *_ = [portal.link_for(other) for _ in range(4)]
    assert 'A newer mail was sent' in portal.visitor().use(first).text


def test_a_cancelled_link_says_so(portal: Portal) -> None:
    """R13: an invitation taken back, and a link whose contact lost its access."""
    contact = portal.contact(access=False)
    token = invite(portal, contact)

    async def take_back(deps: Dependencies) -> None:
        await cancel_invitation(deps, await portal.owner(deps), contact)

    portal.inside(take_back)
    revoked = portal.contact()
    second = portal.link_for(revoked)
    portal.revoke(revoked)
    for dead in (token, second):
        for answer in (portal.visitor().get(landing(dead)), portal.visitor().use(dead)):
            assert is_dead(answer)
            assert 'If you think this is a mistake, please ask' in answer.text


NONSENSE = [
    'x' * 43,
    'x' * 10_000,
    '%00',
    '%0d%0aSet-Cookie:%20a=b',
    quote('<script>alert(1)'),
    quote('</script><script>alert(1)</script>', safe=''),
    quote('{{7*7}}${7*7}'),
    quote("' OR '1'='1"),
    quote('😀' * 50),
    '%ff%fe',
    '..%2f..%2fetc%2fpasswd',
]


@pytest.mark.parametrize('token', NONSENSE, ids=range(len(NONSENSE)))
def test_nonsense_is_a_dead_link(portal: Portal, token: str) -> None:
    """R9, R51: never an error of ours, and what stood in the address is inert on the page."""
    looked = portal.visitor().get(landing(token))
    assert looked.status_code == (404 if '%2f' in token.lower() else 410)
    assert '<script' not in looked.text and '49' not in re.findall(r'value="([^"]*)"', looked.text)
    assert is_dead(portal.visitor().post('/sign-in/link', content=f'token={token}', headers=FORM))


FORM = {'Content-Type': 'application/x-www-form-urlencoded'}


@pytest.mark.parametrize(
    'form', [{}, {'token': ''}, {'token': ['a', 'b']}, {'other': 'x'}], ids=['nothing', 'empty', 'twice', 'other']
)
def test_a_form_without_a_token_is_a_dead_link(portal: Portal, form: dict[str, str]) -> None:
    """R9: never a 500, never JSON for a person."""
    answer = portal.visitor().post('/sign-in/link', data=form)
    assert is_dead(answer) and answer.headers['content-type'].startswith('text/html')


def test_a_token_is_bound_to_its_purpose(portal: Portal) -> None:
    """R9: what creates the owner does not sign a client in."""

    @deed
    async def make(deps: Dependencies) -> str:
        async with unit_of_work(deps) as work:
            return (await issue(work, Purpose.SETUP, timedelta(days=1))).token

    token = portal.inside(make)
    portal.secrets.add(token)
    assert is_dead(portal.visitor().use(token))
    assert is_dead(portal.visitor().get(landing(token)))


# ── A new one ────────────────────────────────────────────────────────────────


def test_a_new_link_goes_to_the_address_on_file_and_nobody_learns_of_it(portal: Portal) -> None:
    """R41: known or not, the same answer; whatever else the form says, the mail goes where the old one went."""
    address = portal.address()
    dead = portal.link_for(portal.contact(email=address))
    portal.visitor().use(dead)
    known = portal.visitor().post('/sign-in/link/again', data={'token': dead, 'email': 'eve@evil.example'})
    unknown = portal.visitor().post('/sign-in/link/again', data={'token': 'never-heard-of'})
    assert comparable(known) == comparable(unknown)
    assert (known.status_code, known.headers['location']) == (303, '/sign-in/sent')
    mail = portal.mail_to(address)
    assert portal.sink and portal.sink.to('eve@evil.example') == []
    assert portal.visitor().use(token_of(mail.link)).status_code == 303


def test_the_page_after_asking_again_does_not_tell_the_address(portal: Portal) -> None:
    """R41: whoever holds a dead link does not learn whose it was."""
    address = portal.address()
    dead = portal.link_for(portal.contact(email=address))
    portal.visitor().use(dead)
    visitor = portal.visitor()
    visitor.post('/sign-in/link/again', data={'token': dead})
    assert address not in words(visitor.get('/sign-in/sent'))


def test_nobody_without_access_gets_a_new_link(portal: Portal) -> None:
    """R13: the dead link of a revoked contact brings no mail."""
    address, sentinel = portal.address(), portal.address()
    contact = portal.contact(email=address)
    dead = portal.link_for(contact)
    portal.revoke(contact)
    portal.contact(email=sentinel)
    portal.visitor().post('/sign-in/link/again', data={'token': dead})
    portal.visitor().ask(sentinel)
    portal.mail_to(sentinel)
    assert portal.sink and portal.sink.to(address) == []


def test_the_code_of_a_new_link_belongs_to_the_browser_that_asked(portal: Portal) -> None:
    """R4: as on the sign-in page."""
    address = portal.address()
    dead = portal.link_for(portal.contact(email=address))
    portal.visitor().use(dead)
    asked = portal.visitor()
    asked.post('/sign-in/link/again', data={'token': dead})
    code = portal.mail_to(address).code
    assert portal.visitor().post('/sign-in/code', data={'code': code}).headers['location'].endswith('error=code')
    assert asked.post('/sign-in/code', data={'code': code}).headers['location'] == '/'


def test_a_mail_that_staff_sent_holds_a_link_and_no_code(portal: Portal) -> None:
    """CONTRACT: a code belongs to a browser that asked; staff are not it."""
    address = portal.address()
    contact = portal.contact(email=address)

    async def send(deps: Dependencies) -> None:
        await send_login_emails(deps, await portal.owner(deps), [contact])

    portal.inside(send)
    portal.wake_the_mail()
    mail = portal.mail_to(address)
    assert not re.search(r'(?<!\d)\d{3}[ -]?\d{3}(?!\d)', re.sub(r'https?://\S+', '', mail.text))
    visitor = portal.visitor()
    assert visitor.use(token_of(mail.link)).status_code == 303
    assert cookies_set(visitor.get('/')) == {}
