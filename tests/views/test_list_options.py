"""Options of lists: pages, order, filters."""

import pytest

from edx_proctoring.testing.factories import COURSE_ID, AllowanceFactory, UserFactory
from tests.views.conftest import E

pytestmark = pytest.mark.django_db

ATTEMPTS = f"{E}/attempt/grouped/course_id/{COURSE_ID}"
ALLOWANCES = f"{E}/{COURSE_ID}/allowance"
GROUPED = f"{E}/{COURSE_ID}/grouped/allowance"


@pytest.fixture
def course(make_exam, attempt):
    """Two exams, five learners in each; the odd ones are submitted."""
    exams = [make_exam(exam_name=name) for name in ("Algebra", "Botany")]
    for number in range(5):
        user = UserFactory(username=f"user{number}", email=f"{number}@Example.com")
        for exam in exams:
            status = "submitted" if number % 2 else "created"
            attempt(exam=exam, user=user, status=status)
            AllowanceFactory(proctored_exam=exam, user=user)
    return exams


def attempts(client, **query):
    answer = client.get(ATTEMPTS, query).json()
    rows = answer["proctored_exam_attempts"]
    found = [(row["proctored_exam"]["exam_name"], row["user"]["username"]) for row in rows]
    return found, answer["pagination_info"]["total_pages"]


def test_without_options_nothing_changes(course, as_staff):
    found, pages = attempts(as_staff)
    assert (len(found), pages) == (10, 1)
    assert found == attempts(as_staff, ordering="-created")[0]


def test_attempts(course, as_staff):
    assert attempts(as_staff, page_size=3)[1] == 4
    assert attempts(as_staff, page_size=3, page=4)[0] == [("Algebra", "user0")]
    found, _ = attempts(as_staff, exam=course[1].pk, status="submitted,verified")
    assert found == [("Botany", "user3"), ("Botany", "user1")]
    assert attempts(as_staff, text="3@EXAMPLE")[0] == [("Botany", "user3"), ("Algebra", "user3")]
    names = [name for name, _ in attempts(as_staff, ordering="exam_name")[0]]
    assert names == ["Algebra"] * 5 + ["Botany"] * 5
    oldest_first, _ = attempts(as_staff, ordering="id")
    assert oldest_first == attempts(as_staff, ordering="-id")[0][::-1]


def test_allowances(course, as_staff):
    response = as_staff.get(ALLOWANCES, {"page_size": 4, "page": 3})
    assert (len(response.json()), response["X-Total-Count"]) == (2, "10")
    assert len(as_staff.get(ALLOWANCES).json()) == 10
    query = {"exam": course[0].pk, "text": "user4", "ordering": "-id"}
    (row,) = as_staff.get(ALLOWANCES, query).json()
    assert (row["user"]["username"], row["proctored_exam"]["id"]) == ("user4", course[0].pk)
    grouped = as_staff.get(GROUPED, {"page_size": 2}).json()
    assert {name: len(rows) for name, rows in grouped.items()} == {"user0": 2}


@pytest.mark.parametrize("url", [ATTEMPTS, ALLOWANCES, GROUPED])
@pytest.mark.parametrize(
    "query",
    [
        {"page_size": "0"},
        {"page_size": "101"},
        {"page_size": "x"},
        {"page_size": "9" * 30},
        {"ordering": "password"},
        {"ordering": "user__password"},
        {"ordering": "-user__email"},
        {"exam": "x"},
        {"exam": "0"},
        {"status": "unknown"},
    ],
)
def test_invalid_options_are_reported(url, query, course, as_staff):
    response = as_staff.get(url, query)
    assert (response.status_code, list(response.json())) == (400, ["detail"])
