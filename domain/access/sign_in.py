"""The end of every way in: from a proof that holds to a session (R3, R34)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from domain.access import sessions
from domain.access.joining import join
from domain.access.one_time_tokens import hash_token, void_what_signs_in
from domain.access.security_policy import policy_at
from domain.actors import Visitor
from domain.audit import AuditKind, record
from domain.errors import DeadLink, LinkExpired, PasswordsOff
from domain.events import ContactsChanged, SignedInEvent
from domain.unit_of_work import Work
from storage import claims, queries, second_factor_claims
from storage.models import Contact, PendingSignIn

SECOND_STEP_LIFETIME = timedelta(minutes=10)
MOST_PENDING = 5  # half-finished sign-ins of one login or staff member; the oldest makes room


class SignInMethod(StrEnum):
    """How a client proved who it is."""

    MAGIC_LINK = 'magic_link'
    LOGIN_EMAIL = 'login_email'
    INVITATION = 'invitation'
    CODE = 'code'
    PASSWORD = 'password'


@dataclass(frozen=True)
class SignedIn:
    """The door is open. `raw_session` goes into the cookie and nowhere else. `leads_to_id` is what of the portal's home
    opens first, if that is still there and theirs; None for the home itself."""

    raw_session: str
    session_id: int
    login_id: int
    leads_to_id: int | None = None


@dataclass(frozen=True)
class SecondStepRequired:
    """The first factor held; the door opens after the second. `raw_pending` goes into its cookie and nowhere else."""

    raw_pending: str


def no_second_step(passed: SignedIn | SecondStepRequired) -> SignedIn:
    """For callers that know of a login without a second factor. Raises TypeError when it has one."""
    if isinstance(passed, SignedIn):
        return passed
    raise TypeError('this login has a second factor')


async def complete(
    work: Work,
    login_id: int,
    visitor: Visitor,
    *,
    method: SignInMethod,
    contact_id: int | None = None,
    token_id: int | None = None,
    leads_to_id: int | None = None,
) -> SignedIn | SecondStepRequired:
    """The first factor held, whichever it was: open the door, or ask for the second where one is set up (R30).

    `contact_id` is the contact the link was made for; the session begins as that one. Raises LinkExpired when no
    contact of this login has access, PasswordsOff for a password that holds where the firm wants none.
    """
    await claims.lock_login(login_id)
    if method is SignInMethod.PASSWORD and not (await policy_at(work.now)).passwords_work:
        raise PasswordsOff()
    contacts = await queries.contacts_of_login(login_id)
    if not contacts:
        raise LinkExpired(DeadLink.CANCELLED)
    if await queries.has_second_factor(login_id):
        await _note_first_factor(work, login_id, contacts, visitor, method)
        return SecondStepRequired(await _begin_second_step(work, login_id, method, contact_id, token_id, leads_to_id))
    return await open_door(
        work,
        login_id,
        contacts,
        visitor,
        method=method,
        contact_id=contact_id,
        token_id=token_id,
        leads_to_id=leads_to_id,
    )


async def _note_first_factor(
    work: Work, login_id: int, contacts: Sequence[Contact], visitor: Visitor, method: SignInMethod
) -> None:
    """Somebody has the first factor, though perhaps never the second: the log knows (R59). No link dies of it: else
    whoever has the password alone could keep the client from ever using one."""
    await record(
        work,
        AuditKind.SECOND_STEP_ASKED,
        visitor,
        contact=contacts[0] if len(contacts) == 1 else None,
        login_id=login_id,
        actor_name=contacts[0].name,
        method=method.value,
    )


async def _begin_second_step(
    work: Work,
    login_id: int,
    method: SignInMethod,
    contact_id: int | None,
    token_id: int | None,
    leads_to_id: int | None,
) -> str:
    await second_factor_claims.trim_pending('login', login_id, MOST_PENDING - 1)
    raw = work.deps.randomness.token()
    await PendingSignIn.create(
        token_hash=hash_token(raw),
        login_id=login_id,
        method=method.value,
        contact_id=contact_id,
        token_id=token_id,
        leads_to_id=leads_to_id,
        created_at=work.now,
        expires_at=work.now + SECOND_STEP_LIFETIME,
    )
    return raw


async def open_door(
    work: Work,
    login_id: int,
    contacts: Sequence[Contact],
    visitor: Visitor,
    *,
    method: SignInMethod,
    contact_id: int | None = None,
    token_id: int | None = None,
    leads_to_id: int | None = None,
) -> SignedIn:
    """Every factor that is asked for held: start the session, mark what joined, void every other link of the login.

    The login is locked already, and `contacts` are those of it that have access: one at least.
    """
    chosen = next((one for one in contacts if one.id == contact_id), contacts[0] if len(contacts) == 1 else None)
    await claims.note_sign_in(login_id, work.now, method.value)
    await void_what_signs_in(work, DeadLink.USED, login_id)
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
    return SignedIn(raw, session_id, login_id, leads_to_id)
