"""Sessions as a browser sees them: their cookies, a new id at every sign-in, and where a sign-in leads to."""

from http.cookies import SimpleCookie

import pytest

from tests.support.http import Cookie, Visitor, cookies_set, words
from tests.ui.portal import OWNER, PASSWORD, Portal
from ui.frame import safe_next

DAY = 24 * 3600
MIN_LENGTH = 43  # 256 bits, base64url


def is_guarded(cookie: Cookie, *, secure: bool) -> bool:
    """HttpOnly, SameSite=Lax, for the whole host and no other; Secure as asked."""
    attributes = cookie.attributes
    return (
        'httponly' in attributes
        and attributes['samesite'].lower() == 'lax'
        and attributes['path'] == '/'
        and 'domain' not in attributes
        and ('secure' in attributes) == secure
    )


def test_the_cookies_of_a_client(portal: Portal) -> None:
    """R33, R35: plain name on loopback; HttpOnly, Lax, /; 30 days, the session's absolute life."""
    cookie = cookies_set(portal.visitor().use(portal.link_for(portal.contact())))['foyer_client']
    assert is_guarded(cookie, secure=False)
    assert cookie.attributes['max-age'] == str(30 * DAY)
    assert len(cookie.value) >= MIN_LENGTH


def test_the_cookies_of_staff(portal: Portal) -> None:
    """R33, R35: the same for staff; seven days."""
    cookie = cookies_set(portal.visitor().sign_in_staff(OWNER, PASSWORD))['foyer_staff']
    assert is_guarded(cookie, secure=False)
    assert cookie.attributes['max-age'] == str(7 * DAY)
    assert len(cookie.value) >= MIN_LENGTH


def test_the_cookies_of_a_browser_that_asks(portal: Portal) -> None:
    """R33: the browser's secret and what was typed are as closed to scripts and other sites as a session."""
    found = cookies_set(portal.visitor().ask(portal.address()))
    assert set(found) == {'foyer_browser', 'foyer_asked'}
    assert all(is_guarded(cookie, secure=False) for cookie in found.values())
    assert len(found['foyer_browser'].value) >= MIN_LENGTH


def test_over_https_every_cookie_has_the_host_prefix(public: Portal) -> None:
    """R33: `__Host-` and Secure, so that neither a subdomain nor plain HTTP can plant one."""
    token = public.link_for(public.contact())
    answers = [
        public.visitor().ask(public.address()),
        public.visitor().use(token),
        public.visitor().sign_in_staff(OWNER, PASSWORD),
        public.visitor().post('/sign-out'),
        public.visitor().post('/staff/sign-out'),
    ]
    found = [cookie for answer in answers for cookie in cookies_set(answer).values()]
    sessions = [cookie for cookie in found if 'typed' not in cookie.name]
    assert {cookie.name for cookie in sessions} == {
        f'__Host-foyer_{name}' for name in ('client', 'staff', 'browser', 'asked', 'pending', 'staff_pending')
    }
    assert all(is_guarded(cookie, secure=True) for cookie in sessions)
    assert all({'secure', 'httponly', 'samesite'} <= set(cookie.attributes) for cookie in found)


def test_over_https_a_plain_name_is_no_session(public: Portal) -> None:
    """R33: a cookie that plain HTTP could have planted is not looked at."""
    raw = cookies_set(public.visitor().use(public.link_for(public.contact())))['__Host-foyer_client'].value
    assert public.visitor().get('/', headers={'Cookie': f'__Host-foyer_client={raw}'}).status_code == 200
    assert public.visitor().get('/', headers={'Cookie': f'foyer_client={raw}'}).status_code == 303


def test_signing_out_takes_the_cookie_back(portal: Portal) -> None:
    """R36: the browser forgets, and the server has forgotten already."""
    client, staff = portal.client(), portal.staff()
    raw, raw_staff = client.cookies['foyer_client'], staff.cookies['foyer_staff']
    for visitor, path, name in ((client, '/sign-out', 'foyer_client'), (staff, '/staff/sign-out', 'foyer_staff')):
        cookie = cookies_set(visitor.post(path))[name]
        assert (cookie.value, cookie.attributes['max-age']) == ('', '0')
        assert is_guarded(cookie, secure=False)
    assert portal.visitor(cookies={'foyer_client': raw}).get('/').status_code == 303
    assert portal.visitor(cookies={'foyer_staff': raw_staff}).get('/staff').status_code == 303


