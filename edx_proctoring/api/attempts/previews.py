"""Show what a change of time would do, for many attempts with few queries. Nothing here writes."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.utils import timezone

from edx_proctoring import deadlines, extensions, host_dates, lifecycle, timing
from edx_proctoring.api.providers.time_limits import limit_of
from edx_proctoring.lifecycle.ledger import cut_to_due_date
from edx_proctoring.lifecycle.recalculation import extra_times
from edx_proctoring.models import ProctoredExamStudentAttempt, TimeAdjustment
from edx_proctoring.statuses import IN_PROGRESS, PRE_STARTED
from edx_proctoring.timing import Deadline

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

    `gained` is less than `seconds` if the due date limits it (`is_cut`). Minutes are those from start to end, rounded up;
    before the start, they and the ends are None. `provider_limit` names the provider that does not hear of more time and
    ends sessions itself.
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
    provider_limit: str = ""


def plan_extensions(
    attempts: Sequence[Attempt], seconds: int | Mapping[int, int]
) -> list[PlannedChange]:
    """Return the effect of granting these seconds, by attempt id or the same to all.

    One query, one for allowances, one for each extension that grants time, and a few for the due dates that edx-when keeps;
    a learner with a date of her own, and each learner where dates are relative to schedules, costs some more there.
    """
    now = timezone.now()
    return [
        _planned(
            attempt, clock, seconds if isinstance(seconds, int) else seconds.get(attempt.pk, 0), now
        )
        for attempt, clock in zip(attempts, _clocks(attempts, now), strict=True)
    ]


@dataclass(frozen=True)
class _Clock:
    """The deadline as it is now, and as it would be under the current due date; None before the start."""

    rows: Sequence[TimeAdjustment]
    before: Deadline | None = None
    current: Deadline | None = None


def _clocks(attempts: Sequence[Attempt], now: datetime.datetime) -> list[_Clock]:
    books = deadlines.ledgers(attempts) if attempts else {}
    running = [one for one in attempts if one.started_at and one.status in IN_PROGRESS]
    extras = extra_times(running) if extensions.with_hook("time_for") else {}
    learners = (
        (
            one.proctored_exam.course_id,
            one.proctored_exam.content_id,
            one.user_id,
            one.user.get_username(),
        )
        for one in running
    )
    found = []
    with host_dates.read_together(learners):
        for attempt in attempts:
            rows = books.get(attempt.pk, [])
            before = deadlines.from_ledger(attempt, rows)
            if before is None or attempt.status not in IN_PROGRESS:
                found.append(_Clock(rows, before, before))
                continue
            before = before.at(now)
            # If an extension fails, the change itself keeps the last known due date.
            known = extras.get(attempt.pk, timing.NO_EXTRA_TIME)
            current = before if known is None else cut_to_due_date(attempt, before, before, known)
            found.append(_Clock(rows, before, current))
    return found


def _planned(
    attempt: Attempt, clock: _Clock, seconds: int, now: datetime.datetime
) -> PlannedChange:
    planned = PlannedChange(attempt, seconds)
    if attempt.status not in PRE_STARTED | IN_PROGRESS:
        return replace(planned, refused=ENDED)
    before, current = clock.before, clock.current
    if before is None or current is None:
        if seconds + TimeAdjustment.granted(clock.rows) < 0:
            return replace(planned, refused=NOT_STARTED)
        return replace(planned, gained=seconds)
    if before.is_over(now):
        return replace(planned, refused=TIME_IS_OVER)
    after = replace(current, adjusted=current.adjusted + seconds)
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
        provider_limit=limit_of(attempt) if gained > 0 else "",
    )


def plan_pauses(attempts: Sequence[Attempt], *, continues: bool = False) -> list[PlannedChange]:
    """Return which attempts could be paused, or continued; with the queries of `plan_extensions`."""
    now = timezone.now()
    found = []
    for attempt, clock in zip(attempts, _clocks(attempts, now), strict=True):
        planned = _planned(attempt, clock, 0, now)
        is_paused = any(row.stops_clock(now) for row in clock.rows)
        if not planned.refused and attempt.status != "started":
            planned = replace(planned, refused=NOT_STARTED)
        if not planned.refused and is_paused is not continues:
            planned = replace(planned, refused=NOT_PAUSED if continues else PAUSED)
        found.append(planned)
    return found


def plan_giving_back(
    attempts: Sequence[Attempt],
    lost: Mapping[int, Sequence[timing.Interval]],
    runs: Mapping[int, Sequence[lifecycle.Run]] | None = None,
) -> list[PlannedChange]:
    """Return the effect of giving back the time that ran in these intervals, by attempt id; one query more than
    `plan_extensions`. `runs`: see `lifecycle.runs_of`, if the caller has read them.

    An attempt that broke off gets it with its remaining time, and has no end until it is resumed.
    """
    now = timezone.now()
    runs = lifecycle.runs_of(attempts) if runs is None else runs
    concerned = [run.attempt for found in runs.values() for run in found]
    books = deadlines.ledgers(concerned) if concerned else {}
    owed = {
        one.pk: lifecycle.owed(runs[one.pk], books, lambda pk: lost.get(pk, ()), now)
        for one in attempts
        if lifecycle.may_get_back(one)
    }
    found = []
    for planned in plan_extensions(attempts, owed):
        if lifecycle.is_broken_off(planned.attempt):
            planned = PlannedChange(planned.attempt, planned.seconds, gained=planned.seconds)
        if not planned.refused and not planned.seconds:
            planned = replace(planned, refused=NOTHING_LOST)
        found.append(planned)
    return found
