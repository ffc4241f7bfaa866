"""`/staff/settings/emails` over HTTP: the door of the mail server, and what the environment leaves to the page."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.models import AuditEvent, MailServerChoice
from tests.support import http
from tests.support.smtp_sink import Refuse, SmtpSink
from tests.ui.portal import OWNER, PASSWORD, Portal

PAGE, DOOR = '/staff/settings/emails', '/staff/settings/emails/server'
RELAY_PASSWORD = 'marmalade-for-the-relay'


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Portal]:
    """A portal without a mail server in its environment."""
    with Portal(tmp_path, rate_limits='off') as portal:
        yield portal
        portal.no_secret_was_logged()


@pytest.fixture
def desk(bare: Portal) -> Iterator[http.Visitor]:
    visitor = bare.staff()
    yield visitor
    visitor.close()


def typed(**changes: str) -> dict[str, str]:
    return {'deed': 'save', 'host': 'mail.holm.example', 'port': '587', 'tls': 'starttls', **changes}


def test_saving_keeps_the_password_to_itself(bare: Portal, desk: http.Visitor) -> None:
    """R26, R60: no page and no answer shows it again."""
    answer = desk.post(DOOR, data=typed(username='portal', password=RELAY_PASSWORD, mail_from='office@holm.example'))
    assert (answer.status_code, answer.content) == (204, b'')
    page = desk.get(PAGE)
    assert 'mail.holm.example' in page.text and 'One is kept.' in page.text
    assert RELAY_PASSWORD not in page.text
    assert 'takes mail from there' not in page.text
    row = bare.inside(lambda deps: MailServerChoice.get(id=1))
    assert row.host == 'mail.holm.example' and RELAY_PASSWORD not in str(row.password)
    elsewhere = desk.post(DOOR, data=typed(host='mail.evil.example', username='portal'))
    assert (elsewhere.status_code, elsewhere.json()['field']) == (422, 'password')


@pytest.mark.parametrize(
    ('changes', 'field'),
    [
        ({'host': 'a b'}, 'host'),
        ({'port': 'x'}, 'port'),
        ({'tls': 'none'}, 'tls'),
        ({'username': 'portal'}, 'password'),
        ({'password': 'x'}, 'username'),
        ({'mail_from': 'no address'}, 'mail_from'),
        ({'replies_to': 'address', 'reply_address': 'a@x.example, b@x.example'}, 'reply_address'),
    ],
)
def test_what_is_wrong_is_told_at_its_field(desk: http.Visitor, changes: dict[str, str], field: str) -> None:
    answer = desk.post(DOOR, data=typed(**changes))
    assert (answer.status_code, answer.json()['field']) == (422, field)
    assert answer.json()['message'][:1].isupper()


def test_a_test_says_what_the_server_said(bare: Portal, desk: http.Visitor) -> None:
    with SmtpSink() as sink:
        here = typed(deed='test', host='127.0.0.1', port=str(sink.port), tls='none')
        assert desk.post(DOOR, data=here).json()['field'] == 'taken'
        assert sink.messages[0].to == OWNER
        sink.script(OWNER, Refuse('550 5.7.1 Not from here'))
        answer = desk.post(DOOR, data=here).json()
    assert (answer['field'], answer['message']) == ('not-taken', '127.0.0.1: 550 5.7.1 Not from here')
    assert bare.inside(lambda deps: MailServerChoice.get(id=1)).host == ''


def test_what_a_setting_mends_is_said_in_plain_words_first(desk: http.Visitor) -> None:
    with SmtpSink() as sink:
        port = str(sink.port)
        answer = desk.post(DOOR, data=typed(deed='test', host='127.0.0.1', port=port)).json()['message']
        assert answer.startswith('This server does not offer STARTTLS at this port. Please look at “Encryption”')
        assert answer.endswith('127.0.0.1: No connection: SMTP STARTTLS extension not supported by server.')
    answer = desk.post(DOOR, data=typed(deed='test', host='127.0.0.1', port=port)).json()['message']
    assert answer.startswith('Nothing answers at this port of the server.') and 'No connection: ' in answer
    answer = desk.post(DOOR, data=typed(deed='test', host='nobody.invalid')).json()['message']
    assert answer.startswith('No server of this name was found.') and 'No connection: ' in answer


def test_an_address_at_no_domain_is_warned_of(desk: http.Visitor) -> None:
    """As soon as there is a server to hand mail over to."""
    words = 'Mail comes from portal@localhost, and no mail server outside of this machine takes mail from there.'
    assert words not in desk.get(PAGE).text
    assert desk.post(DOOR, data=typed()).status_code == 204
    assert words in desk.get(PAGE).text


def test_a_proof_is_asked_for(bare: Portal, desk: http.Visitor) -> None:
    """R38: and once it is given, the same form is taken."""
    bare.change("UPDATE staff_session SET proved_at = datetime('now', '-20 minutes')")
    assert desk.post(DOOR, data=typed()).json()['field'] == 'not-fresh'
    assert desk.post('/staff/sign-in/confirm', data={'password': PASSWORD}).status_code == 204
    assert desk.post(DOOR, data=typed()).status_code == 204


def test_who_may_not(bare: Portal) -> None:
    """R21, R57: an admin sees how mail is sent and changes nothing; a form from elsewhere is refused (R40)."""
    admin, _ = bare.member('admin')
    assert 'Only an owner changes this' in admin.get(PAGE).text
    assert admin.post(DOOR, data=typed()).status_code == 403
    assert bare.visitor().post(DOOR, data=typed()).status_code == 401
    assert bare.staff().post(DOOR, data=typed(), headers={'Origin': 'https://evil.example'}).status_code == 403
    assert not bare.inside(lambda deps: AuditEvent.filter(kind='portal:mail_server:changed').exists())


def test_the_environment_wins_and_the_page_says_so(tmp_path: Path) -> None:
    with (
        SmtpSink() as sink,
        Portal(tmp_path, sink, mail_from='env@holm.example', rate_limits='off') as portal,
    ):
        desk = portal.staff()
        page = desk.get(PAGE).text
        assert 'FOYER_SMTP_URL and FOYER_MAIL_FROM: set in the environment, which wins.' in page
        assert page.count('readonly') >= 5
        assert desk.post(DOOR, data=typed(mail_from='other@holm.example', replies_to='sender')).status_code == 204
        row = portal.inside(lambda deps: MailServerChoice.get(id=1))
        assert (row.host, row.mail_from, row.replies_to) == ('', '', 'sender')
