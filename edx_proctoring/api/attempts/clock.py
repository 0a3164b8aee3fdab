"""Time granted, paused and recalculated, for other Django code: no question is asked about who wants it."""

import datetime
from dataclasses import dataclass
from typing import Any

from edx_proctoring import deadlines, lifecycle
from edx_proctoring.api.lookup import attempt_by_id
from edx_proctoring.models import TimeAdjustment


@dataclass(frozen=True)
class TimeChangeResult:
    """The result of a change of an attempt's time.

    `changed` is false when a repeated call did nothing more; `seconds` are those of its row in the ledger; `ends_at` is
    the attempt's deadline now, None before its start.
    """

    attempt_id: int
    changed: bool
    seconds: int
    ends_at: datetime.datetime | None


def extend_attempt(
    attempt_id: int, seconds: int, *, reason: str = "", by: Any = None, key: str = ""
) -> TimeChangeResult:
    """Give an attempt that has not ended more time, or less: negative seconds need a reason.

    The due date cuts. Time is taken only from an attempt that runs, and 60 seconds from now stay. An attempt that has not
    started gets the time when it starts, and its learner a mail. `by` is the user who grants it, for the ledger; the same
    `key` (up to 190 characters) twice changes nothing.
    Raises StudentExamAttemptDoesNotExistsException, TimeChangeNotAllowed.
    """
    attempt = attempt_by_id(attempt_id)
    return _result(lifecycle.extend(attempt, seconds, reason=reason, by=by, key=key))


def pause_attempt(
    attempt_id: int, *, reason: str = "", by: Any = None, key: str = ""
) -> TimeChangeResult:
    """Stop the clock of a started attempt until `continue_attempt`. The learner sees a pause, not the questions.

    Pausing a paused attempt changes nothing. `reason` is shown to the learner.
    Raises StudentExamAttemptDoesNotExistsException, TimeChangeNotAllowed.
    """
    return _result(lifecycle.pause(attempt_by_id(attempt_id), reason=reason, by=by, key=key))


def continue_attempt(attempt_id: int, *, by: Any = None, key: str = "") -> TimeChangeResult:
    """Have a paused attempt's clock run again; its deadline moves by the length of the pause, cut to the due date.

    `key`: end only the pause of this key. An attempt that is not paused stays as it is.
    StudentExamAttemptDoesNotExistsException.
    """
    return _result(lifecycle.continue_(attempt_by_id(attempt_id), by=by, key=key))


def is_attempt_paused(attempt_id: int) -> bool:
    """Does the attempt's clock stand still?"""
    return TimeAdjustment.objects.of_attempts([attempt_id]).open_pauses().exists()


def _result(change: lifecycle.TimeChange) -> TimeChangeResult:
    deadline = deadlines.read(change.attempt)
    row = change.adjustment
    return TimeChangeResult(
        attempt_id=change.attempt.pk,
        changed=change.changed,
        seconds=row.seconds if row else 0,
        ends_at=deadline.ends_at if deadline else None,
    )
