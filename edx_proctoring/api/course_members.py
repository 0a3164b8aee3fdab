"""Decide whose personal data course staff may see: learners who are enrolled or have an attempt in the course."""

import functools
from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import Exists, Model, OuterRef, QuerySet

from edx_proctoring import host
from edx_proctoring.models import ProctoredExamStudentAttempt

MOST_ASKED = 100  # learners per call of the host; the size of the longest page


def with_has_attempt(rows: QuerySet[Model], course_id: object) -> Any:
    attempts = ProctoredExamStudentAttempt.objects.in_course(course_id)
    return rows.annotate(has_attempt=Exists(attempts.filter(user_id=OuterRef("user_id"))))


def members(course_id: object, learners: Iterable[tuple[int, bool]]) -> set[int]:
    """Return those of these learners (id, has an attempt in the course) whose data the course's staff may see.

    Learners for whom the host cannot confirm an enrollment are left out.
    """
    known = dict(learners)
    found = {user_id for user_id, has_attempt in known.items() if has_attempt}
    others = [user_id for user_id in known if user_id not in found][:MOST_ASKED]
    return found | {user_id for user_id in others if host.is_active_in(course_id, user_id)}


def is_stranger(course_id: object, user_id: int) -> bool:
    """Return whether the user is not enrolled, according to the host, and has no attempt in the course either."""
    return bool(strangers(course_id, [user_id]))


def strangers(course_id: object, user_ids: Iterable[int]) -> set[int]:
    """Return those who are not enrolled, according to the host, and have no attempt in the course either.

    At most one query, and a call of the host for each.
    """
    found = {one for one in user_ids if host.is_active_in(course_id, one) is False}
    if not found:
        return found
    attempts = ProctoredExamStudentAttempt.objects.in_course(course_id)
    return found - set(attempts.filter(user_id__in=found).values_list("user_id", flat=True))


def enrollment_check() -> Callable[[object, int], bool]:
    """Return a function (course, learner) that tells whether the learner may be granted something; results are cached.

    It returns False only if the host says that the learner is not enrolled.
    """

    @functools.cache
    def may_be_named(course_id: object, user_id: int) -> bool:
        return host.is_active_in(course_id, user_id) is not False

    return may_be_named
