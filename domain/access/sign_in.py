"""The end of every way in: from a proof that holds to a session (R3, R34)."""

from dataclasses import dataclass
from enum import StrEnum

from domain.access import sessions
from domain.access.joining import join
from domain.access.one_time_tokens import hash_token, void_of_login
from domain.actors import Visitor
from domain.audit import AuditKind, record
from domain.errors import DeadLink, LinkExpired
from domain.events import ContactsChanged, SignedInEvent
from domain.unit_of_work import Work
from storage import claims, queries


class SignInMethod(StrEnum):
    """How a client proved who it is."""

    MAGIC_LINK = 'magic_link'
    LOGIN_EMAIL = 'login_email'
    INVITATION = 'invitation'
    CODE = 'code'


@dataclass(frozen=True)
class SignedIn:
    """The door is open. `raw_session` goes into the cookie and nowhere else."""

    raw_session: str
    session_id: int
    login_id: int


async def complete(
    work: Work,
    login_id: int,
    visitor: Visitor,
    *,
    method: SignInMethod,
    contact_id: int | None = None,
    token_id: int | None = None,
) -> SignedIn:
    """Start the session, mark what joined, void every other link of the login.

    `contact_id` is the contact the link was made for; the session begins as that one. Raises LinkExpired when no
    contact of this login has access.
    """
    await claims.lock_login(login_id)
    contacts = list(await queries.contacts_of_login(login_id))
    if not contacts:
        raise LinkExpired(DeadLink.CANCELLED)
    chosen = next((one for one in contacts if one.id == contact_id), contacts[0] if len(contacts) == 1 else None)
    await claims.note_sign_in(login_id, work.now, method.value)
    await void_of_login(work, DeadLink.USED, login_id)
    raw, session_id = await sessions.start_client_session(
        work, login_id, chosen.id if chosen else None, visitor, method.value
    )
    named = chosen or contacts[0]
    for contact in contacts:
        await join(work, contact, visitor)
    await record(
        work,
        AuditKind.SIGNED_IN,
        visitor,
        contact=named if len(contacts) == 1 else None,
        login_id=login_id,
        actor_name=named.name,
        method=method.value,
    )
    work.tell(
        ContactsChanged(tuple(one.id for one in contacts)),
        SignedInEvent(
            login_id,
            session_id,
            hash_token(visitor.browser) if visitor.browser else '',
            token_id,
            tuple(one.id for one in contacts),
        ),
    )
    return SignedIn(raw, session_id, login_id)
