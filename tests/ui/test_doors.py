"""The doors of clients over HTTP: what each answers, and that no answer tells who is known."""

import statistics
import time

import pytest

from tests.support.http import Visitor, comparable, cookies_set, words
from tests.ui.portal import Portal

CLOSED_TO_VISITORS = [
    ('/', '/sign-in'),
    ('/staff', '/staff/sign-in'),
    ('/staff/contacts', '/staff/sign-in?next=/staff/contacts'),
    ('/staff/contacts/1', '/staff/sign-in?next=/staff/contacts/1'),
    ('/staff/contacts/999999', '/staff/sign-in?next=/staff/contacts/999999'),
    ('/staff/outbox', '/staff/sign-in?next=/staff/outbox'),
    ('/staff/access-report', '/staff/sign-in?next=/staff/access-report'),
    ('/staff/access-report.csv', '/staff/sign-in?next=/staff/access-report'),
    ('/staff/settings/portal', '/staff/sign-in?next=/staff/settings/portal'),
]
OPEN_TO_ALL = ['/sign-in', '/sign-in/sent', '/staff/sign-in', '/setup', '/healthz', '/readyz', '/assets/theme.css']


@pytest.mark.parametrize(('path', 'door'), CLOSED_TO_VISITORS)
def test_what_is_behind_a_door_sends_visitors_to_it(portal: Portal, path: str, door: str) -> None:
    """R57: without a session every page and download answers 303 to its door, and its body is empty."""
    answer = portal.visitor().get(path)
    assert (answer.status_code, answer.headers['location'], answer.content) == (303, door, b'')


@pytest.mark.parametrize('cookie', ['foyer_client', 'foyer_staff', '__Host-foyer_client'])
@pytest.mark.parametrize('value', ['x' * 43, '', "' OR 1=1 --", '%00', 'é'.encode().decode('latin-1')])
def test_a_made_up_session_is_no_session(portal: Portal, cookie: str, value: str) -> None:
    """R32: an id that was never given out opens nothing and breaks nothing."""
    for path, door in CLOSED_TO_VISITORS[:2]:
        answer = portal.visitor().get(path, headers={'Cookie': f'{cookie}={value}'.encode('latin-1')})  # type: ignore[dict-item]
        assert (answer.status_code, answer.headers['location']) == (303, door)


def test_a_clients_session_is_no_staff_session(portal: Portal) -> None:
    """R57: what opens the portal does not open the staff's pages, under whatever cookie name, nor the other way."""
    client, staff = portal.client(), portal.staff()
    raw = client.cookies['foyer_client']
    assert client.get('/staff').headers['location'] == '/staff/sign-in'
    assert client.get('/staff/access-report.csv').status_code == 303
    assert portal.visitor(cookies={'foyer_staff': raw}).get('/staff').status_code == 303
    assert staff.get('/').headers['location'] == '/sign-in'
    assert portal.visitor(cookies={'foyer_client': staff.cookies['foyer_staff']}).get('/').status_code == 303


@pytest.mark.parametrize('path', OPEN_TO_ALL)
def test_what_is_open_to_all_answers_200(portal: Portal, path: str) -> None:
    """CONTRACT: the doors, the health checks and the look need no session."""
    assert portal.visitor().get(path).status_code == 200


def test_who_is_in_already_goes_on(portal: Portal) -> None:
    """The doors send whoever is signed in to what is behind them."""
    client, staff = portal.client(), portal.staff()
    for visitor, path, onward in (
        (client, '/sign-in', '/'),
        (client, '/sign-in/sent', '/'),
        (staff, '/staff/sign-in', '/staff'),
    ):
        answer = visitor.get(path)
        assert (answer.status_code, answer.headers['location']) == (303, onward), path
    assert 'Traceback' not in portal.served.log_text


