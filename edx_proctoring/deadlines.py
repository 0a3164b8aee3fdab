"""Due dates of exams and deadlines of attempts. This module only reads.

Functions that compare with the current time take `now`: the caller reads the clock once per decision and passes it on.
"""

import datetime
import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.db.models import F, QuerySet, Subquery
from django.db.models.functions import Coalesce

from edx_proctoring import conf, extensions, host, timing
from edx_proctoring.compiled_queries import CompiledOnce
from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
    TimeAdjustment,
)
from edx_proctoring.statuses import INCOMPLETE, ProctoredExamStudentAttemptStatus
from edx_proctoring.timing import Deadline
from edx_proctoring.types import ExamFacts, User

A_MINUTE = datetime.timedelta(minutes=1)
Status = ProctoredExamStudentAttemptStatus


def due_date(
    exam: ExamFacts, user: User | int | None = None, otherwise: datetime.datetime | None = None
) -> datetime.datetime | None:
    """Return when the exam is due for this user (id or user), aware: the host's date for the user, else the exam's own.

    `otherwise`: the last known date, used if the host's service fails.
    """
    personal = host.due_date(exam["course_id"], exam["content_id"], user, otherwise)
    return personal or exam["due_date"]


def due_date_with_extra_time(
    exam: ExamFacts,
    user_id: int,
    known: Deadline | None = None,
    extra: timing.ExtraTime | None = None,
) -> tuple[datetime.datetime | None, bool]:
    """Return when the learner's attempt must end, and whether grants and pauses move that; see `ExtraTime.due`.

    `known`: the deadline so far, whose due date is used where the host does not answer. `extra`: the learner's extra time,
    if the caller has read it.
    """
    due = due_date(exam, user_id, known.due if known else None)
    # Identity, not equality: a host that fails returns `known.due` itself, which already includes the extra time.
    if known is not None and (due is None or due is known.due):
        return due, known.beyond_due_date
    if due is None or not extensions.with_hook("time_for"):
        return due, False  # allowances move no due date
    extra = extra or extra_time(exam, user_id)
    return extra.due(due, exam["time_limit_mins"]), extra.beyond_due_date


def is_past_due(exam: ExamFacts, user: User | int | None, now: datetime.datetime) -> bool:
    """Return whether the exam is past due. Timed exams without any due date end with the course."""
    due = due_date(exam, user)
    if due is None and not exam["is_proctored"] and not exam["is_practice_exam"]:
        due = host.course_end(exam["course_id"])
    return due is not None and timing.has_passed(due, now)


def allowed_minutes(
    exam: ExamFacts,
    user_id: int,
    newest: ProctoredExamStudentAttempt | None,
    now: datetime.datetime,
) -> int:
    """Return the learner's minutes: the time left by an interrupted attempt, else the allotment; limited by the due date."""
    remaining = seconds_kept(newest) if newest else None
    extra = timing.NO_EXTRA_TIME
    if remaining is None:
        extra = extra_time(exam, user_id)
    granted = 0
    if newest is not None and newest.started_at is None:
        granted = sum(row.seconds for row in granted_before_start(exam["id"], user_id))
    return timing.allowed_minutes(
        exam["time_limit_mins"],
        extra=extra,
        remaining_seconds=remaining,
        granted_seconds=granted,
        due=due_date_with_extra_time(exam, user_id)[0],
        now=now,
    )


def extra_time(exam: ExamFacts, user_id: int) -> timing.ExtraTime:
    """Return the extra time that allowances and extensions grant the learner in the exam."""
    granted = ProctoredExamStudentAllowance.get_extra_time(exam["id"], user_id)
    return granted.over(extensions.time_for(exam, user_id))


def allotment_seconds(exam: ExamFacts, user_id: int) -> int:
    """Return the seconds of an attempt by the current limit, allowances and extensions."""
    return extra_time(exam, user_id).allotment(exam["time_limit_mins"]) * 60


@dataclass(frozen=True)
class Rest:
    """The remaining time that an interrupted attempt passes on to the one that resumes it."""

    seconds: int
    allotment: int  # the seconds of the whole exam, from the largest allotment so far


