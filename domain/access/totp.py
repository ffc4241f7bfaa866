"""The second factor of a login or a staff member: setting it up, its codes, turning it off (R22 to R28)."""

from dataclasses import dataclass
from datetime import datetime

from domain.access import recovery_codes
from domain.access.code_check import (
    CodeKind,
    check_code,
    enrolment_uri,
    forgive_all_tries,
    forgive_try,
    new_secret,
    use_code,
)
from domain.access.holders import Holder, holder_of, read_sealed, seal
from domain.access.second_factor_change import (
    Owner,
    end_the_rest,
    lock,
    looked_at,
    seal_codes,
    start_over,
    step_of_new_secret,
)
from domain.access.second_factor_notices import changed, mail_about, note
from domain.access.security_policy import policy_at
from domain.actors import StaffActor, Visitor
from domain.audit import AuditKind
from domain.authorization import authorise_client, authorise_oneself
from domain.dependencies import Dependencies
from domain.errors import SecondFactorNeeded, SignedOut, TwoFactorIsOn, TwoFactorRequired
from domain.language import gettext as _
from domain.unit_of_work import Work, deed, unit_of_work
from storage import second_factor_claims as claims
from storage.models import PortalSettings

__all__ = [
    'CodeKind', 'Enrolment', 'Holder', 'SecondFactor', 'TurnedOn', 'begin_enrolment', 'check_code',
    'forget_new_codes', 'forget_second_factor', 'holder_of', 'make_new_codes', 'read_new_codes', 'read_second_factor',
    'turn_off', 'turn_on',
]  # fmt: skip


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
    secret = await read_sealed(deps, holder, actor.session_id, 'secret')
    step = await step_of_new_secret(deps, actor, holder, secret, code)
    async with unit_of_work(deps) as work:
        await lock(holder)
        if not await claims.enrol(holder.kind, holder.id, deps.cipher.encrypt(secret, holder.bound_to), step, work.now):
            raise TwoFactorIsOn()
        raw = await start_over(work, actor, holder, visitor, 'two-factor on')
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
    fitting = await looked_at(deps, actor, holder, code)
    codes = recovery_codes.new_codes(deps)
    async with unit_of_work(deps) as work:
        await lock(holder)
        await use_code(work, actor, holder, fitting)
        await recovery_codes.replace_codes(work, holder, codes)
        await claims.unseal(holder.kind, holder.id)  # what another browser still shows works no more
        await seal_codes(work, holder, actor.session_id, codes)
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
    fitting = await looked_at(deps, actor, holder, code)
    async with unit_of_work(deps) as work:
        await lock(holder)
        await use_code(work, actor, holder, fitting)
        await forget_second_factor(work, holder)
        await end_the_rest(work, holder, actor.session_id, 'two-factor off')
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
