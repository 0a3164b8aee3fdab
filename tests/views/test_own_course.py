"""Staff and learners can only access their own courses."""

import pytest
from django.utils import timezone

from edx_proctoring.models import ProctoredExamStudentAllowance, ProctoredExamStudentAttempt
from edx_proctoring.testing.factories import COURSE_ID, AllowanceFactory
from tests.views.conftest import OTHER_COURSE, V1, E

pytestmark = pytest.mark.django_db


Attempt = ProctoredExamStudentAttempt


def put(client, attempt, action, **more):
    return client.put(f"{E}/attempt/{attempt.pk}", {"action": action, **more}, format="json")


def _json(body):
    import json

    return json.dumps(body)


@pytest.mark.defect("REST-A4")
@pytest.mark.parametrize("named", ["course_id", "exam_id"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("delete", "{E}/attempt/{attempt}"),
        ("get", "{E}/attempt/grouped/course_id/{course}"),
        ("get", "{E}/attempt/grouped/course_id/{course}/search/a"),
        ("get", "{E}/{course}/allowance"),
        ("put", "{E}/allowance"),
        ("delete", "{E}/allowance"),
        ("put", "{E}/{course}/bulk_allowance"),
        ("put", "{E}/bulk_allowance"),
        ("get", "{E}/{course}/grouped/allowance"),
        ("get", "{V1}/user_onboarding/status/course_id/{course}"),
        ("get", "{E}/active_exams_for_user?user_id={user}&course_id={course}"),
        ("get", "{V1}/instructor/{course}"),
        ("get", "{V1}/instructor/{course}/{exam}"),
        ("delete", "{E}/exam_id/{exam}/user_id/{user}/reset_attempts"),
    ],
)
def test_naming_their_own_course_gives_staff_no_access_to_another(
    method, path, named, clients, attempt, make_exam, onboarding, learner
):
    known = attempt()
    AllowanceFactory(proctored_exam=known.proctored_exam, user=learner)
    own = make_exam(course_id=OTHER_COURSE)
    body = {
        "exam_id": known.proctored_exam_id,
        "exam_ids": str(known.proctored_exam_id),
        "user_ids": learner.username,
        "user_id": learner.pk,
        "user_info": learner.username,
        "key": "additional_time_granted",
        "allowance_type": "additional_time_granted",
        "value": "99",
        **({"course_id": OTHER_COURSE} if named == "course_id" else {"course_id": ""}),
    }
    if named == "exam_id" and ("allowance" not in path or "bulk" in path):
        body["exam_id"] = own.pk
    url = path.format(
        E=E,
        V1=V1,
        attempt=known.pk,
        course=COURSE_ID,
        exam=known.proctored_exam_id,
        user=learner.pk,
    )
    response = clients["foreign_staff"].generic(
        method.upper(), url, _json(body), "application/json"
    )
    granted = ProctoredExamStudentAllowance.objects.get().value
    assert (granted, Attempt.objects.count()) == ("10", 1)
    if path == "{E}/bulk_allowance" and named == "course_id":
        assert response.status_code == 400  # their own course has no such exam
    else:
        assert response.status_code == 403


@pytest.mark.defect("REST-A5")
@pytest.mark.parametrize("url", [f"{E}/allowance", f"{E}/bulk_allowance"])
def test_allowances_are_limited_to_the_own_course(url, exam, make_exam, learner, clients):
    own = make_exam(course_id=OTHER_COURSE)
    data = {"course_id": OTHER_COURSE, "value": "99"}
    if "bulk" in url:
        data |= {"exam_ids": f"{exam.pk},{own.pk}", "user_ids": learner.username}
    else:
        data |= {"exam_id": exam.pk, "user_info": learner.username}
    data |= dict.fromkeys(("key", "allowance_type"), "additional_time_granted")
    response = clients["foreign_staff"].put(url, data, format="json")
    assert response.status_code == (207 if "bulk" in url else 403)
    assert not ProctoredExamStudentAllowance.objects.filter(proctored_exam=exam).exists()


NOW = {"allowed_time_limit_mins": 90}


def started(attempt, **more):
    return attempt(status="started", started_at=timezone.now(), **NOW, **more)


@pytest.mark.defect("REST-A7")
def test_running_exams_are_the_callers_own(attempt, learner, clients):
    started(attempt)
    url = f"{E}/active_exams_for_user?user_id={learner.pk}"
    assert clients["stranger"].get(url).status_code == 403
    body = _json({"user_id": learner.pk})
    response = clients["stranger"].generic(
        "GET", f"{E}/active_exams_for_user", body, "application/json"
    )
    assert response.status_code == 403
    assert len(clients["owner"].get(f"{E}/active_exams_for_user").json()) == 1


@pytest.mark.defect("REST-A14")
@pytest.mark.parametrize(
    "path",
    [
        "exam/exam_id/{exam}",
        "exam/course_id/{course}",
        "exam/course_id/{course}/content_id/{content}",
        "settings/exam_id/{exam}/",
        "review_policy/exam_id/{exam}/",
        "attempt/course_id/{course}?content_id={content}",
    ],
)
def test_a_switch_requires_enrollment_for_exams(path, exam, host, clients, settings):
    url = f"{E}/{path.format(exam=exam.pk, course=COURSE_ID, content=exam.content_id)}"
    host.credit.enrolled = False
    assert clients["stranger"].get(url).status_code == 200  # kept
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "REQUIRE_ENROLLMENT": True}
    host.credit.enrolled = True
    assert clients["stranger"].get(url).status_code == 200
    host.credit.enrolled = False
    assert clients["stranger"].get(url).status_code == 403
    assert clients["course_staff"].get(url).status_code == 200


@pytest.mark.defect("REST-A15")
def test_unknown_learners_return_404(onboarding, as_staff):
    query = {"course_id": COURSE_ID, "username": "nobody"}
    response = as_staff.get(f"{V1}/user_onboarding/status", query)
    assert response.status_code == 404


@pytest.mark.defect("REST-A15")
def test_a_switch_limits_staff_to_enrolled_learners(onboarding, as_staff, host, learner, settings):
    query = {"course_id": COURSE_ID, "username": learner.username}
    url = f"{V1}/user_onboarding/status"
    host.credit.enrolled = False
    assert as_staff.get(url, query).status_code == 200  # kept
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "REQUIRE_ENROLLMENT": True}
    missing = as_staff.get(url, {**query, "username": "nobody"})
    assert as_staff.get(url, query).content == missing.content
