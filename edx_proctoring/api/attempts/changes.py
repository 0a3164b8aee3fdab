"""Change attempts, for other Django code. These functions do not check permissions."""

import datetime
import logging
from collections.abc import Collection, Sequence
from typing import Unpack

from edx_proctoring import host, lifecycle, links, outbox, prerequisites
from edx_proctoring.api.lookup import attempt_by_id, exam_by_id
from edx_proctoring.exceptions import (
    ProctoredExamIllegalStatusTransition,
    ProctoredExamPermissionDenied,
    StudentExamAttemptAlreadyExistsException,
    StudentExamAttemptDoesNotExistsException,
    StudentExamAttemptedAlreadyStarted,
)
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus
from edx_proctoring.types import (
    AttemptChanges,
    ExamFacts,
    ExamWithPrerequisites,
    PrerequisitesDict,
    Requirement,
    User,
)

log = logging.getLogger(__name__)

Attempt = ProctoredExamStudentAttempt
Requirements = Sequence[Requirement]
Status = ProctoredExamStudentAttemptStatus

JUMPTO_SUPPORTED_NAMESPACES = ["proctored_exam"]
UPDATABLE = {"is_status_acknowledged", "time_remaining_seconds"}


def create_exam_attempt(exam_id: int, user_id: int, taking_as_proctored: bool = False) -> int:
    """Create an attempt and return its id. If it is taken as proctored, it is registered with the provider first.

    Raises ProctoredExamNotFoundException, UserNotFoundException, and the exceptions of `lifecycle.create`.
    """
    exam, user = exam_by_id(exam_id), lifecycle.find_learner(user_id)
    return lifecycle.create(exam, user, taking_as_proctored=taking_as_proctored, reason="").pk


def start_exam_attempt(exam_id: int, user_id: int) -> int:
    """Start the learner's newest attempt and return its id.

    Raises StudentExamAttemptDoesNotExistsException, StudentExamAttemptedAlreadyStarted.
    """
    return _start(
        Attempt.objects.get_current_exam_attempt(exam_id, user_id),
        f"Cannot start: user_id={user_id} has no attempt in exam_id={exam_id}.",
    )


def start_exam_attempt_by_code(attempt_code: str) -> int:
    """Like start_exam_attempt, by attempt code."""
    attempt = Attempt.objects.get_exam_attempt_by_code(attempt_code)
    return _start(attempt, f"Cannot start: there is no attempt with attempt_code={attempt_code}.")


def _start(attempt: Attempt | None, missing: str) -> int:
    if attempt is None:
        raise StudentExamAttemptDoesNotExistsException(missing)
    if attempt.status == Status.started and attempt.started_at:
        raise StudentExamAttemptedAlreadyStarted(
            f"Attempt {attempt.pk} of exam_id={attempt.proctored_exam_id} has already started."
        )
    return lifecycle.transition(attempt, Status.started).pk


def stop_exam_attempt(attempt_id: int) -> int:
    """End the exam for the learner without submitting the attempt yet; return the attempt's id."""
    return _update(attempt_id, Status.ready_to_submit)


def mark_exam_attempt_timeout(attempt_id: int) -> int:
    """End the attempt because its time is over: submitted, or timed out if ALLOW_TIMED_OUT_STATE is set. Return its id."""
    return _update(attempt_id, Status.timed_out)


def mark_exam_attempt_as_ready(attempt_id: int) -> int:
    """Mark the attempt as ready to start; return its id."""
    return _update(attempt_id, Status.ready_to_start, reason=lifecycle.PROVIDER)


def mark_ready_if_setting_up(attempt_id: int) -> None:
    """Mark an attempt as ready to start if it is still being set up; attempts in other statuses stay unchanged."""
    attempt = attempt_by_id(attempt_id)
    waiting = {Status.created, Status.download_software_clicked}
    _move_from(attempt, Status.ready_to_start, waiting)


def _move_from(attempt: Attempt, to: str, only_from: Collection[str]) -> None:
    try:
        lifecycle.transition(attempt, to, only_from=only_from, reason=lifecycle.PROVIDER)
    except ProctoredExamIllegalStatusTransition:
        log.info("attempt_id=%s keeps status %s, requested was %s", attempt.pk, attempt.status, to)


def _update(attempt_id: int, to: str, reason: str = "") -> int:
    return lifecycle.transition(attempt_by_id(attempt_id), to, reason=reason).pk


