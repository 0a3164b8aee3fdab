"""Granted time and pauses: the deadline, the ledger, and the columns read by older versions."""

import math

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from edx_proctoring import api, deadlines, lifecycle, operations
from edx_proctoring.exceptions import AttemptIsPaused, TimeChangeNotAllowed
from edx_proctoring.models import (
    ProctoredExamStudentAllowance,
    TimeAdjustment,
)
from edx_proctoring.signals import attempt_time_changed_signal
from tests.lifecycle.noon import MINUTE, NOON, SECOND, end_of, stored

pytestmark = pytest.mark.django_db


def test_the_start_writes_the_first_row_of_the_ledger(running):
    row = TimeAdjustment.objects.get()
    assert (row.kind, row.seconds, row.began_at, row.ended_at) == ("allotment", 3600, NOON, None)


def test_a_grant_moves_the_deadline(running, staff):
    change = lifecycle.extend(running, 90, reason="alarm", by=staff, key="one")
    assert change.changed
    assert end_of(running) == NOON + 61 * MINUTE + 30 * SECOND
    assert stored(running).allowed_time_limit_mins == 62  # rounded up
    row = TimeAdjustment.objects.get(kind="grant")
    assert (row.seconds, row.by_id, row.reason, row.key) == (90, staff.pk, "alarm", "one")


def test_a_repeated_key_grants_time_once(running):
    lifecycle.extend(running, 600, key="one")
    again = lifecycle.extend(running, 600, key="one")
    assert not again.changed
    assert end_of(running) == NOON + 70 * MINUTE
    assert TimeAdjustment.objects.filter(kind="grant").count() == 1


def test_a_key_of_another_attempt_is_refused(running, attempt, make_exam):
    lifecycle.extend(running, 600, key="one")
    other = attempt(exam=make_exam(), status="created")
    with pytest.raises(TimeChangeNotAllowed):
        lifecycle.extend(other, 600, key="one")


@pytest.mark.parametrize("key", ["Alarm", "alarm ", "älarm"])
def test_similar_keys_are_never_mistaken_for_a_repetition(running, key):
    """MySQL and MariaDB refuse keys that they take for equal; other databases grant the time."""
    lifecycle.extend(running, 600, key="alarm")
    try:
        granted = lifecycle.extend(running, 600, key=key)
    except TimeChangeNotAllowed:
        assert connection.vendor == "mysql"
    else:
        assert granted.changed


@pytest.mark.parametrize("seconds", [0, True, 1.5, "60", 10**9, -(10**9), None])
def test_grants_outside_the_limits_are_refused(running, seconds):
    with pytest.raises(TimeChangeNotAllowed):
        lifecycle.extend(running, seconds, reason="x")
    assert end_of(running) == NOON + 60 * MINUTE


def test_taking_time_away_needs_a_reason(running):
    with pytest.raises(TimeChangeNotAllowed):
        lifecycle.extend(running, -600, reason=" ")
    lifecycle.extend(running, -600, reason="granted twice")
    assert end_of(running) == NOON + 50 * MINUTE


def test_taking_time_away_leaves_one_minute(running, clock):
    clock.shift(30 * MINUTE)
    lifecycle.extend(running, -3000, reason="too much")
    assert end_of(running) == NOON + 31 * MINUTE


def test_no_time_is_taken_away_in_the_last_minute(running, clock):
    clock.shift(59 * MINUTE + 30 * SECOND)
    lifecycle.extend(running, -3000, reason="too much")
    assert end_of(running) == NOON + 60 * MINUTE


def test_time_granted_before_the_start_is_added_at_the_start_and_the_learner_gets_an_email(
    clock, attempt, make_exam
):
    known = attempt(exam=make_exam(time_limit_mins=60), status="created")
    lifecycle.extend(known, 600)
    assert "10 minutes" in mail.outbox[-1].body
    started = lifecycle.transition(known, "started")
    assert started.allowed_time_limit_mins == 70
    assert end_of(started) == NOON + 70 * MINUTE


def test_a_poll_reports_no_change_after_a_start_with_a_grant_of_90_seconds(
    clock, attempt, make_exam
):
    known = attempt(exam=make_exam(time_limit_mins=60), status="ready_to_start")
    lifecycle.extend(known, 90)
    lifecycle.transition(known, "started")
    polled = api.get_polled_attempt(known.pk)
    assert polled["time_remaining_seconds"] == 3690
    assert "adjustments" not in polled


def test_an_ended_attempt_gets_no_time(running):
    lifecycle.transition(running, "submitted")
    with pytest.raises(TimeChangeNotAllowed):
        lifecycle.extend(running, 600)


