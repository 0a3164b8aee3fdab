"""The REST provider with a service that works, fails, is slow, or does not respond."""

import json

import jwt
import pytest
import requests
from django.utils import translation
from requests import exceptions

from edx_proctoring.backends.backend import ask_options
from edx_proctoring.backends.rest import BaseRestProctoringProvider
from edx_proctoring.exceptions import (
    BackendProviderCannotRegisterAttempt,
    BackendProviderCannotRetireUser,
    BackendProviderOnboardingException,
    BackendProviderOnboardingProfilesException,
    BackendProviderSentNoAttemptID,
)
from tests.backends.conftest import BASE

SECRET = "a secret of the length that HS256 asks for"
ATTEMPT = f"{BASE}/api/v1/exam/E/attempt/A/"
EXAM = {"id": 3, "external_id": "E"}


@pytest.fixture
def rest():
    """The provider's client."""
    return type("Rest", (BaseRestProctoringProvider,), {"base_url": BASE})("id", SECRET)


def calls(remote):
    """Return the received requests, except those for tokens."""
    return [call.request for call in remote.calls if "oauth2" not in call.request.url]


# Registration


def register(rest, **exam):
    context = {"attempt_code": "CODE", "user_id": "u", "time_limit_mins": 5, "extra": 1}
    return rest.register_exam_attempt({**EXAM, **exam}, context=context), context


@pytest.mark.parametrize("status", [200, 201])
def test_registration(rest, remote, status):
    remote.post(f"{BASE}/api/v1/exam/E/attempt/", json={"id": "A"}, status=status)
    with ask_options(deadline=10, idempotency_key="key"):
        answer, context = register(rest)
    assert answer == "A"
    (request,) = calls(remote)
    body = json.loads(request.body)
    assert body == {"user_id": "u", "time_limit_mins": 5, "extra": 1, "status": "created"}
    assert context["attempt_code"] == "CODE"
    assert request.headers["Idempotency-Key"] == "key"
    assert request.headers["Authorization"] == "JWT token"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"status": 403, "json": {}}, BackendProviderCannotRegisterAttempt),
        ({"status": 302, "json": {"id": "A"}}, BackendProviderCannotRegisterAttempt),
        ({"status": 200, "body": "<html>"}, BackendProviderCannotRegisterAttempt),
        ({"status": 200, "json": ["A"]}, BackendProviderCannotRegisterAttempt),
        ({"status": 200, "json": {"id": None}}, BackendProviderSentNoAttemptID),
        ({"status": 200, "json": {}}, BackendProviderSentNoAttemptID),
        ({"body": requests.ConnectionError("down")}, BackendProviderCannotRegisterAttempt),
    ],
)
@pytest.mark.defect("BACKENDS-B4", "BACKENDS-B5")
def test_registration_that_fails(rest, remote, answer, error):
    remote.post(f"{BASE}/api/v1/exam/E/attempt/", **answer)
    with pytest.raises(error) as raised:
        register(rest)
    assert raised.value.answer_status == 502
    assert "temporarily unavailable" in str(raised.value)


def test_registration_that_takes_too_long(rest, remote):
    remote.post(f"{BASE}/api/v1/exam/E/attempt/", body=requests.Timeout("late"))
    with pytest.raises(BackendProviderCannotRegisterAttempt) as raised:
        register(rest)
    assert raised.value.answer_status == 503


@pytest.mark.parametrize("status", ["missing", "pending", "failed", "expired"])
def test_registration_that_requires_onboarding_first(rest, remote, status):
    answer = {"id": "A", "status": f"onboarding_{status}"}
    remote.post(f"{BASE}/api/v1/exam/E/attempt/", json=answer)
    with pytest.raises(BackendProviderOnboardingException) as raised:
        register(rest)
    assert raised.value.status == f"onboarding_{status}"


@pytest.mark.defect("BACKENDS-B2")
def test_an_exam_without_a_provider_id_is_never_requested(rest, remote):
    with pytest.raises(BackendProviderCannotRegisterAttempt):
        register(rest, external_id=None)
    assert not calls(remote)


# Notices


@pytest.mark.parametrize(
    ("verb", "word"),
    [
        ("start_exam_attempt", "started"),
        ("stop_exam_attempt", "submitted"),
        ("mark_erroneous_exam_attempt", "error"),
    ],
)
def test_notices(rest, remote, verb, word):
    remote.patch(ATTEMPT, json={"status": word})
    assert getattr(rest, verb)("E", "A") == word
    assert json.loads(calls(remote)[0].body) == {"status": word}
    assert getattr(rest, verb)("E", None) is None
    assert len(calls(remote)) == 1


@pytest.mark.parametrize("body", ["", "[1]", "<html>"])
def test_a_notice_with_a_malformed_response(rest, remote, body):
    remote.patch(ATTEMPT, body=body)
    assert rest.stop_exam_attempt("E", "A") is None


@pytest.mark.parametrize("answer", [{"status": 500}, {"body": requests.ConnectionError("down")}])
@pytest.mark.defect("BACKENDS-B3")
def test_a_notice_that_was_not_delivered_raises(rest, remote, answer):
    remote.patch(ATTEMPT, **answer)
    with pytest.raises(exceptions.RequestException):
        rest.stop_exam_attempt("E", "A")


