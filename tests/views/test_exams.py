"""Routes 1 to 5: exams and their registration."""

import datetime
from typing import Any

import pytest
from rest_framework.test import APIClient

from edx_proctoring.models import ProctoredExam
from edx_proctoring.testing.factories import COURSE_ID, ReviewPolicyFactory
from edx_proctoring.testing.providers import FakeProvider
from tests.views.conftest import OTHER_COURSE, E
from tests.views.test_roles import EXAM

pytestmark = pytest.mark.django_db

KEYS = [
    "id",
    "course_id",
    "content_id",
    "external_id",
    "exam_name",
    "time_limit_mins",
    "is_proctored",
    "is_practice_exam",
    "is_active",
    "due_date",
    "hide_after_due",
    "backend",
]
HUGE = 10**30


# Reading


def test_an_exam_by_its_id(make_exam: Any, as_learner: APIClient) -> None:
    due = datetime.datetime(2030, 1, 31, 10, tzinfo=datetime.UTC)
    exam = make_exam(due_date=due, is_active=False)
    answer = as_learner.get(f"{E}/exam/exam_id/{exam.pk}").json()
    assert list(answer) == KEYS
    assert (answer["id"], answer["due_date"]) == (exam.pk, "2030-01-31T10:00:00Z")


@pytest.mark.parametrize("exam_id", [0, 999999, HUGE])
def test_unknown_exam(exam_id: int, as_learner: APIClient) -> None:
    response = as_learner.get(f"{E}/exam/exam_id/{exam_id}")
    assert response.status_code == 400
    text = f"Attempted to get exam_id={exam_id}, but this exam does not exist."
    assert response.json() == {"detail": text}


def test_an_exam_by_its_content(exam: ProctoredExam, as_learner: APIClient) -> None:
    url = f"{E}/exam/course_id/{exam.course_id}/content_id/{exam.content_id}"
    assert as_learner.get(url).json()["id"] == exam.pk


def test_unknown_content(as_learner: APIClient) -> None:
    response = as_learner.get(f"{E}/exam/course_id/{COURSE_ID}/content_id/nothing")
    assert response.status_code == 400
    assert response.json() == {
        "detail": f"Cannot find proctored exam in course_id={COURSE_ID} with content_id=nothing"
    }


@pytest.mark.parametrize("rows", [3, 300])
def test_the_active_exams_of_a_course(
    rows: int, make_exam: Any, as_learner: APIClient, django_assert_num_queries: Any
) -> None:
    exams = [make_exam(), make_exam(is_proctored=False)]
    make_exam(is_active=False)
    make_exam(course_id=OTHER_COURSE)
    exams.extend(ProctoredExam.objects.bulk_create(make_exam.build_batch(rows)))
    with django_assert_num_queries(3):  # session, user, exams
        answer = as_learner.get(f"{E}/exam/course_id/{COURSE_ID}").json()
    assert [one["id"] for one in answer] == [exam.pk for exam in exams]


def test_unknown_course_has_no_exams(as_learner: APIClient) -> None:
    assert as_learner.get(f"{E}/exam/course_id/a/b/c").json() == []


# Creating


def test_create(as_global_staff: APIClient, provider: FakeProvider) -> None:
    data = {**EXAM, "is_proctored": True, "backend": "test", "due_date": "2030-01-31T10:00:00Z"}
    response = as_global_staff.post(f"{E}/exam", data, format="json")
    exam = ProctoredExam.objects.get()
    assert (response.status_code, response.json()) == (200, {"exam_id": exam.pk})
    assert (exam.backend, exam.time_limit_mins, exam.is_proctored) == ("test", 30, True)
    assert exam.due_date == datetime.datetime(2030, 1, 31, 10, tzinfo=datetime.UTC)
    assert [call.args[0]["id"] for call in provider.calls_of("on_exam_saved")] == [exam.pk]


def test_create_stores_validated_values(as_global_staff: APIClient) -> None:
    data = {**EXAM, "is_active": "yes", "is_proctored": "off", "time_limit_mins": "90"}
    assert as_global_staff.post(f"{E}/exam", data, format="json").status_code == 200
    exam = ProctoredExam.objects.get()
    assert (exam.is_active, exam.is_proctored, exam.time_limit_mins) == (True, False, 90)


