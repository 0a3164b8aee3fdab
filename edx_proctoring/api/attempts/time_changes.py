"""Grant, pause and recalculate time, for other Django code. These functions do not check permissions."""

import datetime
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from django.utils import timezone

from edx_proctoring import conf, deadlines, lifecycle, timing
from edx_proctoring.api.lookup import attempt_by_id
from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamStudentAttempt,
    TimeAdjustment,
    exactly,
)
from edx_proctoring.statuses import INCOMPLETE
from edx_proctoring.types import User


@dataclass(frozen=True)
class TimeChangeResult:
    """The result of a change of an attempt's time.

    `changed` is false if a repeated call had no further effect; `seconds` comes from the ledger row; `gained` are the
    seconds by which the deadline moved, fewer than granted if the due date limits them; `ends_at` is the attempt's
    current deadline (during a pause, without the time since the pause began), None before the attempt's start.
    """

    attempt_id: int
    changed: bool
    seconds: int
    ends_at: datetime.datetime | None
    gained: int = 0


@dataclass(frozen=True)
class ShownPause:
    """An open pause. `kind` is pause or break; `is_too_long`: it has lasted longer than LONGEST_PAUSE_MINUTES."""

    kind: str
    since: datetime.datetime
    message: str
    is_too_long: bool


@dataclass(frozen=True)
class AttemptClock:
    """The clock of a started attempt that has not ended: its deadline to the second, and its open pause.

    During a pause, `ends_at` does not include the time since the pause began.
    """

    ends_at: datetime.datetime
    is_over: bool
    pause: ShownPause | None = None


def clocks_of(attempts: Iterable[ProctoredExamStudentAttempt]) -> dict[int, AttemptClock]:
    """Return the clocks of those attempts that have started and not ended, by attempt id; at most one query."""
    now = timezone.now()
    running = [one for one in attempts if one.started_at and one.status in INCOMPLETE]
    books = deadlines.ledgers(running) if running else {}
    found: dict[int, AttemptClock] = {}
    for attempt in running:
        rows = books.get(attempt.pk, [])
        deadline = deadlines.from_ledger(attempt, rows)
        if deadline is not None:
            pause = next((_shown(row, now) for row in rows if row.stops_clock(now)), None)
            found[attempt.pk] = AttemptClock(deadline.at(now).ends_at, deadline.is_over(now), pause)
    return found


def _shown(row: TimeAdjustment, now: datetime.datetime) -> ShownPause:
    since = row.began_at or row.created
    longest = datetime.timedelta(minutes=int(conf.proctoring.LONGEST_PAUSE_MINUTES))
    is_too_long = row.kind == TimeAdjustment.PAUSE and now - since > longest
    return ShownPause(row.kind, since, row.reason, is_too_long)


def extend_attempt(
    attempt_id: int, seconds: int, *, reason: str = "", by: User | None = None, key: str = ""
) -> TimeChangeResult:
    """Give an attempt that has not ended more time, or less: negative seconds require a reason.

    The due date limits the total. Time is taken from a running attempt, which keeps at least 60 seconds. An attempt that
    has not started gets the time when it starts, and its learner gets an e-mail; until then it can be taken back. `by` is the user who
    grants the time, stored in the ledger; repeating the same `key` (up to 190 characters) changes nothing. Raises
    StudentExamAttemptDoesNotExistsException, TimeChangeNotAllowed.
    """
    attempt = attempt_by_id(attempt_id)
    return _result(lifecycle.extend(attempt, seconds, reason=reason, by=by, key=key))


def pause_attempt(
    attempt_id: int, *, reason: str = "", by: User | None = None, key: str = ""
) -> TimeChangeResult:
    """Stop the clock of a started attempt until `continue_attempt`. The learner sees a pause page instead of the
    questions.

    Pausing a paused attempt changes nothing. `reason` is shown to the learner.
    Raises StudentExamAttemptDoesNotExistsException, TimeChangeNotAllowed.
    """
    return _result(lifecycle.pause(attempt_by_id(attempt_id), reason=reason, by=by, key=key))


def continue_attempt(attempt_id: int, *, by: User | None = None, key: str = "") -> TimeChangeResult:
    """Restart a paused attempt's clock; its deadline moves by the length of the pause, limited by the due date.

    `key`: end the pause only if it was started with this key. An attempt that is not paused stays unchanged.
    Raises StudentExamAttemptDoesNotExistsException.
    """
    return _result(lifecycle.continue_(attempt_by_id(attempt_id), by=by, key=key))


def give_back_time(
    attempt_id: int,
    lost: Callable[[int, Sequence[TimeAdjustment]], Iterable[timing.Interval]],
    *,
    reason: str = "",
    by: User | None = None,
    key: str = "",
) -> TimeChangeResult:
    """Give an attempt back the time that ran in these intervals: without pauses, and without what outages have given back
    before. The due date still limits the total; the learner gets an e-mail. If the attempt broke off, the attempt that
    resumes it gets the time; if there is none yet, the remaining time grows.

    `lost` is called under the learner's lock, for the attempt and for each that it resumes: with its id and the rows of all
    their ledgers. It returns pairs of begin and end.
    Raises StudentExamAttemptDoesNotExistsException, TimeChangeNotAllowed.
    """
    attempt = attempt_by_id(attempt_id)
    return _result(lifecycle.give_back(attempt, lost, reason=reason, by=by, key=key))


def is_attempt_paused(attempt_id: int) -> bool:
    """Return whether the attempt is paused."""
    now = timezone.now()
    rows = TimeAdjustment.objects.of_attempts([attempt_id]).open_pauses()
    return any(row.stops_clock(now) for row in rows)


def unless_paused(attempt_id: int, change: Callable[[], object]) -> bool:
    """Call `change` unless the attempt is paused, as decided under the learner's lock; return whether it was called.

    Raises StudentExamAttemptDoesNotExistsException.
    """

    def decide() -> bool:
        if is_attempt_paused(attempt_id):
            return False
        change()
        return True

    return lifecycle.locked(attempt_by_id(attempt_id).user_id, decide)


def recalculate_deadlines(
    course_id: object, content_id: object = None, user_id: int | None = None
) -> int:
    """Recalculate running attempts whose due dates, limits or allowances have changed; return how many are running.

    Hosts that keep due dates themselves, for example in edx-when, call this after a change: for a course, one of its
    subsections, or one learner. Deadlines never get earlier. If nobody calls it, the periodic task finds the change
    within five minutes. The first attempts are recalculated immediately, the others through the outbox.
    """
    exams = ProctoredExam.objects.in_course(course_id)
    if content_id is not None:
        exams = exams.filter(exactly(content_id=str(content_id)))
    users = None if user_id is None else [user_id]
    exam_ids = list(exams.values_list("pk", flat=True))
    return lifecycle.follow_changes(exam_ids, users, dates_changed=True)


def recalculate_running(exam_ids: Collection[int], user_ids: Collection[int] | None = None) -> int:
    """Do the same for exams and users given by their ids."""
    return lifecycle.follow_changes(exam_ids, user_ids)


def _result(change: lifecycle.TimeChange) -> TimeChangeResult:
    row = change.adjustment
    return TimeChangeResult(
        attempt_id=change.attempt.pk,
        changed=change.changed,
        seconds=row.seconds if row else 0,
        ends_at=change.ends_at,
        gained=change.gained,
    )
