"""PSI's RPNow: every test vector byte for byte, and failures."""

import base64
import datetime
import hashlib
import hmac
import json
from pathlib import Path

import crum
import pytest
import requests
import responses
import time_machine
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from edx_proctoring import crypto, exam_cookie, exceptions
from edx_proctoring.backends import psi_formats
from edx_proctoring.backends.backend import ask_options
from edx_proctoring.backends.software_secure import SoftwareSecureBackendProvider
from edx_proctoring.exceptions import (
    BackendProviderCannotRegisterAttempt,
    ProctoredExamSuspiciousLookup,
)

VECTORS = json.loads(
    (Path(__file__).parents[1] / "wire" / "software_secure_vectors.json").read_text("utf-8")
)
ENDPOINT = "https://psi.example.com/register"
OPTIONS = {
    "organization": "example-org",
    "exam_sponsor": "Example Sponsor",
    "exam_register_endpoint": ENDPOINT,
    "secret_key_id": "key-1",
    "secret_key": "secret",
    "crypto_key": "contract-des3-key-24byte",
    "software_download_url": "https://psi.example.com/download",
}


def psi(**options):
    return SoftwareSecureBackendProvider(**{**OPTIONS, **options})


def vectors(name):
    return pytest.mark.parametrize("vector", VECTORS[name])


def test_every_vector_is_a_test():
    """Each group has its test below; none is empty."""
    counts = {name: len(group) for name, group in VECTORS.items() if name != "about"}
    assert counts == {
        "signature": 3,
        "des3_password": 4,
        "aes_video_url": 4,
        "registration": 3,
        "exam_name": 10,
        "split_fullname": 7,
        "review_callback": 6,
    }


@vectors("signature")
def test_signatures(vector):
    given, expected = vector["input"], vector["output"]
    headers = {"Content-Type": given["content_type"], "Date": given["date"]}
    assert psi_formats.header_string(headers) == expected["header_string_text"]
    assert psi_formats.body_string(given["body"]) == expected["body_string_text"]
    signed = psi_formats.signature(given["body"], headers, given["secret_key"])
    assert signed == expected["hmac_sha256_b64"]


@vectors("des3_password")
@pytest.mark.defect("PYTHON-125")
def test_passwords_equal_the_vectors(vector):
    given = vector["input"]
    key = bytes.fromhex(given["crypto_key_hex"])
    password = psi_formats.exam_password(given["attempt_code"], key)
    assert password == vector["output"]["exam_password"]


@vectors("exam_name")
def test_names_of_exams(vector):
    assert psi_formats.exam_name(vector["input"]) == vector["output"]


@vectors("split_fullname")
def test_names_of_learners(vector):
    first, last = psi_formats.split_full_name(vector["input"])
    expected = vector["output"]
    if "exception" in expected:
        assert (first, last) == ("", "")
    else:
        assert {"firstName": first, "lastName": last} == expected


@vectors("aes_video_url")
def test_links_to_videos(vector):
    given, expected = vector["input"], vector["output"]
    key = bytes.fromhex(given["video_review_aes_key"])
    encrypted = crypto.encrypt_and_encode(given["url"], key)
    assert encrypted.decode() == expected["encrypted_video_url_text"]
    provider = psi(video_review_aes_key=given["video_review_aes_key"])
    url = provider.get_instructor_url("c", {}, encrypted_video_review_url=memoryview(encrypted))
    is_web_address = given["url"].startswith("http")  # others are not followed any more
    assert url == (expected["dashboard_redirect_url"] if is_web_address else None)


@pytest.mark.needs("lms-urls")
@vectors("registration")
@responses.activate
def test_registrations(vector, settings):
    given, expected = vector["input"], vector["output"]
    settings.SITE_NAME, settings.HTTPS = given["settings"]["SITE_NAME"], given["settings"]["HTTPS"]
    policy = {"DEFAULT_REVIEW_POLICY": given["settings"]["default_review_policy"]}
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, **policy}
    responses.post(ENDPOINT, body=expected["answer_body"], status=200)
    now = datetime.datetime.fromisoformat(given["utc_now"]).replace(tzinfo=datetime.UTC)
    with time_machine.travel(now, tick=False):
        answer = psi(**given["options"]).register_exam_attempt(given["exam"], given["context"])
    assert answer == expected["external_id"]
    request = responses.calls[0].request
    assert request.body == expected["request_body_text"]
    for name, value in expected["request_headers"].items():
        assert request.headers[name] == value