def test_an_unknown_address_is_a_plain_page(portal: Portal) -> None:
    """R60 and the ground's findings on 404: no live page is built, and the address is not logged."""
    token = 'A-secret-that-somebody-mistyped-0123456789'
    for path in (f'/nowhere/{token}', f'/sign-in/link/{token}/more', f'/{token}?token={token}', f'/staff/{token}'):
        answer = portal.visitor().get(path)
        assert answer.status_code == 404
        assert 'There is nothing here' in answer.text
        assert token not in answer.text
        assert 'x-nicegui-content' not in answer.headers and '<script' not in answer.text
    assert token not in portal.served.log_text


@pytest.mark.parametrize(
    'path', ['/docs', '/redoc', '/openapi.json', '/.env', '/assets/../web.py', '/assets/%2e%2e/web.py']
)
def test_nothing_of_the_inside_is_served(portal: Portal, path: str) -> None:
    """The framework's own pages and the sources are not there."""
    assert portal.visitor().get(path).status_code == 404


@pytest.mark.parametrize(
    'path',
    [
        '/sign-in?wait=x',
        '/sign-in/sent?wait=' + '9' * 5000,
        '/sign-in?wait=-5&error=' + 'x' * 3000,
        '/sign-in?wait=1e9',
    ],
)
def test_a_query_that_nobody_of_ours_wrote_breaks_nothing(portal: Portal, path: str) -> None:
    """STYLE: no codes and no jargon, whatever stands in the address."""
    answer = portal.visitor().get(path)
    assert answer.status_code in (200, 404)
    assert answer.headers['content-type'].startswith('text/html')


@pytest.mark.parametrize('value', ['9' * 5000 + '.a@b.example', '²³.a@b.example', '.', '%00', '1.' + '%' * 900])
def test_cookies_that_nobody_of_ours_wrote_break_nothing(portal: Portal, value: str) -> None:
    """R49: what a browser brings along is input like any other."""
    header = {'Cookie': f'foyer_asked={value}; foyer_browser={value}; foyer_typed={value}'.encode()}
    for path in ('/sign-in?error=address', '/sign-in/sent', '/staff/sign-in?error=refused', '/setup'):
        assert portal.visitor().get(path, headers=header).status_code == 200  # type: ignore[arg-type]


# ── Asking for a mail ────────────────────────────────────────────────────────


def addresses_of_every_kind(portal: Portal) -> dict[str, str]:
    """An address that may enter, one nobody has, one that was revoked, one that never had access."""
    known, revoked, without, deleted = (portal.address() for _ in range(4))
    portal.contact(email=known)
    portal.revoke(portal.contact(email=revoked))
    portal.contact(email=without, access=False)
    return {'known': known, 'unknown': deleted, 'revoked': revoked, 'without access': without}


def test_the_answer_is_the_same_for_every_address(portal: Portal) -> None:
    """R41: status, names and values of headers, names of cookies, body; and so is the page it leads to."""
    addresses = addresses_of_every_kind(portal)
    answers, pages = {}, {}
    for kind, address in addresses.items():
        visitor = portal.visitor()
        answers[kind] = comparable(visitor.ask(address))
        page = visitor.get('/sign-in/sent')
        assert (page.status_code, address in words(page)) == (200, True)
        pages[kind] = {
            name: value
            for name, value in page.headers.items()
            if name not in ('date', 'content-length', 'content-security-policy')
        }
    assert answers['known'][0] == 303
    assert dict(answers['known'][1])['location'] == '/sign-in/sent'
    assert [kind for kind, answer in answers.items() if answer != answers['unknown']] == []
    assert [kind for kind, page in pages.items() if page != pages['unknown']] == []
    portal.mail_to(addresses['known'])
    assert portal.sink and {caught.to for caught in portal.sink.messages} & set(addresses.values()) == {
        addresses['known']
    }


