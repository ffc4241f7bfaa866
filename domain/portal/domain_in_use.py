"""What this instance knows of the firm's own domain, kept current, so that no link has to ask the database."""

from collections.abc import Callable

from domain.dependencies import Dependencies
from domain.events import CustomDomainChanged, Event, MissedSome, PortalMoved
from domain.portal.domain_findings import LEADS_HERE, DomainState
from domain.whereabouts import Whereabouts
from storage.models import CustomDomain


async def learn_whereabouts(deps: Dependencies) -> None:
    """Read where the portal is, and tell this instance's pages when that has changed."""
    row = await CustomDomain.get(id=1)
    known = Whereabouts(
        host=row.host if row.was_active or row.state in LEADS_HERE else '',
        leads_here=row.state in LEADS_HERE,
        is_active=row.state == DomainState.ACTIVE,
        is_broken=row.was_active and row.state != DomainState.ACTIVE,
        staff_at_base_only=row.staff_at_base_only,
    )
    if deps.whereabouts != known:
        vars(deps.whereabouts).update(vars(known))
        deps.events.publish_here(PortalMoved())


def keep_learning(deps: Dependencies) -> Callable[[], None]:
    """Do so whenever the domain changes, here or on another instance; returns what stops it."""

    async def learn(_: Event) -> None:
        await learn_whereabouts(deps)

    stops = [deps.events.on(kind, learn) for kind in (CustomDomainChanged, MissedSome)]

    def stop() -> None:
        for one in stops:
            one()

    return stop
