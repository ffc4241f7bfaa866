"""A real mail server on a loopback port, in a thread of its own, that keeps what it is given.

It can be told to misbehave towards one recipient, one attempt at a time:

    sink.script('ann@example.org', Refuse('451 4.7.1 Later, please'), Hang(5), DropMidData())

The first attempt meets the first step, the second the second; when the steps are used up, mail is taken.
"""

import asyncio
import re
import ssl
import tempfile
import threading
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal, overload

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

LINK = re.compile(r'https?://\S+?/sign-in/link/[A-Za-z0-9_-]+')
CODE = re.compile(r'(?<!\d)(\d{3})[ \u2009\u202f\u00a0-]?(\d{3})(?!\d)')


@dataclass(frozen=True)
class Refuse:
    """Answer the recipient with this line: `451 …` for later, `550 …` for never."""

    answer: str


@dataclass(frozen=True)
class RefuseData:
    """Take the recipient and all of the message, then answer with this line."""

    answer: str


@dataclass(frozen=True)
class Hang:
    """Take the message, then say nothing for so many seconds, then accept it."""

    seconds: float


@dataclass(frozen=True)
class Drip:
    """From here on answer one byte at a time, so many seconds apart. The message is taken."""

    seconds: float


@dataclass(frozen=True)
class DropMidData:
    """Cut the connection while the message is on its way. It is not taken."""


@dataclass(frozen=True)
class DropAfterDot:
    """Take the message, and cut the connection instead of saying so."""


Step = Refuse | RefuseData | Hang | Drip | DropMidData | DropAfterDot


@dataclass(frozen=True)
class Caught:
    """One message the server took responsibility for, with its envelope."""

    mail_from: str
    rcpt_tos: tuple[str, ...]
    raw: bytes
    message: EmailMessage = field(repr=False)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def to(self) -> str:
        """The one recipient of the envelope."""
        (only,) = self.rcpt_tos
        return only

    @property
    def subject(self) -> str:
        return str(self.message['Subject'])

    @property
    def text(self) -> str:
        part = self.message.get_body(('plain',))
        return str(part.get_content()) if part else ''

    @property
    def html(self) -> str:
        part = self.message.get_body(('html',))
        return str(part.get_content()) if part else ''

    @property
    def link(self) -> str:
        """The sign-in link in the text part."""
        found = LINK.search(self.text)
        assert found, f'no link in {self.text!r}'
        return found.group()

    @property
    def code(self) -> str:
        """The six digits in the text part, links left aside."""
        found = CODE.search(re.sub(r'https?://\S+', '', self.text))
        assert found, f'no code in {self.text!r}'
        return ''.join(found.groups())


class _Server(SMTP):
    """aiosmtpd's server, with a tongue that can drip and a hand that can hang up."""

    drip = 0.0

    async def push(self, status: str | bytes) -> None:
        if not self.drip:
            await super().push(status)
            return
        line = status.encode() if isinstance(status, str) else status
        for byte in line + b'\r\n':
            self._writer.write(bytes([byte]))
            await self._writer.drain()
            await asyncio.sleep(self.drip)

    def hang_up(self) -> None:
        if self.transport:
            self.transport.abort()

    async def smtp_DATA(self, arg: str) -> None:
        recipients = self.envelope.rcpt_tos if self.envelope else []
        if any(isinstance(self.event_handler.step_of(self.session, one), DropMidData) for one in recipients):
            await self.push('354 End data with <CR><LF>.<CR><LF>')
            await self._reader.read(64)
            self.hang_up()
            return
        await super().smtp_DATA(arg)


