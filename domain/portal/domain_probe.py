"""Asking a host who it is: whether it is this Foyer that answers there, and with which certificate.

Nothing is followed and nothing that is answered is kept but the certificate's names.
"""

import asyncio
import hmac
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.x509.oid import NameOID

from domain.portal.domain_findings import Https, HttpsFault
from domain.portal.proxies import proxy_of

WORD_PATH = '/.well-known/foyer'
SECONDS = 20.0  # the first handshake may wait until a certificate has been made
QUICK_SECONDS = 5.0
LONGEST_ANSWER = 8_192  # bytes
MOST_NAMES, LONGEST_NAME = 20, 253  # of a certificate, as far as they are kept


@dataclass(frozen=True)
class There:
    """Who is at an address: whether it is us, and whose proxy it is, as far as that shows."""

    is_us: bool = False
    proxy: str = ''


@dataclass(frozen=True)
class Answered:
    """What somebody says when asked who they are. `word` is empty where it is not said plainly."""

    word: str = ''
    proxy: str = ''
    certificate: bytes = b''

    def is_us(self, word: str) -> bool:
        """Whether it is this very Foyer that has said so."""
        return hmac.compare_digest(self.word.encode(), word.encode())


async def who_is_at(host: str, address: str, word: str, *, http_port: int, https_port: int) -> There:
    """Who answers at this address for this host. No certificate is asked for: it may be a proxy's."""
    tries = [(https_port, _trusting()), (http_port, None)]
    answers = await asyncio.gather(*(_quick_answer(host, address, port, context) for port, context in tries))
    return There(any(one.is_us(word) for one in answers), next((one.proxy for one in answers if one.proxy), ''))


async def look_at_https(host: str, addresses: tuple[str, ...], word: str, port: int) -> Https:
    """What a browser would meet there. The first address that can be reached counts."""
    shown = Https(HttpsFault.NOT_REACHED)
    for address in addresses:
        shown = await _https_at(host, address, word, port)
        if shown.fault is not HttpsFault.NOT_REACHED:
            break
    return shown


async def _https_at(host: str, address: str, word: str, port: int) -> Https:
    try:
        answer = await _ask(host, address, port, ssl.create_default_context(), SECONDS)
    except ssl.SSLCertVerificationError as error:
        return await _untrusted(host, address, port, error)
    except (ssl.SSLError, ConnectionResetError, EOFError):
        return Https(HttpsFault.NO_CERTIFICATE, address=address)
    except (OSError, TimeoutError):
        return Https(HttpsFault.NOT_REACHED, address=address)
    return _described(None if answer.is_us(word) else HttpsFault.NOT_HERE, answer.certificate, address)


async def _untrusted(host: str, address: str, port: int, error: ssl.SSLCertVerificationError) -> Https:
    """The certificate is not one for this name now; it is fetched again to be shown."""
    answer = await _quick_answer(host, address, port, _trusting())
    shown = _described(HttpsFault.UNTRUSTED, answer.certificate, address)
    if error.verify_code == ssl_code_of_wrong_name:
        fault = HttpsFault.WRONG_NAME
    elif shown.expires_at and datetime.fromisoformat(shown.expires_at) < datetime.now(UTC):
        fault = HttpsFault.EXPIRED
    else:
        fault = HttpsFault.UNTRUSTED
    return Https(fault, shown.names, shown.issuer, shown.expires_at, address)


ssl_code_of_wrong_name = 62  # X509_V_ERR_HOSTNAME_MISMATCH


def _described(fault: HttpsFault | None, certificate: bytes, address: str) -> Https:
    try:
        read = x509.load_der_x509_certificate(certificate)
        names = read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        issuers = read.issuer.get_attributes_for_oid(NameOID.ORGANIZATION_NAME) or read.issuer.get_attributes_for_oid(
            NameOID.COMMON_NAME
        )
        return Https(
            fault,
            tuple(map(_kept, names.get_values_for_type(x509.DNSName)[:MOST_NAMES])),
            _kept(str(issuers[0].value)) if issuers else '',
            read.not_valid_after_utc.isoformat(),
            address,
        )
    except (ValueError, x509.ExtensionNotFound):
        return Https(fault, address=address)


def _kept(name: str) -> str:
    """A name out of a certificate, which anybody may have made: what can be read of it, no longer than names are."""
    return ''.join(filter(str.isprintable, name))[:LONGEST_NAME]


def _trusting() -> ssl.SSLContext:
    """For finding out who answers, not for telling it anything."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def _quick_answer(host: str, address: str, port: int, context: ssl.SSLContext | None) -> Answered:
    try:
        return await _ask(host, address, port, context, QUICK_SECONDS)
    except (OSError, TimeoutError, EOFError):
        return Answered()


async def _ask(host: str, address: str, port: int, context: ssl.SSLContext | None, seconds: float) -> Answered:
    """Raises OSError, TimeoutError."""
    async with asyncio.timeout(seconds):
        reader, writer = await asyncio.open_connection(
            address, port, ssl=context, server_hostname=host if context else None, limit=LONGEST_ANSWER
        )
        try:
            secured = writer.get_extra_info('ssl_object')
            certificate = (secured.getpeercert(binary_form=True) if secured else None) or b''
            usual = port == (443 if context else 80)
            writer.write(
                f'GET {WORD_PATH} HTTP/1.1\r\nHost: {host if usual else f"{host}:{port}"}\r\n'
                'User-Agent: Foyer\r\nConnection: close\r\n\r\n'.encode('ascii')
            )
            await writer.drain()
            answer = bytearray()
            while len(answer) < LONGEST_ANSWER and (more := await reader.read(LONGEST_ANSWER)):
                answer += more
        finally:
            writer.close()
    head, _, body = bytes(answer).partition(b'\r\n\r\n')
    return Answered(_word_in(head, body), proxy_of(_headers(head)), certificate)


def _word_in(head: bytes, body: bytes) -> str:
    if not head.startswith((b'HTTP/1.1 200', b'HTTP/1.0 200')):
        return ''
    lines = body.decode('ascii', 'replace').split()  # chunked or not, the word stands on a line of its own
    return next((line for line in lines if len(line) == 32), '')


def _headers(head: bytes) -> dict[str, str]:
    pairs = (line.partition(':') for line in head.decode('latin-1').lower().split('\r\n')[1:])
    return {name.strip(): value.strip() for name, _, value in pairs}
