"""Changes of a running attempt's time in the REST protocol, for providers that declare `supports_time_changes`."""

from typing import ClassVar

from edx_proctoring.backends.backend import as_tell
from edx_proctoring.backends.options import ProviderOption
from edx_proctoring.types import JSON, JSONObject


class RestTimeChanges:
    """PATCH requests to the attempt's URL with `time_change` instead of a status."""

    provider_options: ClassVar[tuple[ProviderOption, ...]] = (
        ProviderOption(
            "supports_time_changes",
            bool,
            why="Whether the provider accepts notices about changes of a running attempt's time.",
        ),
    )

    def _make_attempt_request(
        self,
        exam: str | None,
        attempt: str | None,
        method: str = "POST",
        status: str | None = None,
        **payload: JSON,
    ) -> JSONObject:
        raise NotImplementedError

    def extend_exam_attempt(self, exam: str, attempt: str, seconds: int) -> object:
        """PATCH the change "extend" with the seconds by which the end moves."""
        return self._tell_time(exam, attempt, "extend", seconds=seconds)

    def pause_exam_attempt(self, exam: str, attempt: str) -> object:
        """PATCH the change "pause"."""
        return self._tell_time(exam, attempt, "pause")

    def continue_exam_attempt(self, exam: str, attempt: str) -> object:
        """PATCH the change "continue"."""
        return self._tell_time(exam, attempt, "continue")

    def _tell_time(self, exam: str, attempt: str, change: str, **more: JSON) -> object:
        with as_tell():
            return self._make_attempt_request(
                exam, attempt, "PATCH", None, time_change=change, **more
            )
