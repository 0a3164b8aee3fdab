"""Show what a profile would change, before it is stored."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.utils import timezone

from edx_proctoring import deadlines
from edx_proctoring.api.providers.time_limits import limit_of
from edx_proctoring.contrib.accommodations.effective import extra_time_of, narrowest, profiles_of
from edx_proctoring.contrib.accommodations.models import Profile
from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
    TimeAdjustment,
)
from edx_proctoring.statuses import IN_PROGRESS
from edx_proctoring.timing import NO_EXTRA_TIME, Deadline, ExtraTime, seconds_until

Attempt = ProctoredExamStudentAttempt


@dataclass(frozen=True)
class PreviewRow:
    """One exam of the learner. Minutes are those of the whole exam; the ends are those of a running attempt.

    `cut_by` is "due_date" if that takes some of the time away. `is_counted_twice`: minutes are granted for this exam in
    addition to a factor. `provider_limit` names the provider of a running attempt that gets longer, if that ends sessions
    itself and does not hear of more time.
    """

    exam_id: int
    exam_name: str
    course_id: str
    minutes_before: int
    minutes_after: int
    ends_before: datetime.datetime | None = None
    ends_after: datetime.datetime | None = None
    cut_by: str | None = None
    is_counted_twice: bool = False
    provider_limit: str = ""


def preview_of(profile: Profile, course_id: str) -> list[PreviewRow]:
    """Return what changes for the learner if this profile is stored as it is.

    Covers the active exams of the course, and other exams of the scope that the learner is taking. Five queries, and a
    call of the host for each exam.
    """
    running = {
        attempt.proctored_exam_id: attempt
        for attempt in Attempt.objects.active().filter(user_id=profile.user_id).with_parts()
        if profile.covers(attempt.proctored_exam.course_id)
    }
    here = ProctoredExam.objects.in_course(course_id).filter(is_active=True)
    exams = {exam.pk: exam for exam in here.order_by("pk")}
    exams.update({exam_id: one.proctored_exam for exam_id, one in running.items()})
    books = deadlines.ledgers(running.values())
    pairs = [(exam_id, profile.user_id) for exam_id in exams]
    allowances = ProctoredExamStudentAllowance.get_extra_times(pairs)
    known = profiles_of([profile.user_id]).get(profile.user_id, [])
    now = timezone.now()
    rows = []
    for exam_id, exam in exams.items():
        own = allowances.get((exam_id, profile.user_id), NO_EXTRA_TIME)
        before, after = (own.over(one) for one in _times(profile, known, exam.course_id, now))
        row = PreviewRow(
            exam_id,
            exam.exam_name,
            exam.course_id,
            before.allotment(exam.time_limit_mins),
            after.allotment(exam.time_limit_mins),
            is_counted_twice=own.minutes > 0 and after.factor != 1,
        )
        attempt = running.get(exam_id)
        if attempt is None:
            rows.append(_of_a_later_start(row, exam, profile.user_id, after, now))
        else:
            rows.append(_of_running(row, attempt, books.get(attempt.pk, []), after, now))
    return rows


def _times(
    profile: Profile, known: list[Profile], course_id: str, now: datetime.datetime
) -> tuple[ExtraTime, ExtraTime]:
    others = [one for one in known if one.pk != profile.pk]
    same_scope = [one for one in others if one.scope_digest != profile.scope_digest]
    before = extra_time_of(narrowest(known, course_id, now))
    return before, extra_time_of(narrowest([*same_scope, profile], course_id, now))


def _of_a_later_start(
    row: PreviewRow, exam: ProctoredExam, user_id: int, after: ExtraTime, now: datetime.datetime
) -> PreviewRow:
    due = deadlines.due_date(deadlines.exam_fields(exam), user_id)
    if due is None:
        return row
    left = seconds_until(after.due(due, exam.time_limit_mins), now)
    return replace(row, cut_by="due_date") if 0 < left < row.minutes_after * 60 else row


def _of_running(
    row: PreviewRow,
    attempt: Attempt,
    book: Iterable[TimeAdjustment],
    after: ExtraTime,
    now: datetime.datetime,
) -> PreviewRow:
    book = list(book)
    deadline = deadlines.from_ledger(attempt, book)
    if deadline is None or attempt.status not in IN_PROGRESS:
        return row
    deadline = deadline.at(now)
    if deadlines.last_allotment(book) is None:  # an older version has started it
        return replace(row, ends_before=deadline.ends_at)
    new = _followed(attempt, deadline, after, row.minutes_after * 60)
    is_cut = replace(new, due=None).ends_at > new.ends_at
    return replace(
        row,
        ends_before=deadline.ends_at,
        ends_after=max(new.ends_at, deadline.ends_at),
        provider_limit=limit_of(attempt) if new.ends_at > deadline.ends_at else "",
        cut_by="due_date" if is_cut else None,
    )


def _followed(attempt: Attempt, before: Deadline, after: ExtraTime, seconds: int) -> Deadline:
    """Return the deadline as a recalculation would leave it."""
    exam = deadlines.exam_fields(attempt.proctored_exam)
    due, is_beyond = deadlines.due_date_with_extra_time(exam, attempt.user_id, before, after)
    allotment = max(before.allotment, seconds)
    return replace(before, allotment=allotment, due=due, beyond_due_date=is_beyond)
