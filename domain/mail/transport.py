"""One connection to the mail server, kept over consecutive mails.

`FOYER_SMTP_URL` is `smtp://user:password@host:587?starttls=required` or `smtps://user:password@host`. User and
password are percent-encoded. Without `starttls=`, plain text is spoken to a server on this machine that wants no
password, and STARTTLS is required everywhere else. `optional` encrypts where the server offers it, `never` does not.
Certificates are always verified, and a connection that was to be encrypted and cannot be is not used (R50).
`SSL_CERT_FILE` in the environment names an authority of one's own.

How a try ended is told as one of four: the mail server took it (`Delivered`), will never take it (`Refused`), does not
take it now (`Deferred`), or was not reached at all or does not let us in, whatever the mail (`ServerFault`).
"""

import asyncio
import ssl
from base64 import b64encode
from dataclasses import dataclass, replace
from enum import StrEnum
from errno import ECONNREFUSED
from ipaddress import ip_address
from socket import gaierror
from urllib.parse import parse_qs, unquote, urlsplit

from aiosmtplib import (
    SMTP,
    SMTPException,
    SMTPNotSupported,
    SMTPResponseException,
)

from domain.handover import MailServer, StartTls
from domain.mail.envelope import Envelope

NOT_LET_IN = frozenset({530, 534, 535, 538})  # asked to sign in, or to do so better: wherever said, it is about us
CLOSING = 421


@dataclass(frozen=True)
class Limits:
    """Seconds, and mails per connection. A server that hangs or drips holds a mail no longer than `whole_try` (F2)."""

    connect: float = 10
    command: float = 10
    message: float = 30  # from the end of the message to the answer, where servers do their checking
    whole_try: float = 45
    idle: float = 20
    mails: int = 100


@dataclass(frozen=True)
class Delivered:
    """Handed over."""

    answer: str


@dataclass(frozen=True)
class Refused:
    """Refused for good."""

    answer: str


@dataclass(frozen=True)
class Deferred:
    """Not now. `cut` when the connection broke or fell silent, which may be the server's fault and not the mail's."""

    answer: str
    cut: bool = False


class Obstacle(StrEnum):
    """Why there is no connection, as far as it is one of those that a setting mends."""

    NO_SUCH_NAME = 'no_such_name'
    NOBODY_ANSWERS = 'nobody_answers'
    NO_STARTTLS = 'no_starttls'


@dataclass(frozen=True)
class ServerFault:
    """It is not about this mail. `shut` when the server answers but does not let us in."""

    answer: str
    shut: bool = False
    obstacle: Obstacle | None = None


Outcome = Delivered | Refused | Deferred | ServerFault


def read_smtp_url(url: str) -> MailServer:
    """Raises ValueError with the reason when it cannot be used."""
    parts = urlsplit(url)
    if parts.scheme not in ('smtp', 'smtps') or not parts.hostname:
        raise ValueError('must be like smtp://user:pass@mail.example.com:587?starttls=required')
    asked = parse_qs(parts.query, keep_blank_values=True)
    if unknown := set(asked) - {'starttls'}:
        raise ValueError(f'does not know {", ".join(sorted(unknown))}')
    tls = parts.scheme == 'smtps'
    safe = bool(parts.password) or not _is_this_machine(parts.hostname)
    wish = asked.get('starttls', ['required' if safe else 'never'])[-1]
    if wish not in ('required', 'optional', 'never'):
        raise ValueError('starttls is required, optional or never')
    starttls: StartTls = 'required' if wish == 'required' else 'optional' if wish == 'optional' else 'never'
    return MailServer(
        host=parts.hostname,
        port=parts.port or (465 if tls else 587 if parts.username or starttls == 'required' else 25),
        username=unquote(parts.username or ''),
        password=unquote(parts.password or ''),
        tls=tls,
        starttls='never' if tls else starttls,
    )


