"""Analytics events: their names, their data, and how they are emitted."""

import contextlib
import datetime
import functools
import logging
from typing import Any

from django.utils import timezone
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import CourseKey

from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.types import JSONObject

log = logging.getLogger(__name__)

TIMES = ("attempt_started_at", "attempt_completed_at")


def snapshot(
    exam: ProctoredExam,
    short_name: str,
    attempt: ProctoredExamStudentAttempt | None = None,
    override: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the event as JSON-compatible `name`, `context` and `data` (times as ISO 8601 text)."""
    data = {
        "exam_id": exam.pk,
        "exam_content_id": exam.content_id,
        "exam_name": exam.exam_name,
        "exam_default_time_limit_mins": exam.time_limit_mins,
        "exam_is_proctored": exam.is_proctored,
        "exam_is_practice_exam": exam.is_practice_exam,
        "exam_is_active": exam.is_active,
    }
    name = f"edx.special_exam.{_kind(exam)}"
    if attempt is not None:
        name += ".attempt"
        data.update(_attempt_data(attempt))
    data.update(override or {})
    return {"name": f"{name}.{short_name}", "context": _context(exam.course_id), "data": data}


def _kind(exam: ProctoredExam) -> str:
    if not exam.is_proctored:
        return "timed"
    return "practice" if exam.is_practice_exam else "proctored"


def _attempt_data(attempt: ProctoredExamStudentAttempt) -> dict[str, Any]:
    started_at, completed_at = attempt.started_at, attempt.completed_at
    elapsed = (timezone.now() - started_at).total_seconds() if started_at else None
    return {
        "attempt_id": attempt.pk,
        "attempt_user_id": attempt.user_id,
        "attempt_started_at": started_at.isoformat() if started_at else None,
        "attempt_completed_at": completed_at.isoformat() if completed_at else None,
        "attempt_code": attempt.attempt_code,
        "attempt_allowed_time_limit_mins": attempt.allowed_time_limit_mins,
        "attempt_status": attempt.status,
        "attempt_event_elapsed_time_secs": elapsed,
    }


def _context(course_id: str) -> dict[str, str]:
    organisation = _organisation(course_id)
    return {"course_id": course_id, **({} if organisation is None else {"org_id": organisation})}


@functools.lru_cache(maxsize=1000)
def _organisation(course_id: str) -> str | None:
    """Return the organisation in the course's id, or None."""
    with contextlib.suppress(InvalidKeyError):
        return str(CourseKey.from_string(course_id).org)
    return None


@functools.cache
def _warn_of_missing_tracker(name: str) -> None:
    """Log this once per kind of event in each process: it depends on the host's settings, not on the event."""
    log.warning("event not emitted, no tracker is registered: %s", name)


def emit(payload: dict[str, Any]) -> None:
    """Emit a snapshot; if there is no tracker, only log this."""
    try:
        from eventtracking import tracker as trackers  # noqa: PLC0415  optional
    except ImportError:
        return
    try:
        tracker = trackers.get_tracker()
    except KeyError:
        _warn_of_missing_tracker(payload["name"])
        return
    with tracker.context(payload["name"], payload["context"]):
        tracker.emit(payload["name"], _with_times(payload["data"]))


def _with_times(data: JSONObject) -> dict[str, object]:
    """Return the data with datetimes, which the outbox has stored as text."""
    found: dict[str, object] = dict(data)
    for name in TIMES:
        stored = data.get(name)
        if isinstance(stored, str):
            found[name] = datetime.datetime.fromisoformat(stored)
    return found
