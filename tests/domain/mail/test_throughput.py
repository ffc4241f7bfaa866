"""The worker against a bare loop over the same connection to the same sink."""

import time
from collections.abc import Callable

import aiosmtplib
import pytest

from domain.dependencies import Dependencies
from domain.mail.envelope import build
from domain.mail.worker import MailWorker, Pace
from storage.models import OutboxMail
from tests.domain.mail.given import a_mail, queued, until
from tests.support.databases import sqlite_only
from tests.support.smtp_sink import SmtpSink

MAILS = 1_000


@pytest.mark.load
@sqlite_only
async def test_the_worker_reaches_sixty_per_cent_of_a_bare_loop(
    sending: Dependencies, smtp_sink: SmtpSink, start_worker: Callable[..., MailWorker]
) -> None:
    mail = a_mail(sending)
    envelope = build(
        sending.sender,
        from_name='Northwind',
        to_address=mail.to_address,
        to_name=mail.to_name,
        subject=mail.message.subject,
        text=mail.message.text,
        html=mail.message.html,
        message_id='<one@portal.example.com>',
        date=sending.clock.now(),
    )
    ratios = []
    for _ in range(3):
        async with aiosmtplib.SMTP(hostname='127.0.0.1', port=smtp_sink.port, start_tls=False) as smtp:
            begun = time.perf_counter()
            for _ in range(MAILS):
                await smtp.sendmail(envelope.sender, [envelope.recipient], envelope.raw)
            bare = MAILS / (time.perf_counter() - begun)
        await queued(sending, *(a_mail(sending, f'a{number}@example.org') for number in range(MAILS)))
        begun = time.perf_counter()
        worker = start_worker(sending, Pace())

        async def all_sent() -> bool:
            return not await OutboxMail.exclude(state='sent').exists()

        await until(all_sent, 60)
        ratios.append(MAILS / (time.perf_counter() - begun) / bare)
        await worker.stop()
    print('ratios', [round(ratio, 2) for ratio in ratios])
    assert max(ratios) >= 0.6
