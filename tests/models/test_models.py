"""Models: the published look-ups and low-level methods."""

import datetime

import pytest
import time_machine
from django.db import IntegrityError
from django.utils import timezone

from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamReviewPolicyHistory,
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAllowanceHistory,
    ProctoredExamStudentAttempt,
    ProctoringLearner,
    ProctoringReservation,
)
from edx_proctoring.testing.factories import COURSE_ID, AttemptFactory, ReviewPolicyFactory

pytestmark = pytest.mark.django_db

Attempt = ProctoredExamStudentAttempt
Review = ProctoredExamSoftwareSecureReview


def test_exams_by_type(make_exam):
    timed = make_exam(is_proctored=False)
    practice = make_exam(is_practice_exam=True)
    proctored = make_exam(is_active=False)
    everything = ProctoredExam.get_all_exams_for_course(COURSE_ID)
    assert list(everything) == [timed, practice, proctored]
    assert list(ProctoredExam.get_all_exams_for_course(COURSE_ID, active_only=True)) == [
        timed,
        practice,
    ]
    only = ProctoredExam.get_all_exams_for_course(COURSE_ID, proctored_exams_only=True)
    assert list(only) == [proctored]
    assert list(ProctoredExam.get_practice_proctored_exams_for_course(COURSE_ID)) == [practice]
    assert str(proctored) == f"{COURSE_ID}: Midterm Exam (inactive)"


def test_the_newest_of_attempts_with_equal_times(exam, learner):
    with time_machine.travel(0, tick=False):
        AttemptFactory(proctored_exam=exam, user=learner)
        newest = AttemptFactory(proctored_exam=exam, user=learner)
    assert Attempt.objects.get_current_exam_attempt(exam.pk, learner.pk) == newest
    assert list(Attempt.objects.all().latest_per_learner()) == [newest]
    assert list(Attempt.objects.all().latest_by_index()) == [newest]


def test_look_ups(exam, practice_exam, learner):
    graded = AttemptFactory(proctored_exam=exam, user=learner, completed_at=timezone.now())
    practice = AttemptFactory(
        proctored_exam=practice_exam, user=learner, is_sample_attempt=True, status="verified"
    )
    objects = Attempt.objects
    assert list(objects.get_all_exam_attempts_by_exam_id(exam.pk)) == [graded]
    assert list(objects.get_proctored_exam_attempts(COURSE_ID, "learner")) == [graded]
    found = objects.get_proctored_practice_attempts_by_course_id(COURSE_ID)
    assert list(found) == [practice]
    assert not objects.get_proctored_practice_attempts_by_course_id(COURSE_ID, [])
    mine = objects.get_proctored_practice_attempts_by_course_id(COURSE_ID, [learner])
    assert list(mine) == [practice]
    verified = objects.get_last_verified_proctored_onboarding_attempts([learner], "test")
    assert list(verified) == [practice]
    with time_machine.travel(timezone.now() + datetime.timedelta(days=366)):
        assert not objects.get_last_verified_proctored_onboarding_attempts([learner], "test")
    assert list(objects.get_active_student_attempts(learner.pk)) == []
    assert graded.attempt_code in str(graded)


def test_low_level_methods(exam, learner):
    created = Attempt.create_exam_attempt(exam.pk, learner.pk, "CODE", True, False, "A")
    assert (created.status, created.external_id) == ("created", "A")
    waiting = Attempt.create_exam_attempt(
        exam.pk, learner.pk, "OTHER", True, False, None, status="onboarding_missing"
    )
    Attempt.objects.clear_onboarding_errors(learner.pk)
    assert list(Attempt.objects.all()) == [created]
    assert Attempt.get_historic_attempt_by_code("OTHER").attempt_code == waiting.attempt_code
    assert Attempt.get_historic_attempt_by_code("nothing") is None


@pytest.mark.parametrize(
    ("status", "backend", "passing"),
    [
        ("Clean", "test", True),
        ("Rules Violation", "test", False),
        ("Rules Violation", "null", True),
        ("Rules Violation", "gone", True),
        ("Suspicious", "null", False),
    ],
)
def test_passing_reviews(make_exam, status, backend, passing):
    review = Review(review_status=status, exam=make_exam(backend=backend), attempt_code="C")
    assert review.is_passing is passing


