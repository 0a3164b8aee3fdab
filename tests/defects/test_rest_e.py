"""Defects E1-E8 of the published REST interface: the number of queries does not grow with the course."""

import pytest
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.models import OutboxMessage, ProctoredExamStudentAttempt
from edx_proctoring.testing.factories import COURSE_ID, AllowanceFactory, UserFactory
from edx_proctoring.testing.host import Enrollment
from tests.views.conftest import V1, E, practice

pytestmark = pytest.mark.django_db

COUNTS = pytest.mark.parametrize("count", [3, 300])
SIGNED_IN = 2  # session and user


@pytest.fixture
def learners():
    """A factory of learners."""
    return UserFactory.create_batch


@COUNTS
@pytest.mark.parametrize("search", ["", "/search/learner"])
def test_E1_a_page_of_attempts(
    count, search, exam, attempt, learners, as_staff, django_assert_num_queries
):
    for user in learners(count):
        for _ in range(2):
            attempt(exam=exam, user=user)
    url = f"{E}/attempt/grouped/course_id/{COURSE_ID}{search}"
    with django_assert_num_queries(SIGNED_IN + 3):
        rows = as_staff.get(url).json()["proctored_exam_attempts"]
    assert len(rows) == min(count, 25)
    assert all(len(row["all_attempts"]) == 2 for row in rows)


@COUNTS
@pytest.mark.parametrize("path", ["allowance", "grouped/allowance"])
def test_E2_allowances(count, path, exam, learners, as_staff, django_assert_num_queries):
    for user in learners(count):
        AllowanceFactory(proctored_exam=exam, user=user)
    with django_assert_num_queries(SIGNED_IN + 1):
        assert len(as_staff.get(f"{E}/{COURSE_ID}/{path}").json()) == count


@COUNTS
def test_E3_onboarding_of_a_course(
    count, onboarding, attempt, learners, host, as_staff, django_assert_num_queries
):
    users = learners(count)
    for user in users:
        practice(attempt, onboarding, "submitted", user=user)
    host.enrollments.enrollments = [Enrollment(user) for user in users]
    url = f"{V1}/user_onboarding/status/course_id/{COURSE_ID}"
    with django_assert_num_queries(SIGNED_IN + 4):
        assert as_staff.get(url).json()["count"] == count
    host.enrollments.enrollments = []
    with django_assert_num_queries(SIGNED_IN + 1):
        as_staff.get(url)


@COUNTS
def test_E4_running_exams(count, attempt, make_exam, as_learner, django_assert_num_queries):
    for _ in range(count):
        begun = {"started_at": timezone.now(), "allowed_time_limit_mins": 90}
        attempt(exam=make_exam(), status="started", **begun)
    with django_assert_num_queries(SIGNED_IN + 2):
        assert len(as_learner.get(f"{E}/active_exams_for_user").json()) == count


def test_E5_no_provider_is_asked_inside_a_transaction(exam, provider, as_learner, settings):
    from django.db import connection

    settings.DATABASES["default"]["ATOMIC_REQUESTS"] = True
    inside = []
    for verb in ("register_exam_attempt", "get_proctoring_config", "get_attempt"):
        provider.before(verb, lambda *_a, **_k: inside.append(connection.in_atomic_block))
    data = {"exam_id": exam.pk, "attempt_proctored": "true"}
    assert as_learner.post(f"{E}/attempt", data).status_code == 200
    as_learner.get(f"{E}/settings/exam_id/{exam.pk}/")
    as_learner.get(f"{E}/attempt/course_id/{COURSE_ID}", {"content_id": exam.content_id})
    settings.DATABASES["default"]["ATOMIC_REQUESTS"] = False
    assert inside
    assert not any(inside)


def test_E5_providers_are_told_after_the_change(exam, attempt, provider, as_learner):
    known = attempt(exam=exam, status="ready_to_start")
    stored = []

    def look(*_args):
        stored.append(ProctoredExamStudentAttempt.objects.get(pk=known.pk).status)

    provider.before("start_exam_attempt", look)
    as_learner.put(f"{E}/attempt/{known.pk}", {"action": "start"})
    assert stored == ["started"]


def test_E6_exams_come_in_the_order_of_their_creation(make_exam, as_learner, disorder):
    exams = [
        make_exam(content_id=f"content{9 - number}", exam_name=str(9 - number))
        for number in range(3)
    ]
    disorder(exams)
    found = as_learner.get(f"{E}/exam/course_id/{COURSE_ID}").json()
    assert [exam["id"] for exam in found] == [exam.pk for exam in exams]


@pytest.mark.parametrize(("count", "queries"), [(3, 22), (300, 24)])  # rows are written in batches
def test_E7_retirement(
    count, queries, attempt, make_exam, learner, retirement, client_for, django_assert_num_queries
):
    for _ in range(count):
        known = attempt(exam=make_exam(), status="submitted", completed_at=timezone.now())
        api.receive_review(known, {"status": "passed", "comments": []})
    client = client_for(retirement)
    with django_assert_num_queries(SIGNED_IN + queries):
        client.post(f"{V1}/retire_user/{learner.pk}/")
    assert not OutboxMessage.objects.filter(kind="email").exists()
    with django_assert_num_queries(SIGNED_IN + 5):
        client.post(f"{V1}/retire_backend_user/{learner.pk}/")


def test_E8_a_poll_is_one_read(attempt, as_learner, django_assert_num_queries):
    begun = {"started_at": timezone.now(), "allowed_time_limit_mins": 90}
    known = attempt(status="started", **begun)
    with django_assert_num_queries(SIGNED_IN + 1):
        as_learner.get(f"{E}/attempt/{known.pk}")