def test_a_wrong_code_answers_the_same_for_every_address(portal: Portal) -> None:
    """R41: nor does the code tell which address was known."""
    no_code, no_fit = {}, {}
    for kind, address in addresses_of_every_kind(portal).items():
        visitor = portal.visitor()
        visitor.ask(address)
        if kind == 'known':
            portal.mail_to(address)
        no_code[kind] = comparable(visitor.post('/sign-in/code', data={'code': 'abcdef'}))
        no_fit[kind] = comparable(visitor.post('/sign-in/code', data={'code': '000000'}))
    for answers in (no_code, no_fit):
        assert [kind for kind, answer in answers.items() if answer != answers['unknown']] == []


def seconds_to_answer(visitor: Visitor, address: str) -> float:
    began = time.perf_counter()
    assert visitor.ask(address).status_code == 303
    return time.perf_counter() - began


def test_the_answer_takes_as_long_for_every_address(portal: Portal) -> None:
    """R42: the medians of known and unknown addresses lie within 5 ms of each other."""
    addresses = addresses_of_every_kind(portal)
    kinds = ('known', 'unknown', 'revoked')
    gap = 1.0
    for _ in range(8):  # a loud neighbour may spoil some rounds; what is told by time is told in each
        times: dict[str, list[float]] = {kind: [] for kind in kinds}
        visitor = portal.visitor()
        for turn in range(40):
            for kind in kinds[turn % 3 :] + kinds[: turn % 3]:
                times[kind].append(seconds_to_answer(visitor, addresses[kind]))
        medians = [statistics.median(found) for found in times.values()]
        gap = min(gap, max(medians) - min(medians))
        if gap < 0.005:
            break
    assert gap < 0.005


def test_the_answer_does_not_wait_for_the_mail_to_be_written(portal: Portal) -> None:
    """R42: with the database locked for writers, known and unknown addresses are answered at once all the same."""
    addresses = addresses_of_every_kind(portal)
    visitor = portal.visitor()
    visitor.ask(addresses['unknown'])
    with portal.locked(2.5):
        assert all(seconds_to_answer(visitor, address) < 1 for address in addresses.values())
    portal.mail_to(addresses['known'])


FAULTS = [
    ('', 'Please enter an email address.'),
    ('nobody', 'An email address has an @ in it'),
    ('a@b.example, c@d.example', 'Please enter one address only.'),
    ('Ann <ann@b.example>', 'without a name around it'),
    ('ann@b.example\r\nBcc: eve@evil.example', 'contains an invisible character'),
    ('ann@b.example\n', 'contains an invisible character'),
    ('a' * 288 + '@example.com', 'longer than an email address can be'),
    ('ä' * 288 + '@example.com', 'longer than an email address can be'),
    ('😀' * 288 + '@example.com', 'longer than an email address can be'),
    ('ann@pаypal.example', 'mixes letters of different alphabets'),  # the second letter is Cyrillic
    ('ann@localhost', 'not a complete domain'),
    ('<img src=x onerror=alert(1)>@b.example', 'without a name around it'),
    ('"; DROP TABLE contact; --@b.example', 'one address only'),
]


@pytest.mark.parametrize(('typed', 'fault'), FAULTS, ids=range(len(FAULTS)))
def test_a_wrong_address_is_told_at_its_field_and_stays_typed(portal: Portal, typed: str, fault: str) -> None:
    """R49, and nothing typed is lost."""
    visitor = portal.visitor()
    answer = visitor.ask(typed)
    assert (answer.status_code, answer.headers['location']) == (303, '/sign-in?error=address')
    page = words(visitor.get(answer.headers['location']))
    assert fault in page
    kept = typed.replace('\r', '\\r').replace('\n', '\\n').replace('"', '\\"')
    assert kept[:200] in page
    assert '<img src=x' not in visitor.get('/sign-in?error=address').text


def test_no_answer_carries_a_line_break_into_a_header(portal: Portal) -> None:
    """R49: what is typed cannot begin a header of its own."""
    for typed in ('a@b.example\r\nSet-Cookie: foyer_client=evil', 'a@b.example%0d%0aSet-Cookie: x=y'):
        answer = portal.visitor().ask(typed)
        assert set(cookies_set(answer)) == {'foyer_browser', 'foyer_asked'}


