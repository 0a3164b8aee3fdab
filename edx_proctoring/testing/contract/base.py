"""Shared parts of all checks: the attempt, the provider's service, and failures."""

import copy
import datetime
import unittest
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, NoReturn, Unpack

import requests

from edx_proctoring.backends import has_ping
from edx_proctoring.backends.backend import ProctoringBackendProvider, as_tell, ask_options
from edx_proctoring.backends.options import constructor_arguments, options_of
from edx_proctoring.backends.rest import BaseRestProctoringProvider
from edx_proctoring.testing.contract.wire import (
    NEVER,
    REST_ANSWERS,
    Answer,
    Missing,
    Recording,
    Reply,
    Wire,
)
from edx_proctoring.types import (
    JSON,
    AttemptDict,
    ExamDict,
    ExamDocument,
    JSONObject,
    RegistrationContext,
)

CAPABILITIES = (
    "registers",  # attempts at its service
    "notifies",  # tells its service about starts, submissions and errors
    "removes",  # attempts at its service
    "reviews",
    "onboarding",
    "dashboard",
    "retirement",
    "download",  # offers learners software to download
    "worker script",
    "time changes",  # tells its service about granted time, pauses and breaks
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
EXAM: ExamDict = {
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
DOCUMENT: ExamDocument = {  # the same as providers get it when it is saved
    "id": EXAM["id"],
    "external_id": EXAM["external_id"],
    "course_id": EXAM["course_id"],
    "content_id": EXAM["content_id"],
    "exam_name": EXAM["exam_name"],
    "time_limit_mins": EXAM["time_limit_mins"],
    "is_proctored": True,
    "is_practice_exam": False,
    "is_active": True,
    "due_date": None,
    "hide_after_due": False,
    "backend": EXAM["backend"],
}
NAME, EMAIL = "Zoë Ünïcode-Ωμέγα", "zoe.omega@example.com"
CONTEXT: RegistrationContext = {
    "attempt_code": "0B7A1A3E-5F0C-4E4B-9B3B-3C5D1C9A7E11",
    "lms_host": "https://lms.example.com",
    "time_limit_mins": 60,
    "is_sample_attempt": False,
    "user_id": "09635582f2d6a5d061c08df80e10f02f97827b56",
    "full_name": NAME,
    "email": EMAIL,
    "review_policy": "Open book",
}
FAILURES: dict[str, Reply] = {
    "400": {"status": 400, "body": '{"error": "no"}'},
    "404": {"status": 404, "body": "{}"},
    "500": {"status": 500, "body": "<html>"},
    "503": {"status": 503, "body": ""},
    "a time-out": {"error": requests.ReadTimeout("too late")},
    "a refused connection": {"error": requests.ConnectionError("refused")},
    "truncated JSON": {"status": 200, "body": '{"id": '},
    "a list": {"status": 200, "body": "[]"},
}
UNREACHABLE = ("503", "a time-out", "a refused connection")
NOTICES = {
    "start_exam_attempt": "notify started",
    "stop_exam_attempt": "notify submitted",
    "mark_erroneous_exam_attempt": "notify error",
}
# The case and the arguments after the ids; only for classes that set supports_time_changes.
TIME_CHANGES: dict[str, tuple[str, tuple[int, ...]]] = {
    "extend_exam_attempt": ("notify extended", (600,)),
    "pause_exam_attempt": ("notify paused", ()),
    "continue_exam_attempt": ("notify continued", ()),
}
INSTRUCTOR: dict[str, str] = {"id": "u", "full_name": NAME, "email": EMAIL}
OPTIONAL = ("exam", "config")  # a provider may know the answer without a request
DEADLINE_SECONDS = 10
SHORT_DEADLINE_SECONDS = 0.5  # for a caller who has already waited for something else
CASES = {  # responses by capability
    "registers": ("register",),
    "notifies": tuple(NOTICES.values()),
    "time changes": tuple(case for case, _ in TIME_CHANGES.values()),
    "removes": ("remove", "remove unconfirmed"),
    "retirement": ("retire", "retire unknown"),
    "onboarding": ("profile", "profiles", *(f"onboarding_{one}" for one in ONBOARDING)),
}


@dataclass(frozen=True)
class Call:
    """One call of a provider."""

    capability: str
    case: str | None
    method: str
    work: Callable[[ProctoringBackendProvider], object]


class Checks:
    """The author's declarations about the provider, and the helpers of the checks."""

    provider_class: ClassVar[type[ProctoringBackendProvider]]
    options: ClassVar[Mapping[str, Any]] = {}
    capabilities: ClassVar[Collection[str]] = frozenset()
    # Responses of the service by case, see REST_ANSWERS; those of the REST protocol are built in.
    answers: ClassVar[Mapping[str, Answer]] = REST_ANSWERS
    # Deliveries: valid and invalid reviews. {"locator"} is replaced by the attempt's id.
    reviews: ClassVar[tuple[JSONObject, ...]] = (
        {"status": "passed", "comments": []},
        {
            "status": "suspicious",
            "comments": [{"comment": "é", "status": "x", "start": 1, "stop": 2}],
        },
    )
    garbage: ClassVar[tuple[JSON, ...]] = (
        {},
        {"status": "fine"},
        {"status": None},
        {"status": "passed", "comments": "x"},
    )

    # Helpers

    def make(self, **more: object) -> ProctoringBackendProvider:
        """Return a new instance, created as the app does; without one nothing can be checked."""
        try:
            return self.built(**more)[0]
        except Exception as error:
            why = f"it cannot be instantiated, see the check 'options' ({type(error).__name__})"
            raise unittest.SkipTest(why) from error

    def built(self, **more: object) -> tuple[ProctoringBackendProvider, Wire]:
        """Return a new instance, and the requests sent while it was created."""
        with self.wire().answering(status=200, body="{}") as wire:
            known = options_of(self.provider_class)
            given = copy.deepcopy({**self.options, **more})
            return self.provider_class(**constructor_arguments(known, given)), wire

    def calls(self) -> list[Call]:
        """Return all calls of the declared capabilities."""
        document, attempt = copy.deepcopy(DOCUMENT), self.attempt()
        found = [
            Call("registers", "register", "register_exam_attempt", self.register),
            Call("registers", "exam", "on_exam_saved", lambda one: one.on_exam_saved(document)),
            Call("registers", None, "get_attempt", lambda one: one.get_attempt(attempt)),
            Call(
                "removes",
                "remove",
                "remove_exam_attempt",
                partial(_of_attempt, "remove_exam_attempt"),
            ),
            Call("retirement", "retire", "retire_user", lambda one: one.retire_user("u")),
            Call("onboarding", "profile", "get_onboarding_profile_info", _profile),
            Call("onboarding", "profiles", "get_onboarding_profile_info", _profiles),
            Call("download", "config", "get_software_download_url", _download),
            Call("dashboard", None, "get_instructor_url", _dashboard),
        ]
        for method, case in NOTICES.items():
            found.append(Call("notifies", case, method, partial(_of_attempt, method)))
        for method, (case, _) in TIME_CHANGES.items():
            found.append(Call("time changes", case, method, partial(_of_attempt, method)))
        for sample in self.reviews:
            review = partial(_review, attempt, copy.deepcopy(sample))
            found.append(Call("reviews", None, "on_review_callback", review))
        declared = [call for call in found if call.capability in self.capabilities]
        if has_ping(self.provider_class):
            declared.append(Call("any", None, "ping", lambda one: one.ping()))
        return [call for call in declared if self.happens(call.case)]

    def speaks_rest(self) -> bool:
        """Return whether the provider uses the REST protocol."""
        return issubclass(self.provider_class, BaseRestProctoringProvider)

    def recorded(self) -> Mapping[str, Answer]:
        """Return the author's recordings, or those of the REST protocol if the provider uses it."""
        if self.answers is REST_ANSWERS and not self.speaks_rest():
            return {}
        return self.answers

    def happens(self, case: str | None) -> bool:
        """Return whether its service ever sends this response."""
        return self.recorded().get(case or "") is not NEVER

    def recording_of(self, call: Call) -> Recording | None:
        """Return the recording that answers a call, or None; the checks of its capability report a missing one."""
        try:
            return self.wire().recording(call.case) if call.case else None
        except Missing:
            return None

    @contextmanager
    def playing(
        self, call: Call, provider: ProctoringBackendProvider, deadline: float = DEADLINE_SECONDS
    ) -> Iterator[Wire]:
        """Make the call; exceptions are left to the checks of its capability."""
        known = self.recording_of(call) or Recording(text="{}")
        with self.hearing(status=known.status, body=known.body, deadline=deadline) as wire:
            try:
                call.work(provider)
            except Exception as error:
                wire.error = error
            yield wire

    def wire(self) -> Wire:
        """Return the double of its service."""
        return Wire(self.recorded())

    def needs(self, capability: str) -> None:
        """Skip the check unless the capability is declared."""
        unknown = set(self.capabilities) - set(CAPABILITIES)
        assert not unknown, (
            f"capabilities: there is no {sorted(unknown)}; choose from {', '.join(CAPABILITIES)}"
        )
        if capability not in self.capabilities:
            self.leave_out(f"{capability!r} is not among the capabilities")

    def leave_out(self, why: str) -> NoReturn:
        """Skip the test with this reason."""
        raise unittest.SkipTest(why)

    @contextmanager
    def hearing(
        self,
        case: str | None = None,
        *,
        deadline: float = DEADLINE_SECONDS,
        key: str | None = None,
        **how: Unpack[Reply],
    ) -> Iterator[Wire]:
        """Play the recording of the case to a caller with this many seconds. Without a recording, skip the check."""
        wire = self.wire()
        if case is not None:
            self.needs_recording(case)
        with (
            wire.answering(case, **how),
            ask_options(deadline=deadline, strict=True, idempotency_key=key),
            as_tell(),  # otherwise the circuit breaker would open after a few failures
        ):
            yield wire

    def hearing_or_empty(self, case: str) -> AbstractContextManager[Wire]:
        """Play the recording of the case, or an empty object if there is none."""
        if case in self.recorded() and self.happens(case):
            return self.hearing(case)
        return self.hearing(status=200, body="{}")

    def needs_recording(self, case: str) -> None:
        """Skip the check if the case has no recording."""
        try:
            known = self.wire().recording(case)
        except Missing:
            self.leave_out(f"no recording of {case!r}, see the check 'recordings'")
        if known.answer is NEVER:
            self.leave_out(f"its service never gives the response {case!r}")

    def register(
        self,
        provider: ProctoringBackendProvider,
        exam: ExamDict = EXAM,
        **more: Unpack[RegistrationContext],
    ) -> str | int | None:
        """Register as the app does."""
        context: RegistrationContext = {**copy.deepcopy(CONTEXT), **more}
        return provider.register_exam_attempt(copy.deepcopy(exam), context=context)

    def attempt(self) -> AttemptDict:
        """Return the attempt to be reviewed."""
        return {
            "id": 1,
            "created": "2026-05-04T09:00:00Z",
            "modified": "2026-05-04T10:00:00Z",
            "user": {"id": 7, "username": "zoe", "email": EMAIL},
            "started_at": datetime.datetime(2026, 5, 4, 9, tzinfo=datetime.UTC),
            "completed_at": datetime.datetime(2026, 5, 4, 10, tzinfo=datetime.UTC),
            "external_id": "attempt-1",
            "status": "submitted",
            "proctored_exam": copy.deepcopy(EXAM),
            "allowed_time_limit_mins": 60,
            "attempt_code": CONTEXT["attempt_code"],
            "is_sample_attempt": False,
            "taking_as_proctored": True,
            "review_policy_id": None,
            "is_status_acknowledged": False,
            "time_remaining_seconds": None,
            "is_resumable": False,
            "ready_to_resume": False,
            "resumed": False,
        }

    def raises(
        self, wanted: tuple[type[Exception], ...], what: str, work: Callable[[], object]
    ) -> Exception:
        names = " or ".join(kind.__name__ for kind in wanted)
        try:
            found = work()
        except wanted as error:
            return error
        except Exception as error:
            raise AssertionError(f"{what} raised {error!r}; it must raise {names}") from error
        raise AssertionError(f"{what} returned {found!r}; it must raise {names}")

    def accepts_notice(self, provider: ProctoringBackendProvider, method: str) -> None:
        try:
            _of_attempt(method, provider)
        except Exception as error:
            raise AssertionError(
                f"{method} raised {error!r}, although its service responded; notices may be repeated and reordered"
            ) from error


def _of_attempt(method: str, provider: ProctoringBackendProvider) -> object:
    _, more = TIME_CHANGES.get(method, ("", ()))
    return getattr(provider, method)("exam-1", "attempt-1", *more)


def _review(
    attempt: AttemptDict, payload: JSONObject, provider: ProctoringBackendProvider
) -> object:
    return provider.on_review_callback(attempt, payload)


def _profile(provider: ProctoringBackendProvider) -> object:
    return provider.get_onboarding_profile_info(EXAM["course_id"], user_id="u")


def _profiles(provider: ProctoringBackendProvider) -> object:
    return provider.get_onboarding_profile_info(EXAM["course_id"], status="")


def _download(provider: ProctoringBackendProvider) -> object:
    return provider.get_software_download_url()


def _dashboard(provider: ProctoringBackendProvider) -> object:
    return provider.get_instructor_url(EXAM["course_id"], dict(INSTRUCTOR), exam_id="exam-1")
