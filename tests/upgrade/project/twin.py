"""A course with users and host services, identical for both packages, and the requests sent to them."""

import datetime
import json
import logging
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import driver
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from edx_proctoring.backends.software_secure import SoftwareSecureBackendProvider
from edx_proctoring.models import (
    ProctoredExamSoftwareSecureReview,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
)

COURSE = "course-v1:edX+Twin+2026"
LEARNERS = (
    "ada",
    "bob",
    "cleo",
    "dan",
    "eve",
    "fay",
    "gus",
    "hal",
    "ida",
    "jon",
    "kim",
    "lea",
    "max",
)
CLIENTS: dict[str, Client] = {}
PSI = {
    "organization": "edX",
    "exam_sponsor": "edX",
    "exam_register_endpoint": "https://psi.example.com",
    "secret_key_id": "id",
    "secret_key": "secret",
    "crypto_key": "123456789012345678901234",
    "software_download_url": "https://psi.example.com/download",
}


class Instructor(driver.Service):  # type: ignore[misc]  # its module has no types
    """Knows the course staff."""

    def is_course_staff(self, user: Any, course_id: str) -> bool:
        return user.username == "teacher" and str(course_id) == COURSE

    def get_proctoring_escalation_email(self, _course_id: str) -> str:
        return "escalation@example.com"


class Enrollments(driver.Service):  # type: ignore[misc]  # its module has no types
    """All learners are enrolled."""

    def get_enrollments_can_take_proctored_exams(
        self, _course_id: str, text: str | None = None
    ) -> Any:
        users = get_user_model().objects.filter(username__in=LEARNERS).order_by("id")
        return [
            SimpleNamespace(user=user, mode="verified", username=user.username)
            for user in users
            if not text or text in user.username
        ]

    def get_active_enrollments_by_course_and_user(self, _course_id: str, user_id: int) -> Any:
        user = get_user_model().objects.get(pk=user_id)
        return SimpleNamespace(user=user) if user.username in LEARNERS else None


class Everything:
    """A container that contains everything: each sequence is accessible, and opened this year."""

    def __contains__(self, _key: Any) -> bool:
        return True

    def get(self, _key: Any) -> Any:
        begins = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
        return SimpleNamespace(effective_start=begins, due=None)


class LearningSequences:
    """The outline of a course in which everything is open."""

    def get_user_course_outline_details(self, _course: Any, _user: Any, _at: Any) -> Any:
        everything = Everything()
        schedule = SimpleNamespace(sequences=everything, course_end=None)
        outline = SimpleNamespace(accessible_sequences=everything)
        return SimpleNamespace(outline=outline, schedule=schedule)


def instructor_url(course_id: str, user: Any, **options: Any) -> str:
    """Return the provider's dashboard."""
    known = {key: value for key, value in options.items() if value}
    return f"https://provider.example.com/{course_id}/{user['full_name']}?{urlencode(known)}"


@driver.command
def prepare_twin() -> None:
    """Create tables, users and services, and RPNow in addition to the driver's provider."""
    logging.disable(logging.CRITICAL)
    call_command("migrate", verbosity=0, interactive=False)
    for name in ("boss", "teacher", "reviewer", "stranger", *LEARNERS):
        user = get_user_model().objects.create(
            username=name, email=f"{name}@example.com", is_staff=name == "boss"
        )
        CLIENTS[name] = Client(raise_request_exception=False)
        CLIENTS[name].force_login(user, "django.contrib.auth.backends.ModelBackend")
    reviewers = Group.objects.create(name="test_review")
    reviewers.user_set.add(get_user_model().objects.get(username="reviewer"))
    CLIENTS[""] = Client(raise_request_exception=False)
    backends = apps.get_app_config("edx_proctoring").backends
    backends["software_secure"] = SoftwareSecureBackendProvider(**PSI)
    get_user_model().profile = SimpleNamespace(name="Person")
    driver.PROVIDER.get_instructor_url = instructor_url
    driver.set_runtime_service("instructor", Instructor())
    driver.set_runtime_service("enrollments", Enrollments())
    driver.set_runtime_service("learning_sequences", LearningSequences())


@driver.command
def send(who: str, method: str, path: str, body: Any = None, form: bool = False) -> list[Any]:
    """Send a request; return status, content type, text."""
    kind = "application/x-www-form-urlencoded" if form else "application/json"
    text = urlencode(body) if form else body if isinstance(body, str) else json.dumps(body or {})
    response = CLIENTS[who].generic(method, path, "" if method == "GET" else text, kind)
    return [
        response.status_code,
        response.headers.get("Content-Type", ""),
        response.headers.get("Location", response.content.decode()),
    ]


@driver.command
def user_ids() -> dict[str, int]:
    return dict(get_user_model().objects.values_list("username", "id"))


@driver.command
def of_attempt(attempt_id: int) -> dict[str, Any]:
    """Return the provider's id of the attempt."""
    found = ProctoredExamStudentAttempt.objects.filter(pk=attempt_id)
    columns = found.values_list("attempt_code", "external_id").first()
    return dict(zip(("code", "external"), columns or ("none", "none"), strict=True))


@driver.command
def began_ago(attempt_id: int, minutes: int) -> None:
    """Move the start of the attempt into the past."""
    at = timezone.now() - datetime.timedelta(minutes=minutes)
    ProctoredExamStudentAttempt.objects.filter(pk=attempt_id).update(started_at=at)


@driver.command
def setting(name: str, value: Any) -> None:
    setattr(settings, name, value)


@driver.command
def stored() -> dict[str, Any]:
    """Return the rows in the tables of the course, by exam and learner."""
    attempts = ProctoredExamStudentAttempt.objects.filter(proctored_exam__course_id=COURSE)
    allowances = ProctoredExamStudentAllowance.objects.filter(proctored_exam__course_id=COURSE)
    reviews = ProctoredExamSoftwareSecureReview.objects.filter(exam__course_id=COURSE)
    return {
        "attempts": [
            f"{row.proctored_exam.exam_name}, {row.user.username}: {row.status}"
            for row in attempts.order_by("proctored_exam_id", "user_id", "id")
        ],
        "allowances": [
            f"{row.proctored_exam.exam_name}, {row.user.username}: {row.key} {row.value}"
            for row in allowances.order_by("proctored_exam_id", "user_id", "key")
        ],
        "reviews": [
            f"{row.exam.exam_name}, {row.student.username}: {row.review_status}"
            for row in reviews.order_by("exam_id", "student_id")
        ],
    }
