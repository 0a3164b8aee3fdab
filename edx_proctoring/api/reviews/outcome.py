"""The status of an attempt after a review, and when a person must review it a second time."""

from dataclasses import dataclass

from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus, SoftwareSecureReviewStatus

Status = ProctoredExamStudentAttemptStatus


@dataclass(frozen=True)
class Facts:
    """The data that determines the outcome of a review."""

    review_status: str
    passing: bool
    human: bool  # has an authorised person decided on it?
    attempt_status: str
    ever_submitted: bool
    onboarding_sample: bool  # a practice attempt of a provider with onboarding
    second_reviews: bool  # must a person confirm a failure?


def status_after(facts: Facts) -> str | None:
    """Return the attempt's status after the review, or None if it does not change."""
    if facts.attempt_status == Status.onboarding_reset:
        return None
    if facts.passing:
        return Status.verified if facts.ever_submitted else Status.error
    if facts.review_status == SoftwareSecureReviewStatus.not_reviewed:
        return Status.error
    if facts.human or not facts.second_reviews or facts.onboarding_sample:
        return Status.rejected
    return Status.second_review_required
