"""What every change of a second factor is made of: the holder held, wrong codes on record, a session in place of the
one before, the recovery codes that wait in it, and the end of everything else that was open (R34, R37, R59)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from domain.access import recovery_codes, sessions
from domain.access.code_check import (
    FittingCode,
    count_try,
    digits_of,
    fitting_step,
    look_at_code,
    wait_after_try,
)
from domain.access.holders import Holder, seal
from domain.access.joining import close_invitations_of_login
from domain.access.one_time_tokens import hash_token, void_of_login, void_of_staff
from domain.access.second_factor_notices import note
from domain.actors import ClientActor, StaffActor, Visitor
from domain.audit import AuditKind
from domain.dependencies import Dependencies
from domain.errors import DeadLink, SecondFactorWrong, SignedOut
from domain.events import StaffSessionsEnded
from domain.unit_of_work import Work, unit_of_work
from storage import claims as access_claims
from storage import second_factor_claims as claims
from storage import staff_claims
from storage.models import ClientSession, StaffMember, StaffSession

Owner = ClientActor | StaffActor


async def lock(holder: Holder) -> None:
    """Hold the login or the staff member until the transaction ends."""
    await (access_claims.lock_login(holder.id) if holder.kind == 'login' else claims.lock_staff(holder.id))


async def looked_at(deps: Dependencies, actor: Owner, holder: Holder, code: str) -> FittingCode:
    """`look_at_code`, with its refusal on record. Raises what that raises."""
    async with _refusal_on_record(deps, actor, holder):
        return await look_at_code(deps, holder, code)


async def step_of_new_secret(deps: Dependencies, actor: Owner, holder: Holder, secret: str, code: str) -> int:
    """When an app that was just given this secret showed the code, which proves that it has it (R27): in steps of 30
    seconds. A try like any other. Raises SecondFactorWrong, also where no secret waits, and RateLimited."""
    await count_try(deps, holder)
    async with _refusal_on_record(deps, actor, holder):
        if not secret:
            raise SecondFactorWrong()
        return fitting_step(secret, digits_of(code), deps.clock.now(), is_theirs=True)


@asynccontextmanager
async def _refusal_on_record(deps: Dependencies, actor: Owner, holder: Holder) -> AsyncIterator[None]:
    """A code that is wrong is written down, and raised with how long to wait, if that is so (R59)."""
    try:
        yield
    except SecondFactorWrong as error:
        error.wait = await wait_after_try(deps, holder)
        async with unit_of_work(deps) as work:
            await note(work, AuditKind.TWO_FACTOR_REFUSED, actor, holder, outcome='refused')
        raise


async def start_over(work: Work, actor: Owner, holder: Holder, visitor: Visitor, reason: str) -> str:
    """Ten new recovery codes that wait in a new session of this browser; the raw id of that. Everything else that was
    open is over, for this reason. Raises SignedOut."""
    codes = recovery_codes.new_codes(work.deps)
    await recovery_codes.replace_codes(work, holder, codes)
    raw, session_id = await _replace_session(work, actor, visitor)
    await seal_codes(work, holder, session_id, codes)
    await end_the_rest(work, holder, session_id, reason)
    return raw


async def _replace_session(work: Work, actor: Owner, visitor: Visitor) -> tuple[str, int]:
    """A session in place of the actor's own, which began when that one did and ends no later (R34, R35). A code of a
    secret that was given out a moment ago proves nothing about who this is, so it is no fresher either (R19, R38)."""
    if isinstance(actor, StaffActor):
        staff, before = await StaffMember.get(id=actor.staff_id), await StaffSession.get_or_none(id=actor.session_id)
        if before is None:
            raise SignedOut()
        raw = await sessions.start_staff_session(work, staff, visitor)
        row = await StaffSession.get(token_hash=hash_token(raw))
        await StaffSession.filter(id=row.id).update(
            created_at=before.created_at,
            proved_at=before.proved_at,
            expires_at=min(before.expires_at, row.expires_at),
        )
        return raw, row.id
    was = await ClientSession.get_or_none(id=actor.session_id)
    if was is None:
        raise SignedOut()
    raw, session_id = await sessions.start_client_session(work, actor.login_id, was.contact_id, visitor, was.method)
    now_is = await ClientSession.get(id=session_id)
    await ClientSession.filter(id=session_id).update(
        created_at=was.created_at, proved_at=was.proved_at, expires_at=min(was.expires_at, now_is.expires_at)
    )
    return raw, session_id


async def seal_codes(work: Work, holder: Holder, session_id: int, codes: tuple[str, ...]) -> None:
    """They wait in this session for `read_new_codes`. Raises SignedOut when it is over."""
    before = await claims.sealed_of(holder.kind, session_id)
    sealed = seal(work.deps, holder, session_id, 'codes', ' '.join(codes))
    if not await claims.put_sealed(holder.kind, session_id, sealed, before=before):
        raise SignedOut()


async def end_the_rest(work: Work, holder: Holder, session_id: int, reason: str) -> None:
    """Every other session of the holder, its links and its half-finished sign-ins are over (R13, R37)."""
    if holder.kind == 'login':
        await close_invitations_of_login(work, holder.id)
        await void_of_login(work, DeadLink.CANCELLED, holder.id)
        await claims.void_pending_of_login(holder.id)
        await sessions.end_sessions_of_login(work, holder.id, but=session_id, reason=reason)
        return
    await void_of_staff(work, DeadLink.CANCELLED, holder.id)
    await claims.void_pending_of_staff(holder.id)
    ended = await staff_claims.delete_staff_sessions(holder.id, but=session_id)
    if ended:
        work.tell(StaffSessionsEnded(tuple(ended)))
