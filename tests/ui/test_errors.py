"""What people read and what the log keeps when something goes wrong inside."""

import json
import re
from collections.abc import Iterator

import httpx
import pytest

from tests.factories import token_of
from tests.support.http import words
from tests.support.smtp_sink import SmtpSink
from tests.support.socket import LivePage, LiveSocket
from tests.ui.portal import OWNER, PASSWORD, Portal

RUBBISH = 'rubbish-from-the-inside'
INSIDE = re.compile(
    r'rubbish|traceback|exception|valueerror|keyerror|operational|tortoise|sqlite|\.py\b|line \d+|void_reason',
    re.IGNORECASE,
)


@pytest.fixture(scope='module')
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A portal that logs JSON and whose rows a test may spoil."""
    with (
        SmtpSink() as sink,
        Portal(tmp_path_factory.mktemp('broken'), sink, rate_limits='off', log_format='json') as portal,
    ):
        yield portal


def seen_of_the_inside(answer: httpx.Response) -> list[str]:
    """What of the inside a visitor could read in an answer."""
    return list(INSIDE.findall(answer.text))


def test_an_error_on_a_plain_page_tells_nothing_of_the_inside(broken: Portal) -> None:
    """R60, R54: a row that cannot be read gives 500 in our words, dressed like any answer; the log has the cause."""
    address = broken.address()
    token = broken.link_for(broken.contact(email=address))
    broken.change(
        "UPDATE one_time_token SET voided_at = '2026-01-01 00:00:00+00:00', void_reason = ? WHERE email = ?",
        RUBBISH[:16],
        address,
    )
    for answer in (broken.visitor().get(f'/sign-in/link/{token}'), broken.visitor().use(token)):
        assert answer.status_code == 500
        assert 'Something went wrong' in answer.text and 'nothing was lost' in answer.text
        assert seen_of_the_inside(answer) == []
        assert answer.headers['cache-control'] == 'no-store'
        assert "default-src 'none'" in answer.headers['content-security-policy']
        assert answer.headers['x-content-type-options'] == 'nosniff'
    assert 'is not a valid DeadLink' in broken.served.log_text
    assert token not in broken.served.log_text


def test_an_error_on_a_live_page_tells_nothing_of_the_inside(broken: Portal) -> None:
    """R60: NiceGUI's own page would print the exception's words."""
    client, staff = broken.client(), broken.staff()
    ((mode,),) = broken.rows('SELECT security_mode FROM portal_settings')
    broken.change('UPDATE portal_settings SET security_mode = ?', RUBBISH)
    try:
        for visitor, path in ((broken.visitor(), '/sign-in'), (client, '/'), (staff, '/staff/settings/security')):
            answer = visitor.get(path)
            assert answer.status_code == 500
            assert 'Something went wrong' in words(answer)
            assert seen_of_the_inside(answer) == []
            assert answer.headers['cache-control'] == 'no-store'
    finally:
        broken.change('UPDATE portal_settings SET security_mode = ?', mode)
    assert RUBBISH in broken.served.log_text
    assert broken.visitor().get('/sign-in').status_code == 200


def test_an_error_behind_a_button_is_said_and_tells_nothing_of_the_inside(broken: Portal) -> None:
    """F7, R60: one sentence, whatever went wrong; the log has the place, and nothing that the error says."""
    staff = broken.staff()
    page = LivePage(staff.get('/staff/contacts').text)
    rubbish = f'{RUBBISH}-of-a-button'
    breaks = {
        'There is a lot going on right now. Please try again in a moment.': (
            'ALTER TABLE portal_settings RENAME TO elsewhere',
            'ALTER TABLE elsewhere RENAME TO portal_settings',
        ),
        'Something went wrong, nothing was lost. Please try again.': (
            f"UPDATE portal_settings SET firm_named_at = '{rubbish}'",
            'UPDATE portal_settings SET firm_named_at = NULL',
        ),
    }
    with LiveSocket(broken.base_url, page.client_id, cookies=staff.cookie_header) as socket:
        for sentence, (spoil, mend) in breaks.items():
            broken.change(spoil)
            try:
                socket.fire(page, page.find('New contact'))
                assert socket.hear('notify')['message'] == sentence
            finally:
                broken.change(mend)
        assert 'notify' not in [name for name, _ in socket.listen(0.3)], 'each is said once'
    assert 'a page stumbled' in broken.served.log_text and 'ValueError' in broken.served.log_text
    assert rubbish not in broken.served.log_text


def test_a_switch_that_could_not_be_obeyed_does_not_lie(broken: Portal) -> None:
    """F7, R13: access that is still on is shown as on, with a sentence."""
    contact, staff = broken.contact(), broken.staff()
    page = LivePage(staff.get(f'/staff/contacts/{contact}').text)
    switch = page.find('Portal access', 'update:modelValue')
    broken.change('ALTER TABLE audit_event RENAME TO elsewhere')
    try:
        with LiveSocket(broken.base_url, page.client_id, cookies=staff.cookie_header) as socket:
            socket.fire(page, switch, 'update:modelValue', False)
            assert 'Please try again' in socket.hear('notify')['message']
            shown = [
                said[str(switch.id)] for name, said in socket.listen(0.5) if name == 'update' and str(switch.id) in said
            ]
    finally:
        broken.change('ALTER TABLE elsewhere RENAME TO audit_event')
    assert shown[-1]['props']['model-value'] is True
    assert broken.rows('SELECT portal_access FROM contact WHERE id = ?', contact) == [(1,)]


def test_a_database_without_its_tables_is_away_for_now(broken: Portal) -> None:
    """F7, R60: 503 in our words with Retry-After, readiness says no without saying why in detail; then all goes on."""
    broken.change('ALTER TABLE portal_settings RENAME TO elsewhere')
    try:
        for path in ('/sign-in', '/staff/sign-in', '/sign-in/link/x'):
            answer = broken.visitor().get(path)
            assert (answer.status_code, answer.headers.get('retry-after')) == (503, '5'), path
            assert 'One moment, please' in words(answer)
            assert seen_of_the_inside(answer) == []
    finally:
        broken.change('ALTER TABLE elsewhere RENAME TO portal_settings')
    assert broken.visitor().get('/sign-in').status_code == 200
    assert broken.visitor().get('/readyz').json() == {'ready': True, 'reason': None}


def test_no_secret_is_ever_logged(broken: Portal) -> None:
    """R60: after every kind of traffic, refused and broken requests among it, none of what was secret stands there."""
    secrets = broken.secrets
    address = broken.address()
    contact = broken.contact(email=address)
    visitor = broken.visitor()
    visitor.ask(address)
    mail = broken.mail_to(address)
    code, token = mail.code, token_of(mail.link)
    secrets |= {token}
    for path in (
        f'/sign-in/link/{token}',
        f'/sign-in/link/{token}/x',
        f'/nowhere?token={token}',
        f'/{token}',
        f'/staff/{token}',
    ):
        visitor.get(path)
        visitor.head(path)
        visitor.post(path)
    visitor.post('/sign-in/link', data={'token': token}, headers={'Origin': 'https://evil.example'})
    visitor.post('/sign-in/code', data={'code': code})
    visitor.post('/sign-in/code', data={'code': code})
    visitor.use(token)
    visitor.post('/sign-in/link/again', data={'token': token})
    client = broken.client()
    page = LivePage(client.get('/').text)
    with LiveSocket(broken.base_url, page.client_id, cookies=client.cookie_header) as socket:
        socket.emit('event', {'client_id': page.client_id, 'id': 1, 'listener_id': 'x'})
        with pytest.raises(ConnectionRefusedError):
            LiveSocket(broken.base_url, page.client_id, cookies='foyer_client=forged')
        broken.change('DELETE FROM client_session')
        client.get('/')
    visitor.sign_in_staff(OWNER, 'a password that is wrong but close')
    visitor.sign_in_staff('a password typed into the wrong field', PASSWORD)
    staff = broken.staff()
    staff.post('/staff/sign-out')
    visitor.post(
        '/setup',
        data={'token': 'set-up-token-' + 'x' * 30, 'email': 'a@b.example', 'password': 'pass phrase of a set-up'},
    )
    broken.change(
        "UPDATE one_time_token SET voided_at = '2026-01-01 00:00:00+00:00', used_at = NULL, void_reason = 'spoilt'"
    )
    assert broken.visitor().get(f'/sign-in/link/{token}').status_code == 500
    assert broken.visitor().use(token).status_code == 500
    broken.link_for(contact)
    broken.served.stop()
    secrets |= {'a password that is wrong but close', 'a password typed into the wrong field'}
    secrets |= {'set-up-token-', 'pass phrase of a set-up'}
    assert len(secrets) > 10
    broken.no_secret_was_logged()
    log = broken.served.log_text
    assert not re.search(rf'(?<!\d){code}(?!\d)', re.sub(r'\d{4}-\d\d-\d\dT[\d:.]+Z', '', log))
    assert address not in log
    doors = ('Foyer is at ', 'Staff sign in at ')
    lines = [line for line in log.splitlines() if not line.startswith(doors)]
    assert lines and all(isinstance(json.loads(line), dict) for line in lines)
