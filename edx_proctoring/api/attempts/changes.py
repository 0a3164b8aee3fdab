"""Changing attempts, for other Django code: no question is asked about who wants it."""

import logging
from collections.abc import Collection, Mapping, MutableMapping, Sequence
from typing import Any

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

log = logging.getLogger(__name__)

Attempt = ProctoredExamStudentAttempt
Requirements = Sequence[Mapping[str, Any]]
Status = ProctoredExamStudentAttemptStatus

JUMPTO_SUPPORTED_NAMESPACES = ["proctored_exam"]
UPDATABLE = {"is_status_acknowledged", "time_remaining_seconds"}


def create_exam_attempt(exam_id: int, user_id: int, taking_as_proctored: bool = False) -> int:
    """Create an attempt and return its id; the provider registers it first if it is taken as proctored.

    Raises ProctoredExamNotFoundException, UserNotFoundException, and what `lifecycle.create` raises.
    """
    exam, user = exam_by_id(exam_id), lifecycle.find_learner(user_id)
    return lifecycle.create(exam, user, taking_as_proctored=taking_as_proctored, reason="").pk


def start_exam_attempt(exam_id: int, user_id: int) -> int:
    """Start the learner's newest attempt and return its id.

    StudentExamAttemptDoesNotExistsException, StudentExamAttemptedAlreadyStarted.
    """
    return _start(
        Attempt.objects.get_current_exam_attempt(exam_id, user_id),
        f"Cannot start: user_id={user_id} has no attempt in exam_id={exam_id}.",
    )


def start_exam_attempt_by_code(attempt_code: str) -> int:
    """As start_exam_attempt, by attempt code."""
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
    """The learner has ended the exam, but not yet submitted it; returns the id."""
    return _update(attempt_id, Status.ready_to_submit)


def mark_exam_attempt_timeout(attempt_id: int) -> int:
    """The time is over: submitted, or timed out where the setting ALLOW_TIMED_OUT_STATE says so; returns the id."""
    return _update(attempt_id, Status.timed_out)


def mark_exam_attempt_as_ready(attempt_id: int) -> int:
    """The provider is ready; returns the id."""
    return _update(attempt_id, Status.ready_to_start, reason=lifecycle.PROVIDER)


def mark_ready_if_setting_up(attempt_id: int) -> None:
    """The provider is ready: an attempt that is being set up is so, too; any other stays as it is."""
    attempt = attempt_by_id(attempt_id)
    waiting = {Status.created, Status.download_software_clicked}
    _move_from(attempt, Status.ready_to_start, waiting)


def _move_from(attempt: Attempt, to: str, only_from: Collection[str]) -> None:
    try:
        lifecycle.transition(attempt, to, only_from=only_from, reason=lifecycle.PROVIDER)
    except ProctoredExamIllegalStatusTransition:
        log.info("attempt_id=%s stays %s, asked for %s", attempt.pk, attempt.status, to)


def _update(attempt_id: int, to: str, reason: str = "") -> int:
    return lifecycle.transition(attempt_by_id(attempt_id), to, reason=reason).pk


