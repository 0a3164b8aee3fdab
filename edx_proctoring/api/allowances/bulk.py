"""Grant the same allowance to many learners in many exams with few queries."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypedDict

from django.contrib.auth import get_user_model
from django.db import IntegrityError
from django.db.models import Q

from edx_proctoring import constants, lifecycle, outbox, transactions
from edx_proctoring.api.allowances.single import ADDITIONAL_TIME, AllowanceKey, event_draft
from edx_proctoring.api.course_members import enrollment_check
from edx_proctoring.api.lookup import as_id
from edx_proctoring.exceptions import AllowanceValueNotAllowedException
from edx_proctoring.models import (
    LARGEST_FACTOR,
    TIME_VALUES,
    ProctoredExam,
    parse_factor,
    parse_minutes,
    store_allowances,
)

NO_EXAM = "There is no such exam."
OTHER_COURSE = "The exam belongs to another course."
NOT_ACTIVE = "The exam is not active."
NO_USER = "There is no such user."
TOO_LONG = "That would be too much additional time."


Id = int | str  # as callers name exams and users


class GrantedPair(TypedDict):
    """An exam and a user, as the caller named them."""

    exam_id: Id
    user_id: Id


@dataclass
class Grant:
    """One pair of user and exam, as named by the caller, and the reason for a refusal ('' if granted)."""

    exam_id: Id
    user_id: Id
    problem: str = ""


def add_bulk_allowances(
    exam_ids: Iterable[Id], user_ids: Iterable[Id], allowance_type: AllowanceKey, value: object
) -> tuple[list[GrantedPair], int, int]:
    """Grant an allowance to all users in all exams; return (pairs `exam_id`, `user_id`; successes; failures).

    Like `grant_allowances`, for callers that do not need the reasons of failures.
    """
    grants = grant_allowances(exam_ids, user_ids, allowance_type, value)
    failures = sum(bool(grant.problem) for grant in grants)
    pairs: list[GrantedPair] = [
        {"exam_id": grant.exam_id, "user_id": grant.user_id} for grant in grants
    ]
    return pairs, len(grants) - failures, failures


def grant_allowances(
    exam_ids: Iterable[Id],
    user_ids: Iterable[Id],
    allowance_type: AllowanceKey,
    value: object,
    *,
    course_id: str | None = None,
    enrolled_only: bool = False,
    keeps_factor: bool = False,
    is_preview: bool = False,
) -> list[Grant]:
    """Grant an allowance to all users (id, username or e-mail address) in all exams; return the pairs in the caller's
    order.

    With the `allowance_type` time_multiplier (from 1 to 10), the exam's current time × (value − 1) is stored as
    additional minutes, rounded half to even; these minutes do not follow later changes of the exam's time.
    `course_id`: exams of other courses are refused. `enrolled_only`: users who, according to the host, are not enrolled
    in the exam's course are refused with the same text as unknown users. A refused pair does not affect the others.
    `keeps_factor`: store a factor as such, with at most two decimals, so that it follows the exam's time. `is_preview`:
    store nothing.
    Raises AllowanceValueNotAllowedException before anything is written.
    """
    kind = allowance_type[0] if isinstance(allowance_type, tuple) else allowance_type
    is_converted = kind == constants.TIME_MULTIPLIER and not keeps_factor
    _check_value(kind, value, keeps_factor=keeps_factor)
    names, people = list(dict.fromkeys(exam_ids)), list(dict.fromkeys(user_ids))
    exams = ProctoredExam.objects.in_bulk([number for number in map(as_id, names) if number])
    users = _users(people)
    may_be_named = enrollment_check() if enrolled_only else lambda _course, _learner: True
    grants, wanted = [], []
    for name in names:
        exam = exams.get(as_id(name) or 0)
        problem = _problem(exam, course_id)
        if exam and not problem and is_converted and not _is_storable(exam, kind, value):
            problem = TOO_LONG
        for person in people:
            is_known = person in users and (
                exam is None or may_be_named(exam.course_id, users[person])
            )
            grants.append(Grant(name, person, problem or ("" if is_known else NO_USER)))
            if exam is not None and not grants[-1].problem:
                wanted.append((exam, users[person]))
    if wanted and not is_preview:
        _store(wanted, kind, value, is_converted=is_converted)
    return grants


def _check_value(kind: str, value: object, *, keeps_factor: bool) -> None:
    if kind == constants.TIME_MULTIPLIER and keeps_factor:
        allowed = parse_factor(value) is not None
    elif kind == constants.TIME_MULTIPLIER:
        allowed = _multiplier(value) is not None
    else:
        allowed = kind != ADDITIONAL_TIME or parse_minutes(value) is not None
    if not allowed:
        raise _refused(kind, value)


def _refused(kind: str, value: object) -> AllowanceValueNotAllowedException:
    return AllowanceValueNotAllowedException(
        f'allowance_value "{value}" is not allowed for {kind}.'
    )


def _multiplier(value: object) -> Fraction | None:
    """Return a factor from 1 to 10 with any number of decimals, exactly as written, or None."""
    try:
        number = float(value)  # type: ignore[arg-type]  # values that float rejects are refused
        exact = Fraction(str(value).strip())
    except (TypeError, ValueError, OverflowError, ZeroDivisionError):
        return None
    return exact if math.isfinite(number) and 1 <= exact <= LARGEST_FACTOR else None


def _problem(exam: ProctoredExam | None, course_id: str | None) -> str:
    if exam is None:
        return NO_EXAM
    if course_id is not None and exam.course_id != course_id:
        return OTHER_COURSE
    return "" if exam.is_active else NOT_ACTIVE


def _users(people: Sequence[Id]) -> dict[Id, int]:
    """Return the ids of existing users: a number is an id, text a username or else an e-mail address."""
    numbers = [one for one in people if not isinstance(one, str) and as_id(one)]
    texts = [str(one) for one in people if one not in numbers]
    rows = get_user_model()._default_manager.filter(
        Q(pk__in=numbers) | Q(username__in=texts) | Q(email__in=texts)
    )
    # Newest first: of several users with one address, the oldest is written last and counts.
    users = list(rows.order_by("-id").values_list("id", "username", "email"))
    by_id: dict[Id, int] = {user_id: user_id for user_id, _name, _address in users}
    by_address: dict[Id, int] = {address: user_id for user_id, _name, address in users}
    by_text = by_address | {name: user_id for user_id, name, _address in users}
    found = {one: by_id.get(one) if one in numbers else by_text.get(str(one)) for one in people}
    return {person: user_id for person, user_id in found.items() if user_id is not None}


def _value_in(exam: ProctoredExam, kind: str, value: object) -> str:
    factor = _multiplier(value) if kind == constants.TIME_MULTIPLIER else None
    return str(value) if factor is None else str(round(exam.time_limit_mins * (factor - 1)))


def _is_storable(exam: ProctoredExam, kind: str, value: object) -> bool:
    """Minutes too long for the column could not be read back and would grant no time."""
    stored = _value_in(exam, kind, value)
    return kind != constants.TIME_MULTIPLIER or parse_minutes(stored) is not None


def _store(
    wanted: list[tuple[ProctoredExam, int]], kind: str, value: object, *, is_converted: bool
) -> None:
    key = ADDITIONAL_TIME if is_converted else kind
    values = {
        exam.pk: _value_in(exam, kind, value) if is_converted else str(value) for exam, _ in wanted
    }

    def store(*, sees_new_rows: bool = False) -> None:
        stored = store_allowances(wanted, key, values, sees_new_rows=sees_new_rows)
        outbox.put(*(event_draft(one.allowance, one.action, one.version) for one in stored))
        if key in TIME_VALUES and len(stored) > 1:  # the receiver handles a single one
            lifecycle.follow_changes(set(values), {user_id for _, user_id in wanted})

    try:
        transactions.run(store)
    except IntegrityError:
        transactions.run(lambda: store(sees_new_rows=True))
