"""Who is inside right now: a session is online while one of its pages is open, on whichever instance."""

from domain.access.sessions import ONLINE_FOR
from domain.dependencies import Dependencies
from domain.events import PresenceChanged
from storage.models import ClientSession


async def stay_online(deps: Dependencies, session_ids: set[int]) -> None:
    """These sessions have a page open. Called when one opens, and now and then while it stays open."""
    if session_ids:
        now = deps.clock.now()
        came_in = await ClientSession.filter(id__in=session_ids, online_until__lte=now).exists()
        await ClientSession.filter(id__in=session_ids).update(online_until=now + ONLINE_FOR)
        if came_in:
            deps.events.publish(PresenceChanged())


async def go_offline(deps: Dependencies, session_id: int) -> None:
    """The last page of this session was closed."""
    if await ClientSession.filter(id=session_id).update(online_until=deps.clock.now()):
        deps.events.publish(PresenceChanged())
