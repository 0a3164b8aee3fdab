"""Defects 39-54 of the published Python interface: what an attempt's way leads to."""

import datetime

import pytest
from django.utils import timezone

from edx_proctoring import api, lifecycle
from edx_proctoring.exceptions import ProctoredExamIllegalStatusTransition
from edx_proctoring.models import (
    OutboxMessage,
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
    ProctoredExamStudentAttempt,
)

pytestmark = pytest.mark.django_db

Attempt = ProctoredExamStudentAttempt
Review = ProctoredExamSoftwareSecureReview
MINUTE = datetime.timedelta(minutes=1)


def status_of(attempt):
    return Attempt.objects.get(pk=attempt.pk).status


def review(status, *texts, **more):
    remarks = [{"comment": text, "status": "ok"} for text in texts]
    return {"status": status, "comments": remarks, **more}


def running(attempt, minutes_ago, **more):
    begun = timezone.now() - minutes_ago * MINUTE
    columns = {"status": "started", "started_at": begun, "allowed_time_limit_mins": 90}
    return attempt(**{**columns, **more})


def ended(attempt, status="submitted", **more):
    return attempt(status=status, completed_at=timezone.now(), **more)


def resumed_with(attempt, seconds):
    """A new attempt after one that broke off with so many seconds left."""
    old = attempt(status="error", is_resumable=True, time_remaining_seconds=seconds)
    api.mark_exam_attempt_as_ready_to_resume(old.pk)
    return api.create_exam_attempt(old.proctored_exam_id, old.user_id, True)


def start(attempt_id):
    api.update_attempt_status(attempt_id, "started")
    return Attempt.objects.get(pk=attempt_id)


def credit_words(host):
    return [call.kwargs["status"] for call in host.calls_of("set_credit_requirement_status")]


def grade_calls(host):
    words = {"override_subsection_grade": "zero", "undo_override_subsection_grade": "undo"}
    return [words[call.method] for call in host.calls if call.method in words]


def test_39_a_start_after_the_due_date_is_one_end(attempt, make_exam, provider, tracker):
    exam = make_exam(due_date=timezone.now() - MINUTE)
    known = attempt(exam=exam, status="ready_to_start")
    assert start(known.pk).status == "submitted"
    assert not provider.calls_of("start_exam_attempt")
    assert [name.rsplit(".", 1)[1] for name in tracker.names] == ["submitted"]
    assert OutboxMessage.objects.filter(kind="signal").count() == 1


def test_40_seconds_stay_seconds(attempt):
    known = start(resumed_with(attempt, 119))
    left = lifecycle.facts.seconds_left(known)
    assert (known.status, known.allowed_time_limit_mins) == ("started", 1)
    assert 110 < left <= 119


def test_40_less_than_a_minute_is_not_nothing(attempt):
    known = start(resumed_with(attempt, 30))
    assert known.status == "started"
    assert 20 < lifecycle.facts.seconds_left(known) <= 30


def test_40_nothing_left_is_not_everything(attempt):
    assert start(resumed_with(attempt, 0)).status == "submitted"


def test_41_whoever_breaks_it_off_the_time_left_is_kept(attempt):
    known = running(attempt, minutes_ago=30)
    api.receive_review(known, review("not_reviewed"))
    known.refresh_from_db()
    assert known.status == "error"
    assert 3500 <= known.time_remaining_seconds <= 3600


def test_41_minutes_that_were_granted_since_are_added(attempt, staff):
    known = running(attempt, minutes_ago=30)
    exam_id, user_id = known.proctored_exam_id, known.user_id
    api.update_attempt_status(known.pk, "error")
    api.mark_exam_attempt_as_ready_to_resume(known.pk)
    api.add_allowance_for_user(exam_id, user_id, "additional_time_granted", "15")
    resumed = start(api.create_exam_attempt(exam_id, user_id, True))
    assert resumed.allowed_time_limit_mins == 74
    assert 74 * 60 + 50 < lifecycle.facts.seconds_left(resumed) <= 75 * 60


def test_42_a_verification_undoes_the_zero_whatever_came_between(attempt, host):
    known = ended(attempt)
    for status in ("rejected", "second_review_required", "verified", "verified"):
        api.update_attempt_status(known.pk, status)
    assert grade_calls(host) == ["zero", "undo"]


def test_43_a_decision_of_staff_stands(attempt, staff):
    known = ended(attempt)
    stored = api.receive_review(known, review("suspicious"))
    api.decide_review(stored.pk, "Suspicious", staff)
    assert status_of(known) == "rejected"
    api.receive_review(known, review("passed", "changed our mind"))
    stored.refresh_from_db()
    assert (status_of(known), stored.reviewed_by) == ("rejected", staff)


def test_44_a_reviewer_without_permission_is_none(attempt, learner, django_user_model):
    for name in ("one", "two"):  # an address that two users have
        django_user_model.objects.create(username=name, email="twice@example.com")
    for address in (learner.email, "twice@example.com"):
        known = ended(attempt)
        stored = api.receive_review(known, review("suspicious", reviewed_by=address))
        assert stored.reviewed_by is None
        assert status_of(known) == "second_review_required"


