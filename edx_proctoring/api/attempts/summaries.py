"""Summaries of a learner's state in an exam, for the course's navigation."""

import logging
from functools import cached_property

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from edx_proctoring import host
from edx_proctoring.compiled_queries import CompiledOnce
from edx_proctoring.lifecycle import expire_if_overdue, find_learner
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.serializers import ProctoredExamSerializer
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus
from edx_proctoring.types import StatusSummary, User

log = logging.getLogger(__name__)

Status = ProctoredExamStudentAttemptStatus
Summary = StatusSummary


def _summary(description: str, icon: str, completed: bool) -> Summary:
    return {
        "short_description": description,
        "suggested_icon": icon,
        "in_completed_state": completed,
    }


_PENCIL, _FAILED = "fa-pencil-square-o", "fa-exclamation-triangle"
_PENDING = _summary(gettext_noop("Pending Session Review"), "fa-spinner fa-spin", True)

STATUS_SUMMARY_MAP: dict[str, Summary] = {
    "_default": _summary(gettext_noop("Taking As Proctored Exam"), _PENCIL, False),
    Status.eligible: _summary(gettext_noop("Proctored Option Available"), _PENCIL, False),
    Status.declined: _summary(gettext_noop("Taking As Open Exam"), _PENCIL, False),
    Status.submitted: _PENDING,
    Status.second_review_required: _PENDING.copy(),
    Status.verified: _summary(gettext_noop("Passed Proctoring"), "fa-check", True),
    Status.rejected: _summary(gettext_noop("Failed Proctoring"), _FAILED, True),
    Status.error: _summary(gettext_noop("Failed Proctoring"), _FAILED, True),
    Status.expired: _summary(
        gettext_noop("Proctored Option No Longer Available"), "fa-times-circle", False
    ),
}
PRACTICE_STATUS_SUMMARY_MAP: dict[str, Summary] = {
    "_default": _summary(gettext_noop("Ungraded Practice Exam"), "", False),
    Status.submitted: _summary(gettext_noop("Practice Exam Completed"), "fa-check", True),
    Status.error: _summary(gettext_noop("Practice Exam Failed"), _FAILED, True),
}
TIMED_EXAM_STATUS_SUMMARY_MAP: dict[str, Summary] = {
    "_default": _summary(gettext_noop("Timed Exam"), "fa-clock-o", False)
}


def get_attempt_status_summary(
    user_id: int | None, course_id: object, content_id: object
) -> Summary | None:
    """Return `status` (not for timed exams), `short_description`, `suggested_icon`, `in_completed_state`.

    None for an unknown exam, and for users who may not take proctored exams, such as anonymous visitors (`user_id`
    None). Ends an attempt whose time is over. Raises UserNotFoundException if the user has to be looked up.
    """
    exam = ProctoredExam.get_exam_by_content_id(course_id, content_id)
    if exam is None:
        log.info("no exam in course_id=%s with content_id=%s", course_id, content_id)
        return None
    if _is_timed(exam):
        return _translated(TIMED_EXAM_STATUS_SUMMARY_MAP["_default"])
    newest = _NEWEST.first(exam.pk, user_id)
    if newest is not None:
        newest.proctored_exam = exam
    return _summary_of(exam, newest, _LearnerInCourse(user_id, course_id))


_NEWEST = CompiledOnce(
    lambda exam_id, user_id: (
        ProctoredExamStudentAttempt.objects.select_related("user")
        .of_pair(exam_id, user_id)
        .newest_first()[:1]
    ),
    *(int, int),
)


def get_attempt_status_summaries(
    user_id: int | None, course_id: object
) -> dict[str, Summary | None]:
    """Return the same for all active exams of the course by content id, with few queries however long the outline is.

    Ends attempts whose time is over. Raises UserNotFoundException if the user has to be looked up.
    """
    exams = list(ProctoredExam.get_all_exams_for_course(course_id, active_only=True))
    newest = ProctoredExamStudentAttempt.objects.with_parts().in_course(course_id)
    own = newest.filter(Q(user_id=user_id)).latest_per_learner()
    by_exam = {attempt.proctored_exam_id: attempt for attempt in own}
    learner = _LearnerInCourse(user_id, course_id)
    return {
        exam.content_id: _translated(TIMED_EXAM_STATUS_SUMMARY_MAP["_default"])
        if _is_timed(exam)
        else _summary_of(exam, by_exam.get(exam.pk), learner)
        for exam in exams
    }


def _is_timed(exam: ProctoredExam) -> bool:
    return not exam.is_proctored and not exam.is_practice_exam


class _LearnerInCourse:
    """Properties of the learner that are the same for all exams of a course."""

    def __init__(self, user_id: int | None, course_id: object) -> None:
        self.user_id, self.course_id = user_id, course_id

    @cached_property
    def user(self) -> User:
        return find_learner(self.user_id)

    @cached_property
    def has_course_ended(self) -> bool:
        state = host.credit_state(self.user_id, self.course_id, with_course=True) or {}
        end = state.get("course_end_date")
        return end is not None and end <= timezone.now()


def _summary_of(
    exam: ProctoredExam,
    newest: ProctoredExamStudentAttempt | None,
    learner: _LearnerInCourse,
) -> Summary | None:
    if not exam.is_practice_exam and not _may_see(exam, newest, learner):
        return None
    status = expire_if_overdue(newest).status if newest else _without_attempt(exam, learner)
    summaries = PRACTICE_STATUS_SUMMARY_MAP if exam.is_practice_exam else STATUS_SUMMARY_MAP
    return {"status": status, **_translated(summaries.get(status, summaries["_default"]))}


def _may_see(
    exam: ProctoredExam,
    newest: ProctoredExamStudentAttempt | None,
    learner: _LearnerInCourse,
) -> bool:
    if not host.has("credit"):
        return True
    if learner.user_id is None:  # an anonymous visitor of a public outline
        return False
    user = newest.user if newest else learner.user
    return host.may_take_proctored(user, ProctoredExamSerializer.row(exam))


def _without_attempt(exam: ProctoredExam, learner: _LearnerInCourse) -> str:
    if exam.is_practice_exam:
        return Status.eligible
    return Status.expired if learner.has_course_ended else Status.eligible


def _translated(summary: Summary) -> Summary:
    return {**summary, "short_description": _(summary["short_description"])}
