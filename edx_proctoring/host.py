"""The services of the LMS. Only this module looks them up.

Queries return None, False or an empty list if the host has no such service or if it fails (the failure is logged); only
database errors that a new transaction may cure are raised. Commands raise errors, and return False if the host has no
such service.
"""

import datetime
import logging
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from django.apps import apps
from django.core.exceptions import ObjectDoesNotExist
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import CourseKey

from edx_proctoring import conf, protocols, slow_calls, timing, transactions
from edx_proctoring.protocols import EdxWhen, Enrollment
from edx_proctoring.runtime import get_runtime_service
from edx_proctoring.types import AnyUser, CreditState, ExamDict, User

log = logging.getLogger(__name__)
Answer = TypeVar("Answer")
Answers = dict[tuple[object, ...], Any]

NAMESPACE = "proctored_exam"

FAILED: Any = {}  # the result of a failed service
_completion: Callable[[str], Any] = get_runtime_service
# Published functions that call one another have no parameter for passing on the host's answers.
_answers: ContextVar[Answers | None] = ContextVar("answers", default=None)


def has(service: str) -> bool:
    """Return whether the host offers this service."""
    return get_runtime_service(service) is not None


def set_completion_lookup(lookup: Callable[[str], Any]) -> None:
    """Set the look-up of the completion service; `handlers` provides its own, which test suites replace."""
    global _completion  # noqa: PLW0603  set once
    _completion = lookup


def _service(name: str, lookup: Callable[[str], Any] = get_runtime_service) -> Any:
    service = lookup(name)
    return None if service is None else slow_calls.Timed(name, service)


def _ask(question: Callable[[], Answer], otherwise: Answer, *, strict: bool = False) -> Answer:
    try:
        if not connection.in_atomic_block:
            return question()
        # Without a savepoint, a failed query of the service would break our transaction.
        with transaction.atomic():
            return question()
    except slow_calls.CallSkipped:
        raise  # the caller may do the work later
    except Exception as error:
        if strict:
            raise
        transactions.reraise_if_broken(error)
        log.warning("host service failed: %r", error, exc_info=error)
        return otherwise


# Queries


def credit_state(
    user_id: int | None, course_id: object, with_course: bool = False, *, strict: bool = False
) -> CreditState | None:
    """Return the learner's credit state, or None; with `course_name` and an aware `course_end_date` if known.

    `strict`: raise an error if the service fails.
    """
    key = (user_id, str(course_id), with_course)
    state = _once(("credit", *key), lambda: _credit_state(*key))
    if state is FAILED and strict:
        raise RuntimeError("the credit service failed")
    return {**state} if state else None


@contextmanager
def cached_answers() -> Iterator[Answers]:
    """Within this block, a learner's credit state and due date are read once, however often they are needed."""
    known: Answers = {}
    token = _answers.set(known)
    try:
        yield known
    finally:
        _answers.reset(token)


def _once(key: tuple[object, ...], question: Callable[[], Answer]) -> Answer:
    known = _answers.get()
    if known is None:
        return question()
    if key not in known:
        known[key] = question()
    answer: Answer = known[key]
    return answer


def _credit_state(user_id: int | None, course_id: str, with_course: bool) -> CreditState | None:
    service: protocols.Credit | None = _service("credit")
    if service is None:
        return None
    more = {"return_course_info": True} if with_course else {}
    state: CreditState | None
    state = _ask(lambda: service.get_credit_state(user_id, course_id, **more), FAILED)
    end = state.get("course_end_date") if state else None
    if state and isinstance(end, datetime.datetime):
        return {**state, "course_end_date": timing.in_utc(end)}
    return state


def verified_name(user: User | None, *, strict: bool = False) -> str:
    """Return the name on the learner's identity document, or ''. `strict`: raise errors."""
    service: protocols.NameAffirmation | None = _service("name_affirmation")
    if service is None or user is None:
        return ""
    found = _ask(
        lambda: service.get_verified_name(user, is_verified=False, statuses_to_exclude=["denied"]),
        None,
        strict=strict,
    )
    return str(found.verified_name or "") if found else ""


def is_course_staff(user: AnyUser, course_id: object) -> bool:
    """Return whether the user is on the course's staff."""
    service: protocols.Instructor | None = _service("instructor")
    if service is None:
        return False
    return bool(_ask(lambda: service.is_course_staff(user, str(course_id)), False))


