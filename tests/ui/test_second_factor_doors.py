"""The doors and pages of the second factor over HTTP and the socket: what a half-finished sign-in opens (nothing), and
what the pages show once and never again."""

import re
import time
from collections.abc import Iterator

import httpx
import pyotp
import pytest

from domain.access.security_policy import SecurityMode
from tests.support.http import Visitor, cookies_set, words
from tests.support.socket import LivePage, LiveSocket
from tests.ui.portal import Portal
from tests.ui.second_factor import SAVED, SECRET, TWO_FACTOR, VERIFY, Clara, codes_on, enrolled, secret_on

OF_CLIENTS = ['/', '/profile', TWO_FACTOR, '/profile/password']
OF_STAFF = [
    '/staff', '/staff/contacts', '/staff/contacts/1', '/staff/outbox', '/staff/access-report',
    '/staff/access-report.csv', '/staff/settings/portal', '/staff/profile/two-factor',
]  # fmt: skip
POSTED = [f'{TWO_FACTOR}/{deed}' for deed in ('turn-on', 'turn-off', 'new-codes', 'codes-saved')]


@pytest.fixture(scope='module')
def clara(portal: Portal) -> Clara:
    return enrolled(portal)


@pytest.fixture
def required(portal: Portal) -> Iterator[None]:
    """The firm asks for a second factor; afterwards it does not."""
    with portal.in_mode(SecurityMode.LINK_AND_PASSWORD_2FA):
        yield


# ── Half way in ──────────────────────────────────────────────────────────────


def test_the_first_factor_sets_one_cookie_and_it_is_guarded(clara: Clara) -> None:
    """R29, R33: a link leads on to the second factor; no session comes of it, and no cookie says it would."""
    visitor = clara.portal.visitor()
    answer = visitor.use(clara.portal.link_for(clara.contact_id))
    cookies = cookies_set(answer)
    assert set(cookies) == {'foyer_pending'}
    attributes = cookies['foyer_pending'].attributes
    assert {'httponly', 'max-age', 'path', 'samesite'} == set(attributes)
    assert (attributes['samesite'].lower(), attributes['path'], attributes['max-age']) == ('lax', '/', '600')


@pytest.mark.parametrize('path', OF_CLIENTS)
def test_a_half_finished_sign_in_opens_no_page_of_clients(clara: Clara, path: str) -> None:
    """R29: not as it is, and not under the name of a session."""
    visitor = clara.half_way()
    raw = visitor.cookies['foyer_pending']
    assert visitor.get(path).headers['location'] == '/sign-in'
    for name in ('foyer_client', '__Host-foyer_client', 'foyer_browser'):
        answer = clara.portal.visitor(cookies={name: raw, 'foyer_pending': raw}).get(path)
        assert (answer.status_code, answer.headers['location'], answer.content) == (303, '/sign-in', b'')


@pytest.mark.parametrize('path', OF_STAFF)
def test_a_half_finished_sign_in_opens_no_page_of_staff(clara: Clara, path: str) -> None:
    """R29: pages and downloads of staff."""
    visitor = clara.half_way()
    visitor.cookies.set('foyer_staff', visitor.cookies['foyer_pending'])
    visitor.cookies.set('foyer_staff_pending', visitor.cookies['foyer_pending'])
    answer = visitor.get(path)
    assert (answer.status_code, answer.content) == (303, b'')
    assert answer.headers['location'].startswith('/staff/sign-in')


@pytest.mark.parametrize('path', POSTED)
def test_a_half_finished_sign_in_does_no_deed(clara: Clara, path: str) -> None:
    """R29: with the right code too, what asks for a session is refused, and the second factor stays on."""
    answer = clara.half_way().post(path, data={'code': clara.codes[0]})
    assert (answer.status_code, answer.headers['location']) == (303, '/sign-in')
    (row,) = clara.portal.rows('SELECT totp_enrolled_at FROM login WHERE email = ?', clara.email)
    assert row[0]


