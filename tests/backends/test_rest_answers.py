"""Responses of REST providers: statuses, lists, languages, URLs, errors."""

import pytest
import requests
from django.utils import translation
from requests import exceptions

from edx_proctoring import api
from edx_proctoring.backends import psi_formats
from edx_proctoring.backends.rest import BaseRestProctoringProvider
from edx_proctoring.exceptions import (
    BackendProviderCannotRegisterAttempt,
    BackendProviderCannotRetireUser,
)
from edx_proctoring.models import ProctoredExamStudentAttempt
from tests.backends.conftest import BASE

pytestmark = pytest.mark.django_db


EXAM_URL = f"{BASE}/api/v1/exam/"


@pytest.fixture
def rest():
    """Its client."""
    return BaseRestProctoringProvider("id", "secret", base_url=BASE)


@pytest.mark.defect("BACKENDS-C5")
def test_provider_responses_are_logged(rest, remote, caplog):
    answer = {"error": "no such rule", "email": "jane@example.com"}
    remote.post(EXAM_URL, json=answer, status=400)
    assert rest.on_exam_saved({"id": 3}) is None
    assert "no such rule" in caplog.text
    assert "jane@" not in caplog.text
    remote.replace("POST", EXAM_URL, body=requests.ConnectionError("reset"))
    assert rest.on_exam_saved({"id": 3}) is None
    assert "no answer" in caplog.text


def asked(remote):
    return [call.request for call in remote.calls if "oauth2" not in call.request.url]


@pytest.mark.defect("BACKENDS-C6")
def test_urls_of_the_provider(remote):
    rest = BaseRestProctoringProvider("id", "secret", base_url=f"{BASE}/")
    remote.patch(f"{EXAM_URL}a%2F..%2Fb/attempt/c%3Fd%20e/", json={"status": "started"})
    assert rest.start_exam_attempt("a/../b", "c?d e") == "started"
    url = f"{BASE}/api/v1/courses/course-v1:edX+Demo+2026/onboarding_statuses"
    remote.get(url, json={"results": []})
    rest.get_onboarding_profile_info("course-v1:edX+Demo+2026")
    assert asked(remote)[-1].url == url  # as ever on the wire
    assert all(call.request.url.startswith(f"{BASE}/") for call in remote.calls)
    assert not [call for call in remote.calls if ".com//" in call.request.url]


@pytest.mark.defect("BACKENDS-C8")
@pytest.mark.parametrize(
    ("language", "header"), [("en-us", "en-us"), ("de", "de;en-us"), ("es-419", "es-419;en-us")]
)
def test_kept_the_published_form_of_languages(language, header, rest, remote):
    remote.get(f"{BASE}/api/v1/config/", json={})
    with translation.override(language):
        rest.get_proctoring_config()
    assert asked(remote)[0].headers["Accept-Language"] == header


@pytest.mark.defect("BACKENDS-C14")
@pytest.mark.django_db
@pytest.mark.parametrize("left", [0, 30, 90])
def test_no_registration_has_a_limit_of_zero_minutes(left, exam, learner, provider, attempt):
    attempt(exam=exam, status="error", ready_to_resume=True, time_remaining_seconds=left)
    api.create_exam_attempt(exam.pk, learner.pk, taking_as_proctored=True)
    context = provider.calls_of("register_exam_attempt")[0].kwargs["context"]
    assert context["time_limit_mins"] >= 1
    assert psi_formats.body_string({"duration": 0}) == "duration:null\n"  # kept: PSI's own rule
    newest = ProctoredExamStudentAttempt.objects.latest("id")
    assert newest.time_remaining_seconds == left


ATTEMPT = f"{EXAM_URL}E/attempt/A/"


EXAM = {"id": 3, "external_id": "E"}


@pytest.mark.defect("PYTHON-122")
@pytest.mark.parametrize("verb", ["start_exam_attempt", "stop_exam_attempt", "mark_erroneous_exam_attempt"])  # fmt: skip
def test_error_responses_are_errors(verb, rest, remote):
    remote.patch(ATTEMPT, json={"status": "submitted"}, status=500)
    with pytest.raises(exceptions.HTTPError):
        getattr(rest, verb)("E", "A")
    remote.get(ATTEMPT, json={"status": "submitted", "download_url": "x"}, status=500)
    asked_for = {"proctored_exam": EXAM, "external_id": "A"}
    assert rest.get_attempt(asked_for) == {"instructions": []}
    remote.post(EXAM_URL, json={"id": "of an error"}, status=422)
    assert rest.on_exam_saved({"id": 3}) is None


@pytest.mark.defect("PYTHON-122")
def test_lists_and_other_codes(rest, remote):
    remote.patch(ATTEMPT, json=["started"])
    assert rest.start_exam_attempt("E", "A") is None
    remote.post(f"{EXAM_URL}E/attempt/", json=["A"])
    with pytest.raises(BackendProviderCannotRegisterAttempt):
        rest.register_exam_attempt(EXAM, {})
    remote.replace("POST", f"{EXAM_URL}E/attempt/", json={"id": "A"}, status=201)
    context, exam = {"attempt_code": "CODE"}, {**EXAM}
    assert rest.register_exam_attempt(exam, context) == "A"
    assert (context, exam) == ({"attempt_code": "CODE"}, EXAM)
    remote.delete(ATTEMPT, status=404)
    assert rest.remove_exam_attempt("E", "A") is True
    remote.replace("DELETE", ATTEMPT, status=204)
    assert rest.remove_exam_attempt("E", "A") is False  # kept: only `deleted` confirms
    remote.get(f"{BASE}/api/v1/config/", json=[])
    assert rest.get_proctoring_config() == {}
    remote.delete(f"{BASE}/api/v1/user/u/", json=1)
    with pytest.raises(BackendProviderCannotRetireUser):
        rest.retire_user("u")
