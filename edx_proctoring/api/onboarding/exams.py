"""The onboarding exams of a course, and which of them a learner can open."""

import datetime
from collections.abc import Iterable

from django.utils import timezone
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import UsageKey

from edx_proctoring import backends, host, links
from edx_proctoring.models import ProctoredExam
from edx_proctoring.protocols import OutlineDetails, Schedule
from edx_proctoring.types import User


def does_backend_support_onboarding(backend: str | None) -> bool:
    """Return whether the provider of this name keeps onboarding profiles; False if it is not configured."""
    return bool(getattr(backends.provider_named(backend), "supports_onboarding", False))


def get_onboarding_exam_link(course_id: object, user: User, is_learning_mfe: bool) -> str:
    """Return the link to the newest onboarding exam of the course that the learner can open now, or ''."""
    exams = [one for one in newest_exams(course_id) if _supports_onboarding(one)]
    details = get_user_course_outline_details(user, course_id) if exams else None
    if details is None:
        return ""
    for exam in exams:
        if _can_open(exam, details):
            return links.exam_url_or_none(course_id, exam.content_id, is_learning_mfe) or ""
    return ""


def onboarding_exam_link_for_screen(course_id: object, user: User) -> str:
    """Do the same for the learner's screen; without course outlines from the host, every exam counts as open."""
    if host.has("learning_sequences"):
        return get_onboarding_exam_link(course_id, user, is_learning_mfe=False)
    newest = next(iter(newest_exams(course_id)), None)
    return links.exam_url(course_id, newest.content_id, is_learning_mfe=False) if newest else ""


def newest_exams(course_id: object) -> list[ProctoredExam]:
    """Return the course's active practice and onboarding exams, newest first."""
    exams = ProctoredExam.get_practice_proctored_exams_for_course(course_id)
    return list(exams.order_by("-created", "-id"))


def _supports_onboarding(exam: ProctoredExam) -> bool:
    return does_backend_support_onboarding(exam.backend)


def _can_open(exam: ProctoredExam, details: OutlineDetails) -> bool:
    try:
        return UsageKey.from_string(exam.content_id) in details.outline.accessible_sequences
    except InvalidKeyError:
        return False


def get_user_course_outline_details(user: User, course_id: object) -> OutlineDetails | None:
    """Return `.outline` and `.schedule` of the course as the user sees it now; None if the host has no outlines."""
    return host.course_outline(user, course_id)


def get_visibility_check_date(course_schedule: Schedule, usage_key: UsageKey) -> datetime.datetime:
    """Return until when the learner can see a subsection: its due date, else the course's end, else the last possible
    date.
    """
    entry = course_schedule.sequences.get(usage_key)
    due = entry.due if entry else None
    return due or course_schedule.course_end or datetime.datetime.max.replace(tzinfo=datetime.UTC)


def categorize_inaccessible_exams_by_date(
    onboarding_exams: Iterable[ProctoredExam], details: OutlineDetails
) -> tuple[list[ProctoredExam], list[ProctoredExam], list[ProctoredExam]]:
    """Return the exams that the learner cannot open, by reason: not because of dates, not yet, no longer.

    `details` comes from `get_user_course_outline_details`. Raises InvalidKeyError for content ids that are not usage
    keys.
    """
    other: list[ProctoredExam] = []
    future: list[ProctoredExam] = []
    past: list[ProctoredExam] = []
    now = timezone.now()
    for exam in onboarding_exams:
        key = UsageKey.from_string(exam.content_id)
        if key in details.outline.accessible_sequences:
            continue
        entry = details.schedule.sequences.get(key)
        if not entry:
            other.append(exam)
        elif entry.effective_start and entry.effective_start > now:
            future.append(exam)
        elif get_visibility_check_date(details.schedule, key) < now:
            past.append(exam)
        else:
            other.append(exam)
    return other, future, past
