"""Defects 36-38, 71-73, 76, 90, 98-102 of the published Python interface: reading, looking up, time."""

import datetime
import time
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from opaque_keys.edx.keys import UsageKey

from edx_proctoring import api, backends, constants, operations, utils
from edx_proctoring.backends import psi_formats
from edx_proctoring.exceptions import (
    ProctoredExamNotFoundException,
    StudentExamAttemptDoesNotExistsException,
    UserNotFoundException,
)
from edx_proctoring.models import (
    OutboxMessage,
    ProctoredExam,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
)

pytestmark = pytest.mark.django_db

Attempt = ProctoredExamStudentAttempt


def overdue(attempt, **more):
    begun = timezone.now() - datetime.timedelta(minutes=91)
    return attempt(status="started", started_at=begun, allowed_time_limit_mins=90, **more)


def writes(queries):
    return [one for one in queries if one["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]


def test_36_a_read_ends_an_overdue_attempt_once(attempt, provider):
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


def test_37_lists_show_what_a_read_would(attempt, exam, django_assert_num_queries):
    known = overdue(attempt, exam=exam)
    going_on = attempt(status="started", started_at=timezone.now(), allowed_time_limit_mins=90)
    course = exam.course_id
    with django_assert_num_queries(10):
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


def test_38_looking_at_a_page_twice_changes_nothing_more(exam, learner, host):
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


def test_71_of_attempts_with_the_same_external_id_the_newest_counts(attempt, make_exam):
    attempt(external_id="same")
    newest = attempt(external_id="same", exam=make_exam(backend="null"))
    assert api.get_exam_attempt_by_external_id("same")["id"] == newest.pk


def test_71_no_code_finds_nothing(attempt):
    attempt(attempt_code=None)
    attempt(attempt_code=None)
    assert api.get_exam_attempt_by_code("") is None
    assert api.locate_attempt_by_attempt_code(None) == (None, None)
    assert api.locate_attempt_by_attempt_code("") == (None, None)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda exam, user: api.mark_exam_attempt_as_ready_to_resume(4711), "attempt"),
        (lambda exam, user: api.mark_exam_attempt_as_resumed(4711), "attempt"),
        (lambda exam, user: api.get_exam_attempt_data(exam.pk, 4711), "attempt"),
        (lambda exam, user: api.create_exam_attempt(exam.pk, 4711, True), "user"),
        (
            lambda exam, user: api.get_attempt_status_summary(
                4711, exam.course_id, exam.content_id
            ),
            "user",
        ),
        (lambda exam, user: api.add_allowance_for_user(4711, user.pk, "key", "1"), "exam"),
        (lambda exam, user: api.create_exam_attempt(4711, user.pk, True), "exam"),
    ],
)
def test_72_unknown_ids(exam, learner, call, error):
    errors = {
        "attempt": StudentExamAttemptDoesNotExistsException,
        "user": UserNotFoundException,
        "exam": ProctoredExamNotFoundException,
    }
    with pytest.raises(errors[error]):
        call(exam, learner)
    assert not ProctoredExamStudentAllowance.objects.exists()


def test_72_an_attempt_of_another_exam(attempt, make_exam):
    with pytest.raises(StudentExamAttemptDoesNotExistsException):
        api.get_exam_attempt_data(make_exam().pk, attempt().pk)


def test_73_a_started_attempt_without_a_limit_gets_that_of_its_exam(attempt, make_exam):
    exam = make_exam(time_limit_mins=60)
    begun = timezone.now() - datetime.timedelta(minutes=30)
    known = attempt(exam=exam, status="started", started_at=begun, allowed_time_limit_mins=None)
    data = api.get_exam_attempt_data(exam.pk, known.pk)
    assert 1700 < data["time_remaining_seconds"] <= 1800
    Attempt.objects.update(started_at=begun - datetime.timedelta(minutes=31))
    assert api.get_exam_attempt_by_id(known.pk)["status"] == "submitted"


def test_76_nobody_is_not_everybody(attempt, practice_exam):
    attempt(exam=practice_exam, is_sample_attempt=True)
    found = Attempt.objects.get_proctored_practice_attempts_by_course_id
    assert found(practice_exam.course_id).count() == 1
    assert found(practice_exam.course_id, []).count() == 0


def test_90_of_two_attempts_of_one_moment_the_later_id_is_current(attempt, exam):
    first, second = attempt(exam=exam), attempt(exam=exam)
    Attempt.objects.update(created=timezone.now())
    assert first.pk < second.pk
    assert api.get_current_exam_attempt(exam.pk, second.user_id)["id"] == second.pk


def test_98_settings_are_read_when_they_are_used(settings, monkeypatch):
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "ALLOW_REVIEW_UPDATES": False}
    assert constants.ALLOW_REVIEW_UPDATES is False
    settings.PROCTORING_SETTINGS = {
        **settings.PROCTORING_SETTINGS,
        "DESKTOP_APPLICATION_PING_INTERVAL_SECONDS": 7,
    }
    assert backends.get_backend_provider(name="null").ping_interval == 7
    monkeypatch.setattr(constants, "ALLOW_REVIEW_UPDATES", True)
    assert constants.ALLOW_REVIEW_UPDATES is True


def test_99_the_published_sentinel_leaves_the_due_date(make_exam):
    due = timezone.now()
    exam = make_exam(due_date=due)
    copied = datetime.datetime.fromisoformat(constants.MINIMUM_TIME.isoformat())
    for sentinel in (constants.MINIMUM_TIME, copied):
        api.update_exam(exam.pk, due_date=sentinel, exam_name="Other")
        exam.refresh_from_db()
        assert exam.due_date == due
    api.update_exam(exam.pk, due_date=None)
    exam.refresh_from_db()
    assert exam.due_date is None


@pytest.fixture
def server_in_tokyo(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("server_in_tokyo")
def test_100_exams_open_by_the_aware_time(make_exam):
    exam = make_exam()
    opens = timezone.now() + datetime.timedelta(hours=1)  # 8 hours ago, by the server's local clock
    entry = SimpleNamespace(effective_start=opens, due=None)
    details = SimpleNamespace(
        outline=SimpleNamespace(accessible_sequences={}),
        schedule=SimpleNamespace(sequences={UsageKey.from_string(exam.content_id): entry}),
    )
    assert utils.categorize_inaccessible_exams_by_date([exam], details) == ([], [exam], [])


@pytest.mark.usefixtures("server_in_tokyo")
def test_101_dates_in_payloads_are_utc(settings):
    settings.TIME_ZONE = "America/New_York"
    before = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    text = psi_formats.http_date(before)
    assert text == before.strftime("%a, %d %b %Y %H:%M:%S GMT")


def test_102_texts_of_times_are_utc_whatever_zone_is_active(attempt):
    known = attempt()
    with timezone.override("Asia/Tokyo"):
        data = api.get_exam_attempt_by_id(known.pk)
    assert data["created"] == known.created.astimezone(datetime.UTC).isoformat().replace(
        "+00:00", "Z"
    )
