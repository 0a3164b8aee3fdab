"""Parallel requests of one learner have the effect of one."""

import datetime
import threading

import pytest
from django.db import connection, transaction
from django.utils import timezone

from edx_proctoring import api, lifecycle
from edx_proctoring.exceptions import (
    ProctoredExamIllegalStatusTransition,
    StudentExamAttemptAlreadyExistsException,
)
from edx_proctoring.models import (
    ProctoredExamStudentAttempt,
    ProctoringReservation,
)
from tests.concurrency.parallel import LOCK_KEEPS_THEM, together, told

pytestmark = pytest.mark.django_db

Attempt = ProctoredExamStudentAttempt
ATTEMPTS = "proctoredexamstudentattempt"
MINUTE = datetime.timedelta(minutes=1)


@pytest.mark.parametrize("proctored", [True, False])
def test_parallel_creations_create_one_attempt(exam, learner, provider, proctored):
    results = together(
        *[lambda: api.create_exam_attempt(exam.pk, learner.pk, proctored) for _ in range(6)],
        meet_at=ATTEMPTS,
    )
    assert Attempt.objects.count() == 1
    assert len([result for result in results if isinstance(result, int)]) == 1
    registered = [call for call in provider.calls if call.method == "register_exam_attempt"]
    assert len(registered) == (1 if proctored else 0)
    assert not ProctoringReservation.objects.exists()


@pytest.mark.defect("PYTHON-2")
def test_parallel_starts_start_once(attempt, provider):
    known = attempt(status="ready_to_start")
    results = together(
        *[lambda: api.update_attempt_status(known.pk, "started") for _ in range(6)],
        meet_at=ATTEMPTS,
    )
    assert results == [known.pk] * 6
    assert told("signal") == told("provider_notice") == 1
    assert len(provider.calls_of("start_exam_attempt")) == 1
    started = Attempt.history.filter(id=known.pk, status="started")
    assert started.count() == 1
    assert Attempt.objects.get().started_at == started.get().started_at


@pytest.mark.defect("PYTHON-3")
def test_parallel_polls_end_an_overdue_attempt_once(attempt, provider):
    started_at = timezone.now() - 91 * MINUTE
    known = attempt(status="started", started_at=started_at, allowed_time_limit_mins=90)
    together(*[lambda: api.get_exam_attempt_by_id(known.pk)] * 6, meet_at=ATTEMPTS)
    ended = Attempt.objects.get()
    assert (ended.status, ended.completed_at) == ("submitted", started_at + 90 * MINUTE)
    assert told("signal") == told("email") == told("event") == told("completion") == 1
    assert len(provider.calls_of("stop_exam_attempt")) == 1


def test_parallel_submissions_submit_once(attempt):
    known = attempt(status="started", started_at=timezone.now(), allowed_time_limit_mins=90)
    together(*[lambda: api.update_attempt_status(known.pk, "submitted") for _ in range(6)])
    assert told("signal") == told("email") == told("provider_notice") == 1
    assert Attempt.history.filter(id=known.pk).count() == 2


def test_a_submission_and_a_time_out_end_the_attempt_once(attempt):
    started_at = timezone.now() - 91 * MINUTE
    known = attempt(status="started", started_at=started_at, allowed_time_limit_mins=90)
    together(
        *[lambda: api.get_exam_attempt_by_id(known.pk)] * 3,
        *[lambda: api.update_attempt_status(known.pk, "submitted")] * 3,
    )
    assert Attempt.objects.get().status == "submitted"
    assert told("signal") == told("email") == 1


def test_a_creation_during_a_removal(exam, learner, staff, attempt, provider):
    old = attempt(exam=exam, status="error", is_resumable=True, external_id="old")
    lifecycle.ready_to_resume(old)
    together(
        lambda: api.create_exam_attempt(exam.pk, learner.pk, True),
        lambda: api.remove_exam_attempt(old.pk, staff),
    )
    held = set(Attempt.objects.values_list("external_id", flat=True))
    registered = {call.result for call in provider.calls if call.method == "register_exam_attempt"}
    removed = {call.args[1] for call in provider.calls if call.method == "remove_exam_attempt"}
    assert registered - held <= removed
    assert not ProctoringReservation.objects.exists()


