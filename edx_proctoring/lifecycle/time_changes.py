"""Granted time, pauses, and changes of the limit or due date while an attempt is running.

Each function locks the learner's row first and writes to the ledger, `TimeAdjustment`. The attempt's columns follow the
ledger for readers that only know the columns: they hold whole minutes, rounded up, and during a pause include its
maximum length.
"""

import datetime
from collections.abc import Iterable
from dataclasses import replace

from django.utils import timezone

from edx_proctoring.exceptions import (
    ProctoredExamIllegalStatusTransition,
    TimeChangeNotAllowed,
)
from edx_proctoring.lifecycle.ledger import (
    Ledger,
    TimeChange,
    close_pause,
    cut_to_due_date,
    needs_more_minutes,
    read,
    read_locked,
    store,
)
from edx_proctoring.lifecycle.locking import locked
from edx_proctoring.lifecycle.rows import CONTINUED, CONTINUED_TO_PAUSE, Attempt, Status
from edx_proctoring.models import TimeAdjustment
from edx_proctoring.models.allowances import MAX_ADDITIONAL_MINUTES
from edx_proctoring.statuses import IN_PROGRESS, PRE_STARTED
from edx_proctoring.timing import Deadline
from edx_proctoring.types import User

LONGEST_KEY = 190
MAX_SECONDS = MAX_ADDITIONAL_MINUTES * 60


def extend(
    attempt: Attempt, seconds: int, *, reason: str = "", by: User | None = None, key: str = ""
) -> TimeChange:
    """Give the attempt more time, or take time away (negative seconds, with a reason) but leave at least 60 seconds.

    If the attempt has not started, the time is added when it starts; then only time granted in the same way can be taken
    away. The due date still limits the total. Repeating the same `key` changes nothing.
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
    check_key(key)

    def grant() -> TimeChange:
        ledger = read(attempt)
        if done := done_before(ledger, TimeAdjustment.GRANT, key):
            return done
        if ledger.attempt.status not in PRE_STARTED | IN_PROGRESS:
            raise not_in(ledger.attempt, "Only an attempt that has not ended can get more time.")
        if ledger.deadline is None and seconds + TimeAdjustment.granted(ledger.rows) < 0:
            raise not_in(ledger.attempt, "Before the start, only granted time can be taken away.")
        return add_seconds(ledger, seconds, reason, by, key)

    return locked(attempt.user_id, grant)


def add_seconds(
    ledger: Ledger,
    seconds: int,
    reason: str,
    by: User | None,
    key: str,
    *,
    kind: str = TimeAdjustment.GRANT,
) -> TimeChange:
    """Add seconds to an attempt that has not ended; the caller holds the learner's lock."""
    before, after = ledger.deadline, None
    if before is not None:
        if before.is_over(ledger.now):
            raise not_in(ledger.attempt, "The attempt's time is over.")
        current = cut_to_due_date(ledger.attempt, before, before)
        after = replace(current, adjusted=current.adjusted + seconds)
        if seconds < 0:
            after = after.keeping_a_minute(before, ledger.now)
        seconds = after.adjusted - before.adjusted
    row = ledger.new_row(kind, key, by, seconds=seconds, reason=reason)
    gained = store(ledger, after, row, reason=kind, by=by)
    return TimeChange(ledger.attempt, row, changed=True, gained=gained, after=after)


def pause(
    attempt: Attempt,
    *,
    kind: str = TimeAdjustment.PAUSE,
    longest: int = 0,
    reason: str = "",
    by: User | None = None,
    key: str = "",
) -> TimeChange:
    """Stop the clock of a started attempt. Does nothing if the clock is already stopped or if `key` was used before.

    `longest`: the seconds after which a break ends by itself; a break without any is refused. A pause by staff takes the
    place of a break.
    Raises TimeChangeNotAllowed, StudentExamAttemptDoesNotExistsException.
    """
    check_key(key)

    def stop() -> TimeChange:
        ledger = read(attempt)
        if done := done_before(ledger, kind, key):
            return done
        if kind == TimeAdjustment.PAUSE:
            ledger = _without_break(ledger, by)
        if ledger.open_pause:
            return TimeChange(ledger.attempt, ledger.open_pause, changed=False)
        if kind == TimeAdjustment.BREAK and longest <= 0:  # would never end by itself
            raise TimeChangeNotAllowed("You have no break left in this exam.")
        deadline = ledger.deadline
        if ledger.attempt.status != Status.started or deadline is None:
            raise not_in(ledger.attempt, "Only a started attempt can be paused.")
        if deadline.is_over(ledger.now):
            raise not_in(ledger.attempt, "The attempt's time is over.")
        row = ledger.new_row(kind, key, by, seconds=longest, began_at=ledger.now, reason=reason)
        stopped = replace(deadline, paused_since=ledger.now, pause_ends=row.ends_by_itself_at)
        store(ledger, stopped, row, reason=kind, by=by)
        return TimeChange(ledger.attempt, row, changed=True, after=stopped)

    return locked(attempt.user_id, stop)