def is_course_or_global_staff(user: AnyUser, course_id: object) -> bool:
    """Return whether the user is global staff or on the course's staff."""
    return bool(user.is_staff or is_course_staff(user, course_id))


def escalation_email(course_id: object) -> str | None:
    """Return the support address of the course, or None."""
    service: protocols.Instructor | None = _service("instructor")
    if service is None:
        return None

    def address() -> str | None:
        try:
            return service.get_proctoring_escalation_email(str(course_id))
        except (InvalidKeyError, ObjectDoesNotExist) as error:
            log.warning("support address unavailable, course_id=%s: %r", course_id, error)
            return None

    return _ask(address, None)


def should_override_grade(course_id: object) -> bool:
    """Return whether a rejection zeroes the grade in this course. Raises errors: a late result is better than a wrong one."""
    service: protocols.Grades | None = _service("grades")
    return service is not None and bool(
        service.should_override_grade_on_rejected_exam(str(course_id))
    )


def enrollments(course_id: object, text_search: str | None = None) -> Iterable[Enrollment]:
    """Return the users of the course who may take proctored exams, as objects with `.user` and `.mode`."""
    service: protocols.Enrollments | None = _service("enrollments")
    if service is None:
        return []
    found = _ask(
        lambda: service.get_enrollments_can_take_proctored_exams(str(course_id), text_search), None
    )
    return [] if found is None else found


def is_enrolled(user: AnyUser, course_id: object) -> bool:
    """Return whether the user is actively enrolled, according to the credit service; without it, always True."""
    return not has("credit") or credit_state(user.pk, course_id) is not None


def is_active_in(course_id: object, user_id: int) -> bool | None:
    """Return whether the learner is actively enrolled in the course; None if the host cannot tell."""
    ask = getattr(_service("enrollments"), "get_active_enrollments_by_course_and_user", None)
    if ask is None:
        return None
    found = _ask(lambda: ask(str(course_id), user_id), FAILED)
    return None if found is FAILED else found is not None


def tracks(course_id: object, user_ids: Collection[int]) -> dict[int, str]:
    """Return the modes of the users' active enrollments in the course by user id; the host is asked once for all."""
    ask = getattr(_service("enrollments"), "get_active_enrollments_by_course", None)

    def read() -> dict[int, str]:
        found = ask(str(course_id)) if ask else ()
        if isinstance(found, QuerySet):
            return dict(found.filter(user_id__in=user_ids).values_list("user_id", "mode"))
        return {one.user.pk: one.mode for one in found if one.user.pk in user_ids}

    return _ask(read, {})


def course_outline(user: User, course_id: object) -> protocols.OutlineDetails | None:
    """Return `.outline` and `.schedule` of the course for the user, or None."""
    service: protocols.LearningSequences | None = _service("learning_sequences")
    if service is None:
        return None
    return _ask(
        lambda: service.get_user_course_outline_details(
            CourseKey.from_string(str(course_id)), user, timezone.now()
        ),
        None,
    )


def ask_edx_when(question: Callable[[EdxWhen], Answer], failed: Answer | None) -> Answer | None:
    """Ask the API of edx-when; return `failed` if it fails, and None if it is not in INSTALLED_APPS and has no tables."""
    if not apps.is_installed("edx_when"):
        return None
    from edx_when import api  # noqa: PLC0415  its models need the app

    return _ask(lambda: question(api), failed)


def due_date(
    course_id: object,
    content_id: object,
    user: User | int | None = None,
    otherwise: datetime.datetime | None = None,
) -> datetime.datetime | None:
    """Return the learner's own due date of a subsection, aware, or None; `user` is an id, an object or None.

    Returns `otherwise` if edx-when fails.
    """

    def read(api: EdxWhen) -> object:
        return api.get_date_for_block(str(course_id), str(content_id), "due", user=user)

    key = ("due", str(course_id), str(content_id), getattr(user, "pk", user))
    found = _once(key, lambda: ask_edx_when(read, FAILED))
    return otherwise if found is FAILED else _aware(found)