def test_an_overdue_attempt_gets_no_time(running, clock):
    clock.shift(61 * MINUTE)
    with pytest.raises(TimeChangeNotAllowed):
        lifecycle.extend(running, 600)


def test_an_attempt_started_by_an_older_version_keeps_its_columns_and_gets_the_grant(
    clock, attempt, make_exam
):
    known = attempt(
        exam=make_exam(time_limit_mins=90),
        status="started",
        started_at=NOON,
        allowed_time_limit_mins=20,
    )
    lifecycle.extend(known, 600)
    assert end_of(known) == NOON + 30 * MINUTE
    assert stored(known).allowed_time_limit_mins == 30


def test_time_does_not_run_during_a_pause(running, clock):
    clock.shift(10 * MINUTE)
    lifecycle.pause(running)
    clock.shift(120 * MINUTE)
    assert deadlines.seconds_left(stored(running), timezone.now()) == 50 * 60


def test_the_deadline_moves_by_the_duration_of_a_pause(running, clock):
    clock.shift(10 * MINUTE)
    lifecycle.pause(running)
    clock.shift(7 * MINUTE + 3 * SECOND)
    change = lifecycle.continue_(running)
    assert change.changed
    assert change.adjustment.seconds == 423
    assert end_of(running) == NOON + 67 * MINUTE + 3 * SECOND
    assert stored(running).allowed_time_limit_mins == 68


def test_during_a_pause_the_published_columns_include_its_longest_duration(running, settings):
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "LONGEST_PAUSE_MINUTES": 20}
    lifecycle.pause(running)
    assert stored(running).allowed_time_limit_mins == 80


def test_pausing_or_continuing_twice_changes_nothing(running, clock):
    assert lifecycle.pause(running).changed
    assert not lifecycle.pause(running).changed
    assert lifecycle.continue_(running).changed
    assert not lifecycle.continue_(running).changed
    assert TimeAdjustment.objects.filter(kind="pause").count() == 1


def test_the_key_of_another_pause_does_not_end_this_one(running):
    lifecycle.pause(running, key="second")
    assert not lifecycle.continue_(running, key="first").changed
    assert lifecycle.continue_(running, key="second").changed


@pytest.mark.parametrize("status", ["created", "ready_to_submit", "submitted", "error"])
def test_only_a_started_attempt_can_be_paused(clock, attempt, status):
    known = attempt(status=status, started_at=NOON, allowed_time_limit_mins=60)
    with pytest.raises(TimeChangeNotAllowed):
        lifecycle.pause(known)


def test_neither_reads_nor_the_sweep_end_a_paused_attempt(running, clock):
    lifecycle.pause(running)
    clock.shift(300 * MINUTE)
    assert lifecycle.expire_if_overdue(stored(running)).status == "started"
    assert operations.submit_expired_attempts().ended == 0
    lifecycle.continue_(running)
    clock.shift(60 * MINUTE + SECOND)
    assert operations.submit_expired_attempts().ended == 1
    assert stored(running).completed_at == NOON + 360 * MINUTE


@pytest.mark.parametrize("to", ["submitted", "ready_to_submit"])
def test_learners_cannot_end_a_paused_attempt(running, to):
    lifecycle.pause(running)
    with pytest.raises(AttemptIsPaused):
        lifecycle.transition(running, to, reason=lifecycle.LEARNER)
    assert stored(running).status == "started"


def test_ending_a_paused_attempt_ends_its_pause(running, clock):
    lifecycle.pause(running)
    clock.shift(5 * MINUTE)
    lifecycle.transition(running, "submitted", reason=lifecycle.STAFF)
    row = TimeAdjustment.objects.get(kind="pause")
    assert (row.ended_at, row.seconds) == (NOON + 5 * MINUTE, 300)
    assert stored(running).allowed_time_limit_mins == 65


def test_an_attempt_interrupted_during_a_pause_keeps_its_remaining_time(running, clock):
    clock.shift(20 * MINUTE)
    lifecycle.pause(running)
    clock.shift(5 * MINUTE)
    broken = lifecycle.transition(running, "error", reason=lifecycle.PROVIDER)
    assert broken.time_remaining_seconds == 40 * 60


@pytest.mark.parametrize("to", ["error", "declined", "submitted", "ready_to_submit"])
def test_learners_cannot_end_a_pause(running, to, settings):
    allow = {"DECLINE_WHILE_RUNNING": True}
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, **allow}
    lifecycle.pause(running)
    with pytest.raises(AttemptIsPaused):
        lifecycle.transition(running, to, reason=lifecycle.LEARNER)
    assert stored(running).status == "started"


