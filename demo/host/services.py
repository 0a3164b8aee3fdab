"""The services that an LMS registers for the app, based on the demo's own tables."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import Q

from demo.host.models import (
    Answer,
    Certificate,
    CreditRequirement,
    Enrollment,
    Grade,
    Preference,
    Told,
)
from edx_proctoring.runtime import set_runtime_service

COURSE_NAME = "Demonstration Course"


def tell(name: str, **data: Any) -> None:
    """Record a call, for the page that lists them."""
    Told.objects.create(
        kind="service", name=name, data={key: str(value) for key, value in data.items()}
    )


class CreditService:
    """Requirements for course credit."""

    def get_credit_state(
        self, user_id: int, course_id: str, return_course_info: bool = False
    ) -> dict[str, Any] | None:
        enrollment = Enrollment.objects.filter(user_id=user_id, course_id=str(course_id))
        found = enrollment.select_related("user").first()
        if found is None:
            return None
        state: dict[str, Any] = {
            "enrollment_mode": found.mode,
            "profile_fullname": found.user.get_full_name(),
            "student_email": found.user.email,
            "credit_requirement_status": [],
        }
        if return_course_info:
            state |= {"course_name": COURSE_NAME, "course_end_date": None}
        return state

    def set_credit_requirement_status(
        self, *, user_id: int, course_key_or_id: Any, req_namespace: str, req_name: str, status: str
    ) -> None:
        tell("credit.set", user_id=user_id, requirement=req_name, status=status)
        CreditRequirement.objects.update_or_create(
            user_id=user_id,
            course_id=str(course_key_or_id),
            name=req_name,
            defaults={"status": status},
        )

    def remove_credit_requirement_status(
        self, *, user_id: int, course_key_or_id: Any, req_namespace: str, req_name: str
    ) -> None:
        tell("credit.remove", user_id=user_id, requirement=req_name)
        rows = CreditRequirement.objects.filter(user_id=user_id, course_id=str(course_key_or_id))
        rows.filter(name=req_name).delete()


class InstructorService:
    """Course staff, learners' state, support."""

    def is_course_staff(self, user: Any, course_id: str) -> bool:
        rows = Enrollment.objects.filter(user_id=user.pk, course_id=str(course_id), is_staff=True)
        return rows.exists()

    def delete_student_attempt(
        self, username: str, course_id: str, content_id: str, requesting_user: Any
    ) -> None:
        tell("instructor.delete_student_attempt", username=username, content_id=content_id)
        Answer.objects.filter(user__username=username, content_id=content_id).delete()

    def complete_student_attempt(self, username: str, content_id: str) -> None:
        tell("instructor.complete_student_attempt", username=username, content_id=content_id)

    def send_support_notification(self, **data: Any) -> None:
        tell("instructor.send_support_notification", **data)

    def get_proctoring_escalation_email(self, course_id: str) -> str:
        return "course-team@demo.example.com"


class GradesService:
    """Grades of exams."""

    def should_override_grade_on_rejected_exam(self, course_id: str) -> bool:
        return True

    def override_subsection_grade(
        self,
        *,
        user_id: int,
        course_key_or_id: Any,
        usage_key_or_id: Any,
        earned_all: float,
        earned_graded: float,
        overrider: Any = None,
        comment: str = "",
    ) -> None:
        if settings.FAULT == "grade":
            raise RuntimeError("the grade book is closed")
        tell("grades.override", user_id=user_id, content_id=usage_key_or_id, comment=comment)
        Grade.objects.update_or_create(
            user_id=user_id,
            course_id=str(course_key_or_id),
            content_id=str(usage_key_or_id),
            defaults={
                "override": earned_graded,
                "comment": comment,
                "overrider_id": getattr(overrider, "pk", None),
            },
        )

    def undo_override_subsection_grade(
        self, *, user_id: int, course_key_or_id: Any, usage_key_or_id: Any
    ) -> None:
        tell("grades.undo_override", user_id=user_id, content_id=usage_key_or_id)
        rows = Grade.objects.filter(user_id=user_id, course_id=str(course_key_or_id))
        rows.filter(content_id=str(usage_key_or_id)).update(override=None, comment="")


class CertificateService:
    """Certificates of courses."""

    def invalidate_certificate(self, *, user_id: int, course_key_or_id: Any) -> None:
        tell("certificates.invalidate", user_id=user_id)
        rows = Certificate.objects.filter(user_id=user_id, course_id=str(course_key_or_id))
        rows.update(is_valid=False)


class EnrollmentsService:
    """Return the users who may take proctored exams."""

    def get_enrollments_can_take_proctored_exams(
        self, course_id: str, text_search: str | None = None
    ) -> Any:
        rows = Enrollment.objects.filter(course_id=str(course_id), mode="verified", is_staff=False)
        if text_search:
            text = Q(user__username__icontains=text_search) | Q(user__email__icontains=text_search)
            rows = rows.filter(text)
        return rows.select_related("user").order_by("user__username")

    def get_active_enrollments_by_course(self, course_id: str) -> Any:
        return Enrollment.objects.filter(course_id=str(course_id))


class NameAffirmationService:
    """Names on identity documents."""

    def get_verified_name(
        self, user: Any, is_verified: bool = False, statuses_to_exclude: Any = None
    ) -> Any:
        return SimpleNamespace(verified_name=user.get_full_name())


class PreferencesService:
    """Preferences of users."""

    def get_user_preference(self, user: Any, name: str) -> str | None:
        rows = Preference.objects.filter(user_id=user.pk, name=name)
        return rows.values_list("value", flat=True).first()


@dataclass
class _Everything:
    """Any sequence may be opened."""

    def __contains__(self, _key: object) -> bool:
        return True


@dataclass
class _Schedule:
    sequences: dict[Any, Any] = field(default_factory=dict)
    course_end: Any = None


class LearningSequencesService:
    """The course outline: everything is open, without dates."""

    def get_user_course_outline_details(self, course_key: Any, user: Any, at_time: Any) -> Any:
        outline = SimpleNamespace(accessible_sequences=_Everything())
        return SimpleNamespace(outline=outline, schedule=_Schedule())


def register() -> None:
    """Register all services; a host does this once, at start-up."""
    for name, service in (
        ("credit", CreditService()),
        ("instructor", InstructorService()),
        ("grades", GradesService()),
        ("certificates", CertificateService()),
        ("enrollments", EnrollmentsService()),
        ("name_affirmation", NameAffirmationService()),
        ("learning_sequences", LearningSequencesService()),
        ("preferences", PreferencesService()),
    ):
        set_runtime_service(name, service)


def may_take_proctored(user: Any, exam: Any) -> bool:
    """Return whether the user is a verified learner of the course."""
    rows = Enrollment.objects.filter(user_id=user.pk, mode="verified")
    return rows.filter(course_id=exam["course_id"]).exists() if exam else False


def user(username: str) -> Any:
    """Return a seeded user."""
    return get_user_model()._default_manager.get(username=username)
