"""Choose the learner's screen, with tables from the exam's type and the attempt's status.

None means that the host shows the exam itself, so every row of these tables decides about access.
"""

import datetime
import logging
from collections.abc import Callable, MutableMapping
from typing import Any

from django.template import loader
from django.utils import timezone

from edx_proctoring import (
    backends,
    conf,
    deadlines,
    exam_types,
    extensions,
    host,
    outbox,
    tracking,
    transactions,
)
from edx_proctoring.api.attempts.changes import check_requirements, with_opting_out_forbidden
from edx_proctoring.api.exams import create_exam
from edx_proctoring.api.student_view.context import (
    ExamContext,
    is_wait_pending,
    proctored_context,
    provider_steps,
    timed_context,
)
from edx_proctoring.api.student_view.details import screen_details
from edx_proctoring.effects import messages
from edx_proctoring.exceptions import ProctoredExamAlreadyExists
from edx_proctoring.lifecycle import expire_if_overdue, offer_way_back
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt, TimeAdjustment
from edx_proctoring.serializers import ProctoredExamSerializer
from edx_proctoring.statuses import (
    COMPLETED,
    IN_PROGRESS,
    INCOMPLETE,
    ProctoredExamStudentAttemptStatus,
)
from edx_proctoring.types import ExamDict, ExamWithPrerequisites

log = logging.getLogger(__name__)

Status = ProctoredExamStudentAttemptStatus
Screen = str | None

PAUSED = "proctored_exam/paused.html"
SETTING_UP = (Status.created, Status.download_software_clicked)


def get_student_view(
    user_id: int,
    course_id: object,
    content_id: object,
    context: MutableMapping[str, Any],
    user_role: str | None = "student",
) -> str | None:
    """Return the HTML of the learner's screen, or None to show the exam.

    `context` describes the exam as the host knows it (see the reference) and receives all values used for rendering. If
    the exam is not registered yet, it is created from the context. Ends an attempt whose time is over.
    Raises ProctoringTemporarilyUnavailable if the database does not answer.
    """
    return transactions.reading(
        lambda: _student_view(user_id, course_id, content_id, context, user_role)
    )


def _student_view(
    user_id: int,
    course_id: object,
    content_id: object,
    context: MutableMapping[str, Any],
    user_role: str | None,
) -> str | None:
    if user_role != "student":
        return None
    exam = _exam(course_id, content_id, context)
    is_over = not exam["is_active"] or (exam["is_proctored"] and _has_course_ended(context))
    if is_over and not _has_open_pause(exam["id"], user_id):
        return None
    learner = _exam_context(exam, user_id, context)
    decide = DECISIONS.get(learner.kind)
    # A pause also hides questions that the host would show itself: no learner works on while the clock is stopped.
    screen = extensions.screen_for(learner) or PAUSED if learner.pause else None
    if screen is None and decide and not is_over:
        screen = decide(learner)
    if screen is None:
        return None
    more = (
        timed_context(learner) if learner.kind == exam_types.TIMED else proctored_context(learner)
    )
    context.update(more)
    context.update(screen_details(learner, screen))
    if screen == "proctored_exam/instructions.html":
        context.update(provider_steps(learner))
    return str(loader.get_template(screen).render(dict(context)))


def _exam(course_id: object, content_id: object, context: MutableMapping[str, Any]) -> ExamDict:
    exam = ProctoredExam.get_exam_by_content_id(course_id, content_id)
    if exam is None:
        exam = _created(course_id, content_id, context)
    data = ProctoredExamSerializer.row(exam)
    if "due_date" in context:
        data["due_date"] = context["due_date"]
    return data


def _created(
    course_id: object, content_id: object, context: MutableMapping[str, Any]
) -> ProctoredExam:
    try:
        create_exam(
            course_id=course_id,
            content_id=content_id,
            exam_name=context["display_name"],
            time_limit_mins=context["default_time_limit_mins"],
            is_proctored=context.get("is_proctored", False),
            is_practice_exam=context.get("is_practice_exam", False),
            due_date=context.get("due_date"),
            hide_after_due=context.get("hide_after_due", False),
        )
    except ProctoredExamAlreadyExists:
        log.info("exam created by a concurrent request, content_id=%s", content_id)
        exam = ProctoredExam.get_exam_by_content_id(course_id, content_id)
        if exam is None:  # its ids differ only in case, and this database treats them as equal
            raise
        return exam
    exam = ProctoredExam.get_exam_by_content_id(course_id, content_id)
    assert exam is not None  # just created
    return exam


