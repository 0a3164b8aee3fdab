"""The remaining time of an interrupted attempt, to the second."""

import datetime

import pytest
from django.utils import timezone

from edx_proctoring import api, deadlines
from edx_proctoring.models import ProctoredExamStudentAttempt

pytestmark = pytest.mark.django_db


Attempt = ProctoredExamStudentAttempt


def resumed_with(attempt, seconds):
    """Return a new attempt that resumes one with this many seconds left."""
    old = attempt(status="error", is_resumable=True, time_remaining_seconds=seconds)
    api.mark_exam_attempt_as_ready_to_resume(old.pk)
    return api.create_exam_attempt(old.proctored_exam_id, old.user_id, True)


def start(attempt_id):
    api.update_attempt_status(attempt_id, "started")
    return Attempt.objects.get(pk=attempt_id)


@pytest.mark.defect("PYTHON-40")
def test_a_resumed_attempt_has_the_remaining_seconds(attempt):
    known = start(resumed_with(attempt, 119))
    left = deadlines.seconds_left(known, timezone.now())
    assert (known.status, known.allowed_time_limit_mins) == ("started", 2)
    assert 110 < left <= 119


@pytest.mark.defect("PYTHON-40")
def test_less_than_a_minute_can_be_resumed(attempt):
    known = start(resumed_with(attempt, 30))
    assert known.status == "started"
    assert 20 < deadlines.seconds_left(known, timezone.now()) <= 30


@pytest.mark.defect("PYTHON-40")
def test_no_remaining_time_is_not_the_full_time(attempt):
    assert start(resumed_with(attempt, 0)).status == "submitted"


MINUTE = datetime.timedelta(minutes=1)


def review(status, *texts, **more):
    remarks = [{"comment": text, "status": "ok"} for text in texts]
    return {"status": status, "comments": remarks, **more}


def running(attempt, minutes_ago, **more):
    begun = timezone.now() - minutes_ago * MINUTE
    columns = {"status": "started", "started_at": begun, "allowed_time_limit_mins": 90}
    return attempt(**{**columns, **more})


@pytest.mark.defect("PYTHON-41")
def test_the_remaining_time_is_stored_whoever_reports_the_error(attempt):
    known = running(attempt, minutes_ago=30)
    api.receive_review(known, review("not_reviewed"))
    known.refresh_from_db()
    assert known.status == "error"
    assert 3500 <= known.time_remaining_seconds <= 3600


@pytest.mark.defect("PYTHON-41")
def test_minutes_granted_since_the_interruption_are_added(attempt, staff):
    known = running(attempt, minutes_ago=30)
    exam_id, user_id = known.proctored_exam_id, known.user_id
    api.update_attempt_status(known.pk, "error")
    api.mark_exam_attempt_as_ready_to_resume(known.pk)
    api.add_allowance_for_user(exam_id, user_id, "additional_time_granted", "15")
    resumed = start(api.create_exam_attempt(exam_id, user_id, True))
    assert resumed.allowed_time_limit_mins == 75
    assert 74 * 60 + 50 < deadlines.seconds_left(resumed, timezone.now()) <= 75 * 60