def course_end(course_id: object) -> datetime.datetime | None:
    """Return the end of the course, aware, or None."""

    def read(api: EdxWhen) -> dict[tuple[object, str], object]:
        try:
            return dict(api.get_dates_for_course(str(course_id)))
        except InvalidKeyError:
            return {}

    dates = ask_edx_when(read, None) or {}
    ends = {key: date for (key, field), date in dates.items() if field == "end"}
    of_course = [date for key, date in ends.items() if getattr(key, "block_type", "") == "course"]
    return _aware((of_course or list(ends.values()) or [None])[0])


def _aware(date: object) -> datetime.datetime | None:
    if not isinstance(date, datetime.datetime):
        if date is not None:
            log.error("not a date: %r", date)
        return None
    return timing.in_utc(date)


def may_take_proctored(user: User, exam: ExamDict) -> bool:
    """Return whether the host lets the user take the exam (its published dictionary) as a proctored one."""
    permission = "edx_proctoring.can_take_proctored_exam"
    taken: Any = exam  # rules take any object, not only models
    return _ask(lambda: bool(user.has_perm(permission, taken)), False)


def language_of(user: User) -> str:
    """Return the user's language."""
    path = conf.proctoring.LANGUAGE_OF_USER
    own = _ask(lambda: import_string(path)(user), None) if path else preference(user, "pref-lang")
    return str(own or conf.django.LANGUAGE_CODE)


def preference(user: User, name: str) -> str | None:
    """Return a preference of the user, or None."""
    service = _service("preferences")
    return _ask(lambda: service.get_user_preference(user, name), None) if service else None


# Commands


def set_credit_status(user_id: int, course_id: str, content_id: str, status: str) -> bool:
    """Set the credit requirement of the exam."""
    service: protocols.Credit | None = _service("credit")
    if service is None:
        return False
    service.set_credit_requirement_status(
        user_id=user_id,
        course_key_or_id=course_id,
        req_namespace=NAMESPACE,
        req_name=content_id,
        status=status,
    )
    return True


def remove_credit_status(user_id: int, course_id: str, content_id: str) -> bool:
    """Remove the credit requirement of the exam."""
    service: protocols.Credit | None = _service("credit")
    if service is None:
        return False
    service.remove_credit_requirement_status(
        user_id=user_id,
        course_key_or_id=course_id,
        req_namespace=NAMESPACE,
        req_name=content_id,
    )
    return True


def override_grade(
    user_id: int, course_id: str, content_id: str, overrider: User | None, comment: str
) -> bool:
    """Zero the grade of the exam."""
    service: protocols.Grades | None = _service("grades")
    if service is None:
        return False
    service.override_subsection_grade(
        user_id=user_id,
        course_key_or_id=course_id,
        usage_key_or_id=content_id,
        earned_all=0.0,
        earned_graded=0.0,
        overrider=overrider,
        comment=comment,
    )
    return True


def undo_grade_override(user_id: int, course_id: str, content_id: str) -> bool:
    """Undo the zero grade, if there is one."""
    service: protocols.Grades | None = _service("grades")
    if service is None:
        return False
    service.undo_override_subsection_grade(
        user_id=user_id, course_key_or_id=course_id, usage_key_or_id=content_id
    )
    return True


def invalidate_certificate(user_id: int, course_id: str) -> bool:
    """Invalidate the certificate of the course, if there is one."""
    service: protocols.Certificates | None = _service("certificates")
    if service is None:
        return False
    service.invalidate_certificate(user_id=user_id, course_key_or_id=course_id)
    return True


def complete_attempt(username: str, content_id: str) -> bool:
    """Mark the exam as complete in the course."""
    service: protocols.Instructor | None = _service("instructor", _completion)
    if service is None:
        return False
    service.complete_student_attempt(username, content_id)
    return True


def delete_learner_state(
    username: str, course_id: str, content_id: str, requesting_user: User
) -> bool:
    """Delete the learner's answers."""
    service: protocols.Instructor | None = _service("instructor")
    if service is None:
        return False
    service.delete_student_attempt(username, course_id, content_id, requesting_user=requesting_user)
    return True


def notify_support(**kwargs: str) -> bool:
    """Notify course staff of a suspicious review: course_id, exam_name, student_username, review_status, review_url."""
    service: protocols.Instructor | None = _service("instructor")
    if service is None:
        return False
    service.send_support_notification(**kwargs)
    return True
