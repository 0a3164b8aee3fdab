"""The data stored by a transition, and its effects."""

import datetime

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from edx_proctoring import lifecycle
from edx_proctoring.exceptions import (
    ProctoredExamIllegalStatusTransition,
    StudentExamAttemptDoesNotExistsException,
)
from edx_proctoring.models import ProctoredExamStudentAllowance, ProctoredExamStudentAttempt

pytestmark = pytest.mark.django_db

NOON = datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.UTC)
MINUTE = datetime.timedelta(minutes=1)


def begun(attempt, minutes=90, ago=0, **more):
    started_at = timezone.now() - ago * MINUTE
    return attempt(status="started", started_at=started_at, allowed_time_limit_mins=minutes, **more)


@time_machine.travel(NOON, tick=False)
def test_the_start_sets_the_time_limit(attempt, make_exam):
    known = attempt(exam=make_exam(time_limit_mins=21), status="ready_to_start")
    started = lifecycle.transition(known, "started")
    assert (started.started_at, started.allowed_time_limit_mins) == (NOON, 21)


@time_machine.travel(NOON, tick=False)
def test_an_allowance_adds_minutes(attempt, make_exam, learner):
    exam = make_exam(time_limit_mins=21)
    ProctoredExamStudentAllowance.objects.create(
        user=learner, proctored_exam=exam, key="additional_time_granted", value="10"
    )
    started = lifecycle.transition(attempt(exam=exam, status="ready_to_start"), "started")
    assert started.allowed_time_limit_mins == 31


@time_machine.travel(NOON, tick=False)
def test_the_due_date_limits_the_time(attempt, make_exam):
    exam = make_exam(time_limit_mins=21, due_date=NOON + 15 * MINUTE)
    started = lifecycle.transition(attempt(exam=exam, status="ready_to_start"), "started")
    assert started.allowed_time_limit_mins == 15


@time_machine.travel(NOON, tick=False)
def test_a_start_after_the_due_date_submits_the_attempt(attempt, make_exam, provider, tracker):
    exam = make_exam(due_date=NOON - MINUTE)
    ended = lifecycle.transition(attempt(exam=exam, status="ready_to_start"), "started")
    assert (ended.status, ended.started_at, ended.completed_at) == ("submitted", NOON, NOON)
    assert ended.allowed_time_limit_mins == 0
    rows = ProctoredExamStudentAttempt.history.filter(id=ended.pk)
    assert [row.status for row in rows.order_by("history_id")] == ["ready_to_start", "submitted"]


def test_a_second_start_does_not_change_the_deadline(attempt):
    known = begun(attempt, ago=10)
    lifecycle.transition(known, "ready_to_submit")
    again = lifecycle.transition(known, "started")
    assert (again.status, again.started_at) == ("started", known.started_at)


def test_setting_a_running_attempt_back_to_ready_to_start_submits_it(attempt):
    ended = lifecycle.transition(begun(attempt), "ready_to_start")
    assert ended.status == "submitted"
    assert ended.completed_at is not None


def test_reading_an_overdue_attempt_ends_it_at_its_deadline(attempt):
    known = begun(attempt, minutes=10, ago=30)
    ended = lifecycle.expire_if_overdue(known)
    assert ended.status == "submitted"
    assert ended.completed_at == known.started_at + 10 * MINUTE


def test_reading_a_running_attempt_changes_nothing(attempt, django_assert_num_queries):
    known = ProctoredExamStudentAttempt.objects.get_exam_attempt_by_id(begun(attempt).pk)
    with django_assert_num_queries(0):
        assert lifecycle.expire_if_overdue(known).status == "started"


def test_an_attempt_that_ended_since_it_was_read_is_not_changed(attempt):
    known = begun(attempt, minutes=10, ago=30)
    ended_at = known.started_at + 5 * MINUTE
    rows = ProctoredExamStudentAttempt.objects.filter(pk=known.pk)
    rows.update(status="verified", completed_at=ended_at)
    expiry = lifecycle.expire(known)
    found = expiry.attempt
    assert not expiry.changed
    assert (found.status, found.completed_at) == ("verified", ended_at)
    assert found.history.latest().status == "started"


def test_ended_attempts_do_not_time_out(attempt):
    known = attempt(status="verified", completed_at=timezone.now())
    assert lifecycle.transition(known, "timed_out").status == "verified"


def test_an_error_stores_the_remaining_time(attempt):
    with time_machine.travel(NOON, tick=False):
        failed = lifecycle.transition(begun(attempt, minutes=30, ago=10), "error")
    assert failed.time_remaining_seconds == 20 * 60
    assert failed.is_resumable


