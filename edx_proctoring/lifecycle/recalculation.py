"""Recompute running attempts after changes of limits, allowances and due dates; deadlines never get earlier.

Every such change stores a message. The first attempts are recalculated right after its commit in the same process, the
rest by the worker in batches; the message records the progress. Each attempt is decided again under its learner's lock,
so a batch may be repeated. Learners lose no time until then, because an attempt is recalculated before it ends.
"""

import datetime
import logging
import time
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from edx_proctoring import conf, deadlines, extensions, host_dates, outbox, timing
from edx_proctoring.effects import messages
from edx_proctoring.exceptions import (
    ExtraTimeUnavailable,
    StudentExamAttemptDoesNotExistsException,
)
from edx_proctoring.lifecycle.ledger import (
    Ledger,
    TimeChange,
    cut_to_due_date,
    read,
    read_locked,
    store,
)
from edx_proctoring.lifecycle.locking import locked
from edx_proctoring.lifecycle.rows import Attempt
from edx_proctoring.models import OutboxMessage, ProctoredExamStudentAllowance, TimeAdjustment
from edx_proctoring.models.attempts import AttemptQuerySet
from edx_proctoring.statuses import IN_PROGRESS
from edx_proctoring.timing import Deadline, ExtraTime
from edx_proctoring.types import MessagePayload

log = logging.getLogger(__name__)

FEW = 20  # attempts recalculated in the request that made the change
BATCH = 200


def recalculate(attempt: Attempt) -> TimeChange:
    """Recompute a running attempt's deadline from the limit, the allowances and the due date; it never gets shorter.

    Raises StudentExamAttemptDoesNotExistsException.
    """

    def follow() -> TimeChange:
        ledger = read(attempt)
        if ledger.attempt.status not in IN_PROGRESS or ledger.deadline is None:
            return TimeChange(ledger.attempt, None, changed=False)
        _, gained = _follow(ledger, ledger.deadline)
        return TimeChange(ledger.attempt, None, changed=gained > 0, gained=gained)

    return locked(attempt.user_id, follow)


def _lengthened(attempt: Attempt, before: Deadline, extra: ExtraTime) -> Deadline:
    """Return the deadline under this extra time and the current due date, unless they would shorten the attempt.

    The larger allotment is kept even if the due date limits both, because the due date may change later.
    """
    allotment = extra.allotment(attempt.proctored_exam.time_limit_mins) * 60
    longest = replace(before, allotment=max(before.allotment, allotment))
    return cut_to_due_date(attempt, longest, before, extra)


def _follow(ledger: Ledger, before: Deadline) -> tuple[Deadline, int]:
    """Store and return the new deadline and the seconds by which it moved, unless the attempt is over anyway."""
    attempt = ledger.attempt
    exam = deadlines.exam_fields(attempt.proctored_exam)
    after = _lengthened(attempt, before, deadlines.extra_time(exam, attempt.user_id))
    if after == before or after.is_over(ledger.now):
        return before, 0
    return after, store(ledger, after, None, reason="recalculated", by=None)


def before_it_ends(
    attempt: Attempt,
    deadline: Deadline,
    now: datetime.datetime,
    found: Sequence[TimeAdjustment] | None = None,
) -> Deadline:
    """Recompute the deadline of an attempt that is about to end, because a recalculation may be pending in the outbox.

    The caller holds the learner's lock, and may have read the rows of the ledger under it.
    """
    ledger = read_locked(attempt, now, found)
    if attempt.status not in IN_PROGRESS or ledger.deadline is None or not ledger.has_allotment:
        return deadline  # started by an older version: its columns are used
    host_dates.read_again(attempt.proctored_exam.course_id, attempt.user_id)
    try:
        return _follow(ledger, ledger.deadline)[0]
    except ExtraTimeUnavailable:
        return deadline  # a failing extension must not keep a learner from submitting


def extra_times(
    attempts: Iterable[Attempt],
) -> dict[int, ExtraTime | None]:
    """Return the extra time of these attempts together, by attempt id; None where an extension fails.

    One query, and those of the extensions.
    """
    attempts = list(attempts)
    pairs = [(one.proctored_exam_id, one.user_id) for one in attempts]
    granted = ProctoredExamStudentAllowance.get_extra_times(pairs)
    exams = [(deadlines.exam_fields(one.proctored_exam), one.user_id) for one in attempts]
    extras = extensions.times_for(exams)
    return {
        one.pk: None if more is None else granted.get(pair, timing.NO_EXTRA_TIME).over(more)
        for one, pair, more in zip(attempts, pairs, extras, strict=True)
    }


