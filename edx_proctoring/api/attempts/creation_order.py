"""The first attempts of a course by creation, newest or oldest first, without sorting the course."""

import datetime
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.utils import timezone

from edx_proctoring.api.limited import ANY_EXAM, Values, as_sql
from edx_proctoring.limits import LARGEST_INTEGER
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.models.attempts import AttemptQuerySet
from edx_proctoring.models.exams import ExamQuerySet

Attempt = ProctoredExamStudentAttempt
Moment = datetime.datetime | None
Stream = tuple[int, Sequence[Moment]]  # an exam's id, and its moments
# Each attempt that is passed on the way to the n-th newest of an exam is compared with all others of its learner, so in
# courses with many exams, most of them are asked for a few attempts only.
MANY = 16  # exams times parts
DEEPER = 4  # times

Moments: TypeAlias = "QuerySet[Attempt, datetime.datetime]"


@dataclass(frozen=True)
class Narrowing:
    """Conditions on the rows of a list, without search.

    `narrow` adds the conditions to a queryset. Together with one of the `parts`, of which each row matches exactly one,
    they should be a condition along an index, such as a single status. `name` identifies the conditions.
    """

    name: str = ""
    narrow: Callable[[AttemptQuerySet], AttemptQuerySet] = lambda rows: rows
    parts: Sequence[Q] = (Q(),)


EVERYTHING = Narrowing()


def newest_since(
    exams: ExamQuerySet,
    reach: int,
    narrowing: Narrowing,
    *,
    oldest: bool = False,
    exam_ids: Sequence[int] | None = None,
) -> tuple[AttemptQuerySet, AttemptQuerySet]:
    """Return the attempts that meet the conditions, and those of them among which are the `reach` newest, or oldest.

    Only these are sorted, not the whole course. `exam_ids`: of these exams, if the caller has read them; with these, deep
    pages of courses with many exams take a fraction of the time.
    """
    if exam_ids is None and connections[exams.db].vendor == "mysql":
        exam_ids = list(exams.values_list("pk", flat=True))
    found = _Reached(exams, narrowing, "" if oldest else "-", exam_ids)
    moment = found.by(reach)
    rows: AttemptQuerySet = Attempt.objects.filter(proctored_exam_id__in=found.exam_ids)
    rows = narrowing.narrow(rows)
    if moment is None:
        return rows, rows
    return rows, rows.filter(Q(created__lte=moment) if oldest else Q(created__gte=moment))


