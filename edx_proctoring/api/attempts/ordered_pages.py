"""The first pages of a course's attempts in another order than newest first, without sorting the course.

For each exam, an index has its attempts in the order of a column. The first ones of all exams are merged, so a page reads
as many rows as it shows, times the number of exams.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Q, Window
from django.db.models.expressions import RawSQL
from django.db.models.functions import DenseRank

from edx_proctoring.api.course_members import learners_among
from edx_proctoring.api.exams import type_of_exam
from edx_proctoring.api.limited import ANY_EXAM, Values, as_sql, limited
from edx_proctoring.exam_types import EXAM_TYPES
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.models.attempts import AttemptQuerySet
from edx_proctoring.models.exams import ExamQuerySet

Attempt = ProctoredExamStudentAttempt
Part = tuple[Q, list[str]]
Query = tuple[str, Values]  # statement and values
DEEPEST = 5_000  # rows that a page may reach; from there on, sorting all is as fast

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
        if not is_worth:
            return None
        users = get_user_model()._default_manager.order_by(f"{sign}username")
        learners = learners_among(users, [exam.pk for exam in exams])
        return Q(user_id__in=limited(learners.values_list("pk", flat=True)[:reach]))
    if not exams:
        return Q(pk__in=[])
    if (column not in OWN and column not in OF_EXAMS) or len(exams) > MOST_EXAMS:
        return None
    places = {exam.pk: _place(exam, column) * (-1 if sign else 1) for exam in exams}
    own, index = OWN.get(column, BY_ID)
    parts = _parts(own, sign)
    if _database().vendor == "mysql" and sign and len(parts) > 1:
        # MariaDB reads all parts of a UNION. The empty values, which are last, are rarely needed, and of little use: the
        # earlier attempts of learners are often among them, and each must be compared with the newest one.
        first = list(_select(_merged(places, parts[:1], own, index, sign=sign, reach=reach)))
        if len(first) >= reach:
            return Q(pk__in=first)
    statement, values = _merged(places, parts, own, index, sign=sign, reach=reach)
    return Q(pk__in=RawSQL(statement, values))  # noqa: S611  Django's own


def _database() -> BaseDatabaseWrapper:
    return connections[Attempt.objects.db]


def _select(query: Query) -> Iterator[int]:
    with _database().cursor() as cursor:
        cursor.execute(*query)
        yield from (pk for (pk,) in cursor.fetchall())


def _place(exam: Any, column: str) -> int:
    """Return where all attempts of the exam are in the order, if it depends on the exam."""
    if column == "type":
        return sorted(EXAM_TYPES).index(type_of_exam(exam))
    return int(exam.name_rank) if column == "exam_name" else 0


def _merged(
    places: Mapping[int, int],
    parts: Sequence[Part],
    column: str,
    index: str,
    *,
    sign: str,
    reach: int,
) -> Query:
    """Return the query for the ids of the first attempts of all exams.

    Django cannot limit the parts of a union on SQLite, and would compile the same part for each exam.
    """
    one, values = _of_one_exam(parts, column, index, sign, reach)
    turned = " DESC" if sign else ""
    found, repeated = _of_each_exam(places, one)
    statement = (
        f"SELECT id FROM (SELECT * FROM ({found}) found"  # noqa: S608  Django's own
        f" ORDER BY place, part, k{turned}, id{turned} LIMIT {reach:d}) first"
    )
    return statement, [*values] * repeated


def _of_each_exam(places: Mapping[int, int], one: str) -> tuple[str, int]:
    """Return the query for the rows of all exams, and how often it repeats the values of that for one."""
    if _database().vendor == "postgresql":  # it would plan each part of a union anew
        exams = ", ".join(f"({exam_id:d}, {place:d})" for exam_id, place in places.items())
        one = one.replace(ANY_EXAM, "exam.id")
        listed = f"(VALUES {exams}) AS exam (id, place)"
        return f"SELECT exam.place AS place, one.* FROM {listed} CROSS JOIN LATERAL ({one}) one", 1  # noqa: S608  as above
    found = [
        f"SELECT {place:d} AS place, one{exam_id:d}.*"  # noqa: S608  as above
        f" FROM ({one.replace(ANY_EXAM, f'{exam_id:d}')}) one{exam_id:d}"
        for exam_id, place in places.items()
    ]
    return " UNION ALL ".join(found), len(found)


def _parts(column: str, sign: str) -> list[Part]:
    """Return the parts of the order, each with a condition and the columns that order its rows.

    If the column may be empty, they are two, because databases differ in whether empty values come first in an index.
    """
    if not Attempt._meta.get_field(column).null:
        return [(Q(), [column, "id"])]
    # MariaDB would sort by the column even where it is empty. PostgreSQL reads in the order of the index, and so stops
    # after a page, only if the order names the column; else it would join all empty ones with all attempts of the exam.
    names = ["id"] if _database().vendor == "mysql" else [column, "id"]
    empty: Part = (Q(**{f"{column}__isnull": True}), names)
    others: Part = (Q(**{f"{column}__isnull": False}), [column, "id"])
    return [others, empty] if sign else [empty, others]


def _of_one_exam(parts: Sequence[Part], column: str, index: str, sign: str, reach: int) -> Query:
    """Return the query for the first attempts of an exam. Most databases read a part only if those before it have too few
    rows.
    """
    found: list[str] = []
    values: Values = []
    exam = RawSQL(ANY_EXAM, ())  # noqa: S611  a number takes its place
    for number, (condition, names) in enumerate(parts):
        own: AttemptQuerySet = Attempt.objects.filter(condition, proctored_exam_id=exam)
        by_index = _database().vendor == "postgresql"
        rows = own.latest_by_index() if by_index else own.latest_per_learner()
        order = dict.fromkeys(f"{sign}{name}" for name in names)
        some = rows.order_by(*order).annotate(k=F(column)).values_list("id", "k")[:reach]
        sql, parameters = as_sql(some, _database())
        if _database().vendor == "mysql":  # else it may take another index, and sort
            table = f"FROM `{Attempt._meta.db_table}` "
            sql = sql.replace(table, f"{table}FORCE INDEX (`{index}`) ", 1)
        found.append(f"SELECT {number} AS part, part{number}.* FROM ({sql}) part{number}")  # noqa: S608  Django's own
        values += parameters
    return f"{' UNION ALL '.join(found)} LIMIT {reach:d}", values
