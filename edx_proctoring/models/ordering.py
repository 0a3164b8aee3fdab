"""The order of lists, as requested by callers."""

from collections.abc import Collection
from typing import TypeVar

from django.core.exceptions import FieldError
from django.db import models
from django.db.models import F

Item = TypeVar("Item", bound=models.Model)

# The names that callers may use.
EXAM_ORDERINGS = ("id", "created", "modified", "exam_name")
OF_LEARNERS = ("user__username", "user__email")
OF_THEIR_EXAMS = ("proctored_exam__exam_name", "proctored_exam__time_limit_mins")
OWN = (*EXAM_ORDERINGS, *OF_LEARNERS, *OF_THEIR_EXAMS)
ATTEMPT_ORDERINGS = (*OWN, "started_at", "completed_at", "status")
ALLOWANCE_ORDERINGS = (*OWN, "key", "value")


def in_order(
    rows: models.QuerySet[Item], ordering: str | None, names: Collection[str]
) -> models.QuerySet[Item]:
    """Return the rows ordered by one of these names; a leading "-" reverses the order.

    None keeps the order. Ties are ordered by id, and empty values come first on every database. Raises FieldError for
    other names.
    """
    if ordering is None:
        return rows
    name = ordering.removeprefix("-")
    if name not in names:
        raise FieldError(f"Cannot order by {ordering!r}; choices are: {', '.join(names)}.")
    if name == "exam_name" and not hasattr(rows.model, "exam_name"):
        name = "proctored_exam__exam_name"
    if ordering.startswith("-"):
        return rows.order_by(F(name).desc(nulls_last=True), "id")
    return rows.order_by(F(name).asc(nulls_first=True), "id")
