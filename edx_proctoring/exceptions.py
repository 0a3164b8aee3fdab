"""Exceptions. Each class has the HTTP status of the REST interface's response."""

from django.utils.translation import gettext as _

TIME_OUTS = (408, 503, 504)


class ProctoredBaseException(Exception):
    """The base class; `str()` is a text that learners may see."""

    http_status = 400


class ProctoredExamAlreadyExists(ProctoredBaseException):
    """An exam for this course and content already exists."""


class ProctoredExamNotFoundException(ProctoredBaseException):
    """The exam does not exist."""


class ProctoredExamReviewPolicyNotFoundException(ProctoredBaseException):
    """The exam has no review policy."""


class ProctoredExamReviewPolicyAlreadyExists(ProctoredBaseException):
    """The exam already has a review policy."""


class ProctoredExamNotActiveException(ProctoredBaseException):
    """The exam is not active."""


class StudentExamAttemptAlreadyExistsException(ProctoredBaseException):
    """The learner has an attempt that no other attempt may follow."""


class StudentExamAttemptBeingCreated(StudentExamAttemptAlreadyExistsException):
    """Another attempt of the same learner in the same exam is being created."""


class StudentExamAttemptDoesNotExistsException(ProctoredBaseException):
    """The attempt does not exist."""


class StudentExamAttemptedAlreadyStarted(ProctoredBaseException):
    """The attempt has already started."""


class StudentExamAttemptOnPastDueProctoredExam(ProctoredBaseException):
    """It is too late for a proctored attempt."""


class UserNotFoundException(ProctoredBaseException):
    """The user does not exist."""


class AllowanceValueNotAllowedException(ProctoredBaseException):
    """The value is not valid for this allowance."""


class _ProviderAnswer(ProctoredBaseException):
    """An error response of a provider: `content` is for logs, `http_status` is the status of the provider's response."""

    def __init__(self, content: object, http_status: int) -> None:
        super().__init__(content, http_status)
        self.content = content
        self.http_status = http_status

    def __str__(self) -> str:
        return _("The proctoring provider is temporarily unavailable. Please try again later.")

    @property
    def answer_status(self) -> int:
        """Return the status of the REST response: 503 for a time-out, else 502."""
        return 503 if self.http_status in TIME_OUTS else 502


class BackendProviderCannotRegisterAttempt(_ProviderAnswer):
    """The provider did not register the attempt."""


class BackendProviderSentNoAttemptID(BackendProviderCannotRegisterAttempt):
    """The provider's response to a registration contains no id."""


class BackendProviderOnboardingProfilesException(_ProviderAnswer):
    """The provider did not return the onboarding profiles."""


class BackendProviderCannotRemoveAttempt(ProctoredBaseException):
    """The provider could not be reached to remove an attempt."""

    http_status = 502


class BackendProviderRemovalNotConfirmed(BackendProviderCannotRemoveAttempt):
    """The provider responded but did not confirm the removal of the attempt."""


class BackendProviderDoesNotRemoveAttempts(BackendProviderCannotRemoveAttempt):
    """The provider cannot remove attempts, so retrying does not help."""


class BackendProviderOnboardingException(ProctoredBaseException):
    """The provider requires onboarding first; `status` is the onboarding error status of the attempt."""

    def __init__(self, exam_status: str) -> None:
        super().__init__(exam_status)
        self.status = exam_status


class ProctoredExamPermissionDenied(ProctoredBaseException):
    """The caller may not do this."""

    http_status = 403


class ProctoredExamSuspiciousLookup(ProctoredBaseException):
    """The security fields of a review do not match the attempt."""


class ProctoredExamReviewAlreadyExists(ProctoredBaseException):
    """There already is a review, and it may not be changed."""


class ProctoredExamBadReviewStatus(ProctoredBaseException):
    """The review is not valid."""


class ProctoredExamIllegalStatusTransition(ProctoredBaseException):
    """The attempt may not move to this status."""


class AttemptActionNotPossible(ProctoredExamIllegalStatusTransition):
    """The attempt's status does not allow the action of staff, perhaps since a moment ago."""

    http_status = 409


class UnexpectedFailure(ProctoredBaseException):
    """One of many changes failed; the reason is only in the log."""

    http_status = 500


class TimeChangeNotAllowed(ProctoredExamIllegalStatusTransition):
    """The attempt's time may not be changed in this way."""


class AttemptIsPaused(ProctoredExamIllegalStatusTransition):
    """Learners cannot end an attempt while it is paused."""


class ProctoredExamIllegalResumeUpdate(ProctoredBaseException):
    """The attempt may not be resumed."""


class BackendProviderCannotRetireUser(ProctoredBaseException):
    """The provider could not delete a user."""


class BackendProviderNotConfigured(ProctoredBaseException):
    """The exam names a provider that is not configured."""

    http_status = 500


class TooManyPracticeAttempts(ProctoredBaseException):
    """The learner has recently created too many practice attempts; `retry_after`: seconds until the next is allowed."""

    http_status = 429
    retry_after = 3600

    def __str__(self) -> str:
        return super().__str__() or _("You have tried this too often. Please try again later.")


class ProctoringTemporarilyUnavailable(ProctoredBaseException):
    """The database failed or the change was cancelled; the request may succeed if repeated.

    `retry_after`: the seconds after which clients should retry.
    """

    http_status = 503
    retry_after = 5

    def __str__(self) -> str:
        return super().__str__() or _("The service is busy. Please try again.")


class ExtraTimeUnavailable(ProctoringTemporarilyUnavailable):
    """An extension failed to return the learner's extra time, so the attempt does not start with too little time."""

    def __str__(self) -> str:
        return _("Your time for this exam cannot be determined right now. Please try again.")


class ExamChangedMeanwhile(ProctoredBaseException):
    """The exam has changed since the caller read it; nothing was changed."""

    http_status = 412

    def __str__(self) -> str:
        return super().__str__() or "Somebody else changed this exam. Nothing was changed."


class AllowanceNotFound(ProctoredBaseException):
    """The course has no such allowance."""

    http_status = 404

    def __str__(self) -> str:
        return super().__str__() or "The course has no such allowance."


class AllowanceChangedMeanwhile(ProctoredBaseException):
    """The allowance has changed since the caller read it; nothing was changed."""

    http_status = 412

    def __str__(self) -> str:
        return super().__str__() or "Somebody else changed this allowance. Nothing was changed."


class ReviewChangedMeanwhile(ProctoredBaseException):
    """The review has changed since the caller read it; nothing was changed."""

    http_status = 412

    def __str__(self) -> str:
        return super().__str__() or "Somebody else changed this review. Nothing was changed."


class IdempotencyKeyReused(ProctoredBaseException):
    """The key was used with another body."""

    http_status = 422

    def __str__(self) -> str:
        return super().__str__() or "This Idempotency-Key was used for another request."


class RequestStillRunning(ProctoredBaseException):
    """The first request with this key has no response yet."""

    http_status = 409

    def __str__(self) -> str:
        return super().__str__() or "The first request with this Idempotency-Key is still running."
