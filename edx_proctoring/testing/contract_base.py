"""What all checks of providers share: the attempt that they play, the service, the failures."""

import copy
import unittest
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

import requests

from edx_proctoring.backends.backend import ask_options
from edx_proctoring.testing.wire import REST_ANSWERS, Missing, Wire

CAPABILITIES = (
    "registers",  # attempts, at its service
    "notifies",  # its service of starts, submissions and errors
    "removes",  # attempts from its service
    "reviews",
    "onboarding",
    "dashboard",
    "retirement",
    "download",  # of software by learners
    "worker script",
)
ONBOARDING = ("missing", "pending", "failed", "expired")
PROFILE_WORDS = frozenset(
    {
        "no-profile",
        "approved-in-course",
        "approved-in-different-course",
        "rejected",
        "expired",
        "pending",
    }
)
EXAM: dict[str, Any] = {
    "id": 12,
    "external_id": "exam-1",
    "course_id": "course-v1:Org+Course+Run",
    "content_id": "block-v1:Org+Course+Run+type@sequential+block@final",
    "exam_name": "Prüfung “Ω”: ½",
    "time_limit_mins": 60,
    "is_proctored": True,
    "is_practice_exam": False,
    "is_active": True,
    "due_date": None,
    "hide_after_due": False,
    "backend": "acme",
}
NAME, EMAIL = "Zoë Ünïcode-Ωμέγα", "zoe.omega@example.com"
CONTEXT: dict[str, Any] = {
    "attempt_code": "0B7A1A3E-5F0C-4E4B-9B3B-3C5D1C9A7E11",
    "lms_host": "https://lms.example.com",
    "time_limit_mins": 60,
    "is_sample_attempt": False,
    "user_id": "09635582f2d6a5d061c08df80e10f02f97827b56",
    "full_name": NAME,
    "email": EMAIL,
    "review_policy": "Open book",
}
SECRET_OPTIONS = ("client_secret", "secret_key", "crypto_key", "video_review_aes_key")
FAILURES: dict[str, dict[str, Any]] = {
    "404": {"status": 404, "body": "{}"},
    "503": {"status": 503, "body": ""},
    "a time-out": {"error": requests.ReadTimeout("too late")},
    "a refused connection": {"error": requests.ConnectionError("refused")},
    "half an object": {"status": 200, "body": '{"id": '},
    "a list": {"status": 200, "body": "[]"},
}
NOTICES = ("start_exam_attempt", "stop_exam_attempt", "mark_erroneous_exam_attempt")


class Checks:
    """What the author says of the provider, and what the checks need."""

    provider_class: ClassVar[type[Any]]
    options: ClassVar[Mapping[str, Any]] = {}
    capabilities: ClassVar[Any] = frozenset()
    # Answers of its service by case, see REST_ANSWERS; those of the REST protocol are known.
    answers: ClassVar[Mapping[str, Any]] = REST_ANSWERS
    # Deliveries: those that are reviews, and those that are none. {"locator"} stands for the attempt's id there.
    reviews: ClassVar[tuple[Any, ...]] = (
        {"status": "passed", "comments": []},
        {
            "status": "suspicious",
            "comments": [{"comment": "é", "status": "x", "start": 1, "stop": 2}],
        },
    )
    garbage: ClassVar[tuple[Any, ...]] = (
        {},
        {"status": "fine"},
        {"status": None},
        {"status": "passed", "comments": "x"},
    )

    # Helpers

    def make(self) -> Any:
        """A new instance, as the app makes it."""
        return self.provider_class(**copy.deepcopy(dict(self.options)))

    def wire(self) -> Wire:
        """Its service."""
        return Wire(self.answers)

    def needs(self, capability: str) -> None:
        """Leaves the check out where that is not declared."""
        unknown = set(self.capabilities) - set(CAPABILITIES)
        assert not unknown, (
            f"capabilities: there is no {sorted(unknown)}; known are {', '.join(CAPABILITIES)}"
        )
        if capability not in self.capabilities:
            self.leave_out(f"{capability!r} is not among the capabilities")

    def leave_out(self, why: str) -> None:
        """As a skipped test, with its reason."""
        raise unittest.SkipTest(why)

    @contextmanager
    def hearing(self, case: str | None = None, **how: Any) -> Iterator[Wire]:
        """Its service answers; a case without a recording is left out, and said."""
        wire = self.wire()
        try:
            with wire.answering(case, **how), ask_options(deadline=10, strict=True):
                yield wire
        except Missing as error:
            self.leave_out(str(error))

    def register(self, provider: Any, exam: Any = EXAM, **more: Any) -> Any:
        """As the app calls it."""
        context = {**copy.deepcopy(CONTEXT), **more}
        return provider.register_exam_attempt(copy.deepcopy(dict(exam)), context=context)

    def attempt(self) -> Mapping[str, Any]:
        """The attempt that reviews are of."""
        return {"id": 1, "external_id": "attempt-1", "proctored_exam": dict(EXAM)}

    def raises(
        self, wanted: tuple[type[Exception], ...], what: str, work: Callable[[], Any]
    ) -> Exception:
        names = " or ".join(kind.__name__ for kind in wanted)
        try:
            found = work()
        except wanted as error:
            return error
        except Exception as error:
            raise AssertionError(f"{what} raised {error!r}; it must raise {names}") from error
        raise AssertionError(f"{what} gave {found!r}; it must raise {names}")
