"""Login emails to many, where mail leaves slowly: each link still works when its mail arrives."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.contacts.bulk import BulkKind, start_bulk
from domain.contacts.contact_filter import ContactFilter
from domain.contacts.job_kinds import register_kinds
from domain.contacts.selection import Selection
from domain.dependencies import Dependencies
from domain.jobs import kinds
from domain.jobs.jobs import read_job
from storage import mail_claims
from storage.mail_claims import Verdict
from storage.models import OutboxMail
from tests.domain.jobs.running import QUICK, running, until
from tests.factories import given_contact, given_owner, later
from tests.support.clock import FixedClock

PER_MINUTE, CONTACTS = 2, 40  # 20 minutes, for links of 15
MOST = PER_MINUTE * 15 // 2


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    before = dict(kinds._kinds)
    register_kinds()
    yield
    kinds._kinds.clear()
    kinds._kinds.update(before)


async def send_for_a_minute(clock: FixedClock) -> dict[int, Verdict]:
    """What the throttle lets the mail worker send."""
    now = clock.now()
    mails = await mail_claims.lease('a worker', now, now + timedelta(hours=1), PER_MINUTE)
    verdicts = await mail_claims.begin_tries([(mail.id, 'a worker') for mail in mails], now)
    await mail_claims.finish(
        [(mail.id, 'a worker', {'state': 'sent', 'body': None, 'last_answer': ''}) for mail in mails]
    )
    later(clock, minutes=1)
    return verdicts


async def test_no_link_ends_while_its_mail_waits(deps: Dependencies, clock: FixedClock) -> None:
    """R4: a link lives from when its mail is queued; a job queues what can be sent in half of that time."""
    slow = deps.settings.model_copy(update={'smtp_url': 'smtp://127.0.0.1:1', 'mail_per_minute': PER_MINUTE})
    deps = replace(deps, settings=slow)
    owner = await given_owner(deps)
    for one in range(CONTACTS):
        await given_contact(deps, f'C{one}', f'c{one}@x.example')
    job_id = await start_bulk(deps, owner, BulkKind.LOGIN_EMAIL, Selection(fits=ContactFilter()))
    verdicts: dict[int, Verdict] = {}

    async def has_queued_enough() -> bool:
        waiting = await OutboxMail.filter(state='queued').count()
        return waiting >= MOST or (await read_job(deps, owner, job_id)).is_over

    async with running(deps, replace(QUICK, longest_nap=0.02)):
        for _ in range(CONTACTS // PER_MINUTE):
            await until(has_queued_enough)
            assert await OutboxMail.filter(state='queued').count() <= MOST
            verdicts |= await send_for_a_minute(clock)
    assert len(verdicts) == CONTACTS
    assert set(verdicts.values()) == {Verdict.GO}
    assert (await read_job(deps, owner, job_id)).done == CONTACTS
