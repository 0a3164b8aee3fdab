"""Create, change and read exams, and register all exams of a course."""

import datetime
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.dateparse import parse_datetime

from edx_proctoring import (
    backends,
    conf,
    constants,
    exam_types,
    outbox,
    timing,
    tracking,
    transactions,
)
from edx_proctoring.api.lookup import as_id, exam_by_id
from edx_proctoring.effects import exam_sync, messages
from edx_proctoring.exceptions import (
    ExamChangedMeanwhile,
    ProctoredBaseException,
    ProctoredExamAlreadyExists,
    ProctoredExamNotFoundException,
)
from edx_proctoring.models import EXAM_ORDERINGS, ProctoredExam, in_order, save_with_history
from edx_proctoring.models.exams import ExamQuerySet
from edx_proctoring.serializers import ProctoredExamSerializer
from edx_proctoring.types import ExamChanges, ExamDict

log = logging.getLogger(__name__)

CHANGEABLE = (
    "exam_name",
    "time_limit_mins",
    "is_proctored",
    "is_practice_exam",
    "external_id",
    "is_active",
    "hide_after_due",
    "backend",
)


def create_exam(
    course_id: object,
    content_id: object,
    exam_name: str,
    time_limit_mins: int,
    due_date: datetime.datetime | str | None = None,
    is_proctored: bool = True,
    is_practice_exam: bool = False,
    external_id: str | None = None,
    is_active: bool = True,
    hide_after_due: bool = False,
    backend: str | None = None,
) -> int:
    """Create an exam and return its id; notifies the provider of a proctored exam. Raises ProctoredExamAlreadyExists."""
    exam = ProctoredExam(
        course_id=str(course_id),
        content_id=str(content_id),
        exam_name=exam_name,
        time_limit_mins=time_limit_mins,
        due_date=_date(due_date),
        is_proctored=is_proctored,
        is_practice_exam=is_practice_exam,
        external_id=external_id,
        is_active=is_active,
        hide_after_due=hide_after_due,
        backend=backend or conf.default_provider(),
    )

    def store() -> None:
        existing = ProctoredExam.get_exam_by_content_id(course_id, content_id)
        if existing is not None:
            raise _already_exists(exam)
        _insert(exam)

    transactions.run(store)
    return exam.pk


def _insert(exam: ProctoredExam) -> None:
    try:
        # A savepoint, so that the transaction can still read after a conflict.
        with transaction.atomic():
            history_id = save_with_history(exam, force_insert=True)
    except IntegrityError as error:
        same = ProctoredExam.objects.filter(course_id=exam.course_id, content_id=exam.content_id)
        # Only a locking read is sure to see a row that another process has just committed.
        if same.select_for_update().values_list("id").first() is None:
            raise  # a required column is missing
        raise _already_exists(exam) from error  # another request was faster
    announce_exam(exam, "created", history_id)
    log.info("exam %s: created, course_id=%s", exam.pk, exam.course_id)


def _already_exists(exam: ProctoredExam) -> ProctoredExamAlreadyExists:
    return ProctoredExamAlreadyExists(
        f"Attempted to create proctored exam with course_id={exam.course_id} and "
        f"content_id={exam.content_id}, but this exam already exists."
    )


def announce_exam(exam: ProctoredExam, name: str, history_id: int) -> None:
    """Emit the event `created` or `updated` of an exam that was just saved with this history row."""
    payload = tracking.snapshot(exam, name)
    outbox.put(messages.exam_event(history_id, exam.pk, name, payload))


def _date(value: datetime.datetime | str | None) -> datetime.datetime | None:
    """Return a timezone-aware date from a date or ISO 8601 text."""
    if isinstance(value, str):
        try:
            parsed = parse_datetime(value)
        except ValueError:
            parsed = None
        if parsed is None:
            raise ProctoredBaseException(f"{value!r} is not a date.")
        value = parsed
    return value and timing.in_utc(value)


