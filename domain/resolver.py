"""Asking DNS: each server on its own, so that one sees which of them know of a record already.

Nothing here raises: a server that is silent, or refuses, is an answer too. No answer is kept.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address

import dns.asyncquery
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.resolver

PUBLIC = ('1.1.1.1', '8.8.8.8', '9.9.9.9')
PORT = 53
SECONDS = 3.0  # to wait for one answer
LONGEST_CHAIN = 8  # names that lead from one to the next before one of them has an address
MOST_SERVERS = 4  # of a zone's own that are asked


class Heard(StrEnum):
    """What became of a question."""

    ANSWER = 'answer'
    NOTHING = 'nothing'  # there is no such record, or no such name
    REFUSED = 'refused'  # the server would not, or could not, say
    SILENT = 'silent'  # it cannot be reached


@dataclass(frozen=True)
class Server:
    """A name server: an IP address and a port, and how a person knows it."""

    address: str
    port: int = PORT
    name: str = ''

    @property
    def label(self) -> str:
        """For people: its name, else its address, with the port where it is an odd one."""
        if self.name or self.port == PORT:
            return self.name or self.address
        return f'[{self.address}]:{self.port}' if ':' in self.address else f'{self.address}:{self.port}'


@dataclass(frozen=True)
class Answer:
    """What one server says. `values` are the records of the type asked for; `aliases` the names that led there."""

    heard: Heard
    values: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    own: tuple[str, ...] = ()  # those of `values` that stand at the very name asked for


@dataclass(frozen=True)
class Authority:
    """The zone a name is in, the names of its name servers, and those that can be asked."""

    zone: str = ''
    nameservers: tuple[str, ...] = ()
    servers: tuple[Server, ...] = ()


def parse_server(text: str) -> Server:
    """`127.0.0.1`, `127.0.0.1:5353`, `::1` or `[::1]:5353`. Raises ValueError."""
    host, port = text, str(PORT)
    if text.startswith('['):
        host, _, rest = text[1:].partition(']')
        port = rest.removeprefix(':') or port
    elif text.count(':') == 1:
        host, _, port = text.partition(':')
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ValueError('the port is a number up to 65535')
    return Server(str(ip_address(host)), int(port))


class Resolver:
    def __init__(self, servers: Sequence[str] = (), *, authority_port: int = PORT, seconds: float = SECONDS) -> None:
        """`servers` as in FOYER_DNS_RESOLVERS; none: a few public ones and the system's."""
        self.servers = tuple(map(parse_server, servers)) or _usual()
        self._authority_port, self._seconds = authority_port, seconds

    async def ask_all(self, name: str, kind: str) -> list[tuple[Server, Answer]]:
        """What each resolver says of this name."""
        answers = await asyncio.gather(*(self.ask(server, name, kind) for server in self.servers))
        return list(zip(self.servers, answers, strict=True))

    async def first(self, name: str, kind: str) -> Answer:
        """The first useful word of any resolver, in their order."""
        answers = [answer for _, answer in await self.ask_all(name, kind)]
        for heard in (Heard.ANSWER, Heard.NOTHING, Heard.REFUSED):
            for answer in answers:
                if answer.heard is heard:
                    return answer
        return Answer(Heard.SILENT)

    async def addresses(self, name: str) -> tuple[str, ...]:
        """The IPv4 and then the IPv6 addresses of a name, which may be an address itself."""
        with suppress(ValueError):
            return (str(ip_address(name)),)
        four, six = await asyncio.gather(self.first(name, 'A'), self.first(name, 'AAAA'))
        return four.values + six.values

    async def ask(self, server: Server, name: str, kind: str) -> Answer:
        """What this one says. It is asked over UDP, and over TCP where the answer is too long for that."""
        try:
            query = dns.message.make_query(name, kind, use_edns=0)
            async with asyncio.timeout(self._seconds):
                answer, _ = await dns.asyncquery.udp_with_fallback(
                    query, server.address, self._seconds, server.port, ignore_unexpected=True
                )
        except (dns.exception.DNSException, OSError, EOFError, TimeoutError, UnicodeError):
            return Answer(Heard.SILENT)
        if answer.rcode() == dns.rcode.NXDOMAIN:
            return Answer(Heard.NOTHING, aliases=_aliases(answer, name))
        if answer.rcode() != dns.rcode.NOERROR:
            return Answer(Heard.REFUSED)
        return _read(answer, name, kind)

    async def authority(self, name: str) -> Authority:
        """Who has the last word on a name: the name servers of the zone it is in, found from the name upwards."""
        labels = name.rstrip('.').split('.')
        for start in range(len(labels) - 1):
            zone = '.'.join(labels[start:])
            found = await self.first(zone, 'NS')
            if found.heard is Heard.SILENT:  # nobody knows more of the zones above, and each would be waited for
                break
            if found.own:
                names = tuple(sorted(found.own))
                lists = await asyncio.gather(*(self.addresses(one) for one in names[:MOST_SERVERS]))
                servers = [
                    Server(addresses[0], self._authority_port, one)
                    for one, addresses in zip(names, lists, strict=False)
                    if addresses
                ]
                return Authority(zone, names, tuple(servers))
        return Authority()

    async def ask_authority(self, authority: Authority, name: str, kind: str) -> tuple[Server, Answer] | None:
        """What the first of its servers says that says anything; None if none does."""
        answers = await asyncio.gather(*(self.ask(server, name, kind) for server in authority.servers))
        for server, answer in zip(authority.servers, answers, strict=True):
            if answer.heard in (Heard.ANSWER, Heard.NOTHING):
                return server, answer
        return None


def _usual() -> tuple[Server, ...]:
    system: list[Server] = []
    with suppress(dns.exception.DNSException, OSError, ValueError):
        own = [one for one in dns.resolver.Resolver().nameservers if isinstance(one, str)]
        system = [Server(one, PORT, f'{one} (this server’s own)') for one in own[:1] if one not in PUBLIC]
    return (*map(Server, PUBLIC), *system)


def _read(answer: dns.message.Message, name: str, kind: str) -> Answer:
    wanted = dns.rdatatype.from_text(kind)
    asked = dns.name.from_text(name)
    aliases = _aliases(answer, name)
    ends = {asked, *(dns.name.from_text(one) for one in aliases)}
    found = [one for one in answer.answer if one.rdtype == wanted and one.name in ends]
    values = tuple(_text(record) for rrset in found for record in rrset)
    own = tuple(_text(record) for rrset in found if rrset.name == asked for record in rrset)
    return Answer(Heard.ANSWER if values else Heard.NOTHING, values, aliases, own)


def _aliases(answer: dns.message.Message, name: str) -> tuple[str, ...]:
    """The names a CNAME leads to, one after the other."""
    leads = {
        rrset.name: rrset[0].target for rrset in answer.answer if rrset.rdtype == dns.rdatatype.CNAME and len(rrset)
    }
    here, found = dns.name.from_text(name), list[str]()
    while here in leads and len(found) < LONGEST_CHAIN:
        here = leads[here]
        found.append(_host(here))
    return tuple(found)


def _text(record: object) -> str:
    """A record as text; a name without the dot at its end, a TXT as one piece."""
    strings = getattr(record, 'strings', None)
    if strings is not None:
        return b''.join(strings).decode('utf-8', 'replace')
    target = getattr(record, 'target', None)
    if isinstance(target, dns.name.Name):
        return _host(target)
    return str(record)


def _host(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True).lower()
