"""Actions of learners through the REST interface, with guards that other Django code does not need."""

import datetime
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from django.utils import timezone

from edx_proctoring import conf, deadlines, host, lifecycle, transactions
from edx_proctoring.api.attempts.changes import create_declined, prerequisite_status
from edx_proctoring.api.attempts.practice import check_practice_limit
from edx_proctoring.api.lookup import attempt_by_id, exam_by_id
from edx_proctoring.compiled_queries import CompiledOnce
from edx_proctoring.exceptions import (
    AttemptIsPaused,
    BackendProviderCannotRegisterAttempt,
    ProctoredBaseException,
    ProctoredExamIllegalStatusTransition,
    ProctoredExamNotActiveException,
    ProctoredExamPermissionDenied,
    StudentExamAttemptAlreadyExistsException,
    StudentExamAttemptBeingCreated,
)
from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamStudentAttempt,
    ProctoringReservation,
)
from edx_proctoring.serializers import ProctoredExamSerializer
from edx_proctoring.statuses import (
    IN_PROGRESS,
    INCOMPLETE,
    PRE_STARTED,
    ProctoredExamStudentAttemptStatus,
)
from edx_proctoring.types import ExamFacts, User

log = logging.getLogger(__name__)

Attempt = ProctoredExamStudentAttempt
Status = ProctoredExamStudentAttemptStatus

LONGEST_WAIT = 25  # seconds
# How old the end that a page counts down to may be; it polls once a minute.
COUNTS_DOWN_SECONDS = 120
# Seconds after its end at which a page submits by itself; pages wait for some seconds, and their clocks differ.
SUBMITS_EARLIEST, SUBMITS_LATEST = -2, 30


def find_attempt(attempt_id: int) -> Attempt:
    """Return the attempt with its exam and learner; ends it if its time is over.

    Raises StudentExamAttemptDoesNotExistsException.
    """
    missing = f"Attempted to update attempt_id={attempt_id} but it does not exist."
    return lifecycle.expire_if_overdue(attempt_by_id(attempt_id, missing))


def learner_action(attempt: Attempt, action: str, user: User, detail: str = "") -> int | bool:
    """Perform the learner's action on the attempt; return the attempt's id, or False if a reported error was not
    recorded.

    `attempt` comes from `find_attempt`; the caller checks permissions. Actions: start, stop, submit, decline, error,
    click_download_software, reset_attempt, ping. Raises StudentExamAttemptDoesNotExistsException,
    ProctoredExamIllegalStatusTransition, ProctoredBaseException for an unknown action, and for reset_attempt the
    exceptions of `lifecycle.reset`.
    """
    if action not in ACTIONS:
        raise ProctoredBaseException("There is no such action.")
    if action == "error":
        log.warning(
            "learner's browser reported an error, attempt_id=%s: %.500r", attempt.pk, detail
        )
    return ACTIONS[action](attempt, user)


def _transition(
    attempt: Attempt,
    user: User,
    to: str,
    only_from: frozenset[str],
    kept: frozenset[str] = frozenset(),
    *,
    is_locked: bool = False,
) -> int:
    """Change the status. `kept`: an attempt in one of these statuses stays unchanged, without an error.

    `is_locked`: the caller has read the attempt under the learner's lock.
    """
    try:
        moved = lifecycle.transition(
            attempt,
            to,
            only_from=only_from | {to},
            reason=lifecycle.LEARNER,
            user=user,
            is_locked=is_locked,
        )
    except ProctoredExamIllegalStatusTransition:
        attempt.refresh_from_db(fields=["status"])
        if attempt.status in kept:
            return attempt.pk
        raise
    return moved.pk


def _start(attempt: Attempt, user: User) -> int:
    _must_be_current(attempt)
    allowed = PRE_STARTED | {Status.ready_to_submit}
    if attempt.taking_as_proctored and not conf.proctoring.ALLOW_START_WITHOUT_SETUP:
        allowed = frozenset({Status.ready_to_start, Status.ready_to_submit})
    return _transition(attempt, user, Status.started, allowed)


def _must_be_current(attempt: Attempt) -> None:
    if _NEWEST.first(attempt.proctored_exam_id, attempt.user_id) != attempt.pk:
        raise ProctoredExamIllegalStatusTransition(
            f"Attempt {attempt.pk} is not the learner's current attempt in this exam."
        )


_NEWEST: CompiledOnce[int] = CompiledOnce(
    lambda exam_id, user_id: (
        Attempt.objects.of_pair(exam_id, user_id).newest_first().values_list("pk", flat=True)[:1]
    ),
    *(int, int),
)


