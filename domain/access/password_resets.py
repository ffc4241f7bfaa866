"""Choosing a new password by a link in a mail (R5, R8, R9, R20).

The link does not sign in, and leaves the second factor alone: whoever has it can choose a password, and then meets the
door like everybody. Staff can have one sent, and never see it (R21).
"""

from dataclasses import dataclass
from datetime import timedelta

from domain.access.belonging import contact_to_address
from domain.access.logins import held_contact, open_login
from domain.access.one_time_tokens import Purpose, hash_token, issue, void_of_login_and_purpose, why_dead
from domain.access.passwords import checked_password, put_password, words_of_login
from domain.access.rate_limits import Limits, check_limit, check_staff_budget, count_anew, network_of
from domain.access.security_policy import policy_at
from domain.access.unknown_addresses import note_unknown_address
from domain.actors import StaffActor, Visitor
from domain.addresses import mask_address, normalise_address
from domain.audit import AuditKind, record
from domain.authorization import Permission, authorise
from domain.dependencies import Dependencies
from domain.errors import (
    AddressInvalid,
    ContactNotFound,
    DeadLink,
    LinkExpired,
    NoAccess,
    NoAddress,
    NoLogin,
    PasswordsOff,
    RateLimited,
)
from domain.mail import messages, outbox
from domain.mail.letterhead import read_letterhead
from domain.mail.states import MailKind
from domain.texts import greeting_name
from domain.unit_of_work import Work, deed, unit_of_work
from storage import claims, queries
from storage.models import Contact, Login, OneTimeToken

RESET_LIFETIME = timedelta(minutes=30)  # R5


@dataclass(frozen=True)
class ResetView:
    """What the page behind a link says. Looking changes nothing (R10). `least` is a password's least length."""

    masked_address: str
    is_first: bool
    least: int


@dataclass(frozen=True)
class ResetSent:
    """Where staff had a reset sent. `captured`: it waits in the outbox, because there is no mail server."""

    to_address: str
    captured: bool


@deed
async def ask_for_reset(deps: Dependencies, visitor: Visitor, email: str) -> None:
    """Mail a link to this address if it may enter; else tell nobody which it was (R41) but staff.

    One mail a minute and ten a day per address (R47), counted apart from sign-in mail, so that neither stands in the
    other's way. Callers do not wait for this, so that the time it takes tells nothing either (R42).
    """
    try:
        address = normalise_address(email)
        login = await open_login(address)
        if login is None:
            await note_unknown_address(deps, visitor, address)
            return
        if not (await policy_at(deps.clock.now())).passwords_work:
            return
        await check_limit(deps, Limits.RESET_MAIL_PER_MINUTE, login.email)
        await check_limit(deps, Limits.RESET_MAIL_PER_DAY, login.email)
    except (AddressInvalid, RateLimited):
        return
    contact = await contact_to_address(login)
    async with unit_of_work(deps) as work:
        await claims.lock_login(login.id)
        name, kind = (contact.name, contact.kind) if contact else ('', 'person')
        await _mail_link(work, login, name, kind, language=contact.language if contact else '')
        await record(work, AuditKind.PASSWORD_RESET_ASKED, visitor, login_id=login.id, actor_name=name)


@deed
async def ask_for_new_reset(deps: Dependencies, visitor: Visitor, token: str) -> None:
    """From the page of a dead link: mail a new one to the address on file. Nothing tells whether there is one (R41)."""
    row = await OneTimeToken.get_or_none(token_hash=hash_token(token), purpose=Purpose.RESET.value)
    await ask_for_reset(deps, visitor, row.email if row else '')


