"""Granted time, pauses, and changes of the limit or due date while an attempt is running.

Each function locks the learner's row first and writes to the ledger, `TimeAdjustment`. The attempt's columns follow the
ledger for readers that only know the columns: they hold whole minutes, rounded up, and during a pause include its
maximum length.
"""

import datetime
import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils import timezone

from edx_proctoring import deadlines, effects, timing
from edx_proctoring.backends.provider_info import provider_info
from edx_proctoring.exceptions import (
    ProctoredExamIllegalStatusTransition,
    TimeChangeNotAllowed,
)
from edx_proctoring.lifecycle import rows
from edx_proctoring.lifecycle.ledger import (
    allotment_row,
    close_pause,
    column_minutes,
    needs_more_minutes,
    new_key,
)
from edx_proctoring.lifecycle.locking import lock_attempt, locked
from edx_proctoring.lifecycle.rows import Attempt, Status
from edx_proctoring.models import TimeAdjustment
from edx_proctoring.models.allowances import MAX_ADDITIONAL_MINUTES
from edx_proctoring.statuses import IN_PROGRESS, PRE_STARTED
from edx_proctoring.timing import Deadline

log = logging.getLogger(__name__)

LEAST_LEFT = datetime.timedelta(seconds=60)  # a shortened attempt keeps at least this much
LONGEST_KEY = 190
MAX_SECONDS = MAX_ADDITIONAL_MINUTES * 60


@dataclass(frozen=True)
class TimeChange:
    """The attempt after the call, the ledger row, and whether this call changed anything."""

    attempt: Attempt
    adjustment: TimeAdjustment | None
    changed: bool


@dataclass(frozen=True)
class _Ledger:
    """An attempt read under the learner's lock, at one point in time."""

    attempt: Attempt
    rows: Sequence[TimeAdjustment]
    deadline: Deadline | None  # None before the start
    now: datetime.datetime

    @property
    def has_allotment(self) -> bool:
        return any(row.kind == TimeAdjustment.ALLOTMENT for row in self.rows)

    @property
    def open_pause(self) -> TimeAdjustment | None:
        return next((row for row in self.rows if row.is_open), None)


def _read(known: Attempt) -> _Ledger:
    attempt, now = lock_attempt(known), timezone.now()
    found = list(TimeAdjustment.objects.of_attempts([attempt.pk]))
    return _Ledger(attempt, found, deadlines.from_ledger(attempt, found), now)


def extend(
    attempt: Attempt, seconds: int, *, reason: str = "", by: Any = None, key: str = ""
) -> TimeChange:
    """Give the attempt more time, or take time away (negative seconds, with a reason) but leave at least 60 seconds.

    If the attempt has not started, the time is added when it starts. The due date still limits the total. Repeating the
    same `key` changes nothing.
    Raises TimeChangeNotAllowed, StudentExamAttemptDoesNotExistsException.
    """
    if (
        isinstance(seconds, bool)
        or not isinstance(seconds, int)
        or not 0 < abs(seconds) <= MAX_SECONDS
    ):
        raise TimeChangeNotAllowed(f"{seconds!r} is not a valid number of seconds.")
    if seconds < 0 and not reason.strip():
        raise TimeChangeNotAllowed("Taking time away requires a reason.")
    _check_key(key)

    def grant() -> TimeChange:
        if done := _done(attempt, key):
            return done
        ledger = _read(attempt)
        if ledger.attempt.status not in PRE_STARTED | IN_PROGRESS:
            raise _not_in(ledger.attempt, "Only an attempt that has not ended can get more time.")
        if seconds < 0 and ledger.deadline is None:
            raise _not_in(ledger.attempt, "Time can only be taken from a running attempt.")
        return _grant(ledger, seconds, reason, by, key)

    return locked(attempt.user_id, grant)


def _grant(ledger: _Ledger, seconds: int, reason: str, by: Any, key: str) -> TimeChange:
    before, after = ledger.deadline, None
    if before is not None:
        if before.is_over(ledger.now):
            raise _not_in(ledger.attempt, "The attempt's time is over.")
        current = _cut_to_due_date(ledger, before)
        after = replace(current, adjusted=current.adjusted + seconds)
        if seconds < 0:
            after = _not_below(after, before, ledger.now)
        seconds = after.adjusted - before.adjusted
    row = TimeAdjustment.of(
        ledger.attempt,
        TimeAdjustment.GRANT,
        key or new_key("grant"),
        ledger.now,
        seconds=seconds,
        by_id=getattr(by, "pk", None),
        reason=reason,
    )
    _store(ledger, after, row, reason="grant", by=by)
    return TimeChange(ledger.attempt, row, changed=True)


