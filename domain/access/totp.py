"""The second factor of a login or a staff member: setting it up, its codes, turning it off (R22 to R28)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from domain.access import recovery_codes, sessions
from domain.access.code_check import (
    CodeKind,
    FittingCode,
    check_code,
    count_try,
    digits_of,
    enrolment_uri,
    fitting_step,
    forgive_all_tries,
    forgive_try,
    look_at_code,
    new_secret,
    use_code,
)
from domain.access.holders import Holder, holder_of, read_sealed, seal
from domain.access.joining import close_invitations_of_login
from domain.access.one_time_tokens import hash_token, void_of_login, void_of_staff
from domain.access.second_factor_notices import changed, mail_about, note
from domain.access.security_policy import policy_at
from domain.actors import ClientActor, StaffActor, Visitor
from domain.audit import AuditKind
from domain.authorization import authorise_client, authorise_oneself
from domain.dependencies import Dependencies
from domain.errors import DeadLink, SecondFactorNeeded, SecondFactorWrong, SignedOut, TwoFactorIsOn, TwoFactorRequired
from domain.events import StaffSessionsEnded
from domain.language import gettext as _
from domain.unit_of_work import Work, deed, unit_of_work
from storage import claims as access_claims
from storage import second_factor_claims as claims
from storage import staff_claims
from storage.models import ClientSession, PortalSettings, StaffMember, StaffSession

__all__ = [
    'CodeKind', 'Enrolment', 'Holder', 'SecondFactor', 'TurnedOn', 'begin_enrolment', 'check_code',
    'forget_new_codes', 'forget_second_factor', 'holder_of', 'make_new_codes', 'read_new_codes', 'read_second_factor',
    'turn_off', 'turn_on',
]  # fmt: skip
Owner = ClientActor | StaffActor


@dataclass(frozen=True)
class Enrolment:
    """What an authenticator app is given: the secret in base32, and the same in an `otpauth:` address."""

    secret: str
    uri: str


@dataclass(frozen=True)
class TurnedOn:
    """It is on, and the browser has a new session, which goes into its cookie and nowhere else (R34)."""

    raw_session: str


@dataclass(frozen=True)
class SecondFactor:
    """How it stands. `since` is None while it is off; `is_required` when it may not be turned off."""

    since: datetime | None
    codes_left: int
    is_required: bool

    @property
    def is_on(self) -> bool:
        return self.since is not None


async def read_second_factor(deps: Dependencies, actor: Owner) -> SecondFactor:
    """How the actor's own stands; also while its session is held. Raises SignedOut."""
    await _authorise(deps, actor, held=True)
    holder = holder_of(actor)
    row = await claims.second_factor_of(holder.kind, holder.id)
    return SecondFactor(
        since=row.enrolled_at if row else None,
        codes_left=await recovery_codes.codes_left(holder) if row else 0,
        is_required=await _is_required(deps, holder),
    )


@deed
async def begin_enrolment(deps: Dependencies, actor: Owner) -> Enrolment:
    """A secret for this browser to confirm, the same until it is; only the session keeps it, sealed, and it opens
    nothing yet. Raises TwoFactorIsOn, SignInNotFresh, SignedOut."""
    await _authorise_enrolment(deps, actor)
    holder = holder_of(actor)
    if await claims.second_factor_of(holder.kind, holder.id) is not None:
        raise TwoFactorIsOn()
    secret = await _secret_being_enrolled(deps, holder, actor.session_id)
    firm_name = (await PortalSettings.get(id=1)).firm_name or _('Client Portal')
    return Enrolment(secret, enrolment_uri(secret, issuer=firm_name, label=holder.email))


async def _secret_being_enrolled(deps: Dependencies, holder: Holder, session_id: int) -> str:
    before = await claims.sealed_of(holder.kind, session_id)
    known = await read_sealed(deps, holder, session_id, 'secret')
    if known:
        return known
    secret = new_secret(deps)
    if await claims.put_sealed(
        holder.kind, session_id, seal(deps, holder, session_id, 'secret', secret), before=before
    ):
        return secret
    known = await read_sealed(deps, holder, session_id, 'secret')  # of another tab, which was faster
    if not known:
        raise SignedOut()
    return known


