"""Reviews that arrive at the same time as another review, a learner's action, or a decision of staff."""

import pytest
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.models import (
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
    ProctoredExamStudentAttempt,
)
from tests.concurrency.parallel import together, told

pytestmark = pytest.mark.django_db

Attempt = ProctoredExamStudentAttempt
Review = ProctoredExamSoftwareSecureReview
REVIEWS = "softwaresecurereview"


def payload(status, *comments):
    return {"status": status, "comments": [{"comment": text, "status": "x"} for text in comments]}


@pytest.fixture
def submitted(attempt):
    return attempt(status="submitted", completed_at=timezone.now())


def test_parallel_identical_reviews(submitted):
    data = payload("passed", "fine")
    results = together(
        *[lambda: api.receive_review(submitted, data) for _ in range(6)], meet_at=REVIEWS
    )
    assert all(isinstance(result, Review) for result in results)
    assert Review.objects.count() == 1
    assert ProctoredExamSoftwareSecureComment.objects.count() == 1
    assert told("signal") == told("email") == 1
    assert told("event") == 2  # verified, review_received


def test_parallel_reviews_with_different_results(submitted):
    """The last one wins completely: review, comments, status."""
    together(
        lambda: api.receive_review(submitted, payload("passed", "fine")),
        lambda: api.receive_review(submitted, payload("violation", "a phone", "a book")),
        meet_at=REVIEWS,
    )
    review = Review.objects.get()
    comments = ProctoredExamSoftwareSecureComment.objects.filter(review=review).count()
    found = (review.review_status, comments, Attempt.objects.get().status)
    assert found in {("Clean", 1, "verified"), ("Rules Violation", 2, "second_review_required")}
    assert ProctoredExamSoftwareSecureReviewHistory.objects.count() == 1


def test_a_review_during_the_submission(attempt):
    known = attempt(status="started", started_at=timezone.now(), allowed_time_limit_mins=90)
    together(
        lambda: api.receive_review(known, payload("passed")),
        lambda: api.update_attempt_status(known.pk, "submitted"),
        meet_at="proctoredexamstudentattempt",
    )
    current = Attempt.objects.get()
    assert Review.objects.count() == 1
    assert current.completed_at is not None
    history = Attempt.history.filter(id=known.pk).order_by("history_id")
    statuses = list(history.values_list("status", flat=True))
    too_early = ["started", "error", "submitted"]  # it passes what was never submitted
    assert statuses in (too_early, ["started", "submitted", "verified"])
    assert told("completion") == 1


def test_a_staff_decision_during_a_callback(submitted, staff):
    """The staff decision stands, whichever comes first."""
    review = api.receive_review(submitted, payload("violation"))
    together(
        lambda: api.decide_review(review.pk, "Suspicious", staff),
        lambda: api.receive_review(submitted, payload("passed", "a second look")),
        meet_at=REVIEWS,
    )
    stored = Review.objects.get()
    assert (stored.review_status, stored.reviewed_by) == ("Suspicious", staff)
    assert Attempt.objects.get().status == "rejected"
