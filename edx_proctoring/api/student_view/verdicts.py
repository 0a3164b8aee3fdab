"""The text of the screens about a review: when its result is due, when it came, and, if released, its comments."""

import datetime
from typing import NamedTuple

from edx_proctoring import conf, dates, timing
from edx_proctoring.dates import Moment
from edx_proctoring.models import (
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamStudentAttempt,
)

MOST_REASONS = 20


class Reason(NamedTuple):
    """A reviewer's comment, and how far into the recording it points, in words."""

    text: str
    time: str


def result_by(attempt: ProctoredExamStudentAttempt, zone: datetime.tzinfo) -> Moment | None:
    """Return the day by which the result of a review is due; None if the host promises none."""
    day = timing.business_days_after(attempt.completed_at, conf.proctoring.RESULT_BUSINESS_DAYS)
    return dates.in_words(day, zone) if day else None


def is_late(attempt: ProctoredExamStudentAttempt, now: datetime.datetime) -> bool:
    """Return whether the whole day by which the result was promised has passed."""
    day = timing.business_days_after(attempt.completed_at, conf.proctoring.RESULT_BUSINESS_DAYS)
    return day is not None and now - day > datetime.timedelta(days=1)


def reviewed_at(attempt: ProctoredExamStudentAttempt) -> datetime.datetime | None:
    """Return when the attempt got its present status; None if its history does not tell."""
    rows = attempt.history.order_by("history_date", "history_id")
    found = None
    for status, at in rows.values_list("status", "history_date"):
        found = (found or at) if status == attempt.status else None
    return found


def review_reasons(attempt: ProctoredExamStudentAttempt) -> list[Reason]:
    """Return what the reviewers noted, in the order of the recording: what staff released, or all if the host says so."""
    review = ProctoredExamSoftwareSecureReview.get_review_by_attempt_code(
        attempt.attempt_code or ""
    )
    rows = ProctoredExamSoftwareSecureComment.objects.filter(review=review)
    if not conf.proctoring.SHOW_REVIEW_COMMENTS:
        rows = rows.exclude(release=None)
    found: dict[str, Reason] = {}  # a remark that was made several times is shown once
    for row in rows.order_by("start_time", "id") if review else ():
        text = row.comment.strip()
        if text and text not in found and len(found) < MOST_REASONS:
            found[text] = Reason(text, timing.humanized(max(0, row.start_time) / 60))
    return list(found.values())
