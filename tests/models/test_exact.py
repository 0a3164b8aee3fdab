"""Significant ids are compared exactly, whatever the database's collation, and with the index."""

from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from edx_proctoring import api, backends, operations
from edx_proctoring.exceptions import ProctoredExamAlreadyExists, ProctoredExamReviewAlreadyExists
from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
    exactly,
    exactly_one_of,
)
from edx_proctoring.testing.factories import (
    COURSE_ID,
    AllowanceFactory,
    AttemptFactory,
    UserFactory,
)
from tests.views.conftest import NEW_EXAM, E, state

pytestmark = pytest.mark.django_db

Attempt = ProctoredExamStudentAttempt
Review = ProctoredExamSoftwareSecureReview
ignores_case = pytest.mark.databases("mysql")  # the others tell such ids apart
# What the usual collations of MySQL and MariaDB take for "Code-e".
TWINS = ("code-e", "CODE-E", "Code-\u00e9", "Code-e ", "Code-e  ")


def test_attempts_by_their_codes(attempt: Any) -> None:
    known = attempt(attempt_code="Code-e", status="submitted")
    for twin in TWINS:
        assert api.get_exam_attempt_by_code(twin) is None
        assert api.locate_attempt_by_attempt_code(twin) == (None, None)
        assert Attempt.get_historic_attempt_by_code(twin) is None
    assert api.get_exam_attempt_by_code("Code-e")["id"] == known.pk
    assert Attempt.get_historic_attempt_by_code("Code-e").pk == known.pk


def test_attempts_by_the_providers_ids(attempt: Any) -> None:
    known = attempt(external_id="Code-e", status="submitted")
    for twin in TWINS:
        assert api.get_exam_attempt_by_external_id(twin) is None
        for names in (None, ["test"]):
            assert api.locate_attempt_by_external_id(twin, backends=names) == (None, None)
    assert api.get_exam_attempt_by_external_id("Code-e")["id"] == known.pk


@pytest.mark.parametrize("value", [None, 5, ""])
def test_values_that_are_no_ids(value: Any, attempt: Any) -> None:
    attempt(attempt_code=None, external_id=None)
    assert api.get_exam_attempt_by_code(value) is None
    assert api.get_exam_attempt_by_external_id(value) is None


def test_course_and_content_ids(make_exam: Any, attempt: Any, learner: Any) -> None:
    exam = make_exam(course_id="Code-e", content_id="Code-e")
    attempt(exam=exam)
    AllowanceFactory(proctored_exam=exam, user=learner)
    for twin in TWINS:
        assert ProctoredExam.get_exam_by_content_id("Code-e", twin) is None
        assert ProctoredExam.get_exam_by_content_id(twin, "Code-e") is None
        assert api.get_all_exams_for_course(twin) == []
        assert list(api.get_all_exam_attempts(twin)) == []
        assert api.get_grouped_attempts(twin).object_list == []
        assert list(api.get_allowances_for_course(twin)) == []
    assert len(api.get_all_exams_for_course("Code-e")) == 1


def test_provider_names(make_exam: Any, attempt: Any) -> None:
    known = attempt(exam=make_exam(backend="Code-e"))
    assert not Attempt.objects.filter(backends.attempts_at({*TWINS})).exists()
    assert list(Attempt.objects.filter(backends.attempts_at({"Code-e", "test"}))) == [known]


def test_lists_of_ids(attempt: Any) -> None:
    known = attempt(attempt_code="Code-e")
    assert not Attempt.objects.filter(exactly_one_of("attempt_code", TWINS)).exists()
    both = exactly_one_of("attempt_code", [*TWINS, "Code-e"])
    assert list(Attempt.objects.filter(both)) == [known]


def test_retiring_a_learner_affects_no_similar_ids(attempt: Any) -> None:
    mine, others = attempt(attempt_code="mine-e"), AttemptFactory(attempt_code="Mine-E")
    review = Review.objects.create(
        attempt_code=others.attempt_code, student=others.user, exam=others.proctored_exam,
        review_status="Clean", raw_data="kept",
    )  # fmt: skip
    operations.retire_user(mine.user_id)
    review.refresh_from_db()
    assert review.raw_data == "kept"


@ignores_case
def test_a_review_whose_code_differs_in_case_only(attempt: Any) -> None:
    api.receive_review(attempt(attempt_code="code-e", status="submitted"), _passed())
    other = AttemptFactory(attempt_code="CODE-E", status="submitted")
    with pytest.raises(ProctoredExamReviewAlreadyExists):
        api.receive_review(other, _passed())
    other.refresh_from_db()
    assert (other.status, Review.objects.get().attempt_code) == ("submitted", "code-e")


