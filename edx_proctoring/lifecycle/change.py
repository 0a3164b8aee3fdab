"""Change the status of an attempt: decide, store, follow up.

Every function here expects that the caller holds the learner's lock and has read the attempt under it. One change may
require changes of the learner's other attempts (`_follow_up`), so those are made here, too.
"""

import datetime
import logging
import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import Max, OuterRef, Q, Subquery
from django.utils import timezone

from edx_proctoring import conf, deadlines, effects, outbox, timing
from edx_proctoring.backends.provider_info import provider_info
from edx_proctoring.effects import messages
from edx_proctoring.exceptions import AttemptIsPaused, ProctoredExamIllegalStatusTransition
from edx_proctoring.lifecycle import ledger, recalculation, rows
from edx_proctoring.lifecycle.locking import lock_attempt
from edx_proctoring.lifecycle.rows import (
    CASCADE,
    LEARNER,
    LEARNERS_CASCADE,
    TIME_OUT,
    Attempt,
    Status,
)
from edx_proctoring.models import ProctoredExam, ProctoringReservation
from edx_proctoring.statuses import (
    COMPLETED,
    IN_PROGRESS,
    INCOMPLETE,
    KNOWN,
    PRE_STARTED,
    is_transition_legal,
)
from edx_proctoring.types import AttemptChanges, User

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class StatusRequest:
    """A request to change the status of an attempt."""

    to: str
    by: User | None = None  # the user a grade override is attributed to
    at: datetime.datetime | None = None  # when the time ran out
    cascade: bool = True
    only_from: Collection[str] | None = None
    reason: str = ""  # source of the request: learner, staff, provider, time-out, cascade, sweep
    user: User | None = None  # the requesting user, recorded in the history


def check_is_known(to: str) -> None:
    """Raise ProctoredExamIllegalStatusTransition if the status does not exist."""
    if to not in KNOWN:
        raise ProctoredExamIllegalStatusTransition(f"There is no status {to!r}.")


def outcome(attempt: Attempt, to: str) -> str:
    """Return the status that a request would give the attempt now, without changing anything.

    Raises ProctoredExamIllegalStatusTransition.
    """
    check_is_known(to)
    now = timezone.now()
    known = _deadline(attempt, to, now)
    deadline = known.at(now) if known else None
    request = StatusRequest(to)
    if deadline is not None and _is_too_late(to, deadline, now):
        request = time_out(deadline)
    values = _decide(attempt, request, now, deadline)
    return str(values["status"]) if values else attempt.status


def time_out(deadline: timing.Deadline, reason: str = TIME_OUT) -> StatusRequest:
    return StatusRequest(Status.timed_out, at=deadline.ends_at, reason=reason)


def _deadline(attempt: Attempt, to: str, now: datetime.datetime) -> timing.Deadline | None:
    """Return when the attempt ends, or would end if it started now; None if it has no time limit running."""
    if attempt.started_at is None:
        return deadlines.at_start(attempt, now) if to == Status.started else None
    return deadlines.read(attempt) if attempt.status in INCOMPLETE else None


def change_locked(
    attempt: Attempt,
    request: StatusRequest,
    now: datetime.datetime | None = None,
    known: timing.Deadline | None = None,
) -> Attempt:
    """Decide, store and follow up; return the attempt as it is afterwards.

    `now`: pass the time if the caller has already read the clock, and `known`, the deadline, if it was read under the
    lock. Raises ProctoredExamIllegalStatusTransition.
    """
    now = now or timezone.now()
    deadline = known or _deadline(attempt, request.to, now)
    if deadline is not None and deadline.at(now) != deadline:
        deadline = ledger.end_due_break(attempt, deadline, now)
    if deadline is not None and _is_too_late(request.to, deadline, now):
        deadline = recalculation.before_it_ends(attempt, deadline, now)
        if deadline.is_over(now):
            request = time_out(deadline)
    if request.only_from is not None and attempt.status not in request.only_from:
        raise _illegal(attempt.status, request.to, attempt)
    before, values = attempt.status, _decide(attempt, request, now, deadline)
    if values is None:
        return attempt
    _check_may_opt_out(attempt, request)
    if deadline is not None and "started_at" in values:
        ledger.write_start(attempt, deadline, request.user)
    if deadline is not None and deadline.paused_since is not None:
        values.update(_end_pause(attempt, deadline, request, now))
    change = _store(attempt, before, values, request)
    _follow_up(change, request)
    return attempt


