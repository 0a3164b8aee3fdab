"""Routes 15 and 16: one allowance for many learners in many exams."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from edx_proctoring.models import (
    OutboxMessage,
    ProctoredExam,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAllowanceHistory,
)
from edx_proctoring.testing.factories import COURSE_ID, UserFactory
from tests.unknown import NO_SUCH_ID
from tests.views.conftest import OTHER_COURSE, E

pytestmark = pytest.mark.django_db

Allowance = ProctoredExamStudentAllowance
URL = f"{E}/bulk_allowance"
OF_COURSE = f"{E}/{COURSE_ID}/bulk_allowance"


def asked(exams: Any, users: Any, kind: str = "additional_time_granted", value: Any = "15") -> Any:
    lists = {"exam_ids": ",".join(str(exam.pk) for exam in exams), "user_ids": ",".join(users)}
    return {"course_id": COURSE_ID, **lists, "allowance_type": kind, "value": value}


def stored() -> set[tuple[int, str, str, str]]:
    columns = ("proctored_exam_id", "user__username", "key", "value")
    return set(Allowance.objects.values_list(*columns))


@pytest.mark.parametrize("url", [URL, OF_COURSE])
@pytest.mark.parametrize("form", ["json", "multipart"])
def test_all_pairs(url: str, form: str, make_exam: Any, as_staff: APIClient) -> None:
    exams = [make_exam(), make_exam(is_proctored=False)]
    UserFactory(username="one")
    UserFactory(username="two", email="two@example.com")
    data = {**asked(exams, [" one ", "two@exa mple.com", "", "one"])}
    response = as_staff.put(url, data, format=form)
    assert (response.status_code, response.content) == (200, b"")
    assert stored() == {
        (exam.pk, user, "additional_time_granted", "15")
        for exam in exams
        for user in ("one", "two")
    }


@pytest.mark.parametrize(
    ("value", "minutes"), [("1.5", "45"), (2, "90"), ("1", "0"), ("1.05", "4"), (1.25, "22")]
)
def test_a_multiplier(value: Any, minutes: str, make_exam: Any, as_staff: APIClient) -> None:
    exam = make_exam(time_limit_mins=90)
    UserFactory(username="one")
    assert as_staff.put(URL, asked([exam], ["one"], "time_multiplier", value)).status_code == 200
    assert stored() == {(exam.pk, "one", "additional_time_granted", minutes)}


def test_other_keys(exam: ProctoredExam, as_staff: APIClient) -> None:
    UserFactory(username="one")
    data = asked([exam], ["one"], "review_policy_exception", 7)
    assert as_staff.put(URL, data, format="json").status_code == 200
    assert stored() == {(exam.pk, "one", "review_policy_exception", "7")}


def test_lists_are_accepted_too(exam: ProctoredExam, as_staff: APIClient) -> None:
    UserFactory(username="with space")
    UserFactory(username="1")
    data = {**asked([exam], []), "exam_ids": [exam.pk], "user_ids": [1, " with space", "nobody"]}
    response = as_staff.put(URL, data, format="json")
    assert response.status_code == 207
    assert {row[1] for row in stored()} == {"1", "with space"}


def test_some_pairs(make_exam: Any, as_staff: APIClient) -> None:
    good, idle, other = make_exam(), make_exam(is_active=False), make_exam(course_id=OTHER_COURSE)
    UserFactory(username="one")
    data = asked([good, idle, other], ["one", "nobody"])
    data["exam_ids"] += ",0,none"
    response = as_staff.put(URL, data)
    assert response.status_code == 207
    rows = response.json()
    assert [(row["exam_id"], row["user_id"]) for row in rows] == [
        (exam, user)
        for exam in (str(good.pk), str(idle.pk), str(other.pk), "0", "none")
        for user in ("one", "nobody")
    ]
    assert [row["status"] for row in rows] == ["ok"] + ["failed"] * 9
    assert all(row["detail"] for row in rows[1:])
    assert stored() == {(good.pk, "one", "additional_time_granted", "15")}


@pytest.mark.parametrize(
    ("users", "exams", "field"),
    [
        ("nobody", None, "user_info"),
        ("", None, "user_info"),
        ("one", "", "user_info"),
        ("one", str(NO_SUCH_ID), "exam_ids"),
    ],
)
def test_no_pair_succeeds(
    users: str, exams: str | None, field: str, exam: ProctoredExam, as_staff: APIClient
) -> None:
    UserFactory(username="one")
    data = {**asked([exam], []), "user_ids": users}
    response = as_staff.put(URL, data if exams is None else {**data, "exam_ids": exams})
    assert response.status_code == 400
    assert response.json()["field"] == field
    assert not stored()


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("additional_time_granted", "-1"),
        ("additional_time_granted", "²"),
        ("additional_time_granted", "many"),
        ("additional_time_granted", 99999999),
        ("time_multiplier", "0.9"),
        ("time_multiplier", "nan"),
        ("time_multiplier", "inf"),
        ("time_multiplier", "1e400"),
        ("time_multiplier", None),
        ("review_policy_exception", None),
        ("review_policy_exception", ["list"]),
        ("review_policy_exception", "x" * 256),
    ],
)
def test_invalid_values(kind: str, value: Any, exam: ProctoredExam, as_staff: APIClient) -> None:
    UserFactory(username="one")
    response = as_staff.put(URL, asked([exam], ["one"], kind, value), format="json")
    assert response.status_code == 400
    assert response.json() == {
        "detail": "Enter a valid positive value number",
        "field": "allowance_value",
    }
    assert not stored()


@pytest.mark.parametrize(
    "change",
    [
        {"exam_ids": True},
        {"exam_ids": {"a": 1}},
        {"user_ids": None},
        {"user_ids": [["nested"]]},
        {"user_ids": ["x"] * 1001},
        {"allowance_type": None},
        {"allowance_type": ["time_multiplier"]},
    ],
)
def test_invalid_bodies(change: Any, exam: ProctoredExam, as_staff: APIClient) -> None:
    response = as_staff.put(URL, {**asked([exam], ["one"]), **change}, format="json")
    assert response.status_code == 400
    assert list(response.json()) == ["detail"]


def test_without_a_course_that_of_the_exams_is_used(
    exam: ProctoredExam, make_exam: Any, clients: Any
) -> None:
    UserFactory(username="one")
    data = {**asked([exam], ["one"]), "course_id": ""}
    assert clients["foreign_staff"].put(URL, data).status_code == 403
    assert clients["foreign_staff"].put(URL, {**data, "exam_ids": "0,x"}).status_code == 403
    assert clients["course_staff"].put(URL, data).status_code == 200
    assert clients["global_staff"].put(URL, data).status_code == 200
    own = make_exam(course_id=OTHER_COURSE)
    both = {**asked([own, exam], ["one"], value="99"), "course_id": ""}
    assert clients["foreign_staff"].put(URL, both).status_code == 207
    assert {row[0]: row[3] for row in stored()} == {exam.pk: "15", own.pk: "99"}


def test_a_multiplier_of_a_long_exam(make_exam: Any, as_staff: APIClient) -> None:
    UserFactory(username="one")
    exams = [make_exam(time_limit_mins=60), make_exam(time_limit_mins=1_000_000)]
    answer = as_staff.put(URL, asked(exams, ["one"], "time_multiplier", "2"))
    assert answer.status_code == 207
    assert [row["status"] for row in answer.json()] == ["ok", "failed"]
    assert {row[3] for row in stored()} == {"60"}


def test_too_many_pairs(exam: ProctoredExam, as_staff: APIClient) -> None:
    names = [f"u{number}" for number in range(1000)]
    data = {**asked([exam], names), "exam_ids": ",".join(map(str, range(1, 12)))}
    answer = as_staff.put(URL, data)
    assert (answer.status_code, "pairs" in answer.json()["detail"]) == (400, True)
    assert not stored()


def test_allowances_granted_before(make_exam: Any, as_staff: APIClient, tracker: Any) -> None:
    exams = [make_exam(), make_exam()]
    one, two = UserFactory(username="one"), UserFactory(username="two")
    Allowance.objects.create(
        proctored_exam=exams[0], user=one, key="additional_time_granted", value="1"
    )
    assert as_staff.put(URL, asked(exams, ["one", "two"])).status_code == 200
    assert {row[3] for row in stored()} == {"15"}
    archive = ProctoredExamStudentAllowanceHistory.objects.get()
    assert (archive.user, archive.value) == (one, "1")
    names = sorted(name.rsplit(".", 1)[1] for name in tracker.names)
    assert names == ["created", "created", "created", "updated"]
    assert {data["allowance_user_id"] for _, data in tracker.events} == {one.pk, two.pk}
    assert not OutboxMessage.objects.unfinished().exists()


@pytest.mark.parametrize("count", [2, 40])
def test_queries_do_not_grow(
    count: int, make_exam: Any, as_staff: APIClient, django_assert_max_num_queries: Any
) -> None:
    exams = [make_exam() for _ in range(3)]
    users = [UserFactory().username for _ in range(count)]
    with django_assert_max_num_queries(15):
        assert as_staff.put(URL, asked(exams, users)).status_code == 200
    assert len(stored()) == 3 * count
