"""F1: kill -9 in the middle of a thousand queued mails, again and again."""

import asyncio
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from domain.dependencies import Dependencies
from domain.mail.worker import Pace
from storage.database import DatabaseUrl
from storage.models import OutboxMail
from tests.conftest import SECRET_KEY
from tests.domain.mail.conftest import with_server
from tests.domain.mail.given import a_mail, queued
from tests.support.smtp_sink import DropMidData, Refuse, SmtpSink

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

MAILS = 1_000
KILLS = 30
ROOT = Path(__file__).parents[2]
WORKER = """
import asyncio, sys
from domain.dependencies import build_dependencies
from domain.mail.worker import MailWorker, Pace
from domain.settings import Settings
from storage.database import DatabaseUrl, open_database

async def main():
    database, smtp, key = sys.argv[1:]
    settings = Settings(_env_file=None, database_url=database, smtp_url=smtp, secret_key=key, mail_per_minute=100_000)
    async with open_database(DatabaseUrl(database)):
        worker = MailWorker(build_dependencies(settings), Pace(held_for=3))
        worker.start()
        await asyncio.Event().wait()

asyncio.run(main())
"""


def a_worker(database: DatabaseUrl, sink: SmtpSink) -> 'subprocess.Popen[bytes]':
    arguments = [sys.executable, '-c', WORKER, database.url, sink.url, SECRET_KEY]
    return subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


async def test_killed_again_and_again_all_mail_arrives(
    deps: Dependencies, smtp_sink: SmtpSink, database: DatabaseUrl
) -> None:
    """F1: all sent; extra copies at most the sends in flight per kill, with the Message-ID of the first."""
    sending = with_server(deps, smtp_sink.url)
    for number in range(0, MAILS, 50):
        smtp_sink.script(f'a{number}@example.org', Refuse('451 Later') if number % 100 else DropMidData())
    smtp_sink.seconds_per_message = 0.01
    await queued(sending, *(a_mail(sending, f'a{number}@example.org') for number in range(MAILS)))
    kills = 0
    while kills < KILLS:
        worker = a_worker(database, smtp_sink)
        before, until = len(smtp_sink.messages), time.monotonic() + 3
        while len(smtp_sink.messages) == before and time.monotonic() < until:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await asyncio.sleep(random.random() * 0.1)
        worker.kill()
        worker.wait()
        kills += 1
    worker = a_worker(database, smtp_sink)
    try:
        until = time.monotonic() + 120
        while await OutboxMail.exclude(state='sent').count():
            assert time.monotonic() < until, await OutboxMail.exclude(state='sent').values(
                'state', 'last_answer', 'tries'
            )
            await asyncio.sleep(0.2)
    finally:
        worker.kill()
        worker.wait()
    copies = Counter(caught.message['Message-ID'] for caught in smtp_sink.messages)
    assert set(copies) == set(await OutboxMail.all().values_list('message_id', flat=True))
    assert len({caught.to for caught in smtp_sink.messages}) == MAILS
    extra = len(smtp_sink.messages) - MAILS
    print(f'{extra} extra copies after {kills} kills')
    assert extra <= kills * Pace().lanes
    assert await OutboxMail.filter(body__isnull=False).count() == 0
