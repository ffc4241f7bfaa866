"""The doors of passwords over HTTP: what each answers, and that no answer tells who is known."""

import asyncio
import re
import statistics
import time

import httpx
import pytest

from domain.access.passwords import change_password
from domain.access.security_policy import SecurityMode
from domain.dependencies import Dependencies
from tests.factories import a_visitor, come_in
from tests.support.http import Visitor, comparable, cookies_set, words
from tests.ui.portal import Portal

PASSWORD, OTHER = 'mond kaffee leiter', 'sieben rote wolken'
RESET = re.compile(r'https?://\S+/reset-password/([\w-]+)')


def client_with_password(portal: Portal, email: str = '') -> str:
    """The address of a client that has set PASSWORD."""
    address = email or portal.address()
    contact_id = portal.contact('Clara Weiss', address)

    async def set_it(deps: Dependencies) -> None:
        client = await come_in(deps, await portal.owner(deps), contact_id, a_visitor())
        await change_password(deps, client.actor, '', PASSWORD)

    portal.inside(set_it)
    portal.secrets.update({PASSWORD, OTHER})
    return address


def post(visitor: Visitor, email: str, password: str) -> httpx.Response:
    return visitor.post('/sign-in/password', data={'email': email, 'password': password})


def addresses_of_every_kind(portal: Portal) -> dict[str, str]:
    """Known with a password and without, revoked, without access, unknown."""
    known, revoked = client_with_password(portal), client_with_password(portal)
    without, never = portal.address(), portal.address()
    portal.contact(email=without)
    portal.contact(email=never, access=False)
    portal.revoke(int(portal.rows('SELECT id FROM contact WHERE email = ?', revoked)[0][0]))
    return {
        'known': known,
        'revoked': revoked,
        'without a password': without,
        'without access': never,
        'unknown': portal.address(),
    }


def ask_for_reset(portal: Portal, visitor: Visitor, address: str) -> str:
    """Ask for a reset; the token of its mail."""
    before = len(resets_to(portal, address))
    answer = visitor.post('/forgot-password', data={'email': address})
    assert (answer.status_code, answer.headers['location']) == (303, '/forgot-password/sent')
    portal.wait_for(lambda: len(resets_to(portal, address)) > before)
    token = resets_to(portal, address)[-1]
    portal.secrets.add(token)
    return token


def resets_to(portal: Portal, address: str) -> list[str]:
    """The tokens of the resets that were mailed to this address."""
    assert portal.sink
    return [token for caught in portal.sink.to(address) for token in RESET.findall(caught.text)[:1]]


# ── Signing in ───────────────────────────────────────────────────────────────


def test_address_and_password_sign_in(portal: Portal) -> None:
    """CONTRACT: POST /sign-in/password; 303 and a session."""
    address, visitor = client_with_password(portal), portal.visitor()
    answer = post(visitor, f' {address.upper()} ', PASSWORD)
    assert (answer.status_code, answer.headers['location']) == (303, '/')
    assert 'foyer_client' in cookies_set(answer)
    assert visitor.get('/').status_code == 200


def test_a_refusal_is_the_same_for_every_address(portal: Portal) -> None:
    """R41: status, headers, cookies, body, and the page it leads to; the right password of a revoked one included."""
    addresses = addresses_of_every_kind(portal)
    answers, pages = {}, {}
    tries = {kind: (address, OTHER) for kind, address in addresses.items()}
    tries |= {'revoked, right password': (addresses['revoked'], PASSWORD)}
    for kind, (address, password) in tries.items():
        visitor = portal.visitor()
        answers[kind] = comparable(post(visitor, address, password))
        page = visitor.get('/sign-in?error=password')
        pages[kind] = (page.status_code, 'do not fit together' in words(page), address in words(page))
        assert password not in page.text
    assert answers['known'][0] == 303
    assert dict(answers['known'][1])['location'] == '/sign-in?error=password'
    assert [kind for kind, answer in answers.items() if answer != answers['unknown']] == []
    assert set(pages.values()) == {(200, True, True)}


