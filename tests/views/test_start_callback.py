"""The start callback: who may start and submit with it, and its cookie."""

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone
from rest_framework.test import APIClient

from edx_proctoring import api, launch_tokens
from edx_proctoring.callbacks import start_exam_callback
from edx_proctoring.models import ProctoredExamStudentAttempt

pytestmark = pytest.mark.django_db


Attempt = ProctoredExamStudentAttempt


START = "/api/edx_proctoring/proctoring_launch_callback/start_exam"


NOW = {"allowed_time_limit_mins": 90}


def status_of(attempt):
    return Attempt.objects.get(pk=attempt.pk).status


def started(attempt, **more):
    return attempt(status="started", started_at=timezone.now(), **NOW, **more)


@pytest.mark.defect("REST-A9")
def test_strangers_and_prefetching_submit_nothing(attempt):
    known = started(attempt)
    client = APIClient()
    assert client.get(f"{START}/{known.attempt_code}").status_code == 302
    assert not client.cookies
    prefetch = {"Sec-Purpose": "prefetch"}
    client.get(f"{START}/{known.attempt_code}", headers=prefetch)
    client.head(f"{START}/{known.attempt_code}")
    assert status_of(known) == "started"


@pytest.mark.defect("REST-A9")
def test_switches_let_every_caller_start_and_submit(attempt, settings):
    switches = {"START_CALLBACK_SUBMITS": True, "START_CALLBACK_WITHOUT_TOKEN": True}
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, **switches}
    known = started(attempt)
    response = APIClient().get(f"{START}/{known.attempt_code}")
    assert (response.status_code, status_of(known)) == (302, "submitted")
    assert response.cookies["exam"].value


@pytest.mark.defect("REST-A19")
def test_the_cookie_is_protected_and_does_not_contain_the_code(attempt, provider):
    provider.uses_start_callback = True
    known = attempt()
    client = APIClient()
    data = {"token": launch_tokens.launch_token(known.attempt_code)}
    client.get(f"{START}/{known.attempt_code}", data, secure=True)
    cookie = client.cookies["exam"]
    assert cookie["httponly"]
    assert cookie["secure"]
    assert (cookie["samesite"], cookie["max-age"]) == ("Lax", 24 * 60 * 60)
    assert known.attempt_code not in cookie.value


def test_a_paused_attempt_is_not_submitted(attempt, learner, client_for, provider):
    provider.uses_start_callback = True
    known = started(attempt, user=learner, taking_as_proctored=True)
    data = {"token": launch_tokens.launch_token(known.attempt_code)}
    client = client_for(learner)
    api.pause_attempt(known.pk)
    assert client.get(f"{START}/{known.attempt_code}", data).status_code == 302
    assert status_of(known) == "started"
    api.continue_attempt(known.pk)
    client.get(f"{START}/{known.attempt_code}", data)
    assert status_of(known) == "submitted"


def submitted(attempt, **more):
    return attempt(status="submitted", completed_at=timezone.now(), **more)


@pytest.mark.defect("BACKENDS-A4")
def test_only_the_learner_can_end_a_started_attempt(
    psi, make_exam, attempt, client_for, learner, settings
):
    known = attempt(exam=make_exam(backend="software_secure"), status="started")
    url = f"{START}/{known.attempt_code}?token={launch_tokens.launch_token(known.attempt_code)}"
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
    """Return the learner's screen with the cookie that the start callback set for an attempt; None means the questions."""
    import crum

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


@pytest.mark.needs("django-crum")
@pytest.mark.defect("BACKENDS-A5")
def test_the_cookie_of_another_attempt_shows_no_questions(psi, make_exam, attempt):
    one = attempt(exam=make_exam(backend="software_secure"), status="created")
    another = attempt(exam=make_exam(backend="software_secure"), status="created")
    assert screen(one, cookie_of=one) is None
    assert "proctoring-title" in screen(one, cookie_of=another)
    assert "proctoring-title" in screen(one)