def test_time_cannot_be_taken_away_before_the_start(clock, attempt, make_exam):
    known = attempt(exam=make_exam(time_limit_mins=60), status="ready_to_start")
    with pytest.raises(TimeChangeNotAllowed):
        lifecycle.extend(known, -7200, reason="too much")
    assert end_of(lifecycle.transition(known, "started")) == NOON + 60 * MINUTE


def test_time_granted_before_a_failed_start_counts_for_the_next_attempt(
    clock, attempt, make_exam, learner
):
    """It counts once: the third attempt takes over remaining time that already includes it."""
    exam = make_exam(time_limit_mins=60)
    first = attempt(exam=exam, user=learner, status="ready_to_start")
    lifecycle.extend(first, 600)
    lifecycle.transition(first, "error", reason=lifecycle.LEARNER)
    second = lifecycle.transition(
        attempt(exam=exam, user=learner, status="ready_to_start"), "started"
    )
    assert end_of(second) == NOON + 70 * MINUTE
    assert second.allowed_time_limit_mins == 70
    clock.shift(10 * MINUTE)
    broken = lifecycle.transition(second, "error", reason=lifecycle.LEARNER)
    third = attempt(
        exam=exam, user=learner, status="ready_to_start", time_remaining_seconds=broken.time_remaining_seconds,
    )  # fmt: skip
    assert end_of(lifecycle.transition(third, "started")) == NOON + 70 * MINUTE


def test_a_resumed_attempt_ends_to_the_second(clock, attempt, make_exam):
    known = attempt(
        exam=make_exam(time_limit_mins=60), status="ready_to_start", time_remaining_seconds=754
    )
    started = lifecycle.transition(known, "started")
    assert end_of(started) == NOON + 754 * SECOND
    assert started.allowed_time_limit_mins == math.ceil(754 / 60)
    assert started.time_remaining_seconds == 754
    rows = TimeAdjustment.objects.order_by("id").values_list("kind", "seconds")
    assert list(rows) == [("allotment", 3600), ("correction", 754 - 3600)]


def test_time_changes_are_sent_as_signals_and_events(running, tracker, clock):
    heard = []

    def receive(**payload):
        heard.append((payload["change"], payload["seconds"], payload["ends_at"]))

    attempt_time_changed_signal.connect(receive)
    try:
        lifecycle.extend(running, 600, key="one")
        lifecycle.extend(running, 600, key="one")
        lifecycle.pause(running)
        clock.shift(MINUTE)
        lifecycle.continue_(running)
    finally:
        attempt_time_changed_signal.disconnect(receive)
    assert [what for what, _, _ in heard] == ["grant", "pause", "continue"]
    assert heard[0][1:] == (600, "2026-05-04T13:10:00+00:00")
    assert heard[2][1] == 60


@pytest.mark.databases("sqlite")  # the others have statements of their own around a lock
def test_a_grant_takes_few_queries(running, django_assert_max_num_queries):
    lifecycle.extend(running, 60)  # the learner's lock exists
    with django_assert_max_num_queries(14):
        lifecycle.extend(running, 600, key="one")


def test_a_raised_limit_lengthens_running_attempts_and_a_lowered_one_changes_none(running):
    exam = running.proctored_exam
    exam.time_limit_mins = 80
    exam.save()
    running.refresh_from_db()
    lifecycle.recalculate(running)
    assert end_of(running) == NOON + 80 * MINUTE
    exam.time_limit_mins = 40
    exam.save()
    lifecycle.recalculate(stored(running))
    assert end_of(running) == NOON + 80 * MINUTE


def test_allowances_lengthen_running_attempts(running):
    ProctoredExamStudentAllowance.objects.create(
        user=running.user,
        proctored_exam=running.proctored_exam,
        key="additional_time_granted",
        value="30",
    )
    lifecycle.recalculate(running)
    assert end_of(running) == NOON + 90 * MINUTE
    assert stored(running).allowed_time_limit_mins == 90


@pytest.mark.parametrize(("kind", "longest"), [("pause", 0), ("break", 300)])
def test_a_key_cannot_be_used_for_another_kind_of_change(running, kind, longest):
    lifecycle.extend(running, 60, key="one")
    with pytest.raises(TimeChangeNotAllowed, match="key"):
        lifecycle.pause(running, kind=kind, longest=longest, key="one")
    lifecycle.pause(running, kind=kind, longest=longest, key="two")
    with pytest.raises(TimeChangeNotAllowed):
        lifecycle.extend(running, 60, key="two")


@pytest.mark.databases("sqlite")  # the others have statements of their own around a lock
def test_a_poll_takes_few_queries(running, django_assert_max_num_queries):
    lifecycle.extend(running, 60)
    with django_assert_max_num_queries(4):
        api.get_polled_attempt(running.pk)
