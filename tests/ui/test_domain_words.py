"""What the domain page says: every state and every finding has a sentence, and each says what to do."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.portal.custom_domain import OwnDomain, RecordKind
from domain.portal.domain_findings import (
    DomainState,
    Findings,
    Https,
    HttpsFault,
    Records,
    Seen,
    Target,
    Verdict,
)
from ui.staff.domain_words import (
    BADGES,
    SOON,
    kinds_possible,
    record_of,
    record_value,
    short_name,
    wanted_record,
    what_was_found,
    where_it_stands,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BASE = 'https://base.example'
TARGET = Target('base.example', ('192.0.2.1', '2001:db8::1'))


def a_domain(
    state: DomainState = DomainState.PENDING_DNS,
    *,
    host: str = 'portal.firm.test',
    record: RecordKind = RecordKind.CNAME,
    was_active: bool = False,
    findings: Findings | None = None,
) -> OwnDomain:
    return OwnDomain(host, host, record, state, NOW, findings, NOW, NOW, was_active, False)


def found(records: Records, https: Https | None = None, state: DomainState = DomainState.PENDING_DNS) -> str:
    said = what_was_found(a_domain(state, findings=Findings(records, TARGET, https)), NOW)
    assert all(one.title and not one.title.endswith('.') for one in said)
    return '\n'.join(f'{one.tone}: {one.title}: {one.text}' for one in said)


@pytest.mark.parametrize('state', DomainState)
@pytest.mark.parametrize('was_active', [False, True])
def test_every_state_is_said_with_the_next_step(state: DomainState, was_active: bool) -> None:
    said = where_it_stands(a_domain(state, was_active=was_active), BASE)
    assert 'portal.firm.test' in said.title and said.text.endswith('.')
    assert state in BADGES
    broken = was_active and state is not DomainState.ACTIVE
    assert ('does not work any more' in said.title) is broken
    assert not broken or BASE in said.text


@pytest.mark.parametrize(
    ('fault', 'words'),
    [(None, 'nothing to do'), (HttpsFault.NO_CERTIFICATE, 'nothing to do'), (HttpsFault.NOT_REACHED, 'the proxy')],
)
def test_who_waits_for_a_certificate_is_told_where_nothing_answers(fault: HttpsFault | None, words: str) -> None:
    findings = Findings(Records(Verdict.RIGHT), TARGET, https=Https(fault) if fault else None)
    assert words in where_it_stands(a_domain(DomainState.VERIFIED, findings=findings), BASE).text


@pytest.mark.parametrize(
    ('records', 'words'),
    [
        (None, 'Make it'),
        (Records(Verdict.UNKNOWN), 'Make it'),
        (Records(Verdict.MISSING), 'Make it'),
        (Records(Verdict.WRONG), 'Mend it'),
        (Records(Verdict.BOTH), 'Mend it'),
        (Records(Verdict.RIGHT, six_elsewhere=('2001:db8::2',)), 'Mend it'),
        (Records(Verdict.RIGHT), 'nothing to do'),
    ],
)
def test_what_is_to_be_done_meanwhile_fits_what_was_found(records: Records | None, words: str) -> None:
    findings = Findings(records, TARGET) if records else None
    assert words in where_it_stands(a_domain(findings=findings), BASE).text


@pytest.mark.parametrize('verdict', Verdict)
def test_every_verdict_on_the_record_is_said(verdict: Verdict) -> None:
    text = found(Records(verdict, zone='firm.test', nameservers=('ns1.firm.test',), found=('198.51.100.1',)))
    needs_mending = verdict in (Verdict.MISSING, Verdict.WRONG, Verdict.BOTH, Verdict.MIXED)
    assert ('CNAME portal → base.example' in text) is needs_mending


def test_a_proxy_in_front_reads_otherwise_than_a_wrong_record() -> None:
    wrong = found(Records(Verdict.WRONG, found=('104.16.1.1',)))
    elsewhere = found(Records(Verdict.WRONG, found=('104.16.1.1',), proxy='Cloudflare'))
    here = found(Records(Verdict.PROXIED, found=('104.16.1.1',), proxy='Cloudflare'))
    assert 'bad: The record leads elsewhere' in wrong
    assert 'warn: Cloudflare stands in front, but does not lead on to this portal' in elsewhere
    assert 'ok: Cloudflare stands in front, and leads on to this portal' in here


def test_how_far_it_has_spread_is_counted() -> None:
    seen = (Seen('1.1.1.1', Verdict.RIGHT), Seen('8.8.8.8', Verdict.MISSING), Seen('9.9.9.9', Verdict.RIGHT))
    text = found(Records(Verdict.RIGHT, authority=Seen('ns1.firm.test', Verdict.RIGHT), resolvers=seen))
    assert 'Seen at 2 of 3 resolvers' in text
    assert 'ns1.firm.test (has the last word): right; 1.1.1.1: right; 8.8.8.8: not yet; 9.9.9.9: right' in text


@pytest.mark.parametrize('fault', HttpsFault)
def test_every_fault_of_https_is_said(fault: HttpsFault) -> None:
    https = Https(fault, ('other.test',), 'Some CA', NOW.isoformat(), '192.0.2.1')
    text = found(Records(Verdict.RIGHT), https, DomainState.TLS_FAILED)
    assert '\nbad: ' in f'\n{text}' and '192.0.2.1' in text and 'other.test' in text
    assert 'bad: ' not in found(Records(Verdict.RIGHT), https, DomainState.VERIFIED), 'it is on its way'


def test_a_refusal_to_make_certificates_is_said_while_there_is_none() -> None:
    records = Records(Verdict.RIGHT, caa=('ca.example',), caa_at='firm.test')
    refuses = 'bad: A CAA record refuses the certificate: At firm.test certificates may be made by ca.example alone.'
    assert refuses in found(records)
    assert refuses in found(records, Https(HttpsFault.NO_CERTIFICATE), DomainState.VERIFIED)
    assert refuses not in found(records, Https(None, ('portal.firm.test',), 'ca.example'), DomainState.ACTIVE)


@pytest.mark.parametrize(('days', 'tone'), [(SOON - 1, 'warn'), (SOON + 1, 'ok')])
def test_a_certificate_that_ends_soon_is_warned_of(days: int, tone: str) -> None:
    https = Https(None, ('portal.firm.test',), 'Some CA', (NOW + timedelta(days=days)).isoformat())
    assert f'{tone}: The certificate is for portal.firm.test' in found(
        Records(Verdict.RIGHT), https, DomainState.ACTIVE
    )


def test_one_record_is_to_be_made_never_both() -> None:
    assert kinds_possible(TARGET) == [RecordKind.CNAME, RecordKind.A]
    assert kinds_possible(TARGET, is_apex=True) == [RecordKind.A]
    assert kinds_possible(Target(addresses=('192.0.2.1',))) == [RecordKind.A]
    assert wanted_record(a_domain(), TARGET) == 'CNAME portal.firm.test → base.example'
    assert wanted_record(a_domain(record=RecordKind.A), TARGET) == 'A portal.firm.test → 192.0.2.1'
    apex = a_domain(host='firm.test', findings=Findings(Records(Verdict.MISSING, zone='firm.test'), TARGET))
    assert record_of(apex, TARGET) is RecordKind.A, 'a CNAME cannot stand where the zone begins'
    assert record_value(RecordKind.A, Target('base.example')) == ''


@pytest.mark.parametrize(
    ('host', 'zone', 'name'),
    [
        ('portal.firm.test', 'firm.test', 'portal'),
        ('a.b.firm.test', 'firm.test', 'a.b'),
        ('firm.test', 'firm.test', '@'),
        ('portal.firm.test', '', 'portal.firm.test'),
        ('portal.otherfirm.test', 'firm.test', 'portal.otherfirm.test'),
    ],
)
def test_the_name_is_the_one_registrars_ask_for(host: str, zone: str, name: str) -> None:
    assert short_name(host, zone) == name
