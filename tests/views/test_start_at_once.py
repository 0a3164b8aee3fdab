"""Creating a proctored attempt with `start_clock`."""

from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.testing.providers import FakeProvider
from tests.views.conftest import E

pytestmark = pytest.mark.django_db


@pytest.fixture
def without_setup(settings: Any) -> None:
    """Learners may start before the provider is ready, as published."""
    switch = {"ALLOW_START_WITHOUT_SETUP": True}
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, **switch}


def begin_as_proctored(client: APIClient, exam: ProctoredExam) -> ProctoredExamStudentAttempt:
    data = {"exam_id": exam.pk, "attempt_proctored": "true", "start_clock": "true"}
    response = client.post(f"{E}/attempt", data, format="json")
    newest = ProctoredExamStudentAttempt.objects.latest("id")
    assert (response.status_code, response.json()) == (200, {"exam_attempt_id": newest.pk})
    return newest


def test_a_proctored_attempt_does_not_start_immediately(
    exam: ProctoredExam, as_learner: APIClient, provider: FakeProvider
) -> None:
    one = begin_as_proctored(as_learner, exam)
    assert (one.status, one.started_at, one.allowed_time_limit_mins) == ("created", None, None)
    assert not provider.calls_of("start_exam_attempt")


@pytest.mark.usefixtures("without_setup")
def test_a_switch_lets_it_start_immediately(
    exam: ProctoredExam, as_learner: APIClient, provider: FakeProvider
) -> None:
    one = begin_as_proctored(as_learner, exam)
    assert (one.status, one.external_id, one.allowed_time_limit_mins) == (
        "started",
        "attempt-1",
        90,
    )
    assert one.started_at is not None
    assert [row.status for row in one.history.order_by("history_id")] == ["created", "started"]
    told = [call.method for call in provider.calls]
    assert told.index("register_exam_attempt") < told.index("start_exam_attempt")


@pytest.mark.usefixtures("without_setup")
def test_a_resumed_attempt_starts_immediately_with_the_remaining_time(
    exam: ProctoredExam, attempt: Any, as_learner: APIClient
) -> None:
    began = {
        "started_at": timezone.now(),
        "allowed_time_limit_mins": 90,
        "time_remaining_seconds": 600,
    }
    attempt(exam=exam, status="error", ready_to_resume=True, **began)
    one = begin_as_proctored(as_learner, exam)
    assert (one.status, one.time_remaining_seconds) == ("started", 600)


@pytest.mark.usefixtures("without_setup")
def test_an_attempt_that_needs_onboarding_does_not_start(
    exam: ProctoredExam, as_learner: APIClient, provider: FakeProvider
) -> None:
    provider.refuse_onboarding("onboarding_missing")
    one = begin_as_proctored(as_learner, exam)
    assert (one.status, one.started_at) == ("onboarding_missing", None)