def seconds_to_answer(visitor: Visitor, address: str) -> float:
    began = time.perf_counter()
    assert post(visitor, address, OTHER).headers['location'] == '/sign-in?error=password'
    return time.perf_counter() - began


def test_a_refusal_takes_as_long_for_every_address(portal: Portal) -> None:
    """R42: one hash and one transaction either way; the medians lie within 5 ms of each other."""
    addresses = {kind: portal.address() for kind in ('known', 'unknown', 'revoked')}
    kinds = tuple(addresses)
    for kind in ('known', 'revoked'):  # set at the door, so that the hash costs what it costs in earnest
        assert change(portal.client(email=addresses[kind]), '', PASSWORD) == '/profile/password?notice=saved'
    portal.revoke(int(portal.rows('SELECT id FROM contact WHERE email = ?', addresses['revoked'])[0][0]))
    gap = 1.0
    every: dict[str, list[float]] = {kind: [] for kind in kinds}
    for _ in range(
        8
    ):  # a loud neighbour may spoil some rounds; what is told by time is told in each, and in all of them
        times: dict[str, list[float]] = {kind: [] for kind in kinds}
        visitor = portal.visitor()
        for turn in range(18):
            for kind in kinds[turn % 3 :] + kinds[: turn % 3]:
                times[kind].append(seconds_to_answer(visitor, addresses[kind]))
        every = {kind: every[kind] + times[kind] for kind in kinds}
        for found in (times, every):
            medians = [statistics.median(one) for one in found.values()]
            gap = min(gap, max(medians) - min(medians))
        if gap < 0.005:
            break
    assert gap < 0.005


def test_too_many_tries_are_told_to_wait_whoever_it_is(public: Portal) -> None:
    """R43, R41: the fifth try for one address, known or not, is told how long, and so is the sixth."""
    address = client_with_password(public)
    for number, email in enumerate((address, public.address())):
        answers = [
            post(public.visitor(headers={'X-Forwarded-For': f'198.51.{number}.{one}'}), email, OTHER)
            for one in range(6)
        ]
        where = [answer.headers['location'] for answer in answers]
        assert set(where[:4]) == {'/sign-in?error=password'}
        assert all(re.fullmatch(r'/sign-in\?error=password&wait=\d+', one) for one in where[4:])
        assert 'Please wait' in words(public.visitor().get(where[5]))


async def test_a_full_hasher_is_503(portal: Portal) -> None:
    """R18: past the bound nothing waits; the answer says when to come again."""
    async with httpx.AsyncClient(
        base_url=portal.base_url, limits=httpx.Limits(max_connections=300), timeout=60
    ) as http:
        data = {'email': 'nobody@x.example', 'password': OTHER}
        answers = await asyncio.gather(*(http.post('/sign-in/password', data=data) for _ in range(300)))
    assert {answer.status_code for answer in answers} == {303, 503}
    assert all(answer.headers['retry-after'] for answer in answers if answer.status_code == 503)


def test_a_password_from_elsewhere_is_refused(portal: Portal) -> None:
    """R40: login CSRF."""
    address = client_with_password(portal)
    for headers in ({'Origin': 'https://evil.example'}, {'Sec-Fetch-Site': 'cross-site'}):
        answer = portal.visitor().post(
            '/sign-in/password', data={'email': address, 'password': PASSWORD}, headers=headers
        )
        assert answer.status_code == 403


@pytest.mark.parametrize('path', ['/sign-in/password', '/forgot-password', '/reset-password', '/profile/password'])
def test_a_form_without_fields_breaks_nothing(portal: Portal, path: str) -> None:
    """Whatever a program posts gets a page."""
    for data in ({}, {'email': 'x' * 5_000, 'password': 'x' * 50_000, 'token': '\x00'}, {'password': '\x00\ud7ff'}):
        assert portal.visitor().post(path, data=data).status_code in (303, 410)


# ── Forgetting ───────────────────────────────────────────────────────────────


