"""What may be missing on a machine, and whether that is a skip or a failure.

`FOYER_TEST_REQUIRE=postgres,browser` turns those skips into failures; continuous integration sets it.
"""

import os
from typing import NoReturn

import pytest


def missing(what: str, reason: str) -> NoReturn:
    """Skip, with the reason in the summary; fail where `what` is required."""
    if what in os.environ.get('FOYER_TEST_REQUIRE', '').replace(' ', '').split(','):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
