"""A host name for the portal, in the form DNS has it (IDNA 2008, UTS 46), or the reason why it cannot be one."""

import unicodedata
from ipaddress import ip_address
from urllib.parse import urlsplit

import idna

from domain.errors import HostFault, HostInvalid

LONGEST = 253  # characters, RFC 1035
LETTERS = frozenset('abcdefghijklmnopqrstuvwxyz0123456789-.')


def normalise_host(text: str, base_host: str) -> str:
    """The name in ASCII and lower case. A copied `https://` in front and a slash or dot at the end are taken away.

    Raises HostInvalid: also for `base_host`, where the portal is already, and for what no certificate is made for.
    """
    typed = text.strip()
    if any(unicodedata.category(letter) in ('Cc', 'Cf', 'Cs', 'Zl', 'Zp') for letter in typed):
        raise HostInvalid(HostFault.CONTROL_CHARACTER)
    for scheme in ('https://', 'http://'):
        if typed.lower().startswith(scheme):
            typed = typed[len(scheme) :]
    typed = typed.removesuffix('/').removesuffix('.')
    if not typed:
        raise HostInvalid(HostFault.EMPTY)
    if _is_address(typed):
        raise HostInvalid(HostFault.ADDRESS)
    if any(letter in typed for letter in '/?#@:\\'):
        raise HostInvalid(HostFault.MORE_THAN_A_NAME)
    if '*' in typed:
        raise HostInvalid(HostFault.WILDCARD)
    host = _in_ascii(typed)
    labels = host.split('.')
    if _is_address(host) or labels[-1].isdigit() or labels[-1].startswith('0x'):
        raise HostInvalid(HostFault.ADDRESS)
    if labels[-1] in ('localhost', 'localdomain'):
        raise HostInvalid(HostFault.LOCALHOST)
    if len(labels) < 2:
        raise HostInvalid(HostFault.SINGLE_LABEL)
    if host == base_host:
        raise HostInvalid(HostFault.OUR_OWN)
    return host


def host_of(url: str) -> str:
    """The host in this URL of ours, as DNS has it; an IP address as it stands."""
    host = (urlsplit(url).hostname or '').removesuffix('.')
    try:
        return host if host.isascii() else idna.encode(host, uts46=True, transitional=False).decode('ascii')
    except idna.IDNAError:
        return host


def readable_host(host: str) -> str:
    """The same for people: `xn--mller-kva.example` as `müller.example`."""
    try:
        return str(idna.decode(host))
    except idna.IDNAError:
        return host


def _in_ascii(typed: str) -> str:
    try:
        host = idna.encode(typed, uts46=True, transitional=False).decode('ascii').lower()
    except (idna.IDNAError, UnicodeError) as error:
        too_long = len(typed) > LONGEST or any(len(label) > 63 for label in typed.split('.'))
        raise HostInvalid(HostFault.TOO_LONG if too_long else HostFault.MALFORMED) from error
    if len(host) > LONGEST:
        raise HostInvalid(HostFault.TOO_LONG)
    if not set(host) <= LETTERS or any(label.startswith('-') or label.endswith('-') for label in host.split('.')):
        raise HostInvalid(HostFault.MALFORMED)
    return host


def _is_address(text: str) -> bool:
    bare = text.strip('[]')
    try:
        return bool(ip_address(bare))
    except ValueError:
        pass
    address, colon, port = bare.partition(':')
    try:
        return bool(colon and port.isdigit() and ip_address(address.strip('[]')))
    except ValueError:
        return False