def test_asking_for_a_reset_is_the_same_for_every_address(portal: Portal) -> None:
    """R41: and only who may enter gets a mail, with a password so far or without."""
    addresses, answers, pages = addresses_of_every_kind(portal), {}, {}
    for kind, address in addresses.items():
        visitor = portal.visitor()
        answers[kind] = comparable(visitor.post('/forgot-password', data={'email': address}))
        pages[kind] = words(visitor.get('/forgot-password/sent')).count(address) > 0
    assert dict(answers['known'][1])['location'] == '/forgot-password/sent'
    assert [kind for kind, answer in answers.items() if answer != answers['unknown']] == []
    assert set(pages.values()) == {True}
    known_again = portal.address()
    portal.contact(email=known_again)
    portal.visitor().post('/forgot-password', data={'email': known_again})  # the writer of mails takes them in turn
    portal.wait_for(lambda: resets_to(portal, known_again))
    portal.wait_for(
        lambda: resets_to(portal, addresses['known']) and resets_to(portal, addresses['without a password'])
    )
    mailed = {kind for kind, address in addresses.items() if resets_to(portal, address)}
    assert mailed == {'known', 'without a password'}


def test_asking_takes_as_long_for_every_address(portal: Portal) -> None:
    """R42: the mail is written after the answer; with the database locked all are answered at once."""
    addresses = addresses_of_every_kind(portal)
    visitor = portal.visitor()
    visitor.post('/forgot-password', data={'email': addresses['unknown']})
    with portal.locked_until_left():
        for address in addresses.values():
            assert visitor.post('/forgot-password', data={'email': address}).status_code == 303


def test_a_wrong_address_is_told_and_stays_typed(portal: Portal) -> None:
    """R49."""
    visitor = portal.visitor()
    answer = visitor.post('/forgot-password', data={'email': 'clara at weiss'})
    assert answer.headers['location'] == '/forgot-password?error=address'
    page = words(visitor.get(answer.headers['location']))
    assert 'has an @ in it' in page and 'clara at weiss' in page


def test_a_reset_from_mail_to_sign_in(portal: Portal) -> None:
    """R10, R11, R20: looking uses nothing, the token leaves the address at once, nobody is signed in by it."""
    address, visitor = client_with_password(portal), portal.visitor()
    token = ask_for_reset(portal, visitor, address)
    scanner = portal.visitor()
    for _ in range(5):
        assert scanner.head(f'/reset-password/{token}').status_code == 303
        landed = scanner.get(f'/reset-password/{token}')
        assert (landed.status_code, landed.headers['location'], landed.content) == (303, '/reset-password', b'')
        assert scanner.get('/reset-password').status_code == 200
    fresh = portal.visitor()
    assert fresh.get('/reset-password').headers['location'] == '/forgot-password'
    fresh.get(f'/reset-password/{token}')
    page = fresh.get('/reset-password')
    assert f'{address[0]}•••@clients.example' in words(page) and address not in words(page)
    assert page.headers['cache-control'] == 'no-store' and page.headers['referrer-policy'] == 'same-origin'
    assert 'autocomplete="new-password"' in page.text
    weak = fresh.post('/reset-password', data={'token': token, 'password': 'passwordpassword'})
    assert (weak.status_code, weak.headers['location']) == (303, '/reset-password?error=weak')
    assert 'easy to guess' in words(fresh.get(weak.headers['location']))
    done = fresh.post('/reset-password', data={'token': token, 'password': OTHER})
    assert (done.status_code, done.headers['location']) == (303, '/sign-in?notice=password-set')
    assert 'foyer_client' not in cookies_set(done)
    page = words(fresh.get(done.headers['location']))
    assert 'Your password is set. Sign in with it.' in page and address not in page, 'it may be another browser'
    assert address in words(visitor.get(done.headers['location'])), 'the one that asked need not type it again'
    assert post(fresh, address, PASSWORD).headers['location'] == '/sign-in?error=password'
    assert post(fresh, address, OTHER).headers['location'] == '/'


def is_dead(answer: httpx.Response) -> bool:
    return (
        answer.status_code == 410
        and words(answer).count('expired or already used') == 1
        and 'action="/forgot-password/again"' in answer.text
    )


