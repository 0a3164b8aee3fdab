"""Read attempts. Functions that end an overdue attempt before they return say so; the others change nothing."""

import datetime
import functools
import logging
from collections import defaultdict
from collections.abc import Collection, Sequence
from operator import itemgetter
from typing import Any

from django.core.mail import EmailMessage
from django.db.models import Q
from django.utils import timezone

from edx_proctoring import deadlines, emails, statuses, timing
from edx_proctoring.api.attempts.creation_order import EVERYTHING, newest_since
from edx_proctoring.api.lazy_lists import LazyList
from edx_proctoring.api.lookup import as_dict, as_id, attempt_by_id
from edx_proctoring.backends import attempts_at
from edx_proctoring.effects.plan import updates_credit_grades_and_email
from edx_proctoring.lifecycle import expire_if_overdue
from edx_proctoring.models import (
    ATTEMPT_ORDERINGS,
    ProctoredExam,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
    exactly,
    in_order,
)
from edx_proctoring.models.attempts import AttemptQuerySet
from edx_proctoring.serializers import (
    ProctoredExamSerializer,
    ProctoredExamStudentAllowanceSerializer,
)
from edx_proctoring.types import ActiveExam, AllowanceDict, AttemptDict, ExamDict, User

log = logging.getLogger(__name__)

Attempt = ProctoredExamStudentAttempt


DAY = datetime.timedelta(days=1)


def _fresh(attempt: Attempt | None) -> AttemptDict | None:
    return None if attempt is None else as_dict(expire_if_overdue(attempt))


# One attempt


def get_current_exam_attempt(exam_id: int, user_id: int) -> AttemptDict | None:
    """Return the learner's newest attempt in the exam, or None. Ends it if its time is over."""
    return _fresh(Attempt.objects.get_current_exam_attempt(exam_id, user_id))


def get_exam_attempt_by_id(attempt_id: int) -> AttemptDict | None:
    """Return the attempt, or None. Ends it if its time is over."""
    number = as_id(attempt_id)
    return _fresh(Attempt.objects.get_exam_attempt_by_id(number)) if number else None


def get_exam_attempt_by_external_id(external_id: str) -> AttemptDict | None:
    """Return the newest attempt with this provider id, or None. Ends it if its time is over."""
    return _fresh(Attempt.objects.get_exam_attempt_by_external_id(external_id))


def was_registered_without_token(attempt_id: int) -> bool:
    """Return whether version 6 registered the attempt less than a day ago, with a callback address without a token.

    The history shows this: version 6 stored no reason.
    """
    rows = Attempt.history.filter(id=attempt_id, history_type="+").order_by("history_id")
    born = rows.values_list("history_date", "history_change_reason").first()
    return born is not None and not born[1] and timezone.now() - born[0] < DAY


def get_exam_attempt_by_code(attempt_code: str | None) -> AttemptDict | None:
    """Return the attempt with the code, or None. Ends it if its time is over."""
    return _fresh(Attempt.objects.get_exam_attempt_by_code(attempt_code))


def get_course_of_attempt(attempt_id: int) -> str:
    """Return the course id of an attempt. Raises StudentExamAttemptDoesNotExistsException."""
    return str(attempt_by_id(attempt_id).proctored_exam.course_id)


def locate_attempt_by_attempt_code(attempt_code: str) -> tuple[Attempt | None, bool | None]:
    """Return (attempt, False), (the last history state of a removed attempt, True), or (None, None)."""
    found = _locate(exactly(attempt_code=attempt_code)) if attempt_code else (None, None)
    if found[0] is None:
        log.error("no current or removed attempt with this code")
    return found


def locate_attempt_by_external_id(
    external_id: str, backends: Collection[str] | None = None
) -> tuple[Attempt | None, bool | None]:
    """Do the same by provider id, which two providers may use; attempts of the providers named in `backends` come
    first.
    """
    if not external_id:
        return None, None
    if backends is not None:
        found = _locate(attempts_at(backends), exactly(external_id=external_id))
        if found[0] is not None:
            return found
    return _locate(exactly(external_id=external_id))


