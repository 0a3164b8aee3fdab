"""Links to providers' dashboards."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from edx_proctoring import backends, conf, crypto, links
from edx_proctoring.api.lookup import as_id
from edx_proctoring.backends import display
from edx_proctoring.backends.backend import ask_options
from edx_proctoring.exceptions import ProctoredBaseException
from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamStudentAttempt,
    exactly,
)
from edx_proctoring.types import User

log = logging.getLogger(__name__)


class DashboardNotFound(ProctoredBaseException):
    """There is no dashboard to link to."""

    http_status = 404


class DashboardUnavailable(ProctoredBaseException):
    """The provider did not return the address of its dashboard."""

    http_status = 502


def is_backend_dashboard_available(course_id: object) -> bool:
    """Return whether the provider of one of the course's active exams has a dashboard."""
    exams = ProctoredExam.get_all_exams_for_course(course_id, active_only=True)
    return any(getattr(backends.find_provider(exam), "has_dashboard", False) for exam in exams)


def get_exam_configuration_dashboard_url(course_id: object, content_id: object) -> str | None:
    """Return our URL that redirects to the provider's configuration of this exam, or None."""
    exam = ProctoredExam.get_exam_by_content_id(course_id, content_id)
    if exam is None:
        log.info("no exam in course_id=%s with content_id=%s", course_id, content_id)
        return None
    path = dashboard_path(exam)
    return f"{path}?config=true" if path else None


def dashboard_path(exam: ProctoredExam) -> str | None:
    """Return our URL that redirects to the provider's dashboard of this exam, or None. The provider is not asked."""
    if not getattr(backends.find_provider(exam), "has_dashboard", False):
        return None
    args = [exam.course_id, exam.pk]
    return links.reverse_or_empty("edx_proctoring:instructor_dashboard_exam", args=args) or None


def attempt_path(attempt: ProctoredExamStudentAttempt) -> str | None:
    """Return our URL that redirects to the attempt in the provider's dashboard, or None; it reveals no id of the provider."""
    path = dashboard_path(attempt.proctored_exam) if attempt.external_id else None
    return f"{path}?id={attempt.pk}" if path else None


def get_instructor_dashboard_url(
    course_id: str,
    user: User,
    *,
    exam_id: object = None,
    attempt_id: str | None = None,
    own_id: int | None = None,
    show_configuration: bool = False,
    with_video: bool = False,
) -> str:
    """Return the URL of the provider's dashboard for the instructor, for the course or for an exam or attempt.

    `attempt_id` is the provider's id, or our attempt code if that id is secret; `own_id` is our id of the attempt. Raises
    ProctoredBaseException with status 404, 400 or 502 and the reason.
    """
    exam = _exam_of(course_id, exam_id) if exam_id is not None else _any_exam_of(course_id)
    provider = backends.find_provider(exam)
    if provider is None:
        raise DashboardNotFound(f"No proctored exams in course {course_id}")
    attempt = _find_attempt(exam, attempt_id, own_id)
    if attempt is not None:
        attempt_id = attempt.external_id
    name = backends.name_of(exam)
    ask = partial(
        provider.get_instructor_url,
        str(course_id),
        _instructor(user, name),
        exam_id=exam.external_id if exam_id is not None else None,
        attempt_id=attempt_id,
        show_configuration_dashboard=show_configuration,
        encrypted_video_review_url=_video_of(attempt) if with_video else None,
    )
    address = display.web_address(_answer(ask, name))
    if address is None:
        raise DashboardNotFound(f"No instructor dashboard for {provider.verbose_name}")
    return address


def _answer(ask: Callable[[], str | None], provider_name: str) -> str | None:
    """Return what the provider answers within the deadline; an error that has no status becomes one with 502."""
    try:
        with ask_options(deadline=conf.proctoring.ASK_DEADLINE_SECONDS):
            return ask()
    except ProctoredBaseException:
        raise
    except Exception as error:
        log.exception("provider's dashboard unavailable, backend=%s", provider_name)
        raise DashboardUnavailable(
            "The provider's dashboard is temporarily unavailable."
        ) from error


