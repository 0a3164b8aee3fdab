"""One attempt of a course for its staff: its time, its review, earlier attempts, and its timeline."""

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edx_proctoring import backends, extensions, host, links
from edx_proctoring.api.attempts.own_attempts import is_at, is_continuation
from edx_proctoring.api.attempts.pages import shown_attempt
from edx_proctoring.api.attempts.time_changes import AttemptClock, clocks_of
from edx_proctoring.api.lookup import as_id
from edx_proctoring.api.providers.dashboards import attempt_path
from edx_proctoring.models import (
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamStudentAttempt,
    TimeAdjustment,
    exactly,
)
from edx_proctoring.statuses import IN_PROGRESS, PRE_STARTED, ProctoredExamStudentAttemptStatus
from edx_proctoring.types import User

if TYPE_CHECKING:
    from edx_proctoring.models.attempts import PastAttempt

Attempt = ProctoredExamStudentAttempt
Status = ProctoredExamStudentAttemptStatus
NEWEST = 200  # entries of each source, comments, and earlier attempts

CREATED, STATUS, CHANGED, REVIEW, EXTENSION = "created", "status", "changed", "review", "extension"
CONTINUED = "continue"
NOTED = ("allowed_time_limit_mins", "time_remaining_seconds", "is_resumable", "ready_to_resume", "resumed")  # fmt: skip


@dataclass(frozen=True)
class ColumnChange:
    """A column of an attempt that changed along with, or without, its status."""

    field: str
    before: int | bool | None
    after: int | bool | None


@dataclass(frozen=True)
class TimelineRow:
    """One entry of the timeline.

    `by` is a username, or empty. `reason` is a code of the history (`edx_proctoring.lifecycle`), for changes of time
    and actions the text that staff wrote. `text` holds the sentence of an extension.
    """

    at: datetime.datetime
    kind: str
    by: str = ""
    before: str = ""
    after: str = ""
    reason: str = ""
    seconds: int | None = None
    changes: Sequence[ColumnChange] = ()
    text: str = ""
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class ReviewSummary:
    """The review of an attempt, with its first comments."""

    id: int
    review_status: str
    reviewed_by: str
    created: datetime.datetime
    modified: datetime.datetime
    comments: Sequence[ProctoredExamSoftwareSecureComment]
    comment_count: int


@dataclass(frozen=True)
class ProviderSummary:
    """The provider of a proctored exam; `attempt_url` leads to the attempt in its dashboard, or is None."""

    name: str
    attempt_url: str | None


@dataclass(frozen=True)
class AttemptDetails:
    """An attempt as its learner would see it now, with all the data for staff."""

    attempt: Attempt
    is_newest: bool
    clock: AttemptClock | None  # None unless it has started and not ended
    earlier: Sequence[Attempt]
    review: ReviewSummary | None
    timeline: Sequence[TimelineRow] = ()
    actions: Sequence[str] = field(default=())
    provider: ProviderSummary | None = None  # None for timed exams, and if it is not known
    enrollment_mode: str = ""  # empty if the host does not tell
    progress_url: str | None = None  # None if the host has no such page


def get_attempt_details(course_id: object, attempt_id: int) -> AttemptDetails | None:
    """Return the attempt with its timeline, or None if the course has no such attempt. Changes nothing.

    At most seven queries, and those of extensions; asks the host for the learner's enrollment, and no provider.
    """
    number = as_id(attempt_id)
    rows = Attempt.objects.in_course(course_id).with_parts()
    known = rows.filter(pk=number).first() if number is not None else None
    if known is None:
        return None
    clock = clocks_of([known]).get(known.pk)
    rows = Attempt.objects.of_pair(known.proctored_exam_id, known.user_id)
    pair = list(rows.with_parts().newest_first()[: NEWEST + 1])
    is_newest = bool(pair) and pair[0].pk == known.pk
    earlier = [shown_attempt(one) for one in pair if one.pk != known.pk] if is_newest else []
    review = _review(known)
    timeline = _timeline(known, review)
    shown = shown_attempt(known, clock)
    is_paused = clock is not None and clock.pause is not None
    actions = list(possible_actions(shown, is_newest=is_newest, is_paused=is_paused))
    return AttemptDetails(
        attempt=shown,
        is_newest=is_newest,
        clock=clock,
        earlier=earlier,
        review=review,
        timeline=timeline,
        actions=actions,
        provider=_provider(known),
        enrollment_mode=host.tracks(course_id, [known.user_id]).get(known.user_id, ""),
        progress_url=links.progress_path(course_id, known.user_id),
    )


def _provider(attempt: Attempt) -> ProviderSummary | None:
    provider = backends.find_provider(attempt.proctored_exam)
    if provider is None:
        return None
    return ProviderSummary(str(provider.verbose_name), attempt_path(attempt))


