"""A provider that does nothing."""

from edx_proctoring.backends.backend import ProctoringBackendProvider
from edx_proctoring.types import (
    ExamDict,
    ExamDocument,
    JSONObject,
    RegistrationContext,
    ReviewedAttempt,
)


class NullBackendProvider(ProctoringBackendProvider):
    """Attempts get no provider id, and no notices are sent."""

    verbose_name = "Null Backend"
    has_service = False

    def register_exam_attempt(self, exam: ExamDict, context: RegistrationContext) -> None:
        """Does nothing."""

    def start_exam_attempt(self, exam: str, attempt: str) -> None:
        """Does nothing."""

    def stop_exam_attempt(self, exam: str, attempt: str) -> None:
        """Does nothing."""

    def mark_erroneous_exam_attempt(self, exam: str, attempt: str) -> None:
        """Does nothing."""

    def remove_exam_attempt(self, exam: str, attempt: str) -> bool:
        """Always succeeds, because nothing was registered."""
        return True

    def get_software_download_url(self) -> None:
        """Returns no address."""

    def on_review_callback(self, attempt: ReviewedAttempt, payload: JSONObject) -> None:
        """Does nothing: there are no reviews."""

    def on_exam_saved(self, exam: ExamDocument) -> None:
        """Does nothing."""
