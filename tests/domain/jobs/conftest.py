"""A kind of job for the tests of this folder."""

from collections.abc import Iterator

import pytest

from domain.jobs import kinds
from tests.domain.jobs.letters import Letters


@pytest.fixture
def letters() -> Iterator[Letters]:
    """Registered for the time of a test."""
    kind = Letters()
    before = dict(kinds._kinds)
    kinds.register_kind(kind)
    yield kind
    kinds._kinds.clear()
    kinds._kinds.update(before)
