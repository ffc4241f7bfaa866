"""Sessions of clients and of staff: opaque 256-bit ids, stored hashed, one row each, revocable at once (R32 to R36)."""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

from domain.access.joining import join
from domain.access.one_time_tokens import hash_token
from domain.access.security_policy import policy_at
from domain.actors import ClientActor, Role, StaffActor, Visitor
from domain.audit import AuditKind, record
from domain.authorization import authorise_client
from domain.dependencies import Dependencies
from domain.errors import ContactNotFound
from domain.events import ClientSessionsEnded, PresenceChanged, StaffSessionsEnded, TeamChanged
from domain.language import known_language
from domain.unit_of_work import Work, deed, unit_of_work
from storage import claims, standing
from storage.models import ClientSession, Contact, StaffMember, StaffSession
from storage.second_factor_claims import void_pending_of_login, void_pending_of_logins

STAFF_IDLE = timedelta(hours=12)
STAFF_ABSOLUTE = timedelta(days=7)
SEEN_EVERY = timedelta(minutes=1)  # a session is written to at most so often
ONLINE_FOR = timedelta(seconds=75)  # how long a page counts as open without news of it


async def start_client_session(
    work: Work, login_id: int, contact_id: int | None, visitor: Visitor, method: str
) -> tuple[str, int]:
    """A new session and the end of the one this browser came with (R34); the raw id, told only here, and the row's."""
    policy = await policy_at(work.now)
    raw = work.deps.randomness.token()
    if visitor.client_session:
        ended = await claims.delete_client_sessions('token_hash = $1', hash_token(visitor.client_session))
        if ended:
            work.tell(ClientSessionsEnded(tuple(ended), 'replaced'))
    row = await ClientSession.create(
        token_hash=hash_token(raw),
        login_id=login_id,
        contact_id=contact_id,
        method=method,
        created_at=work.now,
        last_seen_at=work.now,
        online_until=work.now + ONLINE_FOR,
        idle_expires_at=work.now + policy.idle,
        expires_at=work.now + policy.absolute,
        proved_at=work.now,
        ip=visitor.ip,
        user_agent=visitor.user_agent[:400],
    )
    work.tell(PresenceChanged(login_id))
    return raw, row.id


async def end_sessions_of_login(work: Work, login_id: int, *, but: int | None = None, reason: str = 'ended') -> int:
    """End the sessions of this login, except `but`, and close their pages; how many that were (R36, R37).

    The login is locked already. `reason` goes to the open pages, and the door of clients has a sentence for it;
    'replaced' sends them on instead of out.
    """
    await void_pending_of_login(login_id)
    where = 'login_id = $1' if but is None else 'login_id = $1 AND id <> $2'
    ended = await claims.delete_client_sessions(where, *((login_id,) if but is None else (login_id, but)))
    if ended:
        work.tell(ClientSessionsEnded(tuple(ended), reason), PresenceChanged(login_id))
    return len(ended)


async def end_sessions_of_logins(work: Work, login_ids: Collection[int], *, reason: str) -> int:
    """The same for all sessions of many logins."""
    if not login_ids:
        return 0
    await void_pending_of_logins(login_ids)
    ended = await claims.delete_sessions_of_logins(login_ids)
    if ended:
        work.tell(ClientSessionsEnded(tuple(ended), reason))
        work.tell(*(PresenceChanged(login_id) for login_id in dict.fromkeys(ended.values())))
    return len(ended)


async def start_staff_session(work: Work, staff: StaffMember, visitor: Visitor) -> str:
    """A new staff session and the end of the one this browser came with (R34); its raw id."""
    raw = work.deps.randomness.token()
    if visitor.staff_session:
        before = StaffSession.filter(token_hash=hash_token(visitor.staff_session))
        ended = [int(str(one)) for one in await before.values_list('id', flat=True)]
        if ended:
            await StaffSession.filter(id__in=ended).delete()
            work.tell(StaffSessionsEnded(tuple(ended), 'replaced'))
    await StaffSession.create(
        token_hash=hash_token(raw),
        staff_id=staff.id,
        created_at=work.now,
        last_seen_at=work.now,
        idle_expires_at=work.now + STAFF_IDLE,
        expires_at=work.now + STAFF_ABSOLUTE,
        proved_at=work.now,
        ip=visitor.ip,
        user_agent=visitor.user_agent[:400],
    )
    return raw


