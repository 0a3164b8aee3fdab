"""Breaks that learners start themselves, within the budget of their profile."""

import datetime
import math
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from edx_proctoring import dates, lifecycle
from edx_proctoring.api.lookup import attempt_by_id
from edx_proctoring.api.student_view.context import ExamContext
from edx_proctoring.contrib.accommodations.effective import profile_for
from edx_proctoring.contrib.accommodations.models import Profile
from edx_proctoring.exceptions import (
    StudentExamAttemptDoesNotExistsException,
    TimeChangeNotAllowed,
)
from edx_proctoring.lifecycle import TimeChange
from edx_proctoring.limits import LARGEST_INTEGER
from edx_proctoring.models import ProctoredExamStudentAttempt, TimeAdjustment
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus
from edx_proctoring.types import JSONObject, User

Attempt = ProctoredExamStudentAttempt
BREAK = TimeAdjustment.BREAK
SCREEN = "proctoring_accommodations/break.html"
BEGIN, END = "proctoring_accommodations.begin_break", "proctoring_accommodations.end_break"


@dataclass(frozen=True)
class Budget:
    """A learner's breaks in one exam: how many are left, the seconds of all that are left, and of the next one."""

    count: int = 0
    seconds: int = 0
    longest: int = 0


def budget_of(attempt: Attempt) -> Budget | None:
    """Return what is left of the budget; None if the profile grants no breaks. At most two queries.

    An attempt that resumes another shares its budget.
    """
    profile = _profile_with_breaks(attempt)
    return None if profile is None else _left(profile, _taken(attempt))


def _profile_with_breaks(attempt: Attempt) -> Profile | None:
    profile = profile_for(attempt.proctored_exam.course_id, attempt.user_id)
    return profile if profile is not None and profile.break_count else None


def _taken(attempt: Attempt) -> list[TimeAdjustment]:
    """Return the breaks of the attempt and of those that it resumes, the newest first."""
    same = Attempt.objects.of_pair(attempt.proctored_exam_id, attempt.user_id)
    same = same.filter(Q(pk=attempt.pk) | Q(resumed=True))
    taken = TimeAdjustment.objects.filter(attempt_id__in=same.order_by().values("pk"), kind=BREAK)
    return list(taken.order_by("-pk"))


def _left(profile: Profile, taken: Sequence[TimeAdjustment]) -> Budget:
    count = max(profile.break_count - len(taken), 0)
    used = sum(row.seconds for row in taken)  # of an open one its longest duration
    seconds = max(profile.break_total_minutes * 60 - used, 0)
    return Budget(count, seconds, min(profile.break_minutes * 60, seconds) if count else 0)


def is_own_attempt(attempt_id: int, user: User, course_id: str) -> bool:
    """Return whether there is such an attempt of this user in the course."""
    if attempt_id > LARGEST_INTEGER:
        return False
    own = Attempt.objects.filter(pk=attempt_id, user_id=user.pk)
    return list(own.values_list("proctored_exam__course_id", flat=True)) == [course_id]


def begin_break(attempt_id: int, user: User, key: str) -> TimeChange:
    """Stop the clock of the learner's own running attempt for at most the next break of the budget.

    Does nothing if the clock is already stopped, or if `key` was used before. Raises TimeChangeNotAllowed without a
    break left, and StudentExamAttemptDoesNotExistsException also for attempts of others.
    """
    attempt = _own(attempt_id, user)

    def begin() -> TimeChange:
        budget = budget_of(attempt)
        # Without a budget the pause is refused, unless there is nothing to do.
        longest = budget.longest if budget else 0
        return lifecycle.pause(attempt, kind=BREAK, longest=longest, by=user, key=key)

    return lifecycle.locked(attempt.user_id, begin)


def end_break(attempt_id: int, user: User) -> TimeChange:
    """End the learner's own break; does nothing if it has ended.

    Raises TimeChangeNotAllowed during a pause by staff, and StudentExamAttemptDoesNotExistsException also for attempts of
    others.
    """
    attempt = _own(attempt_id, user)

    def end() -> TimeChange:
        row = TimeAdjustment.objects.of_attempts([attempt.pk]).open_pauses().first()
        if row is not None and row.kind != BREAK:
            raise TimeChangeNotAllowed("Staff have paused the exam.")
        return lifecycle.continue_(attempt, by=user, key=row.key if row else "")

    return lifecycle.locked(attempt.user_id, end)


def _own(attempt_id: int, user: User) -> Attempt:
    attempt = attempt_by_id(attempt_id)
    if attempt.user_id != user.pk:
        raise StudentExamAttemptDoesNotExistsException(f"There is no attempt {attempt_id}.")
    return attempt


def poll_data(attempt: Attempt) -> JSONObject:
    """Return `breaks`: what the page needs for the button; nothing if the attempt has none.

    One query, and one more for learners with breaks.
    """
    if attempt.status != ProctoredExamStudentAttemptStatus.started:
        return {}
    profile = _profile_with_breaks(attempt)
    if profile is None:
        return {}
    taken = _taken(attempt)
    budget = _left(profile, taken)
    ends_in = _seconds_of_break(attempt, taken)
    breaks: JSONObject = {
        "left": budget.count,
        "seconds_left": budget.seconds,
        "longest": budget.longest,
        "ends_in": ends_in,
        **_addresses(attempt),
    }
    return {"breaks": breaks}


def _addresses(attempt: Attempt) -> dict[str, str]:
    place = {"course_id": attempt.proctored_exam.course_id, "attempt_id": attempt.pk}
    return {
        "begin_url": reverse(f"edx_proctoring:{BEGIN}", kwargs=place),
        "end_url": reverse(f"edx_proctoring:{END}", kwargs=place),
    }


def _seconds_of_break(attempt: Attempt, taken: Sequence[TimeAdjustment]) -> int:
    """Return the seconds that are left of an open break, or 0.

    Stores the end of one that has used up its time, so that the provider is notified soon.
    """
    now = timezone.now()
    row = next((row for row in taken if row.is_open and row.attempt_id == attempt.pk), None)
    if row is None or row.ends_by_itself_at is None:
        return 0
    if not row.stops_clock(now):
        lifecycle.renew_pause(attempt)
        return 0
    return _seconds_until(row.ends_by_itself_at, now)


def _seconds_until(end: datetime.datetime, now: datetime.datetime) -> int:
    return math.ceil((end - now).total_seconds())


def screen_for(learner: ExamContext) -> str | None:
    """Return the screen of a break instead of that of a pause."""
    row = learner.pause
    if row is None or row.kind != BREAK or learner.attempt is None:
        return None
    end = row.ends_by_itself_at
    left = _seconds_until(end, learner.now) if end else 0
    ends_at = dates.in_words(end, dates.zone_named(None)) if end else None
    learner.context.update(_addresses(learner.attempt), break_ends_at=ends_at, break_seconds=left)
    return SCREEN
