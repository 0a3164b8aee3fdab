"""Defects A1-A14 of the published providers, by their ids: security. A14 is in `frontend/tests/worker.test.ts`."""

import json

import crum
import pytest
import requests
import responses
from django.apps import apps
from django.contrib.auth.models import Group
from django.core import checks
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone
from rest_framework.test import APIClient

from edx_proctoring import api, crypto
from edx_proctoring.backends.rest import BaseRestProctoringProvider
from edx_proctoring.callbacks import start_exam_callback
from edx_proctoring.exceptions import BackendProviderCannotRegisterAttempt
from edx_proctoring.models import ProctoredExamSoftwareSecureReview, ProctoredExamStudentAttempt
from edx_proctoring.testing.factories import COURSE_ID, UserFactory
from tests.views.conftest import V1, E

pytestmark = pytest.mark.django_db

Attempt = ProctoredExamStudentAttempt
Review = ProctoredExamSoftwareSecureReview
ANONYMOUS_REVIEW = "/api/edx_proctoring/proctoring_review_callback/"
START = "/api/edx_proctoring/proctoring_launch_callback/start_exam"
OPTIONS = {
    "organization": "edx",
    "exam_sponsor": "edX",
    "exam_register_endpoint": "https://psi.example.com",
    "secret_key_id": "key",
    "secret_key": "secret",
    "crypto_key": "123456789123456712345678",
    "software_download_url": "https://psi.example.com/software",
}


def status_of(attempt):
    return Attempt.objects.get(pk=attempt.pk).status


def submitted(attempt, **more):
    return attempt(status="submitted", completed_at=timezone.now(), **more)


def psi_review(known, **more):
    meta = {"examCode": known.attempt_code, "ssiRecordLocator": known.external_id}
    return {"examMetaData": meta, "reviewStatus": "Clean", **more}


def configured(name="software_secure", **options):
    """RPNow, made as the app makes it from PROCTORING_BACKENDS."""
    from importlib.metadata import entry_points

    plugin = entry_points(group="openedx.proctoring")[name].load()
    config = apps.get_app_config("edx_proctoring")
    found = config._instance(name, plugin, {**OPTIONS, **options})
    config.backends[name] = found
    return found


def test_backends_A1_code_and_locator_are_not_enough_where_more_is_configured(
    provider, attempt, make_exam, caplog
):
    configured(review_callback_secret="sesame", review_callback_networks=["10.0.0.0/8"])
    known = submitted(attempt, exam=make_exam(backend="software_secure"))
    foreign = submitted(attempt, exam=make_exam())  # of another provider
    post = APIClient().post
    for url, address, one in (
        (ANONYMOUS_REVIEW, "10.0.0.1", known),
        (f"{ANONYMOUS_REVIEW}?secret=sesame", "192.0.2.1", known),
        (f"{ANONYMOUS_REVIEW}?secret=sesame", "10.0.0.1", foreign),
    ):
        caplog.clear()
        assert post(url, psi_review(one), format="json", REMOTE_ADDR=address).status_code == 400
        assert "anonymous review refused" in caplog.text
        assert status_of(one) == "submitted"
    url = f"{ANONYMOUS_REVIEW}?secret=sesame"
    assert post(url, psi_review(known), format="json", REMOTE_ADDR="10.0.0.1").status_code == 200
    assert status_of(known) == "verified"


def test_backends_A4_the_start_callback(psi, make_exam, attempt, client_for, learner, settings):
    known = attempt(exam=make_exam(backend="software_secure"), status="started")
    url = f"{START}/{known.attempt_code}?token={crypto.launch_token(known.attempt_code)}"
    assert Client().get(url).status_code == 302
    assert Client().head(url).status_code == 302
    owner = client_for(learner)
    assert owner.head(url).status_code == 302
    assert owner.get(url, headers={"Sec-Purpose": "prefetch"}).status_code == 302
    assert status_of(known) == "started"  # strangers, scanners and prefetches end nothing
    settings.ROOT_URLCONF = "tests.urls_without_pages"  # no jump_to
    assert owner.get(url).status_code == 302
    assert status_of(known) == "submitted"


