"""Change the time of many attempts, each under its own learner's lock; one that refuses does not stop the others."""

import datetime
import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass

from edx_proctoring import conf, outbox
from edx_proctoring.effects import messages
from edx_proctoring.exceptions import ProctoredBaseException, TimeChangeNotAllowed
from edx_proctoring.lifecycle.ledger import TimeChange
from edx_proctoring.lifecycle.rows import CONTINUED_IN_BULK, Attempt
from edx_proctoring.lifecycle.time_changes import continue_, extend, pause
from edx_proctoring.models import BulkTimeChange, OutboxMessage, TimeAdjustment
from edx_proctoring.models.attempts import AttemptQuerySet

log = logging.getLogger(__name__)

BATCH = 100


@dataclass(frozen=True)
class BulkResult:
    """The result for one attempt: the change, or the error."""

    attempt: Attempt
    change: TimeChange | None = None
    error: ProctoredBaseException | None = None
    ends_at: datetime.datetime | None = None


def attempts_of(bulk: BulkTimeChange, after: int = 0) -> AttemptQuerySet:
    """Return the attempts that a change concerns, by id: those named, also if they have ended, or all that run.

    `after`: only those with a higher id.
    """
    if bulk.undoes_id is not None:
        prefix = BulkTimeChange.key_prefix(bulk.undoes_id)
        keys = TimeAdjustment.objects.filter(key__startswith=prefix)
        found = Attempt.objects.filter(pk__in=keys.values("attempt_id"))
    else:
        found = Attempt.objects.in_course(bulk.course_id)
        if bulk.attempt_ids is not None:
            found = found.filter(pk__in=[one for one in bulk.attempt_ids if one > after])
        else:
            found = found.active().filter(proctored_exam_id=bulk.exam_id)
    return (found.filter(pk__gt=after) if after else found).with_parts().order_by("pk")


def apply(bulk: BulkTimeChange, attempts: Iterable[Attempt]) -> list[BulkResult]:
    """Change these attempts, and note those that refuse. Repeating it changes no attempt once more."""
    found = [_apply_one(bulk, attempt) for attempt in attempts]
    for one in found:
        bulk.failed.pop(str(one.attempt.pk), None)  # a repetition may succeed
    bulk.failed.update(
        {str(one.attempt.pk): type(one.error).__name__ for one in found if one.error}
    )
    bulk.done += len(found)
    bulk.save(update_fields=["failed", "done"])
    return found


def _apply_one(bulk: BulkTimeChange, attempt: Attempt) -> BulkResult:
    try:
        change = _change(bulk, attempt)
        return BulkResult(attempt, change, ends_at=change.ends_at)
    except ProctoredBaseException as error:
        return BulkResult(attempt, error=error)
    except Exception:
        # Each attempt has a transaction of its own, so the others keep their time.
        log.exception("time not changed, attempt_id=%s", attempt.pk)
        return BulkResult(
            attempt, error=ProctoredBaseException("An unexpected error, see the log.")
        )


def _change(bulk: BulkTimeChange, attempt: Attempt) -> TimeChange:
    key, by, reason = bulk.key(attempt.pk), bulk.by, bulk.reason
    if bulk.undoes is not None:
        return _undo(bulk, bulk.undoes, attempt)
    if bulk.action == BulkTimeChange.EXTEND:
        return extend(attempt, bulk.seconds, reason=reason, by=by, key=key)
    if attempt.started_at is None:
        raise TimeChangeNotAllowed(f"Attempt {attempt.pk} has not started.")
    if bulk.action == BulkTimeChange.PAUSE:
        return pause(attempt, reason=reason, by=by, key=key)
    # The ledger has no row for the end of a pause, so a repetition must not end one that staff have begun since.
    return continue_(attempt, by=by, begun_by=bulk.created, noted=CONTINUED_IN_BULK)


def _undo(bulk: BulkTimeChange, former: BulkTimeChange, attempt: Attempt) -> TimeChange:
    """Reverse the row of the former change: the opposite seconds, or the end of the pause that it began."""
    key = former.key(attempt.pk)
    if former.action == BulkTimeChange.PAUSE:
        return continue_(attempt, by=bulk.by, key=key, noted=CONTINUED_IN_BULK)
    row = TimeAdjustment.objects.get(key=key)
    if not row.seconds:
        return TimeChange(attempt, row, changed=False)
    mine = bulk.key(attempt.pk)
    return extend(attempt, -row.seconds, reason=bulk.reason, by=bulk.by, key=mine)


def deliver(message: OutboxMessage) -> None:
    """Change the rest in batches; after half of the lease, leave what remains to the next try."""
    payload = message.payload.copy()
    bulk = BulkTimeChange.objects.select_related("by", "undoes").get(pk=payload["bulk_id"])
    until = time.monotonic() + conf.proctoring.OUTBOX_LEASE_SECONDS / 2
    bulk.done = payload["done"]  # without a batch that was changed when a worker died
    while batch := list(attempts_of(bulk, payload["after"])[:BATCH]):
        apply(bulk, batch)
        payload.update({"after": batch[-1].pk, "done": bulk.done})
        outbox.note_progress(message, payload)
        if time.monotonic() > until:
            raise outbox.NotNow(f"{bulk.done} of {bulk.total} changed")
    bulk.total = bulk.done  # attempts may have begun or ended meanwhile
    bulk.save(update_fields=["total"])


HANDLERS = {messages.BULK_TIME_CHANGE: deliver}