@pytest.mark.parametrize(
    ("stored", "left"), [(None, 20 * 60), (60, 60), (20 * 60 + 1, 20 * 60), (0, 0)]
)
@time_machine.travel(NOON, tick=False)
def test_an_error_never_stores_more_than_the_time_allowed(attempt, stored, left):
    known = begun(attempt, minutes=30, ago=10, time_remaining_seconds=stored)
    assert lifecycle.transition(known, "error").time_remaining_seconds == left


RESUMABLE = {"is_resumable": True}


@pytest.mark.parametrize(
    ("before", "flags", "to", "resumable"),
    [
        ("submitted", {}, "error", True),
        ("submitted", {"ready_to_resume": True}, "error", False),
        ("submitted", {"resumed": True}, "error", False),
        ("error", RESUMABLE, "submitted", False),
        ("error", RESUMABLE, "verified", True),
        ("error", RESUMABLE, "rejected", True),
        ("error", RESUMABLE, "second_review_required", True),
        ("error", {**RESUMABLE, "ready_to_resume": True}, "verified", False),
        ("error", {**RESUMABLE, "resumed": True}, "rejected", False),
        ("submitted", {}, "verified", False),
    ],
)
def test_which_errors_make_an_attempt_resumable(attempt, before, flags, to, resumable):
    known = attempt(status=before, completed_at=timezone.now(), **flags)
    assert lifecycle.transition(known, to).is_resumable is resumable
    known.refresh_from_db()
    assert known.is_resumable is resumable


UNTOUCHED = (
    "created",
    "download_software_clicked",
    "ready_to_start",
    "ready_to_submit",
    "second_review_required",
    "verified",
    "rejected",
)


@pytest.mark.parametrize("to", UNTOUCHED)
def test_only_start_end_and_decline_write_more_than_the_status(attempt, to):
    known = attempt(status="eligible")
    names = ("started_at", "completed_at", "allowed_time_limit_mins", "time_remaining_seconds")
    names += ("external_id", "taking_as_proctored", "is_resumable", "ready_to_resume", "resumed")
    before = {name: getattr(known, name) for name in names}
    moved = lifecycle.transition(known, to)
    moved.refresh_from_db()
    assert {name: getattr(moved, name) for name in names} == before


def test_only_from_refuses_other_statuses_and_stores_nothing(attempt):
    known = attempt(status="created")
    with pytest.raises(ProctoredExamIllegalStatusTransition):
        lifecycle.transition(known, "submitted", only_from={"started"})
    known.refresh_from_db()
    assert (known.status, known.completed_at) == ("created", None)


def test_a_transition_of_a_removed_attempt_is_refused(attempt):
    known = attempt(status="created")
    ProctoredExamStudentAttempt.objects.filter(pk=known.pk).delete()
    with pytest.raises(StudentExamAttemptDoesNotExistsException):
        lifecycle.transition(known, "submitted")


@pytest.mark.parametrize(
    ("status", "words"),
    [("submitted", "submitted"), ("verified", "verified"), ("rejected", "rejected")],
)
def test_the_learner_gets_an_email(attempt, status, words, django_capture_on_commit_callbacks):
    known = attempt(status="second_review_required")
    lifecycle.transition(known, status)
    assert [message.subject for message in mail.outbox] == [f"Proctoring attempt {words}"]
    assert mail.outbox[0].to == [known.user.email]


def test_a_declined_attempt_is_no_longer_proctored(attempt):
    declined = lifecycle.transition(attempt(status="created", external_id="remote"), "declined")
    assert (declined.taking_as_proctored, declined.external_id) == (False, None)


def test_declining_declines_the_other_exams_that_have_not_been_started(attempt, make_exam, learner):
    first = attempt(status="created")
    course_id = first.proctored_exam.course_id
    untouched = make_exam(course_id=course_id)
    waiting = attempt(exam=make_exam(course_id=course_id), status="ready_to_start")
    running = begun(attempt, exam=make_exam(course_id=course_id))
    done = attempt(exam=make_exam(course_id=course_id), status="submitted")
    others = [
        make_exam(course_id=course_id, is_active=False),
        make_exam(course_id=course_id, is_practice_exam=True),
        make_exam(course_id=course_id, is_proctored=False),
        make_exam(course_id="course-v1:other+course+run"),
    ]
    lifecycle.transition(first, "declined")
    statuses = dict(
        ProctoredExamStudentAttempt.objects.filter(user=learner).values_list(
            "proctored_exam_id", "status"
        )
    )
    assert statuses == {
        first.proctored_exam_id: "declined",
        untouched.pk: "declined",
        waiting.proctored_exam_id: "declined",
        running.proctored_exam_id: "started",
        done.proctored_exam_id: "submitted",
    }
    assert not {exam.pk for exam in others} & set(statuses)
