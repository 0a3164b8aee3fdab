"""Actions of course staff: reset, resume and end attempts, one or many. These functions do not check permissions."""

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from edx_proctoring import lifecycle
from edx_proctoring.api.attempts.details import possible_actions
from edx_proctoring.api.attempts.pages import shown_attempt
from edx_proctoring.api.attempts.time_changes import clocks_of
from edx_proctoring.api.bulk import error_of
from edx_proctoring.api.lookup import is_id
from edx_proctoring.exceptions import (
    AttemptActionNotPossible,
    ProctoredBaseException,
    ProctoredExamIllegalResumeUpdate,
    ProctoredExamIllegalStatusTransition,
    StudentExamAttemptDoesNotExistsException,
)
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.statuses import IN_PROGRESS, ProctoredExamStudentAttemptStatus
from edx_proctoring.types import User

Attempt = ProctoredExamStudentAttempt
Status = ProctoredExamStudentAttemptStatus

RESET, RESUME, END = "reset", "resume", "end"
LONGEST_REASON = 80  # the history's column has 100 characters
SECONDS_FOR_MANY = 25  # web servers and proxies give up after 30 to 60

DONE, POSSIBLE, FAILED, NOT_TRIED = "done", "possible", "failed", "not_tried"


@dataclass(frozen=True)
class ActionResult:
    """The result for one attempt. `error` is the reason if it failed."""

    attempt_id: int
    outcome: str
    attempt: Attempt | None = None
    error: ProctoredBaseException | None = None


def act_on_attempt(
    course_id: object,
    attempt_id: int,
    action: str,
    *,
    by: User,
    reason: str = "",
    keep_at_provider: bool = False,
) -> None:
    """Reset, resume or end the attempt of this course.

    `reset` removes all attempts of the learner in the exam, at the provider first; `resume` permits the learner to
    continue in a new attempt; `end` submits an attempt in progress. `reason` (at most LONGEST_REASON characters) is
    stored in the history. `keep_at_provider`: see `remove_exam_attempt_or_keep_at_provider`. Raises
    StudentExamAttemptDoesNotExistsException, AttemptActionNotPossible, BackendProviderCannotRemoveAttempt.
    """
    attempt = _in_course(course_id, [attempt_id]).get(attempt_id)
    if attempt is None:
        raise _missing(attempt_id)
    _act(attempt, action, by, reason, keep_at_provider=keep_at_provider)


def act_on_attempts(
    course_id: object,
    attempt_ids: Iterable[int],
    action: str,
    *,
    by: User,
    reason: str = "",
    keep_at_provider: bool = False,
    is_preview: bool = False,
) -> list[ActionResult]:
    """Do the same for many attempts, each on its own; return one result per attempt, in the given order.

    Attempts that are not reached within SECONDS_FOR_MANY are not tried. `is_preview`: change nothing, and report for
    which attempts the action is possible by their status.
    """
    ids = list(dict.fromkeys(attempt_ids))
    attempts = _in_course(course_id, ids)
    if is_preview:
        return _preview(ids, attempts, action)
    until = time.monotonic() + SECONDS_FOR_MANY
    results = []
    for attempt_id in ids:
        known = attempts.get(attempt_id)
        if known is None:
            results.append(ActionResult(attempt_id, FAILED, error=_missing(attempt_id)))
        elif time.monotonic() > until:
            results.append(ActionResult(attempt_id, NOT_TRIED, known))
        else:
            results.append(_tried(known, action, by, reason, keep_at_provider=keep_at_provider))
    return results


def _preview(
    ids: Iterable[int], attempts: Mapping[int, Attempt], action: str
) -> list[ActionResult]:
    newest = _newest_of(attempts.values())
    clocks = clocks_of(attempts.values())
    results = []
    for attempt_id in ids:
        known = attempts.get(attempt_id)
        if known is None:
            results.append(ActionResult(attempt_id, FAILED, error=_missing(attempt_id)))
            continue
        shown = shown_attempt(known, clocks.get(attempt_id))
        possible = possible_actions(shown, is_newest=attempt_id in newest, is_paused=False)
        error = None if action in possible else _not_possible(shown, action)
        results.append(ActionResult(attempt_id, FAILED if error else POSSIBLE, known, error))
    return results


def _newest_of(attempts: Collection[Attempt]) -> set[int]:
    """Return the ids of those that are the newest of their learner and exam."""
    rows = Attempt.objects.filter(pk__in=[one.pk for one in attempts]).latest_per_learner()
    return set(rows.values_list("pk", flat=True))


def _tried(
    attempt: Attempt, action: str, by: User, reason: str, *, keep_at_provider: bool
) -> ActionResult:
    def act() -> None:
        _act(attempt, action, by, reason, keep_at_provider=keep_at_provider)

    error = error_of(act, f"attempt_id={attempt.pk}")
    return ActionResult(attempt.pk, FAILED if error else DONE, attempt, error)


def _in_course(course_id: object, ids: Iterable[int]) -> dict[int, Attempt]:
    rows = Attempt.objects.in_course(course_id).with_parts()
    return {one.pk: one for one in rows.filter(pk__in=[number for number in ids if is_id(number)])}


def _missing(attempt_id: int) -> ProctoredBaseException:
    return StudentExamAttemptDoesNotExistsException(
        f"The course has no attempt with id={attempt_id}."
    )


def _not_possible(attempt: Attempt, action: str) -> AttemptActionNotPossible:
    return AttemptActionNotPossible(
        f"The attempt of {attempt.user.get_username()} is {attempt.status}: "
        f"{action} is not possible. Nothing was changed."
    )


def _act(attempt: Attempt, action: str, by: User, reason: str, *, keep_at_provider: bool) -> None:
    if action == RESET:
        _reset(attempt, by, reason, keep_at_provider=keep_at_provider)
        return
    work: Callable[[], object] = {
        RESUME: lambda: _resume(attempt, by, reason),
        END: lambda: _end(attempt, by, reason),
    }[action]
    try:
        work()
    except (ProctoredExamIllegalResumeUpdate, ProctoredExamIllegalStatusTransition) as error:
        attempt.refresh_from_db(fields=["status"])
        raise _not_possible(attempt, action) from error


def _reset(attempt: Attempt, by: User, reason: str, *, keep_at_provider: bool) -> None:
    """Remove all attempts, the current one last: until then, the learner's answers and grade stay as they are, so that a
    provider that fails midway leaves a state from which the reset can be repeated.
    """
    pair = Attempt.objects.of_pair(attempt.proctored_exam_id, attempt.user_id)
    note = _note(lifecycle.STAFF, reason)
    for one in reversed(pair.with_parts().newest_first()):
        lifecycle.remove(one, by, keep_at_provider=keep_at_provider, reason=note)


def _resume(attempt: Attempt, by: User, reason: str) -> None:
    if attempt.proctored_exam.is_practice_exam:
        raise _not_possible(attempt, RESUME)
    lifecycle.ready_to_resume(attempt, reason=_note(lifecycle.STAFF, reason), user=by)


def _end(attempt: Attempt, by: User, reason: str) -> None:
    # Unlike STAFF alone, this reason leaves a later review by the provider in force.
    note = _note(f"{lifecycle.STAFF}, ended", reason)
    lifecycle.transition(
        attempt, Status.submitted, only_from=IN_PROGRESS, reason=note, by=by, user=by
    )


def _note(code: str, reason: str) -> str:
    """Return the history's reason: a code, and the text that staff wrote."""
    text = " ".join(reason.split())
    return f"{code}: {text}" if text else code
