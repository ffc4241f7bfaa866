"""Another address for a login, and so for every contact it serves.

Staff ask for it; it takes effect when somebody who reads mail at the new address says yes, by a click of a person and
never by looking at the link (R10). The old address is told when it is asked for, and again when it is done. What the
old address was sent dies with it (R9), sessions and half-finished sign-ins end (R37); password and second factor stay.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from domain.access.devices import count_alive
from domain.access.login_address_mails import (
    AddressAsked,
    ask_the_new,
    tell_the_old_when_asked,
    tell_the_old_when_done,
)
from domain.access.logins import held_contact, held_login_for
from domain.access.one_time_tokens import Purpose, hash_token, void_of_login, void_of_login_and_purpose, why_dead
from domain.access.rate_limits import Limits, check_limit, check_staff_budget, network_of
from domain.access.sessions import end_sessions_of_login
from domain.actors import StaffActor, Visitor
from domain.addresses import mask_address, normalise_address
from domain.audit import AuditKind, record
from domain.authorization import Permission, authorise
from domain.dependencies import Dependencies
from domain.errors import (
    ContactNotFound,
    DeadLink,
    LinkExpired,
    LoginTaken,
    NoAccess,
    NoAddressChange,
    NoLogin,
    SameAddress,
)
from domain.events import ContactsChanged, LoginChanged
from domain.mail.states import EmailStatus
from domain.texts import LONGEST_NAME, search_text
from domain.unit_of_work import Work, deed, unit_of_work
from storage import claims, queries
from storage.models import Contact, Invitation, Login, OneTimeToken


@dataclass(frozen=True)
class AddressLinkView:
    """What the landing page of such a link says. Looking changes nothing (R10)."""

    masked_old: str
    new_address: str
    seconds_left: int


@deed
async def change_login_address(deps: Dependencies, actor: StaffActor, contact_id: int, new_email: str) -> AddressAsked:
    """Ask the new address whether it will be the login's; a change that waits already is replaced.

    Raises AddressInvalid, SameAddress, LoginTaken when contacts bear that address already, NoLogin, NoAccess when none
    of its contacts has access, ContactNotFound, RateLimited, SignInNotFresh (R38), NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.MANAGE_LOGINS, fresh=True)
    address = normalise_address(new_email)
    await check_staff_budget(deps, actor)
    async with unit_of_work(deps) as work:
        login = await _held_login(contact_id)
        if login.email == address:
            raise SameAddress()
        names = await _who_bears(address)
        if names:
            raise LoginTaken(address, names)
        await void_of_login_and_purpose(work, DeadLink.REPLACED, login.id, Purpose.LOGIN_ADDRESS)
        asked = await ask_the_new(work, actor, login, address)
        await tell_the_old_when_asked(work, login, address)
        await _note(work, AuditKind.LOGIN_ADDRESS_ASKED, actor, login, before=login.email, after=address)
        return asked


@deed
async def send_address_link_again(deps: Dependencies, actor: StaffActor, contact_id: int) -> AddressAsked:
    """Mail the new address once more; the link of the mail before dies, and the time begins anew.

    Raises NoAddressChange when none waits, NoLogin, NoAccess, ContactNotFound, RateLimited, NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.MANAGE_LOGINS)
    await check_staff_budget(deps, actor)
    async with unit_of_work(deps) as work:
        login = await _held_login(contact_id)
        waiting = await OneTimeToken.filter(
            login_id=login.id,
            purpose=Purpose.LOGIN_ADDRESS.value,
            used_at=None,
            voided_at=None,
            expires_at__gt=work.now,
        ).first()
        if waiting is None:
            raise NoAddressChange()
        await void_of_login_and_purpose(work, DeadLink.REPLACED, login.id, Purpose.LOGIN_ADDRESS)
        asked = await ask_the_new(work, actor, login, waiting.email)
        await _note(
            work, AuditKind.LOGIN_ADDRESS_ASKED, actor, login, before=login.email, after=waiting.email, again=True
        )
        return asked


@deed
async def cancel_address_change(deps: Dependencies, actor: StaffActor, contact_id: int) -> None:
    """Take it back: the link in the mail to the new address dies, everything stays as it is.

    Raises NoAddressChange when none waits, NoLogin, ContactNotFound, NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.MANAGE_LOGINS)
    async with unit_of_work(deps) as work:
        login = await _held_login(contact_id, needs_access=False)
        if not await void_of_login_and_purpose(work, DeadLink.CANCELLED, login.id, Purpose.LOGIN_ADDRESS):
            raise NoAddressChange()
        await _note(work, AuditKind.LOGIN_ADDRESS_CANCELLED, actor, login, before=login.email)


async def look_at_address_link(deps: Dependencies, token: str) -> AddressLinkView:
    """What the link would do. Writes nothing. Raises LinkExpired with the reason."""
    now = deps.clock.now()
    row = await OneTimeToken.get_or_none(
        token_hash=hash_token(token), purpose=Purpose.LOGIN_ADDRESS.value
    ).select_related('login')
    if row is None or row.login is None or row.used_at or row.voided_at or row.expires_at <= now:
        raise LinkExpired(why_dead(row, now))
    return AddressLinkView(mask_address(row.login.email), row.email, int((row.expires_at - now).total_seconds()))


