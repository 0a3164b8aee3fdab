"""One line about an exam for the course's navigation."""

import datetime

import pytest
from django.utils import timezone, translation

from edx_proctoring import api
from edx_proctoring.exceptions import UserNotFoundException
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.testing.factories import UserFactory
from tests.unknown import NO_SUCH_ID

pytestmark = pytest.mark.django_db

HOUR = datetime.timedelta(hours=1)
PROCTORED = {}
PRACTICE = {"is_practice_exam": True}
TIMED = {"is_proctored": False, "backend": None}

PENCIL, SPINNER = "fa-pencil-square-o", "fa-spinner fa-spin"
CHECK, WARNING = "fa-check", "fa-exclamation-triangle"
ONGOING = ("Taking As Proctored Exam", PENCIL, False)
PENDING = ("Pending Session Review", SPINNER, True)
FAILED = ("Failed Proctoring", WARNING, True)
UNGRADED = ("Ungraded Practice Exam", "", False)

OF_PROCTORED = {
    None: ("Proctored Option Available", PENCIL, False),
    "eligible": ("Proctored Option Available", PENCIL, False),
    "created": ONGOING,
    "download_software_clicked": ONGOING,
    "ready_to_start": ONGOING,
    "started": ONGOING,
    "ready_to_submit": ONGOING,
    "onboarding_missing": ONGOING,
    "declined": ("Taking As Open Exam", PENCIL, False),
    "submitted": PENDING,
    "second_review_required": PENDING,
    "verified": ("Passed Proctoring", CHECK, True),
    "rejected": FAILED,
    "error": FAILED,
    "expired": ("Proctored Option No Longer Available", "fa-times-circle", False),
}
OF_PRACTICE = {
    None: UNGRADED,
    "created": UNGRADED,
    "verified": UNGRADED,
    "rejected": UNGRADED,
    "submitted": ("Practice Exam Completed", CHECK, True),
    "error": ("Practice Exam Failed", WARNING, True),
}
ROWS = [
    *((PROCTORED, status, expected) for status, expected in OF_PROCTORED.items()),
    *((PRACTICE, status, expected) for status, expected in OF_PRACTICE.items()),
]


def summary(exam, learner):
    user_id = getattr(learner, "pk", learner)
    return api.get_attempt_status_summary(user_id, exam.course_id, exam.content_id)


@pytest.mark.parametrize(("kind", "status", "expected"), ROWS)
def test_rows(make_exam, attempt, learner, kind, status, expected):
    exam = make_exam(**kind)
    if status:
        begun = {"started_at": timezone.now(), "allowed_time_limit_mins": 90}
        attempt(exam=exam, status=status, **(begun if status == "started" else {}))
    text, icon, is_completed = expected
    assert summary(exam, learner) == {
        "status": status or "eligible",
        "short_description": text,
        "suggested_icon": icon,
        "in_completed_state": is_completed,
    }


@pytest.mark.parametrize("status", [None, "started", "submitted"])
def test_timed_exams_have_no_status(make_exam, attempt, learner, status):
    exam = make_exam(**TIMED)
    if status:
        attempt(exam=exam, status=status, taking_as_proctored=False)
    assert summary(exam, learner) == {
        "short_description": "Timed Exam",
        "suggested_icon": "fa-clock-o",
        "in_completed_state": False,
    }


def test_the_newest_attempt_is_used(exam, attempt, learner):
    attempt(exam=exam, status="error")
    attempt(exam=exam, status="verified")
    assert summary(exam, learner)["status"] == "verified"


def test_user_ids_that_are_no_numbers(exam, attempt, learner):
    attempt(exam=exam, status="submitted")
    assert summary(exam, str(learner.pk))["status"] == "submitted"
    assert api.get_attempt_status_summary(None, exam.course_id, exam.content_id) is None


