"""Whether the SPF record of a sender's domain admits the firm's mail server (RFC 7208)."""

import asyncio
import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from domain.portal.sender_records import Checked, Grade, SenderFault, is_silence
from domain.resolver import Resolver

MOST_LOOKUPS = 10  # 4.6.4
PROVIDERS = {  # what their mail servers are called, the first that fits; and the SPF of whoever runs them
    '*.google.com': '_spf.google.com',
    '*.gmail.com': '_spf.google.com',
    '*.office365.com': 'spf.protection.outlook.com',
    '*.outlook.com': 'spf.protection.outlook.com',
    'email-smtp*.amazonaws.com': 'amazonses.com',
    '*.sendgrid.net': 'sendgrid.net',
    '*.mailgun.org': 'mailgun.org',
    '*.postmarkapp.com': 'spf.mtasv.net',
    '*.brevo.com': 'spf.brevo.com',
    '*.zoho.eu': 'zohomail.eu',
    '*.zoho.com': 'zohomail.com',
    '*.ionos.com': '_spf-us.ionos.com',
    '*.ionos.*': '_spf-eu.ionos.com',
}
LOOKED_UP = ('include', 'redirect', 'a', 'mx', 'ptr', 'exists')  # each counts
_TERM = re.compile(
    r'[+?~-]?(all|(a|mx|ptr)([:/]\S+)?|(include|exists):\S+|ip[46]:(?P<network>\S+))|[a-z][a-z0-9_.-]*=\S*',
    re.IGNORECASE | re.ASCII,
)
_PARTS = re.compile(r'[+?~-]?([a-z0-9_.-]+)[:=]?(.*)', re.ASCII)
_LENGTHS = re.compile(r'([^/]*)(?:/(\d+))?(?://(\d+))?', re.ASCII)


@dataclass
class _Walk:
    """What a record leads to."""

    lookups: int = 0
    names: set[str] = field(default_factory=set)
    networks: list[str] = field(default_factory=list)
    dead_ends: list[str] = field(default_factory=list)  # names that are included and have no record
    is_worked_out: bool = False  # for each mail by itself, so that nobody can say beforehand whom it admits


async def check_spf(resolver: Resolver, domain: str, server: str) -> Checked:
    """Whether `server`, a host name or an IP address, may send mail of this domain. Empty: no server is set."""
    answer = await resolver.first(domain, 'TXT')
    if is_silence(answer):
        return Checked(Grade.UNKNOWN, domain, fault=SenderFault.NO_ANSWER)
    records = tuple(sorted(one for one in answer.values if one.lower().split(' ')[0] == 'v=spf1'))
    mechanism = _mechanism_for(server)
    if not records:
        return Checked(Grade.MISSING, domain, paste=f'v=spf1 {mechanism or "mx"} ~all')
    terms = [term for record in records for term in record.split()[1:]]
    if len(records) > 1:
        return Checked(Grade.WRONG, domain, records, _spf(terms, mechanism), SenderFault.SEVERAL)
    if odd := next((term for term in terms if not _is_term(term)), ''):
        paste = _spf(list(filter(_is_term, terms)), mechanism)
        return Checked(Grade.WRONG, domain, records, paste, SenderFault.MALFORMED, odd)
    if fault := _fault_of_end(terms):
        return Checked(Grade.WRONG, domain, records, _spf(terms, mechanism), fault)
    walk = _Walk()
    await _follow(resolver, domain, terms, walk)
    return await _judged(resolver, server, mechanism, Checked(Grade.RIGHT, domain, records), walk)


async def _judged(resolver: Resolver, server: str, mechanism: str, right: Checked, walk: _Walk) -> Checked:
    """On one record that can be read, after all that it leads to has been asked for."""
    name, records = right.name, right.found
    terms = records[0].split()[1:]

    def wrong(fault: SenderFault, paste: str, about: str) -> Checked:
        return Checked(Grade.WRONG, name, records, paste, fault, about)

    if walk.lookups > MOST_LOOKUPS:
        return wrong(SenderFault.TOO_MANY_LOOKUPS, '', str(walk.lookups))
    if walk.dead_ends:
        kept = [term for term in terms if _parts(term)[1] not in walk.dead_ends]
        return wrong(SenderFault.DEAD_END, _spf(kept, mechanism) if kept != terms else '', walk.dead_ends[0])
    if mechanism and not await _is_covered(resolver, server, walk):
        if walk.is_worked_out:
            return Checked(Grade.UNKNOWN, name, records, fault=SenderFault.WORKED_OUT)
        return wrong(SenderFault.NOT_THIS_SERVER, _spf(terms, mechanism), server)
    return right


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
    return next((spf for name, spf in PROVIDERS.items() if fnmatchcase(server, name)), '')


