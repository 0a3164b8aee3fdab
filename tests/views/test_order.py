"""The order of lists, and pages out of range."""

import pytest
from django.utils import timezone

from edx_proctoring import views
from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
)
from edx_proctoring.testing.factories import COURSE_ID, AllowanceFactory, UserFactory
from tests.views.conftest import E

pytestmark = pytest.mark.django_db


Attempt = ProctoredExamStudentAttempt


@pytest.mark.defect("REST-D26")
def test_of_equal_times_the_higher_id_comes_first(
    make_exam, attempt, as_staff, monkeypatch, disorder
):
    monkeypatch.setattr(views, "ATTEMPTS_PER_PAGE", 1)
    ids = [attempt(exam=make_exam(exam_name=str(9 - number))).pk for number in range(3)]
    disorder(Attempt.objects.all())
    Attempt.objects.update(created=timezone.now())
    for path in ("", "/search/learner"):
        url = f"{E}/attempt/grouped/course_id/{COURSE_ID}{path}"
        pages = [as_staff.get(url, {"page": page}).json() for page in (1, 2, 3)]
        assert [page["proctored_exam_attempts"][0]["id"] for page in pages] == ids[::-1]


@pytest.mark.defect("REST-D26")
def test_attempts_of_one_learner_too(exam, attempt, as_staff, disorder):
    ids = [attempt(exam=exam, status="error").pk for _ in range(3)]
    disorder(Attempt.objects.all())
    Attempt.objects.update(created=timezone.now())
    page = as_staff.get(f"{E}/attempt/grouped/course_id/{COURSE_ID}").json()
    (row,) = page["proctored_exam_attempts"]
    assert [one["id"] for one in row["all_attempts"]] == ids[::-1]
    assert row["id"] == ids[-1]


Allowance = ProctoredExamStudentAllowance


@pytest.mark.defect("REST-D26", "REST-E6")
@pytest.mark.parametrize("ties", [False, True])
def test_exams_and_allowances_are_in_order_of_creation(make_exam, as_staff, disorder, ties):
    """Neither names nor later changes affect the order."""
    exams = [
        make_exam(content_id=f"content{9 - number}", exam_name=str(9 - number))
        for number in range(3)
    ]
    users = [UserFactory(username=f"user{9 - number}") for number in range(3)]
    granted = [
        AllowanceFactory(proctored_exam=exam, user=user)
        for exam, user in zip(exams, reversed(users), strict=True)
    ]
    disorder([*exams, *granted])
    if ties:
        for model in (ProctoredExam, Allowance):
            model.objects.update(created=timezone.now())
    listed = as_staff.get(f"{E}/exam/course_id/{COURSE_ID}").json()
    assert [one["id"] for one in listed] == [exam.pk for exam in exams]
    found = as_staff.get(f"{E}/{COURSE_ID}/allowance").json()
    assert [one["id"] for one in found] == [one.pk for one in granted]
    grouped = as_staff.get(f"{E}/{COURSE_ID}/grouped/allowance").json()
    assert list(grouped) == [user.username for user in reversed(users)]


@pytest.mark.defect("REST-D27")
@pytest.mark.parametrize("page", ["0", "-1", "99", "x"])
def test_kept_pages_out_of_range_are_the_last_or_the_first(page, attempt, as_staff):
    attempt()
    url = f"{E}/attempt/grouped/course_id/{COURSE_ID}"
    answer = as_staff.get(url, {"page": page}).json()
    assert answer["pagination_info"]["current_page"] == 1
    assert len(answer["proctored_exam_attempts"]) == 1