# ── The code ─────────────────────────────────────────────────────────────────


def wrong(code: str, number: int = 1) -> str:
    return f'{(int(code) + number) % 1_000_000:06d}'


def test_the_code_signs_in_the_browser_that_asked(portal: Portal) -> None:
    """R4: with spaces or without, in that browser and no other; and once."""
    address = portal.address()
    portal.contact(email=address)
    asked, other = portal.visitor(), portal.visitor()
    asked.ask(address)
    code = portal.mail_to(address).code
    portal.secrets.add(code)
    other.ask(portal.address())
    for stranger in (other, portal.visitor()):
        refused = stranger.post('/sign-in/code', data={'code': code})
        assert (refused.status_code, refused.headers['location']) == (303, '/sign-in/sent?error=code')
        assert 'foyer_client' not in cookies_set(refused)
    answer = asked.post('/sign-in/code', data={'code': f'{code[:3]} {code[3:]}'})
    assert (answer.status_code, answer.headers['location']) == (303, '/')
    assert asked.get('/').status_code == 200
    asked.cookies.delete('foyer_client')
    assert asked.post('/sign-in/code', data={'code': code}).headers['location'] == '/sign-in/sent?error=code'


def test_five_wrong_codes_kill_the_right_one(portal: Portal) -> None:
    """R4, R44: the sixth try is not looked at."""
    address = portal.address()
    portal.contact(email=address)
    visitor = portal.visitor()
    visitor.ask(address)
    code = portal.mail_to(address).code
    for number in range(1, 6):
        answer = visitor.post('/sign-in/code', data={'code': wrong(code, number)})
        assert answer.headers['location'] == '/sign-in/sent?error=code'
    assert visitor.post('/sign-in/code', data={'code': code}).headers['location'] == '/sign-in/sent?error=code'
    assert 'This code does not fit' in words(visitor.get('/sign-in/sent?error=code'))


def test_an_old_code_is_no_code(portal: Portal) -> None:
    """R4: ten minutes."""
    address = portal.address()
    portal.contact(email=address)
    visitor = portal.visitor()
    visitor.ask(address)
    code = portal.mail_to(address).code
    assert portal.change(
        "UPDATE one_time_token SET code_expires_at = '2020-01-01 00:00:00+00:00' WHERE email = ?", address
    )
    assert visitor.post('/sign-in/code', data={'code': code}).headers['location'] == '/sign-in/sent?error=code'


@pytest.mark.parametrize(
    'code', ['', '12345', '1234567', '٣٣٣٣٣٣', '1e5', '²²²²²²', 'x' * 10_000, '12345\n', '-12345', '\x00' * 6]
)
def test_what_is_no_code_is_refused_in_words(portal: Portal, code: str) -> None:
    """R41, R49: what is not six digits long is told so, whatever else is wrong with it."""
    visitor = portal.visitor()
    visitor.ask(portal.address())
    answer = visitor.post('/sign-in/code', data={'code': code})
    why = 'code' if sum(letter.isdigit() for letter in code) == 6 else 'digits'
    assert (answer.status_code, answer.headers['location']) == (303, f'/sign-in/sent?error={why}')
    told = {'code': 'This code does not fit', 'digits': 'Please type the six digits from the mail.'}[why]
    assert told in words(visitor.get(answer.headers['location']))


@pytest.mark.parametrize(
    'path', ['/sign-in/email', '/sign-in/code', '/sign-in/link', '/sign-in/link/again', '/sign-out']
)
@pytest.mark.parametrize('method', ['PUT', 'DELETE', 'PATCH', 'GET'])
def test_a_door_takes_posts_alone(portal: Portal, path: str, method: str) -> None:
    """R40: no safe method acts, and no unusual one either; a person who reloads such an address reads a page."""
    answer = portal.visitor().request(method, path)
    assert answer.status_code == (410 if (method, path) == ('GET', '/sign-in/link/again') else 405)
    assert answer.headers['content-type'].startswith('text/html')
