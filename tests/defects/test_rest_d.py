"""Defects D1-D13 of the published REST interface: wrong or lost data."""

import pytest
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.crypto import obscured_user_id
from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamSoftwareSecureReview,
)
from edx_proctoring.testing.factories import COURSE_ID, UserFactory
from tests.views.conftest import NEW_EXAM, V1, E, started

pytestmark = pytest.mark.django_db

TIME = "additional_time_granted"
REGISTER = f"{E}/exam_registration/course_id/{COURSE_ID}"
PAGE = f"{E}/attempt/course_id/{COURSE_ID}"
SUBMITTED = {"status": "submitted", "completed_at": timezone.now()}


def test_D1_due_date_and_provider_are_stored_and_cleared(as_global_staff, db):
    data = {**NEW_EXAM, "due_date": "2030-01-01T00:00:00Z", "backend": "null"}
    assert as_global_staff.post(f"{E}/exam", data, format="json").status_code == 200
    exam = ProctoredExam.objects.get()
    assert (exam.due_date.year, exam.backend) == (2030, "null")
    change = {"exam_id": exam.pk, "due_date": None, "backend": "test"}
    assert as_global_staff.put(f"{E}/exam", change, format="json").status_code == 200
    exam.refresh_from_db()
    assert (exam.due_date, exam.backend) == (None, "test")


@pytest.mark.parametrize("minutes", [0, -1, "-5"])
def test_D2_an_exam_takes_at_least_a_minute(
    minutes, as_global_staff, make_exam, attempt, as_learner
):
    data = {**NEW_EXAM, "time_limit_mins": minutes}
    assert as_global_staff.post(f"{E}/exam", data, format="json").status_code == 400
    assert as_global_staff.patch(REGISTER, [data], format="json").status_code == 422
    stored = make_exam(time_limit_mins=minutes)  # of before
    assert as_learner.get(PAGE, {"content_id": stored.content_id}).status_code == 200


def test_D3_registration_says_what_does_not_fit(exam, as_global_staff):
    item = {**NEW_EXAM, "content_id": exam.content_id}
    other = {**item, "course_id": "course-v1:o+t+h"}
    assert as_global_staff.patch(REGISTER, [other], format="json").status_code == 422
    null = {**item, "backend": None, "external_id": None}
    assert as_global_staff.patch(REGISTER, [null], format="json").status_code == 200
    before, exam = exam, ProctoredExam.objects.get(pk=exam.pk)
    assert (exam.backend, exam.external_id) == (before.backend, before.external_id)


@pytest.mark.parametrize(
    "content_id",
    ["block-v1:edX+Demo+2026+type@sequential+block@a", "i4x://edX/Demo/sequential/a", "abc[1]_^`"],
)
def test_D4_content_ids_of_real_courses(content_id, make_exam, as_learner):
    exam = make_exam(content_id=content_id)
    url = f"{E}/exam/course_id/{COURSE_ID}/content_id/{content_id}"
    assert as_learner.get(url).json()["id"] == exam.pk


def test_D5_of_two_running_attempts_that_which_ends_first(attempt, make_exam, as_learner):
    first = started(attempt, exam=make_exam(), allowed_time_limit_mins=10)
    started(attempt, exam=make_exam(), allowed_time_limit_mins=90)
    for url in (f"{E}/attempt", f"{E}/active_attempt"):
        assert as_learner.get(url).json()["attempt_id"] == first.pk


def test_D6_thresholds_before_the_start(attempt, exam, as_learner):
    attempt(exam=exam, status="ready_to_start")
    data = as_learner.get(PAGE, {"content_id": exam.content_id}).json()["exam"]["attempt"]
    assert data["total_time"] == "1 hour and 30 minutes"
    expected = (int(0.2 * 5400), int(0.05 * 5400))
    assert (data["low_threshold_sec"], data["critically_low_threshold_sec"]) == expected


def test_D7_running_exams_by_query(attempt, learner, as_global_staff, as_learner):
    started(attempt)
    url = f"{E}/active_exams_for_user"
    assert len(as_global_staff.get(url, {"user_id": learner.pk}).json()) == 1
    assert len(as_learner.get(url).json()) == 1
    other = {"user_id": learner.pk, "course_id": "course-v1:o+t+h"}
    assert as_global_staff.get(url, other).json() == []


