"""Counting tries, and remembering the addresses that nobody bears. Each is one statement, right under any number of
parallel tries on both engines (R44). Times are UTC.

The moments of the tries that counted stand in one row, so a limit holds in every window of its length, wherever the
window begins: there is no border at which a count starts anew. PostgreSQL locks the row at the conflict and looks at it
again, SQLite has one writer.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from storage.sql import as_utc, change, fetch, is_sqlite

DIGITS = 16  # of a moment in microseconds since 1970; enough until the year 2286
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Attempt:
    """What became of a try. `refused` counts those refused since the last one that counted: 0, this one counts."""

    refused: int
    free_from: datetime  # when the next try counts again, if this one was refused


async def count_attempt(key: str, most: int, seconds: int, now: datetime) -> Attempt:
    """Count a try, unless `most` have counted within the last `seconds`."""
    window, stamp, room = timedelta(seconds=seconds), _stamp(now), DIGITS * most
    is_full = 'length(r.times) >= $4 AND substr(r.times, length(r.times) - $4 + 1, $5) > $6'
    rows = await fetch(
        'INSERT INTO rate_log AS r (key, times, refused, expires_at) VALUES ($1, $2, 0, $3) '
        'ON CONFLICT (key) DO UPDATE SET '
        f'refused = CASE WHEN {is_full} THEN r.refused + 1 ELSE 0 END, '
        f'times = CASE WHEN {is_full} THEN r.times WHEN length(r.times) < $4 THEN r.times || $2 '
        'ELSE substr(r.times, length(r.times) - $4 + $5 + 1) || $2 END, '
        'expires_at = $3 RETURNING refused, substr(times, length(times) - $4 + 1, $5) AS first',
        key,
        stamp,
        now + window,
        room,
        DIGITS,
        _stamp(now - window),
    )
    refused = int(rows[0]['refused'])
    return Attempt(refused, _moment(rows[0]['first']) + window if refused else now)


async def take_back_attempt(key: str) -> None:
    """The try counted last does not count."""
    await change(
        'UPDATE rate_log SET times = substr(times, 1, length(times) - $2), refused = 0 '
        'WHERE key = $1 AND length(times) >= $2',
        key,
        DIGITS,
    )


async def full_until(rules: dict[str, tuple[int, int]], now: datetime) -> dict[str, datetime]:
    """Until when every try is refused, by key; those whose next try counts are left out. One question for all.

    `rules` tells for each key how many count, and in how many seconds.
    """
    if not rules:
        return {}
    rows = await fetch(f'SELECT key, times FROM rate_log WHERE key IN ({_placeholders(len(rules))})', *rules)
    found = {}
    for row in rows:
        most, seconds = rules[row['key']]
        times = str(row['times'])[-DIGITS * most :]
        if len(times) == DIGITS * most:
            found[row['key']] = _moment(times[:DIGITS]) + timedelta(seconds=seconds)
    return {key: until for key, until in found.items() if until > now}


async def forget_attempts(keys: list[str]) -> int:
    """Nothing was tried under these keys; how many there were."""
    return await change(f'DELETE FROM rate_log WHERE key IN ({_placeholders(len(keys))})', *keys)


def _placeholders(number: int) -> str:
    return ', '.join(f'${place}' for place in range(1, 1 + number))


def _stamp(moment: datetime) -> str:
    return f'{(moment - EPOCH) // timedelta(microseconds=1):0{DIGITS}d}'


def _moment(stamp: str) -> datetime:
    return EPOCH + timedelta(microseconds=int(stamp))


# ── Addresses nobody bears ───────────────────────────────────────────────────

_TRIED = (
    'INSERT INTO unknown_address AS u (email, tries, first_at, last_at, ip, network, user_agent) '
    'SELECT CAST($1 AS text), 1, $2, $2, $3, CAST($4 AS text), $5 WHERE '
    'EXISTS (SELECT 1 FROM unknown_address WHERE email = $1) OR ('
    '(SELECT count(*) FROM unknown_address WHERE network = $4 AND first_at > $6) < $7) '
    'ON CONFLICT (email) DO UPDATE SET tries = u.tries + 1, last_at = $2, ip = $3, user_agent = $5 '
    'RETURNING ignored_at'
)


async def note_unknown_address(
    email: str,
    *,
    now: datetime,
    ip: str,
    network: str,
    user_agent: str,
    most: int,
    most_new: int,
    new_since: datetime,
) -> bool:
    """The address tried to come in; whether staff may want to know.

    A new one is left out where `most_new` came from its network after `new_since`. Where more than `most` are kept, it
    takes the place of the one that tried least lately.
    """
    rows = await fetch(_TRIED, email, now, ip, network, user_agent[:400], new_since, most_new)
    await change(
        'DELETE FROM unknown_address WHERE ignored_at IS NULL AND id NOT IN (SELECT id FROM unknown_address '
        f'WHERE ignored_at IS NULL ORDER BY last_at DESC, id DESC LIMIT {int(most)})'
    )
    return bool(rows) and rows[0]['ignored_at'] is None


async def unknown_addresses(limit: int) -> tuple[list[dict[str, Any]], int]:
    """The newest that nobody with access bears and nobody ignores, and how many there are in all.

    `contact_id` and `contact_name` are of a contact without access that has it.
    """
    rows = await fetch(
        'SELECT u.id, u.email, u.tries, u.first_at, u.last_at, u.ip, u.user_agent, '
        'min(c.id) AS contact_id, min(c.name) AS contact_name, count(*) OVER () AS of_all '
        'FROM unknown_address u LEFT JOIN contact c ON c.email = u.email '
        'WHERE u.ignored_at IS NULL '
        'AND NOT EXISTS (SELECT 1 FROM contact a WHERE a.email = u.email AND a.portal_access) '
        'GROUP BY u.id, u.email, u.tries, u.first_at, u.last_at, u.ip, u.user_agent '
        f'ORDER BY u.last_at DESC, u.id DESC LIMIT {int(limit)}'
    )
    of_all = max([int(row.pop('of_all')) for row in rows], default=0)
    return [row | {name: as_utc(row[name]) for name in ('first_at', 'last_at')} for row in rows], of_all


async def borne_before(emails: list[str]) -> dict[str, tuple[int, str]]:
    """Of these addresses those that a contact, or its login, once had: the id and the name of the contact."""
    if not emails:
        return {}
    before = "json_extract(a.detail, '$.before')" if is_sqlite() else "a.detail->>'before'"
    rows = await fetch(
        f'SELECT {before} AS email, c.id, c.name FROM audit_event a '
        'JOIN contact c ON c.id = a.contact_id OR c.login_id = a.login_id '
        "WHERE a.kind IN ('access:login:moved', 'contacts:address:changed') AND a.outcome = 'done' "
        f'AND {before} IN ({_placeholders(len(emails))}) ORDER BY a.id, c.id DESC',
        *emails,
    )
    return {str(row['email']): (int(row['id']), str(row['name'])) for row in rows}


async def ignore_unknown_address(address_id: int, now: datetime) -> str | None:
    """Staff do not want to hear of it (again); the address, or None when it is ignored already or gone."""
    rows = await fetch(
        'UPDATE unknown_address SET ignored_at = $1 WHERE id = $2 AND ignored_at IS NULL RETURNING email',
        now,
        address_id,
    )
    return str(rows[0]['email']) if rows else None
