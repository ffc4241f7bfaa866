"""How many mails a minute."""

from datetime import timedelta

import pytest

from domain.mail.throttle import Throttle
from tests.support.clock import FixedClock


@pytest.mark.parametrize('per_minute', [2, 10, 60, 120, 6_000])
def test_no_minute_holds_more_than_was_set(per_minute: int) -> None:
    clock = FixedClock()
    throttle = Throttle(clock, per_minute)
    taken: list[tuple[float, int]] = []
    for second in range(240):
        taken.append((second, throttle.take(1_000_000)))
        clock.advance(timedelta(seconds=1))
    for start in range(180):
        assert sum(number for second, number in taken if start <= second < start + 60) <= per_minute
    steadily = sum(number for second, number in taken if second >= 120) / 2
    assert steadily >= per_minute * 0.5


def test_what_was_not_needed_can_be_taken_again() -> None:
    throttle = Throttle(FixedClock(), 120)
    assert throttle.take(10) == 10
    assert throttle.take(10) == 0 and throttle.seconds_to_wait() == pytest.approx(60 / 110)
    throttle.give_back(4)
    assert throttle.take(10) == 4


def test_a_clock_that_goes_back_gives_nothing() -> None:
    clock = FixedClock()
    throttle = Throttle(clock, 60)
    throttle.take(100)
    clock.advance(timedelta(hours=-1))
    assert throttle.take(1) == 0
    clock.advance(timedelta(seconds=2))
    assert throttle.take(9) == 1