def _stop(attempt: Attempt, user: User) -> int:
    return _transition(attempt, user, Status.ready_to_submit, frozenset({Status.started}))


def _submit(attempt: Attempt, user: User) -> int:
    """Submit the attempt. If it has already ended, accept the request: the timer of an outdated page submits
    automatically, and the learner would see an error for no reason.
    """
    kept = frozenset({Status.timed_out, Status.error})

    def submit() -> int:
        current = lifecycle.lock_attempt(attempt)
        if _may_page_be_outdated(current):
            log.info("attempt %s: still running, its page submitted at its former end", attempt.pk)
            return attempt.pk
        allowed = PRE_STARTED | IN_PROGRESS
        return _transition(current, user, Status.submitted, allowed, kept, is_locked=True)

    try:
        return lifecycle.locked(attempt.user_id, submit)
    except AttemptIsPaused:
        # A page that has not received the pause yet counts down and submits at zero, which the learner did not intend.
        if deadlines.seconds_left(attempt, timezone.now()) >= COUNTS_DOWN_SECONDS:
            raise
        return attempt.pk


def _may_page_be_outdated(attempt: Attempt) -> bool:
    """Return whether the time would be over by the state of two minutes ago, but has been extended since.

    Pages poll once a minute. One that has not received the change counts down and submits at zero. Learners who submit
    by hand have ended the exam before, so their attempts are ready to submit: the status counts as the caller has read it
    under the learner's lock.
    """
    if attempt.status != Status.started:
        return False
    now, rows = timezone.now(), deadlines.ledger(attempt)
    heard = now - datetime.timedelta(seconds=COUNTS_DOWN_SECONDS)
    known = [row for row in rows if row.created <= heard]
    before, after = (deadlines.from_ledger(attempt, some) for some in (known, rows))
    if before is None or after is None or deadlines.last_allotment(known) is None:
        return False
    is_former_end = SUBMITS_EARLIEST <= (now - before.ends_at).total_seconds() <= SUBMITS_LATEST
    return is_former_end and after.seconds_left(now) > 0


def _decline(attempt: Attempt, user: User) -> int:
    if _keeps_its_clock(attempt):
        return _submit(attempt, user) if attempt.started_at else attempt.pk
    allowed = PRE_STARTED | IN_PROGRESS if conf.proctoring.DECLINE_WHILE_RUNNING else PRE_STARTED
    return _transition(attempt, user, Status.declined, allowed)


def _keeps_its_clock(attempt: Attempt) -> bool:
    """A timed exam has no proctoring to decline or lose, so such a request must not end the attempt."""
    exam = attempt.proctored_exam
    return not exam.is_proctored and not conf.proctoring.TIMED_EXAM_FALLS_THROUGH


def _click_download(attempt: Attempt, user: User) -> int:
    """A ready attempt stays ready: the provider reports this only once, and the learner's page may be outdated."""
    if _keeps_its_clock(attempt):
        return attempt.pk
    ready = frozenset({Status.ready_to_start})
    return _transition(attempt, user, Status.download_software_clicked, PRE_STARTED - ready, ready)


def _error(attempt: Attempt, user: User) -> int | bool:
    """Record an error of the learner's browser. An error that arrives too late changes nothing."""
    if attempt.status not in INCOMPLETE:
        return False
    try:
        if _keeps_its_clock(attempt):
            return _submit(attempt, user) if attempt.started_at else False
        lifecycle.transition(
            attempt, Status.error, only_from=INCOMPLETE, reason=lifecycle.LEARNER, user=user
        )
    except ProctoredExamIllegalStatusTransition:
        return False
    return attempt.pk


def _reset(attempt: Attempt, user: User) -> int:
    _must_be_current(attempt)
    check_practice_limit(attempt.proctored_exam, attempt.user_id)
    return lifecycle.reset(attempt.proctored_exam, attempt.user, user).pk


def _ping(attempt: Attempt, _user: User) -> int:
    return attempt.pk


ACTIONS: Mapping[str, Callable[[Attempt, Any], int | bool]] = {
    "start": _start,
    "stop": _stop,
    "submit": _submit,
    "decline": _decline,
    "click_download_software": _click_download,
    "error": _error,
    "reset_attempt": _reset,
    "ping": _ping,
}


# Creation


