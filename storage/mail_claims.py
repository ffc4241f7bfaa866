"""The atomic UPDATEs of the outbox: lease, renew, release, finish, cancel.

A mail belongs to whoever's lease stands in its row. Each statement has its condition inside, so that of any number of
workers on either engine one takes a mail (F6), and a result is written only by whoever holds it. Times are UTC.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from storage.many_rows import as_list, one_of_numbers, one_of_texts
from storage.models import OutboxMail
from storage.sql import as_utc, change, fetch, is_sqlite

CHUNK = 500  # values in one IN (…), well below every engine's limit


@dataclass(frozen=True)
class LeasedMail:
    """A mail that one worker holds. `tries` are those that were begun before."""

    id: int
    kind: str
    to_address: str
    to_name: str
    subject: str
    body: str | None
    message_id: str
    contact_id: int | None
    login_id: int | None
    tries: int
    reply_to: str = ''
    made_by_name: str = ''


class Verdict(StrEnum):
    """Asked right before a mail is sent."""

    GO = 'go'
    LINK_ENDED = 'link ended'
    LOST = 'lost'


_LEASED = (
    'id, kind, to_address, to_name, subject, body, message_id, contact_id, login_id, tries, reply_to, made_by_name'
)


async def next_due() -> datetime | None:
    """When the next mail is due or the next lease runs out; None when nothing waits."""
    rows = await fetch(
        "SELECT (SELECT min(next_try_at) FROM outbox_mail WHERE state = 'queued') AS waiting, "
        "(SELECT min(leased_until) FROM outbox_mail WHERE state = 'sending') AS leased"
    )
    moments = [moment for moment in (as_utc(rows[0]['waiting']), as_utc(rows[0]['leased'])) if moment]
    return min(moments, default=None)


async def take_back_expired(now: datetime, most_tries: int) -> list[tuple[int, int | None, int | None]]:
    """Queue the mail of workers that died; fail what has ended `most_tries` of them. Each as (id, contact, login).

    The old lease stays in the row until the next one, so that a worker that was only slow can still say "sent".
    """
    skip = '' if is_sqlite() else ' FOR UPDATE SKIP LOCKED'
    rows = await fetch(
        "UPDATE outbox_mail SET state = CASE WHEN tries >= $2 THEN 'failed' ELSE 'queued' END, next_try_at = $1, "
        'finished_at = CASE WHEN tries >= $2 THEN $1 ELSE NULL END, leased_until = NULL, '
        "last_answer = 'The try was interrupted.' "
        "WHERE id IN (SELECT id FROM outbox_mail WHERE state = 'sending' AND leased_until < $1"
        f'{skip}) RETURNING id, contact_id, login_id',
        now,
        most_tries,
    )
    return [(row['id'], row['contact_id'], row['login_id']) for row in rows]


async def lease(lease: str, now: datetime, until: datetime, limit: int) -> list[LeasedMail]:
    """Take at most `limit` mails that are due, the longest waiting first."""
    if is_sqlite():
        chosen = (
            "id IN (SELECT id FROM outbox_mail WHERE state = 'queued' AND next_try_at <= $3 "
            'ORDER BY next_try_at, id LIMIT $4)'
        )
    else:
        chosen = (
            "id = ANY(ARRAY(SELECT id FROM outbox_mail WHERE state = 'queued' AND next_try_at <= $3 "
            'ORDER BY next_try_at, id LIMIT $4 FOR UPDATE SKIP LOCKED))'
        )
    rows = await fetch(
        "UPDATE outbox_mail SET state = 'sending', lease = $1, leased_until = $2 "
        f"WHERE {chosen} AND state = 'queued' RETURNING {_LEASED}, next_try_at",
        lease,
        until,
        now,
        limit,
    )
    rows.sort(key=lambda row: (row.pop('next_try_at'), row['id']))
    return [LeasedMail(**row) for row in rows]


async def renew(leases: list[str], until: datetime) -> int:
    """Hold on to what these leases still hold; how many mails that is."""
    return await OutboxMail.filter(state='sending', lease__in=leases).update(leased_until=until)


async def release(lease: str) -> int:
    """Put back what was taken and not begun; how many mails that was."""
    return await change(
        "UPDATE outbox_mail SET state = 'queued', leased_until = NULL WHERE state = 'sending' AND lease = $1", lease
    )


async def begin_tries(mails: list[tuple[int, str]], now: datetime) -> dict[int, Verdict]:
    """Count one more try for each of these mails (id, lease) that may be sent now. One not in the answer is lost."""
    if not mails:
        return {}
    values = [value for mail in mails for value in mail]
    begun = await fetch(
        f'UPDATE outbox_mail SET tries = tries + 1 WHERE {_held(mails, 2)} '
        'AND NOT EXISTS (SELECT 1 FROM one_time_token t WHERE t.id = token_id '
        'AND (t.used_at IS NOT NULL OR t.voided_at IS NOT NULL OR t.expires_at <= $1)) '
        'RETURNING id',
        now,
        *values,
    )
    verdicts = {row['id']: Verdict.GO for row in begun}
    if len(verdicts) < len(mails):
        rest = await fetch(f'SELECT id FROM outbox_mail WHERE {_held(mails, 1)}', *values)
        verdicts = {row['id']: Verdict.LINK_ENDED for row in rest} | verdicts
    return verdicts


def _held(mails: list[tuple[int, str]], first: int) -> str:
    """These mails as far as these leases hold them, with placeholders from `first` on."""
    numbers = range(first, first + 2 * len(mails), 2)
    pairs = ' OR '.join(f'(id = ${number} AND lease = ${number + 1})' for number in numbers)
    return f"state = 'sending' AND ({pairs})"


_FINISHED_WITH = ('state', 'body', 'finished_at', 'next_try_at', 'tries')


async def finish(ended: list[tuple[int, str, dict[str, Any]]]) -> set[int]:
    """Write how tries ended, each as (id, lease, values); the ids of those whose lease still held.

    What was handed over was handed over: `sent` is written even if the mail was cancelled in the meantime. Tries that
    ended alike are written by one statement, whatever the server answered to each.
    """
    alike: dict[tuple[tuple[str, Any], ...], list[tuple[int, str, str]]] = {}
    for mail_id, lease, values in ended:
        changes = tuple((column, values[column]) for column in _FINISHED_WITH if column in values)
        alike.setdefault(changes, []).append((mail_id, lease, values['last_answer']))
    written: set[int] = set()
    for changes, mails in alike.items():
        written |= await _finish_alike(dict(changes), mails)
    return written


async def _finish_alike(changes: dict[str, Any], mails: list[tuple[int, str, str]]) -> set[int]:
    first = len(changes) + 1
    places = range(first, first + 3 * len(mails), 3)
    columns = ', '.join(f'{column} = ${number}' for number, column in enumerate(changes, 1))
    answers = ' '.join(f'WHEN ${place} THEN ${place + 2}' for place in places)
    whose = ' OR '.join(f'(id = ${place} AND lease = ${place + 1})' for place in places)
    still = '' if changes['state'] == 'sent' else " AND state = 'sending'"
    rows = await fetch(
        f'UPDATE outbox_mail SET leased_until = NULL, {columns}, last_answer = CASE id {answers} END '
        f'WHERE ({whose}){still} RETURNING id',
        *changes.values(),
        *(value for mail in mails for value in mail),
    )
    return {row['id'] for row in rows}


async def cancel(now: datetime, token_ids: list[int]) -> list[dict[str, Any]]:
    """Cancel the unsent mail that carries these links, and scrub the bodies of what failed; the changed rows."""
    changed: list[dict[str, Any]] = []
    for start in range(0, len(token_ids), CHUNK):
        part = token_ids[start : start + CHUNK]
        names = ', '.join(f'${number}' for number in range(2, 2 + len(part)))
        changed += await fetch(
            "UPDATE outbox_mail SET state = CASE WHEN state = 'failed' THEN state ELSE 'cancelled' END, body = NULL, "
            'finished_at = COALESCE(finished_at, $1), leased_until = NULL '
            f'WHERE token_id IN ({names}) AND body IS NOT NULL '
            "AND state IN ('queued', 'captured', 'sending', 'failed') "
            'RETURNING id, contact_id, login_id, to_address, state',
            now,
            *part,
        )
    return changed


async def cancel_waiting(now: datetime, mail_ids: list[int]) -> list[dict[str, Any]]:
    """Cancel these mails where nobody has begun to send them, and scrub their bodies; the changed rows."""
    changed: list[dict[str, Any]] = []
    for start in range(0, len(mail_ids), CHUNK):
        part = mail_ids[start : start + CHUNK]
        names = ', '.join(f'${number}' for number in range(2, 2 + len(part)))
        if not is_sqlite():  # contact before mail, as every deed locks them
            await fetch(
                'SELECT c.id FROM contact c WHERE c.email IN (SELECT m.to_address FROM outbox_mail m WHERE m.id IN '
                f'({names}) AND m.created_at <= $1) ORDER BY c.id FOR UPDATE',
                now,
                *part,
            )
        changed += await fetch(
            "UPDATE outbox_mail SET state = 'cancelled', body = NULL, finished_at = $1 "
            f"WHERE id IN ({names}) AND state IN ('queued', 'captured') RETURNING id, contact_id, login_id, to_address",
            now,
            *part,
        )
    return changed


async def set_email_status(addresses: list[str], status: str) -> int:
    """On every contact that bears one of these addresses; how many had another.

    Thousands may bear one, and each mail to it says the same of all of them: who has the status already is let be.
    """
    changed = 0
    unique = sorted({address.lower() for address in addresses})
    for start in range(0, len(unique), CHUNK):
        held = await _held_contacts(unique[start : start + CHUNK], 'email_status <> $2', status)
        changed += await change(
            f'UPDATE contact SET email_status = $2 WHERE {one_of_numbers("id", "$1")} AND email_status <> $2',
            as_list(held),
            status,
        )
    return changed


async def _held_contacts(addresses: list[str], changing: str, *values: object) -> list[int]:
    """The bearers of these addresses that this condition is about, with the first one of each: locked.

    In the order of their ids, as every deed holds them: an UPDATE alone would take them as it finds them. Two that deal
    with the mail of one address wait for each other at its first bearer, whoever else changes. $1 are the addresses.
    """
    rows = await fetch(
        f'SELECT id FROM contact WHERE {one_of_texts("email", "$1")} AND ({changing} OR id IN '
        f'(SELECT min(o.id) FROM contact o WHERE {one_of_texts("o.email", "$1")} GROUP BY o.email)) '
        f'ORDER BY id{"" if is_sqlite() else " FOR UPDATE"}',
        as_list(addresses),
        *values,
    )
    return [int(row['id']) for row in rows]


async def email_status_after_cancelling(addresses: list[str]) -> None:
    """Contacts whose mail waits no more get their status anew, from their newest mail that was not cancelled."""
    unique = sorted({address.lower() for address in addresses})
    if unique:
        waiting = "email_status IN ('waiting', 'captured')"
        held = await _held_contacts(unique, waiting)
        await change(
            'UPDATE contact SET email_status = COALESCE((SELECT CASE '
            "WHEN m.state = 'failed' AND m.last_answer LIKE '5%' THEN 'refused' "
            "WHEN m.state IN ('sent', 'failed', 'captured') THEN m.state ELSE 'waiting' END "
            'FROM outbox_mail m WHERE m.contact_id = contact.id AND m.to_address = contact.email '
            "AND m.state <> 'cancelled' ORDER BY m.id DESC LIMIT 1), 'not_tried') "
            f'WHERE {one_of_numbers("id", "$1")} AND {waiting}',
            as_list(held),
        )


async def mail_page(
    *, state: str | None, contact_id: int | None, before_id: int | None, limit: int
) -> list[dict[str, Any]]:
    """The newest mails before `before_id`, without their bodies but with `has_body`."""
    wanted: list[str] = []
    values: list[object] = [limit]
    for condition, value in (('state =', state), ('contact_id =', contact_id), ('id <', before_id)):
        if value is not None:
            values.append(value)
            wanted.append(f'{condition} ${len(values)}')
    where = f'WHERE {" AND ".join(wanted)} ' if wanted else ''
    rows = await fetch(
        'SELECT id, kind, state, to_address, to_name, subject, contact_id, contact_name, made_by_name, created_at, '
        f'next_try_at, tries, last_answer, finished_at, body IS NOT NULL AS has_body FROM outbox_mail {where}'
        'ORDER BY id DESC LIMIT $1',
        *values,
    )
    for row in rows:
        for moment in ('created_at', 'next_try_at', 'finished_at'):
            row[moment] = as_utc(row[moment])
    return rows


async def count_by_state() -> dict[str, int]:
    """How many mails are in each state that occurs."""
    rows = await fetch('SELECT state, count(*) AS number FROM outbox_mail GROUP BY state')
    return {row['state']: row['number'] for row in rows}


async def try_at_once(now: datetime) -> int:
    """Let everything that waits for its next try be due; how many mails that was."""
    return await change("UPDATE outbox_mail SET next_try_at = $1 WHERE state = 'queued' AND next_try_at > $1", now)
