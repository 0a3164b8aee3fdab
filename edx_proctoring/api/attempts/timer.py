"""Data for the timer on the learner's page."""

import datetime
import logging
from collections.abc import Iterable, Sequence
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from edx_proctoring import backends, conf, deadlines, exam_types, extensions, links, timing
from edx_proctoring.api.attempts.reads import is_attempt_ready_to_resume
from edx_proctoring.api.lookup import as_dict, attempt_by_id, exam_by_id
from edx_proctoring.backends import display
from edx_proctoring.backends.backend import ProctoringBackendProvider, within
from edx_proctoring.exceptions import StudentExamAttemptDoesNotExistsException
from edx_proctoring.lifecycle import expire_if_overdue
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt, TimeAdjustment
from edx_proctoring.statuses import IN_PROGRESS, ProctoredExamStudentAttemptStatus
from edx_proctoring.types import JSON, AttemptDict, JSONObject

log = logging.getLogger(__name__)

# Pages poll at least once a minute. An adjustment is repeated in case a poll was missed; pages recognise it by its id.
NEW = datetime.timedelta(minutes=2)
TOLD = (TimeAdjustment.ALLOTMENT, TimeAdjustment.GRANT, TimeAdjustment.OUTAGE)
Status = ProctoredExamStudentAttemptStatus


def get_polled_attempt(attempt_id: int) -> dict[str, Any]:
    """Return the attempt with the current `time_remaining_seconds` and `accessibility_time_string`.

    Ends the attempt if its time is over. Raises StudentExamAttemptDoesNotExistsException.
    """
    missing = f"Attempted to get attempt_id={attempt_id} but it does not exist."
    attempt = expire_if_overdue(attempt_by_id(attempt_id, missing))
    seconds, changes = clock_data(attempt, timezone.now())
    data: dict[str, Any] = {**as_dict(attempt)}
    data["time_remaining_seconds"] = seconds
    data["accessibility_time_string"] = time_left_in_words(seconds)
    if backends.has_secret_ids(attempt.proctored_exam):
        data["external_id"] = None
    data.update(changes)
    return {**extensions.poll_data(attempt), **data}


def time_left_in_words(seconds: float) -> str:
    """Return the remaining time for screen readers."""
    if seconds < 60:
        return _("you have less than a minute remaining")
    minutes = round(seconds / 60)
    return _("you have {remaining_time} remaining").format(remaining_time=timing.humanized(minutes))


def get_active_attempt_data(
    user_id: int, *, is_learning_mfe: bool = False
) -> dict[str, Any] | None:
    """Return the timer data of the learner's running attempt that ends first; None if there is none.

    `other_exams` names the other running ones with their time, if there are any. If its time is over, this call ends the attempt and
    returns its data once more.
    """
    running = list(ProctoredExamStudentAttempt.objects.get_active_student_attempts(user_id))
    if not running:
        return None
    by_end = [(deadlines.expires_at(attempt), attempt) for attempt in running]
    ending = [(end, attempt) for end, attempt in by_end if end is not None]
    attempt = min(ending, key=lambda pair: pair[0])[1] if ending else running[0]
    data = learner_timer_data(attempt, is_learning_mfe)
    others = [one for one in running if one.pk != attempt.pk]
    if others:
        data["other_exams"] = _other_exams(others, is_learning_mfe)
    return data


def _other_exams(
    attempts: Sequence[ProctoredExamStudentAttempt], is_learning_mfe: bool
) -> list[JSON]:
    """Return names, addresses and remaining seconds of exams that run beside the one of the timer, with one query."""
    now, books = timezone.now(), deadlines.ledgers(attempts)
    found: list[JSON] = []
    for attempt in attempts:
        exam, rows = attempt.proctored_exam, books.get(attempt.pk, [])
        deadline = deadlines.from_ledger(attempt, rows)
        url = links.exam_url_or_none(exam.course_id, exam.content_id, is_learning_mfe)
        found.append(
            {
                "exam_display_name": exam.exam_name,
                "exam_url_path": url,
                "time_remaining_seconds": deadline.seconds_left(now) if deadline else 0,
                "is_paused": any(row.stops_clock(now) for row in rows),
            }
        )
    return found


def learner_timer_data(
    attempt: ProctoredExamStudentAttempt, is_learning_mfe: bool
) -> dict[str, Any]:
    """Return the timer data for a learner's page: without secret ids, with the data of extensions."""
    data = timer_data(attempt, is_learning_mfe)
    if backends.has_secret_ids(attempt.proctored_exam):
        data["external_id"] = None
    return {**extensions.poll_data(attempt), **data}


def get_exam_attempt_data(
    exam_id: int, attempt_id: int, is_learning_mfe: bool = False
) -> JSONObject:
    """Return the timer data of an attempt; ends it if its time is over.

    Raises ProctoredExamNotFoundException, and StudentExamAttemptDoesNotExistsException also for an attempt in another
    exam.
    """
    exam, attempt = exam_by_id(exam_id), attempt_by_id(attempt_id)
    if attempt.proctored_exam_id != exam.pk:
        raise StudentExamAttemptDoesNotExistsException(
            f"attempt_id={attempt_id} is no attempt in exam_id={exam_id}."
        )
    return timer_data(attempt, is_learning_mfe)


