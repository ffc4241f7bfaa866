"""When a report is due: in the zone of whoever set it, through months of any length and clocks that change."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.portal.report_times import Every, Rhythm, is_zone, zone_named

BERLIN = 'Europe/Berlin'


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


DAILY = Rhythm(Every.DAY, 8 * 60, BERLIN)
MONDAYS = Rhythm(Every.WEEK, 8 * 60, BERLIN, weekday=0)
LAST = Rhythm(Every.MONTH, 8 * 60, BERLIN, day=31)


@pytest.mark.parametrize(
    ('rhythm', 'after', 'due'),
    [
        (DAILY, '2026-03-02 06:59:59', '2026-03-02 07:00'),
        (DAILY, '2026-03-02 07:00', '2026-03-03 07:00'),
        (DAILY, '2026-03-28 12:00', '2026-03-29 06:00'),  # clocks went forward that night: still eight on the wall
        (DAILY, '2026-10-24 12:00', '2026-10-25 07:00'),  # and back
        (MONDAYS, '2026-03-02 07:00', '2026-03-09 07:00'),
        (MONDAYS, '2026-03-08 23:59', '2026-03-09 07:00'),
        (LAST, '2026-01-31 07:00', '2026-02-28 07:00'),
        (LAST, '2026-02-28 07:00', '2026-03-31 06:00'),
        (LAST, '2028-02-01 00:00', '2028-02-29 07:00'),
        (Rhythm(Every.MONTH, 0, BERLIN, day=1), '2026-12-31 22:59', '2026-12-31 23:00'),
        (Rhythm(Every.MONTH, 0, BERLIN, day=1), '2026-12-31 23:00', '2027-01-31 23:00'),
        (Rhythm(Every.DAY, 0, 'Pacific/Kiritimati'), '2026-03-02 09:59', '2026-03-02 10:00'),
        (Rhythm(Every.DAY, 23 * 60 + 59, 'Pacific/Pago_Pago'), '2026-03-02 11:00', '2026-03-03 10:59'),
        (Rhythm(Every.DAY, 8 * 60, 'Nowhere/Never'), '2026-03-02 07:00', '2026-03-02 08:00'),  # gone: as in UTC
    ],
)
def test_the_next_time(rhythm: Rhythm, after: str, due: str) -> None:
    assert rhythm.next_after(at(after)) == at(due)


def test_an_hour_that_is_not_there_and_one_that_is_there_twice() -> None:
    """Half past two in Berlin: on 29 March there is none, on 25 October there are two. One report each all the same."""
    at_night = Rhythm(Every.DAY, 2 * 60 + 30, BERLIN)
    spring = [at('2026-03-27 12:00')]
    autumn = [at('2026-10-23 12:00')]
    for _ in range(3):
        spring.append(at_night.next_after(spring[-1]))
        autumn.append(at_night.next_after(autumn[-1]))
    assert spring[1:] == [at('2026-03-28 01:30'), at('2026-03-29 01:30'), at('2026-03-30 00:30')]
    assert autumn[1:] == [at('2026-10-24 00:30'), at('2026-10-25 00:30'), at('2026-10-26 01:30')]


zones = st.sampled_from(
    ['UTC', BERLIN, 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'Pacific/Apia', 'Africa/Casablanca']
)
rhythms = st.builds(Rhythm, st.sampled_from(Every), st.integers(0, 1439), zones, st.integers(0, 6), st.integers(1, 31))
moments = st.datetimes(datetime(2000, 1, 1), datetime(2060, 1, 1)).map(lambda one: one.replace(tzinfo=UTC))  # noqa: DTZ001


@settings(max_examples=150, deadline=None)
@given(rhythms, moments)
def test_any_rhythm_from_any_moment(rhythm: Rhythm, moment: datetime) -> None:
    """Later than the moment, on a day that fits, at that time of day wherever there is one, and none left out."""
    due = rhythm.next_after(moment)
    assert moment < due <= moment + timedelta(days=33)
    local = due.astimezone(zone_named(rhythm.zone))
    if rhythm.every is Every.WEEK and local.hour * 60 + local.minute == rhythm.at_minute:
        assert local.weekday() == rhythm.weekday
        assert due - moment <= timedelta(days=7, hours=25)
    if rhythm.every is Every.MONTH and local.hour * 60 + local.minute == rhythm.at_minute:
        assert local.day == rhythm.day or (local + timedelta(days=1)).day == 1
    if rhythm.every is Every.DAY:
        assert due - moment <= timedelta(hours=50), 'Samoa left out a whole day once'
    assert rhythm.next_after(due - timedelta(microseconds=1)) == due


@pytest.mark.parametrize('name', ['', 'Mars/Olympus', '../../etc/passwd', 'x' * 65, '\0'])
def test_what_is_no_zone(name: str) -> None:
    assert not is_zone(name)
    assert zone_named(name) is UTC