@deed
async def confirm_login_address(deps: Dependencies, visitor: Visitor, token: str) -> None:
    """Whoever reads the mail at the new address said yes: the change takes effect. Signs nobody in.

    Raises LinkExpired when the link is used, expired, replaced, cancelled or unknown, or when the address has come to
    belong to somebody else meanwhile (which is not told here); RateLimited.
    """
    await check_limit(deps, Limits.LINK_PER_IP, network_of(visitor.ip))
    token_hash = hash_token(token)
    async with unit_of_work(deps) as work:
        await claims.lock_login_of_token(token_hash)
        claimed = await claims.claim_token(token_hash, (Purpose.LOGIN_ADDRESS.value,), work.now)
        if claimed is not None and await _move(work, visitor, claimed):
            return
    row = await OneTimeToken.get_or_none(token_hash=token_hash, purpose=Purpose.LOGIN_ADDRESS.value)
    raise LinkExpired(why_dead(row, deps.clock.now()))


async def _move(work: Work, visitor: Visitor, claimed: claims.ClaimedToken) -> bool:
    """Put the new address in place of the old one, everywhere and at once. False when it is no longer free."""
    login = await Login.get(id=claimed.login_id)
    old, new = login.email, claimed.email
    await claims.lock_contacts_of_login(login.id)
    if not await _reserve(work, login, new):
        await OneTimeToken.filter(id=claimed.id).update(
            used_at=None, voided_at=work.now, void_reason=DeadLink.CANCELLED.value
        )
        await _note(work, AuditKind.LOGIN_ADDRESS_CHANGED, visitor, login, outcome='refused', before=old, after=new)
        return False
    contacts = await Contact.filter(email=old).order_by('id')
    await Login.filter(id=login.id).update(email=new)
    for contact in contacts:
        await _give_address(work, contact, new)
    ids = [contact.id for contact in contacts]
    invitations = Invitation.filter(contact_id__in=ids, accepted_at=None, cancelled_at=None)
    of_invitations = await OneTimeToken.filter(
        login_id=login.id,
        invitation_id__in=[int(str(one)) for one in await invitations.values_list('id', flat=True)],
        used_at=None,
        voided_at=None,
        expires_at__gt=work.now,
    ).count()
    cancelled = await invitations.update(cancelled_at=work.now)
    links = await void_of_login(work, DeadLink.CANCELLED, login.id) - of_invitations
    sessions = await count_alive(login.id, work.now)
    await end_sessions_of_login(work, login.id, reason='address changed')
    await tell_the_old_when_done(work, login, old, new)
    await _note(
        work,
        AuditKind.LOGIN_ADDRESS_CHANGED,
        visitor,
        login,
        before=old,
        after=new,
        sessions=sessions,
        links=links,
        invitations=cancelled,
    )
    work.tell(ContactsChanged(tuple(ids), (login.id,)))
    return True


async def _reserve(work: Work, login: Login, address: str) -> bool:
    """Whether nobody bears the address; if so, nobody can take it before this transaction ends.

    A login that serves nobody any more makes room. Whoever makes one for that address now waits for us.
    """
    other = await held_login_for(work, address)
    if await _who_bears(address) or await Contact.filter(login_id=other.id).exists():
        return False
    await Login.filter(id=other.id).delete()
    return True


async def _give_address(work: Work, contact: Contact, address: str) -> None:
    arrived = EmailStatus.CAPTURED if work.deps.captures_mail else EmailStatus.SENT
    await Contact.filter(id=contact.id).update(
        email=address,
        email_status=arrived.value,  # the mail that asked has been read there
        search_text=search_text(contact.name, contact.organisation, address),
        invitation_expires_at=None,
        updated_at=work.now,
    )


async def _held_login(contact_id: int, *, needs_access: bool = True) -> Login:
    """The login of a contact, held. Raises ContactNotFound, NoLogin, NoAccess."""
    contact = await held_contact(contact_id)
    if contact is None:
        raise ContactNotFound(contact_id)
    if contact.login_id is None:
        raise NoLogin(contact.id, contact.name)
    if needs_access and not await queries.contacts_of_login(contact.login_id):
        raise NoAccess(contact.id, contact.name)
    return await Login.get(id=contact.login_id)


async def _who_bears(address: str) -> tuple[str, ...]:
    return tuple(contact.name for contact in await Contact.filter(email=address).order_by('name_key', 'id'))


async def _note(
    work: Work, kind: AuditKind, actor: StaffActor | Visitor, login: Login, *, outcome: str = 'done', **detail: Any
) -> None:
    """One row. It belongs to the contact where the login serves a single one, else to the login, and names them all."""
    bearers: Sequence[Contact] = await Contact.filter(login_id=login.id).order_by('name_key', 'id')
    named = bearers[0] if bearers else None
    who = actor.name if isinstance(actor, StaffActor) else (named.name if named else '')
    await record(
        work,
        kind,
        actor,
        login_id=login.id,
        outcome=outcome,
        actor_name=who,
        contact_id=named.id if named and len(bearers) == 1 else None,
        contact_name=', '.join(one.name for one in bearers)[:LONGEST_NAME],
        **detail,
    )
    work.tell(LoginChanged(login.id))
