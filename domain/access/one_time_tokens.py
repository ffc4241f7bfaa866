"""Links that work once: issued with 256 random bits, stored as their SHA-256, bound to purpose, login and address
(R1, R2, R8, R9)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any

from domain.errors import DeadLink
from domain.mail import outbox
from domain.unit_of_work import Work
from storage import claims
from storage.claims import VoidedToken
from storage.keyed_rows import insert_keyed
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


@dataclass(frozen=True)
class Wanted:
    """Whom a token is for, and who made it."""

    login_id: int | None = None
    email: str = ''
    contact_id: int | None = None
    invitation_id: int | None = None
    asked_by: AskedBy | None = None
    made_by_id: int | None = None
    staff_id: int | None = None
    leads_to_id: int | None = None  # what of the portal's home opens after the sign-in


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
    leads_to_id: int | None = None,
) -> IssuedToken:
    """Make a token. The fourth live sign-in link of a login voids the oldest (R8)."""
    wanted = Wanted(login_id, email, contact_id, invitation_id, asked_by, made_by_id, staff_id, leads_to_id)
    return (await issue_many(work, purpose, lifetime, [wanted]))[0]


async def issue_many(work: Work, purpose: Purpose, lifetime: timedelta, wanted: Sequence[Wanted]) -> list[IssuedToken]:
    """`issue` for many, in the same order."""
    if not wanted:
        return []
    tokens = [work.deps.randomness.token() for _ in wanted]
    rows = [_row(work, purpose, lifetime, one, token) for one, token in zip(wanted, tokens, strict=True)]
    ids = await insert_keyed('one_time_token', 'token_hash', rows)
    if purpose is Purpose.SIGN_IN:
        await _void(
            work,
            DeadLink.REPLACED,
            *claims.beyond_the_newest(
                [one.login_id for one in wanted if one.login_id], purpose.value, MOST_LIVE_SIGN_IN_LINKS
            ),
        )
    expires_at = work.now + lifetime
    return [IssuedToken(ids[row['token_hash']], token, expires_at) for row, token in zip(rows, tokens, strict=True)]


def _row(work: Work, purpose: Purpose, lifetime: timedelta, wanted: Wanted, token: str) -> dict[str, Any]:
    asked_by = wanted.asked_by
    return {
        'purpose': purpose.value,
        'token_hash': hash_token(token),
        'login_id': wanted.login_id,
        'contact_id': wanted.contact_id,
        'invitation_id': wanted.invitation_id,
        'email': wanted.email.lower(),
        'created_at': work.now,
        'expires_at': work.now + lifetime,
        'void_reason': '',
        'browser_hash': hash_token(asked_by.browser) if asked_by else '',
        'code_hash': hash_code(asked_by.browser, asked_by.code) if asked_by else '',
        'code_expires_at': work.now + asked_by.code_lifetime if asked_by else None,
        'code_tries': 0,
        'made_by_id': wanted.made_by_id,
        'staff_id': wanted.staff_id,
        'leads_to_id': wanted.leads_to_id,
    }


async def void_of_login(work: Work, reason: DeadLink, login_id: int) -> int:
    """Void every link of this login, whatever it is for; how many there were."""
    return len(await _void(work, reason, 'login_id = $3', login_id))


async def void_of_logins(work: Work, reason: DeadLink, login_ids: Collection[int]) -> list[VoidedToken]:
    """The same for many; which they were."""
    return await _void_among(work, reason, 'login_id', login_ids)


async def void_of_contacts(work: Work, reason: DeadLink, contact_ids: Collection[int]) -> list[VoidedToken]:
    """Void the links made for these contacts; which they were."""
    return await _void_among(work, reason, 'contact_id', contact_ids)


async def void_of_invitations(work: Work, reason: DeadLink, invitation_ids: Mapping[int, int]) -> list[VoidedToken]:
    """Void the links of these invitations, given by contact; which they were."""
    return await _void(work, reason, *claims.of_invitations(invitation_ids)) if invitation_ids else []


async def void_of_staff(work: Work, reason: DeadLink, staff_id: int) -> int:
    """Void every link made for this staff member; how many there were."""
    return len(await _void(work, reason, 'staff_id = $3', staff_id))


async def void_what_signs_in(work: Work, reason: DeadLink, login_id: int) -> int:
    """Void the links that would sign this login in, and leave the others (R8); how many there were."""
    return len(await _void(work, reason, 'login_id = $3 AND purpose IN ($4, $5)', login_id, *SIGNS_IN))


async def void_of_login_and_purpose(work: Work, reason: DeadLink, login_id: int, purpose: Purpose) -> int:
    """Void the links of one purpose of this login; how many there were."""
    return len(await _void(work, reason, 'login_id = $3 AND purpose = $4', login_id, purpose.value))


async def void_of_purpose(work: Work, reason: DeadLink, purpose: Purpose) -> int:
    """Void all links of a purpose; how many there were."""
    return len(await _void(work, reason, 'purpose = $3', purpose.value))


async def _void_among(work: Work, reason: DeadLink, column: str, ids: Collection[int]) -> list[VoidedToken]:
    return await _void(work, reason, *claims.among(column, ids)) if ids else []


async def _void(work: Work, reason: DeadLink, where: str, *values: object) -> list[VoidedToken]:
    voided = await claims.void_tokens(work.now, reason.value, where, *values)
    if voided:
        ids = [token.id for token in voided]
        await claims.lock_contacts_of_links(ids)
        await outbox.cancel_for_tokens(work, ids)
    return voided


def why_dead(row: OneTimeToken | None, now: datetime) -> DeadLink:
    """Why this token no longer works."""
    if row is None:
        return DeadLink.UNKNOWN
    if row.used_at is not None:
        return DeadLink.USED
    if row.voided_at is not None:
        return DeadLink(row.void_reason)
    return DeadLink.EXPIRED if row.expires_at <= now else DeadLink.UNKNOWN
