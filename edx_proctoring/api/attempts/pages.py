"""Pages of a course's attempts for course staff. The cost of a page does not grow with the course."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import (
    Case,
    ExpressionWrapper,
    F,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)
from django.utils import timezone

from edx_proctoring import backends, deadlines, exam_types
from edx_proctoring.api.attempts import counts, ordered_pages
from edx_proctoring.api.attempts.creation_order import EVERYTHING, Narrowing, newest_since
from edx_proctoring.api.attempts.learner_search import few_learners, of_many_learners
from edx_proctoring.api.attempts.list_rows import ListedAttempt
from edx_proctoring.api.attempts.time_changes import AttemptClock
from edx_proctoring.api.lookup import as_dict
from edx_proctoring.models import (
    ATTEMPT_ORDERINGS,
    ProctoredExam,
    ProctoredExamStudentAttempt,
    in_order,
)
from edx_proctoring.models.attempts import AttemptQuerySet
from edx_proctoring.models.exams import ExamQuerySet
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus
from edx_proctoring.types import AttemptDict, LatestAttempt

Attempt = ProctoredExamStudentAttempt
Status = ProctoredExamStudentAttemptStatus
SHALLOW = 50  # attempts; for more, the number of the course's exams decides how they are found
# Converting a thousand moments takes longer than finding them.
AS_STORED = ExpressionWrapper(F("created"), output_field=TextField())


def find_attempts(course_id: object) -> AttemptQuerySet:
    """Return the newest attempt of each learner in each exam of the course, newest first.

    A queryset with learner and exam, for lists that filter, order and page it. Its rows are as stored; pass them to
    `shown_attempt` before showing them.
    """
    rows: AttemptQuerySet = Attempt.objects.in_course(course_id).latest_per_learner()
    return rows.with_parts().newest_first()


def find_all_attempts(course_id: object) -> AttemptQuerySet:
    """Return the same with the earlier attempts."""
    rows: AttemptQuerySet = Attempt.objects.in_course(course_id)
    return rows.with_parts().newest_first()


def find_newest_attempts(
    course_id: object,
    reach: int,
    exam_id: int | None = None,
    narrowing: Narrowing = EVERYTHING,
    *,
    exam_type: str = "",
    is_exact: bool = False,
    oldest: bool = False,
    exam_ids: Sequence[int] | None = None,
) -> tuple[AttemptQuerySet, counts.RowCount]:
    """Return the first `reach` rows of `find_attempts` under these conditions, perhaps with more after them, and the
    number of all of them. `exam_id`: of this exam only, `exam_type`: of exams of this type. `oldest`: oldest first.
    `exam_ids`: those of the exams, if the caller has read them.

    Only counting takes longer in larger courses, so large numbers are not exact, unless `is_exact`.
    """
    selected = _Selected(course_id, exam_id, exam_type, narrowing, is_exact, exam_ids)
    few = selected.few_matches()
    if few is not None:
        first = sorted(few, reverse=not oldest)[: max(reach, 0)]
        some = Attempt.objects.filter(pk__in=[pk for _, pk in first])
        count = counts.RowCount(len(few))
    else:
        if reach > SHALLOW:
            selected.read_exam_ids()
        rows, some = newest_since(
            selected.exams, reach, narrowing, oldest=oldest, exam_ids=selected.exam_ids
        )
        some = some.latest_per_learner()
        count = selected.count(rows)
    some = some.order_by("created", "id") if oldest else some.newest_first()
    return some.with_parts(), count


def find_in_order(
    course_id: object,
    name: str,
    reach: int,
    exam_id: int | None = None,
    narrowing: Narrowing = EVERYTHING,
    *,
    exam_type: str = "",
    is_exact: bool = False,
    exam_ids: Sequence[int] | None = None,
) -> tuple[Q | None, counts.RowCount]:
    """Return a condition that the first `reach` rows of `find_attempts` meet if they are ordered by this name alone, and
    the number of all of them; see `find_newest_attempts`. None if there are other conditions, or if no index has the
    order: then all rows must be sorted.
    """
    selected = _Selected(course_id, exam_id, exam_type, narrowing, is_exact, exam_ids)
    few = selected.few_matches()
    if few is not None:
        return Q(pk__in=[pk for _, pk in few]), counts.RowCount(len(few))
    if narrowing.name:
        return None, selected.count(narrowing.narrow(selected.attempts()))
    exams = ordered_pages.with_name_ranks(selected.exams)
    rows: AttemptQuerySet = Attempt.objects.filter(proctored_exam_id__in=[one.pk for one in exams])
    count = selected.count(rows)
    return ordered_pages.first_in_order(exams, name, reach, count.number), count


def ids_of_exams(course_id: object, exam_id: int | None = None, exam_type: str = "") -> list[int]:
    """Return the ids of the course's exams: of this exam only, of exams of this type."""
    return list(_exams_of(course_id, exam_id, exam_type).values_list("pk", flat=True))


