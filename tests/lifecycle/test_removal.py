"""Removal of attempts, here and at the provider, and of the onboarding errors that depend on them."""

import pytest
import requests

from edx_proctoring import lifecycle
from edx_proctoring.exceptions import (
    BackendProviderCannotRemoveAttempt,
    BackendProviderDoesNotRemoveAttempts,
    BackendProviderRemovalNotConfirmed,
    ProctoredExamIllegalResumeUpdate,
)
from edx_proctoring.models import (
    OutboxMessage,
    ProctoredExamStudentAttempt,
    ProctoringReservation,
)

pytestmark = pytest.mark.django_db

Attempt = ProctoredExamStudentAttempt


def removed_at(provider):
    return [call.args[1] for call in provider.calls if call.method == "remove_exam_attempt"]


def test_an_attempt_is_removed_at_the_provider_first(attempt, staff, provider):
    known = attempt(status="submitted", external_id="remote")
    lifecycle.remove(known, staff)
    assert removed_at(provider) == ["remote"]
    assert not Attempt.objects.exists()
    newest = Attempt.history.filter(id=known.pk).latest("history_id")
    assert (newest.history_type, newest.history_user) == ("-", staff)


@pytest.mark.parametrize("status", ["created", "started"])
def test_an_attempt_is_kept_while_the_provider_is_unreachable(attempt, staff, provider, status):
    known = attempt(status=status, external_id="remote")
    provider.fail("remove_exam_attempt", ConnectionError("down"))
    with pytest.raises(BackendProviderCannotRemoveAttempt, match="temporarily unavailable"):
        lifecycle.remove(known, staff)
    assert Attempt.objects.filter(pk=known.pk, status=status).exists()
    assert not OutboxMessage.objects.exclude(kind="exam_saved").exists()


def http_error(status):
    response = requests.Response()
    response.status_code = status
    return requests.HTTPError(response=response)


UNSUPPORTED = [http_error(405), http_error(501), NotImplementedError()]


@pytest.mark.parametrize("error", UNSUPPORTED, ids=repr)
def test_an_attempt_at_a_provider_without_removal_is_kept_and_the_error_says_so(
    attempt, staff, provider, error
):
    known = attempt(status="submitted", external_id="remote")
    provider.fail("remove_exam_attempt", error)
    with pytest.raises(BackendProviderDoesNotRemoveAttempts, match="cannot remove attempts"):
        lifecycle.remove(known, staff)
    assert Attempt.objects.filter(pk=known.pk).exists()


@pytest.mark.parametrize("error", UNSUPPORTED, ids=repr)
def test_staff_can_remove_an_attempt_that_its_provider_cannot_remove(
    attempt, staff, provider, error
):
    known = attempt(status="submitted", external_id="remote")
    provider.fail("remove_exam_attempt", error)
    lifecycle.remove(known, staff, keep_at_provider=True)
    assert not Attempt.objects.exists()
    newest = Attempt.history.filter(id=known.pk).latest("history_id")
    assert (newest.history_type, newest.history_user) == ("-", staff)
    assert newest.history_change_reason == "staff, kept at provider"
    assert not OutboxMessage.objects.filter(kind="provider_removal").exists()


def test_the_history_has_the_reason_and_a_note_that_the_provider_keeps_the_attempt(
    attempt, staff, provider
):
    known = attempt(status="submitted", external_id="remote")
    provider.fail("remove_exam_attempt", http_error(501))
    lifecycle.remove(known, staff, keep_at_provider=True, reason="staff: " + "long " * 16)
    newest = Attempt.history.filter(id=known.pk).latest("history_id")
    assert newest.history_change_reason.startswith("staff, kept at provider: long long")
    assert len(newest.history_change_reason) <= 100


def test_a_provider_with_removal_is_called_even_if_staff_allow_keeping_the_attempt_there(
    attempt, staff, provider
):
    known = attempt(status="submitted", external_id="remote")
    lifecycle.remove(known, staff, keep_at_provider=True)
    assert removed_at(provider) == ["remote"]
    newest = Attempt.history.filter(id=known.pk).latest("history_id")
    assert newest.history_change_reason == "staff"