@pytest.mark.parametrize("value", ["²", "٣", "99999999999", "1.5"])
def test_D8_minutes_are_plain_numbers(value, exam, learner, as_staff):
    data = {"exam_id": exam.pk, "user_info": learner.username, "key": TIME, "value": value}
    assert as_staff.put(f"{E}/allowance", data).status_code == 400
    bulk = {"course_id": COURSE_ID, "exam_ids": exam.pk, "user_ids": learner.username}
    more = {"allowance_type": TIME, "value": value}
    assert as_staff.put(f"{E}/bulk_allowance", {**bulk, **more}).status_code == 400
    free = {**data, "key": "a_key"}  # kept
    assert as_staff.put(f"{E}/allowance", free).status_code == 200


def test_D9_who_failed_is_said(exam, as_staff):
    UserFactory(username="one")
    body = {"course_id": COURSE_ID, "exam_ids": f"{exam.pk},4711", "user_ids": "two,one"}
    more = {"allowance_type": TIME, "value": "5"}
    rows = as_staff.put(f"{E}/bulk_allowance", {**body, **more}).json()
    pairs = [(row["exam_id"], row["user_id"], row["status"]) for row in rows]
    known = str(exam.pk)
    assert pairs == [
        (known, "two", "failed"),
        (known, "one", "ok"),
        ("4711", "two", "failed"),
        ("4711", "one", "failed"),
    ]
    wrong = {**body, **more, "exam_ids": "4711"}
    assert as_staff.put(f"{E}/bulk_allowance", wrong).json()["field"] == "exam_ids"


def test_D10_an_inactive_exam_is_said(make_exam, learner, as_staff):
    data = {"exam_id": make_exam(is_active=False).pk, "user_info": learner.username}
    grant = {**data, "key": TIME, "value": "5"}
    response = as_staff.put(f"{E}/allowance", grant, format="json")
    assert response.status_code == 400
    assert "not active" in response.json()["detail"]


@pytest.mark.parametrize("own", ["test", None, ""])  # none: the default provider, which is "test"
@pytest.mark.parametrize("removed", [False, True])
def test_D11_external_ids_belong_to_a_provider(
    own, removed, attempt, make_exam, staff, as_reviewer
):
    mine = attempt(exam=make_exam(backend=own), external_id="same", **SUBMITTED)
    foreign = attempt(exam=make_exam(backend="null"), external_id="same", **SUBMITTED)
    if removed:
        api.remove_exam_attempt(mine.pk, staff)
    url = f"{E}/attempt/same/reviewed"
    assert as_reviewer.post(url, {"status": "passed"}, format="json").status_code == 200
    review = ProctoredExamSoftwareSecureReview.objects.get()
    assert (review.attempt_code, review.is_attempt_active) == (mine.attempt_code, not removed)
    foreign.refresh_from_db()
    assert foreign.status == "submitted"


def test_D11_of_several_attempts_the_latest_counts(attempt, as_reviewer, caplog):
    old, new = (attempt(external_id="same", **SUBMITTED) for _ in range(2))
    url = f"{E}/attempt/same/reviewed"
    assert as_reviewer.post(url, {"status": "passed"}, format="json").status_code == 200
    for one in (old, new):
        one.refresh_from_db()
    assert (old.status, new.status) == ("submitted", "verified")
    assert f"several attempts with the same id, the newest counts: {new.pk}" in caplog.text


def test_D12_reviews_of_removed_attempts_are_kept(attempt, staff, as_reviewer):
    known = attempt(status="submitted", completed_at=timezone.now(), external_id="gone")
    api.remove_exam_attempt(known.pk, staff)
    url = f"{E}/attempt/gone/reviewed"
    assert as_reviewer.post(url, {"status": "passed"}, format="json").status_code == 200
    assert ProctoredExamSoftwareSecureReview.objects.get().is_attempt_active is False


def test_D13_the_courses_provider(make_exam, as_staff, staff, provider):
    make_exam(backend=None)
    make_exam(backend="test")
    make_exam(is_proctored=False, backend="null")
    assert as_staff.get(f"{V1}/instructor/{COURSE_ID}").status_code == 302
    (call,) = provider.calls_of("get_instructor_url")
    assert call.args[0] == COURSE_ID
    assert call.args[1]["id"] == obscured_user_id(staff.pk, "test")
    make_exam(backend="mock")
    response = as_staff.get(f"{V1}/instructor/{COURSE_ID}")
    assert response.status_code == 400
    assert "Multiple backends for course" in response.json()
