"""The history, reviews and messages of one attempt, for support staff."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NotRequired, Protocol, TypedDict

from django.contrib.auth import get_permission_codename
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from edx_proctoring import extensions
from edx_proctoring.admin.labels import label, message_label
from edx_proctoring.late_imports import late_module
from edx_proctoring.models import (
    OutboxMessage,
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
    ProctoredExamStudentAttempt,
    exactly,
)
from edx_proctoring.types import User

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from edx_proctoring.effects import messages as kinds
else:  # imported when used: see `late_imports`
    kinds = late_module("edx_proctoring.effects.messages")

NEWEST = 200  # rows of each kind
REASONS = {
    "learner": _("the learner"),
    "staff": _("staff"),
    "staff, kept at provider": _("staff; the provider cannot remove attempts and keeps its record"),
    "provider": _("the provider"),
    "time-out": _("the time was over"),
    "sweep": _("the time was over, and no page was open"),
    "cascade": _("follows from another exam"),
    "cascade, learner": _("follows from another exam that the learner declined"),
    "onboarding": _("onboarding was completed"),
}
NOTED = {
    "external_id": _("id at the provider"),
    "allowed_time_limit_mins": _("minutes allowed"),
    "time_remaining_seconds": _("seconds left"),
    "is_resumable": _("is resumable"),
    "ready_to_resume": _("ready to resume"),
    "resumed": _("resumed"),
    "is_status_acknowledged": _("status acknowledged"),
}


class HistoricalAttempt(Protocol):
    """A history row of an attempt."""

    status: str
    history_type: str
    history_change_reason: str | None
    history_date: datetime.datetime
    history_user: User | None


class ShownReview(TypedDict):
    """A review with its comments, or a former version of one."""

    review: ProctoredExamSoftwareSecureReview | ProctoredExamSoftwareSecureReviewHistory
    comments: list[ProctoredExamSoftwareSecureComment]
    earlier: NotRequired[bool]


class ShownMessage(TypedDict):
    """A message of the outbox, and what it is in words."""

    message: OutboxMessage
    words: "StrOrPromise"


@dataclass(frozen=True)
class Step:
    """One history row."""

    at: datetime.datetime
    who: str
    before: str
    after: str
    why: "StrOrPromise"
    notes: list[str]


def steps(attempt_id: int) -> list[Step]:
    """Return the history, oldest first, with one query."""
    rows = ProctoredExamStudentAttempt.history.filter(id=attempt_id)
    newest_first = rows.select_related("history_user").order_by("-history_id")[:NEWEST]
    found, before = [], None
    for row in reversed(newest_first):
        found.append(_step(row, before))
        before = row
    return found


def _step(row: HistoricalAttempt, before: HistoricalAttempt | None) -> Step:
    removed = row.history_type == "-"
    reason = row.history_change_reason or ""
    return Step(
        at=row.history_date,
        who=row.history_user.get_username() if row.history_user else "",
        before=str(label(before.status)) if before else "",
        after=str(_("removed") if removed else label(row.status)),
        why=REASONS.get(reason, reason),
        notes=list(_notes(row, before)) if before and not removed else [],
    )


def _notes(row: HistoricalAttempt, before: HistoricalAttempt) -> Iterator[str]:
    """Return the other changes."""
    for name, title in NOTED.items():
        old, new = getattr(before, name), getattr(row, name)
        if old != new:
            yield f"{title}: {'–' if old is None else old} → {'–' if new is None else new}"


def reviews(attempt_code: str | None) -> list[ShownReview]:
    """Return the review with its comments, then earlier versions, newest first, with three queries."""
    if not attempt_code:
        return []
    found: list[ShownReview] = []
    same = exactly(attempt_code=attempt_code)
    current = ProctoredExamSoftwareSecureReview.objects.filter(same)
    for review in current.select_related("reviewed_by"):
        comments = review.proctoredexamsoftwaresecurecomment_set.order_by("start_time", "id")
        found.append({"review": review, "comments": list(comments[:NEWEST])})
    earlier = ProctoredExamSoftwareSecureReviewHistory.objects.filter(same)
    newest = earlier.select_related("reviewed_by").order_by("-id")[:NEWEST]
    former: list[ShownReview] = [
        {"review": review, "comments": [], "earlier": True} for review in newest
    ]
    return found + former


class Timeline(TypedDict):
    """Template context of the timeline; None for parts that the user may not see."""

    steps: list[Step]
    reviews: list[ShownReview] | None
    messages: list[ShownMessage] | None


def messages(attempt: ProctoredExamStudentAttempt) -> list[ShownMessage]:
    """Return the messages caused by the attempt, newest first, with one query."""
    orders = kinds.orders_of_attempt(attempt.pk, attempt.proctored_exam_id, attempt.user_id)
    found = OutboxMessage.objects.filter(lane__in=orders).order_by("-id")[:NEWEST]
    return [{"message": one, "words": message_label(one.kind)} for one in found]


def _may_view(request: HttpRequest, model: type[Model]) -> bool:
    names = [get_permission_codename(action, model._meta) for action in ("view", "change")]
    return any(request.user.has_perm(f"{model._meta.app_label}.{name}") for name in names)


def _with_extensions(found: list[Step], attempt: ProctoredExamStudentAttempt) -> list[Step]:
    """Merge the history with the entries of extensions, by time."""
    more = [
        Step(one.at, one.who, "", "", one.text, [str(note) for note in one.notes])
        for one in extensions.timeline(attempt)
    ]
    # History rows are ordered by id, because the clocks of several servers may disagree.
    return sorted([*found, *more], key=lambda step: step.at) if more else found


def of(attempt: ProctoredExamStudentAttempt, request: HttpRequest) -> Timeline:
    """Return the context for the attempt's page, limited to what the user may see anyway."""
    may_reviews = _may_view(request, ProctoredExamSoftwareSecureReview)
    may_messages = _may_view(request, OutboxMessage)
    return {
        "steps": _with_extensions(steps(attempt.pk), attempt),
        "reviews": reviews(attempt.attempt_code) if may_reviews else None,
        "messages": messages(attempt) if may_messages else None,
    }