def test_signing_out_twice_is_no_error(portal: Portal) -> None:
    """R36: nor without ever having been in."""
    for path, door in (('/sign-out', '/sign-in'), ('/staff/sign-out', '/staff/sign-in')):
        answer = portal.visitor().post(path)
        assert (answer.status_code, answer.headers['location']) == (303, f'{door}?notice=signed-out')


# ── A new id ─────────────────────────────────────────────────────────────────


def test_a_client_gets_a_new_id_at_every_sign_in_and_the_old_one_dies(portal: Portal) -> None:
    """R34: by link, and by code."""
    address = portal.address()
    contact = portal.contact(email=address)
    visitor = portal.visitor()
    visitor.use(portal.link_for(contact))
    first = visitor.cookies['foyer_client']
    visitor.use(portal.link_for(contact))
    second = visitor.cookies['foyer_client']
    visitor.ask(address)
    visitor.post('/sign-in/code', data={'code': portal.mail_to(address).code})
    third = visitor.cookies['foyer_client']
    assert len({first, second, third}) == 3
    alive = [portal.visitor(cookies={'foyer_client': raw}).get('/').status_code for raw in (first, second, third)]
    assert alive == [303, 303, 200]


def test_staff_get_a_new_id_at_every_sign_in_and_the_old_one_dies(portal: Portal) -> None:
    """R34: the same for staff."""
    visitor = portal.staff()
    first = visitor.cookies['foyer_staff']
    assert visitor.sign_in_staff(OWNER, PASSWORD).headers['location'] == '/staff'
    second = visitor.cookies['foyer_staff']
    assert first != second
    assert portal.visitor(cookies={'foyer_staff': second}).get('/staff').status_code == 200
    alive = [portal.visitor(cookies={'foyer_staff': raw}).get('/staff').status_code for raw in (first, second)]
    assert alive == [303, 200]


def test_other_browsers_stay_signed_in(portal: Portal) -> None:
    """R34: the old id of this browser dies, not that of another device."""
    contact = portal.contact()
    phone, laptop = portal.visitor(), portal.visitor()
    phone.use(portal.link_for(contact))
    laptop.use(portal.link_for(contact))
    assert (phone.get('/').status_code, laptop.get('/').status_code) == (200, 200)


@pytest.mark.parametrize('planted', ['a-session-somebody-else-chose-' + 'x' * 20, ''])
def test_no_session_can_be_planted(portal: Portal, planted: str) -> None:
    """R34: whatever id a browser brings to the sign-in, it leaves with another, and the brought one opens nothing."""
    victim = portal.visitor(cookies={'foyer_client': planted, 'foyer_staff': planted})
    answer = victim.use(portal.link_for(portal.contact()))
    assert cookies_set(answer)['foyer_client'].value not in ('', planted)
    answer = portal.visitor(cookies={'foyer_staff': planted}).sign_in_staff(OWNER, PASSWORD)
    assert cookies_set(answer)['foyer_staff'].value not in ('', planted)
    for cookie, path in (('foyer_client', '/'), ('foyer_staff', '/staff')):
        assert portal.visitor(cookies={cookie: planted}).get(path).status_code == 303


def test_an_attackers_session_is_not_taken_over(portal: Portal) -> None:
    """R34: signing in while holding somebody else's live session begins a new one, and ends that one."""
    attacker = portal.client('Eve Evil')
    raw = attacker.cookies['foyer_client']
    victim = portal.visitor(cookies={'foyer_client': raw})
    answer = victim.use(portal.link_for(portal.contact('Clara Weiss')))
    fresh = cookies_set(answer)['foyer_client'].value
    assert fresh != raw
    assert attacker.get('/').status_code == 303
    assert 'Clara' in portal.visitor(cookies={'foyer_client': fresh}).get('/').text


