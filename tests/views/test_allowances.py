"""Routes 13 and 14: allowances."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAllowance
from edx_proctoring.testing.factories import COURSE_ID, AllowanceFactory, UserFactory
from tests.unknown import NO_SUCH_ID
from tests.views.conftest import OTHER_COURSE, E

pytestmark = pytest.mark.django_db

URL = f"{E}/allowance"


@pytest.fixture
def grant(exam: ProctoredExam, learner: Any) -> dict[str, Any]:
    """Return a valid body."""
    return {
        "exam_id": exam.pk,
        "user_info": learner.username,
        "key": "additional_time_granted",
        "value": "15",
    }


@pytest.mark.parametrize("encoding", ["json", "multipart"])
def test_granting_an_allowance(encoding: str, grant: dict[str, Any], as_staff: APIClient) -> None:
    for value in ("15", "20"):
        response = as_staff.put(URL, {**grant, "value": value}, format=encoding)
        assert (response.status_code, response.content) == (200, b"")
    assert ProctoredExamStudentAllowance.objects.get().value == "20"


def test_users_by_username_and_address(
    grant: dict[str, Any], learner: Any, as_staff: APIClient
) -> None:
    for number, info in enumerate((learner.username, learner.email)):
        data = {**grant, "user_info": info, "key": f"a_key_{number}"}
        assert as_staff.put(URL, data, format="json").status_code == 200
    assert ProctoredExamStudentAllowance.objects.filter(user=learner).count() == 2


@pytest.mark.parametrize("user_info", ["nobody", 999999, 10**30, -1, "1"])
def test_unknown_users(user_info: Any, grant: dict[str, Any], as_staff: APIClient) -> None:
    response = as_staff.put(URL, {**grant, "user_info": user_info}, format="json")
    assert response.status_code == 400
    assert response.json() == {"detail": f"Cannot find user against {user_info}"}


@pytest.mark.parametrize("value", ["-2", "abc", "²", "", " ", "1.5", "9" * 30, 1.5, -1])
def test_invalid_minutes(value: Any, grant: dict[str, Any], as_staff: APIClient) -> None:
    response = as_staff.put(URL, {**grant, "value": value}, format="json")
    assert (response.status_code, list(response.json())) == (400, ["detail"])
    assert not ProctoredExamStudentAllowance.objects.exists()


@pytest.mark.parametrize("value", ["invalid", "-1", "1.5", ""])
def test_the_error_text_for_invalid_values(
    value: str, grant: dict[str, Any], as_staff: APIClient
) -> None:
    response = as_staff.put(URL, {**grant, "value": value}, format="json")
    assert (response.status_code, response.json()) == (
        400,
        {"detail": f'allowance_value "{value}" should be non-negative integer value.'},
    )


def test_numbers_are_values(grant: dict[str, Any], as_staff: APIClient) -> None:
    assert as_staff.put(URL, {**grant, "value": 15}, format="json").status_code == 200
    assert ProctoredExamStudentAllowance.objects.get().value == "15"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("exam_id", None),
        ("exam_id", "abc"),
        ("exam_id", 999999),
        ("exam_id", 10**30),
        ("user_info", None),
        ("user_info", ""),
        ("user_info", []),
        ("user_info", True),
        ("key", None),
        ("key", ""),
        ("key", 5),
        ("key", "x" * 256),
        ("value", None),
        ("value", []),
        ("value", True),
        ("value", "x" * 256),
    ],
)
def test_invalid_bodies(
    name: str, value: Any, grant: dict[str, Any], as_global_staff: APIClient
) -> None:
    data = {
        "key": "a_key",
        **{key: text for key, text in grant.items() if key != "key"},
        name: value,
    }
    response = as_global_staff.put(URL, data, format="json")
    assert (response.status_code, list(response.json())) == (400, ["detail"])
    assert response.json()["detail"]
    assert not ProctoredExamStudentAllowance.objects.exists()


@pytest.mark.parametrize("body", ["[]", "1", '"text"', "null", "{"])
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_bodies_that_are_not_objects(
    method: str, body: str, as_staff: APIClient, as_global_staff: APIClient
) -> None:
    for client in (as_staff, as_global_staff):
        response = client.generic(method, URL, body, content_type="application/json")
        assert (response.status_code, list(response.json())) == (400, ["detail"])


def test_inactive_exams(make_exam: Any, grant: dict[str, Any], as_staff: APIClient) -> None:
    data = {**grant, "exam_id": make_exam(is_active=False).pk}
    response = as_staff.put(URL, data, format="json")
    assert response.status_code == 400
    assert response.json()["detail"]


# Taking back


@pytest.mark.parametrize("encoding", ["json", "multipart"])
def test_removing_an_allowance(
    encoding: str, make_exam: Any, learner: Any, as_staff: APIClient
) -> None:
    one = AllowanceFactory(user=learner, proctored_exam=make_exam(is_active=False))
    data = {"exam_id": one.proctored_exam_id, "user_id": learner.pk, "key": one.key}
    for _ in range(2):
        response = as_staff.delete(URL, data, format=encoding)
        assert (response.status_code, response.content) == (200, b"")
    assert not ProctoredExamStudentAllowance.objects.exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("user_id", "learner"),
        ("user_id", None),
        ("user_id", 10**30),
        ("key", None),
        ("exam_id", "x"),
    ],
)
def test_removing_with_an_invalid_body(
    name: str, value: Any, exam: ProctoredExam, as_global_staff: APIClient
) -> None:
    data = {"exam_id": exam.pk, "user_id": 1, "key": "a_key", name: value}
    response = as_global_staff.delete(URL, data, format="json")
    assert (response.status_code, list(response.json())) == (400, ["detail"])


@pytest.mark.parametrize("encoding", ["json", "multipart"])
def test_removing_without_naming_a_learner(
    encoding: str, learner: Any, as_staff: APIClient
) -> None:
    """A request without a learner must not report success."""
    one = AllowanceFactory(user=learner)
    data = {"exam_id": one.proctored_exam_id, "key": one.key}
    response = as_staff.delete(URL, data, format=encoding)
    assert (response.status_code, list(response.json())) == (400, ["detail"])
    assert ProctoredExamStudentAllowance.objects.get() == one


# The list


@pytest.mark.parametrize("rows", [3, 300])
def test_the_allowances_of_a_course(
    rows: int, make_exam: Any, as_staff: APIClient, django_assert_num_queries: Any
) -> None:
    exam = make_exam(is_active=False, is_proctored=False)
    allowances = AllowanceFactory.create_batch(rows, proctored_exam=exam)
    AllowanceFactory(proctored_exam=make_exam(course_id=OTHER_COURSE))
    with django_assert_num_queries(4):  # session, user, allowances, exams
        answer = as_staff.get(f"{E}/{COURSE_ID}/allowance").json()
    assert [one["id"] for one in answer] == [allowance.pk for allowance in allowances]
    assert answer[0]["user"]["username"] == allowances[0].user.username
    assert answer[0]["proctored_exam"]["id"] == exam.pk


def test_the_allowances_of_a_course_by_learner(
    exam: ProctoredExam, learner: Any, as_staff: APIClient
) -> None:
    url = f"{E}/{COURSE_ID}/grouped/allowance"
    assert as_staff.get(url).json() == {}
    AllowanceFactory(proctored_exam=exam, user=learner, key="a_key")
    AllowanceFactory(proctored_exam=exam, user=learner)
    other = AllowanceFactory(proctored_exam=exam)
    answer = as_staff.get(url).json()
    assert {name: len(rows) for name, rows in answer.items()} == {
        learner.username: 2,
        other.user.username: 1,
    }


TIME = "additional_time_granted"


@pytest.mark.defect("REST-D8")
@pytest.mark.parametrize("value", ["²", "٣", "99999999999", "1.5"])
def test_minutes_are_plain_numbers(value, exam, learner, as_staff):
    data = {"exam_id": exam.pk, "user_info": learner.username, "key": TIME, "value": value}
    assert as_staff.put(f"{E}/allowance", data).status_code == 400
    bulk = {"course_id": COURSE_ID, "exam_ids": exam.pk, "user_ids": learner.username}
    more = {"allowance_type": TIME, "value": value}
    assert as_staff.put(f"{E}/bulk_allowance", {**bulk, **more}).status_code == 400
    free = {**data, "key": "a_key"}  # kept
    assert as_staff.put(f"{E}/allowance", free).status_code == 200


@pytest.mark.defect("REST-D9")
def test_failed_pairs_are_named(exam, as_staff):
    UserFactory(username="one")
    body = {"course_id": COURSE_ID, "exam_ids": f"{exam.pk},{NO_SUCH_ID}", "user_ids": "two,one"}
    more = {"allowance_type": TIME, "value": "5"}
    rows = as_staff.put(f"{E}/bulk_allowance", {**body, **more}).json()
    pairs = [(row["exam_id"], row["user_id"], row["status"]) for row in rows]
    known = str(exam.pk)
    assert pairs == [
        (known, "two", "failed"),
        (known, "one", "ok"),
        (str(NO_SUCH_ID), "two", "failed"),
        (str(NO_SUCH_ID), "one", "failed"),
    ]
    wrong = {**body, **more, "exam_ids": str(NO_SUCH_ID)}
    assert as_staff.put(f"{E}/bulk_allowance", wrong).json()["field"] == "exam_ids"


@pytest.mark.defect("REST-D10")
def test_an_inactive_exam_is_reported(make_exam, learner, as_staff):
    data = {"exam_id": make_exam(is_active=False).pk, "user_info": learner.username}
    grant = {**data, "key": TIME, "value": "5"}
    response = as_staff.put(f"{E}/allowance", grant, format="json")
    assert response.status_code == 400
    assert "not active" in response.json()["detail"]
