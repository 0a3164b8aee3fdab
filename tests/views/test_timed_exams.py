"""A timed exam without a running clock shows no questions."""

import datetime
from typing import Any

import pytest
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.models import ProctoredExamStudentAttempt
from tests.views.conftest import E, started
from tests.views.test_opting_out import put, screen

pytestmark = pytest.mark.django_db

Attempt = ProctoredExamStudentAttempt
AGAIN = ("error", "decline", "click_download_software")


def create(client: Any, exam: Any, *, clock: bool) -> Any:
    data = {"exam_id": exam.pk, "start_clock": clock}
    return client.post(f"{E}/attempt", data, format="json")


@pytest.mark.parametrize("status", ["started", "ready_to_submit"])
@pytest.mark.parametrize("action", ["error", "decline"])
def test_a_started_attempt_is_submitted(
    attempt: Any, timed_exam: Any, as_learner: Any, learner: Any, action: str, status: str
) -> None:
    one = started(attempt, exam=timed_exam, taking_as_proctored=False)
    Attempt.objects.filter(pk=one.pk).update(status=status)
    answer = put(as_learner, one, action)
    one.refresh_from_db()
    assert (answer.json(), one.status) == ({"exam_attempt_id": one.pk}, "submitted")
    assert screen(timed_exam, learner) == "timed-submitted"


@pytest.mark.parametrize("status", ["created", "download_software_clicked", "ready_to_start"])
@pytest.mark.parametrize("action", AGAIN)
def test_actions_before_the_start_have_no_effect(
    attempt: Any, timed_exam: Any, as_learner: Any, learner: Any, action: str, status: str
) -> None:
    one = attempt(exam=timed_exam, taking_as_proctored=False, status=status)
    answer = put(as_learner, one, action)
    one.refresh_from_db()
    known = False if action == "error" else one.pk
    assert (answer.status_code, answer.json()["exam_attempt_id"]) == (200, known)
    assert (one.status, screen(timed_exam, learner)) == (status, "timed-entrance")
    assert create(as_learner, timed_exam, clock=True).json()["exam_attempt_id"] == one.pk
    one.refresh_from_db()
    assert (one.status, one.allowed_time_limit_mins) == ("started", 90)
    assert screen(timed_exam, learner) is None


def test_actions_after_the_end_have_no_effect(
    attempt: Any, timed_exam: Any, as_learner: Any
) -> None:
    began = timezone.now() - datetime.timedelta(hours=1)
    columns = {"started_at": began, "completed_at": timezone.now(), "allowed_time_limit_mins": 90}
    one = attempt(exam=timed_exam, taking_as_proctored=False, status="submitted", **columns)
    for action in AGAIN:
        assert put(as_learner, one, action).status_code == 200
    one.refresh_from_db()
    assert one.status == "submitted"


def test_a_second_creation_without_start_clock_does_not_start_the_attempt(
    timed_exam: Any, as_learner: Any
) -> None:
    assert create(as_learner, timed_exam, clock=False).status_code == 200
    assert create(as_learner, timed_exam, clock=False).status_code == 400
    assert Attempt.objects.get().status == "created"


def test_a_resumed_attempt_has_the_remaining_time(
    attempt: Any, timed_exam: Any, as_learner: Any, learner: Any
) -> None:
    """Only staff and other code can interrupt a timed exam."""
    one = started(attempt, exam=timed_exam, taking_as_proctored=False)
    api.update_attempt_status(one.pk, "error", reason="staff")
    assert screen(timed_exam, learner) == "timed-submitted"
    api.mark_exam_attempt_as_ready_to_resume(one.pk)
    assert screen(timed_exam, learner) == "timed-entrance"
    answer = create(as_learner, timed_exam, clock=True)
    resumed = Attempt.objects.get(pk=answer.json()["exam_attempt_id"])
    assert 89 * 60 < resumed.time_remaining_seconds <= 90 * 60
    assert (resumed.status, screen(timed_exam, learner)) == ("started", None)


def test_a_switch_restores_the_published_behaviour(
    attempt: Any, timed_exam: Any, as_learner: Any, learner: Any, settings: Any
) -> None:
    switch = {"TIMED_EXAM_FALLS_THROUGH": True}
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, **switch}
    for action, status in (("error", "error"), ("click_download_software", None)):
        one = attempt(exam=timed_exam, taking_as_proctored=False)
        assert put(as_learner, one, action).status_code == 200
        one.refresh_from_db()
        assert one.status == (status or "download_software_clicked")
        assert screen(timed_exam, learner) is None
        assert create(as_learner, timed_exam, clock=True).status_code == 400
