"""Defects A1-A12 of the published REST interface: who may do what, and what is told to whom."""

from urllib.parse import quote

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from edx_proctoring.models import (
    ProctoredExamSoftwareSecureReview,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
)
from edx_proctoring.statuses import COMPLETED
from edx_proctoring.testing.factories import COURSE_ID, AllowanceFactory, UserFactory
from tests.views.conftest import OTHER_COURSE, V1, E

pytestmark = pytest.mark.django_db

Attempt = ProctoredExamStudentAttempt
ANONYMOUS_REVIEW = "/api/edx_proctoring/proctoring_review_callback/"
START = "/api/edx_proctoring/proctoring_launch_callback/start_exam"
NOW = {"allowed_time_limit_mins": 90}


def status_of(attempt):
    return Attempt.objects.get(pk=attempt.pk).status


def rejected(attempt, **more):
    return attempt(status="rejected", completed_at=timezone.now(), **more)


def started(attempt, **more):
    return attempt(status="started", started_at=timezone.now(), **NOW, **more)


def psi_review(known, locator):
    meta = {"examCode": known.attempt_code, "ssiRecordLocator": locator}
    return {"examMetaData": meta, "reviewStatus": "Clean"}


def put(client, attempt, action, **more):
    return client.put(f"{E}/attempt/{attempt.pk}", {"action": action, **more}, format="json")


def test_A1_learners_do_not_know_what_a_review_needs(psi, attempt, make_exam, as_learner):
    known = started(attempt, exam=make_exam(backend="software_secure"), external_id="secret-id")
    urls = (f"{E}/attempt/{known.pk}", f"{E}/attempt", f"{E}/active_attempt")
    exam = known.proctored_exam
    page = f"{E}/attempt/course_id/{COURSE_ID}?content_id={quote(exam.content_id)}"
    for url in (*urls, page):
        response = as_learner.get(url)
        assert response.status_code == 200
        assert "secret-id" not in response.content.decode()


def test_A1_only_attempts_of_rpnow_are_reviewed_anonymously(psi, attempt):
    known = rejected(attempt, external_id="known")
    response = APIClient().post(ANONYMOUS_REVIEW, psi_review(known, "known"), format="json")
    assert (response.status_code, status_of(known)) == (400, "rejected")


def test_A1_kept_by_a_switch(psi, attempt, settings):
    settings.PROCTORING_SETTINGS = {
        **settings.PROCTORING_SETTINGS,
        "REVIEW_CALLBACK_ANY_BACKEND": True,
    }
    known = rejected(attempt, external_id="known")
    assert APIClient().post(
        ANONYMOUS_REVIEW, psi_review(known, "known"), format="json"
    ).status_code == (200)


def test_A1_simulation_is_for_development(psi, attempt, make_exam, settings):
    settings.PROCTORING_SETTINGS = {
        **settings.PROCTORING_SETTINGS,
        "ALLOW_CALLBACK_SIMULATION": True,
    }
    known = rejected(attempt, exam=make_exam(backend="software_secure"), external_id="known")
    for debug, status in ((False, 400), (True, 200)):
        settings.DEBUG = debug
        response = APIClient().post(ANONYMOUS_REVIEW, psi_review(known, "x"), format="json")
        assert response.status_code == status


def test_A2_a_wrong_locator_is_answered_like_an_unknown_code(psi, attempt, make_exam):
    known = rejected(attempt, exam=make_exam(backend="software_secure"), external_id="known")
    wrong = APIClient().post(ANONYMOUS_REVIEW, psi_review(known, "wrong"), format="json")
    known.attempt_code = "unknown"
    unknown = APIClient().post(ANONYMOUS_REVIEW, psi_review(known, "wrong"), format="json")
    assert wrong.status_code == unknown.status_code == 400
    assert wrong.content == unknown.content
    assert "known" not in wrong.json()["detail"]


@pytest.mark.parametrize("who", ["learner", "stranger"])
def test_A3_a_reviewer_must_be_allowed_to_review(attempt, learner, as_reviewer, who, caplog):
    stranger = UserFactory(email="stranger@example.com")
    named = {"learner": learner, "stranger": stranger}[who]
    known = attempt(status="submitted", completed_at=timezone.now())
    data = {"status": "suspicious", "comments": [], "reviewed_by": named.email}
    url = f"{E}/attempt/{known.external_id}/reviewed"
    assert as_reviewer.post(url, data, format="json").status_code == 200
    assert status_of(known) == "second_review_required"
    assert ProctoredExamSoftwareSecureReview.objects.get().reviewed_by is None
    assert [one for one in caplog.records if one.name == "edx_proctoring_views"]