def screen(one, cookie_of=None):
    """What the learner sees with the cookie that the start callback set for an attempt; None is the questions."""
    request = RequestFactory().get("/")
    if cookie_of is not None:
        response = start_exam_callback(None, cookie_of.attempt_code)
        assert isinstance(response, HttpResponse)
        request.COOKIES["exam"] = response.cookies["exam"].value
        type(one).objects.filter(pk=one.pk).update(status="started")
    crum.set_current_request(request)
    try:
        exam = one.proctored_exam
        return api.get_student_view(
            one.user_id, exam.course_id, exam.content_id, {"default_time_limit_mins": 90}
        )
    finally:
        crum.set_current_request(None)


def test_backends_A5_the_cookie_of_another_attempt_opens_no_questions(psi, make_exam, attempt):
    one = attempt(exam=make_exam(backend="software_secure"), status="created")
    another = attempt(exam=make_exam(backend="software_secure"), status="created")
    assert screen(one, cookie_of=one) is None
    assert "proctoring-title" in screen(one, cookie_of=another)
    assert "proctoring-title" in screen(one)


def test_backends_A6_learners_do_not_report_themselves_ready(attempt, as_learner, as_reviewer):
    known = attempt(status="created")
    url = f"{E}/attempt/{known.external_id}/ready"
    assert as_learner.post(url, {"status": "ready"}, format="json").status_code == 403
    assert status_of(known) == "created"
    assert as_reviewer.post(url, {"status": "ready"}, format="json").status_code == 200
    assert status_of(known) == "ready_to_start"


def test_backends_A7_a_named_reviewer_counts_only_with_permission(
    attempt, staff, as_reviewer, caplog
):
    UserFactory(username="one", email="twins@example.com")
    UserFactory(username="two", email="twins@example.com")
    for email, reviewer, status in (
        ("nobody@example.com", None, "second_review_required"),
        ("twins@example.com", None, "second_review_required"),
        (staff.email, staff, "rejected"),
    ):
        known = submitted(attempt)
        data = {"status": "suspicious", "comments": [], "reviewed_by": email}
        url = f"{E}/attempt/{known.external_id}/reviewed"
        assert as_reviewer.post(url, data, format="json").status_code == 200
        stored = Review.objects.get(attempt_code=known.attempt_code)
        assert (stored.reviewed_by, status_of(known)) == (reviewer, status)
    assert caplog.text.count("does not have the required permissions") == 2


@pytest.mark.parametrize(
    ("link", "is_followed"),
    [
        ("https://videos.psi.example.com/DirectLink-Generic", True),
        ("https://videos.psi.example.com:8443/v", True),
        ("https://evil.example.com/v", False),
        ("https://videos.psi.example.com@evil.example.com/v", False),
        ("https://[::bad", False),
        ("javascript:alert(1)", False),
    ],
)
def test_backends_A8_stored_links_lead_to_listed_hosts(link, is_followed):
    key = "00" * 16
    psi = configured(video_review_aes_key=key, video_review_hosts=["videos.psi.example.com"])
    encrypted = crypto.encrypt_and_encode(link, bytes.fromhex(key))
    url = psi.get_instructor_url(COURSE_ID, {}, encrypted_video_review_url=encrypted)
    assert url == (link.replace("Generic", "HTML5") if is_followed else None)


