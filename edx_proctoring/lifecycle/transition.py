"""Change an attempt's status, on request or because its time is over."""

import datetime
import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.utils import timezone

from edx_proctoring import deadlines, outbox
from edx_proctoring.effects.messages import LEARNER_STATE, host_order
from edx_proctoring.exceptions import ProctoringTemporarilyUnavailable
from edx_proctoring.lifecycle.change import StatusRequest, change_locked, check_is_known, time_out
from edx_proctoring.lifecycle.locking import LockIsTaken, lock_attempt, locked
from edx_proctoring.lifecycle.recalculation import before_it_ends
from edx_proctoring.lifecycle.rows import TIME_OUT, Attempt, Status
from edx_proctoring.models import TimeAdjustment
from edx_proctoring.statuses import INCOMPLETE
from edx_proctoring.timing import Deadline
from edx_proctoring.types import User

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Expiry:
    """The attempt after its deadline was checked, and whether this check ended it."""

    attempt: Attempt
    changed: bool


def transition(
    attempt: Attempt,
    to: str,
    *,
    by: User | None = None,
    at: datetime.datetime | None = None,
    cascade: bool = True,
    only_from: Collection[str] | None = None,
    reason: str = "",
    user: User | None = None,
    is_locked: bool = False,
) -> Attempt:
    """Move the attempt to status `to`, trigger everything that follows, and return the attempt as it is afterwards.

    A time-out becomes a submission unless ALLOW_TIMED_OUT_STATE is set, and so does a learner's return from a running
    exam to its set-up. Requesting the current status changes nothing. `only_from`: the statuses from which the change
    is allowed.
    `is_locked`: the caller holds the learner's lock and has read the attempt under it.
    Raises ProctoredExamIllegalStatusTransition, StudentExamAttemptDoesNotExistsException.
    """
    check_is_known(to)
    request = StatusRequest(to, by, at, cascade, only_from, reason, user)
    if is_locked:
        return change_locked(attempt, request)
    if to == Status.started:
        # Before the lock, because this calls the host.
        _settle_state_deletion(attempt)
    return locked(attempt.user_id, lambda: change_locked(lock_attempt(attempt), request))


def expire_if_overdue(attempt: Attempt) -> Attempt:
    """End the attempt if its time is over. Most reads call this; it takes the lock only if the row looks overdue.

    Does not wait for a lock held elsewhere: it then returns the attempt as ended without storing that, and the periodic
    task ends it later.
    """
    try:
        return expire(attempt, waits=False).attempt
    except (LockIsTaken, ProctoringTemporarilyUnavailable):
        log.info(
            "attempt %s: shown as ended but not stored, another process holds the lock", attempt.pk
        )
        deadline = deadlines.read(attempt)
        return deadlines.as_ended(attempt, deadline.ends_at if deadline else None)


def expire(
    attempt: Attempt, reason: str = TIME_OUT, *, waits: bool = True, looks_overdue: bool = False
) -> Expiry:
    """End the attempt if its time is over. Unless `waits` is set, raises LockIsTaken if the lock is held elsewhere.

    `looks_overdue`: the caller has found that, so that only the decision under the lock is left.
    """
    now = timezone.now()
    # The columns are at most a minute late, and most attempts are far from their end, so this check saves the ledger
    # query.
    if not looks_overdue and not (
        deadlines.may_be_overdue(attempt, now)
        and _overdue_since(attempt, deadlines.ledger(attempt), now)
    ):
        return Expiry(attempt, changed=False)

    def end() -> Expiry:
        current = lock_attempt(attempt, waits=waits)
        now = timezone.now()  # waiting for the lock may have taken a while
        if current.status not in INCOMPLETE:
            return Expiry(current, changed=False)
        rows = deadlines.ledger(current)
        deadline = _overdue_since(current, rows, now)
        if deadline is None:
            return Expiry(current, changed=False)
        deadline = before_it_ends(current, deadline, now, rows)
        if not deadline.is_over(now):
            return Expiry(current, changed=False)
        ended = change_locked(current, time_out(deadline, reason), now, deadline)
        return Expiry(ended, changed=True)

    return locked(attempt.user_id, end, waits=waits)


def _overdue_since(
    attempt: Attempt, rows: Iterable[TimeAdjustment], now: datetime.datetime
) -> Deadline | None:
    """Return the deadline by these rows of the ledger if the time is over; None while it is running or paused."""
    deadline = deadlines.from_ledger(attempt, rows)
    return deadline.at(now) if deadline is not None and deadline.is_over(now) else None


def _settle_state_deletion(attempt: Attempt) -> None:
    """Delete the answers of a removed attempt before the new attempt produces answers, or cancel the deletion."""
    lane = host_order(attempt.proctored_exam_id, attempt.user_id)
    if not outbox.is_waiting(lane, LEARNER_STATE.name):
        return
    outbox.flush(lane)
    if outbox.is_waiting(lane, LEARNER_STATE.name):
        log.error("learner state of a removed attempt not deleted: attempt_id=%s", attempt.pk)
        outbox.cancel(lane, LEARNER_STATE.name)
