"""Map a change to its effects, purely: no access to the database, the host or providers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum, auto
from typing import Any

from edx_proctoring.backends.provider_info import ProviderInfo
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.statuses import COMPLETED, ProctoredExamStudentAttemptStatus
from edx_proctoring.types import User

Status = ProctoredExamStudentAttemptStatus

CREDIT_WORDS = {
    Status.verified: "satisfied",
    Status.submitted: "submitted",
    Status.declined: "declined",
    Status.rejected: "failed",
    Status.error: "failed",
}
MAILED = (Status.submitted, Status.verified, Status.rejected)
NOTICES = {
    Status.submitted: "stop_exam_attempt",
    Status.timed_out: "stop_exam_attempt",
    Status.error: "mark_erroneous_exam_attempt",
}


@dataclass(frozen=True)
class Change:
    """A change of an attempt, as decided under the learner's lock."""

    attempt: ProctoredExamStudentAttempt
    exam: ProctoredExam
    before: str | None  # None if the attempt was just created
    after: str | None  # None if the attempt was just removed
    history_id: int = 0  # of the history row that the change wrote; 0 without one
    others: Sequence[str] = ()  # statuses of the learner's other attempts in the exam, newest first
    provider: ProviderInfo | None = None
    first_start: bool = False
    first_completion: bool = False
    cascade: bool = True
    by: User | None = None  # the user a grade override is attributed to, or who removed the attempt
    override_active: bool = (
        False  # has this app zeroed the grade after a rejection, without undoing it since?
    )
    resets_learner_state: bool = False
    external_id: str | None = (
        None  # the provider's id before the change; also None if it was already cleared
    )


class EffectKind(StrEnum):
    """The kinds of effects; each kind has a performer."""

    COMPLETION = auto()
    CREDIT = auto()
    GRADE = auto()
    LEARNER_STATE = auto()
    EMAIL = auto()
    PROVIDER_NOTICE = auto()
    PROVIDER_REMOVAL = auto()
    EVENT = auto()
    SIGNAL = auto()
    DECLINE_THE_REST = auto()
    CLEAR_ONBOARDING_ERRORS = auto()


@dataclass(frozen=True)
class Effect:
    """One thing to do."""

    kind: EffectKind
    value: Mapping[str, Any] = field(default_factory=dict)


def updates_credit_grades_and_email(
    statuses: Sequence[str], to_status: str | None, is_practice_exam: bool
) -> bool:
    """Return whether credit, cascade, grade, certificate and e-mail apply. `statuses`: all attempts, including the
    changed one.
    """
    if is_practice_exam or len(statuses) == 1 or to_status in (Status.declined, Status.error):
        return True
    if to_status == Status.submitted:
        return Status.rejected not in statuses
    if to_status == Status.verified:
        return all(status == Status.verified for status in statuses)
    if to_status == Status.rejected:
        return list(statuses).count(Status.rejected) <= 1 and Status.declined not in statuses
    return False


def asks_for_others(
    attempt: ProctoredExamStudentAttempt, exam: ProctoredExam, to_status: str | None
) -> bool:
    """Return whether the effects of this status depend on the learner's other attempts."""
    is_proctored = exam.is_proctored or attempt.taking_as_proctored
    decides = to_status in (Status.verified, Status.rejected)
    return not exam.is_practice_exam and (
        decides or (to_status == Status.submitted and is_proctored)
    )


def plan(change: Change) -> list[Effect]:
    """Return all effects of the change, in the order of RULES."""
    return [effect for rule in RULES for effect in rule(change)]


def _applies(change: Change) -> bool:
    return (
        change.before is not None
        and change.after is not None
        and updates_credit_grades_and_email(
            [change.after, *change.others], change.after, change.exam.is_practice_exam
        )
    )


def completion(change: Change) -> Iterator[Effect]:
    """The first completed attempt marks the whole exam as complete in the course."""
    if change.first_completion:
        yield Effect(EffectKind.COMPLETION)


