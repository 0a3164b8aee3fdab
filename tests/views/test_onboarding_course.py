"""Route 20: the onboarding statuses of a course's learners."""

from typing import Any

import pytest
from django.db import connection
from django.db.models import Value
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient
from waffle.testutils import override_switch

from edx_proctoring import api, constants, views
from edx_proctoring.crypto import obscured_user_id
from edx_proctoring.exceptions import BackendProviderOnboardingProfilesException
from edx_proctoring.models import ProctoredExamStudentAttempt, ProctoringLearner
from edx_proctoring.runtime import set_runtime_service
from edx_proctoring.testing.factories import COURSE_ID, UserFactory
from edx_proctoring.testing.host import Enrollment
from tests.views.conftest import DAY, OTHER_COURSE, V1, E, ago, practice
from tests.views.test_onboarding import Outlines

pytestmark = pytest.mark.django_db

ONE = f"{V1}/user_onboarding/status"
COURSE = f"{V1}/user_onboarding/status/course_id/{COURSE_ID}"
NOT_RELATED = {"detail": "There is no onboarding exam related to this course id."}
UNAVAILABLE = {
    "detail": "The onboarding service is temporarily unavailable. Please try again later."
}

Attempt = ProctoredExamStudentAttempt


@pytest.fixture
def enrolled(host: Any) -> list[Any]:
    """Five learners, in the host's order."""
    users = [UserFactory(username=f"user{number}") for number in (3, 1, 2, 5, 4)]
    host.enrollments.enrollments = [Enrollment(user, "verified") for user in users]
    return users


def statuses(client: APIClient, **query: str) -> dict[str, Any]:
    response = client.get(COURSE, query)
    assert response.status_code == 200, response.content
    return {row["username"]: row["status"] for row in response.json()["results"]}


def test_all_learners(
    enrolled: list[Any], onboarding: Any, make_exam: Any, attempt: Any, as_staff: APIClient
) -> None:
    three, one, two, five, _four = enrolled
    elsewhere = make_exam(course_id=OTHER_COURSE, is_practice_exam=True)
    practice(attempt, onboarding, "started", user=three)
    ago(3, practice(attempt, elsewhere, "verified", user=one))
    practice(attempt, onboarding, "rejected", user=one)
    practice(attempt, onboarding, "onboarding_reset", user=two)
    known = practice(attempt, onboarding, "verified", user=five)
    response = as_staff.get(COURSE).json()
    assert [row["username"] for row in response["results"]] == [one.username for one in enrolled]
    assert {key: response[key] for key in response if key != "results"} == {
        "count": 5,
        "num_pages": 1,
        "previous": None,
        "next": None,
        "use_onboarding_profile_api": False,
    }
    rows = {row["username"]: row for row in response["results"]}
    assert {name: row["status"] for name, row in rows.items()} == {
        "user3": "onboarding_started",
        "user1": "other_course_approved",
        "user2": "onboarding_reset_past_due",
        "user5": "verified",
        "user4": "not_started",
    }
    assert rows["user4"]["modified"] is None
    assert rows["user5"] == {
        "username": "user5",
        "enrollment_mode": "verified",
        "status": "verified",
        "modified": known.modified.isoformat().replace("+00:00", "Z"),
    }


def test_a_reset_attempt_yields_to_a_later_one(
    enrolled: list[Any], onboarding: Any, attempt: Any, as_staff: APIClient
) -> None:
    old = practice(attempt, onboarding, "created", user=enrolled[0])
    later = practice(attempt, onboarding, "submitted", user=enrolled[0])
    ago(1, later)
    Attempt.objects.filter(pk=old.pk).update(
        status="onboarding_reset", created=timezone.now() - 2 * DAY
    )
    assert statuses(as_staff)["user3"] == "submitted"


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        ("second_review_required", "submitted"),
        ("timed_out", "submitted"),
        ("declined", "not_started"),
        ("download_software_clicked", "setup_started"),
        ("ready_to_submit", "onboarding_started"),
        ("onboarding_failed", "error"),
    ],
)
def test_every_status_is_mapped(
    status: str, shown: str, enrolled: Any, onboarding: Any, attempt: Any, as_staff: APIClient
) -> None:
    practice(attempt, onboarding, status, user=enrolled[0])
    assert statuses(as_staff)["user3"] == shown
    assert "user3" in statuses(as_staff, statuses=shown)