def test_reviews(exam, learner):
    review = Review.objects.create(attempt_code="C", review_status="Suspicious", raw_data="{}")
    assert review.should_notify
    assert not Review(review_status="S").should_notify
    assert not Review(review_status="Suspicious", reviewed_by=learner).should_notify
    assert Review(review_status="Clean").is_passing
    assert Review.get_review_by_attempt_code("C") == review
    comment = ProctoredExamSoftwareSecureComment(status="ok", start_time=1, stop_time=2)
    assert "ok 1-2" in str(comment)
    assert "C Suspicious" in str(review)


def test_policies_and_allowances(exam, learner):
    first = ReviewPolicyFactory(proctored_exam=exam)
    second = ReviewPolicyFactory(proctored_exam=exam)
    assert first.get_review_policy_for_exam(exam.pk) == second
    assert "Midterm" in str(first)
    allowance = ProctoredExamStudentAllowance.objects.create(
        user=learner, proctored_exam=exam, key="a_key", value="x"
    )
    found = ProctoredExamStudentAllowance.get_allowances_for_user(exam.pk, learner.pk)
    assert list(found) == [allowance]
    assert ProctoredExamStudentAllowance.is_allowance_value_valid("a_key", "anything")


def test_locks_and_reservations_have_names(exam, learner):
    ProctoringLearner.objects.ensure(learner.pk)
    ProctoringLearner.objects.lock(learner.pk, ours=False)
    assert f"user={learner.pk}" in str(ProctoringLearner.objects.get())
    ProctoringReservation.objects.take(exam.pk, learner.pk, "a", "", 5)
    ProctoringReservation.objects.take(exam.pk, learner.pk, "b", "", 5)
    assert ProctoringReservation.objects.get().token == "b"
    assert f"exam={exam.pk}" in str(ProctoringReservation.objects.get())


def test_a_conflict_of_reservations_does_not_break_the_hosts_transaction(exam, learner):
    pair = (exam.pk, learner.pk)
    ProctoringReservation.objects.take(*pair, "seen", "", 5)
    with pytest.raises(IntegrityError):
        ProctoringReservation.objects.take(*pair, "not seen", "", 5, is_new=True)
    assert ProctoringReservation.objects.get().token == "seen"


def test_a_reservation_has_the_same_id_when_it_is_replaced(exam, learner):
    pair = (exam.pk, learner.pk)
    first = ProctoringReservation.objects.take(*pair, "a", "", 5)
    assert ProctoringReservation.objects.take(*pair, "b", "", 5) == first
    assert ProctoringReservation.objects.get().pk == first


def test_archived_rows_have_names_and_cannot_be_deleted(exam, learner):
    policy = ReviewPolicyFactory(proctored_exam=exam)
    policy_id = policy.pk
    policy.delete()
    allowance = ProctoredExamStudentAllowance.objects.create(
        user=learner, proctored_exam=exam, key="a_key", value="x"
    )
    assert "a_key" in str(allowance)
    allowance.delete()
    archived = ProctoredExamReviewPolicyHistory.objects.get()
    assert str(archived).endswith(f": {policy_id}")
    assert archived.review_policy == policy.review_policy
    assert "a_key" in str(ProctoredExamStudentAllowanceHistory.objects.get())
    with pytest.raises(NotImplementedError):
        archived.delete()
    assert ProctoredExamReviewPolicyHistory.objects.count() == 1


def test_the_history_of_a_row_and_of_all(attempt):
    first, second = attempt(), attempt()
    first.status = "started"
    first.save()
    assert [row.status for row in first.history.all()] == ["started", "created"]
    assert [row.status for row in second.history.all()] == ["created"]
    assert ProctoredExamStudentAttempt.history.count() == 3
    assert type(first.history) is type(ProctoredExamStudentAttempt.history)
    assert type(first.history) is type(second.history)
    assert ProctoredExam.history.model is not first.history.model
    assert first.history.as_instances().first().status == "started"
