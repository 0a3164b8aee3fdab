"""End attempts whose time is over although no page polls them."""

import datetime
import logging
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from django.utils import timezone

from edx_proctoring import conf, deadlines, host_dates, lifecycle, outbox
from edx_proctoring.effects import messages
from edx_proctoring.exceptions import (
    ExtraTimeUnavailable,
    StudentExamAttemptDoesNotExistsException,
)
from edx_proctoring.models import ProctoredExamStudentAttempt, ScheduledRun, TimeAdjustment
from edx_proctoring.models.scheduled_runs import COMPARISON, SWEEP

log = logging.getLogger(__name__)

Attempt = ProctoredExamStudentAttempt
SWEEP_BATCH_SIZE = 500
TOGETHER = 50  # attempts whose messages are delivered together
# After this time, the messages of fewer attempts are delivered: learners' screens and courses wait for them.
TOGETHER_SECONDS = 1
COMPARE_EVERY = datetime.timedelta(minutes=5)  # the host sends no signal when a due date changes


@dataclass(frozen=True)
class Sweep:
    """The counts of a sweep: attempts looked at, ended (or to be ended in a dry run), and failed to end."""

    looked_at: int = 0
    ended: int = 0
    failed: int = 0


def submit_expired_attempts(*, limit: int | None = None, seconds: float | None = None) -> Sweep:
    """End overdue attempts that no page has polled since, at most `limit` and for at most `seconds`; return the counts."""
    done = Sweep()
    for so_far in sweep_expired_attempts(limit=limit, seconds=seconds):
        done = so_far
    return done


def sweep_expired_attempts(
    *,
    batch_size: int = SWEEP_BATCH_SIZE,
    limit: int | None = None,
    seconds: float | None = None,
    dry_run: bool = False,
) -> Iterator[Sweep]:
    """Do the same in batches; yield the counts so far after each batch. `dry_run` only counts.

    Holds one batch in memory. Each attempt is checked again under its learner's lock, so concurrent requests and other
    sweeps do no harm. A failure is logged and does not affect the other attempts.
    """
    if not dry_run:
        _look_after_pauses()
    until = None if seconds is None else timezone.now() + datetime.timedelta(seconds=seconds)
    yield from _sweep(batch_size, _Limits(limit, until), dry_run)
    if not dry_run:
        follow_changes_if_due()
        ScheduledRun.objects.note(SWEEP)


@dataclass(frozen=True)
class _Limits:
    """The limits at which a sweep stops, even if attempts are left."""

    attempts: int | None
    until: datetime.datetime | None

    def are_reached(self, done: Sweep) -> bool:
        is_late = self.until is not None and timezone.now() >= self.until
        return is_late or (self.attempts is not None and done.ended >= self.attempts)


def _sweep(batch_size: int, limits: _Limits, dry_run: bool) -> Iterator[Sweep]:
    done = Sweep()
    for page in running_attempts(batch_size):
        done = replace(done, looked_at=done.looked_at + len(page))
        overdue = deque(deadlines.overdue(page, timezone.now()))
        if overdue and not dry_run:
            lifecycle.prepare_locks(attempt.user_id for attempt in overdue)
        while overdue and not limits.are_reached(done):
            if dry_run:
                overdue.popleft()
                done = replace(done, ended=done.ended + 1)
            else:
                done = _end_some(overdue, limits, done)
        yield done
        if overdue:
            return


def _end_some(overdue: deque[Attempt], limits: _Limits, done: Sweep) -> Sweep:
    """End the first attempts and remove them from the list; due dates are read, and messages delivered, for all together.

    Each is a transaction of its own. All were overdue before their due dates are read, so a change that came in time is
    among them.
    """
    some = list(islice(overdue, TOGETHER))
    learners = [
        (
            one.proctored_exam.course_id,
            one.proctored_exam.content_id,
            one.user_id,
            one.user.username,
        )
        for one in some
    ]
    with outbox.delivered_together(), host_dates.read_together(learners):
        until = time.monotonic() + TOGETHER_SECONDS
        for count, attempt in enumerate(some):
            if limits.are_reached(done) or (count and time.monotonic() >= until):
                break
            overdue.popleft()
            done = _end(attempt, done)
    return done