def update_exam(
    exam_id: int,
    exam_name: str | None = None,
    time_limit_mins: int | None = None,
    due_date: datetime.datetime | str | None = constants.MINIMUM_TIME,
    is_proctored: bool | None = None,
    is_practice_exam: bool | None = None,
    external_id: str | None = None,
    is_active: bool | None = None,
    hide_after_due: bool | None = None,
    backend: str | None = None,
) -> int:
    """Change the given values and return the id. None leaves a value unchanged, except that it clears the due date.

    Raises ProctoredExamNotFoundException.
    """
    given = {name: value for name, value in locals().items() if name in CHANGEABLE}
    values = {name: value for name, value in given.items() if value is not None}
    if due_date is not constants.MINIMUM_TIME and due_date != constants.MINIMUM_TIME:
        values["due_date"] = _date(due_date)
    known = _exam_to_change(exam_id)

    def store() -> None:
        exam = _locked([known.pk])[0]
        _change(exam, values)

    transactions.run(store)
    return known.pk


def find_exams(course_id: object) -> ExamQuerySet:
    """Return the course's exams as a queryset, for lists that filter, order and page it."""
    return ProctoredExam.objects.in_course(course_id)


def type_of_exam(exam: ProctoredExam) -> str:
    """Return timed, practice, onboarding or proctored."""
    provider = backends.find_provider(exam)
    return exam_types.exam_type(exam, bool(getattr(provider, "supports_onboarding", False)))


def change_exam(
    course_id: object,
    exam_id: int,
    values: ExamChanges,
    is_as_seen: Callable[[ProctoredExam], bool],
) -> ProctoredExam:
    """Change these columns if the exam has not changed since the caller read it; return the updated exam.

    Raises ProctoredExamNotFoundException, and ExamChangedMeanwhile if `is_as_seen`, called under the lock, returns
    False.
    """

    def store() -> ProctoredExam:
        known = next(iter(_locked([exam_id])), None)
        if known is None or known.course_id != str(course_id):
            raise ProctoredExamNotFoundException("There is no such exam in this course.")
        if not is_as_seen(known):
            raise ExamChangedMeanwhile
        _change(known, values)
        return known

    return transactions.run(store)


def get_exam_to_change(exam_id: object) -> ExamDict:
    """Return the exam before a change. Raises ProctoredExamNotFoundException with the text of update_exam."""
    return _as_dict(_exam_to_change(exam_id))


def _exam_to_change(exam_id: object) -> ProctoredExam:
    missing = f"Attempted to update exam_id={exam_id}, but this exam does not exist."
    return exam_by_id(exam_id, missing)


