"""An attempt changes its status."""

import datetime
import logging
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import Max, OuterRef, Q, Subquery
from django.utils import timezone

from edx_proctoring import conf, effects, outbox, timing
from edx_proctoring.effects.perform import pair_lane, provider_lane
from edx_proctoring.exceptions import (
    ProctoredExamIllegalStatusTransition,
    ProctoringTemporarilyUnavailable,
)
from edx_proctoring.lifecycle import facts
from edx_proctoring.lifecycle.locking import LockIsTaken, lock_attempt, locked
from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamStudentAttempt,
    ProctoringReservation,
)
from edx_proctoring.statuses import (
    COMPLETED,
    IN_PROGRESS,
    INCOMPLETE,
    KNOWN,
    PRE_STARTED,
    ProctoredExamStudentAttemptStatus,
    is_transition_legal,
)

log = logging.getLogger(__name__)

Attempt = ProctoredExamStudentAttempt
Status = ProctoredExamStudentAttemptStatus

API, LEARNER, STAFF, PROVIDER, TIME_OUT, CASCADE, SWEEP = (
    "api",
    "learner",
    "staff",
    "provider",
    "time-out",
    "cascade",
    "sweep",
)


@dataclass(frozen=True)
class Request:
    """What somebody wants of an attempt."""

    to: str
    by: Any = None  # to whom a grade override is attributed
    at: datetime.datetime | None = None  # when the time was over
    cascade: bool = True
    only_from: Collection[str] | None = None
    reason: str = ""  # who asks: learner, staff, provider, time-out, cascade, sweep
    user: Any = None  # who asks, for the history


def transition(
    attempt: Attempt,
    to: str,
    *,
    by: Any = None,
    at: datetime.datetime | None = None,
    cascade: bool = True,
    only_from: Collection[str] | None = None,
    reason: str = "",
    user: Any = None,
    is_locked: bool = False,
) -> Attempt:
    """Move the attempt to status `to`, with everything that follows; returns it as it is afterwards.

    A time-out becomes a submission unless time-outs are kept; so does a learner's way back from a running exam to its
    set-up. The status that the attempt already has is no change. `only_from` lists the statuses that allow it.
    `is_locked`: the caller holds the learner's lock and has read the attempt under it.
    Raises ProctoredExamIllegalStatusTransition, StudentExamAttemptDoesNotExistsException.
    """
    if to not in KNOWN:
        raise ProctoredExamIllegalStatusTransition(f"There is no status {to!r}.")
    request = Request(to, by, at, cascade, only_from, reason, user)
    if is_locked:
        return change_locked(attempt, request)
    if to == Status.started:
        _settle_state_deletion(attempt)
    return locked(attempt.user_id, lambda: change_locked(lock_attempt(attempt), request))


def outcome(attempt: Attempt, to: str) -> str:
    """The status that `transition` would give the attempt now; changes nothing. ProctoredExamIllegalStatusTransition."""
    if to not in KNOWN:
        raise ProctoredExamIllegalStatusTransition(f"There is no status {to!r}.")
    values = _decide(attempt, _time_out(attempt) if _is_too_late(attempt, to) else Request(to))
    return str(values["status"]) if values else attempt.status


def expire_if_overdue(attempt: Attempt, reason: str = TIME_OUT, *, waits: bool = False) -> Attempt:
    """End the attempt if its time is over; the one read that writes. Locks only if the unlocked row is overdue.

    `waits`: for whoever holds its lock. Else the attempt is given back as ended, nothing is stored, and the sweep ends it.
    """
    if not facts.is_overdue(attempt):
        return attempt

    def expire() -> Attempt:
        current = lock_attempt(attempt, waits=waits)
        if not facts.is_overdue(current):
            return current
        return change_locked(current, _time_out(current, reason))

    try:
        return locked(attempt.user_id, expire, waits=waits)
    except (LockIsTaken, ProctoringTemporarilyUnavailable):
        if waits:
            raise
        log.info("attempt %s: shown as ended, its lock is taken", attempt.pk)
        return facts.as_ended(attempt)


def _time_out(attempt: Attempt, reason: str = TIME_OUT) -> Request:
    return Request(Status.timed_out, at=facts.expires_at(attempt), reason=reason)


def change_locked(attempt: Attempt, request: Request) -> Attempt:
    """`transition` for whoever holds the learner's lock and has read the attempt under it."""
    if _is_too_late(attempt, request.to):
        return change_locked(attempt, _time_out(attempt))
    if request.only_from is not None and attempt.status not in request.only_from:
        raise _illegal(attempt.status, request.to, attempt)
    before, values = attempt.status, _decide(attempt, request)
    if values is None:
        return attempt
    _check_may_opt_out(attempt, request)
    change = _store(attempt, before, values, request)
    _follow_up(change, request)
    return attempt


