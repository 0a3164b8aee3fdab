"""Exams: creating, changing, reading, and the registration of a whole course."""

import datetime
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
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
from edx_proctoring.models import EXAM_ORDERINGS, ProctoredExam, in_order
from edx_proctoring.models.exams import ExamQuerySet
from edx_proctoring.serializers import ProctoredExamSerializer

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
    """Create an exam and return its id; the provider of a proctored one hears of it. ProctoredExamAlreadyExists."""
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
        with transaction.atomic():
            exam.save(force_insert=True)
    except IntegrityError as error:
        same = ProctoredExam.objects.filter(course_id=exam.course_id, content_id=exam.content_id)
        # Only a locking read surely sees what somebody else has stored just now.
        if same.select_for_update().values_list("id").first() is None:
            raise  # a column lacks its value
        raise _already_exists(exam) from error  # somebody else was first
    announce_exam(exam, "created")
    log.info("exam %s: created, course_id=%s", exam.pk, exam.course_id)


def _already_exists(exam: ProctoredExam) -> ProctoredExamAlreadyExists:
    return ProctoredExamAlreadyExists(
        f"Attempted to create proctored exam with course_id={exam.course_id} and "
        f"content_id={exam.content_id}, but this exam already exists."
    )


def announce_exam(exam: ProctoredExam, name: str) -> None:
    """Emit the event `created` or `updated` of an exam that was saved just now."""
    history_id = exam.last_history.history_id  # type: ignore[attr-defined]  # set when it was saved
    payload = tracking.snapshot(exam, name)
    outbox.put(messages.exam_event(history_id, exam.pk, name, payload))


def _date(value: datetime.datetime | str | None) -> datetime.datetime | None:
    """An aware date from a date or ISO 8601 text."""
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
    due_date: Any = constants.MINIMUM_TIME,
    is_proctored: bool | None = None,
    is_practice_exam: bool | None = None,
    external_id: str | None = None,
    is_active: bool | None = None,
    hide_after_due: bool | None = None,
    backend: str | None = None,
) -> int:
    """Change what is given (None leaves as it is, but clears the due date) and return the id.

    ProctoredExamNotFoundException.
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
    """The course's exams as a queryset, for lists that filter, order and page it."""
    return ProctoredExam.objects.in_course(course_id)


def type_of_exam(exam: ProctoredExam) -> str:
    """timed, practice, onboarding or proctored."""
    provider = backends.find_provider(exam)
    return exam_types.exam_type(exam, bool(getattr(provider, "supports_onboarding", False)))


def change_exam(
    course_id: object,
    exam_id: int,
    values: Mapping[str, Any],
    is_as_seen: Callable[[ProctoredExam], bool],
) -> ProctoredExam:
    """Change these columns of an exam of the course if it still is as the caller has seen it; the exam as it is then.

    ProctoredExamNotFoundException; ExamChangedMeanwhile when `is_as_seen`, asked under the lock, says no.
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


def get_exam_to_change(exam_id: Any) -> dict[str, Any]:
    """The exam as it is before a change; ProctoredExamNotFoundException as of update_exam."""
    return _as_dict(_exam_to_change(exam_id))


def _exam_to_change(exam_id: Any) -> ProctoredExam:
    missing = f"Attempted to update exam_id={exam_id}, but this exam does not exist."
    return exam_by_id(exam_id, missing)


def _change(exam: ProctoredExam, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(exam, name, value)
    exam.save()
    announce_exam(exam, "updated")


def _locked(exam_ids: Sequence[int]) -> list[ProctoredExam]:
    """Exams locked by id, in its order."""
    rows = ProctoredExam.objects.filter(pk__in=exam_ids).order_by("pk")
    if transaction.get_connection().features.has_select_for_update:
        rows = rows.select_for_update()
    return list(rows)


def get_exam_by_id(exam_id: int) -> dict[str, Any]:
    """The exam; ProctoredExamNotFoundException."""
    return _as_dict(exam_by_id(exam_id))


def get_exam_by_content_id(course_id: object, content_id: object) -> dict[str, Any]:
    """The exam of a subsection; ProctoredExamNotFoundException."""
    exam = ProctoredExam.get_exam_by_content_id(course_id, content_id)
    if exam is None:
        raise ProctoredExamNotFoundException(
            f"Cannot find proctored exam in course_id={course_id} with content_id={content_id}"
        )
    return _as_dict(exam)


def get_all_exams_for_course(
    course_id: object, active_only: bool = False, ordering: str | None = None
) -> list[dict[str, Any]]:
    """All exams of the course, timed, practice and proctored, in the order of their creation.

    `ordering`: created, modified, exam_name or id, "-" before it turns it round; FieldError for others.
    """
    exams = ProctoredExam.get_all_exams_for_course(course_id, active_only=active_only)
    return [_as_dict(exam) for exam in in_order(exams, ordering, EXAM_ORDERINGS)]


def _as_dict(exam: ProctoredExam) -> dict[str, Any]:
    data: dict[str, Any] = ProctoredExamSerializer.row(exam)
    return data


def is_known_backend(name: str) -> bool:
    """Is a provider of this name configured?"""
    return backends.provider_named(name) is not None


# Registration of a course


def register_exams(course_id: object, items: Sequence[Mapping[str, Any]]) -> list[int]:
    """Make these the exams of the course, all or nothing; returns their ids in the order of the items.

    An item: `content_id`, `exam_name`, `time_limit_mins`, `is_proctored`, `is_practice_exam`, `is_active`,
    `hide_after_due`, perhaps `due_date` (without it there is none), `external_id`, `backend`. Active exams that are not
    among them are switched off. ProctoredBaseException for a content id that comes twice.
    """
    names = [str(item["content_id"]) for item in items]
    if len(set(names)) < len(names):
        raise ProctoredBaseException("An exam is listed twice.")
    for tries_left in reversed(range(transactions.TRIES)):
        try:
            return transactions.run(lambda: _register(str(course_id), items))
        except (
            ProctoredExamAlreadyExists
        ):  # somebody registers the course, too: now its exams are known
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


# What providers hear, for hosts that save the model


def tell_exam_saved(exam: ProctoredExam) -> None:
    """The provider of a proctored exam hears what the exam and its review policy are like now; a former one, too."""
    former = exam.__dict__.pop("former_provider", None)
    if former is not None:
        exam_sync.tell_left(exam.pk, *former)
    exam_sync.tell_saved(exam)


def get_course_of_exams(exam_ids: Iterable[object]) -> str | None:
    """The course of the first of these exams that there is, or None."""
    numbers = [number for number in map(as_id, exam_ids) if number]
    courses = dict(ProctoredExam.objects.filter(pk__in=numbers).values_list("id", "course_id"))
    return next((courses[number] for number in numbers if number in courses), None)


def leave_former_provider(before: ProctoredExam, after: ProctoredExam) -> str | None:
    """`after` is about to replace `before`: a provider that loses the exam is noted, and its id is cleared; its name.

    It hears of it by `tell_exam_saved`, once the exam is stored: in autocommit messages are delivered right away.
    """
    after.__dict__.pop("former_provider", None)
    if not before.is_proctored:
        return None
    old, new = backends.name_of(before), backends.name_of(after)
    if after.is_proctored and old == new:
        return None
    after.__dict__["former_provider"] = (old, before.external_id)
    if old != new and after.external_id == before.external_id:
        after.external_id = None
    return old
