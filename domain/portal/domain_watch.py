"""Whoever looks at the firm's own domain again and again, and what follows from what is seen.

A record is waited for with growing pauses, for two days. What was right is looked at again every few minutes. A domain
that was active is called broken at the second look in a row that says so; then links lead to the base URL and staff
are told, and once it is right again it is active again by itself.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.actors import Role, SystemActor
from domain.audit import AuditKind, record
from domain.authorization import ALLOWED, Permission
from domain.dependencies import Dependencies
from domain.events import CustomDomainChanged
from domain.mail import outbox
from domain.portal.domain_doctor import examine
from domain.portal.domain_findings import LEADS_HERE, DomainState, Findings, Verdict, as_json
from domain.portal.domain_in_use import learn_whereabouts
from domain.portal.domain_mail import domain_failed_mail
from domain.portal.host_names import readable_host
from domain.repeating import LONGEST_SLEEP
from domain.unit_of_work import Work, deed, unit_of_work
from storage.domain_claims import hold_domain, keep_findings
from storage.models import CustomDomain, StaffMember

LOOKED_FOR = timedelta(days=2)
FIRST_PAUSE, GROWTH, LONGEST_PAUSE = 5.0, 1.6, 1_800.0  # seconds, and how much longer each is than the one before
PAUSE_WHEN_ACTIVE = timedelta(minutes=10)
PAUSE_AFTER_A_FAULT = timedelta(seconds=15)
FAULTS_TO_BREAK = 2  # in a row
HTTPS_MAY_TAKE = timedelta(minutes=15)
HELD_FOR = timedelta(minutes=3)  # longer than a look can take
MOST_LOOKS_COUNTED = 1_000


async def keep_watching(deps: Dependencies) -> float:
    """Look at the domain if it is time; seconds until it may be again. For domain/repeating.py."""
    while (row := await hold_domain(deps.clock.now(), deps.clock.now() + HELD_FOR)) is not None:
        with_https = row.state in LEADS_HERE
        findings = await examine(deps, row.host, row.word, with_https=with_https)
        await _conclude(deps, row, findings)
    row = await CustomDomain.get(id=1)
    if row.next_look_at is None:
        return LONGEST_SLEEP
    again = max(row.next_look_at, row.held_until or row.next_look_at)  # another instance looks, or died while it did
    return float((again - deps.clock.now()).total_seconds())


@dataclass(frozen=True)
class Conclusion:
    """What follows from a look."""

    state: DomainState
    faults: int = 0


def conclude(row: CustomDomain, findings: Findings, now: datetime) -> Conclusion:
    """The state from now on."""
    state, records, https = DomainState(row.state), findings.records, findings.https
    if records.verdict is Verdict.UNKNOWN:
        if state is DomainState.PENDING_DNS and now - row.asked_at >= LOOKED_FOR:
            return Conclusion(DomainState.DNS_FAILED)
        return Conclusion(state, row.faults)  # nobody could be asked, which says nothing about the domain
    fault = None if records.leads_here else DomainState.DNS_FAILED
    if fault is None and https is not None and https.fault is not None:
        fault = DomainState.TLS_FAILED
    if state is DomainState.ACTIVE:
        faults = row.faults + 1 if fault else 0
        return Conclusion(fault, faults) if fault and faults >= FAULTS_TO_BREAK else Conclusion(state, faults)
    if fault is DomainState.DNS_FAILED:
        is_over = row.was_active or state is DomainState.DNS_FAILED or now - row.asked_at >= LOOKED_FOR
        return Conclusion(DomainState.DNS_FAILED if is_over else DomainState.PENDING_DNS)
    if https is None:
        return Conclusion(DomainState.VERIFIED)
    if fault is None:
        return Conclusion(DomainState.ACTIVE)
    waits = state is DomainState.VERIFIED and now - row.state_since < HTTPS_MAY_TAKE
    return Conclusion(DomainState.VERIFIED if waits else DomainState.TLS_FAILED)


def next_look(row: CustomDomain, conclusion: Conclusion, looks: int, now: datetime) -> datetime | None:
    """When to look again; None: not until staff ask for it."""
    if conclusion.state is DomainState.ACTIVE:
        return now + (PAUSE_AFTER_A_FAULT if conclusion.faults else PAUSE_WHEN_ACTIVE)
    if conclusion.state is DomainState.VERIFIED and row.state not in LEADS_HERE:
        return now  # it is known now that the name leads here: the certificate can be made
    if not row.was_active and now - row.asked_at >= LOOKED_FOR:
        return None
    return now + timedelta(seconds=min(FIRST_PAUSE * GROWTH ** min(looks, 20), LONGEST_PAUSE))


@deed
async def _conclude(deps: Dependencies, row: CustomDomain, findings: Findings) -> None:
    async with unit_of_work(deps) as work:
        conclusion = conclude(row, findings, work.now)
        is_new = conclusion.state != row.state
        looks = 0 if is_new else min(row.looks + 1, MOST_LOOKS_COUNTED)
        since = {'state_since': work.now} if is_new else {}
        kept = await keep_findings(
            row,
            state=conclusion.state.value,
            faults=conclusion.faults,
            looks=looks,
            findings=as_json(findings),
            looked_at=work.now,
            next_look_at=next_look(row, conclusion, looks, work.now),
            was_active=row.was_active or conclusion.state is DomainState.ACTIVE,
            **since,
        )
        if not kept:
            return
        if is_new:
            await _write_down(work, row, conclusion.state)
        work.tell(CustomDomainChanged())
    await learn_whereabouts(deps)


async def _write_down(work: Work, row: CustomDomain, state: DomainState) -> None:
    """For the record, and where a domain that worked has broken, for staff."""
    kind = {
        DomainState.VERIFIED: AuditKind.DOMAIN_VERIFIED,
        DomainState.ACTIVE: AuditKind.DOMAIN_ACTIVE,
        DomainState.DNS_FAILED: AuditKind.DOMAIN_FAILED,
        DomainState.TLS_FAILED: AuditKind.DOMAIN_FAILED,
    }.get(state)
    host = readable_host(row.host)
    if kind is not None:
        await record(work, kind, SystemActor(), host=host, state=state.value)
    if kind is AuditKind.DOMAIN_FAILED and row.state == DomainState.ACTIVE:
        members = await StaffMember.filter(disabled_at=None).exclude(password_hash=None).order_by('id')
        told = [one for one in members if Permission.CHANGE_SETTINGS in ALLOWED[Role(one.role)]]
        mails = [await domain_failed_mail(work.deps, one.name, one.email, host, state) for one in told]
        await outbox.enqueue_many(work, mails)