@pytest.mark.parametrize(
    "error", [http_error(503), http_error(500), ConnectionError("down")], ids=repr
)
def test_a_provider_that_is_down_does_not_count_as_one_without_removal(
    attempt, staff, provider, error
):
    known = attempt(status="submitted", external_id="remote")
    provider.fail("remove_exam_attempt", error)
    with pytest.raises(BackendProviderCannotRemoveAttempt, match="temporarily unavailable"):
        lifecycle.remove(known, staff, keep_at_provider=True)
    assert Attempt.objects.filter(pk=known.pk).exists()


def test_a_best_effort_removal_is_not_retried_at_a_provider_without_removal(
    attempt, staff, provider
):
    provider.fail("remove_exam_attempt", http_error(501))
    lifecycle.remove(attempt(status="submitted", external_id="remote"), staff, strict=False)
    assert OutboxMessage.objects.get(kind="provider_removal").state == "done"


def test_an_attempt_is_kept_if_the_provider_does_not_confirm_the_removal(attempt, staff, provider):
    known = attempt(status="submitted", external_id="remote")
    provider.answer("remove_exam_attempt", False)
    with pytest.raises(BackendProviderRemovalNotConfirmed):
        lifecycle.remove(known, staff)
    assert Attempt.objects.filter(pk=known.pk).exists()


def test_an_attempt_is_kept_if_its_provider_is_not_configured(attempt, staff, make_exam):
    known = attempt(exam=make_exam(backend="gone"), status="submitted", external_id="remote")
    with pytest.raises(BackendProviderCannotRemoveAttempt):
        lifecycle.remove(known, staff)
    assert Attempt.objects.filter(pk=known.pk).exists()


def test_best_effort_removal_does_not_wait_for_the_provider(attempt, staff, provider):
    known = attempt(status="submitted", external_id="remote")
    provider.fail("remove_exam_attempt", ConnectionError("down"))
    lifecycle.remove(known, staff, strict=False)
    assert not Attempt.objects.exists()
    message = OutboxMessage.objects.get(kind="provider_removal")
    assert (message.state, message.payload["attempt_external_id"]) == ("pending", "remote")


@pytest.mark.parametrize("ids", [("remote", "REMOTE"), ("r" * 250 + "1", "r" * 250 + "2")])
def test_removals_with_similar_external_ids_are_separate_messages(
    ids, attempt, make_exam, staff, provider
):
    provider.fail("remove_exam_attempt", ConnectionError("down"))
    for external_id in ids:
        known = attempt(exam=make_exam(), status="submitted", external_id=external_id)
        lifecycle.remove(known, staff, strict=False)
    waiting = OutboxMessage.objects.unfinished().filter(kind="provider_removal")
    assert {one.payload["attempt_external_id"] for one in waiting} == set(ids)


def test_an_attempt_unknown_to_the_provider_is_removed(attempt, staff, provider):
    lifecycle.remove(attempt(status="created", external_id=None), staff)
    assert not removed_at(provider)
    assert not Attempt.objects.exists()


def test_a_removal_cancels_a_creation_in_progress(attempt, staff):
    known = attempt(status="error", external_id=None)
    ProctoringReservation.objects.take(
        known.proctored_exam_id, known.user_id, "token", "", seconds=60
    )
    lifecycle.remove(known, staff)
    assert not ProctoringReservation.objects.exists()


def test_the_event_of_a_removal_has_the_id_of_the_attempt(attempt, staff):
    known = attempt(status="created", external_id=None)
    lifecycle.remove(known, staff)
    (event,) = OutboxMessage.objects.filter(kind="event")
    assert event.payload["name"].endswith(".attempt.deleted")
    assert event.key.startswith("event:")
    assert str(known.pk) in event.lane


def test_a_removal_resets_answers_grade_and_credit(attempt, staff, host):
    known = attempt(status="rejected", external_id=None)
    lifecycle.remove(known, staff)
    names = [call.method for call in host.calls]
    assert "delete_student_attempt" in names
    assert "undo_override_subsection_grade" in names
    assert "remove_credit_requirement_status" in names


def test_removing_an_older_attempt_keeps_the_answers_of_the_newer_one(attempt, staff, host, exam):
    old = attempt(exam=exam, status="error", external_id=None)
    attempt(exam=exam, status="submitted", external_id=None)
    lifecycle.remove(old, staff)
    names = [call.method for call in host.calls]
    assert "delete_student_attempt" not in names
    assert "undo_override_subsection_grade" not in names
    statuses = [
        call.kwargs["status"]
        for call in host.calls
        if call.method == "set_credit_requirement_status"
    ]
    assert statuses == ["submitted"]


