"""The atomic changes of second factors, for logins and staff members alike: whoever finds the row as expected has it.

Each is one statement with its condition inside, so that it is right under any number of parallel tries on both engines
(R24, R28, R34). Times are UTC.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from storage.many_rows import as_list, one_of_numbers
from storage.sql import as_utc, change, fetch, is_sqlite

Kind = Literal['login', 'staff']
_TABLES: dict[Kind, str] = {'login': 'login', 'staff': 'staff_member'}
_SESSIONS: dict[Kind, str] = {'login': 'client_session', 'staff': 'staff_session'}
_OWNERS: dict[Kind, str] = {'login': 'login_id', 'staff': 'staff_id'}


@dataclass(frozen=True)
class SecondFactorRow:
    """What is written down of a second factor. `secret` is encrypted; `last_step` the newest step accepted (R24)."""

    secret: str
    enrolled_at: datetime
    last_step: int


async def second_factor_of(kind: Kind, holder_id: int) -> SecondFactorRow | None:
    """None while none is set up."""
    rows = await fetch(
        f'SELECT totp_secret, totp_enrolled_at, totp_last_step FROM {_TABLES[kind]} '
        'WHERE id = $1 AND totp_enrolled_at IS NOT NULL AND totp_secret IS NOT NULL',
        holder_id,
    )
    if not rows:
        return None
    enrolled_at = as_utc(rows[0]['totp_enrolled_at'])
    assert enrolled_at is not None
    return SecondFactorRow(rows[0]['totp_secret'], enrolled_at, int(rows[0]['totp_last_step']))


async def claim_step(kind: Kind, holder_id: int, secret: str, step: int) -> bool:
    """Accept this step of 30 seconds: once, only after the last one accepted, and only for the secret it was made with
    (R24)."""
    return (
        await change(
            f'UPDATE {_TABLES[kind]} SET totp_last_step = $1 '
            'WHERE id = $2 AND totp_last_step < $1 AND totp_secret = $3 AND totp_enrolled_at IS NOT NULL',
            step,
            holder_id,
            secret,
        )
        == 1
    )


async def put_secret(kind: Kind, holder_id: int, secret: str, before: str) -> None:
    """The same secret, encrypted anew, in place of `before`."""
    await change(
        f'UPDATE {_TABLES[kind]} SET totp_secret = $1 WHERE id = $2 AND totp_secret = $3', secret, holder_id, before
    )


async def enrol(kind: Kind, holder_id: int, secret: str, step: int, now: datetime) -> bool:
    """Turn the second factor on, unless it is on; whether this caller did."""
    return await _begin_secret(kind, holder_id, secret, step, now, 'totp_enrolled_at IS NULL')


async def replace_secret(kind: Kind, holder_id: int, secret: str, step: int, now: datetime) -> bool:
    """Another secret in place of the one before, of which nothing works any more; False where it is off."""
    return await _begin_secret(kind, holder_id, secret, step, now, 'totp_enrolled_at IS NOT NULL')


async def _begin_secret(kind: Kind, holder_id: int, secret: str, step: int, now: datetime, where: str) -> bool:
    return (
        await change(
            f'UPDATE {_TABLES[kind]} SET totp_secret = $1, totp_enrolled_at = $2, totp_last_step = $3 '
            f'WHERE id = $4 AND {where}',
            secret,
            now,
            step,
            holder_id,
        )
        == 1
    )


async def forget(kind: Kind, holder_id: int) -> bool:
    """Nothing is left of it: no secret, no recovery code, no half-finished sign-in, nothing sealed in a session."""
    was_on = await change(
        f'UPDATE {_TABLES[kind]} SET totp_secret = NULL, totp_enrolled_at = NULL, totp_last_step = 0 '
        'WHERE id = $1 AND totp_enrolled_at IS NOT NULL',
        holder_id,
    )
    await delete_recovery_codes(kind, holder_id)
    await change(f'DELETE FROM pending_sign_in WHERE {_OWNERS[kind]} = $1', holder_id)
    await unseal(kind, holder_id)
    return was_on == 1


async def forget_all(kind: Kind, holder_ids: Collection[int]) -> None:
    """`forget` for many."""
    table, owner, ids = _TABLES[kind], _OWNERS[kind], as_list(holder_ids)
    theirs = one_of_numbers(owner, '$1')
    await change(
        f'UPDATE {table} SET totp_secret = NULL, totp_enrolled_at = NULL, totp_last_step = 0 '
        f'WHERE {one_of_numbers("id", "$1")} AND totp_enrolled_at IS NOT NULL',
        ids,
    )
    await change(f'DELETE FROM recovery_code WHERE {theirs}', ids)
    await change(f'DELETE FROM pending_sign_in WHERE {theirs}', ids)
    await change(f'UPDATE {_SESSIONS[kind]} SET sealed = NULL WHERE {theirs}', ids)


# ── Recovery codes ───────────────────────────────────────────────────────────


async def claim_recovery_code(kind: Kind, holder_id: int, code_hash: str, now: datetime) -> bool:
    """Use a recovery code: at most one caller ever gets it (R28)."""
    return (
        await change(
            f'UPDATE recovery_code SET used_at = $1 WHERE {_OWNERS[kind]} = $2 AND code_hash = $3 AND used_at IS NULL',
            now,
            holder_id,
            code_hash,
        )
        > 0
    )


async def unused_recovery_codes(kind: Kind, holder_id: int) -> list[str]:
    """The hashes of those that still work."""
    rows = await fetch(f'SELECT code_hash FROM recovery_code WHERE {_OWNERS[kind]} = $1 AND used_at IS NULL', holder_id)
    return [row['code_hash'] for row in rows]


async def delete_recovery_codes(kind: Kind, holder_id: int) -> None:
    """None of them works any more."""
    await change(f'DELETE FROM recovery_code WHERE {_OWNERS[kind]} = $1', holder_id)


async def codes_made_at(kind: Kind, holder_id: int) -> datetime | None:
    """When the codes of this holder were made, used ones too; None without any."""
    rows = await fetch(f'SELECT max(created_at) AS made_at FROM recovery_code WHERE {_OWNERS[kind]} = $1', holder_id)
    return as_utc(rows[0]['made_at'])


# ── Half-finished sign-ins ───────────────────────────────────────────────────


async def claim_pending(kind: Kind, token_hash: str, now: datetime) -> dict[str, Any] | None:
    """End a half-finished sign-in in order to finish it: at most one caller ever gets it (R34)."""
    rows = await fetch(
        f'DELETE FROM pending_sign_in WHERE token_hash = $1 AND expires_at > $2 AND {_OWNERS[kind]} IS NOT NULL '
        'RETURNING login_id, staff_id, method, contact_id, token_id',
        token_hash,
        now,
    )
    return rows[0] if rows else None


async def trim_pending(kind: Kind, holder_id: int, most: int) -> int:
    """No more than the newest `most` half-finished sign-ins of this holder, who is held, stay; how many went."""
    owner = _OWNERS[kind]
    newest = f'SELECT id FROM pending_sign_in WHERE {owner} = $1 ORDER BY id DESC LIMIT {int(most)}'
    return await change(f'DELETE FROM pending_sign_in WHERE {owner} = $1 AND id NOT IN ({newest})', holder_id)


async def void_pending_of_login(login_id: int) -> int:
    """The half-finished sign-ins of this login are over (R13); how many there were."""
    return await void_pending_of_logins([login_id])


async def void_pending_of_logins(login_ids: Collection[int]) -> int:
    """The same for many."""
    return await change(f'DELETE FROM pending_sign_in WHERE {one_of_numbers("login_id", "$1")}', as_list(login_ids))


async def void_pending_of_staff(staff_id: int) -> int:
    """The half-finished sign-ins of this staff member are over; how many there were."""
    return await change('DELETE FROM pending_sign_in WHERE staff_id = $1', staff_id)


async def lock_staff(staff_id: int) -> None:
    """Hold the staff member until the transaction ends. On SQLite the transaction is the only writer already."""
    if not is_sqlite():
        await fetch('SELECT id FROM staff_member WHERE id = $1 FOR UPDATE', staff_id)


# ── What a session keeps for its browser alone ───────────────────────────────


async def sealed_of(kind: Kind, session_id: int) -> str | None:
    """What is sealed in this session; None for nothing, and for a session that is over."""
    rows = await fetch(f'SELECT sealed FROM {_SESSIONS[kind]} WHERE id = $1', session_id)
    return rows[0]['sealed'] if rows else None


async def put_sealed(kind: Kind, session_id: int, sealed: str, before: str | None) -> bool:
    """Seal this in the session, in place of what was there before; whether that was still so."""
    where = 'sealed IS NULL' if before is None else 'sealed = $3'
    values = () if before is None else (before,)
    return (
        await change(f'UPDATE {_SESSIONS[kind]} SET sealed = $1 WHERE id = $2 AND {where}', sealed, session_id, *values)
        == 1
    )


async def unseal(kind: Kind, holder_id: int) -> None:
    """Nothing is sealed in any session of this holder."""
    await change(f'UPDATE {_SESSIONS[kind]} SET sealed = NULL WHERE {_OWNERS[kind]} = $1', holder_id)


async def unseal_codes_made_before(time: datetime) -> None:
    """Recovery codes made before it can be shown no more. They were made in a session that had begun; what a session
    keeps that began later is something else, as is a secret being enrolled, whose holder has no codes."""
    for kind, sessions in _SESSIONS.items():
        owner = _OWNERS[kind]
        await change(
            f'UPDATE {sessions} SET sealed = NULL WHERE sealed IS NOT NULL AND EXISTS (SELECT 1 FROM recovery_code r '
            f'WHERE r.{owner} = {sessions}.{owner} AND r.created_at <= $1 AND r.created_at >= {sessions}.created_at)',
            time,
        )


async def take_sealed(kind: Kind, session_id: int, sealed: str) -> bool:
    """Take it out; whether this caller was the one who did."""
    return (
        await change(f'UPDATE {_SESSIONS[kind]} SET sealed = NULL WHERE id = $1 AND sealed = $2', session_id, sealed)
        == 1
    )
