"""What the records of a sender's domain say: SPF (RFC 7208), DKIM (RFC 6376, 8463, 8301) and DMARC (RFC 7489)."""

import base64
import binascii
import re
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address, ip_network

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from domain.resolver import Answer, Heard, Resolver

MOST_LOOKUPS = 10  # RFC 7208, 4.6.4
LEAST_KEY_BITS, ENOUGH_KEY_BITS = 1024, 2048
PROVIDERS = {  # how a mail server's name ends, and the SPF of whoever runs it
    'google.com': '_spf.google.com',
    'gmail.com': '_spf.google.com',
    'office365.com': 'spf.protection.outlook.com',
    'outlook.com': 'spf.protection.outlook.com',
    'amazonaws.com': 'amazonses.com',
    'sendgrid.net': 'sendgrid.net',
    'mailgun.org': 'mailgun.org',
    'postmarkapp.com': 'spf.mtasv.net',
    'brevo.com': 'spf.brevo.com',
    'zoho.eu': 'zohomail.eu',
    'zoho.com': 'zohomail.com',
    'ionos.de': '_spf-eu.ionos.com',
    'ionos.com': '_spf-us.ionos.com',
}
_TERM = re.compile(
    r'[+?~-]?(all|(include|a|mx|ptr|ip4|ip6|exists)([:/]\S+)?)|[a-z][a-z0-9_.-]*=\S*', re.IGNORECASE | re.ASCII
)


class Grade(StrEnum):
    """How a record is."""

    RIGHT = 'right'
    MISSING = 'missing'
    WRONG = 'wrong'
    UNKNOWN = 'unknown'


class SenderFault(StrEnum):
    """What is wrong with it, or could be better."""

    SEVERAL = 'several'
    MALFORMED = 'malformed'
    ANYBODY = 'anybody'  # may send
    OPEN_END = 'open_end'  # nothing is said of everybody else
    TOO_MANY_LOOKUPS = 'too_many_lookups'
    NOT_THIS_SERVER = 'not_this_server'
    NO_SELECTOR = 'no_selector'
    REVOKED = 'revoked'
    SHORT_KEY = 'short_key'
    NO_KEY = 'no_key'
    WEAK_KEY = 'weak_key'  # accepted still
    TESTING = 'testing'
    ONLY_WATCHES = 'only_watches'  # DMARC with p=none: right, and a step is left
    NO_ANSWER = 'no_answer'


@dataclass(frozen=True)
class Checked:
    """One of the three. `name` is where the record stands; `paste` what to have there, empty if it is right."""

    grade: Grade
    name: str
    found: tuple[str, ...] = ()
    paste: str = ''
    fault: SenderFault | None = None
    about: str = ''


# ── SPF ──────────────────────────────────────────────────────────────────────


@dataclass
class _Walk:
    """What a record leads to."""

    lookups: int = 0
    names: set[str] = field(default_factory=set)
    networks: list[str] = field(default_factory=list)


async def check_spf(resolver: Resolver, domain: str, server: str) -> Checked:
    """Whether `server`, a host name or an IP address, may send mail of this domain. Empty: no server is set."""
    answer = await resolver.first(domain, 'TXT')
    if _is_silence(answer):
        return Checked(Grade.UNKNOWN, domain, fault=SenderFault.NO_ANSWER)
    records = tuple(sorted(one for one in answer.values if one.lower().split(' ')[0] == 'v=spf1'))
    mechanism = _mechanism_for(server)
    if not records:
        return Checked(Grade.MISSING, domain, paste=f'v=spf1 {mechanism or "mx"} ~all')
    terms = [term for record in records for term in record.split()[1:]]
    if len(records) > 1:
        return Checked(Grade.WRONG, domain, records, _spf(terms, mechanism), SenderFault.SEVERAL)
    if odd := next((term for term in terms if not _TERM.fullmatch(term)), ''):
        paste = _spf([term for term in terms if _TERM.fullmatch(term)], mechanism)
        return Checked(Grade.WRONG, domain, records, paste, SenderFault.MALFORMED, odd)
    if fault := _fault_of_end(terms):
        return Checked(Grade.WRONG, domain, records, _spf(terms, mechanism), fault)
    walk = _Walk()
    await _follow(resolver, domain, records[0], walk)
    if walk.lookups > MOST_LOOKUPS:
        return Checked(Grade.WRONG, domain, records, fault=SenderFault.TOO_MANY_LOOKUPS, about=str(walk.lookups))
    if mechanism and not await _is_covered(resolver, server, walk):
        return Checked(Grade.WRONG, domain, records, _spf(terms, mechanism), SenderFault.NOT_THIS_SERVER, server)
    return Checked(Grade.RIGHT, domain, records)


