"""Another phone in place of the one that shows a client's codes, also where the firm requires a second factor.

What proves that it is the client is a code of the phone so far, or a recovery code; or that the session began with a
recovery code a moment ago. The old phone works until the new one has shown a code of its own. Whoever it belongs to is
told by mail, and the firm can still reset it, so that nobody is kept out in silence.
"""

from domain.access.code_check import (
    enrolment_uri,
    forgive_all_tries,
    forgive_try,
    new_secret,
    use_code,
)
from domain.access.holders import Holder, holder_of, read_sealed, seal
from domain.access.second_factor_change import lock, looked_at, start_over, step_of_new_secret
from domain.access.second_factor_notices import changed, mail_about, note
from domain.access.totp import Enrolment, TurnedOn
from domain.actors import ClientActor, Visitor
from domain.audit import AuditKind
from domain.authorization import FRESH_FOR, authorise_client
from domain.dependencies import Dependencies
from domain.errors import SignedOut, SignInNotFresh, TwoFactorIsOff
from domain.language import gettext as _
from domain.unit_of_work import deed, unit_of_work
from storage import second_factor_claims as claims
from storage.models import PortalSettings


async def is_proved(deps: Dependencies, actor: ClientActor) -> bool:
    """Whether this session began with a recovery code within the last 15 minutes (R38): both factors are proved, and
    no other code is asked for. Raises SignedOut, SecondFactorNeeded."""
    try:
        await authorise_client(deps, actor, fresh=True)
    except SignInNotFresh:
        return False
    return bool(await read_sealed(deps, holder_of(actor), actor.session_id, 'recovery_code_used'))


@deed
async def begin_new_phone(deps: Dependencies, actor: ClientActor, code: str = '') -> None:
    """A key for another phone waits in this session, for 15 minutes, for `read_new_phone`; it opens nothing yet.

    The code, of the app or a recovery code, stands for a fresh sign-in, for this alone (R38); where the session is
    proved already, none is looked at. Raises SecondFactorWrong, RateLimited, TwoFactorIsOff, SecondFactorNeeded,
    SignedOut.
    """
    await authorise_client(deps, actor)
    holder = holder_of(actor)
    if await claims.second_factor_of(holder.kind, holder.id) is None:
        raise TwoFactorIsOff()
    fitting = None if await is_proved(deps, actor) else await looked_at(deps, actor, holder, code)
    async with unit_of_work(deps) as work:
        await lock(holder)
        if fitting:
            await use_code(work, actor, holder, fitting)
        before = await claims.sealed_of(holder.kind, actor.session_id)
        kept = f'{new_secret(deps)} {int(work.now.timestamp()):x}'
        sealed = seal(deps, holder, actor.session_id, 'new_phone', kept)
        if not await claims.put_sealed(holder.kind, actor.session_id, sealed, before=before):
            raise SignedOut()
    if fitting:
        await forgive_try(deps, holder)


async def read_new_phone(deps: Dependencies, actor: ClientActor) -> Enrolment | None:
    """What the app on the new phone is given, while that is being set up. Raises SignedOut, SecondFactorNeeded."""
    await authorise_client(deps, actor)
    holder = holder_of(actor)
    secret = await _secret(deps, holder, actor)
    if not secret:
        return None
    firm_name = (await PortalSettings.get(id=1)).firm_name or _('Client Portal')
    return Enrolment(secret, enrolment_uri(secret, issuer=firm_name, label=holder.email))


@deed
async def keep_old_phone(deps: Dependencies, actor: ClientActor) -> None:
    """No other phone after all; nothing happens where none is being set up. Raises SignedOut, SecondFactorNeeded."""
    await authorise_client(deps, actor)
    holder = holder_of(actor)
    sealed = await claims.sealed_of(holder.kind, actor.session_id)
    if sealed and await read_sealed(deps, holder, actor.session_id, 'new_phone'):
        await claims.take_sealed(holder.kind, actor.session_id, sealed)


@deed
async def use_new_phone(deps: Dependencies, actor: ClientActor, visitor: Visitor, code: str) -> TurnedOn:
    """From now on the new phone shows the codes, with one of which it proves that it has the key (R27).

    Neither the phone before nor its recovery codes work any more. The browser gets a new session, in which ten new
    codes wait for `read_new_codes`; every other one and every link ends, and the address is told (R34, R37).
    Raises SecondFactorWrong, RateLimited, TwoFactorIsOff, SecondFactorNeeded, SignedOut.
    """
    await authorise_client(deps, actor)
    holder = holder_of(actor)
    secret = await _secret(deps, holder, actor)
    step = await step_of_new_secret(deps, actor, holder, secret, code)
    async with unit_of_work(deps) as work:
        await lock(holder)
        sealed = deps.cipher.encrypt(secret, holder.bound_to)
        if not await claims.replace_secret(holder.kind, holder.id, sealed, step, work.now):
            raise TwoFactorIsOff()
        raw = await start_over(work, actor, holder, visitor, 'two-factor moved')
        await note(work, AuditKind.TWO_FACTOR_MOVED, actor, holder)
        await mail_about(
            work,
            holder,
            lambda: (
                _('Two-factor authentication moved to another phone'),
                _('From now on another phone shows the codes for your sign-in; the one before no longer does.')
                + ' '
                + _('The recovery codes before no longer work, and your other devices were signed out.'),
            ),
        )
        work.tell(changed(holder))
    await forgive_all_tries(holder)
    return TurnedOn(raw)


async def _secret(deps: Dependencies, holder: Holder, actor: ClientActor) -> str:
    """The key that waits in this session, beside since when, in seconds; empty if none does, or for too long."""
    secret, _space, since = (await read_sealed(deps, holder, actor.session_id, 'new_phone')).partition(' ')
    if not secret or int(since, 16) + FRESH_FOR.total_seconds() <= deps.clock.now().timestamp():
        return ''
    return secret
