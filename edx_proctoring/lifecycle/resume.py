"""Resume an interrupted attempt: staff permit it, and the learner's next attempt continues with the remaining time."""

from typing import Any

from edx_proctoring import effects
from edx_proctoring.exceptions import ProctoredExamIllegalResumeUpdate
from edx_proctoring.lifecycle import rows
from edx_proctoring.lifecycle.locking import lock_attempt, locked
from edx_proctoring.lifecycle.rows import STAFF, Attempt
from edx_proctoring.types import AttemptChanges, User


def ready_to_resume(attempt: Attempt, *, reason: str = STAFF, user: User | None = None) -> Attempt:
    """Allow the learner to continue in a new attempt. Raises ProctoredExamIllegalResumeUpdate if the attempt is not
    resumable.
    """

    def permit() -> Attempt:
        current = lock_attempt(attempt)
        if not current.is_resumable:
            raise ProctoredExamIllegalResumeUpdate(
                f"Attempt {current.pk} cannot be made ready to resume: it is not resumable."
            )
        changes: AttemptChanges = {"ready_to_resume": True, "is_resumable": False}
        history_id = rows.update(current, changes, reason=reason, user=user)
        effects.tell_of_resuming(current, history_id)
        return current

    return locked(attempt.user_id, permit)


def resumed(attempt: Attempt, *, reason: str = "", user: User | None = None) -> Attempt:
    """Record that a later attempt continues this one; may be repeated.

    Raises ProctoredExamIllegalResumeUpdate if the attempt is not being resumed.
    """
    return locked(
        attempt.user_id, lambda: mark_resumed(lock_attempt(attempt), reason=reason, user=user)
    )


def is_in_resume_process(attempt: Attempt) -> bool:
    """Return whether another attempt may continue this one or already does."""
    return bool(attempt.ready_to_resume or attempt.resumed)


def mark_resumed(attempt: Attempt, *, reason: str = "", user: User | None = None) -> Attempt:
    """Do the same as `resumed`; the caller holds the learner's lock."""
    if not is_in_resume_process(attempt):
        raise ProctoredExamIllegalResumeUpdate(
            f"Attempt {attempt.pk} cannot be marked as resumed: it is not ready to resume."
        )
    # A repetition must not add a row to the history.
    if not attempt.resumed or attempt.is_resumable:
        rows.update(attempt, {"resumed": True, "is_resumable": False}, reason=reason, user=user)
    return attempt


def annotate(attempt: Attempt, values: AttemptChanges, *, reason: str = "") -> Attempt:
    """Store columns that no rule depends on (`is_status_acknowledged`, `time_remaining_seconds`)."""

    def store() -> Attempt:
        current = lock_attempt(attempt)
        changed: Any = {
            name: value for name, value in values.items() if getattr(current, name) != value
        }
        if changed:
            rows.update(current, changed, reason=reason)
        return current

    return locked(attempt.user_id, store)
