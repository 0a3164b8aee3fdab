"""Routes 7, 8, 9, 18 and 25: running attempts and lists."""

import datetime
from typing import Any

import pytest
import time_machine
from rest_framework.test import APIClient

from edx_proctoring.models import ProctoredExam
from edx_proctoring.testing.factories import COURSE_ID, AllowanceFactory, AttemptFactory
from tests.views.conftest import E, started

pytestmark = pytest.mark.django_db

NOW = datetime.datetime(2026, 11, 1, 12, tzinfo=datetime.UTC)
HUGE = 10**30


# The running attempt


def test_no_running_attempt(attempt: Any, as_learner: APIClient) -> None:
    attempt(status="submitted")
    assert as_learner.get(f"{E}/attempt").json() == {"in_timed_exam": False, "is_proctored": False}
    assert as_learner.get(f"{E}/active_attempt").json() == {}


def test_the_running_attempt(attempt: Any, as_learner: APIClient) -> None:
    one = attempt(status="started", started_at=NOW, allowed_time_limit_mins=90)
    with time_machine.travel(NOW, tick=False):
        answer = as_learner.get(f"{E}/attempt").json()
        for_mfe = as_learner.get(f"{E}/active_attempt").json()
    assert (answer["in_timed_exam"], answer["attempt_id"]) == (True, one.pk)
    assert answer["time_remaining_seconds"] == 5400
    assert answer["exam_started_poll_url"] == f"{E}/attempt/{one.pk}"
    exam = one.proctored_exam
    assert answer["exam_url_path"] == f"/courses/{exam.course_id}/jump_to/{exam.content_id}"
    assert for_mfe["exam_url_path"] == (
        f"https://learning.example.com/course/{exam.course_id}/{exam.content_id}"
    )


def test_the_running_attempt_of_a_learner_for_global_staff(
    attempt: Any, learner: Any, as_global_staff: APIClient
) -> None:
    one = attempt(status="ready_to_submit")
    url = f"{E}/active_attempt?user_id="
    assert as_global_staff.get(f"{url}{learner.pk}").json()["attempt_id"] == one.pk
    assert as_global_staff.get(f"{url}999999").json() == {}
    for bad in ("abc", "", HUGE, "²"):
        assert as_global_staff.get(f"{url}{bad}").status_code == 400


def test_the_running_exams_of_a_learner(
    attempt: Any, learner: Any, as_learner: APIClient, as_global_staff: APIClient
) -> None:
    one, other = attempt(status="started"), attempt(status="ready_to_submit")
    attempt(status="submitted")
    allowance = AllowanceFactory(user=learner, proctored_exam=one.proctored_exam)
    url = f"{E}/active_exams_for_user"
    answer = as_learner.get(url).json()
    assert [row["attempt"]["id"] for row in answer] == [other.pk, one.pk]
    assert [row["exam"]["id"] for row in answer] == [other.proctored_exam_id, one.proctored_exam_id]
    assert [[each["id"] for each in row["allowances"]] for row in answer] == [[], [allowance.pk]]
    assert as_global_staff.get(url, {"user_id": learner.pk}).json() == answer
    in_course = {"user_id": learner.pk, "course_id": "a/b/c"}
    assert as_global_staff.get(url, in_course).json() == []


@pytest.mark.parametrize("user_id", ["abc", HUGE, "²"])
def test_running_exams_of_an_unreadable_user(user_id: Any, as_global_staff: APIClient) -> None:
    response = as_global_staff.get(f"{E}/active_exams_for_user", {"user_id": user_id})
    assert (response.status_code, list(response.json())) == (400, ["detail"])


# Lists


def grouped(
    client: APIClient, course_id: str, search: str = "", page: Any = None
) -> dict[str, Any]:
    """Return a page of attempts."""
    url = f"{E}/attempt/grouped/course_id/{course_id}{search}"
    response = client.get(url, {} if page is None else {"page": page})
    assert response.status_code == 200
    answer: dict[str, Any] = response.json()
    return answer


def test_attempts_are_grouped(attempt: Any, exam: ProctoredExam, as_staff: APIClient) -> None:
    first, second = attempt(exam=exam, status="error"), attempt(exam=exam)
    other = AttemptFactory(proctored_exam=exam)
    AttemptFactory(proctored_exam__course_id="a/b/c")
    answer = grouped(as_staff, exam.course_id)
    assert [one["id"] for one in answer["proctored_exam_attempts"]] == [other.pk, second.pk]
    newest = answer["proctored_exam_attempts"][1]
    assert [one["id"] for one in newest["all_attempts"]] == [second.pk, first.pk]
    assert answer["pagination_info"] == {
        "has_previous": False,
        "has_next": False,
        "current_page": 1,
        "total_pages": 1,
    }
    assert answer["attempt_url"] == f"{E}/attempt/grouped/course_id/{exam.course_id}"


