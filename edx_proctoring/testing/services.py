"""Mocks of host services under their published names; new suites should use `testing.host`."""

import datetime
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.utils import timezone
from opaque_keys.edx.keys import UsageKey

from edx_proctoring.exceptions import UserNotFoundException
from edx_proctoring.protocols import Enrollment
from edx_proctoring.types import User


class MockCreditService:
    """A learner's credit state as passed to the constructor; setters change its requirements."""

    def __init__(
        self,
        enrollment_mode: str = "verified",
        profile_fullname: str = "Wolfgang von Strucker",
        course_end_date: datetime.datetime | None = None,
        **state: object,
    ) -> None:
        self.state: dict[str, Any] = {
            "course_name": "edX Demo Course",
            "enrollment_mode": enrollment_mode,
            "profile_fullname": profile_fullname,
            "student_email": "learner@example.com",
            "course_end_date": course_end_date,
            "credit_requirement_status": [],
            "is_credit_course": True,
            **state,
        }

    def get_credit_state(
        self, user_id: int, course_key: object, return_course_info: bool = False
    ) -> dict[str, Any] | None:
        """Return the state."""
        return self.state

    def set_credit_requirement_status(
        self,
        user_id: int,
        course_key_or_id: object,
        req_namespace: str,
        req_name: str,
        status: str = "satisfied",
        reason: object = None,
    ) -> None:
        """Replace the requirement of this name."""
        self.remove_credit_requirement_status(user_id, course_key_or_id, req_namespace, req_name)
        requirement = {"namespace": req_namespace, "name": req_name, "status": status, "order": 0}
        self.state["credit_requirement_status"].append(requirement)

    def remove_credit_requirement_status(
        self, user_id: int, course_key_or_id: object, req_namespace: str, req_name: str
    ) -> None:
        """Remove the requirement of this name."""
        kept = [
            one
            for one in self.state["credit_requirement_status"]
            if (one["namespace"], one["name"]) != (req_namespace, req_name)
        ]
        self.state["credit_requirement_status"] = kept


class MockCreditServiceNone(MockCreditService):
    """Nobody is enrolled."""

    def get_credit_state(
        self, user_id: int, course_key: object, return_course_info: bool = False
    ) -> dict[str, Any] | None:
        """Return None."""
        return None


class MockCreditServiceWithCourseEndDate(MockCreditService):
    """The course ended yesterday."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.state["course_end_date"] = timezone.now() - datetime.timedelta(days=1)


class MockInstructorService:
    """Everybody is staff, unless the constructor says otherwise."""

    def __init__(self, is_user_course_staff: bool = True) -> None:
        self.is_user_course_staff = is_user_course_staff
        self.attempts: list[tuple[str, str, str]] = []
        self.completed: list[tuple[str, str]] = []
        self.notifications: list[tuple[str, str, str, str, str | None]] = []

    def is_course_staff(self, user: User, course_id: object) -> bool:
        """Return the value passed to the constructor."""
        return self.is_user_course_staff

    def delete_student_attempt(
        self, student_identifier: str, course_id: str, content_id: str, requesting_user: User | None
    ) -> None:
        """Record the call. Raises UserNotFoundException without a requesting user."""
        if not isinstance(requesting_user, AbstractBaseUser):
            raise UserNotFoundException
        self.attempts.append((student_identifier, course_id, content_id))

    def complete_student_attempt(self, user_identifier: str, content_id: str) -> None:
        self.completed.append((user_identifier, content_id))

    def send_support_notification(
        self,
        course_id: str,
        exam_name: str,
        student_username: str,
        review_status: str,
        review_url: str | None = None,
    ) -> None:
        note = (course_id, exam_name, student_username, review_status, review_url)
        self.notifications.append(note)

    def get_proctoring_escalation_email(self, course_key: object) -> str | None:
        """Return an e-mail address."""
        return "escalation@example.com"


@dataclass
class MockGrade:
    """A grade."""

    earned_all: float = 0.0
    earned_graded: float = 0.0


@dataclass
class MockGradeOverride:
    """The override of a grade."""

    earned_all_override: float | None = None
    earned_graded_override: float | None = None
    overrider: User | None = None
    comment: str | None = None


class MockGradesService:
    """Grades and overrides by (user id, course id, usage id)."""

    def __init__(self, rejected_exam_overrides_grade: bool = True) -> None:
        self.rejected_exam_overrides_grade = rejected_exam_overrides_grade
        self.grades: dict[tuple[int, str, str], MockGrade] = {}
        self.overrides: dict[tuple[int, str, str], MockGradeOverride] = {}

    def init_grade(
        self, user_id: int, course_key_or_id: object, usage_key_or_id: object, **grade: float
    ) -> None:
        """Set the learner's grade."""
        self.grades[user_id, str(course_key_or_id), str(usage_key_or_id)] = MockGrade(**grade)

    def get_subsection_grade(
        self, user_id: int, course_key_or_id: object, usage_key_or_id: object
    ) -> MockGrade | None:
        """Return the grade."""
        return self.grades.get((user_id, str(course_key_or_id), str(usage_key_or_id)))

    def get_subsection_grade_override(
        self, user_id: int, course_key_or_id: object, usage_key_or_id: object
    ) -> MockGradeOverride | None:
        """Return the override."""
        return self.overrides.get((user_id, str(course_key_or_id), str(usage_key_or_id)))

    def override_subsection_grade(
        self,
        user_id: int,
        course_key_or_id: object,
        usage_key_or_id: object,
        earned_all: float | None = None,
        earned_graded: float | None = None,
        overrider: User | None = None,
        comment: str | None = None,
    ) -> None:
        key = (user_id, str(course_key_or_id), str(usage_key_or_id))
        self.overrides[key] = MockGradeOverride(earned_all, earned_graded, overrider, comment)

    def undo_override_subsection_grade(
        self, user_id: int, course_key_or_id: object, usage_key_or_id: object
    ) -> None:
        self.overrides.pop((user_id, str(course_key_or_id), str(usage_key_or_id)), None)

    def should_override_grade_on_rejected_exam(self, course_key_or_id: object) -> bool:
        """Return the value passed to the constructor."""
        return self.rejected_exam_overrides_grade


