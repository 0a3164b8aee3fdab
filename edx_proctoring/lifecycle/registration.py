"""Ask the provider to register an attempt, outside of our own transactions."""

import logging
from dataclasses import dataclass

import requests
from django.utils import timezone

from edx_proctoring import (
    backends,
    conf,
    constants,
    crypto,
    deadlines,
    extensions,
    host,
    transactions,
)
from edx_proctoring.backends.backend import ask_options
from edx_proctoring.backends.masking import masked_cause
from edx_proctoring.backends.responses import LONGEST_ID
from edx_proctoring.effects import exam_sync
from edx_proctoring.exceptions import (
    BackendProviderCannotRegisterAttempt,
    BackendProviderOnboardingException,
    BackendProviderSentNoAttemptID,
    ProctoredBaseException,
)
from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamReviewPolicy,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
)
from edx_proctoring.serializers import ProctoredExamSerializer
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus
from edx_proctoring.types import RegistrationContext, User

log = logging.getLogger(__name__)

TOKEN_SECONDS = 8.05  # connect and read time-outs of the OAuth client
MARGIN_SECONDS = 15


@dataclass(frozen=True)
class Registration:
    """The provider's response to a registration."""

    status: str
    external_id: str | None = None


def longest_seconds(exam: ProctoredExam) -> float:
    """Return the longest time that a registration may take: exam, token, attempt and a margin."""
    asks = 1 if exam.external_id else 2
    seconds: float = asks * conf.proctoring.ASK_DEADLINE_SECONDS + TOKEN_SECONDS + MARGIN_SECONDS
    return seconds


def register(
    exam: ProctoredExam,
    user: User,
    attempt_code: str,
    *,
    token: str,
    resumed: ProctoredExamStudentAttempt | None,
) -> Registration:
    """Register the attempt with the exam's provider.

    `token` lets the provider recognise a repeated request; `resumed` is the attempt whose remaining time is taken over.
    Raises BackendProviderNotConfigured, BackendProviderCannotRegisterAttempt and its subclass.
    """
    provider, ids = backends.require_provider(exam), (exam.pk, user.pk)
    if transactions.is_foreign():
        log.warning("provider called inside a transaction of the host, exam_id=%s", exam.pk)
    # Providers refuse attempts of exams that they do not know.
    exam_sync.ensure_saved(exam)
    context = registration_context(exam, user, attempt_code, resumed)
    try:
        with ask_options(deadline=conf.proctoring.ASK_DEADLINE_SECONDS, idempotency_key=token):
            external_id = provider.register_exam_attempt(
                ProctoredExamSerializer.row(exam), context=context
            )
    except BackendProviderOnboardingException as error:
        # Not a failure: the attempt is stored with this status and waits for the onboarding.
        log.info("provider requires onboarding, exam_id=%s user_id=%s: %s", *ids, error.status)
        return Registration(error.status)
    except ProctoredBaseException as error:
        cause = masked_cause(error)
        log.error("registration refused, exam_id=%s user_id=%s: %s", *ids, cause)
        raise
    except Exception as error:
        # Providers are third-party code: whatever they raise, the learner gets a sentence and may try again.
        log.exception("registration failed, exam_id=%s user_id=%s", *ids)
        code = 504 if isinstance(error, TimeoutError | requests.Timeout) else 502
        raise BackendProviderCannotRegisterAttempt(repr(error), code) from error
    return Registration(
        ProctoredExamStudentAttemptStatus.created, _checked(external_id, exam, user)
    )


def _checked(external_id: object, exam: ProctoredExam, user: User) -> str | None:
    """Return the provider's id as text; raise BackendProviderSentNoAttemptID if no column can hold it."""
    if external_id is None:
        return None
    if len(str(external_id)) > LONGEST_ID:
        log.error("provider's id is too long, exam_id=%s user_id=%s", exam.pk, user.pk)
        raise BackendProviderSentNoAttemptID("an id that is too long", 502)
    return str(external_id)


def registration_context(
    exam: ProctoredExam, user: User, attempt_code: str, resumed: ProctoredExamStudentAttempt | None
) -> RegistrationContext:
    """Return the learner and attempt data that is sent to the provider; more keys may be added."""
    state = host.credit_state(user.pk, exam.course_id) or {}
    scheme = "https" if conf.django.HTTPS == "on" else "http"
    minutes = deadlines.allowed_minutes(
        deadlines.exam_fields(exam), user.pk, resumed, timezone.now()
    )
    context: RegistrationContext = {
        "lms_host": f"{scheme}://{constants.SITE_NAME}",
        "time_limit_mins": max(minutes, 1),  # providers take 0 as "no limit" or refuse it
        "attempt_code": attempt_code,
        "is_sample_attempt": exam.is_practice_exam,
        "user_id": crypto.obscured_user_id(user.pk, exam.backend),
        "full_name": host.verified_name(user) or state.get("profile_fullname") or "",
        "email": state.get("student_email"),
    }
    policy = ProctoredExamReviewPolicy.get_review_policy_for_exam(exam.pk)
    if policy is not None:
        context["review_policy"] = policy.review_policy
    exception = ProctoredExamStudentAllowance.get_review_policy_exception(exam.pk, user.pk)
    if exception:
        context["review_policy_exception"] = exception
    return _with_extensions(context, exam, user)


def _with_extensions(
    context: RegistrationContext, exam: ProctoredExam, user: User
) -> RegistrationContext:
    """Add the values of extensions; the camera is mentioned only to providers that declare to understand it."""
    provider = backends.find_provider(exam)
    for more in extensions.registration_contexts(deadlines.exam_fields(exam), user.pk):
        # Both texts are for the reviewer; for all other keys the core's value wins.
        texts = [one.get("review_policy_exception") for one in (context, more)]
        merged: RegistrationContext = {**more, **context}
        if any(texts):
            merged["review_policy_exception"] = "\n".join(text for text in texts if text)
        if not getattr(provider, "supports_camera_exemption", False):
            merged.pop("camera_exempt", None)
        context = merged
    return context
