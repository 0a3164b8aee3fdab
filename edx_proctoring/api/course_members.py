"""Whose personal data staff of a course may see: of learners who are enrolled in it or have an attempt in it."""

import functools
from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from edx_proctoring import host
from edx_proctoring.models import ProctoredExamStudentAttempt

MOST_ASKED = 100  # learners per answer that the host is asked about; the longest page


def noting_attempts(rows: QuerySet[Any], course_id: object) -> Any:
    """Rows with a `user_id`, each with `has_attempt`: has that learner an attempt in the course?"""
    attempts = ProctoredExamStudentAttempt.objects.in_course(course_id)
    return rows.annotate(has_attempt=Exists(attempts.filter(user_id=OuterRef("user_id"))))


def members(course_id: object, learners: Iterable[tuple[int, bool]]) -> set[int]:
    """Of these learners (id, has an attempt in the course) those whom the course's staff may know.

    Learners of whom the host cannot say that they are enrolled are left out.
    """
    known = dict(learners)
    found = {user_id for user_id, has_attempt in known.items() if has_attempt}
    others = [user_id for user_id in known if user_id not in found][:MOST_ASKED]
    return found | {user_id for user_id in others if host.is_active_in(course_id, user_id)}


def is_stranger(course_id: object, user_id: int) -> bool:
    """Does the host say that the learner is not enrolled, and is there no attempt either?"""
    if host.is_active_in(course_id, user_id) is not False:
        return False
    attempts = ProctoredExamStudentAttempt.objects.in_course(course_id)
    return not attempts.filter(user_id=user_id).exists()


def enrollment_check() -> Callable[[object, int], bool]:
    """A function (course, learner) → may the learner be given something there? Each pair is asked about once.

    False only where the host says that the learner is not enrolled.
    """

    @functools.cache
    def may_be_named(course_id: object, user_id: int) -> bool:
        return host.is_active_in(course_id, user_id) is not False

    return may_be_named
