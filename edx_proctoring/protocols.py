"""The services of the LMS as protocols, with each call exactly as the app makes it.

Arguments before the slash are passed by position, those after the star by name. Ids of courses and contents are strings
(except the key of `learning_sequences`), users are model instances, datetimes are aware.
"""

import datetime
from collections.abc import Container, Iterable, Mapping
from typing import Protocol

from opaque_keys.edx.keys import CourseKey, UsageKey

from edx_proctoring.types import AnyUser, CreditState, User


class Enrollment(Protocol):
    """A learner's enrollment in a course."""

    user: User
    mode: str


class VerifiedName(Protocol):
    """The name on a learner's identity document."""

    verified_name: str | None


class Outline(Protocol):
    """The parts of a course that a learner may open."""

    accessible_sequences: Container[UsageKey]


class ScheduleEntry(Protocol):
    """The dates of a subsection, as they are for a learner."""

    due: datetime.datetime | None
    effective_start: datetime.datetime | None


class Schedule(Protocol):
    """The dates of a course, as they are for a learner."""

    sequences: Mapping[UsageKey, ScheduleEntry]
    course_end: datetime.datetime | None


class OutlineDetails(Protocol):
    """A course as a learner sees it."""

    outline: Outline
    schedule: Schedule


class Credit(Protocol):
    """Service `credit`; status words: satisfied, submitted, declined, failed."""

    def get_credit_state(
        self, user_id: int | None, course_id: str, /, *, return_course_info: bool = False
    ) -> CreditState | None: ...
    def set_credit_requirement_status(
        self,
        *,
        user_id: int,
        course_key_or_id: str,
        req_namespace: str,
        req_name: str,
        status: str,
    ) -> object: ...
    def remove_credit_requirement_status(
        self,
        *,
        user_id: int,
        course_key_or_id: str,
        req_namespace: str,
        req_name: str,
    ) -> object: ...


class Instructor(Protocol):
    """Service `instructor`."""

    def is_course_staff(self, user: AnyUser, course_id: str, /) -> bool: ...
    def delete_student_attempt(
        self, username: str, course_id: str, content_id: str, /, *, requesting_user: User
    ) -> object: ...
    def complete_student_attempt(self, username: str, content_id: str, /) -> object: ...
    def send_support_notification(
        self,
        *,
        course_id: str,
        exam_name: str,
        student_username: str,
        review_status: str,
        review_url: str,
    ) -> object: ...
    def get_proctoring_escalation_email(self, course_id: str, /) -> str | None: ...


class Grades(Protocol):
    """Service `grades`."""

    def should_override_grade_on_rejected_exam(self, course_id: str, /) -> bool: ...
    def override_subsection_grade(
        self,
        *,
        user_id: int,
        course_key_or_id: str,
        usage_key_or_id: str,
        earned_all: float,
        earned_graded: float,
        overrider: User | None,
        comment: str,
    ) -> object: ...
    def undo_override_subsection_grade(
        self, *, user_id: int, course_key_or_id: str, usage_key_or_id: str
    ) -> object: ...


class Certificates(Protocol):
    """Service `certificates`."""

    def invalidate_certificate(self, *, user_id: int, course_key_or_id: str) -> object: ...


class Enrollments(Protocol):
    """Service `enrollments`: objects with `.user` and `.mode`; the text is searched in names and e-mail addresses.

    `get_active_enrollments_by_course_and_user` is optional: the learner's active enrollment, or None. Without it,
    nobody can tell who is enrolled. `get_active_enrollments_by_course` is, too: all active ones, for the learners' tracks;
    if it is a queryset, it is filtered by `user_id` and only `user_id` and `mode` are read.
    """

    def get_enrollments_can_take_proctored_exams(
        self, course_id: str, text_search: str | None, /
    ) -> Iterable[Enrollment] | None: ...

    def get_active_enrollments_by_course_and_user(
        self, course_id: str, user_id: int, /
    ) -> Enrollment | None: ...

    def get_active_enrollments_by_course(self, course_id: str, /) -> Iterable[Enrollment]: ...


class NameAffirmation(Protocol):
    """Service `name_affirmation`: an object with `.verified_name`, or None."""

    def get_verified_name(
        self, user: User, /, *, is_verified: bool, statuses_to_exclude: list[str]
    ) -> VerifiedName | None: ...


class LearningSequences(Protocol):
    """Service `learning_sequences`: an object with `.outline` and `.schedule`."""

    def get_user_course_outline_details(
        self, course_key: CourseKey, user: User, at_time: datetime.datetime, /
    ) -> OutlineDetails | None: ...


# The services that a host may register with `runtime.set_runtime_service`; each is optional.
SERVICES = {
    "credit": Credit,
    "instructor": Instructor,
    "grades": Grades,
    "certificates": Certificates,
    "enrollments": Enrollments,
    "name_affirmation": NameAffirmation,
    "learning_sequences": LearningSequences,
}


class EdxWhen(Protocol):
    """The functions of ``edx_when.api`` that are used."""

    def get_date_for_block(
        self, course_id: str, block_id: str, name: str, user: User | int | None
    ) -> object: ...

    def get_dates_for_course(
        self,
        course_id: str,
        *,
        user: User | int | None = None,
        schedule: object = None,
        use_cached: bool = True,
    ) -> dict[tuple[object, str], object]: ...

    def get_overrides_for_block(
        self, course_id: str, block_id: str
    ) -> list[tuple[str, object, object, object, object]]: ...
