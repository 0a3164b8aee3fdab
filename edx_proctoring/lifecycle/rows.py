"""Insert, update and delete attempt rows. Callers hold the learner's lock and have checked the rules.

Each function also writes a history row with the author and reason of the change. `insert` and `delete` trigger the
effects of the change; for `update`, `lifecycle.change` does.
"""

import logging
import uuid
from collections.abc import Collection

from edx_proctoring import effects, outbox
from edx_proctoring.backends.provider_info import provider_info
from edx_proctoring.compiled_queries import CompiledOnce
from edx_proctoring.effects import messages
from edx_proctoring.models import (
    HistoryNote,
    ProctoredExam,
    ProctoredExamReviewPolicy,
    ProctoredExamStudentAttempt,
    ProctoringReservation,
    delete_with_history,
    handled,
    save_with_history,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus
from edx_proctoring.types import AttemptChanges, User

log = logging.getLogger(__name__)

Attempt = ProctoredExamStudentAttempt
Status = ProctoredExamStudentAttemptStatus

# Reasons for a change, as stored in the history.
API, LEARNER, STAFF, PROVIDER, TIME_OUT, CASCADE, SWEEP = (
    "api",
    "learner",
    "staff",
    "provider",
    "time-out",
    "cascade",
    "sweep",
)
# Like CASCADE, if the learner personally declined the exam that caused the cascade.
LEARNERS_CASCADE = "cascade, learner"

# The ledger does not say who has ended a pause or break, so the history does. Ends by a change of many attempts, and of a
# break for which a pause begins, are told with that change.
CONTINUED = "continue"
CONTINUED_IN_BULK, CONTINUED_TO_PAUSE = f"{CONTINUED}, bulk", f"{CONTINUED}, paused"


def new_code() -> str:
    """Return a new attempt code that is hard to guess and has never been used before."""
    return str(uuid.uuid4()).upper()


def insert(
    exam: ProctoredExam,
    user: User,
    *,
    code: str,
    proctored: bool,
    reason: str,
    status: str = Status.created,
    external_id: str | None = None,
    seconds: int | None = None,
    policy_id: int | None = None,
    actor: User | None = None,
) -> Attempt:
    """Insert a new attempt. `seconds`: the time taken over from the attempt that it resumes."""
    attempt = Attempt(
        proctored_exam=exam,
        user=user,
        attempt_code=code,
        taking_as_proctored=proctored,
        is_sample_attempt=exam.is_practice_exam,
        external_id=external_id,
        review_policy_id=policy_id,
        status=status,
        time_remaining_seconds=seconds,
    )
    history_id = save_with_history(attempt, HistoryNote(reason or API, actor), force_insert=True)
    log.info(
        "attempt %s: created as %s, exam_id=%s user_id=%s (%s)",
        attempt.pk,
        attempt.status,
        exam.pk,
        user.pk,
        reason or API,
    )
    change = effects.Change(
        attempt=attempt,
        exam=exam,
        before=None,
        after=attempt.status,
        provider=provider_info(exam),
        external_id=attempt.external_id,
        history_id=history_id,
    )
    effects.perform(change, effects.plan(change))
    effects.tell_extensions(change)
    return attempt


def insert_unproctored(exam: ProctoredExam, user: User, *, reason: str) -> Attempt:
    """Insert a new attempt without registering it with a provider."""
    policy = ProctoredExamReviewPolicy.get_review_policy_for_exam(exam.pk)
    policy_id = policy.pk if policy else None
    return insert(exam, user, code=new_code(), proctored=False, reason=reason, policy_id=policy_id)


def update(
    attempt: Attempt, values: AttemptChanges, *, reason: str = "", user: User | None = None
) -> int:
    """Update these columns, and return the id of the new history row with the author and reason."""
    for name, value in values.items():
        setattr(attempt, name, value)
    return save_with_history(attempt, HistoryNote(reason, user), update_fields=list(values))


def delete(
    attempt: Attempt,
    by: User | None,
    *,
    tell_provider: bool,
    reason: str,
    resets_learner_state: bool | None = None,
    also: tuple[effects.Effect, ...] = (),
    only: Collection[str] | None = None,
) -> None:
    """Delete the attempt. `only` limits the effects to these kinds; by default all are triggered.

    By default, the learner's answers are deleted only with the current attempt, not with an older one.
    """
    exam, attempt_id = attempt.proctored_exam, attempt.pk
    if resets_learner_state is None:
        pair = Attempt.objects.of_pair(exam.pk, attempt.user_id).newest_first()
        resets_learner_state = pair.values_list("pk", flat=True).first() == attempt_id
    others = other_statuses(attempt)
    with handled(attempt):
        note = HistoryNote(reason, by)
        history_id = delete_with_history(attempt, note, attempt.delete_exam_attempt)
    attempt.pk = attempt_id  # receivers want to know which attempt it was
    log.info("attempt %s: %s -> removed (%s)", attempt_id, attempt.status, reason)
    ProctoringReservation.objects.void(exam.pk, attempt.user_id)
    outbox.cancel(messages.provider_order(attempt_id), messages.PROVIDER_NOTICE.name)
    change = effects.Change(
        attempt=attempt,
        exam=exam,
        before=attempt.status,
        after=None,
        others=others,
        provider=provider_info(exam),
        by=by,
        resets_learner_state=resets_learner_state,
        external_id=attempt.external_id if tell_provider else None,
        history_id=history_id,
    )
    planned = [effect for effect in effects.plan(change) if only is None or effect.kind in only]
    effects.perform(change, [*planned, *also])
    effects.tell_extensions(change)


def other_statuses(attempt: Attempt) -> tuple[str, ...]:
    """Return the statuses of the learner's other attempts in the exam, newest first."""
    return tuple(_OTHERS(attempt.proctored_exam_id, attempt.user_id, attempt.pk))


_OTHERS: CompiledOnce[str] = CompiledOnce(
    lambda exam_id, user_id, attempt_id: (
        Attempt.objects.of_pair(exam_id, user_id)
        .exclude(pk=attempt_id)
        .newest_first()
        .values_list("status", flat=True)
    ),
    *(int, int, int),
)


def has_begun(exam_id: int, user_id: int) -> bool:
    """Return whether the learner has ever started an attempt in the exam."""
    return bool(Attempt.objects.of_pair(exam_id, user_id).begun().exists())


def begun_exams(course_id: str, user_id: int) -> set[int]:
    """Return the ids of the course's exams in which the learner has ever started an attempt."""
    begun = Attempt.objects.filter(user_id=user_id, proctored_exam__course_id=course_id).begun()
    return set(begun.values_list("proctored_exam_id", flat=True))
