"""What the tests of mail share: a program that sends to the sink, and workers that end with their test."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from domain.dependencies import Dependencies
from domain.mail.worker import MailWorker, Pace
from tests.support.smtp_sink import SmtpSink

QUICK = Pace(longest_nap=0.05, first_pause=0.05, longest_pause=0.2, longest_pause_when_shut=0.3)


@pytest.fixture
def sending(deps: Dependencies, smtp_sink: SmtpSink) -> Dependencies:
    """Like `deps`, but mail goes to the sink, as fast as it can."""
    return with_server(deps, smtp_sink.url)


@pytest.fixture
async def start_worker() -> AsyncIterator[Callable[..., MailWorker]]:
    """`start_worker(deps)` or `start_worker(deps, pace)`; stopped when the test ends."""
    workers: list[MailWorker] = []

    def start(deps: Dependencies, pace: Pace = QUICK) -> MailWorker:
        worker = MailWorker(deps, pace)
        worker.start()
        workers.append(worker)
        return worker

    yield start
    for worker in workers:
        await worker.stop(2)


def with_server(deps: Dependencies, url: str, *, per_minute: int = 100_000) -> Dependencies:
    """The same dependencies with a mail server set."""
    changes = {'smtp_url': url, 'mail_per_minute': per_minute, 'base_url': 'https://portal.example.com'}
    return replace(deps, settings=deps.settings.model_copy(update=changes))
