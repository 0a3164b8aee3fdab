"""The first pages of a course's attempts in another order than newest first, without sorting the course.

For each exam, an index has its attempts in the order of a column. The first ones of all exams are merged, so a page reads
as many rows as it shows, times the number of exams.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connections
from django.db.models import F, OuterRef, Q, Subquery, Window
from django.db.models.functions import DenseRank

from edx_proctoring.api.exams import type_of_exam
from edx_proctoring.exam_types import EXAM_TYPES
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.models.exams import ExamQuerySet

Attempt = ProctoredExamStudentAttempt
DEEPEST = 900  # rows that a page may reach; SQLite may refuse a query with more values

# The column of an order, and the index that has it after the exam.
BY_ID = ("id", "proctoring_attempt_by_id")
OWN = {
    "id": BY_ID,
    "started_at": ("started_at", "proctoring_attempt_by_start"),
    "completed_at": ("completed_at", "proctoring_attempt_by_end"),
    "allowed_time_limit_mins": ("allowed_time_limit_mins", "proctoring_attempt_by_limit"),
    "status": ("status", "proctoring_attempt_by_status"),
}
OF_EXAMS = ("exam_name", "type")  # all attempts of an exam are equal, and so ordered by id
MOST_EXAMS = 100  # whose rows are merged: each is one or two parts of a UNION, and SQLite takes 500
ANY_EXAM = -1  # takes the place of an exam's id


def with_name_ranks(exams: ExamQuerySet) -> list[ProctoredExam]:
    """Return the exams with their place in the order of their names, as the database compares, as `name_rank`."""
    rank = Window(DenseRank(), order_by=F("exam_name").asc())
    return list(exams.annotate(name_rank=rank))


def first_in_order(exams: Sequence[ProctoredExam], name: str, reach: int, number: int) -> Q | None:
    """Return a condition that the first `reach` rows of `find_attempts` in the exams meet in this order, and few others;
    None if only sorting all rows can find them. The exams are those of `with_name_ranks`.

    `number`, of all rows, decides whether it is worth to look at the users in the order of their names.
    """
    column, sign = name.removeprefix("-"), "-" if name.startswith("-") else ""
    if not 0 < reach <= DEEPEST:
        return None
    if column == "username":
        # Each learner has at least one row. If few users are learners, most of those looked at would be none.
        is_worth = number > reach * 10
        return Q(user_id__in=_first_learners(exams, sign, reach)) if is_worth else None
    if (column not in OWN and column not in OF_EXAMS) or len(exams) > MOST_EXAMS:
        return None
    places = {exam.pk: _place(exam, column) * (-1 if sign else 1) for exam in exams}
    return Q(pk__in=_merged(places, *OWN.get(column, BY_ID), sign=sign, reach=reach))


def _first_learners(exams: Sequence[ProctoredExam], sign: str, reach: int) -> list[int]:
    """Databases turn EXISTS into a search for all learners first; a value of each user they only compute."""
    own = Attempt.objects.filter(
        user_id=OuterRef("pk"), proctored_exam_id__in=[exam.pk for exam in exams]
    )
    users = get_user_model()._default_manager.alias(
        learner=Subquery(own.order_by().values("user_id")[:1])
    )
    found = users.filter(learner__isnull=False).order_by(f"{sign}username")
    return list(found.values_list("pk", flat=True)[:reach])


def _place(exam: Any, column: str) -> int:
    """Return where all attempts of the exam are in the order, if it depends on the exam."""
    if column == "type":
        return sorted(EXAM_TYPES).index(type_of_exam(exam))
    return int(exam.name_rank) if column == "exam_name" else 0


def _merged(
    places: Mapping[int, int], column: str, index: str, *, sign: str, reach: int
) -> list[int]:
    """Return the ids of the first attempts of all exams.

    Django cannot limit the parts of a union on SQLite, and would compile the same part for each exam.
    """
    parts: list[str] = []
    values: list[int | str] = []
    for number, (sql, parameters) in enumerate(_parts(column, index, sign, reach)):
        for exam_id, place in places.items():
            alias = f"part{len(parts)}"
            parts.append(
                f"SELECT {place:d} AS place, {number} AS part, id, k FROM ({sql}) {alias}"  # noqa: S608  Django's
            )
            values += [exam_id if one == ANY_EXAM else one for one in parameters]
    if not parts:
        return []
    turned = " DESC" if sign else ""
    statement = (
        f"SELECT id FROM ({' UNION ALL '.join(parts)}) parts"  # noqa: S608  as above
        f" ORDER BY place, part, k{turned}, id{turned} LIMIT {reach:d}"
    )
    with connections[Attempt.objects.db].cursor() as cursor:
        cursor.execute(statement, values)
        return [pk for (pk,) in cursor.fetchall()]


def _parts(
    column: str, index: str, sign: str, reach: int
) -> Iterator[tuple[str, Sequence[int | str]]]:
    """Yield the query for the first attempts of an exam; if the column may be empty, in two parts: databases differ in
    whether empty values come first in an index.
    """
    parts = [(Q(), [column, "id"])]
    if Attempt._meta.get_field(column).null:
        # MariaDB would sort by the column even where it is empty.
        empty = (Q(**{f"{column}__isnull": True}), ["id"])
        parts = [empty, (Q(**{f"{column}__isnull": False}), [column, "id"])]
    for condition, names in reversed(parts) if sign else parts:
        rows = Attempt.objects.filter(condition, proctored_exam_id=ANY_EXAM).latest_per_learner()
        order = dict.fromkeys(f"{sign}{name}" for name in names)
        some = rows.order_by(*order).annotate(k=F(column)).values_list("id", "k")[:reach]
        connection = connections[some.db]
        sql, parameters = some.query.get_compiler(connection=connection).as_sql()
        if connection.vendor == "mysql":  # else it may take another index, and sort
            table = f"FROM `{Attempt._meta.db_table}` "
            sql = sql.replace(table, f"{table}FORCE INDEX (`{index}`) ", 1)
        yield sql, parameters