def _mechanism_for(server: str) -> str:
    """What admits this server; nothing for one that is on this machine or within the house."""
    if provider := _provider_of(server):
        return f'include:{provider}'
    try:
        address = ip_address(server)
    except ValueError:
        return f'a:{server}' if '.' in server and not server.endswith(('.local', '.internal', '.lan')) else ''
    return f'ip{address.version}:{address}' if address.is_global else ''


def _provider_of(server: str) -> str:
    return next((spf for end, spf in PROVIDERS.items() if server == end or server.endswith(f'.{end}')), '')


def _fault_of_end(terms: list[str]) -> SenderFault | None:
    ends = [term.lower() for term in terms if term.lower().lstrip('+?~-') == 'all']
    if any(end in ('all', '+all') for end in ends):
        return SenderFault.ANYBODY
    is_closed = any(end in ('-all', '~all') for end in ends) or any(
        term.lower().startswith('redirect=') for term in terms
    )
    return None if is_closed else SenderFault.OPEN_END


def _spf(terms: list[str], mechanism: str) -> str:
    """One record of these, which admits the server too and closes."""
    others = [f'include:{term[9:]}' if term.lower().startswith('redirect=') else term for term in terms]
    kept = [term for term in others if term.lower().lstrip('+?~-') != 'all']
    ends = [term for term in terms if term.lower() in ('-all', '~all')]
    whole = dict.fromkeys([*kept, *([mechanism] if mechanism else []), *(ends[:1] or ['~all'])])
    return ' '.join(['v=spf1', *whole])


async def _follow(resolver: Resolver, domain: str, record: str, walk: _Walk) -> None:
    for term in record.split()[1:]:
        bare = term.lower().lstrip('+?~-')
        kind, _, value = bare.replace('=', ':', 1).partition(':')
        kind, _, length = kind.partition('/')
        if kind in ('include', 'redirect', 'a', 'mx', 'ptr', 'exists'):
            walk.lookups += 1
        if walk.lookups > 2 * MOST_LOOKUPS or term.startswith(('-', '~', '?')):
            continue
        if kind in ('ip4', 'ip6'):
            walk.networks.append(value)
        elif kind in ('include', 'redirect') and value not in walk.names:
            walk.names.add(value)
            answer = await resolver.first(value, 'TXT')
            inner = next((one for one in answer.values if one.lower().startswith('v=spf1')), '')
            await _follow(resolver, value, inner, walk)
        elif kind in ('a', 'mx'):
            name, _, size = (value or domain).partition('/')
            names = [name] if kind == 'a' else await _exchangers(resolver, name)
            for one in names:
                for address in await resolver.addresses(one):
                    suffix = size or length
                    walk.networks.append(f'{address}/{suffix}' if suffix and ':' not in address else address)


async def _exchangers(resolver: Resolver, name: str) -> list[str]:
    answer = await resolver.first(name, 'MX')
    return [value.split(' ')[-1].rstrip('.') for value in answer.values][:MOST_LOOKUPS]


async def _is_covered(resolver: Resolver, server: str, walk: _Walk) -> bool:
    if provider := _provider_of(server):
        return provider in walk.names
    addresses = await resolver.addresses(server)
    if not addresses:
        return True  # nobody knows where it is, so nobody can say that it is left out
    return any(_is_in(address, network) for address in addresses for network in walk.networks)


def _is_in(address: str, network: str) -> bool:
    try:
        return ip_address(address) in ip_network(network, strict=False)
    except ValueError:
        return False


# ── DKIM ─────────────────────────────────────────────────────────────────────