def test_300_first_time_learners_of_one_exam(make_exam, django_user_model, provider):
    """None of them has a row that could be locked yet."""
    exam = make_exam()
    django_user_model.objects.bulk_create(
        [django_user_model(username=f"first-time{number}") for number in range(300)]
    )
    users = list(django_user_model.objects.filter(username__startswith="first-time"))
    threads = 8 if connection.vendor == "sqlite" else 40
    results = together(
        *[lambda user=user: api.create_exam_attempt(exam.pk, user.pk, True) for user in users],
        threads=threads,
    )
    assert [result for result in results if not isinstance(result, int)] == []
    assert Attempt.objects.count() == len(provider.calls_of("register_exam_attempt")) == 300


def test_two_clicks_create_the_same_attempt(exam, learner, provider):
    """The second click waits while the provider registers the attempt of the first one, and gets this attempt."""
    reads = threading.Event()

    def answer_late(*_args, **_kwargs):
        second.start()
        assert reads.wait(60)

    def reads_the_reservation(execute, sql, *more):
        try:
            return execute(sql, *more)
        finally:
            if "proctoring_reservation" in sql:
                reads.set()

    found = []

    def click():
        found.append(
            api.create_attempt_for_learner(
                exam.pk, learner, attempt_proctored=True, start_clock=False
            )
        )
        connection.close()

    def click_again():
        with connection.execute_wrapper(reads_the_reservation):
            click()

    second = threading.Thread(target=click_again)
    provider.before("register_exam_attempt", answer_late)
    first = threading.Thread(target=click)
    first.start()
    first.join(60)
    second.join(60)
    assert len(found) == 2
    assert len(set(found)) == 1
    assert len(provider.calls_of("register_exam_attempt")) == 1


def test_a_decline_cascade_during_a_start(make_exam, learner, attempt):
    declined = attempt(exam=make_exam(), status="created")
    started = attempt(exam=make_exam(), status="ready_to_start")
    _, result = together(
        lambda: api.update_attempt_status(declined.pk, "declined"),
        lambda: api.update_attempt_status(started.pk, "started"),
        meet_at=ATTEMPTS,
    )
    started.refresh_from_db()
    declined.refresh_from_db()
    assert declined.status == "declined"
    if isinstance(result, int):
        assert (started.status, told("provider_notice")) == ("started", 1)
    else:
        assert isinstance(result, ProctoredExamIllegalStatusTransition)
        assert (started.status, started.started_at) == ("declined", None)


def test_an_older_version_that_does_not_lock_the_learner(attempt):
    """It has written the row, but not committed yet, when this version starts the attempt."""
    known = attempt(status="ready_to_start")
    written, done = threading.Event(), threading.Event()

    def older_version():
        with transaction.atomic():
            row = Attempt.objects.get(pk=known.pk)
            row.status = "declined"
            row._change_reason = "beside ours"
            row.save()
            written.set()
            done.wait(LOCK_KEEPS_THEM)

    def ours():
        assert written.wait(20)
        try:
            return api.update_attempt_status(known.pk, "started")
        finally:
            done.set()

    _, result = together(older_version, ours)
    assert isinstance(result, ProctoredExamIllegalStatusTransition)
    assert Attempt.objects.get().status == "declined"
    assert told("provider_notice") == 0


def test_an_expired_reservation_that_was_not_replaced(exam, learner, provider):
    """The provider responds late, and the attempt is stored anyway."""
    provider.before("register_exam_attempt", lambda *_a, **_k: _expire(exam, learner))
    attempt_id = api.create_exam_attempt(exam.pk, learner.pk, True)
    assert Attempt.objects.get().pk == attempt_id
    assert not provider.calls_of("remove_exam_attempt")


def test_an_expired_reservation_that_was_replaced(exam, learner, provider):
    """The provider responds late, another attempt exists, and the registration is removed."""
    winners = []

    def somebody_else(*_args, **_kwargs):
        provider.before("register_exam_attempt", lambda *_a, **_k: None)
        _expire(exam, learner)
        winners.extend(together(lambda: api.create_exam_attempt(exam.pk, learner.pk, True)))

    provider.before("register_exam_attempt", somebody_else)
    with pytest.raises(StudentExamAttemptAlreadyExistsException):
        api.create_exam_attempt(exam.pk, learner.pk, True)
    kept = Attempt.objects.get()
    assert winners == [kept.pk]
    registered = {call.result for call in provider.calls_of("register_exam_attempt")}
    removed = [call.args[1] for call in provider.calls_of("remove_exam_attempt")]
    assert registered - {kept.external_id} == set(removed)


def _expire(exam, learner):
    past = timezone.now() - 60 * MINUTE
    ProctoringReservation.objects.of_pair(exam.pk, learner.pk).update(reserved_until=past)
