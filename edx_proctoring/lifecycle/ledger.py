"""Read the ledger of an attempt at one point in time; write its rows, and the columns and messages that follow.

Callers hold the learner's lock.
"""

import datetime
import logging
import math
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Unpack

from django.db import IntegrityError
from django.utils import timezone

from edx_proctoring import conf, deadlines, effects, timing
from edx_proctoring.backends.provider_info import provider_info
from edx_proctoring.compiled_rows import InsertOnce
from edx_proctoring.exceptions import ExtraTimeUnavailable, TimeChangeNotAllowed
from edx_proctoring.lifecycle import rows
from edx_proctoring.lifecycle.locking import lock_attempt
from edx_proctoring.lifecycle.rows import Attempt
from edx_proctoring.models import TimeAdjustment
from edx_proctoring.models.adjustments import AdjustmentValues
from edx_proctoring.statuses import IN_PROGRESS
from edx_proctoring.timing import Deadline, ExtraTime
from edx_proctoring.types import AttemptChanges, User

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TimeChange:
    """The attempt after the call, the ledger row, and whether this call changed anything.

    `gained` are the seconds by which the deadline moved: fewer than those of the row if the due date limits them.
    `after` is the new deadline where the change has computed it.
    """

    attempt: Attempt
    adjustment: TimeAdjustment | None
    changed: bool
    gained: int = 0
    after: Deadline | None = None

    @property
    def ends_at(self) -> datetime.datetime | None:
        """Return the attempt's deadline as it is now, None before its start and after it broke off; a query unless the
        change knows it.
        """
        if self.attempt.status == rows.Status.error:
            return None
        deadline = self.after or deadlines.read(self.attempt)
        return deadline.ends_at if deadline else None


@dataclass(frozen=True)
class Ledger:
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

    def new_row(
        self, kind: str, key: str, by: User | None, **values: Unpack[AdjustmentValues]
    ) -> TimeAdjustment:
        """Return an unsaved row of this moment; one without a key gets a new one."""
        values["by_id"] = getattr(by, "pk", None)
        return TimeAdjustment.of(self.attempt, kind, key or new_key(kind), self.now, **values)


def read(known: Attempt, now: datetime.datetime | None = None) -> Ledger:
    """Lock the attempt and read its ledger."""
    attempt = lock_attempt(known)
    return read_locked(attempt, now or timezone.now())


def read_locked(
    attempt: Attempt, now: datetime.datetime, found: Sequence[TimeAdjustment] | None = None
) -> Ledger:
    """Read the ledger of an attempt that the caller has locked. `found`: its rows, if they were read under the lock."""
    if found is None:
        found = list(TimeAdjustment.objects.of_attempts([attempt.pk]))
    deadline = deadlines.from_ledger(attempt, found)
    is_known = deadlines.last_allotment(found) is not None
    if deadline is not None and deadline.at(now) != deadline:
        # A break has used up its longest duration: nobody has stored its end yet.
        deadline = end_due_break(attempt, deadline, now)
        found = list(TimeAdjustment.objects.of_attempts([attempt.pk]))
    if deadline is not None and attempt.time_remaining_seconds is not None and not is_known:
        # Resumed by an older version: its columns contain the remaining time, but not the allotment of the whole exam.
        exam, user_id = attempt.proctored_exam, attempt.user_id
        _, whole = deadlines.allotments_now_and_then(exam, user_id, deadline.started_at)
        deadline = replace(deadline, allotment=whole, adjusted=deadline.allotment - whole)
    ledger = Ledger(attempt, found, deadline, now)
    if found and not is_known and deadline is not None and attempt.status in IN_PROGRESS:
        return _with_early_grants(ledger, deadline)
    return ledger


def _with_early_grants(ledger: Ledger, deadline: Deadline) -> Ledger:
    """Add grants that were made before the start to an attempt that an older version has started without them."""
    granted = sum(row.seconds for row in ledger.rows)
    longer = replace(deadline, adjusted=deadline.adjusted + granted)
    after = cut_to_due_date(ledger.attempt, longer, deadline)
    if after.is_over(ledger.now):
        return ledger
    store(ledger, after, None, reason="granted before the start", by=None)
    return read_locked(ledger.attempt, ledger.now)


