"""When exams are due and attempts end. Reads only.

Every function that compares with the present takes `now`: whoever decides reads the clock once and passes it on.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import F, Max, Subquery
from django.db.models.functions import Coalesce

from edx_proctoring import conf, extensions, host, timing
from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
    TimeAdjustment,
)
from edx_proctoring.statuses import INCOMPLETE, ProctoredExamStudentAttemptStatus
from edx_proctoring.timing import Deadline

A_MINUTE = datetime.timedelta(minutes=1)
Status = ProctoredExamStudentAttemptStatus


def due_date(
    exam: Mapping[str, Any], user: Any = None, otherwise: datetime.datetime | None = None
) -> datetime.datetime | None:
    """When the exam is due for this user (id or user), aware; the exam's own date unless the host has another.

    `otherwise`: what was known before, for when the host does not answer.
    """
    personal = host.due_date(exam["course_id"], exam["content_id"], user, otherwise)
    return personal or exam["due_date"]


def is_past_due(exam: Mapping[str, Any], user: Any, now: datetime.datetime) -> bool:
    """Is it too late? Timed exams without any due date end with the course."""
    due = due_date(exam, user)
    if due is None and not exam["is_proctored"] and not exam["is_practice_exam"]:
        due = host.course_end(exam["course_id"])
    return due is not None and timing.has_passed(due, now)


def allowed_minutes(
    exam: Mapping[str, Any],
    user_id: int,
    newest: ProctoredExamStudentAttempt | None,
    now: datetime.datetime,
) -> int:
    """How many minutes the learner may take: what a broken-off attempt left, else the allotment; cut to the due date."""
    remaining = seconds_kept(newest) if newest else None
    extra = timing.NO_EXTRA_TIME
    if remaining is None:
        extra = extra_time(exam, user_id)
    return timing.allowed_minutes(
        exam["time_limit_mins"],
        extra=extra,
        remaining_seconds=remaining,
        due=due_date(exam, user_id),
        now=now,
    )


def extra_time(exam: Mapping[str, Any], user_id: int) -> timing.ExtraTime:
    """The time that allowances and extensions grant the learner in the exam."""
    granted = ProctoredExamStudentAllowance.get_extra_time(exam["id"], user_id)
    return granted.with_more(extensions.time_for(exam, user_id))


def seconds_kept(attempt: ProctoredExamStudentAttempt) -> int | None:
    """The seconds that a broken-off attempt leaves to the one that goes on, with those that were granted since it began.

    None without such a rest. A running attempt keeps what it has.
    """
    kept = attempt.time_remaining_seconds
    if kept is None or (attempt.started_at is not None and attempt.status in INCOMPLETE):
        return kept
    exam, user_id = attempt.proctored_exam, attempt.user_id
    pair = ProctoredExamStudentAttempt.objects.of_pair(exam.pk, user_id)
    began = pair.aggregate(last=Max("started_at"))["last"]
    if began is None:
        return kept
    return min(kept + seconds_granted_since(exam, user_id, began), timing.LONGEST_SECONDS)


def seconds_granted_since(exam: ProctoredExam, user_id: int, moment: datetime.datetime) -> int:
    """The seconds by which allowances grant the learner more than they did at that moment, never below 0."""
    now, then = ProctoredExamStudentAllowance.get_extra_time_now_and_then(exam.pk, user_id, moment)
    limit = exam.time_limit_mins
    return max(now.allotment(limit) - then.allotment(limit), 0) * 60


def at_start(attempt: ProctoredExamStudentAttempt, now: datetime.datetime) -> Deadline:
    """When an attempt ends that starts now, with what was granted before its start.

    A resumed one may take the seconds that are left, but not longer than its due date.
    """
    exam = exam_fields(attempt.proctored_exam)
    rest = seconds_kept(attempt)
    extra = timing.NO_EXTRA_TIME if rest is not None else extra_time(exam, attempt.user_id)
    return Deadline.of(
        exam["time_limit_mins"],
        extra,
        [row.seconds for row in granted_before_start(attempt)],
        due_date(exam, attempt.user_id),
        now,
        rest,
    )


def granted_before_start(attempt: ProctoredExamStudentAttempt) -> list[TimeAdjustment]:
    """Grants to the attempt, and to earlier ones of the pair that broke off before they started; one query.

    Only those since the pair's last start count: the rest of that one holds what was granted before.
    """
    pair = ProctoredExamStudentAttempt.objects.of_pair(attempt.proctored_exam_id, attempt.user_id)
    started = pair.filter(started_at__isnull=False, pk__lt=attempt.pk)
    last = Coalesce(Subquery(started.order_by("-pk").values("pk")[:1]), 0)
    waiting = pair.filter(pk__lte=attempt.pk).annotate(last_started=last)
    rows = TimeAdjustment.objects.filter(
        attempt_id__in=waiting.filter(pk__gt=F("last_started")).order_by().values("pk")
    )
    return list(rows.exclude(kind=TimeAdjustment.ALLOTMENT).order_by("id"))


def ledgers(attempts: Iterable[ProctoredExamStudentAttempt]) -> dict[int, list[TimeAdjustment]]:
    """The rows of each attempt that has any, by its id; one query."""
    found: dict[int, list[TimeAdjustment]] = defaultdict(list)
    for row in TimeAdjustment.objects.of_attempts(attempt.pk for attempt in attempts):
        found[row.attempt_id].append(row)
    return found


def ledger(attempt: ProctoredExamStudentAttempt) -> list[TimeAdjustment]:
    """The rows of one attempt; no query before its start."""
    if attempt.started_at is None:
        return []
    return list(TimeAdjustment.objects.of_attempts([attempt.pk]))


def read(attempt: ProctoredExamStudentAttempt) -> Deadline | None:
    """When the attempt ends, to the second, and whether its clock stands still; None before its start. One query."""
    return from_ledger(attempt, ledger(attempt))


def from_ledger(
    attempt: ProctoredExamStudentAttempt, rows: Iterable[TimeAdjustment]
) -> Deadline | None:
    """The same from rows that were read. Attempts that older versions have started have no allotment: their columns count."""
    end = expires_at(attempt)
    if attempt.started_at is None or end is None:
        return None
    allotment: TimeAdjustment | None = None
    adjusted, paused_since, is_adjusted = 0, None, False
    for row in rows:
        if row.kind == TimeAdjustment.ALLOTMENT:
            is_adjusted = is_adjusted or allotment is not None
            allotment = row
        elif row.is_open:
            paused_since = row.began_at
        else:
            adjusted += row.seconds
            is_adjusted = is_adjusted or row.kind != TimeAdjustment.CORRECTION
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
    )


def exam_fields(exam: ProctoredExam) -> dict[str, Any]:
    """The columns of an exam as the functions above take them, also from its published dictionary."""
    names = ("id", "course_id", "content_id", "time_limit_mins", "due_date")
    flags = ("is_proctored", "is_practice_exam")
    return {name: getattr(exam, name) for name in (*names, *flags)}


def expires_at(attempt: ProctoredExamStudentAttempt) -> datetime.datetime | None:
    """When a started attempt is over; None before its start. Old rows without a limit get today's calculation."""
    allowed = attempt.allowed_time_limit_mins
    if attempt.started_at is not None and allowed is None:
        facts = exam_fields(attempt.proctored_exam)
        allowed = allowed_minutes(facts, attempt.user_id, attempt, now=attempt.started_at)
    return timing.expires_at(attempt.started_at, allowed, attempt.time_remaining_seconds)


