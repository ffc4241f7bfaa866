"""The second step of a sign-in: from a first factor that held to a session (R29, R34)."""

from datetime import datetime

from domain.access import code_check, sessions, sign_in
from domain.access.code_check import FittingCode, look_at_code
from domain.access.holders import Holder, holder_of, read_sealed, seal
from domain.access.one_time_tokens import hash_token
from domain.access.rate_limits import Limits, check_limit, forgive, network_of
from domain.access.recovery_codes import codes_left
from domain.access.second_factor_notices import mail_about, note
from domain.access.security_policy import policy_at
from domain.access.sign_in import MOST_PENDING, SECOND_STEP_LIFETIME, SecondStepRequired, SignedIn, SignInMethod
from domain.actors import ClientActor, Visitor
from domain.audit import AuditKind, record
from domain.authorization import authorise_client
from domain.dependencies import Dependencies
from domain.errors import PendingOver, SecondFactorWrong, TwoFactorIsOff
from domain.events import TeamChanged
from domain.language import gettext as _
from domain.language import ngettext
from domain.unit_of_work import Work, deed, unit_of_work
from storage import claims, queries
from storage import second_factor_claims as second
from storage.models import PendingSignIn, StaffMember


async def pending_is_good(deps: Dependencies, raw: str, staff: bool = False) -> bool:
    """Whether this half-finished sign-in still waits for its second factor. Writes nothing."""
    return bool(raw) and await _pending(raw, deps.clock.now(), staff=staff) is not None


async def _pending(raw: str, now: datetime, *, staff: bool) -> PendingSignIn | None:
    row = await PendingSignIn.filter(token_hash=hash_token(raw), expires_at__gt=now).first()
    if row is None or (row.staff_id if staff else row.login_id) is None:
        return None
    if not staff and not await _still_counts(row.method, now):
        return None
    return row


async def _still_counts(method: str, now: datetime) -> bool:
    """Whether a client may come in by this first factor: a password holds only as long as the firm wants passwords."""
    return method != SignInMethod.PASSWORD.value or (await policy_at(now)).passwords_work


@deed
async def verify_second_step(deps: Dependencies, visitor: Visitor, raw_pending: str, code: str) -> SignedIn:
    """Finish a client's sign-in with an authentication code or a recovery code.

    The half-finished sign-in goes in the transaction that opens the door, so that at most one try ever gets in, and
    what the login may enter is looked at again. Raises PendingOver, SecondFactorWrong, RateLimited.
    """
    pending = await _pending(raw_pending, deps.clock.now(), staff=False)
    if pending is None or pending.login_id is None:
        raise PendingOver()
    await pending.fetch_related('login')
    holder = Holder('login', pending.login_id, str(pending.login.email) if pending.login else '')
    fitting = await _looked_at(deps, visitor, holder, code)
    async with unit_of_work(deps) as work:
        await claims.lock_login(holder.id)
        if await second.claim_pending('login', pending.token_hash, work.now) is None:
            raise PendingOver()
        if not await _still_counts(pending.method, work.now):
            raise PendingOver()
        contacts = await queries.contacts_of_login(holder.id)
        if not contacts:
            raise PendingOver()
        await code_check.use_code(work, visitor, holder, fitting)
        if fitting.kind == 'recovery_code':
            await _mail_about_recovery(work, holder)
        signed = await sign_in.open_door(
            work,
            holder.id,
            contacts,
            visitor,
            method=SignInMethod(pending.method),
            contact_id=pending.contact_id,
            token_id=pending.token_id,
            leads_to_id=pending.leads_to_id,
        )
        if fitting.kind == 'recovery_code':
            told = seal(deps, holder, signed.session_id, 'recovery_code_used', 'yes')
            await second.put_sealed(holder.kind, signed.session_id, told, before=None)
    await _forgive(deps, visitor, holder)
    return signed


