"""Sessions of clients and of staff: opaque 256-bit ids, stored hashed, one row each, revocable at once (R32 to R36)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.access.joining import join
from domain.access.one_time_tokens import hash_token
from domain.actors import ClientActor, Role, StaffActor, Visitor
from domain.audit import AuditKind, record
from domain.authorization import Permission, authorise, authorise_client
from domain.dependencies import Dependencies
from domain.errors import ContactNotFound
from domain.events import ClientSessionsEnded, PresenceChanged, StaffSessionsEnded
from domain.unit_of_work import Work, deed, unit_of_work
from storage import claims, queries
from storage.models import ClientSession, Contact, PortalSettings, StaffMember, StaffSession

STAFF_IDLE = timedelta(hours=12)
STAFF_ABSOLUTE = timedelta(days=7)
SEEN_EVERY = timedelta(minutes=1)  # a session is written to at most so often
ONLINE_FOR = timedelta(seconds=75)  # how long a page counts as open without news of it


@dataclass(frozen=True)
class SessionRow:
    """A signed-in browser, for a page."""

    id: int
    method: str
    created_at: datetime
    last_seen_at: datetime
    ip: str
    user_agent: str
    online: bool


async def start_client_session(
    work: Work, login_id: int, contact_id: int | None, visitor: Visitor, method: str
) -> tuple[str, int]:
    """A new session and the end of the one this browser came with (R34); the raw id, told only here, and the row's."""
    idle_days, most_days = await queries.client_session_days()
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
        idle_expires_at=work.now + timedelta(days=idle_days),
        expires_at=work.now + timedelta(days=most_days),
        ip=visitor.ip,
        user_agent=visitor.user_agent[:400],
    )
    work.tell(PresenceChanged(login_id))
    return raw, row.id


async def start_staff_session(work: Work, staff: StaffMember, visitor: Visitor) -> str:
    """A new staff session and the end of the one this browser came with (R34); its raw id."""
    raw = work.deps.randomness.token()
    if visitor.staff_session:
        before = StaffSession.filter(token_hash=hash_token(visitor.staff_session))
        ended = [int(str(one)) for one in await before.values_list('id', flat=True)]
        if ended:
            await StaffSession.filter(id__in=ended).delete()
            work.tell(StaffSessionsEnded(tuple(ended)))
    await StaffSession.create(
        token_hash=hash_token(raw),
        staff_id=staff.id,
        created_at=work.now,
        last_seen_at=work.now,
        idle_expires_at=work.now + STAFF_IDLE,
        expires_at=work.now + STAFF_ABSOLUTE,
        ip=visitor.ip,
        user_agent=visitor.user_agent[:400],
    )
    return raw


async def current_client(deps: Dependencies, raw: str, ip: str = '', user_agent: str = '') -> ClientActor | None:
    """Whose client session this is, if it is alive and its login may still enter. Being seen keeps it alive."""
    if not raw:
        return None
    now = deps.clock.now()
    row = await ClientSession.get_or_none(
        token_hash=hash_token(raw), idle_expires_at__gt=now, expires_at__gt=now
    ).select_related('login')
    if row is None:
        return None
    contacts = await queries.contacts_of_login(row.login_id)
    if not contacts:
        return None
    if now - row.last_seen_at > SEEN_EVERY:
        settings = await PortalSettings.get(id=1)
        await ClientSession.filter(id=row.id).update(
            last_seen_at=now, idle_expires_at=now + timedelta(days=settings.client_idle_days)
        )
    chosen = row.contact_id if any(contact.id == row.contact_id for contact in contacts) else None
    return ClientActor(row.id, row.login_id, row.login.email, chosen, ip, user_agent)


async def current_staff(deps: Dependencies, raw: str, ip: str = '', user_agent: str = '') -> StaffActor | None:
    """Whose staff session this is, if it is alive and the member not disabled."""
    if not raw:
        return None
    now = deps.clock.now()
    row = await StaffSession.get_or_none(
        token_hash=hash_token(raw), idle_expires_at__gt=now, expires_at__gt=now, staff__disabled_at=None
    ).select_related('staff')
    if row is None:
        return None
    if now - row.last_seen_at > SEEN_EVERY:
        await StaffSession.filter(id=row.id).update(last_seen_at=now, idle_expires_at=now + STAFF_IDLE)
    staff = row.staff
    return StaffActor(row.id, staff.id, staff.name, staff.email, Role(staff.role), ip, user_agent)


async def session_is_alive(deps: Dependencies, actor: ClientActor | StaffActor) -> bool:
    """Whether the session of an open page still holds; asked at every event of its page (R36)."""
    now = deps.clock.now()
    alive = {'id': actor.session_id, 'idle_expires_at__gt': now, 'expires_at__gt': now}
    if isinstance(actor, ClientActor):
        return bool(await ClientSession.filter(**alive).exists())
    return bool(await StaffSession.filter(**alive, staff__disabled_at=None).exists())


async def dead_sessions(
    deps: Dependencies, client_ids: frozenset[int], staff_ids: frozenset[int]
) -> tuple[frozenset[int], frozenset[int]]:
    """Which of these sessions of clients and of staff hold no more: the same question for many pages at once."""
    now = deps.clock.now()
    alive = {'idle_expires_at__gt': now, 'expires_at__gt': now}
    clients, staff = client_ids, staff_ids
    if clients:
        clients -= set(await ClientSession.filter(**alive, id__in=client_ids).values_list('id', flat=True))
    if staff:
        rows = StaffSession.filter(**alive, id__in=staff_ids, staff__disabled_at=None)
        staff -= set(await rows.values_list('id', flat=True))
    return clients, staff


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
            work.tell(StaffSessionsEnded((actor.session_id,)))


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


async def list_sessions(deps: Dependencies, actor: StaffActor, contact_id: int) -> list[SessionRow]:
    """The signed-in devices of a contact's login, newest first; none while its access is off.

    Raises NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.SEE_CONTACTS)
    contact = await Contact.get_or_none(id=contact_id)
    if contact is None or contact.login_id is None or not contact.portal_access:
        return []
    now = deps.clock.now()
    rows = await ClientSession.filter(login_id=contact.login_id, idle_expires_at__gt=now, expires_at__gt=now).order_by(
        '-id'
    )
    return [
        SessionRow(row.id, row.method, row.created_at, row.last_seen_at, row.ip, row.user_agent, row.online_until > now)
        for row in rows
    ]
