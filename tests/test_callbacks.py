"""Route 28: the proctoring software sends the learner's browser here."""

import datetime
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.urls import include, path
from django.utils import timezone

from edx_proctoring import api, exam_cookie, launch_tokens
from edx_proctoring.callbacks import start_exam_callback
from edx_proctoring.exam_cookie import EXAM_COOKIE
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.testing.factories import AttemptFactory
from edx_proctoring.testing.providers import FakeProvider

pytestmark = [pytest.mark.django_db, pytest.mark.needs("lms-urls")]

URL = "/api/edx_proctoring/proctoring_launch_callback/start_exam/"


@pytest.fixture(autouse=True)
def _launches(provider: FakeProvider) -> None:
    """The provider "test" sends browsers to the start callback."""
    provider.uses_start_callback = True


def address(one: Any) -> str:
    """Return the URL that the provider received."""
    return f"{URL}{one.attempt_code}?token={launch_tokens.launch_token(one.attempt_code)}"


def visit(client: Client, one: Any, url: str = "", **options: Any) -> Any:
    """Return the response, a redirect to the exam."""
    response = client.get(url or address(one), **options)
    exam = one.proctored_exam
    assert response.status_code == 302
    assert response["Location"] == f"/courses/{exam.course_id}/jump_to/{exam.content_id}"
    one.refresh_from_db()
    return response


@pytest.mark.parametrize("status", ["created", "download_software_clicked"])
def test_the_callback_marks_an_attempt_ready(status: str, attempt: Any, client: Client) -> None:
    one = attempt(status=status)
    visit(client, one)
    assert one.status == "ready_to_start"


@pytest.mark.parametrize("status", ["ready_to_start", "submitted", "verified", "error"])
def test_other_statuses_are_unchanged(
    status: str, attempt: Any, client_for: Any, learner: Any
) -> None:
    one = attempt(status=status)
    visit(client_for(learner), one)
    assert one.status == status


@pytest.mark.parametrize("status", ["started", "ready_to_submit"])
def test_strangers_cannot_end_an_exam(
    status: str, attempt: Any, client: Client, staff: Any
) -> None:
    one = attempt(status=status)
    visit(Client(), one)
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    visit(client, one)
    assert one.status == status


@pytest.mark.parametrize("status", ["started", "ready_to_submit"])
def test_a_second_call_by_the_learner_ends_the_exam(
    status: str, attempt: Any, client_for: Any, learner: Any
) -> None:
    one = attempt(status=status)
    visit(client_for(learner), one)
    assert one.status == "submitted"


def test_a_second_call_by_the_same_browser_ends_the_exam(attempt: Any, client: Client) -> None:
    one = attempt()
    visit(client, one)
    type(one).objects.filter(pk=one.pk).update(status="started")
    visit(client, one)
    assert one.status == "submitted"


def test_the_cookie_of_another_attempt_does_not_end_the_exam(attempt: Any, client: Client) -> None:
    visit(client, AttemptFactory())
    one = attempt(status="started")
    visit(client, one)
    assert one.status == "started"


def test_a_forged_cookie_does_not_end_the_exam(attempt: Any, client: Client, learner: Any) -> None:
    one = attempt(status="started")
    client.cookies[EXAM_COOKIE] = exam_cookie.exam_pass(one.attempt_code, learner.pk)  # not signed
    visit(client, one)
    assert one.status == "started"


def test_a_call_by_the_learner_without_the_token_does_not_end_the_exam(
    attempt: Any, client_for: Any, learner: Any
) -> None:
    """Otherwise a link sent to the learner could end the exam."""
    one = attempt(status="started")
    visit(client_for(learner), one, url=f"{URL}{one.attempt_code}")
    assert one.status == "started"


@pytest.mark.parametrize("status", ["created", "ready_to_start", "started", "submitted"])
@pytest.mark.parametrize("token", ["", "?token=", "?token=wrong", "?token=%00é", "?token={other}"])
def test_the_code_alone_only_redirects(
    token: str, status: str, attempt: Any, client: Client, client_for: Any, learner: Any
) -> None:
    """Learners and course staff see the code."""
    one = attempt(status=status)
    other = launch_tokens.launch_token(AttemptFactory().attempt_code)
    for each in (client, client_for(learner)):
        response = visit(each, one, url=f"{URL}{one.attempt_code}{token.format(other=other)}")
        assert EXAM_COOKIE not in response.cookies
        assert one.status == status


def test_a_stranger_who_called_before_the_start_does_not_end_the_exam(
    attempt: Any, client: Client
) -> None:
    one = attempt()
    visit(client, one, url=f"{URL}{one.attempt_code}")
    type(one).objects.filter(pk=one.pk).update(status="started")
    visit(client, one, url=f"{URL}{one.attempt_code}")
    assert one.status == "started"


def test_only_providers_that_send_browsers_here(
    attempt: Any, client: Client, provider: FakeProvider
) -> None:
    provider.uses_start_callback = False
    one = attempt()
    assert EXAM_COOKIE not in visit(client, one).cookies
    assert one.status == "created"


