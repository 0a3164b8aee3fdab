"""Create an attempt: check the rules, register it with the provider, insert the row.

The provider is called between two short transactions: the first checks the rules and reserves the pair of learner and
exam, the second checks the rules again and stores the attempt. If the second check fails, the registration is undone.
"""

import datetime
import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils import timezone

from edx_proctoring import backends, conf, deadlines, effects, outbox, transactions
from edx_proctoring.compiled_queries import CompiledOnce
from edx_proctoring.effects import messages
from edx_proctoring.exceptions import (
    ProctoredExamIllegalStatusTransition,
    ProctoredExamNotFoundException,
    ProctoringTemporarilyUnavailable,
    StudentExamAttemptAlreadyExistsException,
    StudentExamAttemptBeingCreated,
    StudentExamAttemptDoesNotExistsException,
    StudentExamAttemptOnPastDueProctoredExam,
)
from edx_proctoring.lifecycle import opting_out, rows
from edx_proctoring.lifecycle.change import StatusRequest, change_locked
from edx_proctoring.lifecycle.locking import lock_attempt, locked
from edx_proctoring.lifecycle.registration import Registration, longest_seconds, register
from edx_proctoring.lifecycle.resume import is_in_resume_process, mark_resumed
from edx_proctoring.lifecycle.rows import LEARNER, Attempt, Status
from edx_proctoring.lifecycle.transition import transition
from edx_proctoring.models import (
    OutboxMessage,
    ProctoredExam,
    ProctoredExamReviewPolicy,
    ProctoredExamStudentAttempt,
    ProctoringReservation,
)
from edx_proctoring.models.locks import end_reservation
from edx_proctoring.statuses import IN_PROGRESS, INCOMPLETE
from edx_proctoring.transactions import Clock, read_clock
from edx_proctoring.types import AttemptChanges, User

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PairSnapshot:
    """The stored state of one learner in one exam at the moment a new attempt is requested."""

    newest: ProctoredExamStudentAttempt | None
    policy_id: int | None
    token: str | None  # of a creation in progress
    reserved_until: datetime.datetime | None
    answers_wait: bool  # are answers of a removed attempt still to be deleted?
    now: datetime.datetime  # by the database's clock


_Moment = datetime.datetime | None
_PairRow = tuple[int | None, int | None, str | None, _Moment, bool, _Moment]


def read_pair(exam_id: int, user_id: int) -> PairSnapshot:
    """Read the whole snapshot in one query, plus one for the newest attempt if there is any.

    Raises ProctoredExamNotFoundException.
    """
    row = _PAIR.first(exam_id, user_id, messages.host_order(exam_id, user_id))
    if row is None:
        raise ProctoredExamNotFoundException(f"The exam with id={exam_id} no longer exists.")
    newest_id, policy_id, token, reserved_until, answers_wait, clock = row
    newest = None
    if newest_id is not None:
        newest = ProctoredExamStudentAttempt.objects.filter(pk=newest_id).first()
    now = read_clock(clock)
    return PairSnapshot(newest, policy_id, token, reserved_until, bool(answers_wait), now)


def _pair(exam_id: int, user_id: int, lane: str) -> "QuerySet[ProctoredExam, _PairRow]":
    attempts = ProctoredExamStudentAttempt.objects.of_pair(OuterRef("pk"), user_id).newest_first()
    policies = ProctoredExamReviewPolicy.objects.filter(proctored_exam=OuterRef("pk"))
    reservation = ProctoringReservation.objects.filter(exam=OuterRef("pk"), user_id=user_id)
    waiting = OutboxMessage.objects.unfinished().filter(lane=lane)
    rows = ProctoredExam.objects.filter(pk=exam_id).order_by("pk")
    return rows.values_list(
        Subquery(attempts.values("pk")[:1]),
        Subquery(policies.order_by("-pk").values("pk")[:1]),
        Subquery(reservation.values("token")),
        Subquery(reservation.values("reserved_until")),
        Exists(waiting.filter(kind=messages.LEARNER_STATE.name)),
        Clock(),
    )


_PAIR = CompiledOnce(_pair, int, int, str)


@dataclass(frozen=True)
class NewAttempt:
    """A request for a new attempt.

    `allow` raises if the new attempt may not follow the newest one; `replace` ends the newest one.
    """

    exam: ProctoredExam
    user: User
    proctored: bool
    code: str
    reason: str
    actor: User | None
    allow: Callable[["NewAttempt", Attempt | None], None]
    replace: Callable[["NewAttempt", Attempt | None], None]
    goes_on: bool  # does the new attempt take over the remaining time of the newest one?
    starts: bool = False  # start immediately, unless the provider requires onboarding first


