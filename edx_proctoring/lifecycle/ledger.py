"""Ledger rows written by the start, pause and end of an attempt, and the columns derived from the ledger.

Callers hold the learner's lock.
"""

import datetime
import math
import uuid
from dataclasses import replace
from typing import Any

from edx_proctoring import conf, deadlines, timing
from edx_proctoring.lifecycle.rows import Attempt
from edx_proctoring.models import TimeAdjustment
from edx_proctoring.timing import Deadline


def close_pause(row: TimeAdjustment, now: datetime.datetime) -> None:
    """Store the end of an open pause; the caller holds the learner's lock. Fractions of a second are rounded in the
    learner's favour.
    """
    assert row.began_at is not None  # every pause has a start
    row.ended_at, row.seconds = now, max(math.ceil((now - row.began_at).total_seconds()), 0)
    open_rows = TimeAdjustment.objects.filter(pk=row.pk, ended_at__isnull=True)
    open_rows.update(ended_at=row.ended_at, seconds=row.seconds)


def allotment_row(
    attempt: Attempt, deadline: Deadline, now: datetime.datetime, by: Any = None
) -> TimeAdjustment:
    """Return an unsaved row with the attempt's time before adjustments and the due date that limits it."""
    return TimeAdjustment.of(
        attempt,
        TimeAdjustment.ALLOTMENT,
        new_key("allotment"),
        now,
        seconds=deadline.allotment,
        began_at=deadline.started_at,
        ended_at=deadline.due,
        by_id=getattr(by, "pk", None),
    )


def write_start(attempt: Attempt, deadline: Deadline, by: Any) -> None:
    """Write the first ledger rows. A resumed attempt's remaining time is stored as whole minutes plus a correction in
    seconds.
    """
    minutes = math.ceil(deadline.allotment / 60)
    whole = replace(deadline, allotment=minutes * 60)
    written = [allotment_row(attempt, whole, deadline.started_at, by)]
    corrections = {
        "rest of the attempt that is resumed": deadline.allotment - whole.allotment,
        "granted to an attempt that broke off before its start": (
            _granted_to_earlier(attempt) if deadline.adjusted else 0
        ),
    }
    for text, seconds in corrections.items():
        if seconds:
            kind = TimeAdjustment.CORRECTION
            more = {"seconds": seconds, "reason": text}
            written.append(
                TimeAdjustment.of(attempt, kind, new_key(kind), deadline.started_at, **more)
            )
    TimeAdjustment.objects.bulk_create(written)


def _granted_to_earlier(attempt: Attempt) -> int:
    """Return the seconds granted to earlier attempts in the same exam that broke off before they started."""
    granted = deadlines.granted_before_start(attempt)
    return sum(row.seconds for row in granted if row.attempt_id != attempt.pk)


def end_pause(attempt: Attempt, deadline: Deadline, now: datetime.datetime) -> dict[str, int]:
    """Close the open pause of an attempt that ends, and return the column to store."""
    row = TimeAdjustment.objects.of_attempts([attempt.pk]).open_pauses().first()
    seconds = 0
    if row is not None:
        close_pause(row, now)
        seconds = row.seconds
    after = replace(deadline, paused_since=None, adjusted=deadline.adjusted + seconds)
    return {"allowed_time_limit_mins": after.minutes}


def column_minutes(deadline: Deadline, now: datetime.datetime) -> int:
    """Return the minutes for older versions and lists. They never end before the real deadline, even during a pause.

    A pause is assumed to last at most LONGEST_PAUSE_MINUTES from now; see `renew_pause`.
    """
    if deadline.paused_since is None:
        return deadline.minutes
    longest = int(conf.proctoring.LONGEST_PAUSE_MINUTES)
    return min(_minutes_so_far(deadline, now) + longest, timing.LONGEST_MINUTES)


def needs_more_minutes(attempt: Attempt, deadline: Deadline, now: datetime.datetime) -> bool:
    """Return whether the columns of a paused attempt cover less than half of LONGEST_PAUSE_MINUTES from now.

    Each change of the columns adds a history row, so the sweep does not update them on every run.
    """
    covered = (attempt.allowed_time_limit_mins or 0) - _minutes_so_far(deadline, now)
    return covered * 2 < int(conf.proctoring.LONGEST_PAUSE_MINUTES)


def _minutes_so_far(deadline: Deadline, now: datetime.datetime) -> int:
    """Return the minutes the attempt would have if its pause ended now."""
    since = deadline.paused_since or now
    return deadline.minutes + math.ceil(max(timing.seconds_until(now, since), 0) / 60)


def new_key(kind: str) -> str:
    return f"{kind}:{uuid.uuid4().hex}"