def test_only_proctored_attempts(attempt: Any, client: Client, timed_exam: ProctoredExam) -> None:
    for one in (attempt(taking_as_proctored=False), attempt(exam=timed_exam)):
        assert EXAM_COOKIE not in visit(client, one).cookies
        assert one.status == "created"


def test_a_provider_that_is_no_longer_configured(
    attempt: Any, client: Client, make_exam: Any
) -> None:
    one = attempt(exam=make_exam(backend="gone"))
    visit(client, one)
    assert one.status == "created"


def test_a_replaced_secret_key(attempt: Any, client: Client, settings: Any) -> None:
    one = attempt()
    known = address(one)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", [settings.SECRET_KEY]
    visit(client, one, url=known)
    assert one.status == "ready_to_start"


@pytest.mark.parametrize(("hours", "status"), [(23, "ready_to_start"), (25, "created")])
def test_attempts_that_version_6_registered(
    hours: int, status: str, attempt: Any, client: Client
) -> None:
    """Their provider received a URL without a token."""
    one = attempt()
    born = timezone.now() - datetime.timedelta(hours=hours)
    type(one).history.filter(id=one.pk).update(history_change_reason=None, history_date=born)
    response = visit(client, one, url=f"{URL}{one.attempt_code}")
    assert (one.status, EXAM_COOKIE in response.cookies) == (status, status == "ready_to_start")


def test_attempts_created_by_other_code_have_the_token(
    exam: ProctoredExam, learner: Any, client: Client
) -> None:
    one = ProctoredExamStudentAttempt.objects.get(
        pk=api.create_exam_attempt(exam.pk, learner.pk, taking_as_proctored=True)
    )
    visit(client, one, url=f"{URL}{one.attempt_code}")
    assert one.status == "created"


def test_a_switch_makes_the_code_alone_sufficient(
    attempt: Any, client: Client, settings: Any
) -> None:
    switch = {"START_CALLBACK_WITHOUT_TOKEN": True}
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, **switch}
    one = attempt()
    visit(client, one, url=f"{URL}{one.attempt_code}")
    assert one.status == "ready_to_start"


def test_a_switch_lets_every_call_end_the_exam(attempt: Any, client: Client, settings: Any) -> None:
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "START_CALLBACK_SUBMITS": True}
    one = attempt(status="started")
    visit(client, one)
    assert one.status == "submitted"


@pytest.mark.parametrize(
    "options",
    [
        {"headers": {"Sec-Purpose": "prefetch;prerender"}},
        {"headers": {"Purpose": "prefetch"}},
        {"headers": {"X-Purpose": "preview"}},
        {"headers": {"X-Moz": "prefetch"}},
    ],
)
def test_prefetching_browsers_change_nothing(
    options: dict[str, Any], attempt: Any, client_for: Any, learner: Any
) -> None:
    for status in ("created", "started"):
        one = attempt(status=status)
        assert EXAM_COOKIE not in visit(client_for(learner), one, **options).cookies
        assert one.status == status


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "DELETE"])
def test_link_scanners_change_nothing(attempt: Any, client: Client, method: str) -> None:
    one = attempt()
    response = client.generic(method, address(one))
    assert (response.status_code, EXAM_COOKIE in response.cookies) == (302, False)
    one.refresh_from_db()
    assert one.status == "created"


def test_the_cookie(attempt: Any, client: Client, settings: Any) -> None:
    one = attempt()
    cookie = visit(client, one).cookies[EXAM_COOKIE]
    assert one.attempt_code not in cookie.value
    assert (cookie["httponly"], cookie["secure"], cookie["samesite"]) == (True, True, "Lax")
    assert 0 < cookie["max-age"] <= 7 * 24 * 3600
    settings.HTTPS = "off"
    assert not visit(client, one).cookies[EXAM_COOKIE]["secure"]


def test_unknown_attempt(client: Client) -> None:
    response = client.get(f"{URL}unknown")
    assert response.status_code == 404
    assert response["Content-Type"].startswith("text/html")
    assert EXAM_COOKIE not in response.cookies


def test_from_python_without_a_request(attempt: Any) -> None:
    one, running = attempt(), attempt(status="started")
    for each, known in ((one, True), (running, False)):
        response = start_exam_callback(None, each.attempt_code)
        assert (response.status_code, EXAM_COOKIE in response.cookies) == (302, known)
        each.refresh_from_db()
    assert (one.status, running.status) == ("ready_to_start", "started")


def test_a_request_without_middleware(attempt: Any) -> None:
    one = attempt(status="started")
    assert start_exam_callback(RequestFactory().get("/"), one.attempt_code).status_code == 302


def test_a_host_without_the_route_of_exams(
    exam: ProctoredExam, attempt: Any, client: Client, settings: Any
) -> None:
    settings.ROOT_URLCONF = "tests.test_callbacks"
    response = client.get(f"{URL}{attempt(exam=exam).attempt_code}")
    assert (response.status_code, response["Location"]) == (302, "")


# A host that has nothing but this app.
urlpatterns = [path("api/", include("edx_proctoring.urls", namespace="edx_proctoring"))]