def create(
    exam: ProctoredExam,
    user: User,
    *,
    taking_as_proctored: bool,
    reason: str = LEARNER,
    by: User | None = None,
    starts: bool = False,
) -> Attempt:
    """Create an attempt. If it is taken as proctored, register it with the provider first (timed exams are never
    proctored).

    `starts`: create and start the attempt in one step. A proctored attempt only starts this way if
    ALLOW_START_WITHOUT_SETUP is set and the provider does not require onboarding first.
    Raises StudentExamAttemptAlreadyExistsException (or its subclass StudentExamAttemptBeingCreated while another
    creation is in progress), StudentExamAttemptOnPastDueProctoredExam, BackendProviderCannotRegisterAttempt,
    BackendProviderNotConfigured, ProctoringTemporarilyUnavailable.
    """
    proctored = bool(taking_as_proctored and exam.is_proctored)
    starts = starts and (not proctored or conf.proctoring.ALLOW_START_WITHOUT_SETUP)
    return _create(
        NewAttempt(
            exam, user, proctored, rows.new_code(), reason, by, _allow_next, _close, True, starts
        )
    )


def reset(exam: ProctoredExam, user: User, by: User | None) -> Attempt:
    """Set the learner's practice attempt aside and create a new one, in one transaction.

    Raises StudentExamAttemptDoesNotExistsException, ProctoredExamIllegalStatusTransition, and the exceptions of
    `create`.
    """
    newest = Attempt.objects.of_pair(exam.pk, user.pk).newest_first().first()
    proctored = bool(newest and newest.taking_as_proctored)
    return _create(
        NewAttempt(
            exam, user, proctored, rows.new_code(), LEARNER, by, _allow_reset, _put_aside, False
        )
    )


def _create(new: NewAttempt) -> Attempt:
    if new.proctored:
        attempt = _create_registered(new)
    else:
        attempt = locked(new.user.pk, lambda: _insert_unregistered(new))
    # The insertion has started it already, unless answers of a removed attempt are still to be deleted.
    if new.starts and attempt.status == Status.created:
        attempt = transition(attempt, Status.started, reason=new.reason, user=new.actor)
    return attempt


def _create_registered(new: NewAttempt) -> Attempt:
    token = uuid.uuid4().hex
    reserved = locked(new.user.pk, lambda: _reserve(new, token))
    answer = None
    try:
        newest = reserved.newest
        resumed = newest if new.goes_on and newest and is_in_resume_process(newest) else None
        answer = register(new.exam, new.user, new.code, token=token, resumed=resumed)
        return locked(new.user.pk, lambda: _insert_reserved(new, answer, reserved))
    except BaseException:
        # Also if the process is told to end: the reservation would block the learner until it expires.
        _give_back(new, token, answer)
        raise


# Rules


def _check(new: NewAttempt) -> PairSnapshot:
    """Apply all rules to the stored state, and return that state."""
    pair = read_pair(new.exam.pk, new.user.pk)
    new.allow(new, pair.newest)
    if new.proctored and deadlines.is_past_due(
        deadlines.exam_fields(new.exam), new.user, timezone.now()
    ):
        raise StudentExamAttemptOnPastDueProctoredExam(
            f"Cannot create an attempt: exam_id={new.exam.pk} is past due for user_id={new.user.pk}."
        )
    return pair


def _allow_next(new: NewAttempt, newest: Attempt | None) -> None:
    if newest is None or newest.is_sample_attempt or is_in_resume_process(newest):
        return
    if not (new.proctored and opting_out.is_way_back_offered(newest)):
        raise StudentExamAttemptAlreadyExistsException(_exists(new))


def _exists(new: NewAttempt) -> str:
    return (
        f"Cannot create new exam attempt for exam_id={new.exam.pk} and user_id={new.user.pk} "
        f"in course_id={new.exam.course_id} because it already exists!"
    )


def _allow_reset(new: NewAttempt, newest: Attempt | None) -> None:
    if newest is None:
        raise StudentExamAttemptDoesNotExistsException(
            f"user_id={new.user.pk} has no attempt in exam_id={new.exam.pk} that could be reset."
        )
    if not new.exam.is_practice_exam:
        raise ProctoredExamIllegalStatusTransition(
            f"exam_id={new.exam.pk} is no practice exam: its attempts cannot be reset."
        )
    if newest.status in INCOMPLETE or newest.status == Status.verified:
        raise ProctoredExamIllegalStatusTransition(
            f"Attempt {newest.pk} of exam_id={new.exam.pk} is {newest.status} and cannot be reset."
        )


# Reservation


