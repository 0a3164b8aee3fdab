"""The ledger of an attempt's time, to read. These functions do not check permissions."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from edx_proctoring import deadlines
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt, TimeAdjustment

KINDS = [kind for kind, _ in TimeAdjustment.KINDS]


@dataclass(frozen=True)
class ShownRow:
    """A row of the ledger; `gained` are the seconds by which it moved the end, `by` is a username or empty."""

    id: int
    kind: str
    seconds: int
    gained: int | None
    began_at: datetime.datetime | None
    ended_at: datetime.datetime | None
    by: str
    reason: str
    created: datetime.datetime


def ledger_of(course_id: str, attempt_id: int) -> QuerySet[TimeAdjustment]:
    """Return the ledger of an attempt of the course, oldest row first, also if the attempt has been removed."""
    exams = ProctoredExam.objects.in_course(course_id).values("pk")
    rows = TimeAdjustment.objects.of_attempts([attempt_id]).filter(exam_id__in=exams)
    return rows.select_related("by")


def shown_rows(rows: Sequence[TimeAdjustment]) -> list[ShownRow]:
    """Return these rows of one attempt with their effects; two queries."""
    ids = {row.attempt_id for row in rows}
    attempt = ProctoredExamStudentAttempt.objects.filter(pk__in=ids).with_parts().first()
    gained = deadlines.gains(attempt, deadlines.ledger(attempt)) if attempt is not None else {}
    return [
        ShownRow(
            row.pk,
            row.kind,
            row.seconds,
            gained.get(row.pk),
            row.began_at,
            row.ended_at,
            row.by.get_username() if row.by else "",
            row.reason,
            row.created,
        )
        for row in rows
    ]
