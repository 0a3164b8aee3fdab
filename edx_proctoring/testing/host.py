"""Doubles of the LMS's services, which record calls and can be told to fail.

They accept exactly the arguments of the LMS's own services, in the published form: a wrong name, a positional argument
instead of a keyword, or a wrong type raises a TypeError.
"""

import datetime
import functools
import inspect
import typing
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Concatenate, Literal, ParamSpec, Protocol, TypedDict, TypeVar

from django.contrib.auth.base_user import AbstractBaseUser
from opaque_keys.edx.keys import CourseKey

from edx_proctoring.protocols import SERVICES, OutlineDetails
from edx_proctoring.runtime import get_runtime_service, set_runtime_service
from edx_proctoring.testing.providers import Call
from edx_proctoring.types import CreditState, JSONObject, Requirement, User

Service = TypeVar("Service", bound="_Service")
Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")
Method = Callable[Concatenate[Service, Arguments], Answer]
CreditStatus = Literal["satisfied", "submitted", "declined", "failed"]
Account = AbstractBaseUser


@typing.runtime_checkable
class Requester(Protocol):
    """The sender of a request: an account, or an anonymous user, whose `pk` is None."""

    @property
    def pk(self) -> int | None: ...


def _fits(value: object, hint: object) -> bool:
    if typing.get_origin(hint) is Literal:
        return value in typing.get_args(hint)
    if typing.get_origin(hint) is list:
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    if typing.get_args(hint):
        return any(_fits(value, one) for one in typing.get_args(hint))
    if isinstance(value, bool) and hint is not bool:
        return False
    return isinstance(hint, type) and isinstance(value, hint)


def _question(method: Method[Service, Arguments, Answer]) -> Method[Service, Arguments, Answer]:
    """A query, recorded in `questions`."""
    return _recorded(method, "questions")


def _order(method: Method[Service, Arguments, Answer]) -> Method[Service, Arguments, Answer]:
    """A command, recorded in `calls`."""
    return _recorded(method, "calls")