class _Handler:
    def __init__(self, sink: 'SmtpSink') -> None:
        self._sink = sink

    def step_of(self, session: Session | None, recipient: str) -> Step | None:
        steps: dict[str, Step | None] = getattr(session, 'steps', {})
        return steps.get(recipient.lower())

    async def handle_RCPT(
        self, server: _Server, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        step = self._sink._next_step(address)
        session.steps = {**getattr(session, 'steps', {}), address.lower(): step}
        if isinstance(step, Refuse):
            return step.answer
        if isinstance(step, Drip):
            server.drip = step.seconds
        envelope.rcpt_tos.append(address)
        return '250 OK'

    async def handle_DATA(self, server: _Server, session: Session, envelope: Envelope) -> str:
        steps = [self.step_of(session, one) for one in envelope.rcpt_tos]
        for step in steps:
            if isinstance(step, RefuseData):
                return step.answer
            if isinstance(step, Hang):
                await asyncio.sleep(step.seconds)
        if self._sink.seconds_per_message:
            await asyncio.sleep(self._sink.seconds_per_message)
        self._sink._take(envelope)
        if any(isinstance(step, DropAfterDot) for step in steps):
            server.hang_up()
        return '250 2.0.0 Taken'


class SmtpSink:
    """`with SmtpSink() as sink:`; then `sink.url` is what FOYER_SMTP_URL wants.

    `tls='starttls'` refuses mail in plain text, `tls='implicit'` speaks TLS from the first byte; `certificate` is then
    the file a client has to trust. `users` (name to password) makes it ask for a login.
    """

    def __init__(
        self, *, tls: Literal['starttls', 'implicit'] | None = None, users: dict[str, str] | None = None
    ) -> None:
        self.messages: list[Caught] = []
        self.attempts: list[str] = []  # every RCPT TO, refused ones too
        self.connections = 0
        self.seconds_per_message = 0.0
        self.port = 0
        self.certificate: Path | None = None
        self._tls = tls
        self._users = users or {}
        self._context: ssl.SSLContext | None = None
        self._steps: dict[str, deque[Step]] = defaultdict(deque)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._server: asyncio.Server | None = None
        self._open: set[_Server] = set()
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> 'SmtpSink':
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        if self._folder:
            self._folder.cleanup()

    @property
    def url(self) -> str:
        scheme = 'smtps' if self._tls == 'implicit' else 'smtp'
        login = next((f'{name}:{password}@' for name, password in self._users.items()), '')
        return f'{scheme}://{login}127.0.0.1:{self.port}' + ('?starttls=required' if self._tls == 'starttls' else '')

    def start(self) -> None:
        """Listen; after `stop` again on the same port."""
        if self._tls and not self._context:
            self._make_certificate()
        self._loop = asyncio.new_event_loop()
        ready = threading.Event()
        failure: list[BaseException] = []

        def run() -> None:
            assert self._loop
            asyncio.set_event_loop(self._loop)
            try:
                self._loop.run_until_complete(self._listen())
            except OSError as error:
                failure.append(error)
                ready.set()
                return
            self._loop.call_soon(ready.set)
            self._loop.run_forever()
            self._loop.run_until_complete(self._end())
            self._loop.close()

        self._thread = threading.Thread(target=run, name='smtp-sink', daemon=True)
        self._thread.start()
        ready.wait(10)
        if failure:
            raise failure[0]

    def stop(self) -> None:
        """Cut every connection and refuse new ones. What was caught stays."""
        if self._loop and self._thread and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)
        self._loop = self._thread = None

    def script(self, address: str, *steps: Step) -> None:
        """Meet the next attempts for this address with these steps, one each."""
        self._steps[address.lower()].extend(steps)

    def to(self, address: str) -> list[Caught]:
        """What was caught for this address, oldest first."""
        return [caught for caught in self.messages if address.lower() in map(str.lower, caught.rcpt_tos)]

    @overload
    async def wait_for(self, what: int, timeout: float = ...) -> list[Caught]: ...
    @overload
    async def wait_for(self, what: Callable[[Caught], bool] | str, timeout: float = ...) -> Caught: ...

    async def wait_for(
        self, what: int | str | Callable[[Caught], bool], timeout: float = 10.0
    ) -> list[Caught] | Caught:
        """Wait for so many messages in all (returns them), or for one that fits or is for this address (returns the
        newest such). AssertionError with what did come, after `timeout` seconds."""
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout
        while True:
            caught = list(self.messages)
            if isinstance(what, int):
                if len(caught) >= what:
                    return caught
            elif fitting := self.to(what) if isinstance(what, str) else [one for one in caught if what(one)]:
                return fitting[-1]
            if loop.time() > until:
                came = ', '.join(f'{one.subject!r} for {one.rcpt_tos}' for one in caught) or 'nothing'
                raise AssertionError(f'waited {timeout} s for {what!r}; came: {came}')
            await asyncio.sleep(0.02)

    def clear(self) -> None:
        self.messages.clear()
        self.attempts.clear()

    def _next_step(self, address: str) -> Step | None:
        self.attempts.append(address)
        steps = self._steps[address.lower()]
        return steps.popleft() if steps else None

    def _take(self, envelope: Envelope) -> None:
        raw = bytes(envelope.original_content or b'')
        message = message_from_bytes(raw, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.messages.append(Caught(envelope.mail_from or '', tuple(envelope.rcpt_tos), raw, message))

    def _protocol(self) -> _Server:
        self.connections += 1
        arguments: dict[str, Any] = {'enable_SMTPUTF8': True, 'hostname': 'sink.test', 'loop': self._loop}
        if self._tls == 'starttls':
            arguments |= {'tls_context': self._context, 'require_starttls': True}
        if self._users:
            arguments |= {
                'authenticator': self._authenticate,
                'auth_required': True,
                'auth_require_tls': self._tls is not None and self._tls != 'implicit',
            }
        server = _Server(_Handler(self), **arguments)
        self._open.add(server)
        return server

    def _authenticate(self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, data: Any) -> AuthResult:
        known = isinstance(data, LoginPassword) and self._users.get(data.login.decode()) == data.password.decode()
        return AuthResult(success=known, handled=False)

    async def _listen(self) -> None:
        assert self._loop
        context = self._context if self._tls == 'implicit' else None
        self._server = await self._loop.create_server(
            self._protocol, '127.0.0.1', self.port, ssl=context, reuse_address=True
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def _end(self) -> None:
        if self._server:
            self._server.close()
        for server in self._open:
            server.hang_up()
        self._open.clear()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _make_certificate(self) -> None:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec

        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, 'localhost')])
        names = [x509.DNSName('localhost'), x509.IPAddress(ip_address('127.0.0.1'))]
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=2))
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        self._folder = tempfile.TemporaryDirectory(prefix='foyer-sink-')
        self.certificate = Path(self._folder.name) / 'certificate.pem'
        self.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        key_file = Path(self._folder.name) / 'key.pem'
        plain = serialization.NoEncryption()
        key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(self.certificate, key_file)
