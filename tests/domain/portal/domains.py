"""A firm whose domain can be looked at: a name server, what answers at the domain, and dependencies that ask both."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from domain.actors import StaffActor, SystemActor
from domain.dependencies import Dependencies
from domain.portal.custom_domain import OwnDomain, RecordKind, own_word, read_domain, set_domain
from domain.portal.domain_findings import DomainState
from domain.portal.domain_watch import keep_watching
from domain.resolver import Resolver
from tests.support.clock import FixedClock
from tests.support.dns_server import DnsServer, Zone
from tests.support.https_server import Authority, WebServer

HOST = 'portal.firm.test'
ZONE: Zone = {'firm.test': {'NS': ['ns1.firm.test.']}, 'ns1.firm.test': {'A': ['127.0.0.1']}}
HERE: Zone = {HOST: {'A': ['127.0.0.1']}}


@dataclass
class Away:
    """What stands outside of Foyer: the zone's own server, three resolvers, and the server at the domain."""

    deps: Dependencies
    zone: DnsServer
    resolvers: list[DnsServer]
    web: WebServer
    plain: WebServer

    def publish(self, records: Zone, *, seen_at: int = 3) -> None:
        """These are the records of the zone from now on, and so many of the resolvers know it already."""
        self.zone.records = {**ZONE, **records}
        for resolver in self.resolvers[:seen_at]:
            resolver.records = {**ZONE, **records}

    async def look(self, passing: timedelta = timedelta()) -> OwnDomain:
        """Let time pass, and whoever is to look, look."""
        clock = self.deps.clock
        assert isinstance(clock, FixedClock)
        clock.advance(passing)
        self.web.word = self.web.word if self.web.word == 'somebody else' else await own_word()
        await keep_watching(self.deps)
        return await read_domain(self.deps, SystemActor())

    async def make_active(self, actor: StaffActor) -> OwnDomain:
        """From nothing to a domain that works."""
        self.publish(HERE)
        await set_domain(self.deps, actor, HOST, RecordKind.A)
        domain = await self.look()
        assert domain.state is DomainState.ACTIVE, domain
        return domain


@contextmanager
def away(deps: Dependencies, folder: Path, monkeypatch: pytest.MonkeyPatch, host: str = HOST) -> Iterator[Away]:
    """All of it, running."""
    authority = Authority(folder)
    monkeypatch.setenv('SSL_CERT_FILE', str(authority.path))
    with ExitStack() as stack:
        zone = stack.enter_context(DnsServer(dict(ZONE)))
        resolvers = [stack.enter_context(DnsServer(dict(ZONE))) for _ in range(3)]
        web = stack.enter_context(WebServer(authority.certificate(host)))
        plain = stack.enter_context(WebServer())
        settings = deps.settings.model_copy(update={'https_port': web.port, 'http_port': plain.port})
        resolver = Resolver([one.address for one in resolvers], authority_port=zone.port, seconds=1)
        yield Away(replace(deps, settings=settings, resolver=resolver), zone, resolvers, web, plain)
