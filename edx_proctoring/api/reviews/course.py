"""The reviews of a course for its staff."""

from collections.abc import Iterable

from django.db.models import QuerySet

from edx_proctoring.models import (
    ProctoredExamSoftwareSecureReview,
    ProctoredExamStudentAttempt,
    exactly,
    exactly_one_of,
)

Review = ProctoredExamSoftwareSecureReview
Attempt = ProctoredExamStudentAttempt


def find_reviews(course_id: object) -> QuerySet[Review]:
    """Return the reviews of the course's exams with exam, learner, reviewer and comments, last changed first."""
    rows = Review.objects.filter(exactly(exam__course_id=str(course_id)))
    return (
        rows.select_related("exam", "student", "reviewed_by")
        .prefetch_related("proctoredexamsoftwaresecurecomment_set")
        .order_by("-modified", "-id")
    )


def attempts_of(reviews: Iterable[Review]) -> dict[str, Attempt]:
    """Return the attempts of these reviews by their codes, without removed ones; one query."""
    codes = [one.attempt_code for one in reviews]
    rows = Attempt.objects.filter(exactly_one_of("attempt_code", codes)) if codes else ()
    return {str(one.attempt_code): one for one in rows}