def update_attempt_status(
    attempt_id: int,
    to_status: str,
    raise_if_not_found: bool = True,
    cascade_effects: bool = True,
    timeout_timestamp: Any = None,
    update_attributable_to: Any = None,
    reason: str = "",
) -> int | None:
    """Move the attempt to a status, with all that follows; returns its id.

    `update_attributable_to` is the user behind a grade override, `reason` goes to the history. Raises
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
    """The status now, and the one that `update_attempt_status` would lead to; changes nothing and raises the same."""
    attempt = attempt_by_id(attempt_id)
    return attempt.status, lifecycle.outcome(attempt, to_status)


def update_exam_attempt(attempt_id: int, **kwargs: Any) -> None:
    """Set `is_status_acknowledged` or `time_remaining_seconds`.

    Anything else: ProctoredExamPermissionDenied. StudentExamAttemptDoesNotExistsException.
    """
    forbidden = sorted(set(kwargs) - UPDATABLE)
    if forbidden:
        raise ProctoredExamPermissionDenied(
            f"{', '.join(forbidden)} of attempt_id={attempt_id} cannot be updated."
        )
    lifecycle.annotate(attempt_by_id(attempt_id), kwargs)


def mark_exam_attempt_as_ready_to_resume(attempt_id: int, by: Any = None) -> int:
    """Permit the learner to go on in a new attempt; returns the id. ProctoredExamIllegalResumeUpdate."""
    return lifecycle.ready_to_resume(attempt_by_id(attempt_id), user=by).pk


def mark_exam_attempt_as_resumed(attempt_id: int) -> int:
    """Note that a later attempt goes on where this one broke off; returns the id. ProctoredExamIllegalResumeUpdate."""
    return lifecycle.resumed(attempt_by_id(attempt_id)).pk


def remove_exam_attempt(
    attempt_id: int, requesting_user: Any, require_backend_removal: bool = True
) -> None:
    """Remove the attempt at the provider and here, with the learner's answers, grade override and credit.

    Raises StudentExamAttemptDoesNotExistsException, BackendProviderCannotRemoveAttempt (nothing is removed then; not
    with `require_backend_removal=False`: the provider is told later).
    """
    attempt = _attempt_to_remove(attempt_id)
    lifecycle.remove(attempt, requesting_user, strict=require_backend_removal)


def remove_exam_attempt_or_keep_at_provider(attempt_id: int, requesting_user: Any) -> None:
    """As remove_exam_attempt; a provider that has no way to remove attempts keeps its record, and the history says so."""
    lifecycle.remove(_attempt_to_remove(attempt_id), requesting_user, keep_at_provider=True)


def _attempt_to_remove(attempt_id: int) -> Attempt:
    return attempt_by_id(attempt_id, f"Cannot remove attempt_id={attempt_id}: it does not exist.")


def remove_exam_attempts(
    exam_id: int, user_id: int, requesting_user: Any, *, keep_at_provider: bool = False
) -> int:
    """Remove all attempts of the learner in the exam, newest first; returns how many.

    Stops at the first one that the provider does not confirm; what is removed by then stays so. Raises as above.
    `keep_at_provider` as in remove_exam_attempt_or_keep_at_provider.
    """
    attempts = list(Attempt.objects.get_user_attempts_by_exam_id(user_id, exam_id))
    for attempt in attempts:
        lifecycle.remove(attempt, requesting_user, keep_at_provider=keep_at_provider)
    return len(attempts)


def tell_attempt_deleted(attempt: Attempt) -> None:
    """For receivers of the model's signals: hold the learner's lock until the row is gone, and have its provider told."""
    lifecycle.locked(attempt.user_id, lambda: lifecycle.tell_deleted(attempt))


def reset_practice_exam(exam_id: int, user_id: int, requesting_user: Any) -> int:
    """Put the learner's practice attempt aside and return the id of a new one; both happen, or neither."""
    exam, user = exam_by_id(exam_id), lifecycle.find_learner(user_id)
    return lifecycle.reset(exam, user, requesting_user).pk


def retry_messages(message_ids: list[int]) -> int:
    """Deliver messages that wait or were given up; returns how many."""
    return outbox.retry(message_ids)


# Prerequisites


def prerequisite_status(
    exam: Mapping[str, Any], user_id: int, requirements: Requirements | None = None
) -> dict[str, Any] | None:
    """What the learner has done of the credit requirements before this exam; None where the host keeps no credit.

    `requirements`: what the caller knows of them; without any the host's credit service is asked.
    """
    if not requirements:
        state = host.credit_state(user_id, exam["course_id"])
        if not state:
            return None
        requirements = state.get("credit_requirement_status") or []
    return prerequisites.evaluate(requirements, exam["content_id"], ["grade"])


