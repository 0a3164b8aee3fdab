"""Defects C1-C14 of the published providers, and 122-125 of the Python interface: the plumbing."""

import base64
import datetime
import hashlib
import hmac
import json
import threading
import warnings
from types import SimpleNamespace

import crum
import pytest
import requests
import responses
from django.apps import apps
from django.core.checks import run_checks
from django.db import connections, transaction
from django.test import RequestFactory
from django.utils import timezone, translation
from edx_django_utils.cache import TieredCache
from requests import exceptions

from edx_proctoring import api, constants, crypto
from edx_proctoring.apps import make_worker_config
from edx_proctoring.backends import mock, psi_formats
from edx_proctoring.backends.backend import ask_options
from edx_proctoring.backends.rest import BaseRestProctoringProvider
from edx_proctoring.backends.software_secure import SoftwareSecureBackendProvider
from edx_proctoring.exceptions import (
    BackendProviderCannotRegisterAttempt,
    BackendProviderCannotRetireUser,
    ProctoredExamSuspiciousLookup,
)
from edx_proctoring.models import ProctoredExamStudentAttempt
from tests.backends.test_software_secure import CONTEXT, ENDPOINT, psi
from tests.backends.test_software_secure import EXAM as PSI_EXAM

BASE = "https://provider.example.com"
EXAM_URL = f"{BASE}/api/v1/exam/"
ATTEMPT = f"{EXAM_URL}E/attempt/A/"
EXAM = {"id": 3, "external_id": "E"}


@pytest.fixture
def remote():
    """The provider's server, which hands out tokens."""
    TieredCache.dangerous_clear_all_tiers()
    with responses.RequestsMock(assert_all_requests_are_fired=False) as found:
        token = {"access_token": "token", "expires_in": 3600}
        found.post(f"{BASE}/oauth2/access_token", json=token)
        yield found


@pytest.fixture
def rest():
    """Its client."""
    return BaseRestProctoringProvider("id", "secret", base_url=BASE)


def asked(remote):
    return [call.request for call in remote.calls if "oauth2" not in call.request.url]


def test_backends_C5_the_log_has_what_the_provider_answered(rest, remote, caplog):
    answer = {"error": "no such rule", "email": "jane@example.com"}
    remote.post(EXAM_URL, json=answer, status=400)
    assert rest.on_exam_saved({"id": 3}) is None
    assert "no such rule" in caplog.text
    assert "jane@" not in caplog.text
    remote.replace("POST", EXAM_URL, body=requests.ConnectionError("reset"))
    assert rest.on_exam_saved({"id": 3}) is None
    assert "no answer" in caplog.text


def test_backends_C6_addresses(remote):
    rest = BaseRestProctoringProvider("id", "secret", base_url=f"{BASE}/")
    remote.patch(f"{EXAM_URL}a%2F..%2Fb/attempt/c%3Fd%20e/", json={"status": "started"})
    assert rest.start_exam_attempt("a/../b", "c?d e") == "started"
    url = f"{BASE}/api/v1/courses/course-v1:edX+Demo+2026/onboarding_statuses"
    remote.get(url, json={"results": []})
    rest.get_onboarding_profile_info("course-v1:edX+Demo+2026")
    assert asked(remote)[-1].url == url  # as ever on the wire
    assert all(call.request.url.startswith(f"{BASE}/") for call in remote.calls)
    assert not [call for call in remote.calls if ".com//" in call.request.url]


@pytest.mark.parametrize(
    ("language", "header"), [("en-us", "en-us"), ("de", "de;en-us"), ("es-419", "es-419;en-us")]
)
def test_backends_C8_kept_the_published_form_of_languages(language, header, rest, remote):
    remote.get(f"{BASE}/api/v1/config/", json={})
    with translation.override(language):
        rest.get_proctoring_config()
    assert asked(remote)[0].headers["Accept-Language"] == header


class Faulty:
    """Its package is broken."""

    def __init__(self, **_kwargs):
        raise KeyError("client_id")