def test_a_half_finished_sign_in_opens_no_socket_of_a_page(clara: Clara) -> None:
    """R29, R39: the page of the session that is in takes no socket and no event from one that is half way."""
    page = LivePage(clara.browser.get(TWO_FACTOR).text)
    visitor = clara.half_way()
    raw = visitor.cookies['foyer_pending']
    for cookies in (visitor.cookie_header, f'foyer_client={raw}', f'foyer_staff={raw}', ''):
        with pytest.raises(ConnectionRefusedError):
            LiveSocket(clara.portal.base_url, page.client_id, cookies=cookies)
    own = LivePage(visitor.get(VERIFY).text)
    with LiveSocket(clara.portal.base_url, own.client_id, cookies=visitor.cookie_header) as socket:
        assert not socket.shake_hands(page.client_id)
        socket.fire(page, page.find('Make new recovery codes'))
        assert not any(name == 'update' for name, _ in socket.listen(0.5))


def test_the_step_asks_for_a_code_and_lets_in(clara: Clara) -> None:
    """R34: field and button in CONTRACT's words; then a session of its own, and the half-finished sign-in is over."""
    visitor = clara.half_way()
    raw, page = visitor.cookies['foyer_pending'], visitor.get(VERIFY)
    assert page.status_code == 200 and page.headers['cache-control'] == 'no-store'
    for text in ('Authentication code', 'one-time-code', 'numeric', 'Verify', 'Use a recovery code'):
        assert text in words(page), text
    code = clara.code()
    answer = visitor.post(VERIFY, data={'code': f' {code[:3]} {code[3:]} '})
    assert (answer.status_code, answer.headers['location']) == (303, '/')
    cookies = cookies_set(answer)
    assert cookies['foyer_client'].value not in (raw, '') and cookies['foyer_pending'].value == ''
    assert visitor.get('/').status_code == 200
    again = clara.portal.visitor(cookies={'foyer_pending': raw})
    answer = again.post(VERIFY, data={'code': clara.codes[1]})
    assert (answer.status_code, answer.headers['location']) == (303, '/sign-in?notice=over')
    assert 'Please sign in again.' in words(again.get('/sign-in?notice=over'))
    assert (visitor.get(VERIFY).headers['location'], again.get(VERIFY).headers['location']) == ('/', '/sign-in')


def test_a_recovery_code_by_its_own_page(clara: Clara) -> None:
    """R28: the same door, another field; a fault comes back to that field, and the code works once."""
    visitor = clara.half_way()
    page = words(visitor.get(f'{VERIFY}?recovery=1'))
    assert 'Recovery code' in page and 'Use your authenticator app' in page
    answer = visitor.post(VERIFY, data={'code': 'x7rq-no-code-of-ours', 'recovery': '1'})
    assert answer.headers['location'] == f'{VERIFY}?error=code&recovery=1'
    page = words(visitor.get(answer.headers['location']))
    assert 'This recovery code does not fit, or has been used.' in page and 'Recovery code' in page
    for path in (VERIFY, f'{VERIFY}?recovery=1'):
        assert 'Lost your phone and the codes? Please ask ' in words(visitor.get(path))
    code = clara.codes[2].lower().replace('-', '')
    assert visitor.post(VERIFY, data={'code': code, 'recovery': '1'}).headers['location'] == '/'
    assert 'You used a recovery code: ' in words(visitor.get('/')), 'told at once'
    assert 'You used a recovery code: ' not in words(visitor.get('/')), 'and once'
    answer = clara.half_way().post(VERIFY, data={'code': code, 'recovery': '1'})
    assert answer.headers['location'] == f'{VERIFY}?error=code&recovery=1'