@dataclass
class MockGeneratedCertificate:
    """A certificate."""

    verify_uuid: str = "test_verify_uuid"
    download_uuid: str = "test_download_uuid"
    download_url: str = "test_download_url"
    grade: str = "1.0"
    status: str = "downloadable"

    def mock_invalidate(self) -> None:
        """Invalidate the certificate."""
        nothing = dict.fromkeys(("verify_uuid", "download_uuid", "download_url", "grade"), "")
        vars(self).update({**nothing, "status": "unavailable"})


class MockCertificateService:
    """Certificates by (user id, course id)."""

    def __init__(self) -> None:
        self.certificates: dict[tuple[int, str], MockGeneratedCertificate] = {}

    def get_invalidated_certificate(
        self, user_id: int, course_key_or_id: object
    ) -> MockGeneratedCertificate | None:
        """Return the learner's certificate."""
        return self.certificates.get((user_id, str(course_key_or_id)))

    def invalidate_certificate(self, user_id: int, course_key_or_id: object) -> None:
        key = (user_id, str(course_key_or_id))
        self.certificates.setdefault(key, MockGeneratedCertificate()).mock_invalidate()


@dataclass
class MockEnrollment:
    """An enrollment."""

    user: User
    mode: str = "verified"


class MockEnrollmentsService:
    """Enrollments as passed to the constructor."""

    def __init__(self, enrollments: Iterable[Any] = ()) -> None:
        self.enrollments = [self._enrollment(one) for one in enrollments]

    def _enrollment(self, one: Any) -> Enrollment:
        if isinstance(one, Mapping):
            found: Enrollment = SimpleNamespace(**one)
            return found
        return one if hasattr(one, "user") else MockEnrollment(one)

    def get_active_enrollments_by_course(self, course_id: object) -> list[Enrollment]:
        """Return all enrollments."""
        return self.enrollments

    def get_enrollments_can_take_proctored_exams(
        self, course_id: object, text_search: str | None = None
    ) -> list[Enrollment]:
        """Return those whose name or e-mail address contains the text."""
        text = text_search or ""
        return [
            one for one in self.enrollments if text in one.user.username or text in one.user.email
        ]


class MockScheduleItemData:
    """The opening and due dates of a sequence."""

    def __init__(
        self,
        effective_start: datetime.datetime | None = None,
        due_date: datetime.datetime | None = None,
        due: datetime.datetime | None = None,
    ) -> None:
        self.effective_start = effective_start
        self.due = due_date or due


@dataclass
class MockScheduleData:
    """Usage key → MockScheduleItemData, and the end of the course."""

    sequences: Mapping[UsageKey, MockScheduleItemData] = field(default_factory=dict)
    course_end: datetime.datetime | None = None


@dataclass
class MockUserCourseOutlineData:
    """The sequences that the learner sees."""

    accessible_sequences: Collection[UsageKey] = ()


@dataclass
class MockUserCourseOutlineDetailsData:
    """Outline and schedule."""

    schedule: MockScheduleData
    outline: MockUserCourseOutlineData


class MockLearningSequencesService:
    """The same outline for everybody."""

    def __init__(
        self,
        accessible_sequences: Collection[UsageKey] = (),
        sequences: Mapping[UsageKey, MockScheduleItemData] | None = None,
        course_end: datetime.datetime | None = None,
    ) -> None:
        schedule = MockScheduleData(sequences or {}, course_end)
        outline = MockUserCourseOutlineData(accessible_sequences)
        self.details = MockUserCourseOutlineDetailsData(schedule, outline)

    def get_user_course_outline_details(
        self, course_key: object, user: object, at_time: object
    ) -> MockUserCourseOutlineDetailsData:
        """Return the outline and its dates."""
        return self.details


class MockVerifiedName:
    """A name on a document."""

    def __init__(self, verified_name: str, **more: object) -> None:
        self.verified_name = verified_name
        self.__dict__.update(more)


class MockNameAffirmationService:
    """Verified names by user."""

    def __init__(self) -> None:
        self.names: dict[User, MockVerifiedName] = {}

    def get_verified_name(
        self,
        user: User,
        is_verified: bool = False,
        statuses_to_exclude: Collection[str] | None = None,
    ) -> MockVerifiedName | None:
        """Return the user's name."""
        found = self.names.get(user)
        excluded = found is not None and getattr(found, "status", "") in (statuses_to_exclude or ())
        return None if excluded else found

    def create_verified_name(
        self,
        user: User,
        verified_name: str,
        profile_name: str,
        verification_attempt_id: int | None = None,
        proctored_exam_attempt_id: int | None = None,
        status: str | None = None,
    ) -> None:
        """Set the user's name."""
        self.names[user] = MockVerifiedName(verified_name, profile_name=profile_name, status=status)
