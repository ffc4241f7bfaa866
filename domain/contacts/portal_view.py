"""The portal as one contact sees it, for staff who look: nothing of the client's is read as if it were the client.

Opening it writes one audit row. The client's sessions, sign-in dates, presence and figures stay as they are.
"""

from dataclasses import dataclass

from domain.access.security_policy import policy_at
from domain.actors import StaffActor
from domain.audit import AuditKind, record
from domain.authorization import Permission, authorise
from domain.contacts.client_home import ClientHome, home_of, sign_in_before
from domain.dependencies import Dependencies
from domain.errors import ContactNotFound
from domain.unit_of_work import deed, unit_of_work
from storage import queries
from storage.models import ClientSession, Contact, Login


@dataclass(frozen=True)
class PortalView:
    """What this contact sees. `home` is None where it stands before the closed door.

    `must_enrol` when the firm requires a second factor and the login has none: that is asked for first, and nothing
    else opens. `passwords_work`: whether the door takes them. `language`: empty where the contact's browser decides.
    """

    contact_id: int
    name: str
    login_id: int | None
    home: ClientHome | None
    must_enrol: bool
    passwords_work: bool
    language: str = ''


@deed
async def open_portal_view(deps: Dependencies, actor: StaffActor, contact_id: int) -> PortalView:
    """Look at the portal as this contact; recorded, once each time. Raises ContactNotFound, NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.VIEW_PORTAL)
    async with unit_of_work(deps) as work:
        contact = await Contact.get_or_none(id=contact_id)
        if contact is None:
            raise ContactNotFound(contact_id)
        await record(work, AuditKind.PORTAL_VIEWED, actor, contact=contact)
        return await _seen_by(deps, contact)


async def read_portal_view(deps: Dependencies, actor: StaffActor, contact_id: int) -> PortalView:
    """The same for a page that is open already. Writes nothing. Raises ContactNotFound, NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.VIEW_PORTAL)
    contact = await Contact.get_or_none(id=contact_id)
    if contact is None:
        raise ContactNotFound(contact_id)
    return await _seen_by(deps, contact)


async def _seen_by(deps: Dependencies, contact: Contact) -> PortalView:
    now = deps.clock.now()
    policy = await policy_at(now)
    login = await Login.get_or_none(id=contact.login_id) if contact.login_id is not None else None
    if login is None or not contact.portal_access:
        return PortalView(
            contact.id, contact.name, contact.login_id, None, False, policy.passwords_work, contact.language
        )
    rows = await queries.contacts_of_login(login.id)
    alive = ClientSession.filter(login_id=login.id, idle_expires_at__gt=now, expires_at__gt=now)
    session = await alive.order_by('-id').first()
    before = await sign_in_before(login.id, session.created_at if session else now)
    current = next((row for row in rows if row.id == contact.id), None)
    if current is None:  # revoked or moved between the two looks
        return PortalView(
            contact.id, contact.name, contact.login_id, None, False, policy.passwords_work, contact.language
        )
    return PortalView(
        contact.id,
        contact.name,
        login.id,
        await home_of(rows, current, login.email, before),
        must_enrol=policy.second_factor_required and login.totp_enrolled_at is None,
        passwords_work=policy.passwords_work,
        language=contact.language,
    )