def test_filters_and_pages(
    enrolled: list[Any], onboarding: Any, attempt: Any, as_staff: APIClient, monkeypatch: Any
) -> None:
    monkeypatch.setattr(views, "ATTEMPTS_PER_PAGE", 1)
    for user in enrolled[:2]:
        practice(attempt, onboarding, "submitted", user=user)
    assert statuses(as_staff, text_search="user5") == {"user5": "not_started"}
    query = {"text_search": "user", "statuses": "submitted,verified"}
    response = as_staff.get(COURSE, query).json()
    path = f"{COURSE}?text_search=user&statuses=submitted%2Cverified&page=2"
    assert (response["count"], response["num_pages"]) == (2, 2)
    assert (response["previous"], response["next"]) == (None, path)
    second = as_staff.get(response["next"]).json()
    assert [row["username"] for row in second["results"]] == ["user1"]
    assert second["previous"] == path[:-1] + "1"
    assert statuses(as_staff, statuses="unknown") == {}


def test_no_learners(host: Any, onboarding: Any, as_staff: APIClient) -> None:
    for nobody in ([], None):
        host.enrollments.enrollments = nobody
        response = as_staff.get(COURSE).json()
        assert (response["results"], response["count"], response["num_pages"]) == ([], 0, 1)


@pytest.mark.parametrize("query", [{}, {"statuses": "not_started,verified"}])
@pytest.mark.parametrize("count", [3, 60])
def test_queries_do_not_grow(
    count: int,
    query: Any,
    host: Any,
    onboarding: Any,
    attempt: Any,
    as_staff: APIClient,
    django_assert_max_num_queries: Any,
) -> None:
    users = [UserFactory() for _ in range(count)]
    host.enrollments.enrollments = [Enrollment(user) for user in users]
    for user in users:
        practice(attempt, onboarding, "verified", user=user)
    with django_assert_max_num_queries(8):
        assert len(as_staff.get(COURSE, query).json()["results"]) == min(count, 25)


@pytest.fixture
def asks_provider() -> Any:
    """The switch that takes the statuses of all learners from the provider."""
    with override_switch(constants.ONBOARDING_PROFILE_INSTRUCTOR_DASHBOARD_API, active=True):
        yield


@pytest.mark.usefixtures("asks_provider")
def test_the_providers_list(
    enrolled: list[Any], onboarding: Any, attempt: Any, provider: Any, as_staff: APIClient
) -> None:
    known = practice(attempt, onboarding, "submitted", user=enrolled[2])
    ids = {user.username: obscured_user_id(user.pk, "test") for user in enrolled}
    results = [
        {"user_id": ids["user2"], "status": "pending"},
        {"user_id": "a stranger's", "status": "rejected"},
        {"user_id": ids["user4"], "status": "approved-in-course"},
    ]
    provider.answer("get_onboarding_profile_info", {"results": results})
    response = as_staff.get(COURSE).json()
    assert response["use_onboarding_profile_api"] is True
    assert [(row["username"], row["status"]) for row in response["results"]] == [
        ("user2", "submitted"),
        ("user4", "verified"),
        ("user3", "not_started"),
        ("user1", "not_started"),
        ("user5", "not_started"),
    ]
    modified = known.modified.isoformat().replace("+00:00", "Z")
    assert response["results"][0]["modified"] == modified
    (call,) = provider.calls_of("get_onboarding_profile_info")
    assert (call.args, call.kwargs) == ((COURSE_ID,), {"status": ""})


@pytest.mark.usefixtures("asks_provider")
def test_filters_of_the_providers_list(
    enrolled: list[Any], onboarding: Any, provider: Any, as_staff: APIClient
) -> None:
    results = [
        {"user_id": obscured_user_id(enrolled[0].pk, "test"), "status": "pending"},
        {"user_id": obscured_user_id(enrolled[1].pk, "test"), "status": "expired"},
    ]
    provider.answer("get_onboarding_profile_info", {"results": results})
    assert statuses(as_staff, statuses="submitted,error,setup_started") == {"user3": "submitted"}
    (call,) = provider.calls_of("get_onboarding_profile_info")
    assert call.kwargs == {"status": "pending"}
    assert set(statuses(as_staff, statuses="not_started")) == {"user2", "user5", "user4"}


@pytest.mark.usefixtures("asks_provider")
@pytest.mark.parametrize(
    "failure",
    [
        BackendProviderOnboardingProfilesException("no", 500),
        TimeoutError("slow"),
        None,
        {"count": 0},
        {"results": "unexpected"},
    ],
)
def test_a_provider_without_profiles(
    failure: Any, enrolled: Any, onboarding: Any, provider: Any, as_staff: APIClient
) -> None:
    if isinstance(failure, Exception):
        provider.fail("get_onboarding_profile_info", failure)
    else:
        provider.answer("get_onboarding_profile_info", failure)
    response = as_staff.get(COURSE)
    assert (response.status_code, response.json()) == (503, UNAVAILABLE)


