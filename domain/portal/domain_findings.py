"""What was found out about the firm's own domain, as data: kept with it, and worded by the page."""

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class DomainState(StrEnum):
    """How far the domain has come."""

    PENDING_DNS = 'pending_dns'  # the record is being waited for
    VERIFIED = 'verified'  # it leads here; the certificate is next
    ACTIVE = 'active'  # it answers over HTTPS: links lead there
    DNS_FAILED = 'dns_failed'  # no record for two days, or one that was there leads here no more
    TLS_FAILED = 'tls_failed'  # it leads here, but does not answer over HTTPS as it should


LEADS_HERE = frozenset({DomainState.VERIFIED, DomainState.ACTIVE, DomainState.TLS_FAILED})


class Verdict(StrEnum):
    """On the record, as one server has it or all in all."""

    RIGHT = 'right'
    PROXIED = 'proxied'  # it leads to a proxy, and through that here
    MISSING = 'missing'
    WRONG = 'wrong'
    BOTH = 'both'  # an A and a CNAME record at the same name
    MIXED = 'mixed'  # this server's address and another one's
    UNKNOWN = 'unknown'  # nobody could be asked

    @property
    def is_right(self) -> bool:
        """Whether visitors get here."""
        return self in (Verdict.RIGHT, Verdict.PROXIED)


class HttpsFault(StrEnum):
    """Why the domain does not answer over HTTPS as it should."""

    NOT_REACHED = 'not_reached'
    NO_CERTIFICATE = 'no_certificate'  # something answers, but shows no certificate for this name
    WRONG_NAME = 'wrong_name'
    EXPIRED = 'expired'
    UNTRUSTED = 'untrusted'
    NOT_HERE = 'not_here'  # the certificate is good, but it is not this Foyer that answers


@dataclass(frozen=True)
class Target:
    """Where a record has to lead. `name` is empty where only an address will do; `addresses` are IPv4, then IPv6."""

    name: str = ''
    addresses: tuple[str, ...] = ()

    @property
    def four(self) -> tuple[str, ...]:
        """For A records."""
        return tuple(one for one in self.addresses if ':' not in one)


@dataclass(frozen=True)
class Seen:
    """What one server says. `values` are names and addresses it leads to."""

    server: str
    verdict: Verdict
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Records:
    """What DNS says."""

    verdict: Verdict
    zone: str = ''
    nameservers: tuple[str, ...] = ()
    authority: Seen | None = None
    resolvers: tuple[Seen, ...] = ()
    found: tuple[str, ...] = ()
    six_elsewhere: tuple[str, ...] = ()
    caa: tuple[str, ...] = ()  # who may make certificates, where it is not one that the proxy asks
    caa_at: str = ''
    proxy: str = ''  # the name of the proxy in front; 'a proxy' where it is not known

    @property
    def seen_at(self) -> int:
        """How many of the resolvers have the right record."""
        return sum(one.verdict.is_right for one in self.resolvers)

    @property
    def leads_here(self) -> bool:
        """Whether visitors get here, by the word of the authority and of half of the resolvers that answer."""
        answering = [one for one in self.resolvers if one.verdict is not Verdict.UNKNOWN]
        enough = 2 * self.seen_at >= len(answering)
        return self.verdict.is_right and enough and not self.six_elsewhere


@dataclass(frozen=True)
class Https:
    """What answers over HTTPS. The certificate's `names` and `expires_at` (ISO 8601, UTC) as far as it was shown."""

    fault: HttpsFault | None
    names: tuple[str, ...] = ()
    issuer: str = ''
    expires_at: str = ''
    address: str = ''


@dataclass(frozen=True)
class Findings:
    """All of it; `https` is looked at once the record is right."""

    records: Records
    target: Target
    https: Https | None = None


def as_json(findings: Findings) -> dict[str, Any]:
    """For the database."""
    return asdict(findings)


def from_json(kept: dict[str, Any] | None) -> Findings | None:
    """The findings again; None for what an older version kept and nobody can read any more."""
    if not kept:
        return None
    try:
        records, https = dict(kept['records']), kept['https']
        authority = records.pop('authority')
        resolvers = records.pop('resolvers')
        records['verdict'] = Verdict(records['verdict'])
        return Findings(
            Records(
                authority=_seen(authority) if authority else None,
                resolvers=tuple(map(_seen, resolvers)),
                **_with_tuples(records),
            ),
            Target(**_with_tuples(kept['target'])),
            Https(**_with_tuples({**https, 'fault': HttpsFault(https['fault']) if https['fault'] else None}))
            if https
            else None,
        )
    except (KeyError, TypeError, ValueError):
        return None


def readable_expiry(https: Https) -> datetime | None:
    """When the certificate ends, UTC."""
    return datetime.fromisoformat(https.expires_at) if https.expires_at else None


def _seen(kept: dict[str, Any]) -> Seen:
    return Seen(kept['server'], Verdict(kept['verdict']), tuple(kept['values']))


def _with_tuples(values: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
