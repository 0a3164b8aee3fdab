"""Times and durations around noon, and the stored deadline of an attempt."""

import datetime

from edx_proctoring import deadlines
from edx_proctoring.models import ProctoredExamStudentAttempt

NOON = datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.UTC)
MINUTE = datetime.timedelta(minutes=1)
SECOND = datetime.timedelta(seconds=1)


def stored(attempt):
    return ProctoredExamStudentAttempt.objects.get(pk=attempt.pk)


def end_of(attempt):
    return deadlines.read(stored(attempt)).ends_at


def minutes_of(attempt):
    return stored(attempt).allowed_time_limit_mins
