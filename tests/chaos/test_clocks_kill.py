"""kill -9 while reminders and announcements of reports are written, by several instances where there are several."""

import asyncio
import random
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.activity.access_report import FileFormat
from domain.audit import AuditKind
from domain.dependencies import Dependencies
from domain.portal.report_schedules import MOST, Wish, save_schedule
from domain.portal.report_times import Every, Rhythm
from storage.database import DatabaseUrl
from storage.models import AuditEvent, Invitation, OneTimeToken, OutboxMail, ReportSchedule
from tests.conftest import SECRET_KEY
from tests.factories import given_invited, given_owner
from tests.support.clock import FixedClock

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

INVITED = 150
KILLS = 12
ROOT = Path(__file__).parents[2]
INSTANCE = """
import asyncio, sys
from domain.dependencies import build_dependencies
from domain.house import House
from domain.settings import Settings

async def main():
    database, folder, key = sys.argv[1:]
    settings = Settings(_env_file=None, database_url=database, data_dir=folder, secret_key=key)
    async with House(build_dependencies(settings)):
        await asyncio.Event().wait()

asyncio.run(main())
"""


def an_instance(database: DatabaseUrl, folder: Path) -> 'subprocess.Popen[bytes]':
    arguments = [sys.executable, '-c', INSTANCE, database.url, str(folder), SECRET_KEY]
    return subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


async def left() -> int:
    """What is still to be written."""
    now = datetime.now(UTC)
    due = await ReportSchedule.filter(next_at__lte=now).count()
    return due + await Invitation.filter(reminded_at=None).count()


async def test_killed_again_and_again_everybody_is_written_to_once(
    deps: Dependencies, database: DatabaseUrl, clock: FixedClock, tmp_path: Path
) -> None:
    """Nothing lost, nothing doubled: the mark that it was done is in the transaction of the mail."""
    clock.set(datetime.now(UTC) - timedelta(days=5, hours=12))
    owner = await given_owner(deps)
    for number in range(INVITED):
        await given_invited(deps, owner, f'Client {number}', f'client{number}@x.example')
    daily = Rhythm(Every.DAY, 0, 'UTC')
    for _ in range(MOST):
        await save_schedule(deps, owner, Wish(daily, FileFormat.CSV, (owner.staff_id,), {}))
    instances = 1 if database.is_sqlite else 2
    for _ in range(KILLS):
        running = [an_instance(database, tmp_path) for _ in range(instances)]
        before, waited = await left(), 0.0
        while before and await left() == before and waited < 10:
            await asyncio.sleep(0.01)
            waited += 0.01
        await asyncio.sleep(random.random() * 0.05)
        for one in running:
            one.kill()
            one.wait()
    running = [an_instance(database, tmp_path) for _ in range(instances)]
    try:
        async with asyncio.timeout(120):
            while await left():  # noqa: ASYNC110 - other processes do it
                await asyncio.sleep(0.1)
        await asyncio.sleep(1)
    finally:
        for one in running:
            one.kill()
            one.wait()
    reminded = Counter(await OutboxMail.filter(kind='reminder').values_list('to_address', flat=True))
    assert reminded == Counter(f'client{number}@x.example' for number in range(INVITED))  # type: ignore[comparison-overlap]
    assert await OneTimeToken.filter(purpose='invitation').count() == 2 * INVITED
    assert await AuditEvent.filter(kind=AuditKind.INVITATION_REMINDED.value).count() == INVITED
    assert await OutboxMail.filter(kind='report').count() == MOST
