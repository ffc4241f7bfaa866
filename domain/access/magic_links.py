"""Magic links: looked at any number of times, used once, by a person's POST (R3, R8 to R12)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.access import sign_in
from domain.access.logins import held_contact, login_for
from domain.access.one_time_tokens import SIGNS_IN, Purpose, hash_token, issue, why_dead
from domain.access.rate_limits import Limits, check_limit, check_staff_budget, network_of
from domain.access.sign_in import SecondStepRequired, SignedIn, SignInMethod
from domain.access.sign_in_codes import ask_for_sign_in
from domain.actors import StaffActor, Visitor
from domain.addresses import mask_address
from domain.audit import AuditKind, record
from domain.authorization import Permission, authorise
from domain.dependencies import Dependencies
from domain.errors import ContactNotFound, LinkExpired, NoAccess, NoAddress
from domain.home_errors import HomeItemNotFound
from domain.unit_of_work import deed, unit_of_work
from storage import claims
from storage.home_rows import items_any_sees
from storage.models import Contact, Invitation, OneTimeToken, PortalSettings, StaffMember

METHODS = {Purpose.INVITATION: SignInMethod.INVITATION, Purpose.SIGN_IN: SignInMethod.MAGIC_LINK}


@dataclass(frozen=True)
class MagicLink:
    """A link made by staff, shown once."""

    url: str
    token_id: int
    contact_id: int
    contact_name: str
    expires_at: datetime
    lifetime: timedelta


@dataclass(frozen=True)
class LinkView:
    """What the landing page says of a link that still works. Looking changes nothing (R10)."""

    masked_address: str
    is_invitation: bool
    invited_by: str
    message: str
    contact_name: str
    seconds_left: int


def link_url(deps: Dependencies, token: str) -> str:
    """The address of a link, from the configured host only (R12)."""
    return f'{deps.portal_url}/sign-in/link/{token}'


async def look_at_link(deps: Dependencies, token: str) -> LinkView:
    """What a link would do. Writes nothing. Raises LinkExpired with the reason."""
    now = deps.clock.now()
    row = await OneTimeToken.get_or_none(token_hash=hash_token(token), purpose__in=SIGNS_IN)
    if row is None or row.used_at or row.voided_at or row.expires_at <= now:
        raise LinkExpired(why_dead(row, now))
    contact = await Contact.get_or_none(id=row.contact_id) if row.contact_id else None
    invitation = await Invitation.get_or_none(id=row.invitation_id) if row.invitation_id else None
    inviter = await StaffMember.get_or_none(id=invitation.invited_by_id) if invitation else None
    return LinkView(
        masked_address=mask_address(row.email),
        is_invitation=row.purpose == Purpose.INVITATION.value,
        invited_by=inviter.name if inviter else '',
        message=invitation.message if invitation else '',
        contact_name=contact.name if contact else '',
        seconds_left=int((row.expires_at - now).total_seconds()),
    )


async def where_it_led(token: str) -> int | None:
    """What of the portal's home a link led to, dead or not; who is in already still gets there, if it is theirs."""
    row = await OneTimeToken.get_or_none(token_hash=hash_token(token), purpose__in=SIGNS_IN)
    return row.leads_to_id if row else None


@deed
async def redeem_magic_link(deps: Dependencies, visitor: Visitor, token: str) -> SignedIn | SecondStepRequired:
    """Use a link, once, and sign its login in.

    Raises LinkExpired when it is used, expired, replaced, cancelled or unknown; RateLimited when this address tries too
    often. ASVS 6.5.1.
    """
    await check_limit(deps, Limits.LINK_PER_IP, network_of(visitor.ip))
    token_hash = hash_token(token)
    async with unit_of_work(deps) as work:
        await claims.lock_login_of_token(token_hash)
        claimed = await claims.claim_token(token_hash, SIGNS_IN, work.now)
        if claimed is not None:
            method = METHODS[Purpose(claimed.purpose)]
            if method is SignInMethod.MAGIC_LINK and claimed.was_mailed:
                method = SignInMethod.LOGIN_EMAIL
            return await sign_in.complete(
                work,
                claimed.login_id,
                visitor,
                method=method,
                contact_id=claimed.contact_id,
                token_id=claimed.id,
                leads_to_id=claimed.leads_to_id,
            )
    raise LinkExpired(why_dead(await OneTimeToken.get_or_none(token_hash=token_hash), deps.clock.now()))


@deed
async def ask_for_new_link(deps: Dependencies, visitor: Visitor, token: str) -> None:
    """From the page of a dead link: mail a new one to the address on file, which leads where that one did.

    Nothing tells whether there is one (R41).
    """
    row = await OneTimeToken.get_or_none(token_hash=hash_token(token), purpose__in=SIGNS_IN).select_related('login')
    address = row.login.email if row is not None and row.login is not None else ''
    await ask_for_sign_in(deps, visitor, address, leads_to_id=row.leads_to_id if row else None)


@deed
async def make_magic_link(
    deps: Dependencies, actor: StaffActor, contact_id: int, *, leads_to_id: int | None = None
) -> MagicLink:
    """A link for one contact, to hand over by other means. Can be made again at any time; three live ones at most (R8).

    `leads_to_id` is what of the portal's home it leads to, which this contact has to see. It travels with the token,
    never in the address. Raises ContactNotFound, NoAddress, NoAccess, HomeItemNotFound, RateLimited, NotAllowed,
    SignedOut.
    """
    await authorise(deps, actor, Permission.MAKE_LINKS)
    await check_staff_budget(deps, actor)
    async with unit_of_work(deps) as work:
        contact = await held_contact(contact_id)
        if contact is None:
            raise ContactNotFound(contact_id)
        if contact.email is None:
            raise NoAddress(contact.id, contact.name)
        if not contact.portal_access:
            raise NoAccess(contact.id, contact.name)
        if leads_to_id is not None and not await items_any_sees([contact.id], leads_to_id):
            raise HomeItemNotFound(leads_to_id)
        login = await login_for(work, contact.email)
        await claims.lock_login(login.id)
        settings = await PortalSettings.get(id=1)
        lifetime = timedelta(minutes=settings.sign_in_link_minutes)
        issued = await issue(
            work,
            Purpose.SIGN_IN,
            lifetime,
            login_id=login.id,
            email=login.email,
            contact_id=contact.id,
            made_by_id=actor.staff_id,
            leads_to_id=leads_to_id,
        )
        await record(work, AuditKind.LINK_MADE, actor, contact=contact)
    return MagicLink(link_url(deps, issued.token), issued.id, contact.id, contact.name, issued.expires_at, lifetime)
