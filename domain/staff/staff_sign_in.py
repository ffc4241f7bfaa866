"""How staff prove who they are: at the door, and again before what is sensitive (R38)."""

import unicodedata

from domain.access import sessions
from domain.access.rate_limits import Limits, check_limit, forgive, network_of
from domain.actors import StaffActor, Visitor
from domain.addresses import normalise_address
from domain.audit import AuditKind, record
from domain.authorization import authorise_oneself
from domain.dependencies import Dependencies
from domain.errors import AddressInvalid, PasswordWrong, SignInRefused
from domain.unit_of_work import deed, unit_of_work
from storage.models import StaffMember, StaffSession

MOST_TYPED = 1_024  # characters; a longer password cannot be right (R14)


@deed
async def sign_in_staff(deps: Dependencies, visitor: Visitor, email: str, password: str) -> str:
    """Sign a staff member in; the raw session. Costs the same for an address nobody has (R42).

    Raises SignInRefused, RateLimited (5 failures in 5 minutes per address, 10 a minute per network; R43, R44), Busy.
    """
    try:
        address = normalise_address(email)
    except AddressInvalid:
        address = ''  # nobody has it; what follows is the same
    who = await _counted(deps, visitor.ip, address or email.strip().lower())
    staff = await StaffMember.get_or_none(email=address, disabled_at=None)
    typed = _as_typed(password)
    fits = await deps.hasher.verify(staff.password_hash or None if staff else None, typed)
    if staff is None or not fits:
        async with unit_of_work(deps) as work:
            await record(
                work,
                AuditKind.STAFF_SIGN_IN_REFUSED,
                visitor,
                staff_id=staff.id if staff else None,
                outcome='refused',
                actor_name=staff.name if staff else '',
            )
        raise SignInRefused()
    await _forgiven(deps, visitor.ip, who)
    stronger = await deps.hasher.hash(typed) if deps.hasher.needs_rehash(staff.password_hash) else ''
    async with unit_of_work(deps) as work:
        await StaffMember.filter(id=staff.id).update(last_sign_in_at=work.now)
        if stronger:  # unless the password was changed meanwhile
            await StaffMember.filter(id=staff.id, password_hash=staff.password_hash).update(password_hash=stronger)
        await record(work, AuditKind.STAFF_SIGNED_IN, visitor, staff_id=staff.id, actor_name=staff.name)
        return await sessions.start_staff_session(work, staff, visitor)


@deed
async def confirm_sign_in(deps: Dependencies, actor: StaffActor, password: str) -> None:
    """Prove once more who sits at this browser, so that what asks for a fresh sign-in goes on (R38).

    The session stays the same, and so do its open pages. Limited as a sign-in is, and counted with it (R43).
    Raises PasswordWrong, RateLimited, Busy, SignedOut.
    """
    await authorise_oneself(deps, actor, held=True)
    await check_own_password(deps, actor, password)
    async with unit_of_work(deps) as work:
        await StaffSession.filter(id=actor.session_id).update(proved_at=work.now)
        await record(work, AuditKind.STAFF_CONFIRMED, actor, staff_id=actor.staff_id)


async def check_own_password(deps: Dependencies, actor: StaffActor, password: str) -> None:
    """Whether the member knows its password; counted as a sign-in. Raises PasswordWrong, RateLimited, Busy.

    Runs outside of any unit of work: a refusal is counted, and told in the audit log.
    """
    who = await _counted(deps, actor.ip, actor.email)
    staff = await StaffMember.get_or_none(id=actor.staff_id)
    if not await deps.hasher.verify(staff.password_hash or None if staff else None, _as_typed(password)):
        async with unit_of_work(deps) as work:
            await record(work, AuditKind.STAFF_CONFIRMED, actor, staff_id=actor.staff_id, outcome='refused')
        raise PasswordWrong()
    await _forgiven(deps, actor.ip, who)


async def _counted(deps: Dependencies, ip: str, address: str) -> str:
    """Count one try of a password; by what name the login is counted."""
    who = f'staff:{address}'
    await check_limit(deps, Limits.PASSWORD_PER_IP, network_of(ip))
    await check_limit(deps, Limits.PASSWORD_PER_LOGIN, who)
    return who


async def _forgiven(deps: Dependencies, ip: str, who: str) -> None:
    await forgive(deps, Limits.PASSWORD_PER_IP, network_of(ip))
    await forgive(deps, Limits.PASSWORD_PER_LOGIN, who)


def _as_typed(password: str) -> str:
    return unicodedata.normalize('NFKC', password)[: MOST_TYPED + 1]
