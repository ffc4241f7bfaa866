"""The browsers that are signed in: who may see them, and who may end them.

A client sees and ends those of its own login; staff those of the login that serves a contact. Whoever ends one closes
its open pages within a second, on every instance (R36).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.access.logins import held_contact
from domain.access.sessions import end_sessions_of_login
from domain.actors import ClientActor, StaffActor
from domain.audit import AuditKind, record
from domain.authorization import Permission, authorise, authorise_client
from domain.dependencies import Dependencies
from domain.errors import ContactNotFound
from domain.events import ClientSessionsEnded, LoginChanged, PresenceChanged
from domain.unit_of_work import Work, deed, unit_of_work
from storage import claims
from storage.models import ClientSession, Contact, PendingSignIn


@dataclass(frozen=True)
class SessionRow:
    """A signed-in browser, for a page. `is_this_one`: the one that asks."""

    id: int
    method: str
    created_at: datetime
    last_seen_at: datetime
    ip: str
    user_agent: str
    online: bool
    is_this_one: bool = False


async def list_sessions(deps: Dependencies, actor: StaffActor, contact_id: int) -> list[SessionRow]:
    """The signed-in devices of a contact's login, newest first; none while its access is off.

    Raises NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.SEE_CONTACTS)
    contact = await Contact.get_or_none(id=contact_id)
    if contact is None or contact.login_id is None or not contact.portal_access:
        return []
    return await _alive(contact.login_id, deps.clock.now())


async def list_own_sessions(deps: Dependencies, actor: ClientActor) -> list[SessionRow]:
    """The devices this login is signed in on: the one that asks first, then the newest. Raises SignedOut."""
    await authorise_client(deps, actor)
    rows = await _alive(actor.login_id, deps.clock.now(), actor.session_id)
    return sorted(rows, key=lambda row: not row.is_this_one)


@deed
async def end_session(deps: Dependencies, actor: ClientActor, session_id: int) -> None:
    """A client signs one of its own devices out; nothing, if that has ended already or belongs to somebody else.

    Raises SignedOut, SecondFactorNeeded.
    """
    await authorise_client(deps, actor)
    async with unit_of_work(deps) as work:
        await claims.lock_login(actor.login_id)
        if await _end_one(work, actor.login_id, session_id, reason='elsewhere'):
            await _note(work, actor, actor.login_id, 1)


@deed
async def end_other_sessions(deps: Dependencies, actor: ClientActor) -> int:
    """A client signs all its other devices out; how many that were. Raises SignedOut, SecondFactorNeeded."""
    await authorise_client(deps, actor)
    async with unit_of_work(deps) as work:
        await claims.lock_login(actor.login_id)
        ended = await _end_all(work, actor.login_id, but=actor.session_id, reason='elsewhere')
        if ended:
            await _note(work, actor, actor.login_id, ended)
        return ended


@deed
async def end_own_sessions(deps: Dependencies, actor: ClientActor) -> None:
    """A client signs out everywhere, here too. Raises SignedOut, SecondFactorNeeded."""
    await authorise_client(deps, actor)
    async with unit_of_work(deps) as work:
        await claims.lock_login(actor.login_id)
        ended = await _end_all(work, actor.login_id, but=actor.session_id, reason='elsewhere')
        await end_sessions_of_login(work, actor.login_id, reason='signed out')
        await _note(work, actor, actor.login_id, ended + 1)


@deed
async def end_session_of_contact(deps: Dependencies, actor: StaffActor, contact_id: int, session_id: int) -> None:
    """Staff sign one device of the contact's login out; nothing, if it has ended or belongs to another login.

    Raises ContactNotFound, NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.MANAGE_LOGINS)
    async with unit_of_work(deps) as work:
        contact = await held_contact(contact_id)
        if contact is None:
            raise ContactNotFound(contact_id)
        if contact.login_id is not None and await _end_one(work, contact.login_id, session_id):
            await _note(work, actor, contact.login_id, 1, contact)


@deed
async def end_all_sessions(deps: Dependencies, actor: StaffActor, contact_id: int) -> int:
    """Staff sign the contact's login out everywhere; how many devices that were.

    Raises ContactNotFound, NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.MANAGE_LOGINS)
    async with unit_of_work(deps) as work:
        contact = await held_contact(contact_id)
        if contact is None:
            raise ContactNotFound(contact_id)
        if contact.login_id is None:
            return 0
        half_way = await PendingSignIn.filter(login_id=contact.login_id, expires_at__gt=work.now).count()
        ended = await _end_all(work, contact.login_id)
        if ended or half_way:
            await _note(work, actor, contact.login_id, ended, contact, half_way=half_way)
        return ended


async def count_alive(login_id: int, now: datetime) -> int:
    """On how many devices this login is signed in."""
    return int(await ClientSession.filter(login_id=login_id, idle_expires_at__gt=now, expires_at__gt=now).count())


async def _alive(login_id: int, now: datetime, asked_by: int | None = None) -> list[SessionRow]:
    rows = await ClientSession.filter(login_id=login_id, idle_expires_at__gt=now, expires_at__gt=now).order_by('-id')
    return [
        SessionRow(
            row.id,
            row.method,
            row.created_at,
            row.last_seen_at,
            row.ip,
            row.user_agent,
            row.online_until > now,
            row.id == asked_by,
        )
        for row in rows
    ]


async def _end_one(work: Work, login_id: int, session_id: int, *, reason: str = 'ended') -> bool:
    ended = await claims.delete_client_sessions('login_id = $1 AND id = $2', login_id, session_id)
    if ended:
        work.tell(ClientSessionsEnded(tuple(ended), reason), PresenceChanged(login_id))
    return bool(ended)


async def _end_all(work: Work, login_id: int, but: int | None = None, *, reason: str = 'ended') -> int:
    """End them, those too that ran out by themselves; how many were alive."""
    alive = await count_alive(login_id, work.now)
    await end_sessions_of_login(work, login_id, but=but, reason=reason)
    return alive - (but is not None)


async def _note(
    work: Work,
    actor: ClientActor | StaffActor,
    login_id: int,
    ended: int,
    contact: Contact | None = None,
    half_way: int = 0,
) -> None:
    """Who ended how many, for the log and for every page that shows these devices. `half_way`: sign-ins that waited for
    their second step and are over too."""
    name = actor.email if isinstance(actor, ClientActor) else actor.name
    more: dict[str, Any] = {'half_finished': half_way} if half_way else {}
    await record(
        work,
        AuditKind.SESSIONS_ENDED,
        actor,
        contact=contact,
        login_id=login_id,
        actor_name=name,
        sessions=ended,
        **more,
    )
    work.tell(LoginChanged(login_id))