def test_only_the_newest_attempt_of_this_learner_in_this_exam(exam, make_exam, attempt, learner):
    attempt(exam=make_exam(), status="verified")
    attempt(exam=exam, user=UserFactory(), status="rejected")
    assert summary(exam, learner)["status"] == "eligible"
    now = timezone.now()
    later, earlier = (attempt(exam=exam, status=status) for status in ("error", "verified"))
    attempts = ProctoredExamStudentAttempt.objects
    attempts.filter(pk=earlier.pk).update(created=now - HOUR)
    attempts.filter(pk=later.pk).update(created=now)
    assert summary(exam, learner)["status"] == "error"
    attempts.update(created=now)
    assert summary(exam, learner)["status"] == "verified"


def test_an_unknown_exam(learner):
    assert api.get_attempt_status_summary(learner.pk, "course-v1:a+b+c", "unknown") is None


def test_users_who_may_not_take_proctored_exams(exam, practice_exam, learner, host):
    learner.is_active = False
    learner.save()
    assert summary(exam, learner) is None
    assert summary(practice_exam, learner)["status"] == "eligible"
    host.unregister()
    assert summary(exam, learner)["status"] == "eligible"


def test_an_unknown_user(exam, timed_exam):
    with pytest.raises(UserNotFoundException):
        summary(exam, NO_SUCH_ID)
    assert summary(timed_exam, NO_SUCH_ID)["short_description"] == "Timed Exam"


@pytest.mark.parametrize("end", [datetime.datetime(2020, 1, 1), timezone.now() - HOUR])
def test_after_the_end_of_the_course(exam, practice_exam, attempt, learner, host, end):
    host.credit.state["course_end_date"] = end
    assert summary(exam, learner)["status"] == "expired"
    assert summary(practice_exam, learner)["status"] == "eligible"
    attempt(exam=exam, status="verified")
    assert summary(exam, learner)["status"] == "verified"


def test_an_overdue_attempt_without_a_page(exam, attempt, learner):
    started = timezone.now() - HOUR
    known = attempt(exam=exam, status="started", started_at=started, allowed_time_limit_mins=10)
    assert summary(exam, learner)["status"] == "submitted"
    assert ProctoredExamStudentAttempt.objects.get(pk=known.pk).status == "submitted"


def test_texts_are_translated_when_they_are_read(exam, learner):
    with translation.override("de"):
        german = summary(exam, learner)["short_description"]
    assert german != summary(exam, learner)["short_description"] == "Proctored Option Available"
    assert api.STATUS_SUMMARY_MAP["eligible"]["short_description"] == "Proctored Option Available"


def test_results_belong_to_the_caller(exam, learner):
    summary(exam, learner)["short_description"] = "mine"
    assert summary(exam, learner)["short_description"] == "Proctored Option Available"


@pytest.mark.parametrize(
    ("kind", "status", "queries"),
    [
        (PROCTORED, None, 3),
        (PROCTORED, "submitted", 2),
        (PRACTICE, None, 2),
        (PRACTICE, "submitted", 2),
        (TIMED, None, 1),
        (TIMED, "submitted", 1),
    ],
)
def test_the_number_of_queries(
    make_exam, attempt, learner, kind, status, queries, django_assert_num_queries
):
    exam = make_exam(**kind)
    if status:
        attempt(exam=exam, status=status)
    with django_assert_num_queries(queries):
        summary(exam, learner)


@pytest.mark.parametrize("count", [2, 12])
def test_a_whole_outline(count, make_exam, attempt, learner, django_assert_num_queries, host):
    statuses = [None, "created", "submitted", "verified"]
    for number in range(count):
        for kind in (PROCTORED, PRACTICE, TIMED):
            exam = make_exam(**kind)
            if statuses[number % 4]:
                attempt(exam=exam, status=statuses[number % 4])
    make_exam(is_active=False)
    host.calls.clear()
    with django_assert_num_queries(3):
        found = api.get_attempt_status_summaries(learner.pk, exam.course_id)
    assert len(host.calls_of("get_credit_state")) == 1
    assert len(found) == 3 * count
    for content_id, one in found.items():
        assert one == api.get_attempt_status_summary(learner.pk, exam.course_id, content_id)


def test_an_outline_of_an_unknown_learner(exam):
    with pytest.raises(UserNotFoundException):
        api.get_attempt_status_summaries(NO_SUCH_ID, exam.course_id)