def _find_attempt(
    exam: ProctoredExam, attempt_id: str | None, own_id: int | None
) -> ProctoredExamStudentAttempt | None:
    attempt = _own_attempt(exam, own_id) if own_id else None
    if attempt is None and attempt_id:
        attempt = _attempt_of(exam, attempt_id)
    return attempt


def _instructor(user: User, provider_name: str) -> dict[str, str]:
    return {
        "id": crypto.obscured_user_id(user.pk, provider_name),
        "full_name": getattr(getattr(user, "profile", None), "name", None) or user.get_full_name(),
        "email": user.email,
    }


def _exam_of(course_id: str, exam_id: object) -> ProctoredExam:
    number = as_id(exam_id)
    exam = ProctoredExam.get_exam_by_id(number) if number else None
    if exam is None or exam.course_id != str(course_id) or not exam.is_proctored:
        raise DashboardNotFound(f"No proctored exams in course {course_id}")
    return exam


def _any_exam_of(course_id: str) -> ProctoredExam:
    active = ProctoredExam.get_all_exams_for_course(course_id, active_only=True)
    exams = list(active.filter(is_proctored=True))
    if not exams:
        raise DashboardNotFound(f"No proctored exams in course {course_id}")
    names = sorted({backends.name_of(exam) for exam in exams})
    if len(names) > 1:
        raise ProctoredBaseException(f"Multiple backends for course {course_id}: {names}")
    return exams[0]


def _attempt_of(exam: ProctoredExam, external_id: str) -> ProctoredExamStudentAttempt | None:
    """Return the exam's attempt. An unknown id is passed to the provider; an attempt in another exam is refused."""
    named = exactly(external_id=external_id)
    if backends.has_secret_ids(exam):  # links contain our attempt code instead
        named |= exactly(attempt_code=external_id)
    attempts = ProctoredExamStudentAttempt.objects.filter(named, proctored_exam=exam)
    own: ProctoredExamStudentAttempt | None = attempts.newest_first().first()
    if own is None and any(_is_of_the_provider_of(exam, one) for one in _with_history(external_id)):
        raise DashboardNotFound("This attempt belongs to another exam.")
    return own


def _own_attempt(exam: ProctoredExam, own_id: int) -> ProctoredExamStudentAttempt:
    attempts = ProctoredExamStudentAttempt.objects.filter(pk=own_id, proctored_exam=exam)
    found: ProctoredExamStudentAttempt | None = attempts.exclude(external_id=None).first()
    if found is None:
        raise DashboardNotFound("The provider does not know this attempt.")
    return found


LOOKED_AT = 20  # attempts with the same id


def _with_history(external_id: str) -> list[Any]:
    """Return the attempts with that id, including removed ones."""
    rows = [ProctoredExamStudentAttempt.objects, ProctoredExamStudentAttempt.history]
    same = exactly(external_id=external_id)
    return [one for kind in rows for one in kind.filter(same)[:LOOKED_AT]]


def _is_of_the_provider_of(exam: ProctoredExam, attempt: Any) -> bool:
    """Return whether the attempt belongs to another exam with the same provider; False for deleted exams."""
    if attempt.proctored_exam_id == exam.pk:
        return False
    other = ProctoredExam.get_exam_by_id(attempt.proctored_exam_id)
    return other is not None and backends.name_of(other) == backends.name_of(exam)


def _video_of(attempt: ProctoredExamStudentAttempt | None) -> bytes | None:
    if attempt is None or not attempt.attempt_code:
        return None
    review = ProctoredExamSoftwareSecureReview.get_review_by_attempt_code(attempt.attempt_code)
    link = review.encrypted_video_url if review else None
    return None if link is None else bytes(link)
