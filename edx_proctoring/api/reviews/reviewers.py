"""Check whom a provider may name as reviewer."""

import logging
from collections.abc import Callable
from typing import Any

from django.contrib.auth import get_user_model

from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.rules import is_in_review_group
from edx_proctoring.types import User

views_log = logging.getLogger("edx_proctoring_views")

Attempt = ProctoredExamStudentAttempt
StaffQuestion = Callable[
    [Any, Any], bool
]  # (user, course id): is this global staff or staff of the course?


def find_reviewer(
    email: str, attempt: Attempt, exam: ProctoredExam | None, is_staff: StaffQuestion
) -> Any:
    """Return the user with this e-mail address if they may review: course or global staff, or the provider's review
    group.
    """
    users = list(get_user_model()._default_manager.filter(email=email).order_by("id"))
    for user in users:
        if _may_review(user, attempt, exam, is_staff):
            return user
    for user in users:
        views_log.warning(
            "user=%(user)s does not have the required permissions to submit a review "
            "for attempt_code=%(attempt_code)s.",
            {"user": user, "attempt_code": attempt.attempt_code},
        )
    return None


def _may_review(
    user: User, attempt: Attempt, exam: ProctoredExam | None, is_staff: StaffQuestion
) -> bool:
    if user.pk == attempt.user_id or not user.is_active:
        return False
    if user.is_staff if exam is None else is_staff(user, exam.course_id):
        return True
    return is_in_review_group(user, exam.backend if exam else None)
