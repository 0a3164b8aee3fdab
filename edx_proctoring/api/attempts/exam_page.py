"""Data that pages poll while a learner takes an exam."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from edx_proctoring import backends, deadlines, exam_types, extensions, timing
from edx_proctoring.api.attempts.changes import described_prerequisites
from edx_proctoring.api.attempts.timer import clock_data, timer_data
from edx_proctoring.api.lookup import as_dict, attempt_by_id
from edx_proctoring.api.onboarding.exams import (
    does_backend_support_onboarding,
    get_onboarding_exam_link,
)
from edx_proctoring.lifecycle import expire_if_overdue
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.serializers import ProctoredExamSerializer
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus

Status = ProctoredExamStudentAttemptStatus


def get_polled_attempt(attempt_id: int) -> dict[str, Any]:
    """Return the attempt with the current `time_remaining_seconds` and `accessibility_time_string`.

    Ends the attempt if its time is over. Raises StudentExamAttemptDoesNotExistsException.
    """
    missing = f"Attempted to get attempt_id={attempt_id} but it does not exist."
    attempt = expire_if_overdue(attempt_by_id(attempt_id, missing))
    seconds, changes = clock_data(attempt, timezone.now())
    data = as_dict(attempt)
    data["time_remaining_seconds"] = seconds
    data["accessibility_time_string"] = time_left_in_words(seconds)
    if backends.has_secret_ids(attempt.proctored_exam):
        data["external_id"] = None
    data.update(changes)
    return {**extensions.poll_data(attempt), **data}


def time_left_in_words(seconds: float) -> str:
    """Return the remaining time for screen readers."""
    if seconds < 60:
        return _("you have less than a minute remaining")
    minutes = round(seconds / 60)
    return _("you have {remaining_time} remaining").format(remaining_time=timing.humanized(minutes))


def get_active_attempt_data(
    user_id: int, *, is_learning_mfe: bool = False
) -> dict[str, Any] | None:
    """Return the timer data of the learner's running attempt that ends first; None if there is none.

    If its time is over, this call ends the attempt and returns its data once more.
    """
    running = list(ProctoredExamStudentAttempt.objects.get_active_student_attempts(user_id))
    if not running:
        return None
    by_end = [(deadlines.expires_at(attempt), attempt) for attempt in running]
    ending = [(end, attempt) for end, attempt in by_end if end is not None]
    attempt = min(ending, key=lambda pair: pair[0])[1] if ending else running[0]
    return _timer_data(attempt, is_learning_mfe)


def _timer_data(attempt: ProctoredExamStudentAttempt, is_learning_mfe: bool) -> dict[str, Any]:
    data = timer_data(attempt, is_learning_mfe)
    if backends.has_secret_ids(attempt.proctored_exam):
        data["external_id"] = None
    return {**extensions.poll_data(attempt), **data}


def get_exam_for_learner(
    course_id: object, content_id: object, user: Any, *, is_learning_mfe: bool = False
) -> dict[str, Any]:
    """Return the exam of a subsection with the data its page needs: `attempt` (the timer's data or {}), `type`,
    `passed_due_date`, and where they apply `total_time`, `prerequisite_status` and `onboarding_link`.

    Returns {} if there is no exam. Ends an attempt whose time is over; changes nothing else.
    """
    exam = ProctoredExam.get_exam_by_content_id(course_id, content_id)
    if exam is None:
        return {}
    now = timezone.now()
    data: dict[str, Any] = ProctoredExamSerializer.row(exam)
    newest = ProctoredExamStudentAttempt.objects.get_current_exam_attempt(exam.pk, user.pk)
    supports = exam.is_proctored and does_backend_support_onboarding(exam.backend)
    more: dict[str, Any] = {
        "attempt": _timer_data(newest, is_learning_mfe) if newest else {},
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