def test_the_enrollments_service(enrolled: list[Any], host: Any) -> None:
    found = api.get_enrollments_can_take_proctored_exams(COURSE_ID, "user1")
    assert [one.user.username for one in found] == ["user1"]
    (call,) = host.calls_of("get_enrollments_can_take_proctored_exams")
    assert call.args == (COURSE_ID, "user1")


@pytest.mark.defect("REST-D14")
@pytest.mark.parametrize(
    ("status", "word"),
    [
        ("second_review_required", "submitted"),
        ("timed_out", "submitted"),
        ("declined", "not_started"),
        ("onboarding_missing", "error"),
        ("onboarding_pending", "error"),
        ("onboarding_failed", "error"),
        ("onboarding_expired", "error"),
    ],
)
def test_every_status_is_visible(status, word, onboarding, attempt, host, learner, as_staff):
    practice(attempt, onboarding, status)
    host.enrollments.enrollments = [Enrollment(learner)]
    url = f"{V1}/user_onboarding/status/course_id/{COURSE_ID}"
    (row,) = as_staff.get(url).json()["results"]
    assert row["status"] == word
    assert as_staff.get(url, {"statuses": word}).json()["count"] == 1
    assert as_staff.get(url, {"statuses": f"not_{word}"}).json()["count"] == 0


@pytest.mark.defect("REST-D14")
def test_filters_apply_to_the_providers_statuses(onboarding, host, learner, provider, as_staff):
    host.enrollments.enrollments = [Enrollment(learner)]
    user_id = obscured_user_id(learner.pk, "test")
    provider.answer(
        "get_onboarding_profile_info", {"results": [{"user_id": user_id, "status": "pending"}]}
    )
    url = f"{V1}/user_onboarding/status/course_id/{COURSE_ID}"
    with override_switch(constants.ONBOARDING_PROFILE_INSTRUCTOR_DASHBOARD_API, active=True):
        for word, count in [("verified", 0), ("not_started_yet", 0), ("submitted", 1)]:
            assert as_staff.get(url, {"statuses": word}).json()["count"] == count


PAGE = f"{E}/attempt/course_id/{COURSE_ID}"


@pytest.mark.defect("REST-D15")
def test_the_link_is_the_learners(exam, onboarding, attempt, learner, as_global_staff):
    class OnlyTheLearners(Outlines):
        def get_user_course_outline_details(self, course_key, user, at_time):
            self.open = {onboarding.content_id} if user.pk == learner.pk else set()
            return super().get_user_course_outline_details(course_key, user, at_time)

    set_runtime_service("learning_sequences", OnlyTheLearners())
    try:
        attempt(exam=exam, status="onboarding_missing")
        query = {"content_id": exam.content_id, "user_id": learner.pk}
        link = as_global_staff.get(PAGE, query).json()["exam"]["onboarding_link"]
    finally:
        set_runtime_service("learning_sequences", None)
    assert link.endswith(onboarding.content_id)


@pytest.mark.defect("REST-D16")
def test_an_unproctored_practice_exam_has_the_type_practice(make_exam, as_learner):
    exam = make_exam(is_proctored=False, is_practice_exam=True)
    assert (
        as_learner.get(PAGE, {"content_id": exam.content_id}).json()["exam"]["type"] == "practice"
    )


def test_a_page_of_the_hosts_queryset_reads_no_more(
    host: Any, onboarding: Any, as_staff: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The learners' locks stand for the host's enrollments: a queryset of rows with `user` and `mode`."""
    for number in range(60):
        ProctoringLearner.objects.create(user=UserFactory(username=f"user{number:02}"))
    found = ProctoringLearner.objects.annotate(mode=Value("verified")).select_related("user")
    monkeypatch.setattr(
        host.enrollments, "get_enrollments_can_take_proctored_exams", lambda *_args: found
    )
    with CaptureQueriesContext(connection) as captured:
        response = as_staff.get(COURSE, {"page": 2}).json()
    assert (response["count"], response["num_pages"]) == (60, 3)
    assert [row["username"] for row in response["results"]] == [
        f"user{number}" for number in range(25, 50)
    ]
    table = ProctoringLearner._meta.db_table
    reads = [one["sql"] for one in captured if f'FROM "{table}"' in one["sql"]]
    assert len(reads) == 2
    assert "COUNT(*)" in reads[0]
    assert "LIMIT 25 OFFSET 25" in reads[1]
