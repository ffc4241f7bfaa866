"""What the doctor says of the firm's own domain, in sentences: where it stands, what was found, and the next step."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from domain.portal.custom_domain import OwnDomain, RecordKind
from domain.portal.domain_doctor import SOME_PROXY
from domain.portal.domain_findings import (
    DomainState,
    Findings,
    Https,
    HttpsFault,
    Records,
    Seen,
    Target,
    Verdict,
    readable_expiry,
)

Tone = Literal['ok', 'warn', 'bad', 'info', '']
SOON = 14  # days in which a certificate ends that nobody has renewed yet


@dataclass(frozen=True)
class Said:
    """One thing that was found. `text` is the next step where there is one; `until` is said after it."""

    tone: Tone
    title: str
    text: str = ''
    until: datetime | None = None


BADGES: dict[DomainState, tuple[str, str]] = {
    DomainState.PENDING_DNS: ('invited', 'Waiting for the record'),
    DomainState.VERIFIED: ('invited', 'Waiting for the certificate'),
    DomainState.ACTIVE: ('joined', 'Active'),
    DomainState.DNS_FAILED: ('revoked', 'Record not found'),
    DomainState.TLS_FAILED: ('revoked', 'No HTTPS'),
}
"""How a badge looks, and its word."""


def where_it_stands(domain: OwnDomain, base_url: str) -> Said:
    """The state, and what to do next."""
    host = domain.host
    if domain.state is DomainState.ACTIVE:
        return Said('ok', f'{host} is active.', 'Links in mail lead there. There is nothing to do.')
    if domain.is_broken:
        what = (
            'Its record no longer leads here. Mend it as shown below.'
            if domain.state is DomainState.DNS_FAILED
            else 'It does not answer over HTTPS as it should. See below.'
            if domain.state is DomainState.TLS_FAILED
            else 'It is on its way back.'
        )
        return Said('bad', f'{host} does not work any more.', f'{what} Until then links lead to {base_url}.')
    if domain.state is DomainState.VERIFIED:
        https = domain.findings.https if domain.findings else None
        if https and https.fault is HttpsFault.NOT_REACHED:
            wait = 'Nothing answers over HTTPS yet. If it stays so, whoever runs Foyer checks the proxy in front of it.'
            return Said('warn', f'{host} leads here.', wait)
        return Said(
            'info', f'{host} leads here.', 'Its certificate is being made. This takes a minute or two; nothing to do.'
        )
    if domain.state is DomainState.TLS_FAILED:
        return Said(
            'bad',
            f'{host} leads here, but does not answer over HTTPS.',
            'Whoever runs Foyer checks the proxy in front of it; see below. Links go on leading to ' + base_url + '.',
        )
    if domain.state is DomainState.DNS_FAILED:
        return Said(
            'bad',
            f'No right record for {host} was seen for two days.',
            'Check it at your registrar, then press “Update Domain”: it is looked for again for two days.',
        )
    return _waiting(host, domain.findings.records if domain.findings else Records(Verdict.MISSING))


def _waiting(host: str, records: Records) -> Said:
    while_it_spreads = 'Mostly it takes minutes, at times 48 hours. You need not stay.'
    if records.six_elsewhere or records.verdict in (Verdict.WRONG, Verdict.BOTH, Verdict.MIXED):
        mend = f'Mend it at your registrar as shown below. {while_it_spreads}'
        return Said('warn', f'What DNS says of {host} is not right yet.', mend)
    if records.verdict.is_right:
        spreads = f'Other name servers still have to hear of it: nothing to do. {while_it_spreads}'
        return Said('info', f'The record of {host} is there.', spreads)
    make = f'Make it at your registrar as shown below. {while_it_spreads}'
    return Said('info', f'Waiting for the record of {host}.', make)


def what_was_found(domain: OwnDomain, now: datetime) -> list[Said]:
    """One after the other, as a person would look into it."""
    findings = domain.findings
    if findings is None:
        return []
    return [*_of_dns(domain, findings), *_of_https(domain, findings, now)]


def _of_dns(domain: OwnDomain, findings: Findings) -> Iterator[Said]:
    records = findings.records
    if records.nameservers:
        yield Said('ok', f'Name servers of {records.zone}', ', '.join(records.nameservers))
    elif records.verdict is not Verdict.UNKNOWN and not records.verdict.is_right:
        yield Said('warn', 'No name servers found', 'Check the spelling of the domain, and that it is registered.')
    yield _of_record(domain, records, findings.target)
    if records.six_elsewhere:
        yield Said(
            'bad',
            'An AAAA record leads elsewhere',
            f'Remove the AAAA record {_listed(records.six_elsewhere)} of {domain.host}: browsers and certificate '
            'authorities prefer it to the right one.',
        )
    has_certificate = findings.https is not None and findings.https.fault is None
    if records.caa and not has_certificate:
        yield Said(
            'bad',
            'A CAA record refuses the certificate',
            f'At {records.caa_at} certificates may be made by {_listed(records.caa)} alone. Add there: '
            '0 issue "letsencrypt.org"',
        )
    if records.resolvers:
        yield _of_spreading(records)


def _of_record(domain: OwnDomain, records: Records, target: Target) -> Said:
    found = f'It leads to {_listed(records.found)}.' if records.found else ''
    wanted = wanted_record(domain, target)
    match records.verdict:
        case Verdict.RIGHT:
            return Said('ok', 'The record is right', found)
        case Verdict.PROXIED:
            who = 'A proxy' if records.proxy == SOME_PROXY else records.proxy
            return Said('ok', f'{who} stands in front, and leads on to this portal', found)
        case Verdict.MISSING:
            return Said('info', 'The record is not there yet', f'Make it: {wanted}.')
        case Verdict.BOTH:
            return Said(
                'bad', 'There is an A and a CNAME record', f'Keep one, remove the other. {found} What stays: {wanted}.'
            )
        case Verdict.MIXED:
            return Said(
                'bad', 'One record is right, another leads elsewhere', f'{found} Keep this one alone: {wanted}.'
            )
        case Verdict.UNKNOWN:
            return Said('warn', 'No name server answered', 'Nothing to do: it is asked again in a moment.')
    if records.proxy:
        return Said(
            'warn',
            f'{records.proxy} stands in front, but does not lead on to this portal',
            f'Give it this portal as its origin, or switch its proxy off for this record and make: {wanted}.',
        )
    return Said('bad', 'The record leads elsewhere', f'{found} Change it to: {wanted}.')


def _of_spreading(records: Records) -> Said:
    total, seen = len(records.resolvers), records.seen_at
    each = '; '.join(f'{one.server}: {_in_a_word(one)}' for one in records.resolvers)
    authority = f'{records.authority.server} (has the last word): {_in_a_word(records.authority)}; ' if (
        records.authority
    ) else ''  # fmt: skip
    tone: Tone = 'ok' if seen == total else 'info'
    return Said(tone, f'Seen at {seen} of {total} resolvers', authority + each)


def _in_a_word(seen: Seen) -> str:
    return {
        Verdict.RIGHT: 'right',
        Verdict.PROXIED: 'right, through a proxy',
        Verdict.MISSING: 'not yet',
        Verdict.WRONG: 'another one',
        Verdict.BOTH: 'both kinds',
        Verdict.MIXED: 'several',
        Verdict.UNKNOWN: 'no answer',
    }[seen.verdict]


def _of_https(domain: OwnDomain, findings: Findings, now: datetime) -> Iterator[Said]:
    https = findings.https
    if https is None:
        return
    if https.fault is None:
        yield Said('ok', 'It answers over HTTPS')
        yield _of_certificate(https, now)
        return
    title, text = _why_not(https.fault, domain.host, https.address)
    yield Said('warn' if domain.state is DomainState.VERIFIED else 'bad', title, text)
    if https.names:
        names = _listed(https.names)
        yield Said(
            'info', f'The certificate shown is for {names}', f'From {https.issuer}, until', readable_expiry(https)
        )


def _of_certificate(https: Https, now: datetime) -> Said:
    end = readable_expiry(https)
    ends_soon = end is not None and (end - now).days < SOON
    return Said('warn' if ends_soon else 'ok', f'The certificate is for {_listed(https.names)}',
                f'From {https.issuer}, until', end)  # fmt: skip


def _why_not(fault: HttpsFault, host: str, address: str) -> tuple[str, str]:
    at = f' at {address}' if address else ''
    return {
        HttpsFault.NOT_REACHED: (
            'Nothing answers over HTTPS',
            f'Is a proxy running{at}, and the port open in the firewall? Behind some routers a server cannot reach '
            'itself by its public address; docs/deploy.md says what to do then.',
        ),
        HttpsFault.NO_CERTIFICATE: (
            'It answers, but shows no certificate',
            f'The proxy{at} has none for {host}. With Caddy, check that its “ask” address leads to this Foyer.',
        ),
        HttpsFault.WRONG_NAME: (
            'The certificate is for another name',
            f'The proxy{at} needs one for {host}.',
        ),
        HttpsFault.EXPIRED: ('The certificate has expired', f'The proxy{at} has to renew it.'),
        HttpsFault.UNTRUSTED: (
            'The certificate is not one that browsers trust',
            f'The proxy{at} needs one of a public certificate authority.',
        ),
        HttpsFault.NOT_HERE: (
            'Something else answers there',
            f'The proxy{at} has to hand on {host} to this Foyer.',
        ),
    }[fault]


# ── The record to make ───────────────────────────────────────────────────────


def record_value(record: RecordKind, target: Target) -> str:
    """What the record holds; empty where it is not known."""
    return target.name if record is RecordKind.CNAME else next(iter(target.four), '')


def short_name(ascii_host: str, zone: str) -> str:
    """What registrars ask for: the name without the domain that is registered there, `@` for that domain itself."""
    if ascii_host == zone:
        return '@'
    return ascii_host.removesuffix(f'.{zone}') if zone and ascii_host.endswith(f'.{zone}') else ascii_host


def wanted_record(domain: OwnDomain, target: Target) -> str:
    """`CNAME portal → base.example`."""
    record = record_of(domain, target)
    zone = domain.findings.records.zone if domain.findings else ''
    return f'{record.value} {short_name(domain.ascii_host, zone)} → {record_value(record, target)}'


def record_of(domain: OwnDomain, target: Target) -> RecordKind:
    """The kind of record that can be made: the one that was chosen, where there is a choice."""
    zone = domain.findings.records.zone if domain.findings else ''
    possible = kinds_possible(target, is_apex=bool(zone) and zone == domain.ascii_host)
    return domain.record if domain.record in possible or not possible else possible[0]


def kinds_possible(target: Target, *, is_apex: bool = False) -> list[RecordKind]:
    """A CNAME needs a name to lead to, and cannot stand where the zone itself begins."""
    kinds = [RecordKind.CNAME] if target.name and not is_apex else []
    return kinds + ([RecordKind.A] if target.four else [])


def _listed(texts: tuple[str, ...]) -> str:
    return ', '.join(texts)
