"""Links that work once: issued with 256 random bits, stored as their SHA-256, bound to purpose, login and address
(R1, R2, R8, R9)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from domain.errors import DeadLink
from domain.mail import outbox
from domain.unit_of_work import Work
from storage import claims
from storage.models import OneTimeToken

MOST_LIVE_SIGN_IN_LINKS = 3


class Purpose(StrEnum):
    """What a token is for; part of every look-up."""

    SIGN_IN = 'sign_in'
    INVITATION = 'invitation'
    RESET = 'reset'
    LOGIN_ADDRESS = 'login_address'
    SETUP = 'setup'
    STAFF_INVITATION = 'staff_invitation'
    STAFF_RESET = 'staff_reset'


SIGNS_IN = (Purpose.SIGN_IN.value, Purpose.INVITATION.value)


@dataclass(frozen=True)
class IssuedToken:
    """The only time the raw token exists outside of the mail or the page it is for."""

    id: int
    token: str
    expires_at: datetime


@dataclass(frozen=True)
class AskedBy:
    """The browser that asked and the code it may type."""

    browser: str
    code: str
    code_lifetime: timedelta


def hash_token(token: str) -> str:
    """SHA-256, in hex. The token has 256 random bits, so a slow hash would add nothing."""
    return sha256(token.encode('utf-8', 'surrogatepass')).hexdigest()


def hash_code(browser: str, code: str) -> str:
    """The code, salted with the secret of the browser that asked, which no table holds."""
    return sha256(f'{browser}:{code}'.encode()).hexdigest()


async def issue(
    work: Work,
    purpose: Purpose,
    lifetime: timedelta,
    *,
    login_id: int | None = None,
    email: str = '',
    contact_id: int | None = None,
    invitation_id: int | None = None,
    asked_by: AskedBy | None = None,
    made_by_id: int | None = None,
    staff_id: int | None = None,
) -> IssuedToken:
    """Make a token. The fourth live sign-in link of a login voids the oldest (R8)."""
    token = work.deps.randomness.token()
    row = await OneTimeToken.create(
        purpose=purpose.value,
        token_hash=hash_token(token),
        login_id=login_id,
        contact_id=contact_id,
        invitation_id=invitation_id,
        email=email,
        created_at=work.now,
        expires_at=work.now + lifetime,
        browser_hash=hash_token(asked_by.browser) if asked_by else '',
        code_hash=hash_code(asked_by.browser, asked_by.code) if asked_by else '',
        code_expires_at=work.now + asked_by.code_lifetime if asked_by else None,
        made_by_id=made_by_id,
        staff_id=staff_id,
    )
    if purpose is Purpose.SIGN_IN:
        await _void(
            work,
            DeadLink.REPLACED,
            'id IN (SELECT id FROM one_time_token WHERE login_id = $3 AND purpose = $4 AND used_at IS NULL '
            'AND voided_at IS NULL AND expires_at > $1 ORDER BY id DESC LIMIT 1000 OFFSET $5)',
            login_id,
            purpose.value,
            MOST_LIVE_SIGN_IN_LINKS,
        )
    return IssuedToken(row.id, token, row.expires_at)


async def void_of_login(work: Work, reason: DeadLink, login_id: int) -> int:
    """Void every link of this login, whatever it is for; how many there were."""
    return await _void(work, reason, 'login_id = $3', login_id)


async def void_of_contact(work: Work, reason: DeadLink, contact_id: int) -> int:
    """Void the links made for this contact; how many there were."""
    return await _void(work, reason, 'contact_id = $3', contact_id)


async def void_of_invitation(work: Work, reason: DeadLink, invitation_id: int) -> int:
    """Void the links of this invitation; how many there were."""
    return await _void(work, reason, 'invitation_id = $3', invitation_id)


async def void_of_staff(work: Work, reason: DeadLink, staff_id: int) -> int:
    """Void every link made for this staff member; how many there were."""
    return await _void(work, reason, 'staff_id = $3', staff_id)


async def void_what_signs_in(work: Work, reason: DeadLink, login_id: int) -> int:
    """Void the links that would sign this login in, and leave the others (R8); how many there were."""
    return await _void(work, reason, 'login_id = $3 AND purpose IN ($4, $5)', login_id, *SIGNS_IN)


async def void_of_login_and_purpose(work: Work, reason: DeadLink, login_id: int, purpose: Purpose) -> int:
    """Void the links of one purpose of this login; how many there were."""
    return await _void(work, reason, 'login_id = $3 AND purpose = $4', login_id, purpose.value)


async def void_of_purpose(work: Work, reason: DeadLink, purpose: Purpose) -> int:
    """Void all links of a purpose; how many there were."""
    return await _void(work, reason, 'purpose = $3', purpose.value)


async def _void(work: Work, reason: DeadLink, where: str, *values: object) -> int:
    ids = await claims.void_tokens(work.now, reason.value, where, *values)
    if ids:
        await claims.lock_contacts_of_links(ids)
        await outbox.cancel_for_tokens(work, ids)
    return len(ids)


def why_dead(row: OneTimeToken | None, now: datetime) -> DeadLink:
    """Why this token no longer works."""
    if row is None:
        return DeadLink.UNKNOWN
    if row.used_at is not None:
        return DeadLink.USED
    if row.voided_at is not None:
        return DeadLink(row.void_reason)
    return DeadLink.EXPIRED if row.expires_at <= now else DeadLink.UNKNOWN
