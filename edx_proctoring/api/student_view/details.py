"""Details that our own templates of the learner's screens show, in addition to the published context."""

import datetime
from typing import Any
from urllib.parse import quote

from django.templatetags.static import static

from edx_proctoring import conf, dates, deadlines, host, links, references, timing
from edx_proctoring.api.student_view import verdicts
from edx_proctoring.api.student_view.context import ExamContext
from edx_proctoring.dates import Moment
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.statuses import COMPLETED, IN_PROGRESS
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status

STYLESHEET = "proctoring/css/learner.css"

BEFORE_THE_CLOCK = {
    "timed_exam/entrance.html",
    "proctored_exam/entrance.html",
    "practice_exam/entrance.html",
    "onboarding_exam/entrance.html",
    "proctored_exam/ready_to_start.html",
}
VERDICTS = {"proctored_exam/verified.html", "proctored_exam/rejected.html"}
WITH_OPTING_OUT = {
    "proctored_exam/entrance.html",
    "proctored_exam/instructions.html",
    "proctored_exam/failed-prerequisites.html",
    "proctored_exam/pending-prerequisites.html",
}


def screen_details(learner: ExamContext, screen: str) -> dict[str, Any]:
    """Return the details for this screen; only what it shows is looked up."""
    exam, attempt, zone = learner.exam, learner.attempt, learner.zone
    due = deadlines.due_date(exam, learner.user_id)
    reference = references.reference_of(attempt.pk) if attempt else ""
    address = host.escalation_email(exam["course_id"]) or ""
    found: dict[str, Any] = {
        "learner_stylesheet": stylesheet(),
        "attempt_id": str(attempt.pk) if attempt else "",
        "exam_title": exam["exam_name"],
        "course_title": (learner.context.get("credit_state") or {}).get("course_name") or "",
        "course_home_url": _course_home(exam["course_id"]),
        "reference": reference,
        "contact_address": address,
        "contact_link": _mailto(address, exam["exam_name"], reference),
        "due": dates.in_words(due, zone) if due else None,
    }
    if screen in BEFORE_THE_CLOCK:
        found.update(_time_before_start(learner, due, zone))
    if screen in WITH_OPTING_OUT and learner.context.get("allow_proctoring_opt_out"):
        found["decline_exams"] = _exams_declined_together(exam["course_id"], exam["id"])
    if screen == "proctored_exam/entrance.html":
        found["learner_name"] = _name(learner)
    if screen == "proctored_exam/inactive_account.html":
        found["account_email"] = learner.user.email
    if attempt:
        found.update(_of_attempt(learner, attempt, zone))
    if attempt and screen in VERDICTS:
        decided = verdicts.reviewed_at(attempt)
        found["reviewed_at"] = dates.in_words(decided, zone) if decided else None
    if attempt and screen == "proctored_exam/rejected.html":
        found["review_reasons"] = verdicts.review_reasons(attempt)
    if attempt and screen == "proctored_exam/submitted.html":
        found["result_by"] = verdicts.result_by(attempt, zone)
        found["is_result_late"] = verdicts.is_late(attempt, learner.now)
        found["in_second_review"] = attempt.status == Status.second_review_required
    if attempt and screen == "proctored_exam/error.html":
        kept = deadlines.seconds_kept(attempt)
        found["time_left"] = timing.humanized(kept / 60) if kept else ""
    return found


def stylesheet() -> str:
    """Return the URL of the style sheet, or '' if the host has not collected it: better no styles than no screen."""
    try:
        return static(STYLESHEET)
    except ValueError:
        return ""


def _course_home(course_id: str) -> str:
    return links.course_home_url(course_id) if conf.django.LEARNING_MICROFRONTEND_URL else ""


def _mailto(address: str, exam_name: str, reference: str) -> str:
    if not address:
        return ""
    subject = f"{exam_name}, {reference}" if reference else exam_name
    return f"mailto:{quote(address, safe='@+')}?subject={quote(subject)}"


def _time_before_start(
    learner: ExamContext, due: datetime.datetime | None, zone: datetime.tzinfo
) -> dict[str, Any]:
    """Return the exam's time, the learner's extra time, and the latest start at which all of it can be used."""
    attempt = learner.attempt
    if attempt and attempt.time_remaining_seconds is not None:
        return {}  # a resumed attempt has the rest of its time
    exam, base = learner.exam, learner.exam["time_limit_mins"]
    extra = deadlines.extra_time(exam, learner.user_id)
    full = extra.allotment(base) + _minutes_granted_before(learner)
    found: dict[str, Any] = {"full_time": timing.humanized(full)}
    if full > base:
        found["base_time"] = timing.humanized(base)
        found["extra_time"] = timing.humanized(full - base)
    if due is not None:
        minutes = min(full, timing.LONGEST_MINUTES)  # more would reach before the calendar's begin
        latest = extra.due(timing.in_utc(due), base) - datetime.timedelta(minutes=minutes)
        found["is_time_cut"] = latest < learner.now
        found["start_before"] = dates.in_words(latest, zone)
    return found


def _minutes_granted_before(learner: ExamContext) -> int:
    """Return the minutes that staff have granted before the start."""
    if not learner.attempt:
        return 0
    granted = deadlines.granted_before_start(learner.exam["id"], learner.user_id)
    return sum(row.seconds for row in granted) // 60


def _exams_declined_together(course_id: str, exam_id: int) -> list[str]:
    """Return the names of the exams that are declined together with this one, itself first; empty if it is alone."""
    exams = ProctoredExam.get_all_exams_for_course(
        course_id, active_only=True, proctored_exams_only=True
    )
    names = {exam.pk: exam.exam_name for exam in exams}
    if set(names) <= {exam_id}:
        return []
    return [names.pop(exam_id, ""), *names.values()]


def _name(learner: ExamContext) -> str:
    known = (learner.context.get("credit_state") or {}).get("profile_fullname")
    return str(known or learner.user.get_full_name())


def _of_attempt(
    learner: ExamContext, attempt: ProctoredExamStudentAttempt, zone: datetime.tzinfo
) -> dict[str, Any]:
    deadline = deadlines.from_ledger(attempt, learner.ledger)
    ended, ends = attempt.completed_at, deadline.ends_at if deadline else None
    is_over = bool(ended and ends and ended >= ends)
    submitted: Moment | None = None
    if ended and attempt.status in COMPLETED:
        submitted = dates.in_words(ended, zone)
    return {
        "submitted_at": submitted,
        "ended_by_clock": is_over,
        "ends_at": dates.in_words(ends, zone) if ends and attempt.status in IN_PROGRESS else None,
    }