@pytest.mark.parametrize("key", [None, "00" * 16])
def test_backends_A9_links_and_personal_data_are_not_kept_in_the_open(key, attempt, make_exam):
    configured(video_review_aes_key=key)
    known = submitted(attempt, exam=make_exam(backend="software_secure"))
    private = {
        "examTakerFirstName": "Jane",
        "examTakerLastName": "Doe",
        "examTakerEmail": "jane@example.com",
        "userPhotoBase64String": "cGhvdG8=",
        "examApiData": {"orgExtra": {"firstName": "Jane", "email": "jane@example.com", "x": 1}},
        "videoReviewLink": "https://videos.example.com/1",
        "payload": {"videos": [{"videoReviewLink": "https://videos.example.com/2", "at": 2}]},
    }
    api.receive_review(known, psi_review(known, **private))
    stored = Review.objects.get()
    for word in ("Jane", "Doe", "jane@", "cGhvdG8", "videos.example.com"):
        assert word not in stored.raw_data
    kept = json.loads(stored.raw_data)
    assert kept["examApiData"] == {"orgExtra": {"x": 1}}
    assert kept["payload"] == {"videos": [{"at": 2}]}
    assert bool(stored.encrypted_video_url) is (key is not None)
    # A row that an older version stored, whole, is still the same review.
    Review.objects.update(raw_data=json.dumps(psi_review(known, **private)))
    version = Review.objects.get().modified
    api.receive_review(known, psi_review(known, **private))
    assert Review.objects.get().modified == version


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({}, []),
        ({"crypto_key": "too short"}, ["crypto_key"]),
        ({"video_review_aes_key": "00" * 15}, ["video_review_aes_key"]),
        ({"video_review_aes_key": "no hex"}, ["video_review_aes_key"]),
        ({"video_review_aes_key": "00" * 32, "crypto_key": b"1234567812345678"}, []),
    ],
)
def test_backends_A10_keys_are_checked_at_the_start(options, found):
    configured(**options)
    errors = [one for one in checks.run_checks(tags=["edx_proctoring"]) if "E003" in one.id]
    assert len(errors) == len(found)
    assert all(word in one.msg for word, one in zip(found, errors, strict=True))


@pytest.mark.parametrize("backend", ["software_secure", "rest"])
@responses.activate
def test_backends_A11_A12_what_providers_say_goes_to_the_log_masked(
    backend, make_exam, learner, as_learner, caplog
):
    caplog.set_level("DEBUG")
    if backend == "rest":
        base = "https://rest.example.com"
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


def test_backends_A11_the_log_never_has_code_and_locator(exam, learner, provider, caplog):
    caplog.set_level("DEBUG", logger="edx_proctoring")
    api.create_exam_attempt(exam.pk, learner.pk, taking_as_proctored=True)
    known = Attempt.objects.get()
    assert f"attempt {known.pk}: created" in caplog.text
    assert known.attempt_code not in caplog.text
    assert known.external_id not in caplog.text


def test_backends_A12_pages_tell_nothing_of_exceptions(exam, provider, as_learner):
    error = BackendProviderCannotRegisterAttempt(b"<html>inner workings</html>", 500)
    for raised in (error, requests.ConnectionError("inner workings")):
        provider.fail("register_exam_attempt", raised)
        data = {"exam_id": exam.pk, "attempt_proctored": "true"}
        response = as_learner.post(f"{E}/attempt", data)
        assert response.status_code == 502
        assert "inner workings" not in response.content.decode()
        assert "Error" not in response.json()["detail"]


def test_backends_A13_the_way_to_the_dashboard_leaves_no_traces(exam, provider, as_staff):
    url = "https://provider.example.com/dashboard?jwt=eyJ.eyJ.x"
    provider.answer("get_instructor_url", url)
    response = as_staff.get(f"{V1}/instructor/{COURSE_ID}")
    assert (response.status_code, response["Location"]) == (302, url)
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["Cache-Control"] == "no-store"


def test_backends_A6_reviewers_of_another_provider_do_not_either(attempt, client_for):
    known = attempt(status="created")
    other = UserFactory()
    other.groups.add(Group.objects.create(name="mock_review"))
    url = f"{E}/attempt/{known.external_id}/ready"
    assert client_for(other).post(url, {}, format="json").status_code == 403
    assert status_of(known) == "created"
