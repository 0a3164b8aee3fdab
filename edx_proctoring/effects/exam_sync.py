"""Keep providers informed of exams: notify them of saved exams and store the ids that they assign."""

import logging
import time
from collections.abc import Callable

from django.db import DatabaseError
from django.db.models import Q

from edx_proctoring import backends, cache, conf, outbox, transactions
from edx_proctoring.backends.backend import ask_options
from edx_proctoring.circuit_breaker import CircuitBreaker
from edx_proctoring.effects import messages
from edx_proctoring.effects.provider_notices import telling
from edx_proctoring.exceptions import BackendProviderCannotRegisterAttempt
from edx_proctoring.models import OutboxMessage, ProctoredExam, ProctoredExamReviewPolicy
from edx_proctoring.serializers import ProctoredExamJSONSafeSerializer
from edx_proctoring.types import ExamDocument

log = logging.getLogger(__name__)

SKIP_SECONDS = 30  # after a failure, only the worker calls this provider for this many seconds


def tell_saved(exam: ProctoredExam) -> None:
    """Queue the current exam and its review policy for the exam's provider."""
    if exam.is_proctored:
        _put(exam.pk, backends.name_of(exam))


def tell_left(exam_id: int, provider: str, external_id: str | None) -> None:
    """Notify the former provider that it no longer proctors the exam."""
    _put(exam_id, provider, left=external_id)


def _put(exam_id: int, provider: str, **more: str | None) -> None:
    if provider:
        outbox.put(messages.exam_saved(exam_id, provider, **more))


def ensure_saved(exam: ProctoredExam) -> None:
    """Make sure that the provider knows the exam before the first attempt is registered; sets `exam.external_id`.

    Raises BackendProviderCannotRegisterAttempt if the provider could not be notified in time.
    """
    if exam.external_id:
        return

    def is_known() -> bool:
        exam.refresh_from_db(fields=["external_id"])
        return bool(exam.external_id)

    if is_known():  # another learner's request was faster
        return
    key = messages.EXAM_SAVED.key(exam.pk, backends.name_of(exam))
    if not outbox.is_pending(key):
        tell_saved(exam)
    if not transactions.owns():
        _save_at_once(exam)
    elif not _deliver_now(key, is_known):
        raise BackendProviderCannotRegisterAttempt("the exam is not known to the provider", 502)
    exam.refresh_from_db(fields=["external_id"])


def _deliver_now(key: str, is_known: Callable[[], bool]) -> bool:
    seconds = conf.proctoring.ASK_DEADLINE_SECONDS
    with ask_options(deadline=seconds):  # a learner is waiting for this exam
        return outbox.deliver_now(key, seconds, enough=is_known)


def _save_at_once(exam: ProctoredExam) -> None:
    try:
        _save(exam, backends.name_of(exam), None, conf.proctoring.ASK_DEADLINE_SECONDS)
    except DatabaseError:
        raise  # ours, not the provider's
    except Exception as error:
        raise BackendProviderCannotRegisterAttempt(repr(error), 502) from error


def deliver_saved(message: OutboxMessage) -> None:
    """Send the exam's current state once, and store the returned id if none is stored yet."""
    provider = message.payload["provider"]
    exam = ProctoredExam.get_exam_by_id(message.payload["exam_id"])
    if exam is None:
        return
    left = message.payload.get("left")
    until = message.inline_until
    breaker = CircuitBreaker(f"exam saves {provider}", SKIP_SECONDS, cache)
    if until is None:
        _save(exam, provider, left)
        return
    seconds = until - time.monotonic()
    # The author of the exam is waiting for a response; the worker tries what cannot be done quickly.
    if seconds < 1 or transactions.is_foreign() or breaker.state().is_down:
        raise outbox.NotNow(f"provider {provider} failed recently, left to the worker")
    try:
        _save(exam, provider, left, seconds)
    except outbox.NotNow:
        raise
    except Exception:
        breaker.note(failed=True)
        raise


def _save(exam: ProctoredExam, name: str, left: str | None, seconds: float | None = None) -> None:
    here = exam.is_proctored and backends.name_of(exam) == name
    if not here and not left:
        return  # the former provider never knew the exam
    document = exam_document(exam)
    if not here:
        document = {**document, "external_id": left, "is_active": False, "is_proctored": False}
        document.pop("rule_summary", None)
    with telling(name, seconds, strict=True) as provider:
        external_id = provider.on_exam_saved(document)
        if here and external_id and _store(exam, str(external_id)):
            if getattr(provider, "resave_with_external_id", False):
                provider.on_exam_saved({**document, "external_id": str(external_id)})


def _store(exam: ProctoredExam, external_id: str) -> int:
    without_id = Q(external_id__isnull=True) | Q(external_id="")
    rows = ProctoredExam.objects.filter(without_id, pk=exam.pk, backend=exam.backend)
    return rows.update(external_id=external_id)


def exam_document(exam: ProctoredExam) -> ExamDocument:
    """Return the exam as sent to providers: the published dictionary with dates as text, and the review policy if any."""
    document = ProctoredExamJSONSafeSerializer.document(exam)
    policy = ProctoredExamReviewPolicy.get_review_policy_for_exam(exam.pk)
    if policy is not None:
        document["rule_summary"] = policy.review_policy
    return document
