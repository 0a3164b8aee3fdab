"""Routes 21 and 31: the provider's dashboard."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from edx_proctoring.models import ProctoredExam
from edx_proctoring.testing.factories import COURSE_ID
from edx_proctoring.testing.providers import FakeProvider
from tests.views.conftest import OTHER_COURSE, V1

pytestmark = pytest.mark.django_db

URL = f"{V1}/instructor/{COURSE_ID}"


def refused(response: Any, status: int) -> str:
    """The text of a refusal, which a frame may show."""
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


def test_a_provider_that_is_gone(make_exam: Any, as_staff: APIClient) -> None:
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