def _not_below(after: Deadline, before: Deadline, now: datetime.datetime) -> Deadline:
    """Keep at least a minute on the clock, so that the learner can notice the change; keep less only if less was left
    anyway.

    This also holds while the clock is paused.
    """
    least = min((before.paused_since or now) + LEAST_LEFT, before.ends_at)
    if after.ends_at >= least:
        return after
    seconds = math.ceil(timing.seconds_until(least, after.started_at))
    return replace(after, adjusted=seconds - after.allotment)


def pause(
    attempt: Attempt,
    *,
    kind: str = TimeAdjustment.PAUSE,
    reason: str = "",
    by: Any = None,
    key: str = "",
) -> TimeChange:
    """Stop the clock of a started attempt. Does nothing if the clock is already stopped or if `key` was used before.

    Raises TimeChangeNotAllowed, StudentExamAttemptDoesNotExistsException.
    """
    _check_key(key)

    def stop() -> TimeChange:
        if done := _done(attempt, key):
            return done
        ledger = _read(attempt)
        if ledger.open_pause:
            return TimeChange(ledger.attempt, ledger.open_pause, changed=False)
        deadline = ledger.deadline
        if ledger.attempt.status != Status.started or deadline is None:
            raise _not_in(ledger.attempt, "Only a started attempt can be paused.")
        if deadline.is_over(ledger.now):
            raise _not_in(ledger.attempt, "The attempt's time is over.")
        row = TimeAdjustment.of(
            ledger.attempt,
            kind,
            key or new_key(kind),
            ledger.now,
            began_at=ledger.now,
            by_id=getattr(by, "pk", None),
            reason=reason,
        )
        _store(ledger, replace(deadline, paused_since=ledger.now), row, reason=kind, by=by)
        return TimeChange(ledger.attempt, row, changed=True)

    return locked(attempt.user_id, stop)


def continue_(attempt: Attempt, *, by: Any = None, key: str = "") -> TimeChange:
    """Restart the clock of a paused attempt. The deadline moves by the length of the pause, limited by the due date.

    `key`: end the pause only if it was started with this key. Does nothing if there is no such open pause.
    Raises StudentExamAttemptDoesNotExistsException.
    """

    def go_on() -> TimeChange:
        ledger = _read(attempt)
        row = ledger.open_pause
        if row is None or ledger.deadline is None or (key and row.key != key):
            return TimeChange(ledger.attempt, row, changed=False)
        close_pause(row, ledger.now)
        after = _cut_to_due_date(ledger, ledger.deadline)
        after = replace(after, paused_since=None, adjusted=after.adjusted + row.seconds)
        _store(ledger, after, row, reason="continue", by=by)
        return TimeChange(ledger.attempt, row, changed=True)

    return locked(attempt.user_id, go_on)


def recalculate(attempt: Attempt) -> TimeChange:
    """Recompute the deadline of a running attempt from the exam's limit, the allowances and the due date; it never gets
    shorter.

    Raises StudentExamAttemptDoesNotExistsException.
    """

    def follow() -> TimeChange:
        ledger = _read(attempt)
        before = ledger.deadline
        if ledger.attempt.status not in IN_PROGRESS or before is None or before.is_over(ledger.now):
            return TimeChange(ledger.attempt, None, changed=False)
        after = _refreshed(ledger, before)
        if after == before:
            return TimeChange(ledger.attempt, None, changed=False)
        _store(ledger, after, None, reason="recalculated", by=None)
        return TimeChange(ledger.attempt, None, changed=after.ends_at != before.ends_at)

    return locked(attempt.user_id, follow)


def _refreshed(ledger: _Ledger, before: Deadline) -> Deadline:
    """Return the ledger's values under the current limit, allowances and due date, unless they would shorten the
    attempt.
    """
    due = _due_date(ledger.attempt, before)
    after = replace(before, allotment=_allotment(ledger, before), due=due)
    return after if after.ends_at >= before.ends_at else _cut_to(due, before)