@pytest.mark.parametrize(
    ("answer", "removed"),
    [
        ({"json": {"status": "deleted"}}, True),
        ({"status": 404}, True),
        ({"json": {"status": "later"}}, False),
        ({"status": 204}, False),
        ({"json": []}, False),
    ],
)
def test_removal(rest, remote, answer, removed):
    remote.delete(ATTEMPT, **answer)
    assert rest.remove_exam_attempt("E", "A") is removed


def test_removal_that_is_refused_or_has_no_id(rest, remote):
    remote.delete(ATTEMPT, status=405)
    with pytest.raises(requests.HTTPError):
        rest.remove_exam_attempt("E", "A")
    assert rest.remove_exam_attempt("E", "") is False


# Reading


def attempt(external_id="A"):
    return {"proctored_exam": {"external_id": "E"}, "external_id": external_id}


def test_reading_an_attempt(rest, remote):
    remote.get(ATTEMPT, json={"download_url": "https://d", "instructions": ["one"]})
    with translation.override("es-419"):
        found = rest.get_attempt(attempt())
    assert (found["download_url"], found["instructions"]) == ("https://d", ["one"])
    assert calls(remote)[0].headers["Accept-Language"] == "es-419;en-us"
    assert rest.get_attempt(attempt(None)) == {}


@pytest.mark.parametrize("broken", [{"status": 503}, {"status": 404}, {"body": '{"id": '}])
def test_strict_reading_raises_the_failure(rest, remote, broken):
    """Without `strict`, a failure looks like an attempt without instructions."""
    remote.get(ATTEMPT, **broken)
    assert rest.get_attempt(attempt()) == {"instructions": []}
    with ask_options(strict=True), pytest.raises((requests.RequestException, ValueError)):
        rest.get_attempt(attempt())


def test_configured_instructions_take_precedence(rest, remote):
    class Own(type(rest)):
        proctoring_instructions = ("ours",)

    remote.get(ATTEMPT, json={"instructions": ["theirs"]})
    assert Own("id", "secret").get_attempt(attempt())["instructions"] == ("ours",)


@pytest.mark.parametrize("answer", [{"status": 500}, {"body": requests.Timeout("late")}])
def test_an_attempt_that_cannot_be_read(rest, remote, answer):
    remote.get(ATTEMPT, **answer)
    assert rest.get_attempt(attempt()) == {"instructions": []}


def test_the_configuration_is_read_once_a_minute(rest, remote):
    remote.get(f"{BASE}/api/v1/config/", json={"download_url": "https://d", "name": "x"})
    assert rest.get_proctoring_config()["name"] == "x"
    assert rest.get_software_download_url() == "https://d"
    assert len(calls(remote)) == 1


@pytest.mark.parametrize("answer", [{"status": 503}, {"body": "<html>"}, {"json": []}])
def test_a_configuration_that_cannot_be_read_is_empty(rest, remote, answer):
    remote.get(f"{BASE}/api/v1/config/", **answer)
    assert rest.get_proctoring_config() == {}
    assert rest.get_software_download_url() is None


@pytest.mark.defect("BACKENDS-B18")
def test_an_exam_is_read_by_its_provider_id(rest, remote):
    remote.get(f"{BASE}/api/v1/exam/E/", json={"name": "Final"})
    assert rest.get_exam(EXAM) == {"name": "Final"}
    assert rest.get_exam({"id": 3, "external_id": None}) == {}


# Saving exams


@pytest.mark.defect("BACKENDS-C7")
def test_a_new_and_a_known_exam(rest, remote):
    rest.default_rules = {"notes": True}
    remote.post(f"{BASE}/api/v1/exam/", json={"id": "E"})
    remote.post(f"{BASE}/api/v1/exam/E/", json={"id": "E"})
    exam = {"id": 3, "external_id": None}
    assert rest.on_exam_saved(exam) == "E"
    assert rest.on_exam_saved({**exam, "external_id": "E", "rules": {"own": 1}}) == "E"
    first, second = [json.loads(request.body) for request in calls(remote)]
    assert (first["rules"], second["rules"]) == ({"notes": True}, {"own": 1})
    assert "rules" not in exam


@pytest.mark.parametrize("answer", [{"status": 500, "json": {"id": "E"}}, {"body": "null"}])
@pytest.mark.defect("PYTHON-122")
def test_an_exam_that_was_not_saved(rest, remote, answer):
    remote.post(f"{BASE}/api/v1/exam/", **answer)
    assert rest.on_exam_saved({"id": 3, "external_id": None}) is None
    with ask_options(strict=True), pytest.raises((requests.HTTPError, ValueError)):
        rest.on_exam_saved({"id": 3, "external_id": None})


# Users, dashboards, onboarding


@pytest.mark.parametrize("answer", [True, False])
def test_retirement(rest, remote, answer):
    remote.delete(f"{BASE}/api/v1/user/u/", json=answer)
    assert rest.retire_user("u") is answer


