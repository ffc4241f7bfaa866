"""How mail is sent, as an owner sets it on a page: checked, encrypted, tried, and followed by the worker at once."""

from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.actors import Role
from domain.audit import AuditKind
from domain.dependencies import Dependencies
from domain.errors import (
    AddressInvalid,
    DomainError,
    NoMailServer,
    NotAllowed,
    NumberOutOfRange,
    SignInNotFresh,
    TextFault,
    TextInvalid,
)
from domain.events import MailServerChanged, MailServerSaved
from domain.handover import MailServer, RepliesTo
from domain.mail.server import learn_handover, server_in_use
from domain.mail_errors import MailServerFault, MailServerInvalid
from domain.portal.mail_server import (
    MailSettings,
    Tls,
    change_mail_settings,
    read_mail_settings,
    try_mail_server,
)
from storage.models import MailServerChoice, OutboxMail
from tests.factories import audit_rows, given_owner, given_staff, heard, with_settings
from tests.support.clock import FixedClock
from tests.support.smtp_sink import Refuse, SmtpSink

PASSWORD = 'marmalade-for-the-relay'
HOLM = MailSettings(
    'mail.holm.example', 587, Tls.STARTTLS, 'portal@holm.example', PASSWORD, 'office@holm.example', RepliesTo.ADDRESS,
    'team@holm.example',
)  # fmt: skip


def here(sink: SmtpSink, **changes: Any) -> MailSettings:
    """The sink, in plain text, which is for this machine alone."""
    return MailSettings('127.0.0.1', sink.port, Tls.NONE, **changes)


async def test_what_a_firm_begins_with(deps: Dependencies) -> None:
    settings = await read_mail_settings(deps, await given_owner(deps))
    assert settings == MailSettings(sender='portal@localhost')
    assert deps.captures_mail and server_in_use(deps) is None


async def test_saving(deps: Dependencies) -> None:
    """R26: the password is encrypted and never shown again; this instance follows before the deed is over."""
    owner = await given_owner(deps)
    told, learnt = heard(deps, MailServerSaved), heard(deps, MailServerChanged)
    now = await change_mail_settings(deps, owner, HOLM)
    assert now == replace(HOLM, password='', has_password=True, sender='office@holm.example')
    assert server_in_use(deps) == MailServer(
        'mail.holm.example', 587, 'portal@holm.example', PASSWORD, tls=False, starttls='required'
    )
    assert (deps.captures_mail, deps.sender) == (False, 'office@holm.example')
    assert (told, learnt) == ([MailServerSaved()], [MailServerChanged()])
    (row,) = await audit_rows(AuditKind.MAIL_SERVER_CHANGED)
    assert PASSWORD not in str(row.detail) and row.detail['changed']['host'] == 'mail.holm.example'
    assert PASSWORD not in str((await MailServerChoice.get(id=1)).password)
    await change_mail_settings(deps, owner, replace(HOLM, password='', mail_from=''))
    assert server_in_use(deps).password == PASSWORD  # type: ignore[union-attr]
    await change_mail_settings(deps, owner, MailSettings())
    assert deps.captures_mail and (await MailServerChoice.get(id=1)).password is None


@pytest.mark.parametrize(
    'change', [{'host': 'mail.evil.example'}, {'port': 2525}, {'username': 'somebody'}, {'host': '127.0.0.1'}]
)
async def test_the_password_is_sent_nowhere_else(deps: Dependencies, change: dict[str, Any]) -> None:
    """Whoever changes the server types the password again: the one that is kept fits no other, not even in a test."""
    owner = await given_owner(deps)
    await change_mail_settings(deps, owner, HOLM)
    for act in (change_mail_settings, try_mail_server):
        with pytest.raises(MailServerInvalid) as refused:
            await act(deps, owner, replace(HOLM, password='', **change))  # type: ignore[operator]
        assert refused.value == MailServerInvalid('password', MailServerFault.PASSWORD_AGAIN)
    await MailServerChoice.filter(id=1).update(**change)
    await learn_handover(deps)
    assert server_in_use(deps).password == ''  # type: ignore[union-attr]


WRONG: list[tuple[dict[str, Any], DomainError]] = [
    ({'host': 'mail.holm.example:587'}, MailServerInvalid('host', MailServerFault.HOST)),
    ({'host': 'http://mail.holm.example'}, MailServerInvalid('host', MailServerFault.HOST)),
    ({'host': 'a b'}, MailServerInvalid('host', MailServerFault.HOST)),
    ({'host': '-x.example'}, MailServerInvalid('host', MailServerFault.HOST)),
    ({'host': '1.2.3'}, MailServerInvalid('host', MailServerFault.HOST)),
    ({'port': 0}, NumberOutOfRange('port', 1, 65_535)),
    ({'port': 65_536}, NumberOutOfRange('port', 1, 65_535)),
    ({'tls': Tls.NONE}, MailServerInvalid('tls', MailServerFault.PLAIN_TEXT)),
    ({'username': ''}, MailServerInvalid('username', MailServerFault.PASSWORD_ALONE)),
    ({'password': ''}, MailServerInvalid('password', MailServerFault.PASSWORD_ALONE)),
    ({'password': 'a\r\nb'}, TextInvalid('password', TextFault.CONTROL_CHARACTER)),
    ({'username': 'a\nb'}, TextInvalid('username', TextFault.CONTROL_CHARACTER)),
]