def _check_may_opt_out(attempt: Attempt, request: Request) -> None:
    """A learner who has begun an exam knows its questions, and goes on with the clock and the proctoring."""
    is_own_decision = request.to == Status.declined and request.reason == LEARNER
    if not is_own_decision or not attempt.proctored_exam.is_proctored:
        return
    if conf.proctoring.DECLINE_WHILE_RUNNING:
        return
    if facts.has_begun(attempt.proctored_exam_id, attempt.user_id):
        raise ProctoredExamIllegalStatusTransition(
            f"exam_id={attempt.proctored_exam_id} was started by user_id={attempt.user_id}: "
            "it cannot be taken without proctoring any more."
        )


def _is_too_late(attempt: Attempt, to: str) -> bool:
    """Is the time over, and would the status say otherwise?"""
    return (to in INCOMPLETE or to == Status.submitted) and facts.is_overdue(attempt)


def _decide(attempt: Attempt, request: Request) -> dict[str, Any] | None:
    """The columns that change, or None when nothing does."""
    now = timezone.now()
    to, moment = request.to, now
    if to == Status.timed_out:
        if attempt.status in COMPLETED:
            return None  # it has ended already
        moment = request.at or now
        to = to if conf.proctoring.ALLOW_TIMED_OUT_STATE else Status.submitted
    elif attempt.status in IN_PROGRESS and to in PRE_STARTED:
        to = Status.submitted
    if not is_transition_legal(attempt.status, to):
        raise _illegal(attempt.status, to, attempt)
    if to == attempt.status:
        return None
    values: dict[str, Any] = {"status": to}
    if to == Status.started and attempt.started_at is None:
        values.update(_start(attempt, now))
    if values["status"] in (Status.submitted, Status.timed_out):
        values["completed_at"] = values.get("completed_at", moment)
    if to == Status.declined:
        values.update(taking_as_proctored=False, external_id=None)
    if to == Status.error and attempt.status in IN_PROGRESS:
        values["time_remaining_seconds"] = _time_left_at_error(attempt)
    values.update(_resumability(attempt, values["status"]))
    return values


def _illegal(before: str, to: str, attempt: Attempt) -> ProctoredExamIllegalStatusTransition:
    return ProctoredExamIllegalStatusTransition(
        f"A status transition from {before} to {to} was attempted on "
        f"exam_id={attempt.proctored_exam_id} for user_id={attempt.user_id}. This is not allowed!"
    )


def _start(attempt: Attempt, now: datetime.datetime) -> dict[str, Any]:
    """The clock starts; without any time left the attempt ends with its start."""
    values: dict[str, Any] = facts.start_values(attempt, now)
    left = values.get("time_remaining_seconds", attempt.time_remaining_seconds)
    if timing.expires_at(now, values["allowed_time_limit_mins"], left) == now:
        kept = conf.proctoring.ALLOW_TIMED_OUT_STATE
        values.update(status=Status.timed_out if kept else Status.submitted, completed_at=now)
    return values


def _time_left_at_error(attempt: Attempt) -> int:
    left = min(int(facts.seconds_left(attempt)), timing.LONGEST_SECONDS)
    stored = attempt.time_remaining_seconds
    return left if stored is None else min(stored, left)


def _resumability(attempt: Attempt, to: str) -> dict[str, Any]:
    if to == Status.submitted or attempt.ready_to_resume or attempt.resumed:
        return {"is_resumable": False}
    return {"is_resumable": True} if to == Status.error else {}


def _store(
    attempt: Attempt, before: str, values: dict[str, Any], request: Request
) -> effects.Change:
    exam: ProctoredExam = attempt.proctored_exam
    provider, external_id = facts.provider_of(exam), attempt.external_id
    after = values["status"]
    others, override_active = _pair(attempt, exam, after)
    first_start = attempt.started_at is None and "started_at" in values
    first_completion = attempt.completed_at is None and "completed_at" in values
    write(attempt, values, reason=request.reason, user=request.user)
    log.info("attempt %s: %s -> %s (%s)", attempt.pk, before, after, request.reason or "api")
    return effects.Change(
        attempt=attempt,
        exam=exam,
        before=before,
        after=after,
        others=others,
        provider=provider,
        first_start=first_start,
        first_completion=first_completion,
        cascade=request.cascade,
        by=request.by,
        override_active=override_active,
        external_id=external_id,
    )


