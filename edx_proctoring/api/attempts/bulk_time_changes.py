"""Change the time of many attempts at once, with a preview and an undo. These functions do not check permissions."""

import datetime
from collections.abc import Collection, Sequence

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from edx_proctoring import lifecycle, outbox
from edx_proctoring.api.attempts import previews
from edx_proctoring.api.attempts.previews import PlannedChange
from edx_proctoring.effects import messages
from edx_proctoring.exceptions import TimeChangeNotAllowed
from edx_proctoring.lifecycle.time_changes import MAX_SECONDS
from edx_proctoring.models import BulkTimeChange, ProctoredExam
from edx_proctoring.types import User

AT_ONCE = 500  # attempts that are changed in the request
BulkResult = lifecycle.BulkResult
LONGEST_REQUEST = datetime.timedelta(minutes=2)  # one that has taken longer has died


def new_bulk_time_change(
    course_id: str,
    action: str,
    *,
    exam_id: int | None = None,
    attempt_ids: Collection[int] | None = None,
    seconds: int = 0,
    reason: str = "",
    by: User | None = None,
) -> BulkTimeChange:
    """Return an unsaved change of these attempts of the course, or of all running ones in the exam.

    `action` is extend, pause or continue. Raises TimeChangeNotAllowed.
    """
    if action not in BulkTimeChange.ACTIONS:
        raise TimeChangeNotAllowed("There is no such action.")
    if (exam_id is None) is (attempt_ids is None):
        raise TimeChangeNotAllowed("Name either an exam or attempts.")
    if exam_id is not None and not ProctoredExam.objects.in_course(course_id).filter(pk=exam_id):
        raise TimeChangeNotAllowed("There is no such exam in this course.")
    if (action == BulkTimeChange.EXTEND) is not bool(seconds):
        raise TimeChangeNotAllowed("Only extend takes seconds, and it needs some.")
    if abs(seconds) > MAX_SECONDS:
        raise TimeChangeNotAllowed(f"{seconds} is not a valid number of seconds.")
    return BulkTimeChange(
        course_id=course_id,
        action=action,
        exam_id=exam_id,
        attempt_ids=None if attempt_ids is None else sorted(set(attempt_ids)),
        seconds=seconds,
        reason=reason,
        by=by,
    )


def preview_bulk_time_change(bulk: BulkTimeChange) -> tuple[list[PlannedChange], int]:
    """Return a row for each of the first 500 attempts, and how many there are; three queries, whatever their number."""
    found = lifecycle.attempts_of(bulk)
    attempts = list(found[: AT_ONCE + 1])
    total = len(attempts) if len(attempts) <= AT_ONCE else found.count()
    return _planned(bulk, attempts[:AT_ONCE]), total


def _planned(bulk: BulkTimeChange, attempts: Sequence[lifecycle.Attempt]) -> list[PlannedChange]:
    if bulk.action == BulkTimeChange.EXTEND:
        return previews.plan_extensions(attempts, bulk.seconds)
    continues = bulk.action == BulkTimeChange.CONTINUE
    return previews.plan_pauses(attempts, continues=continues)


def run_bulk_time_change(bulk: BulkTimeChange) -> list[BulkResult] | None:
    """Store the change and execute it; return a result for each attempt, or None above 500, which the worker executes."""
    with transaction.atomic():
        attempts = list(lifecycle.attempts_of(bulk)[: AT_ONCE + 1])
        bulk.total = len(attempts)
        if len(attempts) > AT_ONCE:
            bulk.total = lifecycle.attempts_of(bulk).count()
        bulk.save()
        if len(attempts) > AT_ONCE:
            # In the same transaction, so that no change is stored that nobody executes.
            outbox.put(messages.bulk_time_change(bulk.pk))
            return None
    return lifecycle.apply_bulk(bulk, attempts)


def undo_bulk_time_change(
    bulk: BulkTimeChange, *, by: User | None = None
) -> tuple[BulkTimeChange, list[BulkResult] | None]:
    """Reverse a change within ten minutes: granted time, or pauses that are still open. Attempts that have ended refuse.

    Returns the reversal and its results, as `run_bulk_time_change` does. Raises TimeChangeNotAllowed.
    """
    until = bulk.may_be_undone_until
    if until is None:
        raise TimeChangeNotAllowed("Only grants and pauses can be undone.")
    if timezone.now() > until:
        raise TimeChangeNotAllowed("It is too late to undo this.")
    is_made_by_worker = bulk.total > AT_ONCE
    is_recent = timezone.now() - bulk.created < LONGEST_REQUEST
    if bulk.done < bulk.total and (is_made_by_worker or is_recent):
        raise TimeChangeNotAllowed("The change is still being made.")
    reversal = BulkTimeChange(
        course_id=bulk.course_id,
        action=BulkTimeChange.UNDO,
        undoes=bulk,
        by=by,
        reason=f"undone: {bulk.reason}"[:1000],
    )
    try:
        return reversal, run_bulk_time_change(reversal)
    except IntegrityError as error:
        raise TimeChangeNotAllowed("This was undone already.") from error


def bulk_time_changes_of(course_id: str) -> QuerySet[BulkTimeChange]:
    """Return the changes in the course, newest first."""
    return BulkTimeChange.objects.filter(course_id=course_id).order_by("-pk")