def test_another_phone_after_a_recovery_code(clara: Clara) -> None:
    """R28, R38: where the firm requires a second factor too; no other code is asked for, and the new phone proves that
    it has the key before the old one is forgotten."""
    clara.portal.change('UPDATE portal_settings SET security_mode = ?', 'link_and_password_2fa')
    try:
        visitor = clara.half_way()
        assert visitor.post(VERIFY, data={'code': clara.codes[3], 'recovery': '1'}).headers['location'] == '/'
        assert 'Set up the new one now.' in words(visitor.get('/'))
        assert 'Set up another phone' in words(visitor.get(TWO_FACTOR))
        assert visitor.post(f'{TWO_FACTOR}/new-phone').headers['location'] == TWO_FACTOR
        page = visitor.get(TWO_FACTOR)
        secret = secret_on(page)
        clara.portal.secrets.add(secret)
        assert 'Use this phone' in words(page) and 'your other devices then no longer open this portal' in words(page)
        answer = visitor.post(f'{TWO_FACTOR}/new-phone/use', data={'code': '12345'})
        assert answer.headers['location'] == f'{TWO_FACTOR}?error=code'
        assert 'This code does not fit.' in words(visitor.get(answer.headers['location']))
        assert visitor.post(f'{TWO_FACTOR}/new-phone/keep').headers['location'] == TWO_FACTOR
        assert not SECRET.findall(words(visitor.get(TWO_FACTOR)))
    finally:
        clara.portal.change('UPDATE portal_settings SET security_mode = ?', 'link_and_password')


def test_another_phone_asks_for_a_code_otherwise(clara: Clara) -> None:
    """R38: and says so in place of taking none; a code of the phone so far will do."""
    visitor = clara.half_way()
    assert visitor.post(VERIFY, data={'code': clara.code()}).headers['location'] == '/'
    assert visitor.post(f'{TWO_FACTOR}/new-phone').headers['location'] == f'{TWO_FACTOR}?of=phone'
    answer = visitor.post(f'{TWO_FACTOR}/new-phone', data={'code': 'wrong'})
    assert answer.headers['location'] == f'{TWO_FACTOR}?error=code&of=phone'
    assert 'This code does not fit.' in words(visitor.get(answer.headers['location']))
    assert visitor.post(f'{TWO_FACTOR}/new-phone', data={'code': clara.codes[5]}).headers['location'] == TWO_FACTOR
    clara.portal.secrets.add(secret_on(visitor.get(TWO_FACTOR)))
    visitor.post(f'{TWO_FACTOR}/new-phone/keep')


def test_what_was_typed_stands_in_no_address(clara: Clara) -> None:
    """R60: a code, right or wrong, comes back in no location, and the sentence for a clock that is off says by how
    much."""
    visitor = clara.half_way()
    clara.portal.change('UPDATE login SET totp_last_step = 0 WHERE email = ?', clara.email)
    off = pyotp.TOTP(clara.secret).at(time.time() - 300)
    for typed, location in (('123 45', '?error=code'), (off, '?error=clock&off=-5'), ('<b>x</b>', '?error=code')):
        answer = visitor.post(VERIFY, data={'code': typed})
        assert answer.headers['location'] == f'{VERIFY}{location}'
        assert typed not in str(answer.headers) + answer.text
    page = words(visitor.get(f'{VERIFY}?error=clock&off=-5'))
    assert 'the clock of your phone is off by about 5 minutes' in page
    for query in ('error=clock&off=99999', 'error=clock&off=x', 'wait=' + '9' * 4000, 'error=' + 'x' * 3000, 'off=-1'):
        assert visitor.get(f'{VERIFY}?{query}').status_code in (200, 404), query