def test_a_dead_reset_says_so_and_offers_another(portal: Portal) -> None:
    """CONTRACT: 410 for used, expired, replaced, unknown; the form mails a new one to the address on file."""
    address, visitor = client_with_password(portal), portal.visitor()
    first, second = (ask_for_reset(portal, visitor, address) for _ in range(2))
    assert visitor.post('/reset-password', data={'token': second, 'password': OTHER}).status_code == 303
    for token in (first, second, 'unknown', 'x' * 9_000):
        assert is_dead(portal.visitor().get(f'/reset-password/{token}'))
        assert is_dead(portal.visitor().post('/reset-password', data={'token': token, 'password': OTHER}))
    before = len(resets_to(portal, address))
    answer = portal.visitor().post('/forgot-password/again', data={'token': second})
    assert (answer.status_code, answer.headers['location']) == (303, '/forgot-password/sent')
    assert comparable(portal.visitor().post('/forgot-password/again', data={'token': 'unknown'})) == comparable(answer)
    until = time.monotonic() + 10
    while len(resets_to(portal, address)) == before and time.monotonic() < until:
        time.sleep(0.02)
    assert len(resets_to(portal, address)) == before + 1


def test_every_session_ends_with_a_reset(portal: Portal) -> None:
    """R20, R36: at once, over HTTP."""
    address, browser = client_with_password(portal), portal.visitor()
    post(browser, address, PASSWORD)
    token = ask_for_reset(portal, portal.visitor(), address)
    assert portal.visitor().post('/reset-password', data={'token': token, 'password': OTHER}).status_code == 303
    assert browser.get('/').headers['location'] == '/sign-in'


# ── Changing ─────────────────────────────────────────────────────────────────


def change(visitor: Visitor, current: str, new: str) -> str:
    answer = visitor.post('/profile/password', data={'current': current, 'password': new})
    assert answer.status_code == 303
    return str(answer.headers['location'])


def test_setting_and_changing_over_http(portal: Portal) -> None:
    """R19: each fault comes back to its field, and no password stands in any page or address."""
    portal.secrets.update({PASSWORD, OTHER})
    visitor = portal.client('Clara Weiss')
    assert change(portal.visitor(), '', PASSWORD) == '/sign-in?notice=ended'
    assert change(visitor, '', 'short') == '/profile/password?error=short'
    assert 'at least 12 characters' in words(visitor.get('/profile/password?error=short'))
    assert change(visitor, '', 'clara weiss 1980') == '/profile/password?error=weak'
    assert change(visitor, '', PASSWORD) == '/profile/password?notice=saved'
    page = words(visitor.get('/profile/password?notice=saved'))
    assert 'Your password is set.' in page and 'signed out' not in page and 'New password' not in page
    assert 'Back to profile' in page and 'Last set' in words(visitor.get('/profile'))
    assert 'Current password' in words(visitor.get('/profile/password'))
    assert '2 other devices were signed out.' in words(visitor.get('/profile/password?notice=saved&others=2'))
    assert change(visitor, OTHER, OTHER) == '/profile/password?error=wrong'
    assert 'The current password does not fit' in words(visitor.get('/profile/password?error=wrong'))
    assert change(visitor, PASSWORD, OTHER) == '/profile/password?notice=saved'


def test_a_first_password_after_a_while_goes_by_mail(portal: Portal) -> None:
    """R19: without a recent sign-in the page offers a link, and the door refuses."""
    address = portal.address()
    visitor = portal.client('Clara Weiss', email=address)
    portal.change(
        "UPDATE client_session SET proved_at = '2020-01-01 00:00:00+00:00' WHERE login_id = "
        '(SELECT id FROM login WHERE email = ?)',
        address,
    )
    page = words(visitor.get('/profile/password'))
    assert 'Email me a link' in page and 'New password' not in page
    assert change(visitor, '', PASSWORD) == '/profile/password'
    assert portal.rows('SELECT password_hash FROM login WHERE email = ?', address) == [(None,)]