def _passed() -> dict[str, Any]:
    return {"status": "passed", "comments": []}


@ignores_case
def test_an_exam_whose_ids_differ_in_case_only(client_for: Any) -> None:
    staff = client_for(UserFactory(is_staff=True))
    assert staff.post(f"{E}/exam", NEW_EXAM, format="json").status_code == 200
    twin = {**NEW_EXAM, "content_id": NEW_EXAM["content_id"].upper()}
    before = state()
    assert staff.post(f"{E}/exam", twin, format="json").status_code == 400
    url = f"{E}/exam_registration/course_id/{COURSE_ID}"
    item = {name: value for name, value in twin.items() if name != "external_id"}
    assert staff.patch(url, [item], format="json").status_code == 400
    assert state() == before
    with pytest.raises(ProctoredExamAlreadyExists):
        api.create_exam(COURSE_ID, twin["content_id"], "Twin", 30)


@ignores_case
def test_a_page_whose_exam_differs_in_case_only(make_exam: Any, learner: Any) -> None:
    exam = make_exam(content_id="content-e", is_proctored=False)
    context = {"display_name": "Twin", "default_time_limit_mins": 30}
    with pytest.raises(ProctoredExamAlreadyExists):  # never the questions without a clock
        api.get_student_view(learner.pk, exam.course_id, "CONTENT-E", context)


@pytest.mark.needs("lms-urls")
def test_staff_of_a_course_whose_id_differs_in_case(
    make_exam: Any, attempt: Any, host: Any, client_for: Any
) -> None:
    exam = make_exam(course_id="course-v1:edX+Demo+2026")
    attempt(exam=exam)
    AllowanceFactory(proctored_exam=exam)
    twin, user = "course-v1:EDX+demo+2026", UserFactory()
    host.instructor.staff.add((user.pk, twin))
    client: APIClient = client_for(user)
    for path in (
        f"attempt/grouped/course_id/{twin}",
        f"{twin}/allowance",
        f"exam/course_id/{twin}",
    ):
        answer = client.get(f"{E}/{path}")
        found = answer.json()
        assert (
            answer.status_code,
            found if isinstance(found, list) else found["proctored_exam_attempts"],
        ) == (200, [])
    assert client.get(f"{E}/{twin}/grouped/allowance").json() == {}


CONDITIONS = {
    "attempt by code": lambda: Attempt.objects.filter(exactly(attempt_code="code-7")),
    "removed attempt by code": lambda: Attempt.history.filter(exactly(attempt_code="code-7")),
    "attempt by the provider's id": lambda: Attempt.objects.filter(exactly(external_id="id-7")),
    "exams of a course": lambda: ProctoredExam.objects.in_course("course-7"),
    "exam of a content": lambda: ProctoredExam.objects.filter(
        exactly(course_id="course-7", content_id="content-7")
    ),
    "attempts of a course": lambda: Attempt.objects.in_course("course-7"),
    "allowances of a course": lambda: ProctoredExamStudentAllowance.get_allowances_for_course(
        "course-7"
    ),
    "review by code": lambda: Review.objects.filter(exactly(attempt_code="code-7")),
    "reviews by codes": lambda: Review.objects.filter(
        exactly_one_of("attempt_code", ["code-7", "code-8"])
    ),
}


@pytest.fixture
def many_rows(make_exam: Any, learner: Any) -> None:
    """Enough rows to make reading them all more expensive than the index."""
    exams = [make_exam(course_id=f"course-{n}", content_id=f"content-{n}") for n in range(60)]
    for number, exam in enumerate(exams):
        known = AttemptFactory(
            proctored_exam=exam, user=learner,
            attempt_code=f"code-{number}", external_id=f"id-{number}",
        )  # fmt: skip
        AllowanceFactory(proctored_exam=exam, user=learner)
        Review.objects.create(attempt_code=known.attempt_code, student=learner, exam=exam)
    models = (ProctoredExam, Attempt, Attempt.history.model, Review, ProctoredExamStudentAllowance)
    with connection.cursor() as cursor:
        for model in models:
            cursor.execute(f"ANALYZE TABLE {model._meta.db_table}")


@ignores_case
def test_the_index_is_used(many_rows: None) -> None:
    for name, rows in CONDITIONS.items():
        sql, params = rows().query.sql_with_params()
        assert sql.count("AS BINARY") >= 2, name
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {sql}", params)
            columns = [column[0] for column in cursor.description]
            plan = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
        assert not [step for step in plan if step["type"] in ("ALL", "index")], (name, plan)
        assert all(step["key"] for step in plan if step["table"]), (name, plan)
