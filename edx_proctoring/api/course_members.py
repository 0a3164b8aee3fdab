"""Decide whose personal data course staff may see: learners who are enrolled or have an attempt in the course."""

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db import connections
from django.db.models import BooleanField, ExpressionWrapper, Model, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL

from edx_proctoring import host
from edx_proctoring.api.limited import as_sql
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.types import User

MOST_ASKED = 100  # learners per call of the host; the size of the longest page


def learners_among(users: QuerySet[User], exam_ids: Iterable[int]) -> QuerySet[User]:
    """Return those of the users who have an attempt in these exams.

    Databases turn EXISTS into a search for all learners first; a value of each row they only compute.
    """
    own = ProctoredExamStudentAttempt.objects.filter(
        user_id=OuterRef("pk"), proctored_exam_id__in=list(exam_ids)
    )
    learner = Subquery(own.order_by().values("user_id")[:1])
    return users.alias(learner=learner).filter(learner__isnull=False)


def first_learners_among(users: QuerySet[User], exam_ids: Sequence[int], number: int) -> list[int]:
    """Return the ids of so many of the users, in any order, who have an attempt in these exams."""
    if not exam_ids:
        return []
    if connections[users.db].vendor != "postgresql":
        found = learners_among(users, exam_ids).order_by().values_list("pk", flat=True)
        return list(found[:number])
    # PostgreSQL adds up what it takes to look at the attempts of all users, and prepares for it longer than the query
    # takes (JIT); OFFSET 0 tells it to find the users first.
    their_id = RawSQL("one.id", ())
    own = ProctoredExamStudentAttempt.objects.filter(
        user_id=their_id, proctored_exam_id__in=exam_ids
    )
    database = connections[users.db]
    inner, values = as_sql(users.order_by().values_list("pk"), database)
    attempt, others = as_sql(own.order_by().values("user_id")[:1], database)
    statement = (
        f"SELECT one.id FROM ({inner} OFFSET 0) AS one (id)"  # noqa: S608  Django's own
        f" WHERE ({attempt}) IS NOT NULL LIMIT {number:d}"
    )
    with database.cursor() as cursor:
        cursor.execute(statement, [*values, *others])
        return [pk for (pk,) in cursor.fetchall()]


def with_has_attempt(rows: QuerySet[Model], course_id: object) -> Any:
    """Annotate rows with a `user` with `has_attempt`, a value of each row for the same reason."""
    attempts = ProctoredExamStudentAttempt.objects.in_course(course_id)
    own = attempts.filter(user_id=OuterRef("user_id")).order_by().values("pk")[:1]
    known = ExpressionWrapper(Q(an_attempt__isnull=False), output_field=BooleanField())
    return rows.alias(an_attempt=Subquery(own)).annotate(has_attempt=known)


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
