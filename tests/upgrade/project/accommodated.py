"""Commands for profiles, breaks and outages (our package with its extensions)."""

import datetime
from decimal import Decimal
from typing import Any

import driver
from django.contrib.auth import get_user_model
from django.utils import timezone

from edx_proctoring.contrib.accommodations import api, breaks
from edx_proctoring.contrib.live import api as live
from edx_proctoring.models import ProctoredExamStudentAttempt, TimeAdjustment


@driver.command
def grant_profile(user_id: int, course_id: str, factor: str, minutes_of_break: int) -> None:
    values: Any = {
        "factor": Decimal(factor),
        "break_count": 1,
        "break_minutes": minutes_of_break,
    }
    api.create_profile(user_id, api.Scope("course", course_id), values)


@driver.command
def take_break(attempt_id: int, user_id: int) -> None:
    breaks.begin_break(attempt_id, get_user_model().objects.get(pk=user_id), f"break {attempt_id}")


@driver.command
def outlast_break(attempt_id: int) -> None:
    """Let an hour pass for the break only: it ends by itself."""
    open_row = TimeAdjustment.objects.filter(attempt_id=attempt_id, kind="break")
    open_row.update(began_at=timezone.now() - datetime.timedelta(hours=1))


@driver.command
def credit(attempt_id: int, after: int, seconds: int) -> list[Any]:
    """Declare an outage that began these seconds after the start, and give its time back; return the outcomes."""
    attempt = ProctoredExamStudentAttempt.objects.get(pk=attempt_id)
    assert attempt.started_at is not None
    begin = attempt.started_at + datetime.timedelta(seconds=after)
    outage = live.declare_outage(
        began_at=begin,
        ended_at=begin + datetime.timedelta(seconds=seconds),
        reason="no network",
        exam_id=attempt.proctored_exam_id,
        whole=True,
    )
    return [[one.outcome, one.seconds] for one in live.credit_outage(outage) or []]


@driver.command
def minutes(attempt_id: int) -> int | None:
    """Return the column that both packages read."""
    return ProctoredExamStudentAttempt.objects.get(pk=attempt_id).allowed_time_limit_mins