def test_completed_onboarding_removes_the_attempts_that_waited_for_it(
    attempt, make_exam, practice_exam, provider
):
    provider.supports_onboarding = True
    waiting = attempt(exam=make_exam(), status="onboarding_missing", external_id=None)
    elsewhere = attempt(
        exam=make_exam(backend="null"), status="onboarding_missing", external_id=None
    )
    practice = attempt(exam=practice_exam, status="started", is_sample_attempt=True)
    lifecycle.transition(practice, "submitted")
    left = set(Attempt.objects.values_list("pk", flat=True))
    assert left == {elsewhere.pk, practice.pk}
    kept = Attempt.history.filter(id=waiting.pk).order_by("history_id")
    assert [row.history_type for row in kept] == ["+", "-"]


# Resume


def test_staff_mark_an_attempt_as_ready_to_resume(attempt):
    known = attempt(status="error", is_resumable=True)
    permitted = lifecycle.ready_to_resume(known)
    assert (permitted.ready_to_resume, permitted.is_resumable) == (True, False)
    with pytest.raises(ProctoredExamIllegalResumeUpdate):
        lifecycle.ready_to_resume(known)


def test_only_a_resumable_attempt_can_be_marked_as_ready_to_resume(attempt):
    known = attempt(status="error")
    with pytest.raises(ProctoredExamIllegalResumeUpdate):
        lifecycle.resumed(known)
    known = attempt(status="error", ready_to_resume=True)
    assert lifecycle.resumed(known).resumed
    assert lifecycle.resumed(known).resumed


def late_start(attempt, provider):
    """Return a started attempt whose start notice is still pending."""
    known = attempt(status="ready_to_start", external_id="remote")
    provider.fail("start_exam_attempt", ConnectionError("down"))
    started = lifecycle.transition(known, "started")
    assert notice_of(started).state == "pending"
    return started


def notice_of(known):
    return OutboxMessage.objects.get(kind="provider_notice", payload__attempt_id=known.pk)


def test_pending_notices_of_a_removed_attempt_are_cancelled(attempt, staff, provider):
    known = late_start(attempt, provider)
    lifecycle.remove(known, staff)
    assert notice_of(known).state == "cancelled"


def test_pending_notices_of_a_declined_attempt_are_cancelled(attempt, provider):
    known = late_start(attempt, provider)
    lifecycle.transition(known, "declined")
    assert notice_of(known).state == "cancelled"


def reserved(exam, user):
    """Reserve the pair, as a creation in progress does."""
    ProctoringReservation.objects.take(exam.pk, user.pk, "token", "", seconds=60)
    return ProctoringReservation.objects.of_pair(exam.pk, user.pk)


def test_a_removal_deletes_the_reservation_of_a_creation_in_progress(attempt, staff, learner):
    known = attempt(status="error", external_id=None)
    open_one = reserved(known.proctored_exam, learner)
    lifecycle.remove(known, staff)
    assert not open_one.exists()


def test_a_decline_deletes_the_reservations_of_creations_in_progress(attempt, make_exam, learner):
    known = attempt(status="created")
    course_id = known.proctored_exam.course_id
    other, broken = make_exam(course_id=course_id), make_exam(course_id=course_id)
    attempt(exam=broken, status="error", ready_to_resume=True)
    elsewhere = make_exam(course_id="course-v1:other+course+run")
    exams = (known.proctored_exam, other, broken, elsewhere)
    open_ones = [reserved(exam, learner) for exam in exams]
    lifecycle.transition(known, "declined")
    assert [one.exists() for one in open_ones] == [False, False, False, True]
    statuses = dict(Attempt.objects.values_list("proctored_exam_id", "status"))
    assert (statuses[other.pk], statuses[broken.pk]) == ("declined", "error")


def test_no_grade_is_restored_twice_after_a_removal(attempt, staff, host):
    first = attempt(status="submitted", external_id=None)
    lifecycle.transition(first, "rejected")
    lifecycle.remove(first, staff)
    second = attempt(exam=first.proctored_exam, status="submitted")
    host.calls.clear()
    lifecycle.transition(second, "verified")
    assert "undo_override_subsection_grade" not in [call.method for call in host.calls]
