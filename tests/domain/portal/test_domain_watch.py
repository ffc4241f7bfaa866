"""The firm's own domain, from the first look to its end, against real servers on loopback ports."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from domain.access.magic_links import make_magic_link
from domain.actors import Role, StaffActor, SystemActor
from domain.audit import AuditKind
from domain.dependencies import Dependencies
from domain.errors import HostInvalid, NoCustomDomain, NotAllowed, SignInNotFresh
from domain.events import CustomDomainChanged, MissedSome, PortalMoved
from domain.neighbours import KINDS
from domain.portal.custom_domain import (
    RecordKind,
    keep_staff_at_base,
    look_again,
    read_domain,
    remove_domain,
    set_domain,
)
from domain.portal.domain_findings import DomainState, HttpsFault, Verdict
from domain.portal.domain_in_use import keep_learning, learn_whereabouts
from domain.portal.domain_watch import HELD_FOR, LOOKED_FOR, keep_watching
from domain.whereabouts import Whereabouts
from storage.domain_claims import hold_domain
from storage.models import AuditEvent, OutboxMail
from tests.domain.portal.domains import HERE, HOST, Away, away
from tests.factories import given_contact, given_owner, given_staff
from tests.support.clock import FixedClock


@pytest.fixture
def out(deps: Dependencies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Away]:
    with away(deps, tmp_path, monkeypatch) as made:
        yield made


@pytest.fixture
async def owner(deps: Dependencies) -> StaffActor:
    return await given_owner(deps)


async def domain_kinds() -> list[str]:
    rows = await AuditEvent.filter(kind__startswith='portal:domain').order_by('id')
    return [row.kind for row in rows]


async def test_from_nothing_to_active(out: Away, owner: StaffActor) -> None:
    assert out.deps.portal_url == 'http://127.0.0.1:8080'
    domain = await set_domain(out.deps, owner, ' https://PORTAL.firm.test/ ', RecordKind.A)
    assert (domain.host, domain.state) == (HOST, DomainState.PENDING_DNS)

    domain = await out.look()
    assert domain.state is DomainState.PENDING_DNS
    assert domain.findings and domain.findings.records.verdict is Verdict.MISSING
    assert domain.findings.records.nameservers == ('ns1.firm.test',)
    assert not out.deps.whereabouts.leads_here and out.deps.portal_url == 'http://127.0.0.1:8080'

    out.publish(HERE, seen_at=1)
    domain = await out.look(timedelta(seconds=10))
    assert domain.state is DomainState.PENDING_DNS
    assert domain.findings and domain.findings.records.seen_at == 1
    assert domain.findings.records.authority and domain.findings.records.authority.verdict is Verdict.RIGHT

    out.publish(HERE, seen_at=2)
    domain = await out.look(timedelta(seconds=30))
    assert domain.state is DomainState.ACTIVE
    assert domain.findings and domain.findings.https
    assert domain.findings.https.names == (HOST,)
    assert domain.findings.https.issuer == 'Test Authority'
    assert out.deps.whereabouts == Whereabouts(HOST, leads_here=True, is_active=True)
    assert out.deps.portal_url == f'https://{HOST}:{out.web.port}'
    assert await domain_kinds() == [AuditKind.DOMAIN_SET, AuditKind.DOMAIN_VERIFIED, AuditKind.DOMAIN_ACTIVE]


async def test_only_an_active_domain_changes_links(out: Away, owner: StaffActor) -> None:
    """R12: links are built from the base URL or a host that was verified."""
    contact = await given_contact(out.deps, 'Clara Weiss', 'clara@weiss.example', access=True)
    out.publish(HERE)
    await set_domain(out.deps, owner, HOST, RecordKind.A)
    assert (await make_magic_link(out.deps, owner, contact.id)).url.startswith('http://127.0.0.1:8080/')
    await out.look()
    assert (await make_magic_link(out.deps, owner, contact.id)).url.startswith(f'https://{HOST}:')


async def test_a_broken_domain_is_told_of_and_links_fall_back(out: Away, owner: StaffActor) -> None:
    await given_staff(out.deps, Role.STAFF)
    await out.make_active(owner)
    out.publish({HOST: {'A': ['192.0.2.1']}})
    domain = await out.look(timedelta(minutes=11))
    assert domain.state is DomainState.ACTIVE, 'one look is not enough: it may have been a hiccup'
    domain = await out.look(timedelta(seconds=20))
    assert domain.state is DomainState.DNS_FAILED and domain.is_broken
    assert out.deps.portal_url == 'http://127.0.0.1:8080'
    assert out.deps.whereabouts.is_broken
    mails = await OutboxMail.filter(kind='notice')
    assert [mail.to_address for mail in mails] == [owner.email]
    assert await domain_kinds() == [
        AuditKind.DOMAIN_SET, AuditKind.DOMAIN_VERIFIED, AuditKind.DOMAIN_ACTIVE, AuditKind.DOMAIN_FAILED
    ]  # fmt: skip

    out.publish(HERE)
    domain = await out.look(timedelta(minutes=40))
    assert domain.state is DomainState.ACTIVE
    assert out.deps.portal_url == f'https://{HOST}:{out.web.port}'
    assert not out.deps.whereabouts.is_broken


async def test_a_server_that_answers_no_more_breaks_it_too(out: Away, owner: StaffActor) -> None:
    await out.make_active(owner)
    out.web.word = 'somebody else'
    await out.look(timedelta(minutes=11))
    domain = await out.look(timedelta(minutes=1))
    assert domain.state is DomainState.TLS_FAILED
    assert domain.findings and domain.findings.https and domain.findings.https.fault is HttpsFault.NOT_HERE
    assert out.deps.portal_url == 'http://127.0.0.1:8080'
    assert out.deps.whereabouts.leads_here, 'its certificate may be made anew'


async def test_name_servers_that_are_silent_say_nothing_about_the_domain(out: Away, owner: StaffActor) -> None:
    await out.make_active(owner)
    for server in (out.zone, *out.resolvers):
        server.silent = True
    for _ in range(3):
        domain = await out.look(timedelta(minutes=11))
    assert domain.state is DomainState.ACTIVE
    assert domain.findings and domain.findings.records.verdict is Verdict.UNKNOWN


async def test_a_certificate_may_take_a_while(out: Away, owner: StaffActor) -> None:
    out.publish(HERE)
    out.web.word = 'somebody else'
    await set_domain(out.deps, owner, HOST, RecordKind.A)
    domain = await out.look()
    assert domain.state is DomainState.VERIFIED and out.deps.whereabouts.leads_here
    domain = await out.look(timedelta(minutes=16))
    assert domain.state is DomainState.TLS_FAILED
    out.web.word = ''
    domain = await out.look(timedelta(minutes=31))
    assert domain.state is DomainState.ACTIVE


async def test_it_is_looked_for_two_days_with_growing_pauses(out: Away, owner: StaffActor, clock: FixedClock) -> None:
    await set_domain(out.deps, owner, HOST, RecordKind.A)
    begun, pauses = out.deps.clock.now(), list[float]()
    while (domain := await out.look()).next_look_at is not None:
        pause = (domain.next_look_at - out.deps.clock.now()).total_seconds()
        pauses.append(pause)
        assert pause > 0 and len(pauses) < 150
        clock.advance(timedelta(seconds=pause))
    assert domain.state is DomainState.DNS_FAILED
    assert out.deps.clock.now() - begun >= LOOKED_FOR
    assert pauses == sorted(pauses) and pauses[0] < 10 and pauses[-1] == 1_800
    assert not await OutboxMail.filter(kind='notice').exists(), 'it never worked, so nothing broke'

    domain = await set_domain(out.deps, await given_owner(out.deps), HOST, RecordKind.A)
    assert domain.state is DomainState.PENDING_DNS
    out.publish(HERE)
    assert (await out.look()).state is DomainState.ACTIVE


async def test_removing_it_goes_back(out: Away, owner: StaffActor, clock: FixedClock) -> None:
    await out.make_active(owner)
    await keep_staff_at_base(out.deps, owner, True)
    assert out.deps.whereabouts.staff_at_base_only
    await remove_domain(out.deps, owner)
    assert out.deps.whereabouts == Whereabouts()
    assert out.deps.portal_url == 'http://127.0.0.1:8080'
    domain = await read_domain(out.deps, owner)
    assert (domain.host, domain.state, domain.findings) == ('', None, None)
    asked = len(out.zone.asked)
    clock.advance(timedelta(days=1))
    await keep_watching(out.deps)
    assert len(out.zone.asked) == asked, 'nobody looks any more'
    owner = await given_owner(out.deps)
    with pytest.raises(NoCustomDomain):
        await remove_domain(out.deps, owner)
    with pytest.raises(NoCustomDomain):
        await look_again(out.deps, owner)


async def test_another_domain_begins_anew(out: Away, owner: StaffActor) -> None:
    await out.make_active(owner)
    domain = await set_domain(out.deps, owner, 'other.firm.test', RecordKind.CNAME)
    assert (domain.state, domain.was_active, domain.findings) == (DomainState.PENDING_DNS, False, None)
    assert out.deps.whereabouts == Whereabouts()


async def test_what_was_found_of_a_domain_that_was_changed_meanwhile_is_dropped(out: Away, owner: StaffActor) -> None:
    out.publish(HERE)
    await set_domain(out.deps, owner, HOST, RecordKind.A)
    ask = out.deps.resolver.ask_all

    async def changed_meanwhile(name: str, kind: str) -> object:
        if name == HOST:
            await set_domain(out.deps, owner, 'other.firm.test', RecordKind.A)
        return await ask(name, kind)

    out.deps.resolver.ask_all = changed_meanwhile  # type: ignore[method-assign, assignment]
    domain = await out.look()
    assert (domain.host, domain.state) == ('other.firm.test', DomainState.PENDING_DNS)
    assert await domain_kinds() == [AuditKind.DOMAIN_SET] * 2, 'nothing was said of it that holds for the other'


async def test_one_instance_at_a_time_looks(out: Away, owner: StaffActor) -> None:
    await set_domain(out.deps, owner, HOST, RecordKind.A)
    now = out.deps.clock.now()
    assert await hold_domain(now, now + timedelta(minutes=3)) is not None
    assert await hold_domain(now, now + timedelta(minutes=3)) is None
    later = now + timedelta(minutes=3)
    assert await hold_domain(later, later + timedelta(minutes=3)) is not None, 'the one before has died'


async def test_whoever_does_not_look_waits_for_the_one_who_does(
    out: Away, owner: StaffActor, clock: FixedClock
) -> None:
    """As long as the hold lasts, even if the other was killed meanwhile: nobody asks the database all the time."""
    await set_domain(out.deps, owner, HOST, RecordKind.A)
    assert await hold_domain(clock.now(), clock.now() + HELD_FOR) is not None
    assert await keep_watching(out.deps) == HELD_FOR.total_seconds()
    clock.advance(HELD_FOR)
    assert 0 < await keep_watching(out.deps) < 10
    assert (await read_domain(out.deps, SystemActor())).looked_at == clock.now()


async def test_another_instance_learns_of_it(out: Away, owner: StaffActor) -> None:
    await out.make_active(owner)
    fresh = Dependencies(settings=out.deps.settings, cipher=out.deps.cipher, hasher=out.deps.hasher)
    assert fresh.portal_url == 'http://127.0.0.1:8080'
    await learn_whereabouts(fresh)
    assert fresh.portal_url == out.deps.portal_url


async def test_an_instance_that_is_told_reads_it_anew_and_tells_its_pages(out: Away, owner: StaffActor) -> None:
    """A neighbour's word comes as an event of the same kind (domain/neighbours.py)."""
    assert KINDS[CustomDomainChanged.__name__] is CustomDomainChanged
    fresh = Dependencies(settings=out.deps.settings, cipher=out.deps.cipher, hasher=out.deps.hasher)
    moved: asyncio.Queue[PortalMoved] = asyncio.Queue()
    fresh.events.on(PortalMoved, moved.put_nowait)
    stop = keep_learning(fresh)
    await out.make_active(owner)
    for kind in (CustomDomainChanged, MissedSome):
        vars(fresh.whereabouts).update(vars(Whereabouts()))
        fresh.events.publish_here(kind())
        async with asyncio.timeout(10):
            await moved.get()
        assert fresh.whereabouts.is_active
    stop()


