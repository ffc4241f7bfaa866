"""One served program for all tests of the doors and pages that leave it as they found it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.smtp_sink import SmtpSink
from tests.ui.portal import Portal


@pytest.fixture(scope='session')
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A portal with an owner and no limits on tries; every test makes the contacts it needs."""
    with SmtpSink() as sink, Portal(tmp_path_factory.mktemp('portal'), sink, rate_limits='off') as portal:
        yield portal
        portal.no_secret_was_logged()


@pytest.fixture(scope='module')
def sink() -> Iterator[SmtpSink]:
    """A mail server for a module that serves a portal of its own."""
    with SmtpSink() as sink:
        yield sink


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder for a portal of one test."""
    return tmp_path / 'portal'