@dataclass
class _Reached:
    """When exams had numbers of newest, or oldest, attempts. `sign`: "-" for the newest."""

    exams: ExamQuerySet
    narrowing: Narrowing
    sign: str
    known_ids: Sequence[int] | None

    @property
    def exam_ids(self) -> Sequence[int]:
        return self.known_ids or []

    def by(self, reach: int) -> Moment:
        """Return a moment since which there are so many attempts and not many more; None if there are fewer.

        Of all exams and parts, take the one whose n-th newest attempt is the latest: it has n attempts since then, so the
        n newest attempts of the course are not older. If there are many, ask for less of each: five that have n / 5 since
        then will do. Then ask only those for their n-th attempt that may have many more since then.
        """
        if not 0 < reach <= LARGEST_INTEGER:
            reach = 0
        number = len(self.exam_ids) * len(self.narrowing.parts)
        few = -(-2 * reach // number) if number else 0
        if number < MANY or few * DEEPER >= reach:
            return self._latest(moments[0] for _, moments in self._moments([reach]))
        depths = [few, few * DEEPER]
        streams = self._moments(depths)
        candidates = [
            self._in_order(moments[place] for _, moments in streams)[-(-reach // depth) - 1 :][:1]
            for place, depth in enumerate(depths)
        ]
        moment = self._latest(one for found in candidates for one in found)
        deep = {pk for pk, (_, last) in streams if last is not None and self._reaches(last, moment)}
        if not deep:
            return moment
        last = self._moments([reach], [pk for pk in self.exam_ids if pk in deep])
        return self._latest([moment, *(moments[0] for _, moments in last)])

    def _in_order(self, moments: Iterable[Moment]) -> list[datetime.datetime]:
        """Return those that are known, beginning with the one that the list reaches first."""
        return sorted((one for one in moments if one is not None), reverse=bool(self.sign))

    def _latest(self, moments: Iterable[Moment]) -> Moment:
        return next(iter(self._in_order(moments)), None)

    def _reaches(self, one: datetime.datetime, moment: Moment) -> bool:
        """Return whether the list reaches the first moment before the second, or at the same time."""
        return moment is None or (one >= moment if self.sign else one <= moment)

    def _moments(
        self, depths: Sequence[int], exam_ids: Sequence[int] | None = None
    ) -> list[Stream]:
        """Return exam and moments of each exam and part, a moment for each depth; all exams unless ids are given."""
        if connections[self.exams.db].vendor == "mysql":
            return self._by_exam_id(depths, self.exam_ids if exam_ids is None else exam_ids)
        own = self.narrowing.narrow(Attempt.objects.filter(proctored_exam_id=OuterRef("pk")))
        moments = {
            f"since{number}_{place}": Subquery(
                _reached(own.filter(part), depth, f"{self.sign}created")
            )
            for number, part in enumerate(self.narrowing.parts)
            for place, depth in enumerate(depths)
        }
        exams = self.exams if exam_ids is None else self.exams.filter(pk__in=exam_ids)
        found = list(exams.annotate(**moments).values_list("pk", *moments))
        if exam_ids is None:
            self.known_ids = [pk for pk, *_ in found]
        size = len(depths)
        return [
            (pk, known[at : at + size]) for pk, *known in found for at in range(0, len(known), size)
        ]

    def _by_exam_id(self, depths: Sequence[int], exam_ids: Sequence[int]) -> list[Stream]:
        """Do the same with the ids as constants: MariaDB sorts all attempts of an exam whose id is not a constant.

        One statement for each exam and part reads both depths, because planning a statement takes longer than reading rows.
        """
        if not (exam_ids and depths[0]):
            return []
        database, size = connections[self.exams.db], depths[-1] - depths[0] + 1
        first, last = ("MAX", "MIN") if self.sign else ("MIN", "MAX")
        statements: list[str] = []
        values: Values = []
        for part in self.narrowing.parts:
            try:
                sql, parameters = as_sql(self._of_any_exam(part, depths[0], size), database)
            except EmptyResultSet:  # the conditions exclude each other
                continue
            for pk in exam_ids:
                one = sql.replace(ANY_EXAM, f"{pk:d}")
                found = f"{pk:d}, {first}(created), {last}(created), COUNT(*)"
                statements.append(f"(SELECT {found} FROM ({one}) one)")  # noqa: S608  Django's
                values += parameters
        if not statements:
            return []
        with database.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(statements), values)
            rows = cursor.fetchall()
        streams: list[Stream] = []
        for pk, near, far, number in rows:
            moments = [_moment(near, database), _moment(far, database) if number == size else None]
            streams.append((pk, moments[: len(depths)]))
        return streams

    def _of_any_exam(self, part: Q, depth: int, size: int) -> "Moments":
        """Return the query for one exam; Django would take a millisecond to compile that of each."""
        exam = RawSQL(ANY_EXAM, ())  # noqa: S611  a number takes its place
        if self.narrowing.name:
            own = self.narrowing.narrow(Attempt.objects.filter(proctored_exam_id=exam))
            return _reached(own.filter(part), depth, f"{self.sign}created", size=size)
        # As an equation, it would let MariaDB take an index in another order, and sort.
        before, after = RawSQL(f"{ANY_EXAM} - 1", ()), RawSQL(f"{ANY_EXAM} + 1", ())  # noqa: S611  as above
        only = Q(proctored_exam_id__gt=before, proctored_exam_id__lt=after)
        order = (f"{self.sign}proctored_exam_id", f"{self.sign}created")
        return _reached(Attempt.objects.filter(only), depth, *order, size=size)


def _reached(rows: AttemptQuerySet, reach: int, *order: str, size: int = 1) -> "Moments":
    """Return when the n-th newest of these attempts of one exam, and `size` - 1 after it, were created, as a query.

    It is not ordered by id, which does not change the moment: MariaDB would not take the order from the index.
    """
    newest = rows.latest_per_learner().order_by(*order)
    moments = newest.values_list("created", flat=True)
    return moments[reach - 1 : reach - 1 + size] if reach else moments.none()


def _moment(created: Moment, database: BaseDatabaseWrapper) -> Moment:
    """Return the value of the column as the ORM does."""
    if created is None or not settings.USE_TZ:
        return created
    return timezone.make_aware(created, database.timezone)