def check_prerequisites(exam: MutableMapping[str, Any], user_id: int) -> MutableMapping[str, Any]:
    """Add `prerequisite_status` to the exam and return it; a declined prerequisite declines this exam, too."""
    return check_requirements(exam, user_id)


def check_requirements(
    exam: MutableMapping[str, Any], user_id: int, requirements: Requirements | None = None
) -> MutableMapping[str, Any]:
    """The same; `requirements` as of `prerequisite_status`."""
    status = described_prerequisites(exam, user_id, requirements)
    if status is not None:
        exam["prerequisite_status"] = status
        if declined := status["declined_prerequisites"]:
            is_own = all(_has_opted_out_of(entry, exam, user_id) for entry in declined)
            reason = lifecycle.LEARNERS_CASCADE if is_own else lifecycle.CASCADE
            decline_unattempted(exam["id"], user_id, reason)
    return exam


def with_opting_out_forbidden(
    status: Mapping[str, Any], exam: Mapping[str, Any], user_id: int
) -> dict[str, Any]:
    """This `prerequisite_status` where the host allows no opting out: exams that she declined herself are pending."""
    declined = status["declined_prerequisites"]
    own = [entry for entry in declined if _has_opted_out_of(entry, exam, user_id)]
    others = [entry for entry in declined if entry not in own]
    pending = [*status["pending_prerequisites"], *own]
    return _with_addresses(
        {**status, "declined_prerequisites": others, "pending_prerequisites": pending}, exam
    )


def _has_opted_out_of(entry: Mapping[str, Any], exam: Mapping[str, Any], user_id: int) -> bool:
    """Is the requirement an exam that the learner declined herself?"""
    if entry.get("namespace") != "proctored_exam":
        return False
    known = ProctoredExam.get_exam_by_content_id(exam["course_id"], entry.get("name"))
    return known is not None and lifecycle.has_opted_out(known.pk, user_id)


def described_prerequisites(
    exam: Mapping[str, Any], user_id: int, requirements: Requirements | None = None
) -> dict[str, Any] | None:
    """`prerequisite_status` with `jumpto_url` at what is missing, unless something is declined. Changes nothing."""
    status = prerequisite_status(exam, user_id, requirements)
    return None if status is None else _with_addresses(status, exam)


def _with_addresses(status: dict[str, Any], exam: Mapping[str, Any]) -> dict[str, Any]:
    if not status["declined_prerequisites"]:
        for entry in status["failed_prerequisites"] or status["pending_prerequisites"]:
            entry["jumpto_url"] = _jumpto_url(entry, exam["course_id"])
    return status


def _jumpto_url(entry: Mapping[str, Any], course_id: object) -> str | None:
    name = entry.get("name")
    if not name or entry.get("namespace") not in JUMPTO_SUPPORTED_NAMESPACES:
        return None
    return links.reverse_or_empty("jump_to", args=[course_id, name]) or None


def decline_unattempted(exam_id: int, user_id: int, reason: str = lifecycle.CASCADE) -> int | None:
    """Decline an exam that the learner has no attempt in; returns the attempt's id, or None when there was one.

    Both steps in one transaction; repeating it changes nothing.
    """
    exam, user = exam_by_id(exam_id), lifecycle.find_learner(user_id)
    try:
        return create_declined(exam, user, reason).pk
    except StudentExamAttemptAlreadyExistsException:
        return None


def create_declined(exam: ProctoredExam, user: Any, reason: str, by: Any = None) -> Attempt:
    """An attempt that is declined from the start, with the cascade."""

    def create_and_decline() -> Attempt:
        attempt = lifecycle.create(exam, user, taking_as_proctored=False, reason=reason, by=by)
        return lifecycle.transition(
            attempt, Status.declined, reason=reason, user=by, is_locked=True
        )

    return lifecycle.locked(user.pk, create_and_decline)
