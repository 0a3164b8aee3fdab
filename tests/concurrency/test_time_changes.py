"""Grants and pauses at the same time as submissions, time-outs, and one another."""

import datetime

import pytest
from django.utils import timezone

from edx_proctoring import api, deadlines, lifecycle, operations
from edx_proctoring.exceptions import ProctoredExamIllegalStatusTransition, TimeChangeNotAllowed
from edx_proctoring.models import ProctoredExamStudentAttempt, TimeAdjustment
from edx_proctoring.testing.factories import AttemptFactory, UserFactory
from tests.concurrency.parallel import together

pytestmark = pytest.mark.django_db(transaction=True)

Attempt = ProctoredExamStudentAttempt
MINUTE = datetime.timedelta(minutes=1)
ATTEMPTS = "proctoring_proctoredexamstudentattempt"


@pytest.fixture
def running(exam, learner):
    """Return an attempt that has just started."""
    known = AttemptFactory(proctored_exam=exam, user=learner, status="ready_to_start")
    return lifecycle.transition(known, "started")


def stored(attempt):
    return Attempt.objects.get(pk=attempt.pk)


def kinds():
    return sorted(TimeAdjustment.objects.exclude(kind="allotment").values_list("kind", flat=True))


def test_a_grant_during_a_submission(running):
    """The grant either comes first, or is refused and leaves no row."""
    before = deadlines.read(running).ends_at
    granted, submitted = together(
        lambda: api.extend_attempt(running.pk, 600),
        lambda: api.update_attempt_status(running.pk, "submitted"),
        meet_at=ATTEMPTS,
    )
    assert submitted == running.pk
    assert stored(running).status == "submitted"
    if isinstance(granted, TimeChangeNotAllowed):
        assert kinds() == []
    else:
        assert kinds() == ["grant"]
        assert granted.ends_at == before + 10 * MINUTE


def test_a_pause_during_a_time_out(exam, learner):
    """The first one wins: a paused attempt does not end, and an ended attempt is not paused."""
    limit = exam.time_limit_mins * MINUTE
    known = AttemptFactory(
        proctored_exam=exam,
        user=learner,
        status="started",
        started_at=timezone.now() - limit + datetime.timedelta(milliseconds=150),
        allowed_time_limit_mins=exam.time_limit_mins,
    )
    paused, swept = together(
        lambda: api.pause_attempt(known.pk), operations.submit_expired_attempts
    )
    later = operations.submit_expired_attempts()
    if isinstance(paused, ProctoredExamIllegalStatusTransition):
        assert kinds() == []
        assert (stored(known).status, swept.ended + later.ended) == ("submitted", 1)
    else:
        assert kinds() == ["pause"]
        assert (stored(known).status, swept.ended + later.ended) == ("started", 0)


def test_a_pause_during_the_start_callback(running):
    paused, answered = together(
        lambda: api.pause_attempt(running.pk),
        lambda: api.unless_paused(
            running.pk, lambda: api.update_attempt_status(running.pk, "submitted")
        ),
        meet_at=ATTEMPTS,
    )
    if isinstance(paused, ProctoredExamIllegalStatusTransition):
        assert (answered, stored(running).status, kinds()) == (True, "submitted", [])
    else:
        assert (answered, stored(running).status, kinds()) == (False, "started", ["pause"])


def test_two_grants_with_the_same_key(running):
    before = deadlines.read(running).ends_at
    results = together(
        *[lambda: api.extend_attempt(running.pk, 600, key="alarm") for _ in range(4)],
        meet_at=ATTEMPTS,
    )
    assert sorted(result.changed for result in results) == [False, False, False, True]
    assert kinds() == ["grant"]
    assert deadlines.read(stored(running)).ends_at == before + 10 * MINUTE


def test_two_grants_with_different_keys(running):
    before = deadlines.read(running).ends_at
    together(
        lambda: api.extend_attempt(running.pk, 600, key="one"),
        lambda: api.extend_attempt(running.pk, 300, key="two"),
        meet_at=ATTEMPTS,
    )
    assert deadlines.read(stored(running)).ends_at == before + 15 * MINUTE
    minutes = running.proctored_exam.time_limit_mins + 15
    assert stored(running).allowed_time_limit_mins == minutes


def test_the_same_key_for_two_learners(running, exam):
    """No lock separates them: one grant is stored, the other one is refused."""
    other = AttemptFactory(proctored_exam=exam, user=UserFactory(), status="ready_to_start")
    other = lifecycle.transition(other, "started")
    results = together(
        lambda: api.extend_attempt(running.pk, 600, key="alarm"),
        lambda: api.extend_attempt(other.pk, 600, key="alarm"),
        meet_at="proctoring_timeadjustment",
    )
    refused = [result for result in results if isinstance(result, TimeChangeNotAllowed)]
    assert (len(refused), kinds()) == (1, ["grant"])


def test_two_pauses_and_two_continuations(running):
    pauses = together(*[lambda: api.pause_attempt(running.pk) for _ in range(3)], meet_at=ATTEMPTS)
    assert sorted(result.changed for result in pauses) == [False, False, True]
    ends = together(*[lambda: api.continue_attempt(running.pk) for _ in range(3)], meet_at=ATTEMPTS)
    assert sorted(result.changed for result in ends) == [False, False, True]
    assert kinds() == ["pause"]


def test_a_grant_during_a_raised_limit_and_an_allowance(running):
    """None of the three is lost, whichever comes first."""
    exam, before = running.proctored_exam, deadlines.read(running).ends_at
    together(
        lambda: api.extend_attempt(running.pk, 600),
        lambda: api.update_exam(exam.pk, time_limit_mins=exam.time_limit_mins + 20),
        lambda: api.add_allowance_for_user(
            exam.pk, running.user_id, "additional_time_granted", "30"
        ),
    )
    assert deadlines.read(stored(running)).ends_at == before + 60 * MINUTE
    assert stored(running).allowed_time_limit_mins == exam.time_limit_mins + 60


def test_an_allowance_during_an_interruption(exam, learner):
    """It counts once, whether it comes before or after the interruption."""
    running = AttemptFactory(proctored_exam=exam, user=learner, status="ready_to_start")
    running = lifecycle.transition(running, "started")
    exam_id, user_id = running.proctored_exam_id, running.user_id
    results = together(
        lambda: api.add_allowance_for_user(exam_id, user_id, "additional_time_granted", "30"),
        lambda: api.update_attempt_status(running.pk, "error"),
        meet_at=ATTEMPTS,
    )
    assert results[1] == running.pk
    kept = deadlines.seconds_kept(stored(running))
    whole = (exam.time_limit_mins + 30) * 60
    assert whole - 60 < kept <= whole
