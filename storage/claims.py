"""The atomic UPDATEs: whoever finds the row as expected has it, everybody else comes too late.

Each is one statement with its condition inside, so that it is right under any number of parallel tries on both engines
(R3, R44). Expiry stands in the condition too, never in a clean-up job (R7). Times are UTC.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from storage.many_rows import as_list, one_of_numbers
from storage.sql import change, fetch, is_sqlite

UNKNOWN_ADDRESSES_ARE_KEPT = timedelta(days=30)
IGNORED_ONES_ARE_KEPT = timedelta(days=365)
LIVE = 'used_at IS NULL AND voided_at IS NULL AND expires_at > $1'


@dataclass(frozen=True)
class ClaimedToken:
    """A token that was claimed just now, by this transaction and no other."""

    id: int
    purpose: str
    login_id: int
    contact_id: int | None
    invitation_id: int | None
    email: str
    browser_hash: str
    staff_id: int | None  # of an invitation to the team, or of a reset for staff
    leads_to_id: int | None  # what of the portal's home opens after the sign-in
    was_mailed: bool  # by us, rather than handed over by staff


_CLAIMED = (
    'id, purpose, login_id, contact_id, invitation_id, email, browser_hash, staff_id, leads_to_id, '
    '(SELECT count(*) FROM outbox_mail m WHERE m.token_id = one_time_token.id) AS was_mailed'
)


async def claim_token(token_hash: str, purposes: tuple[str, ...], now: datetime) -> ClaimedToken | None:
    """Use a link: at most one caller ever gets it. The purpose is part of the look-up (R9)."""
    names = ', '.join(f'${number}' for number in range(3, 3 + len(purposes)))
    rows = await fetch(
        f'UPDATE one_time_token SET used_at = $1 WHERE token_hash = $2 AND purpose IN ({names}) AND {LIVE} '
        f'RETURNING {_CLAIMED}',
        now,
        token_hash,
        *purposes,
    )
    return _claimed(rows)


async def claim_token_by_id(token_id: int, now: datetime) -> ClaimedToken | None:
    """Use a link whose code was right."""
    rows = await fetch(
        f'UPDATE one_time_token SET used_at = $1 WHERE id = $2 AND {LIVE} RETURNING {_CLAIMED}',
        now,
        token_id,
    )
    return _claimed(rows)


def _claimed(rows: list[dict[str, Any]]) -> ClaimedToken | None:
    return ClaimedToken(**rows[0] | {'was_mailed': bool(rows[0]['was_mailed'])}) if rows else None


async def count_code_try(browser_hash: str, most: int, now: datetime) -> list[tuple[int, int, str]]:
    """Count one try against every code this browser asked for; the others, as (token, login, code hash)."""
    rows = await fetch(
        'UPDATE one_time_token SET code_tries = code_tries + 1 '
        f'WHERE browser_hash = $2 AND code_hash <> $4 AND code_tries < $3 AND code_expires_at > $1 AND {LIVE} '
        'RETURNING id, login_id, code_hash',
        now,
        browser_hash,
        most,
        '',
    )
    return [(row['id'], row['login_id'], row['code_hash']) for row in rows]


@dataclass(frozen=True)
class VoidedToken:
    """A token that was voided just now, and what it was made for."""

    id: int
    login_id: int | None
    contact_id: int | None
    invitation_id: int | None


async def void_tokens(now: datetime, reason: str, where: str, *values: object) -> list[VoidedToken]:
    """Void the live tokens that meet `where` (its placeholders start at $3)."""
    rows = await fetch(
        f'UPDATE one_time_token SET voided_at = $1, void_reason = $2 WHERE {LIVE} AND {where} '
        'RETURNING id, login_id, contact_id, invitation_id',
        now,
        reason,
        *values,
    )
    return [VoidedToken(**row) for row in rows]


def among(column: str, ids: Collection[int]) -> tuple[str, Any]:
    """For `void_tokens`: the tokens of these logins, contacts or invitations."""
    return one_of_numbers(column, '$3'), as_list(ids)


def of_invitations(invitation_ids: Mapping[int, int]) -> tuple[str, Any, Any]:
    """For `void_tokens`: the tokens of these invitations, by contact, which is what an index knows them by."""
    where = f'{one_of_numbers("contact_id", "$3")} AND {one_of_numbers("invitation_id", "$4")}'
    return where, as_list(invitation_ids), as_list(invitation_ids.values())


def beyond_the_newest(login_ids: Collection[int], purpose: str, most: int) -> tuple[Any, ...]:
    """For `void_tokens`: of each of these logins, the live tokens of a purpose but for the newest `most`."""
    return (
        'id IN (SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY login_id ORDER BY id DESC) AS place '
        f'FROM one_time_token WHERE {one_of_numbers("login_id", "$3")} AND purpose = $4 AND {LIVE}) live '
        'WHERE place > $5)',
        as_list(login_ids),
        purpose,
        most,
    )


def is_only_writer() -> bool:
    """Whether nobody else can write while a transaction is open, so that what it has read stays as it is."""
    return is_sqlite()


async def lock_login(login_id: int) -> None:
    """Hold the login until the transaction ends, so that signing in and revoking wait for each other.

    On SQLite the transaction is the only writer already.
    """
    await lock_logins([login_id])


async def lock_logins(login_ids: Collection[int]) -> None:
    """The same for many, in the order of their ids, so that two that hold many do not deadlock."""
    if login_ids and not is_sqlite():
        await fetch(
            f'SELECT id FROM login WHERE {one_of_numbers("id", "$1")} ORDER BY id FOR UPDATE', as_list(login_ids)
        )


async def forget_logins_that_serve_nobody(login_ids: Collection[int]) -> list[int]:
    """Of these logins, those without any contact lose their password; which they are."""
    rows = await fetch(
        'UPDATE login SET password_hash = NULL, password_set_at = NULL '
        f'WHERE {one_of_numbers("id", "$1")} AND NOT EXISTS (SELECT 1 FROM contact c WHERE c.login_id = login.id) '
        'RETURNING id',
        as_list(login_ids),
    )
    return [int(row['id']) for row in rows]


async def lock_login_of_token(token_hash: str) -> None:
    """`lock_login` for the login this link signs in, if there is one. To be held before the link is claimed.

    Revoking holds the login and then voids its links; a claim that took them the other way round would deadlock.
    """
    if not is_sqlite():
        await fetch(
            'SELECT l.id FROM login l JOIN one_time_token t ON t.login_id = l.id WHERE t.token_hash = $1 '
            'FOR UPDATE OF l',
            token_hash,
        )


async def lock_contacts_of_login(login_id: int) -> None:
    """Hold every contact of this login, in the order of their ids, as the mail worker does."""
    await lock_contacts_of_logins([login_id])


async def lock_contacts_of_logins(login_ids: Collection[int]) -> None:
    """The same for many logins."""
    if login_ids and not is_sqlite():
        await fetch(
            f'SELECT id FROM contact WHERE {one_of_numbers("login_id", "$1")} ORDER BY id FOR UPDATE',
            as_list(login_ids),
        )


async def lock_contacts(contact_ids: Collection[int], login_ids: Collection[int]) -> None:
    """The same for the contacts of these logins together with others, which may have none."""
    if not is_sqlite():
        await fetch(
            f'SELECT id FROM contact WHERE {one_of_numbers("id", "$1")} OR {one_of_numbers("login_id", "$2")} '
            'ORDER BY id FOR UPDATE',
            as_list(contact_ids),
            as_list(login_ids),
        )


async def lock_contacts_of_links(token_ids: list[int]) -> None:
    """Hold the contacts whose mail carries these links, before that mail is touched.

    The mail worker writes to the contact first and to the mail after it; in the other order the two would deadlock.
    """
    if token_ids and not is_sqlite():
        await fetch(
            'SELECT c.id FROM contact c WHERE c.email IN '
            f'(SELECT m.to_address FROM outbox_mail m WHERE {one_of_numbers("m.token_id", "$1")}) '
            'ORDER BY c.id FOR UPDATE',
            as_list(token_ids),
        )


async def note_sign_in(login_id: int, now: datetime, method: str) -> None:
    """The login signed in just now."""
    await change('UPDATE login SET last_sign_in_at = $1, last_sign_in_method = $2 WHERE id = $3', now, method, login_id)


async def join(contact_id: int, now: datetime) -> None:
    """The contact joined; its open invitation, if it has one, is accepted."""
    await change('UPDATE contact SET joined_at = $1, invitation_expires_at = NULL WHERE id = $2', now, contact_id)
    await change(
        'UPDATE invitation SET accepted_at = $1 WHERE contact_id = $2 AND accepted_at IS NULL AND cancelled_at IS NULL',
        now,
        contact_id,
    )


async def delete_client_sessions(where: str, *values: object) -> list[int]:
    """End the sessions that meet `where` (placeholders from $1); their ids."""
    rows = await fetch(f'DELETE FROM client_session WHERE {where} RETURNING id', *values)
    return [row['id'] for row in rows]


async def delete_sessions_of_logins(login_ids: Collection[int]) -> dict[int, int]:
    """End every session of these logins; their ids, and the login of each."""
    rows = await fetch(
        f'DELETE FROM client_session WHERE {one_of_numbers("login_id", "$1")} RETURNING id, login_id',
        as_list(login_ids),
    )
    return {int(row['id']): int(row['login_id']) for row in sorted(rows, key=lambda row: int(row['id']))}


async def close_setup(now: datetime) -> bool:
    """Close the set-up for good; whether this caller was the one who closed it (R61)."""
    return (
        await change('UPDATE portal_settings SET setup_closed_at = $1 WHERE id = 1 AND setup_closed_at IS NULL', now)
    ) == 1


async def sweep(now: datetime) -> None:
    """Remove what expired long ago. Nothing depends on it: expiry is in every query."""
    await change('DELETE FROM client_session WHERE expires_at < $1 OR idle_expires_at < $1', now)
    await change('DELETE FROM staff_session WHERE expires_at < $1 OR idle_expires_at < $1', now)
    await change('DELETE FROM pending_sign_in WHERE expires_at < $1', now)
    await change('DELETE FROM rate_log WHERE expires_at < $1', now)
    await change(
        'DELETE FROM unknown_address WHERE last_at < $1 AND ignored_at IS NULL OR last_at < $2',
        now - UNKNOWN_ADDRESSES_ARE_KEPT,
        now - IGNORED_ONES_ARE_KEPT,
    )