async def begin_staff_second_step(work: Work, staff: StaffMember, visitor: Visitor) -> SecondStepRequired:
    """The password of a staff member, who is held, was right; the second factor is asked for next. It opens nothing
    (R29), and the log knows of it (R59)."""
    await record(
        work,
        AuditKind.STAFF_SECOND_STEP_ASKED,
        visitor,
        staff_id=staff.id,
        actor_name=staff.name,
        method=SignInMethod.PASSWORD.value,
    )
    await second.trim_pending('staff', staff.id, MOST_PENDING - 1)
    raw = work.deps.randomness.token()
    await PendingSignIn.create(
        token_hash=hash_token(raw),
        staff_id=staff.id,
        method=SignInMethod.PASSWORD.value,
        created_at=work.now,
        expires_at=work.now + SECOND_STEP_LIFETIME,
    )
    return SecondStepRequired(raw)


@deed
async def verify_staff_second_step(deps: Dependencies, visitor: Visitor, raw_pending: str, code: str) -> str:
    """Finish a staff member's sign-in; the raw session. Raises PendingOver, SecondFactorWrong, RateLimited."""
    pending = await _pending(raw_pending, deps.clock.now(), staff=True)
    if pending is None or pending.staff_id is None:
        raise PendingOver()
    staff = await StaffMember.get_or_none(id=pending.staff_id, disabled_at=None)
    if staff is None:
        raise PendingOver()
    holder = Holder('staff', staff.id, staff.email)
    fitting = await _looked_at(deps, visitor, holder, code)
    async with unit_of_work(deps) as work:
        await second.lock_staff(staff.id)
        if await second.claim_pending('staff', pending.token_hash, work.now) is None:
            raise PendingOver()
        if not await StaffMember.filter(id=staff.id, disabled_at=None).update(last_sign_in_at=work.now):
            raise PendingOver()
        await code_check.use_code(work, visitor, holder, fitting)
        if fitting.kind == 'recovery_code':
            await _mail_about_recovery(work, holder)
        await record(work, AuditKind.STAFF_SIGNED_IN, visitor, staff_id=staff.id, actor_name=staff.name)
        raw = await sessions.start_staff_session(work, staff, visitor)
        work.tell(TeamChanged((staff.id,)))
    await _forgive(deps, visitor, holder)
    return raw


async def _looked_at(deps: Dependencies, visitor: Visitor, holder: Holder, code: str) -> FittingCode:
    await check_limit(deps, Limits.SECOND_FACTOR_PER_IP, network_of(visitor.ip))
    try:
        return await look_at_code(deps, holder, code)
    except TwoFactorIsOff as error:  # reset meanwhile, which ends every half-finished sign-in
        raise PendingOver() from error
    except SecondFactorWrong as error:
        error.wait = await code_check.wait_after_try(deps, holder)
        async with unit_of_work(deps) as work:
            await note(work, AuditKind.TWO_FACTOR_REFUSED, visitor, holder, outcome='refused')
        raise


async def _forgive(deps: Dependencies, visitor: Visitor, holder: Holder) -> None:
    await forgive(deps, Limits.SECOND_FACTOR_PER_IP, network_of(visitor.ip))
    await code_check.forgive_try(deps, holder)


async def _mail_about_recovery(work: Work, holder: Holder) -> None:
    """By mail, as of everything that a stranger may have done (R37)."""
    left = await codes_left(holder)
    await mail_about(
        work,
        holder,
        lambda: (
            _('A recovery code was used'),
            _('A recovery code was just used to sign in, in place of the code of your app.')
            + ' '
            + ngettext('%d is left.', '%d are left.', left) % left,
        ),
    )


@deed
async def take_recovery_notice(deps: Dependencies, actor: ClientActor) -> int | None:
    """How many recovery codes are left, if this session began with one and that was not told yet; it is told now.

    Raises SignedOut, SecondFactorNeeded.
    """
    await authorise_client(deps, actor)
    holder = holder_of(actor)
    sealed = await second.sealed_of(holder.kind, actor.session_id)
    if not sealed or await read_sealed(deps, holder, actor.session_id, 'recovery_code_used') != 'yes':
        return None
    told = seal(deps, holder, actor.session_id, 'recovery_code_used', 'told')  # it opens the way to another phone
    is_told = await second.put_sealed(holder.kind, actor.session_id, told, before=sealed)
    return await codes_left(holder) if is_told else None
