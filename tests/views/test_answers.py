"""Short responses of the REST interface."""

import datetime

import pytest
import time_machine
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.exceptions import (
    BackendProviderCannotRegisterAttempt,
    BackendProviderSentNoAttemptID,
)
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.testing.factories import COURSE_ID, AllowanceFactory
from tests.unknown import NO_SUCH_ID
from tests.views.conftest import V1, E, practice, started

pytestmark = pytest.mark.django_db


Attempt = ProctoredExamStudentAttempt


@pytest.mark.defect("REST-D18")
def test_zero_seconds_left(attempt, exam, as_learner, as_staff, learner):
    now = timezone.now()
    begun = now - datetime.timedelta(minutes=90)
    known = started(attempt, exam=exam, started_at=begun)
    with time_machine.travel(now, tick=False):
        as_learner.put(f"{E}/attempt/{known.pk}", {"action": "error"})
    known.refresh_from_db()
    assert (known.status, known.time_remaining_seconds) == ("error", 0)
    resume = {"action": "mark_ready_to_resume", "user_id": learner.pk}
    assert as_staff.put(f"{E}/attempt/{known.pk}", resume).status_code == 200
    data = {"exam_id": exam.pk, "attempt_proctored": "true"}
    new = Attempt.objects.get(pk=as_learner.post(f"{E}/attempt", data).json()["exam_attempt_id"])
    assert new.time_remaining_seconds == 0
    api.update_attempt_status(new.pk, "started")
    new.refresh_from_db()
    assert (new.status, new.allowed_time_limit_mins) == ("submitted", 0)


@pytest.mark.defect("REST-D19")
@pytest.mark.parametrize(
    "error",
    [
        BackendProviderSentNoAttemptID({"secret": "answer"}, 200),
        BackendProviderCannotRegisterAttempt("secret", 401),
        BackendProviderCannotRegisterAttempt("secret", 404),
    ],
)
def test_the_providers_response_is_not_passed_on(error, exam, provider, as_learner, caplog):
    provider.fail("register_exam_attempt", error)
    data = {"exam_id": exam.pk, "attempt_proctored": "true"}
    response = as_learner.post(f"{E}/attempt", data)
    assert response.status_code == 502
    assert "secret" not in response.json()["detail"]
    assert not Attempt.objects.exists()


@pytest.mark.defect("REST-D20")
def test_without_a_configuration_the_settings_are_empty(exam, provider, as_learner):
    provider.answer("get_proctoring_config", None)
    answer = as_learner.get(f"{E}/settings/exam_id/{exam.pk}/").json()
    assert answer["exam_proctoring_backend"] == {}


@pytest.mark.defect("REST-D21")
def test_an_unknown_exam_has_no_policy(exam, as_learner):
    assert as_learner.get(f"{E}/review_policy/exam_id/{NO_SUCH_ID}/").status_code == 400
    known = as_learner.get(f"{E}/review_policy/exam_id/{exam.pk}/")
    assert known.json() == {"review_policy": None}


@pytest.mark.defect("REST-D22")
def test_kept_results_are_acknowledged_in_any_status(attempt, as_learner, settings):
    settings.PROCTORED_EXAM_VIEWABLE_PAST_DUE = True
    known = started(attempt)
    assert as_learner.put(f"{E}/attempt/{known.pk}/review_status").status_code == 200
    assert Attempt.objects.get().is_status_acknowledged


BEGUN = {"started_at": timezone.now(), "completed_at": timezone.now()}


@pytest.mark.defect("REST-D23")
def test_dates_are_utc(attempt, onboarding, learner, as_learner, as_staff, settings):
    settings.TIME_ZONE = "Asia/Tokyo"
    known = practice(attempt, onboarding, "verified", **BEGUN)
    started(attempt, exam=onboarding)
    AllowanceFactory(proctored_exam=onboarding, user=learner)
    page = as_staff.get(f"{E}/attempt/grouped/course_id/{COURSE_ID}").json()
    (found,) = page["proctored_exam_attempts"]
    (granted,) = as_staff.get(f"{E}/{COURSE_ID}/allowance").json()
    polled = as_learner.get(f"{E}/attempt/{known.pk}").json()
    status = as_learner.get(f"{V1}/user_onboarding/status", {"course_id": COURSE_ID}).json()
    dates = [found[name] for name in ("created", "modified", "started_at")]
    dates += [granted[name] for name in ("created", "modified")]
    dates += [polled[name] for name in ("created", "modified", "started_at", "completed_at")]
    assert all(date.endswith("Z") for date in [*dates, status["expiration_date"]])