def test_the_waiting_time_is_told(public: Portal) -> None:
    """R25: the fifth failure tells the time to wait already, and the sixth try is refused with it; over HTTPS the
    cookie is guarded."""
    contact_id = public.contact()

    def use(visitor: Visitor, **cookies: str) -> httpx.Response:
        header = '; '.join(f'__Host-{name}={value}' for name, value in cookies.items())
        return visitor.post(VERIFY, data={'code': '904173'}, headers={'Cookie': header})

    raw = cookies_set(public.visitor().use(public.link_for(contact_id)))['__Host-foyer_client'].value
    header = {'Cookie': f'__Host-foyer_client={raw}'}
    secret = secret_on(public.visitor().get(TWO_FACTOR, headers=header))
    code = pyotp.TOTP(secret).now()
    public.secrets.add(secret)
    assert public.visitor().post(f'{TWO_FACTOR}/turn-on', data={'code': code}, headers=header).status_code == 303
    answer = public.visitor().use(public.link_for(contact_id))
    pending = cookies_set(answer)['__Host-foyer_pending']
    assert 'secure' in pending.attributes
    answers = [use(public.visitor(), foyer_pending=pending.value).headers['location'] for _ in range(6)]
    assert answers[:4] == [f'{VERIFY}?error=code'] * 4
    assert all(re.fullmatch(rf'{VERIFY}\?wait=\d+', one) for one in answers[4:])
    page = public.visitor().get(answers[5], headers={'Cookie': f'__Host-foyer_pending={pending.value}'})
    assert re.search(r'Too many tries\. Please wait \d+ (seconds|minutes?) and try again\.', words(page))
    plain = public.visitor().post(VERIFY, data={'code': '904173'}, headers={'Cookie': f'foyer_pending={pending.value}'})
    assert plain.headers['location'] == '/sign-in?notice=over'


# ── Setting it up ────────────────────────────────────────────────────────────


def test_a_browser_left_open_gets_no_key(portal: Portal) -> None:
    """R38: a client is asked to sign in again by mail, a member of the team to confirm; neither sees a key."""
    client, staff = portal.client('Stella Stale'), portal.staff()
    for table, browser, path, button in (
        ('client_session', client, TWO_FACTOR, 'Email me a link'),
        ('staff_session', staff, f'/staff{TWO_FACTOR}', 'Confirm'),
    ):
        secret = secret_on(browser.get(path))
        assert portal.change(f"UPDATE {table} SET proved_at = '2026-01-01 00:00:00.000000+00:00'")
        answer = browser.post(f'{path}/turn-on', data={'code': pyotp.TOTP(secret).now()})
        assert answer.headers['location'] == path
        page = browser.get(path)
        assert button in words(page) and 'it is you' in words(page)
        assert secret not in page.text and 'otpauth' not in page.text


def test_the_key_is_shown_until_it_is_on_and_the_codes_until_they_are_saved(portal: Portal) -> None:
    """R27, R28: the same key at every look, not a word of it afterwards; ten codes until they are saved, none
    afterwards; and neither in the log, which the portal's end looks at (R60)."""
    browser = portal.client()
    secret = secret_on(page := browser.get(TWO_FACTOR))
    portal.secrets.add(secret)
    for text in ('Turn on', 'Authentication code', 'otpauth://totp/', 'QR code', 'Open in your app'):
        assert text in words(page), text
    assert page.headers['cache-control'] == 'no-store'
    assert secret_on(browser.get(TWO_FACTOR)) == secret
    answer = browser.post(f'{TWO_FACTOR}/turn-on', data={'code': '904 17'})
    assert answer.headers['location'] == f'{TWO_FACTOR}?error=code'
    assert 'This code does not fit.' in words(browser.get(answer.headers['location']))
    before = browser.cookies['foyer_client']
    code = pyotp.TOTP(secret).now()
    answer = browser.post(f'{TWO_FACTOR}/turn-on', data={'code': code})
    assert cookies_set(answer)['foyer_client'].value not in ('', before)
    assert portal.visitor(cookies={'foyer_client': before}).get('/').status_code == 303
    shown = browser.get(answer.headers['location'])
    codes = codes_on(shown)
    portal.secrets.update(codes)
    assert len(codes) == 10 and 'Download' in words(shown) and shown.headers['cache-control'] == 'no-store'
    assert codes_on(browser.get(TWO_FACTOR)) == codes, 'a phone that left the page for a while loads it again'
    assert browser.post(SAVED).headers['location'] == TWO_FACTOR
    for path in (answer.headers['location'], TWO_FACTOR, '/profile'):
        page = browser.get(path)
        assert page.status_code == 200
        assert codes_on(page) == [] and secret not in words(page)
    assert '10 of 10 are left.' in words(browser.get(TWO_FACTOR))