def store(
    ledger: Ledger,
    after: Deadline | None,
    row: TimeAdjustment | None,
    *,
    reason: str,
    by: User | None,
    noted: str = "",
) -> int:
    """Write the ledger rows, the columns and the messages; return the seconds by which the deadline moved.

    `noted`: the reason of a row of the history that is written even if no column changes.
    """
    before = ledger.deadline
    written: list[TimeAdjustment] = [row] if row is not None and row.pk is None else []
    if after is not None and before is not None:
        # An older version starts attempts without an allotment row, so the first change adds it.
        if _limits(after) != _limits(before) or not ledger.has_allotment:
            written.insert(0, allotment_row(ledger.attempt, after, ledger.now, by))
        if before.adjusted and not ledger.has_allotment:
            written.insert(0, _used_before(ledger.attempt, before.adjusted, ledger.now))
    for one in written:
        _insert(one)
    if after is not None:
        _write_columns(ledger, after, noted or reason, by, always=bool(noted))
    log.info("attempt %s: %s, ends %s", ledger.attempt.pk, reason, after and after.ends_at)
    shown = row or (written[0] if written else None)
    if shown is None:
        return 0
    gained = _gained(before, after, shown)
    # A recalculation that moves nothing, for example behind a due date, is no news for learner and provider.
    if row is not None or gained:
        _tell(ledger.attempt, reason, shown.pk, gained, after)
    return gained


def _tell(
    attempt: Attempt, what: str, adjustment_id: int, seconds: int, after: Deadline | None
) -> None:
    exam = attempt.proctored_exam
    effects.perform_time_change(
        effects.TimeChanged(
            attempt=attempt,
            exam=exam,
            what=what,
            adjustment_id=adjustment_id,
            seconds=seconds,
            ends_at=after.ends_at if after else None,
            provider=provider_info(exam),
        )
    )


def _limits(deadline: Deadline) -> tuple[object, ...]:
    """Return the values that a row of the kind allotment holds."""
    return deadline.allotment, deadline.due, deadline.beyond_due_date


def _used_before(attempt: Attempt, seconds: int, now: datetime.datetime) -> TimeAdjustment:
    """Return an unsaved correction: the remaining time of a resumed attempt minus the allotment of the whole exam."""
    kind = TimeAdjustment.CORRECTION
    reason = "used by the attempt that is resumed"
    return TimeAdjustment.of(attempt, kind, new_key(kind), now, seconds=seconds, reason=reason)


def _insert(row: TimeAdjustment) -> None:
    """Insert the rows. No lock prevents another learner's attempt from getting a row with the same key at once."""
    try:
        row.save(force_insert=True)
    except IntegrityError as error:
        raise TimeChangeNotAllowed("This key belongs to another change.") from error


def _write_columns(
    ledger: Ledger, after: Deadline, reason: str, by: User | None, *, always: bool
) -> None:
    minutes = column_minutes(after, ledger.now)
    # Each write adds a row to the history, so seconds alone are not written.
    if always or minutes != ledger.attempt.allowed_time_limit_mins:
        values: AttemptChanges = {"allowed_time_limit_mins": minutes}
        rows.update(ledger.attempt, values, reason=reason, user=by)


def _gained(before: Deadline | None, after: Deadline | None, row: TimeAdjustment) -> int:
    if before is None or after is None:
        return row.seconds
    return round(timing.seconds_until(after.ends_at, before.ends_at))


def cut_to_due_date(
    attempt: Attempt, deadline: Deadline, before: Deadline, extra: ExtraTime | None = None
) -> Deadline:
    """Cut to today's due date, but never to before the end as it was `before`.

    `extra`: the learner's extra time, if the caller has read it.
    """
    due, is_beyond = _due_date_today(attempt, before, extra)
    cut = replace(deadline, due=due and timing.in_utc(due), beyond_due_date=is_beyond)
    if cut.last_moment is None or cut.last_moment >= before.ends_at:
        return cut
    return replace(cut, due=before.ends_at, beyond_due_date=False)


def _due_date_today(
    attempt: Attempt, before: Deadline, extra: ExtraTime | None
) -> tuple[datetime.datetime | None, bool]:
    exam = deadlines.exam_fields(attempt.proctored_exam)
    try:
        return deadlines.due_date_with_extra_time(exam, attempt.user_id, before, extra)
    except ExtraTimeUnavailable:
        # An extension that fails must not stop changes of a running attempt, only the start of a new one.
        return before.due, before.beyond_due_date


def close_pause(row: TimeAdjustment, now: datetime.datetime) -> None:
    """Store the end of an open pause; the caller holds the learner's lock. Fractions of a second are rounded in the
    learner's favour.
    """
    assert row.began_at is not None  # every pause has a start
    row.ended_at, row.seconds = now, max(math.ceil((now - row.began_at).total_seconds()), 0)
    open_rows = TimeAdjustment.objects.filter(pk=row.pk, ended_at__isnull=True)
    open_rows.update(ended_at=row.ended_at, seconds=row.seconds)