def test_backends_C9_the_registry(monkeypatch, settings, caplog):
    config = apps.get_app_config("edx_proctoring")
    settings.PROCTORING_BACKENDS = {
        "DEFAULT": "mock",
        "mock": {"verbose_name": "Try it", "has_dashbord": True},
        "null": {},
        "nobody's": {},
    }
    monkeypatch.setattr(config, "backend_errors", {})
    loaded = dict(config._load_backends())
    assert loaded["mock"].verbose_name == "Try it"  # options are applied
    ids = {one.id.rpartition(".")[2]: one.msg for one in run_checks(tags=["edx_proctoring"])}
    assert "has_dashbord" in ids["W002"]
    assert "nobody's" in ids["W009"]
    monkeypatch.setattr(mock, "MockProctoringBackendProvider", Faulty)
    loaded = dict(config._load_backends())
    assert list(loaded) == ["null"]  # and the site has started
    assert "client_id" in config.backend_errors["mock"]
    assert "E002" in {one.id.rpartition(".")[2] for one in run_checks(tags=["edx_proctoring"])}
    monkeypatch.setattr(config, "backends", loaded)
    with pytest.raises(NotImplementedError, match="mock"):
        config.get_backend()


@pytest.mark.parametrize(
    "package", ["{", "[]", "null", '{"main": ["a.js"]}', '{"name": "x"}', None]
)
def test_backends_C10_the_worker_file(package, tmp_path, settings):
    settings.NODE_MODULES_ROOT = str(tmp_path)
    for name, text in (("bad", package), ("good", '{"main": "a.js"}')):
        (tmp_path / name).mkdir()
        if text is not None:
            (tmp_path / name / "package.json").write_text(text)
    workers = [SimpleNamespace(npm_module=name) for name in ("bad", None, "good")]
    out = tmp_path / "workers.json"
    with pytest.warns(UserWarning, match="Proctoring worker without"):
        assert make_worker_config(workers, out=str(out)) is True
    assert json.loads(out.read_text()) == {"good": ["babel-polyfill", f"{tmp_path}/good/a.js"]}
    first = out.stat()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        make_worker_config(workers, out=str(out))
    assert out.stat().st_ino == first.st_ino  # not written anew
    assert {path.name for path in tmp_path.iterdir()} == {"bad", "good", "workers.json"}


def test_backends_C11_settings_are_read_when_they_are_used(settings):
    changed = {"ALLOW_REVIEW_UPDATES": False, "DESKTOP_APPLICATION_PING_INTERVAL_SECONDS": 7}
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, **changed}
    assert constants.ALLOW_REVIEW_UPDATES is False
    assert BaseRestProctoringProvider("id", "secret", base_url=BASE).ping_interval == 7


@pytest.mark.django_db
def test_backends_C12_124_the_mock_provider(monkeypatch):
    """It reports after the commit, from a thread that leaves no connection behind; options are options."""
    monkeypatch.setattr(mock, "READY_AFTER_SECONDS", 0)
    reported, closed = [], threading.Event()

    def report(request, code):
        reported.append((request, code, threading.current_thread() is threading.main_thread()))
        connections["default"].close = closed.set  # this thread's own

    monkeypatch.setattr(mock, "start_exam_callback", report)
    provider = mock.MockProctoringBackendProvider(verbose_name="Try it", ping_interval=3)
    assert (provider.verbose_name, provider.ping_interval) == ("Try it", 3)
    with transaction.atomic():
        assert provider.register_exam_attempt({}, {"attempt_code": "CODE"}) == "CODE"
        assert not closed.wait(0.2)  # nobody knows the attempt yet
    assert closed.wait(10)
    assert reported == [(None, "CODE", False)]


@responses.activate
def test_backends_C13_one_instant_in_english(monkeypatch):
    responses.post(ENDPOINT, json={"ssiRecordLocator": "L"})
    first = datetime.datetime(2024, 3, 5, 9, 8, tzinfo=datetime.UTC)
    moments = (first + datetime.timedelta(seconds=count) for count in range(10))
    monkeypatch.setattr(timezone, "now", lambda: next(moments))
    psi().register_exam_attempt(PSI_EXAM, CONTEXT)
    request = responses.calls[0].request
    body = json.loads(request.body)
    assert request.headers["Date"] == "Tue, 05 Mar 2024 09:08:00 GMT"
    assert body["orgExtra"]["examStartDate"] == request.headers["Date"]
    assert body["orgExtra"]["examEndDate"] == "Tue, 05 Mar 2024 09:13:00 GMT"