def _change(exam: ProctoredExam, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(exam, name, value)
    announce_exam(exam, "updated", save_with_history(exam))


def _locked(exam_ids: Sequence[int]) -> list[ProctoredExam]:
    """Return the exams locked and ordered by id."""
    rows = ProctoredExam.objects.filter(pk__in=exam_ids).order_by("pk")
    if transaction.get_connection().features.has_select_for_update:
        rows = rows.select_for_update()
    return list(rows)


def get_exam_by_id(exam_id: int) -> ExamDict:
    """Return the exam. Raises ProctoredExamNotFoundException."""
    return _as_dict(exam_by_id(exam_id))


def get_exam_by_content_id(course_id: object, content_id: object) -> ExamDict:
    """Return the exam of a subsection. Raises ProctoredExamNotFoundException."""
    exam = ProctoredExam.get_exam_by_content_id(course_id, content_id)
    if exam is None:
        raise ProctoredExamNotFoundException(
            f"Cannot find proctored exam in course_id={course_id} with content_id={content_id}"
        )
    return _as_dict(exam)


def get_all_exams_for_course(
    course_id: object, active_only: bool = False, ordering: str | None = None
) -> list[ExamDict]:
    """Return all exams of the course (timed, practice and proctored) in order of creation.

    `ordering`: created, modified, exam_name or id; a leading "-" reverses the order. Raises FieldError for other
    fields.
    """
    exams = ProctoredExam.get_all_exams_for_course(course_id, active_only=active_only)
    return [_as_dict(exam) for exam in in_order(exams, ordering, EXAM_ORDERINGS)]


def _as_dict(exam: ProctoredExam) -> ExamDict:
    return ProctoredExamSerializer.row(exam)


def is_known_backend(name: str) -> bool:
    """Return whether a provider of this name is configured."""
    return backends.provider_named(name) is not None


# Registration of a course


def register_exams(course_id: object, items: Sequence[Mapping[str, Any]]) -> list[int]:
    """Replace the exams of the course by these, in one transaction; return their ids in the order of the items.

    An item has `content_id`, `exam_name`, `time_limit_mins`, `is_proctored`, `is_practice_exam`, `is_active`,
    `hide_after_due`, and optionally `due_date` (default: no due date), `external_id`, `backend`. Active exams that are
    not listed are deactivated. Raises ProctoredBaseException if a content id is listed twice.
    """
    names = [str(item["content_id"]) for item in items]
    if len(set(names)) < len(names):
        raise ProctoredBaseException("An exam is listed twice.")
    for tries_left in reversed(range(transactions.TRIES)):
        try:
            return transactions.run(lambda: _register(str(course_id), items))
        except ProctoredExamAlreadyExists:
            # A concurrent registration of the course has stored its exams by now, so the next try changes them.
            if not tries_left:
                raise
    raise AssertionError("unreachable")


def _register(course_id: str, items: Sequence[Mapping[str, Any]]) -> list[int]:
    ids = ProctoredExam.objects.in_course(course_id).values_list("id", flat=True)
    known = {exam.content_id: exam for exam in _locked(list(ids))}
    registered = []
    for item in items:
        exam = known.pop(str(item["content_id"]), None)
        if exam is None:
            registered.append(create_exam(course_id, **_creation(item)))
        else:
            _change(exam, _values(item))
            registered.append(exam.pk)
    for exam in known.values():
        if exam.is_active:
            _change(exam, {"is_active": False, "is_proctored": False})
    return registered


def _creation(item: Mapping[str, Any]) -> dict[str, Any]:
    names = {*CHANGEABLE, "content_id", "due_date"}
    return {name: value for name, value in item.items() if name in names}


def _values(item: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: item.get(name) for name in CHANGEABLE}
    values = {name: value for name, value in given.items() if value is not None}
    return {**values, "due_date": _date(item.get("due_date"))}


# Notices to providers, for hosts that save the model themselves


@dataclass(frozen=True)
class FormerProvider:
    """The provider that an exam leaves, and the exam's id there."""

    name: str
    external_id: str | None


def tell_exam_saved(exam: ProctoredExam, former: FormerProvider | None = None) -> None:
    """Notify the provider of a proctored exam of the exam's current state and review policy, and a former provider,
    too.
    """
    if former is not None:
        exam_sync.tell_left(exam.pk, former.name, former.external_id)
    exam_sync.tell_saved(exam)


def get_course_of_exams(exam_ids: Iterable[object]) -> str | None:
    """Return the course of the first of these exams that exists, or None."""
    numbers = [number for number in map(as_id, exam_ids) if number]
    courses = dict(ProctoredExam.objects.filter(pk__in=numbers).values_list("id", "course_id"))
    return next((courses[number] for number in numbers if number in courses), None)


def leave_former_provider(before: ProctoredExam, after: ProctoredExam) -> FormerProvider | None:
    """Before `after` replaces `before`: if the provider changes, clear the exam's provider id and return the former
    provider.

    Pass it to `tell_exam_saved` once the exam is stored, because in autocommit mode messages are delivered immediately.
    """
    if not before.is_proctored:
        return None
    old, new = backends.name_of(before), backends.name_of(after)
    if after.is_proctored and old == new:
        return None
    if old != new and after.external_id == before.external_id:
        after.external_id = None
    return FormerProvider(old, before.external_id)
