"""An attempt is removed, here and at its provider."""

import logging
from collections.abc import Collection
from typing import Any

from django.utils.translation import gettext as _

from edx_proctoring import backends, conf, effects, outbox
from edx_proctoring.backends.backend import ask_options
from edx_proctoring.backends.http import is_removal_unsupported
from edx_proctoring.effects.perform import provider_lane, removal_draft
from edx_proctoring.exceptions import (
    BackendProviderCannotRemoveAttempt,
    BackendProviderDoesNotRemoveAttempts,
    BackendProviderRemovalNotConfirmed,
)
from edx_proctoring.lifecycle import facts
from edx_proctoring.lifecycle.locking import lock_attempt, locked
from edx_proctoring.lifecycle.transition import STAFF, Attempt, Status, other_statuses
from edx_proctoring.models import ProctoringReservation

log = logging.getLogger(__name__)

KEPT_AT_PROVIDER = "staff, kept at provider"


def remove(
    attempt: Attempt,
    by: Any,
    *,
    strict: bool = True,
    keep_at_provider: bool = False,
    reason: str = STAFF,
) -> None:
    """Remove the attempt; `by` is the user who wants it.

    `strict`: the provider must confirm first, else BackendProviderCannotRemoveAttempt or one of its subclasses
    BackendProviderRemovalNotConfirmed and BackendProviderDoesNotRemoveAttempts, and nothing is removed. Otherwise the
    provider is told afterwards, as often as it takes.
    `keep_at_provider`: where the provider has no way to remove attempts, remove this one here alone; the history says so.
    Raises StudentExamAttemptDoesNotExistsException.
    """
    if strict:
        try:
            _remove_at_provider(attempt)
        except BackendProviderDoesNotRemoveAttempts:
            if not keep_at_provider:
                raise
            reason = KEPT_AT_PROVIDER
    locked(
        attempt.user_id,
        lambda: remove_locked(lock_attempt(attempt), by, tell_provider=not strict, reason=reason),
    )


def _remove_at_provider(attempt: Attempt) -> None:
    exam = attempt.proctored_exam
    if not exam.is_proctored or not attempt.external_id:
        return
    unavailable = _(
        "The proctoring provider is temporarily unavailable, so nothing was removed. Please try again later."
    )
    try:
        provider = backends.require_provider(exam)
        with ask_options(deadline=conf.proctoring.ASK_DEADLINE_SECONDS):
            confirmed = provider.remove_exam_attempt(exam.external_id or "", attempt.external_id)
    except Exception as error:
        log.warning("provider did not remove attempt_id=%s: %r", attempt.pk, error)
        if is_removal_unsupported(error):
            raise BackendProviderDoesNotRemoveAttempts(
                _("This proctoring provider cannot remove attempts, so nothing was removed.")
            ) from error
        raise BackendProviderCannotRemoveAttempt(unavailable) from error
    if not confirmed:
        log.warning("provider did not confirm the removal of attempt_id=%s", attempt.pk)
        raise BackendProviderRemovalNotConfirmed(unavailable)


def remove_locked(
    attempt: Attempt,
    by: Any,
    *,
    tell_provider: bool,
    reason: str,
    resets_learner_state: bool | None = None,
    also: tuple[effects.Effect, ...] = (),
    only: Collection[str] | None = None,
) -> None:
    """`remove` for whoever holds the learner's lock; `only` these kinds of effects follow, by default all.

    The learner's answers go with the current attempt, not with an older one, unless the caller decides otherwise.
    """
    exam, attempt_id = attempt.proctored_exam, attempt.pk
    if resets_learner_state is None:
        pair = Attempt.objects.of_pair(exam.pk, attempt.user_id).newest_first()
        resets_learner_state = pair.values_list("pk", flat=True).first() == attempt_id
    others = other_statuses(attempt)
    attempt._change_reason = reason or None
    attempt._history_user = by if getattr(by, "pk", None) else None
    attempt.is_being_removed = True  # type: ignore[attr-defined]  # receivers need not tell anybody: we do
    attempt.delete_exam_attempt()
    attempt.pk = attempt_id  # whoever hears of it wants to know which one it was
    log.info("attempt %s: %s -> removed (%s)", attempt_id, attempt.status, reason)
    ProctoringReservation.objects.void(exam.pk, attempt.user_id)
    outbox.cancel(provider_lane(attempt_id), "provider_notice")
    change = effects.Change(
        attempt=attempt,
        exam=exam,
        before=attempt.status,
        after=None,
        others=others,
        provider=facts.provider_of(exam),
        by=by,
        resets_learner_state=resets_learner_state,
        external_id=attempt.external_id if tell_provider else None,
    )
    planned = [effect for effect in effects.plan(change) if only is None or effect.kind in only]
    effects.perform(change, [*planned, *also])


def forget(attempt: Attempt) -> None:
    """Remove an attempt that was never begun, for whoever holds the learner's lock: only its provider hears of it."""
    remove_locked(
        attempt,
        None,
        tell_provider=True,
        reason=STAFF,
        resets_learner_state=False,
        only=("provider_removal",),
    )


def tell_deleted(attempt: Attempt) -> None:
    """Somebody else deletes the row, perhaps along with its exam or learner: its provider hears of it."""
    exam = attempt.proctored_exam
    name = backends.name_of(exam)
    if getattr(attempt, "is_being_removed", False) or not exam.is_proctored or not name:
        return
    outbox.cancel(provider_lane(attempt.pk), "provider_notice")
    if attempt.external_id:
        outbox.put(
            removal_draft(name, exam.external_id, attempt.external_id, exam.pk, attempt.user_id)
        )


def clear_onboarding_errors(change: effects.Change) -> None:
    """Remove the learner's attempts that the same provider refused for want of onboarding: they may try again."""
    waiting = Attempt.objects.filter(
        user_id=change.attempt.user_id, status__in=Status.onboarding_errors
    ).exclude(pk=change.attempt.pk)
    for known in waiting.select_related("proctored_exam", "user"):
        provider = facts.provider_of(known.proctored_exam)
        if provider is None or change.provider is None or provider.name != change.provider.name:
            continue
        remove_locked(
            lock_attempt(known),
            None,
            tell_provider=True,
            reason="onboarding",
            resets_learner_state=False,
        )
