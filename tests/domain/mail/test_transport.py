"""The connection to the mail server: kept, encrypted where that was asked for, and never waited for too long."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from domain.mail.envelope import Envelope, build
from domain.mail.transport import (
    Connection,
    Deferred,
    Delivered,
    Limits,
    MailServer,
    Obstacle,
    Outcome,
    Refused,
    ServerFault,
    read_smtp_url,
)
from tests.support.smtp_sink import DropMidData, Hang, Refuse, RefuseData, SmtpSink

QUICK = Limits(connect=0.4, command=0.4, message=0.4, whole_try=1)
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def a_mail(to: str = 'ann@example.org', **changes: Any) -> Envelope:
    fields = {
        'from_name': 'Northwind',
        'to_name': 'Ann',
        'subject': 'Hello',
        'text': 'Hello\n.\nthere\n',
        'html': '<p>Hello</p>',
        'message_id': '<one@portal.example.com>',
        'date': datetime(2026, 3, 2, tzinfo=UTC),
        **changes,
    }
    return build('portal@portal.example.com', to_address=to, **fields)


async def send(url: str, *mails: Envelope, limits: Limits = QUICK, tls: ssl.SSLContext | None = None) -> list[Outcome]:
    connection = Connection(read_smtp_url(url), limits, tls)
    try:
        return [await connection.send(mail) for mail in mails or (a_mail(),)]
    finally:
        await connection.close()


@pytest.fixture
async def server() -> AsyncIterator[Callable[[Talk], Awaitable[str]]]:
    """`await server(talk)` listens and answers each connection by `talk`; the URL of it."""
    listening: list[asyncio.Server] = []

    async def listen(talk: Talk) -> str:
        one = await asyncio.start_server(talk, '127.0.0.1', 0)
        listening.append(one)
        return f'smtp://127.0.0.1:{one.sockets[0].getsockname()[1]}'

    yield listen
    for one in listening:
        one.close()


@pytest.mark.parametrize(
    ('url', 'read'),
    [
        ('smtp://mail.example.com', MailServer('mail.example.com', 587, '', '', tls=False, starttls='required')),
        ('smtp://localhost', MailServer('localhost', 25, '', '', tls=False, starttls='never')),
        ('smtp://127.0.0.1:2525', MailServer('127.0.0.1', 2525, '', '', tls=False, starttls='never')),
        ('smtp://u:p@localhost', MailServer('localhost', 587, 'u', 'p', tls=False, starttls='required')),
        (
            'smtp://u:p%40%2F@m.x:26?starttls=optional',
            MailServer('m.x', 26, 'u', 'p@/', tls=False, starttls='optional'),
        ),
        ('smtp://m.x:25?starttls=never', MailServer('m.x', 25, '', '', tls=False, starttls='never')),
        ('smtp://localhost?starttls=required', MailServer('localhost', 587, '', '', tls=False, starttls='required')),
        ('smtps://u%40x:p@m.x', MailServer('m.x', 465, 'u@x', 'p', tls=True, starttls='never')),
        ('smtp://[::1]:25', MailServer('::1', 25, '', '', tls=False, starttls='never')),
    ],
)
def test_what_a_url_means(url: str, read: MailServer) -> None:
    """R50: where it is not said, TLS is required as soon as a password or the network comes in."""
    assert read_smtp_url(url) == read


@pytest.mark.parametrize('url', ['http://x', 'smtp://', 'smtp://x?starttls=perhaps', 'smtp://x?tls=no', 'mail.x'])
def test_a_url_that_cannot_be_used(url: str) -> None:
    with pytest.raises(ValueError, match=r'must|starttls|know'):
        read_smtp_url(url)


async def test_one_connection_carries_many_mails(smtp_sink: SmtpSink) -> None:
    outcomes = await send(smtp_sink.url, *(a_mail(f'a{number}@example.org') for number in range(5)))
    assert outcomes == [Delivered('250 2.0.0 Taken')] * 5
    assert smtp_sink.connections == 1
    assert [caught.to for caught in smtp_sink.messages] == [f'a{number}@example.org' for number in range(5)]
    assert smtp_sink.messages[0].text.replace('\r\n', '\n') == 'Hello\n.\nthere\n'


async def test_a_new_connection_after_so_many_mails_or_so_long(smtp_sink: SmtpSink) -> None:
    mails = [a_mail() for _ in range(5)]
    await send(smtp_sink.url, *mails, limits=Limits(mails=2))
    assert smtp_sink.connections == 3
    await send(smtp_sink.url, *mails[:2], limits=Limits(idle=-1))
    assert smtp_sink.connections == 5


async def test_a_connection_that_died_meanwhile_costs_no_mail(smtp_sink: SmtpSink) -> None:
    connection = Connection(read_smtp_url(smtp_sink.url), QUICK)
    assert isinstance(await connection.send(a_mail()), Delivered)
    smtp_sink.stop()
    smtp_sink.start()
    assert isinstance(await connection.send(a_mail()), Delivered)
    await connection.close()
    assert len(smtp_sink.messages) == 2


async def test_the_answers_of_a_server(smtp_sink: SmtpSink) -> None:
    smtp_sink.script('a@example.org', Refuse('451 4.7.1 Later'), RefuseData('452 4.3.1 Full'), Refuse('530 5.7.0 Who?'))
    smtp_sink.script('b@example.org', Refuse('550 5.1.1 Nobody'), RefuseData('554 5.6.0 No'))
    mails = [a_mail('a@example.org')] * 3 + [a_mail('b@example.org')] * 2 + [a_mail('c@example.org')]
    assert await send(smtp_sink.url, *mails) == [
        Deferred('451 4.7.1 Later'),
        Deferred('452 4.3.1 Full'),
        ServerFault('530 5.7.0 Who?', shut=True),
        Refused('550 5.1.1 Nobody'),
        Refused('554 5.6.0 No'),
        Delivered('250 2.0.0 Taken'),
    ]
    assert smtp_sink.connections == 1


async def test_a_server_that_hangs_or_drops_mid_message(smtp_sink: SmtpSink) -> None:
    """F2, F3."""
    smtp_sink.script('a@example.org', Hang(3), DropMidData())
    outcomes = await send(smtp_sink.url, a_mail('a@example.org'), a_mail('a@example.org'), a_mail('b@example.org'))
    assert [type(outcome) for outcome in outcomes] == [Deferred, Deferred, Delivered]
    assert all(isinstance(outcome, Deferred) and outcome.cut for outcome in outcomes[:2])


async def test_nobody_there() -> None:
    (outcome,) = await send('smtp://127.0.0.1:1')
    assert isinstance(outcome, ServerFault) and not outcome.shut and outcome.answer.startswith('No connection')
    assert outcome.obstacle is Obstacle.NOBODY_ANSWERS
    (outcome,) = await send('smtp://nobody.invalid', limits=Limits())
    assert isinstance(outcome, ServerFault) and outcome.obstacle is Obstacle.NO_SUCH_NAME


async def test_a_server_that_says_nothing_or_drips(server: Callable[[Talk], Awaitable[str]]) -> None:
    """F2: however it wastes time, a mail is given back within the limit."""

    async def silent(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    async def dripping(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            for byte in b'220-drip\r\n':
                writer.write(bytes([byte]))
                await asyncio.sleep(0.05)

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'220 slow\r\n')
        while await reader.readline():
            await asyncio.sleep(0.3)
            writer.write(b'250 slow\r\n')

    for talk in (silent, dripping, slow):
        begun = asyncio.get_running_loop().time()
        (outcome,) = await send(await server(talk), limits=QUICK)
        assert isinstance(outcome, ServerFault | Deferred), talk
        assert asyncio.get_running_loop().time() - begun < 1.5, talk


async def test_a_sender_that_is_refused_is_the_fault_of_no_mail(server: Callable[[Talk], Awaitable[str]]) -> None:
    async def strict(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'220 strict\r\n')
        while line := await reader.readline():
            writer.write(b'550 5.7.1 Not from you\r\n' if line.startswith(b'MAIL') else b'250 ok\r\n')

    assert await send(await server(strict)) == [ServerFault('550 5.7.1 Not from you', shut=True)]


async def test_no_plain_text_where_tls_was_asked_for(server: Callable[[Talk], Awaitable[str]]) -> None:
    """R50: a server, or somebody in between, that offers no STARTTLS gets neither password nor mail."""
    said: list[bytes] = []

    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'220 plain\r\n')
        while line := await reader.readline():
            said.append(line)
            writer.write(b'250-plain\r\n250 AUTH PLAIN LOGIN\r\n' if line.startswith(b'EHLO') else b'250 ok\r\n')

    url = (await server(plain)).replace('smtp://', 'smtp://name:secret@')
    for address in (url, f'{url}?starttls=required'):
        (outcome,) = await send(address)
        assert isinstance(outcome, ServerFault) and outcome.shut
        assert 'secret' not in outcome.answer
    assert {line.split()[0] for line in said} <= {b'EHLO', b'QUIT'}


@pytest.mark.parametrize('way', ['starttls', 'implicit'])
async def test_certificates_are_verified(way: Any) -> None:
    """R50."""
    with SmtpSink(tls=way, users={'name': 'secret'}) as sink:
        (refused,) = await send(sink.url)
        assert isinstance(refused, ServerFault) and refused.shut
        assert not sink.messages
        trusting = ssl.create_default_context(cafile=str(sink.certificate))
        assert await send(sink.url, tls=trusting) == [Delivered('250 2.0.0 Taken')]
        wrong_name = sink.url.replace('127.0.0.1', 'localhost').replace('localhost', '127.0.0.2')
        (other,) = await send(wrong_name, tls=trusting)
        assert isinstance(other, ServerFault)
        (outcome,) = await send(sink.url.replace('secret', 'wrong'), tls=trusting)
        assert isinstance(outcome, ServerFault) and outcome.shut and outcome.answer.startswith('535')
        assert len(sink.messages) == 1


async def test_an_international_domain_and_local_part(smtp_sink: SmtpSink) -> None:
    outcomes = await send(smtp_sink.url, a_mail('ann@bücher.example'), a_mail('jörg@bücher.example'))
    assert [type(outcome) for outcome in outcomes] == [Delivered, Delivered]
    assert [caught.to for caught in smtp_sink.messages] == ['ann@xn--bcher-kva.example', 'jörg@xn--bcher-kva.example']


async def test_a_local_part_that_the_server_cannot_take_is_refused(server: Callable[[Talk], Awaitable[str]]) -> None:
    async def old(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'220 old\r\n')
        while await reader.readline():
            writer.write(b'250 ok\r\n')

    (outcome,) = await send(await server(old), a_mail('jörg@example.org'))
    assert isinstance(outcome, Refused)
