"""Rows of a course's attempts, allowances and onboarding for spreadsheets, read in batches."""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias, TypeVar

from django.db.models import Model, QuerySet

from edx_proctoring import backends, host
from edx_proctoring.api.allowances import course as course_allowances
from edx_proctoring.api.attempts.pages import shown_attempt
from edx_proctoring.api.attempts.time_changes import clocks_of
from edx_proctoring.api.lookup import batches
from edx_proctoring.models import (
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
    exactly_one_of,
)
from edx_proctoring.types import OnboardingRow

Attempt = ProctoredExamStudentAttempt
Cell: TypeAlias = str | int | float | bool | datetime.datetime | None
Row: TypeAlias = Sequence[Cell]
Found = TypeVar("Found", bound=Model)

BATCH = 500
# The columns of the platform's report of proctored exam results.
ATTEMPT_COLUMNS = (
    "course_id", "provider", "track", "exam_name", "username", "email", "attempt_code", "allowed_time_limit_mins",
    "is_sample_attempt", "started_at", "completed_at", "status", "review_status",
    "Suspicious Count", "Suspicious Comments", "Rules Violation Count", "Rules Violation Comments",
)  # fmt: skip
ALLOWANCE_COLUMNS = (
    "course_id", "exam_name", "username", "email", "key", "value", "additional_minutes", "created", "modified",
)  # fmt: skip
ONBOARDING_COLUMNS = ("username", "enrollment_mode", "status", "modified", "valid_until")
COUNTED = ("Suspicious", "Rules Violation")


def attempt_rows(course_id: object, attempts: "QuerySet[Attempt]") -> Iterator[Row]:
    """Return one row per attempt, in the order of the queryset, as the learners would see them now.

    The host is asked for the tracks once per batch.
    """
    for some in _in_batches(attempts):
        clocks = clocks_of(some)
        reviews = _reviews([str(one.attempt_code) for one in some if one.attempt_code])
        tracks = host.tracks(course_id, {one.user_id for one in some})
        for attempt in some:
            shown = shown_attempt(attempt, clocks.get(attempt.pk))
            yield _attempt_row(shown, tracks.get(attempt.user_id, ""), reviews)


_Reviews: TypeAlias = dict[str, tuple[str, dict[str, list[str]]]]


def _reviews(codes: Sequence[str]) -> _Reviews:
    """Return status and texts of comments by their status, by attempt code; two queries."""
    rows = ProctoredExamSoftwareSecureReview.objects.filter(exactly_one_of("attempt_code", codes))
    known = {pk: (code, status) for pk, code, status in rows.values_list("pk", "attempt_code", "review_status")}  # fmt: skip
    texts: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    comments = ProctoredExamSoftwareSecureComment.objects.filter(
        review_id__in=known, status__in=COUNTED
    )
    for pk, status, text in comments.order_by("id").values_list("review_id", "status", "comment"):
        texts[pk][status].append(text)
    return {code: (status, texts[pk]) for pk, (code, status) in known.items()}


def _attempt_row(attempt: Attempt, track: str, reviews: _Reviews) -> Row:
    exam = attempt.proctored_exam
    status, comments = reviews.get(str(attempt.attempt_code), ("", {}))
    found = [comments.get(name, []) for name in COUNTED]
    counts = [cell for texts in found for cell in (len(texts), "; ".join(texts))]
    return (
        exam.course_id,
        backends.name_of(exam) if exam.is_proctored else "",
        track,
        exam.exam_name,
        attempt.user.get_username(),
        attempt.user.email,
        attempt.attempt_code,
        attempt.allowed_time_limit_mins,
        attempt.is_sample_attempt,
        attempt.started_at,
        attempt.completed_at,
        attempt.status,
        status,
        *counts,
    )


def allowance_rows(
    course_id: object, allowances: "QuerySet[ProctoredExamStudentAllowance]"
) -> Iterator[Row]:
    """Return one row per allowance, in the order of the queryset; addresses of strangers are left out."""
    for some in _in_batches(allowances):
        known = course_allowances.known_members(course_id, some)
        for one in some:
            yield _allowance_row(one, one.user.email if one.user_id in known else "")


def _allowance_row(allowance: "ProctoredExamStudentAllowance", address: str) -> Row:
    exam = allowance.proctored_exam
    return (
        exam.course_id,
        exam.exam_name,
        allowance.user.get_username(),
        address,
        allowance.key,
        allowance.value,
        course_allowances.additional_minutes(allowance),
        allowance.created,
        allowance.modified,
    )


def onboarding_rows(rows: Iterable[OnboardingRow]) -> Iterator[Row]:
    """Return one row per learner."""
    for row in rows:
        yield tuple(row[name] for name in ONBOARDING_COLUMNS)  # type: ignore[literal-required]  # its keys


def _in_batches(rows: "QuerySet[Found]") -> Iterator[list[Found]]:
    """Read the ids in order, then the rows in batches: no cursor stays open, and the database client buffers little."""
    ids = list(rows.values_list("pk", flat=True))
    for some in batches(ids, BATCH):
        found = {one.pk: one for one in rows.order_by().filter(pk__in=some)}
        yield [found[pk] for pk in some if pk in found]  # without rows removed meanwhile