@pytest.mark.parametrize(('change', 'error'), WRONG)
async def test_what_is_wrong_is_said_at_its_field(
    deps: Dependencies, change: dict[str, Any], error: DomainError
) -> None:
    """R50: nothing leaves this machine in plain text."""
    owner = await given_owner(deps)
    for act in (change_mail_settings, try_mail_server):
        with pytest.raises(type(error)) as refused:
            await act(deps, owner, replace(HOLM, **change))  # type: ignore[operator]
        assert refused.value == error
    assert (await MailServerChoice.get(id=1)).host == ''


@pytest.mark.parametrize('field', ['mail_from', 'reply_address'])
@pytest.mark.parametrize(
    'address', ['x', 'a@x.example, b@x.example', 'a@x.example\r\nBcc: e@evil.example', '<a@x.example>']
)
async def test_one_plain_address(deps: Dependencies, field: str, address: str) -> None:
    """R49."""
    with pytest.raises(AddressInvalid):
        await change_mail_settings(deps, await given_owner(deps), replace(HOLM, **{field: address}))


async def test_only_an_owner_names_the_server(deps: Dependencies) -> None:
    """R21: through a server of one's own every mail is read, those that let a colleague choose a password too."""
    admin = await given_staff(deps, Role.ADMIN)
    assert await read_mail_settings(deps, admin)
    for act in (change_mail_settings, try_mail_server):
        with pytest.raises(NotAllowed):
            await act(deps, admin, HOLM)  # type: ignore[operator]


async def test_a_proof_is_asked_for(deps: Dependencies, clock: FixedClock) -> None:
    """R38: whoever names the server reads the mail."""
    owner = await given_owner(deps)
    clock.advance(timedelta(minutes=16))
    for act in (change_mail_settings, try_mail_server):
        with pytest.raises(SignInNotFresh):
            await act(deps, owner, HOLM)  # type: ignore[operator]


async def test_the_environment_wins(deps: Dependencies) -> None:
    owner = await given_owner(deps)
    await change_mail_settings(deps, owner, HOLM)
    by = with_settings(deps, smtp_url='smtps://env:secret@relay.example', mail_from='env@relay.example')
    shown = await read_mail_settings(by, owner)
    assert (shown.host, shown.port, shown.tls, shown.username) == ('relay.example', 465, Tls.IMPLICIT, 'env')
    assert (shown.mail_from, shown.sender) == ('env@relay.example', 'env@relay.example')
    assert (shown.server_by, shown.from_by) == ('FOYER_SMTP_URL', 'FOYER_MAIL_FROM')
    assert 'secret' not in str(shown)
    assert server_in_use(by).host == 'relay.example'  # type: ignore[union-attr]
    await change_mail_settings(by, owner, MailSettings(replies_to=RepliesTo.SENDER))
    row = await MailServerChoice.get(id=1)
    assert (row.host, row.mail_from, row.replies_to) == ('mail.holm.example', 'office@holm.example', 'sender')


async def test_a_test_goes_out_at_once_by_what_is_typed(deps: Dependencies, smtp_sink: SmtpSink) -> None:
    owner = await given_owner(deps, email='olga@holm.example')
    tried = await try_mail_server(deps, owner, here(smtp_sink, mail_from='office@holm.example'))
    assert tried.taken and tried.to == 'olga@holm.example'
    (mail,) = smtp_sink.messages
    assert (mail.to, mail.mail_from) == ('olga@holm.example', 'office@holm.example')
    assert str(mail.message['Message-ID']).endswith('@holm.example>')
    assert deps.captures_mail and await OutboxMail.all().count() == 0
    (row,) = await audit_rows(AuditKind.MAIL_SERVER_TRIED)
    assert (row.outcome, row.detail['server']) == ('done', '127.0.0.1')


async def test_a_test_says_where_clients_find_the_portal(deps: Dependencies, smtp_sink: SmtpSink) -> None:
    """At the firm's own domain, once that is active."""
    vars(deps.whereabouts).update(host='portal.holm.example', leads_here=True, is_active=True)
    await try_mail_server(deps, await given_owner(deps), here(smtp_sink))
    (mail,) = smtp_sink.messages
    assert mail.text.split('find the portal here:')[1].split()[0] == 'https://portal.holm.example'


async def test_a_test_says_what_the_server_said(deps: Dependencies) -> None:
    """R60: in its own words, without what we signed in with, however it is written."""
    owner = await given_owner(deps, email='olga@holm.example')
    with SmtpSink(users={'portal': PASSWORD}) as sink:
        coded = b64encode(f'\0portal\0{PASSWORD}'.encode()).decode()
        sink.script('olga@holm.example', Refuse(f'550 5.7.1 No relaying for {PASSWORD} ({coded}) here'))
        tried = await try_mail_server(deps, owner, here(sink, username='portal', password=PASSWORD))
        assert (tried.taken, tried.answer) == (False, '550 5.7.1 No relaying for … (…) here')
        wrong = await try_mail_server(deps, owner, here(sink, username='portal', password='something else'))
        assert not wrong.taken and wrong.answer.startswith('535')
    assert {row.outcome for row in await audit_rows(AuditKind.MAIL_SERVER_TRIED)} == {'refused'}


async def test_a_server_that_is_not_there(deps: Dependencies) -> None:
    owner = await given_owner(deps)
    tried = await try_mail_server(deps, owner, MailSettings('127.0.0.1', 1, Tls.NONE))
    assert not tried.taken and 'No connection' in tried.answer
    with pytest.raises(NoMailServer):
        await try_mail_server(deps, owner, MailSettings())