def create_attempt_for_learner(
    exam_id: int, user: User, *, attempt_proctored: bool, start_clock: bool
) -> int:
    """Create an attempt for the learner and return its id; the second of two clicks gets the attempt of the first.

    A proctored exam that is not taken as proctored is declined. One taken as proctored starts later, regardless of
    `start_clock`, unless ALLOW_START_WITHOUT_SETUP is set. Raises the exceptions of `lifecycle.create`,
    ProctoredExamPermissionDenied, ProctoredExamNotActiveException, ProctoredExamNotFoundException.
    """
    exam = exam_by_id(exam_id)
    try:
        with host.cached_answers():
            _check_guards(exam, user, attempt_proctored)
            return _create(exam, user, attempt_proctored, start_clock)
    except StudentExamAttemptBeingCreated:
        if not transactions.owns():
            raise
        return _await_attempt(exam, user, attempt_proctored)


def _check_guards(exam: ProctoredExam, user: User, attempt_proctored: bool) -> None:
    known = deadlines.exam_fields(exam)
    if not exam.is_practice_exam and deadlines.is_past_due(known, user, timezone.now()):
        raise ProctoredExamPermissionDenied(
            f"Attempted to create an exam attempt for exam_id={exam.pk}, which is past due."
        )
    if conf.proctoring.REQUIRE_ENROLLMENT:
        if not exam.is_active:
            raise ProctoredExamNotActiveException(f"exam_id={exam.pk} is not active.")
        if not host.is_enrolled(user, exam.course_id):
            raise ProctoredExamPermissionDenied("You are not enrolled in this course.")
    if exam.is_proctored and attempt_proctored:
        _check_may_take_proctored(exam, user, known)


def _check_may_take_proctored(exam: ProctoredExam, user: User, known: ExamFacts) -> None:
    if not host.may_take_proctored(user, ProctoredExamSerializer.row(exam)):
        raise ProctoredExamPermissionDenied("You may not take this exam as a proctored exam.")
    status = None if exam.is_practice_exam else prerequisite_status(known, user.pk)
    if status and not status["are_prerequisites_satisifed"]:
        raise ProctoredExamPermissionDenied("Requirements that come before this exam are not met.")


def _create(exam: ProctoredExam, user: User, attempt_proctored: bool, start_clock: bool) -> int:
    check_practice_limit(exam, user.pk)
    if exam.is_proctored and not attempt_proctored:
        return create_declined(exam, user, lifecycle.LEARNER, by=user).pk
    try:
        return lifecycle.create(
            exam,
            user,
            taking_as_proctored=attempt_proctored,
            reason=lifecycle.LEARNER,
            by=user,
            starts=start_clock,
        ).pk
    except StudentExamAttemptBeingCreated:
        raise
    except StudentExamAttemptAlreadyExistsException:
        waiting = _waiting(exam, user) if start_clock else None
        if waiting is None:
            raise
        return _start(waiting, user)


def _waiting(exam: ProctoredExam, user: User) -> Attempt | None:
    """Return the learner's attempt in a timed exam that is created but not yet started."""
    newest: Attempt | None = Attempt.objects.of_pair(exam.pk, user.pk).newest_first().first()
    if newest is None or newest.status not in PRE_STARTED or not _keeps_its_clock(newest):
        return None
    return newest


def _await_attempt(exam: ProctoredExam, user: User, attempt_proctored: bool) -> int:
    """Wait, outside of transactions, for the concurrent creation and return its result."""
    reservation = ProctoringReservation.objects.of_pair(exam.pk, user.pk).first()
    if reservation is not None:
        _await_release(reservation)
    newest: Attempt | None = Attempt.objects.of_pair(exam.pk, user.pk).newest_first().first()
    basis = reservation.basis if reservation else ""
    if newest is None or f"{newest.pk} {newest.status}" == basis:
        raise BackendProviderCannotRegisterAttempt("the concurrent creation failed", 502)
    if newest.taking_as_proctored != attempt_proctored:
        raise StudentExamAttemptBeingCreated(
            f"Cannot create new exam attempt for exam_id={exam.pk} and user_id={user.pk} "
            f"in course_id={exam.course_id} because it already exists!"
        )
    return newest.pk


def _await_release(reservation: ProctoringReservation) -> None:
    """Wait until the creation that made this reservation has ended, but at most LONGEST_WAIT."""
    pair = ProctoringReservation.objects.of_pair(reservation.exam_id, reservation.user_id)
    until = time.monotonic() + LONGEST_WAIT
    while time.monotonic() < until and pair.filter(token=reservation.token).exists():
        time.sleep(0.1)
