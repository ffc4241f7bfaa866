"""Who is inside right now: a session is online while one of its pages is open, on whichever instance."""

from domain.access.sessions import ONLINE_FOR
from domain.dependencies import Dependencies
from domain.events import PresenceChanged
from storage.models import ClientSession


async def stay_online(deps: Dependencies, session_ids: set[int]) -> None:
    """These sessions have a page open. Called when one opens, and now and then while it stays open."""
    if session_ids:
        now = deps.clock.now()
        came_in = await ClientSession.filter(id__in=session_ids, online_until__lte=now)
        await ClientSession.filter(id__in=session_ids).update(online_until=now + ONLINE_FOR)
        deps.events.publish(*(PresenceChanged(login_id) for login_id in {row.login_id for row in came_in}))


async def go_offline(deps: Dependencies, session_id: int) -> None:
    """The last page of this session was closed. Nobody is told twice."""
    now = deps.clock.now()
    row = await ClientSession.get_or_none(id=session_id)
    if row and await ClientSession.filter(id=session_id, online_until__gt=now).update(online_until=now):
        deps.events.publish(PresenceChanged(row.login_id))


async def who_is_inside(deps: Dependencies) -> frozenset[int]:
    """The logins that have a page open now."""
    now = deps.clock.now()
    rows = await ClientSession.filter(online_until__gt=now, expires_at__gt=now, idle_expires_at__gt=now)
    return frozenset(row.login_id for row in rows)
