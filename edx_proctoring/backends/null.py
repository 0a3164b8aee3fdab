"""A provider that does nothing."""

from collections.abc import Mapping, MutableMapping
from typing import Any

from edx_proctoring.backends.backend import ProctoringBackendProvider


class NullBackendProvider(ProctoringBackendProvider):
    """Attempts get no provider id, and no notices are sent."""

    verbose_name = "Null Backend"
    has_service = False

    def register_exam_attempt(
        self, exam: Mapping[str, Any], context: MutableMapping[str, Any]
    ) -> None:
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

    def on_review_callback(self, attempt: Mapping[str, Any], payload: Any) -> None:
        """Does nothing: there are no reviews."""

    def on_exam_saved(self, exam: Mapping[str, Any]) -> None:
        """Does nothing."""