@pytest.mark.defect("REST-D24")
def test_search(exam: ProctoredExam, as_staff: APIClient) -> None:
    jane = AttemptFactory(proctored_exam=exam, user__username="jane", user__email="j@x.org")
    AttemptFactory(proctored_exam=exam, user__username="joe")
    mixed = AttemptFactory(
        proctored_exam=exam, user__username="Mixed", user__email="One@Example.com"
    )
    for text, found in (
        ("/search/mixed", mixed),
        ("/search/one@example", mixed),
        ("/search/jan", jane),
        ("/search/JANE", jane),
        ("/search/j@x.org", jane),
    ):
        answer = grouped(as_staff, exam.course_id, text)
        assert [one["id"] for one in answer["proctored_exam_attempts"]] == [found.pk]
    assert answer["attempt_url"].endswith(f"{exam.course_id}/search/j@x.org")
    nothing = grouped(as_staff, exam.course_id, "/search/a/b")
    assert nothing["proctored_exam_attempts"] == []
    assert nothing["pagination_info"]["total_pages"] == 1


@pytest.mark.parametrize(
    ("page", "shown"), [(None, 1), (1, 1), (2, 2), ("x", 1), (3, 2), (0, 2), (-1, 2), (HUGE, 2)]
)
def test_pages(page: Any, shown: int, exam: ProctoredExam, as_staff: APIClient) -> None:
    AttemptFactory.create_batch(26, proctored_exam=exam)
    answer = grouped(as_staff, exam.course_id, page=page)
    assert answer["pagination_info"] == {
        "has_previous": shown == 2,
        "has_next": shown == 1,
        "current_page": shown,
        "total_pages": 2,
    }
    assert len(answer["proctored_exam_attempts"]) == (25 if shown == 1 else 1)


def test_hosts_may_change_the_length_of_pages(
    exam: ProctoredExam, as_staff: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    AttemptFactory.create_batch(2, proctored_exam=exam)
    monkeypatch.setattr("edx_proctoring.views.ATTEMPTS_PER_PAGE", 1)
    assert grouped(as_staff, exam.course_id)["pagination_info"]["total_pages"] == 2


@pytest.mark.parametrize("rows", [3, 300])
def test_the_number_of_queries_does_not_grow(
    rows: int, exam: ProctoredExam, as_staff: APIClient, django_assert_num_queries: Any
) -> None:
    for one in AttemptFactory.create_batch(rows, proctored_exam=exam):
        AttemptFactory(proctored_exam=exam, user=one.user)
    with django_assert_num_queries(6):  # session, user, since when, count, newest, all
        answer = grouped(as_staff, exam.course_id)
    assert len(answer["proctored_exam_attempts"]) == min(rows, 25)


@pytest.mark.defect("REST-D5")
def test_of_two_running_attempts_the_one_that_ends_first_is_shown(attempt, make_exam, as_learner):
    first = started(attempt, exam=make_exam(), allowed_time_limit_mins=10)
    started(attempt, exam=make_exam(), allowed_time_limit_mins=90)
    for url in (f"{E}/attempt", f"{E}/active_attempt"):
        assert as_learner.get(url).json()["attempt_id"] == first.pk


PAGE = f"{E}/attempt/course_id/{COURSE_ID}"


@pytest.mark.defect("REST-D6")
def test_thresholds_before_the_start(attempt, exam, as_learner):
    attempt(exam=exam, status="ready_to_start")
    data = as_learner.get(PAGE, {"content_id": exam.content_id}).json()["exam"]["attempt"]
    assert data["total_time"] == "1 hour and 30 minutes"
    expected = (int(0.2 * 5400), int(0.05 * 5400))
    assert (data["low_threshold_sec"], data["critically_low_threshold_sec"]) == expected


@pytest.mark.defect("REST-D7")
def test_running_exams_by_query(attempt, learner, as_global_staff, as_learner):
    started(attempt)
    url = f"{E}/active_exams_for_user"
    assert len(as_global_staff.get(url, {"user_id": learner.pk}).json()) == 1
    assert len(as_learner.get(url).json()) == 1
    other = {"user_id": learner.pk, "course_id": "course-v1:o+t+h"}
    assert as_global_staff.get(url, other).json() == []
