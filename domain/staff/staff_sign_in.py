"""How staff prove who they are: at the door, and again before what is sensitive (R38)."""

from domain.access import sessions
from domain.access.code_check import check_code, wait_after_try
from domain.access.holders import holder_of
from domain.access.passwords import NO_ADDRESS, as_typed, count_password_try
from domain.access.rate_limits import Limits
from domain.access.second_step import begin_staff_second_step
from domain.access.sign_in import SecondStepRequired
from domain.actors import StaffActor, Visitor
from domain.addresses import normalise_address
from domain.audit import AuditKind, record
from domain.authorization import authorise_oneself
from domain.dependencies import Dependencies
from domain.errors import AddressInvalid, PasswordWrong, SecondFactorWrong, SignInRefused, TwoFactorIsOff
from domain.events import TeamChanged
from domain.unit_of_work import deed, unit_of_work
from storage import second_factor_claims
from storage.models import StaffMember, StaffSession


@deed
async def sign_in_staff(deps: Dependencies, visitor: Visitor, email: str, password: str) -> str | SecondStepRequired:
    """Sign a staff member in; the raw session, or the half of it where a second factor is set up (R29).

    Costs the same for an address nobody has (R42). Raises SignInRefused, RateLimited (5 failures in 5 minutes per
    address, 10 a minute per network; R43, R44), Busy.
    """
    try:
        address = normalise_address(email)
    except AddressInvalid:
        address = ''  # nobody has it; what follows is the same
    tried = await count_password_try(deps, visitor.ip, f'staff:{address or NO_ADDRESS}')
    staff = await StaffMember.get_or_none(email=address, disabled_at=None)
    if not await tried.fits(staff.password_hash or None if staff else None, password) or staff is None:
        async with unit_of_work(deps) as work:
            await record(
                work,
                AuditKind.STAFF_SIGN_IN_REFUSED,
                visitor,
                staff_id=staff.id if staff else None,
                outcome='refused',
                actor_name=staff.name if staff else '',
            )
        raise SignInRefused(await tried.wait())
    stronger = await deps.hasher.hash(as_typed(password)) if deps.hasher.needs_rehash(staff.password_hash) else ''
    async with unit_of_work(deps) as work:
        await second_factor_claims.lock_staff(staff.id)
        same = StaffMember.filter(id=staff.id, password_hash=staff.password_hash, disabled_at=None)
        now_is = await same.first()
        if now_is is None:  # disabled, or the password changed, while it was hashed
            raise SignInRefused()
        if stronger:
            await same.update(password_hash=stronger)
        if now_is.totp_enrolled_at is not None:
            return await begin_staff_second_step(work, now_is, visitor)
        await StaffMember.filter(id=staff.id).update(last_sign_in_at=work.now)
        await record(work, AuditKind.STAFF_SIGNED_IN, visitor, staff_id=staff.id, actor_name=staff.name)
        work.tell(TeamChanged((staff.id,)))
        return await sessions.start_staff_session(work, now_is, visitor)


@deed
async def confirm_sign_in(deps: Dependencies, actor: StaffActor, password: str, code: str = '') -> None:
    """Prove once more who sits at this browser, so that what asks for a fresh sign-in goes on (R38).

    `code` is asked of a member with a second factor. The session stays the same, and so do its open pages. Limited as a
    sign-in is, but the password counted apart from it, so that nobody without the session can lock it (R43, R25, R48).
    Raises PasswordWrong, SecondFactorWrong, RateLimited, Busy, SignedOut.
    """
    await authorise_oneself(deps, actor, held=True)
    await check_own_password(deps, actor, password)
    await _check_own_code(deps, actor, code)
    async with unit_of_work(deps) as work:
        await StaffSession.filter(id=actor.session_id).update(proved_at=work.now)
        await record(work, AuditKind.STAFF_CONFIRMED, actor, staff_id=actor.staff_id)


async def _check_own_code(deps: Dependencies, actor: StaffActor, code: str) -> None:
    try:
        await check_code(deps, actor, holder_of(actor), code)
    except TwoFactorIsOff:
        return  # the password is all there is
    except SecondFactorWrong as error:
        error.wait = await wait_after_try(deps, holder_of(actor))
        async with unit_of_work(deps) as work:
            await record(work, AuditKind.STAFF_TWO_FACTOR_REFUSED, actor, staff_id=actor.staff_id, outcome='refused')
        raise


async def check_own_password(deps: Dependencies, actor: StaffActor, password: str) -> str:
    """Whether the member knows its password; limited like a sign-in. Raises PasswordWrong, RateLimited, Busy.

    Returns the hash it fits. Runs outside of any unit of work: a refusal is counted, and told in the audit log.
    """
    tried = await count_password_try(deps, actor.ip, f'staff:{actor.staff_id}', Limits.OWN_PASSWORD)
    staff = await StaffMember.get_or_none(id=actor.staff_id)
    if staff is None or not await tried.fits(staff.password_hash or None, password):
        async with unit_of_work(deps) as work:
            await record(work, AuditKind.STAFF_CONFIRMATION_REFUSED, actor, staff_id=actor.staff_id, outcome='refused')
        raise PasswordWrong(await tried.wait())
    return staff.password_hash