def _check_may_opt_out(attempt: Attempt, request: StatusRequest) -> None:
    """Once learners have begun an exam they know its questions, so they can no longer opt out of proctoring or the
    clock.
    """
    is_own_decision = request.to == Status.declined and request.reason == LEARNER
    if not is_own_decision or not attempt.proctored_exam.is_proctored:
        return
    if conf.proctoring.DECLINE_WHILE_RUNNING:
        return
    if rows.has_begun(attempt.proctored_exam_id, attempt.user_id):
        raise ProctoredExamIllegalStatusTransition(
            f"exam_id={attempt.proctored_exam_id} was started by user_id={attempt.user_id}: "
            "it can no longer be taken without proctoring."
        )


def _is_too_late(to: str, deadline: timing.Deadline, now: datetime.datetime) -> bool:
    """Return whether the time is over although the requested status would not reflect it."""
    return (to in INCOMPLETE or to == Status.submitted) and deadline.is_over(now)


def _decide(
    attempt: Attempt,
    request: StatusRequest,
    now: datetime.datetime,
    deadline: timing.Deadline | None,
) -> AttemptChanges | None:
    """Return the columns to change, or None if nothing changes."""
    to, moment = request.to, now
    if to == Status.timed_out:
        if attempt.status in COMPLETED:
            return None  # the attempt has already ended
        moment = request.at or now
        to = to if conf.proctoring.ALLOW_TIMED_OUT_STATE else Status.submitted
    elif attempt.status in IN_PROGRESS and to in PRE_STARTED:
        to = Status.submitted
    if not is_transition_legal(attempt.status, to):
        raise _illegal(attempt.status, to, attempt)
    if to == attempt.status:
        return None
    values: AttemptChanges = {"status": to}
    if to == Status.started and attempt.started_at is None:
        assert deadline is not None  # before the attempt's start
        values.update(_start(attempt, deadline, now))
    if values["status"] in (Status.submitted, Status.timed_out):
        values["completed_at"] = values.get("completed_at", moment)
    if to == Status.declined:
        values.update({"taking_as_proctored": False, "external_id": None})
    if to == Status.error and attempt.started_at is not None:
        left = _time_left_at_error if attempt.status in IN_PROGRESS else _time_left_at_end
        values["time_remaining_seconds"] = left(attempt, deadline, now)
    values.update(_resumability(attempt, values["status"]))
    return values


def _illegal(before: str, to: str, attempt: Attempt) -> ProctoredExamIllegalStatusTransition:
    return ProctoredExamIllegalStatusTransition(
        f"A status transition from {before} to {to} was attempted on "
        f"exam_id={attempt.proctored_exam_id} for user_id={attempt.user_id}. This is not allowed!"
    )


def _start(attempt: Attempt, deadline: timing.Deadline, now: datetime.datetime) -> AttemptChanges:
    """Start the clock. An attempt with no time left ends as soon as it starts."""
    values: AttemptChanges = {"started_at": now, "allowed_time_limit_mins": deadline.minutes}
    # Of a resumed attempt; later grants are added once it is interrupted again.
    if attempt.time_remaining_seconds is not None:
        values["time_remaining_seconds"] = math.ceil(deadline.seconds_left(now))
    if deadline.ends_at <= now:
        kept = conf.proctoring.ALLOW_TIMED_OUT_STATE
        ended = Status.timed_out if kept else Status.submitted
        values.update(AttemptChanges(status=ended, completed_at=now))
    return values


def _time_left_at_error(
    attempt: Attempt, deadline: timing.Deadline | None, now: datetime.datetime
) -> int:
    left = math.ceil(deadline.seconds_left(now)) if deadline else 0
    stored = attempt.time_remaining_seconds
    # A page may store the remaining time it displays before it reports the error, and that value does not include time
    # granted in the meantime.
    return left if stored is None or (deadline and deadline.is_adjusted) else min(stored, left)


def _time_left_at_end(attempt: Attempt, _: timing.Deadline | None, now: datetime.datetime) -> int:
    """Return the seconds that an attempt had left when it ended, for the attempt that may resume it.

    Without them, staff who turn a submitted attempt into an error would give the learner the whole time again.
    """
    deadline = deadlines.read(attempt)
    return math.ceil(deadline.seconds_left(attempt.completed_at or now)) if deadline else 0


def _end_pause(
    attempt: Attempt, deadline: timing.Deadline, request: StatusRequest, now: datetime.datetime
) -> AttemptChanges:
    """Close the pause of an attempt that ends. During a pause, learners and their pages cannot change the attempt."""
    if request.reason == LEARNER:
        raise AttemptIsPaused(f"Attempt {attempt.pk} is paused. Please wait until the pause ends.")
    return ledger.end_pause(attempt, deadline, now)


def _resumability(attempt: Attempt, to: str) -> AttemptChanges:
    if to == Status.submitted or attempt.ready_to_resume or attempt.resumed:
        return {"is_resumable": False}
    return {"is_resumable": True} if to == Status.error else {}


