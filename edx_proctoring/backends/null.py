"""The provider that does nothing."""

from collections.abc import Mapping, MutableMapping
from typing import Any

from edx_proctoring.backends.backend import ProctoringBackendProvider


class NullBackendProvider(ProctoringBackendProvider):
    """Attempts get no id of a provider, and nobody is told anything."""

    verbose_name = "Null Backend"
    has_service = False

    def register_exam_attempt(
        self, exam: Mapping[str, Any], context: MutableMapping[str, Any]
    ) -> None:
        """Nobody to register with."""

    def start_exam_attempt(self, exam: str, attempt: str) -> None:
        """Nobody to tell."""

    def stop_exam_attempt(self, exam: str, attempt: str) -> None:
        """Nobody to tell."""

    def mark_erroneous_exam_attempt(self, exam: str, attempt: str) -> None:
        """Nobody to tell."""

    def remove_exam_attempt(self, exam: str, attempt: str) -> bool:
        """It was never there."""
        return True

    def get_software_download_url(self) -> None:
        """No software."""

    def on_review_callback(self, attempt: Mapping[str, Any], payload: Any) -> None:
        """No reviews."""

    def on_exam_saved(self, exam: Mapping[str, Any]) -> None:
        """Nobody to tell."""