def follow_changes_if_due() -> None:
    """Recalculate every five minutes, because neither changes of the host's due dates nor bulk updates notify this app."""
    last, now = ScheduledRun.objects.last_of(COMPARISON), timezone.now()
    # A time in the future was written with a wrong clock, and must not suspend the comparisons until it has passed.
    if last is not None and now - COMPARE_EVERY < last <= now:
        return
    ScheduledRun.objects.note(COMPARISON)
    for page in running_attempts():
        try:
            found = lifecycle.outdated(page)
        except ExtraTimeUnavailable:
            return  # logged by the extension's hook; the next comparison tries again
        for attempt in found:
            _recalculate(attempt)


def _recalculate(attempt: Attempt) -> None:
    try:
        lifecycle.recalculate(attempt)
    except StudentExamAttemptDoesNotExistsException:
        log.info("removed before it was recalculated, attempt_id=%s", attempt.pk)
    except Exception:
        log.exception("not recalculated, attempt_id=%s", attempt.pk)


def running_attempts(size: int = SWEEP_BATCH_SIZE) -> Iterator[list[Attempt]]:
    """Yield all running attempts ordered by id, at most `size` at a time.

    Exams are read separately: MariaDB joins few exams first, and would sort all that is left for each batch.
    """
    running, last = Attempt.objects.running().order_by("pk"), 0
    while page := list(running.filter(pk__gt=last).with_shared_parts()[:size]):
        last = page[-1].pk
        yield page


def _look_after_pauses() -> None:
    """Extend the columns of paused attempts, which cover the pause only for a limited time; one query without pauses.

    The same moments, several minutes apart, serve to remind of pauses that staff may have forgotten.
    """
    if not TimeAdjustment.objects.open_pauses().exists():
        return
    _close_left_open()
    for row in list(TimeAdjustment.objects.open_pauses().select_related("attempt")):
        try:
            if lifecycle.renew_pause(row.attempt):
                _warn_if_too_long(row)
        except StudentExamAttemptDoesNotExistsException:
            log.info("paused attempt no longer exists, attempt_id=%s", row.attempt_id)
        except Exception:
            log.exception("pause not renewed, attempt_id=%s", row.attempt_id)


def _warn_if_too_long(row: TimeAdjustment) -> None:
    minutes = int(conf.proctoring.LONGEST_PAUSE_MINUTES)
    lasted = timezone.now() - (row.began_at or row.created)
    if row.kind == TimeAdjustment.PAUSE and lasted > datetime.timedelta(minutes=minutes):
        text = "paused for more than LONGEST_PAUSE_MINUTES (%s); only staff end it, attempt_id=%s"
        log.warning(text, minutes, row.attempt_id)
        outbox.put(messages.pause_email(row.pk, row.attempt_id, row.user_id))


def _close_left_open() -> None:
    """End pauses that nobody can end any more: of removed attempts, and of those that 6.1.4 has ended."""
    for row in list(TimeAdjustment.objects.left_open()):
        try:
            lifecycle.close_left_open(row)
        except Exception:
            log.exception("pause not closed, attempt_id=%s", row.attempt_id)


def close_pauses(*, dry_run: bool = False) -> Iterator[tuple[int, bool]]:
    """End all open pauses and breaks, as a rollback to 6.1.4 requires: yield each attempt's id, and whether it worked.

    The deadline moves by the length of each pause, as if staff had ended it.
    """
    rows = list(TimeAdjustment.objects.open_pauses().select_related("attempt"))
    if dry_run:
        yield from ((row.attempt_id, True) for row in rows)
        return
    for row in rows:
        try:
            lifecycle.continue_(row.attempt, key=row.key)
        except StudentExamAttemptDoesNotExistsException:
            log.info("paused attempt was removed, attempt_id=%s", row.attempt_id)
        except Exception:
            log.exception("pause not ended, attempt_id=%s", row.attempt_id)
            yield row.attempt_id, False
        else:
            yield row.attempt_id, True
    _close_left_open()


def _end(attempt: Attempt, done: Sweep) -> Sweep:
    try:
        expiry = lifecycle.expire(attempt, lifecycle.SWEEP, looks_overdue=True)
    except StudentExamAttemptDoesNotExistsException:
        log.info("attempt removed before it could be ended, attempt_id=%s", attempt.pk)
        return done
    except Exception:
        # One attempt that fails must not keep the sweep from the others.
        log.exception("attempt could not be ended, attempt_id=%s", attempt.pk)
        return replace(done, failed=done.failed + 1)
    return replace(done, ended=done.ended + expiry.changed)