def seconds_kept(attempt: ProctoredExamStudentAttempt) -> int | None:
    """Return the seconds that an interrupted attempt passes on to its successor; None if there are none.

    A running attempt keeps its own time.
    """
    kept = attempt.time_remaining_seconds
    if kept is None or (attempt.started_at is not None and attempt.status in INCOMPLETE):
        return kept
    rest = rest_of(attempt)
    return rest.seconds if rest else None


def rest_of(attempt: ProctoredExamStudentAttempt) -> Rest | None:
    """Return the remaining time of an attempt, or the one it takes over: the column's, and what was granted since.

    The latter is the new allotment minus the last one of the interrupted attempt. If a due date had shortened the
    column's seconds, they are added again, because the current due date decides.
    """
    kept = attempt.time_remaining_seconds
    if kept is None:
        return None
    exam = exam_fields(attempt.proctored_exam)
    pair = ProctoredExamStudentAttempt.objects.of_pair(exam["id"], attempt.user_id)
    last = pair.begun().order_by("-pk").first()
    if last is None:
        return Rest(kept, allotment_seconds(exam, attempt.user_id))
    rows = ledger(last)
    known = last_allotment(rows)
    if known is None:
        return _rest_of_older_version(attempt, kept, last)
    # Allowances that were removed meanwhile take no time away.
    new = max(allotment_seconds(exam, attempt.user_id), known.seconds)
    seconds = kept + _cut_off(last, rows) + new - known.seconds
    return Rest(min(seconds, timing.LONGEST_SECONDS), new)


def _cut_off(attempt: ProctoredExamStudentAttempt, rows: Iterable[TimeAdjustment]) -> int:
    """Return the seconds by which the due date shortened the remaining time of an interrupted attempt."""
    end = from_ledger(attempt, [row for row in rows if not row.is_in_rest])
    if end is None:
        return 0
    # If the due date passed during a pause, the remaining time begins at the end of the pause.
    pauses = [row.ended_at for row in rows if row.kind in TimeAdjustment.STOPS and row.ended_at]
    until = max([end.ends_at, *pauses])
    return max(math.ceil(timing.seconds_until(replace(end, due=None).ends_at, until)), 0)


def _rest_of_older_version(
    attempt: ProctoredExamStudentAttempt, kept: int, last: ProctoredExamStudentAttempt
) -> Rest:
    """For an attempt started by a version without a ledger: the archive of allowances shows what was granted by then."""
    assert last.started_at is not None  # it has begun
    now, then = allotments_now_and_then(attempt.proctored_exam, attempt.user_id, last.started_at)
    seconds = kept + max(now - then, 0)
    return Rest(min(seconds, timing.LONGEST_SECONDS), max(now, then))


def allotments_now_and_then(
    exam: ProctoredExam, user_id: int, moment: datetime.datetime
) -> tuple[int, int]:
    """Return the allotment by the current allowances, and by those at that moment, both with the current limit."""
    now, then = ProctoredExamStudentAllowance.get_extra_time_now_and_then(exam.pk, user_id, moment)
    limit = exam.time_limit_mins
    return now.allotment(limit) * 60, then.allotment(limit) * 60


def last_allotment(rows: Iterable[TimeAdjustment]) -> TimeAdjustment | None:
    """Return the newest allotment; None if an older version has started the attempt."""
    found = None
    for row in rows:
        if row.kind == TimeAdjustment.ALLOTMENT:
            found = row
    return found


def at_start(attempt: ProctoredExamStudentAttempt, now: datetime.datetime) -> Deadline:
    """Return the deadline of an attempt that starts now, including time granted before the start.

    A resumed attempt has already used a part of its allotment. The due date limits both.
    """
    exam = exam_fields(attempt.proctored_exam)
    rest = rest_of(attempt)
    allotment = rest.allotment if rest else allotment_seconds(exam, attempt.user_id)
    granted = granted_before_start(exam["id"], attempt.user_id, attempt.pk)
    adjusted = sum(row.seconds for row in granted)
    used = rest.seconds - allotment if rest else 0
    due, is_beyond = due_date_with_extra_time(exam, attempt.user_id)
    return Deadline(
        now, allotment, adjusted + used, due, beyond_due_date=is_beyond, corrections=used
    )


