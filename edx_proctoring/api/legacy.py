"""Small functions as plug-ins and hosts know them; `edx_proctoring.utils` is their old address."""

import datetime
from collections.abc import Collection, Mapping, MutableMapping, Sequence
from typing import Any

from django.utils import timezone

from edx_proctoring import deadlines, host, links, prerequisites, timing, tracking
from edx_proctoring.api.attempts.reads import allowed_minutes, get_exam_attempt_by_id
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.statuses import IN_PROGRESS, PRE_STARTED
from edx_proctoring.types import AttemptDict, ExamDict, PrerequisitesDict, Requirement, User


def get_time_remaining_for_attempt(attempt: AttemptDict) -> float:
    """Return the remaining seconds of an attempt (its published dictionary); 0 before its start and after its end."""
    expires = timing.expires_at(
        attempt["started_at"],
        attempt["allowed_time_limit_mins"],
        attempt.get("time_remaining_seconds"),
    )
    return timing.seconds_left(expires, timezone.now())


def has_due_date_passed(due_datetime: datetime.datetime | None) -> bool:
    """Return whether the date has passed; False for None."""
    return timing.has_passed(due_datetime, timezone.now())


def get_exam_due_date(exam: ExamDict, user: User | int | None = None) -> datetime.datetime | None:
    """Return when the exam is due, for the user (object or id) if given."""
    return deadlines.due_date(exam, user)


def get_course_end_date(course_id: object) -> datetime.datetime | None:
    """Return the end of the course, or None."""
    return host.course_end(course_id)


def has_end_date_passed(course_id: object) -> bool:
    """Return whether the course has ended."""
    return has_due_date_passed(host.course_end(course_id))


def verify_and_add_wait_deadline(
    context: MutableMapping[str, Any], exam: ExamDict, user_id: int
) -> bool:
    """Return whether the grace period after the due date is running; if so, set `wait_deadline` in the context to its
    end.
    """
    due = deadlines.due_date(exam, user_id)
    deadline = timing.wait_deadline(due, context.get("grace_period"), timezone.now())
    if deadline is not None:
        context["wait_deadline"] = deadline.isoformat()
    return deadline is not None


def is_reattempting_exam(from_status: str, to_status: str) -> bool:
    """Return whether the learner goes back from a running exam to its set-up."""
    return from_status in IN_PROGRESS and to_status in PRE_STARTED


def resolve_exam_url_for_learning_mfe(course_id: object, content_id: object) -> str:
    """Return the URL of the exam in the learning micro-frontend, where providers send learners. Raises InvalidKeyError."""
    return links.learning_mfe_exam_url(course_id, content_id)


def emit_event(
    exam: ExamDict,
    event_short_name: str,
    attempt: AttemptDict | None = None,
    override_data: dict[str, Any] | None = None,
) -> None:
    """Immediately emit an analytics event of an exam or of an attempt in it (published dictionaries)."""
    row = None
    if attempt is not None:
        row = ProctoredExamStudentAttempt.objects.get_exam_attempt_by_id(attempt["id"])
    tracking.emit(tracking.snapshot(ProctoredExam(**exam), event_short_name, row, override_data))


# Private names that test suites of hosts import


def _emit_event(name: str, context: Mapping[str, Any] | None, data: Mapping[str, Any]) -> None:
    """Emit an event as it is given."""
    tracking.emit({"name": name, "context": dict(context or {}), "data": dict(data)})


def _are_prerequirements_satisfied(
    prerequisites_statuses: Sequence[Requirement],
    evaluate_for_requirement_name: str | None = None,
    filter_out_namespaces: Collection[str] | None = None,
) -> PrerequisitesDict:
    """Return which requirements before the named one are satisfied, failed, pending and declined."""
    return prerequisites.evaluate(
        prerequisites_statuses, evaluate_for_requirement_name, filter_out_namespaces
    )


def _get_ordered_prerequisites(
    prerequisites_statuses: Sequence[Requirement],
    filter_out_namespaces: Collection[str] | None = None,
) -> list[Requirement]:
    """Sort requirements by their order."""
    return prerequisites.ordered(prerequisites_statuses, filter_out_namespaces)


def _calculate_allowed_mins(exam: ExamDict, user_id: int) -> int:
    """Return how many minutes the learner would have if they started now."""
    return allowed_minutes(exam, user_id)


def _check_for_attempt_timeout(attempt: AttemptDict | None) -> AttemptDict | None:
    """Return the attempt (its published dictionary), ended if its time is over."""
    return get_exam_attempt_by_id(attempt["id"]) if attempt else attempt
