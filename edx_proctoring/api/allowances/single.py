"""Allowances: exceptions granted to one learner in one exam."""

import logging
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q

from edx_proctoring import conf, constants, outbox, tracking, transactions
from edx_proctoring.api.course_members import enrollment_check, members, with_has_attempt
from edx_proctoring.api.lazy_lists import LazyList
from edx_proctoring.api.lookup import batches
from edx_proctoring.effects import messages
from edx_proctoring.exceptions import UserNotFoundException
from edx_proctoring.models import (
    ALLOWANCE_ORDERINGS,
    TIME_VALUES,
    ProctoredExam,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAllowanceHistory,
    extra_time,
    find_user_id,
    in_order,
)
from edx_proctoring.outbox import Draft
from edx_proctoring.serializers import (
    LISTED_COLUMNS,
    USER_ID,
    ProctoredExamStudentAllowanceSerializer,
)
from edx_proctoring.types import AllowanceDict

log = logging.getLogger(__name__)

Allowance = ProctoredExamStudentAllowance
AllowanceKey = str | tuple[str, str]  # a key, or one of the model's constants
ADDITIONAL_TIME = Allowance.ADDITIONAL_TIME_GRANTED[0]


def add_allowance_for_user(
    exam_id: int, user_info: object, key: AllowanceKey, value: object
) -> None:
    """Grant an allowance, or replace it. `user_info`: a user's id, username or e-mail address, or a user object.

    `key` and `value`: additional_time_granted with whole minutes; time_multiplier with a factor of the exam's time,
    from 1 to 10 with at most two decimals (60 minutes × 1.5 are 90, and the allowance follows later changes of the
    exam's time); review_policy_exception with a text. A factor and minutes add up. Other keys are stored without
    effect.
    Raises AllowanceValueNotAllowedException, UserNotFoundException, ProctoredExamNotFoundException,
    ProctoredExamNotActiveException.
    """

    def store() -> None:
        allowance, action = Allowance.add_allowance_for_user(exam_id, user_info, key, value)
        _tell(allowance, action)

    transactions.run(store)


def grant_allowance(exam_id: int, user_info: object, key: AllowanceKey, value: object) -> None:
    """Like add_allowance_for_user, for callers who may only name learners of the course.

    Unless ALLOWANCES_FOR_ANYONE is set, `user_info` must be a username or an e-mail address, and the learner must be
    enrolled if the host can tell. UserNotFoundException has the same text for learners who are not enrolled and for
    users who do not exist.
    """
    if not conf.proctoring.ALLOWANCES_FOR_ANYONE and Allowance.is_allowance_value_valid(key, value):
        user_info = _named_learner(exam_id, user_info)
    add_allowance_for_user(exam_id, user_info, key, value)


def _named_learner(exam_id: int, name: object) -> int:
    unknown = UserNotFoundException(f"Cannot find user against {name}")
    if not isinstance(name, str):
        raise unknown
    user_id = find_user_id(name)
    exam = ProctoredExam.get_exam_by_id(exam_id)
    if exam is not None and not enrollment_check()(exam.course_id, user_id):
        raise unknown
    return user_id


def _tell(allowance: Allowance, action: str) -> None:
    archived = ProctoredExamStudentAllowanceHistory.objects.filter(allowance_id=allowance.pk)
    version = archived.order_by("-id").values_list("id", flat=True).first() or 0
    outbox.put(event_draft(allowance, action, version))


def event_draft(allowance: Allowance, action: str, version: int) -> Draft:
    """Return the analytics event; `version`, the id of the newest archived row, makes the event unique."""
    override = {
        "allowance_user_id": allowance.user_id,
        "allowance_key": allowance.key,
        "allowance_value": allowance.value,
    }
    payload = tracking.snapshot(allowance.proctored_exam, f"allowance.{action}", None, override)
    return messages.allowance_event(allowance.pk, version, action, payload)


def get_allowances_for_course(
    course_id: object, ordering: str | None = None
) -> list[AllowanceDict]:
    """Return all allowances of the course, oldest first, as a lazy list: slicing it reads only that page.

    `ordering`: created, modified, key, value, exam_name, user__username, user__email, proctored_exam__exam_name,
    proctored_exam__time_limit_mins or id; a leading "-" reverses the order.
    """
    rows = in_order(Allowance.get_allowances_for_course(course_id), ordering, ALLOWANCE_ORDERINGS)
    return LazyList(rows, ProctoredExamStudentAllowanceSerializer.row)