def _basis(newest: Attempt | None) -> str:
    return f"{newest.pk} {newest.status}" if newest else ""


@dataclass(frozen=True)
class _Reserved:
    """Our reservation, and the newest attempt when it was made."""

    key: int
    token: str
    basis: str
    newest: Attempt | None


def _reserve(new: NewAttempt, token: str) -> _Reserved:
    pair = _check(new)
    if pair.token != token:  # it is ours if the commit arrived and its answer was lost
        _refuse_if_reserved(new, pair)
    basis = _basis(pair.newest)
    key = ProctoringReservation.objects.take(
        new.exam.pk,
        new.user.pk,
        token,
        basis,
        longest_seconds(new.exam),
        now=pair.now,
        is_new=pair.token is None,
    )
    return _Reserved(key, token, basis, pair.newest)


def _refuse_if_reserved(new: NewAttempt, pair: PairSnapshot) -> None:
    if pair.reserved_until is not None and pair.reserved_until > pair.now:
        raise StudentExamAttemptBeingCreated(_exists(new))


def _insert_unregistered(new: NewAttempt) -> Attempt:
    pair = _check(new)
    _refuse_if_reserved(new, pair)
    return _insert(new, Registration(Status.created), pair)


def _insert_reserved(new: NewAttempt, answer: Registration, reserved: _Reserved) -> Attempt:
    pair = _check(new)
    if pair.token != reserved.token or _basis(pair.newest) != reserved.basis:
        raise ProctoringTemporarilyUnavailable(
            "The attempt was withdrawn while it was being created. Please try again."
        )
    attempt = _insert(new, answer, pair)
    end_reservation(reserved.key, reserved.token)
    return attempt


def _give_back(new: NewAttempt, token: str, answer: Registration | None) -> None:
    """Release our reservation and ask the provider to delete the unused registration."""

    def release() -> None:
        pair = ProctoringReservation.objects.of_pair(new.exam.pk, new.user.pk)
        pair.filter(token=token).end()
        if answer is not None and answer.external_id:
            ids = (new.exam.external_id, answer.external_id, new.exam.pk, new.user.pk)
            outbox.put(messages.provider_removal(backends.name_of(new.exam), *ids))

    try:
        if transactions.owns():
            # The creation may have failed because this connection was lost.
            connection.close_if_unusable_or_obsolete()
        transactions.run(release)
    except Exception:  # logged, because the caller raises the error that came first
        log.exception(
            "unused registration not removed at the provider, exam_id=%s user_id=%s external_id=%s",
            new.exam.pk,
            new.user.pk,
            answer and answer.external_id,
        )


# Storing


def _insert(new: NewAttempt, answer: Registration, pair: PairSnapshot) -> Attempt:
    newest = pair.newest
    if newest is not None:
        newest = lock_attempt(newest)
        newest.proctored_exam, newest.user = new.exam, new.user
    seconds = None
    if newest is not None and new.goes_on and is_in_resume_process(newest):
        seconds = newest.time_remaining_seconds
    new.replace(new, newest)
    attempt = rows.insert(
        new.exam,
        new.user,
        code=new.code,
        proctored=new.proctored,
        reason=new.reason,
        status=answer.status,
        external_id=answer.external_id,
        seconds=seconds,
        policy_id=pair.policy_id,
        actor=new.actor,
    )
    if new.starts and attempt.status == Status.created and not pair.answers_wait:
        change_locked(attempt, StatusRequest(Status.started, reason=new.reason, user=new.actor))
    return attempt


def _close(new: NewAttempt, newest: Attempt | None) -> None:
    """Mark the attempt that is being resumed; end a practice attempt that is still running."""
    if newest is None:
        return
    if is_in_resume_process(newest):
        mark_resumed(newest, reason=new.reason, user=new.actor)
    elif newest.status in IN_PROGRESS:
        change_locked(newest, StatusRequest(Status.submitted, reason=new.reason, user=new.actor))


def _put_aside(new: NewAttempt, newest: Attempt | None) -> None:
    assert newest is not None  # guaranteed by `_allow_reset`
    reset_event = effects.Effect(effects.EffectKind.EVENT, {"name": "reset_practice_exam"})
    if newest.status == Status.submitted:
        rows.delete(newest, new.actor, tell_provider=True, reason=new.reason, also=(reset_event,))
        return
    before, after = newest.status, Status.onboarding_reset
    values: AttemptChanges = {
        "status": after,
        "is_resumable": False,
        "ready_to_resume": False,
        "resumed": False,
    }
    history_id = rows.update(newest, values, reason=new.reason, user=new.actor)
    change = effects.Change(newest, new.exam, before, after, history_id=history_id)
    effects.perform(change, [reset_event])
