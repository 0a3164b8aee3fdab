"""Staff remove attempts of learners."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.testing.providers import FakeProvider
from tests.views.conftest import E

pytestmark = pytest.mark.django_db

HUGE = 10**30


def test_staff_remove_an_attempt(attempt: Any, as_staff: APIClient, provider: FakeProvider) -> None:
    one = attempt(status="submitted")
    response = as_staff.delete(f"{E}/attempt/{one.pk}")
    assert (response.status_code, response.content) == (200, b"")
    assert not ProctoredExamStudentAttempt.objects.exists()
    assert len(provider.calls_of("remove_exam_attempt")) == 1


def test_nothing_is_removed_while_the_provider_does_not_respond(
    attempt: Any, as_staff: APIClient, provider: FakeProvider
) -> None:
    provider.fail("remove_exam_attempt", ConnectionError("secret details"))
    one = attempt(status="submitted")
    response = as_staff.delete(f"{E}/attempt/{one.pk}")
    assert response.status_code == 502
    assert "temporarily unavailable" in response.json()["detail"]
    assert "secret" not in response.json()["detail"]
    assert ProctoredExamStudentAttempt.objects.exists()


@pytest.fixture
def keeps_attempts(provider: FakeProvider) -> None:
    """The provider cannot remove attempts."""
    provider.fail("remove_exam_attempt", NotImplementedError())


@pytest.mark.usefixtures("keeps_attempts")
@pytest.mark.parametrize(
    "route", ["attempt/{attempt}", "exam_id/{exam}/user_id/{user}/reset_attempts"]
)
def test_staff_can_remove_from_the_lms_only(
    route: str, attempt: Any, exam: ProctoredExam, learner: Any, as_staff: APIClient
) -> None:
    one = attempt(exam=exam, status="submitted")
    url = f"{E}/{route.format(attempt=one.pk, exam=exam.pk, user=learner.pk)}"
    response = as_staff.delete(url)
    assert response.status_code == 502
    assert "cannot remove attempts" in response.json()["detail"]
    assert "?keep_at_provider=true" in response.json()["detail"]
    assert as_staff.delete(f"{url}?keep_at_provider=no").status_code == 502
    assert ProctoredExamStudentAttempt.objects.exists()
    assert as_staff.delete(f"{url}?keep_at_provider=true").status_code == 200
    assert not ProctoredExamStudentAttempt.objects.exists()


@pytest.mark.usefixtures("keeps_attempts")
def test_learners_cannot_remove_attempts(attempt: Any, as_learner: APIClient) -> None:
    one = attempt(status="submitted")
    response = as_learner.delete(f"{E}/attempt/{one.pk}?keep_at_provider=true")
    assert response.status_code == 403
    assert ProctoredExamStudentAttempt.objects.exists()


def test_remove_all_of_a_learner(
    attempt: Any, exam: ProctoredExam, learner: Any, as_staff: APIClient
) -> None:
    attempt(exam=exam, status="error")
    attempt(exam=exam)
    url = f"{E}/exam_id/{exam.pk}/user_id/{learner.pk}/reset_attempts"
    response = as_staff.delete(url)
    assert (response.status_code, response.content) == (200, b"")
    assert not ProctoredExamStudentAttempt.objects.exists()
    response = as_staff.delete(url)
    assert response.status_code == 404
    assert isinstance(response.json(), str)


@pytest.mark.parametrize(("exam_id", "user_id"), [(HUGE, 1), (1, HUGE), (999999, 999999)])
def test_removing_all_attempts_of_an_unknown_learner(
    exam_id: int, user_id: int, as_global_staff: APIClient
) -> None:
    url = f"{E}/exam_id/{exam_id}/user_id/{user_id}/reset_attempts"
    assert as_global_staff.delete(url).status_code == 404