def granted_before_start(
    exam_id: int, user_id: int, attempt_id: int | None = None
) -> list[TimeAdjustment]:
    """Return grants to the pair's attempts that have not started: the current one, and those interrupted before it.

    `attempt_id` is the current one, by default the newest. The remaining time of the last started one includes what was
    granted before. One query.
    """
    if attempt_id is not None:
        return _GRANTED(exam_id, user_id, attempt_id)
    return list(_granted(exam_id, user_id))


def _granted(
    exam_id: int, user_id: int, attempt_id: int | None = None
) -> "QuerySet[TimeAdjustment]":
    pair = ProctoredExamStudentAttempt.objects.of_pair(exam_id, user_id)
    if attempt_id is not None:
        pair = pair.filter(pk__lte=attempt_id)
    started = pair.begun().exclude(pk=attempt_id) if attempt_id is not None else pair.begun()
    last = Coalesce(Subquery(started.order_by("-pk").values("pk")[:1]), 0)
    waiting = pair.annotate(last_started=last).filter(pk__gt=F("last_started"))
    rows = TimeAdjustment.objects.filter(attempt_id__in=waiting.order_by().values("pk"))
    return rows.exclude(kind=TimeAdjustment.ALLOTMENT).order_by("id")


_GRANTED = CompiledOnce(_granted, int, int, int)
_LEDGER = CompiledOnce(lambda attempt_id: TimeAdjustment.objects.of_attempts([attempt_id]), int)


def ledgers(attempts: Iterable[ProctoredExamStudentAttempt]) -> dict[int, list[TimeAdjustment]]:
    """Return the ledger rows of each attempt that has any, by attempt id; one query."""
    found: dict[int, list[TimeAdjustment]] = defaultdict(list)
    for row in TimeAdjustment.objects.of_attempts(attempt.pk for attempt in attempts):
        found[row.attempt_id].append(row)
    return found


def ledger(attempt: ProctoredExamStudentAttempt) -> list[TimeAdjustment]:
    """Return the ledger rows of one attempt; no query before its start."""
    if attempt.started_at is None:
        return []
    return _LEDGER(attempt.pk)


def read(attempt: ProctoredExamStudentAttempt) -> Deadline | None:
    """Return the exact deadline and whether the attempt is paused; None before its start. One query."""
    return from_ledger(attempt, ledger(attempt))


def from_ledger(
    attempt: ProctoredExamStudentAttempt, rows: Iterable[TimeAdjustment]
) -> Deadline | None:
    """Do the same from rows already read. Attempts started by older versions have no allotment, so their columns are
    used.
    """
    end = expires_at(attempt)
    if attempt.started_at is None or end is None:
        return None
    allotment: TimeAdjustment | None = None
    adjusted, corrections, paused_since, pause_ends, is_adjusted = 0, 0, None, None, False
    for row in rows:
        if row.kind == TimeAdjustment.ALLOTMENT:
            # The first allotment is the start; only later ones are changes.
            is_adjusted = is_adjusted or allotment is not None
            allotment = row
        elif row.is_open:
            # Until it ends, the row holds the longest duration of the break, so its seconds must not be added yet.
            paused_since, pause_ends = row.began_at, row.ends_by_itself_at
        else:
            adjusted += row.seconds
            if row.kind == TimeAdjustment.CORRECTION:
                # Corrections divide the time of a resumed attempt; the learner gains nothing by them.
                corrections += row.seconds
            else:
                is_adjusted = True
    if allotment is None:
        seconds = int(timing.seconds_until(end, attempt.started_at))
        return Deadline(attempt.started_at, seconds)
    return Deadline(
        attempt.started_at,
        allotment.seconds,
        adjusted,
        allotment.ended_at,
        paused_since,
        is_adjusted,
        pause_ends,
        allotment.reason == TimeAdjustment.BEYOND_DUE_DATE,
        corrections,
    )


