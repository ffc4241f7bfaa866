"""How many contacts fit a filter: exact, and read on a connection of its own, so that no list waits for it."""

from dataclasses import replace
from datetime import datetime

from storage.contact_sql import CONTACT_AND_LOGIN, ContactConditions, where
from storage.queries import STATUS
from storage.streams import stream


async def count_by_status(fits: ContactConditions, now: datetime) -> dict[str, int]:
    """Of those that fit, whatever their status, how many have each. Cancelling the caller ends the query."""
    condition, values = where(replace(fits, status=''), 2)
    sql = f'SELECT {STATUS} AS status, count(*) FROM {CONTACT_AND_LOGIN} WHERE {condition} GROUP BY 1'
    counted: dict[str, int] = {}
    async for part in stream(sql, [now, *values], lambda rows: {str(row[0]): int(row[1]) for row in rows}):
        counted |= part
    return counted
