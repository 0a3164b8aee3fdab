"""Pages of a course's attempts for course staff. The cost of a page does not grow with the course."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.contrib.auth import get_user_model
from django.core.paginator import Page, Paginator
from django.db import connection
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils import timezone

from edx_proctoring import backends, deadlines, exam_types
from edx_proctoring.api.attempts import counts, orders
from edx_proctoring.api.attempts.clock import AttemptClock
from edx_proctoring.api.attempts.listed import ListedAttempt
from edx_proctoring.api.exams import type_of_exam
from edx_proctoring.api.lookup import as_dict
from edx_proctoring.limits import LARGEST_INTEGER
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
FEW = 500  # learners


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
) -> tuple[AttemptQuerySet, counts.RowCount]:
    """Return the first `reach` rows of `find_attempts` under these conditions, perhaps with more after them, and the
    number of all of them. `exam_id`: of this exam only, `exam_type`: of exams of this type.

    Only counting takes longer in larger courses, so large numbers are not exact, unless `is_exact`.
    """
    exams = _exams_of(course_id, exam_id, exam_type)
    rows, some = _newest_since(exams, reach, narrowing)
    key = counts.key_of(exam_id, exam_type, narrowing.name, course_id)
    count = counts.count_roughly(rows, key, is_filtered=bool(narrowing.name), is_exact=is_exact)
    return some.latest_per_learner().with_parts().newest_first(), count


def find_in_order(
    course_id: object,
    name: str,
    reach: int,
    exam_id: int | None = None,
    narrowing: Narrowing = EVERYTHING,
    *,
    exam_type: str = "",
    is_exact: bool = False,
) -> tuple[Q | None, counts.RowCount]:
    """Return a condition that the first `reach` rows of `find_attempts` meet if they are ordered by this name alone, and
    the number of all of them; see `find_newest_attempts`. None if there are other conditions, or if no index has the
    order: then all rows must be sorted.
    """
    exams = orders.with_name_ranks(_exams_of(course_id, exam_id, exam_type))
    rows: AttemptQuerySet = Attempt.objects.filter(proctored_exam_id__in=[one.pk for one in exams])
    key = counts.key_of(exam_id, exam_type, narrowing.name, course_id)
    count = counts.count_roughly(
        narrowing.narrow(rows), key, is_filtered=bool(narrowing.name), is_exact=is_exact
    )
    if narrowing.name:
        return None, count
    return orders.first_in_order(exams, name, reach, count.number), count


def _exams_of(course_id: object, exam_id: int | None, exam_type: str) -> ExamQuerySet:
    exams: ExamQuerySet = ProctoredExam.objects.in_course(course_id)
    if exam_id is not None:
        exams = exams.filter(pk=exam_id)
    if exam_type:
        of_type = [exam.pk for exam in exams if type_of_exam(exam) == exam_type]
        exams = exams.filter(pk__in=of_type)
    return exams


def shown_attempt(attempt: Attempt, clock: AttemptClock | None = None) -> Attempt:
    """Return the attempt as its learner would see it now: one whose time is over has ended. Stores nothing.

    `clock` (see `clocks_of`) is exact to the second; without it, the columns are used, which are at most 59 seconds late.
    """
    if clock is None:
        return deadlines.as_seen(attempt, timezone.now())
    return deadlines.as_ended(attempt, clock.ends_at) if clock.is_over else attempt


def attempts_of_type(attempts: AttemptQuerySet, exam_type: str) -> AttemptQuerySet:
    """Return the attempts in exams of this type: timed, practice, onboarding or proctored, as defined by `type_of_exam`."""
    return attempts.filter(_type_conditions()[exam_type])


def exam_type_of_row() -> Case:
    """Return the exam type as an expression to order attempts by, alphabetically."""
    return Case(*(When(found, then=Value(name)) for name, found in _type_conditions().items()))


def _type_conditions() -> dict[str, Q]:
    proctored = Q(proctored_exam__is_proctored=True)
    for_practice = Q(proctored_exam__is_practice_exam=True)
    onboarding = proctored & for_practice & backends.attempts_at(backends.names_with_onboarding())
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
    INTERRUPTED | SECOND_REVIEW
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
    few = few_learners(course_id, [search_by]) if search_by else None
    if few is not None:  # their attempts are read at once instead of counted
        rows = rows.filter(user_id__in=few)
        pages = Paginator(list(_newest(rows, ordering)), per_page)
    elif ordering:
        rows = of_many_learners(rows, [search_by]) if search_by else rows
        pages = Paginator(_newest(rows, ordering), per_page)
    else:
        narrowing = with_search(narrowing, search_by) if search_by else narrowing
        key = counts.key_of("grouped", exam_id, narrowing.name, course_id)
        pages = _newest_first(exams, page, per_page, narrowing, key)
    found: Page[Any] = pages.get_page(page)
    found.object_list = _with_siblings(found.object_list)
    return found


Triple = tuple[int, int, int]  # ids of attempt, learner and exam


def few_learners(course_id: object, words: Sequence[str]) -> list[int] | None:
    """Return the learners of the course's attempts in whose username or e-mail address each word occurs; None if they are
    more than FEW.
    """
    exams = list(ProctoredExam.objects.in_course(course_id).values_list("pk", flat=True))
    own = Attempt.objects.filter(user_id=OuterRef("pk"), proctored_exam_id__in=exams)
    users = get_user_model()._default_manager.filter(_has(words), Exists(own.order_by()))
    found = list(users.order_by().values_list("pk", flat=True)[: FEW + 1]) if exams else []
    return found if len(found) <= FEW else None


def of_many_learners(rows: AttemptQuerySet, words: Sequence[str]) -> AttemptQuerySet:
    """Return the attempts of matching learners, who are so many that it is best to look at the attempts in their order.

    Databases turn a join or EXISTS into a search for all learners first; a value of each row they only compute.
    """
    match = Case(When(_has(words), then=Value(1)), default=Value(0))
    learner = get_user_model()._default_manager.filter(pk=OuterRef("user_id")).annotate(match=match)
    return rows.alias(match=Subquery(learner.order_by().values("match"))).filter(match=1)


def _has(words: Sequence[str]) -> Q:
    conditions = Q()
    for word in words:
        conditions &= Q(username__icontains=word) | Q(email__icontains=word)
    return conditions


def _newest(rows: AttemptQuerySet, ordering: str | None = None) -> "QuerySet[Attempt, Triple]":
    """Return id, learner and exam of the newest attempts per learner and exam."""
    newest = in_order(rows.latest_per_learner().newest_first(), ordering, ATTEMPT_ORDERINGS)
    return newest.values_list("pk", "user_id", "proctored_exam_id")


def _newest_first(
    exams: ExamQuerySet, page: int | str | None, per_page: int, narrowing: Narrowing, key: str
) -> "Paginator[Triple]":
    try:
        reach = int(page if page is not None else 1) * per_page
    except ValueError:
        reach = per_page
    rows, some = _newest_since(exams, reach, narrowing)
    pages = Paginator(_newest(some), per_page)
    pages.count = counts.count_exactly(rows, key, is_filtered=bool(narrowing.name))
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


def _newest_since(
    exams: ExamQuerySet, reach: int, narrowing: Narrowing
) -> tuple[AttemptQuerySet, AttemptQuerySet]:
    """Return the attempts that meet the conditions, and those of them among which are the `reach` newest.

    Of all exams and parts, take the one whose n-th newest attempt is the latest: it has n attempts since then, so the n
    newest attempts of the course are not older, and only these are sorted, not the whole course.
    """
    ask = _reached_by_exam_id if connection.vendor == "mysql" else _reached_in_each
    exam_ids, moments = ask(exams, reach, narrowing)
    rows: AttemptQuerySet = Attempt.objects.filter(proctored_exam_id__in=exam_ids)
    rows = narrowing.narrow(rows)
    since = [moment for moment in moments if moment is not None]
    return rows, (rows.filter(created__gte=max(since)) if since else rows)


def _reached(rows: AttemptQuerySet, reach: int, *order: str) -> Any:
    """Return when the n-th newest of these attempts of one exam was created, as a query.

    It is not ordered by id, which does not change the moment: MariaDB would not take the order from the index.
    """
    newest = rows.latest_per_learner().order_by(*order, "-created")
    moments = newest.values_list("created", flat=True)
    return moments[reach - 1 : reach] if 0 < reach <= LARGEST_INTEGER else moments.none()


def _reached_in_each(
    exams: ExamQuerySet, reach: int, narrowing: Narrowing
) -> tuple[list[int], list[Any]]:
    """Return the ids of the exams, and these moments; one query."""
    own = narrowing.narrow(Attempt.objects.filter(proctored_exam_id=OuterRef("pk")))
    moments = {
        f"since{number}": Subquery(_reached(own.filter(part), reach))
        for number, part in enumerate(narrowing.parts)
    }
    found = list(exams.annotate(**moments).values_list("pk", *moments))
    return [pk for pk, *_ in found], [moment for _, *known in found for moment in known]


def _reached_by_exam_id(
    exams: ExamQuerySet, reach: int, narrowing: Narrowing
) -> tuple[list[int], list[Any]]:
    """Do the same with two queries: MariaDB sorts all attempts of an exam whose id is not a constant."""
    exam_ids = list(exams.values_list("pk", flat=True))
    if not 0 < reach <= LARGEST_INTEGER:
        return exam_ids, []
    each = [one for pk in exam_ids for one in _reached_in_one(pk, reach, narrowing)]
    return exam_ids, list(each[0].union(*each[1:], all=True)) if each else []


def _reached_in_one(exam_id: int, reach: int, narrowing: Narrowing) -> list[Any]:
    if not narrowing.name:
        # As an equation, it would let MariaDB take an index in another order, and sort.
        only = Q(proctored_exam_id__gt=exam_id - 1, proctored_exam_id__lt=exam_id + 1)
        return [_reached(Attempt.objects.filter(only), reach, "-proctored_exam_id")]
    own = narrowing.narrow(Attempt.objects.filter(proctored_exam_id=exam_id))
    return [_reached(own.filter(part), reach) for part in narrowing.parts]


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
