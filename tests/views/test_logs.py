"""Logs contain no names, secrets or forged lines; responses reveal no exceptions."""

import json
import logging

import pytest
import requests
import responses
from django.apps import apps

from edx_proctoring import api
from edx_proctoring.exceptions import BackendProviderCannotRegisterAttempt
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.testing.factories import COURSE_ID, UserFactory
from tests.backends.rpnow import configured
from tests.views.conftest import E

pytestmark = pytest.mark.django_db


@pytest.mark.defect("REST-A21")
def test_no_names_in_logs(exam, as_staff, as_global_staff, caplog):
    caplog.set_level(logging.DEBUG)
    user = UserFactory(username="zebulon", email="zeb@home.example.com")
    data = {"exam_id": exam.pk, "key": "additional_time_granted"}
    bulk = {"course_id": COURSE_ID, "exam_ids": exam.pk, "allowance_type": data["key"]}
    codes = []
    for who in (user.username, user.email, "unknown-yolanda", "yolanda@home.example.com"):
        for value in ("10", "20", "bad"):
            grant = {**data, "user_info": who, "value": value}
            codes.append(as_staff.put(f"{E}/allowance", grant).status_code)
            more = {"user_ids": f"{who},nobody-xaver", "value": value}
            codes.append(as_staff.put(f"{E}/bulk_allowance", {**bulk, **more}).status_code)
        as_staff.get(f"{E}/attempt/grouped/course_id/{COURSE_ID}", {"text": who})
    as_staff.delete(f"{E}/allowance", {**data, "user_id": user.pk})
    assert set(codes) == {200, 207, 400}
    ours = [one for one in caplog.records if one.name.startswith("edx_proctoring")]
    assert any("answered 400" in one.getMessage() for one in ours)
    for record in ours:
        told = f"{record.getMessage()} {record.__dict__}"
        for name in ("zebulon", "zeb@", "yolanda", "xaver", "home.example.com"):
            assert name not in told
        assert record.levelno < logging.ERROR
        assert record.exc_info is None


@pytest.mark.defect("REST-A21")
def test_the_creation_of_an_exam_is_logged_in_whole(as_global_staff, caplog, capsys, db):
    caplog.set_level(logging.DEBUG)
    data = {
        **dict.fromkeys(("is_proctored", "is_practice_exam", "is_active"), False),
        "course_id": COURSE_ID,
        "content_id": "new",
        "external_id": "x",
        "exam_name": "New",
        "time_limit_mins": 5,
        "hide_after_due": False,
    }
    exam_id = as_global_staff.post(f"{E}/exam", data, format="json").json()["exam_id"]
    assert f"exam {exam_id}: created, course_id={COURSE_ID}" in caplog.text
    assert "Logging error" not in capsys.readouterr().err


@pytest.mark.defect("REST-C")
def test_error_reports_of_browsers_cannot_forge_log_lines(attempt, as_learner, caplog):
    from django.utils import timezone

    known = attempt(status="started", started_at=timezone.now(), allowed_time_limit_mins=90)
    body = json.dumps({"action": "error", "detail": "x\nFAKE LINE"})
    as_learner.generic("PUT", f"{E}/attempt/{known.pk}", body, "application/json")
    lines = [record.getMessage() for record in caplog.records]
    assert any("FAKE LINE" in line for line in lines)
    assert not any("\n" in line for line in lines)


@pytest.mark.needs("django-crum")
@pytest.mark.defect("BACKENDS-A11", "BACKENDS-A12")
@pytest.mark.parametrize("backend", ["software_secure", "rest"])
@responses.activate
def test_provider_responses_are_masked_in_logs(backend, make_exam, learner, as_learner, caplog):
    caplog.set_level("DEBUG")
    if backend == "rest":
        base = "https://rest.example.com"
        from edx_proctoring.backends.rest import BaseRestProctoringProvider

        made = BaseRestProctoringProvider("id", "secret", base_url=base)
        apps.get_app_config("edx_proctoring").backends["rest"] = made
        url = f"{base}/api/v1/exam/E/attempt/"
        responses.post(
            f"{base}/oauth2/access_token", json={"access_token": "t0ken", "expires_in": 99}
        )
    else:
        url = configured().exam_register_endpoint
    exam = make_exam(backend=backend, external_id="E")
    answer = {"error": "quota is used up", "email": "jane@example.com", "full_name": "Jane Doe"}
    responses.post(url, json=answer, status=403)
    data = {"exam_id": exam.pk, "attempt_proctored": "true"}
    response = as_learner.post(f"{E}/attempt", data)
    assert response.status_code == 502
    text = response.content.decode()
    assert "temporarily unavailable" in text
    assert not [word for word in ("quota", "BackendProvider", "403") if word in text]
    assert "403" in caplog.text
    assert "quota is used up" in caplog.text
    assert not [word for word in ("jane@", "Jane Doe", "t0ken") if word in caplog.text]


Attempt = ProctoredExamStudentAttempt


@pytest.mark.defect("BACKENDS-A11")
def test_logs_never_contain_code_and_locator(exam, learner, provider, caplog):
    caplog.set_level("DEBUG", logger="edx_proctoring")
    api.create_exam_attempt(exam.pk, learner.pk, taking_as_proctored=True)
    known = Attempt.objects.get()
    assert f"attempt {known.pk}: created" in caplog.text
    assert known.attempt_code not in caplog.text
    assert known.external_id not in caplog.text


@pytest.mark.defect("BACKENDS-A12")
def test_pages_reveal_no_exceptions(exam, provider, as_learner):
    error = BackendProviderCannotRegisterAttempt(b"<html>inner workings</html>", 500)
    for raised in (error, requests.ConnectionError("inner workings")):
        provider.fail("register_exam_attempt", raised)
        data = {"exam_id": exam.pk, "attempt_proctored": "true"}
        response = as_learner.post(f"{E}/attempt", data)
        assert response.status_code == 502
        assert "inner workings" not in response.content.decode()
        assert "Error" not in response.json()["detail"]
