"""Routes 21 and 31: the provider's dashboard."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from edx_proctoring import api
from edx_proctoring.crypto import obscured_user_id
from edx_proctoring.models import ProctoredExam
from edx_proctoring.testing.factories import COURSE_ID, UserFactory
from edx_proctoring.testing.providers import FakeProvider
from tests.views.conftest import OTHER_COURSE, V1

pytestmark = pytest.mark.django_db

URL = f"{V1}/instructor/{COURSE_ID}"


def refused(response: Any, status: int) -> str:
    """Return the text of a refusal, which a frame may show."""
    assert response.status_code == status
    assert response.headers.get("X-Frame-Options") == ("sameorigin" if status == 404 else None)
    text: str = response.json()
    assert isinstance(text, str)
    return text


def test_to_the_course(exam: ProctoredExam, as_staff: APIClient, provider: FakeProvider) -> None:
    response = as_staff.get(f"{URL}?attempt=remote-1&config=true")
    assert response.status_code == 302
    assert response["Location"] == "https://provider.example.com/dashboard"
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["Cache-Control"] == "no-store"
    [call] = provider.calls_of("get_instructor_url")
    assert call.args[0] == COURSE_ID
    assert call.kwargs["exam_id"] is None
    assert call.kwargs["attempt_id"] is None


@pytest.mark.parametrize(("config", "shown"), [("true", True), ("TRUE", True), ("1", False)])
def test_to_an_exam(
    config: str, shown: bool, make_exam: Any, as_staff: APIClient, provider: FakeProvider
) -> None:
    exam = make_exam(is_active=False)
    response = as_staff.get(f"{URL}/{exam.pk}?attempt=any&config={config}")
    assert response.status_code == 302
    [call] = provider.calls_of("get_instructor_url")
    assert call.kwargs["exam_id"] == exam.external_id
    assert call.kwargs["attempt_id"] == "any"
    assert call.kwargs["show_configuration_dashboard"] is shown
    assert set(call.args[1]) == {"id", "full_name", "email"}


@pytest.mark.defect("REST-B23", "BACKENDS-B18")
@pytest.mark.parametrize("exam_id", [0, 999999, 10**30])
def test_unknown_exam(exam_id: int, as_staff: APIClient) -> None:
    refused(as_staff.get(f"{URL}/{exam_id}"), 404)


def test_an_exam_of_another_course(
    make_exam: Any, as_staff: APIClient, provider: FakeProvider
) -> None:
    exam = make_exam(course_id=OTHER_COURSE)
    refused(as_staff.get(f"{URL}/{exam.pk}"), 404)
    assert not provider.calls_of("get_instructor_url")


def test_an_attempt_of_another_exam(make_exam: Any, attempt: Any, as_staff: APIClient) -> None:
    foreign = attempt(exam=make_exam())
    exam = make_exam()
    refused(as_staff.get(f"{URL}/{exam.pk}?attempt={foreign.external_id}"), 404)


def test_an_attempt_by_our_id(
    make_exam: Any, attempt: Any, as_staff: APIClient, provider: FakeProvider
) -> None:
    own, foreign = attempt(exam=make_exam()), attempt(exam=make_exam())
    unknown = attempt(exam=own.proctored_exam, user=UserFactory(), external_id=None)
    url = f"{URL}/{own.proctored_exam_id}"
    for refusable in (foreign, unknown):
        text = refused(as_staff.get(f"{url}?id={refusable.pk}"), 404)
        assert text == "The provider does not know this attempt."
    assert as_staff.get(f"{url}?id={own.pk}").status_code == 302
    [call] = provider.calls_of("get_instructor_url")
    assert call.kwargs["attempt_id"] == own.external_id


def test_a_course_without_proctored_exams(timed_exam: ProctoredExam, as_staff: APIClient) -> None:
    text = refused(as_staff.get(URL), 404)
    assert text == f"No proctored exams in course {COURSE_ID}"
    assert refused(as_staff.get(f"{URL}/{timed_exam.pk}"), 404) == text


def test_a_course_without_exams(as_staff: APIClient, db: None) -> None:
    refused(as_staff.get(URL), 404)


def test_a_provider_without_a_dashboard(
    exam: ProctoredExam, as_staff: APIClient, provider: FakeProvider
) -> None:
    provider.answer("get_instructor_url", None)
    assert refused(as_staff.get(URL), 404) == "No instructor dashboard for Test Provider"


def test_a_course_with_two_providers(make_exam: Any, as_staff: APIClient) -> None:
    make_exam()
    make_exam(backend="mock")
    assert "Multiple backends for course" in refused(as_staff.get(URL), 400)


def test_timed_exams_and_the_default_are_no_second_provider(
    make_exam: Any, as_staff: APIClient
) -> None:
    make_exam()
    make_exam(backend=None)
    make_exam(is_proctored=False, backend="mock")
    assert as_staff.get(URL).status_code == 302


def test_a_provider_that_is_not_configured(make_exam: Any, as_staff: APIClient) -> None:
    exam = make_exam(backend="gone")
    refused(as_staff.get(f"{URL}/{exam.pk}"), 404)
    refused(as_staff.get(URL), 404)


def test_the_providers_user_is_not_named(
    exam: ProctoredExam, as_staff: APIClient, staff: Any, provider: FakeProvider
) -> None:
    as_staff.get(f"{URL}/{exam.pk}")
    user = provider.calls_of("get_instructor_url")[0].args[1]
    assert user["id"] not in (staff.pk, str(staff.pk))
    assert user["email"] == staff.email


BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def ancestors(response: Any) -> str:
    """The origins that may frame the page."""
    assert response["Content-Type"].startswith("text/html")
    assert "X-Frame-Options" not in response.headers
    policy: str = response["Content-Security-Policy"]
    return policy.removeprefix("frame-ancestors ")


@pytest.fixture
def framed(settings: Any) -> None:
    """A host that forbids frames in general, with its dashboard in a micro-frontend."""
    clickjacking = "django.middleware.clickjacking.XFrameOptionsMiddleware"
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, clickjacking]
    settings.LEARNING_MICROFRONTEND_URL = "https://apps.example.com/learning"
    settings.INSTRUCTOR_MICROFRONTEND_URL = "https://staff.example.com:8443/instructor"


@pytest.mark.parametrize("accept", ["text/html", BROWSER])
def test_a_browser_gets_a_page_that_micro_frontends_may_frame(
    accept: str, as_staff: APIClient, framed: None, settings: Any
) -> None:
    settings.PROCTORING_SETTINGS = {"FRAME_ANCESTORS": ["https://portal.example.com"]}
    response = as_staff.get(URL, HTTP_ACCEPT=accept)
    assert response.status_code == 404
    assert ancestors(response) == (
        "'self' https://apps.example.com https://staff.example.com:8443 https://portal.example.com"
    )
    assert f"No proctored exams in course {COURSE_ID}" in response.content.decode()


@pytest.mark.parametrize("role", ["anonymous", "learner"])
def test_a_browser_gets_a_readable_403(
    role: str, exam: ProctoredExam, client_for: Any, learner: Any, framed: None
) -> None:
    client = client_for(learner) if role == "learner" else APIClient()
    published = client.get(URL)
    response = client.get(URL, HTTP_ACCEPT=BROWSER)
    assert response.status_code == published.status_code == 403
    assert published["Content-Type"] == "application/json"
    assert "https://apps.example.com" in ancestors(response)
    assert "provider.example.com" not in response.content.decode()


@pytest.mark.parametrize("failure", [RuntimeError("down"), TimeoutError()])
def test_a_browser_gets_a_readable_page_if_the_provider_is_down(
    failure: Exception,
    exam: ProctoredExam,
    as_staff: APIClient,
    provider: FakeProvider,
    framed: None,
) -> None:
    provider.fail("get_instructor_url", failure)
    response = as_staff.get(URL, HTTP_ACCEPT=BROWSER)
    assert response.status_code == 502
    assert "https://apps.example.com" in ancestors(response)
    assert "temporarily unavailable" in response.content.decode()


def test_a_browser_is_redirected_as_before(exam: ProctoredExam, as_staff: APIClient) -> None:
    response = as_staff.get(URL, HTTP_ACCEPT="text/html")
    assert response.status_code == 302


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/json,text/html;q=0.5"])
def test_other_clients_get_the_published_text(accept: str, as_staff: APIClient, db: None) -> None:
    refused(as_staff.get(URL, HTTP_ACCEPT=accept), 404)


def test_the_page_shows_the_detail_as_text(as_staff: APIClient, db: None) -> None:
    course = "course-v1:edX+<script>+2026"
    response = as_staff.get(f"{V1}/instructor/{course}", HTTP_ACCEPT="text/html")
    assert response.status_code in (403, 404)
    assert "<script>" not in response.content.decode()


@pytest.mark.defect("REST-A6")
def test_a_dashboard_shows_only_exams_of_the_course(make_exam, attempt, clients):
    foreign = attempt()
    own = make_exam(course_id=OTHER_COURSE)
    client, url = clients["foreign_staff"], f"{V1}/instructor/{OTHER_COURSE}"
    assert client.get(f"{url}/{foreign.proctored_exam_id}").status_code == 404
    assert client.get(f"{url}/{own.pk}?attempt={foreign.external_id}").status_code == 404
    assert client.get(f"{url}/{own.pk}?attempt=unknown").status_code == 302


@pytest.mark.defect("REST-A6")
@pytest.mark.parametrize("removed", [False, True])
def test_an_attempt_of_another_exam_with_the_default_provider(
    make_exam, attempt, as_staff, staff, provider, removed
):
    provider.answer("get_instructor_url", "https://provider.example.com")
    own = make_exam(backend="test", external_id="e1")
    other = attempt(exam=make_exam(backend=None, course_id=OTHER_COURSE), external_id="foreign")
    if removed:
        api.remove_exam_attempt(other.pk, staff)
    url = f"{V1}/instructor/{COURSE_ID}/{own.pk}"
    assert as_staff.get(url).status_code == 302
    assert as_staff.get(url, {"attempt": "unknown"}).status_code == 302
    assert as_staff.get(url, {"attempt": "foreign"}).status_code == 404


@pytest.mark.defect("BACKENDS-A13")
def test_redirects_to_the_dashboard_are_not_cached_and_send_no_referrer(exam, provider, as_staff):
    url = "https://provider.example.com/dashboard?jwt=eyJ.eyJ.x"
    provider.answer("get_instructor_url", url)
    response = as_staff.get(f"{V1}/instructor/{COURSE_ID}")
    assert (response.status_code, response["Location"]) == (302, url)
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["Cache-Control"] == "no-store"


@pytest.mark.defect("REST-D13")
def test_the_dashboard_is_that_of_the_courses_provider(make_exam, as_staff, staff, provider):
    make_exam(backend=None)
    make_exam(backend="test")
    make_exam(is_proctored=False, backend="null")
    assert as_staff.get(f"{V1}/instructor/{COURSE_ID}").status_code == 302
    (call,) = provider.calls_of("get_instructor_url")
    assert call.args[0] == COURSE_ID
    assert call.args[1]["id"] == obscured_user_id(staff.pk, "test")
    make_exam(backend="mock")
    response = as_staff.get(f"{V1}/instructor/{COURSE_ID}")
    assert response.status_code == 400
    assert "Multiple backends for course" in response.json()
