"""The statuses of attempts, groups of statuses, and the legal transitions."""

from typing import ClassVar

from edx_proctoring.exceptions import ProctoredExamBadReviewStatus


class ProctoredExamStudentAttemptStatus:
    """Statuses of an attempt; values equal names."""

    # In progress
    eligible = "eligible"  # shown only, never stored by this app
    created = "created"
    download_software_clicked = "download_software_clicked"
    ready_to_start = "ready_to_start"
    started = "started"
    ready_to_submit = "ready_to_submit"

    # Ended
    declined = "declined"
    timed_out = "timed_out"
    submitted = "submitted"
    second_review_required = "second_review_required"
    verified = "verified"
    rejected = "rejected"
    error = "error"

    # Neither in progress nor ended
    expired = "expired"  # shown only, never stored by this app
    onboarding_reset = "onboarding_reset"

    # The provider requires onboarding first
    onboarding_missing = "onboarding_missing"
    onboarding_pending = "onboarding_pending"
    onboarding_failed = "onboarding_failed"
    onboarding_expired = "onboarding_expired"
    onboarding_errors = (
        onboarding_missing,
        onboarding_pending,
        onboarding_failed,
        onboarding_expired,
    )

    @classmethod
    def is_completed_status(cls, status: str | None) -> bool:
        """Return whether the attempt has ended."""
        return status in COMPLETED

    @classmethod
    def is_incomplete_status(cls, status: str | None) -> bool:
        """Return whether the attempt is in progress."""
        return status in INCOMPLETE

    @classmethod
    def needs_credit_status_update(cls, to_status: str | None) -> bool:
        """Return whether the credit requirement changes with this status."""
        return to_status in (cls.verified, cls.rejected, cls.declined, cls.submitted, cls.error)

    @classmethod
    def needs_grade_override(cls, to_status: str | None) -> bool:
        """Return whether the grade is overridden with zero."""
        return to_status == cls.rejected

    @classmethod
    def is_a_cascadable_failure(cls, to_status: str | None) -> bool:
        """Return whether the status is passed on to the course's other exams."""
        return to_status == cls.declined

    @classmethod
    def is_valid_status(cls, status: str | None) -> bool:
        """Return whether this is a status of an attempt in progress or ended."""
        return status in COMPLETED or status in INCOMPLETE

    @classmethod
    def is_pre_started_status(cls, status: str | None) -> bool:
        """Return whether the learner is setting up."""
        return status in PRE_STARTED

    @classmethod
    def is_in_progress_status(cls, status: str | None) -> bool:
        """Return whether the learner is in the exam."""
        return status in IN_PROGRESS


_S = ProctoredExamStudentAttemptStatus

PRE_STARTED = frozenset({_S.created, _S.download_software_clicked, _S.ready_to_start})
IN_PROGRESS = frozenset({_S.started, _S.ready_to_submit})
INCOMPLETE = PRE_STARTED | IN_PROGRESS | {_S.eligible}
COMPLETED = frozenset(
    {
        _S.declined,
        _S.timed_out,
        _S.submitted,
        _S.second_review_required,
        _S.verified,
        _S.rejected,
        _S.error,
        *_S.onboarding_errors,
    }
)
KNOWN = INCOMPLETE | COMPLETED | {_S.expired, _S.onboarding_reset}


def is_transition_legal(from_status: str, to_status: str) -> bool:
    """Return False only for moves from an ended status back to one in progress."""
    return not (from_status in COMPLETED and to_status in INCOMPLETE)


class ReviewStatus:
    """A provider's verdict on an attempt."""

    passed = "passed"
    violation = "violation"
    suspicious = "suspicious"
    not_reviewed = "not_reviewed"

    @classmethod
    def validate(cls, status: str) -> bool:
        """Return True, or raise ProctoredExamBadReviewStatus."""
        if status not in (cls.passed, cls.violation, cls.suspicious, cls.not_reviewed):
            raise ProctoredExamBadReviewStatus(f"Received unexpected review status {status!r}.")
        return True


