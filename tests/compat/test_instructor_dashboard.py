"""The host's instructor dashboard: how it filters, sorts and paginates attempts and allowances."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.paginator import Paginator
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.models import ProctoredExamStudentAllowance, ProctoredExamStudentAttempt
from edx_proctoring.testing.factories import COURSE_ID, ExamFactory, UserFactory

pytestmark = pytest.mark.django_db

PER_PAGE = 25
LEARNERS = 100
STATUSES = ("created", "started", "submitted", "verified")

ATTEMPT_ORDERS = (
    "user__username",
    "user__email",
    "started_at",
    "completed_at",
    "status",
    "proctored_exam__exam_name",
    "proctored_exam__time_limit_mins",
)
ALLOWANCE_ORDERS = ("key", "value", "user__username", "proctored_exam__exam_name")


def fill(learners: int) -> None:
    """Create two exams of a course with an attempt and an allowance of each learner in each."""
    now = timezone.now()
    users = UserFactory.build_batch(learners)
    for number, user in enumerate(users):
        user.username, user.email = f"user{number:05}", f"{learners - number:05}@example.com"
    users = type(users[0])._default_manager.bulk_create(users)
    attempts, allowances = [], []
    for number, (name, limit) in enumerate((("Botany", 60), ("Algebra", 90))):
        exam = ExamFactory(exam_name=name, time_limit_mins=limit)
        for position, user in enumerate(users):
            status = STATUSES[(position + number) % len(STATUSES)]
            started = (
                None if status == "created" else now - timezone.timedelta(minutes=position % 50)
            )
            is_over = status in ("submitted", "verified")
            attempts.append(
                ProctoredExamStudentAttempt(
                    proctored_exam=exam, user=user, status=status, started_at=started, attempt_code=f"{number}-{position}",
                    completed_at=now if is_over else None, allowed_time_limit_mins=limit,
                )
            )  # fmt: skip
            key = ("additional_time_granted", "time_multiplier")[position % 2]
            value = ("10", "1.5")[position % 2]
            pair = {"proctored_exam": exam, "user": user}
            allowances.append(ProctoredExamStudentAllowance(**pair, key=key, value=value))
    ProctoredExamStudentAttempt.objects.bulk_create(attempts, batch_size=500)
    ProctoredExamStudentAllowance.objects.bulk_create(allowances, batch_size=500)


@pytest.fixture
def _course() -> None:
    fill(LEARNERS)


def queries(call: Callable[[], Any]) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        call()
    return [query["sql"] for query in captured.captured_queries]


def value_of(row: dict[str, Any], path: str) -> Any:
    """Return the value in a row for the name of an order."""
    for part in path.split("__"):
        row = row[part]
    return row


def is_sorted(values: list[Any], *, descending: bool) -> bool:
    """Return whether the values are sorted, empty ones first, or last in descending order."""
    keys = [(value is not None, value) if value is not None else (False,) for value in values]
    return keys == sorted(keys, reverse=descending)


def attempts_page(page: int, ordering: str | None = None, search: str = "") -> list[dict[str, Any]]:
    """Return the response of the view special_exams/attempts."""
    if search:
        found = api.get_filtered_exam_attempts(COURSE_ID, search, ordering=ordering)
    else:
        found = api.get_all_exam_attempts(COURSE_ID, ordering=ordering)
    return list(Paginator(found, PER_PAGE).get_page(page))


def allowances_page(page: int, ordering: str | None = None) -> list[dict[str, Any]]:
    """Return the response of the view special_exams/allowances."""
    return list(
        Paginator(api.get_allowances_for_course(COURSE_ID, ordering=ordering), PER_PAGE).get_page(
            page
        )
    )


@pytest.mark.usefixtures("_course")
@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("name", ATTEMPT_ORDERS)
def test_attempts_by_each_name(name: str, sign: str) -> None:
    everything = list(api.get_all_exam_attempts(COURSE_ID, ordering=f"{sign}{name}"))
    assert len(everything) == 2 * LEARNERS
    assert is_sorted([value_of(row, name) for row in everything], descending=bool(sign))
    assert len(queries(lambda: attempts_page(7, f"{sign}{name}"))) == 3
    assert attempts_page(7, f"{sign}{name}") == everything[150:175]


@pytest.mark.usefixtures("_course")
@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("name", ALLOWANCE_ORDERS)
def test_allowances_by_each_name(name: str, sign: str) -> None:
    everything = list(api.get_allowances_for_course(COURSE_ID, ordering=f"{sign}{name}"))
    assert is_sorted([value_of(row, name) for row in everything], descending=bool(sign))
    assert len(queries(lambda: allowances_page(7, f"{sign}{name}"))) == 3
    assert allowances_page(7, f"{sign}{name}") == everything[150:175]


@pytest.mark.usefixtures("_course")
def test_a_search_and_its_pages() -> None:
    found = [row["user"]["username"] for row in attempts_page(1, "user__username", "user0001")]
    assert found == [f"user0001{number // 2}" for number in range(20)]
    assert len(queries(lambda: attempts_page(1, "user__username", "user"))) == 3


@pytest.mark.usefixtures("_course")
def test_a_dashboard_that_filters_and_sorts_itself() -> None:
    """It reads all rows once, and builds each page from these."""
    found = api.get_all_exam_attempts(COURSE_ID)
    exam_id = found[0]["proctored_exam"]["id"]

    def shown() -> list[dict[str, Any]]:
        of_exam = [row for row in found if row["proctored_exam"]["id"] == exam_id]
        of_exam = [row for row in of_exam if row["status"] != "rejected"]
        of_exam.sort(key=lambda row: row["user"]["username"])
        return list(Paginator(of_exam, 10).get_page(7))

    assert len(queries(shown)) <= 2
    assert queries(shown) == []
    assert [row["user"]["username"] for row in shown()] == [f"user000{60 + n}" for n in range(10)]


@pytest.mark.usefixtures("_course")
def test_learners_deleted_between_the_count_and_the_page() -> None:
    pages = Paginator(api.get_all_exam_attempts(COURSE_ID), PER_PAGE)
    assert pages.num_pages == 8
    ProctoredExamStudentAttempt.objects.filter(proctored_exam__exam_name="Botany").delete()
    assert len(pages.page(4)) == 25
    assert len(pages.page(5)) == 0
    assert [list(page) for page in pages][6:] == [[], []]
