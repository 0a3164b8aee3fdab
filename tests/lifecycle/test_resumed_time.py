"""The time of an interrupted and resumed attempt: no second is lost or counted twice."""

import pytest

from edx_proctoring import api, lifecycle, operations
from edx_proctoring.models import ProctoredExamStudentAttempt, TimeAdjustment
from tests.lifecycle.noon import MINUTE, NOON, SECOND, end_of, minutes_of, stored

pytestmark = pytest.mark.django_db

Attempt = ProctoredExamStudentAttempt
MINUTES = "additional_time_granted"


def test_a_recalculated_allowance_counts_once_after_an_interruption(running, clock):
    exam_id, user_id = running.proctored_exam_id, running.user_id
    clock.shift(10 * MINUTE)
    api.add_allowance_for_user(exam_id, user_id, MINUTES, "30")
    api.update_attempt_status(running.pk, "error")
    assert Attempt.objects.get(pk=running.pk).time_remaining_seconds == 80 * 60
    api.mark_exam_attempt_as_ready_to_resume(running.pk)
    second = api.create_exam_attempt(exam_id, user_id, taking_as_proctored=True)
    api.start_exam_attempt(exam_id, user_id)
    assert api.get_polled_attempt(second)["time_remaining_seconds"] == 80 * 60
    api.add_allowance_for_user(exam_id, user_id, MINUTES, "40")
    assert api.get_polled_attempt(second)["time_remaining_seconds"] == 90 * 60


def test_a_limit_raised_between_interruption_and_resumption_is_added(running, clock):
    exam_id, user_id = running.proctored_exam_id, running.user_id
    clock.shift(10 * MINUTE)
    api.update_attempt_status(running.pk, "error")
    api.update_exam(exam_id, time_limit_mins=75)
    api.mark_exam_attempt_as_ready_to_resume(running.pk)
    second = api.create_exam_attempt(exam_id, user_id, taking_as_proctored=True)
    api.start_exam_attempt(exam_id, user_id)
    assert api.get_polled_attempt(second)["time_remaining_seconds"] == 65 * 60


def test_a_due_date_moved_between_interruption_and_resumption_returns_the_time_that_it_cut(
    clock, attempt, make_exam
):
    exam = make_exam(time_limit_mins=60, due_date=NOON + 20 * MINUTE)
    known = attempt(exam=exam, status="ready_to_start")
    running = lifecycle.transition(known, "started")
    clock.shift(10 * MINUTE)
    api.update_attempt_status(running.pk, "error")
    assert Attempt.objects.get(pk=running.pk).time_remaining_seconds == 10 * 60
    api.update_exam(exam.pk, due_date=NOON + 40 * MINUTE)
    api.mark_exam_attempt_as_ready_to_resume(running.pk)
    second = api.create_exam_attempt(exam.pk, known.user_id, taking_as_proctored=True)
    api.start_exam_attempt(exam.pk, known.user_id)
    assert api.get_polled_attempt(second)["time_remaining_seconds"] == 30 * 60
    api.update_exam(exam.pk, due_date=None)
    assert api.get_polled_attempt(second)["time_remaining_seconds"] == 50 * 60


def test_interruptions_lose_no_fraction_of_a_second(running, clock):
    exam_id, user_id = running.proctored_exam_id, running.user_id
    known = running
    for _ in range(5):
        clock.shift(10.4)
        api.update_attempt_status(known.pk, "error")
        api.mark_exam_attempt_as_ready_to_resume(known.pk)
        known_id = api.create_exam_attempt(exam_id, user_id, taking_as_proctored=True)
        api.start_exam_attempt(exam_id, user_id)
        known = Attempt.objects.get(pk=known_id)
    left = api.get_polled_attempt(known.pk)["time_remaining_seconds"]
    assert 3600 - 52 <= left <= 3600 - 52 + 5


def test_the_ledger_of_a_resumed_attempt_is_complete(running, clock):
    clock.shift(754)
    api.update_attempt_status(running.pk, "error")
    api.mark_exam_attempt_as_ready_to_resume(running.pk)
    second = api.create_exam_attempt(running.proctored_exam_id, running.user_id, True)
    api.start_exam_attempt(running.proctored_exam_id, running.user_id)
    rows = TimeAdjustment.objects.filter(attempt_id=second).order_by("id")
    assert list(rows.values_list("kind", "seconds")) == [("allotment", 3600), ("correction", -754)]


def test_an_attempt_resumed_by_an_older_version_keeps_its_remaining_time(clock, attempt, make_exam):
    """Its columns do not contain the total time allowed."""
    exam = make_exam(time_limit_mins=60)
    known = attempt(
        exam=exam,
        status="started",
        started_at=NOON,
        allowed_time_limit_mins=12,
        time_remaining_seconds=754,
    )
    assert api.recalculate_deadlines(exam.course_id) == 1
    assert end_of(known) == NOON + 754 * SECOND
    lifecycle.extend(known, 60)
    operations.submit_expired_attempts()
    assert end_of(known) == NOON + 814 * SECOND
    api.add_allowance_for_user(exam.pk, known.user_id, MINUTES, "10")
    assert end_of(known) == NOON + 1414 * SECOND
    assert minutes_of(known) == 24


def test_a_grant_to_a_resumed_attempt_counts_once(running, clock):
    clock.shift(10 * MINUTE)
    api.update_attempt_status(running.pk, "error")
    api.mark_exam_attempt_as_ready_to_resume(running.pk)
    second = api.create_exam_attempt(running.proctored_exam_id, running.user_id, True)
    api.extend_attempt(second, 600)
    api.start_exam_attempt(running.proctored_exam_id, running.user_id)
    polled = api.get_polled_attempt(second)
    assert polled["time_remaining_seconds"] == 3600
    assert polled["allowed_time_limit_mins"] == 60


def test_a_poll_reports_no_change_for_a_resumed_attempt_with_a_grant_before_its_start(
    running, clock
):
    clock.shift(10 * MINUTE)
    api.update_attempt_status(running.pk, "error")
    api.mark_exam_attempt_as_ready_to_resume(running.pk)
    second = api.create_exam_attempt(running.proctored_exam_id, running.user_id, True)
    api.extend_attempt(second, 60)
    api.start_exam_attempt(running.proctored_exam_id, running.user_id)
    assert "adjustments" not in api.get_polled_attempt(second)


@pytest.mark.parametrize(("ended", "left"), [(20, 40), (70, 0)])
def test_staff_turn_a_submitted_attempt_into_a_resumable_error_with_its_remaining_time(
    clock, running, learner, staff, ended, left
):
    clock.move_to(NOON + ended * MINUTE)
    if ended > 60:
        lifecycle.expire_if_overdue(stored(running))
    else:
        lifecycle.transition(running, "submitted")
    clock.move_to(NOON + 200 * MINUTE)
    lifecycle.transition(stored(running), "error", reason="staff", user=staff)
    assert stored(running).time_remaining_seconds == left * 60
    lifecycle.ready_to_resume(stored(running), user=staff)
    second = lifecycle.create(running.proctored_exam, learner, taking_as_proctored=True)
    lifecycle.transition(second, "ready_to_start")
    started = lifecycle.transition(stored(second), "started")
    assert end_of(started) == NOON + (200 + left) * MINUTE
    assert started.status == ("started" if left else "submitted")