@deed
async def turn_on(deps: Dependencies, actor: Owner, visitor: Visitor, code: str) -> TurnedOn:
    """Turn it on with a code that proves that the app has the secret (R27).

    The browser gets a new session, every other one and every link of the holder ends, and the address is told (R34,
    R37). Ten recovery codes wait in the new session for `read_new_codes`.
    Raises SecondFactorWrong, RateLimited, TwoFactorIsOn, SignInNotFresh, SignedOut.
    """
    await _authorise_enrolment(deps, actor)
    holder = holder_of(actor)
    if await claims.second_factor_of(holder.kind, holder.id) is not None:
        raise TwoFactorIsOn()
    await count_try(deps, holder)
    secret = await read_sealed(deps, holder, actor.session_id, 'secret')
    async with _refusal_on_record(deps, actor, holder):
        if not secret:
            raise SecondFactorWrong()
        step = fitting_step(secret, digits_of(code), deps.clock.now(), is_theirs=True)
    codes = recovery_codes.new_codes(deps)
    async with unit_of_work(deps) as work:
        await _lock(holder)
        if not await claims.enrol(holder.kind, holder.id, deps.cipher.encrypt(secret, holder.bound_to), step, work.now):
            raise TwoFactorIsOn()
        await recovery_codes.replace_codes(work, holder, codes)
        raw, session_id = await _new_session(work, actor, visitor)
        await _seal_codes(work, holder, session_id, codes)
        await _end_the_rest(work, holder, session_id, 'two-factor on')
        await note(work, AuditKind.TWO_FACTOR_ON, actor, holder)
        await mail_about(
            work,
            holder,
            lambda: (
                _('Two-factor authentication is on'),
                _('Two-factor authentication was turned on for your sign-in. Your other devices were signed out.'),
            ),
        )
        work.tell(changed(holder))
    await forgive_all_tries(holder)
    return TurnedOn(raw)


@deed
async def read_new_codes(deps: Dependencies, actor: Owner) -> tuple[str, ...]:
    """The recovery codes that were just made for this browser, until `forget_new_codes`, or for ten minutes (R28). A
    phone that left for another app finds them again. Empty when none wait.

    Raises SignedOut.
    """
    await _authorise(deps, actor, held=True)
    holder = holder_of(actor)
    codes = await read_sealed(deps, holder, actor.session_id, 'codes')
    if not codes:
        return ()
    made_at = await claims.codes_made_at(holder.kind, holder.id)
    if made_at is None or made_at + recovery_codes.SHOWN_FOR <= deps.clock.now():
        await _scrub(holder, actor.session_id)
        return ()
    return tuple(codes.split())


@deed
async def forget_new_codes(deps: Dependencies, actor: Owner) -> None:
    """They are saved: nothing can show them any more (R28). Nothing happens when none wait. Raises SignedOut."""
    await _authorise(deps, actor, held=True)
    holder = holder_of(actor)
    if await read_sealed(deps, holder, actor.session_id, 'codes'):
        await _scrub(holder, actor.session_id)


async def _scrub(holder: Holder, session_id: int) -> None:
    sealed = await claims.sealed_of(holder.kind, session_id)
    if sealed:
        await claims.take_sealed(holder.kind, session_id, sealed)


@deed
async def make_new_codes(deps: Dependencies, actor: Owner, code: str) -> None:
    """Ten new recovery codes in place of the old ones, waiting in this session for `read_new_codes` (R28).

    The code stands for a fresh sign-in, for this alone (R38).
    Raises SecondFactorWrong, RateLimited, TwoFactorIsOff, SignedOut.
    """
    await _authorise(deps, actor)
    holder = holder_of(actor)
    fitting = await _looked_at(deps, actor, holder, code)
    codes = recovery_codes.new_codes(deps)
    async with unit_of_work(deps) as work:
        await _lock(holder)
        await use_code(work, actor, holder, fitting)
        await recovery_codes.replace_codes(work, holder, codes)
        await claims.unseal(holder.kind, holder.id)  # what another browser still shows works no more
        await _seal_codes(work, holder, actor.session_id, codes)
        await note(work, AuditKind.RECOVERY_CODES_MADE, actor, holder)
        await mail_about(
            work,
            holder,
            lambda: (
                _('New recovery codes'),
                _('New recovery codes were made for your sign-in. The ones before them no longer work.'),
            ),
        )
        work.tell(changed(holder))
    await forgive_try(deps, holder)