def outdated(attempts: Iterable[Attempt], *, with_older: bool = False) -> list[Attempt]:
    """Return those running attempts whose deadline a recalculation may change.

    Runs two queries for all of them together, calls extensions for all together, and the host once per learner.
    `with_older` includes attempts started by older versions of the app, which follow only changes that are made now;
    those with grants from before their start are always included. An attempt for which an extension fails is included, too; raises ExtraTimeUnavailable if there are many of them.
    """
    attempts = list(attempts)
    books = deadlines.ledgers(attempts)
    extras = extra_times(attempts)
    found, unavailable = [], 0
    for attempt in attempts:
        rows = books.get(attempt.pk, [])
        if deadlines.last_allotment(rows) is None:
            found += [attempt] if with_older or rows else []
            continue
        before = deadlines.from_ledger(attempt, rows)
        extra = extras[attempt.pk]
        if extra is None:
            unavailable += 1
            if unavailable > FEW:
                raise ExtraTimeUnavailable  # the extension fails for everybody
            found.append(attempt)  # its recalculation fails alone
            continue
        if before is not None and _lengthened(attempt, before, extra) != before:
            found.append(attempt)
    return found


def follow_changes(
    exam_ids: Collection[int],
    user_ids: Collection[int] | None = None,
    *,
    dates_changed: bool = False,
) -> int:
    """Recalculate the running attempts of these exams (of these users, or of all) after the commit; return their number.

    `dates_changed`: the host has changed due dates. Runs one query, and one more statement if any attempt is running.
    """
    running: Any = Attempt.objects.active().filter(proctored_exam_id__in=exam_ids)
    if user_ids is not None:
        running = running.filter(user_id__in=user_ids)
    learners: dict[int, list[int]] = defaultdict(list)
    for exam_id, user_id in running.order_by("pk").values_list("proctored_exam_id", "user_id"):
        learners[exam_id].append(user_id)
    change = uuid.uuid4().hex
    outbox.put(
        *(
            messages.recalculation(
                change,
                exam_id,
                len(found),
                None if user_ids is None else sorted(set(found)),
                dates_changed=dates_changed,
            )
            for exam_id, found in learners.items()
        )
    )
    return sum(map(len, learners.values()))


def deliver(message: OutboxMessage) -> None:
    """Recalculate in batches; after half of the lease time, leave the others to the next try."""
    payload: MessagePayload = message.payload.copy()
    is_inline = message.inline_until is not None
    until = time.monotonic() + conf.proctoring.OUTBOX_LEASE_SECONDS / 2
    running = _running(payload)
    follow_all = partial(_follow_all, dates_changed=payload.get("dates_changed", False))
    failed = follow_all(running.filter(pk__in=payload["failed"]))
    while batch := list(running.filter(pk__gt=payload["after"])[: FEW if is_inline else BATCH]):
        failed += follow_all(batch)
        done = payload["done"] + len(batch)
        payload.update({"after": batch[-1].pk, "done": done, "failed": failed})
        if len(batch) < (FEW if is_inline else BATCH):
            break
        outbox.note_progress(message, payload)
        if is_inline or time.monotonic() > until:
            raise outbox.NotNow(f"{done} of {payload['total']} recalculated")
    log.info("exam %s: %s attempts recalculated", payload["exam_id"], payload["done"])
    if failed:
        outbox.note_progress(message, payload)
        raise RuntimeError(f"attempts not recalculated: {failed}")


def _running(payload: MessagePayload) -> AttemptQuerySet:
    """Return the attempts concerned, as they are now."""
    running = Attempt.objects.active().filter(proctored_exam_id=payload["exam_id"])
    if payload["user_ids"] is not None:
        running = running.filter(user_id__in=payload["user_ids"])
    return running.with_parts().order_by("pk")


def _follow_all(attempts: Iterable[Attempt], *, dates_changed: bool = False) -> list[int]:
    """Recalculate those attempts that need it, each under its learner's lock; return the ids of those that failed."""
    attempts, failed = list(attempts), []
    if dates_changed:
        for attempt in attempts:
            host_dates.read_again(attempt.proctored_exam.course_id, attempt.user_id)
    for attempt in outdated(attempts, with_older=True):
        try:
            recalculate(attempt)
        except StudentExamAttemptDoesNotExistsException:
            log.info("removed before it was recalculated, attempt_id=%s", attempt.pk)
        except Exception:
            log.exception("not recalculated, attempt_id=%s", attempt.pk)
            failed.append(attempt.pk)
    return failed


HANDLERS = {messages.RECALCULATION: deliver}