def credit(change: Change) -> Iterator[Effect]:
    """The credit requirement of a proctored exam follows the attempt; after a removal, the newest remaining attempt."""
    if not change.exam.is_proctored:
        return
    if change.after is None:
        if change.before in CREDIT_WORDS:
            newest_left = change.others[0] if change.others else None
            yield Effect(EffectKind.CREDIT, {"status": CREDIT_WORDS.get(newest_left or "")})
    elif change.after in CREDIT_WORDS and _applies(change):
        yield Effect(EffectKind.CREDIT, {"status": CREDIT_WORDS[change.after]})


def decline_the_rest(change: Change) -> Iterator[Effect]:
    """A learner who declines one graded proctored exam also declines the course's other ones not yet taken."""
    graded = change.exam.is_proctored and not change.exam.is_practice_exam
    if graded and change.after == Status.declined and change.cascade:
        yield Effect(EffectKind.DECLINE_THE_REST)


def grades(change: Change) -> Iterator[Effect]:
    """A rejection zeroes the grade and invalidates the certificate; a verification or removal undoes the zero."""
    if change.after is None:
        if change.resets_learner_state and Status.rejected not in change.others:
            yield Effect(EffectKind.GRADE, {"zero": False})
    elif change.after == Status.rejected and _applies(change):
        yield Effect(EffectKind.GRADE, {"zero": True})
    elif change.after == Status.verified and change.override_active and _applies(change):
        yield Effect(EffectKind.GRADE, {"zero": False})


def learner_state(change: Change) -> Iterator[Effect]:
    """Removing an attempt also deletes the learner's answers."""
    if change.after is None and change.resets_learner_state:
        yield Effect(EffectKind.LEARNER_STATE)


def email(change: Change) -> Iterator[Effect]:
    """Learners of proctored exams get an e-mail about the submission and about the result."""
    attempt = change.attempt
    if change.after in MAILED and attempt.taking_as_proctored and not attempt.is_sample_attempt:
        if _applies(change):
            yield Effect(EffectKind.EMAIL)


def interruption_email(change: Change) -> Iterator[Effect]:
    """Learners whose running proctored exam breaks off get an e-mail that says how it can go on."""
    attempt, was_running = change.attempt, change.before in (Status.started, Status.ready_to_submit)
    if change.after == Status.error and was_running and attempt.taking_as_proctored:
        if not attempt.is_sample_attempt:
            yield Effect(EffectKind.EMAIL)


def onboarding(change: Change) -> Iterator[Effect]:
    """A completed onboarding attempt clears the attempts refused for lack of onboarding, so that learners can try
    again.
    """
    able = change.provider is not None and change.provider.supports_onboarding
    if (
        able
        and change.before is not None
        and change.exam.is_practice_exam
        and change.after in COMPLETED
    ):
        yield Effect(EffectKind.CLEAR_ONBOARDING_ERRORS)


def provider(change: Change) -> Iterator[Effect]:
    """The provider is notified of the start, end and error of attempts that it registered, and of declines and
    removals.
    """
    if change.provider is None or not change.external_id:
        return
    if change.first_start and change.after == Status.started:
        yield Effect(EffectKind.PROVIDER_NOTICE, {"verb": "start_exam_attempt"})
    elif change.before is not None and change.after in NOTICES:
        yield Effect(EffectKind.PROVIDER_NOTICE, {"verb": NOTICES[change.after]})
    elif change.after in (Status.declined, None):
        yield Effect(EffectKind.PROVIDER_REMOVAL)


def publish(change: Change) -> Iterator[Effect]:
    """Every change is published to analytics and to signal receivers."""
    if change.after is None:
        yield Effect(EffectKind.EVENT, {"name": "deleted"})
    elif change.before is None:
        yield Effect(EffectKind.SIGNAL, {"created": True})
        yield Effect(EffectKind.EVENT, {"name": change.after})
    else:
        yield Effect(EffectKind.EVENT, {"name": change.after})
        yield Effect(EffectKind.SIGNAL, {"created": False})


RULES = (
    completion,
    credit,
    decline_the_rest,
    grades,
    learner_state,
    email,
    interruption_email,
    onboarding,
    provider,
    publish,
)
