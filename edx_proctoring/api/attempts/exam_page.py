"""Data of the page of one exam, for the learning micro-frontend."""

from typing import Any

from django.utils import timezone

from edx_proctoring import deadlines, exam_types, timing
from edx_proctoring.api.attempts.changes import described_prerequisites
from edx_proctoring.api.attempts.timer import learner_timer_data
from edx_proctoring.api.onboarding.exams import (
    does_backend_support_onboarding,
    get_onboarding_exam_link,
)
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.serializers import ProctoredExamSerializer
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus
from edx_proctoring.types import User

Status = ProctoredExamStudentAttemptStatus


def get_exam_for_learner(
    course_id: object, content_id: object, user: User, *, is_learning_mfe: bool = False
) -> dict[str, Any]:
    """Return the exam of a subsection with the data its page needs: `attempt` (the timer's data or {}), `type`,
    `passed_due_date`, and where they apply `total_time`, `prerequisite_status` and `onboarding_link`.

    Returns {} if there is no exam. Ends an attempt whose time is over; changes nothing else.
    """
    exam = ProctoredExam.get_exam_by_content_id(course_id, content_id)
    if exam is None:
        return {}
    now = timezone.now()
    data = ProctoredExamSerializer.row(exam)
    newest = ProctoredExamStudentAttempt.objects.get_current_exam_attempt(exam.pk, user.pk)
    supports = exam.is_proctored and does_backend_support_onboarding(exam.backend)
    more: dict[str, Any] = {
        "attempt": learner_timer_data(newest, is_learning_mfe) if newest else {},
        "type": exam_types.exam_type(exam, supports),
        "passed_due_date": deadlines.is_past_due(data, user, now),
        "use_legacy_attempt_api": True,
    }
    if newest is None:
        minutes = deadlines.allowed_minutes(data, user.pk, None, now)
        more["total_time"] = timing.humanized(minutes)
        prerequisites = described_prerequisites(data, user.pk) if _is_graded(exam) else None
        if prerequisites is not None:
            more["prerequisite_status"] = prerequisites
    elif exam.is_proctored and newest.status in Status.onboarding_errors:
        more["onboarding_link"] = get_onboarding_exam_link(course_id, user, is_learning_mfe)
    return {**data, **more}


def _is_graded(exam: ProctoredExam) -> bool:
    return exam.is_proctored and not exam.is_practice_exam
