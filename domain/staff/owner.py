"""The first owner: by the link that the terminal prints, or from the terminal itself (R61)."""

from datetime import timedelta

from domain.access import sessions
from domain.access.one_time_tokens import Purpose, hash_token, issue, void_of_purpose
from domain.access.password_strength import guessed_words
from domain.access.passwords import checked_password
from domain.access.rate_limits import Limits, check_limit, network_of
from domain.access.security_policy import LEAST_PASSWORD
from domain.actors import Role, SystemActor, Visitor
from domain.addresses import normalise_address
from domain.audit import AuditKind, record
from domain.dependencies import Dependencies
from domain.errors import DeadLink, SetupClosed, StaffAddressTaken
from domain.texts import one_line
from domain.unit_of_work import Work, deed, unit_of_work
from storage import claims, staff_claims
from storage.models import OneTimeToken, PortalSettings, StaffMember
from storage.security_claims import lock_settings

SETUP_LIFETIME = timedelta(days=7)


async def is_set_up() -> bool:
    """Whether the firm has its first owner."""
    return (await PortalSettings.get(id=1)).setup_closed_at is not None


@deed
async def open_setup(deps: Dependencies) -> str | None:
    """A fresh token for `/setup` while there is no owner; older ones die. None once the set-up is closed (R61)."""
    async with unit_of_work(deps) as work:
        if await is_set_up():
            return None
        await void_of_purpose(work, DeadLink.REPLACED, Purpose.SETUP)
        return (await issue(work, Purpose.SETUP, SETUP_LIFETIME)).token


async def setup_token_is_good(deps: Dependencies, token: str) -> bool:
    """Whether this is the token that was printed and the set-up is still open. Writes nothing."""
    return (
        not await is_set_up()
        and await OneTimeToken.filter(
            token_hash=hash_token(token),
            purpose=Purpose.SETUP.value,
            used_at=None,
            voided_at=None,
            expires_at__gt=deps.clock.now(),
        ).exists()
    )


@deed
async def set_up(
    deps: Dependencies, visitor: Visitor, token: str, *, name: str, email: str, password: str, firm_name: str = ''
) -> str:
    """Create the first owner with the printed token, close the set-up and sign the owner in; the raw staff session.

    Raises SetupClosed, TextInvalid, AddressInvalid, PasswordTooShort, PasswordTooLong, PasswordTooWeak, RateLimited,
    Busy.
    """
    await check_limit(deps, Limits.SETUP_PER_IP, network_of(visitor.ip))
    if not await setup_token_is_good(deps, token):
        raise SetupClosed()
    clean_name, address = one_line(name, 'name', needed=True), normalise_address(email)
    firm = one_line(firm_name, 'firm_name', longest=120)
    words = guessed_words(clean_name, address, firm)
    hashed = await deps.hasher.hash(await checked_password(password, least=LEAST_PASSWORD, words=words))
    async with unit_of_work(deps) as work:
        if await claims.claim_token(hash_token(token), (Purpose.SETUP.value,), work.now) is None:
            raise SetupClosed()
        if not await claims.close_setup(work.now):
            raise SetupClosed()
        staff = await _insert_owner(work, visitor, clean_name, address, hashed)
        await StaffMember.filter(id=staff.id).update(last_sign_in_at=work.now)
        if firm:
            await PortalSettings.filter(id=1).update(firm_name=firm, firm_named_at=work.now)
        return await sessions.start_staff_session(work, staff, visitor)


@deed
async def create_owner(deps: Dependencies, *, name: str, email: str, password: str) -> int:
    """Create an owner from the terminal, which closes `/setup`; the id of the new staff member.

    Raises StaffAddressTaken, TextInvalid, AddressInvalid, PasswordTooShort, PasswordTooLong, PasswordTooWeak.
    """
    clean_name, address = one_line(name, 'name', needed=True), normalise_address(email)
    words = guessed_words(clean_name, address)
    hashed = await deps.hasher.hash(await checked_password(password, least=LEAST_PASSWORD, words=words))
    async with unit_of_work(deps) as work:
        await lock_settings()  # by it two terminals wait for each other, and by the team whoever invites that address
        await staff_claims.lock_team()
        await claims.close_setup(work.now)
        await void_of_purpose(work, DeadLink.CANCELLED, Purpose.SETUP)
        return int((await _insert_owner(work, SystemActor('Terminal'), clean_name, address, hashed)).id)


async def _insert_owner(work: Work, actor: Visitor | SystemActor, name: str, email: str, hashed: str) -> StaffMember:
    if await StaffMember.filter(email=email).exists():
        raise StaffAddressTaken()
    staff = await StaffMember.create(
        name=name,
        email=email,
        role=Role.OWNER.value,
        password_hash=hashed,
        password_set_at=work.now,
        created_at=work.now,
    )
    await record(work, AuditKind.OWNER_CREATED, actor, staff_id=staff.id, actor_name=name)
    return staff