def _allotment(ledger: _Ledger, before: Deadline) -> int:
    """A resumed attempt keeps its remaining time and gains whatever has been granted since it began."""
    attempt, exam = ledger.attempt, ledger.attempt.proctored_exam
    if attempt.time_remaining_seconds is None:
        extra = deadlines.extra_time(deadlines.exam_fields(exam), attempt.user_id)
        return extra.allotment(exam.time_limit_mins) * 60
    first = next((row for row in ledger.rows if row.kind == TimeAdjustment.ALLOTMENT), None)
    granted = deadlines.seconds_granted_since(exam, attempt.user_id, before.started_at)
    return (first.seconds if first else before.allotment) + granted


def _due_date(attempt: Attempt, known: Deadline) -> datetime.datetime | None:
    """Return the current due date; if the host does not answer, the last known one."""
    exam = deadlines.exam_fields(attempt.proctored_exam)
    due = deadlines.due_date(exam, attempt.user_id, known.due)
    return due and timing.in_utc(due)


def _cut_to_due_date(ledger: _Ledger, deadline: Deadline) -> Deadline:
    return _cut_to(_due_date(ledger.attempt, deadline), deadline)


def _cut_to(due: datetime.datetime | None, deadline: Deadline) -> Deadline:
    """Cut the deadline to a due date that may have moved, but never to before the current deadline."""
    return replace(deadline, due=due and max(due, deadline.ends_at))


def _store(
    ledger: _Ledger, after: Deadline | None, row: TimeAdjustment | None, *, reason: str, by: Any
) -> None:
    """Write the ledger row and the columns, and trigger the effects."""
    attempt, before = ledger.attempt, ledger.deadline
    written: list[TimeAdjustment] = [row] if row is not None and row.pk is None else []
    if after is not None and before is not None:
        is_new = (after.allotment, after.due) != (before.allotment, before.due)
        if is_new or not ledger.has_allotment:
            written.insert(0, allotment_row(attempt, after, ledger.now, by))
    for one in written:
        one.save(force_insert=True)
    if (
        after is not None
        and (minutes := column_minutes(after, ledger.now)) != attempt.allowed_time_limit_mins
    ):
        values = {"allowed_time_limit_mins": minutes}
        rows.update(attempt, values, reason=reason, user=by)
    log.info("attempt %s: %s, ends %s", attempt.pk, reason, after and after.ends_at)
    shown = row or (written[0] if written else None)
    if shown is None:
        return
    is_silent = row is None and after is not None and after.ends_at == (before and before.ends_at)
    if not is_silent:
        exam = attempt.proctored_exam
        effects.perform_time_change(
            effects.TimeChanged(
                attempt=attempt,
                exam=exam,
                what=reason,
                adjustment_id=shown.pk,
                seconds=_gained(before, after, shown),
                ends_at=after.ends_at if after else None,
                provider=provider_info(exam),
            )
        )


def _gained(before: Deadline | None, after: Deadline | None, row: TimeAdjustment) -> int:
    if before is None or after is None:
        return row.seconds
    return round(timing.seconds_until(after.ends_at, before.ends_at))


def renew_pause(attempt: Attempt) -> None:
    """Extend the columns of a paused attempt for readers that do not know the ledger."""

    def renew() -> None:
        ledger = _read(attempt)
        if (
            ledger.open_pause
            and ledger.deadline is not None
            and needs_more_minutes(ledger.attempt, ledger.deadline, ledger.now)
        ):
            _store(ledger, ledger.deadline, None, reason="pause goes on", by=None)

    locked(attempt.user_id, renew)


def _check_key(key: str) -> None:
    if len(key) > LONGEST_KEY:
        raise TimeChangeNotAllowed(f"A key has at most {LONGEST_KEY} characters.")


def _done(attempt: Attempt, key: str) -> TimeChange | None:
    """Return the change that an earlier call with this key made."""
    row = TimeAdjustment.objects.filter(key=key).first() if key else None
    if row is None:
        return None
    if row.attempt_id != attempt.pk:
        raise TimeChangeNotAllowed("This key belongs to another attempt.")
    return TimeChange(lock_attempt(attempt), row, changed=False)


def _not_in(attempt: Attempt, text: str) -> ProctoredExamIllegalStatusTransition:
    return TimeChangeNotAllowed(f"{text} Attempt {attempt.pk} is {attempt.status}.")