def _locate(*conditions: Q) -> tuple[Attempt | None, bool | None]:
    living = Attempt.objects.with_parts().filter(*conditions).newest_first()[:2]
    if len(living) > 1:
        log.warning("several attempts with the same id, using the newest: %s", living[0].pk)
    if living:
        return living[0], False
    history = Attempt.history.filter(*conditions)
    record = history.order_by("-modified", "-history_id").first()
    return (record.instance, True) if record else (None, None)


# Lists


def _as_seen(attempt: Attempt) -> AttemptDict:
    return as_dict(deadlines.as_seen(attempt, timezone.now()))


def get_all_exam_attempts(course_id: object, ordering: str | None = None) -> list[AttemptDict]:
    """Return all attempts of the course, newest first, as a lazy list: slicing it reads only that page.

    `ordering`: created, modified, started_at, completed_at, status, exam_name, user__username, user__email,
    proctored_exam__exam_name, proctored_exam__time_limit_mins or id; a leading "-" reverses the order.
    """
    rows = in_order(Attempt.objects.get_all_exam_attempts(course_id), ordering, ATTEMPT_ORDERINGS)
    first = functools.partial(_beginning_with_newest, course_id) if ordering is None else None
    return LazyList(rows, _as_seen, first)


def _beginning_with_newest(course_id: object, reach: int) -> AttemptQuerySet:
    """Return attempts of the course, newest first, that begin with its `reach` newest, and have few others."""
    _all, some = newest_since(ProctoredExam.objects.in_course(course_id), reach, EVERYTHING)
    return some.newest_first()


def get_filtered_exam_attempts(
    course_id: object, search_by: str, ordering: str | None = None
) -> list[AttemptDict]:
    """Return the attempts whose learner's username or e-mail address contains the text; otherwise as
    get_all_exam_attempts.
    """
    rows = Attempt.objects.get_filtered_exam_attempts(course_id, search_by)
    return LazyList(in_order(rows, ordering, ATTEMPT_ORDERINGS), _as_seen)


def get_user_attempts_by_exam_id(user_id: int, exam_id: int) -> list[AttemptDict]:
    """Return all attempts of the learner in the exam, newest first."""
    found = Attempt.objects.get_user_attempts_by_exam_id(user_id, exam_id)
    return [_as_seen(attempt) for attempt in found]


def get_active_exams_for_user(user_id: int, course_id: object = None) -> list[ActiveExam]:
    """Return the exams that the learner is taking, newest first, each as `exam`, `attempt` and `allowances`."""
    running = Attempt.objects.get_active_student_attempts(user_id, course_id)
    now = timezone.now()
    attempts = [attempt for attempt in running if not deadlines.is_overdue(attempt, now)]
    allowances: dict[int, list[AllowanceDict]] = defaultdict(list)
    granted = ProctoredExamStudentAllowance.objects.filter(
        user_id=user_id, proctored_exam_id__in=[attempt.proctored_exam_id for attempt in attempts]
    )
    for allowance in granted.select_related("user", "proctored_exam").order_by("id"):
        data = ProctoredExamStudentAllowanceSerializer.row(allowance)
        allowances[allowance.proctored_exam_id].append(data)
    return [
        {
            "exam": ProctoredExamSerializer.row(attempt.proctored_exam),
            "attempt": as_dict(attempt),
            "allowances": allowances[attempt.proctored_exam_id],
        }
        for attempt in attempts
    ]


def get_last_exam_completion_date(course_id: object, username: str) -> datetime.datetime | None:
    """Return when the learner completed the last of the course's active proctored exams; None unless all are completed."""
    exams = ProctoredExam.get_all_exams_for_course(course_id, active_only=True)
    exam_ids = set(exams.graded_proctored().values_list("id", flat=True))
    attempts = Attempt.objects.filter(
        user__username=username, proctored_exam_id__in=exam_ids, taking_as_proctored=True
    ).latest_per_learner()
    completed = dict(attempts.values_list("proctored_exam_id", "completed_at"))
    moments = [moment for moment in completed.values() if moment is not None]
    return max(moments) if exam_ids and len(moments) == len(exam_ids) else None


