"""A provider controlled by the test."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from edx_proctoring.backends.backend import ProctoringBackendProvider
from edx_proctoring.exceptions import BackendProviderOnboardingException
from edx_proctoring.types import (
    AttemptDict,
    ExamDict,
    ExamDocument,
    JSONObject,
    RegistrationContext,
    ReviewedAttempt,
)

Answer = TypeVar("Answer")


@dataclass
class Call:
    """One call with its arguments and its result (None if it raised)."""

    method: str
    args: tuple[object, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    result: object = None


class FakeProvider(ProctoringBackendProvider):
    """Records all calls in `calls` and behaves like a working provider unless told otherwise.

    `fail(method, error)` makes it raise, `answer(method, value)` changes the result, `before(method, work)` runs work
    first, `refuse_onboarding(status)` makes it require onboarding, `recover()` resets all of this.
    """

    verbose_name = "Test Provider"
    has_service = False
    passing_statuses = ("Clean",)

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.calls: list[Call] = []
        self._errors: dict[str, BaseException] = {}
        self._answers: dict[str, Any] = {}
        self._before: dict[str, Callable[..., object]] = {}
        self._ids = itertools.count(1)

    def fail(self, method: str, error: BaseException) -> None:
        """From now on, let this method raise."""
        self._errors[method] = error

    def answer(self, method: str, value: object) -> None:
        """From now on, let this method return `value`."""
        self._answers[method] = value

    def before(self, method: str, work: Callable[..., object]) -> None:
        """From now on, call `work` with the arguments before the method."""
        self._before[method] = work

    def refuse_onboarding(self, status: str) -> None:
        """Require onboarding before attempts."""
        self.fail("register_exam_attempt", BackendProviderOnboardingException(status))

    def answer_blocked(self, blocked: bool) -> None:
        """Set whether the exam's content requires the provider's own browser."""
        self.answer("should_block_access_to_exam_material", blocked)

    def recover(self) -> None:
        """Reset the behaviour; recorded calls are kept."""
        for told in (self._errors, self._answers, self._before):
            told.clear()

    def calls_of(self, method: str) -> list[Call]:
        """Return the calls of one method."""
        return [call for call in self.calls if call.method == method]

    def _called(self, method: str, otherwise: Answer, *args: object, **kwargs: object) -> Answer:
        call = Call(method, args, kwargs)
        self.calls.append(call)
        if method in self._before:
            self._before[method](*args, **kwargs)
        if method in self._errors:
            raise self._errors[method]
        answer: Answer = self._answers.get(method, otherwise)
        call.result = answer
        return answer

    def register_exam_attempt(
        self, exam: ExamDict, context: RegistrationContext
    ) -> str | int | None:
        """Return a new id."""
        external_id = f"attempt-{next(self._ids)}"
        return self._called("register_exam_attempt", external_id, exam, context=dict(context))

    def start_exam_attempt(self, exam: str, attempt: str) -> object:
        return self._called("start_exam_attempt", "started", exam, attempt)

    def stop_exam_attempt(self, exam: str, attempt: str) -> object:
        return self._called("stop_exam_attempt", "submitted", exam, attempt)

    def mark_erroneous_exam_attempt(self, exam: str, attempt: str) -> object:
        return self._called("mark_erroneous_exam_attempt", "error", exam, attempt)

    def extend_exam_attempt(self, exam: str, attempt: str, seconds: int) -> object:
        return self._called("extend_exam_attempt", None, exam, attempt, seconds)

    def pause_exam_attempt(self, exam: str, attempt: str) -> object:
        return self._called("pause_exam_attempt", None, exam, attempt)

    def continue_exam_attempt(self, exam: str, attempt: str) -> object:
        return self._called("continue_exam_attempt", None, exam, attempt)

    def remove_exam_attempt(self, exam: str, attempt: str) -> bool:
        """Return True."""
        return self._called("remove_exam_attempt", True, exam, attempt)

    def get_software_download_url(self) -> str | None:
        """Return a URL."""
        return self._called("get_software_download_url", "https://provider.example.com/software")

    def on_review_callback(self, attempt: ReviewedAttempt, payload: JSONObject) -> object:
        """Return the payload unchanged."""
        return self._called("on_review_callback", payload, attempt, payload)

    def on_exam_saved(self, exam: ExamDocument) -> str | int | None:
        """Return the exam's id, a new one if it has none."""
        external_id = exam.get("external_id") or f"exam-{exam['id']}"
        return self._called("on_exam_saved", external_id, dict(exam))

    def get_attempt(self, attempt: AttemptDict) -> AttemptDict | JSONObject:
        """Return nothing of its own."""
        return self._called("get_attempt", {}, attempt)

    def get_instructor_url(  # type: ignore[override]  # records all
        self, course_id: str, user: Mapping[str, str], **kwargs: Any
    ) -> str | None:
        """Return a URL."""
        url = "https://provider.example.com/dashboard"
        return self._called("get_instructor_url", url, course_id, user, **kwargs)

    def get_proctoring_config(self) -> JSONObject:
        """Return an empty configuration."""
        return self._called("get_proctoring_config", {})

    def should_block_access_to_exam_material(self) -> bool:
        """Return False."""
        return bool(self._called("should_block_access_to_exam_material", False))

    def retire_user(self, user_id: str) -> bool | None:
        """Return None: no data is stored."""
        return self._called("retire_user", None, user_id)

    def get_onboarding_profile_info(self, course_id: str, **kwargs: str) -> JSONObject | None:
        """Return None: no profiles are kept."""
        return self._called("get_onboarding_profile_info", None, course_id, **kwargs)