async def test_who_may_not_change_settings_may_not_do_this(out: Away) -> None:
    """R57."""
    member = await given_staff(out.deps, Role.STAFF)
    for deed in (
        read_domain(out.deps, member), set_domain(out.deps, member, HOST, RecordKind.A),
        remove_domain(out.deps, member), look_again(out.deps, member), keep_staff_at_base(out.deps, member, True),
    ):  # fmt: skip
        with pytest.raises(NotAllowed):
            await deed


async def test_where_sign_in_links_lead_is_changed_after_a_fresh_sign_in_only(
    out: Away, owner: StaffActor, clock: FixedClock
) -> None:
    """R38."""
    clock.advance(timedelta(minutes=16))
    with pytest.raises(HostInvalid):  # a mistake is told before anybody is asked for a proof
        await set_domain(out.deps, owner, 'localhost', RecordKind.A)
    with pytest.raises(SignInNotFresh):
        await set_domain(out.deps, owner, HOST, RecordKind.A)
    with pytest.raises(SignInNotFresh):
        await remove_domain(out.deps, owner)
    with pytest.raises(SignInNotFresh):
        await keep_staff_at_base(out.deps, owner, True)


async def test_the_base_host_is_refused(out: Away, owner: StaffActor) -> None:
    with pytest.raises(HostInvalid):
        await set_domain(out.deps, owner, '127.0.0.1', RecordKind.A)