def update_attempt_status(
    attempt_id: int,
    to_status: str,
    raise_if_not_found: bool = True,
    cascade_effects: bool = True,
    timeout_timestamp: datetime.datetime | None = None,
    update_attributable_to: User | None = None,
    reason: str = "",
) -> int | None:
    """Move the attempt to a status, with all effects; return its id.

    `update_attributable_to` is the user behind a grade override, `reason` is stored in the history. Raises
    ProctoredExamIllegalStatusTransition and, unless told otherwise, StudentExamAttemptDoesNotExistsException.
    """
    try:
        attempt = attempt_by_id(attempt_id)
    except StudentExamAttemptDoesNotExistsException:
        if raise_if_not_found:
            raise
        return None
    changed = lifecycle.transition(
        attempt,
        to_status,
        by=update_attributable_to,
        at=timeout_timestamp,
        cascade=cascade_effects,
        reason=reason,
        user=update_attributable_to,
    )
    return changed.pk


def planned_status(attempt_id: int, to_status: str) -> tuple[str, str]:
    """Return the current status and the one that `update_attempt_status` would set, or raise what it would raise."""
    attempt = attempt_by_id(attempt_id)
    return attempt.status, lifecycle.outcome(attempt, to_status)


def update_exam_attempt(attempt_id: int, **kwargs: Unpack[AttemptChanges]) -> None:
    """Set `is_status_acknowledged` or `time_remaining_seconds`.

    Raises ProctoredExamPermissionDenied for other fields, and StudentExamAttemptDoesNotExistsException.
    """
    forbidden = sorted(set(kwargs) - UPDATABLE)
    if forbidden:
        raise ProctoredExamPermissionDenied(
            f"{', '.join(forbidden)} of attempt_id={attempt_id} cannot be updated."
        )
    lifecycle.annotate(attempt_by_id(attempt_id), kwargs)


def mark_exam_attempt_as_ready_to_resume(attempt_id: int, by: User | None = None) -> int:
    """Allow the learner to continue in a new attempt; return the id. Raises ProctoredExamIllegalResumeUpdate."""
    return lifecycle.ready_to_resume(attempt_by_id(attempt_id), user=by).pk


def mark_exam_attempt_as_resumed(attempt_id: int) -> int:
    """Record that a later attempt continues this one; return the id. Raises ProctoredExamIllegalResumeUpdate."""
    return lifecycle.resumed(attempt_by_id(attempt_id)).pk


def remove_exam_attempt(
    attempt_id: int, requesting_user: User | None, require_backend_removal: bool = True
) -> None:
    """Remove the attempt at the provider and here, with the learner's answers, grade override and credit.

    Raises StudentExamAttemptDoesNotExistsException, and BackendProviderCannotRemoveAttempt without removing anything.
    With `require_backend_removal=False` the provider is notified later instead.
    """
    attempt = _attempt_to_remove(attempt_id)
    lifecycle.remove(attempt, requesting_user, strict=require_backend_removal)


def remove_exam_attempt_or_keep_at_provider(attempt_id: int, requesting_user: User | None) -> None:
    """Like remove_exam_attempt, but if the provider cannot remove attempts it keeps its record and the history says so."""
    lifecycle.remove(_attempt_to_remove(attempt_id), requesting_user, keep_at_provider=True)


def _attempt_to_remove(attempt_id: int) -> Attempt:
    return attempt_by_id(attempt_id, f"Cannot remove attempt_id={attempt_id}: it does not exist.")


def remove_exam_attempts(
    exam_id: int, user_id: int, requesting_user: User | None, *, keep_at_provider: bool = False
) -> int:
    """Remove all attempts of the learner in the exam, newest first; return how many.

    Stops at the first attempt that the provider does not confirm; those already removed stay removed. Raises the same
    as remove_exam_attempt. `keep_at_provider` works as in remove_exam_attempt_or_keep_at_provider.
    """
    attempts = list(Attempt.objects.get_user_attempts_by_exam_id(user_id, exam_id))
    for attempt in attempts:
        lifecycle.remove(attempt, requesting_user, keep_at_provider=keep_at_provider)
    return len(attempts)


def tell_attempt_deleted(attempt: Attempt) -> None:
    """For signal receivers: hold the learner's lock until the row is deleted, and notify its provider."""
    lifecycle.locked(attempt.user_id, lambda: lifecycle.tell_deleted(attempt))


def reset_practice_exam(exam_id: int, user_id: int, requesting_user: User | None) -> int:
    """Set the learner's practice attempt aside and return the id of a new one, in one transaction."""
    exam, user = exam_by_id(exam_id), lifecycle.find_learner(user_id)
    return lifecycle.reset(exam, user, requesting_user).pk