def get_allowances_page(
    course_id: object,
    *,
    search_by: str | None = None,
    exam_id: int | None = None,
    ordering: str | None = None,
    page: int | str | None = 1,
    per_page: int | None = None,
    hides_strangers: bool = False,
) -> tuple[list[AllowanceDict], int]:
    """Return (one page of the allowances, or all without `per_page`; their number).

    `search_by` is searched in usernames and e-mail addresses. `hides_strangers`: the e-mail address of learners who are
    neither enrolled nor have an attempt in the course is returned empty and not searched.
    """
    rows: Any = Allowance.get_allowances_for_course(course_id)
    if hides_strangers:
        rows = with_has_attempt(rows, course_id)
    if search_by:
        by_name, by_address = (
            Q(**{f"user__{column}__icontains": search_by}) for column in ("username", "email")
        )
        if hides_strangers:
            known = rows.filter(by_address).order_by().values_list("user_id", "has_attempt")
            by_address = Q(user_id__in=members(course_id, known))
        rows = rows.filter(by_name | by_address)
    if exam_id is not None:
        rows = rows.filter(proctored_exam_id=exam_id)
    rows = in_order(rows, ordering, ALLOWANCE_ORDERINGS)
    shown, total = rows, None
    if per_page is not None:
        of_page = Paginator(rows, per_page).get_page(page)
        shown, total = of_page.object_list, of_page.paginator.count
    more = ["has_attempt"] if hides_strangers else []
    values = list(shown.values_list(*LISTED_COLUMNS, *more))
    data = ProctoredExamStudentAllowanceSerializer.rows(values)
    if hides_strangers:
        known = members(course_id, ((one[USER_ID], one[-1]) for one in values))
        for row in data:
            if row["user"]["id"] not in known:
                row["user"]["email"] = ""
    return data, len(data) if total is None else total


def take_allowance_back(exam_id: int, name: str, key: str) -> None:
    """Like remove_allowance_for_user, by username or e-mail address; does nothing if there is no such user."""
    try:
        user_id = find_user_id(name)
    except UserNotFoundException:
        return
    remove_allowance_for_user(exam_id, user_id, key)


def remove_allowance_for_user(exam_id: int, user_id: int, key: str) -> None:
    """Remove an allowance; does nothing if there is none."""

    def remove() -> None:
        allowance = Allowance.get_allowance_for_user(exam_id, user_id, key)
        if allowance is None:
            return
        allowance_id = allowance.pk
        allowance.delete()
        allowance.pk = allowance_id
        _tell(allowance, "deleted")

    transactions.run(remove)


# Queries of `proctoring_doctor`


def get_allowances_without_effect() -> list[Allowance]:
    """Return allowances of time whose values cannot be read, so that they have no effect; excludes retired users."""
    times = Allowance.objects.filter(key__in=TIME_VALUES).order_by("id")
    known = times.order_by().values_list("key", "value").distinct()
    values = sorted({value for key, value in known if not _grants_time(key, value)})
    archive = ProctoredExamStudentAllowanceHistory.objects
    blanked = Exists(archive.filter(allowance_id=OuterRef("pk"), value=""))  # set by retirement
    found: list[Allowance] = []
    for some in batches(values):
        rows = times.filter(value__in=some).exclude(blanked, value="")
        found.extend(row for row in rows if not _grants_time(row.key, row.value))
    return found


def _grants_time(key: str, value: str) -> bool:
    return Allowance.is_allowance_value_valid(key, value)


def get_allowances_counted_twice() -> list[Allowance]:
    """Return allowances of minutes equal to what the same learner's factor grants; the bulk call may have computed them
    from it.
    """
    factors = Allowance.objects.filter(key=constants.TIME_MULTIPLIER)
    times = {(row.proctored_exam_id, row.user_id): extra_time([row]) for row in factors}
    same = factors.filter(proctored_exam=OuterRef("proctored_exam"), user=OuterRef("user"))
    minutes = Allowance.objects.filter(Exists(same), key=ADDITIONAL_TIME).order_by("id")
    found = []
    for row in minutes.select_related("proctored_exam"):
        limit = row.proctored_exam.time_limit_mins
        by_factor = times[row.proctored_exam_id, row.user_id].allotment(limit) - limit
        if by_factor and by_factor == extra_time([row]).minutes:
            found.append(row)
    return found