CONTEXT = {"attempt_code": "CODE", "time_limit_mins": 5, "full_name": None, "email": None}
EXAM = {"id": 1, "course_id": "c", "exam_name": "Final"}


@pytest.mark.needs("lms-urls")
@pytest.mark.parametrize(
    ("answer", "error", "status"),
    [
        ({"status": 500}, exceptions.BackendProviderCannotRegisterAttempt, 502),
        ({"body": "<html>"}, exceptions.BackendProviderCannotRegisterAttempt, 502),
        ({"json": {}}, exceptions.BackendProviderSentNoAttemptID, 502),
        ({"json": []}, exceptions.BackendProviderSentNoAttemptID, 502),
        ({"body": requests.Timeout("late")}, exceptions.BackendProviderCannotRegisterAttempt, 503),
        (
            {"body": requests.ConnectionError("down")},
            exceptions.BackendProviderCannotRegisterAttempt,
            502,
        ),
    ],
)
@responses.activate
def test_registrations_that_fail(answer, error, status):
    responses.post(ENDPOINT, **answer)
    with pytest.raises(error) as raised:
        psi().register_exam_attempt(EXAM, CONTEXT)
    assert raised.value.answer_status == status


@pytest.mark.needs("lms-urls")
@responses.activate
@pytest.mark.defect("BACKENDS-A10")
def test_no_value_can_imitate_another():
    responses.post(ENDPOINT, json={"ssiRecordLocator": "L"})
    psi().register_exam_attempt(
        {**EXAM, "exam_name": "a\nexamCode:X"}, {**CONTEXT, "review_policy": "x\ny"}
    )
    body = json.loads(responses.calls[0].request.body)
    assert (body["reviewerNotes"], body["examName"]) == ("x y", "a examCode_X")


@vectors("review_callback")
@pytest.mark.defect("BACKENDS-A2")
def test_reviews(vector, settings):
    given, expected = vector["input"], vector["output"]
    simulated = {
        "ALLOW_CALLBACK_SIMULATION": given["ALLOW_CALLBACK_SIMULATION"],
        "ALLOW_CALLBACK_SIMULATION_IN_PRODUCTION": True,
    }
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, **simulated}

    def review():
        return psi().on_review_callback(given["attempt"], given["payload"])

    if "exception" in expected:
        with pytest.raises(getattr(exceptions, expected["exception"])) as raised:
            review()
        assert given["attempt"]["external_id"] not in str(raised.value)
        return
    result = review()
    assert result.pop("payload") is given["payload"]
    assert result == {key: value for key, value in expected["result"].items() if key != "payload"}


@pytest.mark.parametrize("payload", [None, [], {}, {"examMetaData": None}, {"examMetaData": {}}])
@pytest.mark.parametrize("external_id", [None, "", "LOC"])
@pytest.mark.defect("PYTHON-123")
def test_reviews_with_wrong_ids(payload, external_id):
    with pytest.raises(exceptions.ProctoredExamSuspiciousLookup):
        psi().on_review_callback({"id": 1, "external_id": external_id}, payload)


@pytest.mark.defect("BACKENDS-A3")
def test_simulated_reviews_require_debug(settings):
    simulated = {"ALLOW_CALLBACK_SIMULATION": True}
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, **simulated}
    payload = {"examMetaData": {}, "reviewStatus": "Clean"}
    with pytest.raises(exceptions.ProctoredExamSuspiciousLookup):
        psi().on_review_callback({"id": 1, "external_id": "L"}, payload)
    settings.DEBUG = True
    assert psi().on_review_callback({"id": 1, "external_id": "L"}, payload)["status"] == "passed"


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:x", ""])
@pytest.mark.defect("BACKENDS-A8")
def test_only_web_addresses_are_followed(link):
    key = "00" * 16
    encrypted = crypto.encrypt_and_encode(link, bytes.fromhex(key))
    provider = psi(video_review_aes_key=key)
    assert provider.get_instructor_url("c", {}, encrypted_video_review_url=encrypted) is None


@pytest.mark.parametrize("key", [None, "zz", "11" * 16])
def test_links_that_cannot_be_read(key):
    encrypted = crypto.encrypt_and_encode("https://v", bytes.fromhex("00" * 16))
    provider = psi(video_review_aes_key=key)
    assert provider.get_instructor_url("c", {}, encrypted_video_review_url=encrypted) is None
    assert provider.get_instructor_url("c", {}) is None


