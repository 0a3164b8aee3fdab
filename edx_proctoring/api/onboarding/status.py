"""The onboarding status of one learner for the learning MFE."""

import logging
from collections.abc import Sequence
from typing import Any

from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import UsageKey

from edx_proctoring import backends, conf, constants, crypto, host, links
from edx_proctoring.api.onboarding.exams import (
    categorize_inaccessible_exams_by_date,
    does_backend_support_onboarding,
    get_user_course_outline_details,
    newest_exams,
)
from edx_proctoring.api.onboarding.validity import (
    get_onboarding_attempt_data_for_learner,
)
from edx_proctoring.backends import display
from edx_proctoring.backends.backend import within
from edx_proctoring.exceptions import (
    ProctoredBaseException,
)
from edx_proctoring.models import ProctoredExam
from edx_proctoring.protocols import OutlineDetails
from edx_proctoring.statuses import (
    VerificientOnboardingProfileStatus,
)
from edx_proctoring.types import OnboardingData, OnboardingStatus, User

log = logging.getLogger(__name__)

Profile = VerificientOnboardingProfileStatus


class OnboardingNotFound(ProctoredBaseException):
    """There is no onboarding exam, or none accessible to this learner."""

    http_status = 404


class NoOnboardingProfile(OnboardingNotFound):
    """The provider has no profile of the learner."""


def candidates(course_id: object) -> list[ProctoredExam]:
    """Return the course's onboarding exams, newest first. The newest one's provider must support onboarding."""
    exams = newest_exams(course_id)
    if not exams or not does_backend_support_onboarding(exams[0].backend):
        raise OnboardingNotFound("There is no onboarding exam related to this course id.")
    return exams


def profiles(exam: ProctoredExam, course_id: object, **query: str) -> Any:
    """Return what the provider says of its onboarding profiles."""
    provider = backends.require_provider(exam)
    with within(conf.proctoring.ASK_DEADLINE_SECONDS):
        return provider.get_onboarding_profile_info(str(course_id), **query)


def get_onboarding_status(course_id: object, user: User, is_learning_mfe: bool) -> OnboardingStatus:
    """Return the learner's status and the exam to take: `onboarding_status`, `expiration_date`, `onboarding_link`,
    `onboarding_past_due`, `onboarding_release_date` (text), `review_requirements_url`.

    Raises ProctoredBaseException with status 404 if the course or this learner has no onboarding exam.
    """
    exams = candidates(course_id)
    data = _learner_data(exams[0], course_id, user)
    available, future, past, details = _sorted_by_date(exams, course_id, user)
    chosen = next(iter([*available, *future, *past]), None)
    if chosen is None:
        raise OnboardingNotFound("There is no onboarding exam accessible to this user.")
    return {
        **data,
        "onboarding_link": (
            links.exam_url_or_none(course_id, chosen.content_id, is_learning_mfe)
            if available
            else None
        ),
        "onboarding_past_due": not available and not future,
        "onboarding_release_date": _release_date(chosen, details),
        "review_requirements_url": display.configuration(
            backends.require_provider(exams[0]).help_center_article_url, "url"
        ),
    }


def _learner_data(exam: ProctoredExam, course_id: object, user: User) -> OnboardingData:
    local = get_onboarding_attempt_data_for_learner(course_id, user, backends.name_of(exam))
    if not constants.ONBOARDING_PROFILE_API:
        return local
    try:
        user_id = crypto.obscured_user_id(user.pk, exam.backend)
        profile = profiles(exam, course_id, user_id=user_id)
        if profile is None:
            raise NoOnboardingProfile("The provider has no onboarding profile of this user.")
        status = Profile.get_edx_status_from_profile_status(profile["status"])
        remote: OnboardingData = {
            "onboarding_status": status,
            "expiration_date": profile["expiration_date"],
        }
    except NoOnboardingProfile:
        raise
    except Exception as error:
        # Learners see our own data rather than an error of the provider.
        log.warning(
            "onboarding profile unavailable, user_id=%s backend=%s: %r",
            user.pk,
            exam.backend,
            error,
        )
        return local
    if remote["onboarding_status"] != local["onboarding_status"]:
        log.error(
            "onboarding status differs from the provider's: user_id=%s provider=%s ours=%s",
            user.pk,
            remote["onboarding_status"],
            local["onboarding_status"],
        )
    return remote


def _sorted_by_date(
    exams: Sequence[ProctoredExam], course_id: object, user: User
) -> tuple[list[ProctoredExam], list[ProctoredExam], list[ProctoredExam], OutlineDetails | None]:
    """Return (open, not yet, no longer, the outline). Without course outlines from the host, every exam counts as open."""
    if not host.has("learning_sequences"):
        return list(exams), [], [], None
    details = get_user_course_outline_details(user, course_id)
    if details is None:
        return [], [], [], None
    keyed = [exam for exam in exams if _usage_key(exam) is not None]
    _other, future, past = categorize_inaccessible_exams_by_date(keyed, details)
    available = [exam for exam in keyed if _usage_key(exam) in details.outline.accessible_sequences]
    return available, future, past, details


def _usage_key(exam: ProctoredExam) -> UsageKey | None:
    try:
        return UsageKey.from_string(exam.content_id)
    except InvalidKeyError:
        return None


def _release_date(exam: ProctoredExam, details: OutlineDetails | None) -> str | None:
    key = _usage_key(exam)
    entry = details.schedule.sequences.get(key) if details is not None and key else None
    start = getattr(entry, "effective_start", None)
    return start.isoformat() if start else None
