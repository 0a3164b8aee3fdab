"""Overdue attempts end, by whatever access, and only once."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from edx_proctoring import api, operations
from edx_proctoring.models import OutboxMessage, ProctoredExam, ProctoredExamStudentAttempt

pytestmark = pytest.mark.django_db


Attempt = ProctoredExamStudentAttempt


def overdue(attempt, **more):
    begun = timezone.now() - datetime.timedelta(minutes=91)
    return attempt(status="started", started_at=begun, allowed_time_limit_mins=90, **more)


def writes(queries):
    return [one for one in queries if one["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]


@pytest.mark.defect("PYTHON-36")
def test_a_read_ends_an_overdue_attempt_once(attempt, provider):
    known = overdue(attempt)
    assert api.get_exam_attempt_by_id(known.pk)["status"] == "submitted"
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert api.get_exam_attempt_by_id(known.pk)["status"] == "submitted"
    assert not writes(queries)
    assert len(provider.calls_of("stop_exam_attempt")) == 1
    other = overdue(attempt)
    assert operations.submit_expired_attempts().ended == 1  # what nobody reads ends, too
    assert Attempt.objects.get(pk=other.pk).status == "submitted"


@pytest.mark.defect("PYTHON-37")
def test_lists_show_overdue_attempts_as_ended(attempt, exam, django_assert_num_queries):
    known = overdue(attempt, exam=exam)
    going_on = attempt(status="started", started_at=timezone.now(), allowed_time_limit_mins=90)
    course = exam.course_id
    with django_assert_num_queries(11):
        lists = [
            list(api.get_all_exam_attempts(course)),
            list(api.get_filtered_exam_attempts(course, "learner")),
            api.get_exam_violation_report(course),
            api.get_grouped_attempts(course).object_list,
        ]
    ends = known.started_at + datetime.timedelta(minutes=90)
    for rows in lists:
        seen = {row["status"]: row["completed_at"] for row in rows}
        assert seen == {"submitted": ends, "started": None}
    (row,) = api.get_user_attempts_by_exam_id(known.user_id, exam.pk)
    assert row["status"] == "submitted"
    (active,) = api.get_active_exams_for_user(known.user_id)
    assert active["attempt"]["id"] == going_on.pk
    assert Attempt.objects.get(pk=known.pk).status == "started"  # nothing is stored


@pytest.mark.defect("PYTHON-38")
def test_a_second_page_view_changes_nothing(exam, learner, host):
    host.credit.requirements = [
        {"namespace": "proctored_exam", "name": "earlier", "status": "declined", "order": 1},
        {"namespace": "proctored_exam", "name": exam.content_id, "status": None, "order": 2},
    ]
    context = {
        "due_date": None,
        "display_name": "Exam",
        "default_time_limit_mins": 10,
        "is_proctored": True,
    }

    def look(content_id):
        return api.get_student_view(learner.pk, exam.course_id, content_id, dict(context))

    for content_id in (exam.content_id, "unknown content"):
        look(content_id)
        rows = (
            ProctoredExam.objects.count(),
            Attempt.objects.count(),
            OutboxMessage.objects.count(),
        )
        with CaptureQueriesContext(connection) as queries:
            look(content_id)
        assert not [one for one in writes(queries) if "learner" not in one["sql"]]
        assert rows == (
            ProctoredExam.objects.count(),
            Attempt.objects.count(),
            OutboxMessage.objects.count(),
        )


@pytest.mark.needs("lms-urls")
@pytest.mark.defect("PYTHON-73")
def test_a_started_attempt_without_a_limit_uses_that_of_its_exam(attempt, make_exam):
    exam = make_exam(time_limit_mins=60)
    begun = timezone.now() - datetime.timedelta(minutes=30)
    known = attempt(exam=exam, status="started", started_at=begun, allowed_time_limit_mins=None)
    data = api.get_exam_attempt_data(exam.pk, known.pk)
    assert 1700 < data["time_remaining_seconds"] <= 1800
    Attempt.objects.update(started_at=begun - datetime.timedelta(minutes=31))
    assert api.get_exam_attempt_by_id(known.pk)["status"] == "submitted"


MINUTE = datetime.timedelta(minutes=1)


def start(attempt_id):
    api.update_attempt_status(attempt_id, "started")
    return Attempt.objects.get(pk=attempt_id)


@pytest.mark.defect("PYTHON-39")
def test_a_start_after_the_due_date_is_a_single_end(attempt, make_exam, provider, tracker):
    exam = make_exam(due_date=timezone.now() - MINUTE)
    known = attempt(exam=exam, status="ready_to_start")
    assert start(known.pk).status == "submitted"
    assert not provider.calls_of("start_exam_attempt")
    assert [name.rsplit(".", 1)[1] for name in tracker.names] == ["submitted"]
    assert OutboxMessage.objects.filter(kind="signal").count() == 1


def status_of(attempt):
    return Attempt.objects.get(pk=attempt.pk).status


def ended(attempt, status="submitted", **more):
    return attempt(status=status, completed_at=timezone.now(), **more)


@pytest.mark.defect("PYTHON-50")
@pytest.mark.parametrize("status", ["verified", "rejected", "second_review_required", "declined"])
def test_a_late_time_out_changes_nothing(attempt, status):
    known = ended(attempt, status=status)
    api.mark_exam_attempt_timeout(known.pk)
    assert status_of(known) == status


@pytest.mark.needs("lms-urls")
@pytest.mark.defect("PYTHON-70")
def test_a_stored_time_out_ends_the_attempt(attempt, settings, host, provider):
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "ALLOW_TIMED_OUT_STATE": True}
    begun = {"started_at": timezone.now(), "allowed_time_limit_mins": 90}
    known = attempt(status="started", **begun)
    api.mark_exam_attempt_timeout(known.pk)
    known.refresh_from_db()
    assert known.status == "timed_out"
    assert known.completed_at is not None
    assert len(host.calls_of("complete_student_attempt")) == 1
    assert len(provider.calls_of("stop_exam_attempt")) == 1
    exam = known.proctored_exam
    html = api.get_student_view(known.user_id, exam.course_id, exam.content_id, {"due_date": None})
    assert "data-screen" in html
