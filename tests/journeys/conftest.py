"""What a journey starts from: the program, served, a mail server, and a browser."""

import pytest

from tests.journeys.walking import Firm
from tests.support.browser import Browser
from tests.support.served import Served
from tests.support.smtp_sink import SmtpSink


@pytest.fixture
def firm(served: Served, browser: Browser, smtp_sink: SmtpSink) -> Firm:
    """A firm on its first day: the program is up and knows nobody."""
    served.start()
    return Firm(served, browser, smtp_sink)


@pytest.fixture
def engine() -> str:
    """A journey is about people; one of them walks on PostgreSQL too, by a fixture of its own."""
    return 'sqlite'