async def current_client(deps: Dependencies, raw: str, ip: str = '', user_agent: str = '') -> ClientActor | None:
    """Whose client session this is, if it is alive and its login may still enter. Being seen keeps it alive."""
    if not raw:
        return None
    now = deps.clock.now()
    row = await standing.client_behind(hash_token(raw), now)
    if row is None:
        return None
    if now - row['last_seen_at'] > SEEN_EVERY:
        await _seen_client(row['id'], now)
    return ClientActor(
        row['id'],
        row['login_id'],
        row['email'],
        row['contact_id'],
        ip,
        user_agent,
        row['is_held'],
        known_language(row['language']),
    )


async def current_staff(deps: Dependencies, raw: str, ip: str = '', user_agent: str = '') -> StaffActor | None:
    """Whose staff session this is, if it is alive and the member not disabled."""
    if not raw:
        return None
    now = deps.clock.now()
    row = await standing.staff_behind(hash_token(raw), now)
    if row is None:
        return None
    if now - row['last_seen_at'] > SEEN_EVERY:
        await _seen_staff(row['id'], now)
    return StaffActor(
        row['id'], row['staff_id'], row['name'], row['email'], Role(row['role']), ip, user_agent, row['is_held']
    )


async def _seen_client(session_id: int, now: datetime) -> None:
    idle = (await policy_at(now)).idle
    await ClientSession.filter(id=session_id).update(last_seen_at=now, idle_expires_at=now + idle)


async def _seen_staff(session_id: int, now: datetime) -> None:
    await StaffSession.filter(id=session_id).update(last_seen_at=now, idle_expires_at=now + STAFF_IDLE)


class Stands(StrEnum):
    """How the session of an open page stands."""

    GOOD = 'good'
    HELD = 'held'
    OVER = 'over'


async def how_it_stands(deps: Dependencies, actor: ClientActor | StaffActor) -> Stands:
    """Whether the session of an open page still holds; asked at every event of its page (R36). That keeps it alive."""
    look = standing.client_standing if isinstance(actor, ClientActor) else standing.staff_standing
    now = deps.clock.now()
    found = await look(actor.session_id, now)
    if found is None:
        return Stands.OVER
    if now - found.last_seen_at > SEEN_EVERY:
        await (_seen_client if isinstance(actor, ClientActor) else _seen_staff)(actor.session_id, now)
    return Stands.HELD if found.is_held else Stands.GOOD


async def how_they_stand(
    deps: Dependencies, client_ids: frozenset[int], staff_ids: frozenset[int]
) -> tuple[dict[int, Stands], dict[int, Stands]]:
    """The same question for the sessions of many pages at once: of clients, and of staff."""
    now = deps.clock.now()
    clients = await standing.standings_of_clients(client_ids, now) if client_ids else {}
    staff = await standing.standings_of_staff(staff_ids, now) if staff_ids else {}
    return _in_words(client_ids, clients), _in_words(staff_ids, staff)


def _in_words(ids: frozenset[int], alive: dict[int, bool]) -> dict[int, Stands]:
    held = {True: Stands.HELD, False: Stands.GOOD}
    return {one: held[alive[one]] if one in alive else Stands.OVER for one in ids}


@deed
async def sign_out_client(deps: Dependencies, actor: ClientActor) -> None:
    """End this session."""
    async with unit_of_work(deps) as work:
        ended = await claims.delete_client_sessions('id = $1', actor.session_id)
        if ended:
            await record(work, AuditKind.SIGNED_OUT, actor, login_id=actor.login_id, actor_name=actor.email)
            work.tell(ClientSessionsEnded(tuple(ended), 'signed out'), PresenceChanged(actor.login_id))


@deed
async def sign_out_staff(deps: Dependencies, actor: StaffActor) -> None:
    """End this staff session."""
    async with unit_of_work(deps) as work:
        if await StaffSession.filter(id=actor.session_id).delete():
            await record(work, AuditKind.STAFF_SIGNED_OUT, actor, staff_id=actor.staff_id)
            work.tell(StaffSessionsEnded((actor.session_id,), 'signed out'), TeamChanged((actor.staff_id,)))


@deed
async def switch_contact(deps: Dependencies, actor: ClientActor, contact_id: int) -> None:
    """Go on as another of the contacts this login serves. One that got access since the sign-in joins by that.

    Raises ContactNotFound when it does not serve that contact or its access is off; SignedOut.
    """
    await authorise_client(deps, actor)
    async with unit_of_work(deps) as work:
        await claims.lock_login(actor.login_id)
        contact = await Contact.get_or_none(id=contact_id, login_id=actor.login_id, portal_access=True)
        if contact is None:
            raise ContactNotFound(contact_id)
        await ClientSession.filter(id=actor.session_id).update(contact_id=contact.id)
        await join(work, contact, actor)
        await record(work, AuditKind.CONTACT_SWITCHED, actor, contact=contact, actor_name=actor.email)
