"""Rows of the list of attempts without DRF's serializers, which take a third of a page's time.

The values are those of `CourseAttemptSerializer`, which describes them; a test compares both.
"""

from collections.abc import Iterable
from typing import Any

from rest_framework import serializers

from edx_proctoring import api
from edx_proctoring.api.attempts import pages
from edx_proctoring.api.attempts.list_rows import ListedAttempt

Row = dict[str, Any]
FLAGS = ("taking_as_proctored", "is_resumable", "ready_to_resume", "resumed")
MOMENT = serializers.DateTimeField()  # in the format of the host's settings


def rows_of(attempts: Iterable[ListedAttempt]) -> list[Row]:
    """Return the attempts of a page as the list shows them. Reads the clocks of all those that run with one query."""
    rows, exams = list(attempts), {}
    running = {one.id: one.as_attempt() for one in rows if one.is_running}
    clocks = api.clocks_of(running.values())
    for row in rows:
        if row.proctored_exam_id not in exams:
            exams[row.proctored_exam_id] = _exam(row.exam)
    return [_row(one, running.get(one.id), clocks.get(one.id), exams) for one in rows]


def _row(
    row: ListedAttempt,
    running: api.ProctoredExamStudentAttempt | None,
    clock: api.AttemptClock | None,
    exams: dict[int, Row],
) -> Row:
    shown = api.shown_attempt(running, clock) if running else row  # the columns of others are exact
    ends_at = None if clock is None or clock.is_over else clock.ends_at
    return {
        "id": row.id,
        "user": {"username": row.username, "email": row.email},
        "exam": exams[row.proctored_exam_id],
        "status": shown.status,
        "started_at": _moment(shown.started_at),
        "completed_at": _moment(shown.completed_at),
        "allowed_time_limit_mins": shown.allowed_time_limit_mins,
        "ends_at": _moment(ends_at),
        "paused": _pause(clock.pause if clock else None),
        **{name: getattr(shown, name) for name in FLAGS},
        "created": _moment(row.created),
        "modified": _moment(row.modified),
        "needs_attention": pages.needs_attention(shown),
        "earlier_count": row.earlier_count,
    }


def _exam(exam: api.ProctoredExam) -> Row:
    return {
        "id": exam.pk,
        "course_id": exam.course_id,
        "content_id": exam.content_id,
        "exam_name": exam.exam_name,
        "type": api.type_of_exam(exam),
    }


def _pause(pause: api.ShownPause | None) -> Row | None:
    if pause is None:
        return None
    return {
        "kind": pause.kind,
        "since": _moment(pause.since),
        "message": pause.message,
        "is_too_long": pause.is_too_long,
    }


def _moment(value: Any) -> Any:
    return None if value is None else MOMENT.to_representation(value)
