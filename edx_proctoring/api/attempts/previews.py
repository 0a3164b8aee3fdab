"""Show what a change of time would do, for many attempts with few queries. Nothing here writes."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.utils import timezone

from edx_proctoring import deadlines, timing
from edx_proctoring.models import ProctoredExamStudentAttempt, TimeAdjustment
from edx_proctoring.statuses import IN_PROGRESS, PRE_STARTED

Attempt = ProctoredExamStudentAttempt

# Reasons why an attempt is left out.
ENDED, TIME_IS_OVER, NOT_STARTED, PAUSED, NOT_PAUSED, NOTHING_LOST = (
    "ended",
    "time_is_over",
    "not_started",
    "paused",
    "not_paused",
    "nothing_lost",
)


@dataclass(frozen=True)
class PlannedChange:
    """A change that has not been made: minutes and end before and after, and why it is refused, if it is.

    `gained` is less than `seconds` if the due date limits it (`is_cut`). The due date is the last known one; it is
    checked again when the change is made. Minutes are those from start to end, rounded up; before the start, they and
    the ends are None.
    """

    attempt: Attempt
    seconds: int
    gained: int = 0
    minutes_before: int | None = None
    minutes_after: int | None = None
    ends_before: datetime.datetime | None = None
    ends_after: datetime.datetime | None = None
    is_cut: bool = False
    refused: str = ""


def plan_extensions(
    attempts: Sequence[Attempt], seconds: int | Mapping[int, int]
) -> list[PlannedChange]:
    """Return the effect of granting these seconds, by attempt id or the same to all; one query."""
    now = timezone.now()
    books = deadlines.ledgers(attempts) if attempts else {}
    return [
        _planned(
            attempt,
            books.get(attempt.pk, []),
            seconds if isinstance(seconds, int) else seconds.get(attempt.pk, 0),
            now,
        )
        for attempt in attempts
    ]


def _planned(
    attempt: Attempt, rows: Sequence[TimeAdjustment], seconds: int, now: datetime.datetime
) -> PlannedChange:
    planned = PlannedChange(attempt, seconds)
    if attempt.status not in PRE_STARTED | IN_PROGRESS:
        return replace(planned, refused=ENDED)
    before = deadlines.from_ledger(attempt, rows)
    if before is None:
        return planned if seconds >= 0 else replace(planned, refused=NOT_STARTED)
    before = before.at(now)
    if before.is_over(now):
        return replace(planned, refused=TIME_IS_OVER)
    # An attempt that an older version has started has no due date in its ledger; the change will find the exam's.
    due = before.due or attempt.proctored_exam.due_date
    due = due and max(timing.in_utc(due), before.ends_at)
    after = replace(before, adjusted=before.adjusted + seconds, due=due)
    if seconds < 0:
        after = after.keeping_a_minute(before, now)
    gained = round(timing.seconds_until(after.ends_at, before.ends_at))
    return replace(
        planned,
        gained=gained,
        minutes_before=before.minutes,
        minutes_after=after.minutes,
        ends_before=before.ends_at,
        ends_after=after.ends_at,
        is_cut=gained < seconds,
    )


def plan_pauses(attempts: Sequence[Attempt], *, continues: bool = False) -> list[PlannedChange]:
    """Return which attempts could be paused, or continued; one query."""
    now = timezone.now()
    books = deadlines.ledgers(attempts) if attempts else {}
    found = []
    for attempt in attempts:
        planned = _planned(attempt, rows := books.get(attempt.pk, []), 0, now)
        is_paused = any(row.stops_clock(now) for row in rows)
        if not planned.refused and attempt.status != "started":
            planned = replace(planned, refused=NOT_STARTED)
        if not planned.refused and is_paused is not continues:
            planned = replace(planned, refused=NOT_PAUSED if continues else PAUSED)
        found.append(planned)
    return found


def plan_giving_back(
    attempts: Sequence[Attempt], lost: Mapping[int, Sequence[timing.Interval]]
) -> list[PlannedChange]:
    """Return the effect of giving back the time that ran in these intervals, by attempt id; two queries."""
    now = timezone.now()
    running = [one for one in attempts if one.started_at and one.status in IN_PROGRESS]
    books = deadlines.ledgers(running) if running else {}
    owed = {
        one.pk: deadlines.owed_for_outages(
            one.started_at, books.get(one.pk, []), lost.get(one.pk, ()), now
        )
        for one in running
        if one.started_at
    }
    planned = plan_extensions(attempts, owed)
    return [
        replace(one, refused=NOTHING_LOST) if not one.refused and not one.seconds else one
        for one in planned
    ]
