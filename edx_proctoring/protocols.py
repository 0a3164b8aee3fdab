"""The services of the LMS as protocols, with each call exactly as the app makes it.

Arguments before the slash are passed by position, those after the star by name. Ids of courses and contents are strings
(except the key of `learning_sequences`), users are model instances, datetimes are aware.
"""

import datetime
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from opaque_keys.edx.keys import CourseKey


class Credit(Protocol):
    """Service `credit`; status words: satisfied, submitted, declined, failed."""

    def get_credit_state(
        self, user_id: int, course_id: str, /, *, return_course_info: bool = False
    ) -> Mapping[str, Any] | None: ...
    def set_credit_requirement_status(
        self,
        *,
        user_id: int,
        course_key_or_id: str,
        req_namespace: str,
        req_name: str,
        status: str,
    ) -> Any: ...
    def remove_credit_requirement_status(
        self,
        *,
        user_id: int,
        course_key_or_id: str,
        req_namespace: str,
        req_name: str,
    ) -> Any: ...


class Instructor(Protocol):
    """Service `instructor`."""

    def is_course_staff(self, user: Any, course_id: str, /) -> bool: ...
    def delete_student_attempt(
        self, username: str, course_id: str, content_id: str, /, *, requesting_user: Any
    ) -> Any: ...
    def complete_student_attempt(self, username: str, content_id: str, /) -> Any: ...
    def send_support_notification(
        self,
        *,
        course_id: str,
        exam_name: str,
        student_username: str,
        review_status: str,
        review_url: str,
    ) -> Any: ...
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
        overrider: Any,
        comment: str,
    ) -> Any: ...
    def undo_override_subsection_grade(
        self, *, user_id: int, course_key_or_id: str, usage_key_or_id: str
    ) -> Any: ...


class Certificates(Protocol):
    """Service `certificates`."""

    def invalidate_certificate(self, *, user_id: int, course_key_or_id: str) -> Any: ...


class Enrollments(Protocol):
    """Service `enrollments`: objects with `.user` and `.mode`; the text is searched in names and e-mail addresses.

    `get_active_enrollments_by_course_and_user` is optional: the learner's active enrollment, or None. Without it,
    nobody can tell who is enrolled.
    """

    def get_enrollments_can_take_proctored_exams(
        self, course_id: str, text_search: str | None, /
    ) -> Iterable[Any] | None: ...

    def get_active_enrollments_by_course_and_user(self, course_id: str, user_id: int, /) -> Any: ...


class NameAffirmation(Protocol):
    """Service `name_affirmation`: an object with `.verified_name`, or None."""

    def get_verified_name(
        self, user: Any, /, *, is_verified: bool, statuses_to_exclude: list[str]
    ) -> Any: ...


class LearningSequences(Protocol):
    """Service `learning_sequences`: an object with `.outline` and `.schedule`."""

    def get_user_course_outline_details(
        self, course_key: CourseKey, user: Any, at_time: datetime.datetime, /
    ) -> Any: ...


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
