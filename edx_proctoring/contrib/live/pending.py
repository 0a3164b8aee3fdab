"""The statement that says whether a poll has anything to show, so that most polls read nothing else.

The ORM takes longer to write such a query than the database to answer it, and every page sends it every half minute. It
decides nothing: what it finds is read again by the ORM. Databases that ignore case may find too much here.
"""

import datetime
from dataclasses import dataclass

from django.db import connections, router

from edx_proctoring.contrib.live.models import Announcement, Question, Receipt, Seat
from edx_proctoring.models import ProctoredExamStudentAttempt

TABLES = {"announcement": Announcement, "receipt": Receipt, "seat": Seat, "question": Question}
STATEMENT = """SELECT
EXISTS (SELECT 1 FROM {receipt} r JOIN {announcement} a ON a.id = r.announcement_id
  WHERE r.attempt_id = %(attempt)s AND r.seen_at IS NULL AND a.withdrawn_at IS NULL),
EXISTS (SELECT 1 FROM {announcement} a
  WHERE a.course_id = %(course)s AND a.withdrawn_at IS NULL AND a.later_until > %(now)s
  AND (a.audience = 'all' OR a.exam_id = %(exam)s OR EXISTS (
    SELECT 1 FROM {seat} s WHERE s.course_id = %(course)s AND s.user_id = %(user)s AND s.room = a.room))
  AND NOT EXISTS (SELECT 1 FROM {receipt} r WHERE r.announcement_id = a.id AND r.attempt_id = %(attempt)s)),
EXISTS (SELECT 1 FROM {question} q WHERE q.attempt_id = %(attempt)s AND q.closed_at IS NULL)"""


@dataclass(frozen=True)
class Pending:
    """The kinds of news for an attempt's page: announcements sent to it, others sent before it began, a question."""

    received: bool
    late: bool
    question: bool


def pending(attempt: ProctoredExamStudentAttempt, now: datetime.datetime) -> Pending:
    """Return what to read for the attempt's page. One query."""
    connection = connections[router.db_for_read(Announcement)]
    quote = connection.ops.quote_name
    names = {name: quote(model._meta.db_table) for name, model in TABLES.items()}
    values: dict[str, str | int] = {
        "attempt": attempt.pk,
        "user": attempt.user_id,
        "exam": attempt.proctored_exam_id,
        "course": attempt.proctored_exam.course_id,
        "now": str(connection.ops.adapt_datetimefield_value(now)),
    }
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT.format(**names), values)
        return Pending(*(bool(one) for one in cursor.fetchone()))