def _is_term(term: str) -> bool:
    match = _TERM.fullmatch(term)
    return match is not None and (match['network'] is None or _network(match['network']) is not None)


def _parts(term: str) -> tuple[str, str]:
    """`+a:mail.example/24` as `a` and `mail.example/24`."""
    match = _PARTS.fullmatch(term.lower())
    return (match[1], match[2]) if match else ('', '')


def _is_end(term: str) -> bool:
    return _parts(term) == ('all', '')


def _fault_of_end(terms: list[str]) -> SenderFault | None:
    ends = [term.lower() for term in terms if _is_end(term)]
    if any(end in ('all', '+all') for end in ends):
        return SenderFault.ANYBODY
    if any('=' not in term for term in terms[_end(terms) + 1 :]):
        return SenderFault.AFTER_END
    is_closed = any(end in ('-all', '~all') for end in ends) or any(
        term.lower().startswith('redirect=') for term in terms
    )
    return None if is_closed else SenderFault.OPEN_END


def _spf(terms: list[str], mechanism: str) -> str:
    """One record of these, which admits the server too and closes."""
    others = [f'include:{term[9:]}' if term.lower().startswith('redirect=') else term for term in terms]
    kept = [term for term in others if not _is_end(term)]
    ends = [term for term in terms if term.lower() in ('-all', '~all')]
    whole = dict.fromkeys([*kept, *([mechanism] if mechanism else []), *(ends[:1] or ['~all'])])
    return ' '.join(['v=spf1', *whole])


async def _follow(resolver: Resolver, domain: str, terms: list[str], walk: _Walk) -> None:
    for term in _heeded(terms):
        kind, value = _parts(term)
        walk.lookups += kind in LOOKED_UP
        if walk.lookups > 2 * MOST_LOOKUPS or term.startswith(('-', '~', '?')):
            continue
        if '%' in value or kind in ('exists', 'ptr'):
            walk.is_worked_out = True
        elif kind in ('ip4', 'ip6'):
            walk.networks.append(value)
        elif kind in ('include', 'redirect') and value not in walk.names:
            walk.names.add(value)
            await _follow_into(resolver, value, walk)
        elif kind in ('a', 'mx'):
            walk.networks += await _networks_of(resolver, domain, kind, value)


def _heeded(terms: list[str]) -> list[str]:
    """What counts of them: nothing after `all`, which fits everybody, and no `redirect` beside it (5.1)."""
    end = _end(terms)
    return terms if end == len(terms) else [term for term in terms[:end] if _parts(term)[0] != 'redirect']


def _end(terms: list[str]) -> int:
    """Where `all` stands; behind them where it does not."""
    return next((at for at, term in enumerate(terms) if _is_end(term)), len(terms))


async def _follow_into(resolver: Resolver, name: str, walk: _Walk) -> None:
    answer = await resolver.first(name, 'TXT')
    inner = next((one for one in answer.values if one.lower().split(' ')[0] == 'v=spf1'), None)
    if inner is not None:
        await _follow(resolver, name, inner.split()[1:], walk)
    elif not is_silence(answer):
        walk.dead_ends.append(name)  # an error for whoever receives the mail (5.2)


async def _networks_of(resolver: Resolver, domain: str, kind: str, value: str) -> list[str]:
    """Of an `a` or `mx`: the addresses, each with how much of it counts where that is said."""
    match = _LENGTHS.fullmatch(value)
    if match is None:
        return []
    name, four, six = match[1] or domain, match[2], match[3]
    names = [name] if kind == 'a' else await _exchangers(resolver, name)
    found = await asyncio.gather(*map(resolver.addresses, names))
    lengths = {False: four, True: six}
    return [
        f'{address}/{length}' if (length := lengths[':' in address]) else address
        for addresses in found
        for address in addresses
    ]


async def _exchangers(resolver: Resolver, name: str) -> list[str]:
    answer = await resolver.first(name, 'MX')
    return [value.split(' ')[-1].rstrip('.') for value in answer.values][:MOST_LOOKUPS]


async def _is_covered(resolver: Resolver, server: str, walk: _Walk) -> bool:
    provider = _provider_of(server)
    if provider in walk.names:
        return True
    addresses = await resolver.addresses(server)
    if not addresses:
        return not provider  # nobody knows where it is, so nobody can say that it is left out
    return any(_is_in(address, text) for address in addresses for text in walk.networks)


def _is_in(address: str, text: str) -> bool:
    network = _network(text)
    return network is not None and ip_address(address) in network


def _network(text: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None
