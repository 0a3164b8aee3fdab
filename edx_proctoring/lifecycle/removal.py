"""Remove an attempt from the LMS and at its provider."""

import logging

from django.utils.translation import gettext as _

from edx_proctoring import backends, conf, outbox
from edx_proctoring.backends.backend import ask_options
from edx_proctoring.backends.responses import is_removal_unsupported
from edx_proctoring.effects import EffectKind, messages
from edx_proctoring.exceptions import (
    BackendProviderCannotRemoveAttempt,
    BackendProviderDoesNotRemoveAttempts,
    BackendProviderRemovalNotConfirmed,
)
from edx_proctoring.lifecycle import rows
from edx_proctoring.lifecycle.locking import lock_attempt, locked
from edx_proctoring.lifecycle.rows import STAFF, Attempt
from edx_proctoring.types import User

log = logging.getLogger(__name__)

KEPT_AT_PROVIDER = f"{STAFF}, kept at provider"
LONGEST_REASON = 100  # characters of the history's column


def remove(
    attempt: Attempt,
    by: User | None,
    *,
    strict: bool = True,
    keep_at_provider: bool = False,
    reason: str = STAFF,
) -> None:
    """Remove the attempt; `by` is the user who requested it.

    `strict`: the provider must confirm first. If it does not, nothing is removed and BackendProviderCannotRemoveAttempt
    or one of its subclasses (BackendProviderRemovalNotConfirmed, BackendProviderDoesNotRemoveAttempts) is raised.
    Without `strict`, the provider is notified afterwards, with retries. `keep_at_provider`: if the provider cannot
    remove attempts at all, remove only our row and record that in the history. Raises
    StudentExamAttemptDoesNotExistsException.
    """
    if strict:
        try:
            # Before the lock, because a slow provider would block the learner's other requests.
            _remove_at_provider(attempt)
        except BackendProviderDoesNotRemoveAttempts:
            if not keep_at_provider:
                raise
            reason = f"{KEPT_AT_PROVIDER}{reason.removeprefix(STAFF)}"[:LONGEST_REASON]
    locked(
        attempt.user_id,
        lambda: rows.delete(lock_attempt(attempt), by, tell_provider=not strict, reason=reason),
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
        # After any error, the provider may still have the attempt, so our row stays.
        log.warning("provider did not remove attempt_id=%s: %r", attempt.pk, error)
        if is_removal_unsupported(error):
            raise BackendProviderDoesNotRemoveAttempts(
                _(
                    "This proctoring provider cannot remove attempts, so nothing was removed. "
                    "Repeat the request with ?keep_at_provider=true to remove the attempt only here."
                )
            ) from error
        raise BackendProviderCannotRemoveAttempt(unavailable) from error
    if not confirmed:
        log.warning("provider did not confirm the removal of attempt_id=%s", attempt.pk)
        raise BackendProviderRemovalNotConfirmed(unavailable)


def forget(attempt: Attempt) -> None:
    """Remove an attempt that was never started and notify only its provider; the caller holds the learner's lock."""
    rows.delete(
        attempt,
        None,
        tell_provider=True,
        reason=STAFF,
        resets_learner_state=False,
        only=(EffectKind.PROVIDER_REMOVAL,),
    )


def tell_deleted(attempt: Attempt) -> None:
    """Notify the provider that other code is deleting the row, perhaps together with its exam or learner."""
    exam = attempt.proctored_exam
    name = backends.name_of(exam)
    if not exam.is_proctored or not name:
        return
    # Pending notices would reach the provider after the removal.
    outbox.cancel(messages.provider_order(attempt.pk), messages.PROVIDER_NOTICE.name)
    if attempt.external_id:
        outbox.put(
            messages.provider_removal(
                name, exam.external_id, attempt.external_id, exam.pk, attempt.user_id
            )
        )