@deed
async def send_password_reset(deps: Dependencies, actor: StaffActor, contact_id: int) -> ResetSent:
    """Have a contact choose a (new) password, by a mail that staff do not see into (R21).

    Raises ContactNotFound, NoAddress, NoAccess, NoLogin, PasswordsOff, RateLimited, NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.MANAGE_LOGINS)
    if not (await policy_at(deps.clock.now())).passwords_work:
        raise PasswordsOff()
    await check_staff_budget(deps, actor)
    async with unit_of_work(deps) as work:
        contact, login = await _contact_and_login(contact_id)
        await _mail_link(
            work, login, contact.name, contact.kind, contact=contact, actor=actor, language=contact.language
        )
        await record(work, AuditKind.PASSWORD_RESET_SENT, actor, contact=contact)
    return ResetSent(login.email, deps.captures_mail)


async def look_at_reset(deps: Dependencies, token: str) -> ResetView:
    """What a link would do. Writes nothing. Raises LinkExpired with the reason, PasswordsOff."""
    row = await _live(deps, token)
    policy, login = await policy_at(deps.clock.now()), await Login.get(id=row.login_id)
    if not policy.passwords_work:
        raise PasswordsOff()
    return ResetView(mask_address(login.email), login.password_hash is None, policy.least_password)


async def words_around_reset(deps: Dependencies, token: str) -> tuple[str, ...]:
    """What would be guessed first for the login of this link; nothing for a dead one."""
    try:
        row = await _live(deps, token)
    except LinkExpired:
        return ()
    return await words_of_login(row.login_id or 0, row.email)


@deed
async def reset_password(deps: Dependencies, visitor: Visitor, token: str, password: str) -> None:
    """Use a link, once, and make this the password of its login (R20).

    Ends all of its sessions, half-finished sign-ins and links, tells its address, signs nobody in and leaves its second
    factor alone. A password that is refused does not use the link up. A locked login may try the new one at once.
    Raises LinkExpired, PasswordsOff, PasswordTooShort, PasswordTooLong, PasswordTooWeak, RateLimited, Busy.
    """
    await check_limit(deps, Limits.RESET_PER_IP, network_of(visitor.ip))
    least = (await look_at_reset(deps, token)).least
    normal = await checked_password(password, least=least, words=await words_around_reset(deps, token))
    hashed = await deps.hasher.hash(normal)
    token_hash = hash_token(token)
    async with unit_of_work(deps) as work:
        await claims.lock_login_of_token(token_hash)
        claimed = await claims.claim_token(token_hash, (Purpose.RESET.value,), work.now)
        if claimed is not None:
            await _opens_still(claimed.login_id, claimed.email)
            await put_password(work, visitor, AuditKind.PASSWORD_RESET, claimed.login_id, hashed)
            await count_anew(Limits.PASSWORD_PER_LOGIN, claimed.email)
            return
    raise LinkExpired(why_dead(await OneTimeToken.get_or_none(token_hash=token_hash), deps.clock.now()))


async def _live(deps: Dependencies, token: str) -> OneTimeToken:
    """The row of a link that works. Raises LinkExpired."""
    now = deps.clock.now()
    row = await OneTimeToken.get_or_none(token_hash=hash_token(token), purpose=Purpose.RESET.value)
    if row is None or row.used_at or row.voided_at or row.expires_at <= now:
        raise LinkExpired(why_dead(row, now))
    await _opens_still(row.login_id or 0, row.email)
    return row


async def _opens_still(login_id: int, email: str) -> None:
    """Raises LinkExpired when the login has moved to another address (R9), or nobody it serves has access (R13)."""
    login = await Login.get_or_none(id=login_id)
    if login is None or login.email != email or not await queries.contacts_of_login(login_id):
        raise LinkExpired(DeadLink.CANCELLED)


async def _contact_and_login(contact_id: int) -> tuple[Contact, Login]:
    """Both held. Raises ContactNotFound, NoAddress, NoAccess, NoLogin."""
    contact = await held_contact(contact_id)
    if contact is None:
        raise ContactNotFound(contact_id)
    if contact.email is None:
        raise NoAddress(contact.id, contact.name)
    if not contact.portal_access:
        raise NoAccess(contact.id, contact.name)
    login = await Login.get_or_none(id=contact.login_id) if contact.login_id else None
    if login is None:
        raise NoLogin(contact.id, contact.name)
    return contact, login


async def _mail_link(
    work: Work,
    login: Login,
    name: str,
    kind: str,
    *,
    contact: Contact | None = None,
    actor: StaffActor | None = None,
    language: str = '',
) -> None:
    """A new link, which voids the older ones (R8), on its way to the login's address."""
    await void_of_login_and_purpose(work, DeadLink.REPLACED, login.id, Purpose.RESET)
    issued = await issue(
        work,
        Purpose.RESET,
        RESET_LIFETIME,
        login_id=login.id,
        email=login.email,
        contact_id=contact.id if contact else None,
    )
    message = messages.password_reset(
        letterhead=await read_letterhead(),
        first_name=greeting_name(name, kind),
        reader=messages.Reader.of(contact) if contact else messages.Reader(name, login.email),
        staff_name=actor.name if actor else '',
        link=f'{work.deps.portal_url}/reset-password/{issued.token}',
        link_lifetime=RESET_LIFETIME,
        language=language,
    )
    await outbox.enqueue(
        work,
        outbox.NewMail(
            kind=MailKind.PASSWORD_RESET,
            to_address=login.email,
            to_name=name,
            message=message,
            contact_id=contact.id if contact else None,
            contact_name=contact.name if contact else '',
            login_id=login.id,
            token_id=issued.id,
            made_by_id=actor.staff_id if actor else None,
            made_by_name=actor.name if actor else '',
            made_by_address=actor.email if actor else '',
        ),
    )
