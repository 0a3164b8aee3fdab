"""Allowances: what one learner may do in one exam that others may not."""

import logging
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q

from edx_proctoring import constants, outbox, tracking, transactions
from edx_proctoring.api.lookup import batches
from edx_proctoring.models import (
    TIME_VALUES,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAllowanceHistory,
    extra_time,
    in_order,
)
from edx_proctoring.outbox import Draft
from edx_proctoring.serializers import ProctoredExamStudentAllowanceSerializer

log = logging.getLogger(__name__)

Allowance = ProctoredExamStudentAllowance
ADDITIONAL_TIME = Allowance.ADDITIONAL_TIME_GRANTED[0]


def add_allowance_for_user(exam_id: int, user_info: Any, key: Any, value: Any) -> None:
    """Grant an allowance, or replace it. `user_info`: a user's id, name or e-mail address, or a user.

    `key` and `value`: additional_time_granted and whole minutes; time_multiplier and a factor of the exam's time, from 1
    to 10 with at most two decimals (60 minutes × 1.5 are 90, and the factor follows when the exam's time changes);
    review_policy_exception and a text. A factor and minutes are added. Other keys are stored without effect.
    Raises AllowanceValueNotAllowedException, UserNotFoundException, ProctoredExamNotFoundException,
    ProctoredExamNotActiveException.
    """

    def store() -> None:
        allowance, action = Allowance.add_allowance_for_user(exam_id, user_info, key, value)
        _tell(allowance, action)

    transactions.run(store)


def _tell(allowance: Allowance, action: str) -> None:
    archived = ProctoredExamStudentAllowanceHistory.objects.filter(allowance_id=allowance.pk)
    version = archived.order_by("-id").values_list("id", flat=True).first() or 0
    outbox.put(event_draft(allowance, action, version))


def event_draft(allowance: Allowance, action: str, version: int) -> Draft:
    """What analytics hear; `version`, the id of the newest archived one, tells one change from the next."""
    override = {
        "allowance_user_id": allowance.user_id,
        "allowance_key": allowance.key,
        "allowance_value": allowance.value,
    }
    payload = tracking.snapshot(allowance.proctored_exam, f"allowance.{action}", None, override)
    key = f"event:allowance:{allowance.pk}:{version}:{action}"
    return Draft("event", key, f"publish:allowance:{allowance.pk}", payload)


def get_allowances_for_course(
    course_id: object, ordering: str | None = None
) -> list[dict[str, Any]]:
    """All allowances of the course, oldest first; `ordering`: created, modified, exam_name or id, "-" before it turns it."""
    rows = in_order(Allowance.get_allowances_for_course(course_id), ordering)
    return [ProctoredExamStudentAllowanceSerializer.row(allowance) for allowance in rows]


def get_allowances_page(
    course_id: object,
    *,
    search_by: str | None = None,
    exam_id: int | None = None,
    ordering: str | None = None,
    page: int | str | None = 1,
    per_page: int | None = None,
) -> tuple[list[dict[str, Any]], int]:
    """The same, restricted: (the page, or all without `per_page`; how many there are).

    `search_by` is looked for in the learners' names and e-mail addresses.
    """
    rows = Allowance.get_allowances_for_course(course_id)
    if search_by:
        by_name = Q(user__username__icontains=search_by)
        rows = rows.filter(by_name | Q(user__email__icontains=search_by))
    if exam_id is not None:
        rows = rows.filter(proctored_exam_id=exam_id)
    rows = in_order(rows, ordering)
    if per_page is None:
        found, total = list(rows), None
    else:
        shown = Paginator(rows, per_page).get_page(page)
        found, total = list(shown.object_list), shown.paginator.count
    data: list[dict[str, Any]] = [
        ProctoredExamStudentAllowanceSerializer.row(allowance) for allowance in found
    ]
    return data, len(data) if total is None else total


def remove_allowance_for_user(exam_id: int, user_id: int, key: str) -> None:
    """Take an allowance back; nothing happens when there is none."""

    def remove() -> None:
        allowance = Allowance.get_allowance_for_user(exam_id, user_id, key)
        if allowance is None:
            return
        allowance_id = allowance.pk
        allowance.delete()
        allowance.pk = allowance_id
        _tell(allowance, "deleted")

    transactions.run(remove)


# Questions of the doctor


def get_allowances_without_effect() -> list[Allowance]:
    """Allowances that should grant time and do not, because their values cannot be read; not those of retired users."""
    times = Allowance.objects.filter(key__in=TIME_VALUES).order_by("id")
    known = times.order_by().values_list("key", "value").distinct()
    values = sorted({value for key, value in known if not _grants_time(key, value)})
    archive = ProctoredExamStudentAllowanceHistory.objects
    blanked = Exists(archive.filter(allowance_id=OuterRef("pk"), value=""))  # by retirement
    found: list[Allowance] = []
    for some in batches(values):
        rows = times.filter(value__in=some).exclude(blanked, value="")
        found.extend(row for row in rows if not _grants_time(row.key, row.value))
    return found


def _grants_time(key: str, value: str) -> bool:
    return Allowance.is_allowance_value_valid(key, value)


def get_allowances_counted_twice() -> list[Allowance]:
    """Minutes as many as the factor of the same learner and exam grants: the bulk call may have made them of it."""
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