def continue_(
    attempt: Attempt,
    *,
    by: User | None = None,
    key: str = "",
    begun_by: datetime.datetime | None = None,
    noted: str = CONTINUED,
) -> TimeChange:
    """Restart the clock of a paused attempt. The deadline moves by the length of the pause, limited by the due date.

    `key`: end the pause only if it was started with this key; `begun_by`: only if it had begun at this moment. Does
    nothing if there is no such open pause. The history names who has ended it, with the reason `noted`. Raises
    StudentExamAttemptDoesNotExistsException.
    """

    def go_on() -> TimeChange:
        ledger = read(attempt)
        row = ledger.open_pause
        if row is None or ledger.deadline is None or (key and row.key != key):
            return TimeChange(ledger.attempt, row, changed=False)
        if begun_by is not None and row.began_at is not None and row.began_at > begun_by:
            return TimeChange(ledger.attempt, row, changed=False)
        gained, after = _end(ledger, row, ledger.deadline, by, noted)
        return TimeChange(ledger.attempt, row, changed=True, gained=gained, after=after)

    return locked(attempt.user_id, go_on)


def _without_break(ledger: Ledger, by: User | None) -> Ledger:
    """End a break by the learner, if there is one."""
    row = ledger.open_pause
    if row is None or row.kind != TimeAdjustment.BREAK or ledger.deadline is None:
        return ledger
    _end(ledger, row, ledger.deadline, by, CONTINUED_TO_PAUSE)
    return read_locked(ledger.attempt, ledger.now)


def _end(
    ledger: Ledger, row: TimeAdjustment, deadline: Deadline, by: User | None, noted: str
) -> tuple[int, Deadline | None]:
    """End the open pause or break; return the seconds by which the deadline moved, and the new one of a running attempt."""
    close_pause(row, ledger.now)
    # An older version of this app, which knows no pauses, may have ended the attempt.
    if ledger.attempt.status not in IN_PROGRESS:
        return 0, None
    after = cut_to_due_date(ledger.attempt, deadline, deadline)
    adjusted = after.adjusted + row.seconds
    after = replace(after, paused_since=None, pause_ends=None, adjusted=adjusted)
    return store(ledger, after, row, reason=CONTINUED, by=by, noted=noted), after


def renew_pause(attempt: Attempt) -> bool:
    """Extend the columns of a paused attempt for readers that do not know the ledger; return whether it was necessary."""

    def renew() -> bool:
        ledger = read(attempt)
        if (
            ledger.open_pause
            and ledger.attempt.status in IN_PROGRESS
            and ledger.deadline is not None
            and needs_more_minutes(ledger.attempt, ledger.deadline, ledger.now)
        ):
            store(ledger, ledger.deadline, None, reason="pause goes on", by=None)
            return True
        return False

    return locked(attempt.user_id, renew)


def close_left_open(row: TimeAdjustment) -> None:
    """End a pause of an attempt that is gone, or that an older version has ended; its time no longer matters."""

    def close() -> None:
        if TimeAdjustment.objects.left_open().filter(pk=row.pk).exists():
            ended = Attempt.objects.filter(pk=row.attempt_id).values_list("completed_at", flat=True)
            now = timezone.now()
            # Not later than the attempt's end, and never before the pause began.
            close_pause(row, max(min(ended.first() or now, now), row.began_at or now))

    locked(row.user_id, close)


def check_key(key: str) -> None:
    """Raise TimeChangeNotAllowed if the key is too long."""
    if len(key) > LONGEST_KEY:
        raise TimeChangeNotAllowed(f"A key has at most {LONGEST_KEY} characters.")


def done_before(
    ledger: Ledger, kind: str, key: str, rows: Iterable[TimeAdjustment] | None = None
) -> TimeChange | None:
    """Return the change that an earlier call with this key made, among these rows, by default those of the ledger.

    The insertion refuses a key of another attempt.
    """
    rows = ledger.rows if rows is None else rows
    row = next((row for row in rows if key and row.key == key), None)
    if row is None:
        return None
    if row.kind != kind:
        raise TimeChangeNotAllowed("This key belongs to another change.")
    return TimeChange(ledger.attempt, row, changed=False)


def not_in(attempt: Attempt, text: str) -> ProctoredExamIllegalStatusTransition:
    """Return the error that names the attempt and its status."""
    return TimeChangeNotAllowed(f"{text} Attempt {attempt.pk} is {attempt.status}.")