def timer_data(attempt: ProctoredExamStudentAttempt, is_learning_mfe: bool = False) -> JSONObject:
    """Return the same for an attempt with its exam and learner already read."""
    attempt, now = expire_if_overdue(attempt), timezone.now()
    exam = attempt.proctored_exam
    data = as_dict(attempt)
    provider = backends.find_provider(exam)
    minutes = _minutes(exam, attempt, data, now)
    seconds, changes = clock_data(attempt, now)
    answer: JSONObject = {
        "in_timed_exam": True,
        "taking_as_proctored": attempt.taking_as_proctored,
        "exam_type": exam_types.get_exam_type(data["proctored_exam"], provider)["humanized_type"],
        "exam_display_name": exam.exam_name,
        "exam_url_path": links.exam_url_or_none(exam.course_id, exam.content_id, is_learning_mfe),
        "time_remaining_seconds": seconds,
        "total_time": timing.humanized(minutes),
        **_thresholds(minutes),
        "course_id": exam.course_id,
        "attempt_id": attempt.pk,
        "external_id": attempt.external_id,
        "accessibility_time_string": _("you have {remaining_time} remaining").format(
            remaining_time=timing.humanized(round(seconds / 60))
        ),
        "attempt_status": attempt.status,
        "exam_started_poll_url": reverse(
            "edx_proctoring:proctored_exam.attempt", args=[attempt.pk]
        ),
        "attempt_ready_to_resume": is_attempt_ready_to_resume(data),
        "use_legacy_attempt_api": True,
        "desktop_application_js_url": provider.get_javascript() if provider else "",
    }
    answer.update(changes)
    if exam.is_proctored:
        answer.update(_of_provider(provider, attempt, data))
    return answer


def clock_data(
    attempt: ProctoredExamStudentAttempt, now: datetime.datetime
) -> tuple[float, JSONObject]:
    """Return the remaining seconds, and the pauses and granted time for polls (see `_time_changes`), with one query."""
    rows = deadlines.ledger(attempt)
    deadline = deadlines.from_ledger(attempt, rows)
    seconds = deadline.seconds_left(now) if deadline else 0
    return seconds, _time_changes(attempt, rows, now)


def _time_changes(
    attempt: ProctoredExamStudentAttempt, rows: Iterable[TimeAdjustment], now: datetime.datetime
) -> JSONObject:
    """Return `paused` if the attempt is paused, and `adjustments` if there are recent ones; otherwise no keys.

    The seconds are those by which the deadline moved: the due date may have limited a grant.
    """
    if attempt.status not in IN_PROGRESS:
        return {}
    answer: JSONObject = {}
    new: list[JSON] = []
    moved = deadlines.gains(attempt, rows)
    for row in rows:
        if row.began_at and row.stops_clock(now):
            answer["paused"] = _pause(row, row.began_at)
        elif row.kind in TOLD and moved.get(row.pk) and now - row.created <= NEW:
            new.append({"id": row.pk, "kind": row.kind, "seconds": moved[row.pk]})
    if new:
        answer["adjustments"] = new
    return answer


def _pause(row: TimeAdjustment, since: datetime.datetime) -> JSONObject:
    found: JSONObject = {"kind": row.kind, "since": since.isoformat(), "message": row.reason}
    end = row.ends_by_itself_at
    return {**found, "ends_at": end.isoformat()} if end else found


def _minutes(
    exam: ProctoredExam,
    attempt: ProctoredExamStudentAttempt,
    data: AttemptDict,
    now: datetime.datetime,
) -> int:
    stored = attempt.allowed_time_limit_mins
    if stored and not is_attempt_ready_to_resume(data):
        return stored
    return deadlines.allowed_minutes(deadlines.exam_fields(exam), attempt.user_id, attempt, now)


def _thresholds(minutes: int) -> dict[str, int]:
    seconds = minutes * 60
    return {
        "low_threshold_sec": int(conf.proctoring.low_threshold_pct * seconds),
        "critically_low_threshold_sec": int(conf.proctoring.critically_low_threshold_pct * seconds),
    }


def _of_provider(
    provider: ProctoringBackendProvider | None,
    attempt: ProctoredExamStudentAttempt,
    data: AttemptDict,
) -> JSONObject:
    interval = conf.proctoring.DESKTOP_APPLICATION_PING_INTERVAL_SECONDS
    answer: JSONObject = {
        "ping_interval": getattr(provider, "ping_interval", interval),
        "attempt_code": attempt.attempt_code,
    }
    if attempt.status in (Status.created, Status.download_software_clicked):
        answer["software_download_url"] = _download_url(provider, data) if provider else None
    return answer


def _download_url(provider: ProctoringBackendProvider, data: AttemptDict) -> str | None:
    try:
        with within(conf.proctoring.ASK_DEADLINE_SECONDS):  # time limit for both requests together
            own = (provider.get_attempt(data) or {}).get("download_url")
            usual = provider.get_software_download_url
            return display.web_address(own) or display.web_address(usual())
    except Exception as error:
        log.warning("provider's software address unavailable, attempt_id=%s: %r", data["id"], error)
        return None