@pytest.mark.django_db
@pytest.mark.parametrize("left", [0, 30, 90])
def test_backends_C14_nobody_registers_for_no_time(left, exam, learner, provider, attempt):
    attempt(exam=exam, status="error", ready_to_resume=True, time_remaining_seconds=left)
    api.create_exam_attempt(exam.pk, learner.pk, taking_as_proctored=True)
    context = provider.calls_of("register_exam_attempt")[0].kwargs["context"]
    assert context["time_limit_mins"] >= 1
    assert psi_formats.body_string({"duration": 0}) == "duration:null\n"  # kept: PSI's own rule
    newest = ProctoredExamStudentAttempt.objects.latest("id")
    assert newest.time_remaining_seconds == left


# 122-125


@pytest.mark.parametrize("verb", ["start_exam_attempt", "stop_exam_attempt", "mark_erroneous_exam_attempt"])  # fmt: skip
def test_122_error_answers_are_errors(verb, rest, remote):
    remote.patch(ATTEMPT, json={"status": "submitted"}, status=500)
    with pytest.raises(exceptions.HTTPError):
        getattr(rest, verb)("E", "A")
    remote.get(ATTEMPT, json={"status": "submitted", "download_url": "x"}, status=500)
    asked_for = {"proctored_exam": EXAM, "external_id": "A"}
    assert rest.get_attempt(asked_for) == {"instructions": []}
    remote.post(EXAM_URL, json={"id": "of an error"}, status=422)
    assert rest.on_exam_saved({"id": 3}) is None


def test_122_lists_and_other_codes(rest, remote):
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


@responses.activate
def test_123_rpnows_timeout_is_the_configured_one(monkeypatch):
    given = []

    def post(url, timeout, **_kwargs):
        given.append(timeout)
        raise requests.ConnectTimeout("late")

    for timeout in (30, (10, 20), None):
        options = {} if timeout is None else {"timeout": timeout}
        provider = psi(**options)
        monkeypatch.setattr(provider.session, "post", post)
        with pytest.raises(BackendProviderCannotRegisterAttempt) as raised:
            provider.register_exam_attempt(PSI_EXAM, CONTEXT)
        assert raised.value.answer_status == 503
    assert given[0] == pytest.approx(30, abs=4)
    assert given[1] == pytest.approx((10, 20), abs=4)
    assert given[2] == pytest.approx(10, abs=4)


def test_123_reviews_the_gate_and_the_signature():
    for external_id, payload in ((None, {"examMetaData": {"ssiRecordLocator": "L"}}), ("L", {})):
        with pytest.raises(ProctoredExamSuspiciousLookup):
            psi().on_review_callback({"id": 1, "external_id": external_id}, payload)
    crum.set_current_request(None)
    assert psi().should_block_access_to_exam_material() is False
    crum.set_current_request(RequestFactory().get("/"))
    try:
        with ask_options(exam_passes=("A",)):
            assert psi().should_block_access_to_exam_material() is True
    finally:
        crum.set_current_request(None)
    nested = {"a": {"b": {"c": 1}, "d": [{"e": 2}]}}
    assert psi_formats.body_string(nested) == "b.c:1\nd.0.e:2\n"  # kept: PSI verifies it so


def test_125_kept_what_is_stored_and_sent_stays_readable():
    """Formats that others check, computed here from their definition."""
    key = b"0123456789abcdef"
    inner = hashlib.md5(key).hexdigest().encode()
    assert crypto.generate_aes_iv(key) == hashlib.md5(key + inner).hexdigest().encode()[:16]
    stored = crypto.encrypt_and_encode("https://videos.example.com", key)
    assert stored == crypto.encrypt_and_encode("https://videos.example.com", key)
    assert len(base64.urlsafe_b64decode(stored)) % 16 == 0
    assert crypto.decode_and_decrypt(stored, key) == b"https://videos.example.com"
    salted = hmac.new(b"obfuscation-key", b"7test", hashlib.sha1).hexdigest()
    assert crypto.obscured_user_id(7, "test") == salted
    assert psi_formats.exam_password("CODE", b"contract-des3-key-24byte")
    assert SoftwareSecureBackendProvider.external_id_is_secret