def test_45_saving_a_review_is_not_deciding_it(attempt, mailoutbox, host):
    known = ended(attempt)
    stored = api.receive_review(known, review("passed"))
    api.update_attempt_status(known.pk, "second_review_required")
    mailoutbox.clear()
    host.calls.clear()
    stored.raw_data = ""
    stored.is_attempt_active = False
    stored.save()
    assert status_of(known) == "second_review_required"
    assert not mailoutbox
    assert not credit_words(host)


def test_46_a_removal_is_no_review(attempt, staff, tracker):
    known = ended(attempt)
    api.receive_review(known, review("passed"))
    tracker.events.clear()
    api.remove_exam_attempt(known.pk, staff)
    assert [name.rsplit(".", 1)[1] for name in tracker.names] == ["deleted"]


def test_47_the_event_of_a_removal_names_the_attempt(attempt, staff, tracker):
    known = ended(attempt)
    api.remove_exam_attempt(known.pk, staff)
    ((_, data),) = tracker.events
    assert data["attempt_id"] == known.pk


def test_48_comments_are_replaced(attempt):
    known = ended(attempt)
    api.receive_review(known, review("suspicious", "a book", "a phone"))
    api.receive_review(known, review("suspicious", "a book"))
    remarks = ProctoredExamSoftwareSecureComment.objects.values_list("comment", flat=True)
    assert list(remarks) == ["a book"]
    assert ProctoredExamSoftwareSecureReviewHistory.objects.count() == 1


@pytest.mark.parametrize("status", ["submitted", "verified", "rejected"])
def test_49_the_same_status_again_is_nothing(attempt, status, mailoutbox, host, tracker):
    known = ended(attempt, status=status)
    api.update_attempt_status(known.pk, status)
    before, known = known, Attempt.objects.get(pk=known.pk)
    assert known.completed_at == before.completed_at
    assert known.history.count() == 1
    assert not mailoutbox
    assert not tracker.events
    assert not credit_words(host)
    assert not grade_calls(host)


@pytest.mark.parametrize("status", ["verified", "rejected", "second_review_required", "declined"])
def test_50_a_late_time_out_changes_nothing(attempt, status):
    known = ended(attempt, status=status)
    api.mark_exam_attempt_timeout(known.pk)
    assert status_of(known) == status


@pytest.mark.parametrize("word", ["", "Submitted", "no status", None, 7])
def test_51_only_statuses_are_stored(attempt, word):
    known = attempt()
    with pytest.raises(ProctoredExamIllegalStatusTransition):
        api.update_attempt_status(known.pk, word)
    assert status_of(known) == "created"


def test_52_declines_are_alike(make_exam, attempt, learner, provider):
    first, second = make_exam(), make_exam()
    known = attempt(exam=first, external_id="one")
    attempt(exam=second, external_id="two")
    api.update_attempt_status(known.pk, "declined")
    columns = ("status", "taking_as_proctored", "external_id")
    assert set(Attempt.objects.values_list(*columns)) == {("declined", False, None)}
    removed = {call.args[1] for call in provider.calls_of("remove_exam_attempt")}
    assert removed == {"one", "two"}


def test_53_only_this_providers_refusals_are_cleared(attempt, make_exam, practice_exam, provider):
    provider.supports_onboarding = True
    here = attempt(exam=make_exam(course_id="course-v1:o+t+h"), status="onboarding_missing")
    there = attempt(exam=make_exam(backend="null"), status="onboarding_missing")
    onboarding = attempt(exam=practice_exam, status="submitted", is_sample_attempt=True)
    api.update_attempt_status(onboarding.pk, "verified")
    assert not Attempt.objects.filter(pk=here.pk).exists()
    assert status_of(there) == "onboarding_missing"


def test_53_kept_any_completed_onboarding_clears(attempt, exam, practice_exam, provider):
    provider.supports_onboarding = True
    waiting = attempt(exam=exam, status="onboarding_missing")
    onboarding = attempt(exam=practice_exam, status="submitted", is_sample_attempt=True)
    api.update_attempt_status(onboarding.pk, "rejected")
    assert not Attempt.objects.filter(pk=waiting.pk).exists()


def test_54_practice_costs_no_certificate_and_timed_exams_no_credit(
    attempt, practice_exam, timed_exam, host
):
    practice = ended(attempt, exam=practice_exam, is_sample_attempt=True)
    api.update_attempt_status(practice.pk, "rejected")
    assert (credit_words(host), grade_calls(host)) == (["failed"], ["zero"])  # kept
    assert not host.calls_of("invalidate_certificate")
    host.calls.clear()
    timed = running(attempt, 1, exam=timed_exam, taking_as_proctored=False, external_id=None)
    api.update_attempt_status(timed.pk, "submitted")
    assert not credit_words(host)
