"""The allowances of a course for its staff: find, change, remove and copy them. These functions do not check permissions."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, F, Value, When

from edx_proctoring import conf, transactions
from edx_proctoring.api.allowances.single import (
    Allowance,
    add_allowance_for_user,
    remove_allowance_for_user,
)
from edx_proctoring.api.bulk import error_of
from edx_proctoring.api.course_members import members, with_has_attempt
from edx_proctoring.api.lookup import is_id
from edx_proctoring.exceptions import (
    AllowanceChangedMeanwhile,
    AllowanceNotFound,
    ProctoredBaseException,
    ProctoredExamNotFoundException,
)
from edx_proctoring.models import ProctoredExam, extra_time
from edx_proctoring.models.allowances import QuerySetWithUpdateOverride

DONE, POSSIBLE, FAILED = "done", "possible", "failed"

IsAsSeen = Callable[[Allowance], bool]


@dataclass(frozen=True)
class AllowanceResult:
    """The result for one allowance. `error` is the reason if it failed."""

    allowance_id: int
    outcome: str
    allowance: Allowance | None = None
    error: ProctoredBaseException | None = None


def find_allowances(course_id: object) -> QuerySetWithUpdateOverride:
    """Return the allowances of the course with learner and exam, oldest first. `has_attempt` is for `known_members`."""
    rows: QuerySetWithUpdateOverride = with_has_attempt(
        Allowance.get_allowances_for_course(course_id), course_id
    )
    return rows


def with_member_email(rows: Any) -> Any:
    """Return the rows of `find_allowances` with `member_email`, to be searched: empty for learners without an attempt.

    Only for a search: with the learners' table, MariaDB takes ten times as long to count the rows and to order their ids.
    """
    return rows.alias(
        member_email=Case(When(has_attempt=True, then=F("user__email")), default=Value(""))
    )


def known_members(course_id: object, rows: Iterable[Allowance]) -> set[int]:
    """Return the ids of the learners of these rows whose e-mail addresses staff of the course may see."""
    return members(course_id, ((one.user_id, getattr(one, "has_attempt", False)) for one in rows))


def additional_minutes(allowance: Allowance) -> int:
    """Return the minutes that this allowance alone grants with the exam's current time limit; 0 if it grants none."""
    limit = allowance.proctored_exam.time_limit_mins
    return extra_time([allowance]).allotment(limit) - limit


def change_allowance(
    course_id: object, allowance_id: int, value: str, is_as_seen: IsAsSeen
) -> Allowance:
    """Change the value of an allowance of the course unless it has changed since the caller read it, and return it.

    Raises AllowanceNotFound, AllowanceChangedMeanwhile, and the exceptions of `add_allowance_for_user`.
    """

    def change() -> Allowance:
        known = _locked(course_id, allowance_id, is_as_seen)
        add_allowance_for_user(known.proctored_exam_id, known.user_id, known.key, value)
        return get_allowance(course_id, allowance_id)

    return transactions.run(change)


def remove_allowance(course_id: object, allowance_id: int, is_as_seen: IsAsSeen) -> None:
    """Remove an allowance of the course under the same condition. Raises AllowanceNotFound, AllowanceChangedMeanwhile."""

    def remove() -> None:
        known = _locked(course_id, allowance_id, is_as_seen)
        remove_allowance_for_user(known.proctored_exam_id, known.user_id, known.key)

    transactions.run(remove)


def get_allowance(course_id: object, allowance_id: int) -> Allowance:
    """Return the allowance of the course. Raises AllowanceNotFound."""
    rows = find_allowances(course_id)
    found = rows.filter(pk=allowance_id).first() if is_id(allowance_id) else None
    if found is None:
        raise AllowanceNotFound
    return found


def _locked(course_id: object, allowance_id: int, is_as_seen: IsAsSeen) -> Allowance:
    known = get_allowance(course_id, allowance_id)
    # A locking read: on MySQL, plain reads of a transaction do not see what was committed since its first one.
    current = Allowance.objects.select_for_update().filter(pk=allowance_id).first()
    if current is None:
        raise AllowanceNotFound
    known.value, known.modified = current.value, current.modified
    if not is_as_seen(known):
        raise AllowanceChangedMeanwhile
    return known


def remove_allowances(
    course_id: object, allowance_ids: Iterable[int], *, is_preview: bool = False
) -> list[AllowanceResult]:
    """Remove allowances of the course, each on its own; return one result per id."""

    def remove(known: Allowance) -> None:
        remove_allowance_for_user(known.proctored_exam_id, known.user_id, known.key)

    return _each(course_id, allowance_ids, remove, is_preview=is_preview)


def copy_allowances(
    course_id: object, allowance_ids: Iterable[int], exam_id: int, *, is_preview: bool = False
) -> list[AllowanceResult]:
    """Copy allowances to another exam of the course, each separately, replacing the learners' allowances there.

    Raises ProctoredExamNotFoundException if the course has no such active exam.
    """
    exam = ProctoredExam.objects.in_course(course_id).filter(pk=exam_id, is_active=True).first()
    if exam is None:
        raise ProctoredExamNotFoundException(f"The course has no active exam with id={exam_id}.")

    def copy(known: Allowance) -> None:
        add_allowance_for_user(exam_id, known.user_id, known.key, known.value)

    return _each(course_id, allowance_ids, copy, is_preview=is_preview)


def _each(
    course_id: object,
    allowance_ids: Iterable[int],
    work: Callable[[Allowance], None],
    *,
    is_preview: bool,
) -> list[AllowanceResult]:
    ids = list(dict.fromkeys(allowance_ids))
    rows = find_allowances(course_id).filter(pk__in=[one for one in ids if is_id(one)])
    found = {one.pk: one for one in rows}
    results = []
    for allowance_id in ids:
        known = found.get(allowance_id)
        if known is None:
            results.append(AllowanceResult(allowance_id, FAILED, error=AllowanceNotFound()))
        elif is_preview:
            results.append(AllowanceResult(allowance_id, POSSIBLE, known))
        else:
            results.append(_tried(known, work))
    return results


def _tried(known: Allowance, work: Callable[[Allowance], None]) -> AllowanceResult:
    error = error_of(lambda: work(known), f"allowance_id={known.pk}")
    return AllowanceResult(known.pk, FAILED if error else DONE, known, error)


def only_enrolled() -> bool:
    """Return whether only enrolled learners may be granted allowances by REST."""
    return not conf.proctoring.ALLOWANCES_FOR_ANYONE
