"""Signing in with a password: the same work, the same answer and the same time for every address (R41, R42)."""

from domain.access import sign_in
from domain.access.passwords import NO_ADDRESS, as_typed, count_password_try
from domain.access.security_policy import policy_at
from domain.access.sign_in import SecondStepRequired, SignedIn, SignInMethod
from domain.access.unknown_addresses import note_unknown_address
from domain.actors import Visitor
from domain.addresses import normalise_address
from domain.audit import AuditKind, record
from domain.dependencies import Dependencies
from domain.errors import AddressInvalid, LinkExpired, PasswordsOff, SignInRefused
from domain.unit_of_work import deed, unit_of_work
from storage import claims
from storage.models import Login
from storage.password_rows import PasswordRow, open_login_with_password, password_hash_of


@deed
async def sign_in_with_password(
    deps: Dependencies, visitor: Visitor, email: str, password: str
) -> SignedIn | SecondStepRequired:
    """Sign in with address and password.

    Raises SignInRefused for everything that does not fit (R41): unknown, revoked, without a password, mistyped;
    RateLimited after 5 failures in 5 minutes for one address or 10 tries a minute from one network (R43, R44), which
    touches neither link nor reset (R48); Busy when too many wait for the hasher already (R18); PasswordsOff, whatever
    the address, where the firm lets clients in by link only.
    """
    await _while_passwords_work(deps)
    try:
        address = normalise_address(email)
    except AddressInvalid:
        address = ''  # nobody has it; what follows is the same
    tried = await count_password_try(deps, visitor.ip, address or NO_ADDRESS)
    login = await open_login_with_password(address)
    fits = await tried.fits(login.hashed if login else None, password)
    if login is None or login.hashed is None or not fits:
        await _note_refusal(deps, visitor, address, login)
        raise SignInRefused(await tried.wait())
    stronger = await deps.hasher.hash(as_typed(password)) if deps.hasher.needs_rehash(login.hashed) else ''
    async with unit_of_work(deps) as work:
        await claims.lock_login(login.login_id)
        if await password_hash_of(login.login_id) != login.hashed:
            raise SignInRefused()  # it was changed while we looked: the old one lets nobody in
        if stronger:
            await Login.filter(id=login.login_id).update(password_hash=stronger)
        try:  # which looks once more whether passwords work
            return await sign_in.complete(work, login.login_id, visitor, method=SignInMethod.PASSWORD)
        except LinkExpired as error:  # access was revoked while we looked
            raise SignInRefused() from error


async def _while_passwords_work(deps: Dependencies) -> None:
    if not (await policy_at(deps.clock.now())).passwords_work:
        raise PasswordsOff()


async def _note_refusal(deps: Dependencies, visitor: Visitor, address: str, login: PasswordRow | None) -> None:
    """One transaction either way (R42): a line in the audit log, or one among the addresses that nobody bears."""
    if login is None:
        if address:
            await note_unknown_address(deps, visitor, address)
        return
    async with unit_of_work(deps) as work:
        await record(
            work,
            AuditKind.SIGN_IN_REFUSED,
            visitor,
            login_id=login.login_id,
            outcome='refused',
            actor_name=login.contact_name,
            method=SignInMethod.PASSWORD.value,
        )
