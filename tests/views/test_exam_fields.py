"""The fields of an exam: what is stored, cleared, refused."""

import pytest

from edx_proctoring.models import ProctoredExam
from edx_proctoring.testing.factories import COURSE_ID
from tests.views.conftest import NEW_EXAM, E

pytestmark = pytest.mark.django_db


@pytest.mark.defect("REST-D1")
def test_due_date_and_provider_are_stored_and_cleared(as_global_staff, db):
    data = {**NEW_EXAM, "due_date": "2030-01-01T00:00:00Z", "backend": "null"}
    assert as_global_staff.post(f"{E}/exam", data, format="json").status_code == 200
    exam = ProctoredExam.objects.get()
    assert (exam.due_date.year, exam.backend) == (2030, "null")
    change = {"exam_id": exam.pk, "due_date": None, "backend": "test"}
    assert as_global_staff.put(f"{E}/exam", change, format="json").status_code == 200
    exam.refresh_from_db()
    assert (exam.due_date, exam.backend) == (None, "test")


REGISTER = f"{E}/exam_registration/course_id/{COURSE_ID}"


PAGE = f"{E}/attempt/course_id/{COURSE_ID}"


@pytest.mark.defect("REST-D2")
@pytest.mark.parametrize("minutes", [0, -1, "-5"])
def test_an_exam_takes_at_least_a_minute(minutes, as_global_staff, make_exam, attempt, as_learner):
    data = {**NEW_EXAM, "time_limit_mins": minutes}
    assert as_global_staff.post(f"{E}/exam", data, format="json").status_code == 400
    assert as_global_staff.patch(REGISTER, [data], format="json").status_code == 422
    stored = make_exam(time_limit_mins=minutes)  # of before
    assert as_learner.get(PAGE, {"content_id": stored.content_id}).status_code == 200


@pytest.mark.defect("REST-D3")
def test_registration_names_invalid_fields(exam, as_global_staff):
    item = {**NEW_EXAM, "content_id": exam.content_id}
    other = {**item, "course_id": "course-v1:o+t+h"}
    assert as_global_staff.patch(REGISTER, [other], format="json").status_code == 422
    null = {**item, "backend": None, "external_id": None}
    assert as_global_staff.patch(REGISTER, [null], format="json").status_code == 200
    before, exam = exam, ProctoredExam.objects.get(pk=exam.pk)
    assert (exam.backend, exam.external_id) == (before.backend, before.external_id)


@pytest.mark.defect("REST-D4")
@pytest.mark.parametrize(
    "content_id",
    ["block-v1:edX+Demo+2026+type@sequential+block@a", "i4x://edX/Demo/sequential/a", "abc[1]_^`"],
)
def test_content_ids_of_real_courses(content_id, make_exam, as_learner):
    exam = make_exam(content_id=content_id)
    url = f"{E}/exam/course_id/{COURSE_ID}/content_id/{content_id}"
    assert as_learner.get(url).json()["id"] == exam.pk


@pytest.mark.defect("REST-B14")
@pytest.mark.parametrize(
    "change", [{"is_proctored": "true"}, {"backend": "gone", "is_proctored": "true"}]
)
def test_stored_values_of_an_exam_are_validated_too(make_exam, as_global_staff, change):
    exam = make_exam(backend="gone", is_proctored=False)
    answer = as_global_staff.put(f"{E}/exam", {"exam_id": exam.pk, **change})
    assert answer.status_code == 400
    assert not ProctoredExam.objects.get(pk=exam.pk).is_proctored


@pytest.mark.defect("REST-B14")
def test_an_exam_of_an_unconfigured_provider_can_be_deactivated(make_exam, as_global_staff):
    exam = make_exam(backend="gone")
    data = {"exam_id": exam.pk, "is_active": "false", "exam_name": "Old"}
    assert as_global_staff.put(f"{E}/exam", data).status_code == 200
    assert not ProctoredExam.objects.get(pk=exam.pk).is_active
