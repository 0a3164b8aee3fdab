"""Breaks end by themselves: the clock continues without any write."""

import datetime

import pytest

from edx_proctoring import api, deadlines, lifecycle, operations
from edx_proctoring.exceptions import AttemptIsPaused
from edx_proctoring.models import TimeAdjustment
from edx_proctoring.timing import Deadline, ExtraTime
from tests.lifecycle.noon import MINUTE, NOON, SECOND, end_of, minutes_of, stored

pytestmark = pytest.mark.django_db

BREAK = TimeAdjustment.BREAK


@pytest.fixture
def on_break(running, clock):
    """Return an attempt with a break of at most five minutes, begun ten minutes after noon."""
    clock.move_to(NOON + 10 * MINUTE)
    lifecycle.pause(running, kind=BREAK, longest=300, by=running.user, key="break")
    return running


def left(attempt, now):
    return deadlines.seconds_left(stored(attempt), now)


@pytest.mark.parametrize(
    ("after", "seconds"), [(0, 3000), (299, 3000), (300, 3000), (301, 2999), (3600, 0)]
)
def test_the_clock_stops_for_the_longest_duration_of_a_break_at_most(on_break, after, seconds):
    assert left(on_break, NOON + 10 * MINUTE + after * SECOND) == seconds


def test_a_break_ended_early_stops_the_clock_for_its_actual_duration(on_break, clock):
    clock.move_to(NOON + 12 * MINUTE)
    assert lifecycle.continue_(on_break, key="break").changed
    assert end_of(on_break) == NOON + 62 * MINUTE
    assert (TimeAdjustment.objects.get(kind=BREAK).seconds, minutes_of(on_break)) == (120, 62)


def test_a_break_that_nobody_ends_stops_the_clock_for_its_longest_duration(on_break, clock):
    clock.move_to(NOON + 40 * MINUTE)
    assert api.get_polled_attempt(on_break.pk)["time_remaining_seconds"] == 25 * 60
    assert "paused" not in api.get_polled_attempt(on_break.pk)
    assert not api.is_attempt_paused(on_break.pk)
    operations.submit_expired_attempts()
    row = TimeAdjustment.objects.get(kind=BREAK)
    assert (row.seconds, row.ended_at) == (300, NOON + 15 * MINUTE)
    assert (end_of(on_break), minutes_of(on_break)) == (NOON + 65 * MINUTE, 65)


def test_the_published_columns_include_the_longest_duration_of_the_break(on_break):
    assert minutes_of(on_break) == 65


def test_a_poll_returns_the_end_of_the_break(on_break):
    paused = api.get_polled_attempt(on_break.pk)["paused"]
    assert (paused["kind"], paused["ends_at"]) == (BREAK, (NOON + 15 * MINUTE).isoformat())


def test_a_submission_is_refused_during_a_break_and_accepted_after_it(on_break, clock):
    with pytest.raises(AttemptIsPaused):
        api.update_attempt_status(on_break.pk, "submitted", reason=lifecycle.LEARNER)
    clock.move_to(NOON + 15 * MINUTE)
    api.update_attempt_status(on_break.pk, "submitted", reason=lifecycle.LEARNER)
    assert stored(on_break).status == "submitted"
    assert TimeAdjustment.objects.get(kind=BREAK).ended_at == NOON + 15 * MINUTE


def test_an_attempt_ends_at_its_deadline_after_a_break_that_nobody_ended(on_break, clock):
    clock.move_to(NOON + 70 * MINUTE)
    operations.submit_expired_attempts()
    ended = stored(on_break)
    assert (ended.status, ended.completed_at) == ("submitted", NOON + 65 * MINUTE)
    assert TimeAdjustment.objects.get(kind=BREAK).seconds == 300


def test_a_pause_by_staff_ends_the_break(on_break, clock, staff):
    clock.move_to(NOON + 12 * MINUTE)
    assert lifecycle.pause(on_break, by=staff).changed
    clock.move_to(NOON + 32 * MINUTE)
    assert left(on_break, NOON + 32 * MINUTE) == 3000
    lifecycle.continue_(on_break, by=staff)
    counted = dict(TimeAdjustment.objects.exclude(began_at=NOON).values_list("kind", "seconds"))
    assert counted == {BREAK: 120, TimeAdjustment.PAUSE: 1200}
    assert end_of(on_break) == NOON + 82 * MINUTE


def test_a_break_during_a_pause_by_staff_changes_nothing(running, staff):
    lifecycle.pause(running, by=staff)
    assert not lifecycle.pause(running, kind=BREAK, longest=300).changed
    assert not TimeAdjustment.objects.filter(kind=BREAK).exists()


def test_a_grant_during_a_break_moves_the_deadline(on_break, clock):
    lifecycle.extend(on_break, 600)
    clock.move_to(NOON + 30 * MINUTE)
    assert left(on_break, NOON + 30 * MINUTE) == (75 - 30) * 60


def test_fractions_of_a_second_are_counted_in_breaks():
    half = datetime.timedelta(seconds=0.5)
    known = Deadline(NOON, 3600, paused_since=NOON, pause_ends=NOON + half)
    assert known.at(NOON + half).ends_at == NOON + 60 * MINUTE + SECOND


def test_a_factor_of_the_exam_replaces_the_factors_of_extensions():
    more = ExtraTime(factor=2, minutes=5)
    assert ExtraTime(factor=3, minutes=1).over(more) == ExtraTime(3, 6)
    assert ExtraTime(minutes=1).over(more) == ExtraTime(2, 6)
