"""Carry out the effects chosen by `plan`: within the transaction of the change, or through the outbox."""

import copy
import logging
from collections.abc import Callable, Iterable

from django.db import transaction

from edx_proctoring import conf, emails, host, outbox, slow_calls, tracking, transactions
from edx_proctoring.effects import messages
from edx_proctoring.effects.messages import MessageKind
from edx_proctoring.effects.plan import Change, Effect, EffectKind
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.outbox import Draft
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.types import MessagePayload, User

log = logging.getLogger(__name__)

Performer = Callable[[Change, Effect], Iterable[Draft]]


def perform(change: Change, effects: Iterable[Effect]) -> None:
    """Carry out all effects of the change. Messages are stored together, in order."""
    drafts: list[Draft] = []
    for effect in effects:
        drafts.extend(PERFORMERS[effect.kind](change, effect))
    outbox.put(*drafts)


def _ids(change: Change) -> MessagePayload:
    return {
        "attempt_id": change.attempt.pk,
        "exam_id": change.exam.pk,
        "user_id": change.attempt.user_id,
        "course_id": change.exam.course_id,
        "content_id": change.exam.content_id,
    }


def _now_or_later(
    kind: MessageKind, change: Change, value: MessagePayload, call: Callable[[], object]
) -> list[Draft]:
    """Write to the host within our transaction. If that fails or an older decision is pending, use the outbox.

    The outbox is also used if the service was slow a moment ago.
    """
    draft = messages.host_update(kind, {**_ids(change), **value})
    # The older decision would be delivered later and overwrite this one; the message replaces it.
    if outbox.is_pending(draft.key):
        return [draft]
    try:
        with slow_calls.skip_if_slow():
            whole(call)
    except Exception as error:
        transactions.reraise_if_broken(error)
        log.warning("host update failed, queued for retry: key=%s error=%r", draft.key, error)
        return [draft]
    return []


def whole(call: Callable[[], object]) -> None:
    """Call the host in a savepoint, so that its writes to our database are kept or rolled back as a whole."""
    with transaction.atomic():
        call()
        # A service that catches a database error leaves a transaction in which nothing more can be stored.
        if transaction.get_rollback():
            raise RuntimeError("the service broke its transaction and swallowed the error")


def _credit(change: Change, effect: Effect) -> list[Draft]:
    if not host.has("credit"):
        return []
    value: MessagePayload = {"status": effect.value["status"]}
    return _now_or_later(
        messages.CREDIT, change, value, lambda: write_credit({**_ids(change), **value})
    )


def write_credit(payload: MessagePayload) -> None:
    """Set the credit requirement to the decided status, or remove it."""
    who = (payload["user_id"], payload["course_id"], payload["content_id"])
    if payload["status"] is None:
        host.remove_credit_status(*who)
    else:
        host.set_credit_status(*who, payload["status"])


def _grade(change: Change, effect: Effect) -> list[Draft]:
    if not host.has("grades"):
        return []
    zero = effect.value["zero"]
    provider_name = change.provider.verbose_name if change.provider else ""
    value: MessagePayload = {
        "zero": zero,
        "if_overrides": zero or change.after is not None,
        "by": getattr(change.by, "pk", None),
        "comment": f"Failed {provider_name} proctoring" if provider_name else "Failed Proctoring",
        "certificate": not change.exam.is_practice_exam,
    }
    call: MessagePayload = {**_ids(change), **value}
    return _now_or_later(messages.GRADE, change, value, lambda: write_grade(call, change.by))


def write_grade(payload: MessagePayload, by: User | None) -> None:
    """Zero the grade and invalidate the certificate, or undo the zero. A removed attempt is cleaned up in every course
    state.
    """
    if payload.get("if_overrides") and not host.should_override_grade(payload["course_id"]):
        return
    who = (payload["user_id"], payload["course_id"], payload["content_id"])
    if not payload["zero"]:
        host.undo_grade_override(*who)
        return
    host.override_grade(*who, by, payload["comment"])
    if payload["certificate"]:
        host.invalidate_certificate(payload["user_id"], payload["course_id"])


def _completion(change: Change, _effect: Effect) -> list[Draft]:
    if not host.has("instructor"):
        return []
    return [messages.completion(_ids(change), change.attempt.user)]


