"""What changes in the team: held and ended in one statement each, right under parallel tries on both engines."""

from storage.sql import fetch, is_sqlite


async def lock_team() -> None:
    """Hold every staff member until the transaction ends, in the order of their ids.

    Two who change the team wait for each other, so that the one who comes second sees what the first has done: no two
    owners demote each other (R61). On SQLite the transaction is the only writer already.
    """
    if not is_sqlite():
        await fetch('SELECT id FROM staff_member ORDER BY id FOR UPDATE')


async def delete_staff_sessions(staff_id: int, *, but: int | None = None, only: int | None = None) -> list[int]:
    """End the sessions of this member, except `but`, or `only` that one; their ids."""
    where, which = ('id = $2', only) if only is not None else ('id <> $2', but or 0)
    rows = await fetch(f'DELETE FROM staff_session WHERE staff_id = $1 AND {where} RETURNING id', staff_id, which)
    return [row['id'] for row in rows]
