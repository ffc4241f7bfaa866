"""How each try to send a mail is written down: one guarded UPDATE by whoever holds the lease.

The first tries come soon after each other, the last hours apart; fifteen of them fill about a day. A fault of the mail
server itself is not counted against a mail.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from domain.dependencies import Dependencies, Randomness
from domain.events import MailChanged
from domain.mail.envelope import Envelope, build
from domain.mail.outbox import open_body
from domain.mail.paper import logo_shown_in
from domain.mail.states import EmailStatus, MailState
from domain.mail.transport import Deferred, Delivered, Outcome, Refused, ServerFault
from domain.unit_of_work import deed, unit_of_work
from storage import mail_claims
from storage.mail_claims import LeasedMail, Verdict

log = structlog.get_logger(__name__)

MOST_TRIES = 15
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=3)
LONGEST_ANSWER = 500
_token = re.compile(r'[A-Za-z0-9_-]{32,}')


def wait_before_next(tries: int, randomness: Randomness) -> timedelta:
    """5 s, 20 s, 80 s … 3 h, each give or take a fifth so that a crowd of mails does not come back as one."""
    steady: timedelta = min(FIRST_WAIT * 4 ** min(tries - 1, 12), LONGEST_WAIT)
    share: float = int(randomness.code()) / 1_000_000
    return timedelta(seconds=steady.total_seconds() * (0.8 + 0.4 * share))


@dataclass(frozen=True)
class Result:
    """How a try ended, as it is written in the row. `status` is what the contacts with that address then show."""

    mail: LeasedMail
    lease: str
    values: dict[str, Any]
    status: EmailStatus | None = None
    wait: timedelta | None = None


@deed
async def take_batch(deps: Dependencies, lease: str, held_for: timedelta, limit: int) -> list[LeasedMail]:
    """Lease mail that is due, after taking back what dead workers held."""
    async with unit_of_work(deps) as work:
        expired = await mail_claims.take_back_expired(work.now, MOST_TRIES)
        batch = await mail_claims.lease(lease, work.now, work.now + held_for, limit)
        work.tell(*(MailChanged(*whose) for whose in expired))
        work.tell(*(MailChanged(mail.id, mail.contact_id, mail.login_id) for mail in batch))
    if expired:
        log.info('mail taken back from a worker that is gone', mail_ids=[mail_id for mail_id, *_ in expired])
    return batch


@deed
async def write_results(
    deps: Dependencies, results: list[Result], upcoming: list[tuple[LeasedMail, str]]
) -> dict[int, Verdict]:
    """Write how tries ended, and begin the next mails, those that may still be sent: one transaction.

    A result whose lease is lost is not written, unless it says `sent`.
    """
    async with unit_of_work(deps) as work:
        for status in EmailStatus:  # contact before mail, as every deed locks them
            addresses = [result.mail.to_address for result in results if result.status is status]
            await mail_claims.set_email_status(addresses, status.value)
        written = await mail_claims.finish([(one.mail.id, one.lease, _as_written(one, work.now)) for one in results])
        for result in results:
            if result.mail.id not in written:
                log.warning('mail was no longer held when its try ended', mail_id=result.mail.id)
                continue
            if result.values['state'] == MailState.CANCELLED:
                await mail_claims.email_status_after_cancelling([result.mail.to_address])
            work.tell(MailChanged(result.mail.id, result.mail.contact_id, result.mail.login_id))
        return await mail_claims.begin_tries([(mail.id, lease) for mail, lease in upcoming], work.now)


def _as_written(result: Result, now: datetime) -> dict[str, Any]:
    values = dict(result.values)
    if values['state'] in (MailState.SENT, MailState.FAILED, MailState.CANCELLED):
        values['finished_at'] = now
    if result.wait is not None:
        values['next_try_at'] = now + result.wait
    return values


def put_together(deps: Dependencies, mail: LeasedMail, firm_name: str, logos: Mapping[str, bytes]) -> Envelope | None:
    """The mail for the wire, with the one of these `logos` that it shows.

    None for one that cannot be decrypted or built (F5). Only the type of error is logged.
    """
    try:
        text, html = open_body(deps.cipher, mail.body or '', mail.message_id)
        shown = logo_shown_in(html)
        return build(
            deps.sender,
            from_name=firm_name,
            to_address=mail.to_address,
            to_name=mail.to_name,
            subject=mail.subject,
            text=text,
            html=html,
            message_id=mail.message_id,
            date=deps.clock.now(),
            reply_to=mail.reply_to,
            reply_name=firm_name if mail.reply_to == deps.handover.reply_address else mail.made_by_name,
            logo=(shown, logos[shown]) if shown in logos else None,
        )
    except Exception as error:
        log.warning('mail cannot be put together', mail_id=mail.id, error=type(error).__name__)
        return None


def ended_link(mail: LeasedMail, lease: str) -> Result:
    """Never sent: the link inside was used, replaced or ran out while the mail waited."""
    answer = 'The link inside had ended.'
    return Result(mail, lease, {'state': MailState.CANCELLED.value, 'body': None, 'last_answer': answer})


def poison(mail: LeasedMail, lease: str) -> Result:
    """Fails by itself (F5). Its body stays, should the key that it was encrypted with come back."""
    answer = 'This mail could not be put together.'
    return Result(mail, lease, {'state': MailState.FAILED.value, 'last_answer': answer}, EmailStatus.FAILED)


def tried(
    mail: LeasedMail, lease: str, outcome: Outcome, content: Envelope, pause: timedelta, randomness: Randomness
) -> Result:
    """What came of a try. `pause` is how long the mail server is left alone, for a fault of its own."""
    answer = presentable(outcome.answer, content)
    match outcome:
        case Delivered():
            state = {'state': MailState.SENT.value, 'body': None, 'last_answer': answer}
            return Result(mail, lease, state, EmailStatus.SENT)
        case Refused():
            return Result(mail, lease, {'state': MailState.FAILED.value, 'last_answer': answer}, EmailStatus.REFUSED)
        case Deferred() if mail.tries >= MOST_TRIES:
            return Result(mail, lease, {'state': MailState.FAILED.value, 'last_answer': answer}, EmailStatus.FAILED)
        case Deferred():
            wait = wait_before_next(mail.tries, randomness)
            return Result(mail, lease, {'state': MailState.QUEUED.value, 'last_answer': answer}, wait=wait)
        case ServerFault():
            again = {'state': MailState.QUEUED.value, 'last_answer': answer, 'tries': mail.tries - 1}
            return Result(mail, lease, again, wait=pause)


def presentable(answer: str, content: Envelope) -> str:
    """The server's words, fit for a row: of bounded length, and without the link should it quote the mail (R2)."""
    clean = answer.encode('utf-8', 'replace').decode().replace('\x00', '')
    if _token.search(clean):
        whole = content.raw.replace(b'=\r\n', b'').decode('ascii', 'replace')
        clean = _token.sub(lambda found: '…' if found.group() in whole else found.group(), clean)
    return clean.strip()[:LONGEST_ANSWER]
