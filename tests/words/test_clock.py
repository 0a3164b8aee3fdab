"""Time arithmetic with random values, including days of a clock change and extreme dates."""

import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edx_proctoring import timing

UTC = datetime.UTC
SECOND = datetime.timedelta(seconds=1)
MINUTE = 60 * SECOND
NOW = datetime.datetime(2026, 5, 4, 12, tzinfo=UTC)
BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")

# Moments of every kind: with zones, on days that change the clock, the first and the last ones there are.
zones = st.sampled_from(
    [UTC, BERLIN, NEW_YORK, ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Asia/Kolkata")]
)
moments = st.datetimes(timezones=zones, allow_imaginary=False)
around = st.timedeltas(datetime.timedelta(-30), datetime.timedelta(30)).map(
    lambda delta: NOW + delta
)
minutes = st.integers(0, 2**31 - 1)
seconds = st.none() | st.integers(0, 2**31 - 1)


def epoch(moment):
    """Return the seconds since 1970, computed independently of the tested code."""
    offset = moment.utcoffset() or datetime.timedelta()
    wall = moment.replace(tzinfo=None) - datetime.datetime(1970, 1, 1)
    return (wall - offset).total_seconds()


@given(limit=minutes, extra=minutes, left=seconds, due=st.none() | moments | around)
@example(limit=21, extra=0, left=95, due=NOW + 70 * SECOND)
def test_a_start_never_gives_more_than_the_available_time(limit, extra, left, due):
    allowed = timing.allowed_minutes(
        limit, extra=timing.ExtraTime(minutes=extra), remaining_seconds=left, due=due, now=NOW
    )
    if left is not None:
        left = timing.seconds_to_resume(left, due, NOW)
        assert left <= 2**31 - 1
    expires = timing.expires_at(NOW, allowed, left)
    assert 0 <= allowed * 60 <= 2**31 - 1  # what the columns hold
    assert expires >= NOW
    lasts = (expires - NOW).total_seconds()
    if due is not None:
        assert lasts <= max(epoch(due) - epoch(NOW), 0)
    assert lasts <= (left if left is not None else (limit + extra) * 60)


@given(left=st.integers(0, 10**6), later=st.integers(0, 10**6), due=st.integers(0, 10**6))
def test_a_resumed_attempt_gets_the_remaining_time_to_the_second(left, later, due):
    """The time between the interruption and the resumption costs nothing, except for the due date."""
    now = NOW + later * SECOND
    moment = now + due * SECOND
    rest = timing.seconds_to_resume(left, moment, now)
    allowed = timing.allowed_minutes(90, remaining_seconds=left, due=moment, now=now)
    assert timing.expires_at(now, allowed, rest) == now + min(left, due) * SECOND


@given(started=moments, allowed=minutes, left=seconds)
def test_expiry_counts_real_time(started, allowed, left):
    expires = timing.expires_at(started, allowed, left)
    lasts = left if left is not None and left // 60 == allowed else allowed * 60
    if (
        expires not in (timing.LATEST, timing.EARLIEST)
        and timing.in_utc(started) != timing.EARLIEST
    ):
        assert epoch(expires) - epoch(started) == pytest.approx(lasts, abs=1e-3)


@given(moment=moments, now=moments)
def test_has_passed_and_seconds_left_agree(moment, now):
    assert timing.has_passed(moment, timing.in_utc(now)) == (timing.seconds_left(moment, now) == 0)


@given(moment=moments, grace=st.timedeltas(datetime.timedelta(0), datetime.timedelta.max))
def test_a_grace_period_is_real_time(moment, grace):
    deadline = timing.wait_deadline(moment, grace, NOW)
    if deadline is None:
        assert not grace or epoch(moment) + grace.total_seconds() <= epoch(NOW) + 1e-3
    elif deadline != timing.LATEST:
        assert epoch(deadline) - epoch(moment) == pytest.approx(grace.total_seconds(), abs=1e-3)


@pytest.mark.parametrize(
    ("zone", "before", "hours"),
    [
        (BERLIN, datetime.datetime(2026, 3, 29, 1, 30), 1),  # 02:00 becomes 03:00
        (BERLIN, datetime.datetime(2026, 10, 25, 1, 30), 3),  # 03:00 becomes 02:00
        (NEW_YORK, datetime.datetime(2026, 3, 8, 1, 30), 1),
        (NEW_YORK, datetime.datetime(2026, 11, 1, 0, 30), 3),
    ],
)
def test_due_dates_after_a_change_of_the_clock(zone, before, hours):
    """Two hours of the wall clock are one or three real ones."""
    now, due = before.replace(tzinfo=zone), (before + 120 * MINUTE).replace(tzinfo=zone)
    assert timing.allowed_minutes(600, due=due, now=now) == hours * 60
    assert timing.seconds_to_resume(36_000, due, now) == hours * 3600
    assert timing.seconds_left(due, now) == hours * 3600
    assert epoch(timing.expires_at(now, 120)) - epoch(now) == 7200
    assert epoch(timing.wait_deadline(due, 120 * MINUTE, now)) - epoch(due) == 7200


def test_moments_that_utc_cannot_represent():
    first = datetime.datetime.min.replace(tzinfo=ZoneInfo("Asia/Kolkata"))
    last = datetime.datetime.max.replace(tzinfo=NEW_YORK)
    assert timing.has_passed(first, NOW)
    assert not timing.has_passed(last, NOW)
    assert timing.allowed_minutes(90, due=last, now=NOW) == 90
    assert timing.wait_deadline(last, 5 * MINUTE, NOW) == timing.LATEST
    assert timing.in_utc(datetime.datetime(2026, 5, 4, 12)) == NOW