@pytest.fixture
def request_with():
    """Make a request with this signed cookie the current one."""

    def make(value=None, unsigned=None):
        request = RequestFactory().get("/")
        if value is not None:
            response = HttpResponse()
            response.set_signed_cookie("exam", value)
            request.COOKIES["exam"] = response.cookies["exam"].value
        if unsigned is not None:
            request.COOKIES["exam"] = unsigned
        crum.set_current_request(request)

    yield make
    crum.set_current_request(None)


def test_exam_content_without_a_named_attempt(request_with):
    assert not psi().should_block_access_to_exam_material()  # no request
    request_with()
    assert psi().should_block_access_to_exam_material()
    request_with("anything")
    assert not psi().should_block_access_to_exam_material()
    request_with(unsigned="forged")
    assert psi().should_block_access_to_exam_material()


def test_the_cookie_opens_its_attempt_only(request_with):
    passes = exam_cookie.exam_passes("CODE", 1)
    cases = {passes[0]: False, "CODE": False, exam_cookie.exam_pass("CODE", 2): True, "ELSE": True}
    for value, is_blocked in cases.items():
        request_with(value)
        with ask_options(exam_passes=passes):
            assert psi().should_block_access_to_exam_material() is is_blocked
    with ask_options(exam_passes=()):
        assert psi().should_block_access_to_exam_material()


def test_the_cookie_expires_after_a_day(request_with):
    with time_machine.travel("2030-01-01", tick=False) as clock:
        request_with("CODE")
        clock.shift(datetime.timedelta(hours=24, seconds=1))
        with ask_options(exam_passes=("CODE",)):
            assert psi().should_block_access_to_exam_material()


def test_rpnow_gets_no_notices():
    provider = psi()
    assert provider.start_exam_attempt("E", "A") is None
    assert provider.stop_exam_attempt("E", "A") is None
    assert provider.mark_erroneous_exam_attempt("E", "A") is None
    assert provider.on_exam_saved({}) is None
    assert provider.remove_exam_attempt("E", "A") is True
    assert provider.get_software_download_url() == OPTIONS["software_download_url"]
    assert provider.get_proctoring_config()["name"] == "RPNow"


@pytest.mark.needs("lms-urls")
@pytest.mark.defect("BACKENDS-C13")
@responses.activate
def test_a_registration_uses_one_timestamp_in_english(monkeypatch):
    responses.post(ENDPOINT, json={"ssiRecordLocator": "L"})
    first = datetime.datetime(2024, 3, 5, 9, 8, tzinfo=datetime.UTC)
    moments = (first + datetime.timedelta(seconds=count) for count in range(10))
    monkeypatch.setattr(timezone, "now", lambda: next(moments))
    psi().register_exam_attempt(EXAM, CONTEXT)
    request = responses.calls[0].request
    body = json.loads(request.body)
    assert request.headers["Date"] == "Tue, 05 Mar 2024 09:08:00 GMT"
    assert body["orgExtra"]["examStartDate"] == request.headers["Date"]
    assert body["orgExtra"]["examEndDate"] == "Tue, 05 Mar 2024 09:13:00 GMT"


@pytest.mark.needs("lms-urls")
@pytest.mark.defect("PYTHON-123")
@responses.activate
def test_rpnows_configured_timeout_is_used(monkeypatch):
    given = []

    def post(url, timeout, **_kwargs):
        given.append(timeout)
        raise requests.ConnectTimeout("late")

    for timeout in (30, (10, 20), None):
        options = {} if timeout is None else {"timeout": timeout}
        provider = psi(**options)
        monkeypatch.setattr(provider.session, "post", post)
        with pytest.raises(BackendProviderCannotRegisterAttempt) as raised:
            provider.register_exam_attempt(EXAM, CONTEXT)
        assert raised.value.answer_status == 503
    assert given[0] == pytest.approx(30, abs=4)
    assert given[1] == pytest.approx((10, 20), abs=4)
    assert given[2] == pytest.approx(10, abs=4)


@pytest.mark.defect("PYTHON-123")
def test_reviews_cookie_and_signature():
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


@pytest.mark.defect("PYTHON-125")
def test_kept_stored_and_sent_formats():
    """Formats that others verify, computed here from their definition."""
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
