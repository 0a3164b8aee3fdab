"""Creation of attempts, with and without a provider."""

import datetime
import re

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from edx_proctoring import lifecycle
from edx_proctoring.exceptions import (
    BackendProviderCannotRegisterAttempt,
    BackendProviderNotConfigured,
    BackendProviderSentNoAttemptID,
    ProctoredExamIllegalStatusTransition,
    ProctoringTemporarilyUnavailable,
    StudentExamAttemptAlreadyExistsException,
    StudentExamAttemptBeingCreated,
    StudentExamAttemptDoesNotExistsException,
    StudentExamAttemptOnPastDueProctoredExam,
)
from edx_proctoring.models import (
    OutboxMessage,
    ProctoredExamReviewPolicy,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
    ProctoringReservation,
)

pytestmark = pytest.mark.django_db

HOUR = datetime.timedelta(hours=1)
Attempt = ProctoredExamStudentAttempt


def create(exam, user, proctored=True):
    return lifecycle.create(exam, user, taking_as_proctored=proctored)


def registrations(provider):
    return [call for call in provider.calls if call.method == "register_exam_attempt"]


def test_a_proctored_attempt_is_registered_with_the_provider_before_it_is_stored(
    exam, learner, provider
):
    attempt = create(exam, learner)
    (call,) = registrations(provider)
    assert call.kwargs["context"]["attempt_code"] == attempt.attempt_code
    assert re.fullmatch(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", attempt.attempt_code)
    assert attempt.external_id
    assert (attempt.status, attempt.taking_as_proctored) == ("created", True)
    assert (attempt.started_at, attempt.completed_at, attempt.allowed_time_limit_mins) == (
        None,
    ) * 3
    assert not ProctoringReservation.objects.exists()


def test_the_registration_contains_the_data_of_learner_and_exam(
    make_exam, learner, staff, provider
):
    exam = make_exam(time_limit_mins=21)
    policy = ProctoredExamReviewPolicy.objects.create(
        set_by_user=staff, proctored_exam=exam, review_policy="A calculator is allowed."
    )
    ProctoredExamStudentAllowance.objects.create(
        user=learner, proctored_exam=exam, key="review_policy_exception", value="May drink."
    )
    attempt = create(exam, learner)
    context = registrations(provider)[0].kwargs["context"]
    assert context["time_limit_mins"] == 21
    assert context["review_policy"] == "A calculator is allowed."
    assert context["review_policy_exception"] == "May drink."
    assert context["is_sample_attempt"] is False
    assert str(learner.pk) != context["user_id"]
    assert attempt.review_policy_id == policy.pk


def test_an_attempt_without_proctoring_calls_no_provider(exam, timed_exam, learner, provider):
    assert create(exam, learner, proctored=False).external_id is None
    timed = create(timed_exam, learner, proctored=True)
    assert (timed.external_id, timed.taking_as_proctored) == (None, False)
    assert not registrations(provider)


def test_a_second_attempt_is_refused_with_the_published_message(exam, learner, provider):
    create(exam, learner)
    text = (
        f"Cannot create new exam attempt for exam_id={exam.pk} and user_id={learner.pk} "
        f"in course_id={exam.course_id} because it already exists!"
    )
    with pytest.raises(StudentExamAttemptAlreadyExistsException, match=re.escape(text)):
        create(exam, learner)
    assert Attempt.objects.count() == 1
    assert len(registrations(provider)) == 1


def test_a_proctored_exam_past_its_due_date_is_refused(make_exam, learner, provider):
    exam = make_exam(due_date=timezone.now() - HOUR)
    with pytest.raises(StudentExamAttemptOnPastDueProctoredExam):
        create(exam, learner)
    assert not registrations(provider)
    assert create(exam, learner, proctored=False).status == "created"


def test_a_creation_during_another_creation_is_refused(exam, learner, provider):
    ProctoringReservation.objects.take(exam.pk, learner.pk, "other", "", seconds=60)
    for proctored in (True, False):
        with pytest.raises(StudentExamAttemptBeingCreated):
            create(exam, learner, proctored)
    assert not registrations(provider)


@pytest.mark.django_db(transaction=True)
def test_a_lost_answer_to_the_commit_of_the_reservation_blocks_nobody(
    exam, learner, provider, monkeypatch
):
    commit, lost = connection._commit, [OperationalError(1213, "Deadlock")]

    def commit_and_fail():
        commit()
        if lost and ProctoringReservation.objects.exists():
            raise lost.pop()

    monkeypatch.setattr(connection, "_commit", commit_and_fail)
    attempt = create(exam, learner)
    assert (attempt.status, lost) == ("created", [])
    assert len(registrations(provider)) == 1
    assert not ProctoringReservation.objects.exists()


def test_an_expired_reservation_is_taken_over(exam, learner):
    ProctoringReservation.objects.take(exam.pk, learner.pk, "other", "", seconds=-1)
    assert create(exam, learner).status == "created"
    assert not ProctoringReservation.objects.exists()


def test_a_refusal_by_the_provider_stores_nothing(exam, learner, provider):
    provider.fail("register_exam_attempt", BackendProviderCannotRegisterAttempt("no", 503))
    with pytest.raises(BackendProviderCannotRegisterAttempt):
        create(exam, learner)
    assert not Attempt.objects.exists()
    assert not ProctoringReservation.objects.exists()
    assert not OutboxMessage.objects.filter(kind="signal").exists()


def test_an_error_of_the_provider_is_handled_as_a_refusal(exam, learner, provider):
    provider.fail("register_exam_attempt", ValueError("broken"))
    with pytest.raises(BackendProviderCannotRegisterAttempt):
        create(exam, learner)
    assert not ProctoringReservation.objects.exists()


def test_an_external_id_that_is_too_long_is_refused(exam, learner, provider):
    provider.answer("register_exam_attempt", "x" * 256)
    with pytest.raises(BackendProviderSentNoAttemptID):
        create(exam, learner)
    assert not Attempt.objects.exists()
    assert not ProctoringReservation.objects.exists()


def test_an_exam_of_an_unconfigured_provider(make_exam, learner):
    exam = make_exam(backend="gone")
    with pytest.raises(BackendProviderNotConfigured):
        create(exam, learner)
    assert not Attempt.objects.exists()
    assert not ProctoringReservation.objects.exists()


@pytest.mark.parametrize("status", ["onboarding_missing", "onboarding_expired"])
def test_without_onboarding_the_attempt_is_stored_with_the_onboarding_status(
    exam, learner, provider, status
):
    provider.refuse_onboarding(status)
    attempt = create(exam, learner)
    assert (attempt.status, attempt.external_id) == (status, None)


def test_a_registration_that_is_no_longer_needed_is_removed_at_the_provider(
    exam, learner, provider
):
    """Another process creates an attempt between the provider's response and the insert."""

    def meanwhile(*_args, **_kwargs):
        ProctoringReservation.objects.void(exam.pk, learner.pk)
        Attempt.create_exam_attempt(exam.pk, learner.pk, "CODE", False, False, None)

    provider.before("register_exam_attempt", meanwhile)
    with pytest.raises(StudentExamAttemptAlreadyExistsException):
        create(exam, learner)
    assert [attempt.attempt_code for attempt in Attempt.objects.all()] == ["CODE"]
    registered = registrations(provider)[0].result
    removed = [call for call in provider.calls if call.method == "remove_exam_attempt"]
    assert [call.args[1] for call in removed] == [registered]


def test_a_resumed_attempt_has_the_remaining_time(exam, learner, attempt, provider):
    old = attempt(
        exam=exam, status="error", time_remaining_seconds=600, is_resumable=True, external_id="old"
    )
    lifecycle.ready_to_resume(old)
    new = create(exam, learner)
    old.refresh_from_db()
    assert (old.resumed, old.is_resumable, old.ready_to_resume) == (True, False, True)
    assert new.time_remaining_seconds == 600
    assert registrations(provider)[0].kwargs["context"]["time_limit_mins"] == 10
    assert lifecycle.transition(new, "started").allowed_time_limit_mins == 10


def test_a_failed_registration_does_not_change_the_resumable_attempt(
    exam, learner, attempt, provider
):
    old = attempt(exam=exam, status="error", is_resumable=True, time_remaining_seconds=600)
    lifecycle.ready_to_resume(old)
    provider.fail("register_exam_attempt", ValueError("broken"))
    with pytest.raises(BackendProviderCannotRegisterAttempt):
        create(exam, learner)
    old.refresh_from_db()
    assert (old.ready_to_resume, old.resumed) == (True, False)


def test_a_change_of_the_old_attempt_cancels_the_creation(exam, learner, attempt, provider):
    old = attempt(exam=exam, status="error", ready_to_resume=True, time_remaining_seconds=600)
    changed = Attempt.objects.filter(pk=old.pk)  # by an older version, which does not take the lock
    provider.before("register_exam_attempt", lambda *_a, **_k: changed.update(status="verified"))
    with pytest.raises(ProctoringTemporarilyUnavailable):
        create(exam, learner)
    assert [one.pk for one in Attempt.objects.all()] == [old.pk]
    assert not ProctoringReservation.objects.exists()
    removed = [call for call in provider.calls if call.method == "remove_exam_attempt"]
    assert [call.args[1] for call in removed] == [registrations(provider)[0].result]


def test_resuming_without_remaining_time_submits_the_attempt(exam, learner, attempt):
    old = attempt(exam=exam, status="error", is_resumable=True, time_remaining_seconds=0)
    lifecycle.ready_to_resume(old)
    assert lifecycle.transition(create(exam, learner), "started").status == "submitted"


def test_a_new_practice_attempt_ends_the_running_one(practice_exam, learner, attempt):
    running = attempt(
        exam=practice_exam,
        status="started",
        is_sample_attempt=True,
        started_at=timezone.now(),
        allowed_time_limit_mins=90,
    )
    create(practice_exam, learner)
    running.refresh_from_db()
    assert running.status == "submitted"


# Reset of practice attempts


def sample(attempt, practice_exam, status, **more):
    return attempt(exam=practice_exam, status=status, is_sample_attempt=True, **more)


@pytest.mark.parametrize("flag", ["is_resumable", "ready_to_resume", "resumed"])
def test_a_reset_archives_a_failed_attempt_and_creates_a_new_one(
    practice_exam, learner, attempt, flag
):
    old = sample(attempt, practice_exam, "error", time_remaining_seconds=5, **{flag: True})
    new = lifecycle.reset(practice_exam, learner, learner)
    old.refresh_from_db()
    flags = (old.is_resumable, old.ready_to_resume, old.resumed)
    assert (old.status, *flags) == ("onboarding_reset", False, False, False)
    assert (new.status, new.time_remaining_seconds, new.started_at) == ("created", None, None)
    assert new.taking_as_proctored == old.taking_as_proctored


def test_a_reset_removes_a_submitted_attempt(practice_exam, learner, attempt, provider):
    old = sample(attempt, practice_exam, "submitted", external_id="old")
    new = lifecycle.reset(practice_exam, learner, learner)
    assert list(Attempt.objects.all()) == [new]
    removed = [call.args[1] for call in provider.calls if call.method == "remove_exam_attempt"]
    assert removed == ["old"]
    names = [
        row.payload["name"] for row in OutboxMessage.objects.filter(kind="event").order_by("id")
    ]
    assert [name.rsplit(".", 1)[1] for name in names] == [
        "deleted",
        "reset_practice_exam",
        "created",
    ]
    assert Attempt.history.filter(id=old.pk, history_type="-").exists()


@pytest.mark.parametrize("status", ["created", "started", "verified"])
def test_a_reset_of_a_running_or_verified_attempt_is_refused(
    practice_exam, learner, attempt, status
):
    sample(attempt, practice_exam, status)
    with pytest.raises(ProctoredExamIllegalStatusTransition):
        lifecycle.reset(practice_exam, learner, learner)


def test_only_practice_attempts_can_be_reset(exam, learner, attempt):
    attempt(exam=exam, status="error")
    with pytest.raises(ProctoredExamIllegalStatusTransition):
        lifecycle.reset(exam, learner, learner)


def test_a_reset_without_an_attempt_is_refused(practice_exam, learner):
    with pytest.raises(StudentExamAttemptDoesNotExistsException):
        lifecycle.reset(practice_exam, learner, learner)


def test_a_reset_refused_by_the_provider_changes_nothing(practice_exam, learner, attempt, provider):
    old = sample(attempt, practice_exam, "rejected")
    provider.fail("register_exam_attempt", ValueError("broken"))
    with pytest.raises(BackendProviderCannotRegisterAttempt):
        lifecycle.reset(practice_exam, learner, learner)
    assert [found.status for found in Attempt.objects.all()] == ["rejected"]
    assert old.pk == Attempt.objects.get().pk


def test_a_reset_past_due_changes_nothing(make_exam, learner, attempt):
    exam = make_exam(is_practice_exam=True, due_date=timezone.now() - HOUR)
    attempt(exam=exam, status="rejected", is_sample_attempt=True)
    with pytest.raises(StudentExamAttemptOnPastDueProctoredExam):
        lifecycle.reset(exam, learner, learner)
    assert [found.status for found in Attempt.objects.all()] == ["rejected"]


# Created and started


def test_an_attempt_can_be_created_and_started_in_one_step(timed_exam, learner, provider):
    attempt = lifecycle.create(timed_exam, learner, taking_as_proctored=False, starts=True)
    attempt.refresh_from_db()
    assert (attempt.status, attempt.allowed_time_limit_mins) == ("started", 90)
    assert attempt.started_at >= attempt.created
    rows = attempt.history.order_by("history_id").values_list("history_type", "status")
    assert list(rows) == [("+", "created"), ("~", "started")]


def test_an_attempt_is_not_started_before_its_provider_is_ready(exam, learner):
    attempt = lifecycle.create(exam, learner, taking_as_proctored=True, starts=True)
    assert (attempt.status, attempt.started_at) == ("created", None)


def test_answers_of_a_removed_attempt_are_deleted_before_the_next_one_starts(
    timed_exam, learner, host
):
    first = lifecycle.create(timed_exam, learner, taking_as_proctored=False, starts=True)
    host.instructor.errors["delete_student_attempt"] = ConnectionError("down")
    lifecycle.remove(first, learner)
    assert OutboxMessage.objects.unfinished().filter(kind="learner_state").exists()
    host.instructor.errors.clear()
    second = lifecycle.create(timed_exam, learner, taking_as_proctored=False, starts=True)
    second.refresh_from_db()
    assert second.status == "started"
    assert not OutboxMessage.objects.unfinished().filter(kind="learner_state").exists()
    deleted = OutboxMessage.objects.get(kind="learner_state")
    assert (deleted.state, deleted.modified < second.started_at) == ("done", True)
