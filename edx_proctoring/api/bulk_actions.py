"""Actions on more attempts or allowances than one request changes: the worker executes them and records its progress.

These functions do not check permissions.
"""

import datetime
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from edx_proctoring import conf, outbox
from edx_proctoring.api.allowances import course
from edx_proctoring.api.attempts import actions
from edx_proctoring.api.bulk import error_of
from edx_proctoring.effects import messages
from edx_proctoring.exceptions import ProctoredBaseException, UnexpectedFailure
from edx_proctoring.models import BulkAction as BulkAction  # the views' import path
from edx_proctoring.models import (
    OutboxMessage,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
)
from edx_proctoring.types import JSONObject, User

MOST_ROWS = 10_000
SHARE_OF_LEASE = 0.5  # after which the worker leaves what remains to the next try
COPY, DELETE = "copy", "delete"  # the actions on allowances; those on attempts are in `actions`


@dataclass(frozen=True)
class FailedRow:
    """A row for which the action failed. `error` is the name of the exception's class; names are None if the row is gone."""

    row_id: int
    error: str
    username: str | None = None
    exam_name: str | None = None


def forget(before: datetime.datetime) -> int:
    """Delete actions begun before this time; return how many. The history of attempts and allowances keeps their effects."""
    return BulkAction.objects.filter(created__lt=before).delete()[0]


def start_bulk_action(
    course_id: object,
    resource: str,
    action: str,
    row_ids: Sequence[int],
    *,
    by: User,
    options: JSONObject | None = None,
) -> BulkAction:
    """Store the action on these attempts or allowances (at most MOST_ROWS) of the course, for the worker.

    `options` are the arguments of `act_on_attempts` (`reason`, `keep_at_provider`), or `exam_id` for COPY.
    """
    assert len(row_ids) <= MOST_ROWS
    bulk = BulkAction(
        course_id=str(course_id),
        resource=resource,
        action=action,
        options=options or {},
        row_ids=list(row_ids),
        by=by,
    )
    # In one transaction, so that no action is stored that nobody executes.
    with transaction.atomic():
        bulk.save()
        outbox.put(messages.bulk_action(bulk.pk))
    return bulk


def bulk_actions_of(course_id: object, resource: str) -> QuerySet[BulkAction]:
    """Return the actions in the course, newest first."""
    return BulkAction.objects.filter(course_id=str(course_id), resource=resource).order_by("-pk")


def failed_rows(bulk: BulkAction, most: int) -> list[FailedRow]:
    """Return the first `most` rows that failed, in the order in which they were tried; one query."""
    ids = [row_id for row_id in bulk.row_ids if str(row_id) in bulk.failed][:most]
    rows: QuerySet[Any] = {
        BulkAction.ATTEMPTS: ProctoredExamStudentAttempt.objects.all(),
        BulkAction.ALLOWANCES: ProctoredExamStudentAllowance.objects.all(),
    }[bulk.resource]
    names = ("pk", "user__username", "proctored_exam__exam_name")
    known = {pk: found for pk, *found in rows.filter(pk__in=ids).values_list(*names)}
    return [
        FailedRow(row_id, bulk.failed[str(row_id)], *known.get(row_id, (None, None)))
        for row_id in ids
    ]


def deliver(message: OutboxMessage) -> None:
    """Execute the action row by row; after a share of the lease, leave what remains to the next try.

    The progress is stored after each row. If the process dies between a row and its progress, that row is tried again,
    and may then count as failed, because what was asked for is already done.
    """
    payload = message.payload.copy()
    bulk = BulkAction.objects.select_related("by").get(pk=payload["bulk_id"])
    until = time.monotonic() + conf.proctoring.OUTBOX_LEASE_SECONDS * SHARE_OF_LEASE
    for number, row_id in enumerate(bulk.row_ids[payload["done"] :], payload["done"] + 1):
        if error := _error_for(bulk, row_id):
            bulk.failed[str(row_id)] = type(error).__name__
        bulk.done = number
        bulk.save(update_fields=["failed", "done"] if error else ["done"])
        payload["done"] = number
        outbox.note_progress(message, payload)
        if number < bulk.total and time.monotonic() > until:
            raise outbox.NotNow(f"{number} of {bulk.total} tried")


def _error_for(bulk: BulkAction, row_id: int) -> ProctoredBaseException | None:
    """Execute the action on one row, and return its error."""
    if bulk.by is None:
        return UnexpectedFailure("The user who asked for this has been deleted.")
    by, errors = bulk.by, list[ProctoredBaseException | None]()

    def act() -> None:
        errors.extend(one.error for one in _act(bulk, [row_id], by))

    failure = error_of(act, f"bulk_action_id={bulk.pk} {bulk.resource} id={row_id}")
    return failure or errors[0]


def _act(
    bulk: BulkAction, ids: Sequence[int], by: User
) -> Sequence[actions.ActionResult | course.AllowanceResult]:
    if bulk.resource == BulkAction.ATTEMPTS:
        return actions.act_on_attempts(bulk.course_id, ids, bulk.action, by=by, **bulk.options)
    if bulk.action == COPY:
        return course.copy_allowances(bulk.course_id, ids, bulk.options["exam_id"])
    return course.remove_allowances(bulk.course_id, ids)


HANDLERS = {messages.BULK_ACTION: deliver}