@deed
async def turn_off(deps: Dependencies, actor: Owner, code: str) -> None:
    """Turn it off with a code, which stands for a fresh sign-in, for this alone (R38). Other sessions and pending links
    end (R37).

    Raises TwoFactorRequired, SecondFactorWrong, RateLimited, TwoFactorIsOff, SignedOut.
    """
    await _authorise(deps, actor)
    holder = holder_of(actor)
    if await _is_required(deps, holder):
        raise TwoFactorRequired()
    fitting = await _looked_at(deps, actor, holder, code)
    async with unit_of_work(deps) as work:
        await _lock(holder)
        await use_code(work, actor, holder, fitting)
        await forget_second_factor(work, holder)
        await _end_the_rest(work, holder, actor.session_id, 'two-factor off')
        await note(work, AuditKind.TWO_FACTOR_OFF, actor, holder)
        await mail_about(
            work,
            holder,
            lambda: (
                _('Two-factor authentication is off'),
                _('Two-factor authentication was turned off for your sign-in. Your other devices were signed out.'),
            ),
        )
    await forgive_try(deps, holder)


async def forget_second_factor(work: Work, holder: Holder) -> bool:
    """Inside a unit of work that holds the login or staff member: nothing is left of it, neither secret nor recovery
    codes nor half-finished sign-ins; whether it was on. Sessions, audit row and mail are the caller's."""
    was_on = await claims.forget(holder.kind, holder.id)
    work.tell(changed(holder))
    return was_on


# ── Beneath ──────────────────────────────────────────────────────────────────


async def _authorise(deps: Dependencies, actor: Owner, *, held: bool = False) -> None:
    if isinstance(actor, StaffActor):
        await authorise_oneself(deps, actor, held=held)
    else:
        await authorise_client(deps, actor, held=held)


async def _authorise_enrolment(deps: Dependencies, actor: Owner) -> None:
    """It asks for a fresh sign-in (R38), or whoever finds a browser left open could lock its owner out. But not while
    the session is held: then nothing else opens, and the sign-in is what led here."""
    try:
        if isinstance(actor, StaffActor):
            await authorise_oneself(deps, actor, fresh=True)
        else:
            await authorise_client(deps, actor, fresh=True)
    except SecondFactorNeeded:
        await _authorise(deps, actor, held=True)


async def _is_required(deps: Dependencies, holder: Holder) -> bool:
    policy = await policy_at(deps.clock.now())
    return policy.second_factor_required if holder.kind == 'login' else policy.staff_two_factor_required


async def _lock(holder: Holder) -> None:
    await (access_claims.lock_login(holder.id) if holder.kind == 'login' else claims.lock_staff(holder.id))


async def _looked_at(deps: Dependencies, actor: Owner, holder: Holder, code: str) -> FittingCode:
    async with _refusal_on_record(deps, actor, holder):
        return await look_at_code(deps, holder, code)


@asynccontextmanager
async def _refusal_on_record(deps: Dependencies, actor: Owner, holder: Holder) -> AsyncIterator[None]:
    """A code that is wrong is written down, and raised (R59)."""
    try:
        yield
    except SecondFactorWrong:
        async with unit_of_work(deps) as work:
            await note(work, AuditKind.TWO_FACTOR_REFUSED, actor, holder, outcome='refused')
        raise


async def _new_session(work: Work, actor: Owner, visitor: Visitor) -> tuple[str, int]:
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


async def _seal_codes(work: Work, holder: Holder, session_id: int, codes: tuple[str, ...]) -> None:
    before = await claims.sealed_of(holder.kind, session_id)
    sealed = seal(work.deps, holder, session_id, 'codes', ' '.join(codes))
    if not await claims.put_sealed(holder.kind, session_id, sealed, before=before):
        raise SignedOut()


async def _end_the_rest(work: Work, holder: Holder, session_id: int, reason: str) -> None:
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