class SoftwareSecureReviewStatus:
    """The stored status of a review."""

    clean = "Clean"
    violation = "Rules Violation"
    suspicious = "Suspicious"
    not_reviewed = "Not Reviewed"

    passing_statuses: ClassVar = [clean, violation]
    failing_statuses: ClassVar = [not_reviewed, suspicious]
    notify_support_for_status = suspicious
    from_standard_status: ClassVar = {
        ReviewStatus.passed: clean,
        ReviewStatus.violation: violation,
        ReviewStatus.suspicious: suspicious,
        ReviewStatus.not_reviewed: not_reviewed,
    }
    to_standard_status: ClassVar = {
        clean: ReviewStatus.passed,
        violation: ReviewStatus.violation,
        suspicious: ReviewStatus.suspicious,
        not_reviewed: ReviewStatus.not_reviewed,
    }

    @classmethod
    def validate(cls, status: object) -> bool:
        """Return True, or raise ProctoredExamBadReviewStatus."""
        if not isinstance(status, str) or status not in cls.to_standard_status:
            raise ProctoredExamBadReviewStatus(f"Received unexpected review status {status!r}.")
        return True


class InstructorDashboardOnboardingAttemptStatus:
    """A learner's onboarding status as shown to instructors."""

    not_started = "not_started"
    setup_started = "setup_started"
    onboarding_started = "onboarding_started"
    submitted = "submitted"
    rejected = "rejected"
    verified = "verified"
    error = "error"
    expired = "expired"
    other_course_approved = "other_course_approved"
    onboarding_reset_past_due = "onboarding_reset_past_due"

    onboarding_statuses: ClassVar = {
        _S.created: setup_started,
        _S.download_software_clicked: setup_started,
        _S.ready_to_start: setup_started,
        _S.started: onboarding_started,
        _S.ready_to_submit: onboarding_started,
        _S.submitted: submitted,
        _S.rejected: rejected,
        _S.verified: verified,
        _S.error: error,
        _S.expired: expired,
    }

    @classmethod
    def get_onboarding_status_from_attempt_status(cls, status: str | None) -> str | None:
        """Return the onboarding status for an attempt's status, or None."""
        return cls.onboarding_statuses.get(status) if status else cls.not_started


class VerificientOnboardingProfileStatus:
    """A learner's onboarding status in the terms of a provider."""

    no_profile = "no-profile"
    approved = "approved-in-course"
    other_course_approved = "approved-in-different-course"
    rejected = "rejected"
    expired = "expired"
    pending = "pending"

    _I = InstructorDashboardOnboardingAttemptStatus
    profile_status_mapping: ClassVar = {
        no_profile: None,
        approved: _I.verified,
        other_course_approved: _I.other_course_approved,
        rejected: _I.rejected,
        expired: _I.expired,
        pending: _I.submitted,
    }
    filter_status_mapping: ClassVar = {
        _I.verified: approved,
        _I.other_course_approved: other_course_approved,
        _I.rejected: rejected,
        _I.expired: expired,
        _I.submitted: pending,
        _I.not_started: no_profile,
    }

    @classmethod
    def get_edx_status_from_profile_status(cls, api_status: str | None) -> str | None:
        """Return our status for the learner; None without a profile."""
        return cls.profile_status_mapping.get(api_status or "")

    @classmethod
    def get_profile_status_from_filter(cls, filter_status: str | None) -> str | None:
        """Return the provider's term for our status."""
        return cls.filter_status_mapping.get(filter_status or "")

    @classmethod
    def get_instructor_status_from_profile_status(cls, api_status: str | None) -> str | None:
        """Return our status for instructors."""
        if api_status == cls.no_profile:
            return InstructorDashboardOnboardingAttemptStatus.not_started
        return cls.profile_status_mapping.get(api_status or "")
