"""How each try to send a mail is written down: one guarded UPDATE by whoever holds the lease.

The first tries come soon after each other, the last hours apart; fifteen of them fill about a day. A fault of the mail
server itself is not counted against a mail.
"""

import re
from datetime import timedelta
from typing import Any

import structlog

from domain.dependencies import Dependencies, Randomness
from domain.events import MailChanged
from domain.mail.envelope import Envelope, build
from domain.mail.outbox import open_body
from domain.mail.states import EmailStatus, MailState
from domain.mail.transport import Deferred, Delivered, Outcome, Refused, ServerFault
from domain.unit_of_work import deed, unit_of_work
from storage import mail_claims
from storage.mail_claims import LeasedMail

log = structlog.get_logger(__name__)

MOST_TRIES = 15
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=3)
LONGEST_ANSWER = 500
_token = re.compile(r'[A-Za-z0-9_-]{32,}')


def wait_before_next(tries: int, randomness: Randomness) -> timedelta:
    """5 s, 20 s, 80 s … 3 h, each give or take a fifth so that a crowd of mails does not come back as one."""
    steady = min(FIRST_WAIT * 4 ** min(tries - 1, 12), LONGEST_WAIT)
    share: float = int(randomness.code()) / 1_000_000
    return steady * (0.8 + 0.4 * share)


@deed
async def take_batch(deps: Dependencies, lease: str, held_for: timedelta, limit: int) -> list[LeasedMail]:
    """Lease mail that is due, after taking back what dead workers held."""
    async with unit_of_work(deps) as work:
        expired = await mail_claims.take_back_expired(work.now, MOST_TRIES)
        batch = await mail_claims.lease(lease, work.now, work.now + held_for, limit)
        work.tell(*(MailChanged(mail_id, contact_id) for mail_id, contact_id in expired))
        work.tell(*(MailChanged(mail.id, mail.contact_id) for mail in batch))
    if expired:
        log.info('mail taken back from a worker that is gone', mail_ids=[mail_id for mail_id, _ in expired])
    return batch


async def may_be_sent(deps: Dependencies, mail: LeasedMail, lease: str) -> bool:
    """Asked right before a mail is sent. One whose link has ended meanwhile is cancelled."""
    verdict = await mail_claims.verdict_before_sending(mail.id, lease, deps.clock.now())
    if verdict == 'dead link':
        values: dict[str, Any] = {
            'state': MailState.CANCELLED.value,
            'body': None,
            'last_answer': 'The link inside had ended.',
        }
        await _write(deps, mail, lease, None, finished=True, **values)
    return verdict == 'go'


def put_together(deps: Dependencies, mail: LeasedMail, firm_name: str) -> Envelope | None:
    """The mail for the wire; None for one that cannot be decrypted or built (F5). Only the type of error is logged."""
    try:
        text, html = open_body(deps.cipher, mail.body or '', mail.message_id)
        return build(
            deps.settings,
            from_name=firm_name,
            to_address=mail.to_address,
            to_name=mail.to_name,
            subject=mail.subject,
            text=text,
            html=html,
            message_id=mail.message_id,
            date=deps.clock.now(),
        )
    except Exception as error:
        log.warning('mail cannot be put together', mail_id=mail.id, error=type(error).__name__)
        return None


async def give_up_on_poison(deps: Dependencies, mail: LeasedMail, lease: str) -> None:
    """The mail fails by itself; its body stays, should the key that it was encrypted with come back."""
    values: dict[str, Any] = {'state': MailState.FAILED.value, 'last_answer': 'This mail could not be put together.'}
    await _write(deps, mail, lease, EmailStatus.FAILED, finished=True, **values)


async def write_outcome(
    deps: Dependencies, mail: LeasedMail, lease: str, outcome: Outcome, content: Envelope, pause: timedelta
) -> None:
    """Write what came of a try. `pause` is how long the mail server is left alone, for a fault of its own."""
    answer = presentable(outcome.answer, content)
    match outcome:
        case Delivered():
            values: dict[str, Any] = {'state': MailState.SENT.value, 'body': None, 'last_answer': answer}
            await _write(deps, mail, lease, EmailStatus.SENT, finished=True, **values)
        case Refused():
            values = {'state': MailState.FAILED.value, 'last_answer': answer}
            await _write(deps, mail, lease, EmailStatus.REFUSED, finished=True, **values)
        case Deferred() if mail.tries >= MOST_TRIES:
            values = {'state': MailState.FAILED.value, 'last_answer': answer}
            await _write(deps, mail, lease, EmailStatus.FAILED, finished=True, **values)
        case Deferred():
            wait = wait_before_next(mail.tries, deps.randomness)
            values = {'state': MailState.QUEUED.value, 'last_answer': answer}
            await _write(deps, mail, lease, None, wait=wait, **values)
        case ServerFault():
            values = {'state': MailState.QUEUED.value, 'last_answer': answer, 'tries': mail.tries - 1}
            await _write(deps, mail, lease, None, wait=pause, **values)
    log.info('mail tried', mail_id=mail.id, tries=mail.tries, outcome=type(outcome).__name__.lower())


def presentable(answer: str, content: Envelope) -> str:
    """The server's words, fit for a row: of bounded length, and without the link should it quote the mail (R2)."""
    clean = answer.encode('utf-8', 'replace').decode().replace('\x00', '')
    whole = content.raw.replace(b'=\r\n', b'').decode('ascii', 'replace')
    quoted = _token.sub(lambda found: '…' if found.group() in whole else found.group(), clean)
    return quoted.strip()[:LONGEST_ANSWER]


@deed
async def _write(
    deps: Dependencies,
    mail: LeasedMail,
    lease: str,
    status: EmailStatus | None,
    *,
    finished: bool = False,
    wait: timedelta | None = None,
    **values: Any,
) -> None:
    try:
        async with unit_of_work(deps) as work:
            if finished:
                values['finished_at'] = work.now
            if wait is not None:
                values['next_try_at'] = work.now + wait
            if status is not None:  # contact before mail, as every deed locks them
                await mail_claims.set_email_status([mail.to_address], status.value)
            if not await mail_claims.finish(mail.id, lease, **values):
                raise _NotHeld()
            if values['state'] == MailState.CANCELLED:
                await mail_claims.email_status_after_cancelling([mail.to_address])
            work.tell(MailChanged(mail.id, mail.contact_id))
    except _NotHeld:
        log.warning('mail was no longer held when its try ended', mail_id=mail.id)


class _NotHeld(Exception):
    """Undoes what was written for a mail that somebody else has by now."""
