"""The firm's own domain: asking for one, looking at it again, taking it away.

Whether it leads here is found out by domain/portal/domain_watch.py; until it is active, nothing changes for anybody.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.actors import StaffActor, SystemActor
from domain.audit import AuditKind, record
from domain.authorization import Permission, authorise
from domain.dependencies import Dependencies
from domain.errors import NoCustomDomain
from domain.events import CustomDomainChanged
from domain.portal.domain_findings import DomainState, Findings, from_json
from domain.portal.domain_in_use import learn_whereabouts
from domain.portal.host_names import host_of, normalise_host, readable_host
from domain.unit_of_work import deed, unit_of_work
from storage.models import CustomDomain

WORD_BYTES = 16


class RecordKind(StrEnum):
    """The one record that staff make."""

    A = 'A'
    CNAME = 'CNAME'


@dataclass(frozen=True)
class OwnDomain:
    """The domain as staff see it; `host` is readable Unicode, `ascii_host` what DNS knows. Empty: there is none."""

    host: str
    ascii_host: str
    record: RecordKind
    state: DomainState | None
    state_since: datetime | None
    findings: Findings | None
    looked_at: datetime | None
    next_look_at: datetime | None
    was_active: bool
    staff_at_base_only: bool

    @property
    def is_broken(self) -> bool:
        """Whether it worked once and does not now: links lead to the base URL meanwhile."""
        return self.was_active and self.state is not DomainState.ACTIVE


async def read_domain(deps: Dependencies, actor: StaffActor | SystemActor) -> OwnDomain:
    """Raises NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.CHANGE_SETTINGS)
    return _own_domain(await CustomDomain.get(id=1))


@deed
async def set_domain(deps: Dependencies, actor: StaffActor, typed: str, record_kind: RecordKind) -> OwnDomain:
    """Ask for this domain, or for the same one to be looked for anew.

    Raises HostInvalid, NotAllowed, SignedOut, SignInNotFresh: links to sign in with will lead there.
    """
    await authorise(deps, actor, Permission.CHANGE_SETTINGS)
    host = normalise_host(
        typed, host_of(deps.settings.public_url)
    )  # nobody is asked for a proof before a mistake is told
    await authorise(deps, actor, Permission.CHANGE_SETTINGS, fresh=True)
    async with unit_of_work(deps) as work:
        again = {'asked_at': work.now, 'next_look_at': work.now, 'looks': 0, 'held_until': None}
        row = await CustomDomain.get(id=1)
        if row.host == host:
            if row.state == DomainState.DNS_FAILED and not row.was_active:
                again |= {'state': DomainState.PENDING_DNS.value, 'state_since': work.now}
            await CustomDomain.filter(id=1).update(record=record_kind.value, **again)
        else:
            await CustomDomain.filter(id=1).update(
                host=host,
                record=record_kind.value,
                word=deps.randomness.secret(WORD_BYTES).hex(),
                state=DomainState.PENDING_DNS.value,
                state_since=work.now,
                findings=None,
                looked_at=None,
                faults=0,
                was_active=False,
                **again,
            )
            await record(work, AuditKind.DOMAIN_SET, actor, host=readable_host(host), before=readable_host(row.host))
        work.tell(CustomDomainChanged())
    await learn_whereabouts(deps)
    return _own_domain(await CustomDomain.get(id=1))


@deed
async def remove_domain(deps: Dependencies, actor: StaffActor) -> None:
    """The portal is at the base URL again, and nowhere else is looked. Raises NoCustomDomain, NotAllowed, SignedOut,
    SignInNotFresh."""
    await authorise(deps, actor, Permission.CHANGE_SETTINGS, fresh=True)
    async with unit_of_work(deps) as work:
        row = await CustomDomain.get(id=1)
        if not row.host:
            raise NoCustomDomain()
        await CustomDomain.filter(id=1).update(
            host='', record='', state='', word='', findings=None, asked_at=None, state_since=None, looked_at=None,
            next_look_at=None, looks=0, faults=0, was_active=False, held_until=None, staff_at_base_only=False,
        )  # fmt: skip
        await record(work, AuditKind.DOMAIN_REMOVED, actor, host=readable_host(row.host))
        work.tell(CustomDomainChanged())
    await learn_whereabouts(deps)


@deed
async def look_again(deps: Dependencies, actor: StaffActor) -> None:
    """Look at once, and without long pauses for a while. Raises NoCustomDomain, NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.CHANGE_SETTINGS)
    async with unit_of_work(deps) as work:
        again = {'next_look_at': work.now, 'looks': 0, 'held_until': None}
        if not await CustomDomain.filter(id=1).exclude(host='').update(**again):
            raise NoCustomDomain()
        work.tell(CustomDomainChanged())


@deed
async def keep_staff_at_base(deps: Dependencies, actor: StaffActor, only: bool) -> None:
    """Whether staff pages open at the base URL alone. Raises NotAllowed, SignedOut, SignInNotFresh."""
    await authorise(deps, actor, Permission.CHANGE_SETTINGS, fresh=True)
    async with unit_of_work(deps) as work:
        if await CustomDomain.filter(id=1, staff_at_base_only=not only).update(staff_at_base_only=only):
            await record(work, AuditKind.STAFF_HOST_CHANGED, actor, only=only)
            work.tell(CustomDomainChanged())
    await learn_whereabouts(deps)


async def own_word() -> str:
    """What this Foyer answers when it is asked who it is; empty without a domain."""
    return str((await CustomDomain.get(id=1)).word)


def _own_domain(row: CustomDomain) -> OwnDomain:
    return OwnDomain(
        host=readable_host(row.host) if row.host else '',
        ascii_host=row.host,
        record=RecordKind(row.record or RecordKind.CNAME),
        state=DomainState(row.state) if row.state else None,
        state_since=row.state_since,
        findings=from_json(row.findings),
        looked_at=row.looked_at,
        next_look_at=row.next_look_at,
        was_active=row.was_active,
        staff_at_base_only=row.staff_at_base_only,
    )
