"""A provider for trying things out: attempts become ready on their own after a second."""

import threading
from typing import TYPE_CHECKING

from django.db import connection, transaction

from edx_proctoring.backends.backend import ProctoringBackendProvider
from edx_proctoring.late_imports import late_module
from edx_proctoring.types import (
    ExamDict,
    ExamDocument,
    JSONObject,
    RegistrationContext,
    ReviewedAttempt,
)

if TYPE_CHECKING:
    from edx_proctoring import callbacks
else:  # imported when used: see `late_imports`
    callbacks = late_module("edx_proctoring.callbacks")

READY_AFTER_SECONDS = 1.0


class MockProctoringBackendProvider(ProctoringBackendProvider):
    """Uses the attempt code as its id of the attempt."""

    verbose_name = "Mock Backend"
    has_service = False

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.args = args
        self.kwargs = kwargs

    def register_exam_attempt(
        self, exam: ExamDict, context: RegistrationContext
    ) -> str | int | None:
        """Accept immediately, and report ready a second later, or after the commit of the host's transaction."""
        timer = threading.Timer(READY_AFTER_SECONDS, _report_ready, [context["attempt_code"]])
        timer.daemon = True
        transaction.on_commit(timer.start)
        return context["attempt_code"]

    def start_exam_attempt(self, exam: str, attempt: str) -> None:
        """Does nothing."""

    def stop_exam_attempt(self, exam: str, attempt: str) -> None:
        """Does nothing."""

    def mark_erroneous_exam_attempt(self, exam: str, attempt: str) -> None:
        """Does nothing."""

    def remove_exam_attempt(self, exam: str, attempt: str) -> bool:
        """Always succeeds."""
        return True

    def get_software_download_url(self) -> str:
        """Returns an example address."""
        return "mockurl"

    def on_review_callback(self, attempt: ReviewedAttempt, payload: JSONObject) -> None:
        """Does nothing: there are no reviews."""

    def on_exam_saved(self, exam: ExamDocument) -> None:
        """Does nothing."""


def start_exam_callback(request: None, attempt_code: str) -> object:
    """Call the function of this name in `callbacks`."""
    return callbacks.start_exam_callback(request, attempt_code)


def _report_ready(attempt_code: str) -> None:
    """Report ready as the learner's browser would; the thread uses its own database connection."""
    try:
        start_exam_callback(None, attempt_code)
    finally:
        connection.close()