def gains(attempt: ProctoredExamStudentAttempt, rows: Iterable[TimeAdjustment]) -> dict[int, int]:
    """Return the seconds by which each row of the ledger moved the deadline, limited by the due date, by the row's id.

    The rows up to the first allotment define the deadline and do not move it.
    """
    moved: dict[int, int] = {}
    so_far: list[TimeAdjustment] = []
    before: Deadline | None = None
    for row in rows:
        so_far.append(row)
        if before is None and row.kind != TimeAdjustment.ALLOTMENT:
            continue
        after = from_ledger(attempt, so_far)
        if before is not None and after is not None:
            moved[row.pk] = round(timing.seconds_until(after.ends_at, before.ends_at))
        before = after
    return moved


def exam_fields(exam: ProctoredExam) -> ExamFacts:
    """Return the columns of an exam used by the functions above, also from its published dictionary."""
    return {
        "id": exam.pk,
        "course_id": exam.course_id,
        "content_id": exam.content_id,
        "time_limit_mins": exam.time_limit_mins,
        "due_date": exam.due_date,
        "is_proctored": exam.is_proctored,
        "is_practice_exam": exam.is_practice_exam,
    }


def expires_at(attempt: ProctoredExamStudentAttempt) -> datetime.datetime | None:
    """Return the deadline of a started attempt; None before its start. For old rows without a limit it is computed now."""
    allowed = attempt.allowed_time_limit_mins
    if attempt.started_at is not None and allowed is None:
        facts = exam_fields(attempt.proctored_exam)
        allowed = allowed_minutes(facts, attempt.user_id, attempt, now=attempt.started_at)
    return timing.expires_at(attempt.started_at, allowed, attempt.time_remaining_seconds)


def may_be_overdue(attempt: ProctoredExamStudentAttempt, now: datetime.datetime) -> bool:
    """Return whether the ledger needs to be read. The columns are at most 59 seconds late."""
    if attempt.status not in INCOMPLETE:
        return False
    allowed = attempt.allowed_time_limit_mins
    end = (
        timing.expires_at(attempt.started_at, allowed)
        if allowed is not None
        else expires_at(attempt)
    )
    return end is not None and now + A_MINUTE > end


def overdue(
    attempts: Iterable[ProctoredExamStudentAttempt], now: datetime.datetime
) -> list[ProctoredExamStudentAttempt]:
    """Return the attempts whose time is over, to the second; at most one query."""
    near = [attempt for attempt in attempts if may_be_overdue(attempt, now)]
    books = ledgers(near) if near else {}
    ends = [(attempt, from_ledger(attempt, books.get(attempt.pk, ()))) for attempt in near]
    return [attempt for attempt, end in ends if end is not None and end.is_over(now)]


def is_overdue(attempt: ProctoredExamStudentAttempt, now: datetime.datetime) -> bool:
    """Return whether a running attempt is overdue according to its columns, which are at most 59 seconds late."""
    if attempt.started_at is None or attempt.status not in INCOMPLETE:
        return False
    expires = expires_at(attempt)
    return expires is not None and now > expires


def seconds_left(attempt: ProctoredExamStudentAttempt, now: datetime.datetime) -> float:
    """Return the seconds until the deadline; 0 after it, or before the start."""
    deadline = read(attempt)
    return deadline.seconds_left(now) if deadline else 0


def as_seen(
    attempt: ProctoredExamStudentAttempt, now: datetime.datetime
) -> ProctoredExamStudentAttempt:
    """Return the attempt as a read would leave it, with an overdue one shown as ended. Stores nothing.

    For lists, which neither lock rows nor call services per row; old rows without a limit stay unchanged.
    """
    if attempt.allowed_time_limit_mins is not None and is_overdue(attempt, now):
        return as_ended(attempt)
    return attempt


def as_ended(
    attempt: ProctoredExamStudentAttempt, completed_at: datetime.datetime | None = None
) -> ProctoredExamStudentAttempt:
    """Return an overdue attempt as it would be after it is ended. Stores nothing."""
    kept = conf.proctoring.ALLOW_TIMED_OUT_STATE
    completed_at = completed_at or expires_at(attempt)
    attempt.status = Status.timed_out if kept else Status.submitted
    attempt.completed_at = completed_at
    attempt.is_resumable = False
    return attempt
