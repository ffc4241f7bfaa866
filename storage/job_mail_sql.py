"""The mail that a job wrote: how much of it fares how, to whom it did not get, and which of it may be sent again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from storage.many_rows import as_list, one_of_numbers, one_of_texts
from storage.sql import change, fetch
from storage.streams import stream

# How a mail fares, in the words of a contact's `email_status`, and `cancelled` beside them.
REFUSED = "m.last_answer LIKE '5%'"
FATE = (
    "CASE WHEN m.state IN ('queued', 'sending') THEN 'waiting' "
    f"WHEN m.state = 'failed' AND {REFUSED} THEN 'refused' ELSE m.state END"
)
# Given up for a reason that may have passed; what the server refuses for good it would refuse again.
MAY_GO_AGAIN = (
    f"m.state = 'failed' AND m.body IS NOT NULL AND NOT {REFUSED} "
    'AND NOT EXISTS (SELECT 1 FROM one_time_token t WHERE t.id = m.token_id '
    'AND (t.used_at IS NOT NULL OR t.voided_at IS NOT NULL OR t.expires_at <= $1))'
)
# A login email whose link ended before it was sent, and not by what somebody did. It helps nobody any more; another one
# would, as long as it is known to whom the job wrote.
OUTLIVED = (
    f"m.state IN ('cancelled', 'failed') AND m.kind = 'login_email' AND (m.state = 'cancelled' OR NOT {REFUSED}) "
    'AND EXISTS (SELECT 1 FROM one_time_token t WHERE t.id = m.token_id AND t.used_at IS NULL AND t.voided_at IS NULL '
    "AND t.expires_at <= CASE m.state WHEN 'cancelled' THEN m.finished_at ELSE $1 END) "
    "AND EXISTS (SELECT 1 FROM job j WHERE j.id = m.job_id AND j.state <> 'cancelled') "
    "AND EXISTS (SELECT 1 FROM job_item d WHERE d.job_id = m.job_id AND d.state = 'done' AND d.reason = 'sent')"
)
WAITS = "m.state = 'queued'"  # and nobody has begun to send it
NOT_REACHED = "m.state IN ('failed', 'cancelled')"


def members_not_reached(job: str) -> str:
    """A query for the members of a job to whom its mail did not get. `job` is the placeholder of its id.

    A mail to one contact names it; one that several share is known by the login they share.
    """
    return (
        'SELECT n.id FROM outbox_mail m JOIN job_item n ON n.job_id = m.job_id AND n.contact_id = m.contact_id '
        f'WHERE m.job_id = {job} AND {NOT_REACHED} '
        'UNION SELECT n.id FROM outbox_mail m JOIN contact o ON o.login_id = m.login_id '
        'JOIN job_item n ON n.job_id = m.job_id AND n.contact_id = o.id '
        f"WHERE m.job_id = {job} AND m.contact_id IS NULL AND {NOT_REACHED} AND n.state = 'done'"
    )


async def count_mail(job_id: int, now: datetime) -> dict[str, int]:
    """How many mails of the job fare how, how many of them may go again (`again`), in place of how many another may
    (`afresh`), and to how many contacts it did not get (`contacts_not_reached`). On a connection of its own.

    Only of what failed is more looked at than the index of its state.
    """
    mail = 'FROM outbox_mail m WHERE m.job_id = $2'
    sql = (
        "SELECT CASE WHEN m.state IN ('queued', 'sending') THEN 'waiting' ELSE m.state END AS fate, count(*) "
        f"{mail} AND m.state <> 'failed' GROUP BY 1 "
        f"UNION ALL SELECT CASE WHEN {REFUSED} THEN 'refused' ELSE 'failed' END, count(*) "
        f"{mail} AND m.state = 'failed' GROUP BY 1 "
        f"UNION ALL SELECT 'again', count(*) {mail} AND {MAY_GO_AGAIN} "
        f"UNION ALL SELECT 'afresh', count(*) {mail} AND {OUTLIVED} "
        f"UNION ALL SELECT 'contacts_not_reached', count(*) FROM ({members_not_reached('$2')}) AS those"
    )
    return {row[0]: int(row[1]) async for part in stream(sql, [now, job_id], list) for row in part}


async def fates_of(job_id: int, contact_ids: Sequence[int]) -> dict[int, str]:
    """How the mail of the job to each of these contacts fares; without those to whom it wrote none.

    The plus keeps the engine from looking through all mail of the job for that of a few.
    """
    rows = await fetch(
        f'SELECT m.contact_id AS id, {FATE} AS fate FROM outbox_mail m '
        f'WHERE {one_of_numbers("m.contact_id", "$1")} AND +m.job_id = $2 '
        f'UNION ALL SELECT c.id, {FATE} FROM contact c JOIN outbox_mail m ON m.login_id = c.login_id '
        f'WHERE {one_of_numbers("c.id", "$1")} AND +m.job_id = $2 AND m.contact_id IS NULL',
        as_list(contact_ids),
        job_id,
    )
    return {int(row['id']): row['fate'] for row in rows}


async def mailed_among(job_id: int, addresses: Sequence[str]) -> set[str]:
    """Those of these addresses to which the job has written already."""
    rows = await fetch(
        'SELECT l.email FROM login l WHERE EXISTS '
        '(SELECT 1 FROM outbox_mail m WHERE m.login_id = l.id AND +m.job_id = $2) '
        f'AND {one_of_texts("l.email", "$1")}',
        as_list(addresses),
        job_id,
    )
    return {row['email'] for row in rows}


async def next_mails(job_id: int, which: str, now: datetime, after: int, limit: int) -> list[dict[str, Any]]:
    """Mails of the job by their ids: those that are `MAY_GO_AGAIN`, `OUTLIVED` or `WAITS`."""
    return await fetch(
        'SELECT m.id, m.kind, m.to_address, m.contact_id, m.contact_name, m.login_id FROM outbox_mail m '
        f'WHERE m.job_id = $2 AND m.id > $3 AND m.created_at <= $1 AND {which} ORDER BY m.id LIMIT {int(limit)}',
        now,
        job_id,
        after,
    )


async def queue_again(mail_ids: Sequence[int], now: datetime) -> None:
    """These go again, as if they had never been tried, behind whatever is due already."""
    await change(
        "UPDATE outbox_mail SET state = 'queued', next_try_at = $2, tries = 0, finished_at = NULL, last_answer = '' "
        f"WHERE {one_of_numbers('id', '$1')} AND state = 'failed' AND body IS NOT NULL",
        as_list(mail_ids),
        now,
    )