def may_be_overdue(attempt: ProctoredExamStudentAttempt, now: datetime.datetime) -> bool:
    """Is it worth reading the ledger? The columns are at most 59 seconds late."""
    return is_overdue(attempt, now + A_MINUTE)


def overdue(
    attempts: Iterable[ProctoredExamStudentAttempt], now: datetime.datetime
) -> list[ProctoredExamStudentAttempt]:
    """Those of them whose time is over, to the second; one query, where one is needed."""
    near = [attempt for attempt in attempts if may_be_overdue(attempt, now)]
    books = ledgers(near) if near else {}
    ends = [(attempt, from_ledger(attempt, books.get(attempt.pk, ()))) for attempt in near]
    return [attempt for attempt, end in ends if end is not None and end.is_over(now)]


def is_overdue(attempt: ProctoredExamStudentAttempt, now: datetime.datetime) -> bool:
    """Started, not ended, and its time is over, as far as the columns tell: at most 59 seconds late."""
    if attempt.started_at is None or attempt.status not in INCOMPLETE:
        return False
    expires = expires_at(attempt)
    return expires is not None and now > expires


def seconds_left(attempt: ProctoredExamStudentAttempt, now: datetime.datetime) -> float:
    """Seconds until the attempt is over; 0 when it is, or before its start."""
    deadline = read(attempt)
    return deadline.seconds_left(now) if deadline else 0


def as_seen(
    attempt: ProctoredExamStudentAttempt, now: datetime.datetime
) -> ProctoredExamStudentAttempt:
    """The attempt as reading it alone would leave it: one whose time is over shows as ended. Stores nothing.

    For lists, which neither lock nor ask anything per row; old rows without a limit stay as they are.
    """
    if attempt.allowed_time_limit_mins is not None and is_overdue(attempt, now):
        return as_ended(attempt)
    return attempt


def as_ended(
    attempt: ProctoredExamStudentAttempt, completed_at: datetime.datetime | None = None
) -> ProctoredExamStudentAttempt:
    """An overdue attempt as its end would leave it. Stores nothing."""
    kept = conf.proctoring.ALLOW_TIMED_OUT_STATE
    completed_at = completed_at or expires_at(attempt)
    attempt.status = Status.timed_out if kept else Status.submitted
    attempt.completed_at = completed_at
    attempt.is_resumable = False
    return attempt
