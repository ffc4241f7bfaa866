"""Builds the bytes of one mail: exactly one recipient, and no header holds what was not checked (R49, R51)."""

import re
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, parseaddr
from ipaddress import ip_address

import idna

from domain.mail.rendering import on_one_line
from domain.settings import Settings

_not_in_an_address = re.compile(r'[\s<>",;:()\[\]\\\x00-\x1f\x7f]')
_safe_name = re.compile(r"[\w .&'’+-]{1,60}")


class CannotBeBuilt(ValueError):
    """No mail can be made of this, however often it is tried."""


@dataclass(frozen=True)
class Envelope:
    """One mail as the server is given it. `needs_utf8` when the local part of an address is not ASCII (RFC 6531)."""

    sender: str
    recipient: str
    raw: bytes
    needs_utf8: bool = False


def sender_address(settings: Settings) -> str:
    """The address mail comes from, in ASCII where its domain is international."""
    address = parseaddr(settings.sender)[1] or settings.sender
    local, _, domain = address.rpartition('@')
    return f'{local or "portal"}@{_ascii_domain(domain)}'


def plain_recipient(address: str) -> str:
    """The address with its domain in ASCII. Raises CannotBeBuilt unless it is one plain address."""
    local, at, domain = address.strip().rpartition('@')
    if not at or not local or not domain or '@' in local or _not_in_an_address.search(local + domain):
        raise CannotBeBuilt('not one plain address')
    return f'{local}@{_ascii_domain(domain)}'


def build(
    settings: Settings,
    *,
    from_name: str,
    to_address: str,
    to_name: str,
    subject: str,
    text: str,
    html: str,
    message_id: str,
    date: datetime,
) -> Envelope:
    """The mail, ready for the wire. Raises ValueError (CannotBeBuilt among them) when a header refuses its value."""
    sender, recipient = sender_address(settings), plain_recipient(to_address)
    needs_utf8 = not (sender + recipient).isascii()
    mail = EmailMessage(policy=SMTPUTF8 if needs_utf8 else SMTP)
    mail['From'] = _mailbox(from_name, sender)
    mail['To'] = _mailbox(to_name if to_name.lower() != to_address.lower() else '', recipient)
    mail['Subject'] = on_one_line(subject)
    mail['Date'] = format_datetime(date)
    mail['Message-ID'] = message_id
    mail['Auto-Submitted'] = 'auto-generated'
    mail['X-Auto-Response-Suppress'] = 'All'
    mail.set_content(text, cte='quoted-printable')
    mail.add_alternative(html, subtype='html', cte='quoted-printable')
    return Envelope(sender, recipient, mail.as_bytes(), needs_utf8)


def _mailbox(name: str, address: str) -> Address:
    """The address with its name, or without where the name holds what mail programs have quarrelled about."""
    local, _, domain = address.rpartition('@')
    name = on_one_line(name)
    return Address(name if _safe_name.fullmatch(name) else '', local, domain)


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