def write(attempt: Attempt, values: dict[str, Any], *, reason: str = "", user: Any = None) -> None:
    """Store these columns and one history row that says who and why."""
    for name, value in values.items():
        setattr(attempt, name, value)
    attempt._change_reason = reason or None
    attempt._history_user = user if getattr(user, "pk", None) else None
    attempt.save(update_fields=list(values))


def other_statuses(attempt: Attempt) -> tuple[str, ...]:
    """Statuses of the learner's other attempts in the exam, newest first."""
    pair = Attempt.objects.of_pair(attempt.proctored_exam_id, attempt.user_id)
    others = pair.exclude(pk=attempt.pk).newest_first()
    return tuple(others.values_list("status", flat=True))


def _pair(attempt: Attempt, exam: ProctoredExam, after: str) -> tuple[tuple[str, ...], bool]:
    """What rules ask of the learner's attempts in the exam: the others' statuses, and whether the grade is zero.

    It is while the last word was a rejection, neither verified nor removed since. One query, where one is needed.
    """
    if after != Status.verified:
        asks = effects.asks_for_others(attempt, exam, after)
        return other_statuses(attempt) if asks else (), False
    history = Attempt.history.filter(
        proctored_exam_id=OuterRef("proctored_exam_id"), user_id=OuterRef("user_id")
    )
    rejected = history.filter(status=Status.rejected).exclude(history_type="-")
    undone = history.filter(Q(status=Status.verified) | Q(history_type="-"))
    pair = Attempt.objects.of_pair(attempt.proctored_exam_id, attempt.user_id).newest_first()
    rows = list(
        pair.annotate(rejected=_newest(rejected), undone=_newest(undone)).values_list(
            "pk", "status", "rejected", "undone"
        )
    )
    is_zero = any(rejected and rejected > (undone or 0) for _, _, rejected, undone in rows)
    return tuple(status for pk, status, _, _ in rows if pk != attempt.pk), is_zero


def _newest(history: Any) -> Subquery:
    newest = history.order_by().values("user_id").annotate(newest=Max("history_id"))
    return Subquery(newest.values("newest"))


def _follow_up(change: effects.Change, request: Request) -> None:
    planned = effects.plan(change)
    effects.perform(change, planned)
    if change.after == Status.declined:
        pair = (change.exam.pk, change.attempt.user_id)
        ProctoringReservation.objects.void(*pair)
        outbox.cancel(provider_lane(change.attempt.pk), "provider_notice")
    for effect in planned:
        if effect.kind == "decline_the_rest":
            _decline_the_rest(change)
        elif effect.kind == "clear_onboarding_errors":
            # Imported late: removal changes attempts, too.
            from edx_proctoring.lifecycle.removal import clear_onboarding_errors  # noqa: PLC0415

            clear_onboarding_errors(change)


def _decline_the_rest(change: effects.Change) -> None:
    """Decline the course's other graded proctored exams that the learner has never begun and not completed."""
    # Imported late: creation declines, too.
    from edx_proctoring.lifecycle.creation import insert_unproctored  # noqa: PLC0415

    user_id = change.attempt.user_id
    exams = ProctoredExam.get_all_exams_for_course(
        change.exam.course_id, active_only=True, proctored_exams_only=True
    ).exclude(pk=change.exam.pk)
    begun = set[int]()
    if not conf.proctoring.DECLINE_WHILE_RUNNING:
        begun = facts.begun_exams(change.exam.course_id, user_id)
    decline = Request(Status.declined, cascade=False, reason=CASCADE)
    for exam in exams:
        if exam.pk in begun:
            continue
        ProctoringReservation.objects.void(exam.pk, user_id)
        newest = Attempt.objects.of_pair(exam.pk, user_id).newest_first().first()
        if newest is None:
            attempt = insert_unproctored(exam, change.attempt.user, reason=CASCADE)
            change_locked(attempt, decline)
        elif newest.status not in COMPLETED and newest.status not in IN_PROGRESS:
            newest.proctored_exam = exam
            change_locked(lock_attempt(newest), decline)


def _settle_state_deletion(attempt: Attempt) -> None:
    """Answers of a removed attempt must be gone before new ones are given, or stay for good."""
    lane = pair_lane(attempt.proctored_exam_id, attempt.user_id)
    if not outbox.is_waiting(lane, "learner_state"):
        return
    outbox.flush(lane)
    if outbox.is_waiting(lane, "learner_state"):
        log.error("learner state of a removed attempt is kept: attempt_id=%s", attempt.pk)
        outbox.cancel(lane, "learner_state")