def test_new_codes_and_turning_off_take_a_code(portal: Portal) -> None:
    """R28, R38: each is posted with a code; without one nothing changes and its field says so."""
    clara = enrolled(portal)
    for path, of in (('new-codes', 'codes'), ('turn-off', 'off')):
        answer = clara.browser.post(f'{TWO_FACTOR}/{path}', data={'code': ''})
        assert answer.headers['location'] == f'{TWO_FACTOR}?error=code&of={of}'
        assert 'This code does not fit.' in words(clara.browser.get(answer.headers['location']))
    answer = clara.browser.post(f'{TWO_FACTOR}/new-codes', data={'code': clara.codes[0]})
    assert answer.headers['location'] == TWO_FACTOR
    codes = codes_on(clara.browser.get(TWO_FACTOR))
    portal.secrets.update(codes)
    assert len(codes) == 10 and not set(codes) & set(clara.codes)
    assert codes_on(clara.browser.get(TWO_FACTOR)) == codes
    assert clara.browser.post(SAVED).headers['location'] == TWO_FACTOR
    assert codes_on(clara.browser.get(TWO_FACTOR)) == []
    answer = clara.browser.post(f'{TWO_FACTOR}/turn-off', data={'code': codes[0]})
    assert answer.headers['location'] == f'{TWO_FACTOR}?notice=off'
    assert secret_on(page := clara.browser.get(answer.headers['location'])) != clara.secret
    assert 'Two-factor authentication is off.' in words(page)
    answer = portal.visitor().use(portal.link_for(clara.contact_id))
    assert answer.headers['location'] == '/'


def test_forms_of_another_site_are_refused(clara: Clara) -> None:
    """R40: nobody turns it off, on, or signs in from elsewhere."""
    for path in (*POSTED, VERIFY):
        elsewhere = {'Origin': 'https://evil.example', 'Sec-Fetch-Site': 'cross-site'}
        assert clara.browser.post(path, data={'code': clara.codes[5]}, headers=elsewhere).status_code == 403


# ── Required ─────────────────────────────────────────────────────────────────


def test_a_held_session_opens_the_one_page(portal: Portal, required: None) -> None:
    """R30: everything else leads there, the page says why, and only signing out is offered beside it."""
    browser = portal.client()
    for path in ('/', '/profile'):
        assert browser.get(path).headers['location'] == TWO_FACTOR
    page = words(browser.get(TWO_FACTOR))
    portal.secrets.add(secret_on(browser.get(TWO_FACTOR)))
    assert 'asks for two-factor authentication' in page and 'Sign out' in page
    for text in ('Update password', 'Signed-in devices'):
        assert text not in page
    secret = secret_on(browser.get(TWO_FACTOR))
    answer = browser.post(f'{TWO_FACTOR}/turn-on', data={'code': pyotp.TOTP(secret).now()})
    shown = browser.get(answer.headers['location'])
    portal.secrets.update(codes_on(shown))
    assert len(codes_on(shown)) == 10
    assert browser.get('/').status_code == 200
    assert browser.post(SAVED).headers['location'] == '/'


def test_what_is_required_cannot_be_turned_off(portal: Portal, required: None) -> None:
    """R30: neither by the page, which does not offer it, nor by its door."""
    clara = enrolled(portal)
    answer = clara.browser.post(f'{TWO_FACTOR}/turn-off', data={'code': clara.codes[0]})
    assert answer.headers['location'] == f'{TWO_FACTOR}?error=required'
    assert 'so it stays on' in words(clara.browser.get(answer.headers['location']))
    assert (
        clara.browser.post(f'{TWO_FACTOR}/new-codes', data={'code': clara.codes[0]}).headers['location'] == TWO_FACTOR
    )


def test_without_passwords_the_profile_offers_none(portal: Portal) -> None:
    """DESIGN: where the firm lets clients in by link only, neither the profile nor the menu speaks of a password."""
    browser = portal.client()
    assert all('Update password' in words(browser.get(path)) for path in ('/', '/profile'))
    with portal.in_mode(SecurityMode.LINK_ONLY):
        for path in ('/', '/profile'):
            page = words(browser.get(path))
            assert 'Two-factor authentication' in page and 'Update password' not in page