def _exams_of(course_id: object, exam_id: int | None, exam_type: str) -> ExamQuerySet:
    exams: ExamQuerySet = ProctoredExam.objects.in_course(course_id)
    if exam_id is not None:
        exams = exams.filter(pk=exam_id)
    return exams.filter(_type_conditions("")[exam_type]) if exam_type else exams


class _Selected:
    """The exams and conditions of a list. Exams and the remembered number of rows are read at most once."""

    def __init__(
        self,
        course_id: object,
        exam_id: int | None,
        exam_type: str,
        narrowing: Narrowing,
        is_exact: bool,
        exam_ids: Sequence[int] | None,
    ) -> None:
        self._narrowing, self._is_exact = narrowing, is_exact
        self.exams = _exams_of(course_id, exam_id, exam_type)
        self.exam_ids = exam_ids
        self._key = counts.key_of(exam_id, exam_type, narrowing.name, course_id)
        is_needed = bool(narrowing.name) or not is_exact
        self._known = counts.remembered(self._key) if is_needed else None

    def read_exam_ids(self) -> Sequence[int]:
        if self.exam_ids is None:
            self.exam_ids = list(self.exams.values_list("pk", flat=True))
        return self.exam_ids

    def attempts(self) -> AttemptQuerySet:
        """Return all attempts in the exams."""
        rows: AttemptQuerySet = Attempt.objects.filter(proctored_exam_id__in=self.read_exam_ids())
        return rows

    def few_matches(self) -> list[tuple[Any, int]] | None:
        """Return when the newest attempts that meet the conditions were created, as the database has it, and their ids;
        None if there is no condition, or if they are more than MOST_COUNTED.
        """
        if not self._narrowing.name or self._known is not None:
            return None
        rows = self._narrowing.narrow(self.attempts()).latest_per_learner()
        found = list(rows.order_by().values_list(AS_STORED, "pk")[: counts.MOST_COUNTED + 1])
        return found if len(found) <= counts.MOST_COUNTED else None

    def count(self, rows: AttemptQuerySet) -> counts.RowCount:
        """Return the number of newest attempts among these, which are all that meet the conditions."""
        is_filtered = bool(self._narrowing.name)
        return counts.count_roughly(
            rows, self._key, self._known, is_filtered=is_filtered, is_exact=self._is_exact
        )


def shown_attempt(attempt: Attempt, clock: AttemptClock | None = None) -> Attempt:
    """Return the attempt as its learner would see it now: one whose time is over has ended. Stores nothing.

    `clock` (see `clocks_of`) is exact to the second; without it, the columns are used, which are at most 59 seconds late.
    """
    if clock is None:
        return deadlines.as_seen(attempt, timezone.now())
    return deadlines.as_ended(attempt, clock.ends_at) if clock.is_over else attempt


def attempts_of_type(attempts: AttemptQuerySet, exam_type: str) -> AttemptQuerySet:
    """Return the attempts in exams of this type: timed, practice, onboarding or proctored, as defined by `type_of_exam`."""
    return attempts.filter(_type_conditions("proctored_exam__")[exam_type])


def exam_type_of_row() -> Case:
    """Return the exam type as an expression to order attempts by, alphabetically."""
    conditions = _type_conditions("proctored_exam__")
    return Case(*(When(found, then=Value(name)) for name, found in conditions.items()))


def _type_conditions(exam: str) -> dict[str, Q]:
    """`exam`: the prefix of the exam's columns."""
    proctored = Q((f"{exam}is_proctored", True))
    for_practice = Q((f"{exam}is_practice_exam", True))
    with_onboarding = backends.attempts_at(backends.names_with_onboarding(), exam)
    onboarding = proctored & for_practice & with_onboarding
    return {
        exam_types.TIMED: ~proctored & ~for_practice,
        exam_types.PRACTICE: for_practice & ~onboarding,
        exam_types.ONBOARDING: onboarding,
        exam_types.PROCTORED: proctored & ~for_practice,
    }


# An attempt that waits for a decision of staff: whether its learner may resume it, or what its review means.
INTERRUPTED = Q(status=Status.error, ready_to_resume=False, resumed=False)
SECOND_REVIEW = Q(status=Status.second_review_required)
# The first condition is implied by the others; databases find the rows by it.
NEEDS_ATTENTION = Q(status__in=[Status.error, Status.second_review_required]) & (
    Q(ready_to_resume=False, resumed=False) | SECOND_REVIEW
)
# For `is_resumable=True`, Django writes the bare column, for which SQLite and MariaDB use no index.
RESUMABLE = Q(is_resumable__in=[True], proctored_exam__is_practice_exam=False)


