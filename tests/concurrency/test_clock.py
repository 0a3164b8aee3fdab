"""The sweep of overdue attempts runs concurrently with learners and with another sweep."""

import datetime

import pytest
from django.utils import timezone

from edx_proctoring import api, operations
from edx_proctoring.models import OutboxMessage, ProctoredExamStudentAttempt
from edx_proctoring.testing.factories import AttemptFactory, UserFactory
from tests.concurrency.parallel import together

pytestmark = pytest.mark.django_db(transaction=True)

Attempt = ProctoredExamStudentAttempt
MINUTE = datetime.timedelta(minutes=1)


def test_concurrent_sweeps_and_learners_end_each_attempt_once(exam, provider):
    """Two sweeps, and learners who submit, open their pages, or have time left."""
    now = timezone.now()
    started = [now - 30 * MINUTE] * 8 + [now] * 2
    attempts = [
        AttemptFactory(
            proctored_exam=exam,
            user=UserFactory(),
            status="started",
            started_at=moment,
            allowed_time_limit_mins=20,
        )
        for moment in started
    ]
    *overdue, _running, submitting = attempts
    results = together(
        operations.submit_expired_attempts,
        operations.submit_expired_attempts,
        lambda: api.update_attempt_status(overdue[0].pk, "submitted"),
        lambda: api.get_exam_attempt_by_id(overdue[7].pk),
        lambda: api.update_attempt_status(submitting.pk, "submitted"),
    )
    assert not [result for result in results if isinstance(result, Exception)]
    assert [sweep.failed for sweep in results[:2]] == [0, 0]
    assert sum(sweep.ended for sweep in results[:2]) in (6, 7, 8)  # the rest their learners ended
    ended = Attempt.objects.filter(status="submitted").in_bulk()
    assert set(ended) == {attempt.pk for attempt in (*overdue[:8], submitting)}
    for attempt in overdue[:8]:
        assert ended[attempt.pk].completed_at == attempt.started_at + 20 * MINUTE
    assert Attempt.history.filter(status="submitted").count() == len(ended)
    for kind in ("signal", "email", "provider_notice"):
        assert OutboxMessage.objects.filter(kind=kind).count() == len(ended)
    assert Attempt.objects.filter(status="started").count() == 1
