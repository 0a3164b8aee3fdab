"""What can go wrong. Each class states the HTTP status that the REST interface answers with."""

from typing import Any

from django.utils.translation import gettext as _

TIME_OUTS = (408, 503, 504)


class ProctoredBaseException(Exception):
    """The root; `str()` is a text that learners may see."""

    http_status = 400


class ProctoredExamAlreadyExists(ProctoredBaseException):
    """There is an exam for this course and content already."""


class ProctoredExamNotFoundException(ProctoredBaseException):
    """There is no such exam."""


class ProctoredExamReviewPolicyNotFoundException(ProctoredBaseException):
    """The exam has no review policy."""


class ProctoredExamReviewPolicyAlreadyExists(ProctoredBaseException):
    """The exam has a review policy already."""


class ProctoredExamNotActiveException(ProctoredBaseException):
    """The exam is not active."""


class StudentExamAttemptAlreadyExistsException(ProctoredBaseException):
    """The learner has an attempt that no further one may follow."""


class StudentExamAttemptBeingCreated(StudentExamAttemptAlreadyExistsException):
    """Another creation of the same learner in the same exam is under way."""


class StudentExamAttemptDoesNotExistsException(ProctoredBaseException):
    """There is no such attempt."""


class StudentExamAttemptedAlreadyStarted(ProctoredBaseException):
    """The attempt has started already."""


class StudentExamAttemptOnPastDueProctoredExam(ProctoredBaseException):
    """It is too late for a proctored attempt."""


class UserNotFoundException(ProctoredBaseException):
    """There is no such user."""


class AllowanceValueNotAllowedException(ProctoredBaseException):
    """An allowance cannot have this value."""


class _ProviderAnswer(ProctoredBaseException):
    """A provider's bad answer: `content` is for logs, `http_status` is the provider's own."""

    def __init__(self, content: Any, http_status: int) -> None:
        super().__init__(content, http_status)
        self.content = content
        self.http_status = http_status

    def __str__(self) -> str:
        return _("The proctoring provider is temporarily unavailable. Please try again later.")

    @property
    def answer_status(self) -> int:
        """What the REST interface answers: 503 for a time-out, else 502."""
        return 503 if self.http_status in TIME_OUTS else 502


class BackendProviderCannotRegisterAttempt(_ProviderAnswer):
    """The provider did not register the attempt."""


class BackendProviderSentNoAttemptID(BackendProviderCannotRegisterAttempt):
    """The provider answered a registration without an id."""


class BackendProviderOnboardingProfilesException(_ProviderAnswer):
    """The provider did not tell how far learners are with onboarding."""


class BackendProviderCannotRemoveAttempt(ProctoredBaseException):
    """The provider could not be reached to remove an attempt."""

    http_status = 502


class BackendProviderRemovalNotConfirmed(BackendProviderCannotRemoveAttempt):
    """The provider answered, but not that the attempt is removed."""


class BackendProviderDoesNotRemoveAttempts(BackendProviderCannotRemoveAttempt):
    """The provider has no way to remove attempts: trying again cannot help."""


class BackendProviderOnboardingException(ProctoredBaseException):
    """The provider wants onboarding first; `status` is the onboarding error status of the attempt."""

    def __init__(self, exam_status: str) -> None:
        super().__init__(exam_status)
        self.status = exam_status


class ProctoredExamPermissionDenied(ProctoredBaseException):
    """The caller may not do this."""

    http_status = 403


class ProctoredExamSuspiciousLookup(ProctoredBaseException):
    """The security fields of a review do not match the attempt."""


class ProctoredExamReviewAlreadyExists(ProctoredBaseException):
    """There is a review already, and it may not be changed."""


class ProctoredExamBadReviewStatus(ProctoredBaseException):
    """A review that cannot be understood."""


class ProctoredExamIllegalStatusTransition(ProctoredBaseException):
    """The attempt may not move to this status."""


class TimeChangeNotAllowed(ProctoredExamIllegalStatusTransition):
    """The attempt's time may not be changed so."""


class AttemptIsPaused(ProctoredExamIllegalStatusTransition):
    """Learners cannot end an attempt while its clock stands still."""


class ProctoredExamIllegalResumeUpdate(ProctoredBaseException):
    """The attempt may not be resumed."""


class BackendProviderCannotRetireUser(ProctoredBaseException):
    """The provider could not delete a user."""


class BackendProviderNotConfigured(ProctoredBaseException):
    """The exam names a provider that this installation has not configured."""

    http_status = 500


class TooManyPracticeAttempts(ProctoredBaseException):
    """The learner has created too many practice attempts lately; `retry_after`: in how many seconds the next is allowed."""

    http_status = 429
    retry_after = 3600

    def __str__(self) -> str:
        return super().__str__() or _("You have tried this too often. Please try again later.")


class ProctoringTemporarilyUnavailable(ProctoredBaseException):
    """The database did not let the request through, or somebody withdrew the change; trying again may help.

    `retry_after`: in how many seconds clients should.
    """

    http_status = 503
    retry_after = 5

    def __str__(self) -> str:
        return super().__str__() or _("The service is busy. Please try again.")


class ExtraTimeUnavailable(ProctoringTemporarilyUnavailable):
    """An extension did not tell how much time the learner has: nobody begins with less than she is entitled to."""

    def __str__(self) -> str:
        return _("Your time for this exam cannot be determined right now. Please try again.")


class ExamChangedMeanwhile(ProctoredBaseException):
    """The exam is not as the caller has seen it: nothing was changed."""

    http_status = 412

    def __str__(self) -> str:
        return super().__str__() or "Somebody else changed this exam. Nothing was changed."


class IdempotencyKeyReused(ProctoredBaseException):
    """The key belongs to a request with another body."""

    http_status = 422

    def __str__(self) -> str:
        return super().__str__() or "This Idempotency-Key was used for another request."


class RequestStillRunning(ProctoredBaseException):
    """The first request with this key has no answer yet."""

    http_status = 409

    def __str__(self) -> str:
        return super().__str__() or "The first request with this Idempotency-Key is still running."
