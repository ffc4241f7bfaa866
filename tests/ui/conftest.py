"""One served program for all tests of the doors and pages that leave it as they found it."""

from collections.abc import Iterator

import pytest

from tests.support.smtp_sink import SmtpSink
from tests.ui.matrix import People, everybody
from tests.ui.portal import Portal


@pytest.fixture(scope='session')
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A portal with an owner and no limits on tries; every test makes the contacts it needs."""
    with SmtpSink() as sink, Portal(tmp_path_factory.mktemp('portal'), sink, rate_limits='off') as portal:
        yield portal
        portal.no_secret_was_logged()


@pytest.fixture(scope='session')
def public(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A portal at https://portal.firm.example, with limits; the tests stand where its trusted proxy would."""
    settings = {'base_url': 'https://portal.firm.example', 'trusted_proxies': '127.0.0.1'}
    with SmtpSink() as sink, Portal(tmp_path_factory.mktemp('public'), sink, **settings) as portal:
        yield portal
        portal.no_secret_was_logged()


@pytest.fixture(scope='module')
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    """One of everybody there is, at a portal of their own."""
    with SmtpSink() as sink, Portal(tmp_path_factory.mktemp('matrix'), sink, rate_limits='off') as portal:
        yield everybody(portal)
        portal.no_secret_was_logged()
