"""Due dates limit granted, paused and remaining time, and learners see this."""

import pytest

from edx_proctoring import api, deadlines, lifecycle
from edx_proctoring.models import ProctoredExamStudentAttempt
from tests.lifecycle.noon import MINUTE, NOON, end_of, stored

pytestmark = pytest.mark.django_db

Attempt = ProctoredExamStudentAttempt


def test_a_poll_reports_the_time_really_gained_by_a_grant(clock, attempt, make_exam):
    exam = make_exam(time_limit_mins=60, due_date=NOON + 65 * MINUTE)
    running = lifecycle.transition(attempt(exam=exam, status="ready_to_start"), "started")
    result = api.extend_attempt(running.pk, 600)
    assert (result.seconds, result.gained) == (600, 300)
    told = api.get_polled_attempt(running.pk)["adjustments"]
    assert [one["seconds"] for one in told] == [300]


def test_an_approaching_due_date_is_shown_during_a_pause(clock, attempt, make_exam):
    """The learner's time is stopped, but the due date approaches."""
    exam = make_exam(time_limit_mins=60, due_date=NOON + 70 * MINUTE)
    running = lifecycle.transition(attempt(exam=exam, status="ready_to_start"), "started")
    clock.shift(20 * MINUTE)
    lifecycle.pause(running)
    shown = []
    for _ in range(3):
        clock.shift(20 * MINUTE)
        shown.append(api.get_polled_attempt(running.pk)["time_remaining_seconds"])
    assert shown == [30 * 60, 10 * 60, 0]


def test_remaining_time_cut_by_a_due_date_during_a_pause_counts_once(clock, attempt, make_exam):
    exam = make_exam(time_limit_mins=60, due_date=NOON + 70 * MINUTE)
    running = lifecycle.transition(attempt(exam=exam, status="ready_to_start"), "started")
    clock.shift(20 * MINUTE)
    lifecycle.pause(running)
    clock.shift(60 * MINUTE)
    broken = lifecycle.transition(running, "error", reason=lifecycle.PROVIDER)
    assert broken.time_remaining_seconds == 0
    api.update_exam(exam.pk, due_date=None)
    assert deadlines.seconds_kept(stored(broken)) == 40 * 60


@pytest.mark.needs("edx-when")
@pytest.mark.parametrize("change", ["extend", "continue", "recalculate"])
def test_the_due_date_is_kept_while_the_host_does_not_respond(
    clock, attempt, make_exam, monkeypatch, change
):
    from edx_when import api as when_api

    monkeypatch.setattr(when_api, "get_date_for_block", lambda *_a, **_k: NOON + 20 * MINUTE)
    known = lifecycle.transition(
        attempt(exam=make_exam(time_limit_mins=60), status="ready_to_start"), "started"
    )
    lifecycle.pause(known)
    clock.shift(MINUTE)

    def fail(*_args, **_kwargs):
        raise RuntimeError("edx-when is down")

    monkeypatch.setattr(when_api, "get_date_for_block", fail)
    if change == "extend":
        lifecycle.extend(known, 600)
    elif change == "continue":
        lifecycle.continue_(known)
    else:
        lifecycle.recalculate(known)
    assert end_of(known) == NOON + 20 * MINUTE


def test_a_due_date_that_passes_during_a_pause_ends_the_attempt_after_the_pause(
    clock, attempt, make_exam
):
    exam = make_exam(time_limit_mins=60, due_date=NOON + 70 * MINUTE)
    running = lifecycle.transition(attempt(exam=exam, status="ready_to_start"), "started")
    lifecycle.pause(running)
    clock.shift(80 * MINUTE)
    assert lifecycle.expire_if_overdue(stored(running)).status == "started"
    lifecycle.continue_(running)
    assert lifecycle.expire_if_overdue(stored(running)).status == "submitted"
    assert stored(running).completed_at == NOON + 70 * MINUTE


def test_the_due_date_limits_a_grant(clock, attempt, make_exam):
    exam = make_exam(time_limit_mins=60, due_date=NOON + 65 * MINUTE)
    running = lifecycle.transition(attempt(exam=exam, status="ready_to_start"), "started")
    lifecycle.extend(running, 600)
    assert end_of(running) == NOON + 65 * MINUTE
    assert stored(running).allowed_time_limit_mins == 65


@pytest.mark.needs("lms-urls")
def test_the_entrance_page_includes_time_granted_before_the_start(clock, timed_exam, attempt):
    api.update_exam(timed_exam.pk, time_limit_mins=60)
    known = attempt(exam=timed_exam, status="created", taking_as_proctored=False)
    lifecycle.extend(known, 1800)
    exam = api.get_exam_by_id(timed_exam.pk)
    shown = api.get_student_view(known.user_id, exam["course_id"], exam["content_id"], {})
    assert "1 hour and 30 minutes" in shown
    assert api.allowed_minutes(exam, known.user_id) == 90


@pytest.mark.needs("lms-urls")
def test_an_earlier_due_date_does_not_hide_the_questions_of_a_running_attempt(
    clock, attempt, timed_exam, learner
):
    timed_exam.due_date, timed_exam.hide_after_due = NOON + 60 * MINUTE, True
    timed_exam.save()
    known = lifecycle.transition(attempt(exam=timed_exam, status="created"), "started")
    timed_exam.due_date = NOON + 10 * MINUTE
    timed_exam.save()
    where = (learner.pk, timed_exam.course_id, timed_exam.content_id)
    for minute, is_shown in ((9, True), (11, True), (61, False)):
        clock.move_to(NOON + minute * MINUTE)
        view = api.get_student_view(*where, {"display_name": "Exam"})
        assert (view is None) is is_shown, minute
    assert stored(known).completed_at == NOON + 60 * MINUTE
