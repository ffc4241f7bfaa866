"""Builds the bytes of one mail: exactly one recipient, and no header holds what was not checked (R49, R51).

The standard library encodes; the lines that are the same in every mail are joined here, because its generator
takes longer over one mail than sending it does.
"""

import re
from base64 import encodebytes
from binascii import b2a_qp
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from functools import cache
from ipaddress import ip_address

import idna

from domain.mail.rendering import on_one_line

SHORT = 60  # characters; longer text is folded
_not_in_an_address = re.compile(r'[\s<>",;:()\[\]\\\x00-\x1f\x7f]')
_boundary = re.compile(r'[^A-Za-z0-9]')
_starts_a_line = re.compile(r'\n(?![ \t]+\S)')
_not_in_a_name = re.compile(r'["<>\\]')  # what parts a name from an address, for a program that does not look closely
LONGEST_NAME = 80  # characters


class CannotBeBuilt(ValueError):
    """No mail can be made of this, however often it is tried."""


@dataclass(frozen=True)
class Envelope:
    """One mail as the server is given it. `needs_utf8` when the local part of an address is not ASCII (RFC 6531)."""

    sender: str
    recipient: str
    raw: bytes
    needs_utf8: bool = False


@cache
def sender_address(sender: str) -> str:
    """The address mail comes from, in ASCII where its domain is international."""
    local, _, domain = sender.rpartition('@')
    return f'{local}@{_ascii_domain(domain)}'


def plain_recipient(address: str) -> str:
    """The address with its domain in ASCII. Raises CannotBeBuilt unless it is one plain address."""
    local, at, domain = address.strip().rpartition('@')
    if not at or not local or not domain or '@' in local or _not_in_an_address.search(local + domain):
        raise CannotBeBuilt('not one plain address')
    return f'{local}@{_ascii_domain(domain)}'


def build(
    sender: str,
    *,
    from_name: str,
    to_address: str,
    to_name: str,
    subject: str,
    text: str,
    html: str,
    message_id: str,
    date: datetime,
    reply_to: str = '',
    reply_name: str = '',
    logo: tuple[str, bytes] | None = None,
) -> Envelope:
    """The mail, ready for the wire: `sender` is the firm's address, `reply_to` whom an answer goes to instead, if any.

    `logo` is a PNG that travels with it, under the Content-ID by which the HTML shows it.

    Raises ValueError (CannotBeBuilt among them) when a header refuses its value.
    """
    sender, recipient = sender_address(sender), plain_recipient(to_address)
    answers = plain_recipient(reply_to) if reply_to else ''
    boundary = _boundary.sub('', message_id)[:60]
    lines = (
        _header('From', _mailbox('From', from_name, sender)),
        *([_header('Reply-To', _mailbox('Reply-To', reply_name, answers))] if answers else []),
        _header('To', _mailbox('To', to_name if to_name.lower() != to_address.lower() else '', recipient)),
        _header('Subject', _encoded('Subject', on_one_line(subject))),
        _header('Date', format_datetime(date)),
        _header('Message-ID', message_id),
        'Auto-Submitted: auto-generated',
        'X-Auto-Response-Suppress: All',
        'MIME-Version: 1.0',
        f'Content-Type: multipart/alternative; boundary="{boundary}"',
        '',
        f'--{boundary}',
        _part(text, 'plain'),
        f'--{boundary}',
        *(_with_logo(_part(html, 'html'), *logo, f'{boundary}r') if logo else (_part(html, 'html'),)),
        f'--{boundary}--',
        '',
    )
    return Envelope(
        sender, recipient, '\r\n'.join(lines).encode(), needs_utf8=not (sender + recipient + answers).isascii()
    )


def _header(name: str, value: str) -> str:
    """One header. Raises CannotBeBuilt for a line break that begins another one."""
    if '\r' in value or _starts_a_line.search(value):
        raise CannotBeBuilt('a header holds one line')
    return f'{name}: {value}'.replace('\n', '\r\n')


def _encoded(header: str, text: str) -> str:
    """As RFC 2047 wants it and the standard library does it; short ASCII stands as it is.

    What looks encoded already is encoded once more, so that it is read as it was written.
    """
    looks_encoded = '=?' in text
    if text.isascii() and len(text) < SHORT and not looks_encoded:
        return text
    return Header(text, 'utf-8' if looks_encoded else None, header_name=header).encode()


def _mailbox(header: str, name: str, address: str) -> str:
    """The address with its name, or without where the name holds another address: it would be taken for the sender."""
    shown = ' '.join(_not_in_a_name.sub(' ', on_one_line(name)).split())
    if not shown or '@' in shown:
        return address
    if len(shown) > LONGEST_NAME:
        shown = f'{shown[: LONGEST_NAME - 1].rstrip()}…'
    plain = shown.isascii() and '=?' not in shown
    return f'"{shown}" <{address}>' if plain else f'{_encoded(header, shown)}\n <{address}>'


def _part(text: str, subtype: str) -> str:
    """Quoted-printable, so that it passes every server as it is, whatever its lines look like."""
    lines = text.replace('\r\n', '\n').replace('\r', '\n').encode('utf-8', 'replace')
    quoted = b2a_qp(lines).decode('ascii').replace('\n', '\r\n')
    return (
        f'Content-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{quoted}'
    )


def _with_logo(html: str, name: str, png: bytes, boundary: str) -> tuple[str, ...]:
    """The HTML and the picture in it, as one part (RFC 2387)."""
    return (
        f'Content-Type: multipart/related; type="text/html"; boundary="{boundary}"',
        '',
        f'--{boundary}',
        html,
        f'--{boundary}',
        'Content-Type: image/png',
        'Content-Transfer-Encoding: base64',
        f'Content-ID: <{name}>',
        'Content-Disposition: inline; filename="logo.png"',
        '',
        encodebytes(png).decode('ascii').replace('\n', '\r\n').rstrip(),
        f'--{boundary}--',
    )


def _ascii_domain(domain: str) -> str:
    literal = domain.strip('[]')
    try:
        address = ip_address(literal.removeprefix('IPv6:'))
    except ValueError:
        pass
    else:
        return f'[IPv6:{address}]' if address.version == 6 else f'[{address}]'
    if domain.isascii():
        return domain.lower()
    try:
        return idna.encode(domain, uts46=True).decode('ascii')
    except idna.IDNAError as error:
        raise CannotBeBuilt('not a domain') from error