def needs_attention(attempt: "Attempt | ListedAttempt") -> bool:
    """Return whether the attempt waits for a decision of staff, like the condition for the database."""
    if attempt.status == Status.error:
        return not attempt.ready_to_resume and not attempt.resumed
    return attempt.status == Status.second_review_required


def get_grouped_attempts(
    course_id: object,
    *,
    search_by: str | None = None,
    page: int | str | None = 1,
    per_page: int = 25,
    statuses: Collection[str] | None = None,
    exam_id: int | None = None,
    ordering: str | None = None,
) -> "Page[LatestAttempt]":
    """Return a page of the newest attempts per learner and exam, each with `all_attempts` of that pair, newest first.

    An invalid page number yields the first page, one out of range the last. `statuses` (as stored) and the exam filter
    the attempts. `ordering` as for get_all_exam_attempts.
    """
    exams = ProctoredExam.objects.in_course(course_id)
    if exam_id is not None:
        exams = exams.filter(pk=exam_id)
    narrowing = with_statuses(statuses) if statuses else EVERYTHING
    rows = narrowing.narrow(Attempt.objects.in_course(course_id).filter(proctored_exam__in=exams))
    exam_ids = list(exams.values_list("pk", flat=True)) if search_by else None
    few = few_learners(exam_ids, [search_by]) if search_by and exam_ids is not None else None
    if few is not None:  # their attempts are read at once instead of counted
        rows = rows.filter(user_id__in=few)
        pages = Paginator(list(_newest(rows, ordering)), per_page)
    elif ordering:
        rows = of_many_learners(rows, [search_by]) if search_by else rows
        pages = Paginator(_newest(rows, ordering), per_page)
    else:
        narrowing = with_search(narrowing, search_by) if search_by else narrowing
        key = counts.key_of("grouped", exam_id, narrowing.name, course_id)
        pages = _newest_first(exams, page, per_page, narrowing, key, exam_ids)
    found: Page[Any] = pages.get_page(page)
    found.object_list = _with_siblings(found.object_list)
    return found


Triple = tuple[int, int, int]  # ids of attempt, learner and exam


def _newest(rows: AttemptQuerySet, ordering: str | None = None) -> "QuerySet[Attempt, Triple]":
    """Return id, learner and exam of the newest attempts per learner and exam."""
    newest = in_order(rows.latest_per_learner().newest_first(), ordering, ATTEMPT_ORDERINGS)
    return newest.values_list("pk", "user_id", "proctored_exam_id")


def _newest_first(
    exams: ExamQuerySet,
    page: int | str | None,
    per_page: int,
    narrowing: Narrowing,
    key: str,
    exam_ids: Sequence[int] | None,
) -> "Paginator[Triple]":
    try:
        reach = int(page if page is not None else 1) * per_page
    except ValueError:
        reach = per_page
    known = counts.remembered(key)  # only of large courses
    if known is not None and exam_ids is None and reach > SHALLOW:
        exam_ids = list(exams.values_list("pk", flat=True))
    rows, some = newest_since(exams, reach, narrowing, exam_ids=exam_ids)
    pages = Paginator(_newest(some), per_page)
    pages.count = counts.count_exactly(rows, key, known, is_filtered=bool(narrowing.name))
    return pages


def with_statuses(statuses: Collection[str]) -> Narrowing:
    """Return the condition that the stored status is one of these."""
    names = sorted(set(statuses))
    return Narrowing(
        name=" ".join(names),
        narrow=lambda rows: rows.filter(status__in=names),
        parts=[Q(status=name) for name in names],
    )


def with_search(narrowing: Narrowing, text: str) -> Narrowing:
    """Return the conditions, and that the learner's username or e-mail address contains the text, as many do."""
    return replace(
        narrowing,
        name=f"{narrowing.name}\n{text}",
        narrow=lambda rows: of_many_learners(narrowing.narrow(rows), [text]),
    )


def _with_siblings(newest: Iterable[tuple[int, int, int]]) -> list[LatestAttempt]:
    """Return these attempts with all others of the same learner and exam, skipping any removed in the meantime."""
    found = list(newest)
    siblings = Attempt.objects.with_parts().filter(
        user_id__in={user_id for _, user_id, _ in found},
        proctored_exam_id__in={exam_id for _, _, exam_id in found},
    )
    groups: dict[tuple[int, int], list[AttemptDict]] = defaultdict(list)
    now = timezone.now()
    for attempt in siblings.newest_first():
        shown = as_dict(deadlines.as_seen(attempt, now))
        groups[attempt.user_id, attempt.proctored_exam_id].append(shown)
    return [
        {**shown, "all_attempts": groups[user_id, exam_id]}
        for pk, user_id, exam_id in found
        for shown in groups[user_id, exam_id]
        if shown["id"] == pk
    ]
