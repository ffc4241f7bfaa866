"""Mail is written here in the transaction of its cause, and sent by domain/mail/worker.py after the commit.

The body is encrypted for the time it waits, bound to its Message-ID, and scrubbed once it has been handed over (R2).
The Message-ID stays the same over all tries, so that an extra copy is known as one (F1).
"""

import asyncio
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from domain.actors import Actor
from domain.audit import AuditKind, record
from domain.authorization import Permission, authorise, may
from domain.dependencies import Cipher, Dependencies
from domain.errors import MailIsOver, MailNotFound, NoMailServer
from domain.events import MailChanged, MailQueued
from domain.mail.envelope import sender_address
from domain.mail.rendering import Message, on_one_line
from domain.mail.states import PERSONAL, URGENT, EmailStatus, MailKind, MailState
from domain.unit_of_work import Work, deed, unit_of_work
from storage import mail_claims
from storage.keyed_rows import insert_keyed
from storage.models import OutboxMail

HEAD_START = timedelta(days=30)  # urgent mail is dated back so far, and so passes whatever was queued in bulk
HEAD_START_OF_A_JOB = HEAD_START / 2  # its login emails pass bulk mail too, and nobody who waits before a page
MOST_ON_A_PAGE = 200
BREATH = 25  # mails are encrypted in a row; then others are served
_link = re.compile(r'https?://\S+')


@dataclass(frozen=True)
class NewMail:
    """A mail to be sent to one address. `token_id` is the link inside: when it ends, the mail is cancelled."""

    kind: str
    to_address: str
    message: Message
    to_name: str = ''
    contact_id: int | None = None
    contact_name: str = ''
    login_id: int | None = None
    token_id: int | None = None
    made_by_id: int | None = None
    made_by_name: str = ''
    made_by_address: str = ''  # where a client's answer goes, unless the firm wants it elsewhere


@dataclass(frozen=True)
class MailRow:
    """One mail as staff see it. `next_try_at` only while it is queued; `last_answer` in the mail server's words."""

    id: int
    kind: str
    state: MailState
    to_address: str
    to_name: str
    subject: str
    contact_id: int | None
    contact_name: str
    made_by_name: str
    created_at: datetime
    next_try_at: datetime | None
    tries: int
    last_answer: str
    finished_at: datetime | None
    can_retry: bool
    can_cancel: bool
    can_read: bool


@dataclass(frozen=True)
class MailPage:
    """Mails, newest first; `next_before_id` asks for the page that follows, None at the end."""

    rows: tuple[MailRow, ...]
    next_before_id: int | None


@dataclass(frozen=True)
class MailCounts:
    """How many mails are in each state."""

    queued: int = 0
    sending: int = 0
    sent: int = 0
    failed: int = 0
    cancelled: int = 0
    captured: int = 0


@dataclass(frozen=True)
class CapturedMail:
    """A captured mail, as its reader would see it. Holds live links: show it to staff, log it never."""

    subject: str
    to: str
    text: str
    html: str
    links: tuple[str, ...]


async def enqueue(work: Work, mail: NewMail) -> int:
    """Put one mail in the outbox, in the transaction of its cause; its id.

    Sets `email_status` of every contact with that address by an UPDATE: a `contact.save()` afterwards would undo it.
    """
    return (await enqueue_many(work, [mail]))[0]


async def enqueue_many(work: Work, mails: Iterable[NewMail]) -> list[int]:
    """`enqueue` for many; the ids, in the same order."""
    rows: list[dict[str, Any]] = []
    for mail in mails:
        rows.append(_row(work, mail))
        if len(rows) % BREATH == 0:
            await asyncio.sleep(0)
    if not rows:
        return []
    found = await insert_keyed('outbox_mail', 'message_id', rows)
    captured = work.deps.captures_mail
    status = EmailStatus.CAPTURED if captured else EmailStatus.WAITING
    await mail_claims.set_email_status([row['to_address'] for row in rows], status)
    ids = [found[row['message_id']] for row in rows]
    for mail_id, row in zip(ids, rows, strict=True):
        work.tell(MailChanged(mail_id, row['contact_id'], row['login_id']))
    if not captured:
        work.tell(MailQueued())
    return ids