@pytest.mark.parametrize(
    "answer", [{"json": 1}, {"json": True, "status": 500}, {"body": "yes"}, {"status": 404}]
)
@pytest.mark.defect("BACKENDS-C4")
def test_retirement_without_confirmation(rest, remote, answer):
    remote.delete(f"{BASE}/api/v1/user/u/", **answer)
    with pytest.raises(BackendProviderCannotRetireUser):
        rest.retire_user("u")


def test_the_dashboards_url(rest):
    def claims(**more):
        url = rest.get_instructor_url("course", {"id": "u"}, **more)
        head, token = url.split("?jwt=")
        assert head == f"{BASE}/api/v1/instructor/id/"
        return jwt.decode(token, SECRET, algorithms=["HS256"], issuer="id")

    course, attempt_only = claims(), claims(attempt_id="A")
    exam = claims(exam_id="E", attempt_id="A", show_configuration_dashboard=True)
    assert course["user"] == {"id": "u"}
    assert "attempt_id" not in attempt_only
    assert (exam["exam_id"], exam["attempt_id"], exam["config"]) == ("E", "A", True)
    assert len({course["jti"], exam["jti"]}) == 2


def test_onboarding_profiles(rest, remote):
    url = f"{BASE}/api/v1/courses/course-v1:a+b+c/onboarding_statuses"
    remote.get(url, json={"results": []})
    answer = rest.get_onboarding_profile_info("course-v1:a+b+c", status="a,b", user_id="u")
    assert answer == {"results": []}
    assert calls(remote)[0].url == f"{url}?status=a%2Cb&user_id=u"


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ({"status": 500}, 500),
        ({"body": requests.Timeout("late")}, 504),
        ({"body": requests.ConnectionError("down")}, 502),
        ({"body": "<html>"}, 502),
    ],
)
def test_onboarding_profiles_that_cannot_be_read(rest, remote, answer, status):
    remote.get(f"{BASE}/api/v1/courses/c/onboarding_statuses", **answer)
    with pytest.raises(BackendProviderOnboardingProfilesException) as raised:
        rest.get_onboarding_profile_info("c")
    assert raised.value.http_status == status


def test_reviews_have_our_format(rest):
    assert rest.on_review_callback({}, {"status": "passed"}) == {"status": "passed"}


# Requests


@pytest.mark.defect("BACKENDS-C2")
def test_a_refused_token_is_replaced(rest, remote):
    remote.patch(ATTEMPT, status=401)
    remote.patch(ATTEMPT, json={"status": "started"})
    assert rest.start_exam_attempt("E", "A") == "started"
    assert len([call for call in remote.calls if "oauth2" in call.request.url]) == 2


def test_other_token_urls(remote):
    remote.post(f"{BASE}/edx/oauth2/access_token", json={"access_token": "t", "expires_in": 9})
    remote.patch(ATTEMPT, status=401)
    rest = type("Rest", (BaseRestProctoringProvider,), {"base_url": BASE + "/"})("id", "secret")
    rest.session.oauth_uri = "/edx/oauth2/access_token"
    with pytest.raises(requests.HTTPError):
        rest.start_exam_attempt("E", "A")
    assert len([call for call in remote.calls if "/edx/" in call.request.url]) == 2


class Session(requests.Session):
    """Records the time-outs of requests."""

    def request(self, method, url, **kwargs):
        self.timeout = kwargs["timeout"]
        response = requests.Response()
        response.status_code = 401
        return response


@pytest.mark.parametrize(
    ("timeout", "deadline", "longest"),
    [(30, None, 30), (30, 5, 5), ((3, 20), 5, 5), ((3, 20), None, 20)],
)
def test_no_request_takes_longer_than_its_caller_waits(rest, timeout, deadline, longest):
    rest.session, rest.timeout = Session(), timeout
    with ask_options(deadline=deadline), pytest.raises(requests.HTTPError):
        rest.stop_exam_attempt("E", "A")
    given = rest.session.timeout
    assert max(given if isinstance(given, tuple) else [given]) <= longest


def test_options_become_attributes():
    rest = BaseRestProctoringProvider("id", "secret", base_url=BASE, ping_interval=7)
    assert (rest.base_url, rest.ping_interval, rest.default_rules) == (BASE, 7, None)


@pytest.mark.parametrize("names", [[], ["a.css", "b.js"], ["/static/b.js"], ["//cdn/b.js"]])
@pytest.mark.defect("BACKENDS-C1")
def test_scripts(rest, settings, monkeypatch, names):
    from edx_proctoring.backends import rest as module

    settings.LMS_ROOT_URL = "https://lms"
    monkeypatch.setattr(module, "get_files", lambda name, config: [{"url": url} for url in names])
    if not names:
        with pytest.warns(UserWarning, match="No script"):
            assert rest.get_javascript() == ""
        return
    expected = "https://lms/static/b.js" if names[0] == "/static/b.js" else names[-1]
    assert rest.get_javascript() == expected


def test_scripts_that_were_never_built(rest):
    with pytest.warns(UserWarning, match="No script"):
        assert rest.get_javascript() == ""