def _recorded(
    method: Method[Service, Arguments, Answer], where: Literal["questions", "calls"]
) -> Method[Service, Arguments, Answer]:
    """Return the method with strict argument types; it fails if told to, and its calls are recorded."""
    name, signature = method.__name__, inspect.signature(method)
    hints = typing.get_type_hints(method)

    @functools.wraps(method)
    def call(self: Service, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Answer:
        for argument, value in signature.bind(self, *args, **kwargs).arguments.items():
            if argument != "self" and not _fits(value, hints[argument]):
                raise TypeError(f"{name}({argument}={value!r}): not {hints[argument]}")
        made, record = Call(name, args, kwargs), getattr(self, where)
        if name in self.works:
            self.works[name](*args, **kwargs)
        if name in self.errors:
            record.append(made)
            raise self.errors[name]
        answer = method(self, *args, **kwargs)
        made.result = answer
        record.append(made)
        return answer

    return call


class _Service:
    def __init__(self, calls: list[Call], questions: list[Call]) -> None:
        self.calls = calls
        self.questions = questions
        self.errors: dict[str, BaseException] = {}
        self.works: dict[str, Callable[..., object]] = {}

    def before(self, method: str, work: Callable[..., object]) -> None:
        """From now on, call `work` with the arguments before the method; its exceptions are raised."""
        self.works[method] = work

    def fail(self, method: str, error: BaseException) -> None:
        """From now on, let this method raise."""
        self.errors[method] = error

    def recover(self) -> None:
        """Clear all failures."""
        self.errors.clear()
        self.works.clear()


class CreditService(_Service):
    """Everybody is enrolled, without requirements unless `requirements` says otherwise."""

    def __init__(self, calls: list[Call], questions: list[Call]) -> None:
        super().__init__(calls, questions)
        self.enrolled = True
        self.requirements: list[Requirement] = []
        self.state: CreditState = {
            "enrollment_mode": "verified",
            "profile_fullname": "Wolfgang von Strucker",
            "student_email": "learner@example.com",
            "course_name": "Demonstration Course",
            "course_end_date": None,
        }

    @_question
    def get_credit_state(
        self, user_id: int, course_id: str, /, *, return_course_info: bool = False
    ) -> CreditState | None:
        """Return the state, or None for users who are not enrolled."""
        state: CreditState = {**self.state, "credit_requirement_status": self.requirements}
        return state if self.enrolled else None

    @_order
    def set_credit_requirement_status(
        self,
        *,
        user_id: int,
        course_key_or_id: str,
        req_namespace: Literal["proctored_exam"],
        req_name: str,
        status: CreditStatus,
    ) -> None:
        """Record the call."""

    @_order
    def remove_credit_requirement_status(
        self,
        *,
        user_id: int,
        course_key_or_id: str,
        req_namespace: Literal["proctored_exam"],
        req_name: str,
    ) -> None:
        """Record the call."""


class InstructorService(_Service):
    """`staff` contains the users who are staff of every course."""

    def __init__(self, calls: list[Call], questions: list[Call]) -> None:
        super().__init__(calls, questions)
        self.staff: set[int | tuple[int, str]] = set()  # ids, or (id, course id)
        self.escalation_email: str | None = None

    @_question
    def is_course_staff(self, user: Requester, course_id: str, /) -> bool:
        """Return whether the user, or (user, course), is in `staff`."""
        return user.pk in self.staff or (user.pk, course_id) in self.staff

    @_order
    def delete_student_attempt(
        self, username: str, course_id: str, content_id: str, /, *, requesting_user: Account
    ) -> None:
        """Record the call."""

    @_order
    def complete_student_attempt(self, username: str, content_id: str, /) -> None:
        """Record the call."""

    @_order
    def send_support_notification(
        self,
        *,
        course_id: str,
        exam_name: str,
        student_username: str,
        review_status: str,
        review_url: str,
    ) -> None:
        """Record the call."""

    @_question
    def get_proctoring_escalation_email(self, course_id: str, /) -> str | None:
        """Return the address, if one is set."""
        return self.escalation_email


class GradesService(_Service):
    """Rejections zero grades while `overrides` is true."""

    def __init__(self, calls: list[Call], questions: list[Call]) -> None:
        super().__init__(calls, questions)
        self.overrides = True

    @_question
    def should_override_grade_on_rejected_exam(self, course_id: str, /) -> bool:
        """Return `overrides`."""
        return self.overrides

    @_order
    def override_subsection_grade(
        self,
        *,
        user_id: int,
        course_key_or_id: str,
        usage_key_or_id: str,
        earned_all: float,
        earned_graded: float,
        overrider: Account | None,
        comment: str,
    ) -> None:
        """Record the call."""

    @_order
    def undo_override_subsection_grade(
        self, *, user_id: int, course_key_or_id: str, usage_key_or_id: str
    ) -> None:
        """Record the call."""


class CertificateService(_Service):
    """Records invalidations."""

    @_order
    def invalidate_certificate(self, *, user_id: int, course_key_or_id: str) -> None:
        """Record the call."""


@dataclass
class Enrollment:
    """An enrollment."""

    user: User
    mode: str = "verified"


class EnrollmentsService(_Service):
    """Users in `enrollments` may take proctored exams; None means a course without proctoring.

    Everybody is enrolled in every course, unless `enrolled` contains the enrolled pairs (course id, user id).
    """

    def __init__(self, calls: list[Call], questions: list[Call]) -> None:
        super().__init__(calls, questions)
        self.enrollments: list[Enrollment] | None = []
        self.enrolled: set[tuple[str, int]] | None = None

    @_question
    def get_enrollments_can_take_proctored_exams(
        self, course_id: str, text_search: str | None, /
    ) -> list[Enrollment] | None:
        """Return those whose name or e-mail address contains the text."""
        if not text_search or self.enrollments is None:
            return self.enrollments
        return [
            one
            for one in self.enrollments
            if text_search in f"{one.user.username} {one.user.email}"
        ]

    @_question
    def get_active_enrollments_by_course_and_user(
        self, course_id: str, user_id: int, /
    ) -> SimpleNamespace | None:
        """Return an object, or None for users who are not enrolled."""
        if self.enrolled is not None and (course_id, user_id) not in self.enrolled:
            return None
        return SimpleNamespace(user_id=user_id, course_id=course_id, is_active=True)

    @_question
    def get_active_enrollments_by_course(self, course_id: str, /) -> list[Enrollment]:
        """Return `enrollments`."""
        return self.enrollments or []


class NameAffirmationService(_Service):
    """`names`: user id → name on the document."""

    def __init__(self, calls: list[Call], questions: list[Call]) -> None:
        super().__init__(calls, questions)
        self.names: dict[int, str] = {}

    @_question
    def get_verified_name(
        self, user: Account, /, *, is_verified: bool, statuses_to_exclude: list[str]
    ) -> SimpleNamespace | None:
        """Return an object with `verified_name`, or None."""
        name = self.names.get(user.pk)
        return SimpleNamespace(verified_name=name) if name else None


class LearningSequencesService(_Service):
    """`outline` is what everybody sees of every course; None until it is set."""

    def __init__(self, calls: list[Call], questions: list[Call]) -> None:
        super().__init__(calls, questions)
        self.outline: OutlineDetails | None = None

    @_question
    def get_user_course_outline_details(
        self, course_key: CourseKey, user: Account, at_time: datetime.datetime, /
    ) -> OutlineDetails | None:
        """Return the outline, if one is set."""
        if at_time.tzinfo is None:
            raise TypeError("at_time has no time zone")
        return self.outline


def replace_service(name: str, service: object) -> object:
    """Replace the host's service; return the former one, to restore it later."""
    before = get_runtime_service(name)
    set_runtime_service(name, service)
    return before


class HostServices:
    """All doubles; `calls` records the commands and `questions` the queries of all of them, in order."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.questions: list[Call] = []
        remembered = (self.calls, self.questions)
        self.credit = CreditService(*remembered)
        self.instructor = InstructorService(*remembered)
        self.grades = GradesService(*remembered)
        self.certificates = CertificateService(*remembered)
        self.enrollments = EnrollmentsService(*remembered)
        self.name_affirmation = NameAffirmationService(*remembered)
        self.learning_sequences = LearningSequencesService(*remembered)
        self._before: dict[str, Any] = {}

    # Without outlines learners see every exam; a test that needs one registers `learning_sequences` itself.
    NAMES = tuple(name for name in SERVICES if name != "learning_sequences")

    def register(self) -> None:
        """Replace the host's services."""
        self._before = {name: replace_service(name, getattr(self, name)) for name in self.NAMES}

    def unregister(self) -> None:
        """Restore the host's services."""
        for name, service in self._before.items():
            set_runtime_service(name, service)

    def calls_of(self, method: str) -> list[Call]:
        """Return the calls of one method."""
        return [call for call in (*self.calls, *self.questions) if call.method == method]


class Event(TypedDict):
    """An event as event-tracking sends it, in part."""

    name: str
    data: JSONObject


class Tracker:
    """Records events as (name, data)."""

    def __init__(self) -> None:
        self.events: list[tuple[str, JSONObject]] = []

    def send(self, event: Event) -> None:
        """Called by event-tracking for each event."""
        self.events.append((event["name"], event["data"]))

    @property
    def names(self) -> list[str]:
        """Return the names of all events, in order."""
        return [name for name, _ in self.events]