def possible_actions(attempt: Attempt, *, is_newest: bool, is_paused: bool) -> Iterator[str]:
    """Name the actions that the attempt's status allows; a concurrent change may still make them impossible."""
    if is_newest:
        yield "reset"
        if attempt.is_resumable and not attempt.proctored_exam.is_practice_exam:
            yield "resume"
    if attempt.status in IN_PROGRESS:
        yield "end"
    if attempt.status in PRE_STARTED | IN_PROGRESS:
        yield "extend"
    if is_paused:
        yield "continue"
    elif attempt.status == Status.started:
        yield "pause"


def _review(attempt: Attempt) -> ReviewSummary | None:
    if not attempt.attempt_code:
        return None
    rows = ProctoredExamSoftwareSecureReview.objects.filter(
        exactly(attempt_code=attempt.attempt_code)
    )
    review = rows.select_related("reviewed_by").first()
    if review is None:
        return None
    comments = list(
        review.proctoredexamsoftwaresecurecomment_set.order_by("start_time", "id")[:NEWEST]
    )
    return ReviewSummary(
        id=review.pk,
        review_status=review.review_status,
        reviewed_by=review.reviewed_by.get_username() if review.reviewed_by else "",
        created=review.created,
        modified=review.modified,
        comments=comments,
        comment_count=len(comments),
    )


def _timeline(attempt: Attempt, review: ReviewSummary | None) -> list[TimelineRow]:
    """Merge history, ledger, review and the entries of extensions by time, oldest first."""
    ledger = TimeAdjustment.objects.of_attempts([attempt.pk]).select_related("by")
    history = Attempt.history.filter(id=attempt.pk).select_related("history_user")
    past: list[PastAttempt] = [*reversed(history.order_by("-history_id")[:NEWEST])]
    rows = [*_status_changes(past), *_time_changes(ledger, past)]
    if review is not None:
        rows.append(
            TimelineRow(review.modified, REVIEW, review.reviewed_by, after=review.review_status)
        )
    rows += [
        TimelineRow(one.at, EXTENSION, one.who, text=str(one.text), notes=[*map(str, one.notes)])
        for one in extensions.timeline(attempt)
    ]
    # Sorting keeps the order of rows with the same time, and each source is in order.
    return sorted(rows, key=lambda row: row.at)


def _status_changes(past: Iterable["PastAttempt"]) -> Iterator[TimelineRow]:
    before = None
    for row in past:
        changes = _column_changes(before, row)
        former = before.status if before else ""
        if changes or former != row.status:
            yield TimelineRow(
                at=row.history_date,
                kind=_kind_of(row.history_type, former, row.status),
                by=_name(row.history_user),
                before=former,
                after=row.status,
                reason=row.history_change_reason or "",
                changes=changes,
            )
        before = row


def _kind_of(history_type: str, before: str, after: str) -> str:
    if history_type == "+":
        return CREATED
    return CHANGED if before == after else STATUS


def _column_changes(before: "Attempt | None", after: "Attempt") -> list[ColumnChange]:
    if before is None:
        return []
    return [
        ColumnChange(name, getattr(before, name), getattr(after, name))
        for name in NOTED
        if getattr(before, name) != getattr(after, name)
    ]


def _time_changes(
    ledger: Iterable[TimeAdjustment], past: Sequence["PastAttempt"]
) -> Iterator[TimelineRow]:
    """Return grants and pauses; allotments are left out, because every attempt has them."""
    for row in [one for one in ledger if one.kind != TimeAdjustment.ALLOTMENT][-NEWEST:]:
        by = _name(row.by)
        if row.kind not in TimeAdjustment.STOPS:
            yield TimelineRow(row.created, row.kind, by, reason=row.reason, seconds=row.seconds)
            continue
        began_at = row.began_at or row.created
        yield TimelineRow(began_at, row.kind, by, reason=row.reason)
        if row.ended_at is not None:
            by = _continued_by(row.ended_at, past)
            yield TimelineRow(row.ended_at, CONTINUED, by, seconds=row.seconds)


def _continued_by(at: datetime.datetime, past: Iterable["PastAttempt"]) -> str:
    """Return who let the attempt continue at this moment: the ledger only knows who stopped its clock."""
    for row in past:
        if is_at(at, row.history_date) and is_continuation(row.history_change_reason):
            return _name(row.history_user)
    return ""


def _name(user: User | None) -> str:
    return user.get_username() if user else ""


def get_removal(course_id: object, attempt_id: int) -> tuple[str, datetime.datetime] | None:
    """Return who (a username, or empty) removed the attempt of the course, and when; None if it was not removed."""
    number = as_id(attempt_id)
    if number is None:
        return None
    rows = Attempt.history.filter(id=number, history_type="-")
    rows = rows.filter(exactly(proctored_exam__course_id=str(course_id)))
    row = rows.select_related("history_user").order_by("-history_id").first()
    if row is None:
        return None
    return _name(row.history_user), row.history_date
