"""Saying that a report that was due has been announced: at most one caller ever does it."""

from datetime import datetime

from storage.sql import change


async def move_schedule_on(schedule_id: int, due: datetime, following: datetime, now: datetime) -> bool:
    """What was due at this moment is done, and the next is then; whether this caller was the one who did it."""
    return (
        await change(
            'UPDATE report_schedule SET next_at = $1, last_at = $2 WHERE id = $3 AND next_at = $4',
            following,
            now,
            schedule_id,
            due,
        )
    ) == 1