class Connection:
    """Sends one mail at a time, over one connection while it lasts."""

    def __init__(self, server: MailServer, limits: Limits | None = None, tls: ssl.SSLContext | None = None) -> None:
        self._server = server
        self._limits = limits or Limits()
        self._tls = tls
        self._smtp: SMTP | None = None
        self._sent = 0
        self._used_at = 0.0
        self._begun = False  # the server has heard of the mail that is being tried

    async def send(self, mail: Envelope) -> Outcome:
        """Try once to hand a mail over. Raises nothing that a mail server can cause."""
        try:
            async with asyncio.timeout(self._limits.whole_try):
                outcome = await self._send(mail)
                return replace(outcome, answer=self._without_secrets(outcome.answer))
        except TimeoutError:
            self._drop()
            answer = 'The mail server took too long.'
            return Deferred(answer, cut=True) if self._begun else ServerFault(answer)
        except asyncio.CancelledError:
            self._drop()
            raise

    async def knock(self, own_name: str) -> ServerFault | None:
        """Connect, encrypt and sign in as for a mail, and be content with that; what went wrong, if anything did."""
        try:
            async with asyncio.timeout(self._limits.whole_try):
                fault = await self._open(own_name)
        except TimeoutError:
            fault = ServerFault('The mail server took too long.')
        await self.close()
        return fault and replace(fault, answer=self._without_secrets(fault.answer))

    async def close(self) -> None:
        """Say goodbye, briefly."""
        smtp, self._smtp = self._smtp, None
        if smtp is None:
            return
        try:
            await smtp.quit(timeout=2)
        except (SMTPException, OSError):
            pass
        finally:
            smtp.close()

    async def _send(self, mail: Envelope) -> Outcome:
        self._begun = False
        smtp = await self._reuse()
        if smtp is None or not await self._begin_again(smtp, mail):
            fault = await self._connect_and_begin(mail)
            if fault is not None:
                self._drop()
                return fault
        assert self._smtp is not None
        self._begun = True
        outcome = await self._hand_over(self._smtp, mail)
        self._used_at = asyncio.get_running_loop().time()
        return outcome

    async def _reuse(self) -> SMTP | None:
        """The open connection, if it is fresh enough to be trusted."""
        if self._smtp is None:
            return None
        tired = self._sent >= self._limits.mails
        if self._smtp.is_connected and (tired or asyncio.get_running_loop().time() - self._used_at > self._limits.idle):
            await self.close()
        if self._smtp is None or not self._smtp.is_connected:
            self._drop()
        return self._smtp

    async def _begin_again(self, smtp: SMTP, mail: Envelope) -> bool:
        """MAIL FROM on a connection used before. Should it fail, a new connection tells what is really wrong."""
        try:
            await self._begin(smtp, mail)
        except (SMTPException, OSError):
            self._drop()
            return False
        return True

    async def _connect_and_begin(self, mail: Envelope) -> ServerFault | Refused | None:
        if fault := await self._open(mail.sender.rpartition('@')[2]):
            return fault
        assert self._smtp is not None
        try:
            await self._begin(self._smtp, mail)
        except SMTPNotSupported as error:
            return Refused(f'550 {_reason(error)}')
        except SMTPResponseException as error:  # the sender refused, that is
            return ServerFault(_answer(error), shut=error.code >= 500)
        except (SMTPException, OSError) as error:
            return ServerFault(f'Connection lost: {_reason(error)}')
        return None

    async def _open(self, own_name: str) -> ServerFault | None:
        try:
            self._smtp = await self._connect(own_name)
        except SMTPResponseException as error:
            return ServerFault(_answer(error), shut=error.code >= 500)
        except (ssl.SSLError, ssl.CertificateError) as error:
            return ServerFault(f'No trusted encryption: {_reason(error)}', shut=True)
        except (SMTPException, OSError) as error:
            cause = error.__cause__
            shut = isinstance(cause, ssl.SSLError) or not isinstance(error, OSError)
            return ServerFault(f'No connection: {_reason(error)}', shut=shut, obstacle=_obstacle(error))
        return None

    async def _connect(self, own_name: str) -> SMTP:
        """Raises SMTPException, ssl.SSLError or OSError. Nothing is said in plain text that was to be encrypted."""
        server = self._server
        encrypt = {'required': True, 'optional': None, 'never': False}[server.starttls]
        if self._tls is None:
            self._tls = await asyncio.to_thread(ssl.create_default_context)
        smtp = SMTP(
            hostname=server.host,
            port=server.port,
            local_hostname=own_name,  # not asked of the resolver, who may take his time
            username=server.username or None,
            password=server.password or None,
            use_tls=server.tls,
            start_tls=False if server.tls else encrypt,
            tls_context=self._tls,
            timeout=self._limits.connect,
        )
        await smtp.connect()
        smtp.timeout = self._limits.command
        self._sent = 0
        return smtp

    async def _begin(self, smtp: SMTP, mail: Envelope) -> None:
        options: list[str] = []
        if mail.needs_utf8:
            if smtp.is_ehlo_or_helo_needed:
                await smtp.ehlo()
            if not smtp.supports_extension('smtputf8'):
                raise SMTPNotSupported('The mail server takes no address with such letters before the @.')
            options = ['SMTPUTF8', 'BODY=8BITMIME']
        await smtp.mail(mail.sender, options=options, encoding='utf-8' if mail.needs_utf8 else 'ascii')

    async def _hand_over(self, smtp: SMTP, mail: Envelope) -> Outcome:
        try:
            await smtp.rcpt(mail.recipient, encoding='utf-8' if mail.needs_utf8 else 'ascii')
            answer = await smtp.data(mail.raw, timeout=self._limits.message)
        except SMTPResponseException as error:
            await self._start_over(smtp, error)
            if error.code in NOT_LET_IN:
                return ServerFault(_answer(error), shut=True)
            refused = 500 <= error.code < 600
            return Refused(_answer(error)) if refused else Deferred(_answer(error), cut=error.code == CLOSING)
        except (SMTPException, OSError) as error:
            self._drop()
            return Deferred(f'Connection lost: {_reason(error)}', cut=True)
        self._sent += 1
        return Delivered(f'{answer.code} {answer.message}')

    async def _start_over(self, smtp: SMTP, error: SMTPResponseException) -> None:
        """After a refusal the server forgets the envelope, or the connection is given up."""
        if error.code == CLOSING or error.code < 0:
            self._drop()
            return
        try:
            await smtp.rset()
        except (SMTPException, OSError):
            self._drop()

    def _without_secrets(self, answer: str) -> str:
        """The server's words, should it repeat what we signed in with (R60)."""
        user, password = self._server.username, self._server.password
        if len(password) > 2:
            for secret in (f'\0{user}\0{password}', password):
                answer = answer.replace(b64encode(secret.encode()).decode(), '…').replace(secret, '…')
        return answer

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
        self._smtp = None


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == 'localhost'


def _answer(error: SMTPResponseException) -> str:
    return f'{error.code} {error.message}' if error.code > 0 else str(error.message)


def _obstacle(error: BaseException) -> Obstacle | None:
    if isinstance(error.__cause__, gaierror):
        return Obstacle.NO_SUCH_NAME
    if f'[Errno {ECONNREFUSED}]' in str(error):  # of each address of the server, in one text
        return Obstacle.NOBODY_ANSWERS
    return Obstacle.NO_STARTTLS if 'STARTTLS extension not supported' in str(error) else None


def _reason(error: BaseException) -> str:
    return str(error) or type(error).__name__