def retry_messages(message_ids: list[int]) -> int:
    """Retry pending and given-up messages now; return how many."""
    return outbox.retry(message_ids)


# Prerequisites


def prerequisite_status(
    exam: ExamFacts, user_id: int, requirements: Requirements | None = None
) -> PrerequisitesDict | None:
    """Return the learner's progress in the credit requirements before this exam; None if the host has no credit
    service.

    `requirements`: the requirements if the caller has them; otherwise the credit service is called.
    """
    if not requirements:
        state = host.credit_state(user_id, exam["course_id"])
        if not state:
            return None
        requirements = state.get("credit_requirement_status") or []
    return prerequisites.evaluate(requirements, exam["content_id"], ["grade"])


def check_prerequisites(exam: ExamWithPrerequisites, user_id: int) -> ExamWithPrerequisites:
    """Add `prerequisite_status` to the exam and return it; a declined prerequisite also declines this exam."""
    return check_requirements(exam, user_id)


def check_requirements(
    exam: ExamWithPrerequisites, user_id: int, requirements: Requirements | None = None
) -> ExamWithPrerequisites:
    """Do the same; `requirements` as for `prerequisite_status`."""
    status = described_prerequisites(exam, user_id, requirements)
    if status is not None:
        exam["prerequisite_status"] = status
        if declined := status["declined_prerequisites"]:
            is_own = all(_has_opted_out_of(entry, exam, user_id) for entry in declined)
            reason = lifecycle.LEARNERS_CASCADE if is_own else lifecycle.CASCADE
            decline_unattempted(exam["id"], user_id, reason)
    return exam


def with_opting_out_forbidden(
    status: PrerequisitesDict, exam: ExamFacts, user_id: int
) -> PrerequisitesDict:
    """Adjust this `prerequisite_status` for courses without opting out: exams the learner personally declined are
    pending.
    """
    declined = status["declined_prerequisites"]
    own = [entry for entry in declined if _has_opted_out_of(entry, exam, user_id)]
    others = [entry for entry in declined if entry not in own]
    pending = [*status["pending_prerequisites"], *own]
    return _with_addresses(
        {**status, "declined_prerequisites": others, "pending_prerequisites": pending}, exam
    )


def _has_opted_out_of(entry: Requirement, exam: ExamFacts, user_id: int) -> bool:
    """Return whether the requirement is an exam that the learner personally declined."""
    if entry.get("namespace") != "proctored_exam":
        return False
    known = ProctoredExam.get_exam_by_content_id(exam["course_id"], entry.get("name"))
    return known is not None and lifecycle.has_opted_out(known.pk, user_id)


def described_prerequisites(
    exam: ExamFacts, user_id: int, requirements: Requirements | None = None
) -> PrerequisitesDict | None:
    """Return `prerequisite_status`, with `jumpto_url` in unmet requirements unless one is declined. Changes nothing."""
    status = prerequisite_status(exam, user_id, requirements)
    return None if status is None else _with_addresses(status, exam)


def _with_addresses(status: PrerequisitesDict, exam: ExamFacts) -> PrerequisitesDict:
    if not status["declined_prerequisites"]:
        for entry in status["failed_prerequisites"] or status["pending_prerequisites"]:
            entry["jumpto_url"] = _jumpto_url(entry, exam["course_id"])
    return status


def _jumpto_url(entry: Requirement, course_id: object) -> str | None:
    name = entry.get("name")
    if not name or entry.get("namespace") not in JUMPTO_SUPPORTED_NAMESPACES:
        return None
    return links.reverse_or_empty("jump_to", args=[course_id, name]) or None


def decline_unattempted(exam_id: int, user_id: int, reason: str = lifecycle.CASCADE) -> int | None:
    """Decline an exam that the learner has no attempt in; return the new attempt's id, or None if there is an attempt.

    Both steps run in one transaction; repeating the call changes nothing.
    """
    exam, user = exam_by_id(exam_id), lifecycle.find_learner(user_id)
    try:
        return create_declined(exam, user, reason).pk
    except StudentExamAttemptAlreadyExistsException:
        return None


def create_declined(
    exam: ProctoredExam, user: User, reason: str, by: User | None = None
) -> Attempt:
    """Create an attempt that is declined from the start, with the cascade to other exams."""

    def create_and_decline() -> Attempt:
        attempt = lifecycle.create(exam, user, taking_as_proctored=False, reason=reason, by=by)
        return lifecycle.transition(
            attempt, Status.declined, reason=reason, user=by, is_locked=True
        )

    return lifecycle.locked(user.pk, create_and_decline)