def end_due_break(attempt: Attempt, deadline: Deadline, now: datetime.datetime) -> Deadline:
    """Store the end of a break that has lasted its longest duration; return the deadline without it.

    The columns have covered the whole break since its begin. The caller holds the learner's lock.
    """
    row = TimeAdjustment.objects.of_attempts([attempt.pk]).open_pauses().first()
    after = deadline.at(now)
    if row is None or row.ends_by_itself_at is None:
        return after
    close_pause(row, row.ends_by_itself_at)
    log.info("attempt %s: break used up, ends %s", attempt.pk, after.ends_at)
    _tell(attempt, "continue", row.pk, _gained(deadline, after, row), after)
    return after


def allotment_row(
    attempt: Attempt, deadline: Deadline, now: datetime.datetime, by: User | None = None
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
        reason=TimeAdjustment.BEYOND_DUE_DATE if deadline.beyond_due_date else "",
    )


_INSERT = InsertOnce(TimeAdjustment)


def write_start(attempt: Attempt, deadline: Deadline, by: User | None) -> None:
    """Write the first ledger rows: the allotment, and a correction by the time that a resumed attempt has used already."""
    written = [allotment_row(attempt, deadline, deadline.started_at, by)]
    granted: list[TimeAdjustment] = []
    # A grant before the start may be as long as the time already used: then the two adjust nothing, but both are rows.
    if deadline.adjusted or attempt.time_remaining_seconds is not None:
        pair = (attempt.proctored_exam_id, attempt.user_id)
        granted = deadlines.granted_before_start(*pair, attempt.pk)
    earlier = [row.seconds for row in granted if row.attempt_id != attempt.pk]
    corrections = {
        "used by the attempt that is resumed": (
            deadline.adjusted - sum(row.seconds for row in granted)
        ),
        "granted to an attempt that broke off before its start": sum(earlier),
    }
    for text, seconds in corrections.items():
        if seconds:
            kind = TimeAdjustment.CORRECTION
            at, key = deadline.started_at, new_key(kind)
            written.append(TimeAdjustment.of(attempt, kind, key, at, seconds=seconds, reason=text))
    _INSERT(written)


def end_pause(attempt: Attempt, deadline: Deadline, now: datetime.datetime) -> AttemptChanges:
    """Close the open pause of an attempt that ends, and return the column to store."""
    row = TimeAdjustment.objects.of_attempts([attempt.pk]).open_pauses().first()
    seconds = 0
    if row is not None:
        close_pause(row, now)
        seconds = row.seconds
    adjusted = deadline.adjusted + seconds
    after = replace(deadline, paused_since=None, pause_ends=None, adjusted=adjusted)
    return {"allowed_time_limit_mins": after.minutes}


def column_minutes(deadline: Deadline, now: datetime.datetime) -> int:
    """Return the minutes for older versions and lists. They never end before the real deadline, even during a pause.

    A pause is assumed to last at most LONGEST_PAUSE_MINUTES from now; see `renew_pause`.
    """
    if deadline.pause_ends is not None:
        return deadline.at(deadline.pause_ends).minutes
    if deadline.paused_since is None:
        return deadline.minutes
    longest = int(conf.proctoring.LONGEST_PAUSE_MINUTES)
    return min(_minutes_so_far(deadline, now) + longest, timing.LONGEST_MINUTES)


def needs_more_minutes(attempt: Attempt, deadline: Deadline, now: datetime.datetime) -> bool:
    """Return whether the columns of a paused attempt cover less than half of LONGEST_PAUSE_MINUTES from now.

    Each change of the columns adds a history row, so the sweep does not update them on every run.
    """
    if deadline.pause_ends is not None:
        return False
    covered = (attempt.allowed_time_limit_mins or 0) - _minutes_so_far(deadline, now)
    return covered * 2 < int(conf.proctoring.LONGEST_PAUSE_MINUTES)


def _minutes_so_far(deadline: Deadline, now: datetime.datetime) -> int:
    """Return the minutes the attempt would have if its pause ended now."""
    since = deadline.paused_since or now
    return deadline.minutes + math.ceil(max(timing.seconds_until(now, since), 0) / 60)


def new_key(kind: str) -> str:
    return f"{kind}:{uuid.uuid4().hex}"