def _store(
    attempt: Attempt, before: str, values: AttemptChanges, request: StatusRequest
) -> effects.Change:
    exam: ProctoredExam = attempt.proctored_exam
    provider, external_id = provider_info(exam), attempt.external_id
    after = values["status"]
    others, override_active = _pair(attempt, exam, after)
    first_start = attempt.started_at is None and "started_at" in values
    first_completion = attempt.completed_at is None and "completed_at" in values
    history_id = rows.update(attempt, values, reason=request.reason, user=request.user)
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
        history_id=history_id,
    )


def _pair(attempt: Attempt, exam: ProctoredExam, after: str) -> tuple[tuple[str, ...], bool]:
    """Return the statuses of the learner's other attempts in the exam, and whether the exam's grade is overridden with
    zero.

    The grade is zero if the latest decision was a rejection that has not been verified or removed since. Runs at most
    one query.
    """
    if after != Status.verified:
        asks = effects.asks_for_others(attempt, exam, after)
        return rows.other_statuses(attempt) if asks else (), False
    history = Attempt.history.filter(
        proctored_exam_id=OuterRef("proctored_exam_id"), user_id=OuterRef("user_id")
    )
    rejected = history.filter(status=Status.rejected).exclude(history_type="-")
    undone = history.filter(Q(status=Status.verified) | Q(history_type="-"))
    pair = Attempt.objects.of_pair(attempt.proctored_exam_id, attempt.user_id).newest_first()
    found = list(
        pair.annotate(rejected=_newest(rejected), undone=_newest(undone)).values_list(
            "pk", "status", "rejected", "undone"
        )
    )
    is_zero = any(rejected and rejected > (undone or 0) for _, _, rejected, undone in found)
    return tuple(status for pk, status, _, _ in found if pk != attempt.pk), is_zero


def _newest(history: Any) -> Subquery:
    newest = history.order_by().values("user_id").annotate(newest=Max("history_id"))
    return Subquery(newest.values("newest"))


def _follow_up(change: effects.Change, request: StatusRequest) -> None:
    planned = effects.plan(change)
    effects.perform(change, planned)
    effects.tell_extensions(change)
    if change.after == Status.declined:
        pair = (change.exam.pk, change.attempt.user_id)
        ProctoringReservation.objects.void(*pair)
        outbox.cancel(messages.provider_order(change.attempt.pk), messages.PROVIDER_NOTICE.name)
    for effect in planned:
        if effect.kind is effects.EffectKind.DECLINE_THE_REST:
            _decline_the_rest(change, _reason_of_cascade(request.reason))
        elif effect.kind is effects.EffectKind.CLEAR_ONBOARDING_ERRORS:
            _clear_onboarding_errors(change)


def _reason_of_cascade(reason: str) -> str:
    return LEARNERS_CASCADE if reason in (LEARNER, LEARNERS_CASCADE) else CASCADE


def _decline_the_rest(change: effects.Change, reason: str) -> None:
    """Decline the course's other graded proctored exams that the learner has neither begun nor completed."""
    user_id = change.attempt.user_id
    exams = ProctoredExam.get_all_exams_for_course(
        change.exam.course_id, active_only=True, proctored_exams_only=True
    ).exclude(pk=change.exam.pk)
    begun = set[int]()
    if not conf.proctoring.DECLINE_WHILE_RUNNING:
        begun = rows.begun_exams(change.exam.course_id, user_id)
    decline = StatusRequest(Status.declined, cascade=False, reason=reason)
    for exam in exams:
        if exam.pk in begun:
            continue
        ProctoringReservation.objects.void(exam.pk, user_id)
        newest = Attempt.objects.of_pair(exam.pk, user_id).newest_first().first()
        if newest is None:
            attempt = rows.insert_unproctored(exam, change.attempt.user, reason=reason)
            change_locked(attempt, decline)
        elif newest.status not in COMPLETED and newest.status not in IN_PROGRESS:
            newest.proctored_exam = exam
            change_locked(lock_attempt(newest), decline)


def _clear_onboarding_errors(change: effects.Change) -> None:
    """Remove the learner's attempts that this provider refused for lack of onboarding, so that the learner can try
    again.
    """
    waiting = Attempt.objects.filter(
        user_id=change.attempt.user_id, status__in=Status.onboarding_errors
    ).exclude(pk=change.attempt.pk)
    for known in waiting.select_related("proctored_exam", "user"):
        provider = provider_info(known.proctored_exam)
        if provider is None or change.provider is None or provider.name != change.provider.name:
            continue
        attempt = lock_attempt(known)
        rows.delete(
            attempt, None, tell_provider=True, reason="onboarding", resets_learner_state=False
        )
