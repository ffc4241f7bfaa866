"""The mail of a job, taken together: how it fares, and what can be done with it as with each mail in the outbox."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from domain.actors import Actor
from domain.audit import AuditKind, Whom, record, record_each
from domain.authorization import Permission, authorise
from domain.dependencies import Dependencies
from domain.errors import NoMailServer
from domain.events import MailChanged, MailQueued, merged
from domain.mail.states import EmailStatus
from domain.unit_of_work import Work, deed, unit_of_work
from storage import job_mail_sql, mail_claims

AT_ONCE = 250  # mails in one transaction, which is then short enough that nobody waits for it


@dataclass(frozen=True)
class JobMail:
    """How many mails of a job fare how: each is counted once, as it stands now.

    `waiting` are those being sent too. `cancelled` are also those whose link ended before their turn came. `again`: of
    those given up, how many may be sent again. `afresh`: how many login emails outlived their link, and others may be
    written for them. `contacts_not_reached`: to whom mail that is over did not get.
    """

    waiting: int = 0
    captured: int = 0
    sent: int = 0
    refused: int = 0  # for good
    failed: int = 0  # given up: it could not be sent for a day, or not be put together
    cancelled: int = 0
    again: int = 0
    afresh: int = 0
    contacts_not_reached: int = 0

    @property
    def not_reached(self) -> int:
        """How many mails got to nobody, and will not by themselves."""
        return self.refused + self.failed + self.cancelled


async def mail_of_job(deps: Dependencies, actor: Actor, job_id: int) -> JobMail:
    """How the mail that the job wrote fares. Raises TimeoutError while too many count, NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.SEE_CONTACTS)
    counted = JobMail(**await job_mail_sql.count_mail(job_id, deps.clock.now()))
    return replace(counted, again=0, afresh=0) if deps.captures_mail else counted


@deed
async def send_job_mail_again(deps: Dependencies, actor: Actor, job_id: int) -> int:
    """Try the mail of the job again that was given up; how many mails those are.

    What the mail server refused for good is left alone, and so is a mail whose link has ended.
    Raises NoMailServer while there is none, NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.MANAGE_OUTBOX)
    if deps.captures_mail:
        raise NoMailServer()
    number = after = 0
    while True:
        async with unit_of_work(deps) as work:
            mails = await job_mail_sql.next_mails(job_id, job_mail_sql.MAY_GO_AGAIN, work.now, after, AT_ONCE)
            if not mails:
                return number
            # contact before mail, as every deed locks them
            await mail_claims.set_email_status([mail['to_address'] for mail in mails], EmailStatus.WAITING)
            await job_mail_sql.queue_again([mail['id'] for mail in mails], work.now)
            await _say(work, AuditKind.MAIL_RETRIED, actor, mails)
            work.tell(MailQueued())
        number, after = number + len(mails), mails[-1]['id']


@deed
async def cancel_job_mail(deps: Dependencies, actor: Actor, job_id: int) -> int:
    """Never send the mail of the job that waits; how many mails those are. The links inside live on.

    What is being sent at this moment goes. Raises NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.MANAGE_OUTBOX)
    number = after = 0
    while True:
        async with unit_of_work(deps) as work:
            mails = await job_mail_sql.next_mails(job_id, job_mail_sql.WAITS, work.now, after, AT_ONCE)
            if not mails:
                return number
            rows = await mail_claims.cancel_waiting(work.now, [mail['id'] for mail in mails])
            await mail_claims.email_status_after_cancelling([row['to_address'] for row in rows])
            cancelled = {row['id'] for row in rows}
            await _say(work, AuditKind.MAIL_CANCELLED, actor, [mail for mail in mails if mail['id'] in cancelled])
        number, after = number + len(cancelled), mails[-1]['id']


async def _say(work: Work, kind: AuditKind, actor: Actor, mails: Sequence[dict[str, Any]]) -> None:
    """In the audit log, a row for each as if it had been done to it alone, and to the pages."""
    of_one, shared = list[Whom](), list[dict[str, Any]]()
    for mail in mails:
        if mail['contact_id'] is None:
            shared.append(mail)
        else:
            of_one.append(Whom(mail['contact_id'], mail['contact_name'], mail['login_id'], _detail(mail)))
        work.tell(MailChanged(mail['id'], mail['contact_id'], mail['login_id']))
    await record_each(work, kind, actor, of_one)
    for mail in shared:
        detail = _detail(mail)
        await record(work, kind, actor, contact_name=mail['contact_name'], login_id=mail['login_id'], **detail)
    work.events[:] = merged(work.events)


def _detail(mail: dict[str, Any]) -> dict[str, Any]:
    return {'mail_id': mail['id'], 'mail_kind': mail['kind'], 'to': mail['to_address']}
