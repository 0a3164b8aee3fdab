"""Pages of a course's attempts for course staff. The cost of a page does not grow with the course."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils import timezone

from edx_proctoring import backends, cache, deadlines, exam_types
from edx_proctoring.api.attempts.clock import AttemptClock
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
LARGE = 5_000  # attempts of a course, from which on their number is remembered
SECONDS_REMEMBERED = 30


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
    course_id: object, reach: int, exam_id: int | None = None
) -> tuple[AttemptQuerySet, int]:
    """Return the first `reach` rows of `find_attempts`, perhaps with more after them, and the number of all its rows.
    `exam_id`: of this exam only.

    The number of a large course is remembered for a few seconds, because only counting takes longer in larger courses.
    """
    exams = ProctoredExam.objects.in_course(course_id)
    if exam_id is not None:
        exams = exams.filter(pk=exam_id)
    name = hashlib.sha256(f"{exam_id} {course_id}".encode()).hexdigest()
    key = f"proctoring.attempts.{name}"
    known: int | None = cache.get(key)
    rows, count = _newest_since(exams, reach, known)
    if known is None and count >= LARGE:
        cache.set(key, count, SECONDS_REMEMBERED)
    return rows.latest_per_learner().with_parts().newest_first(), count


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
NEEDS_ATTENTION = INTERRUPTED | Q(status=Status.second_review_required)
RESUMABLE = Q(is_resumable=True, proctored_exam__is_practice_exam=False)


def needs_attention(attempt: Attempt) -> bool:
    """Return whether the attempt waits for a decision of staff, like the condition for the database."""
    if attempt.status == Status.error:
        return not attempt.ready_to_resume and not attempt.resumed
    return attempt.status == Status.second_review_required


def count_earlier(attempts: Collection[Attempt]) -> dict[int, int]:
    """Return the number of earlier attempts of the same learner in the same exam, by attempt id; one query."""
    same = Attempt.objects.filter(
        user_id__in={one.user_id for one in attempts},
        proctored_exam_id__in={one.proctored_exam_id for one in attempts},
    )
    counts = same.order_by().values_list("user_id", "proctored_exam_id").annotate(Count("pk"))
    found = {(user_id, exam_id): count for user_id, exam_id, count in counts}
    return {
        one.pk: max(found.get((one.user_id, one.proctored_exam_id), 1) - 1, 0) for one in attempts
    }


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
    rows = Attempt.objects.in_course(course_id)
    if exam_id is not None:
        exams, rows = exams.filter(pk=exam_id), rows.filter(proctored_exam_id=exam_id)
    if statuses:
        rows = rows.filter(status__in=statuses)
    if search_by:
        pages = _found(rows, search_by, ordering, per_page)
    elif statuses or ordering:
        pages = Paginator(_newest(rows, ordering), per_page)
    else:
        pages = _newest_first(exams, page, per_page)
    found: Page[Any] = pages.get_page(page)
    found.object_list = _with_siblings(found.object_list)
    return found


Triple = tuple[int, int, int]  # ids of attempt, learner and exam


def _newest(rows: AttemptQuerySet, ordering: str | None = None) -> "QuerySet[Attempt, Triple]":
    """Return id, learner and exam of the newest attempts per learner and exam."""
    newest = in_order(rows.latest_per_learner().newest_first(), ordering, ATTEMPT_ORDERINGS)
    return newest.values_list("pk", "user_id", "proctored_exam_id")


def _found(
    rows: AttemptQuerySet, text: str, ordering: str | None, per_page: int
) -> "Paginator[Triple]":
    """Filter by learners whose name or e-mail address contains the text. If few learners match, their attempts are read
    at once instead of counted.
    """
    learners = rows.learners_matching(text)
    few = list(learners[: FEW + 1])
    if len(few) <= FEW:
        return Paginator(list(_newest(rows.filter(user_id__in=few), ordering)), per_page)
    return Paginator(_newest(rows.filter(user_id__in=learners), ordering), per_page)


def _newest_first(
    exams: ExamQuerySet, page: int | str | None, per_page: int
) -> "Paginator[Triple]":
    try:
        reach = int(page if page is not None else 1) * per_page
    except ValueError:
        reach = per_page
    rows, count = _newest_since(exams, reach)
    pages = Paginator(_newest(rows), per_page)
    pages.count = count
    return pages


def _newest_since(
    exams: Any, reach: int, known_count: int | None = None
) -> tuple[AttemptQuerySet, int]:
    """Return attempts among which are the `reach` newest, and how many there are per learner and exam, unless that is
    known.

    The exam whose n-th newest attempt is the latest of all has n attempts since then, so the n newest attempts of the
    course are not older: only these are sorted, not the whole course.
    """
    own = Attempt.objects.filter(proctored_exam=OuterRef("pk"))
    reached = own.latest_per_learner().newest_first().values("created")
    known = exams.annotate(
        since=Subquery(
            reached[reach - 1 : reach] if 0 < reach <= LARGEST_INTEGER else reached.none()
        ),
    )
    found = list(known.values_list("pk", "since"))
    rows: AttemptQuerySet = Attempt.objects.filter(proctored_exam_id__in=[pk for pk, _ in found])
    count = _count_pairs(rows) if known_count is None else known_count
    moments = [since for _, since in found if since is not None]
    return (rows.filter(created__gte=max(moments)) if moments else rows), count


def _count_pairs(attempts: AttemptQuerySet) -> int:
    """Return the number of learners and exams. The index has them in order; COUNT(DISTINCT …) would sort them anew."""
    return attempts.order_by().values("proctored_exam_id", "user_id").distinct().count()


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