def _exam_context(exam: ExamDict, user_id: int, context: MutableMapping[str, Any]) -> ExamContext:
    provider = backends.find_provider(exam)
    newest = ProctoredExamStudentAttempt.objects.get_current_exam_attempt(exam["id"], user_id)
    attempt = expire_if_overdue(newest) if newest else None
    supports_onboarding = bool(getattr(provider, "supports_onboarding", False))
    kind = exam_types.exam_type(exam, supports_onboarding) if _is_supported(exam) else ""
    now = timezone.now()  # after the attempt has been ended, if that was due
    is_past_due = deadlines.is_past_due(exam, user_id, now)
    return ExamContext(
        exam=exam,
        user_id=user_id,
        attempt=attempt,
        provider=provider,
        kind=kind,
        context=context,
        now=now,
        is_past_due=is_past_due and not (attempt and _may_go_on(attempt, now)),
    )


def _may_go_on(attempt: ProctoredExamStudentAttempt, now: datetime.datetime) -> bool:
    """Return whether a running attempt goes on after the exam's due date: it was moved to an earlier time after the
    start, or the learner's extra time goes beyond it.
    """
    deadline = deadlines.read(attempt) if attempt.status in IN_PROGRESS else None
    return deadline is not None and deadline.due is not None and not deadline.is_over(now)


def _is_supported(exam: ExamDict) -> bool:
    return bool(exam["is_proctored"] or not exam["is_practice_exam"])


def _has_open_pause(exam_id: int, user_id: int) -> bool:
    rows = TimeAdjustment.objects.filter(exam_id=exam_id, user_id=user_id)
    now = timezone.now()
    return any(row.stops_clock(now) for row in rows.open_pauses())


def _has_course_ended(context: MutableMapping[str, Any]) -> bool:
    end = (context.get("credit_state") or {}).get("course_end_date")
    if end is not None and timezone.is_naive(end):
        end = end.replace(tzinfo=datetime.UTC)
    return end is not None and end <= timezone.now()


# Timed exams


def _timed(learner: ExamContext) -> Screen:
    """Without a running clock the questions are hidden: each status uses the screen of the closest one."""
    if screen := extensions.screen_for(learner):
        return screen
    if conf.proctoring.TIMED_EXAM_FALLS_THROUGH:
        return _timed_as_published(learner)
    status = learner.status
    if status in (None, *INCOMPLETE - IN_PROGRESS) or learner.is_resumable_now:
        return "timed_exam/expired.html" if learner.is_past_due else "timed_exam/entrance.html"
    if status in IN_PROGRESS:
        return _timed_running(learner)
    if status in COMPLETED and status not in Status.onboarding_errors:
        return _timed_submitted(learner)
    return "timed_exam/expired.html"


def _timed_running(learner: ExamContext) -> Screen:
    if learner.is_past_due:
        return "timed_exam/expired.html"
    if learner.status == Status.started and learner.does_time_remain:
        return None
    return "timed_exam/ready_to_submit.html"


def _timed_as_published(learner: ExamContext) -> Screen:
    status = learner.status
    if status in (None, Status.created):
        return "timed_exam/expired.html" if learner.is_past_due else "timed_exam/entrance.html"
    if status in INCOMPLETE and learner.is_past_due:
        return "timed_exam/expired.html"
    if status == Status.ready_to_submit:
        return "timed_exam/ready_to_submit.html"
    if status in (Status.submitted, Status.timed_out):
        return _timed_submitted(learner)
    return _fall_through(learner)


def _timed_submitted(learner: ExamContext) -> Screen:
    shown_later = not learner.is_past_due or learner.exam["hide_after_due"]
    if shown_later or is_wait_pending(learner):
        return "timed_exam/submitted.html"
    return None


def _fall_through(learner: ExamContext) -> Screen:
    """There is no screen for this status, so the exam is shown, as in 6.1.4; the log records the status."""
    if learner.status != Status.started:
        attempt_id = learner.attempt.pk if learner.attempt else None
        log.info(
            "no screen for this state, showing the exam: kind=%s status=%s attempt_id=%s",
            learner.kind,
            learner.status,
            attempt_id,
        )
    return None


# Proctored, practice and onboarding exams


def _guarded(decide: Callable[[ExamContext], Screen]) -> Callable[[ExamContext], Screen]:
    """Users who may not take proctored exams see none of these screens; inactive accounts see one."""

    def decide_guarded(learner: ExamContext) -> Screen:
        if not host.may_take_proctored(learner.user, learner.exam):
            return None
        if _is_back_in(learner):
            learner.attempt = None
        if learner.kind == exam_types.PROCTORED and learner.status == Status.declined:
            return None
        if not learner.user.is_active:
            return "proctored_exam/inactive_account.html"
        return extensions.screen_for(learner) or decide(learner)

    return decide_guarded


def _is_back_in(learner: ExamContext) -> bool:
    """Return whether the learner declined an exam that cannot be opted out of; then the decline is ignored."""
    if learner.attempt is None or not _is_opting_out_forbidden(learner):
        return False
    return offer_way_back(learner.attempt)


def _is_opting_out_forbidden(learner: ExamContext) -> bool:
    return learner.context.get("allow_proctoring_opt_out") is False