def test_a_code_of_a_planted_browser_secret_signs_in_that_browser_alone(portal: Portal) -> None:
    """R4, R34: asking gives a new browser secret each time, so that a planted one gets no code to try."""
    address = portal.address()
    portal.contact(email=address)
    victim = portal.visitor(cookies={'foyer_browser': 'planted'})
    victim.ask(address)
    code = portal.mail_to(address).code
    planted = portal.visitor(cookies={'foyer_browser': 'planted'})
    assert planted.post('/sign-in/code', data={'code': code}).headers['location'] == '/sign-in/sent?error=code'


@pytest.mark.parametrize('column', ['expires_at', 'idle_expires_at'])
def test_sessions_end_by_themselves(portal: Portal, column: str) -> None:
    """R35, R7: idle and absolute, for clients and staff, though no clean-up ran."""
    client, staff = portal.client(), portal.staff()
    for table in ('client_session', 'staff_session'):
        assert portal.change(
            f"UPDATE {table} SET {column} = '2020-01-01 00:00:00+00:00' WHERE id = (SELECT max(id) FROM {table})"
        )
    assert client.get('/').status_code == 303
    assert staff.get('/staff').status_code == 303


def test_lifetimes_are_those_that_are_promised(portal: Portal) -> None:
    """R35: clients 7 days idle and 30 at most; staff 12 hours and 7 days."""
    portal.client(), portal.staff()
    days = 'round((julianday(expires_at) - julianday(created_at)) * 24)'
    idle = 'round((julianday(idle_expires_at) - julianday(created_at)) * 24)'
    (client,) = portal.rows(f'SELECT {idle}, {days} FROM client_session ORDER BY id DESC LIMIT 1')
    (staff,) = portal.rows(f'SELECT {idle}, {days} FROM staff_session ORDER BY id DESC LIMIT 1')
    assert client == (7 * 24, 30 * 24)
    assert staff == (12, 7 * 24)


# ── Where a sign-in leads to ─────────────────────────────────────────────────

OURS = ['/staff/contacts', '/staff/contacts/7', '/staff/contacts?page=2&status=joined', '/staff/outbox#top']
NOT_OURS = [
    'https://evil.example',
    'http:evil.example',
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    '\t//evil.example',
    ' //evil.example',
    '/\x00/evil.example',
    '/\u2028/evil.example',
    '/%0d%0aLocation:%20https://evil.example',
    '/staff\\..\\..\\evil.example',
    'javascript:alert(1)',
    'data:text/html,x',
    'evil.example',
    'staff',
    '@evil.example',
    '?next=//evil.example',
    '',
]


def lands_within(location: str) -> bool:
    """Whether a browser stays on our host: tabs and line breaks vanish, backslashes are slashes (WHATWG URL)."""
    seen = location.replace('\t', '').replace('\n', '').replace('\r', '').replace('\\', '/').strip()
    return seen.startswith('/') and not seen.startswith('//')


@pytest.mark.parametrize('onward', OURS)
def test_a_sign_in_goes_on_to_a_page_of_ours(portal: Portal, onward: str) -> None:
    """R53: where the visitor wanted to go."""
    answer = portal.visitor().sign_in_staff(OWNER, PASSWORD, next=onward)
    assert (answer.status_code, answer.headers['location']) == (303, onward)


@pytest.mark.parametrize('onward', NOT_OURS, ids=range(len(NOT_OURS)))
def test_a_sign_in_never_leads_elsewhere(portal: Portal, onward: str) -> None:
    """R53: not after success, not after a failure, not for one who is in already, and not in the form."""
    visitor = portal.visitor()
    for password in ('wrong', PASSWORD):
        answer = visitor.sign_in_staff(OWNER, password, next=onward)
        assert answer.status_code == 303
        assert lands_within(answer.headers['location'])
        assert 'evil.example' not in answer.headers['location'].partition('?')[0] or '%' in answer.headers['location']
    already = visitor.get('/staff/sign-in', params={'next': onward})
    assert already.status_code == 303 and lands_within(already.headers['location'])
    form = words(portal.visitor().get('/staff/sign-in', params={'next': onward}))
    assert '"value":"//' not in form and '"value":"http' not in form and '"value":"javascript' not in form