async def check_dkim(resolver: Resolver, domain: str, selector: str) -> Checked:
    """Whether there is a key under this selector that mailbox providers accept."""
    paste = 'v=DKIM1; k=rsa; p=…'
    if not selector:
        return Checked(Grade.UNKNOWN, f'…._domainkey.{domain}', fault=SenderFault.NO_SELECTOR)
    name = f'{selector}._domainkey.{domain}'
    answer = await resolver.first(name, 'TXT')
    if _is_silence(answer):
        return Checked(Grade.UNKNOWN, name, fault=SenderFault.NO_ANSWER)
    if not answer.values:
        return Checked(Grade.MISSING, name, paste=paste)
    if len(answer.values) > 1:
        return Checked(Grade.WRONG, name, answer.values, paste, SenderFault.SEVERAL)
    record = answer.values[0]
    tags = _tags(record)
    if tags is None or 'p' not in tags or tags.get('v', 'DKIM1') != 'DKIM1':
        return Checked(Grade.WRONG, name, (record,), paste, SenderFault.MALFORMED)
    if not tags['p']:
        return Checked(Grade.WRONG, name, (record,), paste, SenderFault.REVOKED)
    bits = _key_bits(tags.get('k', 'rsa'), tags['p'])
    if bits == 0:
        return Checked(Grade.WRONG, name, (record,), paste, SenderFault.NO_KEY)
    if bits < LEAST_KEY_BITS:
        return Checked(Grade.WRONG, name, (record,), paste, SenderFault.SHORT_KEY, str(bits))
    if 'y' in tags.get('t', '').split(':'):
        without = '; '.join(f'{tag}={value}' for tag, value in tags.items() if tag != 't')
        return Checked(Grade.WRONG, name, (record,), without, SenderFault.TESTING)
    weak = SenderFault.WEAK_KEY if bits < ENOUGH_KEY_BITS else None
    return Checked(Grade.RIGHT, name, (record,), fault=weak, about=str(bits))


def _key_bits(kind: str, key: str) -> int:
    """How long the key is, Ed25519 counted as the RSA it is as good as; 0 if it is none."""
    try:
        raw = base64.b64decode(key, validate=True)
        if kind == 'ed25519':
            return ENOUGH_KEY_BITS if len(raw) == 32 else 0
        loaded = load_der_public_key(raw)
    except (binascii.Error, ValueError):
        return 0
    return loaded.key_size if isinstance(loaded, RSAPublicKey) else 0


# ── DMARC ────────────────────────────────────────────────────────────────────


async def check_dmarc(resolver: Resolver, domain: str) -> Checked:
    """The policy for mail that says it is of this domain: its own, else that of the domain it is under."""
    labels = domain.split('.')
    for start in range(max(1, len(labels) - 1)):
        name = f'_dmarc.{".".join(labels[start:])}'
        answer = await resolver.first(name, 'TXT')
        if _is_silence(answer):
            return Checked(Grade.UNKNOWN, name, fault=SenderFault.NO_ANSWER)
        records = tuple(one for one in answer.values if one.lower().startswith('v=dmarc1'))
        if records:
            return _judged(name, domain, records)
    return Checked(Grade.MISSING, f'_dmarc.{domain}', paste=_dmarc(domain))


def _judged(name: str, domain: str, records: tuple[str, ...]) -> Checked:
    tags = _tags(records[0])
    policy = (tags or {}).get('p', '').lower()
    if len(records) > 1:
        return Checked(Grade.WRONG, name, records, records[0], SenderFault.SEVERAL)
    if not records[0].startswith('v=DMARC1') or tags is None or policy not in ('none', 'quarantine', 'reject'):
        return Checked(Grade.WRONG, name, records, _dmarc(domain), SenderFault.MALFORMED)
    return Checked(Grade.RIGHT, name, records, fault=SenderFault.ONLY_WATCHES if policy == 'none' else None)


def _dmarc(domain: str) -> str:
    return f'v=DMARC1; p=none; rua=mailto:postmaster@{domain}'


# ── Both ─────────────────────────────────────────────────────────────────────


def _tags(record: str) -> dict[str, str] | None:
    """`v=DKIM1; p=…` taken apart; None where a part is no tag, or a tag stands twice."""
    found: dict[str, str] = {}
    for part in filter(None, (one.strip() for one in record.split(';'))):
        tag, equals, value = part.partition('=')
        tag = tag.strip().lower()
        if not equals or tag in found or not re.fullmatch(r'[a-z][a-z0-9_]*', tag):
            return None
        found[tag] = re.sub(r'\s+', '', value) if tag == 'p' else value.strip()
    return found


def _is_silence(answer: Answer) -> bool:
    return answer.heard in (Heard.SILENT, Heard.REFUSED)