async def cancel_for_tokens(work: Work, token_ids: Sequence[int]) -> int:
    """Cancel the unsent mail whose link has ended, and scrub its body; how many were cancelled.

    A mail that is on its way at this moment is cancelled too unless the server takes it, and says `sent` in that case.
    """
    rows = await mail_claims.cancel(work.now, list(token_ids))
    cancelled = [row for row in rows if row['state'] == MailState.CANCELLED]
    await mail_claims.email_status_after_cancelling([row['to_address'] for row in cancelled])
    work.tell(*(MailChanged(row['id'], row['contact_id'], row['login_id']) for row in rows))
    return len(cancelled)


async def cancel_waiting(work: Work, mail_ids: Sequence[int]) -> int:
    """Cancel these mails unless somebody has begun to send them, and scrub their bodies; how many were cancelled."""
    rows = await mail_claims.cancel_waiting(work.now, list(mail_ids))
    await mail_claims.email_status_after_cancelling([row['to_address'] for row in rows])
    work.tell(*(MailChanged(row['id'], row['contact_id'], row['login_id']) for row in rows))
    return len(rows)


async def list_mail(
    deps: Dependencies,
    actor: Actor,
    *,
    state: MailState | str | None = None,
    contact_id: int | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> MailPage:
    """A page of the outbox, newest first; 200 rows at most. Raises NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.SEE_OUTBOX)
    limit = max(1, min(limit, MOST_ON_A_PAGE))
    rows = await mail_claims.mail_page(
        state=str(state) if state else None, contact_id=contact_id, before_id=before_id, limit=limit + 1
    )
    captures, reads_all = deps.captures_mail, may(actor, Permission.READ_PERSONAL_MAIL)
    shown = tuple(_as_seen(row, captures=captures, reads_all=reads_all) for row in rows[:limit])
    return MailPage(shown, shown[-1].id if len(rows) > limit else None)


async def mail_counts(deps: Dependencies, actor: Actor) -> MailCounts:
    """Raises NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.SEE_OUTBOX)
    return MailCounts(**await mail_claims.count_by_state())


@deed
async def retry_mail(deps: Dependencies, actor: Actor, mail_id: int) -> None:
    """Try a mail again at once: one that failed, waits for its next try, or was captured before a server was set.

    Raises NoMailServer while there is none, MailIsOver when there is nothing to try again, MailNotFound, NotAllowed,
    SignedOut.
    """
    await authorise(deps, actor, Permission.MANAGE_OUTBOX)
    if deps.captures_mail:
        raise NoMailServer()
    async with unit_of_work(deps) as work:
        mail = await _change(
            mail_id,
            [MailState.QUEUED, MailState.FAILED, MailState.CAPTURED],
            EmailStatus.WAITING,
            state=MailState.QUEUED.value,
            next_try_at=work.now - HEAD_START,
            tries=0,
            finished_at=None,
            last_answer='',
        )
        await _record(work, AuditKind.MAIL_RETRIED, actor, mail)
        work.tell(MailChanged(mail.id, mail.contact_id, mail.login_id), MailQueued())


@deed
async def cancel_mail(deps: Dependencies, actor: Actor, mail_id: int) -> None:
    """Never send this mail; its body is scrubbed. The link inside lives on: it may have been handed over otherwise.

    Raises MailIsOver when it is sent, cancelled or being sent; MailNotFound, NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.MANAGE_OUTBOX)
    async with unit_of_work(deps) as work:
        mail = await _change(
            mail_id,
            [MailState.QUEUED, MailState.CAPTURED, MailState.FAILED],
            state=MailState.CANCELLED.value,
            body=None,
            finished_at=work.now,
        )
        await mail_claims.email_status_after_cancelling([mail.to_address])
        await _record(work, AuditKind.MAIL_CANCELLED, actor, mail)
        work.tell(MailChanged(mail.id, mail.contact_id, mail.login_id))


@deed
async def read_captured_mail(deps: Dependencies, actor: Actor, mail_id: int) -> CapturedMail:
    """What a captured mail says, links and all. That it was read is recorded.

    A mail that waits for a mail server's next try is read by nobody. What lets its reader choose a password, confirm an
    address or join the team is for an owner, and only as long as there is no mail server: somebody has to hand it over.
    Raises MailIsOver when it is not there to be read or cannot be decrypted; MailNotFound, NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.MANAGE_OUTBOX)
    found = await OutboxMail.get_or_none(id=mail_id)
    if found is not None and found.kind in PERSONAL:
        await authorise(deps, actor, Permission.READ_PERSONAL_MAIL)
    async with unit_of_work(deps) as work:
        mail = await OutboxMail.get_or_none(id=mail_id)
        if mail is None:
            raise MailNotFound()
        too_late = mail.kind in PERSONAL and not deps.captures_mail
        if mail.state != MailState.CAPTURED or mail.body is None or too_late:
            raise MailIsOver(mail.state)
        try:
            text, html = open_body(deps.cipher, mail.body, mail.message_id)
        except ValueError as error:
            raise MailIsOver(mail.state) from error
        await _record(work, AuditKind.CAPTURED_MAIL_READ, actor, mail)
        return CapturedMail(mail.subject, mail.to_address, text, html, tuple(_link.findall(text)))