def get_exam_violation_report(
    course_id: object, include_practice_exams: bool = False
) -> list[dict[str, Any]]:
    """Return one row per attempt of the course, sorted by exam name, with the review comments grouped by status.

    Practice and onboarding exams are always included, whatever `include_practice_exams` says.
    """
    rows = Attempt.objects.in_course(course_id).order_by("id")
    reviews = ProctoredExamSoftwareSecureReview.objects.filter(
        attempt_code__in=rows.order_by().values("attempt_code")
    )
    comment = "proctoredexamsoftwaresecurecomment"  # a review without comments shows None
    columns = ("attempt_code", "review_status", f"{comment}__status", f"{comment}__comment")
    statuses: dict[str, str] = {}
    texts: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for code, status, kind, text in reviews.order_by(f"{comment}__id").values_list(*columns):
        statuses[code] = status
        if text is not None:
            texts[code][f"{kind} Comments"].append(text)
    report = []
    now = timezone.now()
    for attempt in rows.with_shared_parts():
        code = attempt.attempt_code or ""
        found = texts.get(code, {})
        report.append({**_report_row(deadlines.as_seen(attempt, now), statuses.get(code)), **found})
    return sorted(report, key=itemgetter("exam_name"))


def _report_row(attempt: Attempt, review_status: str | None) -> dict[str, Any]:
    exam = attempt.proctored_exam
    return {
        "course_id": exam.course_id,
        "exam_name": exam.exam_name,
        "username": attempt.user.username,
        "email": attempt.user.email,
        "attempt_code": attempt.attempt_code,
        "allowed_time_limit_mins": attempt.allowed_time_limit_mins,
        "is_sample_attempt": attempt.is_sample_attempt,
        "started_at": attempt.started_at,
        "completed_at": attempt.completed_at,
        "status": attempt.status,
        "review_status": review_status,
        "provider": exam.backend,
        "user_id": attempt.user_id,
    }


# Time


def _newest_fresh(exam_id: int, user_id: int) -> Attempt | None:
    newest = Attempt.objects.get_current_exam_attempt(exam_id, user_id)
    return expire_if_overdue(newest) if newest else None


def allowed_minutes(exam: ExamDict, user_id: int) -> int:
    """Return how many minutes the learner would have if they started now. Ends their attempt if its time is over."""
    newest = _newest_fresh(exam["id"], user_id)
    return deadlines.allowed_minutes(exam, user_id, newest, timezone.now())


def get_total_allowed_time_for_exam(exam: ExamDict, user_id: int) -> str:
    """Return the same in words."""
    return timing.humanized(allowed_minutes(exam, user_id))


def exam_due_date(exam: ExamDict, user: User | int | None = None) -> datetime.datetime | None:
    """Return when the exam is due, for the user (object or id) if given."""
    return deadlines.due_date(exam, user)


def is_exam_passed_due(exam: ExamDict, user: User | int | None = None) -> bool:
    """Return whether the exam is past due. Timed exams without a due date end with the course."""
    return deadlines.is_past_due(exam, user, timezone.now())


# Rules


def is_state_transition_legal(from_status: str, to_status: str) -> bool:
    """Return whether an attempt may move from one status to the other."""
    return statuses.is_transition_legal(from_status, to_status)


def can_update_credit_grades_and_email(
    attempts: Sequence[AttemptDict], to_status: str, exam: ExamDict
) -> bool:
    """Return whether credit, grades and e-mail apply to the change to `to_status`. `attempts`: all, including the
    changed one.
    """
    words = [attempt["status"] for attempt in attempts]
    return updates_credit_grades_and_email(words, to_status, exam["is_practice_exam"])


def is_attempt_ready_to_resume(attempt: AttemptDict) -> bool:
    """Return whether the learner may continue in a new attempt."""
    return bool(attempt["ready_to_resume"] and not attempt["resumed"])


def is_attempt_in_resume_process(attempt_obj: Attempt) -> bool:
    """Return whether another attempt may continue this one (a model instance) or already does."""
    return bool(attempt_obj.ready_to_resume or attempt_obj.resumed)


def create_proctoring_attempt_status_email(
    exam_attempt_obj: Attempt, course_name: str, course_id: object
) -> EmailMessage | None:
    """Return the e-mail about the attempt's status, or None if none is due. `course_id` is the exam's."""
    return emails.status_email(exam_attempt_obj, course_name)