def test_create_from_a_form_without_unticked_checkboxes(
    as_global_staff: APIClient,
) -> None:
    data = {name: value for name, value in EXAM.items() if value is not False}
    assert as_global_staff.post(f"{E}/exam", data, format="multipart").status_code == 200
    assert ProctoredExam.objects.get().is_practice_exam is False


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("course_id", None),
        ("course_id", "x" * 256),
        ("content_id", ""),
        ("content_id", "x" * 256),
        ("external_id", None),
        ("external_id", ""),
        ("external_id", "x" * 256),
        ("exam_name", []),
        ("time_limit_mins", 0),
        ("time_limit_mins", -5),
        ("time_limit_mins", 2**31),
        ("time_limit_mins", HUGE),
        ("time_limit_mins", "abc"),
        ("is_active", "maybe"),
        ("is_proctored", None),
        ("due_date", "tomorrow"),
        ("backend", "x" * 256),
    ],
)
def test_create_refuses(name: str, value: Any, as_global_staff: APIClient) -> None:
    data = {**EXAM, name: value}
    response = as_global_staff.post(f"{E}/exam", data, format="json")
    assert response.status_code == 400
    assert list(response.json()) == [name]
    assert not ProctoredExam.objects.exists()


def test_create_refuses_a_second_exam_of_the_same_content(
    exam: ProctoredExam, as_global_staff: APIClient
) -> None:
    data = {**EXAM, "content_id": exam.content_id}
    response = as_global_staff.post(f"{E}/exam", data, format="json")
    assert response.status_code == 400
    assert list(response.json()) == ["non_field_errors"]


def test_create_refuses_an_unknown_provider_before_anything_is_stored(
    as_global_staff: APIClient,
) -> None:
    data = {**EXAM, "is_proctored": True, "backend": "nobody"}
    response = as_global_staff.post(f"{E}/exam", data, format="json")
    assert (response.status_code, list(response.json())) == (400, ["backend"])
    assert not ProctoredExam.objects.exists()


# Changing


def test_change(exam: ProctoredExam, as_global_staff: APIClient) -> None:
    data = {"exam_id": str(exam.pk), "exam_name": "Final", "time_limit_mins": None}
    response = as_global_staff.put(f"{E}/exam", data, format="json")
    assert (response.status_code, response.json()) == (200, {"exam_id": exam.pk})
    exam.refresh_from_db()
    assert (exam.exam_name, exam.time_limit_mins, exam.is_active) == ("Final", 90, True)


def test_change_by_a_form_keeps_absent_fields(
    exam: ProctoredExam, as_global_staff: APIClient
) -> None:
    data = {"exam_id": exam.pk, "hide_after_due": "true"}
    assert as_global_staff.put(f"{E}/exam", data, format="multipart").status_code == 200
    exam.refresh_from_db()
    assert (exam.hide_after_due, exam.is_proctored, exam.is_active) == (True, True, True)


def test_null_clears_the_due_date(make_exam: Any, as_global_staff: APIClient) -> None:
    exam = make_exam(due_date=datetime.datetime(2030, 1, 31, tzinfo=datetime.UTC))
    url = f"{E}/exam"
    as_global_staff.put(url, {"exam_id": exam.pk, "exam_name": "Final"}, format="json")
    exam.refresh_from_db()
    assert exam.due_date is not None
    as_global_staff.put(url, {"exam_id": exam.pk, "due_date": None}, format="json")
    exam.refresh_from_db()
    assert exam.due_date is None


@pytest.mark.parametrize("changes", [{}, {"is_proctored": True}, {"backend": "null"}])
@pytest.mark.parametrize("exam_id", [999999, "999999", HUGE, "abc", None, [], {}, True, 0, -1])
def test_change_of_an_unknown_exam(
    exam_id: Any, changes: dict[str, Any], as_global_staff: APIClient
) -> None:
    response = as_global_staff.put(f"{E}/exam", {"exam_id": exam_id, **changes}, format="json")
    assert response.status_code == 400
    text = f"Attempted to update exam_id={exam_id}, but this exam does not exist."
    assert response.json() == {"detail": text}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("time_limit_mins", "abc"),
        ("time_limit_mins", 0),
        ("time_limit_mins", HUGE),
        ("is_active", "maybe"),
        ("external_id", "x" * 256),
        ("exam_name", {}),
        ("due_date", "tomorrow"),
        ("backend", "nobody"),
    ],
)
def test_change_refuses(
    name: str, value: Any, exam: ProctoredExam, as_global_staff: APIClient
) -> None:
    data = {"exam_id": exam.pk, "hide_after_due": True, name: value}
    response = as_global_staff.put(f"{E}/exam", data, format="json")
    assert (response.status_code, list(response.json())) == (400, ["detail"])
    assert name in response.json()["detail"]
    exam.refresh_from_db()
    assert exam.hide_after_due is False