@pytest.mark.parametrize('onward', [one for one in NOT_OURS if '%0d' not in one], ids=repr)
def test_what_is_no_path_of_ours_is_not_kept(onward: str) -> None:
    """R53: not even where a later layer would have made it harmless."""
    assert safe_next(onward, '/staff') == '/staff'


def test_the_door_remembers_where_one_wanted_to_go(portal: Portal) -> None:
    """R53: from the page to the door, past a wrong password, and on to the page."""
    visitor: Visitor = portal.visitor()
    door = visitor.get('/staff/outbox').headers['location']
    assert '"value":"/staff/outbox"' in words(visitor.get(door))
    again = visitor.sign_in_staff(OWNER, 'wrong', next='/staff/outbox').headers['location']
    assert again.startswith('/staff/sign-in?') and 'next=' in again
    assert '"value":"/staff/outbox"' in words(visitor.get(again))
    assert visitor.sign_in_staff(OWNER, PASSWORD, next='/staff/outbox').headers['location'] == '/staff/outbox'


# ── Staff ────────────────────────────────────────────────────────────────────


def test_a_refused_staff_sign_in_is_the_same_for_every_address(portal: Portal) -> None:
    """R41: a known address with a wrong password and one nobody has; the address stays typed, the password does not."""
    answers, pages = [], []
    for email in (OWNER, 'nobody@firm.example'):
        visitor = portal.visitor()
        answer = visitor.sign_in_staff(email, 'a wrong password')
        answers.append((answer.status_code, answer.headers['location'], answer.text, set(cookies_set(answer))))
        page = words(visitor.get(answer.headers['location']))
        assert email in page and 'a wrong password' not in page
        pages.append('do not fit together' in page)
    assert answers[0] == answers[1] and pages == [True, True]


def test_what_was_typed_cannot_be_read_from_its_cookie(portal: Portal) -> None:
    """R60: the cookie that keeps a form is encrypted, bound to its page, and never holds a password."""
    visitor = portal.visitor()
    cookie = cookies_set(visitor.sign_in_staff('ann@firm.example', 'a wrong password'))['foyer_typed']
    assert 'ann' not in cookie.value and 'wrong' not in cookie.value
    assert cookie.attributes['path'] == '/staff/sign-in' and 'httponly' in cookie.attributes
    page = words(portal.visitor().get('/setup', headers={'Cookie': f'foyer_typed={cookie.value}'}))
    assert 'ann@firm.example' not in page


@pytest.mark.parametrize(
    'form',
    [
        {},
        {'email': OWNER},
        {'password': PASSWORD},
        {'email': 'x' * 5000, 'password': 'y' * 100_000},
        {'email': '\x00', 'password': '\x00'},
    ],
)
def test_a_staff_sign_in_with_nonsense_is_refused_in_words(portal: Portal, form: dict[str, str]) -> None:
    """R15, R49: never a 500, however long."""
    answer = portal.visitor().post('/staff/sign-in', data=form)
    assert answer.status_code == 303 and answer.headers['location'].startswith('/staff/sign-in?error=refused')


@pytest.mark.parametrize('token', ['', 'x' * 43, '\x00', 'x' * 10_000])
def test_the_set_up_is_closed(portal: Portal, token: str) -> None:
    """R61: with an owner there is no set-up any more, whatever the token."""
    form = {'token': token, 'name': 'Eve', 'email': 'eve@evil.example', 'password': PASSWORD, 'firm_name': 'Evil'}
    before = portal.rows('SELECT id FROM staff_member')
    answer = portal.visitor().post('/setup', data=form)
    assert (answer.status_code, answer.headers['location']) == (303, '/setup')
    assert 'foyer_staff' not in cookies_set(answer)
    assert portal.rows('SELECT id FROM staff_member') == before
    assert SimpleCookie(answer.headers['set-cookie'])['foyer_typed'].value != ''