def test_A3_kept_staff_of_the_course_count(attempt, staff, as_reviewer):
    known = attempt(status="submitted", completed_at=timezone.now())
    data = {"status": "suspicious", "comments": [], "reviewed_by": staff.email}
    as_reviewer.post(f"{E}/attempt/{known.external_id}/reviewed", data, format="json")
    assert status_of(known) == "rejected"


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
        ("get", "{V1}/instructor/{course}"),
        ("get", "{V1}/instructor/{course}/{exam}"),
        ("delete", "{E}/exam_id/{exam}/user_id/{user}/reset_attempts"),
    ],
)
def test_A4_naming_ones_own_course_opens_no_other(
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


def _json(body):
    import json

    return json.dumps(body)


@pytest.mark.parametrize("url", [f"{E}/allowance", f"{E}/bulk_allowance"])
def test_A5_extra_time_is_for_ones_own_course(url, exam, make_exam, learner, clients):
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


def test_A6_a_dashboard_shows_only_what_is_of_the_course(make_exam, attempt, clients):
    foreign = attempt()
    own = make_exam(course_id=OTHER_COURSE)
    client, url = clients["foreign_staff"], f"{V1}/instructor/{OTHER_COURSE}"
    assert client.get(f"{url}/{foreign.proctored_exam_id}").status_code == 404
    assert client.get(f"{url}/{own.pk}?attempt={foreign.external_id}").status_code == 404
    assert client.get(f"{url}/{own.pk}?attempt=unknown").status_code == 302


def test_A7_running_exams_are_ones_own(attempt, learner, clients):
    started(attempt)
    url = f"{E}/active_exams_for_user?user_id={learner.pk}"
    assert clients["stranger"].get(url).status_code == 403
    body = _json({"user_id": learner.pk})
    response = clients["stranger"].generic(
        "GET", f"{E}/active_exams_for_user", body, "application/json"
    )
    assert response.status_code == 403
    assert len(clients["owner"].get(f"{E}/active_exams_for_user").json()) == 1


def test_A8_only_reviewers_report_an_attempt_ready(attempt, clients):
    known = attempt()
    for name in ("owner", "stranger", "course_staff", "foreign_reviewer"):
        assert clients[name].post(f"{E}/attempt/{known.external_id}/ready").status_code == 403
    assert status_of(known) == "created"
    assert clients["reviewer"].post(f"{E}/attempt/{known.external_id}/ready").status_code == 200


def test_A9_strangers_and_prefetches_submit_nothing(attempt):
    known = started(attempt)
    client = APIClient()
    assert client.get(f"{START}/{known.attempt_code}").status_code == 302
    assert not client.cookies
    prefetch = {"Sec-Purpose": "prefetch"}
    client.get(f"{START}/{known.attempt_code}", headers=prefetch)
    client.head(f"{START}/{known.attempt_code}")
    assert status_of(known) == "started"


def test_A9_kept_by_a_switch(attempt, settings):
    switches = {"START_CALLBACK_SUBMITS": True, "START_CALLBACK_WITHOUT_TOKEN": True}
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, **switches}
    known = started(attempt)
    response = APIClient().get(f"{START}/{known.attempt_code}")
    assert (response.status_code, status_of(known)) == (302, "submitted")
    assert response.cookies["exam"].value


def test_A10_proctored_attempts_start_once_the_provider_is_ready(attempt, timed_exam, as_learner):
    known = attempt()
    assert put(as_learner, known, "start").status_code == 400
    Attempt.objects.update(status="ready_to_start")
    assert put(as_learner, known, "start").status_code == 200
    timed = attempt(exam=timed_exam, taking_as_proctored=False, external_id=None)
    assert put(as_learner, timed, "start").status_code == 200


def test_A10_start_clock_starts_no_proctored_attempt(exam, as_learner):
    data = {"exam_id": exam.pk, "attempt_proctored": True, "start_clock": True}
    assert as_learner.post(f"{E}/attempt", data, format="json").status_code == 200
    assert Attempt.objects.get().status == "created"


@pytest.mark.parametrize(
    "action", ["submit", "decline", "click_download_software", "start", "stop"]
)
@pytest.mark.parametrize(
    "status", ["verified", "rejected", "second_review_required", "onboarding_reset", "error"]
)
def test_A11_what_is_closed_stays_closed(attempt, as_learner, action, status):
    known = attempt(status=status, completed_at=timezone.now())
    nothing_happens = (action, status) == ("submit", "error")
    assert put(as_learner, known, action).status_code == (200 if nothing_happens else 400)
    assert status_of(known) == status


@pytest.mark.parametrize("status", sorted(COMPLETED))
def test_A11_a_late_error_is_none(attempt, as_learner, status):
    known = attempt(status=status, completed_at=timezone.now())
    assert put(as_learner, known, "error").json() == {"exam_attempt_id": False}
    assert status_of(known) == status


def test_A12_learners_do_not_let_themselves_resume(attempt, as_learner, as_staff, learner, staff):
    known = attempt(status="error", is_resumable=True)
    assert put(as_learner, known, "mark_ready_to_resume").status_code == 403
    assert put(as_learner, known, "mark_ready_to_resume", user_id=learner.pk).status_code == 403
    own = attempt(status="error", is_resumable=True, user=staff)
    assert put(as_staff, own, "mark_ready_to_resume").status_code == 200