def _entered(learner: ExamContext) -> Screen:
    """Return the screen for statuses common to proctored, practice and onboarding attempts."""
    if learner.is_resumable_now:
        return "proctored_exam/ready_to_resume.html"
    if learner.status in SETTING_UP:
        return "proctored_exam/instructions.html"
    if learner.status == Status.ready_to_start:
        return "proctored_exam/ready_to_start.html"
    if learner.status == Status.started and learner.is_material_blocked:
        return "proctored_exam/error_wrong_browser.html"
    return None


@_guarded
def _proctored(learner: ExamContext) -> Screen:
    status = learner.status
    if status is None:
        return _proctored_entrance(learner)
    if status in INCOMPLETE and learner.is_past_due:
        return "proctored_exam/expired.html"
    if screen := _entered(learner):
        return screen
    if status == Status.verified and is_wait_pending(learner):
        return "proctored_exam/verified.html"
    if status in ACKNOWLEDGED and learner.may_view_content:
        return None
    if status in Status.onboarding_errors:
        return "proctored_exam/onboarding_error.html"
    return PROCTORED_ENDS.get(status) or _fall_through(learner)


ACKNOWLEDGED = (
    Status.submitted,
    Status.second_review_required,
    Status.timed_out,
    Status.verified,
    Status.rejected,
)
PROCTORED_ENDS = {
    Status.error: "proctored_exam/error.html",
    Status.timed_out: "proctored_exam/submitted.html",
    Status.submitted: "proctored_exam/submitted.html",
    Status.second_review_required: "proctored_exam/submitted.html",
    Status.verified: "proctored_exam/verified.html",
    Status.rejected: "proctored_exam/rejected.html",
    Status.ready_to_submit: "proctored_exam/ready_to_submit.html",
}


def _proctored_entrance(learner: ExamContext) -> Screen:
    if learner.is_past_due:
        return "proctored_exam/expired.html"
    known = (learner.context.get("credit_state") or {}).get("credit_requirement_status")
    exam: ExamWithPrerequisites = {**learner.exam}  # type: ignore[typeddict-item]  # added below
    exam = check_requirements(exam, learner.user_id, known)
    status = exam.get("prerequisite_status")
    if status and _is_opting_out_forbidden(learner):
        status = with_opting_out_forbidden(status, exam, learner.user_id)
    learner.context["prerequisite_status"] = status or {}
    if status and not status["are_prerequisites_satisifed"]:
        if status["declined_prerequisites"]:
            return _declined(learner)
        kind = "failed" if status["failed_prerequisites"] else "pending"
        return f"proctored_exam/{kind}-prerequisites.html"
    _tell_option_presented(learner)
    return "proctored_exam/entrance.html"


def _declined(learner: ExamContext) -> Screen:
    """A declined exam is open. If a new attempt has been created meanwhile, its status decides."""
    newest = ProctoredExamStudentAttempt.objects.get_current_exam_attempt(
        learner.exam["id"], learner.user_id
    )
    learner.attempt = newest
    return None if learner.status in (None, Status.declined) else _proctored(learner)


def _tell_option_presented(learner: ExamContext) -> None:
    """Emit the event at most once a day, because reloading the page would fill the outbox."""
    exam = ProctoredExam(**learner.exam)
    payload = tracking.snapshot(exam, "option-presented")
    day = learner.now.date()
    outbox.put(messages.option_event(exam.pk, learner.user_id, day, payload))


@_guarded
def _practice(learner: ExamContext) -> Screen:
    if learner.status is None:
        return "practice_exam/entrance.html"
    return _entered(learner) or PRACTICE_ENDS.get(learner.status) or _fall_through(learner)


PRACTICE_ENDS = {
    Status.error: "practice_exam/error.html",
    Status.submitted: "practice_exam/submitted.html",
    Status.ready_to_submit: "proctored_exam/ready_to_submit.html",
}


@_guarded
def _onboarding(learner: ExamContext) -> Screen:
    if learner.status is None:
        due = learner.is_past_due
        return "proctored_exam/expired.html" if due else "onboarding_exam/entrance.html"
    if learner.status == Status.started and not learner.is_resumable_now:
        return None
    return _entered(learner) or ONBOARDING_ENDS.get(learner.status) or _fall_through(learner)


ONBOARDING_ENDS = {
    Status.error: "onboarding_exam/error.html",
    Status.submitted: "onboarding_exam/submitted.html",
    Status.second_review_required: "onboarding_exam/submitted.html",
    Status.ready_to_submit: "onboarding_exam/ready_to_submit.html",
    Status.verified: "onboarding_exam/verified.html",
    Status.rejected: "onboarding_exam/rejected.html",
}

DECISIONS: dict[str, Callable[[ExamContext], Screen]] = {
    exam_types.TIMED: _timed,
    exam_types.PROCTORED: _proctored,
    exam_types.PRACTICE: _practice,
    exam_types.ONBOARDING: _onboarding,
}