def _learner_state(change: Change, _effect: Effect) -> list[Draft]:
    if not host.has("instructor"):
        return []
    payload: MessagePayload = {**_ids(change), "requesting_user_id": getattr(change.by, "pk", None)}
    return [messages.learner_state(change.history_id, payload)]


def _email(change: Change, _effect: Effect) -> list[Draft]:
    if change.after == Status.error and not conf.proctoring.INTERRUPTION_EMAILS:
        return []
    payload: MessagePayload = {
        **_ids(change),
        "history_id": change.history_id,
        "status": change.after,
        "language": host.language_of(change.attempt.user),
    }
    return [messages.email(payload, _as_of_now(change))]


def tell_of_resuming(attempt: ProctoredExamStudentAttempt, history_id: int) -> None:
    """Store the e-mail saying that an interrupted exam may continue, within the transaction of that change."""
    is_mailed = attempt.taking_as_proctored and not attempt.is_sample_attempt
    if not is_mailed or not conf.proctoring.INTERRUPTION_EMAILS:
        return
    exam = attempt.proctored_exam
    payload: MessagePayload = {
        "attempt_id": attempt.pk,
        "exam_id": exam.pk,
        "user_id": attempt.user_id,
        "course_id": exam.course_id,
        "history_id": history_id,
        "status": emails.READY_TO_RESUME,
        "language": host.language_of(attempt.user),
    }
    outbox.put(messages.email(payload, copy.copy(attempt)))


def _as_of_now(change: Change) -> ProctoredExamStudentAttempt:
    """Return a copy of the attempt, because later changes may modify it before the mail is written."""
    attempt = copy.copy(change.attempt)
    attempt.proctored_exam = change.exam
    return attempt


def _provider_notice(change: Change, effect: Effect) -> list[Draft]:
    assert change.provider is not None  # guaranteed by the rule
    payload: MessagePayload = {
        "verb": effect.value["verb"],
        "provider": change.provider.name,
        "exam_external_id": change.exam.external_id,
        "attempt_external_id": change.external_id,
        "attempt_id": change.attempt.pk,
    }
    return [messages.provider_notice(change.history_id, payload)]


def _provider_removal(change: Change, _effect: Effect) -> list[Draft]:
    assert change.provider is not None  # guaranteed by the rule
    return [
        messages.provider_removal(
            change.provider.name,
            change.exam.external_id,
            change.external_id or "",
            change.exam.pk,
            change.attempt.user_id,
        )
    ]


def _event(change: Change, effect: Effect) -> list[Draft]:
    name = effect.value["name"]
    payload = tracking.snapshot(change.exam, name, change.attempt)
    attempt_id = _ids(change)["attempt_id"]
    return [messages.attempt_event(change.history_id, attempt_id, name, payload)]


def _signal(change: Change, effect: Effect) -> list[Draft]:
    created = effect.value["created"]
    payload: MessagePayload = {
        **_ids(change),
        "status": change.after,
        "created": created,
        "is_practice_exam": change.exam.is_practice_exam,
        "is_proctored": change.attempt.taking_as_proctored,
        "supports_onboarding": (
            # Published values: without a provider, None at the creation and False afterwards.
            change.provider.supports_onboarding if change.provider else None if created else False
        ),
    }
    user = change.attempt.user if created else None
    return [messages.signal(change.history_id, payload, user)]


def _by_lifecycle(_change: Change, _effect: Effect) -> list[Draft]:
    """These effects change other attempts, which only `lifecycle` may do, so it performs them itself."""
    return []


PERFORMERS: dict[EffectKind, Performer] = {
    EffectKind.COMPLETION: _completion,
    EffectKind.CREDIT: _credit,
    EffectKind.GRADE: _grade,
    EffectKind.LEARNER_STATE: _learner_state,
    EffectKind.EMAIL: _email,
    EffectKind.PROVIDER_NOTICE: _provider_notice,
    EffectKind.PROVIDER_REMOVAL: _provider_removal,
    EffectKind.EVENT: _event,
    EffectKind.SIGNAL: _signal,
    EffectKind.DECLINE_THE_REST: _by_lifecycle,
    EffectKind.CLEAR_ONBOARDING_ERRORS: _by_lifecycle,
}
