"""How many contacts fit a filter: exact, and read on a connection of its own, so that no list waits for it."""

from dataclasses import replace
from datetime import datetime

from storage.contact_sql import CONTACT_AND_LOGIN, Chosen, ContactConditions, where_chosen
from storage.queries import STATUS
from storage.streams import stream


async def count_by_status(fits: ContactConditions, now: datetime) -> dict[str, int]:
    """Of those that fit, whatever their status, how many have each. Cancelling the caller ends the query."""
    return await count_chosen(Chosen(fits=replace(fits, status='')), now)


async def count_chosen(chosen: Chosen, now: datetime) -> dict[str, int]:
    """Of those that somebody chose, how many have each status that occurs. Cancelling the caller ends the query."""
    condition, values = where_chosen(chosen, 2)
    sql = f'SELECT {STATUS} AS status, count(*) FROM {CONTACT_AND_LOGIN} WHERE {condition} GROUP BY 1'
    counted: dict[str, int] = {}
    async for part in stream(sql, [now, *values], lambda rows: {str(row[0]): int(row[1]) for row in rows}):
        counted |= part
    return counted