def open_body(cipher: Cipher, body: str, message_id: str) -> tuple[str, str]:
    """Text and HTML of a body. Raises ValueError or KeyError when it is not what was written."""
    parts = json.loads(cipher.decrypt(body, message_id))
    return str(parts['text']), str(parts['html'])


def _row(work: Work, mail: NewMail) -> dict[str, Any]:
    deps = work.deps
    domain = sender_address(deps.sender).rpartition('@')[2]
    message_id = f'<{deps.randomness.token()}@{domain}>'
    body = json.dumps({'text': mail.message.text, 'html': mail.message.html})
    captured = deps.captures_mail
    return {
        'kind': str(mail.kind),
        'state': MailState.CAPTURED.value if captured else MailState.QUEUED.value,
        'to_address': mail.to_address.lower(),
        'to_name': on_one_line(mail.to_name)[:200],
        'reply_to': deps.handover.reply_to(mail.made_by_address),
        'subject': on_one_line(mail.message.subject)[:400],
        'body': deps.cipher.encrypt(body, message_id),
        'message_id': message_id,
        'contact_id': mail.contact_id,
        'contact_name': mail.contact_name[:200],
        'login_id': mail.login_id,
        'token_id': mail.token_id,
        'made_by_id': mail.made_by_id,
        'made_by_name': mail.made_by_name[:200],
        'job_id': work.job_id,
        'created_at': work.now,
        'next_try_at': work.now - _head_start(mail.kind, work.job_id),
        'tries': 0,
        'lease': '',
        'last_answer': '',
    }


def _head_start(kind: str, job_id: int | None) -> timedelta:
    if kind in URGENT or (kind == MailKind.LOGIN_EMAIL and job_id is None):
        return HEAD_START
    return HEAD_START_OF_A_JOB if kind == MailKind.LOGIN_EMAIL else timedelta()


def _as_seen(row: dict[str, object], *, captures: bool, reads_all: bool) -> MailRow:
    has_body, state = bool(row.pop('has_body')), MailState(str(row.pop('state')))
    waits = state in (MailState.QUEUED, MailState.CAPTURED)
    if state is not MailState.QUEUED:
        row['next_try_at'] = None
    return MailRow(
        **row,  # type: ignore[arg-type]
        state=state,
        can_retry=has_body and not captures and (waits or state is MailState.FAILED),
        can_cancel=waits or state is MailState.FAILED,
        can_read=has_body and state is MailState.CAPTURED and (row['kind'] not in PERSONAL or (captures and reads_all)),
    )


async def _change(
    mail_id: int, states: list[MailState], status: EmailStatus | None = None, **values: object
) -> OutboxMail:
    """Change a mail that still has its body and is in one of these states. Raises MailNotFound, MailIsOver."""
    mail = await OutboxMail.get_or_none(id=mail_id)
    if mail is None:
        raise MailNotFound()
    if status is not None:  # contact before mail, as every deed locks them
        await mail_claims.set_email_status([mail.to_address], status)
    names = [state.value for state in states]
    if not await OutboxMail.filter(id=mail_id, state__in=names, body__isnull=False).update(**values):
        raise MailIsOver((await OutboxMail.get(id=mail_id)).state)
    return mail


async def _record(work: Work, kind: AuditKind, actor: Actor, mail: OutboxMail) -> None:
    await record(
        work,
        kind,
        actor,
        contact_id=mail.contact_id,
        contact_name=mail.contact_name,
        login_id=mail.login_id,
        mail_id=mail.id,
        mail_kind=mail.kind,
        to=mail.to_address,
    )