@pytest.mark.parametrize(
    "body", ["[]", '"text"', "1", "null", "{", "\ud800".encode("utf-8", "replace")]
)
@pytest.mark.parametrize("method", ["post", "put"])
def test_bodies_that_are_not_objects(method: str, body: Any, as_global_staff: APIClient) -> None:
    response = getattr(as_global_staff, method)(f"{E}/exam", body, content_type="application/json")
    assert response.status_code == 400


# Registration


def item(**values: Any) -> dict[str, Any]:
    """Return an item of the registration."""
    return {**{name: value for name, value in EXAM.items() if name != "external_id"}, **values}


def register(client: APIClient, *items: Any) -> Any:
    """Return the response."""
    return client.patch(f"{E}/exam_registration/course_id/{COURSE_ID}", list(items), format="json")


def test_registration_creates_changes_and_deactivates(
    make_exam: Any, as_global_staff: APIClient
) -> None:
    old, gone = make_exam(is_active=False), make_exam()
    foreign = make_exam(course_id=OTHER_COURSE)
    response = register(
        as_global_staff,
        item(content_id="new"),
        item(content_id=old.content_id, exam_name="Changed", is_proctored=True),
    )
    new = ProctoredExam.objects.get(content_id="new")
    assert response.status_code == 200
    assert response.json() == [{"exam_id": new.pk}, {"exam_id": old.pk}]
    for exam in (old, gone, foreign):
        exam.refresh_from_db()
    assert (old.exam_name, old.is_active, old.backend) == ("Changed", True, "test")
    assert old.external_id.startswith("external")
    assert (gone.is_active, gone.is_proctored) == (False, False)
    assert foreign.is_active


def test_registration_of_an_empty_list_deactivates_all(
    exam: ProctoredExam, as_global_staff: APIClient
) -> None:
    assert register(as_global_staff).json() == []
    exam.refresh_from_db()
    assert (exam.is_active, exam.is_proctored) == (False, False)


def test_an_exam_can_be_registered_as_it_was_read(
    exam: ProctoredExam, as_global_staff: APIClient
) -> None:
    data = as_global_staff.get(f"{E}/exam/exam_id/{exam.pk}").json()
    assert register(as_global_staff, data).json() == [{"exam_id": exam.pk}]


def test_registration_without_a_due_date_clears_it(
    make_exam: Any, as_global_staff: APIClient
) -> None:
    exam = make_exam(due_date=datetime.datetime(2030, 1, 31, tzinfo=datetime.UTC))
    register(as_global_staff, item(content_id=exam.content_id))
    exam.refresh_from_db()
    assert exam.due_date is None


@pytest.mark.parametrize(
    "bad",
    [
        {"content_id": None},
        {"course_id": OTHER_COURSE},
        {"external_id": ""},
        {"time_limit_mins": 0},
        {"time_limit_mins": HUGE},
        {"is_active": "maybe"},
        {"due_date": "tomorrow"},
        {"backend": ""},
        {"backend": "nobody", "is_proctored": True},
    ],
)
def test_one_invalid_item_prevents_all_changes(
    bad: dict[str, Any], exam: ProctoredExam, as_global_staff: APIClient
) -> None:
    response = register(as_global_staff, item(content_id="good"), item(**bad))
    assert response.status_code == 422
    errors = response.json()
    assert list(errors[1] if isinstance(errors, list) else errors["1"]) == [next(iter(bad))]
    exam.refresh_from_db()
    assert exam.is_active
    assert ProctoredExam.objects.count() == 1


def test_registration_refuses_the_same_content_twice(as_global_staff: APIClient) -> None:
    response = register(as_global_staff, item(), item())
    assert (response.status_code, list(response.json())) == (422, ["non_field_errors"])
    assert not ProctoredExam.objects.exists()


def test_registration_refuses_bodies_that_are_not_lists(as_global_staff: APIClient) -> None:
    url = f"{E}/exam_registration/course_id/{COURSE_ID}"
    response = as_global_staff.patch(url, item(), format="json")
    assert (response.status_code, list(response.json())) == (422, ["non_field_errors"])


# Review policies


def test_review_policy(exam: ProctoredExam, as_learner: APIClient) -> None:
    url = f"{E}/review_policy/exam_id/{exam.pk}/"
    assert as_learner.get(url).json() == {"review_policy": None}
    ReviewPolicyFactory(proctored_exam=exam, review_policy="No books.")
    assert as_learner.get(url).json() == {"review_policy": "No books."}
    response = as_learner.get(f"{E}/review_policy/exam_id/999999/")
    assert (response.status_code, list(response.json())) == (400, ["detail"])
