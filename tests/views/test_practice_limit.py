"""The limit of practice attempts per learner and hour."""

import datetime
from typing import Any

import pytest
from rest_framework.test import APIClient

from edx_proctoring import api
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.testing.factories import UserFactory
from tests.views.conftest import E

pytestmark = pytest.mark.django_db

Attempt = ProctoredExamStudentAttempt


def create(client: APIClient, exam: Any) -> Any:
    body = {"exam_id": exam.pk, "attempt_proctored": True}
    return client.post(f"{E}/attempt", body, format="json")


@pytest.fixture
def two_an_hour(settings: Any) -> None:
    settings.PROCTORING_SETTINGS = {
        **settings.PROCTORING_SETTINGS,
        "PRACTICE_ATTEMPTS_PER_HOUR": 2,
    }


def test_twenty_an_hour(as_learner: APIClient, practice_exam: Any, provider: Any) -> None:
    codes = [create(as_learner, practice_exam).status_code for _ in range(20)]
    assert codes == [200] * 20
    refused = create(as_learner, practice_exam)
    assert refused.status_code == 429
    assert 3000 < int(refused["Retry-After"]) <= 3601
    assert list(refused.json()) == ["detail"]
    assert len(provider.calls_of("register_exam_attempt")) == 20


@pytest.mark.usefixtures("two_an_hour")
def test_resets_count_even_if_they_remove_the_attempt(
    as_learner: APIClient, practice_exam: Any, attempt: Any
) -> None:
    known = attempt(exam=practice_exam, status="submitted", is_sample_attempt=True)
    for expected in (200, 429):
        url = f"{E}/attempt/{known.pk}"
        response = as_learner.put(url, {"action": "reset_attempt"}, format="json")
        assert response.status_code == expected
        if expected == 200:
            known = Attempt.objects.get()
            Attempt.objects.update(status="submitted")
    assert Attempt.objects.get().pk == known.pk
    assert int(response["Retry-After"]) > 0


@pytest.mark.usefixtures("two_an_hour")
def test_other_learners_graded_exams_and_the_next_hour_are_not_limited(
    as_learner: APIClient, client_for: Any, practice_exam: Any, make_exam: Any, learner: Any
) -> None:
    other_practice = make_exam(is_practice_exam=True)
    assert create(as_learner, practice_exam).status_code == 200
    assert create(as_learner, other_practice).status_code == 200
    assert create(as_learner, practice_exam).status_code == 429
    assert create(client_for(UserFactory()), practice_exam).status_code == 200
    assert create(as_learner, make_exam()).status_code == 200
    assert api.create_exam_attempt(practice_exam.pk, learner.pk, True)  # the host may
    for row in Attempt.history.filter(user_id=learner.pk):
        row.history_date -= datetime.timedelta(hours=1)
        row.save()
    assert create(as_learner, practice_exam).status_code == 200


def test_hosts_may_disable_the_limit(
    as_learner: APIClient, practice_exam: Any, settings: Any
) -> None:
    settings.PROCTORING_SETTINGS = {
        **settings.PROCTORING_SETTINGS,
        "PRACTICE_ATTEMPTS_PER_HOUR": 0,
    }
    assert {create(as_learner, practice_exam).status_code for _ in range(22)} == {200}
