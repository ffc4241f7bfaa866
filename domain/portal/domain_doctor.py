"""Looking at the firm's own domain from outside: what DNS says, server by server, and what answers over HTTPS.

No transaction is open meanwhile, and nothing is written.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from ipaddress import ip_address

from domain.dependencies import Dependencies
from domain.portal.domain_findings import Findings, Records, Seen, Target, Verdict
from domain.portal.domain_probe import There, look_at_https, who_is_at
from domain.portal.host_names import host_of
from domain.resolver import Answer, Authority, Heard, Resolver, Server
from domain.settings import LOOPBACK_NAMES

CERTIFIERS = ('letsencrypt.org', 'zerossl.com', 'sectigo.com')  # whom Caddy asks, as CAA records name them
SOME_PROXY = 'a proxy'
LOOPBACK = '127.0.0.1'
MOST_ADDRESSES = 4  # of a name that are knocked at; a look has to end while it is held (domain/portal/domain_watch.py)


def known_target(deps: Dependencies) -> Target:
    """Where a record has to lead, as far as it is known without asking anybody."""
    host = host_of(deps.settings.public_url)
    if host in LOOPBACK_NAMES:
        return Target(addresses=(LOOPBACK,))
    try:
        return Target(addresses=(str(ip_address(host)),))
    except ValueError:
        return Target(host)


async def find_target(deps: Dependencies) -> Target:
    """Where a record has to lead: to where the base URL leads."""
    known = known_target(deps)
    return replace(known, addresses=await deps.resolver.addresses(known.name)) if known.name else known


async def examine(deps: Dependencies, host: str, word: str, *, with_https: bool) -> Findings:
    """All there is to find out. `word` is what this Foyer answers when it is asked who it is."""
    target = await find_target(deps)
    records, addresses = await _examine_records(deps, host, word, target)
    if not (with_https and records.leads_here):
        return Findings(records, target)
    return Findings(records, target, await look_at_https(host, addresses, word, deps.settings.https_port))


async def _examine_records(deps: Dependencies, host: str, word: str, target: Target) -> tuple[Records, tuple[str, ...]]:
    """What DNS says, and the addresses it leads to."""
    resolver = deps.resolver
    authority = await resolver.authority(host)
    first_hand, heard, six, (caa_at, caa) = await asyncio.gather(
        _of_authority(resolver, authority, host),
        _of_resolvers(resolver, host),
        resolver.first(host, 'AAAA'),
        _certifiers(resolver, host),
    )
    seen = [_judge(server, four, alias, target) for server, four, alias in heard]
    own_word = _judge(*first_hand, target) if first_hand else None
    told = own_word if own_word and own_word.verdict is not Verdict.UNKNOWN else _most_said(seen)
    answers = [first_hand[1]] if first_hand and first_hand[1].values else [four for _, four, _ in heard]
    addresses = next((one.values[:MOST_ADDRESSES] for one in answers if one.values), ())
    records = Records(
        verdict=told.verdict if told else Verdict.UNKNOWN,
        zone=authority.zone,
        nameservers=authority.nameservers,
        authority=own_word,
        resolvers=tuple(seen),
        found=told.values if told else (),
        six_elsewhere=tuple(one for one in six.values if one not in target.addresses)[:MOST_ADDRESSES],
        caa=caa,
        caa_at=caa_at,
    )
    addresses = addresses or six.values[:MOST_ADDRESSES]

    async def who(address: str) -> There:
        if not _may_be_asked(address, target):
            return There()
        ports = {'http_port': deps.settings.http_port, 'https_port': deps.settings.https_port}
        return await who_is_at(host, address, word, **ports)

    return await _seen_through(records, addresses, who), addresses


async def _seen_through(
    records: Records, addresses: tuple[str, ...], who: Callable[[str], Awaitable[There]]
) -> Records:
    """The same; where a record leads elsewhere it is tried whether a proxy there leads on to us."""
    if records.verdict is Verdict.WRONG and addresses:
        there = await who(addresses[0])
        if not there.is_us:
            return replace(records, proxy=there.proxy)
        through = {Verdict.WRONG: Verdict.PROXIED}
        return replace(
            records,
            verdict=Verdict.PROXIED,
            authority=_replaced(records.authority, through) if records.authority else None,
            resolvers=tuple(_replaced(one, through) for one in records.resolvers),
            six_elsewhere=(),
            caa=(),
            proxy=there.proxy or SOME_PROXY,
        )
    if records.verdict.is_right:
        found = await asyncio.gather(*map(who, records.six_elsewhere))
        elsewhere = [one for one, there in zip(records.six_elsewhere, found, strict=True) if not there.is_us]
        return replace(records, six_elsewhere=tuple(elsewhere))
    return records


def _may_be_asked(address: str, target: Target) -> bool:
    """Whether to knock there. A portal on the internet has no proxy within the house, and no name that somebody enters
    shall have Foyer look around in there."""
    return ip_address(address).is_global or any(not ip_address(one).is_global for one in target.addresses)


def _replaced(seen: Seen, verdicts: dict[Verdict, Verdict]) -> Seen:
    return replace(seen, verdict=verdicts.get(seen.verdict, seen.verdict))


Heardof = tuple[Server, Answer, Answer]


async def _of_authority(resolver: Resolver, authority: Authority, host: str) -> Heardof | None:
    four, alias = await asyncio.gather(
        resolver.ask_authority(authority, host, 'A'), resolver.ask_authority(authority, host, 'CNAME')
    )
    if four is None or alias is None:
        return None
    if four[1].aliases and not four[1].values:  # it leads out of this zone: others know where to
        beyond = await resolver.first(four[1].aliases[-1], 'A')
        four = four[0], replace(four[1], values=beyond.values, aliases=four[1].aliases + beyond.aliases)
    return four[0], four[1], alias[1]


async def _of_resolvers(resolver: Resolver, host: str) -> list[Heardof]:
    four, alias = await asyncio.gather(resolver.ask_all(host, 'A'), resolver.ask_all(host, 'CNAME'))
    return [(server, one, other) for (server, one), (_, other) in zip(four, alias, strict=True)]


def _judge(server: Server, four: Answer, alias: Answer, target: Target) -> Seen:
    """On what one server says."""
    useful = (Heard.ANSWER, Heard.NOTHING)
    names = tuple(dict.fromkeys(alias.values + four.aliases))
    if four.heard not in useful and not names:
        return Seen(server.label, Verdict.UNKNOWN)
    if alias.values and four.own:
        return Seen(server.label, Verdict.BOTH, alias.values + four.own)
    if names:
        follows = (target.name and target.name in names) or (four.values and set(four.values) <= set(target.addresses))
        return Seen(server.label, Verdict.RIGHT if follows else Verdict.WRONG, names[:1] + four.values)
    if not four.values:
        return Seen(server.label, Verdict.MISSING)
    ours = [one for one in four.values if one in target.addresses]
    verdict = Verdict.WRONG if not ours else Verdict.RIGHT if len(ours) == len(four.values) else Verdict.MIXED
    return Seen(server.label, verdict, four.values)


def _most_said(seen: Sequence[Seen]) -> Seen | None:
    """What most resolvers say, of those that say anything."""
    answering = [one for one in seen if one.verdict is not Verdict.UNKNOWN]
    verdicts = [one.verdict for one in answering]
    return max(answering, key=lambda one: verdicts.count(one.verdict), default=None)


async def _certifiers(resolver: Resolver, host: str) -> tuple[str, tuple[str, ...]]:
    """Where a CAA record stands in the way, and whom it admits instead (RFC 8659: the first set found upwards counts).

    Nothing where there is none, or where it admits one that the proxy asks.
    """
    labels = host.split('.')
    names = ['.'.join(labels[start:]) for start in range(len(labels) - 1)]
    answers = await asyncio.gather(*(resolver.first(name, 'CAA') for name in names))
    for name, answer in zip(names, answers, strict=True):
        if answer.values:
            admitted = [one.split(' ', 2)[2].strip('"').partition(';')[0].strip() for one in answer.values
                        if one.split(' ', 2)[1].lower() == 'issue']  # fmt: skip
            if admitted and not set(admitted) & set(CERTIFIERS):
                return name, tuple(one or 'nobody' for one in admitted)
            return '', ()
    return '', ()
