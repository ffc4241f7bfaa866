"""Asking a host who it is: whether it is this Foyer that answers there, and with which certificate.

Nothing is followed and nothing that is answered is kept but the certificate's names.
"""

import asyncio
import hmac
import ssl
from datetime import UTC, datetime

from cryptography import x509
from cryptography.x509.oid import NameOID

from domain.portal.domain_findings import Https, HttpsFault

WORD_PATH = '/.well-known/foyer'
SECONDS = 20.0  # the first handshake may wait until a certificate has been made
QUICK_SECONDS = 5.0
LONGEST_ANSWER = 8_192  # bytes


async def leads_here(host: str, address: str, word: str, *, http_port: int, https_port: int) -> bool:
    """Whether what answers at this address for this host is us. No certificate is asked for: it may be a proxy's."""
    tries = [(https_port, _trusting()), (http_port, None)]
    answers = await asyncio.gather(*(_word_at(host, address, port, context) for port, context in tries))
    return any(hmac.compare_digest(one.encode(), word.encode()) for one in answers)


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
        answer, certificate = await _ask(host, address, port, ssl.create_default_context(), SECONDS)
    except ssl.SSLCertVerificationError as error:
        return await _untrusted(host, address, port, error)
    except (ssl.SSLError, ConnectionResetError, EOFError):
        return Https(HttpsFault.NO_CERTIFICATE, address=address)
    except (OSError, TimeoutError):
        return Https(HttpsFault.NOT_REACHED, address=address)
    fault = None if hmac.compare_digest(answer.encode(), word.encode()) else HttpsFault.NOT_HERE
    return _described(fault, certificate, address)


async def _untrusted(host: str, address: str, port: int, error: ssl.SSLCertVerificationError) -> Https:
    """The certificate is not one for this name now; it is fetched again to be shown."""
    try:
        _, certificate = await _ask(host, address, port, _trusting(), QUICK_SECONDS)
    except (OSError, TimeoutError, EOFError):
        certificate = b''
    shown = _described(HttpsFault.UNTRUSTED, certificate, address)
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
            tuple(names.get_values_for_type(x509.DNSName)),
            str(issuers[0].value) if issuers else '',
            read.not_valid_after_utc.isoformat(),
            address,
        )
    except (ValueError, x509.ExtensionNotFound):
        return Https(fault, address=address)


def _trusting() -> ssl.SSLContext:
    """For finding out who answers, not for telling it anything."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def _word_at(host: str, address: str, port: int, context: ssl.SSLContext | None) -> str:
    try:
        return (await _ask(host, address, port, context, QUICK_SECONDS))[0]
    except (OSError, TimeoutError, EOFError):
        return ''


async def _ask(host: str, address: str, port: int, context: ssl.SSLContext | None, seconds: float) -> tuple[str, bytes]:
    """What it says it is, empty if it does not say so plainly, and its certificate. Raises OSError, TimeoutError."""
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
    return _word_in(bytes(answer)), certificate


def _word_in(answer: bytes) -> str:
    head, _, body = answer.partition(b'\r\n\r\n')
    if not head.startswith((b'HTTP/1.1 200', b'HTTP/1.0 200')):
        return ''
    lines = body.decode('ascii', 'replace').split()  # chunked or not, the word stands on a line of its own
    return next((line for line in lines if len(line) == 32), '')