def test_where_passwords_are_off_nothing_shows_and_nothing_works(portal: Portal) -> None:
    """Link_only hides and refuses password and reset, and says so to every address alike; the password comes back with
    the mode, a reset that was sent before does not (R8)."""
    address, inside = client_with_password(portal), portal.visitor()
    post(inside, address, PASSWORD)
    token = ask_for_reset(portal, portal.visitor(), address)
    with portal.in_mode(SecurityMode.LINK_ONLY):
        page = words(portal.visitor().get('/sign-in'))
        assert not any(one in page for one in ('Use a password', 'Forgot password?', 'name="password"'))
        answers = [comparable(post(portal.visitor(), one, PASSWORD)) for one in (address, portal.address())]
        assert answers[0] == answers[1]
        where = dict(answers[0][1])['location']
        assert 'works without passwords' in words(portal.visitor().get(where))
        assert 'works without passwords' in words(portal.visitor().get('/forgot-password'))
        for answer in (
            portal.visitor().get(f'/reset-password/{token}'),
            portal.visitor().post('/reset-password', data={'token': token, 'password': OTHER}),
        ):
            assert answer.status_code == 410
        page = words(inside.get('/profile/password'))
        assert 'works without passwords' in page and 'New password' not in page
        assert change(inside, PASSWORD, OTHER) == '/profile/password'
        assert 'Update password' not in words(inside.get('/profile'))
    assert post(portal.visitor(), address, PASSWORD).headers['location'] == '/'
    assert portal.visitor().get(f'/reset-password/{token}').status_code == 410
    assert portal.visitor().post('/reset-password', data={'token': token, 'password': OTHER}).status_code == 410


# ── The meter ────────────────────────────────────────────────────────────────


def worth(visitor: Visitor, password: str, who: str = '') -> dict[str, object]:
    answer = visitor.post('/password/strength', data={'password': password, 'who': who})
    assert answer.status_code == 200
    return dict(answer.json())


def test_the_meter_knows_who_asks(portal: Portal) -> None:
    """R16: by session or reset link; what it is told to be without them is a stranger."""
    address = portal.address()
    client = portal.client('Clara Weiss', email=address)
    own = 'Clara Weiss 1980'
    assert worth(client, own, 'client')['good'] is False
    assert 'names or addresses' in str(worth(client, own, 'client')['words'])
    stranger = portal.visitor()
    assert worth(stranger, own, 'client') == worth(stranger, own, 'staff') == worth(stranger, own, 'reset')
    assert worth(stranger, own, 'client')['good'] is True
    stranger.get(f'/reset-password/{ask_for_reset(portal, portal.visitor(), address)}')
    assert worth(stranger, own, 'reset')['good'] is False
    assert worth(portal.staff(), 'Olga Owner 1980', 'staff')['good'] is False


def test_the_meter_tells_what_is_missing(portal: Portal) -> None:
    """R14, R16."""
    visitor = portal.visitor()
    assert worth(visitor, 'vK9#tq2Lw') == {'score': 2, 'good': False, 'words': '3 more characters.'}
    assert worth(visitor, PASSWORD) == {'score': 4, 'good': True, 'words': 'Strong.'}
    assert worth(visitor, 'x' * 60_000)['good'] is False


def test_the_meter_takes_posts_from_our_pages_alone(portal: Portal) -> None:
    """R40, R60: no address that carries a password, and nobody else's script."""
    visitor = portal.visitor()
    assert visitor.get('/password/strength', params={'password': PASSWORD}).status_code == 405
    answer = visitor.post('/password/strength', data={'password': PASSWORD}, headers={'Sec-Fetch-Site': 'cross-site'})
    assert answer.status_code == 403
    assert PASSWORD not in portal.served.log_text


def test_the_door_says_why_a_session_ended(portal: Portal) -> None:
    """R36, R37: to the browser that was signed out, by a code that names nobody."""
    for why, said in (
        ('password-changed', 'Your password was changed, so you were signed out here. Please sign in again.'),
        ('two-factor-reset', 'Your two-factor authentication was reset'),
        ('elsewhere', 'from another of your devices'),
        ('ended', 'If you cannot get back in, please ask'),
    ):
        assert said in words(portal.visitor().get(f'/sign-in?notice={why}')), why
